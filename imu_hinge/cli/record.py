"""``imu-hinge record``: two or three clips over the air into a recording, as the samples come."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from imu_hinge.cli.clip_words import health_words, summary_lines
from imu_hinge.cli.options import ClipsOption, parse_clips, parse_side, parse_sites
from imu_hinge.sensors.ble_source import BleParams, BleSource
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.recorder import LiveSource, RecordParams, Summary, record

__all__ = ["record_command", "run"]

_REDRAW_S = 0.5
_LINE_S = 10.0
"""How often a line is printed where there is no screen to redraw it on."""


def record_command(
    out: Annotated[Path, typer.Argument(help="Recording to write, X.csv; never written over.", dir_okay=False)],
    clips: ClipsOption = None,
    rate: Annotated[int, typer.Option("--rate", min=25, max=416, help="Samples a second of each clip.")] = 100,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0.1, help="Stop after so long; Ctrl-C stops earlier.")
    ] = None,
    height: Annotated[
        float | None, typer.Option("--height", min=0.5, max=3.0, help="The athlete's height, m; for lengths.")
    ] = None,
    site: Annotated[
        list[str] | None, typer.Option("--site", help="Where a clip sits, e.g. back=L1; T12 and S1 by default.")
    ] = None,
    side: Annotated[str | None, typer.Option("--side", help="Thigh that is worn on: left or right.")] = None,
    exercise: Annotated[
        str | None, typer.Option("--exercise", help="All of it is a set of this; found by itself otherwise.")
    ] = None,
    load_kg: Annotated[float | None, typer.Option("--load-kg", min=0.0, help="Load of that set, kg.")] = None,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="End what a clip streams or logs already; refused otherwise.")
    ] = False,
) -> None:
    """Record from the clips until Ctrl-C: stand still for a second first."""
    params = RecordParams(height, parse_sites(site), parse_side(side), exercise, load_kg)
    source = BleSource(parse_clips(clips), BleParams(Wanted(rate_hz=rate), take_over=take_over))
    run(source, out, params, seconds)


def run(source: LiveSource, out: Path, params: RecordParams, seconds: float | None) -> Summary:
    """Record with a status line, until ``seconds`` are over or Ctrl-C; a second Ctrl-C does not wait for last holes."""
    timer = None
    show = _status_line()

    def watch(health: tuple[ClipHealth, ...], newest_s: float) -> None:
        nonlocal timer
        if timer is None and seconds is not None:
            timer = threading.Timer(seconds, source.stop)
            timer.daemon = True
            timer.start()
        show(health, newest_s)

    with _interrupt_ends(source):
        summary = record(source, out, params, watch, _say_looking)
    if timer is not None:
        timer.cancel()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for line in summary_lines(summary):
        print(line)
    return summary


def _say_looking() -> None:
    print("Looking for the clips ...", file=sys.stderr, flush=True)


def _status_line() -> Callable[[tuple[ClipHealth, ...], float], None]:
    """Shows how the clips do: one line redrawn on a screen, otherwise one from time to time."""
    screen = sys.stderr.isatty()
    every_s = _REDRAW_S if screen else _LINE_S
    drawn_s = float("-inf")

    def show(health: tuple[ClipHealth, ...], newest_s: float) -> None:
        nonlocal drawn_s
        now_s = time.monotonic()
        if now_s - drawn_s < every_s:
            return
        drawn_s = now_s
        text = f"{max(0.0, newest_s):7.1f} s  " + "  |  ".join(health_words(clip) for clip in health)
        print(f"\r\x1b[K{text}" if screen else text, end="" if screen else "\n", file=sys.stderr, flush=True)

    return show


@contextmanager
def _interrupt_ends(source: LiveSource) -> Iterator[None]:
    """The first Ctrl-C ends the recording cleanly, in the middle of no row; the second one interrupts."""

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        source.stop()

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
