"""One Bluetooth adapter: it scans or connects, one thing at a time, and knows clips by their serial numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakBluetoothNotAvailableError, BleakError

from imu_hinge.errors import LinkError
from imu_hinge.sensors.driver import Advertised, Driver, Identity
from imu_hinge.sensors.gatt import GattPort, translated
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.platform_advice import no_service, unavailable

__all__ = ["Adapter", "Found"]


@dataclass(frozen=True)
class Found:
    """A sensor that advertises: who it is, its family, how strong it is, dBm, and the system's handle for it."""

    identity: Identity
    driver: Driver
    rssi_dbm: int | None
    device: BLEDevice


class Adapter:
    """Scanning and connecting exclude each other, and so do two connections being made (BlueZ and WinRT fail where
    they are not; USERS_ASK.md, row 3). Use one for all clips of a program."""

    def __init__(self, drivers: Sequence[Driver], limits: LinkLimits | None = None) -> None:
        self._drivers = tuple(drivers)
        self._limits = LinkLimits() if limits is None else limits
        self._one_at_a_time = asyncio.Lock()

    async def scan(self, seconds: float, enough: Callable[[dict[str, Found]], bool] | None = None) -> dict[str, Found]:
        """Sensors by serial number, seen within ``seconds`` or until ``enough`` says so.

        Raises LinkError where there is no Bluetooth, with what to do about it.
        """
        async with self._one_at_a_time:
            return await self._scan(seconds, enough)

    async def connect(self, serial: str, seen: Callable[[Found], None] = lambda found: None) -> tuple[Found, GattPort]:
        """Find a sensor, tell ``seen``, and connect to it.

        Raises LinkError where it is not seen or does not let itself be connected. It is looked for anew each time: its
        address may have changed, and systems forget devices.
        """
        async with self._one_at_a_time:
            around = await self._scan(self._limits.scan_s, lambda found: serial in found)
            if serial not in around:
                raise LinkError(
                    "it is not seen",
                    clip=serial,
                    advice="Switch it on, bring it closer, and see that nobody else has it.",
                )
            found = around[serial]
            seen(found)
            gone = asyncio.Event()
            client = BleakClient(found.device, lambda _: gone.set(), timeout=self._limits.connect_s)
            port = GattPort(client, serial, self._limits, gone)
            try:
                async with translated("connecting", self._limits.connect_s, serial):
                    await client.connect()
            except BaseException:
                await port.close()  # a half-open client keeps the sensor from advertising
                raise
            return found, port

    async def _scan(self, seconds: float, enough: Callable[[dict[str, Found]], bool] | None) -> dict[str, Found]:
        found: dict[str, Found] = {}
        parts: dict[str, Advertised] = {}
        done = asyncio.Event()

        def seen(device: BLEDevice, data: AdvertisementData) -> None:
            advertised = _merged(parts.get(device.address), device.address, data)
            parts[device.address] = advertised
            for driver in self._drivers:
                identity = driver.recognise(advertised)
                if identity is not None:
                    found[identity.serial] = Found(identity, driver, advertised.rssi_dbm, device)
                    break
            if enough is not None and enough(found):
                done.set()

        services = [uuid for driver in self._drivers for uuid in driver.services]
        # A family that advertises no service cannot be filtered for.
        filtered = services if all(driver.services for driver in self._drivers) else None
        scanner = BleakScanner(seen, service_uuids=filtered)
        try:
            async with asyncio.timeout(self._limits.gatt_s):
                await scanner.start()
        except BaseException as error:
            # Half started, it may scan on: that keeps every later scan from starting.
            with suppress(Exception):
                async with asyncio.timeout(self._limits.gatt_s):
                    await scanner.stop()
            if isinstance(error, BleakBluetoothNotAvailableError):
                raise unavailable(error) from error
            if isinstance(error, (BleakError, OSError, EOFError)):  # TimeoutError is an OSError
                raise no_service(error) from error
            raise
        try:
            async with asyncio.timeout(seconds):
                await done.wait()
        except TimeoutError:
            pass  # the time was given to look around
        finally:
            async with translated("ending the scan", self._limits.gatt_s):
                await scanner.stop()
        return found


def _merged(before: Advertised | None, address: str, data: AdvertisementData) -> Advertised:
    """An advertisement and its scan response, which some systems report one by one."""
    now = Advertised(
        data.local_name,
        data.rssi,
        tuple(data.service_uuids),
        dict(data.service_data),
        dict(data.manufacturer_data),
        address,
    )
    if before is None:
        return now
    return replace(
        now,
        name=now.name or before.name,
        service_uuids=tuple(dict.fromkeys((*before.service_uuids, *now.service_uuids))),
        service_data={**before.service_data, **now.service_data},
        manufacturer_data={**before.manufacturer_data, **now.manufacturer_data},
    )
