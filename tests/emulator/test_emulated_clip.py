"""What PROTOCOL.md says of a clip, each statement with its section, asked of the emulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .emulated_clip import EmulatedClip, NotSubscribedError
from .hardware import ClipModel, Faults, Settings
from .outbox import Channel
from .wire import (
    ARGUMENTS,
    INFO_BYTES,
    INVALID,
    MARK_RESPONSE,
    OVERRANGE,
    PING_RESPONSE,
    RECORD_COUNT_RESPONSE,
    RECORD_PAGE_0,
    RECORD_PAGE_1,
    RECORD_READ_RESPONSE,
    REFILL_RESPONSE,
    SAMPLE,
    SERVICE_DATA,
    START_RESPONSE,
    STOP_RESPONSE,
    TURN,
    Capability,
    Config,
    Event,
    EventType,
    Info,
    Opcode,
    Packet,
    PacketFlags,
    PacketType,
    RecordFlags,
    StartFlags,
    State,
    Status,
    TransferEnd,
    crc32,
    request,
)

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
        stream = self.clip.stream
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


class TestConventions:
    """Section 1."""

    def test_crc_of_the_nine_digits(self) -> None:
        assert crc32(b"123456789") == 0xCBF43926

    def test_every_message_but_info_fits_the_smallest_payload(self) -> None:
        data = [CONFIG_BYTES, START_RESPONSE.size, STOP_RESPONSE.size, PING_RESPONSE.size, RECORD_PAGE_0.size]
        assert max([*data, RECORD_PAGE_1.size, 1 + CONFIG_BYTES]) == 17
        assert max(2 + layout.size for layout in ARGUMENTS.values()) <= 20
        assert INFO_BYTES == 36

    def test_messages_carry_the_low_32_bits_of_device_time(self) -> None:
        world = idle().wait(2**32 + 7, step_us=2**32)
        assert MARK_RESPONSE.unpack(world.ask(Opcode.MARK, 1)) == (0, 7)
        assert world.clip.device_us() == 2**32 + 7


CONFIG_BYTES = 15


class TestAdvertising:
    """Section 2."""

    def test_service_data_and_name(self) -> None:
        clip = World().clip
        assert clip.service_data == hexadecimal("01 00 10 64 A1B2C3D4E5F6")
        assert clip.local_name == "IH-4E5F6"

    def test_battery_not_known_is_255(self) -> None:
        world = World()
        world.clip.set_battery(None)
        assert SERVICE_DATA.unpack(world.clip.service_data)[3] == 255

    def test_fast_for_30_s_after_power_on_button_and_lost_link(self) -> None:
        world = World()
        assert world.clip.advertising_interval_ms == 100
        world.time_us = 30 * SECOND
        assert world.clip.advertising_interval_ms == 500
        world.clip.press_button()
        assert world.clip.advertising_interval_ms == 100
        world.time_us = 70 * SECOND
        world.connect()
        world.clip.disconnect()
        assert world.clip.advertising_interval_ms == 100

    def test_changes_of_role_state_and_battery_renew_the_service_data(self) -> None:
        world = idle()
        seen: list[bytes] = []
        world.clip.on_change = lambda: seen.append(world.clip.service_data)
        world.ask(Opcode.SET_ROLE, 2)
        world.start()
        world.clip.set_battery(55)
        assert [SERVICE_DATA.unpack(s)[1:4] for s in seen] == [(2, 0x10, 100), (2, 0x11, 100), (2, 0x11, 55)]


class TestInfo:
    """Section 3."""

    def test_fields(self) -> None:
        world = World()
        info = world.info
        assert (info.major, info.minor, info.role, info.state) == (1, 0, 0, State.PAIRING)
        assert info.config[:5] == (200, 16, 2000, 50, 0)
        assert (info.capabilities, info.stream_id, info.boot_id) == (15, 0, 1)
        assert info.ring_samples >= 30 * info.max_rate_hz
        assert info.serial.hex().upper() == SERIAL == world.clip.serial
        assert len(world.clip.info) == 36
        assert Info.unpack(info.pack()) == info

    def test_stream_id_rises_with_each_stream_but_not_with_resume(self) -> None:
        world = idle()
        assert world.start()[0] == 1
        assert world.start(RESUME)[0] == 1
        world.stop()
        assert world.start(RESUME)[0] == 2
        assert world.info.stream_id == 2

    def test_another_boot_has_another_boot_id(self) -> None:
        world = World()
        before = world.info.boot_id
        world.clip.reset()
        assert world.info.boot_id != before

    def test_a_later_minor_version_appends(self) -> None:
        world = World()
        world.faults.info_tail = b"\x01\x02"
        assert len(world.clip.info) == 38
        assert world.info.serial.hex().upper() == SERIAL

    def test_another_major_version_is_in_info_service_data_and_packets(self) -> None:
        world = idle()
        world.faults.major = 2
        world.start()
        world.wait(SECOND)
        world.refill(0, 10)
        assert world.info.major == SERVICE_DATA.unpack(world.clip.service_data)[0] == 2
        assert {p.major for p in world.live + world.transferred} | {world.ends[-1].major} == {2}


class TestPairing:
    """Section 4."""

    def test_pairing_is_accepted_for_60_s_after_switching_on_and_after_holding_the_button(self) -> None:
        world = idle()
        assert world.clip.state == State.PAIRING
        world.wait(60 * SECOND - 1, SECOND)
        assert world.clip.state == State.PAIRING
        world.wait(1)
        assert world.clip.state == State.IDLE
        assert world.event_values(EventType.STATE) == [0]
        world.clip.hold_button()
        assert world.clip.state == State.PAIRING

    def test_subscriptions_end_with_the_connection(self) -> None:
        world = sampling()
        world.clip.disconnect()
        world.clip.connect(247)
        with pytest.raises(NotSubscribedError):
            world.clip.write_control(request(Opcode.ABORT))


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


def lingering() -> World:
    world = sampling()
    world.clip.disconnect()
    return world.wait(SECOND).connect()


def lingering_and_logging() -> World:
    world = logging()
    world.clip.disconnect()
    return world.wait(SECOND).connect()


ALWAYS = (
    (Opcode.PING, (1,)),
    (Opcode.MARK, (1,)),
    (Opcode.IDENTIFY, (1, 1)),
    (Opcode.SET_ROLE, (1,)),
    (Opcode.SET_TIME, (1,)),
    (Opcode.RECORD_COUNT, ()),
    (Opcode.ABORT, ()),
)
CONFIGURE = (Opcode.CONFIGURE, (200, 16, 2000, 60))
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

    def test_a_connection_alone_does_not_stop_the_30_s(self) -> None:
        world = sampling()
        world.clip.disconnect()
        world.wait(20 * SECOND, SECOND).connect()
        assert State.LINGERING in world.clip.state
        world.wait(10 * SECOND)
        assert world.clip.state == State.PAIRING
        assert world.event_values(EventType.STATE)[-1] == State.PAIRING
        assert world.refill(6200 - 10, 10) == (6190, 10)

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

    def test_a_silent_sensor_is_a_fault_and_the_index_goes_on(self) -> None:
        world = sampling()
        world.faults.stalled = True
        world.wait(3 * SECOND)
        assert State.SENSOR_FAULT in world.clip.state
        assert world.event_values(EventType.SENSOR_FAULT) == [world.faults.sensor_code]
        assert indices(world.live) == list(range(200))
        world.faults.stalled = False
        world.wait(2 * SECOND)
        assert State.SENSOR_FAULT not in world.clip.state
        first = next(p for p in world.live if p.index >= 200)
        assert PacketFlags.LOST_BEFORE in first.flags
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
        assert PacketFlags.SETTLING in next(p for p in world.live if p.index > 400).flags

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


class TestGuesses:
    """What the document leaves open, as the emulator does it. Each of these is a finding, not a requirement."""

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

    def test_stop_leaves_a_record_transfer_alone(self) -> None:
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

    def test_full_flash_without_a_host_begins_the_30_s(self) -> None:
        world = World()
        world.clip.flash.capacity = 200 * 20
        assert world.clip.start_by_button()
        world.wait(20 * SECOND + 5000 + 30 * SECOND - 1, SECOND)
        assert world.clip.state & (State.SAMPLING | State.LOGGING) == State.SAMPLING
        world.wait(1)
        assert State.SAMPLING not in world.clip.state

    def test_a_second_request_before_the_first_response_is_answered_in_turn(self) -> None:
        world = idle()
        world.clip.write_control(request(Opcode.MARK, 1, 0))
        world.clip.write_control(request(Opcode.MARK, 2, 0))
        world.receive()
        assert [r[1] for r in world.responses] == [1, 2]

    def test_the_end_of_a_transfer_goes_before_the_response_to_abort(self) -> None:
        world = sampling()
        world.faults.hold_transfer = True
        world.refill(0, 100)
        world.order.clear()
        world.ask(Opcode.ABORT)
        assert world.order[:2] == ["transfer", "control"]


class TestWorkedExamples:
    """Section 15, byte for byte."""

    def example_clip(self) -> World:
        model = ClipModel()
        world = World(model)
        world.clip.settings = Settings(bytes.fromhex(SERIAL), model.config(104, 16, 2000, 50, 0))
        return world.connect()

    def test_a_live_packet(self) -> None:
        first, second = (0, 0, 2048, 10, -10, 0), (32767, 0, 2048, 10, -10, 0)
        written = hexadecimal("10 32 FFFF 40420F00   0000 0000 0008 0A00 F6FF 0000   FF7F 0000 0008 0A00 F6FF 0000")
        packet = Packet(1, PacketType.LIVE, 3, PacketFlags.ACC_OVERRANGE, 65535, 1_000_000, (first, second))
        assert packet.pack() == written
        assert Packet.unpack(written) == packet

    def test_the_live_packet_by_a_clip(self) -> None:
        # 50 Hz and 50 ms make packets of 2; instants before 65 535 are not of interest here.
        model = ClipModel(rates_hz=(50,))
        samples = {65535: (0, 0, 2048, 10, -10, 0), 65536: (32767, 0, 2048, 10, -10, 0)}
        world = World(model, lambda i: samples.get(i)).connect()
        world.clip.settings.config = model.config(50, 16, 2000, 50, 3)
        world.start()
        assert world.clip.stream
        world.clip.stream.next_index = 65535
        world.clip.stream.start_us = 1_000_000 - 65535 * 20_000 - 10_000
        world.wait(1_030_000, step_us=1_030_000)
        written = "10 32 FFFF 40420F00   0000 0000 0008 0A00 F6FF 0000   FF7F 0000 0008 0A00 F6FF 0000"
        assert [p.pack() for p in world.live] == [hexadecimal(written)]

    def test_ping(self) -> None:
        world = idle().wait(5_000_000)
        world.clip.write_control(hexadecimal("05 07 44332211"))
        world.time_us += 120
        world.receive()
        assert world.responses == [hexadecimal("85 07 00 44332211 404B4C00 B84B4C00")]

    def test_configure(self) -> None:
        answer = self.example_clip().write(hexadecimal("02 01 C800 10 D007 32"))
        assert answer == hexadecimal("82 01 00 D000 10 D007 32 01 DCD09C3B 7522A03A")

    def test_start(self) -> None:
        world = idle()
        world.clip.settings.stream_id = 8
        world.time_us = 6_000_000
        assert world.write(hexadecimal("03 02 00")) == hexadecimal("83 02 00 0900 00 0000 808D5B00")

    def test_refill(self) -> None:
        world = idle()
        world.start()
        world.skip_to(65_360).wait(SECOND)
        assert world.write(hexadecimal("07 03 DCFF 3C00")) == hexadecimal("87 03 00 DCFF 3C00")
        assert indices(world.transferred)[:1] == [65500]
        assert world.ends[0].samples == 60
        assert TransferEnd(Status.OK, 60, 0x89ABCDEF).pack() == hexadecimal("1F 00 0000 3C000000 EFCDAB89")

    def test_an_unknown_request(self) -> None:
        assert idle().write(hexadecimal("7E 04")) == hexadecimal("FE 04 01")


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
