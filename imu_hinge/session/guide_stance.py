"""Standing still: the newest stretch in which no clip strays from where it is on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["StanceWatch"]

FloatArray = NDArray[np.float64]

_STEP_S: Final = 0.25
_LEAST_KNOWN: Final = 0.8
_LONG_GAP_S: Final = 0.15
"""Nobody knows how a clip stood in a gap so long: standing begins after it."""
_SILENT_S: Final = 1.0


class StanceWatch:
    """Takes which way is up in each clip until all have stood still for long enough."""

    def __init__(self, clips: Sequence[str], wanted_s: float, still_rad: float, problem: str = "") -> None:
        self._clips = tuple(clips)
        self._wanted_s = wanted_s
        self._still_rad = still_rad
        self._time_s: FloatArray = np.empty(0)
        self._up: dict[str, FloatArray] = {clip: np.empty((0, 3)) for clip in self._clips}
        self._heard_s: dict[str, float] = {}
        self.stood_s = 0.0
        self.since_s = 0.0
        self.problem = problem
        """Why a stretch that had begun does not count; stays until the next reason."""

    def take(self, time_s: FloatArray, up: Mapping[str, FloatArray]) -> dict[str, FloatArray] | None:
        """Take samples, (N,) and by clip (N, 3), NaN in gaps; give what is up in each clip (3,) once they stood."""
        if not len(time_s):
            return None
        self._note_silence(time_s, up)
        self._time_s = np.concatenate([self._time_s, time_s])
        for clip in self._clips:
            self._up[clip] = np.concatenate([self._up[clip], up[clip]])
        self._forget(max(self._known_since_s(up) for up in self._up.values()))
        while problem := self._find():
            if self.stood_s > 2 * _STEP_S:
                self.problem = problem
            self._forget(float(self._time_s[0]) + _STEP_S)
        if not len(self._time_s):
            self.stood_s = 0.0
            return None
        self.since_s, self.stood_s = float(self._time_s[0]), float(self._time_s[-1] - self._time_s[0])
        if self.stood_s < self._wanted_s:
            return None
        return {clip: _mean(self._up[clip]) for clip in self._clips}

    def _note_silence(self, time_s: FloatArray, up: Mapping[str, FloatArray]) -> None:
        """Say which clip nothing comes from, as long as nothing does."""
        silent = ""
        for clip in self._clips:
            heard_s = time_s[np.isfinite(up[clip][:, 0])]
            self._heard_s[clip] = float(heard_s[-1]) if len(heard_s) else self._heard_s.get(clip, float(time_s[0]))
            if float(time_s[-1]) - self._heard_s[clip] > _SILENT_S:
                silent = f"nothing comes from the {clip} clip"
        if silent or self.problem.startswith("nothing comes"):
            self.problem = silent

    def _known_since_s(self, up: FloatArray) -> float:
        """Since when the clip has had no long gap, s; infinite in one."""
        edges_s = np.concatenate([self._time_s[np.isfinite(up[:, 0])], self._time_s[-1:]])
        gaps = np.nonzero(np.diff(edges_s) > _LONG_GAP_S)[0]
        first = int(gaps[-1]) + 1 if len(gaps) else 0
        return float(edges_s[first]) if first < len(edges_s) - 1 else np.inf

    def _forget(self, before_s: float) -> None:
        kept = self._time_s >= before_s
        self._time_s = self._time_s[kept]
        self._up = {clip: up[kept] for clip, up in self._up.items()}

    def _find(self) -> str:
        """What speaks against having stood still, in words; '' where nothing does."""
        for clip, up in self._up.items():
            known = up[np.isfinite(up[:, 0])]
            if len(known) < _LEAST_KNOWN * len(up):
                return f"too little comes from the {clip} clip"
            if len(known):
                away = np.arccos(np.clip(known @ _mean(known), -1.0, 1.0))
                reach = float(np.percentile(away, 95))
                if reach > self._still_rad or away[-1] > 2 * self._still_rad:
                    return f"the {clip} clip moved by {np.rad2deg(max(reach, away[-1])):.0f}°: stand still"
        return ""


def _mean(up: FloatArray) -> FloatArray:
    mean = np.nanmean(up, axis=0)
    direction: FloatArray = mean / np.linalg.norm(mean)
    return direction
