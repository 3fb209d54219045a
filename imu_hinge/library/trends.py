"""Trends over weeks: the points of every measure by load, the line through them, and a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from imu_hinge.library.entry import Session
from imu_hinge.library.estimates import Estimate, Line, fit_line, fit_rates
from imu_hinge.library.measures import GOOD_RATE, LUMBAR, MEASURES, Group, Measure, Point, points
from imu_hinge.library.picking import LoadRange
from imu_hinge.library.wording import amount_with, kilograms, number, time_words
from imu_hinge.session.rep_table import RepRow

__all__ = ["MOST_BANDS", "ExerciseTrend", "Series", "Trend", "trends"]

MOST_BANDS: Final = 4
"""More loads than this are put together in ranges: a picture tells no more marks apart."""
_DAY_S: Final = 86_400.0

Reps = Mapping[str, Sequence[RepRow]]


@dataclass(frozen=True)
class Series:
    """One measure at one load (or range of loads) over sessions, oldest first. ``line`` runs over days since 1970."""

    load: str
    points: tuple[Point, ...]
    line: Line | None

    @property
    def span_days(self) -> float:
        """From the first session to the last."""
        return (self.points[-1].session.began_s - self.points[0].session.began_s) / _DAY_S

    @property
    def change(self) -> Estimate | None:
        """What the line changed from the first session to the last."""
        if self.line is None:
            return None
        first, last = (self.points[i].session.began_s / _DAY_S for i in (0, -1))
        return self.line.change(first, last)


@dataclass(frozen=True)
class Trend:
    """One measure of an exercise, its series in the order of the loads."""

    measure: Measure
    series: tuple[Series, ...]
    from_reference: bool
    """Whether lumbar flexion counts from the athlete's own reference hinges (else from standing)."""
    without_reference: int
    """Sessions left out because they have no reference hinges and others do."""

    @property
    def left_out(self) -> int:
        """Reps that cannot be told."""
        return sum(point.left_out for one in self.series for point in one.points)

    def sentence(self, series: Series) -> str:
        """What the line of one load says: '60 kg: fell by 3.1 ± 2.0° in 6 weeks.'"""
        return f"{series.load}: {self.verdict(series)}."

    def verdict(self, series: Series) -> str:
        """The same without the load and the full stop."""
        change = series.change
        if change is None or series.line is None:
            count = len(series.points)
            return f"{count} session{'' if count == 1 else 's'}, too few for a trend"
        time = time_words(series.span_days)
        if not series.line.is_told:
            return f"no change that can be told in {time}"
        verb = "rose" if change.value > 0 else "fell"
        size = amount_with(self.measure, abs(change.value), change.se, change=True)
        return f"{verb} by {size} in {time}"


@dataclass(frozen=True)
class ExerciseTrend:
    """Everything that is followed of one exercise.

    ``loads`` names the series in every trend. ``unusual`` are the folders of sessions whose calibration or clips are
    not those of most of them, which ``usual`` names.
    """

    exercise: str
    sessions: tuple[Session, ...]
    loads: tuple[str, ...]
    trends: tuple[Trend, ...]
    unusual: frozenset[str]
    usual: str


def trends(
    sessions: Iterable[Session], reps: Reps, exercise: str | None = None, loads: LoadRange | None = None
) -> tuple[ExerciseTrend, ...]:
    """The trends of every exercise (or one), most sessions first; ``loads`` keeps only sets of such loads."""
    ordered = sorted(sessions, key=lambda session: (session.began_s, session.folder))
    names = [exercise] if exercise is not None else sorted({e for session in ordered for e in session.exercises})
    found = []
    for name in names:
        groups = [Group(session, _of(reps.get(session.folder, ()), name, loads)) for session in ordered]
        groups = [group for group in groups if group.reps]
        if groups:
            found.append(_of_exercise(name, groups))
    return tuple(sorted(found, key=lambda trend: (-len(trend.sessions), trend.exercise)))


