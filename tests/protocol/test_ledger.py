"""The books of a stream: every sample is received, repeated or lost, whatever the radio does to packets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.protocol.definitions import PacketFlags, PacketType
from imu_hinge.protocol.ledger import StreamLedger, unwrap
from imu_hinge.protocol.packets import SamplePacket

RATE_HZ = 208.0
PERIOD_US = 1e6 / 200.0
"""The clip's true period; it is four per cent slow, as sensors are."""


def packet(index: int, count: int, kind: PacketType = PacketType.LIVE, start_us: int = 0) -> SamplePacket:
    time_us = start_us + round(index * PERIOD_US)
    return SamplePacket(kind, 0, PacketFlags(0), index % 65536, time_us % 2**32, np.zeros((count, 6), np.int16))


def arrival_s(index: int) -> float:
    return index * PERIOD_US * 1e-6 + 0.05


def ledger(keep: int = 6000, start_us: int = 0) -> StreamLedger:
    return StreamLedger(RATE_HZ, keep, 0, start_us % 2**32, 0.0)


@given(st.integers(0, 2**40), st.floats(-30000, 30000))
def test_unwrapping_finds_the_number_within_half_a_turn(number, error):
    assert unwrap(number % 65536, 65536, number + error) == number


@given(st.lists(st.tuples(st.integers(1, 19), st.booleans()), max_size=200), st.integers(0, 2**34))
def test_every_sample_is_received_or_lost(sizes, start_us):
    books, index = ledger(start_us=start_us), 0
    received = 0
    for count, arrives in sizes:
        if arrives:
            placed = books.place(packet(index, count, start_us=start_us), arrival_s(index))
            assert placed.index == index
            received += count
        index += count
    books.close(index)
    assert books.received == received
    assert books.lost == index - received


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_refills_in_any_order_and_repeated_fill_each_hole_once(starts, random):
    books = ledger()
    books.place(packet(0, 1), arrival_s(0))
    books.place(packet(3050, 1), arrival_s(3050))
    missing = set(range(1, 3050))
    for start in starts:
        count = random.randint(1, 50)
        placed = books.place(packet(start, count, PacketType.REFILL), arrival_s(3060))
        came = set((placed.index + np.arange(count)[placed.new]).tolist())
        assert came == missing & set(range(start, start + count))
        missing -= came
    assert books.lost == len(missing)
    assert {i for low, high in books.holes for i in range(low, high)} == missing


@pytest.mark.parametrize("gap_s", [1.0, 300.0, 330.0, 1000.0, 4000.0, 5000.0, 9000.0])
def test_index_and_time_are_right_after_outages_beyond_their_turns(gap_s):
    books = ledger()
    books.place(packet(0, 10), arrival_s(0))
    index = round(gap_s * 200)
    # After an hour a rate four per cent off leaves more than half a turn open; the device time settles it up to then.
    placed = books.place(packet(index, 10), arrival_s(index))
    assert placed.time_us == round(index * PERIOD_US)
    if gap_s < 3600:
        assert placed.index == index
        assert placed.lost == index - 10


def test_a_notification_that_comes_twice_counts_once():
    books = ledger()
    books.place(packet(0, 10), 0.1)
    twice = books.place(packet(0, 10), 0.1)
    assert not np.any(twice.new)
    assert (books.received, books.repeated, books.lost) == (10, 10, 0)


def test_a_packet_that_overlaps_brings_only_what_is_new():
    books = ledger()
    books.place(packet(0, 10), 0.1)
    placed = books.place(packet(6, 10), 0.1)
    assert placed.new.tolist() == [False] * 4 + [True] * 6
    assert books.next_index == 16


def test_holes_older_than_the_ring_stay_lost():
    books = ledger(keep=100)
    books.place(packet(0, 10), arrival_s(0))
    books.place(packet(50, 10), arrival_s(50))
    assert books.holes == ((10, 50),)
    books.place(packet(60, 65), arrival_s(60))
    assert books.holes == ((25, 50),)
    books.place(packet(125, 100), arrival_s(125))
    assert books.holes == ()
    assert books.lost == 40


def test_what_the_clip_never_measured_is_not_asked_for_again():
    books = ledger()
    books.place(packet(0, 10), arrival_s(0))
    books.place(packet(30, 10), arrival_s(30))
    books.give_up(12, 20)
    assert books.holes == ((10, 12), (20, 30))
    assert books.lost == 20
