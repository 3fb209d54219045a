"""Sections 11 and 12 of PROTOCOL.md, asked of the emulator: events, and what may go wrong."""

from __future__ import annotations

from .outbox import Channel
from .wire import (
    TURN,
    Event,
    EventType,
    Opcode,
    PacketFlags,
    State,
)
from .world import (
    RESUME,
    SECOND,
    World,
    count_up,
    idle,
    indices,
    sampling,
)


class TestEventsAndErrors:
    """Sections 11 and 12."""

    def test_state_events(self) -> None:
        world = sampling()
        world.stop()
        assert world.event_values(EventType.STATE) == [0x11, 0x10]
        assert [e.index for e in world.events] == [0, 0]

    def test_button(self) -> None:
        world = sampling()
        world.clip.press_button(3)
        world.receive()
        assert world.events[-1] == Event(EventType.BUTTON, 3, 200, SECOND)

    def test_without_a_subscription_events_are_lost(self) -> None:
        world = World().connect(channels=(Channel.CONTROL,))
        world.ask(Opcode.MARK, 1)
        assert not world.events

    def test_a_sensor_silent_for_1_s_is_a_fault_and_the_index_goes_on(self) -> None:
        world = sampling()
        world.faults.stalled = True
        world.wait(1_000_000, 5000)
        assert State.SENSOR_FAULT not in world.clip.state
        world.wait(2 * SECOND)
        assert State.SENSOR_FAULT in world.clip.state
        assert world.event_values(EventType.SENSOR_FAULT) == [world.faults.sensor_code]
        assert indices(world.live) == list(range(200))
        world.faults.stalled = False
        world.wait(2 * SECOND)
        assert State.SENSOR_FAULT not in world.clip.state
        first = next(p for p in world.live if p.index >= 200)
        assert first.flags == PacketFlags.LOST_BEFORE | PacketFlags.SETTLING
        assert first.time_us == 2500 + first.index * 5000
        assert world.stop()[1] == 1200

    def test_a_sensor_that_repeats_itself_for_1_s_is_a_fault(self) -> None:
        world = sampling()
        world.faults.stuck = True
        world.wait(990_000, 5000)
        assert State.SENSOR_FAULT not in world.clip.state
        world.wait(2 * SECOND)
        assert State.SENSOR_FAULT in world.clip.state
        assert indices(world.live)[-1] < 400
        world.faults.stuck = False
        world.wait(SECOND)
        assert State.SENSOR_FAULT not in world.clip.state
        assert world.live[-1].flags == PacketFlags.NONE  # nobody switched it off and on
        assert world.event_values(EventType.SENSOR_FAULT) == [world.faults.sensor_code]

    def test_samples_are_left_out_until_one_differs(self) -> None:
        values = dict.fromkeys(range(100, 400), (7,) * 6)
        world = World(source=lambda i: values.get(i, count_up(i))).connect()
        world.start()
        world.wait(2_500_000)
        assert indices(world.live)[299:301] == [299, 400]
        assert [p.index for p in world.live if PacketFlags.LOST_BEFORE in p.flags] == [400]

    def test_a_fault_ends_with_its_stream(self) -> None:
        world = sampling()
        world.faults.stalled = True
        world.wait(2 * SECOND).stop()
        assert State.SENSOR_FAULT not in world.clip.state

    def test_battery_low_is_told_once_each_time_it_falls_below_10_percent(self) -> None:
        world = idle()
        for percent in (11, 9, 8, 12, 5):
            world.clip.set_battery(percent)
        world.receive()
        assert world.event_values(EventType.BATTERY) == [9, 5]

    def test_lost_samples_are_no_fault(self) -> None:
        world = idle()
        world.faults.lost = lambda i: 20 <= i < 150
        world.start()
        world.wait(SECOND)
        assert State.SENSOR_FAULT not in world.clip.state

    def test_after_a_reset_resume_begins_a_new_stream(self) -> None:
        world = sampling()
        before = world.info
        world.clip.reset()
        world.connect()
        assert world.start(RESUME)[1:] == (0, 0, 0)
        assert world.info.boot_id != before.boot_id
        assert world.info.stream_id != before.stream_id


def test_the_host_of_section_16_gets_every_sample_over_a_lost_link() -> None:
    world = World().connect()
    world.ask(Opcode.SET_TIME, 1_700_000_000_000)
    stream_id = world.start()[0]
    world.wait(3 * SECOND)
    world.clip.disconnect()
    world.wait(12 * SECOND, SECOND).connect()
    assert State.SAMPLING in State(world.info.state)
    answer = world.start(RESUME)
    assert answer[:2] == (stream_id, 1)
    last = indices(world.live)[-1]
    assert world.refill((last + 1) % TURN, answer[2] - last - 1) == (last + 1, answer[2] - last - 1)
    world.wait(2 * SECOND)
    total = world.stop()[1]
    got = {i: s for p in world.live + world.transferred for i, s in enumerate(p.samples, p.index)}
    assert got == {i: count_up(i) for i in range(total)}
