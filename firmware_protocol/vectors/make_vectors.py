#!/usr/bin/env python3
"""Make the vectors: what happens to a clip, and every byte it must send.

What is expected is written here with ``struct`` and ``zlib``, from PROTOCOL.md and not from the C. With ``--check``
writes nothing and exits with 1 where a file differs.
"""

# ruff: noqa: D102, D103  (a session says what it is in its second argument)
from __future__ import annotations

import argparse
import json
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
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


def flags_of(first: int, count: int = 10) -> int:
    """Settling in a stream that began with sample 0."""
    return SETTLING if first * PERIOD + PERIOD // 2 < 200000 else 0


def live(s: Session, first: int, until: int, size: int = 10) -> Session:
    """Full live packets of samples first to until."""
    for at in range(first, until, size):
        s.packet(at, min(size, until - at), flags_of(at))
    return s


def sessions() -> list[Session]:
    made = [basics(), small_link(), refusals(), gaps(), invalid_and_overrange(), slow_link(), one_response_at_a_time()]
    made += [reconnect(), linger_ends(), linger_waits(), ring_limits(), index_wrap(), time_wrap(), transfers_end()]
    made += [configuring(), stuck(), silent(), fails_to_start(), the_rest(), record(), record_survives(), flash_full()]
    made += [alone(), late_subscription(), batch_deadline(), mtu_changes(), overtaken(), record_and_start()]
    return made


