"""From a clip's clock to the common clock, without ever taking back a time that was given.

The clock fit gets better with every ping, and a recording is written as it comes: what is written stays. So the fit
is not applied as it is. Time on the common clock is a line of straight pieces over device time. At each new fit,
from the newest sample on, the line bends towards the fit, by at most ``SLEW`` (a millisecond per second), meets it
after at least ``SHORTEST_S``, and follows it from there. Hence times ascend, steps between samples change by at most
a thousandth, and samples that are refilled late get the times that their neighbours in the file imply.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Timeline"]

FloatArray = NDArray[np.float64]


class Timeline:
    """Device time to common time for one boot of one clip; ``offset_s`` and ``rate`` are the first fit's line
    (common = offset + rate * device); it bends by at most ``slew`` over at least ``shortest_s``."""

    SLEW: Final = 1e-3
    SHORTEST_S: Final = 2.0
    KNOTS: Final = 1024
    """Pieces kept for samples that come late: over eight minutes at one fit a second."""

    def __init__(self, offset_s: float, rate: float, slew: float = SLEW, shortest_s: float = SHORTEST_S) -> None:
        self._slew = slew
        self._shortest_s = shortest_s
        self._device_s = np.empty(0)
        self._common_s = np.empty(0)
        self._line = offset_s, rate
        self._newest_s: float | None = None

    def place(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of samples at device times (N,); the newest of them is where the next bend may begin."""
        if len(device_s):
            newest = float(device_s[-1])
            self._newest_s = newest if self._newest_s is None else max(self._newest_s, newest)
        return self.at(device_s)

    def at(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of device times (N,)."""
        offset, rate = self._line
        if not len(self._device_s):
            return offset + rate * device_s
        common = np.interp(device_s, self._device_s, self._common_s)
        # Before the first piece the first piece's slope holds, after the last one the fit does.
        after = device_s > self._device_s[-1]
        common[after] = offset + rate * device_s[after]
        before = device_s < self._device_s[0]
        slope = (self._common_s[1] - self._common_s[0]) / (self._device_s[1] - self._device_s[0])
        common[before] = self._common_s[0] + slope * (device_s[before] - self._device_s[0])
        return common

    def steer(self, offset_s: float, rate: float) -> None:
        """Bend towards a new fit, from the newest sample on; before the first sample, take it as it is."""
        if self._newest_s is None:
            self._line = offset_s, rate
            return
        start = self._newest_s
        here = float(self.at(np.array([start]))[0])
        error = offset_s + rate * start - here
        stretch = max(self._shortest_s, abs(error) / self._slew)
        keep = self._device_s < start
        first = ([], []) if keep.any() else ([start - 1.0], [float(self.at(np.array([start - 1.0]))[0])])
        meet = start + stretch
        self._device_s = np.concatenate([self._device_s[keep], first[0], [start, meet]])[-self.KNOTS :]
        self._common_s = np.concatenate([self._common_s[keep], first[1], [here, offset_s + rate * meet]])[-self.KNOTS :]
        self._line = offset_s, rate
