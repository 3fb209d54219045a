"""Notifications of a Movella DOT to samples on the sensor's own clock."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.sensors.driver import Samples
from imu_hinge.sensors.drivers.stamps import Pace, StampClock, StampedDecoder

__all__ = ["MovellaDotDecoder", "PayloadMode"]

_US: Final = 1_000_000
_TURN: Final = 1 << 32
_BACK_S: Final = 0.5
_FULL_ACC_M_S2: Final = 0.998 * 16 * GRAVITY_M_S2
_FULL_GYR_DPS: Final = 0.998 * 2000


class PayloadMode(IntEnum):
    """Payload modes that hold acceleration and angular rate as they were measured."""

    RATE = 21
    CUSTOM_5 = 26


@dataclass(frozen=True)
class _Layout:
    bytes: int
    """What of a notification is used; zeros follow."""
    motion_at: int
    """Where acceleration, m/s2, and angular rate, deg/s, begin."""


_LAYOUTS: Final = {PayloadMode.RATE: _Layout(28, 4), PayloadMode.CUSTOM_5: _Layout(44, 20)}


class MovellaDotDecoder(StampedDecoder):
    """One sample a notification, stamped with 32 bits of us, which come round every 71.6 minutes."""

    def __init__(self) -> None:
        super().__init__(StampClock(_US, _BACK_S, _TURN))
        self._pace = Pace(60.0)
        self._layout: _Layout | None = None
        self.latest_s = 0.0

    def begin(self, mode: PayloadMode, rate_hz: float) -> int:
        """A stream in this mode and rate starts; gives its number."""
        self._layout = _LAYOUTS[mode]
        self._pace.renew(rate_hz)
        return self.count_stream()

    def forget(self) -> None:
        """The next sample begins anew."""
        self._clock.forget()
        self._pace.forget()

    def feed(self, payload: bytes, received_s: float) -> tuple[Samples, ...]:
        """The sample of one notification; one that is cut off or holds no numbers is counted as refused."""
        layout = self._layout
        if layout is None or len(payload) < layout.bytes:
            self.refused += 1
            return ()
        (stamp,) = struct.unpack_from("<I", payload)
        motion = np.array(struct.unpack_from("<6f", payload, layout.motion_at))
        if not np.isfinite(motion).all():
            self.refused += 1
            return ()
        self.latest_s = self._clock.place(stamp, received_s) / _US
        paced = self._pace.place(self.latest_s, 1)
        if paced is None:
            self.repeated += 1
            return ()
        self.lost += paced.lost
        self.received += 1
        acc, gyr = motion[None, :3], motion[None, 3:]
        self.overrange += bool((np.abs(acc) >= _FULL_ACC_M_S2).any() or (np.abs(gyr) >= _FULL_GYR_DPS).any())
        return (Samples(paced.device_s, acc, np.radians(gyr), received_s),)
