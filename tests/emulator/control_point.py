"""The control point: what each request does, and with which status it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .hardware import ClipModel
from .memory import Instant, Transfer
from .outbox import Channel, Reply
from .wire import (
    ARGUMENTS,
    HEADER_BYTES,
    MARK_RESPONSE,
    PING_RESPONSE,
    RECORD_COUNT_RESPONSE,
    RECORD_READ_RESPONSE,
    REFILL_RESPONSE,
    SAMPLE_BYTES,
    START_RESPONSE,
    STOP_RESPONSE,
    TURN,
    Capability,
    EventType,
    Opcode,
    PacketType,
    Role,
    StartFlags,
    Status,
    low32,
)

if TYPE_CHECKING:
    from .emulated_clip import EmulatedClip

IDENTIFY_S_MAX = 30
RATE_MIN, RATE_MAX = 25, 416
BATCH_MIN, BATCH_MAX = 5, 250
NEEDS: dict[Opcode, Capability] = {
    Opcode.IDENTIFY: Capability.LED,
    Opcode.SLEEP: Capability.SLEEP,
    Opcode.RECORD_COUNT: Capability.LOG,
    Opcode.RECORD_INFO: Capability.LOG,
    Opcode.RECORD_READ: Capability.LOG,
    Opcode.RECORD_DELETE: Capability.LOG,
}
BUSY = (Opcode.CONFIGURE, Opcode.RECORD_READ, Opcode.RECORD_DELETE, Opcode.REFILL, Opcode.SLEEP)


def nearest(model: ClipModel, rate: int, acc: int, gyr: int, batch: int) -> tuple[int, int, int, int] | None:
    """Find the nearest setting that is not lower; None if there is none, or the link cannot carry it."""
    if not (RATE_MIN <= rate <= RATE_MAX and BATCH_MIN <= batch <= BATCH_MAX):
        return None
    rates = [r for r in model.rates_hz if r >= rate]
    accs = [a for a in model.acc_scales if a >= acc]
    gyrs = [g for g in model.gyr_scales if g >= gyr]
    if not (rates and accs and gyrs) or not can_carry(model, min(rates), batch):
        return None
    return min(rates), min(accs), min(gyrs), batch


def can_carry(model: ClipModel, rate: int, batch: int) -> bool:
    """Tell whether a link with MTU 247 carries that many packets."""
    fit = (247 - 3 - HEADER_BYTES) // SAMPLE_BYTES
    return rate / max(1, min(fit, batch * rate // 1000)) <= model.max_packets_per_s


class ControlPoint:
    """Answers requests to a clip. The clip has been updated to the time of the request."""

    def __init__(self, clip: EmulatedClip) -> None:
        self.clip = clip

    def answer(self, value: bytes, received_us: int) -> Reply:
        """Do what a request asks for; gives the response."""
        reply = self._answer(value, received_us)
        reply.opcode, reply.tag = [*value[:2], 0, 0][:2]
        return reply

    def _answer(self, value: bytes, received_us: int) -> Reply:
        if len(value) < 2:
            return Reply(Status.MALFORMED)
        try:
            opcode = Opcode(value[0])
        except ValueError:
            return Reply(Status.UNKNOWN_OPCODE)
        layout = ARGUMENTS[opcode]
        if len(value) - 2 < layout.size:
            return Reply(Status.MALFORMED)
        arguments = layout.unpack_from(value, 2)
        status = self._check(opcode, arguments)
        if status is not Status.OK:
            return Reply(status)
        if opcode is Opcode.PING:
            return self._ping(arguments[0], received_us)
        reply: Reply = getattr(self, f"_{opcode.name.lower()}")(*arguments)
        return reply

    def _check(self, opcode: Opcode, arguments: tuple[int, ...]) -> Status:
        """Do the checks in the order of section 6, as far as they need not look into sensor, ring or flash."""
        needs = NEEDS.get(opcode, Capability(0))
        if opcode is Opcode.START and arguments[0] & StartFlags.LOG:
            needs = Capability.LOG
        if needs not in self.clip.model.capabilities:
            return Status.NOT_SUPPORTED
        if not self._in_range(opcode, arguments):
            return Status.OUT_OF_RANGE
        if not self._possible_now(opcode, arguments):
            return Status.INVALID_STATE
        if self.clip.outbox.transfer and opcode in BUSY:
            return Status.BUSY
        return Status.OK

    def _in_range(self, opcode: Opcode, arguments: tuple[int, ...]) -> bool:
        match opcode:
            case Opcode.IDENTIFY:
                pattern, seconds = arguments
                return pattern == 0 or (pattern <= 2 and 1 <= seconds <= IDENTIFY_S_MAX)
            case Opcode.CONFIGURE:
                return nearest(self.clip.model, *arguments) is not None
            case Opcode.REFILL:
                return arguments[1] > 0
            case Opcode.SET_ROLE:
                return arguments[0] <= max(Role)
            case Opcode.RECORD_INFO:
                return arguments[1] <= 2
        return True

    def _possible_now(self, opcode: Opcode, arguments: tuple[int, ...]) -> bool:
        logging = self.clip.flash.open is not None
        may_transfer = Channel.TRANSFER in self.clip.outbox.subscribed
        match opcode:
            case Opcode.CONFIGURE | Opcode.SLEEP:
                return not self.clip.sampling.running
            case Opcode.START if self.clip.sampling.running:
                return bool(arguments[0] & StartFlags.RESUME) and (logging or not arguments[0] & StartFlags.LOG)
            case Opcode.REFILL:
                return may_transfer
            case Opcode.RECORD_READ:
                return may_transfer and not logging
            case Opcode.RECORD_DELETE:
                return not logging
        return True

    def _identify(self, pattern: int, seconds: int) -> Reply:
        self.clip.identifying = (pattern, self.clip.now + seconds * 1_000_000) if pattern else None
        return Reply(Status.OK)

    def _configure(self, rate: int, acc: int, gyr: int, batch: int) -> Reply:
        model, settings = self.clip.model, self.clip.settings
        found = nearest(model, rate, acc, gyr, batch)
        assert found
        config = model.config(*found, settings.config.epoch)
        if config != settings.config:
            settings.config = config._replace(epoch=(config.epoch + 1) % 16)
        return Reply(Status.OK, settings.config.pack())

    def _start(self, flags: int) -> Reply:
        clip, sampling = self.clip, self.clip.sampling
        resumed = sampling.running
        if not resumed:
            if flags & StartFlags.LOG and not clip.flash.free:
                return Reply(Status.STORAGE)
            if clip.faults.stalled:
                return Reply(Status.SENSOR)
            sampling.begin(bool(flags & StartFlags.LOG))
        sampling.go_on()
        stream = sampling.stream
        assert stream
        data = START_RESPONSE.pack(stream.stream_id, resumed, stream.next_index % TURN, low32(clip.now))

        def open_gate() -> None:
            clip.outbox.live_gate = stream.running

        return Reply(Status.OK, data, on_sent=open_gate)

    def _stop(self) -> Reply:
        clip = self.clip
        if clip.sampling.running:
            clip.sampling.end(complete=True)
        clip.end_transfer(Status.ABORTED, also_record=False)
        samples = clip.sampling.stream.next_index if clip.sampling.stream else 0
        return Reply(Status.OK, STOP_RESPONSE.pack(clip.settings.stream_id, samples), after_live=True)

    def _ping(self, cookie: int, received_us: int) -> Reply:
        return Reply(Status.OK, lambda: PING_RESPONSE.pack(cookie, low32(received_us), low32(self.clip.device_us())))

    def _mark(self, code: int) -> Reply:
        clip = self.clip
        clip.event(EventType.MARK, code)
        if clip.flash.open:
            clip.flash.open.marks.append((clip.sampling.next_index, code))
        return Reply(Status.OK, MARK_RESPONSE.pack(clip.sampling.next_index % TURN, low32(clip.now)))

    def _refill(self, first: int, count: int) -> Reply:
        clip = self.clip
        stream, ring, outbox = clip.sampling.stream, clip.sampling.ring, clip.outbox
        total = stream.next_index if stream else 0
        begin = first + (total - 1 - first) // TURN * TURN  # the latest instant before now with these 16 bits
        if stream is None or begin < 0:
            return Reply(Status.OUT_OF_RANGE)
        end = min(begin + count, total)
        begin = max(begin, ring.oldest)
        if begin >= end:
            return Reply(Status.GONE)

        def get(index: int) -> Instant | None:
            if index < ring.oldest and outbox.transfer:
                outbox.transfer.status = Status.GONE
            return ring.get(index)

        outbox.transfer = Transfer(PacketType.REFILL, get, begin, end, stream.epoch, clip.major)
        return Reply(Status.OK, REFILL_RESPONSE.pack(begin % TURN, end - begin))

    def _set_role(self, role: int) -> Reply:
        self.clip.settings.role = role
        self.clip.on_change()
        return Reply(Status.OK)

    def _set_time(self, unix_ms: int) -> Reply:
        self.clip.sampling.set_unix_ms(unix_ms)
        return Reply(Status.OK)

    def _sleep(self) -> Reply:
        def fall_asleep() -> None:
            self.clip.asleep = True

        return Reply(Status.OK, on_sent=fall_asleep)

    def _record_count(self) -> Reply:
        flash = self.clip.flash
        return Reply(Status.OK, RECORD_COUNT_RESPONSE.pack(len(flash.records), flash.free))

    def _record_info(self, position: int, page: int) -> Reply:
        records = self.clip.flash.records
        if position >= len(records):
            return Reply(Status.NOT_FOUND)
        return Reply(Status.OK, records[position].page(page))

    def _record_read(self, record_id: int, first: int, count: int) -> Reply:
        record = self.clip.flash.find(record_id)
        if record is None:
            return Reply(Status.NOT_FOUND)
        if first >= record.samples:
            return Reply(Status.OUT_OF_RANGE)
        end = min(first + count, record.samples) if count else record.samples
        damaged = any(first <= number < end for number in record.damaged)
        status = Status.STORAGE if damaged else Status.OK
        self.clip.outbox.transfer = Transfer(
            PacketType.RECORD, record.get, first, end, record.epoch, self.clip.major, status
        )
        return Reply(Status.OK, RECORD_READ_RESPONSE.pack(end - first))

    def _record_delete(self, record_id: int, crc: int) -> Reply:
        record = self.clip.flash.find(record_id)
        if record is None:
            return Reply(Status.NOT_FOUND)
        if record.crc != crc:
            return Reply(Status.CRC_MISMATCH)
        self.clip.flash.records.remove(record)
        return Reply(Status.OK)

    def _abort(self) -> Reply:
        self.clip.end_transfer(Status.ABORTED)
        return Reply(Status.OK)
