"""``imu-hinge sessions add``: a session from elsewhere into the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.cli.options import AthleteOption, ClipsOption, load_athlete, parse_clips
from imu_hinge.cli.session_options import library
from imu_hinge.errors import OutputError, one_line
from imu_hinge.library.adding import add_files, add_results
from imu_hinge.library.began import parse_day
from imu_hinge.recording import read_arrivals
from imu_hinge.report.saving import result_files, result_of
from imu_hinge.session.library import sessions_home
from imu_hinge.session.params import SessionParams

__all__ = ["add"]


def add(
    source: Annotated[
        Path, typer.Argument(help="A folder of results (analyze --out), or a recording to analyse.", metavar="SOURCE")
    ],
    began: Annotated[
        str | None, typer.Option("--began", help="When it began, e.g. '2026-10-05 18:30', where no file says it.")
    ] = None,
    clips: ClipsOption = None,
    athlete: AthleteOption = None,
) -> None:
    """Copy a session into the library: a folder of results, or a recording, which is analysed first."""
    began_s = None if began is None else parse_day(began, "--began")
    chosen, known = parse_clips(clips), load_athlete(athlete)
    texts = None
    if not source.is_dir():
        texts = result_files(result_of(read_arrivals(str(source)), chosen, SessionParams(), None, known))
    home = sessions_home()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be made ({error.strerror or error})", path=str(home)) from error
    with library() as opened:
        folder = add_results(opened, source, began_s) if texts is None else add_files(opened, source, texts, began_s)
        started = opened.pick(folder)
    typer.echo(one_line(f"Added as {folder} (it began then by {started.began_from})."))
