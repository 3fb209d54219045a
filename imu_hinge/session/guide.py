"""Guided calibration: stand, reference hinges, pelvic tilts, toe touch; each step looks at what it got before the next.

All it looks at is how far each clip has tipped from where it stood, which needs no calibration: the angle between the
directions that are up in the clip, then and now. What the movements are worth is for the calibration itself to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import BACK, PELVIS, THIGH
from imu_hinge.recording.model import Segment
from imu_hinge.session.guide_hinges import HingeParams, HingeWatch
from imu_hinge.session.guide_pieces import Pieces
from imu_hinge.session.guide_stance import StanceWatch
from imu_hinge.session.guide_tilts import SwingWatch

__all__ = ["Guide", "GuideParams", "GuideState", "Step"]

FloatArray = NDArray[np.float64]

_BENT_RAD: Final = float(np.deg2rad(25.0))


class Step(StrEnum):
    """A step, named as its segment."""

    STAND = "stand"
    HINGES = "reference_hinge"
    TILTS = "pelvic_tilt"
    TOUCH = "max_flexion"


@dataclass(frozen=True)
class GuideParams:
    """What a step wants to see."""

    steps: tuple[Step, ...] = (Step.STAND, Step.HINGES, Step.TILTS)
    stand_s: float = 3.0
    """Standing still for so long, s: the zero of all angles."""
    still_rad: float = float(np.deg2rad(2.5))
    """Standing still no clip is further than this from its mean in 95 % of the time, rad: sway is 1 deg."""
    hinges: HingeParams = field(default_factory=HingeParams)
    tilt_rad: float = float(np.deg2rad(2.0))
    """A pelvic tilt turns the trunk clip by this or more either way, rad (cat and cow: 10-12 deg at the sacrum, less
    above)."""
    tilts: int = 3
    upright_rad: float = float(np.deg2rad(12.0))
    """Standing between movements: no clip tips further than this, rad."""
    touch_rad: float = float(np.deg2rad(70.0))
    """A toe touch tips the trunk at least so far, rad."""
    patience_s: float = 25.0
    """Tilts and toe touch are left out when they are not seen for so long, s."""


@dataclass(frozen=True)
class GuideState:
    """Where the guide is: the step asked for (None: through), its number, how much of it is there (0 to 1), what it
    showed and why it is asked for again; ``checking`` while the calibration is made from it."""

    step: Step | None
    number: int
    of: int
    progress: float = 0.0
    got: str = ""
    problem: str = ""
    checking: bool = False


class Guide:
    """One calibration. Feed it what the pipeline says; segments come out as they end."""

    def __init__(self, clips: Sequence[str], params: GuideParams | None = None) -> None:
        """``clips`` are those worn, of which one must be on the trunk. Tilts are asked for where a clip on the pelvis
        sees them: above it a back clip hardly moves."""
        params = GuideParams() if params is None else params
        seen = tuple(step for step in params.steps if step is not Step.TILTS or PELVIS in clips)
        self._params = replace(params, steps=seen)
        self._clips = tuple(clips)
        self._trunk = BACK if BACK in self._clips else PELVIS
        self._number = 0
        self._pieces = Pieces()
        self._upright: dict[str, FloatArray] = {}
        self._since_s: float | None = None
        self._stance = StanceWatch(self._clips, self._params.stand_s, self._params.still_rad)
        self._hinges = HingeWatch(self._params.hinges)
        self._swings = SwingWatch(self._params.tilt_rad)
        self._deepest_rad = 0.0
        self._state = self._fresh()

    @property
    def state(self) -> GuideState:
        """Where it is now."""
        return self._state

    @property
    def through(self) -> bool:
        """Whether nothing is left to do."""
        return self._state.step is None

    def take(self, time_s: FloatArray, up: Mapping[str, FloatArray]) -> list[Segment]:
        """Take what came, ``time_s`` (N,) and by clip what is up in it (N, 3); give the segments that ended. They are
        the same however it came."""
        told: list[Segment] = []
        for piece_s, piece_up in self._pieces.take(time_s, up):
            if self._state.checking or self.through:
                break
            told += self._take(piece_s, piece_up)
        return told

    def _take(self, time_s: FloatArray, up: Mapping[str, FloatArray]) -> list[Segment]:
        if self._since_s is None:
            self._since_s = float(time_s[0])
        if self._state.step is Step.STAND:
            return self._stand(time_s, up)
        tipped = {clip: _angle(up[clip], self._upright[clip]) for clip in self._clips}
        if self._state.step is Step.HINGES:
            return self._hinge(time_s, tipped)
        if self._state.step is Step.TILTS:
            return self._tilt(time_s, tipped, up)
        return self._touch(time_s, tipped)

    def accept(self, got: str) -> None:
        """The calibration is as it should be: go on."""
        self._next(got)

    def again(self, step: Step, problem: str) -> None:
        """Go back to a step, for this reason."""
        if step not in self._params.steps:
            raise ValueError(f"{step} is no step of this guide")
        self._number = self._params.steps.index(step)
        self._begin(problem=problem)

    def skip(self) -> None:
        """Leave out the step that is asked for; standing and hinges cannot be."""
        if self._state.step in (Step.TILTS, Step.TOUCH):
            self._next("left out")

    def _fresh(self, got: str = "", problem: str = "") -> GuideState:
        steps = self._params.steps
        step = steps[self._number] if self._number < len(steps) else None
        return GuideState(step, min(self._number + 1, len(steps)), len(steps), got=got, problem=problem)

    def _begin(self, got: str = "", problem: str = "") -> None:
        self._since_s = None
        self._hinges = HingeWatch(self._params.hinges)
        self._swings = SwingWatch(self._params.tilt_rad)
        self._deepest_rad = 0.0
        if self._number == 0:
            self._stance = StanceWatch(self._clips, self._params.stand_s, self._params.still_rad, problem)
        self._state = self._fresh(got, problem)

    def _next(self, got: str) -> None:
        self._number += 1
        self._begin(got)

    def _segment(self, end_s: float) -> list[Segment]:
        assert self._since_s is not None
        assert self._state.step is not None
        return [Segment(round(self._since_s, 3), round(end_s, 3), str(self._state.step))]

    def _stand(self, time_s: FloatArray, up: Mapping[str, FloatArray]) -> list[Segment]:
        found = self._stance.take(time_s, up)
        self._state = replace(
            self._state,
            progress=min(1.0, self._stance.stood_s / self._params.stand_s),
            problem=self._stance.problem,
        )
        if found is None:
            return []
        self._since_s, self._upright = self._stance.since_s, found
        told = self._segment(float(time_s[-1]))
        self._next(f"stood still for {self._stance.stood_s:.0f} s")
        return told

    def _hinge(self, time_s: FloatArray, tipped: Mapping[str, FloatArray]) -> list[Segment]:
        thigh = tipped.get(THIGH)
        done = self._hinges.take(time_s, tipped[self._trunk], thigh)
        seen = self._hinges.seen
        self._state = replace(
            self._state,
            progress=min(1.0, self._hinges.counted / self._params.hinges.wanted),
            got=seen.got or self._state.got,
            problem=seen.problem if seen.got else self._state.problem,
        )
        if done is None:
            return []
        self._state = replace(self._state, checking=True, progress=1.0, problem="")
        return self._segment(done)

    def _tilt(
        self, time_s: FloatArray, tipped: Mapping[str, FloatArray], up: Mapping[str, FloatArray]
    ) -> list[Segment]:
        away = up[PELVIS] - self._upright[PELVIS]
        bent = any(bool(np.nanmax(tip, initial=0.0) > _BENT_RAD) for tip in tipped.values())
        if bent:
            self._swings = SwingWatch(self._params.tilt_rad)
            self._state = replace(self._state, problem="only the pelvis moves: stand tall")
        else:
            self._swings.take(away)
        progress = self._swings.count / (2 * self._params.tilts)
        self._state = replace(self._state, progress=min(1.0, progress))
        if progress >= 1.0:
            return self._over(time_s, f"{self._params.tilts} pelvic tilts")
        return self._given_up(time_s, "no pelvic tilts were seen: going on without")

    def _touch(self, time_s: FloatArray, tipped: Mapping[str, FloatArray]) -> list[Segment]:
        trunk = tipped[self._trunk]
        self._deepest_rad = max(self._deepest_rad, float(np.nanmax(trunk, initial=0.0)))
        deepest = np.rad2deg(self._deepest_rad)
        back_up = bool(len(trunk)) and bool(trunk[-1] < self._params.upright_rad)
        if self._deepest_rad >= self._params.touch_rad:
            self._state = replace(self._state, progress=0.8, got=f"down to {deepest:.0f}°", problem="")
            if back_up:
                return self._over(time_s, f"bent down to {deepest:.0f}°")
        elif back_up and self._deepest_rad > 2 * self._params.upright_rad:
            self._state = replace(self._state, problem=f"{deepest:.0f}° only: let go and reach for your toes")
            self._deepest_rad = 0.0
        return self._given_up(time_s, "no toe touch was seen: going on without")

    def _over(self, time_s: FloatArray, got: str) -> list[Segment]:
        told = self._segment(float(time_s[-1]))
        self._next(got)
        return told

    def _given_up(self, time_s: FloatArray, got: str) -> list[Segment]:
        assert self._since_s is not None
        if float(time_s[-1]) - self._since_s > self._params.patience_s:
            self._next(got)
        return []


def _angle(up: FloatArray, then: FloatArray) -> FloatArray:
    """Angles (N,) between directions (N, 3) and one (3,), rad; NaN in gaps."""
    angle: FloatArray = np.arccos(np.clip(up @ then, -1.0, 1.0))
    return angle
