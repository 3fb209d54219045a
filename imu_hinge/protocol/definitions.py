"""Numbers and layouts of the clip protocol.

Generated from firmware_protocol/imu_hinge.yaml by generate.py; do not edit. PROTOCOL.md there is the
specification.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from struct import Struct
from typing import ClassVar, Final

__all__ = [
    "BATCH_MS_DEFAULT",
    "BATCH_MS_MAX",
    "BATCH_MS_MIN",
    "CONNECTION_INTERVAL_MAX_MS",
    "CONNECTION_INTERVAL_MIN_MS",
    "CONNECTION_LATENCY",
    "CONNECTION_SUPERVISION_TIMEOUT_MS",
    "CONTROL_TIMEOUT_MS",
    "CONTROL_UUID",
    "EVENT_UUID",
    "IDENTIFY_S_MAX",
    "IMU_UUID",
    "INDEX_MODULUS",
    "INFO_UUID",
    "INVALID",
    "LINGER_S",
    "OVERRANGE",
    "PACKET_HEADER_BYTES",
    "PACKET_SAMPLES",
    "PAIRING_WINDOW_S",
    "PAYLOAD_MIN",
    "RATE_HZ_MAX",
    "RATE_HZ_MIN",
    "RESPONSE_DATA_MAX",
    "RING_S",
    "SAMPLE_BYTES",
    "SERIAL_BYTES",
    "SERVICE_UUID",
    "TRANSFER_UUID",
    "VERSION_MAJOR",
    "VERSION_MINOR",
    "Capability",
    "Config",
    "ConfigureRequest",
    "Event",
    "EventType",
    "Fault",
    "IdentifyPattern",
    "IdentifyRequest",
    "Info",
    "MarkRequest",
    "MarkResponse",
    "Opcode",
    "PacketFlags",
    "PacketHeader",
    "PacketType",
    "PingRequest",
    "PingResponse",
    "RecordCountResponse",
    "RecordDeleteRequest",
    "RecordFlags",
    "RecordInfoRequest",
    "RecordPage0",
    "RecordPage1",
    "RecordPage2",
    "RecordReadRequest",
    "RecordReadResponse",
    "RefillRequest",
    "RefillResponse",
    "RequestHeader",
    "ResponseHeader",
    "Role",
    "Sample",
    "ServiceData",
    "SetRoleRequest",
    "SetTimeRequest",
    "StartFlags",
    "StartRequest",
    "StartResponse",
    "State",
    "Status",
    "StopResponse",
    "TransferEnd",
]

VERSION_MAJOR: Final = 1
VERSION_MINOR: Final = 0

SERVICE_UUID: Final = "2e290001-de55-4c6b-8e89-49657c260bb0"
"""The imu_hinge service; also in every advertisement."""
INFO_UUID: Final = "2e290002-de55-4c6b-8e89-49657c260bb0"
"""What the clip is and how it is set: one `info`."""
IMU_UUID: Final = "2e290003-de55-4c6b-8e89-49657c260bb0"
"""Live samples: `imu` packets of type `live`."""
CONTROL_UUID: Final = "2e290004-de55-4c6b-8e89-49657c260bb0"
"""The control point: a request is written, its response indicated."""
TRANSFER_UUID: Final = "2e290005-de55-4c6b-8e89-49657c260bb0"
"""Samples from the clip's memory: packets of type `refill` or `record`, then one `transfer_end`."""
EVENT_UUID: Final = "2e290006-de55-4c6b-8e89-49657c260bb0"
"""Button, state and faults: one `event` each."""

