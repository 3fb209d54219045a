"""Live cues: what can still be changed in this rep or the next, each sounding once and again after hysteresis."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.cue_limits import back_limits, lacking, target_fold_deg
from imu_hinge.hinge.cue_settings import CueParams, CueSettings
from imu_hinge.hinge.fault_params import Limit
from imu_hinge.hinge.faults import Judge
from imu_hinge.hinge.legs import usual_thigh_per_trunk
from imu_hinge.hinge.look_ahead import LookAhead, LookAheadParams
from imu_hinge.hinge.rep_angles import RepAngles

__all__ = ["AFTER_THE_REP", "TARGET_DEPTH", "Cue", "CueEngine", "cues_after"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

AFTER_THE_REP: Final = ("spine_first", "hyperextended_lockout", "incomplete_lockout", "rushed")
"""Faults that only a finished rep shows: their cue falls when it has been judged."""
TARGET_DEPTH: Final = "target_depth"
"""The one cue that is no fault: as deep as asked for."""


@dataclass(frozen=True)
class Cue:
    """A cue at an instant: the fault's name, amber or red, and the angle that crossed, deg; or ``target_depth``,
    good, and the fold."""

    time_s: float
    name: str
    severity: str
    value_deg: float

    @property
    def is_fault(self) -> bool:
        """Whether it tells of something to change."""
        return self.severity != "good"


class Found(Protocol):
    """A fault that was found in a rep."""

    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def value_deg(self) -> float: ...


def cues_after(faults: Iterable[Found], end_s: float, muted: Collection[str] = ()) -> tuple[Cue, ...]:
    """The cues that only a finished rep can earn, for the next one."""
    told = (f for f in faults if f.name in AFTER_THE_REP and f.name not in muted)
    return tuple(Cue(end_s, f.name, f.severity, f.value_deg) for f in told)


class _Trigger:
    """One crossing of one threshold: sounds once, and is armed again well below."""

    def __init__(self, severity: str) -> None:
        self.severity = severity
        self.sounded_s = -np.inf
        self._armed = True
        self._above = self._again_below = np.inf
        self._since_s: float | None = None

    def set(self, limit: Limit | None, rearm: float) -> None:
        """Sound beyond this limit from here on; None: never."""
        if limit is None:
            self._above = self._again_below = np.inf
            return
        self._above = limit.red if self.severity == "red" else limit.amber
        self._again_below = self._above - rearm * abs(self._above - limit.good)

    def idle(self, most: float) -> bool:
        """Whether samples whose greatest value is this change nothing but that nothing lasts any longer."""
        if not self._armed or most > self._above:
            return False
        self._since_s = None
        return True

    def takes(self, time_s: float, value: float, params: CueParams, last_s: float, *, may_sound: bool) -> bool:
        """Take the next value, NaN where unknown; tell whether to sound, as it or what is worse last did at
        ``last_s``."""
        if not self._armed:
            self._armed = value < self._again_below
            return False
        if not (may_sound and value > self._above):
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s = time_s
        if time_s - self._since_s < params.delay_s - _SAME_S or time_s - last_s < params.refractory_s - _SAME_S:
            return False
        self._armed, self._since_s = False, None
        self.sounded_s = time_s
        return True


_SAME_S: Final = 5e-7
"""Differences of sample times are this little off, s."""


class _Voice:
    """All that sounds of one fault, the worse after the less bad."""

    def __init__(self, name: str, severities: Sequence[str]) -> None:
        self.name = name
        self._triggers = [_Trigger(severity) for severity in severities]

    def set(self, limit: Limit | None, rearm: float) -> None:
        """Sound beyond this limit from here on; None: never."""
        for trigger in self._triggers:
            trigger.set(limit, rearm)

    def crossings(
        self, time_s: FloatArray, value: FloatArray, may: BoolArray, params: CueParams
    ) -> Iterator[tuple[int, str]]:
        """Take consecutive values (N,), NaN where unknown, and where it may sound (N,); give when it does, and how.

        Sample by sample, as what sounded keeps the less bad silent for a while; what got worse must be heard.
        """
        most = float(np.fmax.reduce(value))
        awake = [trigger for trigger in self._triggers if not trigger.idle(most)]
        if not awake:
            return
        for i, (t, v, ok) in enumerate(zip(time_s.tolist(), value.tolist(), may.tolist(), strict=True)):
            for trigger in awake:
                worse = self._triggers[self._triggers.index(trigger) :]
                if trigger.takes(t, v, params, max(w.sounded_s for w in worse), may_sound=ok):
                    yield i, trigger.severity


_FAULTS: Final = ("rounded_back", "arched_back", "knee_dominant", "hips_shoot_up")


class CueEngine:
    """Turns live angles into cues; one cue per crossing, the same for any chunking."""

    def __init__(
        self, judge: Judge, settings: CueSettings | None = None, look_ahead: LookAheadParams | None = None
    ) -> None:
        """``settings`` say what sounds when, by default and by exercise."""
        self._settings = CueSettings() if settings is None else settings
        self._voices = [
            *(_Voice(name, ("amber", "red")) for name in _FAULTS),
            _Voice(TARGET_DEPTH, ("good",)),
        ]
        self._ahead = LookAhead(LookAheadParams() if look_ahead is None else look_ahead)
        self._exercise: str | None = None
        self._thigh_turn = np.inf
        self._back_at_turn = np.inf
        self.retune(judge)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on settings that cannot hold for want of a calibration movement."""
        params = (self._settings.default, *self._settings.exercises.values())
        return tuple(dict.fromkeys(note for p in params for note in lacking(p, self._judge)))

    def retune(self, judge: Judge) -> None:
        """Judge by new thresholds from here on; what has sounded stays sounded."""
        self._judge = judge
        self._usual = usual_thigh_per_trunk(judge.reference, judge.params)[0]
        self._set_limits()

    def adjust(self, settings: CueSettings) -> None:
        """Cue by other settings from here on; what has sounded stays sounded."""
        self._settings = settings
        self._set_limits()

    def _set_limits(self) -> None:
        judge, params = self._judge, self._settings.of(self._exercise)
        fold_deg = target_fold_deg(params, judge, self._exercise)
        depth = None if fold_deg is None else Limit(fold_deg, fold_deg)
        self._limits = {**judge.limits, **{k: v for k, v in back_limits(params, judge).items() if v is not None}}
        limits = {**judge.limits, **back_limits(params, judge), TARGET_DEPTH: depth}
        for voice in self._voices:
            voice.set(limits[voice.name], judge.params.rearm)

    def update(self, grid: RepAngles, faults: Sequence[str], exercise: str | None = None) -> list[Cue]:
        """Take consecutive live samples, NaN where unknown; give the cues that fell, of the faults watched for.

        ``exercise`` is that of the set under way, None where none was announced: its settings hold from here on.
        """
        if not len(grid.time_s):
            return []
        if exercise != self._exercise:
            self._exercise = exercise
            self._set_limits()
        params = self._settings.of(exercise)
        folded = grid.fold_deg >= params.least_fold_deg
        ratio, shot = self._legs(grid, params)
        values = {
            **self._back(grid, params),
            "knee_dominant": (ratio, grid.thigh_pitch_deg),
            "hips_shoot_up": (shot, shot),
            TARGET_DEPTH: (self._depth(grid), grid.fold_deg),
        }
        level = self._judge.neutral.levelled(grid.lumbar_deg, grid.fold_deg)
        # Praise in the middle of a fault would be heard as praise for it.
        at_fault = (level > self._limits["rounded_back"].amber) | (-level > self._limits["arched_back"].amber)
        cues = []
        for order, voice in enumerate(self._voices):
            value, told = values[voice.name]
            watched = (
                ~at_fault if voice.name == TARGET_DEPTH else voice.name in faults and voice.name not in params.muted
            )
            for i, severity in voice.crossings(grid.time_s, value, folded & watched, params):
                at = float(grid.time_s[i])
                cues.append((at, order, Cue(at, voice.name, severity, float(told[i]))))
        # The sort is stable: red stays behind amber.
        return [cue for _, _, cue in sorted(cues, key=lambda c: c[:2])]

    def _depth(self, grid: RepAngles) -> FloatArray:
        """The fold without what the back adds to it beyond the neutral hinge, deg: rounding is no depth."""
        neutral = self._judge.neutral
        added = neutral.levelled(grid.lumbar_deg, grid.fold_deg) - neutral.lumbar_deg
        depth: FloatArray = grid.fold_deg - np.fmax(added, 0.0)
        return depth

    def _back(self, grid: RepAngles, params: CueParams) -> dict[str, tuple[FloatArray, FloatArray]]:
        """How far the back is rounded and arched beyond doubt, now or, where it is predicted, soon; and the angle to
        tell, deg."""
        lumbar, sd = grid.lumbar_deg, grid.lumbar_sd_deg
        level = self._judge.neutral.levelled(lumbar, grid.fold_deg)
        change, change_sd = self._ahead.update(grid.time_s, level, sd, params.lead_s)
        sure = params.doubt_sds * sd
        found = {"rounded_back": (level - sure, lumbar), "arched_back": (-level - sure, lumbar)}
        if params.lead_s == 0.0:
            return found
        unsure = params.doubt_sds * np.hypot(sd, change_sd)
        soon = {"rounded_back": level + change - unsure, "arched_back": -level - change - unsure}
        return {
            name: (np.fmax(value, soon[name]), np.where(soon[name] > value, lumbar + change, told))
            for name, (value, told) in found.items()
        }

    def _legs(self, grid: RepAngles, params: CueParams) -> tuple[FloatArray, FloatArray]:
        """How many times as far as usual the thigh tips for the trunk's pitch, on the way down; and how far it has
        extended since it turned, deg, while the trunk is further forward than then."""
        ratios, shots = [], []
        still_forward = self._judge.params.still_forward_deg
        columns = (grid.thigh_pitch_deg, grid.trunk_pitch_deg, grid.back_pitch_deg, grid.fold_deg)
        for thigh, trunk, back, fold in zip(*(column.tolist() for column in columns), strict=True):
            if fold < params.least_fold_deg:
                self._thigh_turn = np.inf
            elif thigh < self._thigh_turn:
                self._thigh_turn, self._back_at_turn = thigh, back
            extended = thigh - self._thigh_turn
            down = extended <= params.still_down_deg and trunk >= params.least_trunk_deg
            ratios.append(-thigh / (trunk * self._usual) if down else 0.0)
            forward = back >= self._back_at_turn + still_forward
            shots.append(extended if forward and self._thigh_turn < np.inf else 0.0)
        return np.array(ratios), np.array(shots)
