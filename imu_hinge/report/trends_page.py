"""Trends as one self-contained page: what changed in words first, then the figures and every session's values.

The page loads nothing and runs nothing. Whatever came from files is escaped where it enters the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from imu_hinge.library.measures import Point
from imu_hinge.library.trends import ExerciseTrend, Series, Trend
from imu_hinge.library.wording import amount, amount_with
from imu_hinge.report.svg import inline_svg, theme_css
from imu_hinge.report.trend_words import describe_trends, local_day, period_words
from imu_hinge.report.trends import trend_figure
from imu_hinge.report.words import exercise_words
from imu_hinge.version import __version__

__all__ = ["render_trends"]

_STYLE = """.values td { white-space: nowrap; }
.values td:first-child, .values td:last-child { white-space: normal; }
@media screen and (max-width: 720px) { .values tbody td.full { grid-column: 1 / -1; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_trends(trends: Sequence[ExerciseTrend]) -> str:
    """Render one UTF-8 document, inline SVG and CSS, light and dark, for screen, phone and paper."""
    css = files("imu_hinge.report").joinpath("report.css").read_text(encoding="utf-8")
    sections = "".join(_exercise(number, trend) for number, trend in enumerate(trends, start=1))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="generator" content="imu_hinge {__version__}">
<title>Trends of hip hinge sessions</title>
<style>
{theme_css()}
{css}{_STYLE}</style>
</head>
<body>
<main>
{sections}<footer class="note">
<p>Each mark is one session: the mean of its reps at one load. Its bar holds the true value about nine times in ten. It
takes the stated error of the angles as common to all reps of a session, so that more reps do not make it smaller, and
adds the spread between reps over their number. A change is called one where chance would make it in about one of
twenty trends without any; ± is the half-width of the 90 % interval. These are statements about technique, awareness
and consistency.</p>
<p>imu_hinge {__version__}</p>
</footer>
</main>
</body>
</html>
"""


def _exercise(number: int, trend: ExerciseTrend) -> str:
    name = escape(exercise_words(trend.exercise))
    tag = "h1" if number == 1 else "h2"
    label = describe_trends(trend)
    figures = "".join(
        f'<div class="{kind}">{inline_svg(figure, f"trend{number}-{kind}", label)}</div>'
        for kind, figure in (("wide", trend_figure(trend)), ("phone", trend_figure(trend, phone=True)))
    )
    return f"""<section aria-label="{name}">
<p class="from">{escape(period_words(trend))} · {escape(trend.usual)}</p>
<{tag}>{name}: {escape(_headline(trend))}</{tag}>
{_said(trend)}<figure>{figures}</figure>
{_values(number, trend)}</section>
"""


def _changes(trend: ExerciseTrend) -> list[tuple[Trend, Series]]:
    return [(one, s) for one in trend.trends for s in one.series if s.line is not None and s.line.is_told]


def _headline(trend: ExerciseTrend) -> str:
    """The first change there is, in a few words."""
    changes = _changes(trend)
    if changes:
        one, series = changes[0]
        load = f" ({series.load})" if len(trend.loads) > 1 else ""
        return f"{one.measure.title[:1].lower()}{one.measure.title[1:].partition(',')[0]} {one.verdict(series)}{load}"
    lines = any(series.line is not None for one in trend.trends for series in one.series)
    return "no change that can be told" if lines else "too few sessions for a trend"


def _said(trend: ExerciseTrend) -> str:
    """A line for each measure that changed, at every load where it did; then those that did not."""
    lines, same = [], []
    for one in trend.trends:
        title = one.measure.title.partition(",")[0]
        changed = [series for series in one.series if series.line is not None and series.line.is_told]
        if changed:
            words = escape("; ".join(f"{series.load} {one.verdict(series)}" for series in changed))
            lines.append(f"<li><b>{escape(title)}</b>: {words}.</li>")
        else:
            same.append(f"{title[:1].lower()}{title[1:]}")
    rest = f"<p>No change that can be told: {escape(', '.join(same))}.</p>\n" if same else ""
    return f"{f'<ul>{chr(10).join(lines)}</ul>' if lines else ''}\n{rest}"


def _values(number: int, trend: ExerciseTrend) -> str:
    """Every session's values, newest first; folded away."""
    shown = [one for one in trend.trends if one.series]
    heads = "".join(f"<th>{escape(one.measure.title.partition(',')[0])}</th>" for one in shown)
    rows = []
    for load in trend.loads:
        by_measure = [{p.session.folder: p for s in one.series if s.load == load for p in s.points} for one in shown]
        for session in reversed(trend.sessions):
            points = [found.get(session.folder) for found in by_measure]
            if not any(points):
                continue
            day = f"{local_day(session.began_s):%Y-%m-%d %H:%M}"
            mark = " (other calibration or clips)" if session.folder in trend.unusual else ""
            words = " · ".join(part for part in (" ".join(session.tags), session.note[:200]) if part)
            cells = "".join(_cell(one, point) for one, point in zip(shown, points, strict=True))
            rows.append(
                f'<tr><td data-label="Session">{escape(day + mark)}</td>'
                f'<td data-label="Load">{escape(load)}</td>{cells}'
                f'<td data-label="Tags, note"{_empty(words)}>{escape(words)}</td></tr>\n'
            )
    return (
        "<details><summary>Every session's values</summary>\n"
        f'<table class="values"><thead><tr><th>Session</th><th>Load</th>{heads}<th>Tags, note</th></tr></thead>\n'
        f"<tbody>{''.join(rows)}</tbody></table></details>\n"
    )


def _empty(words: str) -> str:
    return ' class="full"' if words else ' class="empty"'


def _cell(trend: Trend, point: Point | None) -> str:
    title = escape(trend.measure.short)
    if point is None:
        text = "–"
    elif trend.measure.from_zero:
        text = f"{amount(trend.measure, point.estimate.value)} of {point.reps}"
    else:
        text = amount_with(trend.measure, point.estimate.value, point.estimate.se)
    return f'<td data-label="{title}">{escape(text)}</td>'
