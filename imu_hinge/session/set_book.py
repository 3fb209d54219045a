"""The sets of a running session as people count them: which one is under way, what its reps were, what came of it.

It follows from what was announced and which reps ended, and from nothing else, so that live, replay and a session that
is gone on with after a crash keep the same book.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from imu_hinge.hinge.set_trend import SetTrend
from imu_hinge.recording.in_progress import SAME_S, is_same
from imu_hinge.recording.model import Segment
from imu_hinge.session.results import RepResult
from imu_hinge.session.set_context import trend_of
from imu_hinge.session.sets import SET_MARGIN_S

__all__ = ["BookedSet", "SetBook"]


@dataclass(frozen=True)
class BookedSet:
    """A set and its reps so far; the end of one that is under way is infinite, or announced."""

    start_s: float
    end_s: float
    exercise: str | None
    load_kg: float | None = None
    reps: tuple[RepResult, ...] = ()

    @property
    def good(self) -> int:
        """How many reps are good."""
        return sum(rep.verdict == "good" for rep in self.reps)

    @property
    def trend(self) -> SetTrend:
        """What becomes of it from rep to rep."""
        return trend_of(self.reps)

    @property
    def last_s(self) -> float:
        """When its last rep ended, s; its start without any."""
        return self.reps[-1].end_s if self.reps else self.start_s


class SetBook:
    """Told what was announced, which reps ended, and how late it is."""

    def __init__(self, set_break_s: float) -> None:
        """Reps that nobody announced and that are further apart than ``set_break_s`` belong to different sets."""
        self._set_break_s = set_break_s
        self._sets: list[BookedSet] = []
        self._announced: set[float] = set()

    @property
    def sets(self) -> tuple[BookedSet, ...]:
        """All with at least one rep, and those announced that are not over, in order of their start."""
        return tuple(self._sets)

    def announce(self, segment: Segment) -> None:
        """A set was announced, or its end was."""
        if segment.kind != "set":
            return
        for i, one in enumerate(self._sets):
            if is_same(Segment(one.start_s, one.end_s, "set"), segment):
                if one.end_s == math.inf or segment.end_s < math.inf:
                    self._sets[i] = replace(one, end_s=segment.end_s, load_kg=segment.load_kg)
                return
        if segment.end_s == math.inf:  # what begins ends what never ended
            self._sets = [
                replace(one, end_s=segment.start_s) if one.end_s == math.inf and one.start_s in self._announced else one
                for one in self._sets
            ]
        self._announced.add(segment.start_s)
        self._sets.append(BookedSet(segment.start_s, segment.end_s, segment.exercise, segment.load_kg))
        self._sets.sort(key=lambda one: one.start_s)

    def withdraw(self, kind: str, start_s: float) -> None:
        """A set is taken back."""
        if kind == "set":
            self._sets = [
                one for one in self._sets if abs(one.start_s - start_s) > SAME_S or one.start_s not in self._announced
            ]

    def ended(self, exercise: str | None, reps: Iterable[RepResult]) -> None:
        """Reps ended, of sets of an exercise (None: nobody announced it)."""
        for rep in reps:
            at = self._place(exercise, rep)
            one = self._sets[at]
            end_s = one.end_s if one.start_s in self._announced else rep.end_s
            self._sets[at] = replace(one, end_s=end_s, reps=(*one.reps, rep))

    def undo(self, time_s: float) -> RepResult | None:
        """The newest rep that was under way at a time was none; which one."""
        for i, one in reversed(list(enumerate(self._sets))):
            for rep in reversed(one.reps):
                if rep.start_s <= time_s <= rep.end_s:
                    kept = (other for other in one.reps if other is not rep)
                    renumbered = tuple(replace(other, index=n) for n, other in enumerate(kept, start=1))
                    self._sets[i] = replace(one, reps=renumbered)
                    return rep
        return None

    def current(self, now_s: float) -> BookedSet | None:
        """The set under way."""
        open_ones = [one for one in self._sets if one.start_s <= now_s < self.over_s(one)]
        return open_ones[-1] if open_ones else None

    def number(self, one: BookedSet) -> int:
        """Its number among the sets with reps, and itself."""
        return 1 + sum(1 for other in self._sets if other.reps and other.start_s < one.start_s)

    def last_over(self, now_s: float) -> BookedSet | None:
        """The newest set with reps that is over."""
        over = [one for one in self._sets if one.reps and self.over_s(one) <= now_s]
        return over[-1] if over else None

    def over_s(self, one: BookedSet) -> float:
        """From when on a set is over, s."""
        return one.end_s if one.start_s in self._announced else one.last_s + self._set_break_s

    def _place(self, exercise: str | None, rep: RepResult) -> int:
        middle_s = 0.5 * (rep.start_s + rep.end_s)
        for i, one in reversed(list(enumerate(self._sets))):
            if exercise is None and one.start_s in self._announced:
                continue
            until_s = one.end_s + SET_MARGIN_S if exercise is not None else self.over_s(one)
            if one.exercise == exercise and one.start_s - SET_MARGIN_S <= middle_s <= until_s:
                return i
        self._sets.append(BookedSet(rep.start_s, math.inf, exercise))
        self._sets.sort(key=lambda one: one.start_s)
        return next(i for i, one in enumerate(self._sets) if one.start_s == rep.start_s)
