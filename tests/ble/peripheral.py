"""A Bumble peripheral in an `Air`: advertises, serves its GATT table, and can be lost, dropped or dead."""

from __future__ import annotations

from collections.abc import Sequence

from bumble.core import AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, Service
from bumble.hci import Address
from bumble.pairing import PairingConfig, PairingDelegate

from .air import Air, Conditions, Radio

__all__ = ["Peripheral"]

AdElements = Sequence[tuple[AdvertisingData.Type, bytes]]


class Peripheral:
    """A device with ``services`` that shows ``advertisement`` and, to active scanners, ``scan_response``."""

    def __init__(
        self,
        air: Air,
        address: str,
        services: Sequence[Service],
        advertisement: AdElements,
        scan_response: AdElements = (),
        advertising_ms: int = 100,
        mtu: int = 517,
    ) -> None:
        self.air = air
        self.radio = Radio(address, link=air)
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name="peripheral",
                address=Address(address),
                advertising_interval_min=advertising_ms,
                advertising_interval_max=advertising_ms,
                advertising_data=bytes(AdvertisingData(list(advertisement))),
                keystore=None,
                gap_service_enabled=True,
            ),
            self.radio,
            self.radio,
        )
        self.device.scan_response_data = bytes(AdvertisingData(list(scan_response)))
        self.device.pairing_config_factory = self._pairing
        self.device.gatt_server.max_mtu = mtu
        for service in services:
            self.device.add_service(service)
        self.device.on("connection", self._connected)

    @property
    def address(self) -> str:
        """The address the way bleak writes it."""
        text: str = self.device.random_address.to_string(False)
        return text

    @property
    def conditions(self) -> Conditions:
        """How the air treats it."""
        return self.air.conditions(self.device.random_address)

    @property
    def connection(self) -> Connection | None:
        """The host that is connected, if any."""
        return next(iter(self.device.connections.values()), None)

    @property
    def backlog(self) -> int:
        """Packets of its that wait for a connection event."""
        connection = self.connection
        return self.air.backlog(connection.self_address, connection.peer_address) if connection else 0

    async def power_on(self) -> None:
        """Switch on and advertise."""
        await self.device.power_on()
        await self.device.start_advertising(auto_restart=True)

    async def power_off(self) -> None:
        """Hang up and advertise no more."""
        await self.device.stop_advertising()
        await self.drop()

    async def drop(self) -> None:
        """Hang up, as a peripheral that wants no more (reason 0x13)."""
        for connection in list(self.device.connections.values()):
            await connection.disconnect()

    def lose(self) -> None:
        """Be out of range for an instant: both sides have lost the link (reason 0x08)."""
        self.air.lose(self.radio)

    def silence(self) -> None:
        """Stop answering without a word; the host finds out when the supervision timeout is over."""
        self.air.silence(self.radio)

    def revive(self) -> None:
        """Answer again."""
        self.air.revive(self.radio)

    def advertise(self, advertisement: AdElements, scan_response: AdElements) -> None:
        """Show something else from now on."""
        self.device.advertising_data = bytes(AdvertisingData(list(advertisement)))
        self.device.scan_response_data = bytes(AdvertisingData(list(scan_response)))
        self.radio.le_legacy_advertiser.advertising_data = self.device.advertising_data
        self.radio.le_legacy_advertiser.scan_response_data = self.device.scan_response_data

    async def notify(self, characteristic: Characteristic, value: bytes) -> None:
        """Notify or indicate whoever has subscribed."""
        connection = self.connection
        if connection is None:
            return
        if characteristic.properties & Characteristic.Properties.INDICATE:
            await self.device.indicate_subscriber(connection, characteristic, value)
        else:
            await self.device.notify_subscriber(connection, characteristic, value)

    def accepts_pairing(self) -> bool:
        """Whether a host may pair now."""
        return True

    def _pairing(self, _: Connection) -> PairingConfig:
        peripheral = self

        class JustWorks(PairingDelegate):  # type: ignore[misc]
            async def accept(self) -> bool:
                return peripheral.accepts_pairing()

        return PairingConfig(sc=True, mitm=False, bonding=True, delegate=JustWorks())

    def _connected(self, connection: Connection) -> None:
        connection.on("disconnection", self._disconnected)
        self.on_connection(connection)

    def _disconnected(self, reason: int) -> None:
        self.on_disconnection(reason)

    def on_connection(self, connection: Connection) -> None:
        """A host has connected."""

    def on_disconnection(self, reason: int) -> None:
        """The link has ended."""
