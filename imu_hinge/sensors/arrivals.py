"""When samples were taken, from when notifications of them arrived: for sensors that answer no pings.

A notification never arrives before its last sample was taken, and some arrive almost at once. So the arrivals, drawn
over the sensor's own time (or its count of samples), lie on and above a line; the line is the sensor's clock on the
host's, but for the shortest way that the radio can take, and what lies above it is waiting. Its slope is known to a
percent before anything came (to fifty parts in a million where the sensor has a clock), and is found by what makes the
waiting likeliest: many arrivals close to the line, whatever the worst ones do.

A sensor that only streams says nothing of samples it dropped: they show only as everything after them being late. One
late arrival means nothing, for notifications wait in queues and then come in a bunch; hence only those count that did
not come in a bunch. When all of the newest are later than nearly all before them, by more than chance allows, whole
samples are missing: times leap at once. Now and then all of the last minute is weighed anew, rate and losses together,
for a loss in the first seconds looks like another rate; what that changes is met by bending.

Lower envelopes of delays: Cristian 1989, doi:10.1007/BF01784024; waiting that is memoryless makes the mean wait the
likelihood's measure: Jeske 2005, doi:10.1109/TCOMM.2005.857156.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["ArrivalLine", "ArrivalParams", "Arrivals"]

FloatArray = NDArray[np.float64]

_ROOM: Final = 4096


@dataclass(frozen=True)
class ArrivalParams:
    """How a line is drawn under arrivals."""

    rate_sd: float = 0.01
    """Standard deviation of the true rate over the nominal one: oscillators inside motion sensors keep 1 to 3 %."""
    most_off: float = 0.03
    """And it is no further off than this."""
    counts: bool = True
    """Whether device time is a count of samples, so that lost ones leave no trace in it."""
    window_s: float = 30.0
    """Older arrivals are forgotten: rates follow temperature."""
    least_s: float = 1.5
    """A line needs arrivals over this long."""
    chance: float = 1e-7
    """Samples are taken for lost when by chance arrivals would be so late so seldom, at each look: three arrivals."""
    recent: int = 100
    """Losses are looked for among so many of the newest arrivals."""
    reference: int = 20
    """And judged by at least so many before them."""
    bunch: float = 0.4
    """What arrives within this share of the time it was taken in came in a bunch, having waited."""
    clipped: float = 3.0
    """Waits beyond so many times the median count no more than that."""
    loss_cost: float = 12.0
    """A loss must make the arrivals likelier by this much (natural logarithm) to be believed in, weighed anew."""
    most_late: float = 6.0
    """One arrival's lateness speaks by at most as much: other things make late, too."""
    weighed: int = 400
    """Of the arrivals so many are weighed, the earliest of each few."""

    @classmethod
    def stamped(cls) -> ArrivalParams:
        """For sensors whose samples carry a crystal's time."""
        return cls(rate_sd=50e-6, most_off=300e-6, counts=False, window_s=120.0)


@dataclass(frozen=True)
class ArrivalLine:
    """``host_s = level_s + slope * (device_s - reference_s)``; ``wait_s`` is how long most (95 %) waited beyond it at
    most, ``sd_s`` what that leaves of doubt about the level."""

    reference_s: float
    level_s: float
    slope: float
    wait_s: float
    sd_s: float


@dataclass(frozen=True)
class _Loss:
    serial: int
    """Number of the first arrival after it, counted from the stream's begin."""
    samples: int


