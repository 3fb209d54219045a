"""Puts an emulated clip on the air: a Bumble peripheral on a virtual link, in this process.

    async with emulated_clips(link, 2, source=lambda clip, index: six_raw_values) as clips:
        ...                                     # a host on the same link finds them
        await clips[0].drop()

The clip decides what is sent; this module owns the GATT table, the advertisements, and the timers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from types import TracebackType

from bumble.att import ATT_Error, ATT_Handle_Value_Indication, ATT_Read_Blob_Request, Attribute, Bearer
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import (
    GATT_BATTERY_LEVEL_CHARACTERISTIC,
    GATT_BATTERY_SERVICE,
    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
    Characteristic,
    CharacteristicValue,
    Descriptor,
    Service,
)
from bumble.hci import Address, HCI_ErrorCode
from bumble.link import LocalLink
from bumble.profiles.device_information_service import DeviceInformationService

from .emulated_clip import EmulatedClip, NotSubscribedError
from .hardware import ClipModel, Source
from .outbox import Channel, Message
from .radio import Radio, RadioFactory, WallClock
from .security import secure
from .wire import CONTROL_UUID, EVENT_UUID, IMU_UUID, INFO_UUID, SERVICE_UUID, TRANSFER_UUID, Opcode, Role

log = logging.getLogger(__name__)

CCC_IMPROPERLY_CONFIGURED = 0xFD
SHORTEST_SLEEP_S = 0.004  # instants that fall due in between are caught up with; their times do not suffer
PARAMETERS_AFTER_S = 1.0
UUIDS = {
    Channel.IMU: IMU_UUID,
    Channel.CONTROL: CONTROL_UUID,
    Channel.TRANSFER: TRANSFER_UUID,
    Channel.EVENT: EVENT_UUID,
}
ENCRYPTED = Attribute.READ_REQUIRES_ENCRYPTION | Attribute.WRITE_REQUIRES_ENCRYPTION
Properties = Characteristic.Properties
SourceOfClips = Callable[[int, int], "Sequence[int | None] | None"]
"""Gives the six raw values of a sampling instant, by the clip's number and the index; None: not measured."""


