"""WitMotion's Bluetooth 5 sensors: WT9011DCL-BT50, WT901BLE5.0 and others with the service ffe5.

They send samples from the moment they are subscribed to, without a clock or a number. What they are set to is only
seen in the registers, so everything is read back: a sensor left at "displacement" sends millimetres in the same bytes,
and one left at its 20 Hz filter rounds every movement off.

One trap is left to whoever streams with several: when one streams already while another is being configured, that
other runs at 160 to 184 Hz instead of 200 for its first seconds (measured by owners). Configure all, then start all.

Sources: the maker's "Bluetooth 5.0 Communication Protocol"; the measurements of RGu0/WT901 (docs/protocol.md) with two
sensors: commands are ignored for 0.3 s after saving, registers cannot be read at 200 Hz, battery and address registers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from imu_hinge.errors import ProtocolError
from imu_hinge.sensors.driver import (
    About,
    Advertised,
    Begun,
    Can,
    Decoder,
    Identity,
    Port,
    Setting,
    Told,
    Wanted,
)
from imu_hinge.sensors.drivers.address import serial_of_address
from imu_hinge.sensors.drivers.plain import PlainConversation
from imu_hinge.sensors.drivers.witmotion_decoder import WitMotionDecoder
from imu_hinge.sensors.drivers.witmotion_registers import RATES, Register, Registers, battery_percent, version_text

__all__ = ["WitMotionConversation", "WitMotionDriver"]

_SERVICE_UUID: Final = "0000ffe5-0000-1000-8000-00805f9a34fb"
_NOTIFY_UUID: Final = "0000ffe4-0000-1000-8000-00805f9a34fb"
_NAMES: Final = ("WT9", "WT6", "BWT")
_SIX_AXES: Final = 1
_MOTION: Final = 0
_BANDWIDTH_98_HZ: Final = 2
_BANDWIDTH_188_HZ: Final = 1
_TOO_FAST_TO_READ_HZ: Final = 200
_MEASURE_S: Final = 1.0
_LEAST_SHARE: Final = 0.7
"""Of 200 Hz must arrive: a stall of a quarter of a second is allowed, staying at 100 Hz is not."""
_MEASURE_TRIES: Final = 3


class WitMotionDriver:
    """Sensors that speak WitMotion's Bluetooth 5 protocol."""

    name: Final = "WitMotion"
    can: Final = Can.NOTHING
    services: Final[tuple[str, ...]] = ()
    """Not all of them advertise their service, so that scanning cannot filter for it."""

    def recognise(self, seen: Advertised) -> Identity | None:
        """By the service, or the name; WT alone begins other makers' names too."""
        serial = serial_of_address(seen)
        if not serial or (_SERVICE_UUID not in seen.service_uuids and not (seen.name or "").startswith(_NAMES)):
            return None
        return Identity(serial)

    def decoder(self) -> WitMotionDecoder:
        """A decoder for one sensor."""
        return WitMotionDecoder()

    def converse(
        self,
        port: Port,
        decoder: Decoder,
        now: Callable[[], float],
        live: Callable[[bytearray], None],
        happened: Callable[[Told], None],
    ) -> WitMotionConversation:
        """Talk over an open connection."""
        if not isinstance(decoder, WitMotionDecoder):
            raise TypeError("a decoder of another family")
        return WitMotionConversation(port, decoder, now, live)


class WitMotionConversation(PlainConversation):
    """One open connection with one sensor; it streams all the time, and ``start`` lets the samples pass."""

    def __init__(
        self,
        port: Port,
        decoder: WitMotionDecoder,
        now: Callable[[], float],
        live: Callable[[bytearray], None] = lambda payload: None,
    ) -> None:
        super().__init__(port)
        self._decoder = decoder
        self._now = now
        self._live = live
        self._passes = False
        self._registers = Registers(port)
        self._rate_hz = 10
        self._streams = 0
        self._about = About(self.who, "unknown", 0, None, sampling=False, sensor_fault=False)

    async def prepare(self) -> About:
        """Subscribe, slow it down, and read what it is.

        Raises ProtocolError where it answers nothing.
        """
        boot = self._decoder.link()
        await self._port.subscribe(_NOTIFY_UUID, self._notified)
        await self._registers.hush()
        # 64: battery voltage; 66 to 68: address, backwards.
        values = await self._registers.read(Register.BATTERY)
        address = b"".join(value.to_bytes(2, "little") for value in values[2:5])[::-1]
        if any(address):
            self.who = self._registers.who = address.hex().upper()
        firmware = version_text(await self._registers.read(Register.VERSION))
        self._about = About(self.who, firmware, boot, battery_percent(values[0]), sampling=False, sensor_fault=False)
        return self._about

    async def about(self) -> About:
        """What it said when it was prepared."""
        return self._about

    async def battery(self) -> int | None:
        """As it was when the sensor was prepared, %: asking while it streams costs samples, or gets no answer."""
        return self._about.battery_percent

    async def configure(self, wanted: Wanted) -> Setting:
        """Motion, six axes, a filter well above what a body does, 16 g and 2000 deg/s (it knows no others), and the
        rate last, as registers cannot be read at 200 Hz.

        Only what differs is written, and then saved; the rate is never saved, so that it can be read when switched on.
        Raises ProtocolError where the sensor does not take a setting.
        """
        self._passes = False
        rate_hz = next((rate for rate in sorted(RATES) if rate >= wanted.rate_hz), max(RATES))
        bandwidth = _BANDWIDTH_98_HZ if rate_hz <= 100 else _BANDWIDTH_188_HZ
        await self._registers.hush()
        settings = (
            (Register.ALGORITHM, _SIX_AXES),
            (Register.OUTPUT_CONTENT, _MOTION),
            (Register.BANDWIDTH, bandwidth),
        )
        # Every one is set, so no short cut: any() would stop at the first.
        if any([await self._registers.set(register, value) for register, value in settings]):
            await self._registers.save()
        await self._set_rate(rate_hz)
        self._rate_hz = rate_hz
        return Setting(float(rate_hz))

    async def start(self, *, resume: bool) -> Begun:
        """Let samples pass; always a new stream, as nothing tells what was missed."""
        self._streams += 1
        self._decoder.begin(float(self._rate_hz))
        self._passes = True
        return Begun((self._about.boot, self._streams), resumed=False)

    async def stop(self) -> None:
        """Let no more samples pass; it sends them until it is disconnected."""
        self._passes = False

    async def _set_rate(self, rate_hz: int) -> None:
        if rate_hz < _TOO_FAST_TO_READ_HZ:
            await self._registers.set(Register.RATE, RATES[rate_hz])
            return
        measured_hz = 0.0
        for _ in range(_MEASURE_TRIES):
            await self._registers.write(Register.RATE, RATES[rate_hz])
            before = self._registers.samples
            began_s = self._now()
            await asyncio.sleep(_MEASURE_S)
            measured_hz = (self._registers.samples - before) / (self._now() - began_s)
            if measured_hz >= _LEAST_SHARE * rate_hz:
                return
        raise ProtocolError(
            f"it was set to {rate_hz} Hz and sends {measured_hz:.0f} a second",
            clip=self.who,
            advice="Bring it closer, or ask for 100 Hz.",
        )

    def _notified(self, payload: bytearray) -> None:
        if self._passes:
            self._live(payload)
        else:
            self._registers.notified(bytes(payload))
