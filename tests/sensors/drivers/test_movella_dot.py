"""Movella's DOT: what its documents say of its bytes, settings that are proven, every sample at its time or counted."""

from __future__ import annotations

import asyncio
import struct

import numpy as np
import pytest
from ble.air import Air
from hypothesis import given
from hypothesis import strategies as st
from vendors.knobs import LinkKnobs
from vendors.movella_dot import CUSTOM_5, RATE, VirtualDot, uuid_of

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import LinkError, PacketError, ProtocolError
from imu_hinge.sensors.driver import Advertised, Can, FloatArray, Told, Wanted
from imu_hinge.sensors.drivers.movella_dot import MovellaDotConversation, MovellaDotDriver
from imu_hinge.sensors.drivers.movella_dot_decoder import MovellaDotDecoder, PayloadMode
from imu_hinge.sensors.drivers.movella_dot_messages import (
    Message,
    MessageId,
    acknowledges,
    decode_message,
    encode_message,
)
from sensors.on_air import on_air

from .talking import Talk, talking

PRINTED = (
    "010740DF503B5B0807E4",
    "010141BD",
    "0102700786",
    "020108F5",
    "02025109A2",
    "02025104A7",
    "0207013D69F16ECAD453",
    "02020300F9",
    "020102FB",
    "02025000AC",
)
"""Messages printed in "Xsens DOT BLE Services Specifications", revision F; the first ends in E0 there, which its own
rule does not give."""

single = st.floats(-300.0, 300.0, width=32)


def notification(mode: PayloadMode, stamp: int, motion: tuple[float, ...], room: int = 0) -> bytes:
    orientation = struct.pack("<4f", 1, 0, 0, 0) if mode is PayloadMode.CUSTOM_5 else b""
    return (struct.pack("<I", stamp) + orientation + struct.pack("<6f", *motion)).ljust(room, b"\0")


def begun(mode: PayloadMode = PayloadMode.RATE, rate_hz: float = 60.0) -> MovellaDotDecoder:
    decoder = MovellaDotDecoder()
    decoder.begin(mode, rate_hz)
    return decoder


class TestMessages:
    @pytest.mark.parametrize("printed", PRINTED)
    def test_printed_messages_are_read_and_written_the_same(self, printed: str) -> None:
        message = decode_message(bytes.fromhex(printed))
        assert encode_message(message).hex().upper() == printed

    def test_the_printed_message_with_another_sum_is_refused(self) -> None:
        with pytest.raises(PacketError, match="sum"):
            decode_message(bytes.fromhex("010740DF503B5B0807E0"))

    def test_an_answer_to_a_synchronization_is_told_from_others(self) -> None:
        request, answer = (decode_message(bytes.fromhex(PRINTED[place])) for place in (6, 7))
        assert (request.message_id, request.code, answer.code) == (MessageId.SYNC, 1, 3)
        assert acknowledges(answer, request) == 0
        assert acknowledges(answer, Message(MessageId.RECORDING, b"\x40")) is None
        assert acknowledges(request, Message(MessageId.SYNC, b"")) == request.data[1]
        assert Message(2, b"").code is None

    @given(st.integers(0, 255), st.binary(max_size=255), st.integers(0, 5))
    def test_any_message_comes_back_from_a_characteristic_that_is_longer(
        self, mid: int, data: bytes, fill: int
    ) -> None:
        assert decode_message(encode_message(Message(mid, data)) + bytes(fill)) == Message(mid, data)

    @given(st.sampled_from(PRINTED), st.integers(0, 79))
    def test_a_damaged_message_is_refused(self, printed: str, bit: int) -> None:
        whole = bytes.fromhex(printed)
        flipped = int.from_bytes(whole, "little") ^ (1 << (bit % (8 * len(whole))))
        with pytest.raises(PacketError):
            decode_message(flipped.to_bytes(len(whole), "little"))
        with pytest.raises(PacketError):
            decode_message(whole[: bit % len(whole)])

    def test_more_data_than_a_length_can_tell_do_not_fit(self) -> None:
        with pytest.raises(ValueError, match="256"):
            encode_message(Message(1, bytes(256)))


