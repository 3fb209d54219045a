"""The stage on which a session is put together: the script, who performs it, and what was done when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from imu_hinge.recording.model import Segment
from imu_hinge.simulation.athlete import Athlete
from imu_hinge.simulation.courses import Script
from imu_hinge.simulation.exercises import (
    DEFAULT_MAGNITUDES,
    RED_MAGNITUDES,
    Extra,
    Magnitudes,
    RepShape,
    apply_fault,
    neutral_rep,
)
from imu_hinge.simulation.habits import Habits, varied_rep

__all__ = ["PlannedRep", "Stage", "perform_extras", "perform_rep", "quiet", "settle", "unsteady"]

DEG = np.pi / 180.0


@dataclass(frozen=True)
class PlannedRep:
    """A rep as asked for; ``turn_s`` bounds the search for its turning point."""

    kind: str
    label: str
    start_s: float
    turn_s: tuple[float, float]
    end_s: float
    magnitude: float


@dataclass
class Stage:
    """What movements write into: channels through ``script``, reps, announced segments, spans of sets."""

    athlete: Athlete
    rng: np.random.Generator
    habits: Habits | None = None
    script: Script = field(default_factory=Script)
    reps: list[PlannedRep] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        """Where the next movement begins, s."""
        return self.script.now_s

    @property
    def magnitudes(self) -> Magnitudes:
        """How strong faults are where nobody says."""
        return DEFAULT_MAGNITUDES if self.habits is None else RED_MAGNITUDES

    def next_rep(self, exercise: str, label: str = "good") -> RepShape:
        """The next rep of an exercise, without the fault that ``label`` may ask for."""
        shape = neutral_rep(exercise, self.athlete, self.rng)
        if self.habits is None:
            return shape
        return varied_rep(shape, exercise, label, self.athlete, self.habits, self.rng)

    def fault(self, shape: RepShape, label: str, magnitude: float, side: float = 1.0) -> RepShape:
        """The rep with a fault.

        People with habits arch against their own reference hinge, not this exercise's, and rush the way down
        more than the way up.
        """
        if self.habits is not None and label == "rushed":
            return replace(apply_fault(shape, label, magnitude), up_s=shape.up_s * max(magnitude, 0.6))
        if self.habits is not None and label == "arched":
            usual = (shape.bottom[2] - self.athlete.hinge_lumbar_rad) / DEG
            return apply_fault(shape, label, magnitude + max(usual, 0.0), side)
        return apply_fault(shape, label, magnitude, side)

    def mark(self, kind: str, start_s: float) -> None:
        """Announce what happened from ``start_s`` until now."""
        self.segments.append(Segment(start_s, self.now_s, kind))


def quiet(stage: Stage, duration_s: float) -> None:
    """Stand quietly: sway of a few millimetres and a few tenths of a degree (Winter 1995)."""
    a, s = stage.athlete.variability, stage.script
    for channel, sd, scale in (
        ("com_x", 0.003, 0.7),
        ("hip", 0.15 * DEG, 0.9),
        ("lumbar", 0.15 * DEG, 1.1),
        ("knee", 0.2 * DEG, 1.0),
        ("pelvis_roll", 0.15 * DEG, 1.2),
        ("pelvis_yaw", 0.15 * DEG, 1.3),
        ("axial", 0.2 * DEG, 1.0),
    ):
        s.wander(channel, sd * a, scale, duration_s, stage.rng)
    s.wait(duration_s)


def settle(stage: Stage, duration_s: float) -> None:
    """Bring every joint back to standing tall."""
    for channel in ("knee", "hip", "lumbar", "pelvis_roll", "pelvis_yaw", "bend", "axial", "com_x", "given"):
        if abs(stage.script.value(channel)) > 1e-9:
            stage.script.move(channel, 0.0, duration_s)
    stage.script.wait(duration_s)


def _phase_time(shape: RepShape, phase: float) -> float:
    """Seconds after the rep's start at which a phase (0..3, see ``Extra``) is reached."""
    spans = (shape.down_s, shape.pause_s, shape.up_s)
    whole = min(int(phase), 2)
    return sum(spans[:whole]) + (phase - whole) * spans[whole]


