"""Clips on a virtual air, and a session with them: what went in, what came out."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from ble.air import Air, central
from ble.bumble_backend import use
from ble.clockwork import warp
from ble.peripheral import Peripheral
from bumble.att import ATT_Error
from bumble.core import AdvertisingData
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service
from emulator.emulated_clip import EmulatedClip, NotSubscribedError
from emulator.hardware import ClipModel
from emulator.outbox import Channel

from imu_hinge.protocol import definitions as protocol
from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.clip_group import ClipGroup, find_clips
from imu_hinge.sensors.driver import FloatArray, Wanted
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.source import SampleBlock

__all__ = ["FAST", "AirClip", "Rows", "Session", "numbered", "on_air", "serial_of"]

ROLES = ("thigh", "back", "pelvis")
FAST = ClipModel(rates_hz=(50, 100, 200, 400))
Can = Characteristic.Properties
Type = AdvertisingData.Type


def numbered(index: int) -> tuple[int, int, int, int, int, int]:
    """Raw values that tell their index and never repeat within a second."""
    return (index & 0x3FFF, index >> 14, 2048, index % 11 - 5, index % 7, 1)


def serial_of(number: int) -> str:
    return f"A1B2C3D4E5{number:02X}"


class AirClip(Peripheral):
    """An emulated clip (tests/emulator) on a Peripheral of the air; its crystal is off by ``drift_ppm``."""

    def __init__(
        self,
        air: Air,
        number: int,
        role: int | None = None,
        *,
        mtu: int = 247,
        model: ClipModel = FAST,
        drift_ppm: float = 0.0,
        boot_s: float = 5.0,
        interval_ms: float = 15.0,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.begin_s = loop.time() - boot_s
        self.speed = 1 + drift_ppm * 1e-6
        self.serial = serial_of(number)

        def clock() -> int:
            return int((loop.time() - self.begin_s) * 1e6 * self.speed)

        self.clip = EmulatedClip(self.serial, clock, numbered, model)
        self.clip._zero_us = 0
        self.clip.settings.role = number if role is None else role
        self._wake = asyncio.Event()
        self._indicating = False
        service = uuid.UUID(protocol.SERVICE_UUID).bytes[::-1]
        self._service = service
        info = Characteristic(
            protocol.INFO_UUID, Can.READ, Characteristic.READABLE, CharacteristicValue(read=lambda _: self.clip.info)
        )
        self._channels = {
            Channel.IMU: Characteristic(protocol.IMU_UUID, Can.NOTIFY, 0),
            Channel.TRANSFER: Characteristic(protocol.TRANSFER_UUID, Can.NOTIFY, 0),
            Channel.EVENT: Characteristic(protocol.EVENT_UUID, Can.NOTIFY, 0),
            Channel.CONTROL: Characteristic(
                protocol.CONTROL_UUID,
                Can.WRITE | Can.INDICATE,
                Characteristic.WRITEABLE,
                CharacteristicValue(write=self._written),
            ),
        }
        device_information = Service("180A", [Characteristic("2A26", Can.READ, Characteristic.READABLE, b"1.2.3")])
        battery = CharacteristicValue(read=lambda _: bytes([self.clip.battery or 0]))
        battery_service = Service("180F", [Characteristic("2A19", Can.READ, Characteristic.READABLE, battery)])
        super().__init__(
            air,
            f"C0:00:00:00:00:{number:02X}",
            [Service(protocol.SERVICE_UUID, [info, *self._channels.values()]), device_information, battery_service],
            self._advertisement(),
            self._scan_response(),
            mtu=mtu,
        )
        self.conditions.interval_ms = interval_ms
        for channel, characteristic in self._channels.items():
            characteristic.on("subscription", self._subscriber(channel))
        self.clip.on_change = lambda: self.advertise(self._advertisement(), self._scan_response())
        self._task = asyncio.create_task(self._pump())

    def true_s(self, index: FloatArray) -> FloatArray:
        """Loop time at which the samples of the last stream were taken."""
        stream = self.clip.sampling.stream
        assert stream is not None
        device_us = stream.start_us + (index + 0.5) * stream.period_us
        return device_us * 1e-6 / self.speed + self.begin_s

    def reset(self) -> None:
        """Lose its power for an instant."""
        self.lose()
        self.clip.reset()
        self._wake.set()

    async def off_air(self) -> None:
        """Leave for good. Python 3.11's ``wait_for``, inside Bumble, may swallow a cancellation: it is repeated."""
        while not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.5)

    def _advertisement(self) -> Sequence[tuple[AdvertisingData.Type, bytes]]:
        return [
            (Type.FLAGS, b"\x06"),
            (Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, self._service),
            (Type.COMPLETE_LOCAL_NAME, self.clip.local_name.encode()),
        ]

    def _scan_response(self) -> Sequence[tuple[AdvertisingData.Type, bytes]]:
        return [(Type.SERVICE_DATA_128_BIT_UUID, self._service + self.clip.service_data)]

    def _subscriber(self, channel: Channel) -> Callable[[Connection, bool, bool], None]:
        def changed(_: Connection, notify: bool, indicate: bool) -> None:
            self.clip.subscribe(channel, notify or indicate)
            self._wake.set()

        return changed

    def _written(self, _: Connection, value: bytes) -> None:
        try:
            self.clip.write_control(bytes(value))
        except NotSubscribedError:
            raise ATT_Error(0xFD) from None
        self._wake.set()

    def on_connection(self, connection: Connection) -> None:
        self.clip.connect(connection.att_mtu)
        connection.on("connection_att_mtu_update", lambda: self.clip.set_mtu(connection.att_mtu))

    def on_disconnection(self, reason: int) -> None:
        self.clip.disconnect()
        self.advertise(self._advertisement(), self._scan_response())

    async def _pump(self) -> None:
        while True:
            self._wake.clear()
            try:
                async with asyncio.timeout(0.02 if self.clip.connected else 0.1):
                    await self._wake.wait()
            except TimeoutError:
                self.clip.update()
            while self.connection and self.backlog < 12 and (message := self.clip.poll()):
                try:
                    async with asyncio.timeout(5.0):
                        await self.notify(self._channels[message.channel], message.value)
                except (TimeoutError, ConnectionError, asyncio.InvalidStateError):
                    break