def _of(reps: Iterable[RepRow], exercise: str, loads: LoadRange | None) -> tuple[RepRow, ...]:
    return tuple(rep for rep in reps if rep.exercise == exercise and (loads is None or loads.has(rep.load_kg)))


def _of_exercise(name: str, groups: Sequence[Group]) -> ExerciseTrend:
    kinds = Counter((group.session.calibration, group.session.sites) for group in groups)
    most = max(kinds.values())
    # Of kinds equally frequent, the latest is the usual one.
    usual = next(k for g in reversed(groups) if kinds[k := (g.session.calibration, g.session.sites)] == most)
    by_load = _by_load(groups)
    return ExerciseTrend(
        exercise=name,
        sessions=tuple(group.session for group in groups),
        loads=tuple(by_load),
        trends=tuple(_trend(measure, by_load, groups) for measure in MEASURES),
        unusual=frozenset(g.session.folder for g in groups if (g.session.calibration, g.session.sites) != usual),
        usual=f"{usual[0]} calibration, clips {_places(usual[1])}",
    )


def _places(sites: str) -> str:
    """'back@T12 thigh@thigh' in words."""
    parts = (part.partition("@") for part in sites.split())
    return ", ".join(clip if site in ("", clip) else f"{clip} ({site})" for clip, _, site in parts)


def _by_load(groups: Sequence[Group]) -> dict[str, list[Group]]:
    """Reps by load, heaviest last; in ranges of equal width where there are many loads."""
    loads = sorted({rep.load_kg for group in groups for rep in group.reps if rep.load_kg is not None})
    bands = [(load, load) for load in loads] if len(loads) <= MOST_BANDS else _bands(loads)
    named = {_band_name(low, high): (low, high) for low, high in bands}
    found: dict[str, list[Group]] = {}
    for name, (low, high) in named.items():
        found[name] = _some(groups, lambda load, low=low, high=high: load is not None and low <= load <= high)
    if unknown := _some(groups, lambda load: load is None):
        found[kilograms(None)] = unknown
    return found


def _some(groups: Sequence[Group], has: object) -> list[Group]:
    assert callable(has)
    parts = (Group(group.session, tuple(rep for rep in group.reps if has(rep.load_kg))) for group in groups)
    return [part for part in parts if part.reps]


def _bands(loads: Sequence[float]) -> list[tuple[float, float]]:
    """At most three ranges of equal width, each as wide as the loads in it."""
    edges = np.linspace(loads[0], loads[-1], MOST_BANDS)[1:-1]
    place = np.searchsorted(edges, loads, side="right")
    parts = [[load for load, p in zip(loads, place, strict=True) if p == i] for i in range(len(edges) + 1)]
    return [(part[0], part[-1]) for part in parts if part]


def _band_name(low: float, high: float) -> str:
    return kilograms(low) if low == high else f"{number(low, 1).removesuffix('.0')} to {kilograms(high)}"


def _trend(measure: Measure, by_load: Mapping[str, Sequence[Group]], groups: Sequence[Group]) -> Trend:
    with_reference = [group.session.reference_lumbar_deg is not None for group in groups]
    relative = measure is LUMBAR and any(with_reference)
    series = []
    for load, some in by_load.items():
        if relative:
            some = [group for group in some if group.session.reference_lumbar_deg is not None]
        found = points(measure, some)
        if found:
            series.append(Series(load, found, _line(measure, found)))
    return Trend(measure, tuple(series), relative, with_reference.count(False) if relative else 0)


def _line(measure: Measure, found: Sequence[Point]) -> Line | None:
    if measure is GOOD_RATE:
        counts = [(p.session.began_s / _DAY_S, p.estimate.value / 100.0 * p.reps, p.reps) for p in found]
        return fit_rates(*np.array(counts, dtype=np.float64).T)
    sure = [(p.session.began_s / _DAY_S, p.estimate.value, p.estimate.se) for p in found if p.estimate.se]
    if not sure:
        return None
    time, value, se = np.array(sure, dtype=np.float64).T
    return fit_line(time, value, se)
