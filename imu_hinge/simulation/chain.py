"""The sagittal segment chain: ankle, knee, hip, five lumbar joints, T12, shoulders; balance over the feet.

All angles in rad. A segment of pitch a points along (sin a, cos a) in (x, z). Knee flexion is shank pitch
minus thigh pitch, hip flexion pelvis pitch minus thigh pitch, lumbar flexion T12 pitch minus pelvis pitch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.athlete import Athlete

__all__ = ["Planar", "balance_shank", "planar_chain", "standing_com_x"]

# de Leva (1996), mean of women and men: share of body mass, both sides together
SHANKS_MASS: Final = 2 * 0.0457
THIGHS_MASS: Final = 2 * 0.1447
PELVIS_MASS: Final = 0.1182
ABDOMEN_MASS: Final = 0.1549
THORAX_HEAD_MASS: Final = 0.1570 + 0.0681
ARMS_MASS: Final = 2 * (0.0263 + 0.0150 + 0.0059)
SHANK_COM_FROM_KNEE: Final = 0.444
THIGH_COM_FROM_HIP: Final = 0.385


@dataclass(frozen=True)
class Planar:
    """Joint positions (N, 2) as x, z from the ankle, m, and the centre of mass over the feet."""

    knee: FloatArray
    hip: FloatArray
    lumbar: FloatArray
    t12: FloatArray
    shoulder: FloatArray
    com: FloatArray


def _turn(pitch: FloatArray, x: float, z: float) -> FloatArray:
    """The vector (x, z) of a segment, fixed in it, after the segment pitched: (N, 2)."""
    c, s = np.cos(pitch), np.sin(pitch)
    return np.stack([c * x + s * z, c * z - s * x], axis=-1)


def planar_chain(
    athlete: Athlete,
    shank: FloatArray,
    knee: FloatArray,
    hip: FloatArray,
    lumbar: FloatArray,
    load_kg: FloatArray | float = 0.0,
) -> Planar:
    """Positions of the chain over a planted ankle for shank pitch and joint flexions, each (N,).

    ``load_kg`` hangs from the shoulders (hands) or lies on them: its x is the same either way.
    """
    thigh = shank - knee
    pelvis = thigh + hip
    p_knee = _turn(shank, 0.0, athlete.shank_m)
    p_hip = p_knee + _turn(thigh, 0.0, athlete.thigh_m)
    joints = athlete.lumbar_joints_m()
    p = p_hip + _turn(pelvis, joints[0, 0], joints[0, 1])
    levels = [p]
    for i in range(4):
        d = joints[i + 1] - joints[i]
        p = p + _turn(pelvis + athlete.level_shares[i] * lumbar, d[0], d[1])
        levels.append(p)
    top = pelvis + lumbar
    d = athlete.t12_m() - joints[-1]
    p_t12 = p + _turn(top, d[0], d[1])
    d = athlete.shoulder_m() - athlete.t12_m()
    p_shoulder = p_t12 + _turn(top, d[0], d[1])
    extra = np.asarray(load_kg, float) / athlete.mass_kg
    parts: tuple[tuple[float | FloatArray, FloatArray], ...] = (
        (SHANKS_MASS, p_knee * (1 - SHANK_COM_FROM_KNEE)),
        (THIGHS_MASS, p_hip + THIGH_COM_FROM_HIP * (p_knee - p_hip)),
        (PELVIS_MASS, 0.5 * (p_hip + levels[0])),
        (ABDOMEN_MASS, 0.5 * (levels[0] + p_t12)),
        (THORAX_HEAD_MASS, p_t12 + 0.75 * (p_shoulder - p_t12)),
        (ARMS_MASS + extra, p_shoulder),
    )
    total = sum((np.asarray(m) for m, _ in parts), np.zeros(()))
    com = np.zeros_like(p_hip)
    for m, where in parts:
        com = com + (np.asarray(m) / total)[..., None] * where
    return Planar(p_knee, p_hip, np.stack(levels, axis=-2), p_t12, p_shoulder, com)


def standing_com_x(athlete: Athlete, load_kg: FloatArray | float = 0.0) -> float:
    """Distance of the centre of mass before the ankle while standing tall, m."""
    k = np.array([athlete.standing_knee_rad])
    zero = np.zeros(1)
    return float(planar_chain(athlete, k, k, zero, zero, load_kg).com[0, 0])


def balance_shank(
    athlete: Athlete,
    knee: FloatArray,
    hip: FloatArray,
    lumbar: FloatArray,
    com_x: FloatArray,
    load_kg: FloatArray | float = 0.0,
) -> FloatArray:
    """Shank pitch (N,) that brings the centre of mass ``com_x`` m before the ankle.

    The body with given joint angles turns about the ankle as one piece, so the answer is closed: this is what
    sends the hips back as the trunk tips forward.
    """
    com = planar_chain(athlete, np.zeros_like(knee), knee, hip, lumbar, load_kg).com
    reach = np.hypot(com[:, 0], com[:, 1])
    return np.asarray(np.arcsin(np.clip(com_x / reach, -1.0, 1.0)) - np.arctan2(com[:, 0], com[:, 1]))
