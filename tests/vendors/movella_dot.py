"""A Movella DOT on the air, as "Xsens DOT BLE Services Specifications" (XD0506P) describes it."""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress

import numpy as np
from ble.air import Air
from ble.peripheral import Peripheral
from bumble.att import ATT_Error
from bumble.core import AdvertisingData
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service

from .knobs import Link, LinkKnobs, Motion, resting

__all__ = ["VirtualDot"]

RATES = (1, 4, 10, 12, 15, 20, 30, 60, 120)
RATE, CUSTOM_5 = 21, 26
ROOM = {0x2002: 63, 0x2003: 40}
Can = Characteristic.Properties
Type = AdvertisingData.Type


def uuid_of(short: int) -> str:
    return f"1517{short:04X}-4947-11E9-8646-D663BD873D93"


class VirtualDot(Peripheral):
    """``motion`` gives what it feels at a time since it was made, ``knobs`` how badly it is heard; its clock runs
    ``drift_ppm`` fast and shows ``clock_us`` when it is made. It knows the payload ``modes``.
    """

    def __init__(
        self,
        air: Air,
        number: int,
        *,
        knobs: LinkKnobs | None = None,
        motion: Motion = resting,
        drift_ppm: float = 0.0,
        clock_us: int = 5_000_000,
        modes: tuple[int, ...] = (RATE, CUSTOM_5),
        name: str = "Movella DOT",
        mtu: int = 247,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.motion = motion
        self.knobs = LinkKnobs() if knobs is None else knobs
        self.speed = 1 + drift_ppm * 1e-6
        self.made_s = loop.time()
        self.clock_us_0 = clock_us
        self.modes = modes
        self.control = bytearray(struct.pack("<3B4BB16sHB5x", 0, 0, 0, 10, 0, 30, 0, 9, name.encode()[:16], 60, 0))
        self.measuring = bytearray([1, 0, RATE])
        self.keeps_rate = True
        self.identified = 0
        self.true_s: list[float] = []
        self.dropped_s: list[float] = []
        self.acks: list[bytes] = []
        self._heard: set[int] = set()
        self._link = Link(self.knobs)
        self._begin_s = loop.time()
        self._count = 0
        self._held: list[bytes] = []
        address = f"D4:22:CD:00:00:{number:02X}"
        self.serial = address.replace(":", "")
        identity = bytes.fromhex(self.serial)[::-1]
        info = struct.pack(
            "<6s3BH5BIQ6s", identity, 2, 0, 0, 2021, 7, 1, 0, 0, 0, 7, 0xD422CD000000 | number, b"XS-T02"
        )
        self._samples = {
            short: Characteristic(uuid_of(short), Can.NOTIFY, 0)
            for short in (0x2002, 0x2003, 0x2004)
            if short != 0x2002 or CUSTOM_5 in modes
        }
        for short, characteristic in self._samples.items():
            characteristic.on("subscription", self._subscriber(short))
        self._report = Characteristic(uuid_of(0x1004), Can.NOTIFY, 0)
        self._message = Characteristic(uuid_of(0x7003), Can.NOTIFY, 0)
        services = [
            Service(
                uuid_of(0x1000),
                [
                    Characteristic(uuid_of(0x1001), Can.READ, Characteristic.READABLE, info),
                    self._register(0x1002, lambda: bytes(self.control), self._set_control),
                    self._report,
                ],
            ),
            Service(
                uuid_of(0x2000),
                [
                    self._register(0x2001, lambda: bytes(self.measuring), self._set_measuring),
                    *self._samples.values(),
                ],
            ),
            Service(
                uuid_of(0x3000),
                [Characteristic(uuid_of(0x3001), Can.READ, Characteristic.READABLE, bytes([67, 0]))],
            ),
            Service(
                uuid_of(0x7000),
                [
                    self._register(0x7001, lambda: b"", self._set_message),
                    self._register(0x7002, lambda: self.acks[-1] if self.acks else b"", lambda _: None),
                    self._message,
                ],
            ),
        ]
        super().__init__(
            air,
            address,
            services,
            [(Type.FLAGS, b"\x06"), (Type.MANUFACTURER_SPECIFIC_DATA, (0x0886).to_bytes(2, "little") + identity[:2])],
            [(Type.COMPLETE_LOCAL_NAME, name.encode())],
            mtu=mtu,
        )
        self.conditions.interval_ms = 15.0
        self._task = asyncio.create_task(self._stream())

    def clock_us(self, time_s: float) -> int:
        """What its clock shows at a loop time, before it is cut to 32 bits."""
        return self.clock_us_0 + round((time_s - self.made_s) * 1e6 * self.speed)

    def reset(self) -> None:
        """Lose its power for an instant."""
        self.lose()
        self.clock_us_0 = -round((asyncio.get_running_loop().time() - self.made_s) * 1e6 * self.speed)

    async def click(self, report: int = 5) -> None:
        """Have its button pressed: 5, 6, 7 for one, two, three times."""
        await self._say(self._report, struct.pack("<BBI30x", report, 4, 1234))

    async def off_air(self) -> None:
        """Leave for good."""
        while not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.5)

    def on_disconnection(self, reason: int) -> None:
        self.measuring[1] = 0
        self._heard.clear()

    def _register(self, short: int, read: object, write: object) -> Characteristic:
        return Characteristic(
            uuid_of(short),
            Can.READ | Can.WRITE,
            Characteristic.READABLE | Characteristic.WRITEABLE,
            CharacteristicValue(read=lambda _: read(), write=lambda _, value: write(bytes(value))),  # type: ignore[operator]
        )

    def _subscriber(self, short: int) -> object:
        def changed(_: Connection, notify: bool, indicate: bool) -> None:
            (self._heard.add if notify else self._heard.discard)(short)

        return changed

    def _set_control(self, value: bytes) -> None:
        if len(value) != len(self.control):
            raise ATT_Error(0x0D)
        visited = value[0]
        self.identified += visited & value[1] & 1
        if visited & 1 << 4 and not self.measuring[1] and self.keeps_rate:
            rate = int.from_bytes(value[24:26], "little")
            if rate in RATES:
                self.control[24:26] = value[24:26]
        if visited & 1 << 5 and not self.measuring[1]:
            self.control[26] = value[26]

    def _set_measuring(self, value: bytes) -> None:
        if len(value) != 3 or value[0] != 1 or value[1] > 1:
            raise ATT_Error(0x0D)
        if value[2] not in self.modes or (value[1] and self.rate_hz > 60):
            return  # it ignores what it does not know
        if value[1] and not self.measuring[1]:
            self._begin_s, self._count = asyncio.get_running_loop().time(), 0
        self.measuring[:] = value

    def _set_message(self, value: bytes) -> None:
        if len(value) < 4 or sum(value) & 0xFF or value[1] != len(value) - 3:
            return
        body = bytes([2, 2, value[2] + 2, 0])
        self.acks.append(body + bytes([-sum(body) & 0xFF]))

    @property
    def rate_hz(self) -> int:
        return int.from_bytes(self.control[24:26], "little")

    async def _say(self, characteristic: Characteristic, value: bytes) -> None:
        with suppress(TimeoutError, ConnectionError, asyncio.InvalidStateError):
            async with asyncio.timeout(5.0):
                await self.notify(characteristic, value)

    async def _stream(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0.005)
            while self.measuring[1] and (time_s := self._next_s()) <= loop.time():
                self._count += 1
                await self._measure(time_s)
            if self._held and not self._link.stalls(loop.time() - self.made_s):
                held, self._held = self._held, []
                for payload in held:
                    await self._notify(payload)

    def _next_s(self) -> float:
        return self._begin_s + (self._count + 1) / (self.rate_hz * (1 + self.knobs.rate_error))

    async def _measure(self, time_s: float) -> None:
        acc, gyr = self.motion(time_s)
        stalled = self._link.stalls(time_s - self.made_s)
        if self._link.drops() or (stalled and self.knobs.stall_loses):
            self.dropped_s.append(time_s)
            return
        self.true_s.append(time_s)
        payload = struct.pack("<I", self.clock_us(time_s) & 0xFFFFFFFF)
        if self.measuring[2] == CUSTOM_5:
            payload += struct.pack("<4f", 1.0, 0.0, 0.0, 0.0)
        payload += struct.pack("<6f", *acc, *np.degrees(gyr))
        if stalled or self._held:  # nothing overtakes what waits
            self._held.append(payload)
        else:
            await self._notify(payload)

    async def _notify(self, payload: bytes) -> None:
        short = 0x2003 if self.measuring[2] == RATE else 0x2002
        if short in self._heard:
            await self._say(self._samples[short], payload.ljust(ROOM[short], b"\0"))
