"""MetaMotions: two streams of packets become samples, and what breaks the pairs is dropped and counted."""

from __future__ import annotations

import asyncio
import itertools
import math

import numpy as np
import pytest
from ble.air import Air
from hypothesis import given
from hypothesis import strategies as st
from vendors.knobs import LinkKnobs
from vendors.metamotion import ACC, GYR, VirtualMetaMotion

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import ProtocolError
from imu_hinge.sensors.driver import Advertised, Can, FloatArray, Samples, Wanted
from imu_hinge.sensors.drivers.metamotion import MetaMotionDriver
from imu_hinge.sensors.drivers.metamotion_board import Board
from imu_hinge.sensors.drivers.metamotion_decoder import Layout, MetaMotionDecoder
from sensors.on_air import on_air

from .talking import talking

BMI160 = Board.known(b"\x01\x01", b"\x00\x01", "?")
BMI270 = Board.known(b"\x04\x00", b"\x01\x00", "?")
OLD = Board.known(b"\x01\x00", b"\x00\x00", "?")
"""A BMI160 whose firmware does not pack."""

# Where these come from: test_accelerometer_bmi160.py, test_accelerometer_bmi270.py and test_gyro_bmi160.py of
# mbientlab/MetaWear-SDK-Cpp, and a log in issue 46 of brainexe/node-metawear.
ACC_PACKED = "62b7530de9fd16d04d0e57028affa1050a01"
ACC_PACKED_G = [[-4.539, 0.833, -0.131], [-2.995, 0.894, 0.146], [-0.029, 0.352, 0.065]]
GYR_PACKED = "0915ad2608de8a1a0d2665e48d20ac2773ec"
GYR_PACKED_DPS = [[164.177, 301.860, -265.122], [207.134, 296.982, -215.457], [254.055, 309.634, -152.591]]
ACC_VECTORS = [
    (BMI160, 8, "031c" + ACC_PACKED, ACC_PACKED_G),
    (BMI270, 8, "0305" + ACC_PACKED, ACC_PACKED_G),
    (OLD, 4, "030416c494a22ad0", [[-1.872, -2.919, -1.495]]),
    (OLD, 2, "0304e8059cfe7342", [[0.09228, -0.02173, 1.03827]]),
]
GYR_VECTORS = [
    (BMI160, 1000, "1307" + GYR_PACKED, GYR_PACKED_DPS),
    (BMI270, 1000, "1305" + GYR_PACKED, GYR_PACKED_DPS),  # the same bytes under the other chip's register
    (OLD, 500, "13053e43ff7f0080", [[262.409, 499.497, -499.512]]),
]


def layout(board: Board = BMI160, **wanted: int) -> Layout:
    return board.setup(Wanted(**wanted)).layout


def begun(how: Layout | None = None) -> MetaMotionDecoder:
    decoder = MetaMotionDecoder()
    decoder.link()
    decoder.begin(layout() if how is None else how)
    return decoder


def together(how: Layout, acc: bytes, gyr: bytes) -> Samples:
    """The first samples of a stream that repeats these packets."""
    decoder = begun(how)
    fed = [decoder.feed(packet, 0.03 * n) for n in range(4) for packet in (acc, gyr)]
    return next(samples for one in fed for samples in one)


def packets(number: int) -> tuple[bytes, bytes]:
    """Acceleration and rotation of the same three instants."""
    values = np.repeat(np.arange(3 * number, 3 * number + 3), 3).astype("<i2").tobytes()
    return b"\x03\x1c" + values, b"\x13\x07" + values


def instants(samples: list[Samples]) -> tuple[list[int], list[int]]:
    """Which instants were measured, by either stream."""
    acc = np.concatenate([one.acc_m_s2[:, 0] for one in samples]) / GRAVITY_M_S2 * 2048
    gyr = np.rad2deg(np.concatenate([one.gyr_rad_s[:, 0] for one in samples])) * 16.4
    return np.round(acc).astype(int).tolist(), np.round(gyr).astype(int).tolist()


