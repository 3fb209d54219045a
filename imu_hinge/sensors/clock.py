"""A clip's clock against the host's, from pings that each side stamps twice.

A request waits for the radio's next *connection event*, a moment that comes round every connection interval, and its
answer leaves at such a moment too. Half the round trip therefore says little: at an interval of 50 ms the midpoint is
off by up to 25 ms, by another amount on every link. But the stamps of both sides know about the same events. The clip's
receive times lie on a grid whose spacing is the interval, a multiple of 1.25 ms; the answers reach the host on the same
grid. So the interval is read from the clip's stamps, the difference of the clocks follows *modulo the interval* to a
fraction of a millisecond, and which turn it is follows from the requests: none is received before it was sent. Where no
grid can be seen (too few pings, a radio without events) the fit falls back on the midpoints of the best fifth by round
trip.

Clips that are not synchronised, minimum-delay filtering of round trips: Cristian 1989, doi:10.1007/BF01784024; Mills
1991, doi:10.1109/26.103043. Connection events: Bluetooth Core Specification 5.4, vol. 6, part B, section 4.5.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClockFit", "ClockParams", "Exchange", "fit_clock"]

FloatArray = NDArray[np.float64]

_INTERVAL_STEP_S: Final = 1.25e-3
"""Connection intervals are multiples of this (Bluetooth Core Specification 5.4, vol. 6, part B, 4.5.1)."""

_LAGS: Final = (1, 2, 4, 8)
_AS_GOOD: Final = 0.93


@dataclass(frozen=True, slots=True)
class Exchange:
    """One ping: the host's times of writing the request and of receiving the answer, s; the clip's times of receiving
    the one and sending the other, us, unwrapped."""

    sent_s: float
    received_s: float
    device_received_us: int
    device_sent_us: int

    @property
    def round_trip_s(self) -> float:
        """Time on the way, both ways, s."""
        return (self.received_s - self.sent_s) - (self.device_sent_us - self.device_received_us) * 1e-6


@dataclass(frozen=True)
class ClockParams:
    """How a clock is fitted."""

    best_share: float = 0.2
    """Share of the exchanges with the shortest round trips whose midpoints are used."""
    rate_limit_ppm: float = 200.0
    """No crystal is further off; a larger rate is limited to this."""
    rate_sd_ppm: float = 50.0
    """Standard deviation of a clip's rate against the host's before anything is known (crystals: 20-50)."""
    jitter_s: float = 0.5e-3
    """Host's and clip's stacks stamp an event about this late; what is later by much is listened to less."""
    fewest_for_events: int = 12
    """Exchanges needed before a grid of events is looked for."""
    interval_s: tuple[float, float] = (7.5e-3, 125e-3)
    """Connection intervals looked for."""
    concentration: float = 0.6
    """A grid counts when the receive times' phases on it concentrate at least so much (0 nothing, 1 exactly)."""
    window_s: float = 120.0
    """Exchanges older than this against the newest are left out: temperature moves a crystal."""


@dataclass(frozen=True)
class ClockFit:
    """``host_s = reference_s + (device_us - reference_us) * 1e-6 * (1 + rate_ppm * 1e-6)``.

    ``residual_ms`` is the scatter of the exchanges about the line (median absolute, scaled to a standard deviation),
    ``sd_ms`` what that leaves of doubt at the newest exchange, without delays common to all clips of one host.
    ``interval_ms`` is the connection interval where ``method`` is ``events``, else None.
    """

    reference_us: int
    reference_s: float
    rate_ppm: float
    residual_ms: float
    sd_ms: float
    exchanges: int
    method: Literal["events", "midpoint"]
    interval_ms: float | None

    def host_s(self, device_us: FloatArray | NDArray[np.int64] | float) -> FloatArray:
        """Device times, us, unwrapped, as host times, s."""
        since_s = (np.asarray(device_us) - self.reference_us) * 1e-6
        return self.reference_s + since_s * (1.0 + self.rate_ppm * 1e-6)


