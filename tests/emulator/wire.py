"""The bytes of the protocol: UUIDs, numbers and structs, as PROTOCOL.md 1.0 prints them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import NamedTuple

MAJOR = 1
MINOR = 0

SAMPLE_BYTES = 12
HEADER_BYTES = 8
PACKET_SAMPLES = 255
INVALID = -32768
OVERRANGE = 32767
TURN = 65536

SERVICE_UUID = "2e290001-de55-4c6b-8e89-49657c260bb0"
INFO_UUID = "2e290002-de55-4c6b-8e89-49657c260bb0"
IMU_UUID = "2e290003-de55-4c6b-8e89-49657c260bb0"
CONTROL_UUID = "2e290004-de55-4c6b-8e89-49657c260bb0"
TRANSFER_UUID = "2e290005-de55-4c6b-8e89-49657c260bb0"
EVENT_UUID = "2e290006-de55-4c6b-8e89-49657c260bb0"

Axes = tuple[int, int, int, int, int, int]


class PacketType(IntEnum):
    """Low four bits of a packet's first byte."""

    LIVE = 0
    REFILL = 1
    RECORD = 2
    END = 15


class PacketFlags(IntFlag):
    """Low four bits of a packet's second byte."""

    NONE = 0
    LOST_BEFORE = 1
    ACC_OVERRANGE = 2
    GYR_OVERRANGE = 4
    SETTLING = 8


class Opcode(IntEnum):
    """First byte of a request."""

    IDENTIFY = 0x01
    CONFIGURE = 0x02
    START = 0x03
    STOP = 0x04
    PING = 0x05
    MARK = 0x06
    REFILL = 0x07
    SET_ROLE = 0x08
    SET_TIME = 0x09
    SLEEP = 0x0A
    RECORD_COUNT = 0x10
    RECORD_INFO = 0x11
    RECORD_READ = 0x12
    RECORD_DELETE = 0x13
    ABORT = 0x14


class Status(IntEnum):
    """Third byte of a response, second of a `transfer_end`."""

    OK = 0x00
    UNKNOWN_OPCODE = 0x01
    MALFORMED = 0x02
    OUT_OF_RANGE = 0x03
    INVALID_STATE = 0x04
    BUSY = 0x05
    NOT_FOUND = 0x06
    GONE = 0x07
    STORAGE = 0x08
    CRC_MISMATCH = 0x09
    NOT_SUPPORTED = 0x0A
    ABORTED = 0x0B
    SENSOR = 0x0C


class State(IntFlag):
    """What the clip is doing."""

    IDLE = 0
    SAMPLING = 0x01
    LOGGING = 0x02
    TRANSFERRING = 0x04
    LINGERING = 0x08
    PAIRING = 0x10
    SENSOR_FAULT = 0x20
    BATTERY_LOW = 0x40


class Role(IntEnum):
    """Where the clip is worn."""

    NONE = 0
    THIGH = 1
    BACK = 2
    PELVIS = 3


class Capability(IntFlag):
    """What the clip has."""

    LOG = 0x01
    LED = 0x02
    BUTTON = 0x04
    SLEEP = 0x08


class StartFlags(IntFlag):
    """Flags of `start`."""

    LOG = 0x01
    RESUME = 0x02


class EventType(IntEnum):
    """First byte of an `event`."""

    BUTTON = 1
    MARK = 2
    STATE = 3
    OVERFLOW = 4
    SENSOR_FAULT = 5
    BATTERY = 6


class RecordFlags(IntFlag):
    """State of a record."""

    NONE = 0
    COMPLETE = 0x01
    DAMAGED = 0x02


ARGUMENTS: dict[Opcode, struct.Struct] = {
    Opcode.IDENTIFY: struct.Struct("<BB"),
    Opcode.CONFIGURE: struct.Struct("<HBHB"),
    Opcode.START: struct.Struct("<B"),
    Opcode.STOP: struct.Struct("<"),
    Opcode.PING: struct.Struct("<I"),
    Opcode.MARK: struct.Struct("<B"),
    Opcode.REFILL: struct.Struct("<HH"),
    Opcode.SET_ROLE: struct.Struct("<B"),
    Opcode.SET_TIME: struct.Struct("<Q"),
    Opcode.SLEEP: struct.Struct("<"),
    Opcode.RECORD_COUNT: struct.Struct("<"),
    Opcode.RECORD_INFO: struct.Struct("<HB"),
    Opcode.RECORD_READ: struct.Struct("<HII"),
    Opcode.RECORD_DELETE: struct.Struct("<HI"),
    Opcode.ABORT: struct.Struct("<"),
}
CONFIG = struct.Struct("<HBHBBff")
PACKET_HEADER = struct.Struct("<BBHI")
SAMPLE = struct.Struct("<6h")
TRANSFER_END = struct.Struct("<BBHII")
EVENT = struct.Struct("<BBHI")
SERVICE_DATA = struct.Struct("<BBBB6s")
START_RESPONSE = struct.Struct("<HBHI")
STOP_RESPONSE = struct.Struct("<HI")
PING_RESPONSE = struct.Struct("<III")
MARK_RESPONSE = struct.Struct("<HI")
REFILL_RESPONSE = struct.Struct("<HH")
RECORD_COUNT_RESPONSE = struct.Struct("<HI")
RECORD_PAGE_0 = struct.Struct("<BHHIQ")
RECORD_PAGE_1 = struct.Struct("<BQIB")
RECORD_READ_RESPONSE = struct.Struct("<I")
_INFO_HEAD = struct.Struct("<BBBB")
_INFO_TAIL = struct.Struct("<BHHIH6s")
INFO_BYTES = _INFO_HEAD.size + CONFIG.size + _INFO_TAIL.size


