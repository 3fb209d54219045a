"""What a figure of trends says, in words: titles, the time it is about, footnotes, and its text alternative."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from imu_hinge.library.trends import ExerciseTrend, Trend
from imu_hinge.report.words import exercise_words, plural

__all__ = ["describe_trends", "footnotes", "local_day", "panel_titles", "period_words"]

_UNITS: Final = {"°": "degrees", " %": "%", " s": "s", "°/rep": "degrees per rep"}


def period_words(trend: ExerciseTrend) -> str:
    """'8 sessions, 5 Oct to 30 Nov 2026'."""
    first, last = (local_day(session.began_s) for session in (trend.sessions[0], trend.sessions[-1]))
    count = plural(len(trend.sessions), "session")
    if first.date() == last.date():
        return f"{count}, {first.day} {first:%b %Y}"
    year = f" {first.year}" if first.year != last.year else ""
    return f"{count}, {first.day} {first:%b}{year} to {last.day} {last:%b %Y}"


def panel_titles(trend: Trend) -> tuple[str, ...]:
    """The measure with what it counts from and its unit, from the longest to the shortest."""
    unit = _UNITS[trend.measure.unit]
    if trend.measure.key == "lumbar":
        start = "beyond own reference" if trend.from_reference else "from standing"
        return f"{trend.measure.title}, {start} ({unit})", f"Lumbar at the bottom, {start} (°)"
    if trend.measure.key == "creep":
        return f"Creep, rounding from rep to rep ({unit})", "Creep, rounding per rep (°)"
    return (f"{trend.measure.title} ({unit})",)


def describe_trends(trend: ExerciseTrend) -> str:
    """The figure in words: what is drawn, then what every measure says at every load."""
    said = [f"{exercise_words(trend.exercise)} over time: {period_words(trend)}."]
    said += [
        f"{panel_titles(one)[0]}: {'; '.join(f'{s.load} {one.verdict(s)}' for s in one.series)}."
        for one in trend.trends
        if one.series
    ]
    return " ".join([*said, *footnotes(trend, phone=True)])


def footnotes(trend: ExerciseTrend, *, phone: bool) -> Iterator[str]:
    """What has to be known to read the marks, a sentence or two each."""
    yield (
        "Bars and bands hold the true value nine times in ten. A line is drawn where three sessions or more can tell."
        + ("" if phone else " Good reps: Wilson interval.")
    )
    if trend.unusual:
        yield f"Hollow marks: another calibration or other clips than most ({trend.usual})."
    left_out = max(one.left_out for one in trend.trends)
    if left_out:
        yield f"Left out where it cannot be told: up to {plural(left_out, 'rep')} of a measure."
    without = max(one.without_reference for one in trend.trends)
    if without:
        yield f"Lumbar flexion leaves out {plural(without, 'session')} without reference hinges."


def local_day(time_s: float) -> datetime:
    """A time in s since 1970 as a local day and time."""
    return datetime.fromtimestamp(time_s, tz=UTC).astimezone()
