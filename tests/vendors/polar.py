"""A Polar Verity Sense on the air: its control point with settings as TLV, SDK mode, and compressed frames.

As Polar's "Online measurement" specification and SdkModeExplained describe it; what it offers in SDK mode as a user's
sensor does (pull request 11 of fsmeraldi/bleakheart). The numbers in a frame, and their variation, are of the size seen
in issues 186, 331 and 443 of polarofficial/polar-ble-sdk.
"""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from ble.air import Air
from ble.peripheral import Peripheral
from bumble.core import AdvertisingData
from bumble.gatt import Characteristic, CharacteristicValue, Service
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2

from .knobs import Link, LinkKnobs, Motion, resting

__all__ = ["Measured", "VirtualVeritySense", "encode_deltas", "encode_frame"]

PMD = "FB005C8{}-02E7-F387-1CAD-8ACD2D8DF0C8"
ACC, GYRO, SDK = 2, 5, 9
SETTINGS, START, STOP = 1, 2, 3
OK, NOT_SUPPORTED, INVALID_PARAMETER, ALREADY, INVALID_RATE = 0, 3, 5, 6, 8
IN_CHARGER = 13
WIDTHS = {0: 2, 1: 2, 2: 2, 4: 1}
EPOCH_NS = 805_000_000_000_000_000
"""Some day in 2025, ns since 2000."""
USUAL = {ACC: {0: (52,), 1: (16,), 2: (8,), 4: (3,)}, GYRO: {0: (52,), 1: (16,), 2: (2000,), 4: (3,)}}
WIDE = {
    ACC: {0: (26, 52, 104, 208, 416), 1: (16,), 2: (2, 4, 8, 16), 4: (3,)},
    GYRO: {0: (26, 52, 104, 208, 416), 1: (16,), 2: (250, 500, 1000, 2000), 4: (3,)},
}
Can = Characteristic.Properties
Type = AdvertisingData.Type
IntArray = NDArray[np.int64]


