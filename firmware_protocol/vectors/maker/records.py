"""Sessions about records in flash."""

# ruff: noqa: D103  (a session says what it is in its second argument)
from __future__ import annotations

import struct
import zlib

from .session import ANY, CONFIG_208, CONTROL, EVENT, FREE, LOST, PERIOD, SETTLING, TRANSFER, Session, flags_of


def pages(s: Session, position: int, record: int, boot: int, samples: bytes, start: int, **more: int) -> None:
    """The three pages about a record."""
    count = more.get("count", len(samples) // 12)
    ask = struct.Struct("<HB")
    s.ask(0x11, ask.pack(position, 0), 0, struct.pack("<BHHIQ", 0, record, boot, count, start))
    data = struct.pack("<BQIB", 1, more.get("unix_ms", 0), zlib.crc32(samples), more.get("flags", 1))
    s.ask(0x11, ask.pack(position, 1), 0, data)
    s.ask(0x11, ask.pack(position, 2), 0, b"\x02" + CONFIG_208)


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
