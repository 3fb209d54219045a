"""Judging a rep against the athlete's own reference hinges; thresholds are not those of counting."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr

__all__ = ["Course", "FaultParams", "FaultVerdict", "judge_lumbar", "thresholds"]


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
    judged_from: float = 0.4
    """Share of the rep's fold from which the spine is judged: standing itself is not a hinge."""


@dataclass(frozen=True)
class Course:
    """What a rep's lumbar course comes to: extremes while folded, degrees and s, with the SD of the values."""

    max_deg: float
    max_time_s: float
    min_deg: float
    min_time_s: float
    sd_deg: float


@dataclass(frozen=True)
class FaultVerdict:
    """A fault found: amber or red, the value over its reference, when, and how sure."""

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


def thresholds(reference_deg: float, max_flexion_deg: float | None, params: FaultParams) -> LumbarThresholds:
    """The athlete's own thresholds: the lower of reference + margin and share of maximum flexion, but never less
    than half the margin above the reference."""
    amber, red = reference_deg + params.rounded_amber_deg, reference_deg + params.rounded_red_deg
    if max_flexion_deg is not None and max_flexion_deg > 0:
        amber = min(amber, max(params.rounded_amber_of_max * max_flexion_deg, reference_deg + amber_floor(params)))
        red = min(red, max(params.rounded_red_of_max * max_flexion_deg, amber))
    return LumbarThresholds(amber, red, reference_deg - params.arched_amber_deg, reference_deg - params.arched_red_deg)


def amber_floor(params: FaultParams) -> float:
    """Least margin above the reference for a stiff back, deg."""
    return params.rounded_amber_deg / 2


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
