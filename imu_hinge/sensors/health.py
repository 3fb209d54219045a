"""How a clip is doing, as a snapshot that any thread may keep."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from imu_hinge.sensors.driver import Books, Can

__all__ = ["ClipHealth", "LinkState", "RateMeter"]


class LinkState(StrEnum):
    """Where a link is in its life."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    READY = "ready"
    """Connected and set up, not streaming yet."""
    STREAMING = "streaming"
    LOST = "lost"
    """Just gone; what comes next is reconnecting."""
    RECONNECTING = "reconnecting"
    DEAD = "dead"
    """Out of reach for long; still looked for."""
    CLOSED = "closed"


@dataclass(frozen=True)
class ClipHealth:
    """One clip's figures.

    ``family`` is what people call its kind, ``can`` what that can do. ``rate_hz`` is what arrived over the last five
    seconds, ``nominal_hz`` what was granted. ``books`` counts exactly, but for families without CLOCK and STAMPS.
    ``overflow`` counts notifications that our own queue had no room for (their samples are refilled),
    ``clock_residual_ms`` how well the clock fits, on ``clock_pings`` exchanges; ``round_trip_ms`` is the shortest of
    them, ``interval_ms`` the connection interval where they show it. Of families that answer no pings,
    ``clock_residual_ms`` is the doubt that arrivals leave. ``payload_bytes`` is the MTU minus 3. ``stuck``
    says that the sensor repeats itself, ``sensor_fault`` that the clip says so itself. ``resets`` counts clocks that
    began anew, ``gave_up`` requests for samples that failed.
    """

    clip: str
    serial: str
    link: LinkState
    family: str = ""
    can: Can = Can.NOTHING
    rate_hz: float = 0.0
    nominal_hz: float = 0.0
    books: Books = field(default_factory=Books)
    overflow: int = 0
    clock_residual_ms: float | None = None
    clock_pings: int = 0
    round_trip_ms: float | None = None
    interval_ms: float | None = None
    battery_percent: int | None = None
    rssi_dbm: int | None = None
    payload_bytes: int | None = None
    stuck: bool = False
    sensor_fault: bool = False
    reconnects: int = 0
    resets: int = 0
    gave_up: int = 0
    firmware: str = ""

    @property
    def loss_fraction(self) -> float:
        """Samples missing now, over all that were measured until now."""
        total = self.books.received + self.books.lost
        return self.books.lost / total if total else 0.0


class RateMeter:
    """Live samples a second over the last ``WINDOW_S``."""

    WINDOW_S: Final = 5.0

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, now_s: float, samples: int) -> None:
        """Samples that arrived."""
        self._counts.append((now_s, samples))
        self._forget(now_s)

    def rate_hz(self, now_s: float) -> float:
        """The rate now; 0 with fewer than two arrivals."""
        self._forget(now_s)
        if len(self._counts) < 2:
            return 0.0
        first_s = self._counts[0][0]
        span_s = max(self._counts[-1][0] - first_s, 1e-9)
        # What came with the first arrival was measured before the span.
        arrived = sum(samples for _, samples in self._counts) - self._counts[0][1]
        # Silence since the last arrival counts from where the next one is overdue.
        usual_s = span_s / (len(self._counts) - 1)
        return arrived / (span_s + max(0.0, now_s - self._counts[-1][0] - 2 * usual_s))

    def _forget(self, now_s: float) -> None:
        while self._counts and self._counts[0][0] < now_s - self.WINDOW_S:
            self._counts.popleft()
