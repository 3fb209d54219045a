"""Shows a running session and takes key strokes, in the thread that the session does not run in."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from imu_hinge.cli.live_pages import Links
from imu_hinge.live.keys import KeyPad, terminal_keys
from imu_hinge.live.plan import Command, Order
from imu_hinge.live.runner import LiveRun
from imu_hinge.live.screen import draw_view
from imu_hinge.live.view import CueView, View

__all__ = ["show"]

_REDRAW_S: Final = 0.1
_SWITCH_S: Final = 0.001
"""A thread that draws gives way to the one that cues after so long; Python's usual 5 ms would be half of the budget."""
_CUE_S: Final = 2.0


def show(run: LiveRun, *, screen: bool, links: Links | None = None) -> BaseException | None:
    """Run a session to its end; gives what went wrong."""
    links = Links() if links is None else links
    console = Console()
    with _interrupt_stops(run), _quick_switches():
        run.start()
        if screen:
            _on_screen(console, run, links)
        else:
            for line in (*links.code, *links.lines):
                console.print(line, soft_wrap=True, highlight=False, markup=False)
            _as_lines(console, run)
    return run.failure


def _on_screen(console: Console, run: LiveRun, links: Links) -> None:
    pad = KeyPad()
    cue: CueView | None = None
    shown_s = float("-inf")
    code = bool(links.code)
    with terminal_keys() as keys, Live(console=console, auto_refresh=False, screen=True) as live:
        over = False
        drawn: object = None
        while not over:
            over = run.wait(_REDRAW_S)
            pressed = keys.pressed()
            if code and (pressed or links.watched()):
                code, pressed = False, ""
            elif pressed.lower() == "p" and pad.typed is None:
                code = bool(links.code)
            for command in pad.take(pressed):
                run.order(command)
            view = run.board.look()
            if view.cue is not None and (cue is None or view.cue.serial != cue.serial):
                cue, shown_s = view.cue, time.monotonic()
            flash = cue is not None and time.monotonic() - shown_s < _CUE_S
            now = (view.serial, flash, pad.typed, code, console.size)
            if drawn != now:
                drawn = now
                link = "" if links.watched() else links.link
                shown = draw_view(view, cue if flash else None, pad.typed, link=link, rows=console.height)
                live.update(_code(links) if code else shown, refresh=True)
    console.print(draw_view(run.board.look(), None))


def _code(links: Links) -> RenderableType:
    lines = [Text(line, no_wrap=True) for line in links.code]
    told = Text(f"Scan it with the phone, or open {links.link}\nAny key goes on; p shows this again.", style="bold")
    return Group(*lines, Text(""), told)


def _as_lines(console: Console, run: LiveRun) -> None:
    """What is asked for and what happens, a line each."""
    said, over = "", False
    while not over:
        over = run.wait(_REDRAW_S)
        view = run.board.look()
        asked = _asked(view)
        if asked != said:
            said = asked
            if asked:
                console.print(f"> {asked}", soft_wrap=True, highlight=False, markup=False)
        while not run.lines.empty():
            console.print(run.lines.get(), soft_wrap=True, highlight=False, markup=False)


def _asked(view: View) -> str:
    prompt = view.prompt
    if prompt is None or not prompt.title:
        return ""
    step = f" ({prompt.step} of {prompt.steps})" if prompt.steps else ""
    watch = f" Yours to watch: {'; '.join(view.reminders)}." if view.reminders else ""
    again = f" - again, because {prompt.problem}" if prompt.problem else ""
    return f"{prompt.title}{step}: {prompt.text}{watch}{again}"


@contextmanager
def _interrupt_stops(run: LiveRun) -> Iterator[None]:
    """The first Ctrl-C ends the session cleanly and saves it; the second one interrupts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        run.order(Command(Order.STOP))

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