class Config(NamedTuple):
    """How a clip samples: the struct `config`."""

    rate_hz: int
    acc_range_g: int
    gyr_range_dps: int
    batch_ms: int
    epoch: int
    acc_scale: float
    gyr_scale: float

    def pack(self) -> bytes:
        """Give the 15 bytes of the struct."""
        return CONFIG.pack(*self)

    @classmethod
    def unpack(cls, data: bytes) -> Config:
        """Read the 15 bytes of the struct."""
        return cls(*CONFIG.unpack(data[: CONFIG.size]))


class Info(NamedTuple):
    """What a clip is: the struct `info`."""

    major: int
    minor: int
    role: int
    state: int
    config: Config
    capabilities: int
    stream_id: int
    boot_id: int
    ring_samples: int
    max_rate_hz: int
    serial: bytes

    def pack(self) -> bytes:
        """Give the 36 bytes of the struct."""
        return _INFO_HEAD.pack(*self[:4]) + self.config.pack() + _INFO_TAIL.pack(*self[5:])

    @classmethod
    def unpack(cls, data: bytes) -> Info:
        """Read the struct; bytes that a later minor version appended are ignored."""
        middle = _INFO_HEAD.size + CONFIG.size
        config = Config.unpack(data[_INFO_HEAD.size : middle])
        return cls._make((*_INFO_HEAD.unpack_from(data), config, *_INFO_TAIL.unpack_from(data, middle)))


@dataclass(frozen=True, slots=True)
class Packet:
    """A notification on `imu`, or one with samples on `transfer`."""

    major: int
    type: int
    epoch: int
    flags: PacketFlags
    index: int
    time_us: int
    samples: tuple[Axes, ...]

    def pack(self) -> bytes:
        """Give the bytes that go over the air."""
        return pack_packet(
            self.major,
            self.type,
            self.epoch,
            self.flags,
            self.index,
            self.time_us,
            [SAMPLE.pack(*s) for s in self.samples],
        )

    @classmethod
    def unpack(cls, data: bytes) -> Packet:
        """Read a packet; raises ValueError where rule 1 for the host has it refused."""
        if len(data) < HEADER_BYTES + SAMPLE_BYTES or (len(data) - HEADER_BYTES) % SAMPLE_BYTES:
            raise ValueError(f"{len(data)} bytes are no packet")
        first, second, index, time_us = PACKET_HEADER.unpack_from(data)
        samples = tuple(SAMPLE.iter_unpack(data[HEADER_BYTES:]))
        return cls(first >> 4, first & 15, second >> 4, PacketFlags(second & 15), index, time_us, samples)


class TransferEnd(NamedTuple):
    """The last notification of a transfer."""

    status: int
    samples: int
    crc32: int
    major: int = MAJOR

    def pack(self) -> bytes:
        """Give the 12 bytes of the struct."""
        return TRANSFER_END.pack(self.major << 4 | PacketType.END, self.status, 0, self.samples, self.crc32)

    @classmethod
    def unpack(cls, data: bytes) -> TransferEnd:
        """Read the struct."""
        first, status, _, samples, crc = TRANSFER_END.unpack_from(data)
        if first & 15 != PacketType.END:
            raise ValueError("not the end of a transfer")
        return cls(status, samples, crc, first >> 4)


@dataclass(frozen=True, slots=True)
class Event:
    """A notification on `event`."""

    type: int
    value: int
    index: int
    time_us: int

    def pack(self) -> bytes:
        """Give the 8 bytes of the struct."""
        return EVENT.pack(self.type, self.value, self.index % TURN, low32(self.time_us))

    @classmethod
    def unpack(cls, data: bytes) -> Event:
        """Read the struct; bytes that a later minor version appended are ignored."""
        return cls(*EVENT.unpack_from(data))


def pack_packet(
    major: int, kind: int, epoch: int, flags: int, index: int, time_us: int, samples: Sequence[bytes]
) -> bytes:
    """Put a header before the samples."""
    header = PACKET_HEADER.pack(major << 4 | kind, epoch << 4 | flags, index % TURN, low32(time_us))
    return header + b"".join(samples)


def request(opcode: int, tag: int = 0, *arguments: int) -> bytes:
    """Build a request as a host does."""
    return bytes([opcode, tag]) + ARGUMENTS[Opcode(opcode)].pack(*arguments)


def response(opcode: int, tag: int, status: int, data: bytes = b"") -> bytes:
    """Build a response as a clip does."""
    return bytes([opcode | 0x80, tag, status]) + data


def low32(value: int) -> int:
    """Cut device time to what messages carry of it."""
    return value & 0xFFFFFFFF


def f32(value: float) -> float:
    """Round to what an IEEE 754 single holds."""
    (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    return float(rounded)


def crc32(data: bytes, before: int = 0) -> int:
    """CRC-32 of IEEE 802.3, zlib and PNG."""
    return zlib.crc32(data, before)
