"""``imu-hinge export``: a recording's results for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from imu_hinge.cli.options import (
    AthleteOption,
    BenchOption,
    ClipsOption,
    FusionOption,
    load_athlete,
    parse_clips,
    parse_fusion,
    parse_side,
)
from imu_hinge.errors import FormatError, OutputError, one_line, visible
from imu_hinge.export.files import FORMATS, earlier_pieces, export_files
from imu_hinge.fusion.orientation import OrientationParams
from imu_hinge.recording import assemble, read_arrivals
from imu_hinge.report.saving import result_of
from imu_hinge.session.output import write_outputs
from imu_hinge.session.params import SessionParams

__all__ = ["export"]

_GROUPS: Final = {"opensim": ("mot", "sto"), "all": FORMATS}
_RECORDING: Final = "recording.csv"


def export(
    source: Annotated[
        str,
        typer.Argument(
            help="Recording CSV, - for standard input, or the folder of a session.", metavar="RECORDING_OR_FOLDER"
        ),
    ],
    to: Annotated[
        list[str],
        typer.Option("--to", help="parquet, csv, mot, sto, json, opensim (mot and sto) or all; again or with commas."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory for the files.", metavar="DIR")],
    clips: ClipsOption = None,
    fusion: FusionOption = "vqf",
    bench: BenchOption = None,
    athlete: AthleteOption = None,
    side: Annotated[
        str | None, typer.Option("--side", help="The thigh that was worn on, for OpenSim: left or right.")
    ] = None,
) -> None:
    """Write results for other programs: tables of reps, angles and samples, OpenSim motion and orientations, JSON."""
    formats = parse_formats(to)
    thigh = parse_side(side)
    params = SessionParams(orientation=OrientationParams(filter=parse_fusion(fusion)))
    known = load_athlete(athlete)
    path, name = _recording_of(source)
    arrivals = read_arrivals(path)
    result = result_of(arrivals, parse_clips(clips), params, bench, known)
    exported = export_files(name or result.recording, result, assemble(arrivals), formats, thigh)
    for file in exported.files:
        target = out / file
        if path != "-" and target.exists() and target.samefile(path):
            raise OutputError("is the recording itself", path=str(target), advice="Choose another directory.")
    present = [one.name for one in out.iterdir()] if out.is_dir() else []
    paths = write_outputs(out, exported.files, remove=earlier_pieces(present, formats, exported.files))
    for note in exported.notes:
        typer.echo(f"! {one_line(note)}")
    for written in paths:
        typer.echo(visible(str(written)))


def parse_formats(words: list[str]) -> tuple[str, ...]:
    """Formats from ``parquet,csv`` and the like, in the order of FORMATS."""
    wanted: set[str] = set()
    for word in (part.strip().lower() for text in words for part in text.split(",")):
        if word not in FORMATS and word not in _GROUPS:
            raise typer.BadParameter(
                f"{word!r} is no format; known: {', '.join((*FORMATS, *_GROUPS))}", param_hint="--to"
            )
        wanted.update(_GROUPS.get(word, (word,)))
    return tuple(one for one in FORMATS if one in wanted)


def _recording_of(source: str) -> tuple[str, str | None]:
    """Path of the recording, and what its rows are called where the file's own name says nothing: the session folder's
    name."""
    folder = Path(source)
    if source == "-" or not folder.is_dir():
        return source, None
    if not (folder / _RECORDING).is_file():
        raise FormatError(
            f"this folder has no {_RECORDING}",
            path=source,
            advice="Name the folder of one session, or a recording CSV.",
        )
    return str(folder / _RECORDING), visible(folder.resolve().name)
