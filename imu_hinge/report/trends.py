"""The figure of an exercise over weeks: one panel a measure, one mark a session, a line where sessions tell one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from imu_hinge.library.estimates import NINETY
from imu_hinge.library.measures import Measure
from imu_hinge.library.trends import ExerciseTrend, Series, Trend
from imu_hinge.report.canvas import (
    Box,
    blank_axes,
    first_that_fits,
    new_figure,
    place,
    shorten,
    style_axes,
    text_width_in,
    wrap,
    write,
)
from imu_hinge.report.palette import INK, PHONE, STAGE, Type
from imu_hinge.report.trend_words import footnotes, local_day, panel_titles, period_words
from imu_hinge.report.words import exercise_words

__all__ = ["MARKS", "trend_figure"]

MARKS: Final = (("o", INK.hip), ("s", INK.lumbar), ("^", INK.good), ("D", INK.ink), ("v", INK.muted))
"""Shape and colour by load, in the order of ``ExerciseTrend.loads``."""

_DAY_S: Final = 86_400.0
_STEPS_DAYS: Final = (1, 2, 7, 14, 28, 56, 91, 182, 365, 730)


def trend_figure(trend: ExerciseTrend, *, phone: bool = False) -> Figure:
    """Draw every measure of an exercise, 12 inches wide, or 4.4 for a phone."""
    sizes = PHONE if phone else STAGE
    line = sizes.small / 72 * 1.5
    width, edge = (4.4, 0.12) if phone else (12.0, 0.25)
    inner = width - 2 * edge
    foot_lines = [text for part in footnotes(trend, phone=phone) for text in wrap(part, inner, sizes.small)]
    head_in, foot_in = (0.62 if phone else 0.8), line * len(foot_lines) + 0.15
    columns = 1 if phone else 2
    gap = 0.12 if phone else 0.45
    rows = [trend.trends[:1], *(trend.trends[i : i + columns] for i in range(1, len(trend.trends), columns))]
    plot_in = 1.35 if phone else 1.75
    row_in = [_heading_in(row, sizes) + plot_in + line * 1.6 + 0.22 for row in rows]
    key_in = line * 1.25 * _key_rows(trend, inner, sizes)
    figure = new_figure(width, head_in + key_in + sum(row_in) + foot_in)
    _title(figure, trend, Box(edge, 0.1, inner, head_in - 0.1), sizes)
    _key(figure, trend, Box(edge, head_in, inner, key_in), sizes)
    span = _span(trend)
    top = head_in + key_in
    for row, height in zip(rows, row_in, strict=True):
        each = (inner - gap * (len(row) - 1)) / len(row)
        for i, one in enumerate(row):
            box = Box(edge + i * (each + gap), top + 0.12, each, height - 0.12)
            _panel(figure, trend, one, box, _heading_in(row, sizes), span, sizes)
        top += height
    foot = blank_axes(figure, Box(edge, top + 0.05, inner, foot_in - 0.05))
    for i, text in enumerate(foot_lines):
        y = 1 - (i + 0.5) * line / (foot_in - 0.05)
        write(foot, 0, y, text, fontsize=sizes.small, color=INK.muted, va="center_baseline")
    return figure


def _span(trend: ExerciseTrend) -> tuple[float, float]:
    """The days (since 1970) that the panels show, with room at both ends."""
    first, last = (session.began_s / _DAY_S for session in (trend.sessions[0], trend.sessions[-1]))
    room = max(0.035 * (last - first), 1.0)
    return first - room, last + room


def _heading_in(row: Sequence[Trend], sizes: Type) -> float:
    """Height of the title and the verdicts below it, alike for panels side by side."""
    verdicts = max(len(_told(one)) for one in row)
    return sizes.text / 72 * 1.6 + sizes.small / 72 * 1.5 * verdicts + 0.06


def _told(trend: Trend) -> list[Series]:
    """The series whose verdict is written: those with a line."""
    return [series for series in trend.series if series.line is not None]


def _title(figure: Figure, trend: ExerciseTrend, box: Box, sizes: Type) -> None:
    axes = blank_axes(figure, box)
    name = shorten(f"{exercise_words(trend.exercise)} over time", box.width, sizes.title, bold=True)
    write(axes, 0, 0.72, name, fontsize=sizes.title, fontweight="bold", color=INK.ink, va="center_baseline")
    below = shorten(period_words(trend), box.width, sizes.text)
    write(axes, 0, 0.2, below, fontsize=sizes.text, color=INK.muted, va="center_baseline")


def _key_entries(trend: ExerciseTrend) -> list[tuple[str, str, str, str]]:
    """Words, marker, face and edge of every mark that occurs."""
    found = [(load, *_mark(i), _mark(i)[1]) for i, load in enumerate(trend.loads)]
    if trend.unusual:
        found.append(("other calibration or clips", "o", INK.paper, INK.muted))
    return found


def _key_places(trend: ExerciseTrend, width: float, sizes: Type) -> list[tuple[float, int]]:
    """Left edge (in) and row of every entry, broken into rows that fit."""
    places, left, row = [], 0.0, 0
    for words, *_ in _key_entries(trend):
        wide = 0.3 + text_width_in(words, sizes.small) + 0.3
        if left and left + wide > width:
            left, row = 0.0, row + 1
        places.append((left, row))
        left += wide
    return places


def _key_rows(trend: ExerciseTrend, width: float, sizes: Type) -> int:
    return _key_places(trend, width, sizes)[-1][1] + 1


def _key(figure: Figure, trend: ExerciseTrend, box: Box, sizes: Type) -> None:
    axes = blank_axes(figure, box)
    axes.set_xlim(0, box.width)
    rows = _key_rows(trend, box.width, sizes)
    axes.set_ylim(rows, 0)
    for (words, marker, face, edge), (left, row) in zip(
        _key_entries(trend), _key_places(trend, box.width, sizes), strict=True
    ):
        axes.plot(left + 0.1, row + 0.5, marker, ms=sizes.marker, mfc=face, mec=edge, mew=1.4, clip_on=False)
        write(
            axes,
            left + 0.26,
            row + 0.5,
            shorten(words, box.width - 0.3, sizes.small),
            fontsize=sizes.small,
            color=INK.ink,
            va="center_baseline",
        )


def _mark(load_index: int) -> tuple[str, str]:
    return MARKS[load_index % len(MARKS)]


def _panel(
    figure: Figure,
    whole: ExerciseTrend,
    trend: Trend,
    box: Box,
    heading_in: float,
    span: tuple[float, float],
    sizes: Type,
) -> None:
    _heading(figure, whole, trend, Box(box.left, box.top, box.width, heading_in), sizes)
    below = sizes.small / 72 * 1.6 + 0.1
    left = 0.5 if sizes is PHONE else 0.62
    axes = place(figure, Box(box.left + left, box.top + heading_in, box.width - left, box.height - heading_in - below))
    style_axes(axes, sizes)
    axes.set_xlim(*span)
    _days(axes, span, box.width - left, sizes)
    if not trend.series:
        axes.set_yticks([])
        write(
            axes,
            0.5,
            0.5,
            "cannot be told in these sessions",
            transform=axes.transAxes,
            ha="center",
            va="center",
            fontsize=sizes.small,
            color=INK.muted,
        )
        return
    if (trend.measure.key == "lumbar" and trend.from_reference) or trend.measure.key == "creep":
        axes.axhline(0.0, color=INK.reference, linewidth=1.1, linestyle=(0, (5, 3)), zorder=2)
    for series in trend.series:
        _series(axes, whole, series, span, sizes)
    axes.set_ylim(*_limits(trend))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))


def _heading(figure: Figure, whole: ExerciseTrend, trend: Trend, box: Box, sizes: Type) -> None:
    """The measure, and below it what each load's line says, behind its mark."""
    axes = blank_axes(figure, box)
    axes.set_xlim(0, box.width)
    axes.set_ylim(box.height, 0)
    short = f"{trend.measure.short} ({trend.measure.unit.strip()})"
    title = first_that_fits([*panel_titles(trend), short], box.width, sizes.text, bold=True)
    top = sizes.text / 72 * 0.75
    write(axes, 0, top, title, fontsize=sizes.text, fontweight="bold", color=INK.ink, va="center_baseline")
    line = sizes.small / 72 * 1.5
    for i, series in enumerate(_told(trend)):
        y = sizes.text / 72 * 1.6 + (i + 0.45) * line
        marker, colour = _mark(whole.loads.index(series.load))
        axes.plot(0.08, y, marker, ms=0.8 * sizes.marker, mfc=colour, mec=colour, clip_on=False)
        is_told = series.line is not None and series.line.is_told
        words = shorten(trend.verdict(series), box.width - 0.22, sizes.small, bold=is_told)
        write(
            axes,
            0.22,
            y,
            words,
            fontsize=sizes.small,
            fontweight="bold" if is_told else "normal",
            color=INK.ink if is_told else INK.muted,
            va="center_baseline",
        )


