"""A clip and its host in a world whose clock goes on when told: what the tests of the logic have in common."""

from __future__ import annotations

from collections.abc import Callable

from .emulated_clip import EmulatedClip
from .hardware import ClipModel, Faults
from .outbox import Channel
from .wire import (
    RECORD_PAGE_0,
    RECORD_PAGE_1,
    REFILL_RESPONSE,
    START_RESPONSE,
    STOP_RESPONSE,
    Event,
    EventType,
    Info,
    Opcode,
    Packet,
    PacketType,
    StartFlags,
    Status,
    TransferEnd,
    request,
)

CONFIGURE = (Opcode.CONFIGURE, (200, 16, 2000, 60))


SERIAL = "A1B2C3D4E5F6"
SECOND = 1_000_000
FAST = ClipModel(rates_hz=(200,))  # its period is 5 ms sharp
LOG, RESUME = int(StartFlags.LOG), int(StartFlags.RESUME)
EVERYTHING = (Channel.CONTROL, Channel.IMU, Channel.TRANSFER, Channel.EVENT)


def count_up(index: int) -> tuple[int, int, int, int, int, int]:
    """A sample that tells its index and never repeats."""
    return (index % 30000, index // 30000, 2048, 10, -10, 0)


class World:
    """A clip and its host, with a clock that goes on when told."""

    def __init__(self, model: ClipModel = FAST, source: Callable[[int], object] = count_up, start_us: int = 0) -> None:
        self.time_us = start_us
        self.faults = Faults()
        self.clip = EmulatedClip(SERIAL, lambda: self.time_us, source, model, faults=self.faults)  # type: ignore[arg-type]
        self.live: list[Packet] = []
        self.transferred: list[Packet] = []
        self.ends: list[TransferEnd] = []
        self.events: list[Event] = []
        self.responses: list[bytes] = []
        self.order: list[str] = []
        self.tag = 0

    def connect(self, mtu: int = 247, channels: tuple[Channel, ...] = EVERYTHING) -> World:
        self.clip.connect(mtu)
        for channel in channels:
            self.clip.subscribe(channel)
        return self

    def wait(self, us: int, step_us: int = 40_000) -> World:
        """Let time go by; what is sent is received."""
        until = self.time_us + us
        while self.time_us < until:
            self.time_us = min(until, self.time_us + step_us)
            self.receive()
        return self

    def skip_to(self, index: int) -> World:
        """Make as if the stream had run for long: its next instant is `index`, and the ring is empty."""
        stream = self.clip.sampling.stream
        assert stream
        assert not stream.next_index
        self.time_us += round(index * stream.period_us)
        stream.next_index = index
        return self

    def receive(self, most: int = 1_000_000) -> None:
        while most > 0 and (message := self.clip.poll()):
            most -= 1
            self.order.append(message.channel.value)
            if message.channel is Channel.IMU:
                self.live.append(Packet.unpack(message.value))
            elif message.channel is Channel.CONTROL:
                self.responses.append(message.value)
            elif message.channel is Channel.EVENT:
                self.events.append(Event.unpack(message.value))
            elif message.value[0] & 15 == PacketType.END:
                self.ends.append(TransferEnd.unpack(message.value))
            else:
                self.transferred.append(Packet.unpack(message.value))

    def write(self, value: bytes) -> bytes:
        self.clip.write_control(value)
        self.receive()
        return self.responses[-1]

    def ask(self, opcode: Opcode, *arguments: int) -> bytes:
        """Send a request that must succeed; gives the data."""
        self.tag = (self.tag + 1) % 256
        answer = self.write(request(opcode, self.tag, *arguments))
        assert answer[:3] == bytes([opcode | 0x80, self.tag, Status.OK]), answer.hex()
        return answer[3:]

    def refused(self, opcode: Opcode, *arguments: int) -> Status:
        answer = self.write(request(opcode, 0, *arguments))
        assert len(answer) == 3
        return Status(answer[2])

    def start(self, flags: int = 0) -> tuple[int, ...]:
        return START_RESPONSE.unpack(self.ask(Opcode.START, flags))

    def stop(self) -> tuple[int, ...]:
        return STOP_RESPONSE.unpack(self.ask(Opcode.STOP))

    def refill(self, first: int, count: int) -> tuple[int, ...]:
        self.transferred.clear()
        return REFILL_RESPONSE.unpack(self.ask(Opcode.REFILL, first, count))

    @property
    def info(self) -> Info:
        return Info.unpack(self.clip.info)

    def event_values(self, kind: EventType) -> list[int]:
        return [event.value for event in self.events if event.type == kind]


def indices(packets: list[Packet]) -> list[int]:
    return [packet.index + i for packet in packets for i in range(len(packet.samples))]


def hexadecimal(text: str) -> bytes:
    return bytes.fromhex(text)


def idle() -> World:
    return World().connect()


def sampling() -> World:
    world = idle()
    world.start()
    return world.wait(SECOND)


def logging() -> World:
    world = idle()
    world.start(LOG)
    return world.wait(SECOND)


def recorded(seconds: int = 1) -> World:
    world = idle()
    world.start(LOG)
    world.wait(seconds * SECOND).stop()
    return world


def page(world: World, number: int, position: int = 0) -> tuple[int, ...]:
    data = world.ask(Opcode.RECORD_INFO, position, number)
    return (RECORD_PAGE_0 if number == 0 else RECORD_PAGE_1).unpack(data)


def lingering() -> World:
    world = sampling()
    world.clip.disconnect()
    return world.wait(SECOND).connect()


def lingering_and_logging() -> World:
    world = logging()
    world.clip.disconnect()
    return world.wait(SECOND).connect()
