"""Refills as a clip sends them, over a port that plays the clip."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from ble.clockwork import warp

from imu_hinge.errors import ProtocolError, RefusedError
from imu_hinge.protocol.definitions import (
    CONTROL_UUID,
    TRANSFER_UUID,
    VERSION_MAJOR,
    Opcode,
    PacketFlags,
    PacketType,
    RefillResponse,
    ResponseHeader,
    Status,
    TransferEnd,
)
from imu_hinge.protocol.packets import encode_packet
from imu_hinge.sensors.drivers.imu_hinge import ImuHingeConversation
from imu_hinge.sensors.drivers.imu_hinge_decoder import ImuHingeDecoder


class Port:
    """A clip that is asked for 10 to 1009, answers for all of it and sends from ``first`` on."""

    payload_bytes = 244

    def __init__(self, first: int, status: Status, crc_off: int = 0, busy: int = 0) -> None:
        self._sinks: dict[str, Callable[[bytearray], None]] = {}
        self._first = first
        self._status = status
        self._crc_off = crc_off
        self.busy = busy
        self.asked = 0

    async def read(self, uuid: str) -> bytes:
        return b""

    async def send(self, uuid: str, data: bytes) -> None:
        await self.write(uuid, data)

    async def pair(self) -> None:
        return None

    async def subscribe(self, uuid: str, sink: Callable[[bytearray], None]) -> None:
        self._sinks[uuid] = sink

    async def write(self, uuid: str, data: bytes) -> None:
        opcode, tag = data[:2]
        if opcode != Opcode.REFILL:
            return
        self.asked += 1
        if self.asked <= self.busy:
            self._sinks[CONTROL_UUID](bytearray(ResponseHeader(opcode | 0x80, tag, Status.BUSY).pack()))
            return
        header = ResponseHeader(opcode | 0x80, tag, 0).pack()
        self._sinks[CONTROL_UUID](bytearray(header + RefillResponse(10, 1000).pack()))
        crc = count = 0
        for i in range(self._first, 1010, 19):
            raw = np.full((min(19, 1010 - i), 6), 5, np.int16)
            crc, count = zlib.crc32(raw.tobytes(), crc), count + len(raw)
            payload = encode_packet(PacketType.REFILL, 0, PacketFlags(0), i, i * 5000, raw)
            self._sinks[TRANSFER_UUID](bytearray(payload))
        end = TransferEnd(VERSION_MAJOR << 4 | 15, self._status, 0, count, crc ^ self._crc_off)
        self._sinks[TRANSFER_UUID](bytearray(end.pack()))


async def talk(port: Port) -> ImuHingeConversation:
    conversation = ImuHingeConversation(port, ImuHingeDecoder(), lambda: 0.0)
    await conversation.control.open()
    await port.subscribe(TRANSFER_UUID, conversation.transfers.on_notification)
    return conversation


async def test_what_came_before_the_ring_lost_the_rest_is_kept() -> None:
    refilled = await (await talk(Port(22, Status.GONE))).refill(10, 1010)
    assert (len(refilled.payloads), refilled.start, refilled.stop) == (52, 10, 1010)


async def test_what_does_not_verify_is_not_kept() -> None:
    with pytest.raises(ProtocolError, match="does not verify"):
        await (await talk(Port(22, Status.GONE, crc_off=1))).refill(10, 1010)


async def test_a_clip_that_is_busy_is_asked_again_when_it_had_time() -> None:
    warp()
    loop = asyncio.get_running_loop()
    port = Port(10, Status.OK, busy=4)
    begun_s = loop.time()
    refilled = await (await talk(port)).refill(10, 1010)
    assert (len(refilled.payloads), port.asked) == (53, 5)
    assert loop.time() - begun_s > 1.0


async def test_a_clip_that_stays_busy_is_not_asked_for_ever() -> None:
    warp()
    port = Port(10, Status.OK, busy=10_000)
    with pytest.raises(RefusedError):
        await (await talk(port)).refill(10, 1010)
    assert port.asked < 20
