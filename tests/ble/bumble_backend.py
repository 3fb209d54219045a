"""A bleak backend that is not the operating system's but a Bumble host in this process.

With it bleak's public classes, and product code that uses them, talk over a virtual link to virtual clips:

    with use(await central(air)):
        async with BleakScanner() as scanner, BleakClient(device) as client: ...

It behaves as bleak's BlueZ backend does where programs have come to depend on it (test_bleak_conformance.py compares):
a link lost in the middle of an operation is a protocol error, pairing happens by itself where the clip asks for it, and
a client that connects again without having been disconnected hears everything twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar
from unittest import mock
from uuid import UUID as UUID128

from bleak.args import SizedBuffer
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble.att import ATT_Error, ErrorCode
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.core import TimeoutError as BumbleTimeoutError
from bumble.device import Advertisement, Device, Peer
from bumble.hci import Address, HCI_LE_Create_Connection_Cancel_Command

__all__ = ["use"]

MTU = 517  # what BlueZ asks for
T = TypeVar("T")
Type = AdvertisingData.Type
SERVICE_LISTS = [
    getattr(Type, f"{kind}_LIST_OF_{bits}_BIT_SERVICE_CLASS_UUIDS")
    for kind in ("INCOMPLETE", "COMPLETE")
    for bits in (16, 32, 128)
]
SERVICE_DATA = [getattr(Type, f"SERVICE_DATA_{bits}_BIT_UUID") for bits in (16, 32, 128)]
NEEDS_PAIRING = (ErrorCode.INSUFFICIENT_AUTHENTICATION, ErrorCode.INSUFFICIENT_ENCRYPTION)


def uuid_text(uuid: UUID) -> str:
    """A UUID the way bleak writes it."""
    return str(UUID128(bytes=bytes(reversed(uuid.uuid_128_bytes))))


def advertisement_data(advertisement: Advertisement) -> AdvertisementData:
    data = advertisement.data
    return AdvertisementData(
        local_name=data.get(Type.COMPLETE_LOCAL_NAME) or data.get(Type.SHORTENED_LOCAL_NAME),
        manufacturer_data=dict(data.get_all(Type.MANUFACTURER_SPECIFIC_DATA)),
        service_data={uuid_text(uuid): value for kind in SERVICE_DATA for uuid, value in data.get_all(kind)},
        service_uuids=[uuid_text(uuid) for kind in SERVICE_LISTS for some in data.get_all(kind) for uuid in some],
        tx_power=data.get(Type.TX_POWER_LEVEL),
        rssi=advertisement.rssi,
        platform_data=(advertisement,),
    )


@contextlib.contextmanager
def bleak_errors() -> Iterator[None]:
    try:
        yield
    except ATT_Error as error:
        raise BleakGATTProtocolError(error.error_code) from error
    except (BumbleTimeoutError, TimeoutError) as error:
        raise TimeoutError(str(error)) from error
    except BaseBumbleError as error:
        raise BleakError(str(error)) from error


class _Host:
    """What the clients and scanners of one adapter share."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.scanners: set[BumbleScanner] = set()
        self.connecting = asyncio.Lock()  # the controller makes one connection at a time


