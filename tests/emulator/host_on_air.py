"""A host on the virtual link: the other end in the tests of the peripheral."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement, Device, DeviceConfiguration, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.hci import Address
from bumble.pairing import PairingConfig

from .radio import Air, Radio
from .wire import (
    CONTROL_UUID,
    EVENT_UUID,
    IMU_UUID,
    TRANSFER_UUID,
    Opcode,
    Packet,
    PacketType,
    Status,
    TransferEnd,
    request,
)


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
        await self.peer.discover_all()  # type: ignore[no-untyped-call]

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


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
