"""One clip's clock against the common one: pings in, times out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from imu_hinge.sensors.clock import ClockFit, Exchange, fit_clock
from imu_hinge.sensors.driver import FloatArray
from imu_hinge.sensors.timeline import Timeline

__all__ = ["JUMP_S", "ClipClock"]

_EXCHANGES: Final = 400
"""Kept for the fit: more than its two minutes hold."""

JUMP_S: Final = 0.5
"""More than the drift of any crystal in an hour out of reach."""


class ClipClock:
    """Between two resets of a clip: ``add`` pings, ``begin`` when common time begins, ``steer`` about once a second."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=_EXCHANGES)
        self._fit: ClockFit | None = None
        self._timeline: Timeline | None = None
        self._origin_s = 0.0
        self.pings = 0
        self.round_trip_ms: float | None = None

    @property
    def begun(self) -> bool:
        """Whether times can be given."""
        return self._timeline is not None

    @property
    def residual_ms(self) -> float | None:
        """Scatter of the pings about the fit, ms; None before there is one."""
        return None if self._fit is None else self._fit.residual_ms

    @property
    def interval_ms(self) -> float | None:
        """The connection interval where the pings show it, ms."""
        return None if self._fit is None else self._fit.interval_ms

    def add(self, exchanges: Iterable[Exchange]) -> None:
        """More pings."""
        for exchange in exchanges:
            self._exchanges.append(exchange)
            self.pings += 1
            trip_ms = 1e3 * exchange.round_trip_s
            self.round_trip_ms = trip_ms if self.round_trip_ms is None else min(self.round_trip_ms, trip_ms)

    def jumped(self, exchange: Exchange) -> bool:
        """Whether a ping lies where no drift can have brought it: the host's clock stood still while it slept, or the
        clip's did."""
        if self._fit is None:
            return False
        device_us = (exchange.device_received_us + exchange.device_sent_us) / 2
        off_s = abs(float(self._fit.host_s(device_us)) - (exchange.sent_s + exchange.received_s) / 2)
        return off_s - exchange.round_trip_s / 2 > JUMP_S

    def begin(self, origin_s: float) -> None:
        """Common time is host time minus ``origin_s``; needs a ping or more."""
        self._origin_s = origin_s
        self._timeline = Timeline(*self._line())

    def steer(self) -> None:
        """Fit again and bend towards it."""
        if self._timeline is not None:
            self._timeline.steer(*self._line())

    def place(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of samples; see Timeline."""
        return self._known.place(device_s)

    def at(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of other instants."""
        return self._known.at(device_s)

    @property
    def _known(self) -> Timeline:
        if self._timeline is None:
            raise ValueError("begin comes before times")
        return self._timeline

    def _line(self) -> tuple[float, float]:
        fit = self._fit = fit_clock(tuple(self._exchanges))
        rate = 1.0 + fit.rate_ppm * 1e-6
        return fit.reference_s - rate * fit.reference_us * 1e-6 - self._origin_s, rate
