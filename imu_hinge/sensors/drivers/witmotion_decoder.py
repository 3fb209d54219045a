"""WitMotion's bytes: frames out of notifications, samples in SI out of frames.

A frame is 20 bytes without a checksum: ``55``, a kind, 18 bytes. Kind ``61`` is a sample, nine int16 (specific force,
angular rate, angles), kind ``71`` the values of eight registers. Some firmware adds the date and time to samples, eight
bytes after the 20: year, month, day, hour, minute, second, and milliseconds as an uint16. The two lengths cannot be
confused: where the next frame's kind would be (``61`` or ``71``), the date has a month. Nor need they be told apart
before a sample is used, as it is in its first 20 bytes.

Sources: the maker's "Bluetooth 5.0 Communication Protocol" in both editions (20 and 28 bytes), and a capture.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.sensors.driver import FloatArray, Samples
from imu_hinge.sensors.drivers.plain import PlainDecoder

__all__ = ["FrameReader", "WitMotionDecoder", "is_registers", "physical"]

_HEAD: Final = 0x55
_SAMPLE: Final = 0x61
_REGISTERS: Final = 0x71
_FRAME: Final = 20
_DATE: Final = struct.Struct("<6BH")
_ACC_M_S2: Final = 16.0 / 32768 * GRAVITY_M_S2
_GYR_RAD_S: Final = float(np.deg2rad(2000.0 / 32768))
_LONGEST_SEARCH: Final = 2 * (_FRAME + _DATE.size)
"""Bytes kept while no frame is found in them: the next one and its successor would be within these."""


class FrameReader:
    """Frames of 20 bytes out of notifications, however these cut or join them.

    As there is no checksum, a frame is believed where one is due. When one was due and something else came, frames are
    searched for: two in a row, or one that ends with its notification. A part of a frame that waits for its rest is
    given up when the next notification consists of whole frames: the rest was lost, and a sample made of two halves
    would look as good as any.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._searching = False
        self._dated = False

    def feed(self, payload: bytes) -> tuple[list[bytes], bool]:
        """Frames that are complete now, without dates, and whether bytes had to be thrown away."""
        threw = False
        if self._rest and _whole(payload):
            threw = not self._searching
            self._rest, self._searching, self._dated = b"", False, False
        data = self._rest + payload
        frames: list[bytes] = []
        at = 0
        while True:
            if self._searching:
                found = _search(data, at)
                if found is None:
                    self._rest = data[at:][-_LONGEST_SEARCH:]
                    return frames, threw
                at, self._searching = found, False
            at = self._in_step(data, at, frames)
            if not self._searching:
                self._rest = data[at:]
                return frames, threw
            threw = True

    def _in_step(self, data: bytes, at: int, frames: list[bytes]) -> int:
        """Take frames while they follow each other; where that ends for want of bytes or, then searching, of sense."""
        while len(data) - at >= 2:
            if _is_head(data, at):
                if len(data) - at < _FRAME:
                    break
                frames.append(data[at : at + _FRAME])
                self._dated = data[at + 1] == _SAMPLE
                at += _FRAME
            elif self._dated and len(data) - at < _DATE.size:
                break
            elif self._dated and _is_date(data, at):
                self._dated = False
                at += _DATE.size
            else:
                self._dated, self._searching = False, True
                break
        return at


class WitMotionDecoder(PlainDecoder):
    """Samples of one sensor over all its connections; ``link`` and ``begin`` come from the conversation."""

    def __init__(self) -> None:
        super().__init__()
        self.links = 0
        self._reader = FrameReader()
        self._rate_hz = 100.0
        self._since_s = 0.0
        self._count = 0

    def link(self) -> int:
        """A connection was made: its number. What was measured before has nothing to do with what follows."""
        self.links += 1
        self._since_s, self._count = 0.0, 0
        self._reader = FrameReader()
        return self.links

    def begin(self, rate_hz: float) -> None:
        """Samples follow at this nominal rate; on one connection device time goes on."""
        self._since_s += self._count / self._rate_hz
        self._rate_hz, self._count = rate_hz, 0
        self._reader = FrameReader()

    def feed(self, payload: bytes, received_s: float) -> tuple[Samples, ...]:
        """Samples of the frames that a notification completes; one that leads to thrown away bytes is refused."""
        frames, threw = self._reader.feed(payload)
        self.refused += threw
        raw = [frame[2:14] for frame in frames if frame[1] == _SAMPLE]
        if not raw:
            return ()
        values = np.frombuffer(b"".join(raw), "<i2").reshape(-1, 6)
        acc_m_s2, gyr_rad_s = physical(values)
        device_s = self._since_s + (self._count + np.arange(len(values))) / self._rate_hz
        self._count += len(values)
        self.received += len(values)
        self.overrange += int(((values == 32767) | (values == -32768)).any(axis=1).sum())
        return (Samples(device_s, acc_m_s2, gyr_rad_s, received_s),)


def physical(raw: NDArray[np.int16]) -> tuple[FloatArray, FloatArray]:
    """Specific force, m/s², and angular rate, rad/s, (N, 3) each, of raw values (N, 6). The ranges are fixed: 16 g and
    2000 deg/s. (The maker's document prints one pair of bytes for all three rates; each axis has its own.)"""
    values = raw.astype(np.float64)
    return values[:, :3] * _ACC_M_S2, values[:, 3:] * _GYR_RAD_S


def is_registers(frame: bytes) -> bool:
    """Whether a frame tells registers rather than a sample."""
    return frame[1] == _REGISTERS


def _is_head(data: bytes, at: int) -> bool:
    return data[at] == _HEAD and data[at + 1] in (_SAMPLE, _REGISTERS)


def _is_date(data: bytes, at: int) -> bool:
    """Whether a date and time stand here; zeros are what a clock says that was never set."""
    _, month, day, hour, minute, second, millisecond = _DATE.unpack_from(data, at)
    limits = ((month, 12), (day, 31), (hour, 23), (minute, 59), (second, 59), (millisecond, 999))
    return all(value <= most for value, most in limits)


def _after(data: bytes, at: int) -> int | None:
    """Where the frame that begins here ends, its date included; None where it is no whole frame."""
    if len(data) - at < _FRAME or not _is_head(data, at):
        return None
    end = at + _FRAME
    dated = data[at + 1] == _SAMPLE and len(data) - end >= _DATE.size
    return end + _DATE.size if dated and not _is_head(data, end) and _is_date(data, end) else end


def _whole(data: bytes, at: int = 0) -> bool:
    """Whether frames from here end with the data."""
    end: int | None = at
    while end is not None and end < len(data):
        end = _after(data, end)
    return end is not None and end > at


def _search(data: bytes, at: int) -> int | None:
    """Where frames begin again."""
    for start in range(at, len(data) - _FRAME + 1):
        end = _after(data, start)
        if end is not None and (_whole(data, start) or (len(data) - end >= 2 and _is_head(data, end))):
            return start
    return None
