"""What MbientLab's boards understand: modules, registers and codes that differ between their two motion chips.

Source: the byte sequences that mbientlab/MetaWear-SDK-Cpp states in its tests (accelerometer, gyroscope, LED, module
discovery). A packet is a module, a register (with 80 to read it), and what is written or read.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from imu_hinge.errors import ProtocolError
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.drivers.metamotion_decoder import Layout

__all__ = [
    "ACCELEROMETER",
    "BLINK_MOST_S",
    "CONFIG",
    "GYROSCOPE",
    "INFO",
    "READ",
    "Board",
    "Setup",
    "blink",
    "link_wish",
]

BLINK_MOST_S: Final = 127
"""Twice a second, counted in a byte; 255 is for ever."""
READ: Final = 0x80
INFO: Final = 0x00
CONFIG: Final = 0x03
ACCELEROMETER: Final = 0x03
GYROSCOPE: Final = 0x13
_POWER: Final = 0x01
_STREAM: Final = 0x02
_LED: Final = 0x02
_SETTINGS: Final = 0x11
_LINK: Final = 0x09
_RATES: Final[Mapping[int, int]] = MappingProxyType({25: 6, 50: 7, 100: 8, 200: 9})
_UNPACKED_HZ: Final = 100
"""Twice as many notifications as samples: a connection does not carry more of them."""
_NORMAL_FILTER: Final = 0x20
_ACC_PER_G: Final = 32768.0
_GYR_RANGES: Final[Mapping[int, tuple[int, float]]] = MappingProxyType(
    {125: (4, 262.4), 250: (3, 131.2), 500: (2, 65.6), 1000: (1, 32.8), 2000: (0, 16.4)}
)
"""Range, deg/s: its code and scale, 1/(deg/s)."""


@dataclass(frozen=True)
class _Chip:
    """A motion chip's registers for samples one by one and by threes, and its codes."""

    acc: int
    acc_packed: int
    gyr: int
    gyr_packed: int
    acc_filter: int
    acc_ranges: Mapping[int, int]


_BMI160: Final = _Chip(0x04, 0x1C, 0x05, 0x07, _NORMAL_FILTER, MappingProxyType({2: 0x3, 4: 0x5, 8: 0x8, 16: 0xC}))
_BMI270: Final = _Chip(0x04, 0x05, 0x04, 0x05, 0x80 | _NORMAL_FILTER, MappingProxyType({2: 0, 4: 1, 8: 2, 16: 3}))
_CHIPS: Final[Mapping[tuple[int, int], _Chip]] = MappingProxyType({(1, 0): _BMI160, (4, 1): _BMI270})
"""By what the accelerometer's and the gyroscope's module say they are."""


@dataclass(frozen=True)
class Setup:
    """The configurations to be written, and what packets will look like then."""

    acc: bytes
    gyr: bytes
    layout: Layout


@dataclass(frozen=True)
class Board:
    """A board's chip, and whether its firmware packs samples by threes."""

    chip: _Chip
    packed: bool

    @classmethod
    def known(cls, acc_info: bytes, gyr_info: bytes, who: str) -> Board:
        """From what both modules say of themselves: kind and revision. Raises ProtocolError for other boards."""
        if len(acc_info) < 2 or len(gyr_info) < 2:
            raise ProtocolError(
                "it has no accelerometer with a gyroscope",
                payload=acc_info + gyr_info,
                clip=who,
                advice="Use a MetaMotion; other MetaWear boards measure no rotation.",
            )
        chip = _CHIPS.get((acc_info[0], gyr_info[0]))
        if chip is None:
            raise ProtocolError(
                f"its motion chip is unknown (kinds {acc_info[0]} and {gyr_info[0]})",
                payload=acc_info + gyr_info,
                clip=who,
                advice="Use a MetaMotion R, RL or S.",
            )
        return cls(chip, chip is _BMI270 or (acc_info[1] >= 1 and gyr_info[1] >= 1))

    def setup(self, wanted: Wanted) -> Setup:
        """At least the wanted rate and ranges, as far as there are such."""
        chip = self.chip
        rates = [rate for rate in _RATES if self.packed or rate <= _UNPACKED_HZ]
        rate_hz = _at_least(rates, wanted.rate_hz)
        acc_g = _at_least(list(chip.acc_ranges), wanted.acc_range_g)
        gyr_code, gyr_per_dps = _GYR_RANGES[_at_least(list(_GYR_RANGES), wanted.gyr_range_dps)]
        layout = Layout(
            bytes([ACCELEROMETER, chip.acc_packed if self.packed else chip.acc]),
            bytes([GYROSCOPE, chip.gyr_packed if self.packed else chip.gyr]),
            3 if self.packed else 1,
            float(rate_hz),
            _ACC_PER_G / acc_g,
            gyr_per_dps,
        )
        code = _RATES[rate_hz]
        return Setup(
            bytes([chip.acc_filter | code, chip.acc_ranges[acc_g]]), bytes([_NORMAL_FILTER | code, gyr_code]), layout
        )

    def begin(self, layout: Layout) -> tuple[bytes, ...]:
        """Commands that begin both streams; the gyroscope first, which needs some 50 ms longer."""
        commands: list[bytes] = []
        for head in (layout.gyr_head, layout.acc_head):
            module = head[:1]
            commands += [head + b"\x01", module + bytes([_STREAM, 1, 0]), module + bytes([_POWER, 1])]
        return tuple(commands)

    def end(self) -> tuple[bytes, ...]:
        """Commands that end both streams, whoever began them, and power the chip down."""
        chip = self.chip
        registers = {ACCELEROMETER: (chip.acc, chip.acc_packed), GYROSCOPE: (chip.gyr, chip.gyr_packed)}
        commands: list[bytes] = []
        for module, data in registers.items():
            commands += [bytes([module, _POWER, 0]), bytes([module, _STREAM, 0, 1])]
            commands += [bytes([module, register, 0]) for register in data]
        return tuple(commands)


def blink(seconds: int) -> tuple[bytes, ...]:
    """Commands that blink the green LED twice a second."""
    times = 2 * max(1, min(seconds, BLINK_MOST_S))
    pattern = struct.pack("<2B5HB", 31, 0, 0, 50, 0, 500, 0, times)
    return bytes([_LED, 2, 1]), bytes([_LED, 3, 0, 2]) + pattern, bytes([_LED, 1, 1])


def link_wish() -> bytes:
    """The command that asks for connection events 15 to 30 ms apart, none left out, and 4 s until a link is lost: what
    all systems grant, and 200 Hz needs. Units of 1.25 and 10 ms."""
    return bytes([_SETTINGS, _LINK]) + struct.pack("<4H", 12, 24, 0, 400)


def _at_least(choices: list[int], wanted: int) -> int:
    return min((choice for choice in choices if choice >= wanted), default=max(choices))
