"""Vectors of single parts: CRC-32, packets, the parser, the ring."""

# ruff: noqa: D103  (a session says what it is in its second argument)
from __future__ import annotations

import struct
import zlib
from typing import Any

from .session import ACC, GYR, LOST, SETTLING


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