def basics() -> Session:
    s = Session("basics", "Connect, read, start, ping, mark, stop: the packet being filled comes before the response.")
    s.do("tell")
    head = bytes([1, 0, 0, 0]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 0, 1, 6240, 208) + SERIAL
    s.told("info", head).told("service_data", bytes([1, 0, 0, 255]) + SERIAL)
    s.link().start().state(1)
    s.do("samples", 20, PERIOD)
    live(s, 0, 20)
    s.do("samples", 5, PERIOD)
    s.ask(5, b"\x44\x33\x22\x11", 0, struct.pack("<4sII", b"\x44\x33\x22\x11", s.now, s.now))
    s.ask(6, b"\x07", 0, struct.pack("<HI", 25, s.now)).event(2, 7, 25)
    s.request(4).told("sensor_stop").state(0).packet(20, 5, SETTLING)
    s.response(4, 0, struct.pack("<HI", 1, 25))
    s.ask(4, b"", 0, struct.pack("<HI", 1, 25))
    s.do("tell")
    head = bytes([1, 0, 0, 0]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL
    return s.told("info", head).told("service_data", bytes([1, 0, 0, 255]) + SERIAL)


def small_link() -> Session:
    s = Session("small_link", "The smallest MTU: a packet for each sample; every message but info fits.")
    s.link(20).start().state(1).do("samples", 4, PERIOD)
    for i in range(4):
        s.packet(i, 1, SETTLING)
    s.ask(7, struct.pack("<HH", 1, 3), 0, struct.pack("<HH", 1, 3)).state(5, 4)
    for i in range(1, 4):
        s.packet(i, 1, SETTLING, kind=1)
    return s.end([(1, 4)]).state(1, 4)


def refusals() -> Session:
    s = Session("refusals", "Every check of section 6, in its order.")
    s.do("connected", 244).do("control", "0501").told("att_fd")
    s.do("subscribed", CONTROL, 1)
    s.do("control", "").told("control", bytes([0x80, 0, 2]))
    s.do("control", "05").told("control", bytes([0x85, 0, 2]))
    s.do("control", "7e04").told("control", bytes([0xFE, 4, 1]))
    s.do("control", "fe04").told("control", bytes([0xFE, 4, 1]))
    s.do("control", "0004").told("control", bytes([0x80, 4, 1]))
    s.ask(5, b"\0\0\0", 2).ask(2, b"\0" * 5, 2).ask(0x12, b"\0" * 9, 2).ask(9, b"\0" * 7, 2)
    s.ask(1, b"\x03\x05", 3).ask(1, b"\x01\x00", 3).ask(1, b"\x01\x1f", 3)
    s.request(1, b"\x00\xff").told("identify", b"\x00\xff").response(1)
    s.request(1, b"\x02\x1e\x99\x99").told("identify", b"\x02\x1e").response(1)
    s.ask(8, b"\x04", 3).ask(7, struct.pack("<HH", 0, 0), 3)
    s.ask(7, struct.pack("<HH", 0, 1), 4)  # transfer is not subscribed
    s.ask(0x11, struct.pack("<HB", 0, 3), 3).ask(0x11, struct.pack("<HB", 0, 2), 6)
    s.ask(0x12, struct.pack("<HII", 1, 0, 0), 4)
    s.do("subscribed", TRANSFER, 1)
    s.ask(0x12, struct.pack("<HII", 1, 0, 0), 6).ask(0x13, struct.pack("<HI", 1, 0), 6)
    s.ask(7, struct.pack("<HH", 0, 1), 3)  # nothing was ever measured
    s.ask(0x14).ask(4, b"", 0, struct.pack("<HI", 0, 0))
    s.start()
    s.ask(3, b"\x00", 4).ask(3, b"\x03", 4).ask(0x0A, b"", 4)
    # Ranges are looked at before the state.
    s.ask(2, struct.pack("<HBHB", 24, 16, 2000, 50), 3).ask(2, struct.pack("<HBHB", 417, 16, 2000, 50), 3)
    s.ask(2, struct.pack("<HBHB", 200, 17, 2000, 50), 3).ask(2, struct.pack("<HBHB", 200, 16, 2001, 50), 3)
    s.ask(2, struct.pack("<HBHB", 200, 16, 2000, 4), 3).ask(2, struct.pack("<HBHB", 200, 16, 2000, 251), 3)
    s.ask(2, struct.pack("<HBHB", 200, 16, 2000, 50), 4)
    return s.ask(7, struct.pack("<HH", 0, 1), 3)


def gaps() -> Session:
    s = Session("gaps", "Instants that were not measured close the packet; the next says lost_before, also refilled.")
    s.link().start().state(1).do("samples", 45, PERIOD)
    live(s, 0, 40)
    s.do("lost", 3).packet(40, 5, SETTLING).do("samples", 10, PERIOD).packet(48, 10, LOST)
    s.do("lost", 70).do("lost", 5).do("samples", 10, PERIOD).packet(133, 10, LOST)
    s.ask(7, struct.pack("<HH", 42, 96), 0, struct.pack("<HH", 42, 96)).state(5, 143)
    s.packet(42, 3, 0, 1).packet(48, 10, LOST, 1).packet(133, 5, LOST, 1).end([(42, 45), (48, 58), (133, 138)])
    return s.state(1, 143)


def invalid_and_overrange() -> Session:
    s = Session(
        "invalid_and_overrange", "Axes not measured read -32768, axes beyond their range +-32767 with the flag."
    )
    s.link(244, (IMU, CONTROL)).start()
    rows = [
        (3, (1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 5, 6)),
        (1, (1, 2, 3, 4, 5, 6), (1, 2, 3, -32768, -32768, -32768)),
        (2, (1, 2, 3, 4, 5, 7), (-32768, -32768, -32768, 4, 5, 7)),
        (3, (32767, 2, 3, 4, 5, 6), (32767, 2, 3, 4, 5, 6)),
        (3, (1, -32768, 3, 4, 5, 8), (1, -32767, 3, 4, 5, 8)),
        (0, (1, 2, 3, 4, 5, 6), None),
        (3, (1, 2, 3, 4, -32767, 6), (1, 2, 3, 4, -32767, 6)),
    ]
    for which, raw, sent in rows:
        s.do("wait", PERIOD).do("sample", which, *raw)
        s.log.append((s.now, struct.pack("<6h", *sent) if sent else INVALID))
        if sent is None:
            s.packet(0, 5, SETTLING | ACC)
    s.request(4).told("sensor_stop").packet(6, 1, LOST | SETTLING | GYR).response(4, 0, struct.pack("<HI", 1, 7))
    return s


def slow_link() -> Session:
    s = Session("slow_link", "A radio without room: the oldest live packet goes, then overflow and lost_before.")
    s.link().start().state(1).do("samples", 10, PERIOD).packet(0, 10, SETTLING)
    s.do("room", 0).do("samples", 55, PERIOD).do("room", ANY).do("wait", 100)
    # Four packets may wait; the 41st and the 51st waiting sample each cost ten.
    s.packet(30, 10, SETTLING | LOST).packet(40, 10, SETTLING).packet(50, 10)
    s.event(4, 20, 65)
    s.do("samples", 5, PERIOD).packet(60, 10)
    s.ask(7, struct.pack("<HH", 10, 20), 0, struct.pack("<HH", 10, 20)).state(5, 70)
    s.packet(10, 19, SETTLING, 1).packet(29, 1, SETTLING, 1).end([(10, 30)]).state(1, 70)
    # Four packets that wait are no overflow.
    s.do("room", 0).do("samples", 40, PERIOD).do("room", ANY).do("wait", 100)
    for i in range(70, 110, 10):
        s.packet(i, 10)
    return s


def one_response_at_a_time() -> Session:
    s = Session("one_response_at_a_time", "A response the radio has no room for waits; sent_us is when it is taken.")
    s.link(244, (CONTROL,)).do("room", 0)
    received = s.now
    s.request(5, b"ABCD").do("control", "0563").told("att_fe")
    s.do("wait", 3000).do("room", ANY).do("wait", 2000)
    s.response(5, 0, struct.pack("<4sII", b"ABCD", received, s.now))
    return s.ask(0x14)


def reconnect() -> Session:
    s = Session("reconnect", "The link is lost: the clip lingers; resume goes on, refill brings what is missing.")
    s.link().start().state(1).do("samples", 50, PERIOD)
    live(s, 0, 50)
    s.do("samples", 5, PERIOD).do("disconnected").do("samples", 45, PERIOD)
    s.do("tell")
    head = bytes([1, 0, 0, 9]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL
    s.told("info", head).told("service_data", bytes([1, 0, 9, 255]) + SERIAL)
    s.link().do("samples", 3, PERIOD)  # no live packets before `start`
    s.ask(3, b"\x00", 4)
    s.start(2, 1, 1, 103).state(1, 103)
    s.do("samples", 10, PERIOD).packet(103, 10)
    s.ask(7, struct.pack("<HH", 50, 53), 0, struct.pack("<HH", 50, 53)).state(5, 113)
    return s.packet(50, 19, 0, 1).packet(69, 19, 0, 1).packet(88, 15, 0, 1).end([(50, 103)]).state(1, 113)


def linger_ends() -> Session:
    s = Session("linger_ends", "Without a host for 30 s the stream ends; the ring keeps it; resume begins a new one.")
    s.link().start().state(1).do("samples", 10, PERIOD).packet(0, 10, SETTLING).do("disconnected")
    s.do("samples", 6240, PERIOD).do("wait", 30_000_000 - 6240 * PERIOD - 1).do("tell")
    s.told("info", bytes([1, 0, 0, 9]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL)
    s.told("service_data", bytes([1, 0, 9, 255]) + SERIAL)
    s.do("wait", 1).told("sensor_stop")
    s.link(20, (CONTROL, TRANSFER)).ask(7, struct.pack("<HH", 6248, 9), 0, struct.pack("<HH", 6248, 2))
    s.packet(6248, 1, 0, 1).packet(6249, 1, 0, 1).end([(6248, 6250)])
    s.ask(7, struct.pack("<HH", 6250, 1), 3).ask(7, struct.pack("<HH", 0, 10), 7)
    s.start(2, 2, 0, 0)
    return s


def linger_waits() -> Session:
    s = Session("linger_waits", "The 30 s do not run out while a host is connected; the link's end ends the stream.")
    s.link().start().state(1).do("samples", 10, PERIOD).packet(0, 10, SETTLING).do("disconnected")
    s.do("samples", 6240, PERIOD).link().do("samples", 250, PERIOD)  # 31.152 s after the loss
    s.start(2, 1, 1, 6500).state(1, 6500).do("samples", 10, PERIOD).packet(6500, 10).do("disconnected")
    # The loss that counts is the first since the resume; without another resume the next link ends it.
    s.do("samples", 3000, PERIOD).link().do("disconnected").do("samples", 3000, PERIOD).link()
    s.do("samples", 250, PERIOD).do("tell")
    s.told("info", bytes([1, 0, 0, 9]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL)
    s.told("service_data", bytes([1, 0, 9, 255]) + SERIAL)
    s.do("disconnected").told("sensor_stop").link(20, (CONTROL, TRANSFER))
    s.ask(7, struct.pack("<HH", 12758, 9), 0, struct.pack("<HH", 12758, 2))
    s.packet(12758, 1, 0, 1).packet(12759, 1, 0, 1).end([(12758, 12760)])
    s.ask(4, b"", 0, struct.pack("<HI", 1, 12760))
    # Logged: the 30 s count from when flash is full, 39 samples after the last it took; they too wait for a host.
    s.do("disconnected").link(244, (CONTROL,)).start(1, 2).do("samples", 2000, PERIOD).do("disconnected")
    s.do("samples", FREE + 39 + 6000 - 2000, PERIOD).link(244, (CONTROL,)).do("samples", 300, PERIOD).do("disconnected")
    return s.told("sensor_stop")


def ring_limits() -> Session:
    s = Session("ring_limits", "A refill is cut at the front by what the ring has lost, at the back by the present.")
    s.link(244, (CONTROL, TRANSFER)).start().do("samples", 7000, PERIOD)  # the ring holds 760 to 6999
    s.ask(7, struct.pack("<HH", 0, 760), 7)
    s.ask(7, struct.pack("<HH", 0, 765), 0, struct.pack("<HH", 760, 5)).packet(760, 5, 0, 1).end([(760, 765)])
    s.ask(7, struct.pack("<HH", 6990, 1000), 0, struct.pack("<HH", 6990, 10)).packet(6990, 10, 0, 1)
    s.end([(6990, 7000)])
    s.ask(7, struct.pack("<HH", 6999, 2), 0, struct.pack("<HH", 6999, 1)).packet(6999, 1, 0, 1).end([(6999, 7000)])
    return s.ask(7, struct.pack("<HH", 7000, 1), 3)


def index_wrap() -> Session:
    s = Session("index_wrap", "The index wraps at 65 536; refills find the latest instant with these 16 bits.")
    s.link(244, (CONTROL, TRANSFER)).start().do("samples", 65530, PERIOD).do("subscribed", IMU, 1)
    s.do("samples", 20, PERIOD).packet(65530, 10).packet(65540, 10)
    s.ask(7, struct.pack("<HH", 65530, 12), 0, struct.pack("<HH", 65530, 12)).packet(65530, 12, 0, 1)
    s.end([(65530, 65542)])
    s.ask(7, struct.pack("<HH", 14, 1), 7)  # 14 is not measured yet in this turn; in the last one it is gone
    s.ask(7, struct.pack("<HH", 13, 5), 0, struct.pack("<HH", 13, 1)).packet(65549, 1, 0, 1).end([(65549, 65550)])
    s.request(4).told("sensor_stop")
    return s.response(4, 0, struct.pack("<HI", 1, 65550))


def time_wrap() -> Session:
    s = Session("time_wrap", "The time's low 32 bits wrap; a packet is neither held back nor hurried by it.")
    s.do("clock", 2**32 - 7 * PERIOD).link(244, (IMU, CONTROL)).start().do("samples", 20, PERIOD)
    return s.packet(0, 10, SETTLING).packet(10, 10, SETTLING)


def transfers_end() -> Session:
    s = Session("transfers_end", "Busy while a transfer runs; abort, stop and a new start end it.")
    s.link(20, (CONTROL, TRANSFER)).start().do("samples", 100, PERIOD)

    def running(count: int, stream: int = 1) -> None:
        s.do("room", 1).request(7, struct.pack("<HH", 50, 20)).response(7, 0, struct.pack("<HH", 50, 20))
        s.do("room", 4).do("wait", 100)
        for i in range(50, 54):
            s.packet(i, 1, 0, 1)
        s.do("room", 1)

    running(4)
    s.ask(7, struct.pack("<HH", 60, 2), 5).do("room", 1).ask(0x12, struct.pack("<HII", 1, 0, 0), 5)
    s.do("room", 1).ask(0x13, struct.pack("<HI", 1, 0), 5).do("room", 2).ask(0x14).end([(50, 54)], 11)
    s.do("room", ANY)
    running(4)
    s.do("room", ANY).request(4).told("sensor_stop").response(4, 0, struct.pack("<HI", 1, 100)).end([(50, 54)], 11)
    running(4)
    s.ask(2, struct.pack("<HBHB", 200, 16, 2000, 50), 5).do("room", 1).ask(0x0A, b"", 5)
    s.do("room", ANY)
    s.tag += 1
    s.do("control", bytes([3, s.tag, 0]).hex()).response(3, 0, struct.pack("<HBHI", 2, 0, 0, s.now))
    return s.end([(50, 54)], 11)


def configuring() -> Session:
    s = Session(
        "configuring", "The next setting that is not lower; the epoch rises only with a change, and outlives power."
    )
    s.link(244, (IMU, CONTROL))
    s.ask(2, struct.pack("<HBHB", 200, 16, 2000, 50), 0, CONFIG_208)
    changed = struct.pack("<HBHBBff", 104, 4, 500, 100, 1, 0.00119641121, 0.000305432619)
    s.ask(2, struct.pack("<HBHB", 53, 3, 251, 100), 0, changed).ask(
        2, struct.pack("<HBHB", 104, 4, 500, 100), 0, changed
    )
    s.ask(2, struct.pack("<HBHB", 209, 3, 251, 100), 3)  # 416 Hz for 30 s do not fit this ring
    s.ask(2, struct.pack("<HBHB", 208, 3, 251, 5), 3)  # more packets than connection events carry
    s.do("sensor", 0).ask(2, struct.pack("<HBHB", 104, 2, 500, 100), 12).do("sensor", 1)
    for turn in range(15):
        data = struct.pack("<HBHB", 104, 2 if turn % 2 == 0 else 4, 500, 100)
        scale = 0.000598205605 if turn % 2 == 0 else 0.00119641121
        epoch = (2 + turn) % 16
        s.ask(2, data, 0, struct.pack("<HBHBBff", 104, data[2], 500, 100, epoch, scale, 0.000305432619))
    s.ask(8, b"\x02").do("reset").link(244, (IMU, CONTROL)).do("tell")
    config = struct.pack("<HBHBBff", 104, 2, 500, 100, 0, 0.000598205605, 0.000305432619)
    s.told("info", bytes([1, 0, 2, 0]) + config + bytes([15]) + struct.pack("<HHIH", 0, 2, 6240, 208) + SERIAL)
    s.told("service_data", bytes([1, 2, 0, 255]) + SERIAL)
    s.ask(
        2,
        struct.pack("<HBHB", 26, 2, 125, 5),
        0,
        struct.pack("<HBHBBff", 26, 2, 125, 5, 1, 0.000598205605, 0.0000763581548),
    )
    s.start().do("samples", 2, 38462).packet(0, 1, SETTLING, 0, 1).packet(1, 1, SETTLING, 0, 1)
    return s


def stuck() -> Session:
    s = Session(
        "stuck", "A sensor that repeats itself for a second: fault, samples left out, settling when it is back."
    )
    s.link().start().state(1).do("stuck", 220, PERIOD)
    # 1 s / 4800 us: the 210th sample is the first that is a second older than the first.
    live(s, 0, 200)
    fault = 210 * PERIOD
    s.event(5, 255, 209, fault).event(3, 0x21, 210, fault).packet(200, 9)
    s.log[209:] = [(0, INVALID)] * 11
    s.do("samples", 10, PERIOD)
    first = 220 * PERIOD + PERIOD
    s.event(3, 0x01, 221, first)
    return s.packet(220, 10, LOST | SETTLING)


def silent() -> Session:
    s = Session("silent", "A sensor that says nothing for a second: fault; the index goes on with the time.")
    s.link().start().state(1).do("samples", 230, PERIOD)
    live(s, 0, 230)
    s.do("wait", 999_999).do("wait", 1)
    s.event(5, 254, 230).event(3, 0x21, 230 + 1_002_400 // PERIOD - 1)
    quiet = 480_000 * 3 - 1_000_000  # back 300 periods after the last sample
    s.do("wait", quiet - 9 * PERIOD)
    s.log += [(0, INVALID)] * 299
    # Played with `sample` to choose the instant.
    s.do("wait", 9 * PERIOD - 2400).do("sample", 3, 1, 2, 3, 4, 5, 6)
    s.log[529:] = [(s.now, struct.pack("<6h", 1, 2, 3, 4, 5, 6))]
    s.state(1, 530)
    s.request(4)
    s.expected.append(["sensor_stop", ""])
    s.state(0).packet(529, 1, LOST | SETTLING)
    return s.response(4, 0, struct.pack("<HI", 1, 530))


def fails_to_start() -> Session:
    s = Session("fails_to_start", "A sensor that does not answer `start`.")
    s.link(244, (CONTROL, EVENT)).do("sensor", 0).ask(3, b"\x01", 12).event(5, 254, 0).state(0x20)
    s.do("sensor", 1).start().state(1)
    s.do("failed", 17).event(5, 17, 0).state(0x21)
    s.do("wait", 10_000).do("sample", 3, 1, 2, 3, 4, 5, 6)
    return s.state(1, 2)  # 10 ms after the start: two periods


def the_rest() -> Session:
    s = Session("the_rest", "Button, battery, pairing window, role, sleep.")
    s.link(244, (CONTROL, EVENT)).do("button", 2).event(1, 2, 0)
    s.do("battery", 55).do("battery", 9).event(6, 9, 0).state(0x40).do("battery", 8)
    s.do("pair").state(0x50).do("wait", 59_999_999).do("wait", 1).state(0x40)
    s.ask(8, b"\x03").ask(6, b"\x01", 0, struct.pack("<HI", 0, s.now)).event(2, 1, 0)
    s.start(0).state(0x41).do("battery", 0).told("sensor_stop").state(0x40)
    s.do("tell")
    s.told("info", bytes([1, 0, 3, 0x40]) + CONFIG_208 + bytes([15]) + struct.pack("<HHIH", 1, 1, 6240, 208) + SERIAL)
    s.told("service_data", bytes([1, 3, 0x40, 0]) + SERIAL)
    s.request(0x0A).response(0x0A)
    return s.told("sleep")


def pages(s: Session, position: int, record: int, boot: int, samples: bytes, start: int, **more: int) -> None:
    """The three pages about a record."""
    count = more.get("count", len(samples) // 12)
    ask = struct.Struct("<HB")
    s.ask(0x11, ask.pack(position, 0), 0, struct.pack("<BHHIQ", 0, record, boot, count, start))
    data = struct.pack("<BQIB", 1, more.get("unix_ms", 0), zlib.crc32(samples), more.get("flags", 1))
    s.ask(0x11, ask.pack(position, 1), 0, data)
    s.ask(0x11, ask.pack(position, 2), 0, b"\x02" + CONFIG_208)


FREE = (64 - 1) * 39  # 32 KiB of flash: 64 blocks, one of them the head


def record() -> Session:
    s = Session("record", "A record: made, listed, read whole and in part, deleted with its CRC-32.")
    s.link(244, (CONTROL, TRANSFER))
    s.ask(0x10, b"", 0, struct.pack("<HI", 0, FREE)).ask(9, struct.pack("<Q", 1_700_000_000_000))
    s.do("wait", 1_000_000).start(1).do("samples", 100, PERIOD)
    s.ask(0x12, struct.pack("<HII", 1, 0, 0), 4).ask(0x13, struct.pack("<HI", 1, 0), 4)
    s.request(4).told("sensor_stop").response(4, 0, struct.pack("<HI", 1, 100))
    data = b"".join(sample for _, sample in s.log)
    s.ask(0x10, b"", 0, struct.pack("<HI", 1, 7 * 8 * 39 - 39))
    pages(s, 0, 1, 1, data, 1_000_000 + PERIOD // 2, unix_ms=1_700_000_001_002)
    s.ask(0x12, struct.pack("<HII", 1, 0, 0), 0, struct.pack("<I", 100))
    for at in range(0, 100, 19):
        s.packet(at, min(19, 100 - at), flags_of(at), 2)
    # Times within a block lie evenly between its first and its last; here they are exact.
    s.end(data)
    s.ask(0x12, struct.pack("<HII", 1, 90, 4), 0, struct.pack("<I", 4)).packet(90, 4, 0, 2).end([(90, 94)])
    s.ask(0x12, struct.pack("<HII", 1, 95, 99), 0, struct.pack("<I", 5)).packet(95, 5, 0, 2).end([(95, 100)])
    s.ask(0x12, struct.pack("<HII", 1, 100, 1), 3).ask(0x12, struct.pack("<HII", 2, 0, 1), 6)
    s.ask(0x13, struct.pack("<HI", 1, zlib.crc32(data) ^ 1), 9).ask(0x13, struct.pack("<HI", 1, zlib.crc32(data)))
    s.ask(0x13, struct.pack("<HI", 1, zlib.crc32(data)), 6).ask(0x10, b"", 0, struct.pack("<HI", 0, FREE))
    return s


def record_survives() -> Session:
    s = Session("record_survives", "After a reset a record is found again, without what was not yet in flash.")
    s.link(244, (CONTROL, TRANSFER)).start(1).do("samples", 70, PERIOD)
    s.log[:] = s.log[:39]
    s.do("reset").link(244, (CONTROL, TRANSFER))
    data = b"".join(sample for _, sample in s.log)
    pages(s, 0, 1, 1, data, PERIOD // 2, flags=0)
    first = list(s.log)
    s.start(3, 2)  # nothing runs: resume begins a new stream, and a second record
    s.log[:] = []
    s.do("samples", 50, PERIOD).do("lost", 10).do("samples", 5, PERIOD).do("lost", 2).do("samples", 5, PERIOD)
    s.request(4).told("sensor_stop").response(4, 0, struct.pack("<HI", 2, 72))
    second = [row for i, row in enumerate(s.log) if not 50 <= i < 60]
    pages(s, 0, 1, 1, data, PERIOD // 2, flags=0)
    pages(s, 1, 2, 2, b"".join(sample for _, sample in second), PERIOD // 2, count=72)
    s.ask(0x12, struct.pack("<HII", 2, 45, 0), 0, struct.pack("<I", 27))
    s.packet(45, 5, 0, 2)
    # A short gap inside a block is sent as it is stored: not measured.
    row = s.log[60:72]
    head = struct.pack("<BBHI", 0x12, LOST, 60, row[0][0])
    s.told("transfer", head + b"".join(sample for _, sample in row)).end([(45, 50), (60, 72)])
    s.log[:] = first
    s.ask(0x12, struct.pack("<HII", 1, 0, 2), 0, struct.pack("<I", 2)).packet(0, 2, SETTLING, 2).end([(0, 2)])
    s.ask(0x13, struct.pack("<HI", 1, zlib.crc32(data))).do("reset").link(244, (CONTROL, TRANSFER))
    s.ask(0x11, struct.pack("<HB", 1, 0), 6)
    pages(s, 0, 2, 2, b"".join(sample for _, sample in second), PERIOD // 2, count=72)
    return s


def flash_full() -> Session:
    s = Session("flash_full", "Full flash ends the record, not the stream; then there is no room for another.")
    s.link(244, (CONTROL, TRANSFER, EVENT)).start(1).state(3).do("samples", FREE + 50, PERIOD)
    s.event(3, 1, FREE + 39, (FREE + 39) * PERIOD)
    s.request(4)
    s.told("sensor_stop").response(4, 0, struct.pack("<HI", 1, FREE + 50)).state(0)
    data = b"".join(sample for _, sample in s.log[:FREE])
    pages(s, 0, 1, 1, data, PERIOD // 2, flags=0)
    s.ask(0x10, b"", 0, struct.pack("<HI", 1, 0)).ask(3, b"\x01", 8)
    return s.start(0, 2).state(1)


def alone() -> Session:
    s = Session("alone", "Training without a host: a stream with a record; a host may join it, and end it.")
    s.do("alone", 1).told("alone", b"\x00").do("alone", 1).told("alone", b"\x04")
    s.do("samples", 8000 // 4, PERIOD).do("wait", 1000)
    s.link().start(2, 1, 1, 2000).do("samples", 10, PERIOD).packet(2000, 10)
    s.do("disconnected").do("samples", 10, PERIOD).link(244, (CONTROL,))
    s.request(4).told("sensor_stop").response(4, 0, struct.pack("<HI", 1, 2020))
    pages(s, 0, 1, 1, b"".join(sample for _, sample in s.log), PERIOD // 2)
    s.do("disconnected").do("alone", 1).told("alone", b"\x00").do("alone", 0).told("sensor_stop")
    return s.link(244, (CONTROL,)).ask(0x10, b"", 0, struct.pack("<HI", 1, _free(2020)))


def _free(samples: int) -> int:
    """Samples that fit beside one record of so many, which was ended by a stop."""
    blocks = 1 + samples // 39 + 1
    sectors = -(-blocks // 8)
    return ((8 - sectors) * 8 - 1) * 39


def late_subscription() -> Session:
    s = Session("late_subscription", "Live samples are those measured after the subscription and after `start`.")
    s.link(244, (CONTROL,)).start().do("samples", 44, PERIOD).do("subscribed", IMU, 1).do("samples", 13, PERIOD)
    s.packet(44, 10).do("subscribed", IMU, 0).do("samples", 5, PERIOD).do("subscribed", IMU, 1)
    s.do("samples", 10, PERIOD).packet(62, 10)
    return s


def batch_deadline() -> Session:
    s = Session("batch_deadline", "A packet that does not fill goes when its first sample has waited batch_ms.")
    s.link(244, (IMU, CONTROL)).start().do("samples", 3, PERIOD)
    s.do("wait", 50_000 - 2 * PERIOD - 1).do("wait", 1).packet(0, 3, SETTLING)
    return s


def mtu_changes() -> Session:
    s = Session("mtu_changes", "The MTU grows during a stream; a packet never exceeds what holds when it is sent.")
    s.link(44, (IMU, CONTROL)).start().do("samples", 6, PERIOD).packet(0, 3, SETTLING).packet(3, 3, SETTLING)
    s.do("samples", 1, PERIOD).do("payload", 68).do("samples", 4, PERIOD).packet(6, 5, SETTLING)
    s.do("payload", 514).do("samples", 10, PERIOD).packet(11, 10, SETTLING)
    return s


def overtaken() -> Session:
    s = Session("overtaken", "The ring goes over what is still to be sent: the rest is sent, it ends as gone.")
    s.link(20, (CONTROL, TRANSFER)).start().do("samples", 6240, PERIOD)
    s.do("room", 3).request(7, struct.pack("<HH", 0, 20)).response(7, 0, struct.pack("<HH", 0, 20))
    s.packet(0, 1, SETTLING, 1).packet(1, 1, SETTLING, 1)
    s.do("samples", 15, PERIOD).do("room", ANY).do("wait", 100)
    for i in range(15, 20):
        s.packet(i, 1, SETTLING, 1)
    s.end([(0, 2), (15, 20)], 7)
    s.do("room", 2).request(7, struct.pack("<HH", 15, 20)).response(7, 0, struct.pack("<HH", 15, 20))
    return s.packet(15, 1, SETTLING, 1).do("samples", 50, PERIOD).do("room", ANY).do("wait", 100).end([(15, 16)], 7)


def record_and_start() -> Session:
    s = Session("record_and_start", "A new stream without a record lets a download go on; one with a record ends it.")
    s.link(20, (CONTROL, TRANSFER)).start(1).do("samples", 50, PERIOD)
    s.request(4).told("sensor_stop").response(4, 0, struct.pack("<HI", 1, 50))
    s.do("room", 2).ask(0x12, struct.pack("<HII", 1, 0, 0), 0, struct.pack("<I", 50)).packet(0, 1, SETTLING, 2)
    s.do("room", 2)
    s.ask(3, b"\x00", 0, struct.pack("<HBHI", 2, 0, 0, s.now)).packet(1, 1, SETTLING, 2)
    s.do("room", 2).request(4).told("sensor_stop").response(4, 0, struct.pack("<HI", 2, 0)).packet(2, 1, SETTLING, 2)
    s.do("room", ANY)
    s.ask(3, b"\x01", 0, struct.pack("<HBHI", 3, 0, 0, s.now))
    return s.end([(0, 3)], 11)


def crcs() -> list[dict[str, str]]:
    texts = [b"", b"123456789", b"\x00" * 32, b"\xff" * 32, bytes(range(200))]
    return [{"bytes": text.hex(), "crc32": f"{zlib.crc32(text):08x}"} for text in texts]


def packets() -> list[dict[str, Any]]:
    """Packetizer: settings, samples (index, time, flags, acc or null, gyr or null), packets."""
    rows: list[dict[str, Any]] = []

    def add(
        name: str, payload: int, most: int, kind: int, epoch: int, samples: list[list[Any]], cuts: list[int]
    ) -> None:
        out = []
        for a, b in zip([0, *cuts], [*cuts, len(samples)], strict=True):
            flags = samples[a][2] & LOST
            body = b""
            for _, _, extra, acc, gyr in samples[a:b]:
                axes = []
                for group, bit in ((acc, ACC), (gyr, GYR)):
                    values = [-32768] * 3 if group is None else [max(v, -32767) for v in group]
                    if any(abs(v) == 32767 for v in values):
                        flags |= bit
                    axes += values
                flags |= extra & SETTLING
                body += struct.pack("<6h", *axes)
            index, time = samples[a][:2]
            out.append((struct.pack("<BBHI", 16 | kind, epoch << 4 | flags, index % 65536, time % 2**32) + body).hex())
        settings = {"payload": payload, "samples_max": most, "type": kind, "epoch": epoch}
        rows.append({"name": name, "settings": settings, "samples": samples, "packets": out})

    def row(index: int, time: int, flags: int = 0, acc: Any = (0, 2048, 10), gyr: Any = (-10, 0, 7)) -> list[Any]:
        return [index, time, flags, list(acc) if acc else None, list(gyr) if gyr else None]

    example = [
        row(65535, 1_000_000, 0, (0, 0, 2048), (10, -10, 0)),
        row(65536, 1_005_000, 0, (32767, 0, 2048), (10, -10, 0)),
    ]
    add("section 15", 244, 10, 0, 3, example, [])
    for payload, fit in ((20, 1), (62, 4), (182, 14), (244, 19), (514, 42)):
        many = [row(i, 5000 * i) for i in range(100)]
        add(f"payload {payload}", payload, 255, 0, 1, many, list(range(fit, 100, fit)))
    add("batch", 244, 10, 0, 1, [row(i, 5000 * i) for i in range(25)], [10, 20])
    add("jump", 244, 10, 0, 1, [row(i, 5000 * i, LOST if i == 7 else 0) for i in (0, 1, 2, 7, 8, 10)], [3, 5])
    add("settling", 244, 4, 1, 15, [row(i, i, SETTLING if i < 6 else 0) for i in range(10)], [4, 8])
    add("lost only first", 244, 4, 0, 0, [row(0, 0), row(1, 9, LOST), row(2, 18)], [])
    ends = [(-32768, 0, 0), (32767, 0, 0), (0, -32767, 0), (0, 0, 32766), (0, 0, -32766)]
    for value in ends:
        add(
            f"end of scale {value}", 244, 10, 2, 0, [row(5, 5, 0, value, (1, 1, 1)), row(6, 6, 0, (1, 1, 1), value)], []
        )
    add(
        "not measured", 244, 10, 0, 0, [row(5, 5, 0, None), row(6, 6, 0, (1, 2, 3), None), row(7, 7, 0, None, None)], []
    )
    wraps = [row(2**32 - 2 + i if i < 2 else i - 2, (2**32 - 5000 + 5000 * i) % 2**32) for i in range(4)]
    add("32 bits wrap", 244, 10, 0, 0, wraps, [])
    return rows


def controls() -> list[dict[str, Any]]:
    """The parser: bytes and capabilities; status, opcode, tag, arguments as the bytes of the request."""
    rows = []
    sizes = {1: 2, 2: 6, 3: 1, 4: 0, 5: 4, 6: 1, 7: 4, 8: 1, 9: 8, 10: 0, 16: 0, 17: 3, 18: 10, 19: 6, 20: 0}
    needs = {1: 2, 10: 8, 16: 1, 17: 1, 18: 1, 19: 1}
    fine = {1: "011e", 2: "c80010d00732", 3: "03", 7: "dcff3c00", 8: "03", 17: "050002", 9: "0102030405060708"}

    def add(data: bytes, capabilities: int, status: int, arguments: bytes = b"") -> None:
        opcode, tag = (data + b"\0\0")[:2]
        rows.append(
            {
                "bytes": data.hex(),
                "capabilities": capabilities,
                "status": status,
                "opcode": opcode,
                "tag": tag,
                "arguments": arguments.hex(),
            }
        )

    add(b"", 15, 2)
    for opcode in range(256):
        add(bytes([opcode]), 15, 2)
        if opcode not in sizes:
            add(bytes([opcode, 9]), 15, 1)
            continue
        size = sizes[opcode]
        good = bytes.fromhex(fine[opcode]) if opcode in fine else bytes(range(0x11, 0x11 + size))
        add(bytes([opcode, 8]) + good, 15, 0, good)
        add(bytes([opcode, 8]) + good + b"\xaa" * 9, 15, 0, good)
        for short in range(size):
            add(bytes([opcode, 8]) + good[:short], 15, 2)
        if opcode in needs:
            add(bytes([opcode, 8]) + good, 15 & ~needs[opcode], 10)
            add(bytes([opcode, 8]) + good, needs[opcode], 0, good)
        if size:
            add(bytes([opcode, 8]) + good[:-1], 0, 2)  # length before capability
    add(bytes([3, 1, 1]), 14, 10)
    add(bytes([3, 1, 2]), 14, 0, b"\x02")
    add(bytes([1, 1, 9, 9]), 0, 10)  # capability before range
    for bad in ("0300", "0100", "011f", "02ff"):
        add(bytes([1, 1]) + bytes.fromhex(bad), 15, 3)
    add(bytes([1, 1, 0, 255]), 15, 0, b"\x00\xff")
    for rate, batch, status in (
        (24, 50, 3),
        (25, 50, 0),
        (416, 50, 0),
        (417, 50, 3),
        (200, 4, 3),
        (200, 5, 0),
        (200, 250, 0),
    ):
        data = struct.pack("<HBHB", rate, 16, 2000, batch)
        add(bytes([2, 1]) + data, 15, status, data if status == 0 else b"")
    add(bytes([2, 1]) + struct.pack("<HBHB", 200, 16, 2000, 251), 15, 3)
    add(bytes([8, 1, 4]), 15, 3)
    add(bytes([7, 1, 0, 0, 0, 0]), 15, 3)
    add(bytes([17, 1, 0, 0, 3]), 15, 3)
    return rows


def rings() -> list[dict[str, Any]]:
    """The ring: operations in order, what get and locate must give (null: nothing)."""
    rows = []

    def run(name: str, capacity: int, operations: list[tuple[str, int]]) -> None:
        kept: dict[int, int | None] = {}
        nxt, out = 0, []
        for op, argument in operations:
            answer: Any = None
            if op == "put":
                kept[nxt] = argument
                nxt += 1
            elif op == "skip":
                nxt += argument
            elif op == "get":
                if 0 < nxt - argument <= capacity and kept.get(argument) is not None:
                    value = kept[argument]
                    assert value is not None
                    raw = struct.pack("<III", value, value ^ 0xFFFFFFFF, value ^ 0x55AA55AA)
                    answer = [raw.hex(), value * 5000 % 2**32, bool(value & 1)]
            else:
                found = [i for i in range(max(0, nxt - 65536), nxt) if i % 65536 == argument]
                answer = found[0] if found else None
            out.append([op, argument, answer])
        rows.append({"name": name, "capacity": capacity, "operations": out})

    some = [("put", 100 + i) for i in range(7)]
    gets = [("get", i) for i in range(14)]
    run("filling", 10, [("locate", 0), *some, *gets, ("locate", 6), ("locate", 7), ("locate", 65535)])
    run("wrapping", 5, [*some, *gets, *some, *gets])
    run("one", 1, [*some, *gets])
    run(
        "skips",
        6,
        [*some, ("skip", 2), *some[:2], *gets, ("skip", 6), *gets, ("put", 1), *gets, ("skip", 7), ("put", 5), *gets],
    )
    run(
        "far",
        8,
        [
            ("skip", 65530),
            *[("put", i) for i in range(12)],
            ("locate", 65530),
            ("locate", 5),
            ("locate", 6),
            ("get", 65541),
            ("get", 65533),
            ("get", 65534),
        ],
    )
    return rows


def vectors() -> dict[str, Any]:
    """Every file and what is in it."""
    return {
        "crc32.json": crcs(),
        "packets.json": packets(),
        "control.json": controls(),
        "ring.json": rings(),
        "sessions.json": [session.json() for session in sessions()],
    }


def text_of(rows: list[Any]) -> str:
    """One row a line."""
    return "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check; the number is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 where a file differs")
    options = parser.parse_args(arguments)
    stale = 0
    for name, rows in vectors().items():
        path, text = HERE / name, text_of(rows)
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'differs' if options.check else 'written'}: {name}")
        if not options.check:
            path.write_text(text, encoding="utf-8")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
