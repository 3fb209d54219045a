"""The control point of our clips: one request at a time, its answer found by tag, never waited for without end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from imu_hinge.errors import LinkError, ProtocolError
from imu_hinge.protocol.control import Arguments, Response, decode_response, encode_request
from imu_hinge.protocol.definitions import CONTROL_TIMEOUT_MS, CONTROL_UUID, Opcode
from imu_hinge.sensors.driver import Port

__all__ = ["Answer", "ControlPoint"]

_TIMEOUT_S: Final = CONTROL_TIMEOUT_MS / 1000


@dataclass(frozen=True)
class Answer:
    """A response, and the host's time when its request was written and when it came, s."""

    response: Response
    sent_s: float
    received_s: float


class ControlPoint:
    """Requests over one connection. Answers with an old tag, and bytes that are none, are dropped."""

    def __init__(self, port: Port, now: Callable[[], float], clip: str, timeout_s: float = _TIMEOUT_S) -> None:
        self._port = port
        self._now = now
        self.clip = clip
        self._timeout_s = timeout_s
        self._tags = count()
        self._one_at_a_time = asyncio.Lock()
        self._waiting: tuple[Opcode, int, asyncio.Future[tuple[Response, float]]] | None = None

    async def open(self) -> None:
        """Switch its indications on."""
        await self._port.subscribe(CONTROL_UUID, self._on_indication)

    async def ask(self, opcode: Opcode, arguments: Arguments | None = None) -> Answer:
        """A request and its answer, whatever its status. Raises LinkError where none comes in time."""
        async with self._one_at_a_time:
            tag = next(self._tags) & 0xFF
            answered = asyncio.get_running_loop().create_future()
            self._waiting = opcode, tag, answered
            try:
                async with asyncio.timeout(self._timeout_s):
                    sent_s = self._now()
                    await self._port.write(CONTROL_UUID, encode_request(opcode, tag, arguments))
                    response, received_s = await answered
            except TimeoutError as error:
                raise LinkError(
                    f"it does not answer ({opcode.name.lower()})",
                    clip=self.clip,
                    advice="Bring it closer; if that does not help switch it off and on.",
                ) from error
            finally:
                self._waiting = None
            return Answer(response, sent_s, received_s)

    def _on_indication(self, payload: bytearray) -> None:
        received_s = self._now()
        if self._waiting is None:
            return
        opcode, tag, answered = self._waiting
        try:
            response = decode_response(payload)
        except ProtocolError:
            return
        if (response.opcode, response.tag) == (opcode, tag) and not answered.done():
            answered.set_result((response, received_s))
