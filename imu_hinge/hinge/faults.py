"""Judging a rep: every fault its exercise asks about is measured, and named, or left open where the clips cannot tell.

Judging is a function of angle courses with their SDs, whoever estimated them; its thresholds are not those of counting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from imu_hinge.hinge.fault_params import FaultParams, Limit
from imu_hinge.hinge.legs import hips_lead_up, knee_departure, thigh_share
from imu_hinge.hinge.lockout import Stance, hyperextension, left_bent
from imu_hinge.hinge.neutral import Neutral, Reference, lumbar_limits, neutral_of
from imu_hinge.hinge.onset import spine_lead
from imu_hinge.hinge.pace import rush
from imu_hinge.hinge.profiles import RepProfile
from imu_hinge.hinge.rep_course import RepCourse
from imu_hinge.hinge.spine import arching, pelvis_reversal, rounding, tuck
from imu_hinge.hinge.turning import turn
from imu_hinge.hinge.verdicts import FaultVerdict, Finding, decide, tells

__all__ = ["Judge", "Judgement", "SetContext", "judge_for", "judge_rep"]


@dataclass(frozen=True)
class Judge:
    """Everything a rep of one athlete is judged by. ``limits`` by fault name; that of arched_back counts extension
    positive."""

    reference: Reference
    neutral: Neutral
    limits: Mapping[str, Limit]
    params: FaultParams


@dataclass(frozen=True)
class SetContext:
    """What a rep is seen beside: how the athlete stood before the set, and how long the way down usually takes in it
    (s, None: not known)."""

    stance: Stance = field(default_factory=Stance)
    way_down_s: float | None = None


@dataclass(frozen=True)
class Judgement:
    """The faults found in a rep, and the names of those that these angles leave open."""

    faults: tuple[FaultVerdict, ...] = ()
    left_open: tuple[str, ...] = ()


def judge_for(reference: Reference, params: FaultParams, *, has_thigh: bool) -> Judge:
    """The judge for an athlete's own reference hinges and toe touch, or for average ones where not recorded.

    ``has_thigh`` tells whether folds are of trunk against thigh or of the trunk alone.
    """
    neutral = neutral_of(reference, params, has_thigh=has_thigh)
    rounded, arched = lumbar_limits(neutral, reference.max_flexion_deg, params)
    limits = {
        "rounded_back": rounded,
        "arched_back": arched,
        "butt_wink": params.butt_wink_deg,
        "spine_first": params.spine_first_s,
        "hyperextended_lockout": params.hyperextended_deg,
        "incomplete_lockout": params.incomplete_deg,
        "knee_dominant": params.knee_dominant_ratio,
        "hips_shoot_up": params.hips_shoot_up_deg,
        "knee_bend_changed": params.knee_bend_deg,
        "twist": params.twist_deg,
        "rushed": params.rushed_ratio,
    }
    return Judge(reference, neutral, MappingProxyType(limits), params)


@dataclass(frozen=True)
class _Scene:
    course: RepCourse
    judge: Judge
    context: SetContext
    profile: RepProfile


_Measure = Callable[[_Scene], Finding | None]

_MEASURES: Final[Mapping[str, tuple[_Measure, ...]]] = MappingProxyType(
    {
        "rounded_back": (
            lambda s: rounding(s.course, s.judge.neutral, s.judge.params, s.profile.lumbar_allowance_deg),
        ),
        "arched_back": (lambda s: arching(s.course, s.judge.neutral, s.judge.params, s.profile.lumbar_zero),),
        "butt_wink": (
            lambda s: tuck(s.course, s.judge.params),
            lambda s: pelvis_reversal(s.course, s.judge.params),
        ),
        "spine_first": (lambda s: spine_lead(s.course, s.judge.params),),
        "hyperextended_lockout": (lambda s: hyperextension(s.course, s.context.stance, s.judge.params),),
        "incomplete_lockout": (
            lambda s: left_bent(s.course, s.context.stance, s.judge.params, lying=s.profile.folds < 0),
        ),
        "knee_dominant": (lambda s: thigh_share(s.course, s.judge.reference, s.judge.params),),
        "hips_shoot_up": (lambda s: hips_lead_up(s.course, s.judge.params),),
        "knee_bend_changed": (lambda s: knee_departure(s.course, s.judge.reference, s.judge.params),),
        "twist": (lambda s: turn(s.course, s.judge.reference, s.judge.params),),
        "rushed": (lambda s: rush(s.course, s.context.way_down_s, s.judge.params),),
    }
)
"""Fault -> its measures: it is found where one of them finds it, and open where none of them can tell."""

_UNITS: Final[Mapping[str, str]] = MappingProxyType({"spine_first": "s", "knee_dominant": "times", "rushed": "times"})
"""Units of the values that are no angles."""


def judge_rep(course: RepCourse, judge: Judge, context: SetContext, profile: RepProfile) -> Judgement:
    """Judge one rep for the faults its exercise is watched for."""
    scene, params = _Scene(course, judge, context, profile), judge.params
    faults: list[FaultVerdict] = []
    left_open: list[str] = []
    for name in profile.faults:
        limit, unit = judge.limits[name], _UNITS.get(name, "deg")
        measured = [f for f in (measure(scene) for measure in _MEASURES[name]) if f and tells(f, limit, params)]
        verdicts = [v for v in (decide(name, f, limit, params, unit) for f in measured) if v]
        if verdicts:
            faults.append(max(verdicts, key=lambda v: (v.severity == "red", v.probability)))
        elif not measured:
            left_open.append(name)
    if profile.tuck_rounds and _only_tucks(scene, faults):
        faults = [f for f in faults if f.name != "rounded_back"]
    return Judgement(tuple(faults), tuple(left_open))


def _only_tucks(scene: _Scene, faults: Sequence[FaultVerdict]) -> bool:
    """Whether a back that is round at the bottom of a rep with a butt wink would not be without it."""
    if not {"rounded_back", "butt_wink"} <= {f.name for f in faults}:
        return False
    limits, measures = scene.judge.limits, _MEASURES["butt_wink"]
    rounded = rounding(scene.course, scene.judge.neutral, scene.judge.params, scene.profile.lumbar_allowance_deg)
    tucks = [found.value for measure in measures if (found := measure(scene))]
    return rounded is not None and bool(tucks) and rounded.value - max(tucks) <= limits["rounded_back"].amber