SAMPLE_BYTES: Final = 12
"""Bytes of one sample: six i16."""
PACKET_HEADER_BYTES: Final = 8
"""Bytes before the first sample of a packet."""
PACKET_SAMPLES: Final = 255
"""Most samples in one packet, whatever the MTU."""
PAYLOAD_MIN: Final = 20
"""Smallest ATT payload (MTU 23 - 3); every message but `info` fits it."""
RESPONSE_DATA_MAX: Final = 17
"""Most bytes of data in a response."""
BATCH_MS_DEFAULT: Final = 50
"""Longest time, ms, the first sample of a live packet waits for the last."""
BATCH_MS_MIN: Final = 5
"""Smallest batch_ms a clip accepts."""
BATCH_MS_MAX: Final = 250
"""Largest batch_ms a clip accepts."""
RATE_HZ_MIN: Final = 25
"""Lowest rate a host may ask for."""
RATE_HZ_MAX: Final = 416
"""Highest rate a host may ask for."""
RING_S: Final = 30
"""The ring buffer holds at least this many seconds at the configured rate."""
LINGER_S: Final = 30
"""Seconds a streaming clip goes on sampling into its ring after the link was lost."""
PAIRING_WINDOW_S: Final = 60
"""Seconds after the physical action during which pairing is accepted."""
IDENTIFY_S_MAX: Final = 30
"""Longest identification, s."""
SERIAL_BYTES: Final = 6
"""Bytes of a serial number; written as 12 hexadecimal digits in capitals."""
CONTROL_TIMEOUT_MS: Final = 3000
"""A host that has no response after this long gives the request up."""
INVALID: Final = -32768
"""An axis that was not measured."""
OVERRANGE: Final = 32767
"""An axis beyond its range reads plus or minus this."""
INDEX_MODULUS: Final = 65536
"""The sample index wraps here."""
CONNECTION_INTERVAL_MIN_MS: Final = 15
CONNECTION_INTERVAL_MAX_MS: Final = 30
CONNECTION_LATENCY: Final = 0
CONNECTION_SUPERVISION_TIMEOUT_MS: Final = 4000


class PacketType(IntEnum):
    """Low four bits of a packet's first byte; the high four are the protocol's major version."""

    LIVE = 0x00
    """Samples as they were measured, on `imu`."""
    REFILL = 0x01
    """Samples out of the ring, on `transfer`."""
    RECORD = 0x02
    """Samples out of a record in flash, on `transfer`."""
    END = 0x0F
    """The end of a transfer: a `transfer_end`."""


class PacketFlags(IntFlag):
    """Low four bits of a sample packet's second byte; the high four are the configuration epoch."""

    LOST_BEFORE = 0x01
    """The clip could not measure, or could not queue, what belongs right before this packet."""
    ACC_OVERRANGE = 0x02
    """An accelerometer axis of a sample in this packet was beyond its range."""
    GYR_OVERRANGE = 0x04
    """A gyroscope axis of a sample in this packet was beyond its range."""
    SETTLING = 0x08
    """The sensor was switched on or reconfigured less than 200 ms before a sample in this packet."""


class Opcode(IntEnum):
    """First byte of a request."""

    IDENTIFY = 0x01
    """Blink the LED (and buzz, if there is a motor) so that a person sees which clip this is."""
    CONFIGURE = 0x02
    """Set rate, ranges and batching. The clip takes the nearest setting that is not lower and answers with it.
    Not while sampling (`invalid_state`) or transferring (`busy`).
    """
    START = 0x03
    """Start sampling, or go on with what runs (flag `resume`)."""
    STOP = 0x04
    """Send what is packed so far, then stop sampling and logging."""
    PING = 0x05
    """Ask the clip's time."""
    MARK = 0x06
    """Put a mark at this instant: an `event`."""
    REFILL = 0x07
    """Send samples again out of the ring, of the stream that runs or ran last."""
    SET_ROLE = 0x08
    """Remember where the clip is worn, over power cycles."""
    SET_TIME = 0x09
    """Tell the clip the date, for its records."""
    SLEEP = 0x0A
    """Answer, disconnect and switch off until the button is pressed. Not while sampling."""
    RECORD_COUNT = 0x10
    """How many records are in flash, and how much room."""
    RECORD_INFO = 0x11
    """One page about one record."""
    RECORD_READ = 0x12
    """Send a part of a record. Not while logging."""
    RECORD_DELETE = 0x13
    """Delete a record; its CRC-32 proves that the host has it. Not while logging."""
    ABORT = 0x14
    """End the transfer that runs (its `transfer_end` says `aborted`); ok also when none does."""


