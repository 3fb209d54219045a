"""Polar Verity Sense: an armband with accelerometer and gyroscope, over Polar's measurement service (PMD)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from imu_hinge.errors import LinkError, ProtocolError, RefusedError
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
from imu_hinge.sensors.drivers.plain import PlainConversation, read_text
from imu_hinge.sensors.drivers.polar_control import Operation, PmdControl, SettingType, Status
from imu_hinge.sensors.drivers.polar_decoder import PolarDecoder
from imu_hinge.sensors.drivers.polar_frames import Measurement, Scale

__all__ = ["PolarConversation", "PolarDriver"]

DATA_UUID: Final = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
_SERIAL_UUID: Final = "00002a25-0000-1000-8000-00805f9b34fb"
_FIRMWARE_UUID: Final = "00002a26-0000-1000-8000-00805f9b34fb"
_NAME: Final = re.compile(r"Polar Sense ([0-9A-Fa-f]{6,12})\s*")
_MOST_SAMPLES: Final = 70
"""In one frame; a public one held 63 (issue 186 of polarofficial/polar-ble-sdk)."""
_MOTION: Final = (Measurement.ACC, Measurement.GYRO)

Offer = Mapping[SettingType, tuple[float, ...]]
Choice = dict[SettingType, float]


class PolarDriver:
    """Polar Verity Sense. Its samples carry its own clock; it keeps none of what it streams."""

    name: Final = "Polar Verity Sense"
    can: Final = Can.STAMPS
    services: Final = ()
    """Its advertisements hold the heart rate service only, as those of any heart rate sensor do."""

    def recognise(self, seen: Advertised) -> Identity | None:
        """By its name, which ends in its number."""
        named = _NAME.fullmatch(seen.name or "")
        return None if named is None else Identity(named[1].upper())

    def decoder(self) -> PolarDecoder:
        """A decoder for one sensor."""
        return PolarDecoder()

    def converse(
        self,
        port: Port,
        decoder: Decoder,
        now: Callable[[], float],
        live: Callable[[bytearray], None],
        happened: Callable[[Told], None],
    ) -> PolarConversation:
        """Talk over an open connection."""
        if not isinstance(decoder, PolarDecoder):
            raise TypeError("a decoder of another family")
        return PolarConversation(port, decoder, live)


class PolarConversation(PlainConversation):
    """One open connection with one Verity Sense."""

    def __init__(self, port: Port, decoder: PolarDecoder, live: Callable[[bytearray], None]) -> None:
        super().__init__(port)
        self._decoder = decoder
        self._live = live
        self._firmware = "unknown"
        self._control = PmdControl(port, self.who)
        self._measures: frozenset[int] = frozenset()
        self._chosen: dict[Measurement, Choice] = {}
        self._sdk_mode = False
        self._running = False

    async def prepare(self) -> About:
        """Read who it is and subscribe; pair where it does not answer without. Raises ProtocolError for a sensor
        without a gyroscope (the H10 has none)."""
        self.who = self._control.clip = await read_text(self._port, _SERIAL_UUID)
        self._firmware = await read_text(self._port, _FIRMWARE_UUID)
        try:
            self._measures = await self._control.open()
        except LinkError:
            # Newer firmware wants a pairing for its measurements.
            await self._port.pair()
            self._measures = await self._control.open()
        if not self._measures.issuperset(_MOTION):
            raise ProtocolError(
                "it does not measure acceleration and angular rate",
                clip=self.who,
                advice="Use a Verity Sense with firmware 1.1.5 or later.",
            )
        await self._port.subscribe(DATA_UUID, self._live)
        return await self.about()

    async def about(self) -> About:
        """What it says of itself now; the boot is counted by the decoder, which sees the clock being set."""
        return About(
            self.who,
            self._firmware,
            self._decoder.told(),
            await self.battery(),
            sampling=self._running,
            sensor_fault=False,
        )

    async def configure(self, wanted: Wanted) -> Setting:
        """End what it streams, and choose rate and ranges from what it offers: the lowest that are enough.

        More than its usual 52 Hz comes in SDK mode, where it is there: that switches the optical heart rate off, ends
        every other stream of the sensor, and takes more of the battery and of the air.
        """
        await self._end()
        offers = await self._offers()
        if max(_common_rates(offers, self.who)) < wanted.rate_hz and Measurement.SDK_MODE in self._measures:
            await self._switch(Operation.START, Measurement.SDK_MODE)
            self._sdk_mode = True
            offers = await self._offers()
        rate_hz = _enough(_common_rates(offers, self.who), wanted.rate_hz)
        ranges = {Measurement.ACC: wanted.acc_range_g, Measurement.GYRO: wanted.gyr_range_dps}
        self._chosen = {kind: _choose(offers[kind], rate_hz, ranges[kind]) for kind in _MOTION}
        return Setting(rate_hz, _MOST_SAMPLES / rate_hz)

    async def start(self, *, resume: bool) -> Begun:
        """Begin both streams; it never goes on with one, as it ends them with the connection.

        Raises RefusedError where the sensor says no.
        """
        if not self._chosen:
            raise ValueError("configure comes before start")
        factors = {kind: await self._begin(kind) for kind in _MOTION}
        acc, gyr = (
            Scale(self._chosen[kind].get(SettingType.RANGE, full), factors[kind])
            for kind, full in ((Measurement.ACC, 8.0), (Measurement.GYRO, 2000.0))
        )
        acc_hz, gyr_hz = (self._chosen[kind][SettingType.RATE] for kind in _MOTION)
        number = self._decoder.begin(acc, gyr, acc_hz, gyr_hz)
        self._running = True
        return Begun((self._decoder.boot, number), resumed=False)

    async def stop(self) -> None:
        """End both streams, and leave SDK mode, so that it shows heart rates again."""
        await self._end()

    async def _begin(self, kind: Measurement) -> float | None:
        """Start one stream; gives the factor its frames are to be multiplied with, where it says one."""
        try:
            said = await self._control.ask(Operation.START, kind, self._chosen[kind])
        except RefusedError as error:
            if error.status != Status.ALREADY_IN_STATE:
                raise
            # Left running by a connection that was lost, perhaps with other settings.
            await self._switch(Operation.STOP, kind)
            said = await self._control.ask(Operation.START, kind, self._chosen[kind])
        return said.get(SettingType.FACTOR, (None,))[0]

    async def _end(self) -> None:
        self._running = False
        for kind in _MOTION:
            await self._switch(Operation.STOP, kind)
        if self._sdk_mode:
            await self._switch(Operation.STOP, Measurement.SDK_MODE)
            self._sdk_mode = False

    async def _switch(self, operation: Operation, kind: Measurement) -> None:
        """Have it running or not, whatever it was: what cannot be stopped does not run, or the start will tell."""
        try:
            await self._control.ask(operation, kind)
        except RefusedError as error:
            if operation is not Operation.STOP and error.status != Status.ALREADY_IN_STATE:
                raise

    async def _offers(self) -> dict[Measurement, Offer]:
        return {kind: await self._control.ask(Operation.SETTINGS, kind) for kind in _MOTION}


def _common_rates(offers: Mapping[Measurement, Offer], who: str) -> tuple[float, ...]:
    """Rates that both streams have. Raises ProtocolError where there are none."""
    rates = set.intersection(*(set(offers[kind].get(SettingType.RATE, ())) for kind in _MOTION))
    if not rates:
        raise ProtocolError("its two streams have no rate in common", clip=who, advice="Update its firmware.")
    return tuple(sorted(rates))


def _enough(values: tuple[float, ...], least: float) -> float:
    """The lowest value that is enough, the highest where none is."""
    return min((value for value in values if value >= least), default=max(values))


def _choose(offer: Offer, rate_hz: float, full_scale: float) -> Choice:
    chosen: Choice = {SettingType.RATE: rate_hz}
    for kind, pick in (
        (SettingType.RESOLUTION, max),
        (SettingType.RANGE, lambda values: _enough(values, full_scale)),
        (SettingType.CHANNELS, max),
    ):
        if offer.get(kind):
            chosen[kind] = pick(offer[kind])
    return chosen
