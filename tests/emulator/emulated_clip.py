"""The logic of a clip, without Bluetooth: bytes and the time go in, bytes come out.

    clip = EmulatedClip("A1B2C3D4E5F6", clock)                  # clock() gives microseconds
    clip.connect(mtu=247)
    clip.subscribe(Channel.CONTROL)
    clip.write_control(request(Opcode.PING, 7, 0x11223344))
    message = clip.poll()                                       # what goes on the air next

Whatever falls due is done by `update`, which every call does first; `next_due` tells when to call again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .control_point import ControlPoint
from .hardware import ClipModel, Faults, Sensor, Settings, Source
from .memory import Flash, Instant, Record, Ring
from .outbox import Channel, Message, Outbox
from .wire import (
    INVALID,
    MAJOR,
    MINOR,
    SAMPLE,
    SERVICE_DATA,
    TURN,
    Capability,
    Config,
    Event,
    EventType,
    Info,
    PacketFlags,
    PacketType,
    State,
    Status,
)

LINGER_US = 30_000_000
PAIRING_US = 60_000_000
FAST_ADVERTISING_US = 30_000_000
NOTHING_MEASURED = SAMPLE.pack(*[INVALID] * 6)


class NotSubscribedError(Exception):
    """A request was written with indications off: ATT error 0xFD."""


@dataclass
class Stream:
    """What one start began."""

    stream_id: int
    epoch: int
    start_us: int
    period_us: float
    next_index: int = 0
    gap: bool = False  # the instant before next_index was not measured
    running: bool = True

    @property
    def ready_us(self) -> int:
        """When the next instant's data are ready."""
        return self.start_us + round((self.next_index + 1) * self.period_us)


def factory_config(model: ClipModel) -> Config:
    """What a new clip is set to; the document leaves it open."""
    rate = min((r for r in model.rates_hz if r >= 200), default=max(model.rates_hz))
    return model.config(rate, max(model.acc_scales), max(model.gyr_scales), 50, 0)


