"""The clip run from Python: the binding, and properties no list of examples can hold."""

from __future__ import annotations

import struct
import time
import zlib
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.firmware.core import CClip, Flash, Saved, core

PERIOD = 38_462
RING = 30 * 26
LIMIT = 16


@dataclass
class World:
    """A clip at 26 Hz with the smallest ring, and a host that believes only what it receives."""

    payload: int = 244
    now: int = 0
    room: int = 10**9
    ring: int = RING
    packets: list[bytes] = field(default_factory=list)
    transfers: list[bytes] = field(default_factory=list)
    responses: list[bytes] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    shut: set[str] = field(default_factory=set)
    """Characteristics the radio has no room for."""

    def __post_init__(self) -> None:
        self.saved = Saved()
        self.clip = CClip(
            self.send, lambda: self.now, rates_hz=(26,), ring_samples=self.ring, live_packets=LIMIT, saved=self.saved
        )

    def send(self, characteristic: str, data: bytes) -> bool:
        assert len(data) <= self.payload
        if self.room == 0 or characteristic in self.shut:
            return False
        self.room -= 1
        lists = {"imu": self.packets, "transfer": self.transfers, "control": self.responses, "event": self.events}
        lists[characteristic].append(data)
        return True

    def link(self) -> None:
        self.clip.connected(self.payload)
        for name in ("imu", "control", "transfer", "event"):
            self.clip.subscribed(name)

    def ask(self, opcode: int, arguments: bytes = b"") -> bytes:
        assert self.clip.control(bytes([opcode, 1]) + arguments, self.now)
        response = self.responses.pop()
        assert response[:2] == bytes([opcode | 0x80, 1])
        return response[2:]


def values(i: int) -> tuple[list[int], list[int]]:
    return [i % 30000, -(i % 30000), 2048], [i * 7 % 30000, 1, -(i % 777)]


def test_an_exception_in_a_callback_comes_out() -> None:
    def send(_characteristic: str, _data: bytes) -> bool:
        raise RuntimeError("radio")

    clip = CClip(send, lambda: 0)
    clip.connected()
    clip.subscribed("control")
    with pytest.raises(RuntimeError, match="radio"):
        clip.control(b"\x05\x01ABCD", 0)


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(ValueError, match="refuses"):
        CClip(lambda *_: True, lambda: 0, rates_hz=())
    with pytest.raises(ValueError, match="refuses"):
        CClip(lambda *_: True, lambda: 0, rates_hz=(100,), ring_samples=2999)
    CClip(lambda *_: True, lambda: 0, rates_hz=(100,), ring_samples=3000)


def test_what_is_saved_outlives_power() -> None:
    world = World()
    world.link()
    world.ask(8, b"\x02")
    world.ask(3, b"\x00")
    world.ask(4)
    other = CClip(lambda *_: True, lambda: 0, rates_hz=(26,), ring_samples=RING, saved=world.saved, boot_id=2)
    assert other.info()[2] == 2
    assert struct.unpack_from("<HH", other.info(), 20) == (1, 2)


