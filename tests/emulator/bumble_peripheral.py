"""Puts an emulated clip on the air: a Bumble peripheral on a virtual link, in this process.

    link = Air()
    clip = EmulatedClip("A1B2C3D4E5F6", WallClock())
    async with ClipPeripheral(link, clip):
        ...                                     # a host on the same link finds it

The clip decides what is sent; this module owns the GATT table, the advertisements, pairing, and the timers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from dataclasses import replace
from types import TracebackType

from bumble import ll, smp
from bumble.att import ATT_Error, Attribute
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData, BaseBumbleError, PhysicalTransport
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
from bumble.hci import Address, HCI_ErrorCode, HCI_LE_Advertising_Report_Event, HCI_Packet, LeFeatureMask
from bumble.keys import MemoryKeyStore, PairingKeys
from bumble.link import LocalLink
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.profiles.device_information_service import DeviceInformationService

from .emulated_clip import EmulatedClip, NotSubscribedError
from .outbox import Channel, Message
from .wire import CONTROL_UUID, EVENT_UUID, IMU_UUID, INFO_UUID, SERVICE_UUID, TRANSFER_UUID, Opcode, State

log = logging.getLogger(__name__)

CCC_IMPROPERLY_CONFIGURED = 0xFD
SHORTEST_SLEEP_S = 0.004  # instants that fall due in between are caught up with; their times do not suffer
PARAMETERS_AFTER_S = 1.0
BONDS = 4
UUIDS = {
    Channel.IMU: IMU_UUID,
    Channel.CONTROL: CONTROL_UUID,
    Channel.TRANSFER: TRANSFER_UUID,
    Channel.EVENT: EVENT_UUID,
}
ENCRYPTED = Attribute.READ_REQUIRES_ENCRYPTION | Attribute.WRITE_REQUIRES_ENCRYPTION
Properties = Characteristic.Properties


class WallClock:
    """Microseconds of the computer's clock; each clip's may run fast, by parts per million or by a factor."""

    def __init__(self, ppm: float = 0.0, speed: float = 1.0) -> None:
        self.speed = speed * (1 + ppm * 1e-6)
        self._begin = time.monotonic()

    def __call__(self) -> int:
        return int((time.monotonic() - self._begin) * 1e6 * self.speed)


class Air(LocalLink):
    """A virtual radio space in which a central may have a public address.

    Bumble names the sender of data by its random address; the peer knows it by that of the connection.
    """

    def send_acl_data(
        self, sender_controller: Controller, destination_address: Address, transport: PhysicalTransport, data: bytes
    ) -> None:
        """Deliver data under the address that the connection was made with."""
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if transport is PhysicalTransport.LE and connection and receiver:
            asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)


class Radio(Controller):
    """A controller that hosts get along with which wait for the Enhanced Connection Complete event."""

    le_features = Controller.le_features & ~(LeFeatureMask.LL_PRIVACY | LeFeatureMask.LE_EXTENDED_ADVERTISING)
    le_acl_data_packet_length = 251
    supported_max_tx_octets = supported_max_rx_octets = suggested_max_tx_octets = 251

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Report the advertiser's scan response; Bumble repeats the advertisement in its place."""
        sender = self.link.find_le_controller(pdu.advertiser_address) if self.link else None
        self._answer = bytes(sender.le_legacy_advertiser.scan_response_data) if sender else b""
        super().on_advertising_pdu(pdu)

    def send_hci_packet(self, packet: HCI_Packet) -> None:
        """Put the scan response in where it belongs."""
        if isinstance(packet, HCI_LE_Advertising_Report_Event):
            report = packet.reports[0]
            if report.event_type == HCI_LE_Advertising_Report_Event.EventType.SCAN_RSP:
                packet = HCI_LE_Advertising_Report_Event([replace(report, data=self._answer)])
        super().send_hci_packet(packet)


class BondStore(MemoryKeyStore):
    """Keeps four bonds; the oldest goes."""

    async def update(self, name: str, keys: PairingKeys) -> None:
        """Remember a host."""
        self.all_keys.pop(name, None)
        while len(self.all_keys) >= BONDS:
            del self.all_keys[next(iter(self.all_keys))]
        self.all_keys[name] = keys


class _SecureOnly(smp.Session):
    """Refuses legacy pairing."""

    def on_smp_pairing_request_command(self, command: smp.SMP_Pairing_Request_Command) -> None:
        if command.auth_req & smp.AuthReq.SC:
            super().on_smp_pairing_request_command(command)
        else:
            self.send_pairing_failed(smp.ErrorCode.AUTHENTICATION_REQUIREMENTS)


