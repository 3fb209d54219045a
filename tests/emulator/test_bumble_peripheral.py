"""The emulated clip on the air: what a host on the same virtual link sees of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from bumble.att import ATT_Error
from bumble.core import UUID, AdvertisingData, ProtocolError
from bumble.device import Advertisement, Device, DeviceConfiguration, Peer
from bumble.gatt import (
    GATT_BATTERY_LEVEL_CHARACTERISTIC,
    GATT_FIRMWARE_REVISION_STRING_CHARACTERISTIC,
    GATT_SERIAL_NUMBER_STRING_CHARACTERISTIC,
)
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from bumble.pairing import PairingConfig

from .bumble_peripheral import Air, ClipPeripheral, Radio, WallClock
from .emulated_clip import EmulatedClip
from .hardware import ClipModel
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
    Packet,
    PacketFlags,
    PacketType,
    StartFlags,
    State,
    Status,
    TransferEnd,
    request,
)

SERIAL = "A1B2C3D4E5F6"


class Host:
    """A central that speaks the protocol."""

    def __init__(self, air: Air, **pairing: object) -> None:
        radio = Radio("host", link=air)
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(name="host", address=Address.generate_static_address()), radio, radio
        )
        self.device.pairing_config_factory = lambda _: PairingConfig(**pairing)  # type: ignore[arg-type]
        self.packets: list[Packet] = []
        self.ends: list[TransferEnd] = []
        self.events: list[bytes] = []
        self.responses: asyncio.Queue[bytes] = asyncio.Queue()

    async def find(self, name: str = "IH-4E5F6") -> Advertisement:
        found: asyncio.Future[Advertisement] = asyncio.get_running_loop().create_future()

        def on_advertisement(advertisement: Advertisement) -> None:
            data = advertisement.data
            named = data.get(AdvertisingData.COMPLETE_LOCAL_NAME) == name
            if named and data.get(AdvertisingData.SERVICE_DATA_128_BIT_UUID) and not found.done():
                found.set_result(advertisement)

        self.device.on(self.device.EVENT_ADVERTISEMENT, on_advertisement)
        await self.device.start_scanning(active=True, filter_duplicates=False)
        try:
            return await asyncio.wait_for(found, 20)
        finally:
            await self.device.stop_scanning()
            self.device.remove_listener(self.device.EVENT_ADVERTISEMENT, on_advertisement)

    async def connect(self, address: Address, mtu: int | None = 247) -> None:
        self.peer = Peer(await self.device.connect(address, timeout=20))
        if mtu:
            await self.peer.request_mtu(mtu)
        await self.peer.discover_all()

    def part(self, uuid: str) -> CharacteristicProxy[bytes]:
        (characteristic,) = self.peer.get_characteristics_by_uuid(UUID(uuid))
        return characteristic

    async def subscribe(self, *uuids: str) -> None:
        sinks: dict[str, Callable[[bytes], object]] = {
            CONTROL_UUID: self.responses.put_nowait,
            IMU_UUID: self.on_packet,
            TRANSFER_UUID: self.on_packet,
            EVENT_UUID: self.events.append,
        }
        for uuid in uuids or sinks:
            await self.part(uuid).subscribe(sinks[uuid], prefer_notify=uuid != CONTROL_UUID)

    def on_packet(self, value: bytes) -> None:
        if value[0] & 15 == PacketType.END:
            self.ends.append(TransferEnd.unpack(value))
        else:
            self.packets.append(Packet.unpack(value))

    @property
    def indices(self) -> set[int]:
        return {packet.index + i for packet in self.packets for i in range(len(packet.samples))}

    async def ask(self, opcode: Opcode, *arguments: int) -> bytes:
        await self.part(CONTROL_UUID).write_value(request(opcode, 1, *arguments), with_response=True)
        answer = await asyncio.wait_for(self.responses.get(), 20)
        assert answer[:3] == bytes([opcode | 0x80, 1, Status.OK])
        return answer[3:]


Put = Callable[..., Awaitable[tuple[EmulatedClip, ClipPeripheral, Host]]]


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


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


async def test_sizes_of_advertisement_and_scan_response(put: Put) -> None:
    _, peripheral, _ = await put()
    assert (len(peripheral.device.advertising_data), len(peripheral.device.scan_response_data)) == (31, 28)


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
    with pytest.raises(ProtocolError):
        await host.peer.connection.pair()


async def test_legacy_pairing_is_refused(put: Put) -> None:
    _, peripheral, host = await put(encrypted=True, mitm=False, sc=False)
    await host.connect(peripheral.device.random_address)
    with pytest.raises(ProtocolError):
        await host.peer.connection.pair()


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


async def test_two_clips_and_one_host() -> None:
    air = Air()
    clips = [EmulatedClip(serial, WallClock(ppm=30)) for serial in ("0000000A0001", "0000000A0002")]
    host = Host(air)
    async with ClipPeripheral(air, clips[0], encrypted=False), ClipPeripheral(air, clips[1], encrypted=False):
        await host.device.power_on()
        found = [await host.find(clip.local_name) for clip in clips]
        assert found[0].address != found[1].address
        for advertisement in found:
            await host.connect(advertisement.address)
            await host.subscribe()
            await host.ask(Opcode.START, 0)
        await until(lambda: all(clip.stream and clip.stream.next_index > 20 for clip in clips))
    await host.device.power_off()
