"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.body.personal import Personal
from imu_hinge.body.personal_file import load_personal
from imu_hinge.conventions import CLIPS, SITES
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
    "parse_side",
    "parse_sites",
    "parse_speed",
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


def parse_sites(words: list[str] | None) -> dict[str, str]:
    """Where clips sit, from words like ``back=L1``."""
    sites = {}
    for word in words or ():
        clip, _, site = word.partition("=")
        if site not in SITES.get(clip, ()):
            known = "; ".join(f"{name}: {', '.join(places)}" for name, places in SITES.items())
            raise typer.BadParameter(f"{word!r} is not like back=L1; known: {known}", param_hint="--site")
        sites[clip] = site
    return sites


def parse_side(text: str | None) -> str | None:
    """The thigh that is worn on."""
    if text not in (None, "left", "right"):
        raise typer.BadParameter(f"{text!r} is neither left nor right", param_hint="--side")
    return text


def parse_speed(text: str) -> float | None:
    """Seconds of recording per second, None for as fast as it goes."""
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0.0 < factor < 1e6:
        raise typer.BadParameter(f"{text!r} is neither a positive number nor max", param_hint="--speed")
    return factor


def load_athlete(path: Path | None) -> Personal | None:
    """The athlete of a file; None where none was named."""
    return None if path is None else load_personal(path)


def load(source: str) -> Recording:
    """The recording at a path, or on standard input for ``-``."""
    return read_recording(source)