class Status(IntEnum):
    """Third byte of a response, and second of a `transfer_end`."""

    OK = 0x00
    """Done."""
    UNKNOWN_OPCODE = 0x01
    """This clip does not know the request; an older minor version may not."""
    MALFORMED = 0x02
    """The request has too few bytes."""
    OUT_OF_RANGE = 0x03
    """An argument is outside what this clip can do."""
    INVALID_STATE = 0x04
    """Not now: see the state machine."""
    BUSY = 0x05
    """A transfer runs; wait for its end or abort it."""
    NOT_FOUND = 0x06
    """No such record."""
    GONE = 0x07
    """The ring holds none of these samples any more."""
    STORAGE = 0x08
    """Flash failed, is full, or a block of the record is damaged."""
    CRC_MISMATCH = 0x09
    """The CRC-32 given is not the record's."""
    NOT_SUPPORTED = 0x0A
    """This clip has no such part (no flash, no LED)."""
    ABORTED = 0x0B
    """The transfer was ended by `abort`, `stop` or `start`."""
    SENSOR = 0x0C
    """The motion sensor does not answer."""


class State(IntFlag):
    """What the clip is doing, in `info`, advertisements and events."""

    SAMPLING = 0x01
    """Samples are taken and go to the ring, and over the air while connected."""
    LOGGING = 0x02
    """Samples go to flash."""
    TRANSFERRING = 0x04
    """A transfer runs."""
    LINGERING = 0x08
    """The link was lost while sampling; the ring still fills."""
    PAIRING = 0x10
    """Pairing is accepted now."""
    SENSOR_FAULT = 0x20
    """The motion sensor does not answer, or repeats itself."""
    BATTERY_LOW = 0x40
    """Less than 10 % are left."""


class Role(IntEnum):
    """Where the clip is worn."""

    NONE = 0x00
    """Not said yet."""
    THIGH = 0x01
    """Lateral thigh, lower third."""
    BACK = 0x02
    """Over the spine, lower back."""
    PELVIS = 0x03
    """Over the sacrum."""


class Capability(IntFlag):
    """What the clip has, in `info`."""

    LOG = 0x01
    """Flash for records."""
    LED = 0x02
    """An LED to identify it by."""
    BUTTON = 0x04
    """A button to mark with."""
    SLEEP = 0x08
    """It can switch itself off."""


class StartFlags(IntFlag):
    """Flags of `start`."""

    LOG = 0x01
    """Record to flash too."""
    RESUME = 0x02
    """If samples are being taken, go on with them; if not, start."""


class IdentifyPattern(IntEnum):
    """How the LED shows itself."""

    OFF = 0x00
    """Dark."""
    BLINK = 0x01
    """Twice a second."""
    SOLID = 0x02
    """Lit."""


class EventType(IntEnum):
    """First byte of an `event`."""

    BUTTON = 0x01
    """The button was pressed; `value` counts the presses (1-3)."""
    MARK = 0x02
    """A host made a mark; `value` is its code."""
    STATE = 0x03
    """The state changed; `value` is the new one."""
    OVERFLOW = 0x04
    """Live packets were thrown away because the link was too slow; `value` counts their samples (255: or more).
    They are still in the ring.
    """
    SENSOR_FAULT = 0x05
    """The motion sensor failed; `value` is a fault code."""
    BATTERY = 0x06
    """The battery is low; `value` is what is left, %."""


class Fault(IntEnum):
    """Fault codes of the event `sensor_fault`; those below 254 are the maker's own."""

    SILENT = 0xFE
    """The sensor does not answer."""
    STUCK = 0xFF
    """The sensor repeats itself."""


class RecordFlags(IntFlag):
    """State of a record."""

    COMPLETE = 0x01
    """It was ended by a stop, not by an empty battery or a reset."""
    DAMAGED = 0x02
    """At least one block fails its CRC-32; its samples are left out."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample, in least significant bits; times `acc_scale` and `gyr_scale` of the configuration it is m/s2
    and rad/s. Right-handed axes of the clip's case; specific force: at rest the axis that points up reads
    +g.
    """

    LAYOUT: ClassVar[Struct] = Struct("<3h3h")

    acc: tuple[int, int, int]
    """Specific force x, y, z."""
    gyr: tuple[int, int, int]
    """Angular rate about x, y, z."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(*self.acc, *self.gyr)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> Sample:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls((v[0], v[1], v[2]), (v[3], v[4], v[5]))


@dataclass(frozen=True, slots=True)
class PacketHeader:
    """Before the samples of every sample packet. The packet's length tells how many follow: (length - 8) /
    12.
    """

    LAYOUT: ClassVar[Struct] = Struct("<BBHI")

    version_type: int
    """Major version << 4 | packet type."""
    epoch_flags: int
    """Configuration epoch << 4 | packet flags."""
    index: int
    """Index of the first sample, its low 16 bits."""
    time_us: int
    """Device time of the first sample, at the middle of its integration window, us, low 32 bits."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.version_type, self.epoch_flags, self.index, self.time_us)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> PacketHeader:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3])


