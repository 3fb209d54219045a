"""``imu-hinge plot``: a session, or one rep of it, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.cli.options import (
    BenchOption,
    ClipsOption,
    FusionOption,
    RecordingArgument,
    load,
    parse_clips,
    parse_fusion,
)
from imu_hinge.fusion.orientation import OrientationParams
from imu_hinge.session.analysis import analyze as run
from imu_hinge.session.clip_store import load_for
from imu_hinge.session.params import SessionParams

__all__ = ["plot"]


def plot(
    recording: RecordingArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Picture to write: .png, .svg or .pdf.", metavar="FILE")
    ] = Path("session.png"),
    rep: Annotated[int | None, typer.Option("--rep", min=1, help="Only this rep, counted through the session.")] = None,
    clips: ClipsOption = None,
    fusion: FusionOption = "vqf",
    bench: BenchOption = None,
) -> None:
    """Draw hip and lumbar flexion over time with their uncertainty, lumbar over hip, and the stick figure."""
    from imu_hinge.report.figures import save_figure, session_figure  # matplotlib imports slowly

    params = SessionParams(orientation=OrientationParams(filter=parse_fusion(fusion)))
    loaded = load(recording)
    result = run(loaded, parse_clips(clips), params, load_for(loaded.clips, bench))
    save_figure(session_figure(result, rep), out)
    typer.echo(str(out))
