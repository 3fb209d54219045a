"""From a clip's own sampling instants to the common uniform grid, gaps kept.

Between two samples both sensors are taken as linear in time. The gyroscope value at grid time ``t`` is the mean rate
over the grid step that ends at ``t`` (so that integrating the grid reproduces the integral of the samples exactly);
the accelerometer value is the mean over one grid step centred on ``t``. Both come from running integrals, which are
sequential sums: the output does not depend on how the samples were cut into blocks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["GridBlock", "GridResampler", "ResampleParams"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class ResampleParams:
    """How samples become a grid."""

    rate_hz: float = 100.0
    """Grid rate, Hz (the contract's angles.csv rate)."""
    max_gap_s: float = 0.05
    """Longest stretch between two samples that is interpolated, s; for clips slower than 30 Hz, 1.5 sample periods
    take its place."""

    def gap_limit_s(self, clip_rate_hz: float) -> float:
        """The interpolation limit for a clip of the given sampling rate, s."""
        return max(self.max_gap_s, 1.5 / clip_rate_hz) if clip_rate_hz > 0 else self.max_gap_s


@dataclass(frozen=True)
class GridBlock:
    """Consecutive grid samples from index ``first`` (time ``first / rate_hz``); ``acc_m_s2`` and ``gyr_rad_s``
    (N, 3), NaN rows in gaps."""

    first: int
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray

    def __len__(self) -> int:
        return len(self.acc_m_s2)


class GridResampler:
    """Streams one clip onto the grid; grid index ``k`` is the time ``k / rate_hz`` on the recording's clock."""

    def __init__(self, params: ResampleParams, first_index: int, gap_limit_s: float) -> None:
        self._step_s = 1.0 / params.rate_hz
        self._gap_s = gap_limit_s
        self._next = first_index
        # Nodes kept for interpolation: times, running integrals, values; a run is a stretch without a gap.
        self._t: FloatArray = np.empty(0)
        self._x: FloatArray = np.empty((0, 6))
        self._integral: FloatArray = np.empty((0, 6))
        self._run_start: FloatArray = np.empty(0)

    @property
    def next_index(self) -> int:
        """The grid index that the next emitted sample will have."""
        return self._next

    @property
    def last_time_s(self) -> float:
        """Time of the last sample taken in, s; minus infinity before the first."""
        return float(self._t[-1]) if len(self._t) else -math.inf

    def update(
        self,
        time_s: FloatArray,
        acc_m_s2: FloatArray,
        gyr_rad_s: FloatArray,
        starts_run: BoolArray | None = None,
    ) -> GridBlock:
        """Take in samples, (N,), (N, 3), (N, 3) in ascending time; give the grid samples that became certain.

        ``starts_run`` (N,) marks samples before which the stream was broken however small the step.
        """
        if len(time_s):
            self._append(time_s, np.hstack([acc_m_s2, gyr_rad_s]), starts_run)
        if not len(self._t):
            return self._emit_until(self._next)
        # A sample at t settles every grid point whose centred window ends at or before t.
        settled = math.floor(self._t[-1] / self._step_s - 0.5)
        # Rounding must not make the last point certain in one chunking and a hole in another.
        while (settled + 0.5) * self._step_s > self._t[-1]:
            settled -= 1
        return self._emit_until(settled + 1)

    def skip_until(self, index: int) -> GridBlock:
        """Give up waiting: emit grid samples before ``index``, NaN where no sample settled them."""
        return self._emit_until(index)

    def _append(self, time_s: FloatArray, values: FloatArray, starts_run: BoolArray | None) -> None:
        fresh = len(self._t) == 0
        t = np.concatenate([self._t[-1:], time_s])
        x = np.vstack([self._x[-1:], values])
        step = np.diff(t)
        broken = step > self._gap_s
        if starts_run is not None:
            broken |= starts_run[1:] if fresh else starts_run
        increment = 0.5 * (x[1:] + x[:-1]) * step[:, None]
        increment[broken] = 0.0
        seed = np.zeros((1, 6)) if fresh else self._integral[-1:]
        integral = np.cumsum(np.vstack([seed, increment]), axis=0)
        first_run = t[0] if fresh else self._run_start[-1]
        run_index = np.concatenate([[0], np.where(broken, np.arange(1, len(t)), 0)])
        run_index = np.maximum.accumulate(run_index)
        run_start = np.where(run_index == 0, first_run, t[run_index])
        keep = 0 if fresh else 1
        self._t = np.concatenate([self._t, t[keep:]])
        self._x = np.vstack([self._x, x[keep:]])
        self._integral = np.vstack([self._integral, integral[keep:]])
        self._run_start = np.concatenate([self._run_start, run_start[keep:]])

    def _emit_until(self, stop: int) -> GridBlock:
        first, n = self._next, max(0, stop - self._next)
        acc = np.full((n, 3), np.nan)
        gyr = np.full((n, 3), np.nan)
        if n and len(self._t) > 1:
            h = self._step_s
            k: FloatArray = np.arange(first, stop, dtype=np.float64)
            grid, lo, hi = k * h, (k - 1) * h, (k + 0.5) * h
            right = np.searchsorted(self._t, hi, side="left")
            inside = right < len(self._t)
            run = self._run_start[np.minimum(right, len(self._t) - 1)]
            ok = inside & (run <= lo)
            if ok.any():
                g, a, b, half = grid[ok], lo[ok], hi[ok], (k[ok] - 0.5) * h
                gyr[ok] = (self._integral_at(g)[:, 3:] - self._integral_at(a)[:, 3:]) / h
                acc[ok] = (self._integral_at(b)[:, :3] - self._integral_at(half)[:, :3]) / h
        self._next = max(self._next, stop)
        self._forget()
        return GridBlock(first, acc, gyr)

    def _integral_at(self, time_s: FloatArray) -> FloatArray:
        j = np.clip(np.searchsorted(self._t, time_s, side="left"), 1, len(self._t) - 1)
        i = j - 1
        dt = (time_s - self._t[i])[:, None]
        slope = (self._x[j] - self._x[i]) / (self._t[j] - self._t[i])[:, None]
        value: FloatArray = self._integral[i] + dt * (self._x[i] + 0.5 * dt * slope)
        return value

    def _forget(self) -> None:
        """Drop nodes that no future grid point can touch."""
        needed = (self._next - 1) * self._step_s
        keep_from = max(0, int(np.searchsorted(self._t, needed, side="left")) - 2)
        keep_from = min(keep_from, max(0, len(self._t) - 1))
        if keep_from:
            self._t = self._t[keep_from:]
            self._x = self._x[keep_from:]
            self._integral = self._integral[keep_from:]
            self._run_start = self._run_start[keep_from:]
