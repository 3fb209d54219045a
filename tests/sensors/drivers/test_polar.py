"""Polar's Verity Sense: frames as real sensors sent them, two streams joined, every instant delivered or counted."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np
import pytest
from ble.air import Air
from hypothesis import given
from hypothesis import strategies as st
from vendors.knobs import LinkKnobs
from vendors.polar import (
    ACC,
    ALREADY,
    GYRO,
    IN_CHARGER,
    SDK,
    SETTINGS,
    START,
    VirtualVeritySense,
    encode_deltas,
    encode_frame,
)

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import LinkError, PacketError, ProtocolError, RefusedError
from imu_hinge.sensors.driver import Advertised, Begun, Can, FloatArray, Samples, Wanted
from imu_hinge.sensors.drivers.polar import PolarDriver
from imu_hinge.sensors.drivers.polar_control import (
    CONTROL_UUID,
    Operation,
    PmdControl,
    SettingType,
    decode_settings,
    encode_settings,
)
from imu_hinge.sensors.drivers.polar_decoder import PolarDecoder
from imu_hinge.sensors.drivers.polar_frames import Measurement, Scale, decode_deltas, decode_frame
from sensors.on_air import on_air

from .talking import Talk, talking

ACC_SCALE, GYR_SCALE = Scale(8.0), Scale(2000.0)
AT_52_HZ = bytes.fromhex("0202000134000101100002010800040103")
"""The request of issues 331 and 443 of polarofficial/polar-ble-sdk, which sensors answered with F0 02 02 00 00."""

MOVING = bytes.fromhex(
    "02965B065DEEAB7F09808EF1B9FB34FB081D2A1A1D2BEEE5EDDBF19902FBA7F0D7EB0BD70419D70638E73412105B0C362407"
    "2F22E757DEF31BF21F07E405F4F4F4E7FC11FA0FFCF31A12042FFD1425E81B15173C01F432BAFF1306FAF6DBFAE4ACF8C0AE"
    "FEBCA0E1E00A0AEBE3DF3EF4EDCB2080FDFA3300810732E4FFBE12DA07914 8FCEE4762C00A3FC4AF42FEFEA300080AEC1D06"
    "E72AFEE720C3E322FFD00FE92BF4010D1701D00834E7FA53CABA010A0DBD270041EBEABF6F77F7B45FACFBE7E133DF7C09ED"
    "5F3F0BFC1BE462BF02472400021336D84F0110D713F102EE3F88E03E".replace(" ", "")
)
"""A whole notification of a worn sensor at 8 g (issue 186)."""

AT_REST = bytes.fromhex(
    "029C5829138457730781FAFF2100F403063B83D0EBC6F1EF3AF21BFDEF07BF1F00770F247E301041EF0F3FE00BFFEF0F42E1"
    "038000E0C250F4BD0F0003E0F77E400842 2F00C0AF173BA127C0B0033D30F47C6E1083FE03BFE01B4381F33E22003C30003E"
    "20107ECFFFCAEFE38160003F3F00050FE8C20F0CBEDF1F80EF13047FF7".replace(" ", "")
)
"""The beginning of the first notification of a sensor on a table (issue 331, as far as it is printed)."""


class TestFrames:
    def test_the_sdks_own_acceleration_example_reads_as_stated(self) -> None:
        assert decode_deltas(bytes.fromhex("F1FF1400F00306017B0F08"), 2).tolist() == [[-15, 20, 1008], [-20, 17, 1008]]

    def test_the_sdks_own_angular_rate_example_reads_as_stated(self) -> None:
        assert decode_deltas(bytes.fromhex("EAFF08000D000301DF00"), 2).tolist() == [[-22, 8, 13], [-23, 11, 16]]

    def test_a_real_frame_of_a_worn_sensor_weighs_one_g_on_average(self) -> None:
        frame = decode_frame(MOVING, Scale(8.0, 2.44e-4))
        assert frame.measurement is Measurement.ACC
        assert len(frame.values) == 63
        assert np.linalg.norm(frame.values, axis=1).mean() == pytest.approx(0.995, abs=0.01)

    def test_a_real_frame_of_a_resting_sensor_weighs_one_g_throughout(self) -> None:
        begun = AT_REST[:16]
        whole = (len(AT_REST) - 18) * 8 // (6 * 3)
        cut = begun + bytes([6, whole]) + AT_REST[18 : 18 + (whole * 18 + 7) // 8]
        frame = decode_frame(cut, ACC_SCALE)
        weight = np.linalg.norm(frame.values, axis=1)
        assert len(frame.values) >= 45
        assert weight.mean() == pytest.approx(1.012, abs=0.003)
        assert weight.std() < 0.005

    def test_frames_without_compression_are_in_mg_with_one_two_or_three_bytes(self) -> None:
        for frame_type, width in ((0, 1), (1, 2), (2, 3)):
            data = b"".join(value.to_bytes(width, "little", signed=True) for value in (-100, 20, 127, 5, -6, 7))
            frame = decode_frame(encode_frame(ACC, 5, frame_type, data), ACC_SCALE)
            assert frame.values == pytest.approx(np.array([[-0.1, 0.02, 0.127], [0.005, -0.006, 0.007]]))
            assert frame.stamp_ns == 5

    def test_the_factor_the_sensor_told_scales_frames_without_unit(self) -> None:
        data = encode_deltas(np.array([[100, -200, 300], [101, -200, 299]]), 2)
        told = decode_frame(encode_frame(GYRO, 0, 0x80, data), Scale(2000.0, 0.5))
        assert told.values[1] == pytest.approx([50.5, -100.0, 149.5])
        assumed = decode_frame(encode_frame(ACC, 0, 0x80, data), Scale(8.0))
        assert assumed.values[0] == pytest.approx(np.array([100, -200, 300]) * 8 / 32768)

    @given(st.lists(st.tuples(*[st.floats(-2000, 2000, width=32)] * 3), min_size=1, max_size=20))
    def test_differences_of_floating_point_patterns_give_the_numbers_back(self, rows: list[tuple[float, ...]]) -> None:
        values = np.array(rows, np.float32)
        patterns = values.view(np.int32).astype(np.int64)
        deltas = np.abs(np.diff(patterns, axis=0))
        if len(deltas) and deltas.max() >= 1 << 31:
            return  # the sensor has 32 bits too
        frame = decode_frame(encode_frame(GYRO, 0, 0x81, encode_deltas(patterns, 4)), GYR_SCALE)
        assert np.array_equal(frame.values, values.astype(float))

    @given(
        st.lists(st.tuples(*[st.integers(-32768, 32767)] * 3), min_size=1, max_size=80),
        st.integers(1, 40),
    )
    def test_what_a_sensor_packs_is_unpacked_the_same(self, rows: list[tuple[int, ...]], block: int) -> None:
        samples = np.array(rows)
        assert np.array_equal(decode_deltas(encode_deltas(samples, 2, block), 2), samples)

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"\x02",
            MOVING[:12],
            MOVING[:17],
            MOVING[:-1],
            encode_frame(ACC, 0, 0x83, bytes(6)),
            encode_frame(GYRO, 0, 0x01, bytes(6)),
            encode_frame(1, 0, 0x00, bytes(6)),
            encode_frame(ACC, 0, 0x01, b""),
            encode_frame(ACC, 0, 0x80, bytes(6) + bytes([33, 1]) + bytes(13)),
            encode_frame(ACC, 0, 0x80, bytes(6) + bytes([0, 255]) * 9),
            encode_frame(GYRO, 0, 0x81, struct.pack("<3f", float("nan"), 0, 0)),
        ],
    )
    def test_what_is_no_whole_frame_of_motion_is_refused(self, payload: bytes) -> None:
        with pytest.raises(PacketError):
            decode_frame(payload, ACC_SCALE)


class TestSettings:
    def test_a_choice_is_written_as_other_programs_were_answered(self) -> None:
        chosen = {SettingType.RATE: 52, SettingType.RESOLUTION: 16, SettingType.RANGE: 8, SettingType.CHANNELS: 3}
        assert b"\x02\x02" + encode_settings(chosen) == AT_52_HZ

    def test_offers_hold_several_values_and_end_at_what_nobody_knows(self) -> None:
        offer = decode_settings(bytes.fromhex("00021A003400" + "0501ED0D803B" + "6301FFFF"))
        assert offer[SettingType.RATE] == (26, 52)
        assert offer[SettingType.FACTOR][0] == pytest.approx(0.0039079, rel=1e-4)
        assert len(offer) == 2

    @given(st.binary(max_size=60))
    def test_any_bytes_are_settings_or_a_protocol_error(self, data: bytes) -> None:
        with suppress(ProtocolError):
            for values in decode_settings(data).values():
                assert len(values) < len(data)


def begun(rate_hz: float = 52.0) -> PolarDecoder:
    decoder = PolarDecoder()
    decoder.begin(ACC_SCALE, GYR_SCALE, rate_hz, rate_hz)
    return decoder


def frame_of(kind: int, times_s: FloatArray, wave: Callable[[FloatArray], FloatArray]) -> bytes:
    """A frame with a wave on all axes, g or deg/s, stamped with times since some second."""
    lsb = 1e-3 if kind == ACC else 2000 / 32768
    numbers = np.rint(np.repeat(wave(times_s)[:, None], 3, axis=1) / lsb).astype(np.int64)
    stamp_ns = 8 * 10**17 + round(times_s[-1] * 1e9)
    return encode_frame(kind, stamp_ns, 0x81 if kind == ACC else 0x80, encode_deltas(numbers, 2))


def streams(
    seconds: float, acc_hz: float = 52.0, gyr_hz: float = 52.0, phase_s: float = 0.007, per_frame: int = 20
) -> list[tuple[float, bytes]]:
    """Frames of both streams in order of their last samples."""
    frames = []
    for kind, rate_hz, begin_s, wave in ((ACC, acc_hz, 0.0, slow_wave), (GYRO, gyr_hz, phase_s, fast_wave)):
        times_s = begin_s + np.arange(int(seconds * rate_hz)) / rate_hz
        for part in range(0, len(times_s) - per_frame + 1, per_frame):
            some_s = times_s[part : part + per_frame]
            frames.append((float(some_s[-1]), frame_of(kind, some_s, wave)))
    return sorted(frames)


def slow_wave(time_s: FloatArray) -> FloatArray:
    return np.sin(2 * np.pi * 0.5 * time_s)


def fast_wave(time_s: FloatArray) -> FloatArray:
    return 200 * np.sin(2 * np.pi * 1.0 * time_s)


def fed(decoder: PolarDecoder, frames: list[tuple[float, bytes]]) -> list[Samples]:
    return [samples for at_s, payload in frames for samples in decoder.feed(payload, at_s)]


def max_run(numbers: set[int]) -> int:
    """The longest run of successive numbers."""
    return max((next(k for k in range(1, 99) if n + k not in numbers) for n in numbers), default=0)


class TestJoining:
    @pytest.mark.parametrize("gyr_hz", [52.0, 51.0, 104.0])
    def test_both_are_given_at_the_instants_of_the_acceleration(self, gyr_hz: float) -> None:
        decoder = begun()
        decoder.begin(ACC_SCALE, GYR_SCALE, 52.0, gyr_hz)
        samples = fed(decoder, streams(20.0, gyr_hz=gyr_hz))
        device_s = np.concatenate([one.device_s for one in samples])
        acc = np.concatenate([one.acc_m_s2 for one in samples])[:, 0] / GRAVITY_M_S2
        gyr = np.degrees(np.concatenate([one.gyr_rad_s for one in samples])[:, 0])
        # Device time begins with the end of the first frame that came, which was one of acceleration or angular rate.
        first_s = min(at_s for at_s, _ in streams(20.0, gyr_hz=gyr_hz))
        assert np.diff(device_s) == pytest.approx(np.full(len(device_s) - 1, 1 / 52), abs=1e-6)
        assert acc == pytest.approx(slow_wave(device_s + first_s), abs=2e-3)
        # A chord of a sine lies below it by (2 pi f)^2 h^2 / 8 of its height at most.
        chord = 200 * (2 * np.pi / min(gyr_hz, 52.0)) ** 2 / 8
        assert gyr == pytest.approx(fast_wave(device_s + first_s), abs=chord + 0.2)
        assert decoder.books.lost == 0

    def test_the_epoch_does_not_cost_precision(self) -> None:
        decoder = begun()
        samples = fed(decoder, streams(20.0, phase_s=0.0))
        device_s = np.concatenate([one.device_s for one in samples])
        assert np.ptp(np.diff(device_s)) < 5e-9

    def test_instants_of_a_lost_frame_are_counted_exactly_and_nothing_is_invented_there(self) -> None:
        frames = streams(60.0)
        for kind in (ACC, GYRO):
            decoder = begun()
            mine = [index for index, (_, payload) in enumerate(frames) if payload[0] == kind]
            kept = [frame for index, frame in enumerate(frames) if index not in mine[10:30:7]]
            samples = fed(decoder, kept)
            device_s = np.concatenate([one.device_s for one in samples])
            instants = round((device_s[-1] - device_s[0]) * 52) + 1
            assert decoder.books.received == len(device_s)
            assert decoder.books.received + decoder.books.lost == instants
            # A frame of 20 costs 20 instants; one of angular rates also those beside it, which lack a neighbour.
            assert decoder.books.lost == (60 if kind == ACC else 63)
            assert np.sum(np.diff(device_s) > 0.03) == 3

    @given(
        st.sampled_from([0.001, 0.007, 0.017]),
        st.integers(4, 30),
        st.sets(st.integers(0, 40), max_size=12),
        st.sets(st.integers(0, 40), max_size=12),
    )
    def test_every_instant_is_delivered_or_counted(
        self, phase_s: float, per_frame: int, no_acc: set[int], no_gyr: set[int]
    ) -> None:
        whole = streams(30 * per_frame / 52, phase_s=phase_s, per_frame=per_frame)
        gone = {ACC: no_acc - set(range(10)), GYRO: no_gyr - set(range(10))}
        kinds = {ACC: 0, GYRO: 0}
        sent = []
        ends = {ACC: [0], GYRO: [0]}
        for at_s, payload in whole:
            number = kinds[payload[0]]
            kinds[payload[0]] += 1
            if number not in gone[payload[0]]:
                sent.append((at_s, payload))
                ends[payload[0]].append((number + 1) * per_frame)
        decoder = begun()
        device_s = np.concatenate([one.device_s for one in fed(decoder, sent)])
        first_s, period_s = min(at_s for at_s, _ in whole), 1 / 52
        index = np.rint((device_s + first_s) / period_s)
        assert device_s + first_s == pytest.approx(index * period_s, abs=1e-5)
        acc = {number for number in range(ends[ACC][-1]) if number // per_frame not in gone[ACC]}
        gyr = {number for number in range(ends[GYRO][-1]) if number // per_frame not in gone[GYRO]}
        joined = [number for number in sorted(acc) if {number - 1, number} <= gyr]
        over_s = (ends[GYRO][-1] - 1) * period_s + phase_s
        processed = [number for number in acc if number * period_s <= over_s + 1e-9]
        if decoder._acc.overdue() == 0 and max_run(gone[GYRO]) * per_frame < 4 * 52:
            assert index.tolist() == joined
            assert decoder.books.received == len(joined)
            assert decoder.books.received + decoder.books.lost == max(processed) - joined[0] + 1

    @pytest.mark.parametrize("error", [-0.03, 0.03])
    def test_loss_is_exact_where_the_true_rate_is_some_percent_off(self, error: float) -> None:
        rate_hz = 52.0 * (1 + error)
        frames = streams(120.0, acc_hz=rate_hz, gyr_hz=rate_hz)
        mine = [index for index, (_, payload) in enumerate(frames) if payload[0] == ACC]
        decoder = begun()
        fed(decoder, [frame for index, frame in enumerate(frames) if index not in mine[20:200:31]])
        assert decoder.books.lost == 20 * len(mine[20:200:31])

    def test_a_stream_that_stays_away_is_not_waited_for_without_end(self) -> None:
        decoder = begun()
        fed(decoder, streams(10.0))
        received = decoder.books.received
        alone = [(at_s, payload) for at_s, payload in streams(100.0) if payload[0] == ACC and at_s > 10.0]
        assert fed(decoder, alone) == []
        assert len(decoder._acc) <= 6 * 52
        assert decoder.books.lost >= 80 * 52
        assert decoder.books.received == received

    @pytest.mark.parametrize("phase_s", [0.007, 0.11, 0.25])
    def test_arrivals_leave_out_how_long_one_stream_waited_for_the_other(self, phase_s: float) -> None:
        decoder = begun()
        frames = streams(20.0, phase_s=phase_s)
        late_s = 0.05
        samples = [one for at_s, payload in frames for one in decoder.feed(payload, at_s + late_s)]
        first_s = frames[0][0]
        waits = [one.received_s - (one.device_s[-1] + first_s) for one in samples]
        assert waits == pytest.approx([late_s] * len(waits), abs=1e-6)

    def test_stamps_that_jitter_by_milliseconds_lose_nothing(self) -> None:
        decoder = begun()
        rng = np.random.default_rng(1)
        for at_s, payload in streams(60.0):
            stamp_ns = int.from_bytes(payload[1:9], "little") + int(rng.uniform(-5e6, 5e6))
            decoder.feed(payload[:1] + stamp_ns.to_bytes(8, "little") + payload[9:], at_s)
        assert decoder.books.lost == 0
        assert decoder.books.received > 58 * 52

    def test_frames_that_come_twice_are_counted_once(self) -> None:
        decoder = begun()
        frames = streams(10.0)
        fed(decoder, [frame for frame in frames for _ in range(2)])
        books = decoder.books
        assert books.repeated == sum(20 for _, payload in frames if payload[0] == ACC)
        assert books.lost == 0

    def test_a_clock_that_begins_anew_is_another_boot_and_time_goes_on(self) -> None:
        decoder = begun()
        samples = fed(decoder, streams(10.0))
        assert not decoder.wants_about
        earlier = [
            (at_s + 15.0, payload[:1] + (10**15 + round(at_s * 1e9)).to_bytes(8, "little") + payload[9:])
            for at_s, payload in streams(10.0)
        ]
        samples += fed(decoder, earlier)
        device_s = np.concatenate([one.device_s for one in samples])
        assert decoder.wants_about
        assert decoder.told() == decoder.boot == 1
        assert not decoder.wants_about
        assert np.all(np.diff(device_s) > 0)
        assert device_s[-1] - device_s[0] == pytest.approx(25.0, abs=1.0)

    def test_a_clock_that_is_set_back_a_little_is_one_other_boot_and_repeats_nothing(self) -> None:
        decoder = begun()
        samples = fed(decoder, streams(10.0))
        earlier = [
            (
                at_s,
                payload[:1] + (int.from_bytes(payload[1:9], "little") - 3 * 10**9).to_bytes(8, "little") + payload[9:],
            )
            for at_s, payload in streams(20.0)
            if at_s > 10.0
        ]
        samples += fed(decoder, earlier)
        device_s = np.concatenate([one.device_s for one in samples])
        assert (decoder.boot, decoder.books.repeated) == (1, 0)
        assert np.all(np.diff(device_s) > 0)

    def test_what_lies_beyond_the_range_is_counted(self) -> None:
        decoder = begun()
        fed(decoder, [(0.0, frame_of(GYRO, np.arange(20) / 52, lambda t: 0 * t))])
        fed(decoder, [(0.0, frame_of(ACC, np.arange(10) / 52, lambda t: 0 * t + 8.0))])
        assert decoder.books.overrange == 10

    def test_after_a_clock_is_forgotten_nothing_is_missing(self) -> None:
        decoder = begun()
        frames = streams(60.0)
        before = fed(decoder, frames[:20])
        decoder.forget()
        after = fed(decoder, frames[-20:])
        # What had to wait for the other stream is lost, what lies between is nobody's.
        assert decoder.books.lost <= 20
        assert after[0].device_s[0] >= before[-1].device_s[-1]
        assert decoder.boot == 0

    def test_a_clock_that_is_set_ahead_is_another_boot_and_costs_no_more_than_the_time_that_passed(self) -> None:
        decoder = begun()
        frames = streams(60.0)
        fed(decoder, frames[:40])
        fed(decoder, [(at_s - 40.0, payload) for at_s, payload in frames if at_s > 50.0])
        assert decoder.boot == 1
        assert decoder.books.lost <= 3 * 52


FRAMES = streams(4.0)


class TestHardening:
    @given(st.lists(st.tuples(st.sampled_from(FRAMES), st.integers(0, 3000), st.booleans()), max_size=25))
    def test_damaged_frames_give_samples_or_are_refused(
        self, damage: list[tuple[tuple[float, bytes], int, bool]]
    ) -> None:
        decoder = begun()
        for (at_s, payload), place, truncated in damage:
            if truncated:
                damaged = payload[: place % len(payload)]
            else:
                bit = place % (8 * len(payload))
                damaged = (int.from_bytes(payload, "little") ^ (1 << bit)).to_bytes(len(payload), "little")
            before = decoder.books.refused
            for one in decoder.feed(damaged, at_s):
                assert np.isfinite(one.acc_m_s2).all()
                assert np.isfinite(one.gyr_rad_s).all()
                assert np.isfinite(one.device_s).all()
            if truncated and len(damaged) < 16:
                assert decoder.books.refused == before + 1

    @given(st.lists(st.binary(max_size=300), max_size=20))
    def test_any_bytes_are_taken(self, payloads: list[bytes]) -> None:
        decoder = begun()
        for number, payload in enumerate(payloads):
            decoder.feed(payload, float(number))
        assert decoder.books.refused <= len(payloads)

    @given(st.lists(st.tuples(st.booleans(), st.integers(0, (1 << 64) - 1), st.integers(1, 900)), max_size=40))
    def test_whatever_the_stamps_say_memory_is_bounded(self, frames: list[tuple[bool, int, int]]) -> None:
        decoder = begun()
        for number, (acc, stamp, count) in enumerate(frames):
            blocks = b"".join(bytes([0, min(255, count - at)]) for at in range(0, count, 255))
            kind = ACC if acc else GYRO
            decoder.feed(encode_frame(kind, stamp, 0x80, bytes(6) + blocks), 0.1 * number)
            assert len(decoder._acc) <= 8192
            assert len(decoder._gyr) <= 8192
        assert decoder.books.lost < 1e5

    def test_before_a_stream_begins_frames_are_refused(self) -> None:
        decoder = PolarDecoder()
        assert decoder.feed(MOVING, 0.0) == ()
        assert decoder.books.refused == 1


class FakePort:
    """A port whose control point answers as it is told to."""

    def __init__(self, answers: Sequence[bytes] = (), features: bytes = b"\x0f\x6e\x02") -> None:
        self.answers, self.features = answers, features
        self.paired = self.needs_pairing = False
        self.sink: Callable[[bytearray], None] = lambda payload: None
        self.payload_bytes = 244

    async def read(self, uuid: str) -> bytes:
        if uuid == CONTROL_UUID and self.needs_pairing and not self.paired:
            raise LinkError("reading failed (insufficient authentication)")
        return self.features if uuid == CONTROL_UUID else b"\x55"

    async def write(self, uuid: str, data: bytes) -> None:
        for answer in self.answers:
            self.sink(bytearray(answer))

    async def send(self, uuid: str, data: bytes) -> None:
        raise AssertionError("it takes no writes without response")

    async def pair(self) -> None:
        self.paired = True

    async def subscribe(self, uuid: str, sink: Callable[[bytearray], None]) -> None:
        if uuid == CONTROL_UUID:
            self.sink = sink


class TestControlPoint:
    async def test_it_says_what_it_measures(self) -> None:
        assert await PmdControl(FakePort(), "?").open() == {1, 2, 3, 5, 6, 9}

    async def test_an_answer_in_three_parts_is_one(self) -> None:
        port = FakePort([b"\xf0\x01\x02\0\1\x00", b"\1\x02\x1a\x00", b"\0\x34\x00"])
        control = PmdControl(port, "?")
        await control.open()
        assert await control.ask(Operation.SETTINGS, Measurement.ACC) == {SettingType.RATE: (26, 52)}

    async def test_no_answer_is_a_link_error_in_time(self) -> None:
        control = PmdControl(FakePort([b"\xf0\x01\x05\0\0", b"", b"\x01\x02"]), "?", timeout_s=0.05)
        await control.open()
        with pytest.raises(LinkError, match="does not answer \\(settings acc\\)"):
            await control.ask(Operation.SETTINGS, Measurement.ACC)

    @given(st.lists(st.binary(max_size=40).map(lambda rest: b"\xf0\x01\x02" + rest), max_size=8))
    def test_any_answer_is_taken_refused_or_none(self, answers: list[bytes]) -> None:
        async def ask() -> None:
            control = PmdControl(FakePort(answers), "?", timeout_s=0.001)
            await control.open()
            with suppress(ProtocolError, LinkError):
                await control.ask(Operation.SETTINGS, Measurement.ACC)

        asyncio.run(ask())

    async def test_it_is_paired_with_where_it_does_not_answer_without(self) -> None:
        port = FakePort()
        port.needs_pairing = True
        talk = PolarDriver().converse(port, PolarDecoder(), lambda: 0.0, lambda _: None, lambda _: None)
        assert (await talk.prepare()).serial == "U"
        assert port.paired

    async def test_it_is_not_paired_with_where_it_answers_all_the_same(self) -> None:
        port = FakePort()
        await PolarDriver().converse(port, PolarDecoder(), lambda: 0.0, lambda _: None, lambda _: None).prepare()
        assert not port.paired

    @pytest.mark.parametrize("features", [b"\x0f\x05\x00", b"", b"\xf0\x01"])
    async def test_a_sensor_without_a_gyroscope_is_turned_away(self, features: bytes) -> None:
        talk = PolarDriver().converse(
            FakePort(features=features), PolarDecoder(), lambda: 0.0, lambda _: None, lambda _: None
        )
        with pytest.raises(ProtocolError) as caught:
            await talk.prepare()
        assert caught.value.advice


class TestRecognising:
    def test_its_number_is_in_its_name(self) -> None:
        found = PolarDriver().recognise(Advertised(name="Polar Sense 0a1B2c3D"))
        assert found is not None
        assert found.serial == "0A1B2C3D"

    @pytest.mark.parametrize("name", [None, "Polar H10 0A1B2C3D", "Polar Sense", "My Polar Sense 0A1B2C3D"])
    def test_others_are_left_alone(self, name: str | None) -> None:
        assert PolarDriver().recognise(Advertised(name=name)) is None

    def test_it_has_a_clock_and_answers_no_pings(self) -> None:
        assert PolarDriver().can == Can.STAMPS


def wave_motion(time_s: float) -> tuple[FloatArray, FloatArray]:
    swing = np.sin(2 * np.pi * 0.7 * time_s)
    return np.array([3.0 * swing, 0.5, 9.0 - swing]), np.array([1.5 * np.cos(2 * np.pi * 0.7 * time_s), 0.1, swing])


async def begin(talk: Talk, rate_hz: int) -> Begun:
    setting = await talk.conversation.configure(Wanted(rate_hz=rate_hz))
    assert setting.rate_hz == rate_hz
    return await talk.conversation.start(resume=False)


async def streamed(talk: Talk, seconds: float, rate_hz: int = 52) -> None:
    assert not (await begin(talk, rate_hz)).resumed
    await asyncio.sleep(seconds)
    await talk.conversation.stop()
    await asyncio.sleep(0.5)
    talk.take()


class TestOnTheAir:
    async def test_it_says_who_it_is(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualVeritySense(air, 1)
            await sensor.power_on()
            async with talking(PolarDriver(), sensor.serial) as talk:
                assert talk.about.serial == sensor.serial
                assert talk.about.firmware == "2.2.6"
                assert talk.about.battery_percent == 84
                assert talk.about.boot == 0
                assert not talk.about.sampling
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize("rate_hz", [52, 104])
    @pytest.mark.parametrize("acc_type", [0x80, 0x81])
    async def test_every_sample_arrives_at_its_time_with_both_values(self, rate_hz: int, acc_type: int) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualVeritySense(air, 1, motion=wave_motion, drift_ppm=40.0, acc_type=acc_type)
            await sensor.power_on()
            async with talking(PolarDriver(), sensor.serial) as talk:
                await streamed(talk, 20.0, rate_hz)
                assert sensor.sdk_mode is False  # left at the end
                assert (bytes([START, SDK]) in sensor.asked) == (rate_hz == 104)
            true_s = np.array(sensor.true_s)
            device_s, count = talk.device_s, len(talk.device_s)
            assert talk.decoder.books.lost == talk.decoder.books.refused == 0
            # All but the first, which have no angular rate before them, and the last, which wait for it.
            first = int(np.searchsorted(true_s, sensor.measured[GYRO].sent_s[0]))
            assert len(true_s) - first - 31 <= count
            mine_s = true_s[first : first + count]
            host_s = (device_s - device_s[0]) / sensor.speed
            assert host_s == pytest.approx(mine_s - mine_s[0], abs=2e-6 * 20)
            acc = np.array([sensor.motion(at_s)[0] for at_s in mine_s])
            gyr = np.array([sensor.motion(at_s)[1] for at_s in mine_s])
            lsb = 1e-3 if acc_type == 0x81 else sensor_range(sensor) / 32768
            assert talk.acc_m_s2 == pytest.approx(acc, abs=0.6 * lsb * GRAVITY_M_S2 + 1e-6)
            assert talk.gyr_rad_s == pytest.approx(gyr, abs=0.004)
            await sensor.off_air()

        await on_air(play)

    async def test_up_to_52_hz_it_stays_in_its_usual_mode_and_beyond_takes_the_ranges_that_are_wanted(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualVeritySense(air, 1)
            await sensor.power_on()
            async with talking(PolarDriver(), sensor.serial) as talk:
                assert (await talk.conversation.configure(Wanted(rate_hz=50))).rate_hz == 52
                await talk.conversation.start(resume=False)
                assert AT_52_HZ in sensor.asked
                assert (await talk.conversation.configure(Wanted(rate_hz=100, gyr_range_dps=1000))).rate_hz == 104
                await talk.conversation.start(resume=False)
                assert bytes.fromhex("0202 0001 6800 0101 1000 0201 1000 0401 03") in sensor.asked
                assert bytes.fromhex("0205 0001 6800 0101 1000 0201 E803 0401 03") in sensor.asked
                assert (await talk.conversation.about()).sampling
                assert (await talk.conversation.configure(Wanted(rate_hz=1000))).rate_hz == 416
            await sensor.off_air()

        await on_air(play)

    async def test_firmware_without_sdk_mode_gives_what_it_has(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualVeritySense(air, 1, sdk=False)
            await sensor.power_on()
            async with talking(PolarDriver(), sensor.serial) as talk:
                assert (await talk.conversation.configure(Wanted(rate_hz=100))).rate_hz == 52
            await sensor.off_air()

        await on_air(play)

    async def test_a_stream_that_was_left_running_is_ended_first(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualVeritySense(air, 1)
            await sensor.power_on()
            async with talking(PolarDriver(), sensor.serial) as talk:
                await talk.conversation.configure(Wanted(rate_hz=52))
                sensor._written(AT_52_HZ)
                await asyncio.sleep(0.2)
                assert ACC in sensor._streams
                await talk.conversation.start(resume=False)
                assert set(sensor._streams) == {ACC, GYRO}
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize(
        ("refused", "status", "words"),
        [
            ((START, ACC), IN_CHARGER, "in charger"),
            ((START, GYRO), 8, "invalid rate"),
            ((START, SDK), 12, "invalid state"),
            ((SETTINGS, GYRO), 99, "status 99"),
            ((START, ACC), ALREADY, "already in state"),
        ],
    )
    async def test_what_it_refuses_is_an_error_with_its_status_and_advice(
        self, refused: tuple[int, int], status: int, words: str
    ) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualVeritySense(air, 1)
            sensor.refuse[refused] = status
            await sensor.power_on()
            async with talking(PolarDriver(), sensor.serial) as talk:
                with pytest.raises(RefusedError, match=words) as caught:
                    await begin(talk, 104)
                assert caught.value.status == status
                assert caught.value.clip == sensor.serial
                assert caught.value.advice
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize("rate_error", [0.0, 0.02])
    async def test_one_percent_of_loss_is_counted_exactly(self, rate_error: float) -> None:
        async def play(air: Air) -> None:
            knobs = LinkKnobs(loss=0.01, rate_error=rate_error, seed=3)
            sensor = VirtualVeritySense(air, 1, motion=wave_motion, knobs=knobs, frame_samples=(6, 12))
            await sensor.power_on()
            async with talking(PolarDriver(), sensor.serial) as talk:
                await streamed(talk, 120.0)
            books, device_s = talk.decoder.books, talk.device_s
            whole_s = with_both(sensor)[: len(device_s)]
            assert device_s - device_s[0] == pytest.approx(whole_s - whole_s[0], abs=2e-3)
            acc = sensor.measured[ACC]
            instants = sum(whole_s[0] <= at_s <= whole_s[-1] for at_s in acc.sent_s + acc.dropped_s)
            assert (books.received, books.lost) == (len(whole_s), instants - len(whole_s))
            assert acc.frames_dropped > 2
            assert sensor.measured[GYRO].frames_dropped > 2
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize("loses", [True, False])
    async def test_a_stall_is_late_or_lost_and_never_wrong(self, loses: bool) -> None:
        async def play(air: Air) -> None:
            knobs = LinkKnobs(stall_every_s=3.0, stall_s=0.2, stall_loses=loses)
            sensor = VirtualVeritySense(air, 1, motion=wave_motion, knobs=knobs, frame_samples=(4, 8))
            await sensor.power_on()
            async with talking(PolarDriver(), sensor.serial) as talk:
                await streamed(talk, 30.0)
            books, device_s = talk.decoder.books, talk.device_s
            assert books.received + books.lost == round((device_s[-1] - device_s[0]) * 52) + 1
            assert (books.lost > 0) == loses
            assert np.all(np.diff(device_s) > 0)
            await sensor.off_air()

        await on_air(play)

    async def test_a_lost_link_is_taken_up_again_on_the_same_clock(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualVeritySense(air, 1, motion=wave_motion)
            await sensor.power_on()
            driver = PolarDriver()
            decoder = driver.decoder()
            async with talking(driver, sensor.serial, decoder) as talk:
                await talk.conversation.configure(Wanted(rate_hz=52))
                first = await talk.conversation.start(resume=False)
                await asyncio.sleep(5.0)
                sensor.lose()
                before = talk.take()
            async with talking(driver, sensor.serial, decoder) as again:
                assert again.about.boot == 0
                await again.conversation.configure(Wanted(rate_hz=52))
                second = await again.conversation.start(resume=True)
                await asyncio.sleep(5.0)
                after = again.take()
            assert not second.resumed
            assert second.stream == (first.stream[0], first.stream[1] + 1)
            gap_s = after[0].device_s[0] - before[-1].device_s[-1]
            assert 0 < gap_s < 10
            books = decoder.books
            instants = (after[-1].device_s[-1] - before[0].device_s[0]) * 52 + 1
            # The two streams do not begin on the same grid.
            assert abs(books.received + books.lost - instants) <= 1
            await sensor.off_air()

        await on_air(play)

    async def test_a_sensor_whose_battery_was_out_is_another_boot(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualVeritySense(air, 1)
            await sensor.power_on()
            driver = PolarDriver()
            decoder = driver.decoder()
            async with talking(driver, sensor.serial, decoder) as talk:
                await streamed(talk, 5.0)
                sensor.power_cycle()
            async with talking(driver, sensor.serial, decoder) as again:
                await streamed(again, 5.0)
                assert decoder.wants_about
                assert (await again.conversation.about()).boot == 1
                assert not decoder.wants_about
            await sensor.off_air()

        await on_air(play)


def with_both(sensor: VirtualVeritySense) -> FloatArray:
    """Loop times of the accelerations that were sent, and the angular rates before and after them too."""
    gyr = sensor.measured[GYRO]
    all_s = np.array(sorted(gyr.sent_s + gyr.dropped_s))
    sent = np.isin(all_s, gyr.sent_s)
    after = np.searchsorted(all_s, sensor.true_s)
    known = (after > 0) & (after < len(all_s))
    after = np.where(known, after, 1)
    return np.array(sensor.true_s)[known & sent[after] & sent[after - 1]]


def sensor_range(sensor: VirtualVeritySense) -> int:
    """The range, g, that was asked for last."""
    request = [asked for asked in sensor.asked if asked[:2] == bytes([START, ACC])][-1]
    return request[12]
