"""When samples were taken, from when notifications of them arrived: for sensors that answer no pings.

A notification never arrives before its last sample was taken, and some arrive almost at once. So arrivals, drawn over
the sensor's own time (or its count of samples), bound its clock on the host's. Where notifications come at connection
events, each event bounds it from both sides (`event_line`); where no events are to be seen, a line is drawn under the
arrivals (`envelope`). The rate is known to a percent before anything came, to fifty parts in a million where the sensor
has a clock.

A sensor that only streams says nothing of samples it dropped: they show only as everything after them being late. What
is seen at once makes times leap; once a second all of the last half minute is weighed anew, rate and losses together,
for a loss in the first seconds looks like another rate; what that changes is met by bending.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.sensors.arrival_grid import EventGrid, bunches, read_grid
from imu_hinge.sensors.envelope import EnvelopeParams, alone_s, better_losses, fit_envelope, grouped, loss_begin
from imu_hinge.sensors.event_line import EventFit, EventParams, Rate, fit_events

__all__ = ["ArrivalLine", "ArrivalParams", "Arrivals"]

FloatArray = NDArray[np.float64]

_ROOM: Final = 4096
_CHANGES: Final = 2
_FEWEST: Final = 12
_SURE: Final = 3.0
_AT_ONCE_S: Final = 1e-3


@dataclass(frozen=True)
class ArrivalParams:
    """What is known of a sensor's clock, and how much of the past is used."""

    rate_sd: float = 0.01
    """Standard deviation of the true rate over the nominal one: oscillators inside motion sensors keep 1 to 3 %."""
    most_off: float = 0.03
    """And it is no further off than this."""
    counts: bool = True
    """Whether device time is a count of samples, so that lost ones leave no trace in it."""
    window_s: float = 30.0
    """Older arrivals are forgotten: rates follow temperature."""
    window_waits: float = 1500.0
    """Nor are more than so many of the longest waits for an event needed: a rate to 50 ppm."""
    least_s: float = 1.5
    """A line needs arrivals over this long."""
    bunch: float = 0.4
    """What arrives within this share of the time it was taken in came in a bunch, having waited."""
    most_late: float = 0.25
    """With a larger share of events beyond their bound they are none."""
    doubt: float = 18.0
    """Events are believed in where waits without them cost so much more (natural logarithm), as one loss and a half."""
    envelope: EnvelopeParams = field(default_factory=EnvelopeParams)
    events: EventParams = field(default_factory=EventParams)

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
        self._samples = np.empty(_ROOM, np.int64)
        self._free = np.empty(_ROOM, np.bool_)
        self._count = 0
        self._serial = 0
        self._losses: tuple[_Loss, ...] = ()
        self._lost_before = 0
        self._rate = Rate(1.0, self._params.rate_sd, self._params.most_off)
        self._grid: EventGrid | None = None
        self._event = 0
        """Of the newest event the first arrival's index."""
        self._late_events = 0
        self._unit = 1
        """Samples in a notification: what is lost is lost whole."""
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

    @property
    def interval_s(self) -> float | None:
        """Time between connection events, where they are seen."""
        return None if self._grid is None else self._grid.interval_s

    def expect_rate(self, slope: float, sd: float) -> None:
        """What an earlier stream of the same sensor told of its rate."""
        self._rate = Rate(slope, sd, self._params.most_off)
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
        self._samples[self._count] = samples
        self._free[self._count] = apart_s > self._params.bunch * samples * self.period_s
        self._count += 1

    def look(self) -> None:
        """See whether samples were just lost; cheap enough for every notification."""
        if not self._params.counts or self.line is None:
            return
        if self._grid is not None:
            self._look_at_event(self._grid)
            return
        free = np.flatnonzero(self._free[: self._count])
        if not len(free) or free[-1] != self._count - 1:
            return
        newest = free[-1:]
        if self._waits_s(newest)[0] < 0.5 * self._unit * self.period_s:
            return
        found = loss_begin(
            self._received_s[free], self._waits_s(free), self._unit * self.period_s, self._params.envelope
        )
        if found is not None:
            begin, units = found
            self._losses = (*self._losses, _Loss(int(free[begin]) + self._serial, units * self._unit))
            self.shift_s += units * self._unit * self.period_s

    def settle(self) -> ArrivalLine | None:
        """Weigh losses anew and draw the line; None while there are too few arrivals."""
        if not self._count:
            return None
        self._unit = max(1, int(np.median(self._samples[max(0, self._count - 64) : self._count])))
        window_s = self._params.window_s
        if self._grid is not None:
            window_s = min(window_s, self._params.window_waits * self._longest_s(self._grid))
        old = self._received_s[: self._count] < self._received_s[self._count - 1] - window_s
        self._drop(int(np.count_nonzero(old)))
        if self.rate_known or self._received_s[self._count - 1] - self._received_s[0] >= self._params.least_s:
            if self._params.counts and self._settle_on_events():
                return self.line
            self._grid = None
            if self._params.counts and self.line is not None:
                self._weigh_losses()
            self.line = self._under_all()
        return self.line

    def _longest_s(self, grid: EventGrid) -> float:
        return min(grid.interval_s, self._unit * self.period_s)

    def _most_in(self, grid: EventGrid) -> int:
        """Notifications in one event that need not have waited for another."""
        return int(grid.interval_s / (self._unit * self.period_s) * (1.0 + self._params.most_off)) + 1

    def _drop(self, count: int) -> None:
        if count <= 0:
            return
        for values in (self._raw_s, self._received_s, self._samples, self._free):
            values[: self._count - count] = values[count : self._count]
        self._count -= count
        self._serial += count
        self._event = max(0, self._event - count)
        self._lost_before += sum(loss.samples for loss in self._losses if loss.serial <= self._serial)
        self._losses = tuple(loss for loss in self._losses if loss.serial > self._serial)

    def _made_up_s(self) -> FloatArray:
        """Device time of each arrival's newest sample, lost ones made up for."""
        missing = np.zeros(self._count)
        for loss in self._losses:
            missing[max(0, loss.serial - self._serial) :] += loss.samples
        return self._raw_s[: self._count] + (missing + self._lost_before) * self.period_s

    def _waits_s(self, which: NDArray[np.int64]) -> FloatArray:
        line = self.line
        assert line is not None
        x = self._made_up_s()[which]
        return np.asarray(self._received_s[which] - line.level_s - line.slope * (x - line.reference_s))

    def _look_at_event(self, grid: EventGrid) -> None:
        """When an event is over: whether its newest sample came too late; some in a row are weighed at once."""
        newest = self._count - 1
        if self._received_s[newest] - self._received_s[newest - 1] < 0.5 * grid.interval_s:
            return
        first, self._event = self._event, newest
        line = self.line
        assert line is not None
        if newest - first > self._most_in(grid):
            return
        wait_s = self._received_s[first] - self.due_s(float(self._raw_s[newest - 1]))
        bound_s = self._longest_s(grid) + _SURE * (grid.jitter_s + min(line.sd_s, grid.jitter_s))
        self._late_events = self._late_events + 1 if wait_s > bound_s else 0
        some = self._params.events.newest
        # In vain it is tried more and more seldom.
        if self._late_events in (some, some + 1, 2 * some, 4 * some, 8 * some):
            self._settle_on_events()

    def _settle_on_events(self) -> bool:
        """Draw the line between the bounds that events give; whether there are events."""
        received_s = self._received_s[: self._count]
        grid = read_grid(received_s[bunches(received_s).first])
        if grid is None:
            return False
        together = bunches(received_s, 0.5 * grid.interval_s)
        # The newest event may not be over.
        first, last = together.first[:-1], together.last[:-1]
        # What waited in a queue comes with more than an interval's worth, and bounds nothing.
        fresh = np.flatnonzero(last - first < self._most_in(grid))[-self._params.events.most :]
        if len(fresh) < _FEWEST:
            return False
        first, last = first[fresh], last[fresh]
        event_s, device_s = received_s[first], self._raw_s[last]
        unit_s, longest_s = self._unit * self.period_s, self._longest_s(grid)
        plain = float("inf") if self._grid is not None else self._cost_at_once(event_s, device_s, grid)
        if plain < self._params.doubt:
            return False
        fit = fit_events(event_s, device_s, unit_s, longest_s, grid, self._rate, self._params.events)
        if fit.late > self._params.most_late or plain < fit.cost + self._params.doubt:
            return False
        self._event = int(together.first[-1])
        self._take(grid, fit, first, device_s[-1], event_s[-1], longest_s)
        return True

    def _cost_at_once(self, event_s: FloatArray, device_s: FloatArray, grid: EventGrid) -> float:
        """What it costs to believe that notifications come at once, as regularly as events, but for losses."""
        unit_s = self._unit * self.period_s
        turns = max(unit_s, grid.interval_s) / min(unit_s, grid.interval_s)
        if abs(turns - round(turns)) > 0.05:
            return float("inf")
        return fit_events(event_s, device_s, unit_s, _AT_ONCE_S, grid, self._rate, self._params.events).cost

    def _take(
        self,
        grid: EventGrid,
        fit: EventFit,
        first: NDArray[np.int64],
        newest_s: float,
        event_s: float,
        longest_s: float,
    ) -> None:
        due_s = None if self.line is None else self.due_s(newest_s)
        lost = self.lost
        begin = int(first[0]) + self._serial
        steps = np.flatnonzero(np.diff(fit.lost))
        self._losses = (
            *(loss for loss in self._losses if loss.serial <= begin),
            *(
                _Loss(int(first[at + 1]) + self._serial, int(fit.lost[at + 1] - fit.lost[at]) * self._unit)
                for at in steps
            ),
        )
        self._grid = grid
        reference_s = newest_s + self.lost * self.period_s
        self.line = ArrivalLine(reference_s, fit.level_s + event_s, fit.slope, longest_s, fit.sd_s)
        if due_s is not None and self.lost > lost:
            ahead = round((self.line.level_s - due_s) / self.period_s)
            self.shift_s += max(0, min(ahead, self.lost - lost)) * self.period_s

    def _weigh_losses(self) -> None:
        """Add, enlarge or make smaller one loss at a time, at whatever rate goes with that, while it pays."""
        params, line = self._params.envelope, self.line
        assert line is not None
        free = np.flatnonzero(self._free[: self._count])
        if len(free) < params.reference:
            return
        waits = self._waits_s(free)
        spacing_s, apart_s = alone_s(self._received_s[free], waits)
        # What is known to be lost parts groups: else nothing in its group speaks for a loss of just now, or two near
        # each other, and they are taken back.
        parted = np.searchsorted(free, [loss.serial - self._serial for loss in self._losses])
        groups = grouped(waits, params.weighed, np.asarray(parted, np.int64))
        chosen = free[groups.earliest]
        worth = min(1.0, spacing_s / apart_s) * groups.size
        for _ in range(_CHANGES):
            losses = [
                (int(np.searchsorted(chosen, loss.serial - self._serial)), loss.samples // self._unit)
                for loss in self._losses
            ]
            x, y = self._made_up_s()[chosen], self._received_s[chosen]
            better = better_losses(
                y - y[-1], x - x[-1], losses, self._unit * self.period_s, line.slope, self._rate, worth, params
            )
            if better is None:
                return
            kept = [loss for at, loss in enumerate(self._losses) if at != better.at]
            if better.at is not None:
                serial = self._losses[better.at].serial
            else:
                serial = int(chosen[better.begin]) + self._serial
            if better.units > 0:
                kept.append(_Loss(serial, better.units * self._unit))
            self._losses = tuple(sorted(kept, key=lambda loss: loss.serial))

    def _under_all(self) -> ArrivalLine:
        x, y = self._made_up_s(), self._received_s[: self._count]
        near = self._rate.centre if self.line is None else self.line.slope
        found = fit_envelope(y - y[-1], x - x[-1], self._rate, near, self._params.envelope)
        return ArrivalLine(float(x[-1]), found.level_s + float(y[-1]), found.slope, found.wait_s, found.sd_s)
