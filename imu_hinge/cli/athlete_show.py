"""``imu-hinge athlete show``: what is known of an athlete, in plain language."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.body.personal_file import load_personal
from imu_hinge.errors import visible
from imu_hinge.session.personal_words import told

__all__ = ["show"]


def show(file: Annotated[Path, typer.Argument(help="The athlete's file.", metavar="FILE")]) -> None:
    """Print what is known of an athlete, and how surely."""
    for line in told(load_personal(file)):
        typer.echo(visible(line))
