"""What a perfect observer would read off each rep for every fault: the truth behind the labels.

Definitions are those of SCIENCE section 4, taken on the bones rather than on clips, and on purpose written
without a look at the detectors that they serve to judge. Positive values are faults: degrees, but for
``spine_first`` (ms), ``knee_dominant`` (times the slope of the reference) and ``rushed`` (times as fast as usual on
the way down).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.courses import STEP_S
from imu_hinge.simulation.motion import Motion, truth_angles
from imu_hinge.simulation.stage import PlannedRep

__all__ = ["LIMITS", "true_values"]

LIMITS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "rounded_back": (10.0, 15.0),
        "arched_back": (8.0, 12.0),
        "butt_wink": (8.0, 15.0),
        "spine_first": (100.0, 200.0),
        "hyperextended_lockout": (5.0, 10.0),
        "incomplete_lockout": (6.0, 12.0),
        "knee_dominant": (1.5, 2.0),
        "hips_shoot_up": (8.0, 15.0),
        "knee_bend_changed": (12.0, 20.0),
        "twist": (8.0, 12.0),
        "rushed": (1.5, 2.0),
    }
)
"""Amber and red of SCIENCE section 4, in the units of ``true_values``. It names none for ``rushed``: these are chosen,
several times what tempo varies by from rep to rep."""

ONSET_SHARE: Final = 0.1
ONSET_LEAST_DEG: Final = (3.0, 2.0)
"""A joint has begun to move after a tenth of its way, but no sooner than after so much of hip and lumbar spine: less
is sway."""
ONE_BEND: Final = ("hinge", "rdl")
"""Exercises whose knees keep the bend of the reference hinge."""
TURNED_LEAST_DEG: Final = 2.0
STILL_DEG: Final = 1.5


@dataclass(frozen=True)
class _Rep:
    """One rep's courses, (N,) deg, and the index of its bottom."""

    plan: PlannedRep
    bottom: int
    thigh: FloatArray
    pelvis: FloatArray
    t12: FloatArray
    knee: FloatArray
    turned: FloatArray

    @property
    def hip(self) -> FloatArray:
        return self.pelvis - self.thigh

    @property
    def lumbar(self) -> FloatArray:
        return self.t12 - self.pelvis

    @property
    def fold(self) -> FloatArray:
        return self.t12 - self.thigh


@dataclass(frozen=True)
class _Reference:
    """The athlete's own reference hinges: lumbar flexion and fold at the bottom, slope, knee over the fold."""

    lumbar: float
    fold: float
    slope: float
    knee: FloatArray

    def knee_at(self, fold: FloatArray) -> FloatArray:
        return np.interp(fold / self.fold, np.linspace(0.0, 1.0, len(self.knee)), self.knee)


def true_values(motion: Motion, plans: Sequence[PlannedRep], bottoms: Sequence[int]) -> list[dict[str, float]]:
    """Fault name -> true value, for each rep; a fault that means nothing there (or has no reference) is absent."""
    reps = _cut(motion, plans, bottoms)
    reference = _reference([rep for rep in reps if rep.plan.label == "reference"])
    usual: dict[str, float] = {}
    for kind in {plan.kind for plan in plans}:
        times = [_way_s(p) for p in plans if p.kind == kind and p.label == "good"]
        if times:
            usual[kind] = float(np.median(times))
    return [
        {name: round(value, 3) for name, value in _values(rep, reference, usual).items() if np.isfinite(value)}
        for rep in reps
    ]


def _cut(motion: Motion, plans: Sequence[PlannedRep], bottoms: Sequence[int]) -> list[_Rep]:
    angles = truth_angles(motion)
    yaw, roll = motion.pelvis_yaw_rad, motion.pelvis_roll_rad
    out_of_plane = (yaw, roll, yaw + motion.axial_rad, roll + motion.bend_rad)
    reps = []
    for plan, bottom in zip(plans, bottoms, strict=True):
        first, last = (min(round(t / STEP_S), len(yaw) - 1) for t in (plan.start_s, plan.end_s))
        part = slice(first, last + 1)
        turned = np.max([np.abs(course[part] - course[first]) for course in out_of_plane], axis=0)
        sagittal = (angles.thigh_pitch, angles.pelvis_pitch, angles.t12_pitch, angles.knee_flexion)
        thigh, pelvis, t12, knee = (np.rad2deg(course[part]) for course in sagittal)
        low = min(max(bottom - first, 1), last - first - 1)
        reps.append(_Rep(plan, low, thigh, pelvis, t12, knee, np.rad2deg(turned)))
    return reps


