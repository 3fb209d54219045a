"""The harness itself: time that runs ahead, connection events, lost links."""

from __future__ import annotations

import asyncio
import time

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError
from bumble.core import AdvertisingData
from bumble.gatt import Characteristic, Service

from .air import Air, central
from .bumble_backend import use
from .clockwork import warp
from .peripheral import Peripheral

SERVICE = "6e7a0001-5c1d-4c7e-9f0e-2b1f6a9d3c50"
DATA = "6e7a0002-5c1d-4c7e-9f0e-2b1f6a9d3c50"
WHEN = "6e7a0003-5c1d-4c7e-9f0e-2b1f6a9d3c50"


def gadget(air: Air, address: str = "C0:00:00:00:00:07", mtu: int = 517) -> tuple[Peripheral, Characteristic]:
    data = Characteristic(DATA, Characteristic.Properties.NOTIFY, 0)
    secret = Characteristic(
        WHEN,
        Characteristic.Properties.READ,
        Characteristic.READABLE | Characteristic.READ_REQUIRES_ENCRYPTION,
        b"told to friends",
    )
    name = (AdvertisingData.Type.COMPLETE_LOCAL_NAME, b"gadget")
    note = (AdvertisingData.Type.SERVICE_DATA_16_BIT_UUID, b"\x0f\x18\x63")
    peripheral = Peripheral(air, address, [Service(SERVICE, [data, secret])], [name], [note], mtu=mtu)
    return peripheral, data


async def test_a_warped_loop_sleeps_an_hour_at_once() -> None:
    warp()
    loop, begin = asyncio.get_running_loop(), time.monotonic()
    before = loop.time()
    await asyncio.sleep(3600)
    await asyncio.to_thread(lambda: None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 3600)
    assert loop.time() - before == pytest.approx(7200)
    assert time.monotonic() - begin < 1


async def test_blocking_the_loop_is_an_error() -> None:
    from blockbuster import BlockingError

    with pytest.raises(BlockingError):
        time.sleep(0.01)


@pytest.mark.parametrize("interval_ms", [15, 50])
async def test_notifications_come_at_connection_events_only(interval_ms: int) -> None:
    warp()
    air = Air()
    peripheral, data = gadget(air)
    peripheral.conditions.interval_ms = interval_ms
    peripheral.conditions.packets_per_event = 2
    await peripheral.power_on()
    loop = asyncio.get_running_loop()
    came: list[tuple[float, int]] = []
    with use(await central(air)):
        async with BleakClient(peripheral.address) as client:
            await client.start_notify(DATA, lambda _, value: came.append((loop.time(), value[0])))
            for i in range(5):
                await peripheral.notify(data, bytes([i]))
            assert peripheral.backlog == 5
            await asyncio.sleep(1)
    assert [i for _, i in came] == list(range(5))
    first = came[0][0]
    assert [round((t - first) * 1000 / interval_ms, 3) for t, _ in came] == [0, 0, 1, 1, 2]


async def test_the_scan_response_carries_the_service_data_and_mtu_is_the_peripherals() -> None:
    warp()
    air = Air()
    peripheral, _ = gadget(air, mtu=185)
    await peripheral.power_on()
    with use(await central(air)):
        found = await BleakScanner.discover(timeout=1, return_adv=True)
        device, data = found[peripheral.address]
        assert data.local_name == "gadget"
        assert data.service_data == {"0000180f-0000-1000-8000-00805f9b34fb": b"\x63"}
        async with BleakClient(device) as client:
            assert client.services.get_characteristic(DATA).max_write_without_response_size == 182


async def test_reading_what_is_encrypted_pairs() -> None:
    warp()
    air = Air()
    peripheral, _ = gadget(air)
    await peripheral.power_on()
    with use(await central(air)):
        for _ in range(2):  # the second time with the bond
            async with BleakClient(peripheral.address) as client:
                assert await client.read_gatt_char(WHEN) == b"told to friends"
                assert peripheral.connection.encryption


async def test_a_silent_peripheral_is_lost_after_the_supervision_timeout() -> None:
    warp()
    air = Air()
    peripheral, data = gadget(air)
    peripheral.conditions.supervision_ms = 4000
    await peripheral.power_on()
    loop, lost = asyncio.get_running_loop(), asyncio.Event()
    came: list[int] = []
    with use(await central(air)):
        async with BleakClient(peripheral.address, disconnected_callback=lambda _: lost.set()) as client:
            await client.start_notify(DATA, lambda _, value: came.append(value[0]))
            peripheral.silence()
            await peripheral.notify(data, b"1")
            await asyncio.sleep(3)
            assert client.is_connected
            peripheral.revive()
            await asyncio.sleep(0.1)
            assert came == [ord("1")]  # a fade loses nothing
            begin = loop.time()
            peripheral.silence()
            await asyncio.wait_for(lost.wait(), 10)
            assert loop.time() - begin == pytest.approx(4, abs=0.01)
            assert not client.is_connected


async def test_failing_and_deaf_peripherals() -> None:
    warp()
    air = Air()
    peripheral, _ = gadget(air)
    await peripheral.power_on()
    with use(await central(air)):
        device = await BleakScanner.find_device_by_address(peripheral.address)
        peripheral.conditions.failing_connects = 1
        with pytest.raises(BleakError):
            await BleakClient(device).connect()
        peripheral.conditions.deaf = True
        with pytest.raises(TimeoutError):
            await BleakClient(device, timeout=3).connect()
        peripheral.conditions.deaf = False
        async with BleakClient(device) as client:
            assert client.is_connected