class BumbleScanner(BaseBleakScanner):
    """bleak's scanner on a Bumble host; `use` makes a subclass that knows its host."""

    host: _Host

    def __init__(
        self,
        detection_callback: Any,
        service_uuids: list[str] | None,
        scanning_mode: str = "active",
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"

    async def start(self) -> None:
        self.seen_devices = {}
        device, scanners = self.host.device, self.host.scanners
        device.on(device.EVENT_ADVERTISEMENT, self._on_advertisement)
        scanners.add(self)
        if len(scanners) == 1:
            await device.start_scanning(active=self._active)

    async def stop(self) -> None:
        device, scanners = self.host.device, self.host.scanners
        if self in scanners:
            scanners.discard(self)
            device.remove_listener(device.EVENT_ADVERTISEMENT, self._on_advertisement)
            if not scanners:
                await device.stop_scanning()

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        data = advertisement_data(advertisement)
        if self.is_allowed_uuid(data.service_uuids):
            address = advertisement.address.to_string(False)
            device = self.create_or_update_device(address, address, data.local_name, advertisement.address, data)
            self.call_detection_callbacks(device, data)


class BumbleClient(BaseBleakClient):
    """bleak's client on a Bumble host; `use` makes a subclass that knows its host."""

    host: _Host

    def __init__(self, address_or_ble_device: BLEDevice | str, services: set[str] | None = None, **kwargs: Any) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._device = address_or_ble_device if isinstance(address_or_ble_device, BLEDevice) else None
        self._wanted = services
        self._peer: Peer | None = None
        self._callbacks: dict[int, Callable[[bytes], None]] = {}
        self._deserted = 0  # connections that were lost with subscriptions, and not cleaned up by disconnect()
        self._echoes = 1

    @property
    def name(self) -> str:
        return (self._device and self._device.name) or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        return self._peer.connection.att_mtu if self._peer else 23

    @property
    def is_connected(self) -> bool:
        return self._peer is not None

    async def _find(self) -> Address:
        if self._device is None:
            found: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()

            def detected(device: BLEDevice, _: AdvertisementData) -> None:
                if device.address.lower() == self.address.lower() and not found.done():
                    found.set_result(device)

            scanner_type = type("Finder", (BumbleScanner,), {"host": self.host})
            scanner = scanner_type(detected, None)
            await scanner.start()
            try:
                self._device = await asyncio.wait_for(found, self._timeout)
            except TimeoutError:
                text = f"Device with address {self.address} was not found."
                raise BleakDeviceNotFoundError(self.address, text) from None
            finally:
                await scanner.stop()
        address: Address = self._device.details
        return address

    async def connect(self, pair: bool, **_: Any) -> None:
        if self.is_connected:
            raise BleakError("Client is already connected")
        address = await self._find()
        async with asyncio.timeout(self._timeout):
            peer = Peer(await self._connection(address))
            self._echoes = 1 + self._deserted
            peer.connection.on(peer.connection.EVENT_DISCONNECTION, lambda _: self._lost(peer))
            self._peer, self._callbacks = peer, {}
            try:
                if pair:
                    await self.pair()
                await self._request(lambda: peer.request_mtu(MTU))
                self.services = await self._request(lambda: self._discover(peer))
            except BaseException:
                await self.disconnect()
                raise

    async def _connection(self, address: Address) -> Any:
        device = self.host.device
        async with self.host.connecting:
            try:
                with bleak_errors():
                    connection = await device.connect(address, timeout=None)
            except asyncio.CancelledError:  # out of time too; Bumble would go on
                await device.send_sync_command(HCI_LE_Create_Connection_Cancel_Command())
                raise
        return connection

    async def _discover(self, peer: Peer) -> BleakGATTServiceCollection:
        collection = BleakGATTServiceCollection()
        for service in await peer.discover_services():
            if self._wanted and uuid_text(service.uuid) not in self._wanted:
                continue
            ours = BleakGATTService(service, service.handle, uuid_text(service.uuid))
            collection.add_service(ours)
            for characteristic in await service.discover_characteristics():
                bits = characteristic.properties
                names = [bit.name.lower().replace("_", "-") for bit in type(bits) if bit in bits]
                ours_too = BleakGATTCharacteristic(
                    characteristic,
                    characteristic.handle,
                    uuid_text(characteristic.uuid),
                    names,
                    lambda: self.mtu_size - 3,
                    ours,
                )
                collection.add_characteristic(ours_too)
                for descriptor in await characteristic.discover_descriptors():
                    uuid = uuid_text(descriptor.type)
                    collection.add_descriptor(BleakGATTDescriptor(descriptor, descriptor.handle, uuid, ours_too))
        return collection

    def _lost(self, peer: Peer) -> None:
        if self._peer is peer:
            self._peer, self.services = None, None
            self._deserted += bool(self._callbacks)
            if self._disconnected_callback:
                self._disconnected_callback()

    async def disconnect(self) -> None:
        peer = self._peer
        if peer:
            with contextlib.suppress(BaseBumbleError):
                await peer.connection.disconnect()
        self._deserted = 0

    async def pair(self, *_: Any, **__: Any) -> None:
        await self._request(self._secure)

    async def unpair(self) -> None:
        address = await self._find()
        await self.disconnect()
        await self.host.device.keystore.delete(str(address))

    async def _secure(self) -> None:
        """Encrypt with the keys of the bond, or make a bond."""
        assert self._peer
        connection = self._peer.connection
        if connection.encryption:
            return
        if await self.host.device.get_long_term_key(connection.handle, b"", 0):
            await connection.encrypt()
        else:
            await connection.pair()

    async def _request(self, operation: Callable[[], Awaitable[T]]) -> T:
        if self._peer is None:
            raise BleakError("Not connected")
        with bleak_errors():
            try:
                return await operation()
            except asyncio.CancelledError:
                # Bumble ends a request so, too, when the connection is lost.
                task = asyncio.current_task()
                if self._peer is None and not (task and task.cancelling()):
                    raise BleakGATTProtocolError(ErrorCode.UNLIKELY_ERROR) from None
                raise

    async def _gatt(self, operation: Callable[[Any], Awaitable[T]]) -> T:
        """One ATT operation; where the clip asks for a secure link, that is made and the operation repeated."""

        async def attempt() -> T:
            assert self._peer
            client = self._peer.gatt_client
            try:
                return await operation(client)
            except ATT_Error as error:
                if error.error_code not in NEEDS_PAIRING or self._peer.connection.encryption:
                    raise
            await self._secure()
            return await operation(client)

        return await self._request(attempt)

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
        return bytearray(await self._gatt(lambda gatt: gatt.read_value(characteristic.handle)))

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_: Any) -> bytearray:
        return bytearray(await self._gatt(lambda gatt: gatt.read_value(descriptor.handle)))

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool) -> None:
        await self._gatt(lambda gatt: gatt.write_value(characteristic.handle, bytes(data), response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        await self._gatt(lambda gatt: gatt.write_value(descriptor.handle, bytes(data), True))

    async def start_notify(self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any) -> None:
        if characteristic.handle in self._callbacks:
            raise BleakError("Characteristic notifications already started")

        def on_value(value: bytes) -> None:
            for _ in range(self._echoes):
                callback(bytearray(value))

        self._callbacks[characteristic.handle] = on_value
        try:
            await self._gatt(lambda gatt: gatt.subscribe(characteristic.obj, on_value))
        except BaseException:
            self._callbacks.pop(characteristic.handle, None)
            raise

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        on_value = self._callbacks.pop(characteristic.handle, None)
        await self._gatt(lambda gatt: gatt.unsubscribe(characteristic.obj, on_value))


@contextlib.contextmanager
def use(central: Device) -> Iterator[None]:
    """bleak's public classes use ``central``, a powered host, until the end of the block."""
    shared = {"host": _Host(central)}
    client, scanner = type("Client", (BumbleClient,), shared), type("Scanner", (BumbleScanner,), shared)
    with (
        mock.patch("bleak.get_platform_client_backend_type", return_value=(client, "bumble")),
        mock.patch("bleak.get_platform_scanner_backend_type", return_value=(scanner, "bumble")),
    ):
        yield