class ClipPeripheral:
    """A clip that hosts on the same link can find, connect and talk to.

    `radio` makes its controller on the link. `encrypted` is what the document asks for; without it hosts that cannot
    pair get in. `notification_s` is how long the link is busy with each message: a slow link.
    """

    def __init__(
        self,
        link: LocalLink,
        clip: EmulatedClip,
        *,
        radio: RadioFactory = Radio,
        encrypted: bool = True,
        max_mtu: int = 247,
        notification_s: float = 0.0,
        address: str | None = None,
    ) -> None:
        self.clip = clip
        self.encrypted = encrypted
        self.notification_s = notification_s
        self.connection: Connection | None = None
        self.radio = radio(clip.local_name, link=link)
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=clip.local_name,
                address=Address(address) if address else Address.generate_static_address(),
            ),
            self.radio,
            self.radio,
        )
        secure(self.device, clip)
        self.device.gatt_server.max_mtu = max_mtu
        self._indicating = False
        self._battery: Characteristic[bytes] | None = None
        self._snapshot: bytes | None = None
        self._long_read = False
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._advertised: tuple[bytes, int] | None = None
        self._characteristics: dict[Channel, Characteristic[bytes]] = {}
        self._add_services()
        self.device.on(self.device.EVENT_CONNECTION, self._on_connection)
        clip.on_change = self._wake.set

    # ---------------------------------------------------------------- life

    async def __aenter__(self) -> ClipPeripheral:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Switch the radio on and advertise."""
        await self.device.power_on()
        await self._advertise()
        self._spawn(self._run())

    async def stop(self) -> None:
        """Leave the air for good."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.drop()
        if self.device.is_advertising:
            await self.device.stop_advertising()
        await self.device.power_off()

    async def drop(self, reason: int = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR) -> None:
        """Lose the connection, as when the host is out of reach."""
        if self.connection:
            with contextlib.suppress(BaseBumbleError):
                await self.connection.disconnect(reason)

    async def reset(self, physical: bool = True) -> None:
        """Reset the clip: the connection is lost, and device time begins anew."""
        await self.drop()
        self.clip.reset(physical)
        self._wake.set()

    async def set_battery(self, percent: int | None) -> None:
        """Change what the battery has left, and notify it."""
        self.clip.set_battery(percent)
        self._wake.set()
        if self._battery:
            await self.device.notify_subscribers(self._battery)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---------------------------------------------------------------- GATT table

    def _add_services(self) -> None:
        model = self.clip.model
        info: Characteristic[bytes] = Characteristic(
            INFO_UUID, Properties.READ, Attribute.READABLE, CharacteristicValue(read=self._read_info)
        )
        self._watch_long_reads(info)
        control: CharacteristicValue[bytes] = CharacteristicValue(write=self._on_control)
        for channel, properties, value in (
            (Channel.IMU, Properties.NOTIFY, b""),
            (Channel.CONTROL, Properties.WRITE | Properties.INDICATE, control),
            (Channel.TRANSFER, Properties.NOTIFY, b""),
            (Channel.EVENT, Properties.NOTIFY, b""),
        ):
            self._characteristics[channel] = self._sender(channel, properties, value)
        self.device.add_service(Service(SERVICE_UUID, [info, *self._characteristics.values()]))
        self.device.add_service(
            DeviceInformationService(
                manufacturer_name=model.manufacturer,
                model_number=model.name,
                serial_number=self.clip.serial,
                firmware_revision=model.firmware,
            )
        )
        if self.clip.battery is None:
            return  # a clip that does not know its battery leaves the service out
        self._battery = Characteristic(
            GATT_BATTERY_LEVEL_CHARACTERISTIC,
            Properties.READ | Properties.NOTIFY,
            Attribute.READABLE,
            CharacteristicValue(read=lambda _: bytes([self.clip.battery or 0])),
        )
        self.device.add_service(Service(GATT_BATTERY_SERVICE, [self._battery]))

    def _watch_long_reads(self, info: Characteristic[bytes]) -> None:
        """Notice when a read of `info` goes on after offset 0: Bumble does not tell the value's reader."""
        server = self.device.gatt_server
        read_blob = server.on_att_read_blob_request

        def on_read_blob(bearer: Bearer, request: ATT_Read_Blob_Request) -> object:
            self._long_read = request.attribute_handle == info.handle and request.value_offset > 0
            return read_blob(bearer, request)

        server.on_att_read_blob_request = on_read_blob

    def _read_info(self, _: object) -> bytes:
        """Give `info`, to all parts of one long read as it was at offset 0."""
        if not self._long_read or self._snapshot is None:
            self._snapshot = self.clip.info
        self._long_read = False
        return self._snapshot

    def _sender(
        self, channel: Channel, properties: Characteristic.Properties, value: bytes | CharacteristicValue[bytes]
    ) -> Characteristic[bytes]:
        """Make a characteristic that notifies or indicates, with a configuration that needs encryption too."""
        needs = ENCRYPTED if self.encrypted else Attribute.Permissions(0)
        permissions = needs | Attribute.WRITEABLE if properties & Properties.WRITE else needs
        characteristic: Characteristic[bytes] = Characteristic(UUIDS[channel], properties, permissions, value)
        configuration = Descriptor(
            GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
            needs | Attribute.READABLE | Attribute.WRITEABLE,
            self.device.gatt_server.make_descriptor_value(characteristic),
        )
        characteristic.descriptors = (configuration,)

        def on_subscription(_: object, notify: bool, indicate: bool) -> None:
            self.clip.subscribe(channel, indicate if channel is Channel.CONTROL else notify)
            self._wake.set()

        characteristic.on(characteristic.EVENT_SUBSCRIPTION, on_subscription)
        return characteristic

    def _on_control(self, _: Connection, value: bytes) -> None:
        try:
            self.clip.write_control(value)
        except NotSubscribedError:
            raise ATT_Error(CCC_IMPROPERLY_CONFIGURED) from None
        self._wake.set()

    # ---------------------------------------------------------------- advertising and connection

    def _advertising_data(self) -> bytes:
        return bytes(
            AdvertisingData(
                [
                    (AdvertisingData.FLAGS, b"\x06"),
                    (AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(UUID(SERVICE_UUID))),
                    (AdvertisingData.COMPLETE_LOCAL_NAME, self.clip.local_name.encode()),
                ]
            )
        )

    def _scan_response(self) -> bytes:
        value = bytes(UUID(SERVICE_UUID)) + self.clip.service_data
        return bytes(AdvertisingData([(AdvertisingData.SERVICE_DATA_128_BIT_UUID, value)]))

    async def _advertise(self) -> None:
        """Advertise what is true now, unless a host is connected or the clip is asleep."""
        if self.connection or self.clip.asleep:
            if self.clip.asleep and self._advertised:
                self._advertised = None
                await self.device.stop_advertising()
            return
        wanted = (self._scan_response(), self.clip.advertising_interval_ms)
        if wanted == self._advertised:
            return
        self._advertised = wanted
        await self.device.start_advertising(
            advertising_data=self._advertising_data(),
            scan_response_data=wanted[0],
            advertising_interval_min=wanted[1],
            advertising_interval_max=wanted[1],
        )

    def _on_connection(self, connection: Connection) -> None:
        log.info("%s: connected to %s", self.clip.local_name, connection.peer_address)
        self.connection = connection
        self._indicating = self._long_read = False
        self._advertised = None
        self.clip.connect(connection.att_mtu, encrypted=not self.encrypted or connection.is_encrypted)
        connection.on(connection.EVENT_CONNECTION_ENCRYPTION_CHANGE, lambda: self._on_encryption(connection))
        connection.on(connection.EVENT_CONNECTION_ATT_MTU_UPDATE, lambda: self.clip.set_mtu(connection.att_mtu))
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
        self._spawn(self._ask_for_parameters(connection))
        self._wake.set()

    def _on_encryption(self, connection: Connection) -> None:
        if connection.is_encrypted:
            self.clip.set_encrypted()

    def _on_disconnection(self, reason: int) -> None:
        log.info("%s: disconnected, reason 0x%02X", self.clip.local_name, reason)
        self.connection = None
        self.clip.disconnect()
        self._wake.set()

    async def _ask_for_parameters(self, connection: Connection) -> None:
        await asyncio.sleep(PARAMETERS_AFTER_S)
        if connection is self.connection:
            with contextlib.suppress(BaseBumbleError, asyncio.CancelledError, TimeoutError):
                await connection.update_parameters(15, 30, 0, 4000, use_l2cap=True)

    # ---------------------------------------------------------------- sending

    async def _run(self) -> None:
        """Send what the clip has to send, and wake it up when something falls due."""
        while True:
            self._wake.clear()
            message = self.clip.poll(may_indicate=not self._indicating)
            if message and self.connection:
                await self._send(self.connection, message)
                continue
            if self.clip.hang_up:
                await self.drop(HCI_ErrorCode.AUTHENTICATION_FAILURE_ERROR)
            await self._advertise()
            due = self.clip.next_due()
            wait = 0.5 if due is None else (due - self.clip.clock()) / 1e6 / getattr(self.clip.clock, "speed", 1.0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(0.5, max(SHORTEST_SLEEP_S, wait))):  # wait_for may swallow a cancel
                    await self._wake.wait()

    async def _send(self, connection: Connection, message: Message) -> None:
        characteristic = self._characteristics[message.channel]
        if message.channel is Channel.CONTROL:
            self._indicate(connection, characteristic, message.value)
        else:
            await self.device.notify_subscriber(connection, characteristic, message.value)
        await asyncio.sleep(self.notification_s)

    def _indicate(self, connection: Connection, characteristic: Characteristic[bytes], value: bytes) -> None:
        """Hand a response to the stack at once, before whatever follows; its confirmation may never come."""
        server = self.device.gatt_server
        confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        confirmed.add_done_callback(lambda _: self._on_confirmation(connection, value))
        server.pending_confirmations[connection] = confirmed
        self._indicating = True
        server.send_gatt_pdu(connection, bytes(ATT_Handle_Value_Indication(characteristic.handle, value)))

    def _on_confirmation(self, connection: Connection, value: bytes) -> None:
        if connection is not self.connection:
            return
        self.device.gatt_server.pending_confirmations[connection] = None
        self._indicating = False
        self._wake.set()
        if self.clip.asleep and value[0] == Opcode.SLEEP | 0x80:
            self._spawn(self.drop(HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR))


