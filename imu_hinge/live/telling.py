"""Reps and sets in words, for a screen and for the log."""

from __future__ import annotations

from collections import Counter

from imu_hinge.hinge.coaching import coaching_of
from imu_hinge.hinge.cues import Cue
from imu_hinge.live.view import CueView, Measured, RepView, SetSummary
from imu_hinge.report.words import clock, degrees, exercise_words, plural, rep_words, severity_of
from imu_hinge.session.results import RepResult
from imu_hinge.session.set_book import BookedSet

__all__ = ["cue_view", "rep_line", "rep_view", "set_summary", "spoken_summary", "verdict_of"]


def verdict_of(rep: RepResult) -> str:
    """One word: good, amber, red or cannot_tell."""
    return severity_of(rep) or rep.verdict


def rep_view(rep: RepResult, exercise: str) -> RepView:
    """A rep that ended."""
    worst = next(iter(sorted(rep.faults, key=lambda f: (f.severity != "red", -f.probability))), None)
    words = rep_words(rep)
    return RepView(
        rep.index,
        rep.verdict,
        f"{words[:1].upper()}{words[1:]}",
        "" if worst is None else coaching_of(worst.name, exercise).advice,
        Measured(rep.hip_max_deg, rep.hip_sd_deg),
        Measured(rep.lumbar_at_bottom_deg, rep.lumbar_sd_deg),
        f"{rep.eccentric_s:.1f} – {rep.pause_s:.1f} – {rep.concentric_s:.1f} s",
        severity_of(rep),
    )


def rep_line(rep: RepResult) -> str:
    """The same in a line of the log."""
    mark = {"good": "●", "amber": "△", "red": "▲"}.get(verdict_of(rep), "?")
    hip, lumbar = degrees(rep.hip_max_deg), degrees(rep.lumbar_at_bottom_deg, sign=True)
    return f"{clock(rep.end_s)} {mark} rep {rep.index}: {rep_words(rep)} · hip {hip} · lumbar {lumbar}"


def cue_view(cue: Cue, serial: int) -> CueView:
    """A cue that fell."""
    words = coaching_of(cue.name)
    return CueView(
        serial,
        cue.time_s,
        cue.name,
        cue.severity,
        words.cue if cue.severity != "good" else words.name,
        f"{words.name} {degrees(cue.value_deg, sign=True)}",
    )


def set_summary(one: BookedSet) -> SetSummary:
    """A set that is over."""
    exercise = one.exercise or "hinge"
    faults = Counter(fault.name for rep in one.reps for fault in rep.faults)
    lines = [f"{coaching_of(name).name} in {plural(count, 'rep')}" for name, count in faults.most_common(3)]
    trend = one.trend
    if trend.creep and trend.creep_deg is not None:
        lines.append(f"the lower back crept by {degrees(trend.creep_deg, sign=True)} over the set")
    unsure = sum(rep.verdict == "cannot_tell" for rep in one.reps)
    if unsure:
        lines.append(f"{plural(unsure, 'rep')} the clips could not judge")
    worst = faults.most_common(1)
    return SetSummary(
        exercise,
        one.load_kg,
        len(one.reps),
        one.good,
        f"{one.good} of {plural(len(one.reps), 'rep')} good",
        tuple(lines),
        coaching_of(worst[0][0], exercise).advice if worst else "",
        one.last_s,
        tuple(verdict_of(rep) for rep in one.reps),
    )


def spoken_summary(summary: SetSummary) -> str:
    """A set in a sentence or two to be spoken."""
    load = "" if summary.load_kg is None else f", {summary.load_kg:g} kilograms"
    parts = [f"{exercise_words(summary.exercise)}{load}. {summary.headline}."]
    parts += [f"{line}." for line in summary.lines[:1]]
    return " ".join([*parts, *([summary.advice] if summary.advice else [])])
