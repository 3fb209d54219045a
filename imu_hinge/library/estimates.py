"""What a handful of reps or sessions say, with how surely: the mathematics of trends and comparisons, without I/O.

**One session.** Reps x_i with stated standard deviations s_i and a spread of variance v between them. The stated error
of a rep is mostly how the clips sit, how the skin moves and how the session was calibrated, which is the same in every
rep of the session and does not average out. So *all* of it is taken as common to the session, and only the spread
shrinks with the number of reps n:

    SE^2 = v / n + mean(s_i^2)

The part of s_i that does differ from rep to rep is then counted twice, once in v: the error is never stated too small
for that. A spread of few reps is known badly, so v leans on the spread pooled over the sessions compared, as if that
were four more reps.

**Sessions** are taken as independent of each other: each has its own calibration. What they share (body measures,
habits of placing clips) cancels in differences, which again errs to the wide side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "NINETY",
    "NINETY_FIVE",
    "Estimate",
    "Line",
    "difference",
    "fit_line",
    "fit_rates",
    "newcombe",
    "pooled_variance",
    "session_mean",
    "wilson",
]

FloatArray = NDArray[np.float64]

NINETY: Final = 1.645
"""Half-width of a 90 % interval in standard errors."""
NINETY_FIVE: Final = 1.960
"""A difference of more standard errors than this is called one: 1 in 20 is called wrongly."""
_LEAN_ON_POOL: Final = 4.0


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error, in the same unit; ``se`` is None where it cannot be told (a single rep)."""

    value: float
    se: float | None


@dataclass(frozen=True)
class Line:
    """A line through sessions: ``middle`` at ``middle_at``, ``slope`` per unit of time, and their errors.

    ``sway_sd`` is how much sessions differ from the line beyond their own errors. Errors are as wide as those of a
    normal distribution with the same 95 %. Where ``of_rates``, the line is straight in log-odds and what it gives is in
    per cent, so that it stays between 0 and 100.
    """

    middle_at: float
    middle: float
    slope: float
    middle_se: float
    slope_se: float
    sway_sd: float
    of_rates: bool = False

    def at(self, time: FloatArray, errors: float = 0.0) -> FloatArray:
        """The line at times, (N,) to (N,), that many standard errors above (or below) itself."""
        se = np.hypot(self.middle_se, self.slope_se * (time - self.middle_at))
        value = self.middle + self.slope * (time - self.middle_at) + errors * se
        return _rate_of(value) if self.of_rates else value

    def change(self, first: float, last: float) -> Estimate:
        """What the line has changed from one time to another; of rates the error is that of the first order."""
        if not self.of_rates:
            return Estimate(self.slope * (last - first), self.slope_se * abs(last - first))
        time = np.array([first, last])
        rate = self.at(time)
        steep = rate * (100.0 - rate) / 100.0
        by_middle = float(steep[1] - steep[0])
        by_slope = float(np.dot(steep * (time - self.middle_at), [-1.0, 1.0]))
        return Estimate(float(rate[1] - rate[0]), math.hypot(by_middle * self.middle_se, by_slope * self.slope_se))

    @property
    def is_told(self) -> bool:
        """Whether the slope is more than chance would make of sessions without one, 19 times in 20."""
        return abs(self.slope) > NINETY_FIVE * self.slope_se


def _rate_of(log_odds: FloatArray) -> FloatArray:
    """Per cent of log-odds, (N,) to (N,)."""
    return np.asarray(100.0 / (1.0 + np.exp(-log_odds)), dtype=np.float64)


def pooled_variance(groups: Sequence[Sequence[float]]) -> float | None:
    """Variance within groups, pooled by degrees of freedom; None where no group has two values."""
    free = sum(len(group) - 1 for group in groups if len(group) > 1)
    if not free:
        return None
    return float(sum(np.var(group, ddof=1) * (len(group) - 1) for group in groups if len(group) > 1) / free)


def session_mean(values: Sequence[float], sds: Sequence[float | None], pooled: float | None) -> Estimate:
    """The mean of a session's reps and its standard error (see above). ``values`` (N,) with N > 0, ``sds`` (N,) in the
    same unit (None: none is stated), ``pooled`` the variance from ``pooled_variance``."""
    count = len(values)
    mean = float(np.mean(values))
    if pooled is None:
        return Estimate(mean, None)
    own = float(np.var(values, ddof=1)) if count > 1 else 0.0
    variance = ((count - 1) * own + _LEAN_ON_POOL * pooled) / (count - 1 + _LEAN_ON_POOL)
    common = float(np.mean([(sd or 0.0) ** 2 for sd in sds]))
    return Estimate(mean, math.sqrt(variance / count + common))


