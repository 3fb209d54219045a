"""What the reps of a set are seen beside, and what they come to together."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from imu_hinge.hinge.faults import SetContext
from imu_hinge.hinge.lockout import Stance, stance_before
from imu_hinge.hinge.pace import usual_way_down
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.reps import Rep
from imu_hinge.hinge.set_trend import SetTrend, set_trend
from imu_hinge.recording.model import Segment
from imu_hinge.session.results import RepResult

__all__ = ["LiveContexts", "set_context", "trend_of"]

_REPS_KEPT = 20


def set_context(grid: RepAngles, reps: Sequence[Rep]) -> SetContext:
    """Stance before a set and pace within it, from its reps (live: those so far)."""
    if not reps:
        return SetContext()
    return SetContext(
        stance_before(grid, reps[0].start_s),
        usual_way_down([rep.tempo.eccentric_s for rep in reps]),
    )


def trend_of(reps: Sequence[RepResult]) -> SetTrend:
    """Creep and consistency of the reps of one set, in order."""
    return set_trend(
        [r.lumbar_at_bottom_deg for r in reps],
        [r.hip_max_deg for r in reps],
        [r.eccentric_s + r.concentric_s for r in reps],
    )


class LiveContexts:
    """``SetContext`` of the sets of a running session, from the reps that have ended."""

    def __init__(self, set_break_s: float) -> None:
        self._set_break_s = set_break_s
        self._last_end_s = -float("inf")
        self._found_sets = 0
        self._stances: dict[float, Stance] = {}
        self._ways_down: dict[float, deque[float]] = {}

    def of(self, announced: Segment | None, rep: Rep, grid: RepAngles) -> SetContext:
        """Take the next rep of a set (None: of those found) and give what it is seen beside."""
        if announced is None and rep.start_s - self._last_end_s > self._set_break_s:
            self._found_sets += 1
        self._last_end_s = rep.end_s
        key = self._key(announced)
        if key not in self._stances:
            self._stances[key] = stance_before(grid, rep.start_s)
        ways = self._ways_down.setdefault(key, deque(maxlen=_REPS_KEPT))
        ways.append(rep.tempo.eccentric_s)
        return SetContext(self._stances[key], usual_way_down(list(ways)))

    def take_back(self, announced: Segment | None, rep: Rep) -> None:
        """A rep was none; its set is seen without it from now on."""
        key = self._key(announced)
        ways = self._ways_down.get(key)
        if ways is not None and rep.tempo.eccentric_s in ways:
            ways.remove(rep.tempo.eccentric_s)
        if not ways:
            self._stances.pop(key, None)

    def _key(self, announced: Segment | None) -> float:
        return -float(self._found_sets) if announced is None else announced.start_s
