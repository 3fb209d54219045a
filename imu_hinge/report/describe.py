"""A session in plain words: the text alternative of the figures and the first lines of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from imu_hinge.conventions import BACK, PELVIS
from imu_hinge.errors import visible
from imu_hinge.report.advice import advice_lines
from imu_hinge.report.series import NumberedRep, numbered_reps
from imu_hinge.report.unknown import knows_hip, knows_lumbar, unknown_words
from imu_hinge.report.words import (
    CLIP_WORDS,
    clock,
    degrees,
    duration,
    plural,
    rep_words,
    sentence,
    set_words,
    tally_words,
    with_sd,
    yardstick_words,
)
from imu_hinge.session.results import SessionResult, SetResult

__all__ = [
    "athlete_words",
    "calibration_age_words",
    "cannot_tell_words",
    "creep_words",
    "describe",
    "describe_set",
    "headline",
    "hip_sentence",
    "lumbar_sentence",
]

_CALIBRATION: Final = {
    "full": "Calibration was full.",
    "partial": "Calibration was partial, so uncertainties are wider.",
    "minimal": "Calibration was one still second only, so uncertainties are wide.",
}
_NAMED_FAULTS: Final = 12
_CREEP_REPS: Final = 5
_CREEP_DEG: Final = 5.0
"""Least drift over a set, deg, that is spoken of ..."""
_CREEP_R2: Final = 0.5
"""... and least share of the reps' variance that it must explain."""


def describe(result: SessionResult) -> str:
    """Describe a session in plain words: reps, angles with their spread, faults by rep, gaps and warnings."""
    clips = _join([CLIP_WORDS.get(c, c) for c in result.clips])
    parts = [
        headline(result),
        f"Clips worn: {clips or 'none'}.",
        _CALIBRATION.get(result.quality.calibration, ""),
        athlete_words(result),
        hip_sentence(result),
        lumbar_sentence(result),
        *(describe_set(n, s) for n, s in enumerate(result.sets, 1)),
        cannot_tell_words(result),
        _faults_sentence(numbered_reps(result)),
        *advice_lines(result),
        _gaps_sentence(result),
        *(sentence(w) for w in result.quality.warnings),
    ]
    return " ".join(p for p in parts if p)


def athlete_words(result: SessionResult) -> str:
    """Say whose file was used, and what for; '' without one."""
    athlete = result.quality.athlete
    if athlete is None:
        return ""
    uses = [
        *(["what it knows of the body is where hips and spine were told apart from"] if athlete.constants else []),
        *(["its neutral hinge is what reps were judged against"] if athlete.neutral else []),
    ]
    given = " and ".join(uses) or "nothing of it was needed or fitted here"
    return f"With the file of {visible(athlete.name)}, learnt from {plural(athlete.sessions, 'session')}: {given}."


def calibration_age_words(result: SessionResult) -> str:
    """Say when it was calibrated and how long before the last rep; '' without calibration movements or reps."""
    ends = [s.end_s for s in result.segments if s.kind in ("stand", "reference_hinge", "pelvic_tilt", "max_flexion")]
    reps = numbered_reps(result)
    before = [end for end in ends if reps and end <= reps[-1].rep.start_s]
    if not before:
        return ""
    return (
        f"Calibrated at {clock(max(before))}, {duration(reps[-1].rep.end_s - max(before))} before the last rep ended."
    )


def headline(result: SessionResult) -> str:
    """Say how many reps in how many sets, and how they were judged."""
    reps = [r.rep for r in numbered_reps(result)]
    if not reps:
        return "No reps found."
    return f"{plural(len(reps), 'rep')} in {plural(len(result.sets), 'set')}: {tally_words(reps)}."


def hip_sentence(result: SessionResult) -> str:
    """Say how deep the hips went; '' where no rep tells."""
    depths = [r.rep.hip_max_deg for r in numbered_reps(result) if r.rep.hip_max_deg is not None]
    if not depths:
        if knows_hip(result) or not any(s.reps for s in result.sets):
            return ""
        return f"{unknown_words(result, 'hip').replace(':', ' flexion:', 1).capitalize()}."
    if len(depths) == 1:
        return f"The hips flexed {degrees(depths[0])}."
    low, middle, high = min(depths), float(np.median(depths)), max(depths)
    return f"The hips flexed {degrees(middle)} in a typical rep ({degrees(low)} to {degrees(high)})."