def _reference(reps: Sequence[_Rep]) -> _Reference | None:
    if not reps:
        return None
    depth = np.linspace(0.0, 1.0, 41)
    fold = float(np.mean([rep.fold.max() for rep in reps]))
    knees = []
    for rep in reps:
        for way in (slice(0, rep.bottom + 1), slice(len(rep.fold) - 1, rep.bottom - 1, -1)):
            reached = np.maximum.accumulate(rep.fold[way])
            knees.append(np.interp(depth * fold, reached, rep.knee[way]))
    return _Reference(
        lumbar=float(np.mean([rep.lumbar[rep.bottom] for rep in reps])),
        fold=fold,
        slope=float(np.mean([_slope(rep) for rep in reps])),
        knee=np.mean(knees, axis=0),
    )


def _way_s(plan: PlannedRep) -> float:
    """How long the way to the turning point is meant to take, in a unit of the exercise's own."""
    return plan.turn_s[0] - plan.start_s


def _slope(rep: _Rep) -> float:
    """How far the thigh tips back per degree that the trunk tips forward."""
    return float(-np.polyfit(rep.t12, rep.thigh, 1)[0])


def _values(rep: _Rep, reference: _Reference | None, usual: Mapping[str, float]) -> dict[str, float]:
    kind = rep.plan.kind
    values = {"twist": float(rep.turned.max())}
    if kind in usual:
        values["rushed"] = usual[kind] / _way_s(rep.plan)
    if kind == "bridge":
        values["arched_back"] = float(rep.lumbar[0] - rep.lumbar[rep.bottom])
        values["incomplete_lockout"] = float(rep.hip[rep.bottom])
        return values
    fold = rep.fold
    if reference is not None:
        # neutral at any depth: the reference's flexion, less where the fold is less
        excess = rep.lumbar - reference.lumbar * np.clip(fold / reference.fold, 0.0, 1.0)
        values["rounded_back"] = float(excess[fold >= 0.8 * fold.max()].max())
        values["arched_back"] = -float(excess[fold >= 0.4 * fold.max()].min())
    if kind in ("jump", "sprint_start"):
        return values
    if kind != "sit_to_stand":
        values["butt_wink"] = _butt_wink(rep)
    values["spine_first"] = _spine_lead_ms(rep)
    values["hips_shoot_up"] = _shot(rep)
    top = (np.arange(len(fold)) > rep.bottom) & (np.abs(rep.thigh) < 5.0) & (np.abs(fold) < 30.0)
    values["hyperextended_lockout"] = -float(rep.lumbar[top].min()) if top.any() else np.nan
    values["incomplete_lockout"] = float(rep.hip[-1])
    if kind in ONE_BEND and reference is not None:
        values["knee_dominant"] = _slope(rep) / reference.slope
        folded = fold >= 0.15 * fold.max()
        values["knee_bend_changed"] = float(np.abs(rep.knee - reference.knee_at(fold))[folded].max())
    return values


def _butt_wink(rep: _Rep) -> float:
    """How far the pelvis tips back, or the lumbar spine flexes, over the last quarter of the thigh's way down."""
    low = int(np.flatnonzero(rep.thigh <= rep.thigh.min() + STILL_DEG)[-1])
    low = max(min(low, rep.bottom), int(np.argmin(rep.thigh)))
    late = int(np.argmax(rep.thigh <= rep.thigh[0] + 0.75 * (rep.thigh[low] - rep.thigh[0])))
    if late >= low:
        return 0.0
    reversal = float(rep.pelvis[late : low + 1].max() - rep.pelvis[low])
    rise = float(rep.lumbar[low] - rep.lumbar[late])
    return max(reversal, rise, 0.0)


def _spine_lead_ms(rep: _Rep) -> float:
    """By how much the lumbar spine starts before the hip, ms; negative where the hip leads."""
    onsets = []
    for course, least in zip((rep.hip, rep.lumbar), ONSET_LEAST_DEG, strict=True):
        way = course[: rep.bottom + 1] - course[0]
        past = np.abs(way) > max(ONSET_SHARE * abs(float(way[-1])), least)
        onsets.append(float(np.argmax(past)) * STEP_S if past.any() else rep.bottom * STEP_S)
    return 1000.0 * (onsets[0] - onsets[1])


def _shot(rep: _Rep) -> float:
    """How far the thighs have risen by the moment at which the trunk has tipped furthest forward on the way up."""
    low = int(np.argmin(rep.thigh[rep.bottom - rep.bottom // 4 :])) + rep.bottom - rep.bottom // 4
    over = low + int(np.argmax(rep.t12[low:]))
    if rep.t12[over] - rep.t12[low] < TURNED_LEAST_DEG:
        return 0.0
    return float(rep.thigh[over] - rep.thigh[low])
