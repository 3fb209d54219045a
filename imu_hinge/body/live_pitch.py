"""A segment's pitch for the live filter: the gyroscope's, freed from what its orientation filter made of accelerations.

A causal orientation filter takes slow accelerations for gravity, half a degree within a rep, in step with the movement
itself; in the chain that passes for lumbar flexion. The corrections it made are known, so they are taken back, apart
from old ones, and the bias is the one measured while still. What drifts then is a slow tilt, which the live filter
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

__all__ = ["FreePitch", "FreePitchParams", "FreePitchState"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class FreePitchParams:
    """Time constants, s."""

    old_s: float = 30.0
    """Corrections that long ago stay: bounds the drift."""
    bias_s: float = 2.0
    """Memory of the bias, in time spent still."""


@dataclass(frozen=True)
class FreePitchState:
    """Everything the next block depends on."""

    quat: FloatArray
    taken_back_rad: float
    bias_rad_s: float
    bias_samples: int


class FreePitch:
    """Streams one clip; the outcome does not depend on how the samples are cut into blocks."""

    def __init__(self, alignment: ClipAlignment, rate_hz: float, params: FreePitchParams | None = None) -> None:
        self._alignment = alignment
        self._rate_hz = rate_hz
        p = params or FreePitchParams()
        self._keep = float(np.exp(-1.0 / (p.old_s * rate_hz)))
        self._most = max(1, round(p.bias_s * rate_hz))
        self.state = FreePitchState(np.full(4, np.nan), 0.0, 0.0, 0)

    def update(
        self, quat: FloatArray, acc_m_s2: FloatArray, gyr_rad_s: FloatArray, still: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """Pitch (N,) in rad and sagittal acceleration (N, 2), forward and up, m/s².

        From the causal orientation (N, 4), specific force and rates (N, 3) in sensor coordinates and where the second
        that ends there was still (N,).
        """
        state, left = self.state, self._alignment.left
        rate = gyr_rad_s[:, 0] * left[0] + gyr_rad_s[:, 1] * left[1] + gyr_rad_s[:, 2] * left[2]
        bias, samples = np.empty(len(quat)), state.bias_samples
        value = state.bias_rad_s
        for i in range(len(quat)):
            if still[i] and np.isfinite(rate[i]):
                samples = min(samples + 1, self._most)
                value += (float(rate[i]) - value) / samples
            bias[i] = value
        turned = _turn(np.concatenate([state.quat[None], quat]), left)
        change = turned - (rate - bias) / self._rate_hz
        change = np.where(np.isfinite(change), change, 0.0)
        back, _ = lfilter([1.0], [1.0, -self._keep], change, zi=[self._keep * state.taken_back_rad])
        motion = segment_motion(quat, acc_m_s2, self._alignment)
        if len(quat):
            self.state = FreePitchState(quat[-1].copy(), float(back[-1]), value, samples)
        ahead, up = motion.sagittal_acc_m_s2.T
        return motion.pitch_rad - back, _tipped(ahead, up, back)


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