def lumbar_sentence(result: SessionResult) -> str:
    """Say what the lower back did at the bottom, beside the own reference, or that it is not known."""
    each = [r.rep.lumbar_at_bottom_deg for r in numbered_reps(result)]
    values = [value for value in each if value is not None]
    if not values:
        if knows_lumbar(result) or not any(s.reps for s in result.sets):
            return ""
        return f"{unknown_words(result, 'lumbar').replace(':', ' flexion:', 1).capitalize()}."
    own = ""
    if result.reference_lumbar_deg is not None:
        reference = with_sd(result.reference_lumbar_deg, result.reference_lumbar_sd_deg)
        own = f"; {yardstick_words(result).replace('own reference', 'your own reference')}: {reference}"
    if len(values) == 1:
        return f"At the bottom the lower back was flexed {degrees(values[0])}{own}."
    middle = float(np.median(values))
    return (
        f"At the bottom the lower back was flexed {degrees(middle)} in a typical rep "
        f"({degrees(min(values))} to {degrees(max(values))}{own})."
    )


def describe_set(number: int, a_set: SetResult) -> str:
    """Describe one set: name, reps by verdict, drift of the lower back over the set."""
    name = set_words(number, a_set)[0].replace(" · ", ", ")
    found = "" if a_set.announced else " (found, not announced)"
    text = f"{name}{found}: {plural(len(a_set.reps), 'rep')}"
    if a_set.reps:
        text += f", {tally_words(a_set.reps)}"
    creep = creep_words(a_set)
    return f"{text}, {creep}." if creep else f"{text}."


def creep_words(a_set: SetResult) -> str:
    """Say how the lower back drifts over a set; '' where its reps do not bear out a straight trend."""
    judged = [
        (i, rep.lumbar_at_bottom_deg)
        for i, rep in enumerate(a_set.reps)
        if rep.verdict != "cannot_tell" and rep.lumbar_at_bottom_deg is not None
    ]
    if len(judged) < _CREEP_REPS:
        return ""
    place, bottom = np.array(judged, dtype=np.float64).T
    creep, start = np.polyfit(place, bottom, 1)
    scatter, spread = float(np.var(bottom - creep * place - start)), float(np.var(bottom))
    if not abs(creep) * (len(judged) - 1) >= _CREEP_DEG or scatter > (1 - _CREEP_R2) * spread:
        return ""
    called = (
        f", {degrees(a_set.trend.creep_deg)} since the first three ({a_set.trend.creep})" if a_set.trend.creep else ""
    )
    return f"the lower back rounds {abs(creep):.1f}° {'more' if creep > 0 else 'less'} with each rep{called}"


def cannot_tell_words(result: SessionResult) -> str:
    """Say why reps could not be judged; '' where all were."""
    if all(r.rep.verdict != "cannot_tell" for r in numbered_reps(result)):
        return ""
    if knows_lumbar(result):
        return "Cannot tell: lumbar flexion is missing or too uncertain in these reps."
    worn = set(result.clips)
    if {PELVIS, BACK} <= worn:
        return "Cannot tell: lumbar flexion was left out, see the warnings."
    missing = "a clip on the sacrum (pelvis)" if PELVIS not in worn else "a back clip at T12 or L1"
    return f"Cannot tell: calling a rep good takes lumbar flexion, so add {missing}."


def _faults_sentence(reps: Sequence[NumberedRep]) -> str:
    faulty = [r for r in reps if r.rep.faults]
    named = [f"rep {r.number} {rep_words(r.rep)}" for r in faulty[:_NAMED_FAULTS]]
    if len(faulty) > _NAMED_FAULTS:
        named.append(f"and {len(faulty) - _NAMED_FAULTS} more")
    return f"Faults: {'; '.join(named)}." if named else ""


def _gaps_sentence(result: SessionResult) -> str:
    gaps = result.quality.gaps_s
    if not gaps:
        return ""
    clip, start, end = max(gaps, key=lambda g: g[2] - g[1])
    one = f"{CLIP_WORDS.get(clip, clip)} clip for {duration(end - start)} at {start:.0f} s"
    return f"Signal lost once: {one}." if len(gaps) == 1 else f"Signal lost {len(gaps)} times, longest: {one}."


def _join(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
