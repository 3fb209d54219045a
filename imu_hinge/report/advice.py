"""What to work on and what was not judged: the coach's part of the page, in plain words."""

from __future__ import annotations

from collections import Counter

from imu_hinge.hinge.coaching import UNSEEN, coaching_of
from imu_hinge.report.series import numbered_reps
from imu_hinge.report.words import degrees, duration, plural
from imu_hinge.session.results import SessionResult, SetResult

__all__ = [
    "advice_lines",
    "alike_words",
    "judged_words",
    "not_judged_words",
    "order_words",
    "said_live_words",
    "unseen_words",
]

_TOGETHER_S = 0.02


def judged_words(result: SessionResult) -> str:
    """Say what a good rep is, what the numbers beside faults are, and what could not be judged."""
    text = (
        "A rep is good when nothing its exercise is watched for is wrong. The number beside a rounded or arched back "
        "is the lumbar flexion farthest from neutral near the bottom, so it may differ from that at the very bottom."
    )
    return " ".join(part for part in (text, not_judged_words(result), said_live_words(result)) if part)


def said_live_words(result: SessionResult) -> str:
    """Say in which reps the session was judged otherwise while it ran; '' where nobody was coached."""
    if result.said_live is None:
        return ""
    differing = []
    for one in numbered_reps(result):
        said = result.said_of(one.rep)
        if said is not None and not said.agrees(one.rep):
            names = ", ".join(coaching_of(fault.name).name for fault in said.faults)
            differing.append(f"rep {one.number} ({names or said.verdict.replace('_', ' ')})")
    if not differing:
        return "Every rep was judged the same while you trained."
    return (
        "While you trained, from what had come before them alone, these were judged otherwise: "
        f"{', '.join(differing)}. What stands here has the whole session behind it."
    )


def not_judged_words(result: SessionResult) -> str:
    """Name the faults that no rep could be judged for; '' where there are none."""
    reps = [r.rep for r in numbered_reps(result)]
    open_in = Counter(name for rep in reps for name in rep.not_judged)
    found = {fault.name for rep in reps for fault in rep.faults}
    names = [coaching_of(name).name for name in open_in if name not in found]
    return f"Not judged in this session, or not in every rep: {', '.join(names)}." if names else ""


def advice_lines(result: SessionResult) -> tuple[str, ...]:
    """One line for each fault of the session, the most frequent first: what, in how many reps, what to do; a sentence
    for every exercise that wants its own. Then one for each set whose back crept."""
    found = [(fault.name, r.in_set.exercise) for r in numbered_reps(result) for fault in r.rep.faults]
    lines = []
    for name, count in Counter(name for name, _ in found).most_common():
        words = coaching_of(name)
        what = f"{words.name[:1].upper()}{words.name[1:]} in {plural(count, 'rep')}."
        exercises = dict.fromkeys(exercise for fault, exercise in found if fault == name)
        advice = dict.fromkeys(coaching_of(name, exercise).advice for exercise in exercises)
        lines.append(" ".join(part for part in (what, *advice) if part))
    for number, one in enumerate(result.sets, 1):
        if one.trend.creep and one.trend.creep_deg is not None:
            more = degrees(one.trend.creep_deg)
            lines.append(f"The lower back became rounder by {more} over set {number}: end a set when that begins.")
    return tuple(lines)


def unseen_words(exercise: str) -> str:
    """Say what belongs to an exercise and the clips cannot see; '' for an unknown one."""
    unseen = "; ".join(UNSEEN.get(exercise, ()))
    return f"What the clips cannot see is yours to watch: {unseen}." if unseen else ""


def order_words(lead_s: float | None) -> str:
    """Write who moved first, from hip minus spine: 'hips, 60 ms', 'spine, 120 ms', 'together'; '–' where unknown."""
    if lead_s is None:
        return "–"
    if abs(lead_s) < _TOGETHER_S:
        return "together"
    return f"{'spine' if lead_s > 0 else 'hips'}, {abs(1000 * lead_s):.0f} ms"


def alike_words(a_set: SetResult) -> str:
    """Say how alike the reps of a set are; '' with fewer than three."""
    t = a_set.trend
    parts = []
    if t.hip_sd_deg is not None:
        parts.append(f"depth by {degrees(t.hip_sd_deg)}")
    if t.lumbar_sd_deg is not None:
        parts.append(f"the lower back by {degrees(t.lumbar_sd_deg)}")
    if t.tempo_sd_s is not None:
        parts.append(f"tempo by {duration(t.tempo_sd_s)}")
    return f"From rep to rep {', '.join(parts)} (standard deviation)." if parts else ""