class TestDecoder:
    @pytest.mark.parametrize(("mode", "rooms"), [(PayloadMode.RATE, (28, 40)), (PayloadMode.CUSTOM_5, (44, 63))])
    @given(motion=st.tuples(*[single] * 6))
    def test_acceleration_and_angular_rate_come_in_si_whatever_zeros_follow(
        self, mode: PayloadMode, rooms: tuple[int, ...], motion: tuple[float, ...]
    ) -> None:
        for room in rooms:
            (one,) = begun(mode).feed(notification(mode, 77, motion, room), 0.0)
            assert one.acc_m_s2[0] == pytest.approx(motion[:3])
            assert np.degrees(one.gyr_rad_s[0]) == pytest.approx(motion[3:])

    def test_stamps_go_on_when_32_bits_have_come_round(self) -> None:
        decoder = begun()
        stamps = (np.arange(600) * 1e6 / 60).astype(int) + (1 << 32) - 5_000_000
        times = [
            float(one.device_s[0])
            for at, stamp in enumerate(stamps)
            for one in decoder.feed(notification(PayloadMode.RATE, int(stamp) % (1 << 32), (0,) * 6), at / 60)
        ]
        assert np.diff(times) == pytest.approx(np.full(599, 1 / 60), abs=2e-6)
        assert decoder.books.lost == 0
        assert decoder.boot == 0

    def test_turns_are_told_apart_after_hours_out_of_reach(self) -> None:
        decoder = begun()
        decoder.feed(notification(PayloadMode.RATE, 1000, (0,) * 6), 0.0)
        away_s = 3 * (1 << 32) / 1e6 + 10.0
        (one,) = decoder.feed(notification(PayloadMode.RATE, 10_001_000, (0,) * 6), away_s + 0.3)
        assert one.device_s[0] == pytest.approx(away_s)
        assert decoder.boot == 0

    @pytest.mark.parametrize("error", [-0.02, 0.0, 0.02])
    def test_what_is_missing_is_counted_exactly_from_the_stamps(self, error: float) -> None:
        decoder = begun()
        period_us = 1e6 / 60 / (1 + error)
        missing = {50, 51, 52, 200, *range(400, 460), 900}
        for at in range(2000):
            if at not in missing:
                decoder.feed(notification(PayloadMode.RATE, int(at * period_us), (0,) * 6), at / 60)
        assert decoder.books.lost == len(missing)
        assert decoder.books.received == 2000 - len(missing)

    def test_a_sensor_that_was_off_is_another_boot_and_time_goes_on(self) -> None:
        decoder = begun()
        for at in range(60):
            decoder.feed(notification(PayloadMode.RATE, 9_000_000_00 + at * 16_667, (0,) * 6), at / 60)
        assert not decoder.wants_about
        (one,) = decoder.feed(notification(PayloadMode.RATE, 400_000, (0,) * 6), 6.0)
        assert decoder.wants_about
        assert decoder.told() == 1
        assert one.device_s[0] == pytest.approx(6.0, abs=0.1)

    @pytest.mark.parametrize("away_s", [40.0, 3.0, 600.0])
    @pytest.mark.parametrize("later_s", [1.0, 39.0])
    def test_a_sensor_that_comes_back_with_a_later_stamp_than_before_is_another_boot(
        self, away_s: float, later_s: float
    ) -> None:
        if abs(away_s - later_s) < 1.5:
            later_s = 20.0
        decoder = begun()
        for at in range(60):
            decoder.feed(notification(PayloadMode.RATE, 20_000_000 + at * 16_667, (0,) * 6), at / 60)
        decoder.begin(PayloadMode.RATE, 60.0)
        stamp = 21_000_000 + round(later_s * 1e6)
        (one,) = decoder.feed(notification(PayloadMode.RATE, stamp, (0,) * 6), 1.0 + away_s)
        assert decoder.boot == 1
        assert one.device_s[0] == pytest.approx(1.0 + away_s, abs=0.1)

    def test_a_clock_that_is_set_back_a_little_repeats_nothing(self) -> None:
        decoder = begun()
        for at in range(240):
            back = 300_000 if at >= 120 else 0
            decoder.feed(notification(PayloadMode.RATE, 9_000_000 + at * 16_667 - back, (0,) * 6), at / 60)
        assert (decoder.books.repeated, decoder.boot) == (0, 1)
        assert decoder.books.received == 240

    def test_after_a_clock_is_forgotten_nothing_is_missing(self) -> None:
        decoder = begun()
        decoder.feed(notification(PayloadMode.RATE, 0, (0,) * 6), 0.0)
        decoder.forget()
        (one,) = decoder.feed(notification(PayloadMode.RATE, 600_000_000, (0,) * 6), 20.0)
        assert (decoder.books.lost, decoder.boot) == (0, 0)
        assert one.device_s[0] >= 0.0

    def test_samples_that_come_twice_and_beyond_the_range_are_counted(self) -> None:
        decoder = begun()
        full = notification(PayloadMode.RATE, 5, (16 * GRAVITY_M_S2, 0, 0, 0, 0, 0))
        decoder.feed(full, 0.0)
        assert decoder.feed(full, 0.1) == ()
        assert (decoder.books.received, decoder.books.repeated, decoder.books.overrange) == (1, 1, 1)

    @given(st.lists(st.tuples(st.binary(max_size=70), st.floats(0, 1e4)), max_size=30))
    def test_any_bytes_give_finite_samples_or_are_refused(self, payloads: list[tuple[bytes, float]]) -> None:
        decoder = begun()
        for payload, at_s in payloads:
            before = decoder.books
            taken = decoder.feed(payload, at_s)
            after = decoder.books
            assert (after.refused - before.refused) + (after.repeated - before.repeated) + len(taken) == 1
            for one in taken:
                assert np.isfinite(one.device_s).all()
                assert np.isfinite(one.acc_m_s2).all()
                assert np.isfinite(one.gyr_rad_s).all()

    @given(st.integers(0, 27), st.integers(0, 8 * 28 - 1))
    def test_a_notification_that_is_cut_or_damaged_never_breaks_it(self, length: int, bit: int) -> None:
        decoder = begun()
        whole = notification(PayloadMode.RATE, 123_456, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0))
        assert decoder.feed(whole[:length], 0.0) == ()
        assert decoder.books.refused == 1
        decoder.feed((int.from_bytes(whole, "little") ^ (1 << bit)).to_bytes(28, "little"), 0.1)
        assert decoder.books.refused + decoder.books.received == 2

    def test_before_a_stream_begins_notifications_are_refused(self) -> None:
        decoder = MovellaDotDecoder()
        assert decoder.feed(notification(PayloadMode.RATE, 0, (0,) * 6), 0.0) == ()
        assert decoder.books.refused == 1


