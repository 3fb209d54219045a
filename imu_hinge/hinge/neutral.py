"""The athlete's own neutral: reference hinges and maximum flexion, and the lumbar thresholds that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.fault_params import FaultParams, Limit

__all__ = ["DEPTHS", "Neutral", "Reference", "lumbar_limits", "neutral_of"]

FloatArray = NDArray[np.float64]

DEPTHS = np.linspace(0.0, 1.0, 11)
"""Shares of the reference hinges' fold at which their courses are kept."""


@dataclass(frozen=True)
class Reference:
    """What the calibration movements showed, degrees, None where not recorded or not measurable.

    Lumbar flexion and fold at the bottom of the reference hinges (median), the SD of the former between hinges, their
    number; lumbar flexion in the toe touch; thigh and trunk pitch from the top to the bottom of the hinges; and by
    column of ``RepAngles`` the course over ``DEPTHS``, NaN where unknown, less its value at the top for rolls and
    twists.
    """

    lumbar_deg: float | None = None
    lumbar_sd_deg: float | None = None
    fold_deg: float | None = None
    max_flexion_deg: float | None = None
    hinges: int = 0
    thigh_deg: float | None = None
    trunk_deg: float | None = None
    courses: dict[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Neutral:
    """The athlete's own neutral hinge: lumbar flexion and fold at its bottom, deg. ``sd_deg`` is how far an average
    hinge, taken where none was recorded, may be from the athlete's own; ``mean_sd_deg`` how well a few recorded ones
    tell their mean."""

    lumbar_deg: float
    fold_deg: float
    sd_deg: float = 0.0
    mean_sd_deg: float = 0.0

    def levelled(self, lumbar_deg: FloatArray, fold_deg: FloatArray) -> FloatArray:
        """Lumbar flexion (N,) as it compares with the bottom of the neutral hinge, when folded by ``fold_deg`` (N,):
        a neutral spine that flexes 10 deg at the bottom has flexed 5 deg half way down."""
        depth = np.clip(fold_deg / self.fold_deg, 0.0, 1.0)
        level: FloatArray = lumbar_deg + self.lumbar_deg * (1.0 - depth)
        return level


def neutral_of(reference: Reference, params: FaultParams, *, has_thigh: bool) -> Neutral:
    """The neutral hinge of a reference, or an average one where no hinge was measured.

    ``has_thigh`` tells whether folds are of trunk against thigh or of the trunk alone.
    """
    if reference.lumbar_deg is None or reference.fold_deg is None:
        fold = params.default_fold_deg if has_thigh else params.default_trunk_deg
        return Neutral(params.default_reference_deg, fold, params.default_reference_sd_deg)
    spread = reference.lumbar_sd_deg or 0.0
    return Neutral(reference.lumbar_deg, reference.fold_deg, mean_sd_deg=spread / math.sqrt(max(1, reference.hinges)))


def lumbar_limits(neutral: Neutral, max_flexion_deg: float | None, params: FaultParams) -> tuple[Limit, Limit]:
    """The athlete's own thresholds of lumbar flexion (rounded) and of lumbar extension (arched, sign turned), deg.

    Rounded is the lower of reference + margin and share of maximum flexion, but never less than half the margin above
    the reference, for a stiff back; both are wider where the reference is an average one.
    """
    own, unsure = neutral.lumbar_deg, neutral.sd_deg
    amber, red = own + params.rounded_amber_deg + unsure, own + params.rounded_red_deg + unsure
    if max_flexion_deg is not None and max_flexion_deg > 0:
        amber = min(
            amber, max(params.rounded_amber_of_max * max_flexion_deg, own + params.rounded_amber_deg / 2 + unsure)
        )
        red = min(red, max(params.rounded_red_of_max * max_flexion_deg, amber))
    arched = Limit(params.arched_amber_deg + unsure - own, params.arched_red_deg + unsure - own, good=-own)
    return Limit(amber, red, good=own), arched