@contextlib.asynccontextmanager
async def emulated_clips(
    link: LocalLink,
    count: int = 1,
    source: SourceOfClips | None = None,
    *,
    radio: RadioFactory = Radio,
    encrypted: bool = True,
    model: ClipModel | None = None,
    clock: Callable[[int], Callable[[], int]] = lambda number: WallClock(ppm=20 * number),
    roles: Sequence[int] = (),
    first_serial: int = 0xE00000000001,
    max_mtu: int = 247,
) -> AsyncIterator[list[ClipPeripheral]]:
    """Put clips on a link that exists, and take them off it afterwards.

    `source(clip, index)` gives the six raw values of a sampling instant of clip 0, 1, ...; `clock(clip)` its clock.
    Their serial numbers are `first_serial` and those that follow.
    """
    async with contextlib.AsyncExitStack() as stack:
        peripherals = []
        for number in range(count):
            clip = EmulatedClip(f"{first_serial + number:012X}", clock(number), _of_clip(source, number), model)
            clip.settings.role = roles[number] if number < len(roles) else Role.NONE
            peripheral = ClipPeripheral(link, clip, radio=radio, encrypted=encrypted, max_mtu=max_mtu)
            peripherals.append(await stack.enter_async_context(peripheral))
        yield peripherals


def _of_clip(source: SourceOfClips | None, number: int) -> Source | None:
    return None if source is None else lambda index: source(number, index)
