"""The emulated clip on the air: what a host on the same virtual link sees of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from bumble.att import ATT_Error, ATT_Read_Blob_Request, ATT_Read_Blob_Response, ATT_Read_Request, ATT_Read_Response
from bumble.core import UUID, AdvertisingData, ProtocolError
from bumble.gatt import (
    GATT_BATTERY_LEVEL_CHARACTERISTIC,
    GATT_DEVICE_NAME_CHARACTERISTIC,
    GATT_FIRMWARE_REVISION_STRING_CHARACTERISTIC,
    GATT_SERIAL_NUMBER_STRING_CHARACTERISTIC,
    GATT_SERVICE_CHANGED_CHARACTERISTIC,
)
from bumble.smp import ErrorCode

from .bumble_peripheral import ClipPeripheral, emulated_clips
from .emulated_clip import EmulatedClip
from .hardware import ClipModel
from .host_on_air import Host, until
from .radio import Air, Radio, WallClock
from .wire import (
    CONTROL_UUID,
    EVENT_UUID,
    IMU_UUID,
    INFO_UUID,
    PING_RESPONSE,
    REFILL_RESPONSE,
    SERVICE_UUID,
    START_RESPONSE,
    STOP_RESPONSE,
    TRANSFER_UUID,
    EventType,
    Info,
    Opcode,
    PacketFlags,
    Role,
    StartFlags,
    State,
    Status,
    request,
)

SERIAL = "A1B2C3D4E5F6"


Put = Callable[..., Awaitable[tuple[EmulatedClip, ClipPeripheral, Host]]]


@pytest.fixture
async def put() -> AsyncIterator[Put]:
    peripherals: list[ClipPeripheral] = []
    hosts: list[Host] = []

    async def make(
        speed: float = 1.0, encrypted: bool = False, **pairing: object
    ) -> tuple[EmulatedClip, ClipPeripheral, Host]:
        air = Air()
        clip = EmulatedClip(SERIAL, WallClock(speed=speed), model=ClipModel(rates_hz=(200,)))
        peripheral = ClipPeripheral(air, clip, encrypted=encrypted)
        await peripheral.start()
        peripherals.append(peripheral)
        host = Host(air, **pairing)
        hosts.append(host)
        await host.device.power_on()
        return clip, peripheral, host

    yield make
    for peripheral in peripherals:
        await peripheral.stop()
    for host in hosts:
        await host.device.power_off()


async def test_advertisement_and_scan_response(put: Put) -> None:
    clip, _, host = await put()
    data = (await host.find()).data
    assert data.get(AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS) == [UUID(SERVICE_UUID)]
    assert data.get(AdvertisingData.FLAGS) == AdvertisingData.Flags(6)
    assert data.get(AdvertisingData.SERVICE_DATA_128_BIT_UUID) == (UUID(SERVICE_UUID), clip.service_data)


async def test_advertisement_and_scan_response_of_section_15() -> None:
    clip = EmulatedClip("0A1B2C3D4E5F", WallClock())
    clip.reset(physical=False)
    clip.settings.role = Role.BACK
    clip.set_battery(87)
    async with ClipPeripheral(Air(), clip) as peripheral:
        device = peripheral.device
        written = "020106 1107 B00B267C6549898E6B4C55DE0100292E 0909 49482D4434453546"
        assert device.advertising_data == bytes.fromhex(written)
        written = "1B21 B00B267C6549898E6B4C55DE0100292E 01 02 00 57 0A1B2C3D4E5F"
        assert device.scan_response_data == bytes.fromhex(written)


async def test_a_long_read_of_info_is_one_snapshot(put: Put) -> None:
    clip, peripheral, host = await put()
    await host.connect(peripheral.device.random_address, mtu=None)
    handle = host.part(INFO_UUID).handle
    before = clip.info
    begin = await host.peer.gatt_client.send_request(ATT_Read_Request(attribute_handle=handle))
    clip.settings.boot_id += 1
    rest = await host.peer.gatt_client.send_request(ATT_Read_Blob_Request(attribute_handle=handle, value_offset=22))
    assert isinstance(begin, ATT_Read_Response)
    assert isinstance(rest, ATT_Read_Blob_Response)
    assert begin.attribute_value + rest.part_attribute_value == before
    assert await host.part(INFO_UUID).read_value() == clip.info != before


async def test_gap_name_service_changed_and_a_clip_that_does_not_know_its_battery() -> None:
    air = Air()
    clip = EmulatedClip(SERIAL, WallClock())
    clip.set_battery(None)
    host = Host(air)
    async with ClipPeripheral(air, clip, encrypted=False) as peripheral:
        await host.device.power_on()
        await host.connect(peripheral.device.random_address)
        (name,) = host.peer.get_characteristics_by_uuid(GATT_DEVICE_NAME_CHARACTERISTIC)
        assert await name.read_value() == clip.local_name.encode()
        assert host.peer.get_characteristics_by_uuid(GATT_SERVICE_CHANGED_CHARACTERISTIC)
        assert not host.peer.get_characteristics_by_uuid(GATT_BATTERY_LEVEL_CHARACTERISTIC)
    await host.device.power_off()


async def test_a_host_that_does_not_encrypt_is_sent_away(put: Put) -> None:
    _, peripheral, host = await put(encrypted=True, speed=200)
    await host.connect(peripheral.device.random_address)
    await until(lambda: peripheral.connection is None)


async def test_a_response_goes_before_what_it_causes(put: Put) -> None:
    clip, peripheral, host = await put(speed=5)
    await host.connect(peripheral.device.random_address)
    arrived: list[str] = []
    await host.part(CONTROL_UUID).subscribe(lambda v: arrived.append("control"), prefer_notify=False)
    await host.part(TRANSFER_UUID).subscribe(lambda v: arrived.append("transfer"))
    for wanted in (request(Opcode.START, 1, 0), request(Opcode.REFILL, 2, 0, 20)):
        count = arrived.count("control")
        await host.part(CONTROL_UUID).write_value(wanted, with_response=True)
        await until(lambda count=count: arrived.count("control") > count)  # type: ignore[misc]
        await until(lambda: bool(clip.sampling.stream and clip.sampling.stream.next_index > 20))
    await until(lambda: arrived.count("transfer") >= 3)
    assert arrived == ["control", "control", "transfer", "transfer", "transfer"]


async def test_services_properties_and_open_values(put: Put) -> None:
    clip, peripheral, host = await put(encrypted=True)
    await host.connect(peripheral.device.random_address, mtu=None)
    names = {uuid: host.part(uuid).properties.name for uuid in (INFO_UUID, IMU_UUID, CONTROL_UUID, EVENT_UUID)}
    assert names == {INFO_UUID: "READ", IMU_UUID: "NOTIFY", CONTROL_UUID: "WRITE|INDICATE", EVENT_UUID: "NOTIFY"}
    long_read = await host.part(INFO_UUID).read_value()
    assert long_read == clip.info
    assert len(long_read) == 36
    for uuid, value in (
        (GATT_SERIAL_NUMBER_STRING_CHARACTERISTIC, SERIAL.encode()),
        (GATT_FIRMWARE_REVISION_STRING_CHARACTERISTIC, b"1.0.0"),
        (GATT_BATTERY_LEVEL_CHARACTERISTIC, b"\x64"),
    ):
        (characteristic,) = host.peer.get_characteristics_by_uuid(uuid)
        assert await characteristic.read_value() == value


async def test_without_encryption_the_rest_is_refused(put: Put) -> None:
    _, peripheral, host = await put(encrypted=True)
    await host.connect(peripheral.device.random_address)
    for uuid in (CONTROL_UUID, IMU_UUID, TRANSFER_UUID, EVENT_UUID):
        with pytest.raises(ATT_Error) as refused:
            await host.subscribe(uuid)
        assert refused.value.error_code in (0x0F, 0x05)
    with pytest.raises(ATT_Error) as refused:
        await host.part(CONTROL_UUID).write_value(request(Opcode.ABORT), with_response=True)
    assert refused.value.error_code in (0x0F, 0x05)


async def test_pairing_by_just_works_opens_it(put: Put) -> None:
    _, peripheral, host = await put(encrypted=True, mitm=False)
    await host.connect(peripheral.device.random_address)
    await host.peer.connection.pair()
    await host.subscribe()
    await host.ask(Opcode.ABORT)


async def test_pairing_is_refused_after_a_minute(put: Put) -> None:
    clip, peripheral, host = await put(encrypted=True, mitm=False)
    clip._pairing_until = 0
    await host.connect(peripheral.device.random_address)
    with pytest.raises(ProtocolError) as refused:
        await host.peer.connection.pair()
    assert refused.value.error_code == ErrorCode.PAIRING_NOT_SUPPORTED


async def test_legacy_pairing_is_refused(put: Put) -> None:
    _, peripheral, host = await put(encrypted=True, mitm=False, sc=False)
    await host.connect(peripheral.device.random_address)
    with pytest.raises(ProtocolError) as refused:
        await host.peer.connection.pair()
    assert refused.value.error_code == ErrorCode.AUTHENTICATION_REQUIREMENTS


async def test_a_request_without_indications_is_an_att_error(put: Put) -> None:
    _, peripheral, host = await put()
    await host.connect(peripheral.device.random_address)
    with pytest.raises(ATT_Error) as refused:
        await host.part(CONTROL_UUID).write_value(request(Opcode.ABORT), with_response=True)
    assert refused.value.error_code == 0xFD


async def test_stream_lost_link_resume_and_refill(put: Put) -> None:
    clip, peripheral, host = await put(speed=2)
    await host.connect(peripheral.device.random_address)
    await host.subscribe()
    assert START_RESPONSE.unpack(await host.ask(Opcode.START, 0))[:3] == (1, 0, 0)
    await until(lambda: len(host.packets) > 5)
    await peripheral.drop()
    await until(lambda: not clip.connected)
    advertised = await host.find()
    service_data = advertised.data.get(AdvertisingData.SERVICE_DATA_128_BIT_UUID)
    assert service_data
    assert service_data[1][2] & State.LINGERING
    await host.connect(advertised.address)
    await host.subscribe()
    assert Info.unpack(await host.part(INFO_UUID).read_value()).state & State.LINGERING
    assert START_RESPONSE.unpack(await host.ask(Opcode.START, StartFlags.RESUME))[:2] == (1, 1)
    before = len(host.packets)
    await until(lambda: len(host.packets) > before)
    _, total = STOP_RESPONSE.unpack(await host.ask(Opcode.STOP))
    missing = sorted(set(range(total)) - host.indices)
    assert missing
    count = missing[-1] + 1 - missing[0]
    assert REFILL_RESPONSE.unpack(await host.ask(Opcode.REFILL, missing[0], count)) == (missing[0], count)
    await until(lambda: bool(host.ends))
    assert host.ends[0][:2] == (Status.OK, count)
    assert host.indices == set(range(total))
    assert host.events


async def test_the_smallest_mtu(put: Put) -> None:
    _, peripheral, host = await put()
    await host.connect(peripheral.device.random_address, mtu=None)
    await host.subscribe()
    await host.ask(Opcode.START, 0)
    await until(lambda: len(host.packets) > 10)
    assert {len(p.samples) for p in host.packets} == {1}


async def test_ping(put: Put) -> None:
    _, peripheral, host = await put()
    await host.connect(peripheral.device.random_address)
    await host.subscribe(CONTROL_UUID)
    cookie, received, sent = PING_RESPONSE.unpack(await host.ask(Opcode.PING, 9))
    assert cookie == 9
    assert 0 <= sent - received < 10_000_000


async def test_sleep_disconnects_and_goes_dark(put: Put) -> None:
    clip, peripheral, host = await put()
    await host.connect(peripheral.device.random_address)
    await host.subscribe()
    await host.ask(Opcode.SLEEP)
    await until(lambda: peripheral.connection is None)
    assert clip.asleep
    await asyncio.sleep(0.02)
    assert not peripheral.device.is_advertising
    clip.press_button()
    await until(lambda: peripheral.device.is_advertising)


async def test_the_level_of_the_battery_is_notified(put: Put) -> None:
    _, peripheral, host = await put()
    await host.connect(peripheral.device.random_address)
    levels: list[bytes] = []
    (battery,) = host.peer.get_characteristics_by_uuid(GATT_BATTERY_LEVEL_CHARACTERISTIC)
    await battery.subscribe(levels.append)
    await peripheral.set_battery(9)
    await until(lambda: bool(levels))
    assert levels == [b"\x09"]


async def test_a_reset_loses_the_link_and_begins_anew(put: Put) -> None:
    clip, peripheral, host = await put()
    await host.connect(peripheral.device.random_address)
    await host.subscribe()
    await host.ask(Opcode.START, 0)
    before = Info.unpack(clip.info)
    await peripheral.reset()
    await host.connect((await host.find()).address)
    after = Info.unpack(await host.part(INFO_UUID).read_value())
    assert after.boot_id != before.boot_id
    assert after.state == State.PAIRING


async def test_a_slow_link_overflows(put: Put) -> None:
    _, peripheral, host = await put()
    peripheral.notification_s = 0.02
    await host.connect(peripheral.device.random_address, mtu=None)
    await host.subscribe()
    await host.ask(Opcode.START, 0)
    await until(lambda: any(event[0] == EventType.OVERFLOW for event in host.events))
    await until(lambda: any(PacketFlags.LOST_BEFORE in packet.flags for packet in host.packets))


class OtherRadio(Radio):
    """A controller of another test suite."""


@pytest.mark.parametrize("encrypted", [False, True])
async def test_clips_on_a_link_from_elsewhere(encrypted: bool) -> None:
    air = Air()
    host = Host(air, mitm=False)
    await host.device.power_on()
    async with emulated_clips(
        air, 2, lambda clip, index: (clip, index % 30000, 0, 0, 0, 0), radio=OtherRadio, encrypted=encrypted
    ) as clips:
        assert {type(clip.radio) for clip in clips} == {OtherRadio}
        assert all(clip.device.is_advertising for clip in clips)
        found = [await host.find(clip.clip.local_name) for clip in clips]
        assert found[0].address != found[1].address
        for number, advertisement in enumerate(found):
            await host.connect(advertisement.address)
            if encrypted:
                await host.peer.connection.pair()
            await host.subscribe()
            host.packets.clear()
            await host.ask(Opcode.START, 0)
            await until(lambda number=number: any(p.samples[0][0] == number for p in host.packets))  # type: ignore[misc]
        stream = clips[0].clip.sampling.stream
        assert stream
        assert stream.next_index
    assert not any(clip.connection or clip.device.is_advertising for clip in clips)
    await host.device.power_off()
