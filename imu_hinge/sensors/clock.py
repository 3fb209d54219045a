"""A clip's clock against the host's, from pings that each side stamps twice.

A request waits for the radio's next *connection event*, a moment that comes round every connection interval, and its
answer leaves at such a moment too. Half the round trip therefore says little: at an interval of 50 ms the midpoint is
off by up to 25 ms, by another amount on every link. But the stamps of both sides know about the same events. The clip's
receive times lie on a grid whose spacing is the interval, a multiple of 1.25 ms; the answers reach the host on the same
grid. So the interval is read from the clip's stamps, the difference of the clocks follows *modulo the interval* to a
fraction of a millisecond, and which turn it is follows from the requests: none is received before it was sent.

Before there are pings enough to see a grid, that bound alone is used: of n requests sent at any moment of an interval
the luckiest waits for about an (n+1)th of it, so that sixteen place the clock to a few milliseconds where their
midpoints would be off by half an interval. On a radio without events the fit falls back on the midpoints of the best
fifth by round trip.

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
_LEAST_STEP_S: Final = 0.2
"""Pings that follow closer, as in a burst, lie together on any wide grid; they are not used to find one."""
_CHANCE: Final = 10.0
_TURNS: Final = 24
_RATE_STEP: Final = 0.1
"""Rates are tried in steps that move the grid by this share of an interval over the whole stretch."""


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
    late_weight: float = 0.15
    """What lies above the line counts so much: stamps are late for many reasons, and early for none."""
    fewest_for_events: int = 12
    """Exchanges needed before a grid of events is looked for; the bounds serve up to twice as many."""
    bounds_s: float = 20.0
    """The bounds of the exchanges of so long before the newest are used: drift may not open them."""
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
    ``interval_ms`` is the connection interval where ``method`` is ``events``, else None. By ``bounds`` the rate is not
    known (0), and both figures are the waiting expected of the luckiest request.
    """

    reference_us: int
    reference_s: float
    rate_ppm: float
    residual_ms: float
    sd_ms: float
    exchanges: int
    method: Literal["events", "midpoint", "bounds"]
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
    apart = _apart(got)
    grids = _grids(got[apart], params)
    if grids:
        sent, received, got = sent[apart], received[apart], got[apart]
        parts = [slice(grid.start, grid.stop) for grid in grids]
        at_s = np.concatenate([got[part] for part in parts])
        offset_s = np.concatenate(
            [
                _on_events(sent[part], received[part], got[part], grid.interval_s, params)
                for part, grid in zip(parts, grids, strict=True)
            ]
        )
    elif len(apart) < 2 * params.fewest_for_events:
        return _by_bounds(used, params)
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
        "events" if grids else "midpoint",
        grids[0].interval_s * 1e3 if grids else None,
    )


def _by_bounds(exchanges: Sequence[Exchange], params: ClockParams) -> ClockFit:
    """From what must be: requests are received after they were sent, answers before they are heard."""
    newest = exchanges[-1]
    close = [e for e in exchanges if e.received_s >= newest.received_s - params.bounds_s]
    zero_us = newest.device_received_us
    least_s = max(e.sent_s - (e.device_received_us - zero_us) * 1e-6 for e in close)
    most_s = min(e.received_s - (e.device_sent_us - zero_us) * 1e-6 for e in close)
    apart_s = most_s - least_s
    wait_s = apart_s / (len(close) + 1) if apart_s > 0 else apart_s / 2  # bounds that cross: a clock that jumped
    wait_ms = max(abs(wait_s), params.jitter_s) * 1e3
    return ClockFit(zero_us, least_s + wait_s, 0.0, wait_ms, wait_ms, len(exchanges), "bounds", None)


def _apart(got_s: FloatArray) -> NDArray[np.int64]:
    """Exchanges at least ``_LEAST_STEP_S`` apart, by their place."""
    kept = [0]
    for place, at in enumerate(got_s.tolist()):
        if at - got_s[kept[-1]] >= _LEAST_STEP_S:
            kept.append(place)
    return np.array(kept, np.int64)


@dataclass(frozen=True)
class _Grid:
    """Exchanges ``start`` to ``stop`` (half-open) share a connection interval."""

    start: int
    stop: int
    interval_s: float


