"""Whether notifications come at connection events, and how often these are, from arrivals alone.

All packets of a connection leave at its events, whose spacing is a multiple of 1.25 ms. What arrives first at each
event therefore lies on a grid, but for the time the host takes to say so; what follows it in the same event does not.
Other things are regular, too: a sensor heard without events sends at its own rate. That passes for a grid over a second
or two, but not for long, as sensors' rates are parts in a thousand off and grids are kept by crystals.

Connection events: Bluetooth Core Specification 5.4, vol. 6, part B, section 4.5.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bunches", "EventGrid", "bunches", "read_grid"]

FloatArray = NDArray[np.float64]

_STEP_S: Final = 1.25e-3
_INTERVALS_S: Final = np.arange(6, 101) * _STEP_S
"""Intervals looked for: 7.5 to 125 ms."""
_FEWEST: Final = 24
"""Events: fewer lie together on some grid by chance."""
_MOST: Final = 128
_WINDOW_S: Final = 10.0
"""Over longer times the host's crystal and the central's part."""
_LAGS: Final = (1, 3)
_CONCENTRATION: Final = 0.8
"""Phases concentrate at least so much (0 nothing, 1 exactly): times of hosts that are a tenth of an interval unsure."""
_AS_GOOD: Final = 0.9
_AS_SHARP: Final = 1.5
_SHARP_S: Final = 0.1e-3
"""A sensor's own rate may be nearly that of a wide grid, but times lie on that less sharply."""
_CRYSTAL: Final = 150e-6
_SURE: Final = 3.0
_SAME_EVENT_S: Final = 3.5e-3
"""Half the shortest interval."""


@dataclass(frozen=True)
class EventGrid:
    """Connection events every ``interval_s``; hosts tell of them ``jitter_s`` late, give or take."""

    interval_s: float
    jitter_s: float


@dataclass(frozen=True)
class Bunches:
    """Arrivals in bunches: index of the ``first`` (N,) and the ``last`` (N,) of each."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]


def bunches(received_s: FloatArray, apart_s: float = _SAME_EVENT_S) -> Bunches:
    """Arrivals (n,) that follow each other within ``apart_s`` belong together."""
    begins = np.flatnonzero(np.diff(received_s) > apart_s) + 1
    first = np.concatenate([[0], begins]).astype(np.int64)
    return Bunches(first, np.concatenate([begins - 1, [len(received_s) - 1]]).astype(np.int64))


def read_grid(first_s: FloatArray) -> EventGrid | None:
    """The grid on which the first arrivals of bunches, (n,) s, lie; None where they show none.

    Fractions of the interval fit as well as it does, so the widest is taken that fits as well as any.
    """
    if not len(first_s):
        return None
    at_s = first_s[first_s > first_s[-1] - _WINDOW_S][-_MOST:]
    at_s = at_s - at_s[-1]
    if len(at_s) < _FEWEST:
        return None
    steps = np.concatenate([at_s[lag:] - at_s[:-lag] for lag in _LAGS])
    # Not the phases' concentration, which is perfect for equal steps of any length.
    regular = np.cos(2 * np.pi * steps[:, None] / _INTERVALS_S).mean(axis=0)
    likely = np.flatnonzero(regular >= max(_CONCENTRATION**2, _AS_GOOD * float(regular.max())))
    grids = [grid for interval_s in _INTERVALS_S[likely].tolist() if (grid := _on(at_s, interval_s)) is not None]
    if not grids:
        return None
    enough_s = _AS_SHARP * min(grid.jitter_s for grid in grids) + _SHARP_S
    return max((grid for grid in grids if grid.jitter_s <= enough_s), key=lambda grid: grid.interval_s)


def _on(at_s: FloatArray, interval_s: float) -> EventGrid | None:
    """The grid of this interval, where these times lie on it and stay there."""
    turns = np.exp(2j * np.pi * at_s / interval_s)
    mean = turns.mean()
    concentration = float(np.abs(mean))
    if concentration < _CONCENTRATION:
        return None
    off_s = np.angle(turns / mean) * interval_s / (2 * np.pi)
    x = at_s - at_s.mean()
    drift = float((x * off_s).sum() / (x**2).sum())
    left_s = off_s - off_s.mean() - drift * x
    unsure = float(np.sqrt((left_s**2).mean() / (x**2).sum()))
    if abs(drift) > _CRYSTAL + _SURE * unsure:
        return None
    # One that was told very late must not make the others look unsure.
    return EventGrid(interval_s, float(1.4826 * np.median(np.abs(left_s - np.median(left_s)))))
