"""Sections 8 and 10 of PROTOCOL.md, asked of the emulator: refills and records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .outbox import Channel
from .wire import (
    RECORD_COUNT_RESPONSE,
    RECORD_READ_RESPONSE,
    SAMPLE,
    Opcode,
    PacketFlags,
    PacketType,
    RecordFlags,
    State,
    Status,
    TransferEnd,
    crc32,
    request,
)
from .world import (
    CONFIGURE,
    FAST,
    LOG,
    SECOND,
    World,
    count_up,
    idle,
    indices,
    logging,
    page,
    recorded,
    sampling,
)


class TestGapFill:
    """Section 8."""

    def test_refilled_packets_are_as_measured_and_as_long_as_the_mtu_allows(self) -> None:
        world = sampling()
        assert world.refill(5, 100) == (5, 100)
        assert [len(p.samples) for p in world.transferred] == [19] * 5 + [5]
        assert indices(world.transferred) == list(range(5, 105))
        assert {p.type for p in world.transferred} == {PacketType.REFILL}
        assert world.transferred[0].time_us == 2500 + 5 * 5000
        assert PacketFlags.SETTLING in world.transferred[0].flags
        assert PacketFlags.SETTLING not in world.transferred[-1].flags
        samples = b"".join(SAMPLE.pack(*s) for p in world.transferred for s in p.samples)
        assert world.ends == [TransferEnd(Status.OK, 100, crc32(samples))]

    def test_what_is_not_measured_yet_is_cut_off(self) -> None:
        world = sampling()
        assert world.refill(190, 1000) == (190, 10)
        assert world.refused(Opcode.REFILL, 200, 1) == Status.OUT_OF_RANGE

    def test_what_the_ring_has_lost_is_cut_off_at_the_front(self) -> None:
        world = World(replace(FAST, ring_samples=6000)).connect()
        world.start()
        world.wait(40 * SECOND, 350_000)
        assert world.refill(1990, 20) == (2000, 10)
        assert world.refused(Opcode.REFILL, 1980, 20) == Status.GONE

    def test_refill_across_the_wrap(self) -> None:
        world = idle()
        world.start()
        world.skip_to(59_600).wait(6000 * 5000)
        assert world.refill(65_500, 60) == (65_500, 60)
        assert [p.index for p in world.transferred] == [65500, 65519, 2, 21]
        assert world.refill(60_000, 5000) == (60_000, 5000)
        assert world.refused(Opcode.REFILL, 100, 10) == Status.GONE

    def test_without_notifications_of_transfer_it_is_invalid_state(self) -> None:
        world = World().connect(channels=(Channel.CONTROL,))
        world.start()
        world.wait(SECOND)
        assert world.refused(Opcode.REFILL, 0, 1) == Status.INVALID_STATE

    def test_instants_that_were_not_measured_are_left_out(self) -> None:
        world = idle()
        world.faults.lost = lambda i: 60 <= i < 70
        world.start()
        world.wait(SECOND)
        assert world.refill(50, 30) == (50, 30)
        assert indices(world.transferred) == [*range(50, 60), *range(70, 80)]
        assert [p.index for p in world.transferred if PacketFlags.LOST_BEFORE in p.flags] == [70]
        assert world.ends[-1].samples == 20

    def test_live_packets_go_first(self) -> None:
        world = sampling()
        world.faults.hold_live = True
        world.wait(100_000)
        world.refill(0, 100)
        assert not world.transferred
        world.faults.hold_live = False
        world.order.clear()
        world.wait(SECOND)
        assert world.order.index("imu") < world.order.index("transfer")

    def test_the_response_goes_before_the_packets(self) -> None:
        world = sampling()
        world.order.clear()
        world.refill(0, 100)
        assert [o for o in world.order if o != "event"] == ["control"] + ["transfer"] * 7

    def test_abort(self) -> None:
        world = sampling()
        world.clip.write_control(request(Opcode.REFILL, 1, 0, 100))
        world.receive(4)
        world.ask(Opcode.ABORT)
        sent = [s for p in world.transferred for s in p.samples]
        assert 0 < len(sent) < 100
        samples = b"".join(SAMPLE.pack(*s) for s in sent)
        assert world.ends == [TransferEnd(Status.ABORTED, len(sent), crc32(samples))]
        world.ask(Opcode.ABORT)
        assert len(world.ends) == 1

    def test_a_lost_link_forgets_the_transfer(self) -> None:
        world = sampling()
        world.faults.hold_transfer = True
        world.refill(0, 100)
        world.clip.disconnect()
        world.connect()
        assert State.TRANSFERRING not in world.clip.state
        world.faults.hold_transfer = False
        assert world.refill(0, 100) == (0, 100)


class TestRecords:
    """Section 10."""

    def test_count_and_pages(self) -> None:
        world = idle()
        world.clip.flash.capacity = 1000
        world.ask(Opcode.SET_TIME, 1_700_000_000_000)
        assert RECORD_COUNT_RESPONSE.unpack(world.ask(Opcode.RECORD_COUNT)) == (0, 1000)
        world.start(LOG)
        world.wait(SECOND).stop()
        assert RECORD_COUNT_RESPONSE.unpack(world.ask(Opcode.RECORD_COUNT)) == (1, 800)
        samples = b"".join(SAMPLE.pack(*count_up(i)) for i in range(200))
        assert page(world, 0) == (0, 1, 1, 200, 2500)
        assert page(world, 1) == (1, 1_700_000_000_002, crc32(samples), RecordFlags.COMPLETE)
        assert world.ask(Opcode.RECORD_INFO, 0, 2) == bytes([2]) + world.info.config.pack()
        assert world.refused(Opcode.RECORD_INFO, 1, 0) == Status.NOT_FOUND

    def test_a_clip_that_was_not_told_the_time_says_0(self) -> None:
        assert page(recorded(), 1)[1] == 0

    def test_reading_all_and_a_part(self) -> None:
        world = recorded()
        assert RECORD_READ_RESPONSE.unpack(world.ask(Opcode.RECORD_READ, 1, 0, 0)) == (200,)
        assert {p.type for p in world.transferred} == {PacketType.RECORD}
        assert indices(world.transferred) == list(range(200))
        assert world.ends == [TransferEnd(Status.OK, 200, page(world, 1)[2])]
        world.transferred.clear()
        assert RECORD_READ_RESPONSE.unpack(world.ask(Opcode.RECORD_READ, 1, 190, 100)) == (10,)
        assert indices(world.transferred) == list(range(190, 200))
        assert world.refused(Opcode.RECORD_READ, 1, 200, 0) == Status.OUT_OF_RANGE
        assert world.refused(Opcode.RECORD_READ, 2, 0, 0) == Status.NOT_FOUND

    def test_reading_needs_notifications_of_transfer(self) -> None:
        world = recorded()
        world.clip.subscribe(Channel.TRANSFER, False)
        assert world.refused(Opcode.RECORD_READ, 1, 0, 0) == Status.INVALID_STATE

    def test_damaged_blocks_are_left_out(self) -> None:
        world = recorded()
        world.clip.flash.records[0].damaged = set(range(50, 60))
        assert page(world, 1)[3] == RecordFlags.COMPLETE | RecordFlags.DAMAGED
        world.ask(Opcode.RECORD_READ, 1, 0, 0)
        assert indices(world.transferred) == [*range(50), *range(60, 200)]
        assert world.ends[-1].status == Status.STORAGE
        world.ask(Opcode.RECORD_READ, 1, 100, 0)
        assert world.ends[-1].status == Status.OK

    def test_deleting_needs_the_crc(self) -> None:
        world = recorded()
        crc = page(world, 1)[2]
        assert world.refused(Opcode.RECORD_DELETE, 1, crc ^ 1) == Status.CRC_MISMATCH
        assert world.refused(Opcode.RECORD_DELETE, 2, crc) == Status.NOT_FOUND
        world.ask(Opcode.RECORD_DELETE, 1, crc)
        assert RECORD_COUNT_RESPONSE.unpack(world.ask(Opcode.RECORD_COUNT))[0] == 0

    def test_names_are_not_used_twice(self) -> None:
        world = recorded()
        world.ask(Opcode.RECORD_DELETE, 1, page(world, 1)[2])
        world.start(LOG)
        world.wait(SECOND).stop()
        assert page(world, 0)[1] == 2

    def test_records_outlive_a_reset_which_leaves_them_incomplete(self) -> None:
        world = logging()
        world.clip.reset()
        world.connect()
        assert page(world, 0)[1:4] == (1, 1, 200)
        assert page(world, 1)[3] == RecordFlags.NONE

    def test_the_date_counts_for_records_whose_first_sample_is_still_to_come(self) -> None:
        world = recorded()
        world.ask(Opcode.SET_TIME, 1_700_000_000_000)
        assert page(world, 1)[1] == 0
        world.start(LOG)
        world.wait(SECOND).stop()
        assert page(world, 1, position=1)[1] == 1_700_000_000_002
        world.clip.reset()
        world.connect().start(LOG)
        world.wait(SECOND).stop()
        assert page(world, 1, position=2)[1] == 0

    def test_numbers_begin_with_the_first_measured_sample(self) -> None:
        for filled in (False, True):
            world = World(replace(FAST, fill_unmeasured=filled)).connect()
            world.faults.lost = lambda i: i < 50 or 60 <= i < 70 or i >= 190
            world.start(LOG)
            world.wait(SECOND).stop()
            assert page(world, 0)[3:] == (140, 2500 + 50 * 5000)
            world.ask(Opcode.RECORD_READ, 1, 0, 0)
            assert indices(world.transferred) == [*range(10), *range(20, 140)]
            assert [p.index for p in world.transferred if PacketFlags.LOST_BEFORE in p.flags] == [20]

    def test_a_stream_of_which_nothing_was_measured_leaves_no_record(self) -> None:
        world = idle()
        world.faults.lost = lambda i: True
        world.start(LOG)
        world.wait(SECOND).stop()
        assert RECORD_COUNT_RESPONSE.unpack(world.ask(Opcode.RECORD_COUNT))[0] == 0

    def test_record_packets_carry_the_epoch_of_their_record_and_number_modulo_65536(self) -> None:
        world = recorded()
        world.ask(*CONFIGURE[:1], *CONFIGURE[1])
        world.ask(Opcode.RECORD_READ, 1, 0, 0)
        assert {p.epoch for p in world.transferred} == {0}


class TestTransfers:
    """Sections 6 to 8: what ends a transfer, and where its end stands."""

    def test_a_ring_that_overtakes_a_refill_ends_it_with_gone(self) -> None:
        world = World(replace(FAST, ring_samples=6000)).connect()
        world.start()
        world.wait(30 * SECOND, 350_000)
        world.faults.hold_transfer = True
        assert world.refill(0, 6000) == (0, 6000)
        world.wait(SECOND)
        world.faults.hold_transfer = False
        world.receive()
        assert indices(world.transferred)[0] == 200
        assert world.ends[-1][:2] == (Status.GONE, 5800)

    def test_a_new_stream_ends_a_refill_of_the_old_one_with_aborted(self) -> None:
        world = sampling()
        world.stop()
        world.faults.hold_transfer = True
        world.refill(0, 100)
        world.start()
        assert world.ends[-1].status == Status.ABORTED

    @pytest.mark.parametrize("flags", [0, LOG])
    def test_a_new_stream_ends_the_reading_of_a_record_if_it_logs(self, flags: int) -> None:
        world = recorded()
        world.faults.hold_transfer = True
        world.ask(Opcode.RECORD_READ, 1, 0, 0)
        world.order.clear()
        world.start(flags)
        assert [end.status for end in world.ends] == ([Status.ABORTED] if flags else [])
        assert world.order[:2] == (["transfer", "control"] if flags else ["control", "event"])

    def test_the_reading_of_a_record_goes_on_through_stop(self) -> None:
        world = recorded()
        world.start()
        world.faults.hold_transfer = True
        world.ask(Opcode.RECORD_READ, 1, 0, 0)
        world.stop()
        assert State.TRANSFERRING in world.clip.state

    def test_a_refill_after_configure_has_the_epoch_of_its_stream(self) -> None:
        world = sampling()
        world.stop()
        world.ask(*CONFIGURE[:1], *CONFIGURE[1])
        world.refill(0, 10)
        assert world.transferred[0].epoch != world.info.config.epoch

    def test_the_end_of_a_transfer_goes_before_the_response_that_causes_it(self) -> None:
        for opcode in (Opcode.ABORT, Opcode.STOP):
            world = sampling()
            world.faults.hold_transfer = True
            world.refill(0, 100)
            world.order.clear()
            world.ask(opcode)
            assert [o for o in world.order if o in ("transfer", "control")] == ["transfer", "control"]

    def test_it_does_not_go_before_the_response_that_began_it(self) -> None:
        world = sampling()
        world.clip.write_control(request(Opcode.REFILL, 1, 0, 100))
        world.clip.write_control(request(Opcode.ABORT, 2))
        world.order.clear()
        world.receive()
        assert [o for o in world.order if o in ("transfer", "control")] == ["control", "transfer", "control"]

    def test_switching_notifications_off_ends_it_silently(self) -> None:
        world = sampling()
        world.faults.hold_transfer = True
        world.refill(0, 100)
        world.clip.subscribe(Channel.TRANSFER, False)
        world.receive()
        assert State.TRANSFERRING not in world.clip.state
        assert not world.ends

    def test_a_refill_of_what_was_never_measured_has_an_end_only(self) -> None:
        world = idle()
        world.faults.lost = lambda i: 60 <= i < 70
        world.start()
        world.wait(SECOND)
        assert world.refill(60, 10) == (60, 10)
        assert not world.transferred
        assert world.ends == [TransferEnd(Status.OK, 0, 0)]

    def test_events_go_before_packets_of_a_transfer(self) -> None:
        world = sampling()
        world.clip.write_control(request(Opcode.REFILL, 1, 0, 100))
        world.clip.press_button()
        world.order.clear()
        world.receive()
        assert world.order[:3] == ["control", "event", "event"]
        assert set(world.order[3:-1]) == {"transfer"}
