"""``imu-hinge sessions``: the list of what was recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping

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
from imu_hinge.cli.session_tables import console, list_table, session_json
from imu_hinge.errors import one_line
from imu_hinge.session.library import sessions_home

__all__ = ["list_sessions", "reindex", "sessions"]


def sessions(
    context: typer.Context,
    exercise: ExerciseOption = None,
    tag: TagOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """Your sessions, newest first: list them, add to what is known of them, compare them."""
    if context.invoked_subcommand is None:
        list_sessions(exercise, tag, since, until, as_json)


def list_sessions(
    exercise: ExerciseOption = None,
    tag: TagOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """List sessions, newest first."""
    asked = wanted(exercise, tag, since, until)
    with library() as opened:
        every = opened.sessions()
        shown = [(place, one) for place, one in enumerate(every, start=1) if asked.has(one)]
        reps = opened.reps(one.folder for _, one in shown)
        broken = opened.broken()
    if as_json:
        values = [session_json(place, one, reps.get(one.folder, ())) for place, one in shown]
        typer.echo(json.dumps({"sessions": values, "not_readable": dict(broken)}, indent=1))
        return
    if shown:
        console().print(list_table(shown, reps))
        typer.echo(_legend(len(shown), len(every)))
    elif every:
        typer.echo(f"None of {len(every)} sessions is like that.")
    else:
        typer.echo(f"No sessions in {one_line(str(sessions_home()))} yet.")
        typer.echo("imu-hinge live records one there; imu-hinge sessions add takes in one from elsewhere.")
    _say_broken(broken)


def _legend(shown: int, every: int) -> str:
    count = f"{every} session{'' if every == 1 else 's'}" if shown == every else f"{shown} of {every} sessions"
    return f"{count}. Lumbar: median lumbar flexion at the bottom, from standing."


def _say_broken(broken: Mapping[str, str]) -> None:
    for folder, reason in broken.items():
        typer.echo(f"! {one_line(folder)[:60]}: {one_line(reason)}")


def reindex() -> None:
    """Make the index anew from the folders; nothing is lost, it is only ever a copy."""
    from imu_hinge.library.library import open_library

    with open_library(sessions_home(), anew=True) as opened:
        count, broken = len(opened.sessions()), opened.broken()
    typer.echo(f"{count} session{'' if count == 1 else 's'} in the index.")
    _say_broken(broken)
