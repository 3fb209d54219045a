"""Our clips' notifications to samples: any bytes, any packing, exact books."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.protocol.definitions import Config, Info, PacketFlags, PacketType, Role
from imu_hinge.protocol.packets import encode_packet
from imu_hinge.sensors.driver import Refilled, Samples
from imu_hinge.sensors.drivers.imu_hinge_decoder import ImuHingeDecoder, Period
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.refill import HoleFiller

CONFIG = Config(200, 16, 2000, 50, 3, 0.004, 0.001)
BEGIN_US = 2**32 - 1_000_000
"""So that the clip's 32 bits of time wrap after a second."""


def info(epoch: int = 3, boot: int = 7) -> Info:
    config = Config(200, 16, 2000, 50, epoch, 0.004, 0.001)
    return Info(1, 0, Role.THIGH, 1, config, 0, 1, boot, 6000, 400, bytes(6))


def begun(decoder: ImuHingeDecoder | None = None) -> ImuHingeDecoder:
    decoder = ImuHingeDecoder() if decoder is None else decoder
    decoder.set_info(info())
    decoder.begin((7, 1), 0, BEGIN_US & 0xFFFF_FFFF, 10.0)
    return decoder


def packet(index: int, count: int, epoch: int = 3, kind: PacketType = PacketType.LIVE, value: int = 5) -> bytes:
    raw = np.full((count, 6), value, np.int16)
    raw[:, 0] = (index + np.arange(count)) % 20_000
    return encode_packet(kind, epoch, PacketFlags(0), index, BEGIN_US + 5000 * index, raw)


def stamp(index: int) -> float:
    return 10.05 + 0.005 * index


@given(st.lists(st.binary(max_size=80), max_size=30))
def test_any_bytes_give_samples_or_a_count(payloads: list[bytes]) -> None:
    decoder = begun()
    for number, payload in enumerate(payloads):
        for samples in decoder.feed(payload, 10.0 + number):
            assert len(samples.device_s) == len(samples.acc_m_s2) == len(samples.gyr_rad_s)
            assert np.isfinite(samples.acc_m_s2).all()
    assert decoder.books.refused <= len(payloads)


@given(st.binary(min_size=12, max_size=12), st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**32 - 1))
def test_any_header_with_our_version_is_booked(sample: bytes, epoch_flags: int, index: int, time_us: int) -> None:
    decoder = begun()
    payload = struct.pack("<BBHI", 0x10, epoch_flags, index, time_us) + sample
    decoder.feed(payload, 10.5)
    books = decoder.books
    assert books.received + books.not_measured <= 1
    assert decoder.wants_about == (epoch_flags >> 4 != 3)


@given(
    st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["come", "come", "come", "lost", "twice"])), min_size=1),
    st.integers(1, 64),
)
def test_books_are_exact_whatever_is_lost_or_comes_twice(pieces: list[tuple[int, str]], refill_samples: int) -> None:
    decoder = begun()
    index, taken, lost = 0, [], []
    pieces = [(5, "come"), *pieces, (5, "come")]
    for count, fate in pieces:
        if fate == "lost":
            lost += range(index, index + count)
        else:
            for _ in range(1 + (fate == "twice")):
                taken += decoder.feed(packet(index, count), stamp(index + count))
        index += count
    books = decoder.books
    assert (books.received, books.lost, books.waiting) == (index - len(lost), len(lost), len(lost))
    assert sorted(i for hole in decoder.holes for i in range(*hole)) == lost
    # Filled again in parts of any length, everything is there once and in its place.
    for hole in decoder.holes:
        for first in range(hole[0], hole[1], refill_samples):
            count = min(refill_samples, hole[1] - first)
            taken += decoder.feed(packet(first, count, kind=PacketType.REFILL), stamp(index))
    assert decoder.holes == ()
    assert (decoder.books.lost, decoder.books.refilled, decoder.books.received) == (0, len(lost), index)
    device_s = np.sort(np.concatenate([samples.device_s for samples in taken]))
    assert np.allclose(device_s, (BEGIN_US + 5000 * np.arange(index)) * 1e-6, atol=1e-6)


def test_packets_of_an_unknown_epoch_wait_until_the_clip_said_what_it_means() -> None:
    decoder = begun()
    assert len(decoder.feed(packet(0, 5), stamp(5))) == 1
    assert decoder.feed(packet(5, 5, epoch=4), stamp(10)) == ()
    assert decoder.wants_about
    decoder.set_info(info(epoch=4))
    assert not decoder.wants_about
    samples = decoder.feed(packet(10, 5, epoch=4), stamp(15))
    assert [len(part) for part in samples] == [5, 5]
    assert decoder.books.lost == 0


def test_packets_that_overtake_the_answer_to_start_wait_for_it() -> None:
    decoder = begun()
    decoder.feed(packet(0, 5), stamp(5))
    decoder.hold()
    assert decoder.feed(packet(0, 5), stamp(300)) == ()
    decoder.begin((8, 2), 0, BEGIN_US & 0xFFFF_FFFF, 11.0)
    samples = decoder.feed(packet(5, 5), stamp(310))
    assert [len(part) for part in samples] == [5, 5]
    assert decoder.books.received == 15


def test_a_start_that_failed_keeps_no_refill_from_being_booked() -> None:
    decoder = begun()
    decoder.feed(packet(0, 5), stamp(5))
    decoder.hold()
    decoder.feed(packet(400, 5), stamp(405))  # of the stream that nobody knows yet
    decoder.close((7, 1), 25)
    (late,) = decoder.feed(packet(5, 10, kind=PacketType.REFILL), stamp(410))
    assert (len(late), late.refilled) == (10, True)
    decoder.release()
    (late,) = decoder.feed(packet(15, 10, kind=PacketType.REFILL), stamp(411))
    assert len(late) == 10
    assert (decoder.holes, decoder.books.lost, decoder.books.received) == ((), 0, 25)