class TestRecognising:
    @pytest.mark.parametrize(
        "seen",
        [
            Advertised(name="Xsens DOT", address="d4:22:cd:00:12:ab"),
            Advertised(name="Movella DOT", address="D4:22:CD:00:12:AB"),
            Advertised(name="left thigh", manufacturer_data={0x0886: b""}, address="D4:22:CD:00:12:AB"),
        ],
    )
    def test_by_name_or_company_and_its_address_is_its_number(self, seen: Advertised) -> None:
        found = MovellaDotDriver().recognise(seen)
        assert found is not None
        assert found.serial == "D422CD0012AB"

    @pytest.mark.parametrize(
        "seen", [Advertised(name="DOT", address="AA"), Advertised(name="Xsens DOT"), Advertised(address="AA")]
    )
    def test_others_are_left_alone(self, seen: Advertised) -> None:
        assert MovellaDotDriver().recognise(seen) is None

    def test_it_has_a_clock_answers_no_pings_and_blinks(self) -> None:
        assert MovellaDotDriver().can == Can.STAMPS | Can.IDENTIFY


def motion(time_s: float) -> tuple[FloatArray, FloatArray]:
    swing = np.sin(2 * np.pi * 0.7 * time_s)
    return np.array([3.0 * swing, 0.5, 9.0 - swing]), np.array([1.5 * np.cos(2 * np.pi * 0.7 * time_s), 0.1, swing])


