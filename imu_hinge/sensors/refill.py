"""Getting lost samples back from a clip's ring, each hole from its front, part by part, verified."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from imu_hinge.errors import ProtocolError
from imu_hinge.sensors.driver import Conversation, Samples
from imu_hinge.sensors.limits import LinkLimits

__all__ = ["HoleFiller"]

_PAUSE_S: Final = 0.5
"""Between two attempts: what disturbed the first should be over."""


class _Books(Protocol):
    @property
    def holes(self) -> tuple[tuple[int, int], ...]: ...

    def feed(self, payload: bytes, received_s: float) -> tuple[Samples, ...]: ...

    def expect(self, start: int, stop: int) -> None: ...

    def give_up(self, start: int, stop: int) -> None: ...


class HoleFiller:
    """Asks for what is missing.

    Recordings accept late samples only where they ascend within their hole. So a hole is filled from its front; a part
    that cannot be had in ``refill_tries`` attempts, or that the ring has lost, is given up before the next one is asked
    for. A link that breaks costs the part that was under way, which is then asked again over the next link.
    """

    def __init__(
        self,
        books: _Books,
        deliver: Callable[[tuple[Samples, ...]], None],
        now: Callable[[], float],
        limits: LinkLimits,
    ) -> None:
        self._books = books
        self._deliver = deliver
        self._now = now
        self._limits = limits
        self._seen: dict[int, float] = {}
        self._tries: dict[int, int] = {}
        self.gave_up = 0

    def due(self, age_s: float) -> tuple[int, int] | None:
        """The first hole that has been there for ``age_s``; keep asking so that ages are known."""
        now, holes = self._now(), self._books.holes
        ends = {stop for _, stop in holes}
        # A hole keeps its end while its front is filled.
        self._seen = {stop: self._seen.get(stop, now) for stop in ends}
        for start, stop in holes:
            if now - self._seen[stop] >= age_s:
                return start, stop
        return None

    async def fill(self, conversation: Conversation, hole: tuple[int, int]) -> None:
        """Ask once for the next part of a hole. Raises LinkError where the link fails."""
        start, stop = hole[0], min(hole[1], hole[0] + self._limits.refill_chunk)
        self._tries = {start: self._tries.get(start, 0) + 1}
        # The stream goes on meanwhile, and what it forgets must not be what is on its way.
        self._books.expect(start, stop)
        try:
            await self._fill(conversation, start, stop)
        finally:
            self._books.expect(0, 0)

    async def _fill(self, conversation: Conversation, start: int, stop: int) -> None:
        try:
            refilled = await conversation.refill(start, stop)
        except ProtocolError:
            refilled = None
        if refilled is None or refilled.stop <= start:
            if self._tries[start] >= self._limits.refill_tries:
                self._books.give_up(start, stop)
                self.gave_up += 1
            else:
                await asyncio.sleep(_PAUSE_S)
            return
        now = self._now()
        self._deliver(tuple(part for payload in refilled.payloads for part in self._books.feed(payload, now)))
        # What the clip answered for and did not send was not measured; what lies before, its ring has lost.
        self._books.give_up(start, refilled.stop)
