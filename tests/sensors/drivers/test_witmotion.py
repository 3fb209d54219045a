"""WitMotion's sensors: every frame once however it is cut, settings that are proven, samples as measured."""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ble.air import Air
from hypothesis import given
from hypothesis import strategies as st
from vendors.knobs import LinkKnobs
from vendors.witmotion import DATE, VirtualWitMotion

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import LinkError, ProtocolError
from imu_hinge.sensors.driver import Advertised, Can, FloatArray, Wanted
from imu_hinge.sensors.drivers.witmotion import WitMotionConversation, WitMotionDriver
from imu_hinge.sensors.drivers.witmotion_decoder import FrameReader, WitMotionDecoder, is_registers
from imu_hinge.sensors.drivers.witmotion_registers import Registers, battery_percent, version_text
from sensors.on_air import on_air

from .talking import talking

DATA = Path(os.environ.get("IMU_HINGE_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
CAPTURE = DATA.parent / "vectors" / "witmotion_wt901_100hz.jsonl"
READ_BACK = bytes.fromhex("55713A00680169007A0000000000000000000000")
"""The maker's example of an answer: 360, 105, 122 from register 0x3A on."""

# A byte 55 is left out of the values: with it, half a frame can be a whole one by chance, as there is no checksum.
raw_values = st.lists(st.integers(0, 255).filter(lambda byte: byte != 0x55), min_size=18, max_size=18).map(bytes)
samples = raw_values.map(lambda values: b"\x55\x61" + values)
answers = raw_values.map(lambda values: b"\x55\x71" + values)
frames = st.one_of(samples, answers, samples.map(lambda frame: frame + DATE))


def sample(value: int = 0) -> bytes:
    return b"\x55\x61" + np.full(9, value, "<i2").tobytes()


def begun() -> WitMotionDecoder:
    decoder = WitMotionDecoder()
    decoder.link()
    decoder.begin(100.0)
    return decoder


class TestDecoder:
    def test_the_makers_example_of_an_answer_reads_as_printed(self) -> None:
        (frame,), threw = FrameReader().feed(READ_BACK)
        assert is_registers(frame)
        assert not threw
        assert np.frombuffer(frame[4:10], "<i2").tolist() == [360, 105, 122]
        decoder = begun()
        assert decoder.feed(READ_BACK, 0.0) == ()
        assert decoder.books.refused == 0

    def test_full_scale_is_16_g_and_2000_degrees_a_second(self) -> None:
        (one,) = begun().feed(sample(-32768), 0.0)
        assert one.acc_m_s2[0] == pytest.approx([-16 * GRAVITY_M_S2] * 3)
        assert one.gyr_rad_s[0] == pytest.approx([-math.radians(2000)] * 3)

    def test_each_axis_has_its_own_bytes(self) -> None:
        raw = np.array([2048, -2048, 1, 16384, -16384, 2, 0, 0, 0], "<i2")
        (one,) = begun().feed(b"\x55\x61" + raw.tobytes(), 0.0)
        assert one.acc_m_s2[0] == pytest.approx([GRAVITY_M_S2, -GRAVITY_M_S2, GRAVITY_M_S2 / 2048])
        assert np.rad2deg(one.gyr_rad_s[0]) == pytest.approx([1000, -1000, 2000 / 16384])

    @pytest.mark.parametrize("value", [32767, -32768])
    def test_a_value_at_the_end_of_the_range_is_counted(self, value: int) -> None:
        decoder = begun()
        decoder.feed(sample(value) + sample(5), 0.0)
        assert (decoder.books.received, decoder.books.overrange) == (2, 1)

    def test_device_time_is_the_count_over_the_rate_and_goes_on_over_a_change_of_rate(self) -> None:
        decoder = begun()
        (first,) = decoder.feed(sample() * 4, 7.0)
        assert first.device_s == pytest.approx([0.0, 0.01, 0.02, 0.03])
        assert first.received_s == 7.0
        decoder.begin(200.0)
        (second,) = decoder.feed(sample() * 2, 8.0)
        assert second.device_s == pytest.approx([0.04, 0.045])
        decoder.link()
        decoder.begin(200.0)
        (third,) = decoder.feed(sample(), 9.0)
        assert third.device_s == pytest.approx([0.0])

    @given(st.lists(frames, max_size=12), st.lists(st.integers(1, 60), max_size=20))
    def test_frames_come_out_the_same_however_they_are_cut(self, sent: list[bytes], cuts: list[int]) -> None:
        stream = b"".join(sent)
        reader, read, at = FrameReader(), list[bytes](), 0
        for length in (*cuts, len(stream) + 1):
            new, threw = reader.feed(stream[at : at + length])
            assert not threw
            read += new
            at += length
        assert read == [frame[:20] for frame in sent]

    @given(st.lists(st.binary(max_size=90), max_size=30))
    def test_any_bytes_give_samples_or_are_counted(self, payloads: list[bytes]) -> None:
        decoder = begun()
        for payload in payloads:
            for one in decoder.feed(payload, 0.0):
                assert len(one.device_s) == len(one.acc_m_s2) == len(one.gyr_rad_s)
                assert np.isfinite(one.acc_m_s2).all()
                assert np.isfinite(one.gyr_rad_s).all()
        assert decoder.books.refused <= len(payloads)
        # Whatever it was, two notifications of whole frames later it is in step again.
        decoder.feed(sample(), 0.0)
        assert sum(len(one) for one in decoder.feed(sample() * 4, 0.0)) == 4

    @given(st.lists(samples, min_size=1, max_size=4), st.data())
    def test_a_damaged_notification_gives_samples_or_is_refused(self, sent: list[bytes], data: st.DataObject) -> None:
        whole = b"".join(sent)
        if data.draw(st.booleans(), "truncated"):
            damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
        else:
            # One bit makes a sample an answer (61, 71), and without a checksum nobody can tell.
            bits = [bit for bit in range(8 * len(whole)) if bit % 160 != 12]
            bit = data.draw(st.sampled_from(bits))
            flipped = int.from_bytes(whole, "little") ^ (1 << bit)
            damaged = flipped.to_bytes(len(whole), "little")
        decoder = begun()
        given_ = sum(len(one) for one in decoder.feed(damaged, 0.0))
        given_ += sum(len(one) for one in decoder.feed(sample(), 0.1)) - 1
        assert 0 <= given_ <= len(sent)
        assert given_ == len(damaged) // 20 or decoder.books.refused == 1
        assert (decoder.books.refused == 1) == (given_ * 20 != len(damaged))

    def test_half_a_frame_is_not_joined_to_a_stranger(self) -> None:
        decoder = begun()
        decoder.feed(sample(1)[:9], 0.0)
        (one,) = decoder.feed(sample(2) + sample(3), 0.1)
        assert np.allclose(one.acc_m_s2[:, 0] / (16 * GRAVITY_M_S2 / 32768), [2, 3])
        assert decoder.books.refused == 1

    @pytest.mark.skipif(not CAPTURE.is_file(), reason="no ../shared/vectors beside the data (or IMU_HINGE_DATA)")
    def test_the_capture_of_a_real_sensor_decodes_whole(self) -> None:
        with CAPTURE.open(encoding="utf-8") as lines:
            notifications = [row for row in map(json.loads, lines) if "hex" in row]
        decoder = begun()
        acc = np.concatenate(
            [one.acc_m_s2 for row in notifications for one in decoder.feed(bytes.fromhex(row["hex"]), row["t"])]
        )
        books = decoder.books
        assert (len(notifications), books.received, books.refused, books.overrange) == (72, 288, 0, 0)
        quiet_g = np.linalg.norm(acc[100:230], axis=1) / GRAVITY_M_S2
        assert quiet_g.mean() == pytest.approx(1.0019, abs=5e-5)
        assert quiet_g.std() == pytest.approx(0.0046, abs=1e-4)


class TestRecognition:
    SERVICE = "0000ffe5-0000-1000-8000-00805f9a34fb"

    @pytest.mark.parametrize(("name", "services"), [("WT901BLE67", ()), (None, (SERVICE,)), ("knee", (SERVICE,))])
    def test_it_is_known_by_name_or_service_and_called_by_its_address(
        self, name: str | None, services: tuple[str, ...]
    ) -> None:
        identity = WitMotionDriver().recognise(Advertised(name, -50, services, address="fd:08:90:1a:11:47"))
        assert identity is not None
        assert (identity.serial, identity.version, identity.role) == ("FD08901A1147", None, None)

    @pytest.mark.parametrize(
        "seen",
        [
            Advertised("knee", address="FD:08:90:1A:11:47"),
            Advertised(None, -50, ("0000ffe5-0000-1000-8000-00805f9b34fb",), address="FD:08:90:1A:11:47"),
            Advertised("WT901BLE67"),
        ],
    )
    def test_others_are_not(self, seen: Advertised) -> None:
        assert WitMotionDriver().recognise(seen) is None

    def test_it_can_nothing_but_stream(self) -> None:
        assert WitMotionDriver().can == Can.NOTHING
        assert WitMotionDriver().services == ()


def swinging(time_s: float) -> tuple[FloatArray, FloatArray]:
    """A value for each instant."""
    return np.array([math.sin(time_s), math.cos(time_s), 1.0]) * GRAVITY_M_S2, np.array(
        [math.sin(3 * time_s), 1.0, 2.0]
    )


def streamed(rate_hz: int, seconds: float = 2.0, **options: object) -> Callable[[Air], object]:
    """Configure, stream for some seconds, and compare every sample with what was measured."""

    async def play(air: Air) -> None:
        sensor = VirtualWitMotion(air, motion=swinging, **options)  # type: ignore[arg-type]
        await sensor.power_on()
        async with talking(WitMotionDriver(), sensor.address) as talk:
            assert (await talk.conversation.configure(Wanted(rate_hz=rate_hz))).rate_hz == rate_hz
            sensor.true_s.clear()
            sent_before = talk.decoder.books.received
            await talk.conversation.start(resume=False)
            await asyncio.sleep(seconds)
            await talk.conversation.stop()
            talk.take()
            assert sent_before == 0
            true = [swinging(t) for t in sensor.true_s[: len(talk.acc_m_s2)]]
            assert abs(len(sensor.true_s) - len(talk.acc_m_s2)) <= 4
            assert len(talk.acc_m_s2) >= 0.95 * rate_hz * seconds - 8
            assert np.allclose(talk.acc_m_s2, [acc for acc, _ in true], atol=0.005)
            assert np.allclose(talk.gyr_rad_s, [gyr for _, gyr in true], atol=0.002)
            assert np.allclose(np.diff(talk.device_s), 1 / rate_hz)
            assert talk.decoder.books.refused == 0
        await sensor.off_air()

    return play


class TestOnTheAir:
    @pytest.mark.parametrize("rate_hz", [50, 100, 200])
    @pytest.mark.parametrize("frame_bytes", [20, 28])
    async def test_samples_arrive_complete(self, rate_hz: int, frame_bytes: int) -> None:
        await on_air(streamed(rate_hz, frame_bytes=frame_bytes, knobs=LinkKnobs(rate_error=-0.007)))  # type: ignore[arg-type]

    async def test_frames_longer_than_a_notification_are_put_together(self) -> None:
        await on_air(streamed(50, frame_bytes=28, mtu=23))  # type: ignore[arg-type]

    async def test_a_stall_that_only_delays_loses_nothing(self) -> None:
        await on_air(streamed(100, knobs=LinkKnobs(stall_every_s=0.9, stall_loses=False)))  # type: ignore[arg-type]

    async def test_it_says_what_it_is(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualWitMotion(air, number=7)
            await sensor.power_on()
            async with talking(WitMotionDriver(), sensor.address) as talk:
                assert talk.about.serial == "C00000000107"
                assert talk.about.firmware == "10080.1.22"
                assert talk.about.battery_percent == 90
                assert await talk.conversation.battery() == 90
                with pytest.raises(LinkError, match="cannot tell its time"):
                    await talk.conversation.ping()
            await sensor.off_air()

        await on_air(play)

    async def test_settings_are_made_read_back_and_saved(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualWitMotion(air, registers={0x96: 1})  # left at displacement, as it came from somebody else
            await sensor.power_on()
            async with talking(WitMotionDriver(), sensor.address) as talk:
                assert await talk.conversation.configure(Wanted(rate_hz=60)) is not None
                assert {r: sensor.registers[r] for r in (0x03, 0x1F, 0x24, 0x96)} == {
                    0x03: 9,
                    0x1F: 2,
                    0x24: 1,
                    0x96: 0,
                }
                assert {r: sensor.saved[r] for r in (0x1F, 0x24, 0x96)} == {0x1F: 2, 0x24: 1, 0x96: 0}
                assert sensor.saved[0x03] == 6, "a rate that is saved could be one at which it does not answer"
                await talk.conversation.configure(Wanted(rate_hz=60))
                assert sensor.saves == 1, "flash wears: what is right is not written again"
                await talk.conversation.start(resume=False)
                await asyncio.sleep(0.5)
                talk.take()
                assert np.allclose(talk.acc_m_s2[:, 2], GRAVITY_M_S2, atol=0.005)
            await sensor.off_air()

        await on_air(play)

    async def test_one_that_was_left_at_200_hz_is_slowed_down_to_be_asked(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualWitMotion(air, registers={0x03: 0x0B})
            await sensor.power_on()
            async with talking(WitMotionDriver(), sensor.address) as talk:
                assert talk.about.firmware == "10080.1.22"
                assert (await talk.conversation.configure(Wanted(rate_hz=200))).rate_hz == 200
                assert sensor.registers[0x1F] == 1
            await sensor.off_air()

        await on_air(play)

    @pytest.mark.parametrize("register", [0x96, 0x24, 0x1F])
    async def test_one_that_does_not_take_a_setting_is_refused_with_advice(self, register: int) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualWitMotion(air, registers={register: 5}, stubborn=[register])
            await sensor.power_on()
            async with talking(WitMotionDriver(), sensor.address) as talk:
                with pytest.raises(ProtocolError, match="says 5") as raised:
                    await talk.conversation.configure(Wanted())
                assert raised.value.advice
            await sensor.off_air()

        await on_air(play)

    async def test_one_that_does_not_reach_200_hz_is_refused_with_advice(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualWitMotion(air, knobs=LinkKnobs(rate_error=-0.5))
            await sensor.power_on()
            async with talking(WitMotionDriver(), sensor.address) as talk:
                with pytest.raises(ProtocolError, match="sends 100 a second") as raised:
                    await talk.conversation.configure(Wanted(rate_hz=200))
                assert raised.value.advice
            await sensor.off_air()

        await on_air(play)

    async def test_what_it_ignored_while_it_wrote_to_flash_is_said_again(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualWitMotion(air, registers={0x96: 1})
            sensor._busy_s = asyncio.get_running_loop().time() + 1.0
            await sensor.power_on()
            async with talking(WitMotionDriver(), sensor.address) as talk:
                await talk.conversation.configure(Wanted())
                assert sensor.registers[0x96] == 0
            await sensor.off_air()

        await on_air(play)

    async def test_lost_notifications_leave_the_rest_in_step(self) -> None:
        async def play(air: Air) -> None:
            knobs = LinkKnobs(loss=0.2, stall_every_s=1.0, jitter_s=0.02)
            sensor = VirtualWitMotion(air, knobs=knobs, motion=swinging)
            await sensor.power_on()
            async with talking(WitMotionDriver(), sensor.address) as talk:
                await talk.conversation.configure(Wanted())
                sensor.true_s.clear()
                await talk.conversation.start(resume=False)
                await asyncio.sleep(5.0)
                await talk.conversation.stop()
                talk.take()
                true = [swinging(t)[0] for t in sensor.true_s[: len(talk.acc_m_s2)]]
                assert np.allclose(talk.acc_m_s2, true, atol=0.005)
                assert 250 < len(true) < 400
            await sensor.off_air()

        await on_air(play)

    async def test_a_new_connection_is_a_new_clock_with_the_same_books(self) -> None:
        async def play(air: Air) -> None:
            sensor = VirtualWitMotion(air)
            await sensor.power_on()
            decoder, boots, streams = WitMotionDriver().decoder(), [], []
            for _ in range(2):
                async with talking(WitMotionDriver(), sensor.address, decoder) as talk:
                    boots.append(talk.about.boot)
                    await talk.conversation.configure(Wanted())
                    begun = await talk.conversation.start(resume=True)
                    assert not begun.resumed
                    streams.append(begun.stream)
                    await asyncio.sleep(1.0)
                    sensor.power_cycle()
                    await asyncio.sleep(0.1)
                    assert talk.port.gone.is_set()
                    talk.take()
                    assert talk.device_s[0] == 0.0
            assert boots == [1, 2]
            assert streams == [(1, 1), (2, 1)]
            assert decoder.books.received >= 190
            await sensor.off_air()

        await on_air(play)


class Wire:
    """A port to a sensor that answers registers, if it is written to in the way it knows."""

    payload_bytes = 20

    def __init__(self, knows: str, refuses: bool) -> None:
        self.knows, self.refuses = knows, refuses
        self.registers: Registers | None = None
        self.used: list[str] = []

    async def write(self, uuid: str, data: bytes) -> None:
        self._put("write", data)

    async def send(self, uuid: str, data: bytes) -> None:
        self._put("send", data)

    def _put(self, how: str, data: bytes) -> None:
        self.used.append(how)
        if how == self.knows:
            if data[2] == 0x27 and self.registers is not None:
                self.registers.notified(b"\x55\x71" + data[3:5] + bytes(range(16)))
        elif self.refuses:
            raise LinkError("writing failed")


class TestWays:
    @pytest.mark.parametrize("knows", ["send", "write"])
    @pytest.mark.parametrize("refuses", [True, False])
    async def test_commands_go_the_way_the_characteristic_knows(self, knows: str, refuses: bool) -> None:
        wire = Wire(knows, refuses)
        wire.registers = Registers(wire)  # type: ignore[arg-type]
        assert (await wire.registers.read(0x2E))[:2] == (0x0100, 0x0302)
        wire.used.clear()
        await wire.registers.read(0x2E)
        assert wire.used == [knows]

    async def test_a_sensor_that_answers_nothing_is_told_of_with_advice(self) -> None:
        registers = Registers(Wire("nothing", refuses=False))  # type: ignore[arg-type]
        with pytest.raises(ProtocolError, match="does not answer") as raised:
            await registers.read(0x2E)
        assert raised.value.advice

    def test_voltage_and_version_in_words(self) -> None:
        assert [battery_percent(raw) for raw in (0, 300, 345, 370, 397, 413)] == [None, 0, 5, 20, 100, 100]
        assert version_text([0x0116, 0x89D8]) == "10080.1.22"
        assert version_text([4321, 0]) == "4321"
        assert version_text([0, 0]) == "unknown"

    def test_a_decoder_of_another_family_is_a_programming_error(self) -> None:
        wire = Wire("send", refuses=False)
        with pytest.raises(TypeError):
            WitMotionDriver().converse(wire, object(), lambda: 0.0, lambda _: None, lambda _: None)  # type: ignore[arg-type]
        assert WitMotionConversation.__doc__
