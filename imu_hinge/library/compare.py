"""Two sessions side by side: each difference with its uncertainty and a plain word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from imu_hinge.library.entry import Session
from imu_hinge.library.estimates import NINETY, NINETY_FIVE, difference, newcombe
from imu_hinge.library.measures import GOOD_RATE, MEASURES, Group, Measure, Point, points
from imu_hinge.session.rep_table import RepRow

__all__ = ["Comparison", "Row", "Word", "compare"]

Word = Literal["more", "less", "no difference that can be told", "cannot be compared"]


@dataclass(frozen=True)
class Row:
    """One measure in both sessions (None: not told) and what the second has more of.

    ``change`` is second less first, between ``low`` and ``high`` nine times in ten; ``word`` calls it a difference
    where chance would make one in twenty such.
    """

    measure: Measure
    first: Point | None
    second: Point | None
    change: float | None
    low: float | None
    high: float | None
    word: Word


@dataclass(frozen=True)
class Comparison:
    """One exercise that both sessions have."""

    exercise: str
    first: Group
    second: Group
    rows: tuple[Row, ...]
    from_reference: bool
    """Whether lumbar flexion counts from the reference hinges of each session, else from standing."""

    common_loads: bool
    """Whether the sets compared had the same loads; without a load in common all sets are compared."""


def compare(first: Session, second: Session, reps: Mapping[str, Sequence[RepRow]]) -> tuple[Comparison, ...]:
    """What the second session has more or less of than the first, for every exercise that both have reps of.

    Where they have loads in common, only sets with these are compared.
    """
    found = []
    for exercise in (name for name in first.exercises if name in second.exercises):
        groups = [
            Group(session, tuple(rep for rep in reps.get(session.folder, ()) if rep.exercise == exercise))
            for session in (first, second)
        ]
        if all(group.reps for group in groups):
            common = set.intersection(*({rep.load_kg for rep in group.reps} for group in groups))
            if common:
                groups = [
                    replace(group, reps=tuple(rep for rep in group.reps if rep.load_kg in common)) for group in groups
                ]
            relative = all(group.session.reference_lumbar_deg is not None for group in groups)
            rows = tuple(_row(measure, _counted_alike(groups, relative=relative)) for measure in MEASURES)
            found.append(Comparison(exercise, groups[0], groups[1], rows, relative, bool(common)))
    return tuple(found)


def _counted_alike(groups: Sequence[Group], *, relative: bool) -> Sequence[Group]:
    """Both from their references, or both from standing."""
    if relative:
        return groups
    return [replace(group, session=replace(group.session, reference_lumbar_deg=None)) for group in groups]


def _row(measure: Measure, groups: Sequence[Group]) -> Row:
    found = {point.session.folder: point for point in points(measure, groups)}
    first, second = (found.get(group.session.folder) for group in groups)
    if first is None or second is None:
        return Row(measure, first, second, None, None, None, "cannot be compared")
    change = difference(first.estimate, second.estimate)
    if measure is GOOD_RATE:
        counts = [
            (sum(rep.verdict == "good" for rep in g.reps), p.reps) for g, p in zip(groups, (first, second), strict=True)
        ]
        low, high = (100.0 * end for end in newcombe(counts[0], counts[1]))
        sure_low, sure_high = newcombe(counts[0], counts[1], NINETY_FIVE)
        return Row(measure, first, second, change.value, low, high, _word(sure_low, sure_high))
    if change.se is None:
        return Row(measure, first, second, change.value, None, None, "cannot be compared")
    half, sure = NINETY * change.se, NINETY_FIVE * change.se
    word = _word(change.value - sure, change.value + sure)
    return Row(measure, first, second, change.value, change.value - half, change.value + half, word)


def _word(low: float, high: float) -> Word:
    return "more" if low > 0 else "less" if high < 0 else "no difference that can be told"
