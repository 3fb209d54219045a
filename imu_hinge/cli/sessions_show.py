"""``imu-hinge sessions show`` and ``compare``: one session, and two side by side."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from imu_hinge.cli.session_options import JsonOption, SessionArgument, library
from imu_hinge.cli.session_tables import comparison_table, console, day_words, session_json, session_lines, sets_table
from imu_hinge.errors import LibraryError, one_line
from imu_hinge.library.compare import Comparison
from imu_hinge.library.compare import compare as compared
from imu_hinge.library.measures import Point
from imu_hinge.library.wording import kilograms
from imu_hinge.session.rep_table import RepRow

__all__ = ["compare", "show"]


def show(session: SessionArgument, as_json: JsonOption = False) -> None:
    """Show one session: what is known of it, and its sets."""
    with library() as opened:
        chosen = opened.pick(session)
        place = [one.folder for one in opened.sessions()].index(chosen.folder) + 1
        reps: list[RepRow] = opened.reps([chosen.folder]).get(chosen.folder, [])
        folder = opened.home / chosen.folder
    if as_json:
        values = session_json(place, chosen, reps) | {"rep_rows": [asdict(rep) for rep in reps]}
        typer.echo(json.dumps(values, indent=1))
        return
    for line in session_lines(place, chosen):
        typer.echo(line)
    console().print(sets_table(chosen, reps))
    if any(one.load_kg != one.recorded_kg for one in chosen.sets):
        typer.echo("* load corrected by you")
    report = folder / "report.html"
    typer.echo(one_line(f"report: {report}" if report.is_file() else f"folder: {folder}"))


def compare(first: SessionArgument, second: SessionArgument, as_json: JsonOption = False) -> None:
    """Compare two sessions: what the second has more or less of, and how surely."""
    with library() as opened:
        pair = (opened.pick(first), opened.pick(second))
        reps = opened.reps({one.folder for one in pair})
    if pair[0].folder == pair[1].folder:
        raise LibraryError("both are the same session", where=pair[0].folder)
    found = compared(*pair, reps)
    if not found:
        raise LibraryError(
            f"{pair[0].folder} and {pair[1].folder} have no exercise in common",
            advice="imu-hinge sessions shows which sessions have which.",
        )
    if as_json:
        typer.echo(json.dumps([_values(one) for one in found], indent=1))
        return
    days = [day_words(one.began_s) for one in pair]
    places = (days[0][:10], days[1][:10]) if days[0][:10] != days[1][:10] else (days[0][5:], days[1][5:])
    for one in found:
        typer.echo(f"{one_line(one.exercise)}, {_loads(one)}: {_counts(one)}")
        console().print(comparison_table(one, places))
        beyond = "from your own reference hinges" if one.from_reference else "from standing"
        typer.echo(f"Lumbar: flexion at the bottom, {beyond}.")
    typer.echo("± holds the true value nine times in ten. 'more' and 'less' stand where chance makes")
    typer.echo("such a difference one time in twenty at most.")


def _loads(one: Comparison) -> str:
    if not one.common_loads:
        return "at different loads"
    loads = sorted({rep.load_kg for rep in one.first.reps if rep.load_kg is not None})
    return " and ".join(f"{load:g} kg" for load in loads) or kilograms(None)


def _counts(one: Comparison) -> str:
    first, second = (len(group.reps) for group in (one.first, one.second))
    return f"{first} rep{'' if first == 1 else 's'}, then {second}"


def _values(one: Comparison) -> dict[str, object]:
    return {
        "exercise": one.exercise,
        "sessions": [one.first.session.folder, one.second.session.folder],
        "common_loads": one.common_loads,
        "lumbar_from": "reference" if one.from_reference else "standing",
        "measures": {
            row.measure.key: {
                "unit": row.measure.unit.strip(),
                "first": _point(row.first),
                "second": _point(row.second),
                "change": row.change,
                "low": row.low,
                "high": row.high,
                "word": row.word,
            }
            for row in one.rows
        },
    }


def _point(point: Point | None) -> dict[str, float | int | None] | None:
    if point is None:
        return None
    return {"value": point.estimate.value, "se": point.estimate.se, "reps": point.reps, "left_out": point.left_out}