class TestDecoder:
    @pytest.mark.parametrize(("board", "range_g", "packet", "expected_g"), ACC_VECTORS)
    def test_the_makers_examples_of_acceleration(
        self, board: Board, range_g: int, packet: str, expected_g: list[list[float]]
    ) -> None:
        how = layout(board, acc_range_g=range_g)
        acc = bytes.fromhex(packet)
        got = together(how, acc, how.gyr_head + bytes(len(acc) - 2))
        assert got.acc_m_s2 / GRAVITY_M_S2 == pytest.approx(np.array(expected_g), abs=0.001)
        assert not got.gyr_rad_s.any()

    @pytest.mark.parametrize(("board", "range_dps", "packet", "expected_dps"), GYR_VECTORS)
    def test_the_makers_examples_of_rotation(
        self, board: Board, range_dps: int, packet: str, expected_dps: list[list[float]]
    ) -> None:
        how = layout(board, gyr_range_dps=range_dps)
        gyr = bytes.fromhex(packet)
        got = together(how, how.acc_head + bytes(len(gyr) - 2), gyr)
        assert np.rad2deg(got.gyr_rad_s) == pytest.approx(np.array(expected_dps), abs=0.002)

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    @pytest.mark.parametrize("late", [0, 2])
    def test_halves_that_arrive_together_are_pairs(self, order: tuple[int, int], late: int) -> None:
        decoder = begun()
        got: list[Samples] = []
        for number in range(20):
            for place, which in enumerate(order):
                if which == 0 or number >= late:
                    got += decoder.feed(packets(number)[which], 0.03 * number + 0.002 * place)
        acc, gyr = instants(got)
        assert acc == gyr
        assert len(acc) >= 3 * (19 - late)
        assert decoder.books.lost == 0, "one stream begins before the other: that is no loss"
        assert np.concatenate([one.device_s for one in got]) == pytest.approx(np.arange(len(acc)) / 100)

    @given(st.sets(st.integers(10, 50), max_size=10), st.booleans())
    def test_the_partner_of_a_lost_packet_is_dropped_and_its_place_kept(self, gone: set[int], gyr_first: bool) -> None:
        decoder = begun()
        got: list[Samples] = []
        # Never two in a row: see the next test.
        dropped = {n for n in gone if n - 1 not in gone}
        for place, (number, which) in enumerate(itertools.product(range(30), (0, 1))):
            if place not in dropped:
                got += decoder.feed(packets(number)[which ^ gyr_first], 0.03 * number)
        acc, gyr = instants(got)
        assert acc == gyr
        assert set(range(90)) - set(acc) == {3 * (place // 2) + n for place in dropped for n in range(3)}
        assert decoder.books.lost == 3 * len(dropped)
        assert np.concatenate([one.device_s for one in got]) == pytest.approx(np.array(acc) / 100)

    @given(st.sets(st.integers(10, 90), max_size=60))
    def test_pairs_are_found_again_after_any_loss(self, gone: set[int]) -> None:
        decoder = begun()
        got: list[Samples] = []
        for place, (number, which) in enumerate(itertools.product(range(60), (0, 1))):
            if place not in gone:
                got += decoder.feed(packets(number)[which], 0.03 * number)
        acc, gyr = instants(got)
        assert acc[-24:] == gyr[-24:]
        wrong = sum(a != g for a, g in zip(acc, gyr, strict=True))
        rows = sum(1 for n in gone if n % 2 == 1 and n + 1 in gone)
        assert wrong <= 3 * rows, "only a follower that is lost with the next leader leaves strangers"

    def test_halves_far_apart_are_no_pair(self) -> None:
        decoder = begun()
        for number in range(10):
            for packet in packets(number):
                decoder.feed(packet, 0.03 * number)
        before = decoder.books.received
        assert decoder.feed(packets(10)[0], 0.30) == ()
        assert decoder.feed(packets(20)[1], 0.62) == (), "a stall of 0.3 s lies between them"
        got = [*decoder.feed(packets(21)[0], 0.63), *decoder.feed(packets(21)[1], 0.63)]
        assert instants(got) == ([63, 64, 65], [63, 64, 65])
        assert (decoder.books.received, decoder.books.lost) == (before + 3, 3)

    def test_a_value_at_the_end_of_the_range_is_counted(self) -> None:
        decoder = begun()
        for number in range(4):
            decoder.feed(b"\x03\x1c" + np.array([32767, *[0] * 8], "<i2").tobytes(), 0.03 * number)
            decoder.feed(b"\x13\x07" + np.array([0, -32768, *[0] * 7], "<i2").tobytes(), 0.03 * number)
        assert (decoder.books.received, decoder.books.overrange) == (12, 4)

    @given(st.lists(st.one_of(st.binary(max_size=40), st.binary(min_size=18, max_size=18).map(b"\x03\x1c".__add__))))
    def test_any_bytes_give_samples_or_are_counted(self, payloads: list[bytes]) -> None:
        decoder = begun()
        for payload in payloads:
            for one in decoder.feed(payload, 0.0):
                assert len(one.device_s) == len(one.acc_m_s2) == len(one.gyr_rad_s)
        heads = (b"\x03\x1c", b"\x13\x07")
        assert decoder.books.refused == sum(p[:2] not in heads or len(p) != 20 for p in payloads)

    @given(st.integers(0, 159), st.integers(0, 19), st.booleans())
    def test_a_damaged_packet_gives_samples_or_is_refused(self, bit: int, length: int, truncated: bool) -> None:
        whole = packets(7)[0]
        flipped = (int.from_bytes(whole, "little") ^ (1 << bit)).to_bytes(20, "little")
        decoder = begun()
        decoder.feed(whole[:length] if truncated else flipped, 0.0)
        assert decoder.books.refused == (truncated or bit < 16)

    def test_what_comes_before_a_stream_is_refused(self) -> None:
        decoder = MetaMotionDecoder()
        assert decoder.feed(packets(0)[0], 0.0) == ()
        assert decoder.books.refused == 1


class TestBoard:
    def test_the_bytes_are_those_of_the_makers_tests(self) -> None:
        asked = Wanted(rate_hz=200, acc_range_g=8, gyr_range_dps=2000)
        assert (BMI160.setup(asked).acc.hex(), BMI270.setup(asked).acc.hex()) == ("2908", "a902")
        assert (BMI160.setup(Wanted()).acc.hex(), BMI270.setup(Wanted()).acc.hex()) == ("280c", "a803")
        assert BMI160.setup(asked).gyr.hex() == "2900"
        assert BMI160.setup(Wanted(rate_hz=50, gyr_range_dps=125)).gyr.hex() == "2704"
        commands = {command.hex() for board in (BMI160, BMI270) for command in board.begin(layout(board))}
        assert commands == {"03020100", "030101", "031c01", "030501", "13020100", "130101", "130701", "130501"}
        ends = {command.hex() for command in BMI160.end()}
        assert ends >= {"03020001", "030100", "031c00", "13020001", "130100", "130700"}

    @pytest.mark.parametrize(("asked_hz", "given_hz"), [(10, 25), (50, 50), (60, 100), (200, 200), (400, 200)])
    def test_at_least_the_rate_is_given_as_far_as_it_goes(self, asked_hz: int, given_hz: int) -> None:
        assert layout(BMI270, rate_hz=asked_hz).rate_hz == given_hz

    def test_firmware_that_does_not_pack_is_not_asked_for_200_hz(self) -> None:
        assert layout(OLD, rate_hz=200) == Layout(b"\x03\x04", b"\x13\x05", 1, 100.0, 2048.0, 16.4)

    @pytest.mark.parametrize("info", [(b"", b"\x00\x01"), (b"\x01\x01", b""), (b"\x03\x01", b"\x00\x01")])
    def test_other_boards_are_refused_with_advice(self, info: tuple[bytes, bytes]) -> None:
        with pytest.raises(ProtocolError) as raised:
            Board.known(*info, "?")
        assert raised.value.advice


class TestRecognition:
    SERVICE = "326a9000-85cb-9195-d9dd-464cfbbae75a"

    def test_it_is_known_by_its_service_and_called_by_its_address(self) -> None:
        driver = MetaMotionDriver()
        identity = driver.recognise(Advertised("MetaWear", -50, (self.SERVICE,), address="c7:04:5f:2a:00:01"))
        assert identity is not None
        assert (identity.serial, identity.version) == ("C7045F2A0001", None)
        assert driver.recognise(Advertised("MetaWear", address="C7:04:5F:2A:00:01")) is None
        assert driver.can == Can.IDENTIFY


def swinging(time_s: float) -> tuple[FloatArray, FloatArray]:
    """A value for each instant."""
    acc_m_s2 = np.array([math.sin(time_s), math.cos(time_s), 1.0]) * GRAVITY_M_S2
    return acc_m_s2, np.array([math.sin(3 * time_s), 1.0, 2.0])


class TestOnTheAir:
    @pytest.mark.parametrize(
        ("options", "rate_hz"),
        [
            ({"chip": "BMI160"}, 100),
            ({"chip": "BMI270"}, 100),
            ({"chip": "BMI270", "first": GYR, "late_packets": 0}, 200),
            ({"info": {ACC: b"\x01\x00"}}, 100),
            ({"knobs": LinkKnobs(rate_error=0.02, jitter_s=0.01)}, 50),
        ],
    )
    async def test_samples_arrive_complete(self, options: dict[str, object], rate_hz: int) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualMetaMotion(air, motion=swinging, **options)  # type: ignore[arg-type]
            sensor.conditions.interval_ms = 15.0
            await sensor.power_on()
            async with talking(MetaMotionDriver(), sensor.address) as talk:
                assert (await talk.conversation.configure(Wanted(rate_hz=rate_hz))).rate_hz == rate_hz
                await talk.conversation.start(resume=False)
                await asyncio.sleep(2.0)
                await talk.conversation.stop()
                talk.take()
                assert not any(sensor.power.values()), "it is powered down"
                assert not any(sensor.enabled.values())
                got = len(talk.acc_m_s2)
                # The accelerometer's packets before the gyroscope's begin are nobody's other half.
                apart = [np.abs(swinging(t)[0] - talk.acc_m_s2[0]).sum() for t in sensor.true_s[:20]]
                offset = int(np.argmin(apart))
                true = [swinging(t) for t in sensor.true_s[offset : offset + got]]
                assert got >= 1.8 * rate_hz
                assert np.allclose(talk.acc_m_s2[: len(true)], [acc for acc, _ in true], atol=0.005)
                assert np.allclose(talk.gyr_rad_s[: len(true)], [gyr for _, gyr in true], atol=0.002)
                assert np.allclose(np.diff(talk.device_s), 1 / rate_hz)
                assert (talk.decoder.books.lost, talk.decoder.books.refused) == (0, 0)
            await sensor.off_air()

        await on_air(play)

    async def test_it_says_what_it_is_and_blinks(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualMetaMotion(air)
            await sensor.power_on()
            async with talking(MetaMotionDriver(), sensor.address) as talk:
                about = talk.about
                assert (about.serial, about.firmware, about.battery_percent) == ("045F2A", "1.7.3", 85)
                await talk.conversation.identify(5)
                pattern = "020300021f00000032000000f40100000a"
                assert [command.hex() for command in sensor.led] == ["020201", pattern, "020101"]
            await sensor.off_air()

        await on_air(play)

    async def test_a_board_without_a_gyroscope_is_refused_with_advice(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualMetaMotion(air, info={GYR: b""})
            await sensor.power_on()
            with pytest.raises(ProtocolError, match="no accelerometer with a gyroscope") as raised:
                async with talking(MetaMotionDriver(), sensor.address):
                    pass
            assert raised.value.advice
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize("module", [ACC, GYR])
    async def test_one_that_does_not_take_a_setting_is_refused_with_advice(self, module: int) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualMetaMotion(air, stubborn=[module])
            await sensor.power_on()
            async with talking(MetaMotionDriver(), sensor.address) as talk:
                with pytest.raises(ProtocolError, match="is set to") as raised:
                    await talk.conversation.configure(Wanted(rate_hz=200))
                assert raised.value.advice
            await sensor.off_air()

        await on_air(play)

    async def test_lost_packets_and_stalls_leave_pairs_that_belong_together(self) -> None:
        async def play(air: Air) -> None:
            knobs = LinkKnobs(loss=0.05, stall_every_s=2.0, jitter_s=0.01)
            sensor = VirtualMetaMotion(air, knobs=knobs, motion=lambda t: (np.full(3, t % 30), np.full(3, t % 30)))
            sensor.conditions.interval_ms = 15.0
            await sensor.power_on()
            async with talking(MetaMotionDriver(), sensor.address) as talk:
                await talk.conversation.configure(Wanted())
                await talk.conversation.start(resume=False)
                await asyncio.sleep(20.0)
                await talk.conversation.stop()
                talk.take()
                apart = np.abs(talk.acc_m_s2[:, 0] - talk.gyr_rad_s[:, 0])
                assert np.mean(apart > 0.02) < 0.01, "two losses in a row now and then, never a shift that stays"
                assert talk.decoder.books.lost > 50
                assert 1400 < len(apart) < 1800
            await sensor.off_air()

        await on_air(play)

    async def test_a_new_connection_is_a_new_clock_with_the_same_books(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualMetaMotion(air)
            await sensor.power_on()
            decoder, streams = MetaMotionDriver().decoder(), []
            for _ in range(2):
                async with talking(MetaMotionDriver(), sensor.address, decoder) as talk:
                    await talk.conversation.configure(Wanted())
                    streams.append((await talk.conversation.start(resume=True)).stream)
                    await asyncio.sleep(1.0)
                    sensor.lose()
                    await asyncio.sleep(0.1)
                    assert talk.port.gone.is_set()
                    talk.take()
                    assert talk.device_s[0] == 0.0
            assert streams == [(1, 1), (2, 1)]
            assert decoder.books.received >= 170
            await sensor.off_air()

        await on_air(play)
