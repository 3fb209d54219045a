"""Counting while the session runs: one counter for every announced set, or one for all where none is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.profiles import UNANNOUNCED, profile_of
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.reps import Rep, RepCounter, RepParams
from imu_hinge.recording.model import Segment
from imu_hinge.session.announced import Announced
from imu_hinge.session.sets import SET_MARGIN_S, announced_reps, counter_for, unannounced_reps

__all__ = ["CountedRep", "LiveReps"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class CountedRep:
    """A rep, its number within its set, and the set it was announced in (None: found)."""

    rep: Rep
    index: int
    announced: Segment | None


class LiveReps:
    """Feeds every counter the stretch that whole-recording analysis would feed it."""

    def __init__(
        self,
        rate_hz: float,
        params: RepParams,
        announced: Announced,
        *,
        has_thigh: bool,
        everywhere: bool = True,
    ) -> None:
        """``announced`` is read only; ``everywhere`` tells whether to count where no set is announced."""
        self._rate_hz = rate_hz
        self._params = params
        self._announced = announced
        self._has_thigh = has_thigh
        self._counts_everywhere = everywhere
        self._counters: dict[float, RepCounter] = {}
        self._everywhere: RepCounter | None = None
        self._numbers: dict[float | None, int] = {}

    @property
    def folding(self) -> bool:
        """Whether a rep is under way."""
        counters = [*self._counters.values(), *([self._everywhere] if self._everywhere else [])]
        return any(c.folding for c in counters)

    @property
    def longest_stay_s(self) -> float:
        """How long the profiles in use let an athlete stay at the bottom, s."""
        sets = self._announced.sets
        return max(profile_of(s.exercise).max_bottom_s for s in sets) if sets else UNANNOUNCED.max_bottom_s

    def boundaries(self) -> set[int]:
        """Grid indices at which a counter starts or ends."""
        times = [t for s in self._announced.sets for t in (s.start_s - SET_MARGIN_S, s.end_s + SET_MARGIN_S)]
        return {int(np.ceil(t * self._rate_hz)) for t in times if np.isfinite(t)}

    def update(self, grid: RepAngles, flight: BoolArray, history: Sequence[RepAngles]) -> list[CountedRep]:
        """Take a stretch without a boundary in it; give the reps that became certain."""
        now_s = float(grid.time_s[0])
        sets = {s.start_s: s for s in self._announced.sets}
        if not sets and self._counts_everywhere:
            if self._everywhere is None:
                self._everywhere = counter_for(None, self._rate_hz, self._params, has_thigh=self._has_thigh)
            reps = self._everywhere.update(grid.time_s, grid.fold_deg, flight, grid.trunk_pitch_deg)
            return self._found(reps, history)
        self._everywhere = None
        self._counters = {key: counter for key, counter in self._counters.items() if key in sets}
        done = []
        for key, s in sets.items():
            inside = s.start_s - SET_MARGIN_S <= now_s <= s.end_s + SET_MARGIN_S
            if inside and key not in self._counters:
                self._counters[key] = counter_for(s.exercise, self._rate_hz, self._params, has_thigh=self._has_thigh)
            if inside:
                reps = self._counters[key].update(grid.time_s, grid.fold_deg, flight, grid.trunk_pitch_deg)
                done += self._numbered(announced_reps(reps, s), key, s)
            elif key in self._counters:
                done += self._numbered(announced_reps(self._counters.pop(key).finish(), s), key, s)
        return done

    def take_back(self, rep: CountedRep) -> None:
        """A rep was none: the next one of its set gets its number."""
        self._numbers[None if rep.announced is None else rep.announced.start_s] -= 1

    def finish(self, history: Sequence[RepAngles]) -> list[CountedRep]:
        """The reps that the end of the stream cut off after their return."""
        done = self._found(self._everywhere.finish(), history) if self._everywhere is not None else []
        sets = {s.start_s: s for s in self._announced.sets}
        for key in sorted(self._counters.keys() & sets.keys()):
            s = sets[key]
            done += self._numbered(announced_reps(self._counters[key].finish(), s), key, s)
        return done

    def _found(self, reps: Sequence[Rep], history: Sequence[RepAngles]) -> list[CountedRep]:
        if not reps:
            return []
        return self._numbered(unannounced_reps(reps, RepAngles.join(history), list(self._announced)), None, None)

    def _numbered(self, reps: Sequence[Rep], key: float | None, s: Segment | None) -> list[CountedRep]:
        counted = []
        for rep in reps:
            self._numbers[key] = self._numbers.get(key, 0) + 1
            counted.append(CountedRep(rep, self._numbers[key], s))
        return counted
