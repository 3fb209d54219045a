"""Movella (Xsens) DOT: a wearable motion sensor that streams at 60 Hz.

Source: "Xsens DOT BLE Services Specifications" (XD0506P, revision F) and its revisions of 2023, which add mode 26.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import Final

from imu_hinge.errors import LinkError, ProtocolError
from imu_hinge.sensors.driver import (
    About,
    Advertised,
    Begun,
    Can,
    Decoder,
    Happening,
    Identity,
    Port,
    Setting,
    Told,
    Wanted,
)
from imu_hinge.sensors.drivers.address import serial_of_address
from imu_hinge.sensors.drivers.movella_dot_decoder import MovellaDotDecoder, PayloadMode
from imu_hinge.sensors.drivers.plain import PlainConversation

__all__ = ["LIVE_RATES_HZ", "MovellaDotConversation", "MovellaDotDriver", "dot_uuid"]

LIVE_RATES_HZ: Final = (1, 4, 10, 12, 15, 20, 30, 60)
"""What it streams at; 120 Hz is for recordings on the sensor."""

_COMPANY: Final = 0x0886
_NAMES: Final = ("Xsens DOT", "Movella DOT")
_INFO: Final = struct.Struct("<6s3B7xIQ6s")
_CONTROL_BYTES: Final = 32
_IDENTIFY: Final = 0x01
_IDENTIFY_S: Final = 10
_RATE_AND_FILTER: Final = 0x30
_RATE_AT: Final = 24
_FILTER_AT: Final = 26
_FILTER_GENERAL: Final = 0
_MEASUREMENT: Final = 1
_CLICKS: Final = {5: 1, 6: 2, 7: 3}


def dot_uuid(short: int) -> str:
    """The whole UUID of one of its services or characteristics."""
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


INFO_UUID: Final = dot_uuid(0x1001)
CONTROL_UUID: Final = dot_uuid(0x1002)
REPORT_UUID: Final = dot_uuid(0x1004)
MEASURE_UUID: Final = dot_uuid(0x2001)
LONG_UUID: Final = dot_uuid(0x2002)
MEDIUM_UUID: Final = dot_uuid(0x2003)
BATTERY_UUID: Final = dot_uuid(0x3001)


class MovellaDotDriver:
    """Movella DOT and Xsens DOT, first and second generation."""

    name: Final = "Movella DOT"
    can: Final = Can.STAMPS | Can.IDENTIFY
    services: Final = ()
    """Documented are the company's number and the name, no service."""

    def recognise(self, seen: Advertised) -> Identity | None:
        """By the company's number or the name; its number is its address, as it says nothing else of itself."""
        named = (seen.name or "").startswith(_NAMES)
        if not seen.address or not (named or _COMPANY in seen.manufacturer_data):
            return None
        return Identity(serial_of_address(seen))

    def decoder(self) -> MovellaDotDecoder:
        """A decoder for one sensor."""
        return MovellaDotDecoder()

    def converse(
        self,
        port: Port,
        decoder: Decoder,
        now: Callable[[], float],
        live: Callable[[bytearray], None],
        happened: Callable[[Told], None],
    ) -> MovellaDotConversation:
        """Talk over an open connection."""
        if not isinstance(decoder, MovellaDotDecoder):
            raise TypeError("a decoder of another family")
        return MovellaDotConversation(port, decoder, live, happened)


