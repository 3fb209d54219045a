"""Notifications of our clips to samples in SI on the clip's own clock, with the books of what is missing."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from imu_hinge.errors import PacketError
from imu_hinge.protocol.definitions import Info, PacketType, TransferEnd
from imu_hinge.protocol.ledger import StreamLedger, unwrap
from imu_hinge.protocol.packets import SamplePacket, decode_packet, to_physical
from imu_hinge.sensors.driver import Books, Samples

__all__ = ["ImuHingeDecoder", "Period"]

_TIME_MODULUS: Final = 1 << 32
_KEPT: Final = 512
"""Most notifications kept while the configuration is read again: over two seconds of two hundred a second."""


class Period:
    """A clip's true sampling period, us, from the times and indices of its packets.

    The nominal rate may be off by some percent (a MEMS sensor's own oscillator); the slope over the last seconds is
    not. What differs from nominal by more than ``TOLERANCE`` is not believed.
    """

    TOLERANCE: Final = 0.1
    SPACING_US: Final = 250_000
    POINTS: Final = 64

    def __init__(self, rate_hz: float) -> None:
        self._nominal_us = 1e6 / rate_hz
        self._points: deque[tuple[int, int]] = deque(maxlen=self.POINTS)
        self.us = self._nominal_us

    def update(self, index: int, time_us: int) -> None:
        """Another packet: unwrapped index and time of its first sample."""
        if not self._points:
            self._points.append((index, time_us))
            return
        first_index, first_us = self._points[0]
        if index > first_index:
            slope = (time_us - first_us) / (index - first_index)
            if abs(slope - self._nominal_us) <= self.TOLERANCE * self._nominal_us:
                self.us = slope
        if time_us - self._points[-1][1] >= self.SPACING_US:
            self._points.append((index, time_us))


class ImuHingeDecoder:
    """Everything known about one clip's samples over all its streams and connections.

    ``set_info`` gives it a configuration, ``begin`` a stream. While either is missing, or a packet has an epoch that
    is not the configuration's, notifications are kept (at most 512) and come out with the next ``feed``.
    """

    def __init__(self) -> None:
        self._info: Info | None = None
        self._ledger: StreamLedger | None = None
        self._period = Period(100.0)
        self._kept: list[tuple[bytes, float]] = []
        self._held = False
        self._kept_before = 0
        self._wants_about = False
        self._stream: tuple[int, int] | None = None
        self._before = Books()
        self._refilled = self._not_measured = self._overrange = self._refused = 0
        self._time: tuple[int, float] | None = None
        self._delivered = False
        self._before_first = 0

    @property
    def info(self) -> Info | None:
        """What the clip said of itself last; samples are scaled with its configuration."""
        return self._info

    @property
    def stream(self) -> tuple[int, int] | None:
        """``boot_id`` and ``stream_id`` of the stream the books are about."""
        return self._stream

    @property
    def wants_about(self) -> bool:
        """Whether packets of an unknown epoch wait for ``set_info``."""
        return self._wants_about

    @property
    def holes(self) -> tuple[tuple[int, int], ...]:
        """Instants that may still be refilled, half-open ranges of unwrapped indices."""
        return () if self._ledger is None else self._ledger.holes

    @property
    def books(self) -> Books:
        """Counts over all streams."""
        ledger, before = self._ledger, self._before
        received, lost, repeated = (0, 0, 0) if ledger is None else (ledger.received, ledger.lost, ledger.repeated)
        return Books(
            received=before.received + received - self._not_measured,
            lost=before.lost + lost - self._before_first,
            waiting=sum(stop - start for start, stop in self.holes),
            refilled=self._refilled,
            repeated=before.repeated + repeated,
            not_measured=self._not_measured,
            overrange=self._overrange,
            refused=self._refused,
        )

    def device_us(self, low: int, received_s: float) -> int:
        """A 32-bit device time unwrapped, with the host's clock to decide between turns of 71 minutes."""
        expected = float(low) if self._time is None else self._time[0] + (received_s - self._time[1]) * 1e6
        time_us = unwrap(low, _TIME_MODULUS, expected)
        if self._time is None or received_s > self._time[1]:
            self._time = time_us, received_s
        return time_us

    def set_info(self, info: Info) -> None:
        """What the clip says of itself, read anew; another boot forgets the clip's time. What waited and is of another
        configuration all the same is dropped: nobody will ever say what it means."""
        if self._info is not None and self._info.boot_id != info.boot_id:
            self._time = None
        self._info = info
        self._wants_about = False
        before, since = self._kept[: self._kept_before], self._kept[self._kept_before :]
        before = [one for one in before if _epoch(one[0]) == info.config.epoch]
        self._kept = before + [one for one in since if _epoch(one[0]) == info.config.epoch]
        self._kept_before = len(before)

    def hold(self) -> None:
        """A start is being asked for: keep what comes until ``begin`` tells which stream it is of, or ``release``
        that nobody knows."""
        self._held = True
        self._kept_before = len(self._kept)

    def release(self) -> None:
        """The start failed: what came since ``hold`` may be of any stream, and is dropped."""
        del self._kept[self._kept_before :]
        self._held = False

    def begin(self, stream: tuple[int, int], next_index: int, time_us: int, received_s: float) -> bool:
        """A stream runs; the books go on where it is the one that ran before (returns True), and begin anew
        otherwise: what the old one missed is lost, as a new stream empties the ring."""
        self._held = False
        if stream == self._stream:
            return True
        del self._kept[: self._kept_before]  # of the old stream, whatever they are
        self._kept_before = 0
        if self._info is None:
            raise ValueError("set_info comes before begin")
        self._bank()
        self._ledger = StreamLedger(
            self._info.config.rate_hz,
            self._info.ring_samples,
            next_index,
            self.device_us(time_us, received_s),
            received_s,
        )
        self._period = Period(self._info.config.rate_hz)
        self._stream = stream
        return False

    def forget(self) -> None:
        """The clip's clock is no more where it was on the host's: what was missing is lost, and what comes waits for
        the next ``begin``."""
        self._bank()
        self._ledger = self._stream = self._time = None

    def _bank(self) -> None:
        """Keep the counts of a stream that is over."""
        books = self.books
        self._before = Books(
            received=books.received + self._not_measured, lost=books.lost + self._before_first, repeated=books.repeated
        )

    def close(self, stream: tuple[int, int], samples: int) -> None:
        """The clip ended a stream of so many instants."""
        if self._ledger is not None and stream == self._stream:
            self._ledger.close(samples)

    def ran_until(self, time_us: int, received_s: float) -> None:
        """The stream went on until then unseen, and nobody knows with how many instants: the nominal rate tells."""
        if self._ledger is not None:
            self._ledger.close(self._ledger.index_at(self.device_us(time_us, received_s)))

    def expect(self, start: int, stop: int) -> None:
        """These instants were asked for: they stay refillable until others are expected, or an empty range is."""
        if self._ledger is not None:
            self._ledger.expect(start, stop)

    def give_up(self, start: int, stop: int) -> None:
        """These instants will not come any more."""
        if self._ledger is not None:
            self._ledger.give_up(start, stop)

    def feed(self, payload: bytes, received_s: float) -> tuple[Samples, ...]:
        """Samples of a notification of ``imu``, or of ``transfer`` once verified, after those that had to wait.

        Bytes that are no packet are counted as refused; packets with nothing new or nothing measured give nothing.
        """
        try:
            packet = decode_packet(payload)
        except PacketError:
            self._refused += 1
            return ()
        if packet is None or isinstance(packet, TransferEnd):
            return ()
        if self._held and packet.kind is not PacketType.LIVE and self._known(packet):
            samples = self._book(packet, received_s)
            return () if samples is None else (samples,)
        if not self._fits(packet):
            if len(self._kept) < _KEPT:
                self._kept.append((payload, received_s))
            return ()
        waited: list[Samples] = []
        kept, self._kept, self._kept_before = self._kept, [], 0
        for earlier, stamp in kept:
            waited += self.feed(earlier, stamp)
        samples = self._book(packet, received_s)
        return (*waited, samples) if samples is not None else tuple(waited)

    def _fits(self, packet: SamplePacket) -> bool:
        return self._known(packet) and not self._held

    def _known(self, packet: SamplePacket) -> bool:
        """Whether the configuration and the books are those of this packet, as far as it tells."""
        if self._info is not None and packet.epoch != self._info.config.epoch:
            self._wants_about = True
            return False
        return self._info is not None and self._ledger is not None

    def _book(self, packet: SamplePacket, received_s: float) -> Samples | None:
        ledger, info = self._ledger, self._info
        if ledger is None or info is None:
            raise ValueError("begin comes before samples")
        place = ledger.place(packet, received_s)
        if place.lost and not self._delivered:
            # What was measured before the answer to `start` is not sent. A session begins with its first sample, and
            # before that there is no hole that a recording could fill late.
            ledger.give_up(0, place.index)
            self._before_first = place.lost
        self._delivered = True
        if packet.kind is PacketType.LIVE and place.lost == 0:
            self._period.update(place.index, place.time_us)
        physical = to_physical(packet.raw, info.config)
        new = np.zeros(len(packet), bool)
        new[place.new] = True
        use = new & physical.measured
        count = int(use.sum())
        self._not_measured += int(new.sum()) - count
        self._overrange += int((use & physical.overrange).sum())
        if not count:
            return None
        refilled = packet.kind is not PacketType.LIVE or place.late
        self._refilled += count if refilled else 0
        device_s = np.asarray((place.time_us + np.arange(len(packet)) * self._period.us) * 1e-6, np.float64)
        return Samples(device_s[use], physical.acc_m_s2[use], physical.gyr_rad_s[use], received_s, refilled)


def _epoch(payload: bytes) -> int | None:
    packet = decode_packet(payload)
    return None if packet is None or isinstance(packet, TransferEnd) else packet.epoch
