"""A sensor's clock on the host's, and what it lost, where notifications leave at connection events.

The newest sample of an event was taken at most one interval before it, and at most one notification's worth: else the
next notification would have been there as well. So each event bounds the clock from both sides. Over time bounds leave
little room: for the rate, for the level, and for losses, as whatever comes after a loss is late by a whole notification
and hence beyond the bound. What waits longer than an interval now and then (a packet that the radio had to repeat)
comes before others that do not; losses stay. So at any rate and level there is one best staircase of losses: at each
event as many as the least late event since allows. Rates and levels are tried, narrower and over longer times in turn,
each with its staircase, and judged by what is left over.

Waits that fall from the interval to nothing and begin anew, as the sensor's notifications beat with the events, cost
nothing here. A line under arrivals takes these for another rate, and their begin for a loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.sensors.arrival_grid import EventGrid

__all__ = ["EventFit", "EventParams", "Rate", "fit_events"]

FloatArray = NDArray[np.float64]

_STAGES: Final = (64, 128, 256, 512)
"""Events, newest, over which rates are tried in turn, before all of them."""
_POINTS: Final = 96
"""Of these at most so many are used, evenly chosen."""
_BEAM: Final = 24
_MARGIN: Final = 30.0
"""Rates that cost so much more than the best are not looked at more closely, nor more than ``_BEAM``."""
_STEP: Final = 0.2
"""Rates are tried in steps that move the oldest event by this share of the longest wait."""
_PHASES: Final = 10
_FINE: Final = 9
_NEAR: Final = 6.0
"""What costs so much more than the best is no part of the answer."""
_FINALISTS: Final = 8
_LAST_POINTS: Final = 256


@dataclass(frozen=True)
class EventParams:
    """How events are weighed; costs are natural logarithms of likelihoods."""

    loss_cost: float = 8.5
    """A loss makes the rest likelier by this much or is not believed in: two late events."""
    late_cost: float = 4.0
    """An event beyond the bound: radios repeat a packet in fifty. Each interval more costs as much again."""
    most_late_cost: float = 6.5
    """But links fall silent for a while now and then."""
    newest: int = 2
    """Events that must be late before a loss."""
    most: int = 1024
    """Events, newest, that are looked at."""


@dataclass(frozen=True)
class Rate:
    """What is known of the rate before: ``centre`` and ``sd``, and no further off 1 than ``most_off``."""

    centre: float
    sd: float
    most_off: float


@dataclass(frozen=True)
class EventFit:
    """Samples that wait for nothing are there at ``level_s + slope * device_s``, both counted from the newest event;
    ``sd_s`` is the level's doubt.

    ``lost`` (N,) is how many notifications were lost before each event, from the first one on; ``cost`` what is left
    over, ``late`` the share of events beyond the bound.
    """

    level_s: float
    slope: float
    sd_s: float
    lost: NDArray[np.int64]
    cost: float
    late: float


def fit_events(
    event_s: FloatArray,
    device_s: FloatArray,
    unit_s: float,
    wait_s: float,
    grid: EventGrid,
    rate: Rate,
    params: EventParams | None = None,
) -> EventFit:
    """Times of events (N,) and device times of the newest sample of each (N,), with ``unit_s`` of device time in a
    notification, of which the newest sample waits ``wait_s`` at most where nothing is repeated.

    Raises ValueError for fewer than two events.
    """
    params = EventParams() if params is None else params
    if len(event_s) < 2:
        raise ValueError("a line needs two events at least")
    y, x = event_s - event_s[-1], device_s - device_s[-1]
    task = _Task(y, x, unit_s, wait_s, grid.interval_s, max(grid.jitter_s, 0.2e-3), rate, params)
    slopes, step = task.first_slopes()
    phases = np.arange(_PHASES) / _PHASES * unit_s
    for events in (*_STAGES, len(y)):
        last = events >= len(y)
        rows = np.arange(0 if last else len(y) - events, len(y))
        if not last:
            rows = rows[:: -(-len(rows) // _POINTS)]
        span_s = float(-x[rows[0]])
        finest = _STEP * wait_s / span_s
        while step > finest:
            slack_s = 0.5 * step * span_s + unit_s / _PHASES
            cost = task.judge(rows[:: -(-len(rows) // _POINTS)], slopes, phases, slack_s).cost.min(axis=1)
            slopes, step = _closer(slopes, step, cost)
        if last:
            break
    return task.finish(slopes, step, phases)


@dataclass(frozen=True)
class _Judged:
    """Of slopes (S,) and phases (A,): cost (S, A), and the level at the newest event (S, A)."""

    cost: FloatArray
    level_s: FloatArray


def _closer(slopes: FloatArray, step: float, cost: FloatArray) -> tuple[FloatArray, float]:
    """Between the best of slopes, so that half the step is left."""
    order = np.argsort(cost)[:_BEAM]
    best = slopes[order[cost[order] <= cost[order[0]] + _MARGIN]]
    closer = np.round(best[:, None] + step * np.array([-0.5, 0.0, 0.5]), 12)
    return np.array(sorted(set(closer.ravel().tolist()))), step / 2


@dataclass(frozen=True)
class _Task:
    y: FloatArray
    x: FloatArray
    unit_s: float
    wait_s: float
    interval_s: float
    jitter_s: float
    rate: Rate
    params: EventParams

    def first_slopes(self) -> tuple[FloatArray, float]:
        """All that may be, so closely as the first stage needs."""
        rate = self.rate
        span_s = float(-self.x[-min(_STAGES[0], len(self.x))])
        step = 2 * _STEP * self.wait_s / span_s
        width = min(rate.most_off, 4.0 * rate.sd)
        half = int(np.ceil(width / step))
        return np.asarray(rate.centre + step * np.arange(-half, half + 1), np.float64), step

    def judge(self, rows: NDArray[np.int64], slopes: FloatArray, phases: FloatArray, slack_s: float = 0.0) -> _Judged:
        """Slopes (S,) with phases (A,) on these events, where waits beyond the bound by ``slack_s`` are none."""
        waits, floor, last = self._waits(rows, slopes, phases)
        jumps = np.count_nonzero(floor[..., 1:] != floor[..., :-1], axis=-1)
        cost = self.params.loss_cost * jumps + self._late(waits, floor, slopes, slack_s).sum(axis=-1)
        cost = cost + 0.5 * (((slopes - self.rate.centre) / self.rate.sd) ** 2)[:, None]
        levels = np.broadcast_to(phases, cost.shape) + last * (self.unit_s * slopes)[:, None]
        return _Judged(cost, levels)

    def finish(self, slopes: FloatArray, step: float, phases: FloatArray) -> EventFit:
        """Closer and closer around what is left, at last over all events; the middle of that is the answer."""
        rows = np.arange(len(self.y))
        slack_s = 0.5 * step * float(-self.x[0]) + self.unit_s / _PHASES
        judged = self.judge(rows[:: -(-len(rows) // _POINTS)], slopes, phases, slack_s)
        cost = judged.cost.min(axis=1)
        good = np.flatnonzero(cost <= np.sort(cost)[: _FINALISTS + 1][-1] + _NEAR)
        slopes = slopes[good[np.linspace(0, len(good) - 1, min(len(good), 2 * _FINALISTS)).astype(int)]]
        for most, allowed_s in ((_LAST_POINTS, slack_s), (_LAST_POINTS, 0.0), (len(rows), 0.0)):
            judged = self.judge(rows[:: -(-len(rows) // most)], slopes, phases, allowed_s)
            if most == len(rows):
                break
            best = np.unravel_index(int(np.argmin(judged.cost)), judged.cost.shape)
            near = judged.cost < judged.cost[best] + _NEAR
            near &= np.abs(judged.level_s - judged.level_s[best]) < 0.75 * self.unit_s
            near_slopes, near_levels = slopes[near.any(axis=1)], judged.level_s[near]
            bin_s = float(phases[1] - phases[0])
            slopes = np.linspace(near_slopes.min() - step, near_slopes.max() + step, _FINE)
            phases = np.linspace(near_levels.min() - bin_s, near_levels.max() + bin_s, _FINE)
            step = float(slopes[1] - slopes[0])
        best = np.unravel_index(int(np.argmin(judged.cost)), judged.cost.shape)
        weights = np.exp(judged.cost[best] - judged.cost)
        weights[np.abs(judged.level_s - judged.level_s[best]) > 0.75 * self.unit_s] = 0.0
        weights /= weights.sum()
        level_s = float((weights * judged.level_s).sum())
        slope = float((weights * slopes[:, None]).sum())
        sd_s = float(np.sqrt((weights * (judged.level_s - level_s) ** 2).sum()))
        chosen, at = slopes[best[0] : best[0] + 1], phases[best[1] : best[1] + 1]
        waits, floor, _ = self._waits(rows, chosen, at)
        late = self._late(waits, floor, chosen)[0, 0] >= 0.9 * self.params.late_cost
        lost = floor[0, 0].astype(np.int64)
        return EventFit(level_s, slope, sd_s, lost - lost[0], float(judged.cost[best]), float(late.mean()))

    def _waits(
        self, rows: NDArray[np.int64], slopes: FloatArray, phases: FloatArray
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], FloatArray]:
        """Waits (S, A, n) were nothing lost, notifications lost (S, A, n), and those before the newest event (S, A)."""
        x, y = self.x[rows], self.y[rows]
        raw = (y - slopes[:, None] * x).astype(np.float32)
        unit_s = (self.unit_s * slopes).astype(np.float32)[:, None, None]
        waits = raw[:, None, :] - phases.astype(np.float32)[:, None]
        floor = waits / unit_s
        np.floor(floor, out=floor)
        floor = np.minimum.accumulate(floor[..., ::-1], axis=-1)[..., ::-1]
        # The newest few are late rather than after a loss.
        some = min(self.params.newest, len(rows))
        floor[..., -some:] = floor[..., -some, None]
        return waits, floor, floor[..., -1].astype(np.float64)

    def _late(
        self, waits: NDArray[np.float32], floor: NDArray[np.float32], slopes: FloatArray, slack_s: float = 0.0
    ) -> NDArray[np.float32]:
        unit_s = (self.unit_s * slopes).astype(np.float32)[:, None, None]
        beyond_s = floor * -unit_s
        beyond_s += waits
        beyond_s -= np.float32(self.wait_s + slack_s)
        np.maximum(beyond_s, np.float32(0.0), out=beyond_s)
        once = np.float32(self.params.late_cost)
        repeated = beyond_s * (once / np.float32(self.interval_s))
        repeated += once
        np.minimum(repeated, np.float32(self.params.most_late_cost), out=repeated)
        beyond_s /= np.float32(self.jitter_s)
        return np.asarray(np.minimum(beyond_s, repeated, out=beyond_s), np.float32)
