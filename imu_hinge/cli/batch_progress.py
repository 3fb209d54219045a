"""How far a batch is: a bar in a terminal, elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from imu_hinge.batch.run import Progress

__all__ = ["progress_line", "shown_progress"]

_A_LINE_S: Final = 30.0


@contextmanager
def shown_progress(total: int) -> Iterator[Callable[[Progress], None]]:
    """What to call as a batch of ``total`` recordings goes on; standard output, as its end is too."""
    console = Console()
    if console.is_terminal:
        with _bar(console) as bar:
            task = bar.add_task("", total=total, words="")

            def drawn(progress: Progress) -> None:
                fresh = progress.finished - progress.already
                rate = fresh / max(time.monotonic() - began, 1e-3)
                failed = f", {progress.failed} failed" if progress.failed else ""
                bar.update(task, completed=progress.finished, words=f"{rate:.1f}/s{failed}")

            began = time.monotonic()
            yield drawn
        return
    began = last = time.monotonic()

    def written(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _A_LINE_S:
            last = now
            typer.echo(progress_line(progress, now - began))

    yield written


def progress_line(progress: Progress, took_s: float) -> str:
    """How far it is after ``took_s`` seconds, its rate, and what remains at that rate."""
    rate = (progress.finished - progress.already) / max(took_s, 1e-3)
    failed = f", {progress.failed} failed" if progress.failed else ""
    remains_s = (progress.total - progress.finished) / rate if rate > 0 else 0.0
    remains = f", about {remains_s / 60.0:.0f} min to go" if rate > 0 else ""
    return f"{progress.finished} of {progress.total}{failed}, {rate:.1f}/s{remains}"


def _bar(console: Console) -> Bar:
    return Bar(
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[words]}", markup=False),
        TimeRemainingColumn(),
        console=console,
    )
