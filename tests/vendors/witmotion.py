"""A WT9011DCL-BT50 as its maker describes it and RGu0/WT901 measured it: registers, locks, flash, bunches of frames."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from ble.air import Air
from bumble.core import AdvertisingData
from bumble.gatt import Characteristic, CharacteristicValue, Service

from imu_hinge.conventions import GRAVITY_M_S2

from .knobs import LinkKnobs, Motion, resting
from .streaming import Sample, Streaming

__all__ = ["VirtualWitMotion"]

UUID = "0000{}-0000-1000-8000-00805f9a34fb"
RATES = {0x06: 10.0, 0x07: 20.0, 0x08: 50.0, 0x09: 100.0, 0x0A: 100.0, 0x0B: 200.0}
AS_SOLD = {0x03: 0x06, 0x1F: 0x04, 0x24: 0, 0x96: 0, 0x2E: 0x0116, 0x2F: 0x89D8, 0x64: 393}
UNLOCKED_S = 10.0
FLASH_S = 0.3
DATE = struct.pack("<6BH", 26, 3, 14, 9, 26, 53, 589)
Can = Characteristic.Properties


class VirtualWitMotion(Streaming):
    """``frame_bytes`` 20 or 28 (with date and time), ``registers`` what differs from a new one's, ``stubborn`` those
    that take no value. What is not saved is gone after ``power_cycle``."""

    def __init__(
        self,
        air: Air,
        number: int = 1,
        *,
        frame_bytes: int = 20,
        registers: Mapping[int, int] | None = None,
        stubborn: Collection[int] = (),
        mtu: int = 247,
        name: str = "WT901BLE67",
        knobs: LinkKnobs | None = None,
        motion: Motion = resting,
    ) -> None:
        self.saved = {**AS_SOLD, **{0x66 + i: value for i, value in enumerate(_address_words(number))}}
        self.saved |= registers or {}
        self.registers = dict(self.saved)
        self.stubborn = stubborn
        self.frame_bytes = frame_bytes
        self.saves = 0
        self.commands: list[bytes] = []
        self._unlocked_s = self._busy_s = 0.0
        self._answers: set[asyncio.Task[bool]] = set()
        out = Characteristic(UUID.format("ffe4"), Can.NOTIFY, 0)
        into = Characteristic(
            UUID.format("ffe9"),
            Can.WRITE | Can.WRITE_WITHOUT_RESPONSE,
            Characteristic.WRITEABLE,
            CharacteristicValue(write=lambda _, value: self._written(bytes(value))),
        )
        super().__init__(
            air,
            f"C0:00:00:00:01:{number:02X}",
            [Service(UUID.format("ffe5"), [out, into])],
            [(AdvertisingData.Type.FLAGS, b"\x06"), (AdvertisingData.Type.COMPLETE_LOCAL_NAME, name.encode())],
            characteristic=out,
            mtu=mtu,
            knobs=knobs,
            motion=motion,
        )

    def round(self) -> tuple[int, float] | None:
        rate_hz = RATES.get(self.registers[0x03])
        return None if rate_hz is None else (4 if rate_hz > 50 else 1, rate_hz)

    def payloads(self, samples: Sequence[Sample]) -> Sequence[bytes]:
        together = b"".join(self._frame(*sample) for sample in samples)
        connection = self.connection
        room = 20 if connection is None else connection.att_mtu - 3
        whole = max(room // self.frame_bytes * self.frame_bytes, room if room < self.frame_bytes else 0)
        return [together[at : at + whole] for at in range(0, len(together), whole)]

    def power_cycle(self) -> None:
        """Off and on: what was not saved is forgotten."""
        self.lose()
        self.registers = dict(self.saved)
        self._unlocked_s = self._busy_s = 0.0

    def _frame(self, acc_m_s2: np.ndarray, gyr_rad_s: np.ndarray) -> bytes:
        if self.registers[0x96]:  # displacement, mm, and its rate: the same frame
            values = np.array([12.0, -7.0, 3.0, 1.0, 0.0, -1.0])
        else:
            values = np.concatenate([acc_m_s2 / GRAVITY_M_S2 / 16, np.rad2deg(gyr_rad_s) / 2000]) * 32768
        raw = np.clip(np.round(values), -32768, 32767).astype("<i2")
        return b"\x55\x61" + raw.tobytes() + bytes(6) + (DATE if self.frame_bytes == 28 else b"")

    def _written(self, command: bytes) -> None:
        self.commands.append(command)
        now = asyncio.get_running_loop().time()
        if len(command) != 5 or command[:2] != b"\xff\xaa" or now < self._busy_s:
            return
        register, value = command[2], int.from_bytes(command[3:], "little")
        if register == 0x27:
            if RATES.get(self.registers[0x03], 0) < 200:
                values = [self.registers.get(value + n, 0) for n in range(8)]
                answer = asyncio.create_task(self.tell(struct.pack("<2sH8H", b"\x55\x71", value, *values)))
                self._answers.add(answer)
                answer.add_done_callback(self._answers.discard)
        elif (register, value) == (0x69, 0xB588):
            self._unlocked_s = now + UNLOCKED_S
        elif now < self._unlocked_s:
            self._set(register, value, now)

    def _set(self, register: int, value: int, now: float) -> None:
        if register == 0x00:
            self.saved = dict(self.registers)
            self.saves += 1
            self._unlocked_s, self._busy_s = 0.0, now + FLASH_S
        elif register not in self.stubborn:
            self.registers[register] = value
            if register == 0x03:
                self.stream_anew()


def _address_words(number: int) -> tuple[int, int, int]:
    """The address C0:00:00:00:01:.. as the sensor tells it: backwards, in words."""
    return struct.unpack("<3H", bytes([number, 0x01, 0, 0, 0, 0xC0]))
