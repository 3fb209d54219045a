"""A MetaMotion with the bytes that the tests of mbientlab/MetaWear-SDK-Cpp state: modules, two streams, an LED."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Sequence
from typing import Final, Literal

import numpy as np
from ble.air import Air
from bumble.core import AdvertisingData
from bumble.gatt import Characteristic, CharacteristicValue, Service

from imu_hinge.conventions import GRAVITY_M_S2

from .knobs import LinkKnobs, Motion, resting
from .streaming import Sample, Streaming

__all__ = ["VirtualMetaMotion"]

UUID = "326a{}-85cb-9195-d9dd-464cfbbae75a"
ACC, GYR, LED = 0x03, 0x13, 0x02
RATES = {6: 25.0, 7: 50.0, 8: 100.0, 9: 200.0}
GYR_DPS = (2000, 1000, 500, 250, 125)
ACC_G: Final = {"BMI160": {0x3: 2, 0x5: 4, 0x8: 8, 0xC: 16}, "BMI270": {0: 2, 1: 4, 2: 8, 3: 16}}
INFO: Final = {"BMI160": {ACC: b"\x01\x02", GYR: b"\x00\x01"}, "BMI270": {ACC: b"\x04\x00", GYR: b"\x01\x00"}}
SINGLE: Final = {"BMI160": {ACC: 0x04, GYR: 0x05}, "BMI270": {ACC: 0x04, GYR: 0x04}}
PACKED: Final = {"BMI160": {ACC: 0x1C, GYR: 0x07}, "BMI270": {ACC: 0x05, GYR: 0x05}}
Can = Characteristic.Properties


class VirtualMetaMotion(Streaming):
    """``info`` overrides what modules say of themselves, ``stubborn`` modules keep their configuration; the packets of
    ``first`` leave first, and the gyroscope's begin ``late_packets`` after the accelerometer's."""

    def __init__(
        self,
        air: Air,
        number: int = 1,
        *,
        chip: Literal["BMI160", "BMI270"] = "BMI160",
        info: dict[int, bytes] | None = None,
        stubborn: Collection[int] = (),
        first: int = ACC,
        late_packets: int = 2,
        mtu: int = 247,
        knobs: LinkKnobs | None = None,
        motion: Motion = resting,
    ) -> None:
        self.chip = chip
        self.info = {**INFO[chip], **(info or {})}
        self.stubborn = stubborn
        self.first = first
        self.late_packets = late_packets
        self.config = {ACC: bytes([0x28, 0x3 if chip == "BMI160" else 0]), GYR: b"\x28\x00"}
        self.power = {ACC: False, GYR: False}
        self.enabled = {ACC: False, GYR: False}
        self.wanted: set[tuple[int, int]] = set()
        self.led: list[bytes] = []
        self.commands: list[bytes] = []
        self._answers: set[asyncio.Task[bool]] = set()
        out = Characteristic(UUID.format("9006"), Can.NOTIFY, 0)
        into = Characteristic(
            UUID.format("9001"),
            Can.WRITE | Can.WRITE_WITHOUT_RESPONSE,
            Characteristic.WRITEABLE,
            CharacteristicValue(write=lambda _, value: self._written(bytes(value))),
        )
        texts = {"2A25": b"045F2A", "2A26": b"1.7.3"}
        about = [Characteristic(name, Can.READ, Characteristic.READABLE, text) for name, text in texts.items()]
        battery = Characteristic("2A19", Can.READ, Characteristic.READABLE, b"\x55")
        super().__init__(
            air,
            f"C0:00:00:00:02:{number:02X}",
            [Service(UUID.format("9000"), [out, into]), Service("180A", about), Service("180F", [battery])],
            [
                (AdvertisingData.Type.FLAGS, b"\x06"),
                (
                    AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
                    uuid.UUID(UUID.format("9000")).bytes[::-1],
                ),
            ],
            characteristic=out,
            mtu=mtu,
            knobs=knobs,
            motion=motion,
        )

    def round(self) -> tuple[int, float] | None:
        runs = all(self.power.values()) and all(self.enabled.values())
        if not runs or not self.wanted:
            return None
        return (3 if self.packed else 1), RATES[self.config[ACC][0] & 0xF]

    @property
    def packed(self) -> bool:
        return (ACC, PACKED[self.chip][ACC]) in self.wanted

    def payloads(self, samples: Sequence[Sample]) -> Sequence[bytes]:
        acc_g = ACC_G[self.chip][self.config[ACC][1]]
        gyr_dps = GYR_DPS[self.config[GYR][1]]
        acc = np.array([acc_m_s2 for acc_m_s2, _ in samples]) / GRAVITY_M_S2 * 32768 / acc_g
        gyr = np.rad2deg([gyr_rad_s for _, gyr_rad_s in samples]) * 16.4 * 2000 / gyr_dps
        registers = (PACKED if self.packed else SINGLE)[self.chip]
        packets = {
            module: bytes([module, registers[module]])
            + np.clip(np.round(values), -32768, 32767).astype("<i2").tobytes()
            for module, values in ((ACC, acc), (GYR, gyr))
            if (module, registers[module]) in self.wanted
            and (module == ACC or self.taken > self.late_packets * len(samples))
        }
        return [packets[module] for module in (self.first, ACC + GYR - self.first) if module in packets]

    def on_disconnection(self, reason: int) -> None:
        self.wanted.clear()
        super().on_disconnection(reason)

    def _written(self, command: bytes) -> None:
        self.commands.append(command)
        module, register, rest = command[0], command[1], command[2:]
        if register == 0x80:
            self._answer(command + self.info.get(module, b""))
        elif register == 0x83 and module in self.config:
            self._answer(command + self.config[module])
        elif module == LED:
            self.led.append(command)
        elif module in self.power:
            self._set(module, register, rest)

    def _set(self, module: int, register: int, rest: bytes) -> None:
        if register == 0x01:
            self.power[module] = bool(rest[0])
        elif register == 0x02:
            self.enabled[module] = rest == b"\x01\x00"
        elif register == 0x03:
            if module not in self.stubborn:
                self.config[module] = rest
        elif rest == b"\x01":
            self.wanted.add((module, register))
        else:
            self.wanted.discard((module, register))
        self.stream_anew()

    def _answer(self, payload: bytes) -> None:
        task = asyncio.create_task(self.tell(payload))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)
