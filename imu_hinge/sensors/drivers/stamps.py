"""Sensors that stamp their samples with their own clock: one time that goes on, and what is missing between stamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from imu_hinge.protocol.ledger import unwrap
from imu_hinge.sensors.driver import FloatArray
from imu_hinge.sensors.drivers.imu_hinge_decoder import Period
from imu_hinge.sensors.drivers.plain import PlainDecoder

__all__ = ["Pace", "Paced", "StampClock", "StampedDecoder"]

_AHEAD_S: Final = 0.5
"""A clock this much further ahead of the host's than ever has been set: nothing arrives before it is measured."""
_BEHIND_S: Final = 1.0
"""Nor is the first that comes over a new connection held up for so long."""
_DRIFT: Final = 300e-6
"""No two crystals part more quickly."""
_SLACK: Final = 0.1
"""Share of a notification's samples by which its stamp may be off. Whole notifications are lost, never a tenth of one,
while the true rate may be some percent off until it is known."""


class StampClock:
    """Stamps of ``ticks_per_s`` as ticks since the first: unwrapped at ``modulus``, and moved on with the host's clock
    where the sensor's began anew or was set, which ``boots`` counts.

    ``back_s`` is how far a stamp may lie before one of another stream that came earlier.
    """

    def __init__(self, ticks_per_s: int, back_s: float, modulus: int | None = None) -> None:
        self._ticks_per_s = ticks_per_s
        self._back = back_s * ticks_per_s
        self._modulus = modulus
        self._last: tuple[int, float] | None = None
        self._least_lag_s = 0.0
        self._newest: dict[int, int] = {}
        self._connects = False
        self._origin = self._ticks = 0
        self.boots = 0

    def connect(self) -> None:
        """The next stamp comes over a new connection: its sensor may have been switched off, or set, in between."""
        self._connects = True

    def place(self, stamp: int, received_s: float, stream: int = 0) -> int:
        """Ticks since the first stamp; integers, as ns since 2000 are too many for a float. Stamps of one ``stream``
        come in order."""
        connects, self._connects = self._connects, False
        if self._last is None:
            self._origin = stamp - self._ticks
            self._least_lag_s = self._lag_s(stamp, received_s)
        else:
            last, last_received_s = self._last
            passed_s = max(0.0, received_s - last_received_s)
            expected = last + round(passed_s * self._ticks_per_s)
            if self._modulus is not None:
                stamp = unwrap(stamp % self._modulus, self._modulus, expected)
            lag_s, drift_s = self._lag_s(stamp, received_s), _DRIFT * passed_s
            late_s = lag_s - self._least_lag_s
            back = stamp < last - self._back or stamp < self._newest.get(stream, stamp)
            if back or late_s < -_AHEAD_S - drift_s or (connects and late_s > _BEHIND_S + drift_s):
                self.boots += 1
                self._origin += stamp - expected
                self._newest.clear()
                self._least_lag_s = lag_s
            else:
                # What drifts may be ahead of what it was.
                self._least_lag_s = min(lag_s, self._least_lag_s + drift_s)
        self._last = stamp, received_s
        self._newest[stream] = stamp
        self._ticks = max(self._ticks, stamp - self._origin)
        return stamp - self._origin

    def _lag_s(self, stamp: int, received_s: float) -> float:
        return received_s - stamp / self._ticks_per_s

    def forget(self) -> None:
        """Nobody knows how far the clock has come: the next stamp goes on where the last was, and ``back_s`` later, so
        that nothing lies before what came."""
        if self._last is not None:
            self._ticks += round(self._back)
        self._last = None
        self._newest.clear()


@dataclass(frozen=True)
class Paced:
    """Samples in their places: device times ``device_s`` (N,), and how many are ``lost`` right before them."""

    device_s: FloatArray
    lost: int


class Pace:
    """How regularly samples come: the true period, what is missing between two stamps, and times between them."""

    def __init__(self, rate_hz: float) -> None:
        self._period = Period(rate_hz)
        self._index = 0
        self._last_s: float | None = None

    def renew(self, rate_hz: float) -> None:
        """Another stream of the same sensor: what was not measured in between is missing like what was lost."""
        self._period = Period(rate_hz)

    def forget(self) -> None:
        """Nothing is missing before the next samples."""
        self._last_s = None

    @property
    def period_s(self) -> float:
        """The true period as far as it is known, s."""
        return self._period.us * 1e-6

    def place(self, last_s: float, count: int) -> Paced | None:
        """So many samples, the last of them stamped ``last_s``; None where they have come before."""
        period_s = self.period_s
        lost, spread_s = 0, period_s
        if self._last_s is not None:
            passed_s = last_s - self._last_s
            if passed_s <= 0.0:
                return None
            excess = passed_s / period_s - count
            if excess > max(0.5, _SLACK * count):
                lost = round(excess)
            else:
                spread_s = passed_s / count
        self._last_s = last_s
        self._index += count + lost
        if lost == 0:
            self._period.update(self._index, round(last_s * 1e6))
        return Paced(last_s - spread_s * np.arange(count - 1, -1, -1.0), lost)


class StampedDecoder(PlainDecoder):
    """The part of a Decoder that is the same for sensors with stamps of their own."""

    def __init__(self, clock: StampClock) -> None:
        super().__init__()
        self._clock = clock
        self._streams = 0
        self._told_boot = 0

    @property
    def boot(self) -> int:
        """Which of its clocks the sensor has: counts how often it began anew."""
        return self._clock.boots

    @property
    def wants_about(self) -> bool:
        """Whether the clock began anew, and nobody has asked since."""
        return self._told_boot != self._clock.boots

    def told(self) -> int:
        """``boot``, which is known from now on."""
        self._told_boot = self._clock.boots
        return self._told_boot

    def count_stream(self) -> int:
        """The number of the stream that begins."""
        self._clock.connect()
        self._streams += 1
        return self._streams
