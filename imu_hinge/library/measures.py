"""What is followed over sessions: seven measures of an exercise, each session's value with how surely it is known.

Assumptions (``estimates`` says how they are used): stated errors of reps are common to the session. The error of the
hip share comes from those of its two angles, taken to go against each other (what one joint is given the other lacks),
the larger case. Tempo carries no stated error; its boundaries are good to about 0.02 s (docs/ACCURACY.md). Creep is a
slope over few reps; its error is at least what 1 degree of scatter between reps would make. Reps are taken as
independent tries for the good-rep rate.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from imu_hinge.library.entry import Session
from imu_hinge.library.estimates import Estimate, pooled_variance, session_mean, wilson
from imu_hinge.session.rep_table import RepRow

__all__ = ["GOOD_RATE", "LUMBAR", "MEASURES", "Group", "Measure", "Point", "points"]

_TEMPO_SD_S: Final = 0.02
_LEAST_SCATTER_DEG: Final = 1.0
_FEWEST_CREEP_REPS: Final = 3

Told = tuple[float, float | None]
"""A value and its stated standard deviation."""


@dataclass(frozen=True)
class Measure:
    """One thing that is followed; ``short`` is for tables, ``unit`` goes behind a number of ``digits`` decimals."""

    key: str
    title: str
    short: str
    unit: str
    digits: int
    of_rep: Callable[[RepRow, float | None], Told | None] | None
    """Value and stated SD of a rep, given the lumbar reference to count from; None: not a measure of single reps."""
    least: float
    """The smallest range that a picture of it shows."""
    from_zero: bool = False


@dataclass(frozen=True)
class Group:
    """Reps of one exercise (and one load or range of loads) in one session."""

    session: Session
    reps: tuple[RepRow, ...]


@dataclass(frozen=True)
class Point:
    """What one session says of one measure; ``low`` and ``high`` hold the true value nine times in ten."""

    session: Session
    estimate: Estimate
    low: float | None
    high: float | None
    reps: int
    left_out: int
    """Reps that cannot be told, which are not in the value."""


def _lumbar(rep: RepRow, reference_deg: float | None) -> Told | None:
    if rep.lumbar_at_bottom_deg is None:
        return None
    return rep.lumbar_at_bottom_deg - (reference_deg or 0.0), rep.lumbar_sd_deg


def _hip_share(rep: RepRow, _: float | None) -> Told | None:
    if rep.hip_share is None:
        return None
    hip, lumbar = rep.hip_flexion_max_deg, rep.lumbar_at_bottom_deg
    if hip is None or lumbar is None or abs(hip + lumbar) < 1.0:
        return 100.0 * rep.hip_share, None
    sd = abs(lumbar) * (rep.hip_flexion_sd_deg or 0.0) + abs(hip) * (rep.lumbar_sd_deg or 0.0)
    return 100.0 * rep.hip_share, 100.0 * sd / (hip + lumbar) ** 2


def _depth(rep: RepRow, _: float | None) -> Told | None:
    return None if rep.hip_flexion_max_deg is None else (rep.hip_flexion_max_deg, rep.hip_flexion_sd_deg)


def _eccentric(rep: RepRow, _: float | None) -> Told | None:
    return None if rep.eccentric_s is None else (rep.eccentric_s, _TEMPO_SD_S)


def _concentric(rep: RepRow, _: float | None) -> Told | None:
    return None if rep.concentric_s is None else (rep.concentric_s, _TEMPO_SD_S)


LUMBAR: Final = Measure("lumbar", "Lumbar flexion at the bottom", "Lumbar", "°", 1, _lumbar, 8.0)
GOOD_RATE: Final = Measure("good_rate", "Good reps", "Good reps", " %", 0, None, 100.0, from_zero=True)
CREEP: Final = Measure("creep", "Creep", "Creep", "°/rep", 2, None, 1.0)
MEASURES: Final = (
    LUMBAR,
    GOOD_RATE,
    Measure("hip_share", "Hip share of the bend", "Hip share", " %", 0, _hip_share, 10.0),
    Measure("depth", "Depth, deepest hip flexion", "Depth", "°", 0, _depth, 10.0),
    Measure("eccentric", "Way down, eccentric", "Way down", " s", 2, _eccentric, 0.5),
    Measure("concentric", "Way up, concentric", "Way up", " s", 2, _concentric, 0.5),
    CREEP,
)
"""In the order in which they are shown."""


def points(measure: Measure, groups: Sequence[Group]) -> tuple[Point, ...]:
    """The points of one measure, one a session that can tell it, in the order of ``groups``.

    Lumbar flexion counts from the session's own reference hinges; sessions without any are left out, unless none has
    one: then all count from standing.
    """
    if measure is GOOD_RATE:
        return tuple(filter(None, (_rate(group) for group in groups)))
    if measure is CREEP:
        return tuple(filter(None, (_creep(group) for group in groups)))
    relative = measure is LUMBAR and any(group.session.reference_lumbar_deg is not None for group in groups)
    told = []
    for group in groups:
        if relative and group.session.reference_lumbar_deg is None:
            continue
        reps = _told(measure, group, group.session.reference_lumbar_deg if relative else None)
        if reps:
            told.append((group, reps))
    pooled = pooled_variance([[value for value, _ in reps] for _, reps in told])
    return tuple(_mean(group, reps, pooled, relative=relative) for group, reps in told)


def _told(measure: Measure, group: Group, reference_deg: float | None) -> list[Told]:
    assert measure.of_rep is not None
    return [told for rep in group.reps if (told := measure.of_rep(rep, reference_deg)) is not None]


def _mean(group: Group, reps: list[Told], pooled: float | None, *, relative: bool) -> Point:
    estimate = session_mean([value for value, _ in reps], [sd for _, sd in reps], pooled)
    if relative and estimate.se is not None:
        own = group.session.reference_lumbar_sd_deg or 0.0
        estimate = replace(estimate, se=math.hypot(estimate.se, own))
    return _point(group, estimate, len(reps))


def _rate(group: Group) -> Point | None:
    """Good of the reps that can be told, %. The standard error is that of Agresti and Coull (Am Stat 1998)."""
    count = sum(rep.verdict != "cannot_tell" for rep in group.reps)
    if not count:
        return None
    good = sum(rep.verdict == "good" for rep in group.reps)
    rate = (good + 2.0) / (count + 4.0)
    se = 100.0 * math.sqrt(rate * (1.0 - rate) / (count + 4.0))
    low, high = (100.0 * end for end in wilson(good, count))
    left_out = len(group.reps) - count
    return Point(group.session, Estimate(100.0 * good / count, se), low, high, count, left_out)


def _creep(group: Group) -> Point | None:
    """The mean of the sets' slopes; errors of sets independent."""
    sets: dict[int, list[RepRow]] = {}
    for rep in group.reps:
        if rep.lumbar_at_bottom_deg is not None and rep.set_creep_deg_per_rep is not None:
            sets.setdefault(rep.set_number, []).append(rep)
    slopes = [reps for reps in sets.values() if len(reps) >= _FEWEST_CREEP_REPS]
    if not slopes:
        return None
    values = [reps[0].set_creep_deg_per_rep or 0.0 for reps in slopes]
    errors = [max(reps[0].set_creep_sd_deg_per_rep or 0.0, _least_error(len(reps))) for reps in slopes]
    se = math.sqrt(sum(error**2 for error in errors)) / len(slopes)
    return _point(group, Estimate(statistics.fmean(values), se), sum(map(len, slopes)))


def _least_error(reps: int) -> float:
    return _LEAST_SCATTER_DEG / math.sqrt(reps * (reps**2 - 1) / 12.0)


def _point(group: Group, estimate: Estimate, reps: int) -> Point:
    half = None if estimate.se is None else 1.645 * estimate.se
    low, high = (None, None) if half is None else (estimate.value - half, estimate.value + half)
    return Point(group.session, estimate, low, high, reps, len(group.reps) - reps)
