"""``imu-hinge athlete learn``: make or improve an athlete's file from a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.body.personal_file import load_personal, save_personal
from imu_hinge.cli.options import BenchOption, ClipsOption, RecordingArgument, load, parse_clips
from imu_hinge.errors import one_line, visible
from imu_hinge.session.clip_store import load_for
from imu_hinge.session.learning import learn as run
from imu_hinge.session.learning import parse_accept

__all__ = ["learn"]


def learn(
    recording: RecordingArgument,
    file: Annotated[
        Path,
        typer.Option("--file", "-f", help="The athlete's file: made, or improved.", metavar="FILE", dir_okay=False),
    ],
    accept: Annotated[
        str, typer.Option("--accept", help="Reps that were as they should be: good, none, or 1.3,1.4,2.1 (set.rep).")
    ] = "good",
    name: Annotated[
        str | None, typer.Option("--name", help="The athlete's name, for a new file; by default the file's.")
    ] = None,
    clips: ClipsOption = None,
    bench: BenchOption = None,
) -> None:
    """Learn about an athlete from a recording: its calibration movements, and the reps that are accepted."""
    accepted = parse_accept(accept)
    if accepted is None:
        raise typer.BadParameter(f"{accept!r} is neither good, none nor a list like 1.3,1.4", param_hint="--accept")
    before = load_personal(file) if file.exists() else None
    loaded = load(recording)
    lesson = run(
        loaded, before, accepted, name=name or file.stem, clips=parse_clips(clips), bench=load_for(loaded.clips, bench)
    )
    save_personal(lesson.personal, file)
    known, hinges = lesson.personal, lesson.result.body.reference.hinges if lesson.result.body else 0
    made = "made" if before is None else "improved"
    reps = _count(len(lesson.accepted), "accepted rep")
    typer.echo(f"{visible(known.name)}: {made} from {_count(hinges, 'reference hinge')} and {reps}")
    for note in lesson.notes:
        typer.echo(f"! {one_line(note)}")
    typer.echo(visible(str(file)))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
