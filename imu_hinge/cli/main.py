"""The ``imu-hinge`` command: one function per subcommand, errors as one line and exit code 2."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from imu_hinge.cli.analyze import analyze
from imu_hinge.cli.calibrate_clip import calibrate_clip
from imu_hinge.cli.convert import convert
from imu_hinge.cli.plot import plot
from imu_hinge.cli.replay import replay
from imu_hinge.cli.simulate import simulate
from imu_hinge.errors import ImuHingeError
from imu_hinge.version import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="imu-hinge",
    help="Tells the hips from the lumbar spine in a hip hinge, from two or three clip-on motion sensors.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for _command in (analyze, replay, plot, convert, simulate, calibrate_clip):
    app.command()(_command)


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


def main() -> int:
    """Run the command line; gives the exit code."""
    try:
        app(standalone_mode=True)
    except ImuHingeError as error:
        Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(f"imu-hinge: {error.one_line()}")
        return 2
    return 0