@dataclass(frozen=True, slots=True)
class TransferEnd:
    """Closes a transfer."""

    LAYOUT: ClassVar[Struct] = Struct("<BBHII")

    version_type: int
    """Major version << 4 | `end`."""
    status: int
    """How it ended."""
    reserved: int
    """0."""
    samples: int
    """Samples sent in this transfer."""
    crc32: int
    """CRC-32 of their 12-byte samples, in the order sent."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.version_type, self.status, self.reserved, self.samples, self.crc32)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> TransferEnd:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3], v[4])


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened on the clip."""

    LAYOUT: ClassVar[Struct] = Struct("<BBHI")

    event_type: int
    """Which."""
    value: int
    """See the event."""
    index: int
    """Index of the next sample at that instant (0 when not sampling)."""
    time_us: int
    """Device time of the event, us, low 32 bits."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.event_type, self.value, self.index, self.time_us)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> Event:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3])


@dataclass(frozen=True, slots=True)
class Config:
    """How a clip samples."""

    LAYOUT: ClassVar[Struct] = Struct("<HBHBBff")

    rate_hz: int
    """Nominal rate."""
    acc_range_g: int
    """Accelerometer range, +- g."""
    gyr_range_dps: int
    """Gyroscope range, +- deg/s."""
    batch_ms: int
    """Longest time a live packet collects samples, ms."""
    epoch: int
    """Configuration epoch, 0-15; one more (15 is followed by 0) whenever a field of this struct changes."""
    acc_scale: float
    """m/s2 per bit. Never infer it from the range: 16 g parts come with 0.488 mg and with 0.48828 mg."""
    gyr_scale: float
    """rad/s per bit. Likewise: 2000 deg/s parts come with 70 mdeg/s and with 61.04."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(
            self.rate_hz,
            self.acc_range_g,
            self.gyr_range_dps,
            self.batch_ms,
            self.epoch,
            self.acc_scale,
            self.gyr_scale,
        )

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> Config:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3], v[4], v[5], v[6])


@dataclass(frozen=True, slots=True)
class Info:
    """What a clip is. A later minor version may append fields."""

    LAYOUT: ClassVar[Struct] = Struct("<BBBBHBHBBffBHHIH6s")

    major: int
    """Protocol version: must be equal."""
    minor: int
    """Protocol version: may differ."""
    role: int
    """Where it is worn."""
    state: int
    """What it is doing."""
    config: Config
    """How it samples."""
    capabilities: int
    """What it has."""
    stream_id: int
    """Number of the current or last stream; one more whenever a stream begins, also over resets."""
    boot_id: int
    """Another number after each reset, so that a host knows that device time began anew."""
    ring_samples: int
    """Samples the ring holds when full."""
    max_rate_hz: int
    """Highest rate it can do."""
    serial: bytes
    """Serial number; the same as in Device Information (2A25) and in advertisements."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(
            self.major,
            self.minor,
            self.role,
            self.state,
            self.config.rate_hz,
            self.config.acc_range_g,
            self.config.gyr_range_dps,
            self.config.batch_ms,
            self.config.epoch,
            self.config.acc_scale,
            self.config.gyr_scale,
            self.capabilities,
            self.stream_id,
            self.boot_id,
            self.ring_samples,
            self.max_rate_hz,
            self.serial,
        )

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> Info:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3], Config(*v[4:11]), v[11], v[12], v[13], v[14], v[15], v[16])


@dataclass(frozen=True, slots=True)
class ServiceData:
    """Service data (128-bit UUID) in the scan response."""

    LAYOUT: ClassVar[Struct] = Struct("<BBBB6s")

    major: int
    """Protocol version."""
    role: int
    """Where it is worn."""
    state: int
    """What it is doing."""
    battery_percent: int
    """0-100; 255 when not known."""
    serial: bytes
    """Serial number."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.major, self.role, self.state, self.battery_percent, self.serial)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> ServiceData:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3], v[4])


