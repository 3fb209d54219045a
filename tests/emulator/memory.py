"""What a clip remembers: instants in the ring, records in flash, and the transfer of either."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .wire import (
    HEADER_BYTES,
    PACKET_SAMPLES,
    RECORD_PAGE_0,
    RECORD_PAGE_1,
    SAMPLE_BYTES,
    TURN,
    PacketFlags,
    PacketType,
    RecordFlags,
    Status,
    TransferEnd,
    crc32,
    pack_packet,
)


@dataclass(frozen=True, slots=True)
class Instant:
    """One sampling instant; `sample` is None where nothing was measured and nothing is sent."""

    index: int
    time_us: int
    sample: bytes | None
    flags: PacketFlags


class Ring:
    """The latest instants of one stream."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._instants: deque[Instant] = deque(maxlen=capacity)

    def append(self, instant: Instant) -> None:
        """Take an instant in; the oldest makes room."""
        self._instants.append(instant)

    @property
    def oldest(self) -> int:
        """Index of the oldest instant it still has."""
        return self._instants[0].index if self._instants else 0

    def get(self, index: int) -> Instant | None:
        """Give an instant, or None if it is not (or no longer) there."""
        position = index - self.oldest
        return self._instants[position] if 0 <= position < len(self._instants) else None


@dataclass
class Record:
    """A stream in flash. Only measured samples take room; numbers count instants."""

    record_id: int
    boot_id: int
    config: bytes
    epoch: int
    unix_ms: int = 0
    complete: bool = False
    instants: dict[int, Instant] = field(default_factory=dict)
    damaged: set[int] = field(default_factory=set)
    marks: list[tuple[int, int]] = field(default_factory=list)
    _first_index: int | None = None

    def append(self, instant: Instant) -> None:
        """Store a measured sample; the first one is number 0, and what was before it does not count."""
        if self._first_index is None:
            self._first_index = instant.index
        number = instant.index - self._first_index
        jump = PacketFlags.LOST_BEFORE if number and number - 1 not in self.instants else PacketFlags.NONE
        self.instants[number] = replace(instant, flags=instant.flags & ~PacketFlags.LOST_BEFORE | jump)

    @property
    def samples(self) -> int:
        """Instants from its first to its last sample."""
        return max(self.instants) + 1 if self.instants else 0

    @property
    def start_us(self) -> int:
        """Device time of its first sample, not wrapped."""
        return self.instants[0].time_us

    @property
    def crc(self) -> int:
        """CRC-32 of its samples in order, without those of damaged blocks."""
        return crc32(b"".join(i.sample or b"" for n, i in sorted(self.instants.items()) if n not in self.damaged))

    @property
    def flags(self) -> RecordFlags:
        """State of the record."""
        flags = RecordFlags.COMPLETE if self.complete else RecordFlags.NONE
        return flags | RecordFlags.DAMAGED if self.damaged else flags

    def get(self, number: int) -> Instant | None:
        """Give a sample by its number, or None if it was not measured or is damaged."""
        return None if number in self.damaged else self.instants.get(number)

    def page(self, page: int) -> bytes:
        """Give one of the three pages."""
        if page == 0:
            return RECORD_PAGE_0.pack(0, self.record_id, self.boot_id, self.samples, self.start_us)
        if page == 1:
            return RECORD_PAGE_1.pack(1, self.unix_ms, self.crc, self.flags)
        return bytes([2]) + self.config


class Flash:
    """Records; it outlives resets of the clip."""

    def __init__(self, capacity: int = 500_000) -> None:
        self.capacity = capacity
        self.records: list[Record] = []
        self.open: Record | None = None
        self._last_id = 0

    @property
    def free(self) -> int:
        """Samples that still fit."""
        used = sum(len(record.instants) for record in self.records)
        return max(0, self.capacity - used - (len(self.open.instants) if self.open else 0))

    def begin(self, boot_id: int, config: bytes, epoch: int) -> Record:
        """Open a record for a stream."""
        self._last_id = (self._last_id + 1) % TURN
        while self.find(self._last_id):
            self._last_id = (self._last_id + 1) % TURN
        self.open = Record(self._last_id, boot_id, config, epoch)
        return self.open

    def end(self, complete: bool) -> None:
        """Close the open record; one without a sample is none."""
        if self.open and self.open.instants:
            self.open.complete = complete
            self.records.append(self.open)
        self.open = None

    def find(self, record_id: int) -> Record | None:
        """Give the record of that name."""
        return next((record for record in self.records if record.record_id == record_id), None)


@dataclass
class Transfer:
    """A refill or a download that runs."""

    kind: PacketType
    get: Callable[[int], Instant | None]
    position: int
    end: int
    epoch: int
    major: int
    status: Status = Status.OK
    samples: int = 0
    crc: int = 0

    def packet(self, payload: int) -> bytes | None:
        """Build the next packet, as long as the payload allows; None when all has been sent."""
        limit = max(1, min(PACKET_SAMPLES, (payload - HEADER_BYTES) // SAMPLE_BYTES))
        first: Instant | None = None
        flags = PacketFlags.NONE
        samples: list[bytes] = []
        begin = self.position
        while self.position < self.end and len(samples) < limit:
            instant = self.get(self.position)
            if instant is None or instant.sample is None:
                if first:
                    break
            else:
                if first is None:
                    first, begin, flags = instant, self.position, instant.flags
                samples.append(instant.sample)
                flags |= instant.flags & ~PacketFlags.LOST_BEFORE
            self.position += 1
        if first is None:
            return None
        self.samples += len(samples)
        self.crc = crc32(b"".join(samples), self.crc)
        return pack_packet(self.major, self.kind, self.epoch, flags, begin, first.time_us, samples)

    def finish(self, status: Status) -> bytes:
        """Build the `transfer_end`."""
        return TransferEnd(status, self.samples, self.crc, self.major).pack()
