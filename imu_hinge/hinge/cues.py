"""Live cues: when the lower back leaves the athlete's own neutral while folded, with hysteresis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.faults import Judge

__all__ = ["Cue", "CueEngine", "CueParams"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class CueParams:
    """When a live cue may sound."""

    least_fold_deg: float = 15.0
    """Fold below which the spine is not judged live, deg: standing is no hinge."""


@dataclass(frozen=True)
class Cue:
    """A cue at an instant: the fault's name, amber or red, and the lumbar flexion that crossed, deg."""

    time_s: float
    name: str
    severity: str
    value_deg: float


class CueEngine:
    """Turns the live lumbar angle into cues; one cue per crossing, re-armed well below the threshold."""

    def __init__(self, judge: Judge, params: CueParams) -> None:
        self._params = params
        self.retune(judge)
        self._armed = [True] * len(self._rules)

    def retune(self, judge: Judge) -> None:
        """Judge by new thresholds from here on; what has sounded stays sounded."""
        self._rearm = judge.params.rearm
        self._neutral = judge.neutral
        limits = judge.limits
        # (name, severity, direction, threshold): a red crossing follows an amber one.
        self._rules = (
            ("rounded_back", "amber", 1.0, limits.rounded_amber_deg),
            ("rounded_back", "red", 1.0, limits.rounded_red_deg),
            ("arched_back", "amber", -1.0, limits.arched_amber_deg),
            ("arched_back", "red", -1.0, limits.arched_red_deg),
        )

    def update(self, time_s: FloatArray, lumbar_deg: FloatArray, fold_deg: FloatArray) -> list[Cue]:
        """Take consecutive live samples (N,), NaN where unknown; give the cues that fell."""
        cues = []
        levels = self._neutral.levelled(lumbar_deg, fold_deg).tolist()
        values = zip(time_s.tolist(), lumbar_deg.tolist(), levels, fold_deg.tolist(), strict=True)
        for t, lumbar, level, fold in values:
            if lumbar != lumbar or fold != fold:
                continue
            for i, (name, severity, direction, limit) in enumerate(self._rules):
                beyond = direction * (level - limit)
                if self._armed[i] and beyond > 0 and fold >= self._params.least_fold_deg:
                    self._armed[i] = False
                    cues.append(Cue(t, name, severity, lumbar))
                elif not self._armed[i] and beyond < -self._rearm * abs(limit - self._neutral.lumbar_deg):
                    self._armed[i] = True
        return cues
