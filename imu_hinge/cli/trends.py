"""``imu-hinge trends``: what has changed over weeks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from imu_hinge.cli.session_options import (
    ExerciseOption,
    JsonOption,
    SinceOption,
    TagOption,
    UntilOption,
    library,
    wanted,
)
from imu_hinge.cli.session_tables import console, plain, table
from imu_hinge.errors import LibraryError, OutputError, one_line
from imu_hinge.library.picking import parse_load
from imu_hinge.library.trends import ExerciseTrend, Series, Trend
from imu_hinge.library.trends import trends as followed
from imu_hinge.library.wording import amount_with
from imu_hinge.recording.atomic import write_all_or_nothing

__all__ = ["trends"]


def trends(
    exercise: ExerciseOption = None,
    load: Annotated[
        str | None, typer.Option("--load", help="Only sets with this load in kg, or a range: 60-80.", metavar="KG")
    ] = None,
    tag: TagOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Page or picture to write: .html, .svg, .png, .pdf.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what has changed over weeks, by exercise and load, and how surely."""
    loads = None if load is None else parse_load(load)
    asked = wanted(exercise, tag, since, until)
    with library() as opened:
        chosen = [session for session in opened.sessions() if asked.has(session)]
        reps = opened.reps(session.folder for session in chosen)
    found = followed(chosen, reps, exercise, loads)
    if not found:
        raise LibraryError("there are no sessions like that", advice="imu-hinge sessions lists what there is.")
    if out is not None:
        _write(found, out)
    if as_json:
        typer.echo(json.dumps([_values(one) for one in found], indent=1))
        return
    for one in found:
        _print(one)
    if out is not None:
        typer.echo(one_line(str(out)))


def _write(found: Sequence[ExerciseTrend], out: Path) -> None:
    from imu_hinge.report.figures import save_figure  # matplotlib imports slowly
    from imu_hinge.report.trends import trend_figure
    from imu_hinge.report.trends_page import render_trends

    if out.suffix.lower() in (".html", ".htm"):
        write_all_or_nothing({out: render_trends(found)}, overwrite=True)
        return
    if len(found) > 1:
        names = ", ".join(one.exercise for one in found)
        raise OutputError(
            f"a picture holds one exercise, and there are {len(found)}: {names}",
            path=str(out),
            advice="Choose one with --exercise, or write a page (.html).",
        )
    save_figure(trend_figure(found[0]), out)


def _print(one: ExerciseTrend) -> None:
    from imu_hinge.report.trend_words import period_words

    typer.echo(one_line(f"{one.exercise}: {period_words(one)}"))
    made = table("", "load", ("latest", "right"), "over time")
    for trend in one.trends:
        for i, series in enumerate(trend.series):
            name = trend.measure.short if i == 0 else ""
            made.add_row(name, plain(series.load), _latest(trend, series), trend.verdict(series))
    console().print(made)
    typer.echo(f"Lumbar: flexion at the bottom, {_from(one)}.")
    typer.echo("± holds the true value nine times in ten.")
    if one.unusual:
        count = len(one.unusual)
        words = "session has" if count == 1 else "sessions have"
        typer.echo(f"{count} {words} another calibration or other clips than most, which have")
        typer.echo(one_line(f"{one.usual}."))


def _from(one: ExerciseTrend) -> str:
    return "beyond your own reference hinges" if one.trends[0].from_reference else "from standing"


def _latest(trend: Trend, series: Series) -> str:
    point = series.points[-1]
    if trend.measure.from_zero:
        return f"{point.estimate.value:.0f} % of {point.reps}"
    return amount_with(trend.measure, point.estimate.value, point.estimate.se)


def _values(one: ExerciseTrend) -> dict[str, Any]:
    return {
        "exercise": one.exercise,
        "sessions": [session.folder for session in one.sessions],
        "unusual": sorted(one.unusual),
        "measures": {
            trend.measure.key: {
                "unit": trend.measure.unit.strip(),
                "from_reference": trend.from_reference,
                "sessions_without_reference": trend.without_reference,
                "reps_left_out": trend.left_out,
                "loads": [_series(trend, series) for series in trend.series],
            }
            for trend in one.trends
        },
    }


def _series(trend: Trend, series: Series) -> dict[str, Any]:
    change = series.change
    return {
        "load": series.load,
        "points": [
            {
                "session": point.session.folder,
                "began_utc_s": point.session.began_s,
                "value": point.estimate.value,
                "se": point.estimate.se,
                "low": point.low,
                "high": point.high,
                "reps": point.reps,
                "left_out": point.left_out,
            }
            for point in series.points
        ],
        "change": None if change is None else {"value": change.value, "se": change.se, "days": series.span_days},
        "told": series.line is not None and series.line.is_told,
        "words": trend.sentence(series),
    }
