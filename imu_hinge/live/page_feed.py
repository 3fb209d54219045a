"""One board, many screens: each view is written as JSON once, and every screen gets the newest only.

No screen has a queue: one that is slow skips views, and what it is sent next is what holds then.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

from imu_hinge.live.view import Board, as_json

__all__ = ["Feed"]


class Feed:
    """The newest messages for screens, renewed by ``run``; ``clock`` gives seconds."""

    def __init__(
        self, board: Board, rate_hz: float, beat_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._board, self._period_s, self._beat_s, self._clock = board, 1.0 / rate_hz, beat_s, clock
        self._serial: int | None = None
        self._changed_s = self._said_s = clock()
        self._turn = asyncio.Event()
        self._wanted = asyncio.Event()
        self._watching = 0
        self.view_text = ""
        self.beat_text = ""
        self.views = 0
        """Views written so far."""
        self.turns = 0
        """How often there was something to send."""

    @property
    def watching(self) -> int:
        """Screens that watch."""
        return self._watching

    def join(self) -> None:
        """One more screen watches: it finds the newest view written."""
        self._watching += 1
        self._wanted.set()
        if not self.look():
            self._write_beat()

    def leave(self) -> None:
        """One screen less."""
        self._watching -= 1
        if not self._watching:
            self._wanted.clear()

    def look(self) -> bool:
        """Look at the board once; True where screens have something to send now."""
        view, now = self._board.look(), self._clock()
        if view.serial != self._serial:
            self._serial, self._changed_s = view.serial, now
            text = json.dumps(as_json(view), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            self.view_text = f'{{"view":{text}}}'
            self.views += 1
        elif now - self._said_s < self._beat_s:
            return False
        else:
            self._write_beat()
        self._said_s = now
        self.turns += 1
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()
        return True

    def _write_beat(self) -> None:
        """A sign of life that says how long ago the session last showed something new."""
        self.beat_text = f'{{"age_s":{self._clock() - self._changed_s:.1f}}}'

    async def turn(self) -> None:
        """Wait until there is something to send."""
        await self._turn.wait()

    async def run(self) -> None:
        """Look at the board at the page's rate for as long as somebody watches; ends only when cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wanted.wait()
            due = loop.time()
            while self._watching:
                self.look()
                due = max(due + self._period_s, loop.time())
                await asyncio.sleep(due - loop.time())
