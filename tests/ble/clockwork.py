"""An event loop whose clock can run ahead: with `warp` a wait takes no time, and a test is exact and short.

Loop time then stands still while code runs, and jumps to the next timer when there is nothing to do. Code that asks
``loop.time()`` cannot tell; code that asks ``time.monotonic()`` can, so product code takes its clock from outside.
Work in threads is waited for before the clock moves. Sockets are served, but their peers live in real time: no warp
with BlueZ.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

__all__ = ["ClockworkLoop", "warp"]


class _Selector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Passes on what is ready; instead of waiting for a timer it moves the clock."""

    loop: ClockworkLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        now = self.loop.warped
        if now is None or timeout is None or timeout <= 0:
            return super().select(timeout)  # type: ignore[no-any-return]
        ready = super().select(0)
        if ready or self.loop.in_threads:
            return ready or super().select(0.05)
        self.loop.warped = now + timeout
        return ready


class ClockworkLoop(asyncio.SelectorEventLoop):
    """asyncio's loop until `warp` is called in it."""

    def __init__(self) -> None:
        selector = _Selector()
        selector.loop = self
        self.warped: float | None = None
        self.in_threads = 0
        super().__init__(selector)

    def time(self) -> float:
        return super().time() if self.warped is None else self.warped

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        future = super().run_in_executor(executor, func, *args)
        self.in_threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: asyncio.Future[Any]) -> None:
        self.in_threads -= 1


def warp(start_s: float = 1000.0) -> None:
    """From now on the running loop's clock moves by itself, from ``start_s``: what rounding does to times then does not
    hang on how long this machine has been up."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ClockworkLoop)
    if loop.warped is None:
        loop.warped = start_s
