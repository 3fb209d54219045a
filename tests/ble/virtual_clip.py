"""A clip in the `Air`: Bumble plays the radio, our C core everything else; the sensor is any function of time.

The glue here does what a firmware's does: it hands samples, writes and subscriptions to the core and takes
notifications from it as long as the radio has room. What really happened is kept beside (`Taken`), so that a test can
compare every sample that a host received.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bumble.att import ATT_Error, ATT_Handle_Value_Notification
from bumble.core import UUID, AdvertisingData, BaseBumbleError
from bumble.device import Connection
from bumble.gatt import (
    GATT_BATTERY_LEVEL_CHARACTERISTIC,
    GATT_BATTERY_SERVICE,
    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
    GATT_DEVICE_INFORMATION_SERVICE,
    GATT_FIRMWARE_REVISION_STRING_CHARACTERISTIC,
    GATT_MANUFACTURER_NAME_STRING_CHARACTERISTIC,
    GATT_MODEL_NUMBER_STRING_CHARACTERISTIC,
    GATT_SERIAL_NUMBER_STRING_CHARACTERISTIC,
    Characteristic,
    CharacteristicValue,
    Descriptor,
    Service,
)
from firmware.core import CClip, Flash, Saved
from firmware.core import Characteristic as Which

from imu_hinge.protocol import definitions as protocol
from imu_hinge.recording.model import ClipSamples

from .air import Air
from .peripheral import AdElements, Peripheral

__all__ = ["Faults", "Source", "Taken", "VirtualClip", "at_rest", "play"]

Source = Callable[[float], tuple[Sequence[float], Sequence[float]]]
"""Loop time, s -> specific force, m/s2, and angular rate, rad/s, in the case's axes."""
P = Characteristic.Properties
FULL = 32767
CCC_IMPROPERLY_CONFIGURED = 0xFD
PROCEDURE_IN_PROGRESS = 0xFE
RADIO_PACKETS = 4
"""Notifications the radio takes before one has gone out (Zephyr's default is 3 to 10)."""
ROOM_S = 0.004
BUTTON_HOLD_S = 3


def at_rest(seed: int = 0) -> Source:
    """A clip lying still, with a sensor's noise."""
    rng = np.random.default_rng(seed)

    def source(_: float) -> tuple[Sequence[float], Sequence[float]]:
        noise = rng.normal(size=6)
        return (noise[:3] * 0.02 + (0.0, 0.0, 9.80665)).tolist(), (noise[3:] * 2e-3).tolist()

    return source


def play(samples: ClipSamples, begin_s: float) -> Source:
    """A recording that begins at loop time ``begin_s``, interpolated; before and after it its ends, with noise."""
    rng = np.random.default_rng(1)
    times: list[float] = (samples.time_s - samples.time_s[0]).tolist()
    rows: list[list[float]] = np.hstack([samples.acc_m_s2, samples.gyr_rad_s]).tolist()

    def source(now_s: float) -> tuple[Sequence[float], Sequence[float]]:
        t = min(max(now_s - begin_s, 0.0), times[-1])
        i = min(max(bisect.bisect_right(times, t), 1), len(times) - 1)
        share = (t - times[i - 1]) / (times[i] - times[i - 1])
        row = [a + share * (b - a) for a, b in zip(rows[i - 1], rows[i], strict=True)]
        if not times[0] < t < times[-1]:  # a sensor that repeats itself exactly is taken for stuck
            row = (np.array(row) + rng.normal(size=6) * (0.02, 0.02, 0.02, 0.002, 0.002, 0.002)).tolist()
        return row[:3], row[3:]

    return source


@dataclass
class Faults:
    """What goes wrong; may be changed at any time."""

    lose: Callable[[int], bool] | None = None
    """The n-th live notification (from 0) gets lost between the radios' acknowledgement and the host's program."""
    double: bool = False
    """Live notifications come twice, as from some stacks after a reconnect."""
    miss: Callable[[int], bool] | None = None
    """The n-th instant of a stream cannot be measured."""
    stall: bool = False
    """The sensor does not answer."""
    stuck: bool = False
    """The sensor repeats its last sample."""
    major: int | None = None
    """The clip says it is of another major version, everywhere."""


@dataclass
class Taken:
    """A stream as it was measured: position in the lists is the sample index."""

    stream_id: int
    time_s: list[float] = field(default_factory=list)
    """Loop time at the middle of the integration window."""
    raw: list[tuple[int, ...] | None] = field(default_factory=list)
    """Six raw values; None where nothing was measured."""


