"""Where notifications wait: stamped when they come, bounded, and what finds no room is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

__all__ = ["Inbox"]

ROOM: Final = 2048
"""Ten seconds at two hundred notifications a second (200 Hz with the smallest MTU)."""


class Inbox:
    """Notifications with the host's time of their arrival."""

    def __init__(self, now: Callable[[], float], room: int = ROOM) -> None:
        self._now = now
        self._queue: asyncio.Queue[tuple[bytes, float]] = asyncio.Queue(room)
        self.overflow = 0
        self.last_s = now()
        """When the last one came, kept or not."""

    def put(self, payload: bytearray) -> None:
        """The notify callback: stamp, enqueue, nothing else."""
        self.last_s = self._now()
        try:
            self._queue.put_nowait((bytes(payload), self.last_s))
        except asyncio.QueueFull:
            self.overflow += 1

    async def wait(self) -> list[tuple[bytes, float]]:
        """Everything that is there; waits for the first."""
        return [await self._queue.get(), *self.drain()]

    def drain(self) -> list[tuple[bytes, float]]:
        """Everything that is there now."""
        taken = []
        while not self._queue.empty():
            taken.append(self._queue.get_nowait())
        return taken