def wilson(good: int, count: int, z: float = NINETY) -> tuple[float, float]:
    """Wilson's score interval of a rate, 0 to 1 (JASA 1927); (0, 1) of nothing."""
    if not count:
        return 0.0, 1.0
    rate, share = good / count, z * z / count
    middle = (rate + share / 2.0) / (1.0 + share)
    half = z * math.sqrt(rate * (1.0 - rate) / count + share / (4.0 * count)) / (1.0 + share)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(before: tuple[int, int], after: tuple[int, int], z: float = NINETY) -> tuple[float, float]:
    """Newcombe's interval of the change of a rate from (good, count) to (good, count) (Stat Med 1998, method 10)."""
    (low_b, high_b), (low_a, high_a) = wilson(*before, z), wilson(*after, z)
    rate_b = before[0] / before[1] if before[1] else 0.5
    rate_a = after[0] / after[1] if after[1] else 0.5
    change = rate_a - rate_b
    return change - math.hypot(rate_a - low_a, high_b - rate_b), change + math.hypot(high_a - rate_a, rate_b - low_b)


def difference(before: Estimate, after: Estimate) -> Estimate:
    """After less before, errors taken as independent."""
    known = before.se is not None and after.se is not None
    se = math.hypot(before.se or 0.0, after.se or 0.0) if known else None
    return Estimate(after.value - before.value, se)


def fit_line(time: FloatArray, value: FloatArray, se: FloatArray) -> Line | None:
    """The line through sessions by weighted least squares; None for fewer than three sessions or days.

    ``time``, ``value``, ``se`` are (N,). Beyond their errors sessions sway from day to day with a variance found as
    Paule and Mandel do (J Res NBS 1982), added to each; errors of the line are those of Knapp and Hartung (Stat Med
    2003), and never less than what the sessions' own errors make. The quantile lies between normal (the sessions' own
    errors explain everything) and Student's t with N - 2 degrees (only the sway does). Of sessions without a change, 3
    to 6 in 100 are given one; of 3 to 6 sessions that sway more than their errors say, 6 to 13.
    """
    if len(time) < 3 or len(np.unique(time)) < 3:
        return None
    free = len(time) - 2
    sway = _sway(time, value, se, free)
    weight = 1.0 / (se**2 + sway)
    middle_at, middle, slope = _weighted(time, value, weight)
    rest = value - middle - slope * (time - middle_at)
    factor = max(1.0, float(np.sum(weight * rest**2)) / free)
    middle_se = math.sqrt(factor / float(weight.sum()))
    slope_se = math.sqrt(factor / float(np.sum(weight * (time - middle_at) ** 2)))
    from scipy.special import stdtrit

    share = math.sqrt(sway / (sway + float(np.mean(se**2))))
    quantile = (1.0 - share) * NINETY_FIVE + share * float(stdtrit(free, 0.975))
    wider = quantile / NINETY_FIVE
    return Line(middle_at, middle, slope, wider * middle_se, wider * slope_se, math.sqrt(sway))


def fit_rates(time: FloatArray, good: FloatArray, count: FloatArray) -> Line | None:
    """The line through rates ``good`` of ``count`` (all (N,)), straight in log-odds; None as for ``fit_line``.

    Half a rep is added to the good and to the others (Haldane, Anscombe), so that all and none have odds.
    """
    yes, no = good + 0.5, count - good + 0.5
    line = fit_line(time, np.log(yes / no), np.sqrt(1.0 / yes + 1.0 / no))
    return None if line is None else replace(line, of_rates=True)


def _weighted(time: FloatArray, value: FloatArray, weight: FloatArray) -> tuple[float, float, float]:
    """The middle in time, the value there, and the slope."""
    middle_at = float(np.sum(weight * time) / weight.sum())
    middle = float(np.sum(weight * value) / weight.sum())
    off = time - middle_at
    return middle_at, middle, float(np.sum(weight * off * value) / np.sum(weight * off**2))


def _sway(time: FloatArray, value: FloatArray, se: FloatArray, free: int) -> float:
    """The variance between sessions that makes the weighted squares about the line what chance makes of them."""

    def excess(variance: float) -> float:
        weight = 1.0 / (se**2 + variance)
        middle_at, middle, slope = _weighted(time, value, weight)
        return float(np.sum(weight * (value - middle - slope * (time - middle_at)) ** 2)) - free

    if excess(0.0) <= 0.0:
        return 0.0
    low, high = 0.0, float(np.var(value)) + float(np.max(se**2))
    while excess(high) > 0.0:
        high *= 2.0
    for _ in range(60):
        low, high = (mid, high) if excess(mid := (low + high) / 2.0) > 0.0 else (low, mid)
    return (low + high) / 2.0