class VirtualClip(Peripheral):
    """A clip with ``serial`` (12 hexadecimal digits), worn at ``role``.

    Its clock starts at ``start_us`` with the clip and runs ``clock_ppm`` fast; ``rate_error`` is how much faster than
    nominal (a fraction, by the clip's own clock) its sensor samples. ``flash`` gives it records, ``saved`` is what an
    earlier life of it kept. ``encrypted`` False leaves all characteristics open, for hosts that cannot pair.
    """

    def __init__(
        self,
        air: Air,
        serial: str = "A0B1C2D3E4F5",
        *,
        role: protocol.Role = protocol.Role.NONE,
        source: Source | None = None,
        clock_ppm: float = 0.0,
        start_us: int = 0,
        rate_error: float = 0.0,
        encrypted: bool = True,
        pairing_open: bool = True,
        mtu: int = 247,
        live_packets: int = 0,
        rates_hz: Sequence[int] = (25, 50, 100, 200, 400),
        battery_percent: int = 87,
        flash: Flash | None = None,
        saved: Saved | None = None,
    ) -> None:
        super().__init__(air, _address(serial), (), (), mtu=mtu)
        self.serial = serial
        self.faults = Faults()
        self.source = source or at_rest(int(serial, 16) % 1000)
        self.clock_ppm, self.start_us, self.rate_error = clock_ppm, start_us, rate_error
        self.battery_percent = battery_percent
        self.boot_id = 1
        self.flash, self.saved = flash, saved or Saved()
        self.streams: list[Taken] = []
        """Every stream since the clip was made."""
        self.live_sent = 0
        """Live notifications handed to the radio."""
        self.identified: list[tuple[int, int]] = []
        """What the LED was told: pattern and seconds."""
        self._role, self._pairing_open = role, pairing_open
        self._settings = {"rates_hz": rates_hz, "live_packets": live_packets}
        self._sampling: asyncio.Task[None] | None = None
        self._answer: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._poll_at: asyncio.TimerHandle | None = None
        self._awake = False
        self._add_services(encrypted)
        self._boot()

    # Its life.

    @property
    def stream(self) -> Taken:
        """The current or last stream."""
        return self.streams[-1]

    @property
    def info(self) -> protocol.Info:
        """What it says of itself."""
        return protocol.Info.unpack(self.core.info())

    def now_us(self, at_s: float | None = None) -> int:
        """Device time, by default now."""
        since = (asyncio.get_running_loop().time() if at_s is None else at_s) - self._booted_s
        return self.start_us + int(since * (1e6 + self.clock_ppm))

    async def power_on(self) -> None:
        """Switch on: it advertises, and takes pairing for a minute unless made otherwise."""
        self._awake = True
        if self._pairing_open:
            self.core.pair()
        self._show()
        await super().power_on()
        self._pump()

    async def power_off(self) -> None:
        """Switch off: the link ends, the sensor stops; what the radio had is lost."""
        self._awake = False
        self._rest()
        await super().power_off()

    def reset(self) -> None:
        """Its processor starts anew: the link is lost, device time and boot_id are others."""
        self.lose()
        self._rest()
        self.boot_id += 1
        self._boot()
        if self._pairing_open:
            self.core.pair()
        self._show()

    def press(self, times: int = 1) -> None:
        """Press the button."""
        self.core.button(times)
        self._pump()

    def hold(self) -> None:
        """Hold the button for three seconds: pairing is accepted for a minute."""
        self.core.pair()
        self._pump()

    def set_battery(self, percent: int) -> None:
        """Charge or drain."""
        self.battery_percent = percent
        self.core.battery(percent)
        self._notify(self.level, bytes([percent]))
        self._pump()

    def train_alone(self) -> int:
        """Begin a recorded stream with the button, no host being near; returns the status."""
        status = self.core.start_alone()
        self._pump()
        return status

    def end_alone(self) -> None:
        """End it."""
        self.core.stop_alone()
        self._pump()

    def accepts_pairing(self) -> bool:
        return self.core.may_pair()

    def _boot(self) -> None:
        self._booted_s = asyncio.get_running_loop().time()
        self.core = CClip(
            self._send,
            self.now_us,
            serial=bytes.fromhex(self.serial),
            boot_id=self.boot_id,
            saved=self.saved,
            flash=self.flash,
            sensor_start=self._sensor_start,
            sensor_stop=self._sensor_stop,
            identify=lambda pattern, seconds: self.identified.append((pattern, seconds)),
            sleep=self._sleep,
            changed=self._show,
            **self._settings,
        )
        if self._role and self.info.role != self._role:
            self._set_role(self._role)
        self.core.battery(self.battery_percent)

    def _set_role(self, role: protocol.Role) -> None:
        """The way a host would, before there is one: there is no other."""
        self.core.connected(20)
        self.core.subscribed("control")
        self._mute = True
        self.core.control(bytes([protocol.Opcode.SET_ROLE, 0]) + protocol.SetRoleRequest(role).pack(), self.now_us())
        self.core.poll()
        self._mute = False
        self.core.disconnected()

    def _rest(self) -> None:
        for timer_or_task in (self._poll_at, self._sampling, self._answer, *self._tasks):
            if timer_or_task:
                timer_or_task.cancel()
        self._poll_at = self._sampling = self._answer = None

    def _sleep(self) -> None:
        async def soon() -> None:
            await asyncio.sleep(0.1)
            await self.power_off()

        self._spawn(soon())

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # Its sensor.

    def _sensor_start(self) -> bool:
        if self.faults.stall:
            return False
        if self._sampling is None or self._sampling.done():
            self._sampling = asyncio.create_task(self._sample())
        return True

    def _sensor_stop(self) -> None:
        if self._sampling:
            self._sampling.cancel()
            self._sampling = None

    async def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        info = self.info
        if not self.streams or (self.streams[-1].stream_id, self._stream_boot) != (info.stream_id, self.boot_id):
            self.streams.append(Taken(info.stream_id))
            self._stream_boot = self.boot_id
        taken, config = self.streams[-1], info.config
        period_s = 1 / (config.rate_hz * (1 + self.rate_error) * (1 + self.clock_ppm * 1e-6))
        begin_s, first = loop.time(), len(taken.raw)
        raw: tuple[int, ...] = ()
        while True:
            number = len(taken.raw)
            ready_s = begin_s + (number - first + 1) * period_s
            await asyncio.sleep(ready_s - loop.time())
            if self.faults.stall:
                return
            middle_s = ready_s - period_s / 2
            missed = self.faults.miss is not None and self.faults.miss(number)
            if not missed and not (self.faults.stuck and raw):
                acc, gyr = self.source(middle_s)
                raw = (*(_bits(a, config.acc_scale) for a in acc), *(_bits(g, config.gyr_scale) for g in gyr))
            taken.time_s.append(middle_s)
            taken.raw.append(None if missed else raw)
            if missed:
                self.core.samples_lost(1)
            else:
                self.core.sample(raw[:3], raw[3:], self.now_us(middle_s))
            self._pump()

    # Its radio.

    def _add_services(self, encrypted: bool) -> None:
        readable, writeable = Characteristic.READABLE, Characteristic.WRITEABLE
        secure_write = writeable | (Characteristic.WRITE_REQUIRES_ENCRYPTION if encrypted else 0)
        secure_read = readable | (Characteristic.READ_REQUIRES_ENCRYPTION if encrypted else 0)
        self.control = Characteristic(
            protocol.CONTROL_UUID, P.WRITE | P.INDICATE, secure_write, CharacteristicValue(write=self._control)
        )
        self.characteristics: dict[Which, Characteristic] = {
            "imu": Characteristic(protocol.IMU_UUID, P.NOTIFY, 0),
            "control": self.control,
            "transfer": Characteristic(protocol.TRANSFER_UUID, P.NOTIFY, 0),
            "event": Characteristic(protocol.EVENT_UUID, P.NOTIFY, 0),
        }
        for which, characteristic in self.characteristics.items():
            value = self.device.gatt_server.make_descriptor_value(characteristic)
            configuration = GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR
            characteristic.descriptors = (Descriptor(configuration, secure_read | secure_write, value),)
            characteristic.on(
                Characteristic.EVENT_SUBSCRIPTION,
                lambda _, notify, indicate, which=which: self._subscribed(which, notify or indicate),
            )
        info = CharacteristicValue(read=lambda _: self._as_major(self.core.info()))
        open_info = Characteristic(protocol.INFO_UUID, P.READ, readable, info)
        level = CharacteristicValue(read=lambda _: bytes([self.battery_percent]))
        self.level = Characteristic(GATT_BATTERY_LEVEL_CHARACTERISTIC, P.READ | P.NOTIFY, readable, level)
        texts = {
            GATT_MANUFACTURER_NAME_STRING_CHARACTERISTIC: "imu_hinge",
            GATT_MODEL_NUMBER_STRING_CHARACTERISTIC: "virtual clip",
            GATT_SERIAL_NUMBER_STRING_CHARACTERISTIC: self.serial,
            GATT_FIRMWARE_REVISION_STRING_CHARACTERISTIC: "0.0.0",
        }
        about = [Characteristic(uuid, P.READ, readable, text.encode()) for uuid, text in texts.items()]
        self.device.add_service(Service(protocol.SERVICE_UUID, [open_info, *self.characteristics.values()]))
        self.device.add_service(Service(GATT_DEVICE_INFORMATION_SERVICE, about))
        self.device.add_service(Service(GATT_BATTERY_SERVICE, [self.level]))

    def _as_major(self, data: bytes, shift: int = 0) -> bytes:
        """The bytes of another major version, where a test wants one."""
        if self.faults.major is None:
            return data
        low = data[0] & ((1 << shift) - 1)
        return bytes([self.faults.major << shift | low]) + data[1:]

    def _show(self) -> None:
        uuid = bytes(UUID(protocol.SERVICE_UUID))
        advertisement: AdElements = [
            (AdvertisingData.Type.FLAGS, b"\x06"),
            (AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, uuid),
            (AdvertisingData.Type.COMPLETE_LOCAL_NAME, f"IH-{self.serial[-5:]}".encode()),
        ]
        data = uuid + self._as_major(self.core.service_data())
        self.advertise(advertisement, [(AdvertisingData.Type.SERVICE_DATA_128_BIT_UUID, data)])

    def _send(self, which: Which, data: bytes) -> bool:
        if self._mute:
            return True
        connection = self.connection
        if connection is None or self.backlog >= RADIO_PACKETS:
            return False
        if which == "control":
            if self._answer is not None:
                return False
            self._answer = asyncio.create_task(self._indicate(connection, data))
            return True
        times = 1
        if which in ("imu", "transfer"):
            data = self._as_major(data, 4)
        if which == "imu":
            lost = self.faults.lose is not None and self.faults.lose(self.live_sent)
            times = 0 if lost else 2 if self.faults.double else 1
            self.live_sent += 1
        for _ in range(times):
            self._notify(self.characteristics[which], data)
        return True

    _mute = False

    def _notify(self, characteristic: Characteristic, data: bytes) -> None:
        connection = self.connection
        if connection is None:
            return
        subscribed = self.device.gatt_server.subscribers.get(connection, {}).get(characteristic.handle, b"\0")
        if subscribed[0] & 1:
            pdu = ATT_Handle_Value_Notification(attribute_handle=characteristic.handle, attribute_value=data)
            self.device.gatt_server.send_gatt_pdu(connection, bytes(pdu))

    async def _indicate(self, connection: Connection, data: bytes) -> None:
        try:
            await self.device.indicate_subscriber(connection, self.control, data)
        except TimeoutError:
            return
        finally:
            self._answer = None
        self._pump()

    def _control(self, connection: Connection, value: bytes) -> None:
        received_us = self.now_us()
        if not self.core.control_ready():
            raise ATT_Error(CCC_IMPROPERLY_CONFIGURED)
        if not self.core.control(value, received_us):
            raise ATT_Error(PROCEDURE_IN_PROGRESS)
        self._pump()

    def _subscribed(self, which: Which, on: bool) -> None:
        self.core.subscribed(which, on)
        self._pump()

    def on_connection(self, connection: Connection) -> None:
        self.core.connected(connection.att_mtu - 3)
        connection.on(connection.EVENT_CONNECTION_ATT_MTU_UPDATE, lambda: self.core.payload(connection.att_mtu - 3))

        self._spawn(self._ask_for_parameters(connection))

    async def _ask_for_parameters(self, connection: Connection) -> None:
        await asyncio.sleep(1)
        if connection is self.connection:
            with contextlib.suppress(TimeoutError, BaseBumbleError):
                async with asyncio.timeout(5):
                    await connection.update_parameters(
                        protocol.CONNECTION_INTERVAL_MIN_MS,
                        protocol.CONNECTION_INTERVAL_MAX_MS,
                        protocol.CONNECTION_LATENCY,
                        protocol.CONNECTION_SUPERVISION_TIMEOUT_MS,
                        use_l2cap=True,
                    )

    def on_disconnection(self, reason: int) -> None:
        if self._answer:
            self._answer.cancel()
            self._answer = None
        self.core.disconnected()
        self._show()
        self._pump()

    def _pump(self) -> None:
        """Let the core do what it can, and come back when it wants or when the radio has room again."""
        if not self._awake:
            return
        if self._poll_at:
            self._poll_at.cancel()
        wait_s = self.core.poll() * 1e-6
        if self.backlog >= RADIO_PACKETS:
            wait_s = min(wait_s, ROOM_S)
        self._poll_at = asyncio.get_running_loop().call_later(max(wait_s, 1e-4), self._pump)


def _address(serial: str) -> str:
    """A static random address; nothing may be concluded from it."""
    scrambled = (int(serial, 16) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFF | 0xC00000000000
    return ":".join(f"{byte:02X}" for byte in scrambled.to_bytes(6))


def _bits(value: float, scale: float) -> int:
    return max(-FULL, min(FULL, round(value / scale)))
