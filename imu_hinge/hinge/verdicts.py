"""From a measured value and its SD to a verdict: how likely it is beyond the threshold, and whether to say so."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr

from imu_hinge.hinge.fault_params import FaultParams, Limit

__all__ = ["FaultVerdict", "Finding", "decide", "probability_beyond", "tells"]


@dataclass(frozen=True)
class Finding:
    """How far something went in a rep, with its SD, in the unit of its limit (more is worse); the instant, s; and the
    angle to tell the athlete, deg."""

    value: float
    sd: float
    time_s: float
    told_deg: float


@dataclass(frozen=True)
class FaultVerdict:
    """A fault found: amber or red, when (s), and the probability that its true value is beyond amber.

    ``value_deg`` is the angle to tell; ``value`` with its ``unit`` is what was compared where that is no angle.
    """

    name: str
    severity: str
    value_deg: float
    time_s: float
    probability: float
    value: float
    unit: str = "deg"


def probability_beyond(excess: float, sd: float) -> float:
    """Probability that the true value is beyond a threshold that the measured one exceeds by ``excess``."""
    if not math.isfinite(sd) or sd <= 0.0:
        return 1.0 if excess > 0 else 0.0
    return float(ndtr(excess / sd))


def tells(finding: Finding, limit: Limit, params: FaultParams) -> bool:
    """Whether a value is sure enough to be judged by a limit: against the margin, or by how far it is from amber."""
    clear = abs(finding.value - limit.amber) >= params.clear_by_sd * finding.sd
    return math.isfinite(finding.value) and (clear or finding.sd <= params.most_sd_of_margin * limit.margin)


def decide(name: str, finding: Finding, limit: Limit, params: FaultParams, unit: str = "deg") -> FaultVerdict | None:
    """The verdict on one fault; None where it is not likely enough, the more so the less sure the value is."""
    likely = probability_beyond(finding.value - limit.amber, finding.sd)
    unsure = min(1.0, 2.0 * finding.sd / limit.margin)
    odds = params.odds + (params.odds_unsure - params.odds) * unsure
    if likely < odds / (1.0 + odds):
        return None
    return FaultVerdict(
        name=name,
        severity="red" if finding.value > limit.red else "amber",
        value_deg=finding.told_deg,
        time_s=finding.time_s,
        probability=likely,
        value=finding.told_deg if unit == "deg" else finding.value,
        unit=unit,
    )
