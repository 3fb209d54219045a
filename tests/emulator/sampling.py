"""What a clip measures: the stream that runs, its ring, its record, and how long it goes on without a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .memory import Instant, Ring
from .wire import INVALID, SAMPLE, TURN, EventType, PacketFlags, Status

if TYPE_CHECKING:
    from .emulated_clip import EmulatedClip

LINGER_US = 30_000_000
NOTHING_MEASURED = SAMPLE.pack(*[INVALID] * 6)


@dataclass
class Stream:
    """What one start, or the button, began."""

    stream_id: int
    epoch: int
    start_us: int
    period_us: float
    by_button: bool = False
    next_index: int = 0
    gap: bool = False  # the instant before next_index was not measured
    running: bool = True

    @property
    def ready_us(self) -> int:
        """When the next instant's data are ready; index 0 is the first after the sensor was switched on."""
        return self.start_us + round((self.next_index + 1) * self.period_us)


class Sampling:
    """From reset to reset: at most one stream runs, and the ring keeps the latest instants of the last one."""

    def __init__(self, clip: EmulatedClip) -> None:
        self.clip = clip
        self.stream: Stream | None = None
        self.ring = Ring(clip.model.ring_samples)
        self.lingering = False
        self._hosted = False  # a host began or resumed the stream, and its link holds
        self._deadline: int | None = None
        self._unix_offset_ms: int | None = None

    @property
    def running(self) -> bool:
        """Whether a stream runs."""
        return self.stream is not None and self.stream.running

    @property
    def next_index(self) -> int:
        """Index of the next sample; 0 outside a stream."""
        return self.stream.next_index if self.stream and self.stream.running else 0

    def begin(self, log: bool, by_button: bool = False) -> None:
        """Begin a stream. It empties the ring: a refill ends, and with `log` the reading of a record too."""
        clip = self.clip
        clip.end_transfer(Status.ABORTED, also_record=log)
        clip.settings.stream_id = (clip.settings.stream_id + 1) % TURN
        config = clip.settings.config
        period = clip.model.true_period_us(config.rate_hz)
        self.stream = Stream(clip.settings.stream_id, config.epoch, clip.now, period, by_button)
        self.ring = Ring(clip.model.ring_samples)
        clip.outbox.live_gate = False
        clip.sensor.switch_on(clip.now)
        if log:
            clip.flash.begin(clip.settings.boot_id, config.pack(), config.epoch)

    def go_on(self) -> None:
        """Let a host have the stream: the lingering ends, if there is any."""
        self.lingering = False
        self._hosted = True
        self._deadline = None

    def link_lost(self) -> None:
        """Linger, if a stream runs: 30 s from the first loss, or to the end of a link that outlasts them.

        A stream that is logged has no end.
        """
        self._hosted = False
        if not self.running:
            return
        self.lingering = True
        if self._deadline is None and not self.clip.flash.open:
            self._deadline = self.clip.now + LINGER_US
        elif self._deadline is not None and self._deadline <= self.clip.now:
            self.end(complete=False)

    def end(self, complete: bool) -> None:
        """End the running stream; its ring stays."""
        self.clip.outbox.flush()
        self.clip.outbox.live_gate = False
        if self.stream:
            self.stream.running = False
        self.lingering = self._hosted = False
        self._deadline = None
        self.clip.sensor.clear()
        self.clip.flash.end(complete)

    def set_unix_ms(self, unix_ms: int) -> None:
        """Learn the date, for records whose first sample is still to come in this boot."""
        self._unix_offset_ms = unix_ms - self.clip.now // 1000

    def next_due(self) -> int | None:
        """Give the device time when `run` has to be called next."""
        if not self.stream or not self.stream.running:
            return None
        ready = self.stream.ready_us
        if self._deadline is None or self.clip.connected:
            return ready
        return min(ready, self._deadline)

    def run(self, due: int) -> None:
        """Take the sample that is due, or end the lingering."""
        if self.stream and self.stream.ready_us <= due:
            self._take_sample(self.stream)
        else:
            self.end(complete=False)

    def _take_sample(self, stream: Stream) -> None:
        clip = self.clip
        ready, index, fault = stream.ready_us, stream.next_index, clip.sensor.fault
        sample, flags = clip.sensor.measure(index, ready)
        stream.next_index += 1
        if sample is None and clip.model.fill_unmeasured:
            sample = NOTHING_MEASURED
        if sample is not None and stream.gap:
            flags |= PacketFlags.LOST_BEFORE
        stream.gap = sample is None
        delay = stream.period_us / 2 if clip.model.group_delay_us is None else clip.model.group_delay_us
        instant = Instant(index, ready - round(delay), sample, flags)
        self.ring.append(instant)
        if sample != NOTHING_MEASURED:
            self._log(instant)
        clip.outbox.add_live(instant, ready, clip.settings.config)
        if clip.sensor.fault and not fault:
            clip.event(EventType.SENSOR_FAULT, clip.faults.sensor_code)

    def _log(self, instant: Instant) -> None:
        flash = self.clip.flash
        if not flash.open or instant.sample is None:
            return
        if flash.free:
            flash.open.append(instant)
            if len(flash.open.instants) == 1 and self._unix_offset_ms is not None:
                flash.open.unix_ms = max(0, self._unix_offset_ms + instant.time_us // 1000)
            return
        flash.end(complete=False)  # full: the logging ends, the stream does not
        if not self._hosted:
            self._deadline = self.clip.now + LINGER_US
