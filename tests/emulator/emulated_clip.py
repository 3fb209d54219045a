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

from .control_point import ControlPoint
from .hardware import ClipModel, Faults, Sensor, Settings, Source
from .memory import Flash
from .outbox import Channel, Message, Outbox
from .sampling import Sampling
from .wire import (
    MAJOR,
    MINOR,
    SERVICE_DATA,
    TURN,
    Capability,
    Config,
    Event,
    EventType,
    Info,
    PacketType,
    State,
    Status,
)

PAIRING_US = 60_000_000
ENCRYPT_BY_US = 30_000_000
FAST_ADVERTISING_US = 30_000_000
LOW_BATTERY = 10


class NotSubscribedError(Exception):
    """A request was written with indications off: ATT error 0xFD."""


def factory_config(model: ClipModel) -> Config:
    """What a new clip is set to (section 3); a model with no rate from 200 Hz on takes its highest."""
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

    def reset(self, physical: bool = True) -> None:
        """Begin anew: device time, ring, date and connection go; settings and records stay.

        `physical`: somebody switched it on, so that pairing is accepted; a reset by the watchdog is not.
        """
        self.flash.end(complete=False)
        self.settings.boot_id = (self.settings.boot_id + 1) % TURN
        self._zero_us = self.clock()
        self.now = 0
        self.asleep = False
        self.connected = False
        self.hang_up = False  # the connection is to be ended by the clip
        self.identifying: tuple[int, int] | None = None  # pattern, until
        self.outbox = Outbox(self.model, self.faults, 23)
        self.sampling = Sampling(self)
        self._encrypt_by: int | None = None
        self._pairing_until = PAIRING_US if physical else 0
        self._fast_since = 0
        self._state = State.IDLE
        self.sensor.switch_on(0)
        self.refresh()

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
        """Press the button one to three times; a sleeping clip wakes up, which is a reset."""
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
        self.refresh()

    def start_by_button(self) -> bool:
        """Begin a stream with `log`, for training without a host; tells whether it could."""
        self.update()
        can_log = Capability.LOG in self.model.capabilities and self.flash.free
        if self.sampling.running or not can_log or self.faults.stalled:
            return False
        self.sampling.begin(log=True, by_button=True)
        self.refresh()
        return True

    def stop_by_button(self) -> bool:
        """End a stream that the button began; tells whether there was one."""
        self.update()
        stream = self.sampling.stream
        if not stream or not stream.running or not stream.by_button:
            return False
        self.sampling.end(complete=True)
        self.refresh()
        return True

    def set_battery(self, percent: int | None) -> None:
        """Change what the battery has left; None: not known; 0 ends a stream."""
        self.update()
        before, self.battery = self.battery, percent
        if percent is not None and percent < LOW_BATTERY and (before is None or before >= LOW_BATTERY):
            self.event(EventType.BATTERY, percent)
        if percent == 0 and self.sampling.running:
            self.sampling.end(complete=False)
        self.refresh()
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
        """The name in the advertisement and in GAP."""
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

    def connect(self, mtu: int = 23, encrypted: bool = True) -> None:
        """Take a host's connection; one that is not encrypted within 30 s is ended."""
        self.update()
        self.outbox = Outbox(self.model, self.faults, mtu)
        self.connected = True
        self.hang_up = False
        self._encrypt_by = None if encrypted else self.now + ENCRYPT_BY_US

    def set_mtu(self, mtu: int) -> None:
        """Learn the MTU that was agreed on."""
        self.update()
        self.outbox.mtu = mtu

    def set_encrypted(self) -> None:
        """Learn that the link is encrypted now."""
        self.update()
        self._encrypt_by = None

    def disconnect(self) -> None:
        """Lose the host, by accident or by its wish; a running stream lingers."""
        if not self.connected:
            return
        self.update()
        self.connected = self.hang_up = False
        self._encrypt_by = None
        self.outbox = Outbox(self.model, self.faults, 23)
        self._fast_since = self.now
        self.sampling.link_lost()
        self.refresh()

    def subscribe(self, channel: Channel, on: bool = True) -> None:
        """Write a Client Characteristic Configuration."""
        self.update()
        if on:
            self.outbox.subscribed.add(channel)
        else:
            self.outbox.unsubscribe(channel)
            self.refresh()

    def write_control(self, value: bytes) -> None:
        """Take a write to `control`. Raises NotSubscribedError (ATT error 0xFD) if indications are off."""
        received = self.device_us()
        self.update()
        if Channel.CONTROL not in self.outbox.subscribed:
            raise NotSubscribedError
        if self.faults.mute_control:
            return
        reply = self.control_point.answer(value, received)
        self.refresh()
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
            transfer = outbox.transfer
            packet = transfer.packet(outbox.mtu - 3)
            if packet is None:
                outbox.transfer = None
                packet = transfer.finish(transfer.status)
                self.refresh()
            message = Message(Channel.TRANSFER, packet)
        return message

    def end_transfer(self, status: Status, also_record: bool = True) -> None:
        """End the refill that runs, or any transfer; its `transfer_end` goes before the next response."""
        transfer = self.outbox.transfer
        if transfer and (also_record or transfer.kind is PacketType.REFILL):
            self.outbox.transfer = None
            self.outbox.replies.append(transfer.finish(status))
            self.refresh()

    def event(self, kind: EventType, value: int) -> None:
        """Tell the host something, if it listens."""
        if Channel.EVENT in self.outbox.subscribed:
            self.outbox.events.append(Event(kind, value, self.sampling.next_index, self.now).pack())

    def refresh(self) -> None:
        """Work out the state anew, and tell if it changed."""
        bits = {
            State.SAMPLING: self.sampling.running,
            State.LOGGING: self.flash.open is not None,
            State.TRANSFERRING: self.outbox.transfer is not None,
            State.LINGERING: self.sampling.lingering,
            State.PAIRING: self.now < self._pairing_until,
            State.SENSOR_FAULT: self.sensor.fault,
            State.BATTERY_LOW: self.battery is not None and self.battery < LOW_BATTERY,
        }
        state = State(sum(bit for bit, on in bits.items() if on))
        if state != self._state:
            self._state = state
            self.event(EventType.STATE, state)
            self.on_change()

    # ---------------------------------------------------------------- what falls due

    def _next_due(self) -> int | None:
        due = (
            self.sampling.next_due(),
            self.outbox.filling.deadline_us if self.outbox.filling else None,
            self._pairing_until if State.PAIRING in self._state else None,
            self._encrypt_by,
        )
        return min((time for time in due if time is not None), default=None)

    def _run(self, due: int) -> None:
        sampling = self.sampling.next_due()
        if sampling is not None and sampling <= due:
            self.sampling.run(due)
        elif self.outbox.filling and self.outbox.filling.deadline_us <= due:
            self.outbox.flush()
        elif self._encrypt_by is not None and self._encrypt_by <= due:
            self._encrypt_by = None
            self.hang_up = True
            self.on_change()
        self.refresh()
