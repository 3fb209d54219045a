"""``imu-hinge analyze``: recording in, summary.json, angles.csv and report.html out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.cli.options import (
    AthleteOption,
    BenchOption,
    ClipsOption,
    FusionOption,
    RecordingArgument,
    load_athlete,
    parse_clips,
    parse_fusion,
)
from imu_hinge.errors import one_line, visible
from imu_hinge.fusion.orientation import OrientationParams
from imu_hinge.recording import read_arrivals
from imu_hinge.report.saving import result_files, result_of
from imu_hinge.report.words import sum_words
from imu_hinge.session.output import write_outputs
from imu_hinge.session.params import SessionParams

__all__ = ["analyze"]


def analyze(
    recording: RecordingArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory for the results.", metavar="DIR")],
    clips: ClipsOption = None,
    fusion: FusionOption = "vqf",
    bench: BenchOption = None,
    athlete: AthleteOption = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave report.html out.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also write report.pdf, pages of A4.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary on standard output.")] = False,
) -> None:
    """Analyse a recording: hip and lumbar angles, reps, verdicts and the health of the data."""
    params = SessionParams(orientation=OrientationParams(filter=parse_fusion(fusion)))
    known = load_athlete(athlete)
    result = result_of(read_arrivals(recording), parse_clips(clips), params, bench, known)
    files = result_files(result, report=not no_report, pdf=pdf)
    # A report of earlier results must not stay beside new ones.
    stale = [name for name in ("report.html", "report.pdf") if name not in files]
    paths = write_outputs(out, files, remove=stale)
    if as_json:
        typer.echo(files["summary.json"], nl=False)
    else:
        typer.echo(sum_words(result))
        for warning in result.quality.warnings:
            typer.echo(f"! {one_line(warning)}")
        for path in paths:
            typer.echo(visible(str(path)))
