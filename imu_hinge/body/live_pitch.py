"""A segment's pitch for the live filter: the gyroscope's, freed from what its orientation filter made of accelerations.

A causal orientation filter takes slow accelerations for gravity, half a degree within a rep, in step with the movement
itself; in the chain that passes for lumbar flexion. The corrections it made are known, so they are taken back, apart
from old ones. What drifts then is a slow tilt, which the live filter
knows how to follow and standing still shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.body.kinematics import segment_motion
from imu_hinge.conventions import GRAVITY_M_S2

__all__ = ["FreePitch", "FreePitchParams", "FreePitchState", "pitch_bias"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FreePitchParams:
    """How long the gyroscope is believed."""

    old_s: float = 30.0
    """Corrections that long ago stay, and so does their mean: bounds the drift, and a lasting bias leaves none."""


@dataclass(frozen=True)
class FreePitchState:
    """Everything the next block depends on: the last orientation (4,) and the filter's memory (2,)."""

    quat: FloatArray
    memory: FloatArray


class FreePitch:
    """Streams one clip; the outcome does not depend on how the samples are cut into blocks.

    ``bias_rad_s`` is the gyroscope's bias about the clip's left axis (see ``pitch_bias``).
    """

    def __init__(
        self, alignment: ClipAlignment, rate_hz: float, bias_rad_s: float, params: FreePitchParams | None = None
    ) -> None:
        self._alignment = alignment
        self._rate_hz = rate_hz
        self._bias_rad_s = bias_rad_s
        keep = float(np.exp(-1.0 / ((params or FreePitchParams()).old_s * rate_hz)))
        self._forget = (np.array([1.0, -1.0]), np.array([1.0, -2.0 * keep, keep * keep]))
        self.state = FreePitchState(np.full(4, np.nan), np.zeros(2))

    def update(self, quat: FloatArray, acc_m_s2: FloatArray, gyr_rad_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Pitch (N,) in rad and sagittal acceleration (N, 2), forward and up, m/s².

        From the causal orientation (N, 4), specific force and rates (N, 3) in sensor coordinates; NaN in gaps.
        """
        quats = np.concatenate([self.state.quat[None], quat])
        change = _turn(quats, self._alignment.left)
        change = change - (_about(gyr_rad_s, self._alignment.left) - self._bias_rad_s) / self._rate_hz
        change = np.where(np.isfinite(change), change, 0.0)
        back, memory = lfilter(*self._forget, change, zi=self.state.memory)
        motion = segment_motion(quat, acc_m_s2, self._alignment)
        self.state = FreePitchState(quats[-1].copy(), memory)
        ahead, up = motion.sagittal_acc_m_s2.T
        return motion.pitch_rad - back, _tipped(ahead, up, back)


def pitch_bias(quat: FloatArray, gyr_rad_s: FloatArray, left: FloatArray, rate_hz: float) -> float:
    """The gyroscope's bias about ``left`` (3,), rad/s: what its rates (N, 3) say beyond the turns of the best known
    orientations (N, 4) over a stretch that begins and ends at rest; to 0.01 deg/s in half a minute."""
    excess = _about(gyr_rad_s[1:], left) - _turn(quat, left) * rate_hz
    excess = excess[np.isfinite(excess)]
    return float(excess.mean()) if len(excess) else 0.0


def _about(gyr_rad_s: FloatArray, left: FloatArray) -> FloatArray:
    about: FloatArray = gyr_rad_s[:, 0] * left[0] + gyr_rad_s[:, 1] * left[1] + gyr_rad_s[:, 2] * left[2]
    return about


def _turn(quat: FloatArray, left: FloatArray) -> FloatArray:
    """Turn (N,) about ``left`` from each orientation to the next, (N+1, 4), rad."""
    w, x, y, z = quat[:-1].T
    a, b, c, d = quat[1:].T
    real = w * a + x * b + y * c + z * d
    i = w * b - x * a - y * d + z * c
    j = w * c + x * d - y * a - z * b
    k = w * d - x * c + y * b - z * a
    half = np.sqrt(i * i + j * j + k * k)
    size = np.where(half > 1e-12, 2.0 * np.arcsin(np.minimum(half, 1.0)) / np.maximum(half, 1e-12), 2.0)
    turn: FloatArray = np.where(real < 0.0, -size, size) * (i * left[0] + j * left[1] + k * left[2])
    return turn


def _tipped(ahead: FloatArray, up: FloatArray, back: FloatArray) -> FloatArray:
    """Accelerations as seen with a pitch smaller by ``back``."""
    sin, cos = np.sin(back), np.cos(back)
    force = up + GRAVITY_M_S2
    return np.stack([cos * ahead - sin * force, cos * force + sin * ahead - GRAVITY_M_S2], axis=1)
