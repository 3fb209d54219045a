"""The ``imu-hinge`` command: one function per subcommand, errors as one line and exit code 2."""

from __future__ import annotations

import sys
from typing import Annotated, Final, cast

import typer

from imu_hinge.cli.analyze import analyze
from imu_hinge.cli.athlete_learn import learn
from imu_hinge.cli.athlete_show import show
from imu_hinge.cli.batch import batch
from imu_hinge.cli.calibrate_clip import calibrate_clip
from imu_hinge.cli.clips import assign, clips, identify, scan
from imu_hinge.cli.clips_download import download_command, records
from imu_hinge.cli.convert import convert
from imu_hinge.cli.doctor import doctor
from imu_hinge.cli.export import export
from imu_hinge.cli.live import live
from imu_hinge.cli.plot import plot
from imu_hinge.cli.record import record_command
from imu_hinge.cli.replay import replay
from imu_hinge.cli.sessions import list_sessions, reindex, sessions
from imu_hinge.cli.sessions_add import add
from imu_hinge.cli.sessions_change import delete, load, note, rpe, tag
from imu_hinge.cli.sessions_show import compare as compare_sessions
from imu_hinge.cli.sessions_show import show as show_session
from imu_hinge.cli.simulate import simulate
from imu_hinge.cli.trends import trends
from imu_hinge.errors import ImuHingeError, one_line
from imu_hinge.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="imu-hinge",
    help="Tells the hips from the lumbar spine in a hip hinge, from two or three clip-on motion sensors.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _command in (live, analyze, batch, replay, plot, export, convert, simulate, calibrate_clip, doctor, trends):
    app.command()(_command)
app.command(name="record")(record_command)

_clips = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
_clips.callback()(clips)
_clips.command()(scan)
_clips.command()(identify)
_clips.command()(assign)
_clips.command()(records)
_clips.command(name="download")(download_command)
app.add_typer(_clips, name="clips")

_athlete = typer.Typer(
    help="What is known of one athlete from earlier sessions: learn it, show it.", rich_markup_mode=None
)
_athlete.command()(learn)
_athlete.command()(show)
app.add_typer(_athlete, name="athlete")

_sessions = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
_sessions.callback()(sessions)
_sessions.command(name="list")(list_sessions)
_sessions.command(name="show")(show_session)
_sessions.command(context_settings={"ignore_unknown_options": True})(tag)  # -belt is a tag to drop
_sessions.command()(note)
_sessions.command()(rpe)
_sessions.command()(load)
_sessions.command(name="compare")(compare_sessions)
_sessions.command()(add)
_sessions.command()(delete)
_sessions.command()(reindex)
app.add_typer(_sessions, name="sessions")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"imu-hinge {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave."),
    ] = False,
) -> None:
    """Options of the whole program."""


_UsageError: Final = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])
"""What typer raises for wrong words; whether click's own or typer's copy of it depends on typer's version."""


def main() -> int:
    """Run the command line; gives the exit code."""
    words = sys.argv[1:] or ["--help"]
    try:
        code = app(words, prog_name="imu-hinge", standalone_mode=False)
    except ImuHingeError as error:
        return _refuse(error.one_line())
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except _UsageError as error:
        return _refuse(_usage(error, words[0]))
    return code if isinstance(code, int) else 0


def _refuse(line: str) -> int:
    print(f"imu-hinge: {line}", file=sys.stderr)
    return 2


def _usage(error: typer.BadParameter, first_word: str) -> str:
    """What is wrong, and where the right words are; an error without a context comes from inside a command."""
    command = error.ctx.command_path if error.ctx is not None else f"imu-hinge {first_word}"
    message = error.format_message()
    return one_line(f"{message}{'' if message.endswith(('.', '?')) else '.'} See {command} --help.")