async def streamed(talk: Talk, seconds: float, rate_hz: int = 60) -> None:
    assert (await talk.conversation.configure(Wanted(rate_hz=rate_hz))).rate_hz == rate_hz
    assert not (await talk.conversation.start(resume=True)).resumed
    await asyncio.sleep(seconds)
    await talk.conversation.stop()
    await asyncio.sleep(0.5)
    talk.take()


class TestOnTheAir:
    async def test_it_says_who_it_is(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1)
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                assert talk.about.serial == sensor.serial == "D422CD000001"
                assert talk.about.firmware == "2.0.0"
                assert talk.about.battery_percent == 67
                assert not talk.about.sampling
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize("modes", [(RATE, CUSTOM_5), (CUSTOM_5,), (RATE,)])
    async def test_every_sample_arrives_at_its_time_as_it_was(self, modes: tuple[int, ...]) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1, motion=motion, drift_ppm=-50.0, modes=modes, clock_us=(1 << 32) - 10_000_000)
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                await streamed(talk, 30.0)
                assert sensor.measuring[1] == 0
                assert sensor.measuring[2] == modes[0]
            true_s = np.array(sensor.true_s)
            assert len(true_s) >= 29 * 60
            assert talk.device_s.shape == true_s.shape
            assert talk.device_s / sensor.speed == pytest.approx(true_s - true_s[0], abs=2e-6)
            felt = [sensor.motion(at_s) for at_s in true_s]
            assert talk.acc_m_s2 == pytest.approx(np.array([acc for acc, _ in felt]), abs=1e-5)
            assert talk.gyr_rad_s == pytest.approx(np.array([gyr for _, gyr in felt]), abs=1e-5)
            books = talk.decoder.books
            assert (books.lost, books.refused, books.repeated) == (0, 0, 0)
            await sensor.off_air()

        await on_air(play)

    async def test_a_rate_is_the_lowest_that_is_enough_and_60_hz_the_most(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1)
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                for wanted, granted in ((25, 30), (60, 60), (100, 60), (11, 12)):
                    assert (await talk.conversation.configure(Wanted(rate_hz=wanted))).rate_hz == granted
                    assert sensor.rate_hz == granted
                assert sensor.control[26] == 0
                assert sensor.control[8:17] == b"Movella DOT"[:9]
            await sensor.off_air()

        await on_air(play)

    async def test_a_rate_it_does_not_keep_is_an_error(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1)
            sensor.keeps_rate = False
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                with pytest.raises(ProtocolError, match="does not keep a rate of 30 Hz") as caught:
                    await talk.conversation.configure(Wanted(rate_hz=30))
                assert caught.value.advice
            await sensor.off_air()

        await on_air(play)

    async def test_a_sensor_that_knows_neither_mode_is_an_error(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1, modes=(3, CUSTOM_5))
            sensor.modes = (3,)
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                await talk.conversation.configure(Wanted())
                with pytest.raises(ProtocolError, match="acceleration and angular rate"):
                    await talk.conversation.start(resume=False)
            await sensor.off_air()

        await on_air(play)

    async def test_it_blinks_and_keeps_its_settings(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1)
            await sensor.power_on()
            before = bytes(sensor.control)
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                await talk.conversation.identify(3)
                with pytest.raises(LinkError, match="cannot tell its time"):
                    await talk.conversation.ping()
            assert sensor.identified == 1
            assert sensor.control == before
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize("rate_error", [0.0, 0.01])
    async def test_one_percent_of_loss_is_counted_exactly(self, rate_error: float) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1, knobs=LinkKnobs(loss=0.01, rate_error=rate_error))
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                await streamed(talk, 120.0)
            first_s, last_s = sensor.true_s[0], sensor.true_s[-1]
            between = [at_s for at_s in sensor.dropped_s if first_s < at_s < last_s]
            assert len(between) > 40
            assert talk.decoder.books.lost == len(between)
            assert talk.decoder.books.received == len(sensor.true_s)
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize("loses", [True, False])
    async def test_a_stall_is_late_or_lost_and_never_wrong(self, loses: bool) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1, knobs=LinkKnobs(stall_every_s=3.0, stall_s=0.2, stall_loses=loses))
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                await streamed(talk, 31.0)
            assert talk.decoder.books.lost == len(sensor.dropped_s)
            assert (len(sensor.dropped_s) > 0) == loses
            assert talk.device_s == pytest.approx(np.array(sensor.true_s) - sensor.true_s[0], abs=2e-6)
            await sensor.off_air()

        await on_air(play)

    async def test_a_lost_link_is_taken_up_again_and_a_reset_is_another_boot(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1, clock_us=100_000_000)
            await sensor.power_on()
            driver = MovellaDotDriver()
            decoder = driver.decoder()
            async with talking(driver, sensor.serial, decoder) as talk:
                await talk.conversation.configure(Wanted(rate_hz=60))
                first = await talk.conversation.start(resume=False)
                await asyncio.sleep(5.0)
                sensor.lose()
                await asyncio.sleep(0.1)
                talk.take()
            async with talking(driver, sensor.serial, decoder) as again:
                await streamed(again, 5.0)
                assert again.about.boot == 0
                true_s = np.array(sensor.true_s)
                device_s = np.concatenate([talk.device_s, again.device_s])
                heard = len(talk.device_s)
                assert device_s[:heard] == pytest.approx(true_s[:heard] - true_s[0], abs=2e-6)
                assert again.device_s == pytest.approx(true_s[-len(again.device_s) :] - true_s[0], abs=2e-6)
                assert abs(decoder.books.received + decoder.books.lost - (device_s[-1] * 60 + 1)) <= 1
                sensor.reset()
            async with talking(driver, sensor.serial, decoder) as anew:
                await streamed(anew, 5.0)
                assert decoder.wants_about
                assert (await anew.conversation.about()).boot == 1
                assert anew.device_s[0] > device_s[-1]
                second = await anew.conversation.start(resume=False)
            assert first.stream == (0, 1)
            assert second.stream == (1, 4)
            await sensor.off_air()

        await on_air(play)

    async def test_its_button_is_told(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1)
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                told: list[Told] = []
                conversation = talk.conversation
                assert isinstance(conversation, MovellaDotConversation)
                conversation._happened = told.append
                for report in (5, 7, 4):
                    await sensor.click(report)
                await asyncio.sleep(0.5)
                happened = [tell() for tell in told]
                assert [what and what.text for what in happened] == [
                    "note=button presses=1",
                    "note=button presses=3",
                    None,
                ]
            await sensor.off_air()

        await on_air(play)

    async def test_the_message_service_acknowledges_what_has_the_right_sum(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualDot(air, 1)
            await sensor.power_on()
            async with talking(MovellaDotDriver(), sensor.serial) as talk:
                request = decode_message(bytes.fromhex(PRINTED[6]))
                await talk.port.write(uuid_of(0x7001), encode_message(request))
                answer = decode_message(await talk.port.read(uuid_of(0x7002)))
                assert acknowledges(answer, request) == 0
                await talk.port.write(uuid_of(0x7001), b"\x02\x01\x08\xf4")
                assert len(sensor.acks) == 1
            await sensor.off_air()

        await on_air(play)