def perform_rep(stage: Stage, shape: RepShape, kind: str, label: str, magnitude: float = 0.0) -> None:
    """One rep, top to top; the stage's clock ends where the rep ends."""
    script, rng, v = stage.script, stage.rng, stage.athlete.variability
    start = stage.now_s
    whole = shape.down_s + shape.pause_s + shape.up_s
    up_at = start + shape.down_s + shape.pause_s
    joints = ("knee", "hip", "lumbar")
    for channel, to, lag in zip(joints, shape.bottom, shape.lag_down_s, strict=True):
        lag_s = min(lag, 0.45 * shape.down_s)
        skew = shape.skew_down + (shape.knee_skew[0] if channel == "knee" else 0.0)
        script.move(channel, to, shape.down_s - lag_s, at_s=start + lag_s, skew=skew)
    for channel, to, lag in zip(joints, shape.lockout, shape.lag_up_s, strict=True):
        lag_s = min(lag, 0.45 * shape.up_s)
        skew = shape.skew_up + (shape.knee_skew[1] if channel == "knee" else 0.0)
        script.move(channel, to, shape.up_s - lag_s, at_s=up_at + lag_s, skew=skew)
    for extra in shape.extras:
        _extra(stage, shape, extra, start)
    for channel, sd, scale in (
        ("knee", 0.8, 0.5),
        ("hip", 0.9, 0.5),
        ("lumbar", 0.6, 0.6),
        ("pelvis_roll", 0.7, 0.6),
        ("pelvis_yaw", 0.8, 0.7),
        ("bend", 0.6, 0.6),
        ("axial", 0.7, 0.7),
    ):
        script.wander(channel, sd * v * DEG, scale, whole, rng, at_s=start)
    script.wander("com_x", 0.008 * v, 0.6, whole, rng, at_s=start)
    script.wait(whole + shape.hold_s)
    turn = (start + 0.6 * shape.down_s, up_at + 0.3 * shape.up_s)
    stage.reps.append(PlannedRep(kind, label, start, turn, stage.now_s, magnitude))


UNSTEADY = (("knee", 0.8, 0.5), ("hip", 0.9, 0.5), ("lumbar", 0.6, 0.6))
OUT_OF_PLANE = (("pelvis_roll", 0.7, 0.6), ("pelvis_yaw", 0.8, 0.7), ("bend", 0.6, 0.6), ("axial", 0.7, 0.7))


def unsteady(stage: Stage, duration_s: float, sagittal: bool = True) -> None:
    """Lay the unrest of a rep over the next ``duration_s``, for people who have habits."""
    if stage.habits is not None:
        for channel, sd, scale in (*(UNSTEADY if sagittal else ()), *OUT_OF_PLANE):
            stage.script.wander(channel, sd * stage.athlete.variability * DEG, scale, duration_s, stage.rng)


def perform_extras(stage: Stage, shape: RepShape, phase_s: tuple[float, float, float, float], skip: str = "") -> None:
    """The extras of a rep whose phases (see ``Extra``) begin at the given instants, but for one channel."""
    for extra in shape.extras:
        if extra.channel != skip:
            begin, end = (float(np.interp(at, range(4), phase_s)) for at in (extra.begin, extra.end))
            stage.script.shift(extra.channel, extra.delta, max(end - begin, 0.15), at_s=begin)


def _extra(stage: Stage, shape: RepShape, extra: Extra, start: float) -> None:
    begin = _phase_time(shape, extra.begin)
    duration = max(_phase_time(shape, extra.end) - begin, 0.15)
    stage.script.shift(extra.channel, extra.delta, duration, at_s=start + begin)
