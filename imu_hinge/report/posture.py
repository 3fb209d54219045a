"""A stick figure's joints at one instant, from what the clips know and a balance guess for what they do not.

The shank is never measured: it is leaned so that the body's weight stays over the feet as in standing, and so
that the knee does not bend backwards. Lengths are fractions of height, masses fractions of body mass (Winter,
Biomechanics and Motor Control of Human Movement, 4th ed., table 4.1); it is a drawing, not a measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from imu_hinge.conventions import BACK, LUMBAR_SHARE_BELOW, PELVIS, THIGH
from imu_hinge.report.series import FloatArray, finite_range
from imu_hinge.session.results import SessionResult

__all__ = ["Pose", "body_pitches", "pose_at", "pose_from"]

_ANKLE: Final = 0.039
_SHANK: Final = 0.246
_THIGH: Final = 0.245
_PELVIS: Final = 0.075
_LUMBAR: Final = 0.115
_TRUNK: Final = 0.165
_NECK: Final = 0.04
_HEAD: Final = 0.055
_MASS: Final = (0.093, 0.200, 0.142, 0.139, 0.316, 0.081)
"""Both shanks, both thighs, pelvis, abdomen, chest with arms, head with neck."""
_SHANK_COM: Final = 0.567
_ARC: Final = 25
_UPRIGHT: Final = ("sit_to_stand", "sprint_start")
"""Exercises in which weight is not over the feet: the shank is drawn upright instead."""


@dataclass(frozen=True)
class Pose:
    """Joints in the sagittal plane, (2,) each, x forward and y up, ankle at x = 0, in statures.

    ``lumbar`` is the (M, 2) curve from sacrum to T12. ``knows_*`` say which parts the clips know; the
    rest is a guess to be drawn as one. ``hip_deg`` and ``lumbar_deg`` are NaN where not known.
    """

    time_s: float
    ankle: FloatArray
    knee: FloatArray
    hip: FloatArray
    lumbar: FloatArray
    shoulder: FloatArray
    head: FloatArray
    knows_thigh: bool
    knows_pelvis: bool
    knows_lumbar: bool
    knows_trunk: bool
    hip_deg: float
    lumbar_deg: float

    @property
    def sacrum(self) -> FloatArray:
        """Where the lumbar curve leaves the pelvis."""
        return np.asarray(self.lumbar[0])


def body_pitches(result: SessionResult, time_s: float) -> tuple[float, float, float, float, float]:
    """Thigh, pelvis and T12 pitch, hip and lumbar flexion (degrees) at a time; NaN where not known.

    The pelvis is its clip's pitch, or thigh plus hip flexion; T12 is pelvis plus lumbar flexion, or the
    pitch of a back clip worn at T12 or L1. A clip whose joint angles were left out is not believed.
    """
    angles = result.angles
    if not len(angles.time_s):
        return (float("nan"),) * 5
    nearest = int(np.argmin(np.abs(angles.time_s - time_s)))

    def value(series: FloatArray | None) -> float:
        return float("nan") if series is None else float(series[nearest])

    back_site = result.quality.clips[BACK].site if BACK in result.quality.clips else "T12"
    back = value(angles.pitch_deg.get(BACK))
    thigh = value(angles.pitch_deg.get(THIGH))
    pelvis = value(angles.pitch_deg.get(PELVIS))
    hip, lumbar = value(angles.hip_flexion_deg), value(angles.lumbar_flexion_deg)
    if {THIGH, PELVIS} <= set(result.clips) and finite_range(angles.hip_flexion_deg) is None:
        thigh = float("nan")
    if {PELVIS, BACK} <= set(result.clips) and finite_range(angles.lumbar_flexion_deg) is None:
        back = float("nan")
        if not np.isfinite(thigh):
            pelvis = float("nan")
    share = LUMBAR_SHARE_BELOW.get(back_site, 1.0)
    for guess in (back if share == 0.0 else float("nan"), thigh + hip, back - share * lumbar):
        pelvis = guess if not np.isfinite(pelvis) else pelvis
    t12 = pelvis + lumbar
    if not np.isfinite(t12) and share == 1.0:
        t12 = back
    return thigh, pelvis, t12, hip, lumbar


def pose_at(result: SessionResult, time_s: float, exercise: str) -> Pose:
    """Pose at a time of the recording; ``exercise`` decides whether weight is over the feet."""
    return pose_from(*body_pitches(result, time_s), time_s=time_s, balanced=exercise not in _UPRIGHT)


def pose_from(
    thigh_deg: float,
    pelvis_deg: float,
    t12_deg: float,
    hip_deg: float,
    lumbar_deg: float,
    *,
    time_s: float = 0.0,
    balanced: bool = True,
) -> Pose:
    """Pose of three pitches in degrees, any of them NaN: the unknown part follows its neighbour."""
    knows_thigh, knows_pelvis, knows_trunk = (bool(np.isfinite(v)) for v in (thigh_deg, pelvis_deg, t12_deg))
    trunk = t12_deg if knows_trunk else pelvis_deg if knows_pelvis else 0.0
    pelvis = pelvis_deg if knows_pelvis else trunk
    above = _above_hip(np.radians(pelvis), np.radians(trunk))
    weight, moment = above[0], above[1]
    if knows_thigh:
        thigh = float(np.radians(thigh_deg))
        shank = _shank_lean(thigh, weight, moment) if balanced else max(thigh, 0.0)
    else:
        shank = thigh = _leg_lean(weight, moment) if balanced else 0.0
    ankle = np.array([0.0, _ANKLE])
    knee = ankle + _SHANK * _along(shank)
    hip = knee + _THIGH * _along(thigh)
    sacrum = hip + _PELVIS * _along(np.radians(pelvis))
    lumbar = sacrum + _arc(np.radians(pelvis), np.radians(trunk))
    shoulder = lumbar[-1] + _TRUNK * _along(np.radians(trunk))
    head = shoulder + (_NECK + _HEAD) * _along(np.radians(0.75 * trunk))
    return Pose(
        time_s=time_s,
        ankle=ankle,
        knee=knee,
        hip=hip,
        lumbar=lumbar,
        shoulder=shoulder,
        head=head,
        knows_thigh=knows_thigh,
        knows_pelvis=knows_pelvis,
        knows_lumbar=bool(np.isfinite(lumbar_deg)) and knows_pelvis,
        knows_trunk=knows_trunk,
        hip_deg=hip_deg,
        lumbar_deg=lumbar_deg,
    )


def _along(pitch_rad: float) -> FloatArray:
    """Direction of a segment's long axis, upwards: forward pitch tips its top forward."""
    return np.array([np.sin(pitch_rad), np.cos(pitch_rad)])


