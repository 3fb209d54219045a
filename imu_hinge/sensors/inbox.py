"""Where notifications wait: stamped when they come, bounded, and what finds no room is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from imu_hinge.sensors.driver import Told

__all__ = ["Inbox"]

ROOM: Final = 2048
"""Ten seconds at two hundred notifications a second (200 Hz with the smallest MTU)."""


class Inbox:
    """Notifications with the host's time of their arrival."""

    def __init__(self, now: Callable[[], float], room: int = ROOM) -> None:
        self._now = now
        self._room = room
        self._waiting: list[tuple[bytes, float]] = []
        self._told: list[Told] = []
        self._some = asyncio.Event()
        self.overflow = 0
        self.last_s = now()
        """When the last one came, kept or not."""

    def put(self, payload: bytearray) -> None:
        """The notify callback: stamp, enqueue, nothing else."""
        self.last_s = self._now()
        if len(self._waiting) < self._room:
            self._waiting.append((bytes(payload), self.last_s))
            self._some.set()
        else:
            self.overflow += 1

    def tell(self, what: Told) -> None:
        """What else a clip tells waits here too, to be read behind the samples that came before it."""
        if len(self._told) < self._room:
            self._told.append(what)
            self._some.set()
        else:
            self.overflow += 1

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    async def some(self) -> None:
        """Return when something is there; it stays there, so that whoever drains it has all in order."""
        await self._some.wait()

    def drain(self) -> list[tuple[bytes, float]]:
        """Everything that is there now."""
        taken, self._waiting = self._waiting, []
        self._some.clear()
        return taken

    def told(self) -> list[Told]:
        """Everything else that is there now."""
        taken, self._told = self._told, []
        return taken
