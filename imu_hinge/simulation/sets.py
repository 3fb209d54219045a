"""Sets of reps: labels and magnitudes, creep, rests between reps, load."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from imu_hinge.simulation.exercises import DEFAULT_MAGNITUDES, Magnitudes, RepShape, apply_fault
from imu_hinge.simulation.stage import Stage, perform_rep, quiet, settle

__all__ = ["RepPlan", "SetPlan", "magnitude_of", "ordinary_set", "plan_reps"]

ROUNDED_FROM_DEG = 15.0
"""Creep of this much over the reference earns a rep the label ``rounded``: 2 x MDC (Aasa 2019), red."""


ON_THE_SHOULDERS = ("squat",)
"""Exercises whose load shifts the balance; a bar in the hands is kept over the feet and does not."""


@dataclass(frozen=True)
class RepPlan:
    """One rep: ``good`` or a fault label; ``magnitude`` in units of ``DEFAULT_MAGNITUDES`` (None: usual)."""

    label: str = "good"
    magnitude: float | None = None


@dataclass(frozen=True)
class SetPlan:
    """A set of one exercise.

    ``tempo`` multiplies durations (2 is slow), ``pause_s`` holds the bottom (None: the athlete's habit),
    ``rest_s`` is the pause at the top (0: touch and go), ``creep_deg`` is added to lumbar flexion from rep to
    rep, ``rep_s`` is about how long a rep takes from top to top (None: as it comes).
    """

    exercise: str
    reps: tuple[RepPlan, ...]
    load_kg: float | None = None
    tempo: float = 1.0
    pause_s: float | None = None
    rest_s: float | None = None
    creep_deg: float = 0.0
    rep_s: float | None = None


def plan_reps(*labels: str) -> tuple[RepPlan, ...]:
    """Rep plans from labels such as ``good``, ``rounded`` or ``rounded:25``."""
    plans = []
    for text in labels:
        label, _, magnitude = text.partition(":")
        plans.append(RepPlan(label, float(magnitude) if magnitude else None))
    return tuple(plans)


def magnitude_of(plan: RepPlan, rng: np.random.Generator, usual: Magnitudes = DEFAULT_MAGNITUDES) -> float:
    """The magnitude asked for, or a usual one at random; 0 for a good rep."""
    for label, least, greatest in usual:
        if label == plan.label:
            drawn = float(rng.uniform(least, greatest))
            return drawn if plan.magnitude is None else plan.magnitude
    return 0.0


def ordinary_set(stage: Stage, plan: SetPlan) -> None:
    """A second of standing, the reps, back to standing tall, half a second more."""
    rng = stage.rng
    if plan.exercise in ON_THE_SHOULDERS and plan.load_kg:
        stage.script.move("load", plan.load_kg, 0.8)
    quiet(stage, 1.0)
    for index, rep in enumerate(plan.reps):
        shape = _tempo(stage.next_rep(plan.exercise, rep.label), plan, rng)
        magnitude = magnitude_of(rep, rng, stage.magnitudes)
        label = rep.label
        creep = plan.creep_deg * index
        if creep:
            shape = apply_fault(shape, "rounded" if creep > 0 else "arched", abs(creep))
            if label == "good" and creep >= ROUNDED_FROM_DEG:
                label, magnitude = "rounded", creep
        shape = stage.fault(shape, rep.label, magnitude, side=float(rng.choice([-1.0, 1.0])))
        perform_rep(stage, shape, plan.exercise, label, magnitude)
        if shape.hold_s > 0.0:
            settle(stage, 0.5)
        rest = stage.athlete.top_pause_s * float(np.exp(rng.normal(0.0, 0.2))) if plan.rest_s is None else plan.rest_s
        if rest > 0.0:
            quiet(stage, rest)
    stage.script.move("load", 0.0, 0.4)
    settle(stage, 0.4)
    quiet(stage, 0.6)


def _tempo(shape: RepShape, plan: SetPlan, rng: np.random.Generator) -> RepShape:
    pause = shape.pause_s if plan.pause_s is None else plan.pause_s
    shape = replace(shape, down_s=shape.down_s * plan.tempo, up_s=shape.up_s * plan.tempo, pause_s=pause)
    if plan.rep_s is None:
        return shape
    asked = plan.rep_s * float(np.exp(np.clip(rng.normal(0.0, 0.05), -0.12, 0.12)))
    share = asked / (shape.down_s + shape.pause_s + shape.up_s)
    return replace(shape, down_s=shape.down_s * share, up_s=shape.up_s * share, pause_s=shape.pause_s * share)