def recorded(flash: Flash) -> tuple[CClip, World]:
    world = World()
    world.clip = CClip(world.send, lambda: world.now, rates_hz=(26,), ring_samples=RING, flash=flash)
    world.link()
    assert world.ask(3, b"\x01")[0] == 0
    for i in range(200):
        world.now += PERIOD
        world.clip.sample(*values(i), world.now - PERIOD // 2)
    return world.clip, world


def test_a_damaged_record_is_read_around_its_damage() -> None:
    flash = Flash()
    clip, world = recorded(flash)
    world.ask(4)
    flash.bytes[3 * 512 + 200] ^= 1
    assert world.ask(0x12, struct.pack("<HII", 1, 0, 0)) == struct.pack("<BI", 0, 200)
    while not world.transfers or world.transfers[-1][0] != 0x1F:
        clip.poll()
    got = b"".join(packet[8:] for packet in world.transfers[:-1])
    kept = [i for i in range(200) if not 78 <= i < 117]
    assert got == b"".join(struct.pack("<6h", *values(i)[0], *values(i)[1]) for i in kept)
    assert world.transfers[-1] == struct.pack("<BBHII", 0x1F, 8, 0, len(kept), zlib.crc32(got))
    after = [packet for packet in world.transfers[:-1] if struct.unpack_from("<H", packet, 2)[0] == 117]
    assert after[0][1] & 1, "lost_before"


def test_flash_that_fails_ends_the_record_not_the_stream() -> None:
    flash = Flash()
    clip, world = recorded(flash)
    assert clip.state & 3 == 3
    flash.left = 100
    for i in range(200, 300):
        world.now += PERIOD
        clip.sample(*values(i), world.now - PERIOD // 2)
    assert clip.state & 3 == 1
    assert world.ask(4) == struct.pack("<BHI", 0, 1, 300)


def streaming(samples: int) -> World:
    world = World()
    world.link()
    world.ask(3, b"\x00")
    play(world, range(samples))
    return world


def play(world: World, numbers: range) -> None:
    for i in numbers:
        world.now += PERIOD
        world.clip.sample(*values(i), world.now - PERIOD // 2)


def test_a_transfer_waits_for_its_response() -> None:
    world = streaming(100)
    world.shut = {"control"}
    assert world.clip.control(struct.pack("<BBHH", 7, 1, 0, 10), world.now)
    world.clip.poll()
    assert world.transfers == []
    assert not world.clip.control(b"\x14\x02", world.now), "one response at a time"
    world.shut = set()
    world.clip.poll()
    assert world.responses[-1][:3] == b"\x87\x01\x00"
    assert len(world.transfers) == 2


def test_a_transfer_waits_for_live_packets() -> None:
    world = streaming(100)
    world.shut = {"transfer"}
    world.ask(7, struct.pack("<HH", 0, 50))
    world.shut = {"imu"}
    play(world, range(100, 101))
    world.clip.poll()
    assert world.transfers == []
    world.shut = set()
    world.clip.poll()
    assert len(world.packets) == 101
    assert world.transfers[-1][0] == 0x1F


def test_live_packets_wait_for_the_response_of_start_and_stop_waits_for_them() -> None:
    world = World()
    world.link()
    world.shut = {"control"}
    assert world.clip.control(b"\x03\x01\x00", world.now)
    play(world, range(3))
    assert world.packets == []
    world.shut = set()
    world.clip.poll()
    assert len(world.packets) == 3
    world.shut = {"imu"}
    play(world, range(3, 4))
    before = len(world.responses)
    assert world.clip.control(b"\x04\x02", world.now)
    assert len(world.responses) == before
    world.shut = set()
    world.clip.poll()
    assert len(world.packets) == 4
    assert world.responses[-1] == struct.pack("<BBBHI", 0x84, 2, 0, 1, 4)


def test_what_cannot_be_sent_is_bounded() -> None:
    """However long the radio is shut, the core keeps a bounded number of packets and events."""
    world = streaming(0)
    world.shut = {"imu", "event"}
    play(world, range(5000))
    for i in range(1000):
        world.clip.button(i % 3 + 1)
    world.shut = set()
    world.clip.poll()
    assert len(world.packets) == LIMIT
    assert len(world.events) <= 8 + 2


def test_a_sensor_that_ends_before_its_numbers_do() -> None:
    """PROTOCOL.md section 5, rule 4: whatever the sensor's own end of scale is."""
    world = World()
    world.clip = CClip(world.send, lambda: world.now, rates_hz=(26,), ring_samples=RING, end_bits=32000)
    world.link()
    world.ask(3, b"\x00")
    world.clip.sample([31999, -31999, 32000], [-32000, 32767, -32768], 0)
    world.now = 50_000
    world.clip.poll()
    assert struct.unpack("<6h", world.packets[0][8:]) == (31999, -31999, 32767, -32767, 32767, -32767)
    assert world.packets[0][1] & 6 == 6


def test_a_silence_of_years_takes_no_time() -> None:
    """Found by the fuzzer: no work may grow with how long the sensor said nothing."""
    world = streaming(30)
    begun = time.process_time()
    for _ in range(4):
        world.now += 2 * 10**13
        world.clip.poll()
        world.clip.poll()
        play(world, range(5))
    assert time.process_time() - begun < 1.0
    assert world.packets[-1][:1] == b"\x10"
    heads = [packet for packet in world.packets if packet[1] & 1]
    assert len(heads) == 4, "lost_before at the first packet after each silence"


def test_constants_are_read_from_the_header() -> None:
    assert core()["OPCODE_REFILL"] == 7
    assert core()["INVALID"] == -32768
    assert core()["INFO_SIZE"] == 36


steps = st.lists(
    st.one_of(
        st.tuples(st.just("samples"), st.integers(1, 60)),
        st.tuples(st.just("lost"), st.integers(1, 20)),
        st.tuples(st.just("room"), st.integers(0, 12)),
        st.tuples(st.just("free"), st.just(0)),
        st.tuples(st.just("drop"), st.integers(0, 40)),
        st.tuples(st.just("payload"), st.sampled_from([20, 62, 182, 244, 514])),
        st.tuples(st.just("off"), st.integers(0, 30)),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps,
    st.sampled_from([0, 65_500, 2**32 - 200]),
    st.sampled_from([0, 2**32 - 3_000_000, 2**40]),
    st.sampled_from([5, 50, 250]),
)
def test_every_sample_comes_exactly_once_or_is_accounted_for(
    actions: list[tuple[str, int]], first: int, clock: int, batch_ms: int
) -> None:
    """Losses, jumps, drop-outs, full queues, other MTUs, wraps of index and time."""
    world = World(now=clock)
    world.link()
    assert world.ask(2, struct.pack("<HBHB", 26, 16, 2000, batch_ms))[0] == 0
    world.ask(3, b"\x00")
    inside = world.clip.struct
    inside.ring.next = inside.live_next = first
    inside.last_index = (first - 1) % 2**32
    measured: dict[int, tuple[int, bytes]] = {}
    state = {"index": first}

    def play(count: int) -> None:
        for _ in range(count):
            i = state["index"]
            world.now += PERIOD
            acc, gyr = values(i)
            time = world.now - PERIOD // 2
            measured[i] = (time % 2**32, struct.pack("<6h", *acc, *gyr))
            state["index"] = (i + 1) % 2**32
            world.clip.sample(acc, gyr, time)
            world.clip.poll()

    def resume() -> None:
        world.room = 10**9
        world.link()
        status, _, resumed, index, _ = struct.unpack("<BHBHI", world.ask(3, b"\x02"))
        assert (status, resumed, index) == (0, 1, state["index"] % 65536)

    for name, count in actions:
        if name == "samples":
            play(count)
        elif name == "lost":
            world.clip.samples_lost(count)
            state["index"] = (state["index"] + count) % 2**32
        elif name == "room":
            world.room = count
        elif name == "free":
            world.room = 10**9
            world.clip.poll()
        elif name == "drop":
            world.clip.disconnected()
            world.payload = 244
            play(count)
            resume()
        elif name == "payload":
            world.payload = max(world.payload, count)
            world.clip.payload(world.payload)
        elif name == "off":
            world.clip.subscribed("imu", False)
            play(count)
            world.clip.subscribed("imu", True)
    world.room = 10**9
    world.payload = 244
    world.clip.payload(244)
    for _ in range(3):
        world.clip.poll()
    status, stream, total = struct.unpack("<BHI", world.ask(4))
    assert (status, stream, total) == (0, 1, state["index"])

    received: dict[int, tuple[int, bytes]] = {}
    overflowed = sum(event[1] for event in world.events if event[0] == 4)
    order = list(range(len(measured) + 3000))

    def take(packet: bytes, kind: int) -> list[int]:
        head, epoch_flags, low, time = struct.unpack_from("<BBHI", packet)
        assert head == 0x10 | kind
        assert (len(packet) - 8) % 12 == 0
        count = (len(packet) - 8) // 12
        start = next(i for i in ((first + k) % 2**32 for k in order) if i % 65536 == low)
        found = []
        for k in range(count):
            i = (start + k) % 2**32
            assert i not in received, "twice"
            assert measured[i][1] == packet[8 + 12 * k : 20 + 12 * k]
            received[i] = measured[i]
            found.append(i)
        assert measured[start][0] == time
        if kind == 0:
            assert count <= max(1, batch_ms * 26 // 1000)
            if epoch_flags & 1:
                assert (start - 1) % 2**32 not in received
        return found

    last = -1
    for packet in world.packets:
        where = [(i - first) % 2**32 for i in take(packet, 0)]
        assert where[0] > last, "out of order"
        last = where[-1]
    missing = [i for i in measured if i not in received]
    world.transfers.clear()
    held = {i for i in measured if (state["index"] - i) % 2**32 <= RING}
    for i in missing:
        if i in received:
            continue
        reply = world.ask(7, struct.pack("<HH", i % 65536, 1))
        if i not in held:
            assert reply[0] == 7, "gone"
            continue
        assert reply == struct.pack("<BHH", 0, i % 65536, 1)
        world.clip.poll()
        packet, end = world.transfers
        world.transfers.clear()
        take(packet, 1)
        assert end == struct.pack("<BBHII", 0x1F, 0, 0, 1, zlib.crc32(packet[8:]))
    assert held <= received.keys()
    assert overflowed <= 255 * len(world.events)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 2000), st.integers(0, 65535), st.integers(1, 65535), st.sampled_from([20, 62, 244, 514]))
def test_a_refill_sends_what_it_announces(count: int, low: int, wanted: int, payload: int) -> None:
    world = World(payload=payload)
    world.link()
    world.ask(3, b"\x00")
    for i in range(count):
        world.now += PERIOD
        world.clip.sample(*values(i), world.now - PERIOD // 2)
    reply = world.ask(7, struct.pack("<HH", low, wanted))
    inside = [i for i in range(low, low + wanted) if i < count]
    held = [i for i in inside if i >= count - RING]
    if low >= count:
        assert reply == b"\x03"
        return
    if not held:
        assert reply == b"\x07"
        return
    assert reply == struct.pack("<BHH", 0, held[0], len(held))
    while not world.transfers or world.transfers[-1][0] != 0x1F:
        world.clip.poll()
    got = b"".join(packet[8:] for packet in world.transfers[:-1])
    assert got == b"".join(struct.pack("<6h", *values(i)[0], *values(i)[1]) for i in held)
    assert world.transfers[-1] == struct.pack("<BBHII", 0x1F, 0, 0, len(held), zlib.crc32(got))
    full = (payload - 8) // 12
    assert [(len(packet) - 8) // 12 for packet in world.transfers[:-2]] == [full] * (len(world.transfers) - 2)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=24), max_size=30))
def test_garbage_is_answered(writes: list[bytes]) -> None:
    """Any bytes written to control give one response with the request's opcode and tag."""
    world = World(payload=20)
    world.link()
    for data in writes:
        assert world.clip.control(data, world.now)
        opcode, tag = (data + b"\0\0")[:2]
        assert world.responses[-1][:2] == bytes([opcode | 0x80, tag])
        assert 3 <= len(world.responses[-1]) <= 20
        assert world.responses[-1][2] == 0 or len(world.responses[-1]) == 3
    assert len(world.responses) == len(writes)
