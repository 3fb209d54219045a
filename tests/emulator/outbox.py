"""What waits to be sent to the connected host, and in which order it goes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from .hardware import ClipModel, Faults
from .memory import Instant, Transfer
from .wire import (
    HEADER_BYTES,
    PACKET_SAMPLES,
    SAMPLE_BYTES,
    Config,
    PacketFlags,
    PacketType,
    Status,
    pack_packet,
    response,
)


class Channel(Enum):
    """The characteristics a clip sends on."""

    IMU = "imu"
    CONTROL = "control"
    TRANSFER = "transfer"
    EVENT = "event"


class Message(NamedTuple):
    """What goes on the air next: an indication on `control`, a notification elsewhere."""

    channel: Channel
    value: bytes


@dataclass
class Reply:
    """A response that waits for its turn."""

    status: Status
    data: bytes | Callable[[], bytes] = b""
    after_live: bool = False  # not before the live packets that are queued
    on_sent: Callable[[], None] | None = None
    opcode: int = 0
    tag: int = 0

    def pack(self) -> bytes:
        """Give the bytes of the response, as late as possible."""
        data = self.data if isinstance(self.data, bytes) else self.data()
        return response(self.opcode, self.tag, self.status, data)


@dataclass
class LivePacket:
    """A live packet that is being filled, or waits."""

    index: int
    time_us: int
    epoch: int
    deadline_us: int
    flags: PacketFlags
    samples: list[bytes] = field(default_factory=list)

    def add(self, instant: Instant) -> None:
        """Take in the next instant."""
        assert instant.sample is not None
        self.samples.append(instant.sample)
        self.flags |= instant.flags & ~PacketFlags.LOST_BEFORE


class Outbox:
    """Queues of one connection. A new connection has a new one."""

    def __init__(self, model: ClipModel, faults: Faults, mtu: int) -> None:
        self.model = model
        self.faults = faults
        self.mtu = mtu
        self.subscribed: set[Channel] = set()
        self.live_gate = False  # opens when `start` has been answered
        self.filling: LivePacket | None = None
        self.live: deque[LivePacket] = deque()
        self.overflow = 0
        self.second = 0  # samples of one second
        self.replies: deque[Reply | bytes] = deque()  # bytes: a transfer_end that goes before the next response
        self.events: deque[bytes] = deque(maxlen=model.events)
        self.transfer: Transfer | None = None

    def unsubscribe(self, channel: Channel) -> None:
        """Forget what can no longer be sent."""
        self.subscribed.discard(channel)
        if channel is Channel.IMU:
            self.filling = None
            self.live.clear()
        elif channel is Channel.TRANSFER:
            self.transfer = None
            self.replies = deque(reply for reply in self.replies if isinstance(reply, Reply))
        elif channel is Channel.EVENT:
            self.events.clear()
        else:
            self.replies = deque(reply for reply in self.replies if isinstance(reply, bytes))

    def add_live(self, instant: Instant, ready_us: int, config: Config) -> None:
        """Pack an instant, if live packets flow."""
        if not self.live_gate or Channel.IMU not in self.subscribed:
            return
        self.second = config.rate_hz
        if instant.sample is None:
            self.flush()
            return
        if self.filling is None:
            deadline = ready_us + config.batch_ms * 1000
            self.filling = LivePacket(instant.index, instant.time_us, config.epoch, deadline, instant.flags)
        self.filling.add(instant)
        fit = (self.mtu - 3 - HEADER_BYTES) // SAMPLE_BYTES
        if len(self.filling.samples) >= max(1, min(fit, PACKET_SAMPLES, config.batch_ms * config.rate_hz // 1000)):
            self.flush()

    def flush(self) -> None:
        """Queue the packet that is being filled; if the queue is full, or holds more than a second, the oldest goes."""
        packet, self.filling = self.filling, None
        if packet is None:
            return
        self.live.append(packet)
        while len(self.live) > self.model.live_queue or (
            len(self.live) > 1 and sum(len(p.samples) for p in self.live) > self.second
        ):
            self.overflow += len(self.live.popleft().samples)
            self.live[0].flags |= PacketFlags.LOST_BEFORE

    def next(self, major: int, may_indicate: bool) -> Message | None:
        """Take out what goes next: responses, events, live packets. Transfers come last, and not from here."""
        reply = self.replies[0] if self.replies else None
        if isinstance(reply, bytes):
            self.replies.popleft()
            return Message(Channel.TRANSFER, reply)
        if reply and may_indicate and not (reply.after_live and self.live):
            self.replies.popleft()
            if reply.on_sent:
                reply.on_sent()
            return Message(Channel.CONTROL, reply.pack())
        if self.events:
            return Message(Channel.EVENT, self.events.popleft())
        if self.live and not self.faults.hold_live:
            p = self.live.popleft()
            value = pack_packet(major, PacketType.LIVE, p.epoch, p.flags, p.index, p.time_us, p.samples)
            return Message(Channel.IMU, value)
        return None

    @property
    def may_transfer(self) -> bool:
        """Whether a packet of a transfer may go now: live packets and responses go first."""
        return not self.live and not self.replies and not self.faults.hold_transfer
