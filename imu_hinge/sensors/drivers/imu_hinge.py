"""Our own clips, as firmware_protocol/PROTOCOL.md describes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from imu_hinge.errors import ProtocolError, RefusedError, VersionError
from imu_hinge.protocol.control import decode_event, decode_info, decode_service_data
from imu_hinge.protocol.definitions import (
    EVENT_UUID,
    IMU_UUID,
    INFO_UUID,
    SERVICE_UUID,
    TRANSFER_UUID,
    VERSION_MAJOR,
    Config,
    ConfigureRequest,
    Event,
    EventType,
    IdentifyPattern,
    IdentifyRequest,
    Info,
    Opcode,
    PingRequest,
    PingResponse,
    RefillRequest,
    RefillResponse,
    Role,
    SetRoleRequest,
    SetTimeRequest,
    StartFlags,
    StartRequest,
    StartResponse,
    State,
    Status,
    StopResponse,
)
from imu_hinge.protocol.ledger import unwrap
from imu_hinge.sensors.clock import Exchange
from imu_hinge.sensors.driver import (
    About,
    Advertised,
    Begun,
    Can,
    Decoder,
    Happening,
    Identity,
    Port,
    Refilled,
    Setting,
    Told,
    Wanted,
)
from imu_hinge.sensors.drivers.imu_hinge_control import ControlPoint
from imu_hinge.sensors.drivers.imu_hinge_decoder import ImuHingeDecoder
from imu_hinge.sensors.drivers.imu_hinge_records import Logbook
from imu_hinge.sensors.drivers.imu_hinge_transfer import Transfers

__all__ = ["ImuHingeConversation", "ImuHingeDriver", "serial_text", "state_words"]

_BATTERY_UUID: Final = "00002a19-0000-1000-8000-00805f9b34fb"
_FIRMWARE_UUID: Final = "00002a26-0000-1000-8000-00805f9b34fb"
_ROLES: Final = {role.value: None if role is Role.NONE else role.name.lower() for role in Role}
_REFILL_MOST: Final = 0xFFFF
_NO_BATTERY: Final = 255
_BUSY_TRIES: Final = 10
_BUSY_S: Final = 0.3
"""A clip whose last transfer is not over yet is asked again after this long, so many times."""


class ImuHingeDriver:
    """Clips that speak the imu_hinge protocol."""

    name: Final = "imu_hinge"
    can: Final = Can.CLOCK | Can.REFILL | Can.ROLE | Can.IDENTIFY | Can.RECORDS
    services: Final = (SERVICE_UUID,)

    def recognise(self, seen: Advertised) -> Identity | None:
        """By the service data of the scan response, which hold the serial."""
        data = seen.service_data.get(SERVICE_UUID)
        if data is None:
            return None
        try:
            said = decode_service_data(data)
        except ProtocolError:
            return None
        return Identity(
            serial_text(said.serial),
            _ROLES.get(said.role),
            None if said.battery_percent == _NO_BATTERY else said.battery_percent,
            said.major,
            state_words(said.state),
            bool(said.state & (State.SAMPLING | State.LOGGING)),
        )

    def decoder(self) -> ImuHingeDecoder:
        """A decoder for one clip."""
        return ImuHingeDecoder()

    def converse(
        self,
        port: Port,
        decoder: Decoder,
        now: Callable[[], float],
        live: Callable[[bytearray], None],
        happened: Callable[[Told], None],
    ) -> ImuHingeConversation:
        """Talk over an open connection."""
        if not isinstance(decoder, ImuHingeDecoder):
            raise TypeError("a decoder of another family")
        return ImuHingeConversation(port, decoder, now, live, happened)


class ImuHingeConversation:
    """One open connection with one of our clips.

    ``date`` gives the time of day that the clip stamps its records with, s since 1970.
    """

    def __init__(
        self,
        port: Port,
        decoder: ImuHingeDecoder,
        now: Callable[[], float],
        live: Callable[[bytearray], None] = lambda payload: None,
        happened: Callable[[Told], None] = lambda told: None,
        date: Callable[[], float] = time.time,
    ) -> None:
        self._port = port
        self._decoder = decoder
        self._now = now
        self._live = live
        self._happened = happened
        self._date = date
        self._clip = "?"
        self._firmware = ""
        self.control = ControlPoint(port, now, self._clip)
        self.transfers = Transfers(self.control, now)

    async def prepare(self) -> About:
        """Read what it is, refuse another major version, pair, subscribe, tell it the date."""
        about = await self.about()
        try:
            self._firmware = (await self._port.read(_FIRMWARE_UUID)).decode("utf-8", errors="replace")
        except ProtocolError:
            self._firmware = "unknown"  # a clip without Device Information streams all the same
        await self._port.pair()
        await self.control.open()
        await self._port.subscribe(TRANSFER_UUID, self.transfers.on_notification)
        await self._port.subscribe(EVENT_UUID, self._on_event)
        await self._port.subscribe(IMU_UUID, self._live)
        await self.control.ask(Opcode.SET_TIME, SetTimeRequest(round(self._date() * 1000)))
        return About(about.serial, self._firmware, about.boot, await self.battery(), about.sampling, about.sensor_fault)

    async def about(self) -> About:
        """What it says of itself now; the decoder takes its configuration from it."""
        info = await self._info()
        self._decoder.set_info(info)
        return About(
            serial_text(info.serial),
            self._firmware,
            info.boot_id,
            None,
            bool(info.state & State.SAMPLING),
            bool(info.state & State.SENSOR_FAULT),
        )

    async def configure(self, wanted: Wanted) -> Setting:
        """End what it streams for others (a log too), and set it up. Raises RefusedError where it cannot do it."""
        info = await self._info()
        if info.state & State.SAMPLING:
            (await self.control.ask(Opcode.STOP)).response.check(self._clip)
        request = ConfigureRequest(wanted.rate_hz, wanted.acc_range_g, wanted.gyr_range_dps, wanted.batch_ms)
        answer = await self.control.ask(Opcode.CONFIGURE, request)
        granted = answer.response.read(Config, self._clip)
        info = await self._info()
        if info.config != granted:
            raise ProtocolError(
                "its information does not say what it answered",
                clip=self._clip,
                advice="Forget the clip in the system's Bluetooth settings and connect again.",
            )
        self._decoder.set_info(info)
        return Setting(float(info.config.rate_hz))

    async def start(self, *, resume: bool) -> Begun:
        """Begin a stream, or go on with the one that runs."""
        self._decoder.hold()
        flags = StartFlags.RESUME if resume else StartFlags(0)
        try:
            answer = await self.control.ask(Opcode.START, StartRequest(flags))
            said = answer.response.read(StartResponse, self._clip)
        except BaseException:  # cancelled too: the session's end fetches what is missing all the same
            self._decoder.release()
            raise
        info = self._decoder_info()
        stream = info.boot_id, said.stream_id
        if resume and not said.resumed and self._decoder.stream is not None:
            # It ran when it was asked what it does, and its ring is empty now: what it measured meanwhile is lost.
            self._decoder.ran_until(said.time_us, answer.received_s)
        # A stream of somebody else that is resumed begins for us where it is now.
        first = said.next_index if said.resumed else 0
        return Begun(stream, self._decoder.begin(stream, first, said.time_us, answer.received_s))

    async def stop(self) -> None:
        """End the stream; the decoder learns how many instants it had."""
        answer = await self.control.ask(Opcode.STOP)
        said = answer.response.read(StopResponse, self._clip)
        self._decoder.close((self._decoder_info().boot_id, said.stream_id), said.samples)

    async def ping(self) -> Exchange:
        """Ask its time."""
        answer = await self.control.ask(Opcode.PING, PingRequest(0))
        said = answer.response.read(PingResponse, self._clip)
        received_us = self._decoder.device_us(said.received_us, answer.received_s)
        sent_us = unwrap(said.sent_us, 1 << 32, received_us)
        return Exchange(answer.sent_s, answer.received_s, received_us, sent_us)

    async def refill(self, start: int, stop: int) -> Refilled:
        """Instants out of the ring, checked against count and CRC-32."""
        count = min(stop - start, _REFILL_MOST)
        request = RefillRequest(start & 0xFFFF, count)
        for _ in range(_BUSY_TRIES):
            try:
                return await self._refill(request, start, stop)
            except RefusedError as error:
                if error.status != Status.BUSY:
                    raise
            await asyncio.sleep(_BUSY_S)
        return await self._refill(request, start, stop)

    async def _refill(self, request: RefillRequest, start: int, stop: int) -> Refilled:
        try:
            # A transfer that the ring overtook ends with `gone`: what came is good all the same.
            statuses = (Status.OK, Status.GONE)
            answer, payloads = await self.transfers.fetch(Opcode.REFILL, request, self._clip, statuses=statuses)
        except RefusedError as error:
            if error.status != Status.GONE:
                raise
            return Refilled((), stop, stop)
        said = answer.read(RefillResponse, self._clip)
        first = unwrap(said.first_index, 1 << 16, start)
        return Refilled(payloads, first, min(first + said.count, stop))

    @property
    def logbook(self) -> Logbook:
        """The sessions that the clip logged."""
        return Logbook(self.control, self.transfers, self._clip)

    async def identify(self, seconds: int) -> int:
        """Blink; gives for how many seconds."""
        answer = await self.control.ask(Opcode.IDENTIFY, IdentifyRequest(IdentifyPattern.BLINK, seconds))
        answer.response.check(self._clip)
        return seconds

    async def set_role(self, role: str | None) -> None:
        """Remember where it is worn."""
        value = Role.NONE if role is None else Role[role.upper()]
        (await self.control.ask(Opcode.SET_ROLE, SetRoleRequest(value))).response.check(self._clip)

    async def _info(self) -> Info:
        payload = await self._port.read(INFO_UUID)
        if payload and payload[0] != VERSION_MAJOR:
            raise VersionError(payload[0], VERSION_MAJOR, clip=self._clip if self._clip != "?" else None)
        info = decode_info(payload)
        self._clip = self.control.clip = serial_text(info.serial)
        return info

    def _decoder_info(self) -> Info:
        info = self._decoder.info
        if info is None:
            raise ValueError("prepare comes before start")
        return info

    async def battery(self) -> int | None:
        """What is left in its battery, %; None where it does not say."""
        try:
            value = await self._port.read(_BATTERY_UUID)
        except ProtocolError:
            return None  # the battery service is the clip's own affair
        return value[0] if value and value[0] <= 100 else None

    def _on_event(self, payload: bytearray) -> None:
        self._happened(partial(self._read_event, bytes(payload), self._now()))

    def _read_event(self, payload: bytes, received_s: float) -> Happening | None:
        try:
            event = decode_event(payload)
        except ProtocolError:
            return None
        return _happening(event, self._decoder.device_us(event.time_us, received_s) * 1e-6)


def _happening(event: Event, device_s: float) -> Happening:
    if event.event_type == EventType.BUTTON:
        return Happening(device_s, f"note=button presses={event.value}")
    if event.event_type == EventType.MARK:
        return Happening(device_s, f"note=mark code={event.value}")
    if event.event_type == EventType.BATTERY:
        return Happening(device_s, battery_percent=event.value)
    if event.event_type == EventType.STATE:
        return Happening(device_s, sensor_fault=bool(event.value & State.SENSOR_FAULT))
    if event.event_type == EventType.SENSOR_FAULT:
        return Happening(device_s, sensor_fault=True)
    return Happening(device_s)


def serial_text(serial: bytes) -> str:
    """A serial number as people read it: twelve hexadecimal digits in capitals."""
    return serial.hex().upper()


def state_words(state: int) -> str:
    """The state's bits in words; ``idle`` where there are none."""
    words = [bit.name.lower().replace("_", " ") for bit in State if state & bit and bit.name]
    return ", ".join(words) or "idle"
