"""The virtual clip: what a host that follows PROTOCOL.md by hand receives is what was measured."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError, BleakGATTProtocolError

from imu_hinge.protocol import definitions as protocol
from imu_hinge.protocol.definitions import Opcode, PacketType, Status

from .conftest import World
from .virtual_clip import VirtualClip


class Hand:
    """A host without any of the product's code."""

    def __init__(self, client: BleakClient) -> None:
        self.client = client
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()
        self.samples: dict[int, tuple[int, ...]] = {}
        self.twice = 0
        self.transfer_ended: asyncio.Future[protocol.TransferEnd] | None = None
        self.tag = 0

    async def subscribe(self, pair: bool = True) -> None:
        if pair:
            await asyncio.wait_for(self.client.pair(), 20)
        await self.client.start_notify(protocol.CONTROL_UUID, lambda _, value: self.answers.put_nowait(bytes(value)))
        await self.client.start_notify(protocol.IMU_UUID, self._packet)
        await self.client.start_notify(protocol.TRANSFER_UUID, self._packet)

    def _packet(self, _: Any, value: bytearray) -> None:
        if value[0] & 15 == PacketType.END:
            assert self.transfer_ended
            self.transfer_ended.set_result(protocol.TransferEnd.unpack(value))
            return
        header = protocol.PacketHeader.unpack(value)
        assert (len(value) - 8) % 12 == 0
        for i, sample in enumerate(struct.iter_unpack("<6h", value[8:])):
            self.twice += header.index + i in self.samples
            self.samples[header.index + i] = sample

    async def ask(self, opcode: Opcode, arguments: bytes = b"") -> bytes:
        self.tag = (self.tag + 1) % 256
        await self.client.write_gatt_char(protocol.CONTROL_UUID, bytes([opcode, self.tag]) + arguments, response=True)
        answer = await asyncio.wait_for(self.answers.get(), 3)
        assert answer[:2] == bytes([opcode | 0x80, self.tag])
        assert answer[2] == Status.OK, Status(answer[2])
        return answer[3:]

    async def refill(self, first: int, count: int) -> protocol.TransferEnd:
        self.transfer_ended = asyncio.get_running_loop().create_future()
        await self.ask(Opcode.REFILL, protocol.RefillRequest(first, count).pack())
        return await asyncio.wait_for(self.transfer_ended, 30)


async def device_of(clip: VirtualClip) -> BLEDevice:
    def ours(_: Any, advertisement: Any) -> bool:
        data = advertisement.service_data.get(protocol.SERVICE_UUID)
        return data is not None and protocol.ServiceData.unpack(data).serial.hex().upper() == clip.serial

    device = await BleakScanner.find_device_by_filter(ours, timeout=20, service_uuids=[protocol.SERVICE_UUID])
    assert device
    return device


@asynccontextmanager
async def streaming(clip: VirtualClip, rate_hz: int = 200, pair: bool = True) -> AsyncIterator[Hand]:
    await clip.power_on()
    async with BleakClient(await device_of(clip)) as client:
        hand = Hand(client)
        await hand.subscribe(pair)
        await hand.ask(Opcode.CONFIGURE, protocol.ConfigureRequest(rate_hz, 16, 2000, 50).pack())
        await hand.ask(Opcode.START, b"\0")
        yield hand
    await clip.power_off()


@pytest.mark.parametrize("mtu", [23, 185, 247, 517])
async def test_every_sample_arrives_as_it_was_measured(in_process: World, mtu: int) -> None:
    clip = VirtualClip(in_process.air, mtu=mtu)
    clip.conditions.interval_ms = 15
    async with streaming(clip) as hand:
        await asyncio.sleep(20)
        stopped = protocol.StopResponse.unpack(await hand.ask(Opcode.STOP))
        await asyncio.sleep(0.2)
    assert stopped.samples == pytest.approx(4000, rel=0.01)
    assert [hand.samples[i] for i in range(stopped.samples)] == clip.stream.raw[: stopped.samples]
    assert hand.twice == 0


async def test_a_lost_link_is_refilled_from_the_ring(world: World) -> None:
    clip = VirtualClip(world.air)
    async with streaming(clip) as hand:
        await asyncio.sleep(0.5)
        clip.lose()
        await asyncio.sleep(1)
        await hand.client.disconnect()
        async with BleakClient(await device_of(clip)) as client:
            again = Hand(client)
            await again.subscribe()
            start = protocol.StartResponse.unpack(await again.ask(Opcode.START, b"\2"))
            assert start.resumed == 1
            missing = [i for i in range(start.next_index) if i not in hand.samples]
            assert len(missing) > 150
            end = await again.refill(missing[0], len(missing))
            assert end.status == Status.OK
            assert end.samples == len(missing)
            await again.ask(Opcode.STOP)
    everything = hand.samples | again.samples
    assert [everything[i] for i in range(len(clip.stream.raw))] == clip.stream.raw


async def test_an_open_clip_needs_no_pairing_and_a_closed_window_refuses(world: World) -> None:
    clip = VirtualClip(world.air, encrypted=False, pairing_open=False)
    async with streaming(clip, pair=False) as hand:
        await asyncio.sleep(0.3)
        assert hand.samples
        assert clip.connection
        assert not clip.connection.encryption
    shut = VirtualClip(world.air, "0000000000AA", pairing_open=False)
    await shut.power_on()
    async with BleakClient(await device_of(shut)) as client:
        assert len(await client.read_gatt_char(protocol.INFO_UUID)) == 36
        with pytest.raises(BleakError):
            await asyncio.wait_for(client.pair(), 20)
    await shut.power_off()


async def test_faults_of_the_sensor_and_of_the_link(in_process: World) -> None:
    clip = VirtualClip(in_process.air)
    clip.faults.lose = lambda n: n == 3
    clip.faults.miss = lambda n: n == 25
    async with streaming(clip) as hand:
        await asyncio.sleep(0.5)
        assert 25 not in hand.samples or set(hand.samples[25]) == {protocol.INVALID}
        assert len([i for i in range(70) if i not in hand.samples]) >= 10
        clip.faults.stuck = True
        await asyncio.sleep(1.5)
        assert clip.info.state & protocol.State.SENSOR_FAULT
        clip.faults.stuck = False
        await asyncio.sleep(1.5)
        assert not clip.info.state & protocol.State.SENSOR_FAULT
        clip.faults.stall = True
        await asyncio.sleep(2)
        assert clip.info.state & protocol.State.SENSOR_FAULT
        clip.faults.stall = False
        await asyncio.sleep(1.5)
        assert not clip.info.state & protocol.State.SENSOR_FAULT


async def test_another_major_version_shows_everywhere(world: World) -> None:
    clip = VirtualClip(world.air, encrypted=False)
    clip.faults.major = 9
    await clip.power_on()
    found = await BleakScanner.discover(timeout=1, return_adv=True)
    assert found[clip.address][1].service_data[protocol.SERVICE_UUID][0] == 9
    async with BleakClient(found[clip.address][0]) as client:
        assert (await client.read_gatt_char(protocol.INFO_UUID))[0] == 9
    await clip.power_off()


async def test_writing_to_control_without_indications_is_refused(world: World) -> None:
    clip = VirtualClip(world.air, encrypted=False)
    await clip.power_on()
    async with BleakClient(await device_of(clip)) as client:
        with pytest.raises(BleakGATTProtocolError) as refusal:
            await client.write_gatt_char(protocol.CONTROL_UUID, b"\5\1\0\0\0\0", response=True)
        assert refusal.value.code == 0xFD
    await clip.power_off()