class EmulatedClip:
    """One clip. `clock` gives microseconds; device time is that since the last reset."""

    def __init__(
        self,
        serial: str,
        clock: Callable[[], int],
        source: Source | None = None,
        model: ClipModel | None = None,
        settings: Settings | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.clock = clock
        self.model = model or ClipModel()
        self.faults = faults or Faults()
        self.settings = settings or Settings(bytes.fromhex(serial), factory_config(self.model))
        self.sensor = Sensor(self.model, self.faults)
        if source:
            self.sensor.source = source
        self.flash = Flash()
        self.battery: int | None = 100
        self.on_change: Callable[[], None] = lambda: None
        self.control_point = ControlPoint(self)
        self.reset()

    # ---------------------------------------------------------------- power, time and the outside

    def reset(self, power_on: bool = True) -> None:
        """Begin anew: device time, ring and connection go; settings and records stay."""
        self.flash.end(complete=False)
        self.settings.boot_id = (self.settings.boot_id + 1) % TURN
        self._zero_us = self.clock()
        self.now = 0
        self.asleep = False
        self.connected = False
        self.identifying: tuple[int, int] | None = None  # pattern, until
        self.stream: Stream | None = None
        self.ring = Ring(self.model.ring_samples)
        self.outbox = Outbox(self.model, self.faults, 23)
        self._unix_offset_ms: int | None = None
        self._lingering = False
        self._deadline: int | None = None
        self._pairing_until = PAIRING_US if power_on else 0
        self._fast_since = 0
        self._state = State.IDLE
        self.sensor.switch_on(0)
        self._refresh()

    def device_us(self) -> int:
        """Device time, 64 bits."""
        return self.clock() - self._zero_us

    def update(self) -> None:
        """Do all that has fallen due, in its order."""
        now = self.device_us()
        while (due := self._next_due()) is not None and due <= now:
            self.now = max(self.now, due)
            self._run(due)
        self.now = now

    def next_due(self) -> int | None:
        """When `update` has to be called next, in the clock's microseconds."""
        due = self._next_due()
        return None if due is None else due + self._zero_us

    def press_button(self, presses: int = 1) -> None:
        """Press the button one to three times; a sleeping clip wakes up."""
        if self.asleep:
            self.reset()
            return
        self.update()
        self._fast_since = self.now
        self.event(EventType.BUTTON, presses)

    def hold_button(self) -> None:
        """Hold the button for 3 s: pairing is accepted for a minute."""
        self.update()
        self._pairing_until = self.now + PAIRING_US
        self._fast_since = self.now
        self._refresh()

    def start_by_button(self) -> bool:
        """Begin a stream with `log`, for training without a host; tells whether it could."""
        self.update()
        if self.running or not self.flash.free or self.faults.stalled:
            return False
        self.begin(log=Capability.LOG in self.model.capabilities)
        self._refresh()
        return True

    def set_battery(self, percent: int | None) -> None:
        """Change what the battery has left; None: not known; 0 ends a stream."""
        self.update()
        before, self.battery = self.battery, percent
        if percent is not None and percent < 10 and (before is None or before >= 10):
            self.event(EventType.BATTERY, percent)
        if percent == 0 and self.running:
            self.end(complete=False)
        self._refresh()
        self.on_change()

    # ---------------------------------------------------------------- what may be read

    @property
    def state(self) -> State:
        """What the clip is doing."""
        self.update()
        return self._state

    @property
    def info(self) -> bytes:
        """The value of `info`."""
        self.update()
        settings = self.settings
        info = Info(
            self.major,
            MINOR,
            settings.role,
            self._state,
            settings.config,
            self.model.capabilities,
            settings.stream_id,
            settings.boot_id,
            self.model.ring_samples,
            max(self.model.rates_hz),
            settings.serial,
        )
        return info.pack() + self.faults.info_tail

    @property
    def service_data(self) -> bytes:
        """What the scan response says after the service's UUID."""
        self.update()
        battery = 255 if self.battery is None else self.battery
        return SERVICE_DATA.pack(self.major, self.settings.role, self._state, battery, self.settings.serial)

    @property
    def serial(self) -> str:
        """The serial number as Device Information has it."""
        return self.settings.serial.hex().upper()

    @property
    def local_name(self) -> str:
        """The name in the advertisement."""
        return "IH-" + self.serial[-5:]

    @property
    def advertising_interval_ms(self) -> int:
        """100 in the first 30 s after power-on, a button press or a lost link; then 500."""
        self.update()
        return 100 if self.now - self._fast_since < FAST_ADVERTISING_US else 500

    @property
    def major(self) -> int:
        """The major version it claims."""
        return MAJOR if self.faults.major is None else self.faults.major

    # ---------------------------------------------------------------- connection

    def connect(self, mtu: int = 23) -> None:
        """Take a host's connection."""
        self.update()
        self.outbox = Outbox(self.model, self.faults, mtu)
        self.connected = True

    def set_mtu(self, mtu: int) -> None:
        """Learn the MTU that was agreed on."""
        self.update()
        self.outbox.mtu = mtu

    def disconnect(self) -> None:
        """Lose the host, by accident or by its wish; a running stream lingers."""
        if not self.connected:
            return
        self.update()
        self.connected = False
        self.outbox = Outbox(self.model, self.faults, 23)
        self._fast_since = self.now
        if self.running:
            self._lingering = True
            if self._deadline is None and not self.flash.open:
                self._deadline = self.now + LINGER_US
        self._refresh()

    def subscribe(self, channel: Channel, on: bool = True) -> None:
        """Write a Client Characteristic Configuration."""
        self.update()
        if on:
            self.outbox.subscribed.add(channel)
        else:
            self.outbox.unsubscribe(channel)
            self._refresh()

    def write_control(self, value: bytes) -> None:
        """Take a write to `control`. Raises NotSubscribedError (ATT error 0xFD) if indications are off."""
        received = self.device_us()
        self.update()
        if Channel.CONTROL not in self.outbox.subscribed:
            raise NotSubscribedError
        if self.faults.mute_control:
            return
        reply = self.control_point.answer(value, received)
        self._refresh()
        self.outbox.replies.append(reply)

    def poll(self, may_indicate: bool = True) -> Message | None:
        """Give what is to be sent next, or None. `may_indicate`: no indication waits for its confirmation."""
        self.update()
        outbox = self.outbox
        message = outbox.next(self.major, may_indicate)
        if message and message.channel is Channel.IMU and outbox.overflow:
            self.event(EventType.OVERFLOW, min(255, outbox.overflow))
            outbox.overflow = 0
        if message is None and outbox.transfer and outbox.may_transfer:
            packet = outbox.transfer.packet(outbox.mtu - 3)
            if packet is None:
                self.finish_transfer(outbox.transfer.status)
                packet = outbox.ends.popleft()
            message = Message(Channel.TRANSFER, packet)
        return message

    def finish_transfer(self, status: Status) -> None:
        """End the transfer that runs, if one does."""
        transfer, self.outbox.transfer = self.outbox.transfer, None
        if transfer:
            self.outbox.ends.append(transfer.finish(status))
            self._refresh()

    def end_refill(self) -> None:
        """End a refill that runs: its stream ends, or a new one takes its ring."""
        if self.outbox.transfer and self.outbox.transfer.kind is PacketType.REFILL:
            self.finish_transfer(Status.ABORTED)

    def event(self, kind: EventType, value: int) -> None:
        """Tell the host something, if it listens."""
        if Channel.EVENT in self.outbox.subscribed:
            self.outbox.events.append(Event(kind, value, self.next_index, self.now).pack())

    def _refresh(self) -> None:
        """Work out the state anew, and tell if it changed."""
        bits = {
            State.SAMPLING: self.running,
            State.LOGGING: self.flash.open is not None,
            State.TRANSFERRING: self.outbox.transfer is not None,
            State.LINGERING: self._lingering,
            State.PAIRING: self.now < self._pairing_until,
            State.SENSOR_FAULT: self.sensor.fault,
            State.BATTERY_LOW: self.battery is not None and self.battery < 10,
        }
        state = State(sum(bit for bit, on in bits.items() if on))
        if state != self._state:
            self._state = state
            self.event(EventType.STATE, state)
            self.on_change()

    # ---------------------------------------------------------------- what falls due

    def _next_due(self) -> int | None:
        due = []
        if self.stream and self.stream.running:
            due.append(self.stream.ready_us)
            if self._deadline is not None:
                due.append(self._deadline)
        if self.outbox.filling:
            due.append(self.outbox.filling.deadline_us)
        if State.PAIRING in self._state:
            due.append(self._pairing_until)
        return min(due) if due else None

    def _run(self, due: int) -> None:
        if self.stream and self.stream.running and self.stream.ready_us <= due:
            self._take_sample(self.stream)
        elif self.outbox.filling and self.outbox.filling.deadline_us <= due:
            self.outbox.flush()
        elif self.running and self._deadline is not None and self._deadline <= due:
            self.end(complete=False)
            self._refresh()
        else:
            self._refresh()  # the end of pairing

    def _take_sample(self, stream: Stream) -> None:
        ready, index, fault = stream.ready_us, stream.next_index, self.sensor.fault
        sample, flags = self.sensor.measure(index, ready)
        stream.next_index += 1
        if sample is None and self.model.fill_unmeasured:
            sample = NOTHING_MEASURED
        if sample is not None and stream.gap:
            flags |= PacketFlags.LOST_BEFORE
        stream.gap = sample is None
        delay = stream.period_us / 2 if self.model.group_delay_us is None else self.model.group_delay_us
        instant = Instant(index, ready - round(delay), sample, flags)
        self.ring.append(instant)
        self._log(instant)
        self.outbox.add_live(instant, ready, self.settings.config)
        if self.sensor.fault != fault:
            if self.sensor.fault:
                self.event(EventType.SENSOR_FAULT, self.faults.sensor_code)
            self._refresh()

    def _log(self, instant: Instant) -> None:
        record = self.flash.open
        if not record or instant.sample is None:
            return
        if self.flash.free:
            record.append(instant)
            if len(record.instants) == 1:
                self._date(record)
            return
        self.flash.end(complete=False)  # full: logging ends, the stream does not
        if self._lingering or not self.connected:
            self._deadline = self.now + LINGER_US
        self._refresh()

    def set_unix_ms(self, unix_ms: int) -> None:
        """Learn the date; records of this boot that have none get theirs."""
        self._unix_offset_ms = unix_ms - self.now // 1000
        for record in self.flash.records:
            self._date(record)
        if self.flash.open:
            self._date(self.flash.open)

    def _date(self, record: Record) -> None:
        known = self._unix_offset_ms is not None and record.boot_id == self.settings.boot_id
        if known and self._unix_offset_ms is not None and not record.unix_ms and record.instants:
            record.unix_ms = max(0, self._unix_offset_ms + record.start_us // 1000)

    # ---------------------------------------------------------------- streams

    @property
    def running(self) -> bool:
        """Whether a stream runs."""
        return self.stream is not None and self.stream.running

    @property
    def next_index(self) -> int:
        """Index of the next sample; 0 when not sampling."""
        return self.stream.next_index if self.stream and self.stream.running else 0

    def begin(self, log: bool) -> None:
        """Begin a stream; it empties the ring."""
        self.end_refill()
        settings = self.settings
        settings.stream_id = (settings.stream_id + 1) % TURN
        config = settings.config
        period = self.model.true_period_us(config.rate_hz)
        self.stream = Stream(settings.stream_id, config.epoch, self.now, period)
        self.ring = Ring(self.model.ring_samples)
        self.outbox.live_gate = False
        self.sensor.switch_on(self.now)
        if log:
            self.flash.begin(settings.boot_id, config.pack(), config.epoch)

    def go_on(self) -> None:
        """End the lingering, if there is any: a host wants the stream."""
        self._lingering = False
        self._deadline = None

    def end(self, complete: bool) -> None:
        """End the running stream; its ring stays."""
        self.outbox.flush()
        self.outbox.live_gate = False
        if self.stream:
            self.stream.running = False
        self.go_on()
        self.sensor.fault = False
        self.flash.end(complete)
