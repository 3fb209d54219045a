"""MbientLab's packets to samples: specific force and angular rate come as two streams without a time or a number.

Packets hold one sample, or three where they are packed. Both streams come from one chip at one rate and through one
queue, so that their packets alternate for ever, whatever the link does to their times. That pairs them::

    first     of the first packets, the ones that arrive close together are pairs; this tells which of both leads
    then      a leader is paired with the follower that comes next

A lost packet breaks the alternation, and what it leaves alone is dropped and counted as lost, with its place kept in
device time. What cannot be noticed: pairs lost whole (the clock made of arrivals sees them), and a follower lost
together with the next leader, which gives one pair a packet apart. A pair whose halves arrive further apart than
`_PATIENCE_PACKETS` is not believed either: around a stall they may be strangers.

The chip starts its gyroscope later than its accelerometer, so that both streams may cut their samples at other places:
a constant shift of at most half a packet, 15 ms at 100 Hz, that nothing in the packets tells.

Sources: the data formats and scales that mbientlab/MetaWear-SDK-Cpp states in its tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.sensors.driver import Samples
from imu_hinge.sensors.drivers.plain import PlainDecoder

__all__ = ["Layout", "MetaMotionDecoder"]

_SAMPLE_BYTES: Final = 6
_LEARN_PACKETS: Final = 8
_PATIENCE_PACKETS: Final = 4


@dataclass(frozen=True)
class Layout:
    """What was set up: module and register that begin each stream's packets, samples a packet holds, the rate, Hz, and
    the scales, 1/g and 1/(deg/s). The same two bytes mean other things on other boards."""

    acc_head: bytes
    gyr_head: bytes
    per_packet: int = 3
    rate_hz: float = 100.0
    acc_per_g: float = 2048.0
    gyr_per_dps: float = 16.4


@dataclass(frozen=True)
class _Packet:
    is_acc: bool
    raw: NDArray[np.int16]
    received_s: float


class MetaMotionDecoder(PlainDecoder):
    """Samples of one sensor over all its connections; ``link`` and ``begin`` come from the conversation."""

    def __init__(self) -> None:
        super().__init__()
        self.links = 0
        self._layout: Layout | None = None
        self._since_s = 0.0
        self._instants = 0
        self._first: list[_Packet] = []
        self._leads: bool | None = None
        self._waiting: _Packet | None = None
        self._paired = False

    def link(self) -> int:
        """A connection was made: its number. What was measured before has nothing to do with what follows."""
        self.links += 1
        self._layout, self._since_s, self._instants = None, 0.0, 0
        return self.links

    def begin(self, layout: Layout) -> None:
        """A stream follows; on one connection device time goes on."""
        if self._layout is not None:
            self._since_s += self._instants / self._layout.rate_hz
        self._layout, self._instants = layout, 0
        self._first, self._leads, self._waiting, self._paired = [], None, None, False

    def feed(self, payload: bytes, received_s: float) -> tuple[Samples, ...]:
        """Samples whose other half a notification brings; the first ones when it is known which halves belong together.

        What is no packet of either stream is counted as refused.
        """
        layout = self._layout
        packet = None if layout is None else _packet(layout, payload, received_s)
        if layout is None or packet is None:
            self.refused += 1
            return ()
        if self._leads is not None:
            return self._pair(layout, packet)
        self._first.append(packet)
        if len(self._first) < _LEARN_PACKETS:
            return ()
        first, self._first = self._first, []
        self._leads = _acc_leads(first)
        return tuple(samples for one in first for samples in self._pair(layout, one))

    def _pair(self, layout: Layout, packet: _Packet) -> tuple[Samples, ...]:
        waiting, self._waiting = self._waiting, None
        if packet.is_acc == self._leads:
            if waiting is not None:
                self._miss(layout)
            self._waiting = packet
            return ()
        patience_s = _PATIENCE_PACKETS * layout.per_packet / layout.rate_hz
        if waiting is None or packet.received_s - waiting.received_s > patience_s:
            self._miss(layout)
            return ()
        acc, gyr = (packet, waiting) if packet.is_acc else (waiting, packet)
        return (self._samples(layout, acc.raw, gyr.raw, packet.received_s),)

    def _miss(self, layout: Layout) -> None:
        """Half a pair is missing. Before the first pair nothing is: one stream begins before the other."""
        if self._paired:
            self.lost += layout.per_packet
            self._instants += layout.per_packet

    def _samples(self, layout: Layout, acc: NDArray[np.int16], gyr: NDArray[np.int16], received_s: float) -> Samples:
        self._paired = True
        count = len(acc)
        device_s = self._since_s + (self._instants + np.arange(count)) / layout.rate_hz
        self._instants += count
        self.received += count
        raw = np.hstack([acc, gyr])
        self.overrange += int(((raw == 32767) | (raw == -32768)).any(axis=1).sum())
        acc_m_s2 = acc.astype(np.float64) * (GRAVITY_M_S2 / layout.acc_per_g)
        gyr_rad_s = gyr.astype(np.float64) * float(np.deg2rad(1 / layout.gyr_per_dps))
        return Samples(device_s, acc_m_s2, gyr_rad_s, received_s)


def _packet(layout: Layout, payload: bytes, received_s: float) -> _Packet | None:
    head, body = payload[:2], payload[2:]
    if head not in (layout.acc_head, layout.gyr_head) or len(body) != layout.per_packet * _SAMPLE_BYTES:
        return None
    return _Packet(head == layout.acc_head, np.frombuffer(body, "<i2").reshape(-1, 3), received_s)


def _acc_leads(packets: list[_Packet]) -> bool:
    """Whether a packet of the accelerometer is followed by one of the gyroscope sooner than the other way round; true
    also where times do not tell."""
    waits: dict[bool, list[float]] = {True: [], False: []}
    for one, other in pairwise(packets):
        if one.is_acc != other.is_acc:
            waits[one.is_acc].append(other.received_s - one.received_s)
    if not waits[True] or not waits[False]:
        return True
    # One packet that was held up must not decide.
    return float(np.median(waits[True])) <= float(np.median(waits[False]))
