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
from imu_hinge.fusion.orientation import OrientationParams
from imu_hinge.recording import read_arrivals
from imu_hinge.report.saving import result_files, result_of
from imu_hinge.session.output import write_outputs
from imu_hinge.session.params import SessionParams
from imu_hinge.session.results import SessionResult

__all__ = ["analyze"]


def analyze(
    recording: RecordingArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory for the results.", metavar="DIR")],
    clips: ClipsOption = None,
    fusion: FusionOption = "vqf",
    bench: BenchOption = None,
    athlete: AthleteOption = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave report.html out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary on standard output.")] = False,
) -> None:
    """Analyse a recording: hip and lumbar angles, reps, verdicts and the health of the data."""
    params = SessionParams(orientation=OrientationParams(filter=parse_fusion(fusion)))
    known = load_athlete(athlete)
    result = result_of(read_arrivals(recording), parse_clips(clips), params, bench, known)
    files = result_files(result, report=not no_report)
    # A report of earlier results must not stay beside new ones.
    paths = write_outputs(out, files, remove=["report.html"] if no_report else [])
    if as_json:
        typer.echo(files["summary.json"], nl=False)
    else:
        typer.echo(_headline(result))
        for warning in result.quality.warnings:
            typer.echo(f"! {warning}")
        for path in paths:
            typer.echo(str(path))


def _headline(result: SessionResult) -> str:
    """What it comes to, in one line."""
    verdicts = [rep.verdict for s in result.sets for rep in s.reps]
    words = {"good": "good", "faulty": "with a fault", "cannot_tell": "cannot tell"}
    tally = ", ".join(f"{verdicts.count(v)} {word}" for v, word in words.items() if v in verdicts)
    reps, sets = len(verdicts), len(result.sets)
    return (
        f"{reps} rep{'' if reps == 1 else 's'} in {sets} set{'' if sets == 1 else 's'}{': ' + tally if tally else ''}"
    )