def _grids(got_s: FloatArray, params: ClockParams) -> list[_Grid]:
    """Stretches of one connection interval, the newest first: hosts change it when they like, and on reconnecting."""
    fewest = params.fewest_for_events
    grids: list[_Grid] = []
    stop = len(got_s)
    while stop >= fewest:
        interval_s = None
        for start in (max(0, stop - 2 * fewest), stop - fewest):
            interval_s = _interval_s(got_s[start:stop], params)
            if interval_s is not None:
                break
        if interval_s is None:  # in the middle of a change: look before it
            stop -= fewest // 2
            continue
        while start > 0:
            before = max(0, start - fewest)
            if _concentration(got_s[before : start + 1], np.array([interval_s]))[0] < params.concentration:
                break
            start = before
        interval_s = _interval_s(got_s[start:stop], params) or interval_s
        grids.append(_Grid(start, stop, interval_s))
        stop = start
    return grids


def _concentration(got_s: FloatArray, intervals_s: FloatArray) -> FloatArray:
    """How well receive times lie on grids, (m,), 0 not at all, 1 exactly.

    Steps over a few pings are used: long enough to tell neighbouring intervals apart, too short for clocks to drift.
    """
    steps = [got_s[lag:] - got_s[:-lag] for lag in _LAGS if lag == 1 or lag < len(got_s) // 2]
    phases = [np.abs(np.exp(2j * np.pi * step[:, None] / intervals_s).mean(axis=0)) for step in steps]
    return np.asarray(np.mean(phases, axis=0), dtype=np.float64)


def _interval_s(got_s: FloatArray, params: ClockParams) -> float | None:
    """The spacing of the grid on which the clip's receive times lie; None where there is none to be seen.

    The interval's fractions fit as well as it does, so of the best and its multiples the widest that fits is taken.
    """
    low, high = (round(limit / _INTERVAL_STEP_S) for limit in params.interval_s)
    concentration = _concentration(got_s, np.arange(low, high + 1, dtype=np.float64) * _INTERVAL_STEP_S)
    best = int(np.argmax(concentration))
    # Of so many candidates one fits a few pings by chance (Rayleigh); with this bound once in hundreds of times.
    if concentration[best] < max(params.concentration, np.sqrt(_CHANCE / len(got_s))):
        return None
    enough = _AS_GOOD * concentration[best]
    multiples = [n for n in range(best + low, high + 1, best + low) if concentration[n - low] >= enough]
    return multiples[-1] * _INTERVAL_STEP_S


def _on_events(
    sent_s: FloatArray, received_s: FloatArray, got_s: FloatArray, interval_s: float, params: ClockParams
) -> FloatArray:
    """Host minus device time of each exchange, (n,) s.

    Both the clip's receiving and the host's are event times: their difference is the clocks', but for whole intervals.
    Over minutes the clocks drift by more than an interval, so the rate that folds best is taken out first.
    """
    since_s = got_s - got_s[-1]
    raw_s = received_s - got_s
    limit = params.rate_limit_ppm * 1e-6
    span_s = float(-since_s[0])
    points = 2 * int(np.ceil(limit * span_s / (_RATE_STEP * interval_s))) + 1
    rates = np.linspace(-limit, limit, max(points, 3))
    folding = np.abs(np.exp(2j * np.pi * (raw_s - rates[:, None] * since_s) / interval_s).mean(axis=1))
    # Of rates that fold alike (few pings) the smallest is likeliest.
    drift_s = float(rates[np.argmax(folding - 1e-3 * (rates / limit) ** 2)]) * since_s
    earliest = float(np.max(sent_s - got_s - drift_s))
    """No request is received before it was sent, so the clocks differ by at least this."""
    difference = raw_s - drift_s - earliest
    centre = float(np.angle(np.exp(2j * np.pi * difference / interval_s).mean())) * interval_s / (2 * np.pi)
    folded = (difference - centre + interval_s / 2) % interval_s - interval_s / 2 + centre
    turn = np.floor(np.median(folded) / interval_s + 0.25)
    return np.asarray(folded - turn * interval_s + earliest + drift_s, dtype=np.float64)


@dataclass(frozen=True)
class _Line:
    at_zero_s: float
    rate: float
    residual_s: float
    sd_s: float


def _robust_line(at_s: FloatArray, offset_s: FloatArray, params: ClockParams) -> _Line:
    """Iteratively reweighted least squares with a prior on the rate; late ones and outliers weigh less."""
    middle = float(at_s.mean())
    x = at_s - middle
    level, rate = float(np.median(offset_s)), 0.0
    prior = 1.0 / (params.rate_sd_ppm * 1e-6) ** 2
    limit = params.rate_limit_ppm * 1e-6
    weight = np.ones_like(x)
    for turn in range(_TURNS):
        residual = offset_s - level - rate * x
        beyond = 1.0 + (residual / params.jitter_s) ** 2
        if turn < _TURNS // 2:
            weight = 1.0 / np.sqrt(beyond)
        else:  # it is among the right ones: now towards the earliest of these
            weight = np.where(residual > 0.0, params.late_weight, 1.0) / beyond
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