def test_what_waited_before_a_new_stream_is_not_booked_into_it() -> None:
    decoder = begun()
    decoder.feed(packet(0, 5), stamp(5))
    decoder.feed(packet(5, 5, epoch=4), stamp(10))
    decoder.hold()
    decoder.set_info(info(epoch=4))
    decoder.begin((7, 2), 0, BEGIN_US & 0xFFFF_FFFF, 10.0)
    (live,) = decoder.feed(packet(0, 5, epoch=4), stamp(5))
    assert (len(live), decoder.holes, decoder.books.received) == (5, (), 10)


def test_what_waits_is_bounded() -> None:
    decoder = ImuHingeDecoder()
    decoder.set_info(info())
    for number in range(2000):
        decoder.feed(packet(number, 1), stamp(number))
    decoder.begin((7, 1), 0, BEGIN_US & 0xFFFF_FFFF, 10.0)
    samples = decoder.feed(packet(2000, 1), stamp(2000))
    assert sum(map(len, samples)) == 513
    assert decoder.books.lost == 2001 - 513


def test_a_session_begins_with_its_first_sample() -> None:
    decoder = begun()
    decoder.feed(packet(3, 5), stamp(8))
    assert decoder.holes == ()
    assert (decoder.books.lost, decoder.books.received) == (0, 5)
    # The next stream's beginning lies in the hole behind the last one, and can be filled.
    decoder.begin((8, 2), 0, BEGIN_US & 0xFFFF_FFFF, 11.0)
    decoder.feed(packet(3, 5), stamp(310))
    assert decoder.holes == ((0, 3),)
    assert (decoder.books.lost, decoder.books.received) == (3, 10)


def test_a_sample_with_an_axis_that_was_not_measured_is_left_out_and_counted() -> None:
    decoder = begun()
    raw = np.full((3, 6), 9, np.int16)
    raw[1, 4] = -32768
    raw[2, 0] = 32767
    payload = encode_packet(PacketType.LIVE, 3, PacketFlags.ACC_OVERRANGE, 0, BEGIN_US, raw)
    (samples,) = decoder.feed(payload, 10.1)
    assert len(samples) == 2
    assert (decoder.books.not_measured, decoder.books.overrange, decoder.books.received) == (1, 1, 2)


def test_a_stream_that_ended_tells_what_is_missing_at_its_end() -> None:
    decoder = begun()
    decoder.feed(packet(0, 10), stamp(10))
    decoder.close((7, 99), 50)  # another stream's
    assert decoder.holes == ()
    decoder.close((7, 1), 25)
    assert decoder.holes == ((10, 25),)


def test_a_stream_that_went_on_unseen_is_counted_as_lost() -> None:
    decoder = begun()
    decoder.feed(packet(0, 10), stamp(10))
    decoder.ran_until((BEGIN_US + 5000 * 4010) & 0xFFFF_FFFF, stamp(4010))
    decoder.begin((7, 2), 0, (BEGIN_US + 5000 * 4010) & 0xFFFF_FFFF, stamp(4010))
    assert abs(decoder.books.lost - 4000) < 3
    assert decoder.holes == ()


def test_a_live_packet_that_comes_late_is_no_new_one() -> None:
    decoder = begun()
    decoder.feed(packet(0, 5), stamp(5))
    decoder.feed(packet(10, 5), stamp(15))
    (late,) = decoder.feed(packet(5, 5), stamp(16))
    assert late.refilled
    (live,) = decoder.feed(packet(15, 5), stamp(20))
    assert not live.refilled


async def test_what_is_on_its_way_is_not_forgotten_while_the_stream_goes_on() -> None:
    decoder = begun()
    decoder.feed(packet(0, 10), stamp(10))
    decoder.feed(packet(5900, 10), stamp(5910))

    class Clip:
        async def refill(self, start: int, stop: int) -> Refilled:
            for index in range(5910, 6510, 10):
                decoder.feed(packet(index, 10), stamp(index + 10))
            return Refilled([packet(i, 10, kind=PacketType.REFILL) for i in range(start, stop, 10)], start, stop)

    came: list[Samples] = []
    filler = HoleFiller(decoder, came.extend, lambda: stamp(6510), LinkLimits())
    hole = filler.due(0.0)
    assert hole == (10, 5900)
    await filler.fill(Clip(), hole)  # type: ignore[arg-type]
    assert (sum(map(len, came)), decoder.books.lost, decoder.books.repeated) == (1000, 4890, 0)
    assert decoder.holes == ((1010, 5900),)


def test_a_packet_of_an_epoch_that_is_over_is_asked_about_once() -> None:
    decoder = begun()
    decoder.feed(packet(0, 10, epoch=2), stamp(10))
    asked = 0
    for index in range(10, 1000, 10):
        if decoder.wants_about:
            decoder.set_info(info())
            asked += 1
        decoder.feed(packet(index, 10), stamp(index + 10))
    assert asked == 1
    assert decoder.books.received == 990


def test_the_period_is_read_from_times_and_indices() -> None:
    period = Period(200.0)
    jitter = np.random.default_rng(3).integers(-40, 41, 400)
    for number in range(400):
        period.update(10 * number, 5_100 * 10 * number + int(jitter[number]))
    assert abs(period.us - 5_100) < 0.1
    period.update(4000, 10**9)  # a step that no oscillator makes
    assert abs(period.us - 5_100) < 0.1