@dataclass(frozen=True, slots=True)
class RequestHeader:
    """Before the arguments of every request."""

    LAYOUT: ClassVar[Struct] = Struct("<BB")

    opcode: int
    """What to do."""
    tag: int
    """Any number; the response repeats it. Take another one for each request."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.opcode, self.tag)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RequestHeader:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])


@dataclass(frozen=True, slots=True)
class ResponseHeader:
    """Before the data of every response."""

    LAYOUT: ClassVar[Struct] = Struct("<BBB")

    opcode: int
    """The request's opcode | 0x80."""
    tag: int
    """The request's tag."""
    status: int
    """Whether it was done. Data follow only with `ok`."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.opcode, self.tag, self.status)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> ResponseHeader:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2])


@dataclass(frozen=True, slots=True)
class IdentifyRequest:
    """Identify request."""

    LAYOUT: ClassVar[Struct] = Struct("<BB")

    pattern: int
    """How."""
    seconds: int
    """How long, 1-30 (ignored for `off`)."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.pattern, self.seconds)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> IdentifyRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])


@dataclass(frozen=True, slots=True)
class ConfigureRequest:
    """Configure request."""

    LAYOUT: ClassVar[Struct] = Struct("<HBHB")

    rate_hz: int
    """At least this rate."""
    acc_range_g: int
    """At least this range."""
    gyr_range_dps: int
    """At least this range."""
    batch_ms: int
    """Exactly this, 5-250."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.rate_hz, self.acc_range_g, self.gyr_range_dps, self.batch_ms)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> ConfigureRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3])


@dataclass(frozen=True, slots=True)
class StartRequest:
    """Start request."""

    LAYOUT: ClassVar[Struct] = Struct("<B")

    flags: int
    """See start flags."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.flags)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> StartRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0])


@dataclass(frozen=True, slots=True)
class StartResponse:
    """Start response."""

    LAYOUT: ClassVar[Struct] = Struct("<HBHI")

    stream_id: int
    """The stream that runs now."""
    resumed: int
    """1: it ran already and goes on. 0: it began now."""
    next_index: int
    """Index of the next sample to be measured."""
    time_us: int
    """Device time now."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.stream_id, self.resumed, self.next_index, self.time_us)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> StartResponse:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3])


@dataclass(frozen=True, slots=True)
class StopResponse:
    """Stop response."""

    LAYOUT: ClassVar[Struct] = Struct("<HI")

    stream_id: int
    """The stream that ended."""
    samples: int
    """How many sampling instants it had: its last index + 1, not wrapped."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.stream_id, self.samples)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> StopResponse:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])


@dataclass(frozen=True, slots=True)
class PingRequest:
    """Ping request."""

    LAYOUT: ClassVar[Struct] = Struct("<I")

    cookie: int
    """Any number; the response repeats it."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.cookie)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> PingRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0])


@dataclass(frozen=True, slots=True)
class PingResponse:
    """Ping response."""

    LAYOUT: ClassVar[Struct] = Struct("<III")

    cookie: int
    """The request's."""
    received_us: int
    """Device time when the write came in, taken first of all."""
    sent_us: int
    """Device time when this response was handed to the radio, taken last of all."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.cookie, self.received_us, self.sent_us)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> PingResponse:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2])


@dataclass(frozen=True, slots=True)
class MarkRequest:
    """Mark request."""

    LAYOUT: ClassVar[Struct] = Struct("<B")

    code: int
    """What the mark means; the host's own."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.code)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> MarkRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0])


@dataclass(frozen=True, slots=True)
class MarkResponse:
    """Mark response."""

    LAYOUT: ClassVar[Struct] = Struct("<HI")

    index: int
    """Index of the next sample at that instant."""
    time_us: int
    """Device time of the mark."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.index, self.time_us)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> MarkResponse:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])


@dataclass(frozen=True, slots=True)
class RefillRequest:
    """Refill request."""

    LAYOUT: ClassVar[Struct] = Struct("<HH")

    first_index: int
    """The first sample wanted."""
    count: int
    """How many, 1 or more. Must lie in the past."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.first_index, self.count)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RefillRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])


