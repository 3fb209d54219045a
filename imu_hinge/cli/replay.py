"""``imu-hinge replay``: a recording driven through the streaming pipeline, as if it happened now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

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
from imu_hinge.fusion.orientation import OrientationParams
from imu_hinge.live.terminal import TerminalState, draw
from imu_hinge.recording import read_arrivals
from imu_hinge.session.clip_store import load_for
from imu_hinge.session.params import SessionParams
from imu_hinge.session.replay import Step
from imu_hinge.session.replay import replay as stream

__all__ = ["replay"]

_REDRAW_S = 0.05


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
    """Replay a recording through the live loop: current angles, reps and cues as they fall."""
    factor = parse_speed(speed)
    known = load_athlete(athlete)
    arrivals = read_arrivals(recording)
    params = SessionParams(orientation=OrientationParams(filter=parse_fusion(fusion)))
    _, steps = stream(arrivals, parse_clips(clips), params, lambda used: load_for(used, bench), athlete=known)
    console = Console()
    state = TerminalState(arrivals.name, float(arrivals.time_s.min()), float(arrivals.time_s.max()))
    state.reader_warnings = arrivals.warnings
    paced = _paced(steps, factor)
    try:
        if console.is_terminal:
            _on_screen(console, state, paced)
        else:
            _as_lines(console, state, paced)
    finally:  # who stops a session halfway still wants its sum
        if not console.is_terminal:
            for warning in state.warnings:
                console.print(f"! {warning}", soft_wrap=True, highlight=False, markup=False)
        sums = [(state.reps, "rep"), (state.cues, "cue")]
        reps, cues = (f"{n} {word}{'' if n == 1 else 's'}" for n, word in sums)
        console.print(f"{reps}, {state.good} good, {cues}", highlight=False)


def _paced(steps: Iterator[Step], factor: float | None) -> Iterator[Step]:
    """The steps, each when its time has come."""
    began = time.monotonic()
    first: float | None = None
    for step in steps:
        if factor is not None and step.newest_s > float("-inf"):
            first = step.newest_s if first is None else first
            wait = began + (step.newest_s - first) / factor - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        yield step


def _on_screen(console: Console, state: TerminalState, steps: Iterator[Step]) -> None:
    drawn = 0.0
    with Live(draw(state), console=console, auto_refresh=False) as screen:
        for step in steps:
            _take(state, step)
            now = time.monotonic()
            if now - drawn >= _REDRAW_S:
                screen.update(draw(state), refresh=True)
                drawn = now
        screen.update(draw(state), refresh=True)


def _as_lines(console: Console, state: TerminalState, steps: Iterator[Step]) -> None:
    for step in steps:
        for line in _take(state, step):
            console.print(line, soft_wrap=True)


def _take(state: TerminalState, step: Step) -> list[Text]:
    state.warnings = (*state.reader_warnings, *step.warnings)
    state.take_back(step.undone)
    lines = [line for block in step.blocks for line in state.take(block)]
    return lines + [line for rep in step.last_reps for line in state.take_rep(rep)]
