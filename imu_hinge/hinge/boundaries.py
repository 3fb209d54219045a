"""Placing a rep's start, bottom and end on the course of its fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Boundaries", "BoundaryParams", "place"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class BoundaryParams:
    """Where a movement begins and ends, and where its bottom is, as shares of its rise."""

    low: float = 0.05
    high: float = 0.25
    reach_back: float = 1.11
    """A movement that begins with the smoothness of a minimum-jerk reach (Flash & Hogan 1985) began at
    t_low - 1.11 (t_high - t_low)."""
    bottom: float = 0.96
    """Share of the rise above which the movement counts as being at the bottom."""
    seat: float = 0.7
    """The same share for a stay on a chair, where leaning adds to the fold before and after."""
    rest_of_peak_speed: float = 0.03
    rest_deg_s: float = 2.0
    """Slower than this share of the fastest, or this, the athlete rests; a rest of ``rest_s`` before the movement
    proper (settling after a lockout, say) is not part of the rep."""
    rest_s: float = 0.08


@dataclass(frozen=True)
class Boundaries:
    """Fractional sample indices into the fold; ``stay`` is how many samples the fold was deep."""

    start: float
    bottom: float
    end: float
    enter_bottom: float
    leave_bottom: float
    stay: int


def place(
    fold_deg: FloatArray, peak: int, last_peak: int, rate_hz: float, params: BoundaryParams, *, seated: bool
) -> Boundaries | None:
    """Boundaries of a fold (N,) that rises to ``peak`` and returns from ``last_peak``; None where it does neither."""
    top, bottom = float(fold_deg[0]), float(fold_deg[peak])
    floor = float(np.min(fold_deg[last_peak:]))
    if bottom <= top or fold_deg[last_peak] <= floor:
        return None
    start = _start(fold_deg[: peak + 1], rate_hz, params)
    up = fold_deg[last_peak:]
    back = float(up[0]) - floor
    a, b = _first_below(up, floor + params.high * back), _first_below(up, floor + params.low * back)
    end = last_peak + b + params.reach_back * (b - a)
    rise = bottom - top
    deep = np.flatnonzero(fold_deg >= top + (params.seat if seated else params.bottom) * rise)
    enter, leave = float(deep[0]), float(deep[-1])
    return Boundaries(
        start=start,
        bottom=0.5 * (enter + leave) if seated else float(peak),
        end=end,
        enter_bottom=enter,
        leave_bottom=leave,
        stay=int(np.count_nonzero(fold_deg >= top + params.seat * rise)),
    )


def _start(down: FloatArray, rate_hz: float, params: BoundaryParams) -> float:
    rise = float(down[-1] - down[0])
    high = _last_below(down, float(down[0]) + params.high * rise)
    level = _last_rest_level(down[: max(2, int(high) + 1)], down, rate_hz, params)
    rise = float(down[-1]) - level
    low, high = _last_below(down, level + params.low * rise), _last_below(down, level + params.high * rise)
    return max(0.0, low - params.reach_back * (high - low))


def _last_rest_level(before: FloatArray, down: FloatArray, rate_hz: float, params: BoundaryParams) -> float:
    """The fold of the last rest before the movement proper, deg; where it begins without one."""
    speed = np.abs(np.gradient(before)) * rate_hz
    fastest = float(np.abs(np.gradient(down)).max()) * rate_hz
    calm = speed < max(params.rest_deg_s, params.rest_of_peak_speed * fastest)
    edges = np.diff(np.concatenate([[0], calm.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    long = np.flatnonzero(stops - starts >= params.rest_s * rate_hz)
    return float(np.median(before[starts[long[-1]] : stops[long[-1]]])) if len(long) else float(down[0])


def _last_below(fold: FloatArray, level: float) -> float:
    """Fractional index of the last upward crossing of ``level``; 0 where it starts above."""
    below = np.flatnonzero(fold < level)
    if not len(below):
        return 0.0
    i = int(below[-1])
    if i + 1 >= len(fold):
        return float(i)
    return i + float((level - fold[i]) / (fold[i + 1] - fold[i]))


def _first_below(fold: FloatArray, level: float) -> float:
    """Fractional index of the first downward crossing of ``level``; the end where it stays above."""
    below = np.flatnonzero(fold < level)
    if not len(below):
        return float(len(fold) - 1)
    i = int(below[0])
    if i == 0:
        return 0.0
    return i - 1 + float((fold[i - 1] - level) / (fold[i - 1] - fold[i]))
