"""``imu-hinge batch``: many recordings in, a table of all their reps out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from imu_hinge.batch.entry import Settings
from imu_hinge.batch.finding import Found, find_recordings
from imu_hinge.batch.run import BatchResult, run_batch
from imu_hinge.batch.workers import Workers
from imu_hinge.body.personal_file import personal_text
from imu_hinge.cli.batch_progress import shown_progress
from imu_hinge.cli.options import (
    AthleteOption,
    BenchOption,
    ClipsOption,
    FusionOption,
    load_athlete,
    parse_clips,
    parse_fusion,
)
from imu_hinge.errors import FormatError, OutputError, one_line
from imu_hinge.fusion.orientation import OrientationParams
from imu_hinge.session.params import SessionParams

__all__ = ["batch"]

_LISTED: Final = 20


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(help="Folders (searched for *.csv, with all below), files, or globs.", metavar="DIR_OR_GLOB..."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory for the results.", metavar="DIR")],
    clips: ClipsOption = None,
    fusion: FusionOption = "vqf",
    bench: BenchOption = None,
    athlete: AthleteOption = None,
    angles: Annotated[bool, typer.Option("--angles", help="Keep angles.csv of each recording.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Make report.html of each recording.")] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes; by default one for each core.", metavar="N")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Use this Dask cluster instead.", metavar="tcp://HOST:PORT")
    ] = None,
) -> None:
    """Analyse many recordings into one table of reps; run again, it does only what is missing or has changed.

    Exit code: 0 all recordings are analysed, 1 some could not be (they are listed, the others are done), 2 the batch
    could not be done, 130 interrupted.
    """
    if jobs is not None and scheduler is not None:
        raise typer.BadParameter("a cluster has as many workers as it has", param_hint="--jobs")
    known = load_athlete(athlete)
    if bench is not None and not bench.is_dir():
        raise FormatError("no such folder of clip calibrations", path=str(bench), advice="Check the name.")
    settings = Settings(
        clips=parse_clips(clips),
        params=SessionParams(orientation=OrientationParams(filter=parse_fusion(fusion))),
        bench=None if bench is None else os.path.abspath(bench),  # noqa: PTH100 - links stay as they are named
        athlete=None if known is None else personal_text(known),
        athlete_path=None if athlete is None else str(athlete),
        angles=angles,
        report=report,
    )
    found = find_recordings(inputs, out)
    try:
        with _workers(scheduler, jobs, found, out, settings) as workers, shown_progress(len(found.items)) as told:
            result = run_batch(found, out, settings, workers, told)
    except KeyboardInterrupt:
        typer.echo("imu-hinge: interrupted. What is finished is kept; the same command goes on.", err=True)
        raise typer.Exit(130) from None
    _say(result)
    if result.failures:
        raise typer.Exit(1)


@contextmanager
def _workers(scheduler: str | None, jobs: int | None, found: Found, out: Path, settings: Settings) -> Iterator[Workers]:
    if scheduler is None:
        from imu_hinge.batch.local import LocalWorkers

        with LocalWorkers(jobs) as local:
            yield local
        return
    from imu_hinge.batch.cluster import ClusterWorkers, Needs

    place = os.path.abspath(out)  # noqa: PTH100 - as above
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot be made ({error.strerror or error})", path=str(out), advice="Choose another --out."
        ) from error
    sample = next((item.path for item in found.items if Path(item.path).exists()), place)
    with ClusterWorkers(scheduler, Needs(place, sample, settings.bench)) as cluster:
        yield cluster


def _say(result: BatchResult) -> None:
    reps, minutes = f"{result.reps} rep{_s(result.reps)}", result.recorded_s / 60.0
    typer.echo(f"{result.done} recording{_s(result.done)} with {reps} in {minutes:.1f} min, {_how(result)}")
    if result.skipped:
        typer.echo(f"{result.skipped} other CSV file{_s(result.skipped)} left out: no recording{_s(result.skipped)}")
    for file in result.files:
        typer.echo(str(file))
    if not result.failures:
        return
    count = len(result.failures)
    typer.echo(f"imu-hinge: {count} could not be analysed:", err=True)
    for path, reason in result.failures[:_LISTED]:
        typer.echo(one_line(f"{path}: {reason}"), err=True)
    if count > _LISTED:
        typer.echo(f"and {count - _LISTED} more, in {result.files[-1]}", err=True)


def _how(result: BatchResult) -> str:
    rate = result.analyzed / result.took_s if result.took_s > 0 else 0.0
    before = f", {result.already} as {'it was' if result.already == 1 else 'they were'}" if result.already else ""
    return f"{result.analyzed} analysed now ({rate:.1f}/s){before}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
