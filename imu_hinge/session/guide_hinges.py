"""Reference hinges while they are done: counted, and told what is wrong with one that does not count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["HingeParams", "HingeWatch", "Seen"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class HingeParams:
    """What a reference hinge looks like; tips of clips against standing, rad."""

    wanted: int = 3
    begun_rad: float = float(np.deg2rad(20.0))
    back_rad: float = float(np.deg2rad(10.0))
    least_rad: float = float(np.deg2rad(40.0))
    """A hinge tips the trunk at least so far (RDL: 60 to 90 deg)."""
    least_thigh_rad: float = float(np.deg2rad(5.0))
    """And the thigh at least so far (RDL: 18 to 32 deg)."""
    squat_share: float = 0.85
    """A thigh that tips more than this share of the trunk sits down (deadlift: 45 to 70 of 80 deg)."""
    least_s: float = 1.2
    """A hinge takes at least so long, s: the hips' course is told from slow accelerations."""
    alike: float = 0.25
    """The hinges are within this share of their median."""
    rest_s: float = 0.6
    """They are over when the athlete stands for so long, s."""


@dataclass(frozen=True)
class Seen:
    """The newest hinge in words, and why it does not count."""

    got: str = ""
    problem: str = ""


class HingeWatch:
    """Takes how far trunk and thigh have tipped, and counts."""

    def __init__(self, params: HingeParams) -> None:
        self._params = params
        self._depths: list[float] = []
        self._down_since_s: float | None = None
        self._up_since_s: float | None = None
        self._trunk_rad = 0.0
        self._thigh_rad = 0.0
        self.seen = Seen()

    @property
    def counted(self) -> int:
        """How many hinges that are alike there are."""
        if not self._depths:
            return 0
        middle = float(np.median(self._depths))
        return sum(abs(depth - middle) <= self._params.alike * middle for depth in self._depths)

    def take(self, time_s: FloatArray, trunk_rad: FloatArray, thigh_rad: FloatArray | None) -> float | None:
        """Take (N,) each, NaN in gaps, ``thigh_rad`` None where no thigh clip is worn; give the time at which the
        athlete stood again after the last one."""
        thighs = [np.nan] * len(time_s) if thigh_rad is None else thigh_rad.tolist()
        for at_s, trunk, thigh in zip(time_s.tolist(), trunk_rad.tolist(), thighs, strict=True):
            if self._sample(at_s, trunk, thigh, has_thigh=thigh_rad is not None):
                return float(at_s)
        return None

    def _sample(self, at_s: float, trunk: float, thigh: float, *, has_thigh: bool) -> bool:
        params = self._params
        reach = max((v for v in (trunk, thigh) if np.isfinite(v)), default=np.nan)
        if self._down_since_s is None:
            if reach > params.begun_rad:
                self._down_since_s, self._up_since_s = at_s, None
                self._trunk_rad = self._thigh_rad = 0.0
            elif reach < params.back_rad:
                self._up_since_s = at_s if self._up_since_s is None else self._up_since_s
                return self.counted >= params.wanted and at_s - self._up_since_s >= params.rest_s
            return False
        self._trunk_rad = float(np.fmax(self._trunk_rad, trunk))
        self._thigh_rad = float(np.fmax(self._thigh_rad, thigh))
        if reach < params.back_rad:
            self._judge(at_s - self._down_since_s, has_thigh=has_thigh)
            self._down_since_s, self._up_since_s = None, at_s
        return False

    def _judge(self, lasted_s: float, *, has_thigh: bool) -> None:
        params = self._params
        trunk, thigh = np.rad2deg(self._trunk_rad), np.rad2deg(self._thigh_rad)
        got = f"trunk {trunk:.0f}°" + (f", thigh {thigh:.0f}°" if has_thigh else "")
        problem = ""
        if has_thigh and self._thigh_rad > self._trunk_rad and trunk < 40.0:
            problem = "the thigh clip tipped further than the one on the back: are they exchanged?"
        elif self._trunk_rad < params.least_rad:
            problem = f"only {trunk:.0f}° deep: push the hips further back"
        elif has_thigh and self._thigh_rad < params.least_thigh_rad:
            problem = f"the thigh clip tipped by {thigh:.0f}° only: is it on the thigh?"
        elif has_thigh and self._thigh_rad > params.squat_share * self._trunk_rad:
            problem = "that was a squat: keep the shins still and push the hips back"
        elif lasted_s < params.least_s:
            problem = "too fast: take two seconds down and two up"
        else:
            before = self.counted
            self._depths.append(self._trunk_rad)
            if self.counted <= before:
                problem = "not as deep as the others: one more, all alike"
        self.seen = Seen(got, problem)
