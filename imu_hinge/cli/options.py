"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.conventions import CLIPS
from imu_hinge.fusion.backends import FILTERS, FilterName
from imu_hinge.recording import Recording, read_recording

__all__ = [
    "BenchOption",
    "ClipsOption",
    "FusionOption",
    "RecordingArgument",
    "load",
    "parse_clips",
    "parse_fusion",
]

RecordingArgument = Annotated[str, typer.Argument(help="Recording CSV, or - for standard input.", metavar="RECORDING")]
ClipsOption = Annotated[
    str | None, typer.Option("--clips", help="Use only these clips, e.g. thigh,back.", metavar="NAMES")
]
BenchOption = Annotated[
    Path | None,
    typer.Option("--bench", help="Directory of clip calibrations (calibrate-clip) to use.", metavar="DIR"),
]
FusionOption = Annotated[str, typer.Option("--fusion", help=f"Orientation filter: {', '.join(FILTERS)}.")]


def parse_clips(text: str | None) -> tuple[str, ...] | None:
    """Clip names from ``thigh,back``; None for all of them."""
    if text is None:
        return None
    names = tuple(dict.fromkeys(n.strip().lower() for n in text.split(",") if n.strip()))
    for name in names:
        if name not in CLIPS:
            raise typer.BadParameter(f"{name!r} is no clip; known: {', '.join(CLIPS)}", param_hint="--clips")
    if not names:
        raise typer.BadParameter("name at least two clips, e.g. thigh,back", param_hint="--clips")
    return names


def parse_fusion(text: str) -> FilterName:
    """A filter name."""
    if text not in FILTERS:
        raise typer.BadParameter(f"{text!r} is unknown; known: {', '.join(FILTERS)}", param_hint="--fusion")
    return text


def load(source: str) -> Recording:
    """The recording at a path, or on standard input for ``-``."""
    return read_recording(source)