class MovellaDotConversation(PlainConversation):
    """One open connection with one DOT."""

    def __init__(
        self,
        port: Port,
        decoder: MovellaDotDecoder,
        live: Callable[[bytearray], None],
        happened: Callable[[Told], None],
    ) -> None:
        super().__init__(port)
        self._decoder = decoder
        self._live = live
        self._happened = happened
        self._firmware = "unknown"
        self._rate_hz = 0
        self._long = True

    async def prepare(self) -> About:
        """Read who it is, and subscribe to what it may send its samples with."""
        payload = await self._port.read(INFO_UUID)
        if len(payload) < _INFO.size:
            raise ProtocolError(
                "its device information is cut off", payload=payload, clip=self.who, advice="Update its firmware."
            )
        _, major, minor, revision, _, number, _ = _INFO.unpack_from(payload)
        self.who, self._firmware = f"{number:012X}", f"{major}.{minor}.{revision}"
        await self._port.subscribe(REPORT_UUID, self._on_report)
        await self._port.subscribe(MEDIUM_UUID, self._live)
        try:
            await self._port.subscribe(LONG_UUID, self._live)
        except (LinkError, ProtocolError):
            self._long = False  # the first firmware has none, and does without mode 26
        return await self.about()

    async def about(self) -> About:
        """What it says of itself now; the boot is counted by the decoder, which sees the stamps begin anew."""
        _, action, _ = await self._measuring()
        return About(
            self.who,
            self._firmware,
            self._decoder.told(),
            await self.battery(),
            sampling=action == 1,
            sensor_fault=False,
        )

    async def configure(self, wanted: Wanted) -> Setting:
        """End what it streams and set the rate: the lowest live one that is enough, 60 Hz where none is.

        Raises ProtocolError where the sensor does not keep it. Its ranges are fixed: 16 g and 2000 deg/s.
        """
        await self.stop()
        rate_hz = min((rate for rate in LIVE_RATES_HZ if rate >= wanted.rate_hz), default=LIVE_RATES_HZ[-1])
        control = bytearray(_CONTROL_BYTES)
        control[0] = _RATE_AND_FILTER
        control[_RATE_AT : _RATE_AT + 2] = rate_hz.to_bytes(2, "little")
        control[_FILTER_AT] = _FILTER_GENERAL
        await self._port.write(CONTROL_UUID, bytes(control))
        kept = await self._port.read(CONTROL_UUID)
        if len(kept) <= _FILTER_AT or kept[_RATE_AT : _FILTER_AT + 1] != control[_RATE_AT : _FILTER_AT + 1]:
            raise ProtocolError(
                f"it does not keep a rate of {rate_hz} Hz",
                payload=kept,
                clip=self.who,
                advice="End the recording or synchronization that runs on it, or switch it off and on.",
            )
        self._rate_hz = rate_hz
        return Setting(float(rate_hz))

    async def start(self, *, resume: bool) -> Begun:
        """Begin a stream: acceleration and angular rate, or with the orientation where it knows no other way.

        Raises ProtocolError where it measures in neither mode.
        """
        if not self._rate_hz:
            raise ValueError("configure comes before start")
        said = b""
        for mode in (PayloadMode.RATE, PayloadMode.CUSTOM_5) if self._long else (PayloadMode.RATE,):
            await self._port.write(MEASURE_UUID, bytes([_MEASUREMENT, 1, mode]))
            said = await self._measuring()
            if said == bytes([_MEASUREMENT, 1, mode]):
                return Begun((self._decoder.boot, self._decoder.begin(mode, self._rate_hz)), resumed=False)
            await self.stop()
        raise ProtocolError(
            "it does not stream acceleration and angular rate",
            payload=said,
            clip=self.who,
            advice="Update its firmware; see that it does not record and is not charging.",
        )

    async def stop(self) -> None:
        """End the stream."""
        _, _, mode = await self._measuring()
        await self._port.write(MEASURE_UUID, bytes([_MEASUREMENT, 0, mode]))

    async def identify(self, seconds: int) -> int:
        """Blink for ten seconds, however many are asked for."""
        control = bytearray(_CONTROL_BYTES)
        control[0] = control[1] = _IDENTIFY
        await self._port.write(CONTROL_UUID, bytes(control))
        return _IDENTIFY_S

    async def battery(self) -> int | None:
        """What is left in its battery, %; its battery service is its own."""
        try:
            value = await self._port.read(BATTERY_UUID)
        except ProtocolError:
            return None
        return value[0] if value and value[0] <= 100 else None

    async def _measuring(self) -> bytes:
        said = await self._port.read(MEASURE_UUID)
        if len(said) < 3:
            raise ProtocolError(
                "its measurement control is cut off", payload=said, clip=self.who, advice="Update its firmware."
            )
        return said[:3]

    def _on_report(self, payload: bytearray) -> None:
        self._happened(partial(self._reported, bytes(payload)))

    def _reported(self, payload: bytes) -> Happening | None:
        clicks = _CLICKS.get(payload[0]) if payload else None
        # The click's own stamp counts ms on another clock than the samples.
        return None if clicks is None else Happening(self._decoder.latest_s, f"note=button presses={clicks}")
