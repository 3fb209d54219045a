"""Sections 5 and 13 of PROTOCOL.md, asked of the emulator: live packets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .hardware import ClipModel
from .wire import (
    INVALID,
    OVERRANGE,
    EventType,
    Opcode,
    PacketFlags,
)
from .world import (
    FAST,
    SECOND,
    World,
    count_up,
    idle,
    indices,
    sampling,
)


class TestSamplePackets:
    """Section 5."""

    def test_packets_hold_consecutive_instants_and_nothing_is_lost(self) -> None:
        world = sampling()
        assert indices(world.live) == list(range(200))
        assert [s for p in world.live for s in p.samples] == [count_up(i) for i in range(200)]

    def test_time_is_the_middle_of_the_integration_window(self) -> None:
        world = idle()
        world.start()
        world.wait(SECOND)
        assert [p.time_us for p in world.live[:2]] == [2500, 52500]

    def test_time_is_data_ready_less_the_group_delay_where_it_is_known(self) -> None:
        world = World(replace(FAST, group_delay_us=4100.0)).connect()
        world.start()
        world.wait(SECOND)
        assert world.live[0].time_us == 900

    def test_the_true_period_differs_from_the_nominal_one(self) -> None:
        world = World(replace(FAST, true_period_us=lambda rate: 1.01e6 / rate)).connect()
        world.start()
        world.wait(SECOND)
        steps = {(b.time_us - a.time_us) / len(a.samples) for a, b in zip(world.live, world.live[1:], strict=False)}
        assert steps == {5050.0}

    @pytest.mark.parametrize(
        ("rate", "sizes"),
        [(50, (1, 2, 2, 2, 2)), (100, (1, 4, 5, 5, 5)), (200, (1, 4, 10, 10, 10)), (400, (1, 4, 14, 19, 20))],
    )
    def test_samples_per_packet_are_those_of_the_table_in_section_13(self, rate: int, sizes: tuple[int, ...]) -> None:
        for mtu, size in zip((23, 65, 185, 247, 517), sizes, strict=True):
            world = World(ClipModel(rates_hz=(rate,))).connect(mtu)
            world.start()
            world.wait(SECOND // 2, step_us=2000)
            assert {len(p.samples) for p in world.live} == {size}
            assert max(len(p.pack()) for p in world.live) <= mtu - 3

    def test_no_live_packet_is_held_back_longer_than_batch_ms(self) -> None:
        # At 52 Hz and 100 ms a packet has 5 samples; the true rate is far lower, so the time closes the packets.
        world = World(ClipModel(rates_hz=(52,), true_period_us=lambda rate: 30_000.0)).connect()
        world.ask(Opcode.CONFIGURE, 52, 16, 2000, 100)
        world.start()
        world.wait(30_000 + 99_000, step_us=1000)
        assert not world.live
        world.wait(2_000, step_us=1000)
        assert [len(p.samples) for p in world.live] == [4]

    def test_an_axis_beyond_its_range_reads_plus_or_minus_32767_and_sets_the_flag(self) -> None:
        beyond = {0: (32767, 0, 0, 0, 0, 0), 20: (-32768, 0, 0, 0, 0, 1), 40: (0, 0, 0, 0, -32767, 2)}
        world = World(source=lambda i: beyond.get(i, count_up(i))).connect()
        world.start()
        world.wait(SECOND)
        settling = PacketFlags.SETTLING
        flags = [p.flags for p in world.live[:5]]
        assert flags[:3] == [settling | PacketFlags.ACC_OVERRANGE, settling, settling | PacketFlags.ACC_OVERRANGE]
        assert flags[4] == PacketFlags.GYR_OVERRANGE
        assert world.live[0].samples[0][0] == OVERRANGE
        assert world.live[2].samples[0][0] == -OVERRANGE
        assert world.live[4].samples[0][4] == -OVERRANGE

    def test_the_sensors_own_end_of_scale_does_not_matter(self) -> None:
        world = World(replace(FAST, gyr_limit=28571), source=lambda i: (i, 0, 0, 28571, 0, 0)).connect()
        world.start()
        world.wait(100_000)
        assert world.live[0].samples[3][3] == OVERRANGE
        assert PacketFlags.GYR_OVERRANGE in world.live[0].flags

    def test_an_axis_that_was_not_measured_reads_minus_32768_without_a_flag(self) -> None:
        world = World(source=lambda i: (i, None, 0, 0, 0, 0)).connect()
        world.start()
        world.wait(100_000)
        assert world.live[0].samples[0][1] == INVALID
        assert world.live[0].flags == PacketFlags.SETTLING

    def test_settling_for_200_ms(self) -> None:
        world = sampling()
        assert [PacketFlags.SETTLING in p.flags for p in world.live[:6]] == [True] * 4 + [False] * 2

    def test_instants_that_were_not_measured_are_left_out_and_said(self) -> None:
        world = idle()
        world.faults.lost = lambda i: i in (53, 54)
        world.start()
        world.wait(SECOND).stop()
        assert indices(world.live) == [i for i in range(200) if i not in (53, 54)]
        assert [p.index for p in world.live if PacketFlags.LOST_BEFORE in p.flags] == [55]

    def test_or_they_are_sent_as_minus_32768(self) -> None:
        world = World(replace(FAST, fill_unmeasured=True)).connect()
        world.faults.lost = lambda i: i in (53, 54)
        world.start()
        world.wait(SECOND)
        assert indices(world.live) == list(range(200))
        assert world.live[5].samples[3] == (INVALID,) * 6
        assert not any(PacketFlags.LOST_BEFORE in p.flags for p in world.live)

    def test_a_full_live_queue_loses_its_oldest_packet(self) -> None:
        world = sampling()
        before = len(world.live)
        world.faults.hold_live = True
        world.wait(SECOND)  # 20 packets, of which 8 fit
        world.faults.hold_live = False
        world.wait(100_000)
        assert world.live[before].index == 200 + 12 * 10
        assert PacketFlags.LOST_BEFORE in world.live[before].flags
        assert not any(PacketFlags.LOST_BEFORE in p.flags for p in world.live[before + 1 :])
        assert world.event_values(EventType.OVERFLOW) == [120]
        assert world.refill(200, 120) == (200, 120)
        assert indices(world.transferred) == list(range(200, 320))
        assert not any(PacketFlags.LOST_BEFORE in p.flags for p in world.transferred)

    def test_the_live_queue_never_holds_more_than_a_second(self) -> None:
        world = idle()
        world.ask(Opcode.CONFIGURE, 200, 16, 2000, 250)
        world.ask(Opcode.START, 0)
        world.faults.hold_live = True
        world.wait(5 * SECOND)
        assert sum(len(p.samples) for p in world.clip.outbox.live) <= 200

    def test_the_overflow_event_counts_up_to_255(self) -> None:
        world = sampling()
        world.faults.hold_live = True
        world.wait(5 * SECOND)
        world.faults.hold_live = False
        world.wait(100_000)
        assert world.event_values(EventType.OVERFLOW) == [255]

    def test_the_index_wraps_after_65536_samples(self) -> None:
        world = idle()
        world.start()
        world.skip_to(65_500).wait(SECOND)
        assert [p.index for p in world.live[:6]] == [65500, 65510, 65520, 65530, 4, 14]
        assert world.stop() == (1, 65_700)

    def test_packets_carry_the_epoch_of_the_configuration(self) -> None:
        world = World(ClipModel()).connect()
        world.ask(Opcode.CONFIGURE, 100, 16, 2000, 50)
        world.start()
        world.wait(SECOND)
        assert {p.epoch for p in world.live} == {1} == {world.info.config.epoch}
