"""The registers of WitMotion's sensors: read by asking and waiting for the answer among the samples, set with proof."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from imu_hinge.errors import LinkError, ProtocolError
from imu_hinge.sensors.driver import Port
from imu_hinge.sensors.drivers.witmotion_decoder import FrameReader, is_registers

__all__ = ["RATES", "Register", "Registers", "battery_percent", "version_text"]


class Register(IntEnum):
    """Those that are used; one answer carries eight that follow each other."""

    SAVE = 0x00
    RATE = 0x03
    BANDWIDTH = 0x1F
    ALGORITHM = 0x24
    READ = 0x27
    VERSION = 0x2E
    BATTERY = 0x64
    KEY = 0x69
    OUTPUT_CONTENT = 0x96


RATES: Final[Mapping[int, int]] = MappingProxyType({10: 0x06, 20: 0x07, 50: 0x08, 100: 0x09, 200: 0x0B})
"""Rates, Hz, and their codes. (0x0A is 125 or 200 Hz in other documents of the maker's, and was measured as 99 Hz.)"""

_COMMAND_UUID: Final = "0000ffe9-0000-1000-8000-00805f9a34fb"
_COMMAND: Final = struct.Struct("<2sBH")
_MAGIC: Final = b"\xff\xaa"
_KEY: Final = 0xB588
_ANSWER: Final = struct.Struct("<8H")
_BETWEEN_S: Final = 0.1
"""Between commands, as the maker's document has it."""
_FLASH_S: Final = 0.5
"""After saving it is busy for 0.30 to 0.33 s, ignores commands and answers zeros."""
_ANSWER_S: Final = 0.5
_TRIES: Final = 4
_BATTERY: Final = (
    (396, 100),
    (393, 90),
    (387, 75),
    (382, 60),
    (379, 50),
    (377, 40),
    (373, 30),
    (370, 20),
    (368, 15),
    (350, 10),
    (340, 5),
)
"""Least voltage, 10 mV, and %. Another document of the maker's says up to 25 % more; this one warns earlier."""


class Registers:
    """One sensor's registers over an open connection. ``notified`` is to get every notification; it counts ``samples``.

    Commands are sent without response, as nothing is lost that is read back anyway. While nothing was ever answered,
    every other attempt is written with response, for firmware whose characteristic knows no other way. One request at
    a time: an answer names only its first register.

    A sensor that does not answer is slowed down and asked again: at 200 Hz it does not.
    """

    def __init__(self, port: Port, who: str = "?") -> None:
        self._port = port
        self.who = who
        self.samples = 0
        self._reader = FrameReader()
        self._awaited: tuple[int, asyncio.Future[tuple[int, ...]]] | None = None
        self._answered = False
        self._with_response = False

    def notified(self, payload: bytes) -> None:
        """Look for answers in a notification."""
        frames, _ = self._reader.feed(payload)
        for frame in frames:
            if not is_registers(frame):
                self.samples += 1
            elif self._awaited is not None:
                first, answer = self._awaited
                if int.from_bytes(frame[2:4], "little") == first and not answer.done():
                    answer.set_result(_ANSWER.unpack_from(frame, 4))

    async def read(self, register: int) -> Sequence[int]:
        """The values of eight registers from this one on. Raises ProtocolError where there is no answer."""
        for _ in range(_TRIES):
            answer: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()
            self._awaited = register, answer
            try:
                await self._command(Register.READ, register)
                async with asyncio.timeout(_ANSWER_S):
                    values = await answer
            except TimeoutError:
                if not self._answered:
                    self._with_response = not self._with_response
            else:
                self._answered = True
                return values
            finally:
                self._awaited = None
            await self.hush()
        raise ProtocolError(
            f"it does not answer what stands in register {register:#04x}",
            clip=self.who,
            advice="Switch it off and on; if that does not help, it is another kind of sensor.",
        )

    async def set(self, register: int, value: int) -> bool:
        """Have a register hold a value, proven by reading; whether it had to be written. Raises ProtocolError where
        it holds another one all the same."""
        held = (await self.read(register))[0]
        if held == value:
            return False
        for _ in range(_TRIES):
            await self.write(register, value)
            held = (await self.read(register))[0]
            if held == value:
                return True
        raise ProtocolError(
            f"its register {register:#04x} says {held} after {value} was written",
            clip=self.who,
            advice="Set it to its defaults with the maker's program, then try again.",
        )

    async def write(self, register: int, value: int) -> None:
        """Unlock and write; whether it took it, only reading tells."""
        await self._command(Register.KEY, _KEY)
        await asyncio.sleep(_BETWEEN_S)
        await self._command(register, value)
        await asyncio.sleep(_BETWEEN_S)

    async def save(self) -> None:
        """Keep the settings for when it is switched on next, and wait until it listens again."""
        await self.write(Register.SAVE, 0)
        await asyncio.sleep(_FLASH_S)

    async def hush(self) -> None:
        """Ten samples a second, so that it answers; unseen, as it may be at 200 Hz now."""
        await self.write(Register.RATE, RATES[10])

    async def _command(self, register: int, value: int) -> None:
        command = _COMMAND.pack(_MAGIC, register, value)
        try:
            await self._put(command)
        except LinkError:
            if self._answered:
                raise
            self._with_response = not self._with_response
            await self._put(command)

    async def _put(self, command: bytes) -> None:
        put = self._port.write if self._with_response else self._port.send
        await put(_COMMAND_UUID, command)


def battery_percent(raw: int) -> int | None:
    """What is left at a voltage, 10 mV; None where it is none, as for a moment after saving."""
    if raw == 0:
        return None
    return next((percent for least, percent in _BATTERY if raw >= least), 0)


def version_text(values: Sequence[int]) -> str:
    """The version of its first two registers as the maker's program shows it: 0x0116, 0x89D8 is 10080.1.22."""
    number = values[0] | values[1] << 16
    if not number:
        return "unknown"
    if not number >> 31:
        return str(values[0])  # the old way
    return f"{number >> 14 & 0x1FFFF}.{number >> 8 & 0x3F}.{number & 0xFF}"