class Arrivals:
    """Arrivals of one stream; ``period_s`` is the nominal time between samples.

    A sample lies on the sensor's time, lost ones made up for, at ``device_s + shift_s``: what came to light at once.
    The line is drawn over ``device_s + shift_s - back_s``, with what came to light later, or did not hold.
    """

    def __init__(self, period_s: float, params: ArrivalParams | None = None) -> None:
        self.period_s = period_s
        self.rate_known = False
        self._params = ArrivalParams() if params is None else params
        self._raw_s = np.empty(_ROOM)
        self._received_s = np.empty(_ROOM)
        self._free = np.empty(_ROOM, np.bool_)
        self._count = 0
        self._serial = 0
        self._losses: tuple[_Loss, ...] = ()
        self._lost_before = 0
        self._centre = 1.0
        self._sd = self._params.rate_sd
        self.line: ArrivalLine | None = None
        self.shift_s = 0.0

    @property
    def lost(self) -> int:
        """Samples that are missing to all appearances."""
        return self._lost_before + sum(loss.samples for loss in self._losses)

    @property
    def back_s(self) -> float:
        """See above."""
        return self.shift_s - self.lost * self.period_s

    def expect_rate(self, slope: float, sd: float) -> None:
        """What an earlier stream of the same sensor told of its rate."""
        self._centre, self._sd = slope, sd
        self.rate_known = True

    def due_s(self, device_s: float) -> float:
        """When a sample at ``device_s`` would arrive that waits for nothing; needs a line."""
        line = self.line
        if line is None:
            raise ValueError("there is no line yet")
        return line.level_s + line.slope * (device_s + self.lost * self.period_s - line.reference_s)

    def add(self, device_s: float, received_s: float, samples: int) -> None:
        """A notification whose newest sample, of ``samples``, is at ``device_s`` arrived at ``received_s``."""
        if self._count == _ROOM:
            self._drop(_ROOM // 4)
        apart_s = received_s - self._received_s[self._count - 1] if self._count else float("inf")
        self._raw_s[self._count] = device_s
        self._received_s[self._count] = received_s
        self._free[self._count] = apart_s > self._params.bunch * samples * self.period_s
        self._count += 1

    def look(self) -> None:
        """See whether samples were just lost; cheap enough for every notification."""
        if not self._params.counts or self.line is None:
            return
        found = self._found_loss()
        if found is not None:
            self._losses = (*self._losses, found)
            self.shift_s += found.samples * self.period_s

    def settle(self) -> ArrivalLine | None:
        """Weigh losses anew and draw the line; None while there are too few arrivals."""
        if not self._count:
            return None
        old = self._received_s[: self._count] < self._received_s[self._count - 1] - self._params.window_s
        self._drop(int(np.count_nonzero(old)))
        if self.rate_known or self._received_s[self._count - 1] - self._received_s[0] >= self._params.least_s:
            if self._params.counts and self.line is not None:
                self._weigh_losses()
            self.line = self._fit()
        return self.line

    def _drop(self, count: int) -> None:
        if count <= 0:
            return
        for values in (self._raw_s, self._received_s, self._free):
            values[: self._count - count] = values[count : self._count]
        self._count -= count
        self._serial += count
        self._lost_before += sum(loss.samples for loss in self._losses if loss.serial <= self._serial)
        self._losses = tuple(loss for loss in self._losses if loss.serial > self._serial)

    def _made_up_s(self, losses: tuple[_Loss, ...]) -> FloatArray:
        """Device time of each arrival's newest sample, lost ones made up for."""
        missing = np.zeros(self._count)
        for loss in losses:
            missing[max(0, loss.serial - self._serial) :] += loss.samples
        return self._raw_s[: self._count] + (missing + self._lost_before) * self.period_s

    def _waits_s(self) -> FloatArray:
        line = self.line
        assert line is not None
        x = self._made_up_s(self._losses)
        return np.asarray(self._received_s[: self._count] - line.level_s - line.slope * (x - line.reference_s))

    def _found_loss(self) -> _Loss | None:
        """The loss without which everything since some moment is later than chance allows."""
        params, period_s = self._params, self.period_s
        free = np.flatnonzero(self._free[: self._count])
        if len(free) < params.reference + 2:
            return None
        waits = self._waits_s()[free]
        most = min(len(waits), params.recent)
        newest = waits[-most:]
        # For each begin among the newest: the least wait since then, and how many of all waits are at least that.
        least = np.minimum.accumulate(newest[::-1])[::-1]
        since = np.arange(most, 0, -1)
        ordered = np.sort(waits)
        as_late = len(ordered) - np.searchsorted(ordered, least - 1e-9)
        before = len(ordered) - since
        share = np.maximum(as_late - since, 1.0) / np.maximum(before, 1)
        spacing_s, alone_s = self._alone_s(free, ordered)
        lasted_s = self._received_s[free[-1]] - self._received_s[free[-most:]] + spacing_s
        looks = np.minimum(since, lasted_s / alone_s)
        log_chance = looks * np.maximum(np.log(np.minimum(share, 1.0)), -params.most_late)
        log_chance[before < params.reference] = 0.0
        best = int(np.argmin(log_chance))
        samples = round(float(least[best]) / period_s)
        if log_chance[best] >= np.log(params.chance) or samples < 1:
            return None
        return _Loss(int(free[-most:][best]) + self._serial, samples)

    def _alone_s(self, free: NDArray[np.int64], ordered: FloatArray) -> tuple[float, float]:
        """Time between arrivals, and between ones that do not wait for the same: long waits are shared."""
        spacing_s = float(np.median(np.diff(self._received_s[free])))
        long_s = float(np.quantile(ordered, 0.95))
        return spacing_s, spacing_s if long_s < spacing_s else 2.5 * long_s

    def _weigh_losses(self) -> None:
        """Add, move, enlarge or drop one loss at a time, at whatever rate goes with that, while it pays."""
        free = np.flatnonzero(self._free[: self._count])
        if len(free) < self._params.reference:
            return
        waits = self._waits_s()[free]
        spacing_s, alone_s = self._alone_s(free, np.sort(waits))
        step = max(1, len(free) // self._params.weighed)
        groups = [free[i : i + step] for i in range(0, len(free), step)]
        chosen = np.array([group[np.argmin(waits[i * step : i * step + len(group)])] for i, group in enumerate(groups)])
        worth = min(1.0, spacing_s / alone_s) * len(free) / len(chosen)
        for _ in range(3):
            better = self._better_losses(chosen, worth)
            if better is None:
                return
            self._losses = better

    def _better_losses(self, chosen: NDArray[np.int64], worth: float) -> tuple[_Loss, ...] | None:
        params, line = self._params, self.line
        assert line is not None
        y = self._received_s[chosen] - self._received_s[chosen[-1]]
        slopes = line.slope + np.linspace(-1.0, 1.0, 15) * min(2.0 * self._sd, params.most_off)
        slopes = np.clip(np.append(slopes, self._centre), 1.0 - params.most_off, 1.0 + params.most_off)
        prior = 0.5 * ((slopes - self._centre) / self._sd) ** 2

        def residual(losses: tuple[_Loss, ...]) -> FloatArray:
            x = self._made_up_s(losses)[chosen]
            return np.asarray(y - slopes[:, None] * (x - x[-1]))

        now = residual(self._losses)
        at = int(np.argmin(np.abs(slopes - line.slope)))
        lateness = now[at] - now[at].min()
        scale_s = max(float(np.minimum(lateness, 3.0 * np.median(lateness) + 1e-4).mean()), 3e-4)

        def cost(late: FloatArray) -> FloatArray:
            late = late - late.min(axis=-1, keepdims=True)
            return np.asarray(worth * np.minimum(late / scale_s, params.most_late).sum(axis=-1) + prior)

        best_cost, best = float(cost(now).min()) - 1.0, None
        for i, loss in enumerate(self._losses):
            for samples in {0, *(loss.samples + more for more in (-4, -3, -2, -1, 1, 2, 3, 4))}:
                others = self._losses[:i], self._losses[i + 1 :]
                changed = (*others[0], *((_Loss(loss.serial, samples),) if samples > 0 else ()), *others[1])
                value = float(cost(residual(changed)).min()) - (params.loss_cost if samples == 0 else 0.0)
                if value < best_cost:
                    best_cost, best = value, changed
        earlier = np.minimum.accumulate(now, axis=1)
        later = np.minimum.accumulate(now[:, ::-1], axis=1)[:, ::-1]
        for begin in range(1, len(chosen) - 1):
            missing = np.round((later[:, begin] - earlier[:, begin - 1]) / (slopes * self.period_s))
            if not (missing >= 1.0).any():
                continue
            moved = now.copy()
            moved[:, begin:] -= np.maximum(missing, 0.0)[:, None] * (slopes * self.period_s)[:, None]
            values = np.where(missing >= 1.0, cost(moved), np.inf) + params.loss_cost
            which = int(np.argmin(values))
            if values[which] < best_cost:
                best_cost = float(values[which])
                added = _Loss(int(chosen[begin]) + self._serial, int(missing[which]))
                best = tuple(sorted((*self._losses, added), key=lambda loss: loss.serial))
        return best

    def _fit(self) -> ArrivalLine:
        params = self._params
        x, y = self._made_up_s(self._losses), self._received_s[: self._count]
        reference_s = float(x[-1])
        since_s, at_s = x - reference_s, y - y[-1]
        centre, width = self._centre, min(params.most_off, 4.0 * self._sd)
        slope, level_s = centre, 0.0
        for _ in range(3):
            slopes = slope + np.linspace(-width, width, 25)
            slopes = np.clip(slopes, 1.0 - params.most_off, 1.0 + params.most_off)
            waits = at_s - slopes[:, None] * since_s
            levels = waits.min(axis=1)
            waits -= levels[:, None]
            median = np.median(waits, axis=1, keepdims=True)
            mean = np.minimum(waits, params.clipped * median + 1e-4).mean(axis=1) + 1e-4
            cost = len(x) * np.log(mean) + 0.5 * ((slopes - centre) / self._sd) ** 2
            best = int(np.argmin(cost))
            slope, level_s, width = float(slopes[best]), float(levels[best]), width / 8
        waits = at_s - slope * since_s - level_s
        long_s = float(np.quantile(waits, 0.95))
        span_s = float(-since_s[0])
        # The lowest of n even waits is off by an n-th of their width; what independent ones there are, see above.
        alone = max(1.0, min(len(x), span_s / max(long_s, 1e-3)))
        return ArrivalLine(reference_s, level_s + float(y[-1]), slope, long_s, 2.0 * long_s / alone)
