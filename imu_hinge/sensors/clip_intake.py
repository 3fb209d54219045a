"""One clip's notifications on their way to the outlet: they wait in the inbox until there is room, then become rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from imu_hinge.sensors.clip_rows import ClipRows
from imu_hinge.sensors.driver import Decoder, Happening, Samples
from imu_hinge.sensors.inbox import Inbox
from imu_hinge.sensors.source import SampleBlock
from imu_hinge.sensors.timekeeping import Timekeeper

__all__ = ["Intake", "Outlet"]

_FULL_S: Final = 0.02
_ROOM_S: Final = 2.0
"""Longest wait for room where a stream is to go on; what then comes is more than there is room for, by an inbox."""


class Outlet(Protocol):
    """Where samples go."""

    @property
    def full(self) -> bool:
        """Whether to wait; notifications then pile up in the inbox, and overflow there, counted."""

    def put(self, block: SampleBlock, text: str = "", time_s: float = 0.0) -> None:
        """Rows, and what to note at ``time_s`` where ``text`` is not empty."""


class Intake:
    """What waits in ``inbox`` goes through ``decoder`` into ``rows`` while ``outlet`` has room; ``time`` gives common
    times; ``happened`` is called with what else was told."""

    def __init__(
        self,
        inbox: Inbox,
        rows: ClipRows,
        outlet: Outlet,
        happened: Callable[[Happening], None],
    ) -> None:
        self._inbox = inbox
        self._rows = rows
        self._outlet = outlet
        self._happened = happened
        self.decoder: Decoder | None = None
        self.time: Timekeeper | None = None

    @property
    def behind(self) -> bool:
        """Whether something waits here, so that it is not the clip that is silent."""
        return self._outlet.full or not self._inbox.empty

    async def run(self) -> None:
        """Decode as it comes, until cancelled."""
        while True:
            await self._inbox.some()
            await self.room()
            self.decode()

    async def take(self) -> None:
        """Decode what came, after a short wait for room at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ROOM_S):
                await self.room()
        self.decode()

    async def room(self) -> None:
        """Wait until the outlet has room."""
        while self._outlet.full:
            await asyncio.sleep(_FULL_S)

    def decode(self) -> None:
        """Everything that came; taking it and booking it is one step, so that nothing overtakes anything."""
        taken, decoder = self._inbox.drain(), self.decoder
        if taken and decoder is not None:
            self.deliver(tuple(part for payload, stamp in taken for part in decoder.feed(payload, stamp)))
        for told in self._inbox.told():
            what = told()
            if what is not None:
                self._happened(what)

    def listen(self) -> None:
        """Read what came for its time only, before common time begins."""
        decoder, time = self.decoder, self.time
        for payload, stamp in self._inbox.drain():
            if decoder is not None and time is not None:
                for _ in time.arrived(decoder.feed(payload, stamp)):
                    pass  # nothing is kept yet

    def deliver(self, parts: tuple[Samples, ...]) -> None:
        """Samples as rows."""
        if self.time is not None:
            for group in self.time.arrived(parts):
                self._rows.deliver(group, self.time.place)