def fit_clock(exchanges: Sequence[Exchange], params: ClockParams | None = None) -> ClockFit:
    """The line that maps a clip's clock to the host's; raises ValueError without a single exchange."""
    params = ClockParams() if params is None else params
    if not exchanges:
        raise ValueError("a clock needs at least one exchange")
    newest_s = max(e.received_s for e in exchanges)
    used = [e for e in exchanges if e.received_s >= newest_s - params.window_s]
    reference_us = used[-1].device_received_us
    sent = np.array([e.sent_s for e in used])
    received = np.array([e.received_s for e in used])
    # Relative times, so that hours of microseconds cost no digits.
    got = np.array([e.device_received_us - reference_us for e in used]) * 1e-6
    gave = np.array([e.device_sent_us - reference_us for e in used]) * 1e-6
    interval_s = _interval_s(got, params)
    if interval_s is not None:
        at_s, offset_s = got, _on_events(sent, received, got, interval_s)
    else:
        round_trip = (received - sent) - (gave - got)
        best = round_trip <= np.quantile(round_trip, params.best_share)
        at_s = ((got + gave) / 2)[best]
        offset_s = ((sent + received) / 2)[best] - at_s
    line = _robust_line(at_s, offset_s, params)
    return ClockFit(
        reference_us,
        line.at_zero_s,
        line.rate * 1e6,
        line.residual_s * 1e3,
        line.sd_s * 1e3,
        len(used),
        "midpoint" if interval_s is None else "events",
        None if interval_s is None else interval_s * 1e3,
    )


def _interval_s(got_s: FloatArray, params: ClockParams) -> float | None:
    """The spacing of the grid on which the clip's receive times lie; None where there is none to be seen.

    Steps over a few pings are used: long enough to tell neighbouring intervals apart, too short for clocks to drift.
    The interval's fractions fit as well as it does, so of the best and its multiples the widest that fits is taken.
    """
    if len(got_s) < params.fewest_for_events:
        return None
    low, high = (round(limit / _INTERVAL_STEP_S) for limit in params.interval_s)
    candidates = np.arange(low, high + 1) * _INTERVAL_STEP_S
    steps = [got_s[lag:] - got_s[:-lag] for lag in _LAGS if lag < len(got_s) // 2]
    concentration = np.mean([np.abs(np.exp(2j * np.pi * s[:, None] / candidates).mean(axis=0)) for s in steps], axis=0)
    best = int(np.argmax(concentration))
    if concentration[best] < params.concentration:
        return None
    steps_of_best = best + low
    multiples = [
        n
        for n in range(steps_of_best, high + 1, steps_of_best)
        if concentration[n - low] >= _AS_GOOD * concentration[best]
    ]
    return multiples[-1] * _INTERVAL_STEP_S


def _on_events(sent_s: FloatArray, received_s: FloatArray, got_s: FloatArray, interval_s: float) -> FloatArray:
    """Host minus device time of each exchange, (n,) s.

    Both the clip's receiving and the host's are event times: their difference is the clocks', but for whole intervals.
    """
    earliest = float(np.max(sent_s - got_s))
    """No request is received before it was sent, so the clocks differ by at least this."""
    difference = received_s - got_s - earliest
    centre = float(np.angle(np.exp(2j * np.pi * difference / interval_s).mean())) * interval_s / (2 * np.pi)
    folded = (difference - centre + interval_s / 2) % interval_s - interval_s / 2 + centre
    # A quarter interval of grace: the clocks drift while the pings go on.
    turn = np.floor(np.median(folded) / interval_s + 0.25)
    return np.asarray(folded - turn * interval_s + earliest, dtype=np.float64)


@dataclass(frozen=True)
class _Line:
    at_zero_s: float
    rate: float
    residual_s: float
    sd_s: float


def _robust_line(at_s: FloatArray, offset_s: FloatArray, params: ClockParams) -> _Line:
    """Iteratively reweighted least squares with a prior on the rate; heavy tails weigh like a Cauchy's root."""
    middle = float(at_s.mean())
    x = at_s - middle
    level, rate = float(np.median(offset_s)), 0.0
    prior = 1.0 / (params.rate_sd_ppm * 1e-6) ** 2
    limit = params.rate_limit_ppm * 1e-6
    weight = np.ones_like(x)
    for _ in range(12):
        weight = 1.0 / np.sqrt(1.0 + ((offset_s - level - rate * x) / params.jitter_s) ** 2)
        precision = weight / params.jitter_s**2
        total, first, second = precision.sum(), (precision * x).sum(), (precision * x * x).sum()
        mean = (precision * offset_s).sum() / total
        spread = second - first**2 / total + prior
        rate = float(np.clip((precision * x * (offset_s - mean)).sum() / spread, -limit, limit))
        level = float((precision * (offset_s - rate * x)).sum() / total)
    residual = offset_s - level - rate * x
    scatter = 1.4826 * float(np.median(np.abs(residual)))
    total = float(weight.sum())
    spread = float((weight * x * x).sum()) / max(scatter, params.jitter_s) ** 2 + prior
    sd = np.sqrt(max(scatter, params.jitter_s) ** 2 / total + float(x.max()) ** 2 / spread)
    # The line's rate is of offset per device second: the device's zero is ``middle`` away from the middle.
    return _Line(level - rate * middle, rate, scatter, float(sd))
