"""Section 6 of PROTOCOL.md, asked of the emulator: requests and responses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .emulated_clip import EmulatedClip, NotSubscribedError
from .hardware import ClipModel
from .outbox import Channel
from .wire import (
    ARGUMENTS,
    MARK_RESPONSE,
    PING_RESPONSE,
    Capability,
    Config,
    Event,
    EventType,
    Info,
    Opcode,
    Status,
    TransferEnd,
    request,
)
from .world import (
    FAST,
    LOG,
    RESUME,
    SECOND,
    SERIAL,
    World,
    hexadecimal,
    idle,
    indices,
    lingering,
    logging,
    sampling,
)


class TestControlPoint:
    """Section 6."""

    def test_indications_must_be_on(self) -> None:
        world = World().connect(channels=(Channel.IMU,))
        with pytest.raises(NotSubscribedError):
            world.clip.write_control(request(Opcode.ABORT))

    @pytest.mark.parametrize(
        ("written", "answer"),
        [("", "80 00 02"), ("05", "85 00 02"), ("05 07 443322", "85 07 02"), ("7E 04", "FE 04 01"), ("7E", "FE 00 02")],
    )
    def test_garbage_is_answered(self, written: str, answer: str) -> None:
        assert idle().write(hexadecimal(written)) == hexadecimal(answer)

    def test_surplus_bytes_are_ignored(self) -> None:
        assert idle().write(hexadecimal("14 01 FFFF")) == hexadecimal("94 01 00")

    @given(st.lists(st.binary(max_size=24), max_size=8))
    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    def test_whatever_is_written_has_one_well_formed_response(self, written: list[bytes]) -> None:
        world = idle()
        for value in written:
            before = len(world.responses)
            answer = world.write(value)
            world.wait(30_000)
            assert len(world.responses) == before + 1
            assert answer[:2] == bytes([([*value, 0][0]) | 0x80, [*value, 0, 0][1]])
            assert 3 <= len(answer) <= (20 if answer[2] == Status.OK else 3)

    @pytest.mark.parametrize("opcode", [o for o in Opcode if ARGUMENTS[o].size])
    def test_too_few_bytes_are_malformed(self, opcode: Opcode) -> None:
        short = bytes([opcode, 9]) + bytes(ARGUMENTS[opcode].size - 1)
        assert idle().write(short) == bytes([opcode | 0x80, 9, Status.MALFORMED])

    @pytest.mark.parametrize(
        ("lacking", "opcode", "arguments"),
        [
            (Capability.LED, Opcode.IDENTIFY, (9, 99)),
            (Capability.SLEEP, Opcode.SLEEP, ()),
            (Capability.LOG, Opcode.RECORD_COUNT, ()),
            (Capability.LOG, Opcode.RECORD_INFO, (0, 9)),
            (Capability.LOG, Opcode.RECORD_READ, (0, 0, 0)),
            (Capability.LOG, Opcode.RECORD_DELETE, (0, 0)),
            (Capability.LOG, Opcode.START, (LOG,)),
        ],
    )
    def test_not_supported_comes_before_the_range(
        self, lacking: Capability, opcode: Opcode, arguments: tuple[int, ...]
    ) -> None:
        world = World(replace(FAST, capabilities=Capability(15) & ~lacking)).connect()
        assert world.refused(opcode, *arguments) == Status.NOT_SUPPORTED

    @pytest.mark.parametrize(
        ("opcode", "arguments"),
        [
            (Opcode.IDENTIFY, (3, 1)),
            (Opcode.IDENTIFY, (1, 0)),
            (Opcode.IDENTIFY, (2, 31)),
            (Opcode.CONFIGURE, (24, 16, 2000, 50)),
            (Opcode.CONFIGURE, (417, 16, 2000, 50)),
            (Opcode.CONFIGURE, (200, 17, 2000, 50)),
            (Opcode.CONFIGURE, (200, 16, 2001, 50)),
            (Opcode.CONFIGURE, (200, 16, 2000, 4)),
            (Opcode.CONFIGURE, (200, 16, 2000, 251)),
            (Opcode.CONFIGURE, (416, 16, 2000, 5)),
            (Opcode.SET_ROLE, (4,)),
            (Opcode.REFILL, (0, 0)),
            (Opcode.RECORD_INFO, (0, 3)),
        ],
    )
    def test_out_of_range_comes_before_the_state(self, opcode: Opcode, arguments: tuple[int, ...]) -> None:
        for state in (idle, logging):
            assert state().refused(opcode, *arguments) == Status.OUT_OF_RANGE

    def test_identify(self) -> None:
        world = idle()
        assert world.ask(Opcode.IDENTIFY, 1, 30) == b""
        assert world.clip.identifying == (1, 30 * SECOND)
        world.ask(Opcode.IDENTIFY, 0, 0)
        assert world.clip.identifying is None

    def test_configure_takes_the_nearest_setting_that_is_not_lower(self) -> None:
        world = World(ClipModel()).connect()
        config = Config.unpack(world.ask(Opcode.CONFIGURE, 53, 5, 501, 77))
        assert config[:5] == (104, 8, 1000, 77, 1)
        assert config == world.info.config

    def test_the_epoch_rises_only_if_something_changed_and_wraps_after_15(self) -> None:
        world = World(ClipModel()).connect()
        epochs = [Config.unpack(world.ask(Opcode.CONFIGURE, 200, 16, 2000, b)).epoch for b in (50, 60, 60, 61)]
        assert epochs == [0, 1, 1, 2]
        epochs += [Config.unpack(world.ask(Opcode.CONFIGURE, 200, 16, 2000, b)).epoch for b in range(70, 84)]
        assert epochs[-2:] == [15, 0]

    def test_settings_and_role_outlive_a_reset(self) -> None:
        world = World(ClipModel()).connect()
        world.ask(Opcode.CONFIGURE, 100, 4, 500, 20)
        world.ask(Opcode.SET_ROLE, 3)
        config = world.info.config
        world.clip.reset()
        assert world.info.config == config
        assert world.info.role == 3
        clip = EmulatedClip(SERIAL, lambda: 0, settings=world.clip.settings)
        assert Info.unpack(clip.info).config == config

    def test_start_while_sampling_is_invalid_state_but_resume_goes_on(self) -> None:
        world = sampling()
        assert world.refused(Opcode.START, 0) == Status.INVALID_STATE
        assert world.start(RESUME) == (1, 1, 200, 1 * SECOND)

    def test_starting_to_log_needs_stop_first(self) -> None:
        assert sampling().refused(Opcode.START, LOG | RESUME) == Status.INVALID_STATE
        assert logging().start(LOG | RESUME)[1] == 1

    def test_start_needs_a_sensor_and_room(self) -> None:
        world = idle()
        world.clip.flash.capacity = 0
        assert world.refused(Opcode.START, LOG) == Status.STORAGE
        world.faults.stalled = True
        assert world.refused(Opcode.START, 0) == Status.SENSOR

    def test_live_packets_flow_only_while_subscribed_and_after_that(self) -> None:
        world = World().connect(channels=(Channel.CONTROL,))
        world.start()
        world.wait(SECOND)
        assert not world.live
        world.clip.subscribe(Channel.IMU)
        world.wait(SECOND)
        assert indices(world.live) == list(range(200, 400))
        world.clip.subscribe(Channel.IMU, False)
        world.wait(SECOND)
        assert len(indices(world.live)) == 200

    def test_live_packets_flow_only_after_start_was_answered(self) -> None:
        world = idle()
        world.clip.write_control(request(Opcode.START, 1, 0))
        world.time_us += 100_000
        world.receive()
        world.wait(SECOND)
        assert world.order[0] == "control"
        assert world.live[0].index == 20

    def test_stop_sends_the_packet_being_filled_before_its_response(self) -> None:
        world = idle()
        world.start()
        world.wait(13 * 5000, step_us=5000)
        world.order.clear()
        assert world.stop() == (1, 13)
        assert [o for o in world.order if o != "event"] == ["imu", "control"]
        assert indices(world.live) == list(range(13))

    def test_stop_when_not_sampling_tells_about_the_last_stream(self) -> None:
        world = idle()
        assert world.stop() == (0, 0)
        world.start()
        world.wait(SECOND)
        assert [world.stop(), world.stop()] == [(1, 200), (1, 200)]

    def test_stop_ends_a_refill_with_aborted(self) -> None:
        world = sampling()
        world.faults.hold_transfer = True
        world.refill(0, 100)
        world.stop()
        assert world.ends == [TransferEnd(Status.ABORTED, 0, 0)]

    def test_ping(self) -> None:
        world = idle().wait(SECOND)
        world.clip.write_control(request(Opcode.PING, 1, 77))
        world.time_us += 345
        world.receive()
        assert PING_RESPONSE.unpack(world.responses[-1][3:]) == (77, SECOND, SECOND + 345)

    def test_mark_is_an_event_too(self) -> None:
        world = sampling()
        assert MARK_RESPONSE.unpack(world.ask(Opcode.MARK, 42)) == (200, SECOND)
        assert world.events[-1] == Event(EventType.MARK, 42, 200, SECOND)

    def test_a_mark_goes_into_the_record(self) -> None:
        world = logging()
        world.ask(Opcode.MARK, 42)
        assert world.clip.flash.open
        assert world.clip.flash.open.marks == [(200, 42)]

    def test_sleep_is_answered_and_the_button_wakes(self) -> None:
        world = idle()
        boot = world.info.boot_id
        world.ask(Opcode.SLEEP)
        assert world.clip.asleep
        world.clip.press_button()
        assert not world.clip.asleep
        assert world.info.boot_id == boot + 1

    def test_a_clip_may_be_silent(self) -> None:
        world = idle()
        world.faults.mute_control = True
        world.clip.write_control(request(Opcode.ABORT))
        world.receive()
        assert not world.responses

    def test_one_indication_at_a_time(self) -> None:
        world = idle()
        world.clip.write_control(request(Opcode.ABORT, 1))
        assert world.clip.poll(may_indicate=False) is None
        assert world.clip.poll(may_indicate=True)

    def test_a_second_request_before_the_first_response_is_answered_in_turn(self) -> None:
        world = idle()
        world.clip.write_control(request(Opcode.MARK, 1, 0))
        world.clip.write_control(request(Opcode.MARK, 2, 0))
        world.receive()
        assert [r[1] for r in world.responses] == [1, 2]

    def test_no_room_is_noticed_before_a_silent_sensor(self) -> None:
        world = idle()
        world.clip.flash.capacity = 0
        world.faults.stalled = True
        assert world.refused(Opcode.START, LOG) == Status.STORAGE

    def test_unknown_flags_are_ignored(self) -> None:
        world = idle()
        assert world.start(0xFC)[1] == 0
        assert world.start(0xFE)[1] == 1

    def test_the_live_packets_of_a_stream_that_a_host_resumes_begin_after_its_answer(self) -> None:
        world = lingering()
        world.wait(SECOND)
        assert indices(world.live) == list(range(200))
        index = world.start(RESUME)[2]
        world.wait(SECOND)
        assert indices(world.live)[200] == index == 600
