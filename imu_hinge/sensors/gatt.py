"""An open connection through bleak: a limit on every wait, and every failure one of our errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakCharacteristicNotFoundError,
    BleakError,
)

from imu_hinge.errors import LinkError, ProtocolError
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.platform_advice import FORGET, PAIR, unavailable

__all__ = ["GattPort", "translated"]

_SMALLEST_PAYLOAD: Final = 20


@asynccontextmanager
async def translated(
    doing: str, seconds: float, clip: str | None = None, advice: str = "Bring the clip closer."
) -> AsyncIterator[None]:
    """Bound what is inside to ``seconds``; failures of any Bluetooth stack become LinkError or ProtocolError.

    Stacks report a lost link in many ways: bleak's own errors, OSError and EOFError of the D-Bus, and a protocol
    error (UNLIKELY_ERROR) for a request that was cut off.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except BleakBluetoothNotAvailableError as error:
        raise unavailable(error) from error
    except BleakCharacteristicNotFoundError as error:
        raise ProtocolError(f"it lacks a characteristic ({doing})", clip=clip, advice=FORGET) from error
    except TimeoutError as error:
        raise LinkError(f"no end of {doing} within {seconds:g} s", clip=clip, advice=advice) from error
    except (BleakError, OSError, EOFError) as error:
        raise LinkError(f"{doing} failed ({error or type(error).__name__})", clip=clip, advice=advice) from error


class GattPort:
    """A connected BleakClient as a Port. ``gone`` is set by the disconnected callback."""

    def __init__(self, client: BleakClient, clip: str, limits: LinkLimits, gone: asyncio.Event) -> None:
        self._client = client
        self._clip = clip
        self._limits = limits
        self.gone = gone

    @property
    def payload_bytes(self) -> int:
        """Largest notification: what a write without response may hold (BlueZ gives its MTU no other way)."""
        sizes = [c.max_write_without_response_size for c in self._client.services.characteristics.values()]
        return max(sizes, default=_SMALLEST_PAYLOAD)

    async def read(self, uuid: str) -> bytes:
        """A characteristic's value, however long."""
        async with translated("reading", self._limits.gatt_s, self._clip):
            return bytes(await self._client.read_gatt_char(uuid))

    async def write(self, uuid: str, data: bytes) -> None:
        """Write with response."""
        async with translated("writing", self._limits.gatt_s, self._clip):
            await self._client.write_gatt_char(uuid, data, response=True)

    async def send(self, uuid: str, data: bytes) -> None:
        """Write without response."""
        async with translated("writing", self._limits.gatt_s, self._clip):
            await self._client.write_gatt_char(uuid, data, response=False)

    async def pair(self) -> None:
        """Pair; nothing happens where that was done before.

        Systems also pair by themselves when a request needs it, but BlueZ (5.66) loses a request that has to pair while
        it still reads the device's name. macOS knows no other way.
        """
        async with translated("pairing", self._limits.pair_s, self._clip, PAIR):
            with suppress(NotImplementedError):  # macOS
                await self._client.pair()

    async def subscribe(self, uuid: str, sink: Callable[[bytearray], None]) -> None:
        """Notifications or indications to ``sink``."""

        def arrived(_: BleakGATTCharacteristic, value: bytearray) -> None:
            sink(value)

        # On macOS the system asks the user to pair here; elsewhere a bond that one side forgot shows here.
        async with translated("subscribing", self._limits.pair_s, self._clip, f"{PAIR} Or: {FORGET}"):
            await self._client.start_notify(uuid, arrived)

    async def close(self) -> None:
        """Disconnect, also from a link that was lost: BlueZ keeps subscriptions of lost clients that are not closed."""
        with suppress(LinkError, ProtocolError):  # it is gone either way
            async with translated("disconnecting", self._limits.close_s, self._clip):
                await self._client.disconnect()
