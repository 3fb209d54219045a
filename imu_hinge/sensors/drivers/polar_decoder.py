"""Polar's two streams, acceleration and angular rate, joined to samples on the sensor's own clock."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import PacketError
from imu_hinge.sensors.driver import FloatArray, Samples
from imu_hinge.sensors.drivers.polar_frames import Measurement, Scale, decode_frame, measurement_of
from imu_hinge.sensors.drivers.stamps import Pace, Paced, StampClock, StampedDecoder

__all__ = ["PolarDecoder"]

_NS: Final = 1_000_000_000
_BACK_S: Final = 10.0
"""How far the two streams may lie apart: over two of the longest frames at 26 Hz."""
_WAIT_S: Final = 5.0
"""Longest wait of one stream for the other, in their own time: two frames at 26 Hz."""
_MOST: Final = 8192
"""Most samples that wait, whatever their times."""
_FULL: Final = 0.998


class _Queue:
    """Samples that wait: times (N,), values (N, 3), how many are missing right before each (N,), and the host's clock
    minus the sensor's when their frames came (N,), s."""

    def __init__(self) -> None:
        self.device_s: FloatArray = np.empty(0)
        self.values: FloatArray = np.empty((0, 3))
        self.missing: NDArray[np.int64] = np.empty(0, np.int64)
        self.behind_s: FloatArray = np.empty(0)

    def __len__(self) -> int:
        return len(self.device_s)

    def put(self, paced: Paced, values: FloatArray, received_s: float) -> None:
        missing = np.zeros(len(values), np.int64)
        missing[0] = paced.lost
        self.device_s = np.concatenate([self.device_s, paced.device_s])
        self.values = np.concatenate([self.values, values])
        self.missing = np.concatenate([self.missing, missing])
        self.behind_s = np.concatenate([self.behind_s, np.full(len(values), received_s - paced.device_s[-1])])

    def drop(self, count: int) -> None:
        self.device_s, self.values = self.device_s[count:], self.values[count:]
        self.missing, self.behind_s = self.missing[count:], self.behind_s[count:]

    def overdue(self) -> int:
        """How many have waited too long."""
        if not len(self):
            return 0
        old = int(np.searchsorted(self.device_s, self.device_s[-1] - _WAIT_S))
        return max(old, len(self) - _MOST)


class PolarDecoder(StampedDecoder):
    """Frames of acceleration and angular rate to samples that hold both at the same instants.

    The instants are those of the acceleration. The angular rate there is interpolated between its neighbours; where
    one of these is missing, the instant is lost. A sample waits until both streams have come so far, 5 s at most; its
    ``received_s`` leaves that wait out.
    """

    def __init__(self) -> None:
        super().__init__(StampClock(_NS, _BACK_S))
        self._scales: dict[Measurement, Scale] = {}
        self._paces: dict[Measurement, Pace] = {}
        self._acc = _Queue()
        self._gyr = _Queue()
        self._begun = False

    def begin(self, acc: Scale, gyr: Scale, acc_hz: float, gyr_hz: float) -> int:
        """Streams with these scales and rates start; gives their number."""
        self._scales = {Measurement.ACC: acc, Measurement.GYRO: gyr}
        for measurement, rate_hz in ((Measurement.ACC, acc_hz), (Measurement.GYRO, gyr_hz)):
            if measurement in self._paces:
                self._paces[measurement].renew(rate_hz)
            else:
                self._paces[measurement] = Pace(rate_hz)
        return self.count_stream()

    def forget(self) -> None:
        """What was missing is lost; the next samples begin anew."""
        self._lose(len(self._acc))
        self._gyr = _Queue()
        self._begun = False
        self._clock.forget()
        for pace in self._paces.values():
            pace.forget()

    def feed(self, payload: bytes, received_s: float) -> tuple[Samples, ...]:
        """Samples that are complete with this notification; what is no frame is counted as refused."""
        try:
            measurement = measurement_of(payload)
            if measurement not in self._scales:
                raise PacketError("a frame before the stream began", payload=payload)
            frame = decode_frame(payload, self._scales[measurement])
        except PacketError:
            self.refused += 1
            return ()
        last_s = self._clock.place(frame.stamp_ns, received_s, measurement) / _NS
        paced = self._paces[measurement].place(last_s, len(frame.values))
        if paced is None:
            self.repeated += len(frame.values) if measurement is Measurement.ACC else 0
            return ()
        (self._acc if measurement is Measurement.ACC else self._gyr).put(paced, frame.values, received_s)
        samples = self._join()
        self._lose(self._acc.overdue())
        self._gyr.drop(self._gyr.overdue())
        return samples

    def _join(self) -> tuple[Samples, ...]:
        if not len(self._gyr):
            return ()
        known_s = self._gyr.device_s
        count = int(np.searchsorted(self._acc.device_s, known_s[-1], side="right"))
        device_s, acc_g, missing = self._acc.device_s[:count], self._acc.values[:count], self._acc.missing[:count]
        left = np.searchsorted(known_s, device_s, side="right") - 1
        at = np.maximum(left, 0)
        right = np.minimum(left + 1, len(known_s) - 1)
        exact = known_s[at] == device_s
        whole = (left >= 0) & (exact | (self._gyr.missing[right] == 0))
        span_s = known_s[right] - known_s[at]
        share = np.where(exact | (span_s <= 0), 0.0, (device_s - known_s[at]) / np.where(span_s > 0, span_s, 1.0))
        gyr_dps = self._gyr.values[at] + share[:, None] * (self._gyr.values[right] - self._gyr.values[at])
        # The wait for the other stream is none of the radio's: these are said to have come as if their frame had ended
        # with them, or clocks told from arrivals would be off by it.
        received_s = device_s + self._acc.behind_s[:count]
        self._acc.drop(count)
        self._gyr.drop(max(0, int(left[-1])) if count else 0)
        if self._begun:
            self.lost += int((~whole).sum() + missing.sum())
        elif whole.any():
            # A session begins with its first sample: before that nothing is missing.
            first = int(np.argmax(whole))
            self.lost += int((~whole[first:]).sum() + missing[first + 1 :].sum())
        if not whole.any():
            return ()
        self._begun = True
        return (self._samples(device_s[whole], acc_g[whole], gyr_dps[whole], float(received_s[whole][-1])),)

    def _samples(self, device_s: FloatArray, acc_g: FloatArray, gyr_dps: FloatArray, received_s: float) -> Samples:
        acc_full, gyr_full = (self._scales[kind].full_scale for kind in (Measurement.ACC, Measurement.GYRO))
        over = (np.abs(acc_g) >= _FULL * acc_full).any(axis=1) | (np.abs(gyr_dps) >= _FULL * gyr_full).any(axis=1)
        self.overrange += int(over.sum())
        self.received += len(device_s)
        return Samples(device_s, acc_g * GRAVITY_M_S2, np.radians(gyr_dps), received_s)

    def _lose(self, count: int) -> None:
        if self._begun:
            self.lost += count + int(self._acc.missing[:count].sum())
        self._acc.drop(count)
