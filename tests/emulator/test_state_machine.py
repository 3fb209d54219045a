"""Section 7 of PROTOCOL.md, asked of the emulator: what is possible when, and lingering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from .wire import (
    Capability,
    EventType,
    Opcode,
    PacketFlags,
    RecordFlags,
    State,
    Status,
    request,
)
from .world import (
    CONFIGURE,
    FAST,
    LOG,
    RESUME,
    SECOND,
    World,
    idle,
    indices,
    lingering,
    lingering_and_logging,
    logging,
    page,
    sampling,
)

ALWAYS = (
    (Opcode.PING, (1,)),
    (Opcode.MARK, (1,)),
    (Opcode.IDENTIFY, (1, 1)),
    (Opcode.SET_ROLE, (1,)),
    (Opcode.SET_TIME, (1,)),
    (Opcode.RECORD_COUNT, ()),
    (Opcode.ABORT, ()),
)
RECORD_READ = (Opcode.RECORD_READ, (9, 0, 0))
RECORD_DELETE = (Opcode.RECORD_DELETE, (9, 0))
STATES = [idle, sampling, logging, lingering, lingering_and_logging]


class TestStateMachine:
    """Section 7."""

    @pytest.mark.parametrize("state", STATES)
    def test_what_is_possible_in_every_state(self, state: Callable[[], World]) -> None:
        world = state()
        for opcode, arguments in ALWAYS:
            world.ask(opcode, *arguments)
        assert world.refused(Opcode.RECORD_INFO, 0, 0) == Status.NOT_FOUND

    @pytest.mark.parametrize(
        ("state", "expected"), list(zip(STATES, [Status.OK] + [Status.INVALID_STATE] * 4, strict=True))
    )
    @pytest.mark.parametrize(("opcode", "arguments"), [CONFIGURE, (Opcode.SLEEP, ())])
    def test_configure_and_sleep(
        self, state: Callable[[], World], expected: Status, opcode: Opcode, arguments: tuple[int, ...]
    ) -> None:
        assert state().write(request(opcode, 0, *arguments))[2] == expected

    @pytest.mark.parametrize(
        ("state", "plain", "resumed"),
        list(zip(STATES, [Status.OK] + [Status.INVALID_STATE] * 4, [0, 1, 1, 1, 1], strict=True)),
    )
    def test_start(self, state: Callable[[], World], plain: Status, resumed: int) -> None:
        assert state().write(request(Opcode.START, 0, 0))[2] == plain
        assert state().start(RESUME)[1] == resumed

    @pytest.mark.parametrize(("state", "samples"), list(zip(STATES, [0, 200, 200, 400, 400], strict=True)))
    def test_stop(self, state: Callable[[], World], samples: int) -> None:
        world = state()
        assert world.stop()[1] == samples
        assert world.clip.state == State.PAIRING

    @pytest.mark.parametrize("state", STATES[1:])
    def test_refill_while_there_is_a_stream(self, state: Callable[[], World]) -> None:
        assert state().refill(10, 20) == (10, 20)

    def test_refill_until_the_next_start(self) -> None:
        world = sampling()
        world.stop()
        assert world.refill(10, 20) == (10, 20)
        world.start()
        assert world.refused(Opcode.REFILL, 10, 20) == Status.OUT_OF_RANGE

    @pytest.mark.parametrize("state", STATES)
    @pytest.mark.parametrize(("opcode", "arguments"), [RECORD_READ, RECORD_DELETE])
    def test_records_unless_logging(
        self, state: Callable[[], World], opcode: Opcode, arguments: tuple[int, ...]
    ) -> None:
        logs = state in (logging, lingering_and_logging)
        assert state().refused(opcode, *arguments) == (Status.INVALID_STATE if logs else Status.NOT_FOUND)

    @pytest.mark.parametrize(
        ("opcode", "arguments"), [CONFIGURE, RECORD_READ, RECORD_DELETE, (Opcode.REFILL, (0, 1)), (Opcode.SLEEP, ())]
    )
    def test_busy_while_a_transfer_runs(self, opcode: Opcode, arguments: tuple[int, ...]) -> None:
        world = sampling()
        world.stop()
        world.faults.hold_transfer = True
        world.refill(0, 100)
        assert State.TRANSFERRING in world.clip.state
        assert world.refused(opcode, *arguments) == Status.BUSY
        for other, values in ALWAYS[:-1]:
            world.ask(other, *values)

    def test_the_state_goes_before_busy(self) -> None:
        world = sampling()
        world.faults.hold_transfer = True
        world.refill(0, 100)
        assert world.refused(*CONFIGURE[:1], *CONFIGURE[1]) == Status.INVALID_STATE

    def test_it_lingers_for_30_s(self) -> None:
        world = sampling()
        world.clip.disconnect()
        world.wait(30 * SECOND - 1, SECOND)
        assert world.clip.state == State.SAMPLING | State.LINGERING | State.PAIRING
        world.wait(1)
        assert world.clip.state == State.PAIRING
        assert world.connect().stop()[1] == 31 * 200

    def test_they_do_not_run_out_while_a_host_is_connected(self) -> None:
        world = sampling()
        world.clip.disconnect()
        world.wait(29 * SECOND, SECOND).connect().wait(10 * SECOND, SECOND)
        assert world.clip.state == State.SAMPLING | State.LINGERING | State.PAIRING
        stream_id, resumed, index, _ = world.start(RESUME)
        assert (stream_id, resumed, index) == (1, 1, 8000)
        assert State.LINGERING not in world.clip.state
        assert world.refill(8000 - 10, 10) == (7990, 10)

    def test_a_connection_that_outlasts_them_without_a_resume_ends_the_stream_with_itself(self) -> None:
        world = sampling()
        world.clip.disconnect()
        world.wait(20 * SECOND, SECOND).connect().wait(15 * SECOND, SECOND)
        world.clip.disconnect()
        assert State.SAMPLING not in world.clip.state
        assert world.connect().refill(36 * 200 - 10, 10) == (36 * 200 - 10, 10)

    def test_a_second_loss_does_not_begin_the_30_s_anew(self) -> None:
        world = sampling()
        world.clip.disconnect()
        world.wait(20 * SECOND, SECOND).connect().clip.disconnect()
        world.wait(10 * SECOND)
        assert State.SAMPLING not in world.clip.state

    def test_resume_ends_the_lingering_and_the_index_goes_on(self) -> None:
        world = sampling()
        world.clip.disconnect()
        world.wait(10 * SECOND, SECOND).connect()
        stream_id, resumed, index, _ = world.start(RESUME)
        assert (stream_id, resumed, index) == (1, 1, 2200)
        assert State.LINGERING not in world.clip.state
        world.wait(40 * SECOND, 350_000)
        assert State.SAMPLING in world.clip.state
        assert indices(world.live)[199:201] == [199, 2200]
        assert not any(PacketFlags.LOST_BEFORE in p.flags for p in world.live)

    def test_a_logged_stream_lingers_on(self) -> None:
        world = logging()
        world.clip.disconnect()
        world.wait(40 * SECOND, SECOND)
        assert world.clip.state == State.SAMPLING | State.LINGERING | State.LOGGING | State.PAIRING

    def test_full_flash_ends_the_logging_but_not_the_stream(self) -> None:
        world = idle()
        world.clip.flash.capacity = 100
        world.start(LOG)
        world.wait(SECOND)
        assert world.clip.state == State.SAMPLING | State.PAIRING
        assert world.event_values(EventType.STATE)[-2:] == [0x13, 0x11]
        assert indices(world.live) == list(range(200))
        assert page(world, 1)[3] == RecordFlags.NONE

    def test_the_button_begins_a_stream_that_is_logged(self) -> None:
        world = World()
        assert world.clip.start_by_button()
        world.wait(SECOND).connect()
        assert world.clip.state == State.SAMPLING | State.LOGGING | State.PAIRING
        world.wait(SECOND)
        assert not world.live
        assert world.start(RESUME)[:3] == (1, 1, 400)

    def test_an_empty_battery_ends_the_stream(self) -> None:
        world = logging()
        world.clip.set_battery(9)
        assert State.BATTERY_LOW in world.clip.state
        world.clip.set_battery(0)
        world.receive()
        assert world.event_values(EventType.BATTERY) == [9]
        assert State.SAMPLING not in world.clip.state
        assert page(world, 1)[3] == RecordFlags.NONE

    def test_full_flash_without_a_host_begins_the_30_s(self) -> None:
        world = World()
        world.clip.flash.capacity = 200 * 20
        assert world.clip.start_by_button()
        world.wait(20 * SECOND + 5000 + 30 * SECOND - 1, SECOND)
        assert world.clip.state & (State.SAMPLING | State.LOGGING) == State.SAMPLING
        world.wait(1)
        assert State.SAMPLING not in world.clip.state

    def test_a_host_that_only_looks_on_keeps_it_alive_as_long_as_it_looks(self) -> None:
        world = World()
        world.clip.flash.capacity = 200 * 20
        assert world.clip.start_by_button()
        world.wait(SECOND).connect().wait(60 * SECOND, SECOND)
        assert State.SAMPLING in world.clip.state
        world.clip.disconnect()
        assert State.SAMPLING not in world.clip.state

    def test_one_that_resumed_it_has_it_for_good(self) -> None:
        world = World()
        world.clip.flash.capacity = 200 * 20
        assert world.clip.start_by_button()
        world.wait(SECOND).connect().start(RESUME)
        world.wait(60 * SECOND, SECOND)
        assert State.SAMPLING in world.clip.state

    def test_the_button_ends_what_it_began(self) -> None:
        world = World()
        assert world.clip.start_by_button()
        world.wait(SECOND)
        assert world.clip.stop_by_button()
        assert world.clip.state == State.PAIRING
        assert page(world.connect(), 1)[3] == RecordFlags.COMPLETE
        world.start()
        assert not world.clip.stop_by_button()

    def test_a_clip_without_flash_does_not_sample_by_button(self) -> None:
        assert not World(replace(FAST, capabilities=Capability.BUTTON)).clip.start_by_button()

    def test_a_logged_stream_that_lingers_and_is_stopped_is_complete(self) -> None:
        world = lingering_and_logging()
        world.stop()
        assert page(world, 1)[3] == RecordFlags.COMPLETE

    def test_after_a_reset_stop_tells_the_stream_of_info_and_no_samples(self) -> None:
        world = sampling()
        world.clip.reset()
        assert world.connect().stop() == (1, 0)
