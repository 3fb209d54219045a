"""Data frames of Polar's measurement service (PMD): bytes to samples, nothing else.

A frame is a type, the time of its last sample (ns since 2000, u64), a frame type, and samples, plain or as differences
to the sample before. Source: Polar's "Online measurement" specification, and frames of real sensors (issues 186, 331
and 443 of polarofficial/polar-ble-sdk).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.errors import PacketError
from imu_hinge.sensors.driver import FloatArray

__all__ = ["Frame", "Measurement", "Scale", "decode_deltas", "decode_frame", "measurement_of"]

IntArray = NDArray[np.int64]

_HEADER: Final = struct.Struct("<BQB")
_TYPE: Final = 0x3F
_DELTA: Final = 0x80
_AXES: Final = 3
_WIDEST: Final = 32
_MOST_SAMPLES: Final = 1024
"""More than the largest notification can hold with one bit a difference."""
_MILLI: Final = 1e-3


class Measurement(IntEnum):
    """Measurement types; SDK_MODE is none, but is switched like one."""

    ACC = 2
    GYRO = 5
    SDK_MODE = 9


@dataclass(frozen=True)
class Scale:
    """How a stream's numbers become g or deg/s: full scale ``full_scale``, and the ``factor`` that the sensor told, or
    None. Without one, a 16-bit number spans the full scale (8 g gives the 2.44e-4 that sensors tell for 8 g)."""

    full_scale: float
    factor: float | None = None

    @property
    def lsb(self) -> float:
        """What one step of a frame without unit is worth, g or deg/s."""
        return self.full_scale / 32768 if self.factor is None else self.factor


@dataclass(frozen=True)
class Frame:
    """Samples ``values`` (N, 3) in g or deg/s, the last of them measured at ``stamp_ns``, ns since 2000."""

    measurement: Measurement
    stamp_ns: int
    values: FloatArray


def measurement_of(payload: bytes) -> Measurement:
    """What a frame measures. Raises PacketError where it is neither acceleration nor angular rate."""
    kind = payload[0] & _TYPE if payload else None
    if kind not in (Measurement.ACC, Measurement.GYRO):
        raise PacketError("not a frame of motion", payload=payload)
    return Measurement(kind)


def decode_frame(payload: bytes, scale: Scale) -> Frame:
    """A notification of the data characteristic. Raises PacketError for anything that is no whole frame."""
    measurement = measurement_of(payload)
    if len(payload) < _HEADER.size:
        raise PacketError("a frame without a header", payload=payload)
    _, stamp_ns, frame_type = _HEADER.unpack_from(payload)
    data = payload[_HEADER.size :]
    decode = _acceleration if measurement is Measurement.ACC else _angular_rate
    values = decode(data, frame_type, scale)
    if not len(values) or not np.isfinite(values).all():
        raise PacketError("a frame without numbers", payload=payload)
    return Frame(measurement, stamp_ns, values)


def decode_deltas(data: bytes, reference_bytes: int) -> IntArray:
    """Samples (N, 3) of a compressed frame: a whole one, then blocks of differences.

    A block is the bits of one difference, how many samples, and the differences, signed, least significant bit first,
    padded to bytes. Raises PacketError where a block is cut off or wider than 32 bits.
    """
    offset = _AXES * reference_bytes
    if len(data) < offset:
        raise PacketError("a compressed frame without a first sample", payload=data)
    first = [
        int.from_bytes(data[i : i + reference_bytes], "little", signed=True) for i in range(0, offset, reference_bytes)
    ]
    steps = [np.array([first], np.int64)]
    total = 1
    while offset < len(data):
        if len(data) < offset + 2:
            raise PacketError("a block is cut off", payload=data)
        bits, count = data[offset], data[offset + 1]
        offset += 2
        size = (bits * count * _AXES + 7) // 8
        total += count
        if bits > _WIDEST or len(data) < offset + size or total > _MOST_SAMPLES:
            raise PacketError("a block is cut off", payload=data)
        steps.append(_signed(data[offset : offset + size], bits, count))
        offset += size
    return np.cumsum(np.concatenate(steps), axis=0)


def _signed(block: bytes, bits: int, count: int) -> IntArray:
    if bits == 0:
        return np.zeros((count, _AXES), np.int64)
    rows = np.unpackbits(np.frombuffer(block, np.uint8), count=bits * count * _AXES, bitorder="little")
    weights = np.left_shift(np.int64(1), np.arange(bits, dtype=np.int64))
    weights[-1] = -weights[-1]  # two's complement
    return np.asarray((rows.reshape(-1, bits).astype(np.int64) @ weights).reshape(count, _AXES), np.int64)


def _numbers(data: bytes) -> FloatArray:
    return decode_deltas(data, 2).astype(np.float64)


def _plain(data: bytes, width: int) -> FloatArray:
    if len(data) % (_AXES * width):
        raise PacketError("a frame ends within a sample", payload=data)
    numbers = [int.from_bytes(data[i : i + width], "little", signed=True) for i in range(0, len(data), width)]
    return np.array(numbers, float).reshape(-1, _AXES)


def _acceleration(data: bytes, frame_type: int, scale: Scale) -> FloatArray:
    if frame_type == _DELTA:
        return _numbers(data) * scale.lsb
    if frame_type == _DELTA | 1:
        return _numbers(data) * (_MILLI * (1.0 if scale.factor is None else scale.factor))
    if frame_type in (0, 1, 2):
        return _plain(data, frame_type + 1) * _MILLI
    raise PacketError(f"acceleration of frame type {frame_type:#04x}", payload=data)


def _angular_rate(data: bytes, frame_type: int, scale: Scale) -> FloatArray:
    if frame_type == _DELTA:
        return _numbers(data) * scale.lsb
    if frame_type == _DELTA | 1:
        # The differences are between the bit patterns of single-precision numbers.
        patterns = (decode_deltas(data, 4) & 0xFFFFFFFF).astype(np.uint32)
        with np.errstate(invalid="ignore"):  # patterns that are no numbers are refused later
            return patterns.view(np.float32).astype(np.float64)
    raise PacketError(f"angular rate of frame type {frame_type:#04x}", payload=data)
