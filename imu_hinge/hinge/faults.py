"""Judging a rep against the athlete's own reference hinges; thresholds are not those of counting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

JUDGED: Final = ("rounded_back", "arched_back")
"""The faults this version looks for: a rep without them is called good."""

__all__ = [
    "JUDGED",
    "Course",
    "FaultParams",
    "FaultVerdict",
    "Judge",
    "LumbarThresholds",
    "Neutral",
    "judge_for",
    "judge_lumbar",
    "thresholds",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FaultParams:
    """Lumbar thresholds, degrees from the athlete's own reference (2 x minimal detectable change, Aasa 2019) and
    shares of own maximum flexion (feedback trials, Boocock; PostureCoach)."""

    rounded_amber_deg: float = 10.0
    rounded_red_deg: float = 15.0
    rounded_amber_of_max: float = 0.70
    rounded_red_of_max: float = 0.80
    arched_amber_deg: float = 8.0
    arched_red_deg: float = 12.0
    rearm: float = 0.25
    """A live cue sounds again only after the value fell this share below its threshold."""
    default_reference_deg: float = 5.0
    """Lumbar flexion of a neutral hinge where no reference hinge was recorded, deg."""
    default_reference_sd_deg: float = 4.0
    default_fold_deg: float = 70.0
    """Fold of trunk against thigh at the bottom of that hinge, deg."""
    default_trunk_deg: float = 50.0
    """Trunk pitch there, deg: the fold as seen without a thigh clip."""
    arched_from: float = 0.4
    """Share of the rep's fold from which arching is judged: standing itself is not a hinge."""
    rounded_from: float = 0.8
    """Share of the rep's fold from which rounding is judged: at or near the bottom."""


@dataclass(frozen=True)
class Neutral:
    """The athlete's own neutral hinge: lumbar flexion and fold at its bottom, deg. ``sd_deg`` is how far an average
    hinge, taken where none was recorded, may be from the athlete's own."""

    lumbar_deg: float
    fold_deg: float
    sd_deg: float = 0.0

    def levelled(self, lumbar_deg: FloatArray, fold_deg: FloatArray) -> FloatArray:
        """Lumbar flexion (N,) as it compares with the bottom of the neutral hinge, when folded by ``fold_deg`` (N,):
        a neutral spine that flexes 10 deg at the bottom has flexed 5 deg half way down."""
        depth = np.clip(fold_deg / self.fold_deg, 0.0, 1.0)
        level: FloatArray = lumbar_deg + self.lumbar_deg * (1.0 - depth)
        return level


@dataclass(frozen=True)
class Course:
    """What a rep's lumbar course comes to: levelled extremes while folded, degrees and s, with their SD."""

    max_deg: float
    max_time_s: float
    min_deg: float
    min_time_s: float
    sd_deg: float


@dataclass(frozen=True)
class FaultVerdict:
    """A fault found: amber or red, the levelled lumbar flexion that crossed (deg), when (s), and how sure."""

    name: str
    severity: str
    value_deg: float
    time_s: float
    probability: float


@dataclass(frozen=True)
class LumbarThresholds:
    """Lumbar flexion, deg, at which a rep turns amber and red, rounding and arching."""

    rounded_amber_deg: float
    rounded_red_deg: float
    arched_amber_deg: float
    arched_red_deg: float


def thresholds(neutral: Neutral, max_flexion_deg: float | None, params: FaultParams) -> LumbarThresholds:
    """The athlete's own thresholds: the lower of reference + margin and share of maximum flexion, but never less
    than half the margin above the reference; wider where the reference is an average one."""
    reference_deg, unsure = neutral.lumbar_deg, neutral.sd_deg
    amber, red = reference_deg + params.rounded_amber_deg + unsure, reference_deg + params.rounded_red_deg + unsure
    if max_flexion_deg is not None and max_flexion_deg > 0:
        amber = min(amber, max(params.rounded_amber_of_max * max_flexion_deg, reference_deg + amber_floor(params)))
        red = min(red, max(params.rounded_red_of_max * max_flexion_deg, amber))
    return LumbarThresholds(
        amber, red, reference_deg - params.arched_amber_deg - unsure, reference_deg - params.arched_red_deg - unsure
    )


def amber_floor(params: FaultParams) -> float:
    """Least margin above the reference for a stiff back, deg."""
    return params.rounded_amber_deg / 2


@dataclass(frozen=True)
class Judge:
    """Everything a rep of one athlete is judged by."""

    neutral: Neutral
    limits: LumbarThresholds
    params: FaultParams


def judge_for(
    reference_lumbar_deg: float | None,
    reference_fold_deg: float | None,
    max_flexion_deg: float | None,
    params: FaultParams,
    *,
    has_thigh: bool,
) -> Judge:
    """The judge for an athlete's own reference hinge and toe touch, or for an average one where not recorded (None).

    ``has_thigh`` tells whether folds are of trunk against thigh or of the trunk alone."""
    if reference_lumbar_deg is None or reference_fold_deg is None:
        fold = params.default_fold_deg if has_thigh else params.default_trunk_deg
        neutral = Neutral(params.default_reference_deg, fold, params.default_reference_sd_deg)
    else:
        neutral = Neutral(reference_lumbar_deg, reference_fold_deg)
    return Judge(neutral, thresholds(neutral, max_flexion_deg, params), params)


def judge_lumbar(course: Course, limits: LumbarThresholds) -> tuple[FaultVerdict, ...]:
    """Rounded and arched back in one rep."""
    found = []
    if course.max_deg > limits.rounded_amber_deg:
        red = course.max_deg > limits.rounded_red_deg
        found.append(
            FaultVerdict(
                "rounded_back",
                "red" if red else "amber",
                course.max_deg,
                course.max_time_s,
                _beyond(course.max_deg - limits.rounded_amber_deg, course.sd_deg),
            )
        )
    if course.min_deg < limits.arched_amber_deg:
        red = course.min_deg < limits.arched_red_deg
        found.append(
            FaultVerdict(
                "arched_back",
                "red" if red else "amber",
                course.min_deg,
                course.min_time_s,
                _beyond(limits.arched_amber_deg - course.min_deg, course.sd_deg),
            )
        )
    return tuple(found)


def _beyond(excess_deg: float, sd_deg: float) -> float:
    """Probability that the true value is beyond the threshold."""
    return float(ndtr(excess_deg / sd_deg)) if sd_deg > 0 and math.isfinite(sd_deg) else 1.0