@dataclass
class Rows:
    """An outlet that keeps everything."""

    full: bool = False
    blocks: list[SampleBlock] = field(default_factory=list)
    notes: list[tuple[float, str]] = field(default_factory=list)

    def put(self, block: SampleBlock, text: str = "", time_s: float = 0.0) -> None:
        if len(block):
            self.blocks.append(block)
        if text:
            self.notes.append((time_s, text))

    def of(self, clip: int) -> tuple[FloatArray, FloatArray]:
        """Index and time of each row of a clip, in the order of arrival."""
        mine = [block for block in self.blocks if block.clip_index[0] == clip]
        acc = np.concatenate([block.acc_m_s2 for block in mine]) / FAST.config(200, 16, 2000, 50, 0).acc_scale
        index = np.round(acc[:, 0]) + np.round(acc[:, 1]) * 0x4000
        return index, np.concatenate([block.time_s for block in mine])


Script = Callable[["Session"], Awaitable[None]]


class Session:
    """Clips 1, 2 (3) worn as thigh, back (pelvis), streamed while a script plays.

    After ``stream`` the rows, the last health and the clips are there to be looked at.
    """

    def __init__(self, *clips: AirClip, rate_hz: int = 200, limits: LinkLimits | None = None, seed: int = 1) -> None:
        self.clips = clips
        self.rows = Rows()
        self.limits = LinkLimits() if limits is None else limits
        self._wanted = Wanted(rate_hz=rate_hz)
        self._seed = seed
        self.group: ClipGroup | None = None
        self.last: tuple[ClipHealth, ...] = ()
        self.inbox_room: int | None = None

    def health(self, clip: int = 0) -> ClipHealth:
        if self.last:
            return self.last[clip]
        assert self.group is not None
        return self.group.health()[clip]

    async def stream(self, script: Script | float) -> Session:
        """Connect, start, play, finish."""
        loop = asyncio.get_running_loop()
        for clip in self.clips:
            await clip.power_on()
        adapter = Adapter(DRIVERS, self.limits)
        roles = ROLES[: len(self.clips)]
        serials = (await find_clips(adapter, {}, roles, self.limits)).serials
        # In the order of the clips given, whatever the order from the ground up.
        serials = {role: serials[role] for role in roles}
        rng = random.Random(self._seed)
        self.group = ClipGroup(serials, adapter, self.rows, loop.time, rng, self.limits, self._wanted, self.inbox_room)
        await self.group.start()
        end = asyncio.Event()

        async def play() -> None:
            try:
                await (asyncio.sleep(script) if isinstance(script, float) else script(self))
            finally:
                end.set()

        playing = asyncio.create_task(play())
        await self.group.run(end)
        await playing
        await self.group.finish()
        self.last = self.group.health()
        for clip in self.clips:
            await clip.off_air()
        return self


async def on_air(play: Callable[[Air], Awaitable[None]], seconds: float = 1000.0, start_s: float = 1000.0) -> None:
    """Run something with bleak at home in a fresh air whose time runs ahead from ``start_s``, for at most so long in
    that time."""
    warp(start_s)
    air = Air()
    with use(await central(air)):
        async with asyncio.timeout(seconds):
            await play(air)
