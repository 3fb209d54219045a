"""A radio space in this process: Bumble's link and controller with what Linux and honest tests need of them.

`Air` carries packets between `Radio`s under the `Conditions` of each peripheral: connection events, how many
packets one event carries, connects that fail, a peripheral that dies. `central` makes a host in this process;
`bluez_adapter` makes a controller that a Linux kernel takes for its own. Works with Bumble 0.0.236.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bumble import ll
from bumble.controller import Connection, Controller
from bumble.core import PhysicalTransport
from bumble.device import Device, DeviceConfiguration
from bumble.hci import (
    Address,
    HCI_ErrorCode,
    HCI_LE_Advertising_Report_Event,
    HCI_LE_Connection_Complete_Event,
    HCI_LE_Create_Connection_Cancel_Command,
    HCI_LE_Read_Remote_Features_Command,
    HCI_LE_Read_Remote_Features_Complete_Event,
    HCI_StatusReturnParameters,
    LeFeatureMask,
    Role,
)
from bumble.link import LocalLink
from bumble.transport import open_transport

__all__ = ["Air", "Conditions", "Radio", "bluez_adapter", "central"]

ACTIVE_SCAN = 1
INTERVAL_UNIT_S = 1.25e-3
TIMEOUT_UNIT_S = 10e-3
FAILED = HCI_ErrorCode.CONNECTION_FAILED_TO_BE_ESTABLISHED_ERROR
CONNECT_EVENTS = 6
"""A connection that the peripheral has not answered after so many events has failed (Core 5.3 vol 6 B 4.5)."""


@dataclass
class Conditions:
    """How the radio treats one peripheral; may be changed at any time."""

    interval_ms: float | None = 0.0
    """Connection interval: packets go at connection events only. 0: at once. None: as the two hosts agree."""
    packets_per_event: int = 6
    """How many packets each side sends in one event; phones manage 4 to 6."""
    supervision_ms: float | None = None
    """Silence after which a link is lost; None: as the central asked."""
    failing_connects: int = 0
    """So many of the next connections break off before they carry anything (0x3E, a common thing on the air).

    Not with BlueZ: Linux 6.1.192 never tells the program of it, and told in the other way that controllers have, a
    connection and then its end, it crashes (a use after free in l2cap_chan_put, reached from l2cap_sock_release).
    """
    deaf: bool = False
    """It advertises and never takes a connection."""
    rssi: int = -50


@dataclass(eq=False)
class Channel:
    """One connection: what waits on either side for the next connection event."""

    conditions: Conditions
    interval_s: float
    supervision_s: float
    anchor: float
    waiting: dict[Address, deque[Callable[[], None]]] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None
    silent: bool = False

    def send(self, receiver: Address, deliver: Callable[[], None]) -> None:
        queue = self.waiting.setdefault(receiver, deque())
        if self._interval() == 0 and not queue and not self.silent:
            asyncio.get_running_loop().call_soon(deliver)
            return
        queue.append(deliver)
        self._schedule()

    def backlog(self, receiver: Address) -> int:
        return len(self.waiting.get(receiver, ()))

    def close(self) -> None:
        if self.timer:
            self.timer.cancel()
        self.waiting.clear()

    def _interval(self) -> float:
        ms = self.conditions.interval_ms
        return self.interval_s if ms is None else ms / 1e3

    def hush(self, silent: bool) -> None:
        """Hold everything back; the link layer repeats it afterwards if the link still stands."""
        self.silent = silent
        if not silent and any(self.waiting.values()):
            self._schedule()

    def _schedule(self) -> None:
        if self.timer:
            return
        loop = asyncio.get_running_loop()
        interval, due = self._interval(), loop.time()
        if interval:
            due = self.anchor + (math.floor((due - self.anchor) / interval + 1e-6) + 1) * interval
        self.timer = loop.call_at(due, self._event)

    def _event(self) -> None:
        self.timer = None
        if self.silent:
            return
        for queue in list(self.waiting.values()):
            for _ in range(min(self.conditions.packets_per_event, len(queue))):
                queue.popleft()()
        if any(self.waiting.values()):
            self._schedule()


class Air(LocalLink):
    """Bumble's link with connection events, and with silence.

    Data carries the address its connection was made with. (Bumble names the sender by its random address always;
    a central with a public address would never be heard.)
    """

    def __init__(self) -> None:
        super().__init__()
        self._conditions: dict[Address, Conditions] = {}
        self._channels: dict[frozenset[Address], Channel] = {}
        self._silent: dict[Radio, list[asyncio.TimerHandle]] = {}

    def conditions(self, peripheral: Address) -> Conditions:
        """The conditions of a peripheral, to be read and changed."""
        return self._conditions.setdefault(peripheral, Conditions())

    def backlog(self, sender: Address, receiver: Address) -> int:
        """Packets of ``sender`` that wait for a connection event."""
        channel = self._channels.get(frozenset((sender, receiver)))
        return channel.backlog(receiver) if channel else 0

    def lose(self, radio: Radio) -> None:
        """Every link of ``radio`` is lost this instant, and both sides know."""
        for connection, _ in list(self._ends(radio)):
            self._end(connection, HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)

    def silence(self, radio: Radio) -> None:
        """``radio`` neither sends nor hears anything; each side finds out when its supervision timeout is over."""
        loop = asyncio.get_running_loop()
        timers = self._silent.setdefault(radio, [])
        for connection, channel in self._ends(radio):
            channel.hush(True)
            reason = HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
            timers.append(loop.call_later(self._supervision(channel), self._end, connection, reason))

    def revive(self, radio: Radio) -> None:
        """End `silence`; a link that still stands goes on where it was."""
        for timer in self._silent.pop(radio, []):
            timer.cancel()
        for _, channel in self._ends(radio):
            channel.hush(False)

    def _supervision(self, channel: Channel) -> float:
        ms = channel.conditions.supervision_ms
        return channel.supervision_s if ms is None else ms / 1e3

    def _end(self, connection: Connection, reason: int) -> None:
        if connection.controller.le_connections.get(connection.peer_address) is connection:
            connection.controller.on_le_disconnected(connection, reason)
            self._channel(connection.self_address, connection.peer_address).close()

    def _ends(self, radio: Radio) -> Iterator[tuple[Connection, Channel]]:
        """Both ends of every connection of ``radio``."""
        ours = {c.self_address for c in radio.le_connections.values()}
        for controller in list(self.controllers):
            for connection in list(controller.le_connections.values()):
                if controller is radio or connection.peer_address in ours:
                    yield connection, self._channel(connection.self_address, connection.peer_address)

    def _channel(self, one: Address, other: Address) -> Channel:
        key = frozenset((one, other))
        if key not in self._channels:
            self._channels[key] = Channel(Conditions(), 0, 4, 0)
        return self._channels[key]

    def _open(self, packet: ll.ConnectInd) -> None:
        key = frozenset((packet.initiator_address, packet.advertiser_address))
        if key in self._channels:
            self._channels[key].close()
        self._channels[key] = Channel(
            self.conditions(packet.advertiser_address),
            packet.interval * INTERVAL_UNIT_S,
            packet.timeout * TIMEOUT_UNIT_S,
            asyncio.get_running_loop().time(),
        )

    # What Bumble's controllers call.

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        if isinstance(packet, ll.ConnectInd):
            self._open(packet)
        if sender_controller not in self._silent:
            for controller in self.controllers:
                if controller is not sender_controller and controller not in self._silent:
                    asyncio.get_running_loop().call_soon(controller.on_ll_advertising_pdu, packet)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        receiver = self.find_le_controller(destination_address)
        connection = sender_controller.le_connections.get(destination_address)
        if transport != PhysicalTransport.LE or receiver is None or connection is None:
            return
        source = connection.self_address

        self._channel(source, destination_address).send(
            destination_address, lambda: receiver.on_link_acl_data(source, transport, data)
        )

    def send_ll_control_pdu(self, sender_address: Address, receiver_address: Address, packet: ll.ControlPdu) -> None:
        receiver = self.find_le_controller(receiver_address)
        channel = self._channel(sender_address, receiver_address)
        if isinstance(packet, ll.ConnectionUpdateInd):
            channel.interval_s = packet.interval * INTERVAL_UNIT_S
            channel.supervision_s = packet.timeout * TIMEOUT_UNIT_S

        def deliver() -> None:
            if receiver and sender_address in receiver.le_connections:
                receiver.on_ll_control_pdu(sender_address, packet)

        channel.send(receiver_address, deliver)


class Radio(Controller):
    """Bumble's controller, with what Linux needs of one and Bumble leaves out."""

    link: Air

    # The kernel waits for *Enhanced* Connection Complete where either of these is offered; Bumble always sends
    # the plain one.
    le_features = Controller.le_features & ~(LeFeatureMask.LL_PRIVACY | LeFeatureMask.LE_EXTENDED_ADVERTISING)
    # Room for a whole notification in one packet, as with the data length extension.
    le_acl_data_packet_length = 251
    supported_max_tx_octets = supported_max_rx_octets = suggested_max_tx_octets = 251
    # A radio takes several connection intervals to tell the peer's features, and only then does the kernel let
    # data flow. At once, bluetoothd may hear of the data before it hears of the connection, and drops it
    # ("Device ... is already connected" in its log).
    feature_exchange_s = 0.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._asked_features: set[int] = set()  # connection handles

    def on_hci_le_read_remote_features_command(self, command: HCI_LE_Read_Remote_Features_Command) -> None:
        if connection := self.find_le_connection_by_handle(command.connection_handle):
            self._asked_features.add(connection.handle)
        super().on_hci_le_read_remote_features_command(command)

    def on_ll_control_pdu(self, sender_address: Address, packet: ll.ControlPdu) -> None:
        if isinstance(packet, ll.FeatureRsp):
            asyncio.get_running_loop().call_later(self.feature_exchange_s, self._tell_features, sender_address, packet)
        else:
            super().on_ll_control_pdu(sender_address, packet)

    def _tell_features(self, sender_address: Address, packet: ll.FeatureRsp) -> None:
        if connection := self.le_connections.get(sender_address):
            self._asked_features.discard(connection.handle)
            super().on_ll_control_pdu(sender_address, packet)

    def on_le_disconnected(self, connection: Connection, reason: int) -> None:
        """A question for the peer's features is answered even if the link is lost; the kernel waits for it for ever."""
        if connection.handle in self._asked_features:
            self._asked_features.discard(connection.handle)
            self.send_hci_packet(
                HCI_LE_Read_Remote_Features_Complete_Event(
                    status=reason, connection_handle=connection.handle, le_features=bytes(8)
                )
            )
        super().on_le_disconnected(connection, reason)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Report an advertisement and, when scanning actively, the scan response (Bumble repeats the advertisement)."""
        address = pdu.advertiser_address
        if self.le_scan_enable:
            report = HCI_LE_Advertising_Report_Event
            reports = [(report.EventType.ADV_IND, pdu.data)]
            advertiser = self._advertiser(address)
            if advertiser and self.le_scan_type == ACTIVE_SCAN:
                reports.append((report.EventType.SCAN_RSP, advertiser.le_legacy_advertiser.scan_response_data))
            rssi = self.link.conditions(address).rssi
            for event_type, data in reports:
                one = report.Report(
                    event_type=event_type, address_type=address.address_type, address=address, data=data, rssi=rssi
                )
                self.send_hci_packet(report([one]))
        pending = self.pending_le_connection
        if pending and pending.peer_address == address and not self.link.conditions(address).deaf:
            self.create_le_connection(address)

    def _advertiser(self, address: Address) -> Controller | None:
        for controller in self.link.controllers:
            if controller.le_legacy_advertiser.enabled and controller.le_legacy_advertiser.address == address:
                return controller
        return None

    def create_le_connection(self, peer_address: Address) -> None:
        conditions, pending = self.link.conditions(peer_address), self.pending_le_connection
        wait = CONNECT_EVENTS * max((conditions.interval_ms or 0) / 1e3, 7.5e-3)
        if conditions.failing_connects > 0:
            conditions.failing_connects -= 1
            self.pending_le_connection = None
            asyncio.get_running_loop().call_later(wait, self._connection_failed, pending, FAILED)
            return
        super().create_le_connection(peer_address)
        if connection := self.le_connections.get(peer_address):
            asyncio.get_running_loop().call_later(wait, self._check_established, connection)

    def _check_established(self, connection: Connection) -> None:
        """A connection that the other side knows nothing of never came to be."""
        mine = self.le_connections.get(connection.peer_address) is connection
        peer = self.link.find_le_controller(connection.peer_address)
        if mine and (peer is None or connection.self_address not in peer.le_connections):
            self.on_le_disconnected(connection, FAILED)

    def on_hci_le_create_connection_cancel_command(
        self, command: HCI_LE_Create_Connection_Cancel_Command
    ) -> HCI_StatusReturnParameters:
        # Bumble says yes and goes on connecting, and then refuses every later connection.
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return HCI_StatusReturnParameters(HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        reason = HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR
        asyncio.get_running_loop().call_soon(self._connection_failed, pending, reason)
        return HCI_StatusReturnParameters(HCI_ErrorCode.SUCCESS)

    def _connection_failed(self, pending: Any, status: int) -> None:
        self.send_hci_packet(
            HCI_LE_Connection_Complete_Event(
                status=status,
                connection_handle=0,
                role=Role.CENTRAL,
                peer_address_type=pending.peer_address.address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
        )


async def central(air: Air, address: str = "C0:FF:EE:00:00:01") -> Device:
    """A powered host in this process, for `bumble_backend.use`."""
    radio = Radio("central", link=air)
    device = Device.from_config_with_hci(DeviceConfiguration(name="central", address=Address(address)), radio, radio)
    await device.power_on()
    return device


@contextlib.asynccontextmanager
async def bluez_adapter(air: Air, transport: str, address: str = "00:AA:01:00:00:01") -> AsyncIterator[Radio]:
    """A controller that the kernel behind the Bumble transport takes for its own adapter, with a public ``address``."""
    async with await open_transport(transport) as hci:
        radio = Radio("adapter", host_source=hci.source, host_sink=hci.sink, link=air, public_address=address)
        radio.feature_exchange_s = 0.15
        try:
            yield radio
        finally:
            air.remove_controller(radio)
