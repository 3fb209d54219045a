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

_ROOM = 256
"""Nodes that fit before the arrays grow or move."""


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
        # Nodes kept for interpolation, in rows [_start, _stop): times, values, running integrals, and when the
        # stretch without a gap began that each belongs to.
        self._start = self._stop = 0
        self._t: FloatArray = np.empty(_ROOM)
        self._x: FloatArray = np.empty((_ROOM, 6))
        self._integral: FloatArray = np.empty((_ROOM, 6))
        self._run_start: FloatArray = np.empty(_ROOM)

    @property
    def next_index(self) -> int:
        """The grid index that the next emitted sample will have."""
        return self._next

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
            self._append(time_s, acc_m_s2, gyr_rad_s, starts_run)
        if self._stop == self._start:
            return self._emit_until(self._next)
        # A sample at t settles every grid point whose centred window ends at or before t.
        newest = float(self._t[self._stop - 1])
        settled = math.floor(newest / self._step_s - 0.5)
        # Rounding must not make the last point certain in one chunking and a hole in another.
        while (settled + 0.5) * self._step_s > newest:
            settled -= 1
        return self._emit_until(settled + 1)

    def skip_until(self, index: int) -> GridBlock:
        """Give up waiting: emit grid samples before ``index``, NaN where no sample settled them."""
        return self._emit_until(index)

    def _append(
        self, time_s: FloatArray, acc_m_s2: FloatArray, gyr_rad_s: FloatArray, starts_run: BoolArray | None
    ) -> None:
        self._make_room(len(time_s))
        old, fresh = self._stop, self._stop == self._start
        self._stop = new = old + len(time_s)
        self._t[old:new] = time_s
        self._x[old:new, :3] = acc_m_s2
        self._x[old:new, 3:] = gyr_rad_s
        if fresh:
            self._integral[old] = 0.0
            self._run_start[old] = self._t[old]
            if starts_run is not None:
                starts_run = starts_run[1:]
            old += 1
        t, x, integral = self._t[old - 1 : new], self._x[old - 1 : new], self._integral[old - 1 : new]
        step = np.diff(t)
        broken = step > self._gap_s
        if starts_run is not None:
            broken |= starts_run
        np.add(x[1:], x[:-1], out=integral[1:])
        integral[1:] *= 0.5
        integral[1:] *= step[:, None]
        self._run_start[old:new] = self._run_start[old - 1]
        if broken.any():
            integral[1:][broken] = 0.0
            run = np.maximum.accumulate(np.where(broken, np.arange(1, len(t)), 0))
            self._run_start[old:new][run > 0] = t[run[run > 0]]
        np.add.accumulate(integral, axis=0, out=integral)

    def _make_room(self, count: int) -> None:
        """Move the kept nodes to the front, into larger arrays where need be."""
        if self._stop + count <= len(self._t):
            return
        kept = slice(self._start, self._stop)
        size = max(len(self._t), 2 * (self._stop - self._start + count))
        for name in ("_t", "_x", "_integral", "_run_start"):
            old: FloatArray = getattr(self, name)
            new = np.empty((size, *old.shape[1:]))
            new[: self._stop - self._start] = old[kept]
            setattr(self, name, new)
        self._start, self._stop = 0, self._stop - self._start

    def _emit_until(self, stop: int) -> GridBlock:
        first, n = self._next, max(0, stop - self._next)
        acc = np.full((n, 3), np.nan)
        gyr = np.full((n, 3), np.nan)
        nodes = self._t[self._start : self._stop]
        if n and len(nodes) > 1:
            h = self._step_s
            # The integrals are wanted at every grid time, and halfway between.
            k: FloatArray = np.arange(first - 1, stop, dtype=np.float64)
            times = np.concatenate([k * h, (k + 0.5) * h])
            right = nodes.searchsorted(times)
            at = right[n + 2 :]
            inside = at < len(nodes)
            ok = inside & (self._run_start[self._start + np.minimum(at, len(nodes) - 1)] <= times[:n])
            both = self._integral_at(times, right)
            rates, forces = both[: n + 1, 3:], both[n + 1 :, :3]
            np.divide(rates[1:] - rates[:-1], h, out=gyr, where=ok[:, None])
            np.divide(forces[1:] - forces[:-1], h, out=acc, where=ok[:, None])
        self._next = max(self._next, stop)
        self._forget()
        return GridBlock(first, acc, gyr)

    def _integral_at(self, time_s: FloatArray, right: NDArray[np.intp]) -> FloatArray:
        """Running integrals (N, 6) at times (N,) whose next node is ``right``; only between nodes do they mean
        anything."""
        j = self._start + np.minimum(np.maximum(right, 1), self._stop - self._start - 1)
        i = j - 1
        x, t = self._x.take(i, axis=0), self._t.take(i)
        dt = (time_s - t)[:, None]
        slope = (self._x.take(j, axis=0) - x) / (self._t.take(j) - t)[:, None]
        value: FloatArray = self._integral.take(i, axis=0) + dt * (x + 0.5 * dt * slope)
        return value

    def _forget(self) -> None:
        """Drop nodes that no future grid point can touch."""
        needed = (self._next - 1) * self._step_s
        nodes = self._t[self._start : self._stop]
        self._start += min(max(0, int(nodes.searchsorted(needed)) - 2), max(0, len(nodes) - 1))
