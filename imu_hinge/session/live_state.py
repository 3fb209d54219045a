"""What the lower back does now, in one word, and where amber and red are at the present depth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from imu_hinge.hinge.faults import Judge

__all__ = ["LumbarNow", "LumbarState", "lumbar_now"]


class LumbarState(StrEnum):
    """The -ing ones are amber, the others red."""

    UNKNOWN = "unknown"
    NEUTRAL = "neutral"
    ROUNDING = "rounding"
    ROUNDED = "rounded"
    ARCHING = "arching"
    ARCHED = "arched"


@dataclass(frozen=True)
class LumbarNow:
    """The word, and lumbar flexion (deg) at which this depth turns arched red, arched amber, rounded amber and rounded
    red."""

    state: LumbarState
    limits_deg: tuple[float, float, float, float]


def lumbar_now(
    judge: Judge, lumbar_deg: float, sd_deg: float, fold_deg: float, *, doubt_sds: float, least_fold_deg: float
) -> LumbarNow:
    """Judge one live value as cues do: past a limit by ``doubt_sds`` of its SDs, and only when folded by
    ``least_fold_deg``."""
    neutral = judge.neutral
    depth = min(1.0, max(0.0, fold_deg / neutral.fold_deg)) if math.isfinite(fold_deg) else 0.0
    less = neutral.lumbar_deg * (1.0 - depth)
    rounded, arched = judge.limits["rounded_back"], judge.limits["arched_back"]
    limits = (-arched.red - less, -arched.amber - less, rounded.amber - less, rounded.red - less)
    return LumbarNow(_state(lumbar_deg, doubt_sds * sd_deg, limits, folded=fold_deg >= least_fold_deg), limits)


def _state(
    lumbar_deg: float, doubt_deg: float, limits: tuple[float, float, float, float], *, folded: bool
) -> LumbarState:
    if not (np.isfinite(lumbar_deg) and np.isfinite(doubt_deg)):
        return LumbarState.UNKNOWN
    if not folded:
        return LumbarState.NEUTRAL
    arch_red, arch_amber, round_amber, round_red = limits
    if lumbar_deg - doubt_deg > round_amber:
        return LumbarState.ROUNDED if lumbar_deg - doubt_deg > round_red else LumbarState.ROUNDING
    if lumbar_deg + doubt_deg < arch_amber:
        return LumbarState.ARCHED if lumbar_deg + doubt_deg < arch_red else LumbarState.ARCHING
    return LumbarState.NEUTRAL
