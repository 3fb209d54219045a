"""How a session is written down: what is done, what must be told, and the bytes that run it."""

# ruff: noqa: D102  (the steps are explained in README.md)
from __future__ import annotations

import struct
import zlib
from typing import Any

ACTIONS = {
    "connected": (1, "H"),
    "disconnected": (2, ""),
    "subscribed": (3, "BB"),
    "control": (4, "bytes"),
    "samples": (5, "HI"),
    "lost": (6, "H"),
    "wait": (7, "I"),
    "room": (8, "H"),
    "button": (9, "B"),
    "battery": (10, "B"),
    "payload": (11, "H"),
    "sensor": (12, "B"),
    "pair": (13, ""),
    "alone": (14, "B"),
    "tell": (15, ""),
    "sample": (16, "Bhhhhhh"),
    "reset": (17, ""),
    "stuck": (18, "HI"),
    "failed": (19, "B"),
    "clock": (20, "Q"),
    "crc": (32, "bytes"),
}
"""Actions of a session: number and arguments; c/test/session.h has the same list."""

IMU, CONTROL, TRANSFER, EVENT = range(4)
ANY = 65535
LOST, ACC, GYR, SETTLING = 1, 2, 4, 8
CONFIG_208 = struct.pack("<HBHBBff", 208, 16, 2000, 50, 0, 0.00478564484, 0.00122173048)
SERIAL = bytes.fromhex("A0B1C2D3E4F5")
INVALID = struct.pack("<6h", *[-32768] * 6)


def script(steps: list[list[Any]]) -> bytes:
    """A session as the bytes c/test/session.c runs."""
    out = b""
    for name, *arguments in steps:
        number, letters = ACTIONS[name]
        if letters == "bytes":
            data = bytes.fromhex(arguments[0])
            out += bytes([number, len(data)]) + data
        else:
            out += bytes([number]) + struct.pack("<" + letters, *arguments)
    return out


def wrap16(value: int) -> int:
    """A number as 16 bits of two's complement hold it."""
    return (value + 0x8000) % 0x10000 - 0x8000


def pattern(k: int) -> bytes:
    """Sample number k of the pattern that ``samples`` plays."""
    low = k % 20000
    return struct.pack("<6h", low, -low, 2048, low // 2, 5, wrap16(100 - low))


STUCK = pattern(7)


class Session:
    """Steps and what they must lead to; keeps the time and counts the pattern's samples as the script does."""

    def __init__(self, name: str, doc: str) -> None:
        self.name, self.doc = name, doc
        self.steps: list[list[Any]] = []
        self.expected: list[list[str]] = []
        self.now = 0
        self.k = 0
        self.tag = 0
        self.log: list[tuple[int, bytes]] = []
        """Time and bytes of every sample played since the last ``forget``."""

    def do(self, name: str, *arguments: Any) -> Session:
        self.steps.append([name, *arguments])
        if name in ("samples", "stuck"):
            count, period = arguments
            for _ in range(count):
                self.now += period
                self.log.append((self.now - period // 2, STUCK if name == "stuck" else pattern(self.k)))
                self.k += name == "samples"
        elif name == "wait":
            self.now += arguments[0]
        elif name == "clock":
            self.now = arguments[0]
        elif name == "reset":
            self.now = 0
        elif name == "lost":
            self.log += [(0, INVALID)] * arguments[0]
        return self

    def told(self, name: str, data: bytes = b"") -> Session:
        self.expected.append([name, data.hex()])
        return self

    def link(self, payload: int = 244, characteristics: tuple[int, ...] = (IMU, CONTROL, TRANSFER, EVENT)) -> Session:
        self.do("connected", payload)
        for number in characteristics:
            self.do("subscribed", number, 1)
        return self

    def ask(self, opcode: int, arguments: bytes = b"", status: int = 0, data: bytes = b"") -> Session:
        """A request and its response."""
        self.request(opcode, arguments)
        return self.response(opcode, status, data)

    def request(self, opcode: int, arguments: bytes = b"") -> Session:
        self.tag = (self.tag + 1) % 256
        return self.do("control", (bytes([opcode, self.tag]) + arguments).hex())

    def response(self, opcode: int, status: int = 0, data: bytes = b"") -> Session:
        return self.told("control", bytes([opcode | 0x80, self.tag, status]) + data)

    def event(self, kind: int, value: int, index: int, time: int | None = None) -> Session:
        time = self.now if time is None else time
        return self.told("event", struct.pack("<BBHI", kind, value, index % 65536, time % 2**32))

    def state(self, value: int, index: int = 0) -> Session:
        return self.event(3, value, index)

    def start(self, flags: int = 0, stream: int = 1, resumed: int = 0, index: int = 0) -> Session:
        data = struct.pack("<HBHI", stream, resumed, index % 65536, self.now % 2**32)
        return self.ask(3, bytes([flags]), 0, data)

    def packet(self, first: int, count: int, flags: int = 0, kind: int = 0, epoch: int = 0) -> Session:
        """A sample packet of what was played, by its index in ``log``."""
        chosen = self.log[first : first + count]
        assert len(chosen) == count
        head = struct.pack("<BBHI", 16 | kind, epoch << 4 | flags, first % 65536, chosen[0][0] % 2**32)
        return self.told("imu" if kind == 0 else "transfer", head + b"".join(data for _, data in chosen))

    def end(self, samples: bytes | list[tuple[int, int]], status: int = 0) -> Session:
        """A transfer_end; samples as ranges [from, to) of ``log``."""
        if not isinstance(samples, bytes):
            samples = b"".join(data for a, b in samples for _, data in self.log[a:b])
        count = len(samples) // 12
        return self.told("transfer", struct.pack("<BBHII", 0x1F, status, 0, count, zlib.crc32(samples)))

    def json(self) -> dict[str, Any]:
        return {"name": self.name, "doc": self.doc, "steps": self.steps, "expect": self.expected}


PERIOD = 4800  # us: 208.3 Hz, the clip's default of 208; ten samples to a packet
SETTLED = 42  # samples of a stream that begin within 200 ms: k * 4800 + 2400 < 200000
FREE = (64 - 1) * 39  # samples; 32 KiB of flash: 64 blocks, one of them the head


def flags_of(first: int, count: int = 10) -> int:
    """Settling in a stream that began with sample 0."""
    return SETTLING if first * PERIOD + PERIOD // 2 < 200000 else 0


def live(s: Session, first: int, until: int, size: int = 10) -> Session:
    """Full live packets of samples first to until."""
    for at in range(first, until, size):
        s.packet(at, min(size, until - at), flags_of(at))
    return s