def _series(axes: Axes, whole: ExerciseTrend, series: Series, span: tuple[float, float], sizes: Type) -> None:
    index = whole.loads.index(series.load)
    marker, colour = _mark(index)
    aside = (index - (len(whole.loads) - 1) / 2) * 0.007 * (span[1] - span[0])
    if series.line is not None:
        first, last = (series.points[i].session.began_s / _DAY_S for i in (0, -1))
        days = np.linspace(first, last, 40)
        low, middle, high = (series.line.at(days, errors) for errors in (-NINETY, 0.0, NINETY))
        axes.fill_between(days, low, high, color=colour, alpha=0.14, linewidth=0, zorder=1)
        style = "-" if series.line.is_told else (0, (2, 2))
        axes.plot(days, middle, color=colour, linewidth=sizes.line, linestyle=style, zorder=2.5)
    for point in series.points:
        day = point.session.began_s / _DAY_S + aside
        if point.low is not None and point.high is not None:
            axes.plot(
                [day, day],
                [point.low, point.high],
                color=colour,
                alpha=0.5,
                linewidth=sizes.line * 0.9,
                solid_capstyle="butt",
                zorder=3,
            )
        face = INK.paper if point.session.folder in whole.unusual else colour
        axes.plot(day, point.estimate.value, marker, ms=sizes.marker, mfc=face, mec=colour, mew=1.4, zorder=4)


