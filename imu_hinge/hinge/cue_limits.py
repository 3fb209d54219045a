"""An athlete's wishes as thresholds in degrees: from settings, own reference hinges and own maximum flexion."""

from __future__ import annotations

from imu_hinge.hinge.cue_settings import BackThreshold, CueParams
from imu_hinge.hinge.fault_params import Limit
from imu_hinge.hinge.faults import Judge
from imu_hinge.hinge.profiles import profile_of

__all__ = ["back_limits", "lacking", "target_fold_deg"]


def back_limits(params: CueParams, judge: Judge) -> dict[str, Limit]:
    """Where rounding sounds, and arching, which counts extension positive, deg; a share of a maximum flexion that was
    never measured is replaced by the usual degrees (``lacking`` tells)."""
    own, unsure = judge.neutral.lumbar_deg, judge.neutral.sd_deg
    limits = {"rounded_back": judge.limits["rounded_back"], "arched_back": judge.limits["arched_back"]}
    most = _max_flexion_deg(judge)
    if params.rounded is not None:
        if params.rounded.unit == "deg":
            limits["rounded_back"] = _beyond(params.rounded, 1.0, own, unsure)
        elif most is not None:
            # Never so near to the own neutral that a good rep of a stiff back sounds, as in judging.
            least = own + judge.params.rounded_amber_deg / 2 + unsure
            amber = max(params.rounded.amber * most, least)
            limits["rounded_back"] = Limit(amber, max(params.rounded.red * most, amber), good=own)
    if params.arched is not None:
        if params.arched.unit == "deg":
            limits["arched_back"] = _beyond(params.arched, 1.0, -own, unsure)
        elif most is not None:
            limits["arched_back"] = _beyond(params.arched, most, -own, unsure)
    return limits


def _beyond(threshold: BackThreshold, scale: float, own: float, unsure: float) -> Limit:
    amber, red = (own + scale * amount + unsure for amount in (threshold.amber, threshold.red))
    return Limit(amber, red, good=own)


def _max_flexion_deg(judge: Judge) -> float | None:
    most = judge.reference.max_flexion_deg
    return most if most is not None and most > 0 else None


def target_fold_deg(params: CueParams, judge: Judge, exercise: str | None) -> float | None:
    """The fold that is deep enough, deg; None where none is asked for, and where a rep unfolds (a bridge)."""
    target = params.target_depth
    if target is None or profile_of(exercise).folds < 0:
        return None
    return target.amount if target.unit == "deg" else target.amount * judge.neutral.fold_deg


def lacking(params: CueParams, judge: Judge) -> tuple[str, ...]:
    """Sentences on settings that cannot hold for want of a calibration movement, and what holds instead."""
    told = []
    shares = [(t, word) for t, word in ((params.rounded, "rounded"), (params.arched, "arched")) if t is not None]
    if _max_flexion_deg(judge) is None:
        told += [
            f"no toe touch was measured, so the {word} cue falls at the usual degrees and not at "
            f"{100 * threshold.amber:.0f} % of it"
            for threshold, word in shares
            if threshold.unit == "of_max"
        ]
    target = params.target_depth
    if target is not None and target.unit == "of_reference" and judge.reference.fold_deg is None:
        told.append("no reference hinge was measured, so the target depth is a share of an average one's")
    return tuple(told)