class _Window(PairingDelegate):
    """Accepts pairing while the clip does."""

    def __init__(self, clip: EmulatedClip) -> None:
        super().__init__(PairingDelegate.NO_OUTPUT_NO_INPUT)
        self.clip = clip

    async def accept(self) -> bool:
        return State.PAIRING in self.clip.state


class ClipPeripheral:
    """A clip that hosts on the same link can find, connect and talk to.

    `encrypted` is what the document asks for; without it hosts that cannot pair get in. `notification_s` is how long
    the link is busy with each message: a slow link.
    """

    def __init__(
        self,
        link: LocalLink,
        clip: EmulatedClip,
        *,
        encrypted: bool = True,
        max_mtu: int = 247,
        notification_s: float = 0.0,
        address: str | None = None,
    ) -> None:
        self.clip = clip
        self.encrypted = encrypted
        self.notification_s = notification_s
        self.connection: Connection | None = None
        self.radio = Radio(clip.local_name, link=link)
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=clip.local_name,
                address=Address(address) if address else Address.generate_static_address(),
            ),
            self.radio,
            self.radio,
        )
        self.device.keystore = BondStore()
        self.device.pairing_config_factory = lambda _: PairingConfig(mitm=False, delegate=_Window(clip))
        self.device.smp_manager.session_proxy = _SecureOnly
        self.device.gatt_server.max_mtu = max_mtu
        self._indicating = False
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
        await self.device.power_off()

    async def drop(self, reason: int = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR) -> None:
        """Lose the connection, as when the host is out of reach."""
        if self.connection:
            with contextlib.suppress(BaseBumbleError):
                await self.connection.disconnect(reason)

    async def reset(self) -> None:
        """Reset the clip: the connection is lost, and device time begins anew."""
        await self.drop()
        self.clip.reset()
        self._wake.set()

    async def set_battery(self, percent: int | None) -> None:
        """Change what the battery has left, and notify it."""
        self.clip.set_battery(percent)
        self._wake.set()
        await self.device.notify_subscribers(self._battery)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---------------------------------------------------------------- GATT table

    def _add_services(self) -> None:
        model = self.clip.model
        info: Characteristic[bytes] = Characteristic(
            INFO_UUID, Properties.READ, Attribute.READABLE, CharacteristicValue(read=lambda _: self.clip.info)
        )
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
        self._battery: Characteristic[bytes] = Characteristic(
            GATT_BATTERY_LEVEL_CHARACTERISTIC,
            Properties.READ | Properties.NOTIFY,
            Attribute.READABLE,
            CharacteristicValue(read=lambda _: bytes([self.clip.battery or 0])),
        )
        self.device.add_service(Service(GATT_BATTERY_SERVICE, [self._battery]))

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
        self._indicating = False
        self._advertised = None
        self.clip.connect(connection.att_mtu)
        connection.on(connection.EVENT_CONNECTION_ATT_MTU_UPDATE, lambda: self.clip.set_mtu(connection.att_mtu))
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
        self._spawn(self._ask_for_parameters(connection))
        self._wake.set()

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
            await self._advertise()
            due = self.clip.next_due()
            wait = 0.5 if due is None else (due - self.clip.clock()) / 1e6 / getattr(self.clip.clock, "speed", 1.0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(0.5, max(SHORTEST_SLEEP_S, wait))):  # wait_for may swallow a cancel
                    await self._wake.wait()

    async def _send(self, connection: Connection, message: Message) -> None:
        characteristic = self._characteristics[message.channel]
        if message.channel is Channel.CONTROL:
            self._indicating = True
            self._spawn(self._indicate(connection, characteristic, message.value))
            return
        await self.device.notify_subscriber(connection, characteristic, message.value)
        await asyncio.sleep(self.notification_s)

    async def _indicate(self, connection: Connection, characteristic: Characteristic[bytes], value: bytes) -> None:
        with contextlib.suppress(TimeoutError, asyncio.CancelledError, BaseBumbleError):
            await connection.cancel_on_disconnection(self.device.indicate_subscriber(connection, characteristic, value))
        if connection is not self.connection:
            return
        self._indicating = False
        self._wake.set()
        if self.clip.asleep and value[0] == Opcode.SLEEP | 0x80:
            await self.drop(HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR)