@dataclass(frozen=True, slots=True)
class RefillResponse:
    """Refill response."""

    LAYOUT: ClassVar[Struct] = Struct("<HH")

    first_index: int
    """The first that will be sent: later than wanted if the ring has lost some."""
    count: int
    """How many instants will be sent."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.first_index, self.count)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RefillResponse:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])


@dataclass(frozen=True, slots=True)
class SetRoleRequest:
    """Set role request."""

    LAYOUT: ClassVar[Struct] = Struct("<B")

    role: int
    """Where it is worn."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.role)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> SetRoleRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0])


@dataclass(frozen=True, slots=True)
class SetTimeRequest:
    """Set time request."""

    LAYOUT: ClassVar[Struct] = Struct("<Q")

    unix_ms: int
    """Milliseconds since 1970-01-01 UTC."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.unix_ms)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> SetTimeRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0])


@dataclass(frozen=True, slots=True)
class RecordCountResponse:
    """Record count response."""

    LAYOUT: ClassVar[Struct] = Struct("<HI")

    records: int
    """Records in flash."""
    free_samples: int
    """Samples that still fit."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.records, self.free_samples)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RecordCountResponse:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])


@dataclass(frozen=True, slots=True)
class RecordInfoRequest:
    """Record info request."""

    LAYOUT: ClassVar[Struct] = Struct("<HB")

    position: int
    """0: the oldest record."""
    page: int
    """0, 1 or 2."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.position, self.page)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RecordInfoRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])


@dataclass(frozen=True, slots=True)
class RecordPage0:
    """Page 0 of a record."""

    LAYOUT: ClassVar[Struct] = Struct("<BHHIQ")

    page: int
    """0."""
    record_id: int
    """Its name for reading and deleting; never used twice until it wraps."""
    boot_id: int
    """The boot whose device time it has."""
    samples: int
    """Sampling instants from its first to its last sample."""
    start_us: int
    """Device time of its first sample, us, not wrapped."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.page, self.record_id, self.boot_id, self.samples, self.start_us)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RecordPage0:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3], v[4])


@dataclass(frozen=True, slots=True)
class RecordPage1:
    """Page 1 of a record."""

    LAYOUT: ClassVar[Struct] = Struct("<BQIB")

    page: int
    """1."""
    unix_ms: int
    """Date of its first sample, ms since 1970-01-01 UTC; 0 when the clip was not told the time."""
    crc32: int
    """CRC-32 of all its 12-byte samples in order."""
    flags: int
    """See record flags."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.page, self.unix_ms, self.crc32, self.flags)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RecordPage1:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2], v[3])


@dataclass(frozen=True, slots=True)
class RecordPage2:
    """Page 2 of a record."""

    LAYOUT: ClassVar[Struct] = Struct("<BHBHBBff")

    page: int
    """2."""
    config: Config
    """The configuration it was made with."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(
            self.page,
            self.config.rate_hz,
            self.config.acc_range_g,
            self.config.gyr_range_dps,
            self.config.batch_ms,
            self.config.epoch,
            self.config.acc_scale,
            self.config.gyr_scale,
        )

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RecordPage2:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], Config(*v[1:8]))


@dataclass(frozen=True, slots=True)
class RecordReadRequest:
    """Record read request."""

    LAYOUT: ClassVar[Struct] = Struct("<HII")

    record_id: int
    """Which."""
    first: int
    """Number of the first sample, 0: the record's first. A resumed download begins after the last sample it
    has.
    """
    count: int
    """How many instants; 0: all that follow."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.record_id, self.first, self.count)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RecordReadRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1], v[2])


@dataclass(frozen=True, slots=True)
class RecordReadResponse:
    """Record read response."""

    LAYOUT: ClassVar[Struct] = Struct("<I")

    count: int
    """How many instants will be sent."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.count)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RecordReadResponse:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0])


@dataclass(frozen=True, slots=True)
class RecordDeleteRequest:
    """Record delete request."""

    LAYOUT: ClassVar[Struct] = Struct("<HI")

    record_id: int
    """Which."""
    crc32: int
    """The record's CRC-32."""

    def pack(self) -> bytes:
        """The bytes that go over the air."""
        return self.LAYOUT.pack(self.record_id, self.crc32)

    @classmethod
    def unpack(cls, data: bytes | bytearray | memoryview, offset: int = 0) -> RecordDeleteRequest:
        """Read the first bytes of ``data``; raises struct.error where there are too few."""
        v = cls.LAYOUT.unpack_from(data, offset)
        return cls(v[0], v[1])
