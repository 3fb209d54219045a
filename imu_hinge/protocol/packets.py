"""Sample packets: one notification at a time, or thousands at once; any bytes give samples or a PacketError.

Specification: firmware_protocol/PROTOCOL.md, section 5.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from imu_hinge.errors import PacketError
from imu_hinge.protocol.definitions import (
    INVALID,
    OVERRANGE,
    PACKET_HEADER_BYTES,
    SAMPLE_BYTES,
    VERSION_MAJOR,
    Config,
    PacketFlags,
    PacketHeader,
    PacketType,
    Status,
    TransferEnd,
)

__all__ = [
    "PacketBatch",
    "Physical",
    "RawSamples",
    "SamplePacket",
    "crc32",
    "decode_batch",
    "decode_packet",
    "encode_packet",
    "to_physical",
]

RawSamples: TypeAlias = NDArray[np.int16]

_SAMPLE_TYPES: Final = frozenset({PacketType.LIVE, PacketType.REFILL, PacketType.RECORD})
_IS_SAMPLES: Final = np.isin(np.arange(256), [VERSION_MAJOR << 4 | kind for kind in _SAMPLE_TYPES])
_STATUSES: Final = frozenset(status.value for status in Status)
_KINDS: Final = {kind.value: kind for kind in PacketType}
_HEADER: Final = np.dtype([("version_type", "u1"), ("epoch_flags", "u1"), ("index", "<u2"), ("time_us", "<u4")])
_BYTE_ORDER: Final = np.dtype("<i2")


@dataclass(frozen=True, slots=True)
class SamplePacket:
    """Consecutive samples of one stream.

    ``index`` and ``time_us`` are of the first sample, as on the air: the low 16 and 32 bits. ``raw`` (n, 6) int16,
    acceleration then rate, in least significant bits of the configuration with this ``epoch``.
    """

    kind: PacketType
    epoch: int
    flags: PacketFlags
    index: int
    time_us: int
    raw: RawSamples

    def __len__(self) -> int:
        return len(self.raw)


@dataclass(frozen=True)
class Physical:
    """Samples in SI: ``acc_m_s2`` and ``gyr_rad_s`` (n, 3), NaN where an axis was not measured; ``measured`` (n,)
    where all six were; ``overrange`` (n,) where an axis was beyond its range."""

    acc_m_s2: NDArray[np.float64]
    gyr_rad_s: NDArray[np.float64]
    measured: NDArray[np.bool_]
    overrange: NDArray[np.bool_]


@dataclass(frozen=True)
class PacketBatch:
    """Many sample packets as arrays, in the order given.

    Per packet (p,): ``position`` in what was given, ``kind``, ``epoch``, ``flags``, ``index``, ``time_us`` of its
    first sample, and ``start``, the row of ``raw`` (N, 6) int16 where its samples begin. ``ends`` and ``refused`` hold
    what is not samples, with its position; packets of types unknown to this version are left out.
    """

    position: NDArray[np.int64]
    kind: NDArray[np.uint8]
    epoch: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    index: NDArray[np.uint16]
    time_us: NDArray[np.uint32]
    start: NDArray[np.int64]
    raw: RawSamples
    ends: tuple[tuple[int, TransferEnd], ...]
    refused: tuple[tuple[int, PacketError], ...]


def decode_packet(payload: bytes | bytearray | memoryview) -> SamplePacket | TransferEnd | None:
    """One notification of ``imu`` or ``transfer``; None for a packet type unknown to this version.

    Raises PacketError for anything that is no packet.
    """
    size = len(payload)
    if size == 0:
        raise PacketError("an empty notification")
    first = payload[0]
    kind = _KINDS.get(first & 0x0F)
    if first >> 4 != VERSION_MAJOR:
        raise PacketError(
            f"a packet of protocol version {first >> 4} instead of {VERSION_MAJOR}",
            payload=bytes(payload),
            advice="Forget the clip in the system's Bluetooth settings and connect again; update the older side.",
        )
    if kind is None:
        return None
    if kind not in _SAMPLE_TYPES:
        return _end(payload)
    count, surplus = divmod(size - PACKET_HEADER_BYTES, SAMPLE_BYTES)
    if count < 1 or surplus:
        raise PacketError(f"a sample packet of {size} bytes (8 + 12 n expected)", payload=bytes(payload))
    header = PacketHeader.LAYOUT.unpack_from(payload)
    # bytes() as the caller may use its buffer again; the array looks into our copy.
    raw = np.frombuffer(bytes(payload), _BYTE_ORDER, offset=PACKET_HEADER_BYTES).reshape(count, 6)
    return SamplePacket(kind, header[1] >> 4, PacketFlags(header[1] & 0x0F), header[2], header[3], raw)


def decode_batch(payloads: Sequence[bytes]) -> PacketBatch:
    """Many notifications at once, such as a download; what is no packet is listed, not raised.

    Packets of one length are one table; of others, every sample is taken from where it lies.
    """
    lengths = np.fromiter(map(len, payloads), dtype=np.int64, count=len(payloads))
    joined = b"".join(payloads)
    offset = np.cumsum(lengths) - lengths
    after_header = lengths - PACKET_HEADER_BYTES
    good = (after_header >= SAMPLE_BYTES) & (after_header % SAMPLE_BYTES == 0)
    firsts = np.frombuffer(joined, np.uint8)[offset[good]]
    good[good] = _IS_SAMPLES[firsts]
    ends, refused = [], []
    for at in np.flatnonzero(~good).tolist():
        try:
            other = decode_packet(payloads[at])
        except PacketError as error:
            refused.append((at, error))
        else:
            if isinstance(other, TransferEnd):
                ends.append((at, other))
    position = np.flatnonzero(good)
    counts, offset = after_header[position] // SAMPLE_BYTES, offset[position]
    start = np.cumsum(counts) - counts
    headers = _items(joined, PACKET_HEADER_BYTES, offset).view(_HEADER)
    if len(position) == len(payloads) and (counts == counts[:1]).all():
        n = int(counts[0]) if len(counts) else 0
        table = np.frombuffer(joined, np.dtype([("header", _HEADER), ("raw", _BYTE_ORDER, (n, 6))]))
        raw = table["raw"].reshape(-1, 6)
    else:
        where = np.repeat(offset + PACKET_HEADER_BYTES - start * SAMPLE_BYTES, counts)
        where += np.arange(len(where)) * SAMPLE_BYTES
        raw = _items(joined, SAMPLE_BYTES, where).view(_BYTE_ORDER).reshape(-1, 6)
    return PacketBatch(
        position,
        headers["version_type"] & np.uint8(0x0F),
        headers["epoch_flags"] >> np.uint8(4),
        headers["epoch_flags"] & np.uint8(0x0F),
        headers["index"],
        headers["time_us"],
        start,
        np.ascontiguousarray(raw, dtype=np.int16),
        tuple(ends),
        tuple(refused),
    )


def encode_packet(kind: PacketType, epoch: int, flags: PacketFlags, index: int, time_us: int, raw: RawSamples) -> bytes:
    """A sample packet as a clip sends it; ``index`` and ``time_us`` of the first sample are wrapped here.

    ``raw`` (n, 6) int16. Raises ValueError for no samples or an epoch beyond 15.
    """
    if not len(raw) or not 0 <= epoch <= 15:
        raise ValueError("a packet needs samples and an epoch from 0 to 15")
    header = PacketHeader(VERSION_MAJOR << 4 | kind, epoch << 4 | flags, index & 0xFFFF, time_us & 0xFFFF_FFFF)
    return header.pack() + np.ascontiguousarray(raw, _BYTE_ORDER).tobytes()


def to_physical(raw: RawSamples, config: Config) -> Physical:
    """Samples (n, 6) in m/s² and rad/s with the scales of their configuration."""
    missing = raw == INVALID
    beyond = (raw >= OVERRANGE) | (raw == -OVERRANGE)
    values = raw.astype(np.float64)
    if missing.any():
        values[missing] = np.nan
    return Physical(
        values[:, :3] * config.acc_scale,
        values[:, 3:] * config.gyr_scale,
        ~missing.any(axis=1),
        beyond.any(axis=1),
    )


def crc32(raw: RawSamples, before: int = 0) -> int:
    """CRC-32 (IEEE 802.3) of samples as they go over the air; ``before`` is that of what came before them."""
    return zlib.crc32(np.ascontiguousarray(raw, _BYTE_ORDER).tobytes(), before)


def _end(payload: bytes | bytearray | memoryview) -> TransferEnd:
    if len(payload) < TransferEnd.LAYOUT.size:
        raise PacketError(f"the end of a transfer in {len(payload)} bytes", payload=bytes(payload))
    end = TransferEnd.unpack(payload)
    if end.status not in _STATUSES:
        raise PacketError(f"the end of a transfer with the unknown status {end.status}", payload=bytes(payload))
    return end


def _items(joined: bytes, size: int, offset: NDArray[np.int64]) -> NDArray[np.void]:
    """The ``size`` bytes at every offset, taken whole: several times as fast as element by element."""
    if not len(offset):
        return np.empty(0, np.dtype((np.void, size)))
    everywhere = np.ndarray((len(joined) - size + 1,), np.dtype((np.void, size)), joined, strides=(1,))
    return everywhere[offset]