def _limits(trend: Trend) -> tuple[float, float]:
    measure: Measure = trend.measure
    if measure.from_zero:
        return -5.0, 105.0
    shown = [
        end
        for series in trend.series
        for point in series.points
        for end in (point.low, point.estimate.value, point.high)
        if end is not None
    ]
    low, high = min(shown), max(shown)
    room = max(0.07 * (high - low), (measure.least - (high - low)) / 2)
    return low - room, high + room


def _days(axes: Axes, span: tuple[float, float], width_in: float, sizes: Type) -> None:
    """Ticks at whole days, as many as there is room for, named by day and month, by month where they are far apart."""
    first, last = math.ceil(span[0]), math.floor(span[1])
    widest = text_width_in("28 Sep 2026" if last - first > 300 else "28 Sep", sizes.small) + 0.22
    most = max(2, int(width_in / widest))
    step = next((s for s in _STEPS_DAYS if (last - first) / s + 1 <= most), _STEPS_DAYS[-1])
    days = list(range(first, last + 1, step))
    shape = "%b %Y" if last - first > 300 else "%b"
    named = [local_day((day + 0.5) * _DAY_S) for day in days]
    labels = [f"{day.day} {day.strftime(shape)}" for day in named]
    axes.xaxis.set_major_locator(FixedLocator([float(day) for day in days]))
    axes.xaxis.set_major_formatter(FixedFormatter(labels))