def encode_deltas(samples: IntArray, reference_bytes: int, block: int = 20) -> bytes:
    """Samples (N, 3) as the first one, and blocks of at most ``block`` differences with as few bits as will do."""
    out = bytearray()
    for value in samples[0]:
        out += int(value).to_bytes(reference_bytes, "little", signed=True)
    deltas = np.diff(samples, axis=0)
    for begin in range(0, len(deltas), block):
        some = deltas[begin : begin + block]
        bits = max(int(value if value >= 0 else ~value).bit_length() for value in some.ravel()) + 1
        number = 0
        for place, value in enumerate(some.ravel()):
            number |= (int(value) & ((1 << bits) - 1)) << (place * bits)
        out += bytes([bits, len(some)]) + number.to_bytes((bits * some.size + 7) // 8, "little")
    return bytes(out)


def encode_frame(measurement: int, stamp_ns: int, frame_type: int, data: bytes) -> bytes:
    return struct.pack("<BQB", measurement, stamp_ns, frame_type) + data


@dataclass
class Measured:
    """One stream's truth: loop times of all samples in frames that were sent, and how many were in others."""

    sent_s: list[float] = field(default_factory=list)
    dropped_s: list[float] = field(default_factory=list)
    frames: int = 0
    frames_dropped: int = 0


@dataclass
class _Stream:
    kind: int
    rate_hz: float
    full_scale: float
    begin_s: float
    link: Link
    count: int = 0
    waiting: list[tuple[float, FloatRow]] = field(default_factory=list)
    held: list[bytes] = field(default_factory=list)
    size: int = 1


FloatRow = NDArray[np.float64]


class VirtualVeritySense(Peripheral):
    """``motion`` gives what it feels at a time since it was made, ``knobs`` how badly it is heard; its clock runs
    ``drift_ppm`` fast, and its angular rate is measured ``phase_s`` after the acceleration. Of frames it makes type
    ``acc_type`` (0x81 in mg, 0x80 in units of a factor). With ``sdk`` False it has firmware before SDK mode.
    """

    def __init__(
        self,
        air: Air,
        number: int,
        *,
        knobs: LinkKnobs | None = None,
        motion: Motion = resting,
        drift_ppm: float = 0.0,
        phase_s: float = 0.004,
        acc_type: int = 0x81,
        frame_samples: tuple[int, int] = (14, 30),
        sdk: bool = True,
        mtu: int = 232,
    ) -> None:
        self.serial = f"ABCD{number:04X}"
        self.name = f"Polar Sense {self.serial}"
        self.motion = motion
        self.knobs = LinkKnobs() if knobs is None else knobs
        self.speed = 1 + drift_ppm * 1e-6
        self.made_s = asyncio.get_running_loop().time()
        self.epoch_ns = EPOCH_NS
        self.measured = {ACC: Measured(), GYRO: Measured()}
        self.sdk_mode = False
        self.refuse: dict[tuple[int, int], int] = {}
        """Statuses to answer with instead, by operation and type."""
        self.asked: list[bytes] = []
        self._sdk = sdk
        self._phase_s = phase_s
        self._acc_type = acc_type
        self._frame_samples = frame_samples
        self._rng = random.Random(number)
        self._streams: dict[int, _Stream] = {}
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._control = Characteristic(
            PMD.format(1),
            Can.READ | Can.WRITE | Can.INDICATE,
            Characteristic.READABLE | Characteristic.WRITEABLE,
            CharacteristicValue(read=lambda _: self._features(), write=lambda _, value: self._written(bytes(value))),
        )
        self._data = Characteristic(PMD.format(2), Can.NOTIFY, 0)
        about = [
            Characteristic("2A25", Can.READ, Characteristic.READABLE, self.serial.encode()),
            Characteristic("2A26", Can.READ, Characteristic.READABLE, b"2.2.6\0"),
        ]
        battery = Characteristic("2A19", Can.READ, Characteristic.READABLE, bytes([84]))
        services = [
            Service(PMD.format(0), [self._control, self._data]),
            Service("180A", about),
            Service("180F", [battery]),
        ]
        company = (0x006B).to_bytes(2, "little") + b"\x72\x08"
        super().__init__(
            air,
            f"A0:9E:1A:00:00:{number:02X}",
            services,
            [(Type.FLAGS, b"\x06"), (Type.MANUFACTURER_SPECIFIC_DATA, company)],
            [(Type.COMPLETE_LOCAL_NAME, self.name.encode())],
            mtu=mtu,
        )
        self.conditions.interval_ms = 15.0
        self._tasks = [asyncio.create_task(work()) for work in (self._answer, self._stream)]

    @property
    def true_s(self) -> list[float]:
        """Loop times of the acceleration samples that were sent."""
        return self.measured[ACC].sent_s

    def clock_ns(self, time_s: float) -> int:
        """What its clock shows at a loop time."""
        return self.epoch_ns + round((time_s - self.made_s) * 1e9 * self.speed)

    def power_cycle(self) -> None:
        """Lose its power for an instant: its clock begins at its default again, here some years earlier."""
        self.lose()
        self.epoch_ns = EPOCH_NS - 10**17

    async def off_air(self) -> None:
        """Leave for good."""
        for task in self._tasks:
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=0.5)

    def on_disconnection(self, reason: int) -> None:
        self._streams.clear()
        self.sdk_mode = False

    def _features(self) -> bytes:
        bits = 1 << 1 | 1 << ACC | 1 << 3 | 1 << GYRO | 1 << 6 | (1 << SDK if self._sdk else 0)
        return bytes([0x0F]) + bits.to_bytes(16, "little")

    def _written(self, request: bytes) -> None:
        self.asked.append(request)
        operation, kind = request[0], request[1] & 0x3F
        status = self.refuse.get((operation, kind))
        parameters = b""
        if status is None:
            status, parameters = self._do(operation, kind, request[2:])
        head = bytes([0xF0, operation, kind, status])
        first, rest = parameters[:12], parameters[12:]
        # Long answers come in parts.
        self._answers.put_nowait(head + bytes([bool(rest)]) + first if status == OK else head)
        if rest and status == OK:
            self._answers.put_nowait(b"\0" + rest)

    def _do(self, operation: int, kind: int, parameters: bytes) -> tuple[int, bytes]:
        if kind == SDK:
            wanted = operation == START
            if not self._sdk:
                return NOT_SUPPORTED, b""
            if wanted == self.sdk_mode:
                return ALREADY, b""
            self.sdk_mode = wanted
            self._streams.clear()
            return OK, b""
        offer = (WIDE if self.sdk_mode else USUAL).get(kind)
        if offer is None:
            return NOT_SUPPORTED, b""
        if operation == SETTINGS:
            return OK, b"".join(_tlv(what, values) for what, values in offer.items())
        if operation == STOP:
            return (OK, b"") if self._streams.pop(kind, None) else (ALREADY, b"")
        return self._start(kind, offer, parameters)

    def _start(self, kind: int, offer: dict[int, tuple[int, ...]], parameters: bytes) -> tuple[int, bytes]:
        if kind in self._streams:
            return ALREADY, b""
        chosen: dict[int, int] = {}
        while parameters:
            what, count = parameters[0], parameters[1]
            width = WIDTHS[what]
            if count != 1:
                return INVALID_PARAMETER, b""
            chosen[what] = int.from_bytes(parameters[2 : 2 + width], "little")
            parameters = parameters[2 + width :]
        if any(chosen.get(what) not in values for what, values in offer.items()):
            return INVALID_RATE if chosen.get(0) not in offer[0] else INVALID_PARAMETER, b""
        loop = asyncio.get_running_loop()
        begin_s = loop.time() + (self._phase_s if kind == GYRO else 0.0)
        self._streams[kind] = _Stream(
            kind, chosen[0] * (1 + self.knobs.rate_error), float(chosen[2]), begin_s, Link(self.knobs)
        )
        told = kind == GYRO or self._acc_type == 0x80
        return OK, struct.pack("<BBf", 5, 1, chosen[2] / 32768) if told else b""

    async def _answer(self) -> None:
        while True:
            answer = await self._answers.get()
            await self._say(self._control, answer)

    async def _say(self, characteristic: Characteristic, value: bytes) -> None:
        with suppress(TimeoutError, ConnectionError, asyncio.InvalidStateError):
            async with asyncio.timeout(5.0):
                await self.notify(characteristic, value)

    async def _stream(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0.01)
            for stream in list(self._streams.values()):
                await self._measure(stream, loop.time())

    async def _measure(self, stream: _Stream, now_s: float) -> None:
        while (time_s := stream.begin_s + (stream.count + 1) / stream.rate_hz) <= now_s:
            stream.count += 1
            acc, gyr = self.motion(time_s)
            stream.waiting.append((time_s, acc / GRAVITY_M_S2 if stream.kind == ACC else np.degrees(gyr)))
            if len(stream.waiting) >= stream.size:
                await self._send(stream)
        if not stream.link.stalls(now_s - self.made_s):
            for frame in stream.held:
                await self._say(self._data, frame)
            stream.held.clear()

    async def _send(self, stream: _Stream) -> None:
        """A frame of what was measured; what it has no room for waits for the next."""
        rows = stream.waiting
        frame = self._frame(stream, rows)
        room = (self.connection.att_mtu if self.connection else 23) - 3
        while len(frame) > room:
            rows = rows[: len(rows) * 3 // 4]
            frame = self._frame(stream, rows)
        stream.waiting = stream.waiting[len(rows) :]
        stream.size = self._rng.randint(*self._frame_samples)
        measured, times_s = self.measured[stream.kind], [time_s for time_s, _ in rows]
        stalled = stream.link.stalls(times_s[-1] - self.made_s)
        if stream.link.drops() or (stalled and self.knobs.stall_loses):
            measured.frames_dropped += 1
            measured.dropped_s += times_s
            return
        measured.frames += 1
        measured.sent_s += times_s
        if stalled or stream.held:  # nothing overtakes what waits
            stream.held.append(frame)
        else:
            await self._say(self._data, frame)

    def _frame(self, stream: _Stream, rows: Sequence[tuple[float, FloatRow]]) -> bytes:
        values = np.array([row for _, row in rows])
        frame_type = self._acc_type if stream.kind == ACC else 0x80
        lsb = 1e-3 if frame_type == 0x81 else stream.full_scale / 32768
        most = stream.full_scale / lsb if frame_type == 0x81 else 32767
        numbers = np.clip(np.rint(values / lsb), -most, most).astype(np.int64)
        stamp_ns = self.clock_ns(rows[-1][0])
        return encode_frame(stream.kind, stamp_ns, frame_type, encode_deltas(numbers, 2, self._rng.randint(5, 25)))


def _tlv(what: int, values: Sequence[int]) -> bytes:
    return bytes([what, len(values)]) + b"".join(value.to_bytes(WIDTHS[what], "little") for value in values)
