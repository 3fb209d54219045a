"""Rows in the order they arrive become samples of every clip on one grid, whatever the chunking.

Every decision (a row too late to matter, a clip that fell silent) depends on the order of the rows alone, never on
where a block of them was cut.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.fusion.resample import GridResampler, ResampleParams
from imu_hinge.sensors.source import SampleBlock
from imu_hinge.session.tracks import ACC_FULL_SCALE_M_S2, GYR_FULL_SCALE_RAD_S

__all__ = ["GridSamples", "Intake"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

STALL_S = 0.5
"""A clip silent for this long behind the newest sample no longer holds up the others."""
_FULL_SCALE = np.array([ACC_FULL_SCALE_M_S2] * 3 + [GYR_FULL_SCALE_RAD_S] * 3)


@dataclass(frozen=True)
class GridSamples:
    """A clip's specific force and rates (N, 3) on the grid from index ``first``, NaN rows in gaps."""

    first: int
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray

    def __len__(self) -> int:
        return len(self.acc_m_s2)

    def part(self, start: int, stop: int) -> GridSamples:
        """Rows ``start`` to ``stop``."""
        return GridSamples(
            self.first + start,
            np.ascontiguousarray(self.acc_m_s2[start:stop]),
            np.ascontiguousarray(self.gyr_rad_s[start:stop]),
        )


class _Lane:
    """One clip on its way to the grid."""

    def __init__(self, resample: ResampleParams, first: int, gap_limit_s: float) -> None:
        self.resampler = GridResampler(resample, first, gap_limit_s)
        self.acc: list[FloatArray] = []
        self.gyr: list[FloatArray] = []
        self.last_s = -math.inf

    def take(self, count: int, first: int) -> GridSamples:
        """The first ``count`` grid samples not yet taken."""
        acc, gyr = _joined(self.acc), _joined(self.gyr)
        self.acc, self.gyr = [acc[count:]], [gyr[count:]]
        return GridSamples(first, acc[:count], gyr[:count])


def _joined(parts: list[FloatArray]) -> FloatArray:
    """Blocks as one; the first is what was left over, most often nothing."""
    full = [part for part in parts if len(part)]
    return np.concatenate(full) if len(full) > 1 else full[0] if full else parts[0]


class Intake:
    """Streams rows of several clips into samples that share the grid."""

    def __init__(
        self,
        clips: Sequence[str],
        wanted: Sequence[str],
        clip_rates_hz: Mapping[str, float],
        resample: ResampleParams,
        bench: Mapping[str, BenchCalibration] | None = None,
    ) -> None:
        self._index = {name: clips.index(name) for name in wanted}
        self._is_wanted = np.isin(np.arange(len(clips)), list(self._index.values()))
        self._rates = dict(clip_rates_hz)
        self._resample = resample
        self._bench = dict(bench or {})
        self._lanes: dict[str, _Lane] = {}
        self._newest_s = -math.inf
        self._emitted = 0
        self.dropped_rows = 0
        """Rows that came too late for the live path (a refilled gap)."""

    @property
    def newest_s(self) -> float:
        """Time of the newest sample seen, s."""
        return self._newest_s

    def update(self, block: SampleBlock) -> dict[str, GridSamples]:
        """Take rows; give the grid samples that became certain, the same stretch for every clip (maybe none)."""
        keep = self._is_wanted[block.clip_index]
        time_s, index = block.time_s[keep], block.clip_index[keep]
        if not len(time_s):
            return {}
        if not self._lanes:
            self._open(float(time_s[0]))
        newest = np.maximum.accumulate(np.concatenate([[self._newest_s], time_s]))
        self._newest_s = float(newest[-1])
        values = np.concatenate([block.acc_m_s2[keep], block.gyr_rad_s[keep]], axis=1)
        values = np.minimum(np.maximum(values, -_FULL_SCALE), _FULL_SCALE)
        for name, number in self._index.items():
            rows = index == number
            self._feed(name, time_s[rows], newest[:-1][rows], values[rows])
        return self._emit()

    def _open(self, first_s: float) -> None:
        first = math.ceil(first_s * self._resample.rate_hz)
        self._emitted = first
        for name in self._index:
            gap = self._resample.gap_limit_s(self._rates.get(name, 100.0))
            self._lanes[name] = _Lane(self._resample, first, gap)

    def _feed(self, name: str, time_s: FloatArray, newest_before_s: FloatArray, values: FloatArray) -> None:
        if not len(time_s):
            return
        lane = self._lanes[name]
        before = np.maximum.accumulate(np.concatenate([[lane.last_s], time_s[:-1]]))
        fits = (time_s > before) & (time_s >= newest_before_s - STALL_S)
        if not fits.all():
            self.dropped_rows += int(len(fits) - fits.sum())
            time_s, newest_before_s, values = time_s[fits], newest_before_s[fits], values[fits]
            if not len(time_s):
                return
            before = np.concatenate([[lane.last_s], time_s[:-1]])
        silent = newest_before_s > before + STALL_S
        lane.last_s = float(time_s[-1])
        acc, gyr = values[:, :3], values[:, 3:]
        if name in self._bench:
            acc = self._bench[name].apply(acc)
        grid = lane.resampler.update(time_s, acc, gyr, silent)
        lane.acc.append(grid.acc_m_s2)
        lane.gyr.append(grid.gyr_rad_s)

    def _emit(self) -> dict[str, GridSamples]:
        rate_hz = self._resample.rate_hz
        given_up = math.floor((self._newest_s - STALL_S) * rate_hz - 1.0)
        stop = min(max(lane.resampler.next_index, given_up) for lane in self._lanes.values())
        if stop <= self._emitted:
            return {}
        for lane in self._lanes.values():
            if lane.resampler.next_index < stop:
                grid = lane.resampler.skip_until(stop)
                lane.acc.append(grid.acc_m_s2)
                lane.gyr.append(grid.gyr_rad_s)
        count, first = stop - self._emitted, self._emitted
        self._emitted = stop
        return {name: lane.take(count, first) for name, lane in self._lanes.items()}
