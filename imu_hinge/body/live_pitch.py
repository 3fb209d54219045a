"""A segment's pitch for the live filter: the gyroscope's, freed from what its orientation filter made of accelerations.

A causal orientation filter takes slow accelerations for gravity, half a degree within a rep, in step with the movement
itself; in the chain that passes for lumbar flexion. The corrections it made are known, so they are taken back, apart
from old ones. What drifts then is a slow tilt, which the live filter
knows how to follow and standing still shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.body.kinematics import segment_motion, up_in_sensor
from imu_hinge.conventions import GRAVITY_M_S2

__all__ = ["FreePitch", "FreePitchParams", "FreePitchState", "gyro_bias"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FreePitchParams:
    """How long the gyroscope is believed."""

    old_s: float = 30.0
    """Corrections that long ago stay, and so does their mean: bounds the drift, and a lasting bias leaves none."""
    jump_rad_s: float = float(np.deg2rad(20.0))
    """A filter that corrects itself faster has started anew."""
    settle_s: float = 1.5
    """Then its corrections are let be for so long."""
    gap_s: float = 1.0
    """As after a gap of that length."""


@dataclass(frozen=True)
class FreePitchState:
    """Everything the next block depends on: the last orientation (4,), the filter's memory (2,), how many samples ago
    it started and how many have been missing."""

    quat: FloatArray
    memory: FloatArray
    settled: int
    missing: int


class FreePitch:
    """Streams one clip; the outcome does not depend on how the samples are cut into blocks.

    ``bias_rad_s`` (3,) is the gyroscope's bias in sensor coordinates (see ``gyro_bias``).
    """

    def __init__(
        self, alignment: ClipAlignment, rate_hz: float, bias_rad_s: FloatArray, params: FreePitchParams | None = None
    ) -> None:
        self._alignment = alignment
        self._rate_hz = rate_hz
        self._bias_rad_s = bias_rad_s
        p = params or FreePitchParams()
        self._jump_rad = p.jump_rad_s / rate_hz
        self._settle, self._gap = round(p.settle_s * rate_hz), round(p.gap_s * rate_hz)
        keep = float(np.exp(-1.0 / (p.old_s * rate_hz)))
        self._forget = (np.array([1.0, -1.0]), np.array([1.0, -2.0 * keep, keep * keep]))
        self.state = FreePitchState(np.full(4, np.nan), np.zeros(2), 0, self._gap)

    def update(self, quat: FloatArray, acc_m_s2: FloatArray, gyr_rad_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Pitch (N,) in rad and sagittal acceleration (N, 2), forward and up, m/s².

        From the causal orientation (N, 4), specific force and rates (N, 3) in sensor coordinates; NaN in gaps.
        """
        quats = np.concatenate([self.state.quat[None], quat])
        change = _level(_turn(quats) - (gyr_rad_s - self._bias_rad_s) / self._rate_hz, quat, self._alignment.left)
        settled, missing = self.state.settled, self.state.missing
        for i, here in enumerate(np.isfinite(quat[:, 0]).tolist()):
            settled = 0 if here and (missing >= self._gap or abs(change[i]) > self._jump_rad) else settled + 1
            missing = 0 if here else missing + 1
            if not (settled >= self._settle and np.isfinite(change[i])):
                change[i] = 0.0
        back, memory = lfilter(*self._forget, change, zi=self.state.memory)
        motion = segment_motion(quat, acc_m_s2, self._alignment)
        self.state = FreePitchState(quats[-1].copy(), memory, settled, missing)
        ahead, up = motion.sagittal_acc_m_s2.T
        return motion.pitch_rad - back, _tipped(ahead, up, back)


_BIN_S: Final = 1.0
_BIN_SD_RAD_S: Final = float(np.deg2rad(0.3))
_BIAS_SD_RAD_S: Final = float(np.deg2rad(1.5))


def gyro_bias(quat: FloatArray, gyr_rad_s: FloatArray, left: FloatArray, rate_hz: float) -> FloatArray:
    """The gyroscope's bias (3,), rad/s, from the calibration movements.

    What the rates (N, 3) say beyond the turns of the best known orientations (N, 4), about level axes only: heading is
    nobody's business, and the axis that is upright in standing shows itself when the clip is tipped. A standing mean
    would take sway for bias.
    """
    excess = gyr_rad_s[1:] - _turn(quat) * rate_hz
    up = up_in_sensor(quat[1:])
    side = left - (up @ left)[:, None] * up
    side = side / np.maximum(np.linalg.norm(side, axis=1), 1e-9)[:, None]
    n = max(1, round(_BIN_S * rate_hz))
    square, right = np.eye(3) / _BIAS_SD_RAD_S**2, np.zeros(3)
    for axis in (side, np.cross(side, up)):
        told = (excess * axis).sum(axis=1)
        for first in range(0, len(told) - n + 1, n):
            rows = slice(first, first + n)
            if np.isfinite(told[rows]).all():
                by = axis[rows].mean(axis=0) / _BIN_SD_RAD_S
                square += np.outer(by, by)
                right += by * told[rows].mean() / _BIN_SD_RAD_S
    return np.asarray(np.linalg.solve(square, right), dtype=np.float64)


def _turn(quat: FloatArray) -> FloatArray:
    """Rotation vectors (N, 3) in sensor coordinates from each orientation to the next, (N+1, 4), rad."""
    w, x, y, z = quat[:-1].T
    a, b, c, d = quat[1:].T
    real = w * a + x * b + y * c + z * d
    i = w * b - x * a - y * d + z * c
    j = w * c + x * d - y * a - z * b
    k = w * d - x * c + y * b - z * a
    half = np.sqrt(i * i + j * j + k * k)
    size = np.where(half > 1e-12, 2.0 * np.arcsin(np.minimum(half, 1.0)) / np.maximum(half, 1e-12), 2.0)
    size = np.where(real < 0.0, -size, size)
    return np.stack([size * i, size * j, size * k], axis=1)


def _level(turn: FloatArray, quat: FloatArray, left: FloatArray) -> FloatArray:
    """The part (N,) of small turns (N, 3) that pitches the segment: about its left, made level."""
    up_x, up_y, up_z = up_in_sensor(quat).T
    rise = up_x * left[0] + up_y * left[1] + up_z * left[2]
    x, y, z = left[0] - rise * up_x, left[1] - rise * up_y, left[2] - rise * up_z
    size = np.maximum(np.sqrt(x * x + y * y + z * z), 1e-9)
    pitched: FloatArray = (turn[:, 0] * x + turn[:, 1] * y + turn[:, 2] * z) / size
    return pitched


def _tipped(ahead: FloatArray, up: FloatArray, back: FloatArray) -> FloatArray:
    """Accelerations as seen with a pitch smaller by ``back``."""
    sin, cos = np.sin(back), np.cos(back)
    force = up + GRAVITY_M_S2
    return np.stack([cos * ahead - sin * force, cos * force + sin * ahead - GRAVITY_M_S2], axis=1)
