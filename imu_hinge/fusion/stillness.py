"""When a clip does not move: the moments that give gyroscope bias, gravity and the standing reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

__all__ = ["StillnessDetector", "StillnessParams"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class StillnessParams:
    """What counts as still: standing quietly, not lying on a table."""

    window_s: float = 1.0
    """Stretch over which the readings must stay within bounds, s."""
    gyr_range_rad_s: float = np.deg2rad(12.0).item()
    """Largest peak-to-peak rate per axis, rad/s (quiet standing sways at 1-2 deg/s RMS)."""
    acc_range_m_s2: float = 1.2
    """Largest peak-to-peak specific force per axis, m/s²."""


class StillnessDetector:
    """Flags grid samples that end a still window; causal, and the same for any chunking."""

    def __init__(self, params: StillnessParams, rate_hz: float) -> None:
        self.window = max(2, round(params.window_s * rate_hz))
        self._limits = np.array([params.acc_range_m_s2] * 3 + [params.gyr_range_rad_s] * 3)
        self._tail: FloatArray = np.full((self.window - 1, 6), np.nan)

    def update(self, acc_m_s2: FloatArray, gyr_rad_s: FloatArray) -> BoolArray:
        """Take grid samples (N, 3), NaN in gaps; give (N,) True where the window ending there was still."""
        n = len(acc_m_s2)
        if n == 0:
            return np.zeros(0, bool)
        values = np.concatenate([self._tail, np.concatenate([acc_m_s2, gyr_rad_s], axis=1)])
        still: BoolArray = np.all(self._ranges(values, n) < self._limits, axis=1)
        self._tail = values[n:]
        return still

    def _ranges(self, values: FloatArray, n: int) -> FloatArray:
        """Peak to peak (n, 6) over the windows that end at each of the last ``n`` rows, never small across a gap."""
        if n < self.window:
            # In a short block each window is the end of the tail and the beginning of the block; NaN stays NaN.
            tail, block = values[: self.window - 1], values[self.window - 1 :]
            high = np.maximum(np.maximum.accumulate(block), np.maximum.accumulate(tail[::-1])[::-1][:n])
            low = np.minimum(np.minimum.accumulate(block), np.minimum.accumulate(tail[::-1])[::-1][:n])
            return high - low
        # NaN becomes an impossible range, so that no window across a gap is still.
        hole = np.isnan(values)
        origin = (self.window - 1) // 2  # centres the odd or even footprint on the trailing window
        high = maximum_filter1d(np.where(hole, np.inf, values), self.window, axis=0, origin=origin, mode="nearest")
        low = minimum_filter1d(np.where(hole, -np.inf, values), self.window, axis=0, origin=origin, mode="nearest")
        return (high - low)[self.window - 1 :]

    @property
    def state(self) -> FloatArray:
        """A copy of the trailing samples (window - 1, 6); assign it back to continue from there."""
        return self._tail.copy()

    @state.setter
    def state(self, value: FloatArray) -> None:
        self._tail = value.copy()
