"""What an emulated clip is made of: its model, its settings, its motion sensor, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import pi

from .wire import INVALID, OVERRANGE, SAMPLE, Capability, Config, PacketFlags, Role, f32

Source = Callable[[int], "Sequence[int | None] | None"]
"""Gives the six raw values of a sampling instant; None for one (or all) that cannot be measured."""

SETTLING_US = 200_000
SILENCE_US = 1_000_000
REPEATING_US = 1_000_000
RETRY_US = 1_000_000
ACC_16_G = 0.488e-3 * 9.80665
GYR_2000_DPS = 70e-3 * pi / 180


def lively(index: int) -> tuple[int, int, int, int, int, int]:
    """Give samples of a clip that lies still: gravity on z, and noise that never repeats within a second."""
    noise = (index * 7919) % 16
    return (noise - 8, (index * 31) % 7 - 3, 2048 + index % 5, index % 11 - 5, noise - 7, (index * 13) % 9)


@dataclass(frozen=True)
class ClipModel:
    """What a type of clip can do. The defaults are those of the example in section 15."""

    rates_hz: tuple[int, ...] = (26, 52, 104, 208, 416)
    acc_scales: dict[int, float] = field(default_factory=lambda: {g: ACC_16_G * g / 16 for g in (2, 4, 8, 16)})
    gyr_scales: dict[int, float] = field(
        default_factory=lambda: {dps: GYR_2000_DPS * dps / 2000 for dps in (125, 250, 500, 1000, 2000)}
    )
    capabilities: Capability = Capability.LOG | Capability.LED | Capability.BUTTON | Capability.SLEEP
    ring_samples: int = 30 * 416
    live_queue: int = 8  # packets; and never more than a second
    true_period_us: Callable[[int], float] = lambda rate_hz: 1e6 / rate_hz
    group_delay_us: float | None = None  # None: the sensor does not tell
    acc_limit: int = OVERRANGE  # raw values from here on are beyond the range
    gyr_limit: int = OVERRANGE
    fill_unmeasured: bool = False  # True: instants that were not measured are sent, as -32768
    max_packets_per_s: float = 200.0  # section 13, with MTU 247
    events: int = 16
    name: str = "Emulated clip"
    manufacturer: str = "Another company"
    firmware: str = "1.0.0"

    def config(self, rate_hz: int, acc_range_g: int, gyr_range_dps: int, batch_ms: int, epoch: int) -> Config:
        """Complete a configuration with the scales of this model."""
        acc_scale, gyr_scale = f32(self.acc_scales[acc_range_g]), f32(self.gyr_scales[gyr_range_dps])
        return Config(rate_hz, acc_range_g, gyr_range_dps, batch_ms, epoch & 15, acc_scale, gyr_scale)


@dataclass
class Settings:
    """What outlives a power cycle, besides the records."""

    serial: bytes
    config: Config
    role: int = Role.NONE
    boot_id: int = 0
    stream_id: int = 0


@dataclass
class Faults:
    """What is wrong with the clip; each may be switched while it runs."""

    stalled: bool = False  # the sensor does not answer
    stuck: bool = False  # the sensor repeats itself
    lost: Callable[[int], bool] = lambda index: False  # instants that an overrun of the sensor's FIFO lost
    hold_live: bool = False  # the link takes no live packets: their queue fills
    hold_transfer: bool = False  # the link takes no packets of a transfer
    mute_control: bool = False  # requests are not answered
    major: int | None = None  # another major version than 1
    info_tail: bytes = b""  # fields of a later minor version
    sensor_code: int = 0x51  # the maker's code in a sensor_fault event


class Sensor:
    """The motion sensor: measures, and notices when it is silent or repeats itself for a second."""

    def __init__(self, model: ClipModel, faults: Faults) -> None:
        self.model = model
        self.faults = faults
        self.source: Source = lively
        self.switch_on(0)

    @property
    def fault(self) -> bool:
        """Whether it does not answer, or repeats itself."""
        return self._dead or self._repeating

    def clear(self) -> None:
        """Forget a fault: the stream has ended."""
        self._dead = self._repeating = False

    def switch_on(self, now_us: int) -> None:
        """Start measuring, for a new stream."""
        self.clear()
        self._on_us = now_us
        self._retry_us = 0
        self._silent_us: int | None = None
        self._same_us = now_us
        self._last: tuple[int | None, ...] | None = None

    def measure(self, index: int, ready_us: int) -> tuple[bytes | None, PacketFlags]:
        """Measure one instant; None where nothing of it could be measured."""
        if self._dead and ready_us < self._retry_us:
            return None, PacketFlags.NONE
        raw = self._read(index)
        if raw is None:
            self._notice_silence(ready_us)
            return None, PacketFlags.NONE
        if self._dead:
            self.switch_on(ready_us)
        self._silent_us = None
        if raw != self._last:
            self._same_us, self._last, self._repeating = ready_us, raw, False
        elif ready_us - self._same_us >= REPEATING_US:
            self._repeating = True
            return None, PacketFlags.NONE
        return self._encode(raw, ready_us)

    def _read(self, index: int) -> tuple[int | None, ...] | None:
        if self.faults.stalled or self.faults.lost(index):
            return None
        if self.faults.stuck and self._last is not None:
            return self._last
        raw = self.source(index)
        return None if raw is None else tuple(raw)

    def _notice_silence(self, ready_us: int) -> None:
        if not self.faults.stalled:
            return  # lost behind the sensor, which does answer
        if self._silent_us is None:
            self._silent_us = ready_us
        if ready_us - self._silent_us >= SILENCE_US:
            self._dead, self._retry_us = True, ready_us + RETRY_US

    def _encode(self, raw: Sequence[int | None], ready_us: int) -> tuple[bytes, PacketFlags]:
        flags = PacketFlags.SETTLING if ready_us - self._on_us < SETTLING_US else PacketFlags.NONE
        values = []
        for axis, value in enumerate(raw):
            limit, flag = (
                (self.model.acc_limit, PacketFlags.ACC_OVERRANGE)
                if axis < 3
                else (self.model.gyr_limit, PacketFlags.GYR_OVERRANGE)
            )
            if value is None:
                values.append(INVALID)
            elif abs(value) >= limit:
                values.append(OVERRANGE if value > 0 else -OVERRANGE)
                flags |= flag
            else:
                values.append(value)
        return SAMPLE.pack(*values), flags
