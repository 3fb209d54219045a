"""A gyroscope's bias from the calibration movements, for the causal orientation filter to go on with."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.kinematics import up_in_sensor

__all__ = ["gyro_bias"]

FloatArray = NDArray[np.float64]

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
