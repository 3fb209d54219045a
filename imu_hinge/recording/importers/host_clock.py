"""Bringing samples onto the clock of the phone or computer that received them, which two sensors share.

A sample is stamped by its host when it arrives, never before it was measured; radio links deliver in bunches.
The samples with the least delay therefore tell the offset between two clocks, the others only scatter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.errors import ImportRefusedError
from imu_hinge.recording.model import FloatArray

__all__ = ["CountedTimes", "HostLine", "count_times", "counted_warning", "fit_host_line"]

_LEAST_DELAY: Final = 0.01
"""Quantile of the delays that counts as the least: one stamp in a hundred may be wrong."""
_SHORTEST_FOR_RATE_S: Final = 60.0
"""In a shorter stretch 20 ms of scatter would make more of a rate than crystals differ (some 20 ppm)."""
_STALL_S: Final = 0.25
_STALL_PERIODS: Final = 5.0
_STALL_BUNCHES: Final = 4.0
_LEAST_LOSS_S: Final = 0.05
_LEAST_LOSS_PERIODS: Final = 1.5
_FEWEST: Final = 10


@dataclass(frozen=True)
class HostLine:
    """Host time = ``offset_s`` + ``rate`` (clock - ``origin_s``); 98 % of the stamps lie within ``scatter_s``."""

    origin_s: float
    rate: float
    offset_s: float
    scatter_s: float

    def __call__(self, clock_s: FloatArray) -> FloatArray:
        """Times on the sensor's clock (N,), s, as times on the host's (N,), s."""
        return self.offset_s + self.rate * (clock_s - self.origin_s)


@dataclass(frozen=True)
class CountedTimes:
    """Times (N,), s, told by counting at ``rate_hz``; ``gaps`` pauses in which samples were lost stay gaps."""

    time_s: FloatArray
    rate_hz: float
    gaps: int
    scatter_s: float


def fit_host_line(clock_s: FloatArray, host_s: FloatArray) -> HostLine:
    """The line of least delay from a sensor's own clock (N,), s, to the host's stamps (N,), s, N >= 1.

    Its rate is 1 in recordings shorter than a minute, which cannot tell it.
    """
    elapsed = clock_s - clock_s[0]
    rate = 1.0
    if elapsed[-1] >= _SHORTEST_FOR_RATE_S:
        rate = _least_delay_slope(elapsed, host_s) or 1.0
    offset, scatter = _least(host_s - rate * elapsed)
    return HostLine(float(clock_s[0]), rate, offset, scatter)


def count_times(host_s: FloatArray, *, path: str) -> CountedTimes:
    """When samples were measured that have only the host's stamps (N,), s, many of them the same.

    Samples are a constant period apart, which all stamps together tell, except over a pause of the stamps that
    was not made up for afterwards: there samples were lost, and the gap stays. Samples lost without a pause
    cannot be told. Raises ImportRefusedError where the stamps are too few or do not advance.
    """
    host = np.maximum.accumulate(host_s)
    steps = np.diff(host)
    if len(host) < _FEWEST or host[-1] <= host[0]:
        raise ImportRefusedError(
            f"{len(host)} samples whose times do not advance tell no sampling rate",
            path=path,
            advice="Export the whole recording, with its times.",
        )
    count = np.arange(len(host), dtype=np.float64)
    rough = (host[-1] - host[0]) / (len(host) - 1)
    stall = max(_STALL_S, _STALL_PERIODS * rough, _STALL_BUNCHES * float(np.median(steps[steps > 0])))
    starts = np.concatenate(([0], np.flatnonzero(steps > stall) + 1))
    period = _period(count, host, starts) or rough
    delay = host - period * count
    offsets = [_least(part)[0] for part in np.split(delay, starts[1:])]
    least_loss = max(_LEAST_LOSS_S, _LEAST_LOSS_PERIODS * period)
    kept = [offsets[0]]
    of_run = [0]
    for offset in offsets[1:]:
        if offset - kept[-1] > least_loss:
            kept.append(offset)
        else:
            kept[-1] = min(kept[-1], offset)
        of_run.append(len(kept) - 1)
    lengths = np.diff(np.append(starts, len(host)))
    time = period * count + np.repeat(np.array(kept)[of_run], lengths)
    return CountedTimes(time, 1 / period, len(kept) - 1, float(np.quantile(host - time, 1 - _LEAST_DELAY)))


def counted_warning(whose: str, counted: CountedTimes) -> str:
    """A sentence about times that were counted, not stamped."""
    pauses = "1 pause left as a gap" if counted.gaps == 1 else f"{counted.gaps} pauses left as gaps"
    gaps = f", with {pauses}" if counted.gaps else ""
    return (
        f"The times of {whose} were stamped in bunches on arrival; they are counted at the measured "
        f"{counted.rate_hz:.2f} Hz{gaps}, which follows the stamps to {1000 * counted.scatter_s:.0f} ms; "
        f"samples lost without a pause cannot be told."
    )


def _period(count: FloatArray, host: FloatArray, starts: NDArray[np.intp]) -> float:
    """The slope of the stamps over the count, the same in every run; 0 where the stamps tell none."""
    over, under = 0.0, 0.0
    for index, stamps in zip(np.split(count, starts[1:]), np.split(host, starts[1:]), strict=True):
        slope = _least_delay_slope(index, stamps)
        weight = len(index) ** 3  # as the slopes of least squares would weigh
        over += slope * weight
        under += weight if slope else 0.0
    return over / under if under else 0.0


def _least_delay_slope(x: FloatArray, host: FloatArray) -> float:
    """Slope of the line under all points that has the least sum of delays above it; 0 where there is none.

    It is the edge of the lower convex hull at the middle. Unlike least squares it does not see late samples,
    however many and however late (Moon, Skelly and Towsley, INFOCOM 1999).
    """
    last = np.append(np.flatnonzero(np.diff(host) > 0), len(host) - 1)  # of a bunch the last has least delay
    hull: list[tuple[float, float]] = []
    for point in zip(x[last].tolist(), host[last].tolist(), strict=True):
        while len(hull) > 1 and _turns_down(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    middle = (hull[0][0] + hull[-1][0]) / 2
    for (x0, y0), (x1, y1) in pairwise(hull):
        if x1 >= middle:
            return (y1 - y0) / (x1 - x0)
    return 0.0


def _turns_down(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[1] - a[1]) * (c[0] - b[0]) >= (c[1] - b[1]) * (b[0] - a[0])


def _least(delay: FloatArray) -> tuple[float, float]:
    low, high = np.quantile(delay, (_LEAST_DELAY, 1 - _LEAST_DELAY))
    return float(low), float(high - low)