def _arc(start_rad: float, end_rad: float) -> FloatArray:
    """Curve (M, 2) of fixed length whose direction turns evenly from one pitch to the other."""
    pitch = np.linspace(start_rad, end_rad, _ARC)
    middle = (pitch[1:] + pitch[:-1]) / 2
    steps = np.column_stack([np.sin(middle), np.cos(middle)]) * _LUMBAR / (_ARC - 1)
    return np.vstack([np.zeros(2), np.cumsum(steps, axis=0)])


def _above_hip(pelvis_rad: float, trunk_rad: float) -> tuple[float, float]:
    """Mass above the hips (of body mass) and its moment about them (mass times forward distance)."""
    _, _, pelvis, abdomen, chest, head = _MASS
    arc = _arc(pelvis_rad, trunk_rad)
    sacrum_x = _PELVIS * np.sin(pelvis_rad)
    t12_x = sacrum_x + arc[-1, 0]
    shoulder_x = t12_x + _TRUNK * np.sin(trunk_rad)
    moment = (
        pelvis * sacrum_x / 2
        + abdomen * (sacrum_x + float(arc[:, 0].mean()))
        + chest * (t12_x + shoulder_x) / 2
        + head * (shoulder_x + (_NECK + _HEAD) * np.sin(0.75 * trunk_rad))
    )
    return pelvis + abdomen + chest + head, float(moment)


def _shank_lean(thigh_rad: float, weight: float, moment: float) -> float:
    """Shank pitch (rad) that keeps the body's weight where it is in standing, knee never bent backwards."""
    shank, thigh = _MASS[0], _MASS[1]
    lever = _SHANK * (shank * _SHANK_COM + thigh + weight)
    rest = moment + _THIGH * np.sin(thigh_rad) * (thigh * _SHANK_COM + weight)
    lean = float(np.arcsin(np.clip(-rest / lever, -0.26, 0.71)))
    return max(lean, thigh_rad)


def _leg_lean(weight: float, moment: float) -> float:
    """Pitch (rad) of a straight leg that keeps the centre of mass over the ankle."""
    lever = (_MASS[0] + _MASS[1]) * (_SHANK + _THIGH) / 2 + weight * (_SHANK + _THIGH)
    return float(np.arcsin(np.clip(-moment / lever, -0.6, 0.6)))
