"""The one thing to work on, the best rep and the worst: what a reader is told first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from imu_hinge.hinge.coaching import coaching_of
from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.report.series import NumberedRep, numbered_reps, telling_rep
from imu_hinge.report.words import degrees, fault_words, plural, rep_words, sentence
from imu_hinge.session.results import Fault, SessionResult

__all__ = ["Focus", "best_and_worst_words", "best_rep", "focus_of", "worst_rep"]

_RED_WEIGHS: Final = 2.0
_WORST_WEIGHS: Final = 0.5
"""What the worst rep shows comes before what is just as frequent."""
_LUMBAR_DEG: Final = 5.0
_DEPTH_DEG: Final = 10.0
"""A rep is as much worse for being so far from the own reference as for being so much shallower than the others."""


@dataclass(frozen=True)
class Focus:
    """What to work on: a few words, what was seen, what to do about it; ``kind`` is 'fault', 'good' or 'unknown'."""

    kind: str
    title: str
    seen: str
    advice: str


def focus_of(result: SessionResult) -> Focus:
    """The one thing to work on in a session: the fault with most weight (reds twice, each by its probability)."""
    reps = numbered_reps(result)
    judged = [r for r in reps if r.rep.verdict != "cannot_tell"]
    if not reps:
        return Focus(
            "unknown",
            "No reps were found",
            _first_warning(result),
            "Begin each set with a moment of standing still, and check below that every clip was heard throughout.",
        )
    weights: defaultdict[str, float] = defaultdict(float)
    for r in reps:
        for fault in r.rep.faults:
            weights[fault.name] += fault.probability * (_RED_WEIGHS if fault.severity == "red" else 1.0)
    if weights:
        told = worst_rep(result)
        for name in {fault.name for fault in told.rep.faults} if told is not None else set():
            weights[name] += _WORST_WEIGHS
        return _about(result, max(weights, key=lambda name: weights[name]), len(judged))
    if not judged:
        return Focus(
            "unknown",
            "The clips cannot tell how these reps were",
            _first_warning(result),
            "Calibrate before the next session: stand still for three seconds, then hinge slowly three times.",
        )
    unjudged = len(reps) - len(judged)
    rest = f" {plural(unjudged, 'rep')} could not be judged." if unjudged else ""
    whole = f"All {len(judged)} judged reps were good." if len(judged) > 1 else "The one judged rep was good."
    return Focus(
        "good",
        "Nothing to mend: keep it like this",
        whole + rest,
        "Change one thing at a time next time, load or reps, and see whether it stays so.",
    )


def _about(result: SessionResult, name: str, judged: int) -> Focus:
    having = [(r, fault) for r in numbered_reps(result) for fault in r.rep.faults if fault.name == name]
    worst, fault = max(having, key=lambda pair: _gravity(result, pair[1]))
    exercises = dict.fromkeys(r.in_set.exercise for r, _ in having)
    advice = " ".join(dict.fromkeys(coaching_of(name, exercise).advice for exercise in exercises))
    words = coaching_of(name)
    if len(having) == 1:
        seen = f"In 1 of {plural(judged, 'rep')}: {fault_words(fault)} in rep {worst.number}."
    else:
        seen = f"In {len(having)} of {plural(judged, 'rep')}, most in rep {worst.number}: {fault_words(fault)}."
    crept = [
        (number, one.trend.creep_deg)
        for number, one in enumerate(result.sets, 1)
        if name == "rounded_back" and one.trend.creep and one.trend.creep_deg is not None
    ]
    if crept:
        number, more = max(crept, key=lambda pair: pair[1])
        seen += f" It grew by {degrees(more)} over set {number}."
        advice += " End the set when it begins."
    return Focus("fault", f"{words.name[:1].upper()}{words.name[1:]}", seen, advice)


def _gravity(result: SessionResult, fault: Fault) -> tuple[bool, float, float]:
    own = result.reference_lumbar_deg
    usual = FaultParams().default_reference_deg if own is None else own
    value = fault.value_deg if fault.value is None else fault.value
    far = abs(value - usual) if fault.name in ("rounded_back", "arched_back") else abs(value)
    return fault.severity == "red", far if np.isfinite(far) else 0.0, fault.probability


def _first_warning(result: SessionResult) -> str:
    return sentence(result.quality.warnings[0]) if result.quality.warnings else ""


def best_rep(result: SessionResult) -> NumberedRep | None:
    """The good rep nearest the own reference and not shallow beside the other good ones; None without a good one."""
    good = [r for r in numbered_reps(result) if r.rep.verdict == "good"]
    if not good:
        return None
    depths = [r.rep.hip_max_deg for r in good if r.rep.hip_max_deg is not None]
    usual_depth = float(np.median(depths)) if depths else 0.0
    lumbars = [r.rep.lumbar_at_bottom_deg for r in good if r.rep.lumbar_at_bottom_deg is not None]
    own = result.reference_lumbar_deg
    neutral = own if own is not None else float(np.median(lumbars)) if lumbars else 0.0

    def cost(r: NumberedRep) -> float:
        lumbar, depth = r.rep.lumbar_at_bottom_deg, r.rep.hip_max_deg
        away = 0.0 if lumbar is None else abs(lumbar - neutral) / _LUMBAR_DEG
        shallow = 0.0 if depth is None else max(0.0, usual_depth - depth) / _DEPTH_DEG
        return away + shallow

    return min(good, key=cost)


def worst_rep(result: SessionResult) -> NumberedRep | None:
    """The rep with the gravest fault; None where none has one."""
    told = telling_rep(result)
    return told if told is not None and told.rep.faults else None


def best_and_worst_words(result: SessionResult) -> str:
    """Name both reps and what set them apart; '' where neither is known."""
    best, worst = best_rep(result), worst_rep(result)
    parts = []
    if best is not None and len(numbered_reps(result)) > 1:
        parts.append(f"Best rep: {best.number}{_with_lumbar(best)}.")
    if worst is not None:
        parts.append(f"Worst: rep {worst.number}, {rep_words(worst.rep)}.")
    return " ".join(parts)


def _with_lumbar(r: NumberedRep) -> str:
    hip, lumbar = r.rep.hip_max_deg, r.rep.lumbar_at_bottom_deg
    known = [f"hip {degrees(hip)}"] * (hip is not None) + [f"lumbar {degrees(lumbar)}"] * (lumbar is not None)
    return f" ({', '.join(known)})" if known else ""
