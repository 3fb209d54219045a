"""Live cues: what can still be changed in this rep or the next, each sounding once and again after hysteresis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.fault_params import Limit
from imu_hinge.hinge.faults import Judge
from imu_hinge.hinge.legs import usual_thigh_per_trunk
from imu_hinge.hinge.rep_angles import RepAngles

__all__ = ["AFTER_THE_REP", "Cue", "CueEngine", "CueParams", "cues_after"]

FloatArray = NDArray[np.float64]

AFTER_THE_REP: Final = ("spine_first", "hyperextended_lockout", "incomplete_lockout", "rushed")
"""Faults that only a finished rep shows: their cue falls when it has been judged."""


@dataclass(frozen=True)
class CueParams:
    """When a live cue may sound."""

    least_fold_deg: float = 15.0
    """Fold below which nothing is judged live, deg: standing is no hinge."""
    doubt_sds: float = 1.3
    """A back cue waits until the angle is past its threshold by this many of its SDs (one in ten by chance)."""
    least_trunk_deg: float = 25.0
    """Trunk pitch from which thigh and trunk are compared, deg: before, a degree of either is a large share."""
    still_down_deg: float = 1.0
    """The thigh is on its way down while it is this near to its deepest, deg; up, each joint has its own time."""


@dataclass(frozen=True)
class Cue:
    """A cue at an instant: the fault's name, amber or red, and the angle that crossed, deg."""

    time_s: float
    name: str
    severity: str
    value_deg: float


class Found(Protocol):
    """A fault that was found in a rep."""

    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def value_deg(self) -> float: ...


def cues_after(faults: Iterable[Found], end_s: float) -> tuple[Cue, ...]:
    """The cues that only a finished rep can earn, for the next one."""
    return tuple(Cue(end_s, f.name, f.severity, f.value_deg) for f in faults if f.name in AFTER_THE_REP)


class _Trigger:
    """One crossing of one fault: sounds once, and is armed again well below."""

    def __init__(self, name: str, severity: str) -> None:
        self.name, self.severity = name, severity
        self.armed = True
        self.above = self.again_below = np.inf

    def set(self, limit: Limit, rearm: float) -> None:
        self.above = limit.amber if self.severity == "amber" else limit.red
        self.again_below = self.above - rearm * abs(self.above - limit.good)

    def quiet(self, most: float) -> bool:
        """Whether a block whose greatest value is this cannot change anything."""
        return self.armed and not most > self.above

    def takes(self, value: float, *, may_sound: bool) -> bool:
        """Take the next value, NaN where unknown; tell whether to sound."""
        if self.armed and may_sound and value > self.above:
            self.armed = False
            return True
        if not self.armed and value < self.again_below:
            self.armed = True
        return False


class CueEngine:
    """Turns live angles into cues; one cue per crossing, the same for any chunking."""

    def __init__(self, judge: Judge, params: CueParams) -> None:
        self._params = params
        self._triggers = [
            _Trigger(name, severity)
            for name in ("rounded_back", "arched_back", "knee_dominant", "hips_shoot_up")
            for severity in ("amber", "red")
        ]
        self._thigh_turn = np.inf
        self._back_at_turn = np.inf
        self.retune(judge)

    def retune(self, judge: Judge) -> None:
        """Judge by new thresholds from here on; what has sounded stays sounded."""
        self._neutral = judge.neutral
        self._usual = usual_thigh_per_trunk(judge.reference, judge.params)[0]
        self._still_forward = judge.params.still_forward_deg
        for trigger in self._triggers:
            trigger.set(judge.limits[trigger.name], judge.params.rearm)

    def update(self, grid: RepAngles, faults: Sequence[str]) -> list[Cue]:
        """Take consecutive live samples, NaN where unknown; give the cues that fell, of the faults watched for."""
        fold = grid.fold_deg
        level = self._neutral.levelled(grid.lumbar_deg, fold)
        ratio, shot = self._legs(grid)
        doubt = self._params.doubt_sds * grid.lumbar_sd_deg
        values = {
            "rounded_back": (level - doubt, grid.lumbar_deg),
            "arched_back": (-level - doubt, grid.lumbar_deg),
            "knee_dominant": (ratio, grid.thigh_pitch_deg),
            "hips_shoot_up": (shot, shot),
        }
        cues = []
        for order, trigger in enumerate(self._triggers):
            value, told = values[trigger.name]
            if trigger.quiet(float(np.fmax.reduce(value))):
                continue
            watched = trigger.name in faults
            folded = (fold >= self._params.least_fold_deg).tolist()
            for i, (v, deep) in enumerate(zip(value.tolist(), folded, strict=True)):
                if trigger.takes(v, may_sound=watched and deep):
                    at = float(grid.time_s[i])
                    cues.append((at, order, Cue(at, trigger.name, trigger.severity, float(told[i]))))
        return [cue for _, _, cue in sorted(cues, key=lambda c: c[:2])]

    def _legs(self, grid: RepAngles) -> tuple[FloatArray, FloatArray]:
        """How many times as far as usual the thigh tips for the trunk's pitch, on the way down; and how far it has
        extended since it turned, deg, while the trunk is further forward than then."""
        ratios, shots = [], []
        columns = (grid.thigh_pitch_deg, grid.trunk_pitch_deg, grid.back_pitch_deg, grid.fold_deg)
        for thigh, trunk, back, fold in zip(*(column.tolist() for column in columns), strict=True):
            if fold < self._params.least_fold_deg:
                self._thigh_turn = np.inf
            elif thigh < self._thigh_turn:
                self._thigh_turn, self._back_at_turn = thigh, back
            extended = thigh - self._thigh_turn
            down = extended <= self._params.still_down_deg and trunk >= self._params.least_trunk_deg
            ratios.append(-thigh / (trunk * self._usual) if down else 0.0)
            forward = back >= self._back_at_turn + self._still_forward
            shots.append(extended if forward and self._thigh_turn < np.inf else 0.0)
        return np.array(ratios), np.array(shots)
