"""``imu-hinge replay``: a recording driven through the live session, as if it happened now."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from imu_hinge.cli.live_screen import show
from imu_hinge.cli.live_setup import played
from imu_hinge.cli.options import (
    AthleteOption,
    BenchOption,
    ClipsOption,
    FusionOption,
    RecordingArgument,
    load_athlete,
    parse_clips,
    parse_fusion,
    parse_speed,
)
from imu_hinge.errors import one_line
from imu_hinge.fusion.orientation import OrientationParams
from imu_hinge.live.cue_sink import Silent
from imu_hinge.live.plan import Plan
from imu_hinge.live.runner import LiveRun, Setup
from imu_hinge.recording import read_arrivals
from imu_hinge.report.words import plural
from imu_hinge.session.params import SessionParams

__all__ = ["replay"]


def replay(
    recording: RecordingArgument,
    speed: Annotated[
        str, typer.Option("--speed", help="1 is real time, 10 ten times as fast, max as fast as it goes.")
    ] = "1",
    clips: ClipsOption = None,
    fusion: FusionOption = "vqf",
    bench: BenchOption = None,
    athlete: AthleteOption = None,
) -> None:
    """Replay a recording through the live loop: current angles, reps and cues as they fall, without a sound."""
    factor = parse_speed(speed)
    known = load_athlete(athlete)
    params = SessionParams(orientation=OrientationParams(filter=parse_fusion(fusion)))
    origin = played(read_arrivals(recording), parse_clips(clips), factor, known)
    plan = Plan(exercise=origin.exercise or "hinge", guided=False)
    setup = Setup(plan, params=params, athlete=known, bench=bench, played=origin.played)
    run = LiveRun(origin.source, setup, Silent(), lambda folder: ())
    failure = show(run, screen=sys.stdout.isatty())
    session = run.session
    if session is not None:  # who stops a session halfway still wants its sum
        for notice in run.board.look().notices if not sys.stdout.isatty() else ():
            typer.echo(f"! {one_line(notice.text)}")
        sets = session.book.sets
        reps, good = sum(len(one.reps) for one in sets), sum(one.good for one in sets)
        typer.echo(f"{plural(reps, 'rep').replace('no ', '0 ')}, {good} good, {plural(session.cues, 'cue')}")
    if failure is not None:
        raise failure
