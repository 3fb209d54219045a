"""Transfers out of a clip's memory: every packet up to the transfer's end, then count and CRC-32 compared."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import Final

from imu_hinge.errors import LinkError, PacketError, ProtocolError, RefusedError
from imu_hinge.protocol.control import Arguments, Response
from imu_hinge.protocol.definitions import (
    PACKET_HEADER_BYTES,
    SAMPLE_BYTES,
    Opcode,
    Status,
    TransferEnd,
)
from imu_hinge.protocol.packets import decode_packet
from imu_hinge.sensors.drivers.imu_hinge_control import ControlPoint

__all__ = ["Transfers"]

_LIMIT: Final = 65_536
"""Most notifications that wait: more than the largest transfer one asks for at once."""
_SILENCE_S: Final = 5.0


class Transfers:
    """The transfer characteristic of one connection; one transfer at a time."""

    def __init__(self, control: ControlPoint, now: Callable[[], float], silence_s: float = _SILENCE_S) -> None:
        self._control = control
        self._now = now
        self._silence_s = silence_s
        self._queue: asyncio.Queue[bytes] = asyncio.Queue(_LIMIT)
        self._one_at_a_time = asyncio.Lock()
        self.overflow = 0

    def on_notification(self, payload: bytearray) -> None:
        """Enqueue a notification of ``transfer``."""
        try:
            self._queue.put_nowait(bytes(payload))
        except asyncio.QueueFull:
            self.overflow += 1

    async def fetch(
        self,
        opcode: Opcode,
        arguments: Arguments,
        clip: str,
        on_packet: Callable[[bytes], None] | None = None,
        statuses: tuple[Status, ...] = (Status.OK,),
    ) -> tuple[Response, list[bytes]]:
        """Ask for a transfer and wait for its end; gives the answer and the sample packets, in order, verified.

        Raises RefusedError where the clip says no, ProtocolError where count or CRC-32 differ or it ends with another
        status than ``statuses``, LinkError where it falls silent.
        """
        async with self._one_at_a_time:
            while not self._queue.empty():
                self._queue.get_nowait()
            response = (await self._control.ask(opcode, arguments)).response.check(clip)
            packets: list[bytes] = []
            try:
                end = await self._collect(packets, clip, on_packet)
            except (ProtocolError, LinkError):
                await self._abort()
                raise
            samples = b"".join(packet[PACKET_HEADER_BYTES:] for packet in packets)
            if end.status not in statuses:
                raise RefusedError("the clip broke the transfer off", status=end.status, clip=clip, advice="Ask again.")
            if len(samples) != end.samples * SAMPLE_BYTES or zlib.crc32(samples) != end.crc32:
                raise ProtocolError(
                    f"the transfer does not verify ({len(samples) // SAMPLE_BYTES} of {end.samples} samples)",
                    clip=clip,
                    advice="Ask again.",
                )
            return response, packets

    async def _collect(self, packets: list[bytes], clip: str, on_packet: Callable[[bytes], None] | None) -> TransferEnd:
        while True:
            try:
                async with asyncio.timeout(self._silence_s):
                    payload = await self._queue.get()
            except TimeoutError as error:
                raise LinkError("the transfer fell silent", clip=clip, advice="Bring the clip closer.") from error
            try:
                packet = decode_packet(payload)
            except PacketError:
                continue  # count and CRC-32 will tell
            if isinstance(packet, TransferEnd):
                return packet
            if packet is not None:
                packets.append(payload)
                if on_packet is not None:
                    on_packet(payload)

    async def _abort(self) -> None:
        """Leave no transfer running behind; a clip that does not answer any more has none."""
        try:
            await self._control.ask(Opcode.ABORT)
        except (LinkError, ProtocolError):
            return
