"""One sensor's clock against the common one, from arrivals alone: samples in, times out."""

from __future__ import annotations

from typing import Final

from imu_hinge.sensors.arrivals import ArrivalLine, ArrivalParams, Arrivals
from imu_hinge.sensors.driver import FloatArray, Samples
from imu_hinge.sensors.timeline import Timeline

__all__ = ["ArrivalClock"]

_JUMP_S: Final = 0.5
"""Arrivals that are earlier than that show a clock that is another one now: the host's stood still, or the sensor's
leapt."""
_LATE_S: Final = 4.0
"""And so do ones that are all as late for so long: no queue holds them."""
_SLEW: Final = 0.1
_SHORTEST_S: Final = 1.0
"""Times bend more quickly than with pings: what is unknown is larger, and being off for long does more harm than some
percent of the time between samples for a second."""
_KNOWN_RATE_SD: Final = 1e-3
"""A rate that an earlier stream showed."""
_TELLING_S: Final = 10.0
_LEAST_LISTEN_S: Final = 3.0
_GOOD_S: Final = 1.5e-3
"""Doubt about the line below which listening may end."""


class ArrivalClock:
    """One stream: ``arrived`` for what comes, ``begin`` when common time begins, ``steer`` from time to time.

    Of sensors that only count, ``device_s`` must be the samples counted over the nominal rate.
    """

    def __init__(self, params: ArrivalParams, rate: float | None = None) -> None:
        self._params = params
        self._rate = rate
        self._arrivals: Arrivals | None = None
        self._timeline: Timeline | None = None
        self._origin_s: float | None = None
        self._first_s: float | None = None
        self._newest: Samples | None = None
        self._late_since_s: float | None = None
        self._lost_before = 0

    @property
    def heard(self) -> bool:
        """Whether anything arrived."""
        return self._newest is not None

    @property
    def lost(self) -> int:
        """Samples that are missing to all appearances."""
        return self._lost_before + (self._arrivals.lost if self._arrivals else 0)

    @property
    def newest_s(self) -> float | None:
        """Host time when the newest sample was taken, as far as that is known; None before anything came."""
        if self._newest is None:
            return None
        if self._arrivals is None or self._arrivals.line is None:
            return self._newest.received_s
        return min(self._newest.received_s, self._arrivals.due_s(float(self._newest.device_s[-1])))

    @property
    def period_s(self) -> float | None:
        """Host time between samples; None before two came."""
        if self._arrivals is None:
            return None
        return self._arrivals.period_s * (1.0 if self._arrivals.line is None else self._arrivals.line.slope)

    @property
    def residual_ms(self) -> float | None:
        """What the line under the arrivals leaves of doubt, ms; None before there is one."""
        line = self._line
        return None if line is None else line.sd_s * 1e3

    @property
    def settled(self) -> bool:
        """Whether more listening would help little."""
        line = self._line
        if line is None or self._first_s is None or self._newest is None:
            return False
        return self._newest.received_s - self._first_s >= _LEAST_LISTEN_S and line.sd_s < _GOOD_S

    @property
    def ready(self) -> bool:
        """Whether times can be given."""
        return self._origin_s is not None and self._line is not None

    def arrived(self, samples: Samples) -> None:
        """What one notification brought."""
        before, self._newest = self._newest, samples
        if self._first_s is None:
            self._first_s = samples.received_s
        if self._arrivals is None:
            if len(samples) > 1:
                period_s = float(samples.device_s[1] - samples.device_s[0])
            elif before is not None:
                period_s = float(samples.device_s[0] - before.device_s[-1])
            else:
                return  # one sample shows no period
            self._arrivals = self._begun(period_s, self._rate)
        line = self._arrivals.line
        due_s = samples.received_s if line is None else self._arrivals.due_s(float(samples.device_s[-1]))
        if line is not None and self._leapt(samples.received_s - due_s, samples):
            self._lost_before += self._arrivals.lost
            self._arrivals, self._timeline = self._begun(self._arrivals.period_s, line.slope), None
            self._late_since_s = None
        self._arrivals.add(float(samples.device_s[-1]), samples.received_s, len(samples))
        self._arrivals.look()
        if self._arrivals.line is None and self._arrivals.rate_known:
            self.steer()

    def begin(self, origin_s: float) -> None:
        """Common time is host time minus ``origin_s``."""
        self._origin_s = origin_s
        self.steer()

    def steer(self) -> None:
        """Draw the line under the arrivals anew, and bend towards it."""
        arrivals = self._arrivals
        line = None if arrivals is None else arrivals.settle()
        if arrivals is None or line is None or self._origin_s is None:
            return
        # Times are asked for where samples lie before anything is taken back.
        at_zero_s = line.level_s - line.slope * (line.reference_s + arrivals.back_s) - self._origin_s
        if self._timeline is None:
            self._timeline = Timeline(at_zero_s, line.slope, _SLEW, _SHORTEST_S)
        else:
            self._timeline.steer(at_zero_s, line.slope)

    def successor(self) -> ArrivalClock:
        """A clock for the same sensor's next stream, which knows its rate."""
        line = self._line
        return ArrivalClock(self._params, self._rate if line is None or not self._shows_rate else line.slope)

    def place(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of samples; see Timeline."""
        return self._known.place(device_s + self._shift_s)

    def at(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of other instants."""
        return self._known.at(device_s + self._shift_s)

    def _leapt(self, wait_s: float, samples: Samples) -> bool:
        """Whether a wait, or how long it has been so long, shows another clock."""
        if wait_s <= _JUMP_S:
            self._late_since_s = None
        elif self._late_since_s is None:
            self._late_since_s = samples.received_s
        late_s = 0.0 if self._late_since_s is None else samples.received_s - self._late_since_s
        return wait_s < -_JUMP_S or late_s > _LATE_S

    def _begun(self, period_s: float, rate: float | None) -> Arrivals:
        arrivals = Arrivals(period_s, self._params)
        if rate is not None:
            arrivals.expect_rate(rate, min(_KNOWN_RATE_SD, self._params.rate_sd))
        return arrivals

    @property
    def _shows_rate(self) -> bool:
        """Whether it lasted long enough against how long notifications wait for its rate to be relied on."""
        line = self._line
        if line is None or self._first_s is None or self._newest is None:
            return False
        lasted_s = self._newest.received_s - self._first_s
        return lasted_s > _TELLING_S and line.sd_s / lasted_s < _KNOWN_RATE_SD

    @property
    def _line(self) -> ArrivalLine | None:
        return None if self._arrivals is None else self._arrivals.line

    @property
    def _shift_s(self) -> float:
        return self._arrivals.shift_s if self._arrivals else 0.0

    @property
    def _known(self) -> Timeline:
        if self._timeline is None:
            raise ValueError("begin comes before times")
        return self._timeline
