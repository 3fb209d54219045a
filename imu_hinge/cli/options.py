"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.body.personal import Personal
from imu_hinge.body.personal_file import load_personal
from imu_hinge.conventions import CLIPS
from imu_hinge.fusion.backends import FILTERS, FilterName
from imu_hinge.recording import Recording, read_recording

__all__ = [
    "AthleteOption",
    "BenchOption",
    "ClipsOption",
    "FusionOption",
    "RecordingArgument",
    "load",
    "load_athlete",
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
AthleteOption = Annotated[
    Path | None,
    typer.Option("--athlete", help="What was learnt about you (athlete learn); needs no calibration.", metavar="FILE"),
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


def load_athlete(path: Path | None) -> Personal | None:
    """The athlete of a file; None where none was named."""
    return None if path is None else load_personal(path)


def load(source: str) -> Recording:
    """The recording at a path, or on standard input for ``-``."""
    return read_recording(source)
