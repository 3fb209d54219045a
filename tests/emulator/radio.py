"""The virtual radio space of tests, controllers in it, and the clock that drives an emulated clip."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Protocol

from bumble import ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.hci import Address, HCI_LE_Advertising_Report_Event, HCI_Packet, LeFeatureMask
from bumble.link import LocalLink


class RadioFactory(Protocol):
    """Makes a controller on a link: Bumble's `Controller`, or a class derived from it."""

    def __call__(self, name: str, *, link: LocalLink) -> Controller: ...


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

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

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
