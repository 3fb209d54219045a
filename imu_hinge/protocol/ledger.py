"""Which samples of a stream have come: index and time unwrapped, every loss counted, refills booked.

Specification: firmware_protocol/PROTOCOL.md, sections 1, 5 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.protocol.definitions import INDEX_MODULUS
from imu_hinge.protocol.packets import SamplePacket

__all__ = ["Placed", "StreamLedger", "unwrap"]

_TIME_MODULUS = 1 << 32


def unwrap(low: int, modulus: int, expected: float) -> int:
    """The number nearest to ``expected`` that ends in ``low`` (0 <= low < modulus)."""
    around = round(expected)
    return around + (low - around + modulus // 2) % modulus - modulus // 2


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a packet belongs: unwrapped ``index`` and ``time_us`` of its first sample, ``lost``, the samples missing
    right before it, ``new``, which picks the samples out of its arrays that had not come before, and ``late``, whether
    all of it lies before what came already."""

    index: int
    time_us: int
    lost: int
    new: slice | NDArray[np.bool_]
    late: bool = False


class StreamLedger:
    """The books of one stream: what came, what is missing, what will stay missing.

    ``rate_hz`` is the nominal rate (the measured one may differ by some percent); ``keep`` how many of the newest
    instants can still be refilled (the clip's ring). The books open with the answer to ``start``: ``next_index`` and
    ``time_us`` from it and ``received_s``, when it came, so that samples lost before the first packet are counted too.
    """

    def __init__(self, rate_hz: float, keep: int, next_index: int, time_us: int, received_s: float) -> None:
        self._rate_hz = rate_hz
        self._keep = keep
        self._next = next_index
        self._time_us = time_us
        self._received_s = received_s
        self._holes: list[tuple[int, int]] = []
        self._expected = 0, 0
        self._given_up = 0
        self.received = 0
        self.repeated = 0

    @property
    def next_index(self) -> int:
        """Index of the sample that comes next."""
        return self._next

    @property
    def holes(self) -> tuple[tuple[int, int], ...]:
        """Instants that are missing and may still be refilled, as half-open ranges of unwrapped indices."""
        return tuple(self._holes)

    @property
    def lost(self) -> int:
        """Samples missing now, refillable or not."""
        return self._given_up + sum(stop - start for start, stop in self._holes)

    def place(self, packet: SamplePacket, received_s: float) -> Placed:
        """Book a packet that arrived at ``received_s`` on the host's clock.

        The host's clock only decides between turns of 71 minutes; between turns of the index the device time does.
        A live packet advances the stream; one that lies in the past only fills holes.
        """
        elapsed_us = (received_s - self._received_s) * 1e6
        time_us = unwrap(packet.time_us, _TIME_MODULUS, self._time_us + elapsed_us)
        since_us = time_us - self._time_us
        index = unwrap(packet.index, INDEX_MODULUS, self._next + since_us * 1e-6 * self._rate_hz)
        count = len(packet)
        past = max(0, min(count, self._next - index))
        new: slice | NDArray[np.bool_] = slice(0, count)
        if past:
            new = np.arange(count) >= past
            for start, stop in self._fill(index, index + past):
                new[start - index : stop - index] = True
        fresh = int(np.count_nonzero(new)) if isinstance(new, np.ndarray) else count
        self.received += fresh
        self.repeated += count - fresh
        lost = max(0, index - self._next)
        if lost:
            self._holes.append((self._next, index))
        if index + count > self._next:
            # Time of the sample that comes next, so that the expectations of index and time are of one instant.
            self._time_us = time_us + round(count * 1e6 / self._rate_hz)
            self._next = index + count
            self._received_s = received_s
            self._forget()
        return Placed(index, time_us, lost, new, past == count)

    def index_at(self, time_us: int) -> int:
        """The instant that an unwrapped device time after the newest sample falls on, by the nominal rate."""
        return self._next + round((time_us - self._time_us) * 1e-6 * self._rate_hz)

    def close(self, samples: int) -> int:
        """The clip told how many instants the stream had: book the missing end; returns how many that are."""
        missing = max(0, samples - self._next)
        if missing:
            self._holes.append((self._next, samples))
            self._next = samples
        return missing

    def expect(self, start: int, stop: int) -> None:
        """These instants (unwrapped, half-open) are on their way and stay refillable, however old they get, until
        others are expected; an empty range ends it."""
        self._expected = start, stop
        self._forget()

    def give_up(self, start: int, stop: int) -> None:
        """These instants (unwrapped, half-open) will not come: the ring lost them, or nobody measured them."""
        self._given_up += sum(high - low for low, high in self._fill(start, stop))

    def _fill(self, start: int, stop: int) -> list[tuple[int, int]]:
        """Take what lies from ``start`` to ``stop`` out of the holes; returns what was taken."""
        taken, left = [], []
        for low, high in self._holes:
            first, last = max(low, start), min(high, stop)
            if first >= last:
                left.append((low, high))
                continue
            taken.append((first, last))
            left += [part for part in ((low, first), (last, high)) if part[0] < part[1]]
        self._holes = left
        return taken

    def _forget(self) -> None:
        edge = self._next - self._keep
        if not self._holes or self._holes[0][0] >= edge:
            return
        start, stop = self._expected
        if start >= stop:
            self.give_up(0, edge)
        else:
            self.give_up(0, min(edge, start))
            self.give_up(stop, max(edge, stop))
