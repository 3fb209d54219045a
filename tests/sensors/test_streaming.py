"""Two and three clips on a virtual air: every sample once, on one clock, whatever happens to the links."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from ble.air import Air
from emulator.hardware import ClipModel

from imu_hinge.errors import LinkError, VersionError
from imu_hinge.sensors.health import LinkState
from imu_hinge.sensors.limits import LinkLimits

from .on_air import FAST, AirClip, Session, on_air

PERIOD_S = 0.005


def assert_complete(session: Session, clip: int, least: int) -> None:
    """Every instant of the stream is there exactly once, in its place in time."""
    index, time_s = session.rows.of(clip)
    order = np.argsort(time_s)
    assert np.array_equal(index[order], np.arange(len(index))), "gaps or repetitions"
    assert len(index) >= least
    steps = np.diff(time_s[order])
    assert np.all(np.abs(steps - PERIOD_S) < 0.002 * PERIOD_S + 2e-6)
    books = session.health(clip).books
    assert (books.lost, books.waiting, books.received) == (0, 0, len(index))


@pytest.mark.parametrize("mtu", [23, 517])
async def test_two_clips_at_200_hz_lose_nothing_with_any_mtu(mtu: int) -> None:
    async def play(air: Air) -> None:
        session = Session(AirClip(air, 1, mtu=mtu, drift_ppm=40), AirClip(air, 2, mtu=mtu, drift_ppm=-40))
        await session.stream(4.0)
        for clip in (0, 1):
            assert_complete(session, clip, least=780)
            assert session.health(clip).payload_bytes == mtu - 3

    await on_air(play)


@pytest.mark.slow  # the same with the C core is quick
async def test_three_clips_agree_on_the_time() -> None:
    async def play(air: Air) -> None:
        links = ((40.0, 15.0), (-40.0, 30.0), (15.0, 48.75))
        clips = [AirClip(air, n + 1, drift_ppm=d, interval_ms=i) for n, (d, i) in enumerate(links)]
        session = await Session(*clips, rate_hz=100).stream(25.0)
        late_ms = []
        for n, clip in enumerate(clips):
            index, time_s = session.rows.of(n)
            late_ms.append(1e3 * (time_s[index >= 2000] - clip.true_s(index[index >= 2000])))
            assert session.health(n).books.lost == 0
        means = [float(np.mean(late)) for late in late_ms]
        assert max(means) - min(means) < 2.0

    await on_air(play)


async def test_a_link_that_is_lost_is_made_anew_and_what_was_missed_is_fetched() -> None:
    async def play(air: Air) -> None:
        seen = set()

        async def lose(session: Session) -> None:
            await asyncio.sleep(2.0)
            thigh.lose()
            for _ in range(60):
                await asyncio.sleep(0.05)
                seen.add(session.health().link)
            assert session.health(1).link is LinkState.STREAMING
            await asyncio.sleep(3.0)

        thigh, back = AirClip(air, 1), AirClip(air, 2)
        session = await Session(thigh, back).stream(lose)
        assert {LinkState.LOST, LinkState.RECONNECTING, LinkState.STREAMING} >= seen >= {LinkState.STREAMING}
        assert len(seen) > 1
        for clip in (0, 1):
            assert_complete(session, clip, least=1580)
        assert session.health().reconnects == 1
        assert session.health().books.refilled > 50
        assert session.health(1).reconnects == 0
        assert_late_rows_fill_holes(session)

    await on_air(play)


def assert_late_rows_fill_holes(session: Session) -> None:
    """As recordings want them: what is late ascends within its hole."""
    _, time_s = session.rows.of(0)
    late = time_s[time_s < np.maximum.accumulate(time_s)]
    assert len(late)
    assert np.all(np.diff(late) > 0)


async def test_repeated_losses_and_refused_connections_cost_nothing_within_the_ring() -> None:
    async def play(air: Air) -> None:
        async def lose(session: Session) -> None:
            for failing in (0, 2, 1):
                await asyncio.sleep(2.5)
                thigh.conditions.failing_connects = failing
                thigh.lose()
            await asyncio.sleep(12.0)

        thigh = AirClip(air, 1)
        session = await Session(thigh, AirClip(air, 2), rate_hz=200).stream(lose)
        assert_complete(session, 0, least=3500)
        assert session.health().reconnects >= 2

    await on_air(play)


async def test_a_silent_death_is_noticed_and_the_clip_had_again_when_it_lives() -> None:
    async def play(air: Air) -> None:
        states = []

        async def die(session: Session) -> None:
            await asyncio.sleep(2.0)
            thigh.silence()
            for _ in range(20):
                await asyncio.sleep(1.0)
                states.append(session.health().link)
            thigh.revive()
            await asyncio.sleep(20.0)

        limits = replace(LinkLimits(), dead_s=8.0)
        thigh, back = AirClip(air, 1), AirClip(air, 2)
        session = await Session(thigh, back, limits=limits).stream(die)
        assert states[-1] is LinkState.DEAD
        assert session.health().link is LinkState.CLOSED
        # It lingered through the outage, so nothing is missing.
        assert_complete(session, 0, least=8000)
        assert_complete(session, 1, least=8000)

    await on_air(play)


async def test_a_clip_that_never_comes_back_harms_nobody_else() -> None:
    async def play(air: Air) -> None:
        async def die(session: Session) -> None:
            await asyncio.sleep(2.0)
            thigh.silence()
            await asyncio.sleep(10.0)

        thigh, back = AirClip(air, 1), AirClip(air, 2)
        limits = replace(LinkLimits(), dead_s=5.0, finish_s=3.0)
        session = await Session(thigh, back, limits=limits).stream(die)
        assert_complete(session, 1, least=2300)
        index, _ = session.rows.of(0)
        assert np.array_equal(index, np.arange(len(index)))

    await on_air(play)


async def test_a_reset_begins_a_new_clock_and_a_gap_that_stays() -> None:
    async def play(air: Air) -> None:
        async def reset(session: Session) -> None:
            await asyncio.sleep(3.0)
            thigh.reset()
            await asyncio.sleep(5.0)

        thigh, back = AirClip(air, 1, boot_s=1000.0), AirClip(air, 2)
        session = await Session(thigh, back).stream(reset)
        health = session.health()
        assert (health.resets, health.reconnects) == (1, 1)
        _, time_s = session.rows.of(0)
        assert np.all(np.diff(time_s) > 0)
        steps = np.diff(time_s)
        assert np.sum(steps > 0.1) == 1
        assert 0.5 < steps.max() < 3.0
        _, other_s = session.rows.of(1)
        assert abs(time_s[-1] - other_s.max()) < 0.1

    await on_air(play)


async def test_a_stream_that_ended_while_out_of_reach_is_fetched_before_the_next_begins() -> None:
    async def play(air: Air) -> None:
        async def away(session: Session) -> None:
            await asyncio.sleep(2.0)
            thigh.conditions.deaf = True
            thigh.lose()
            await asyncio.sleep(40.0)  # it lingers for thirty
            assert thigh.clip.sampling.stream is not None
            assert not thigh.clip.sampling.running
            thigh.conditions.deaf = False
            await asyncio.sleep(20.0)

        thigh = AirClip(air, 1)
        limits = replace(LinkLimits(), connect_s=5.0)
        session = await Session(thigh, AirClip(air, 2), rate_hz=50, limits=limits).stream(away)
        index, time_s = session.rows.of(0)
        first = int(np.argmax(np.diff(index) < 0)) + 1
        assert np.array_equal(np.sort(index[:first]), np.arange(first))
        assert 30.0 * 50 < first < 34.0 * 50
        assert np.array_equal(np.sort(index[first:]), np.arange(len(index) - first))
        assert np.all(np.diff(np.sort(time_s)) > 0.01)

    await on_air(play)


async def test_an_unknown_version_is_refused_with_which_side_to_update() -> None:
    async def play(air: Air) -> None:
        thigh, back = AirClip(air, 1), AirClip(air, 2)
        thigh.clip.faults.major = 3
        with pytest.raises(VersionError, match=r"version 3 .*this program version 1.*Update imu_hinge"):
            await Session(thigh, back).stream(1.0)
        await asyncio.sleep(0.2)
        assert back.connection is None
        assert thigh.connection is None
        for clip in (thigh, back):
            await clip.off_air()

    await on_air(play)


async def test_values_that_repeat_are_noticed_by_the_host_itself() -> None:
    async def play(air: Air) -> None:
        async def freeze(session: Session) -> None:
            await asyncio.sleep(1.0)
            thigh.clip.sensor.source = lambda index: (1, 2, 3, 4, 5, index // 10**6)
            # The clip's own detector is off: this is about the host's.
            thigh.clip.sensor._same_us = 10**15
            await asyncio.sleep(0.8)
            assert not session.health().stuck
            thigh.clip.sensor._same_us = 10**15
            await asyncio.sleep(1.0)
            assert session.health().stuck
            assert not session.health(1).stuck
            thigh.clip.sensor.source = numbered_again
            await asyncio.sleep(0.5)
            assert not session.health().stuck

        def numbered_again(index: int) -> tuple[int, int, int, int, int, int]:
            return (index % 1000, 0, 2048, index % 3, 0, 0)

        thigh, back = AirClip(air, 1), AirClip(air, 2)
        await Session(thigh, back).stream(freeze)

    await on_air(play)


async def test_a_sensor_that_fails_is_reported_and_not_reconnected() -> None:
    async def play(air: Air) -> None:
        async def stall(session: Session) -> None:
            await asyncio.sleep(1.0)
            thigh.clip.faults.stalled = True
            await asyncio.sleep(8.0)
            assert session.health().sensor_fault
            assert session.health().reconnects == 0
            thigh.clip.faults.stalled = False
            await asyncio.sleep(3.0)
            assert not session.health().sensor_fault

        thigh, back = AirClip(air, 1), AirClip(air, 2)
        session = await Session(thigh, back, rate_hz=50).stream(stall)
        # What nobody measured is lost, exactly.
        index, _ = session.rows.of(0)
        books = session.health().books
        assert books.lost + books.not_measured == index.max() + 1 - len(index)
        assert books.received == len(index)

    await on_air(play)


async def test_a_full_queue_is_counted_and_its_samples_fetched_again() -> None:
    async def play(air: Air) -> None:
        async def stall(session: Session) -> None:
            await asyncio.sleep(1.0)
            session.rows.full = True  # whoever takes the samples does not, for three seconds
            await asyncio.sleep(3.0)
            session.rows.full = False
            await asyncio.sleep(4.0)

        session = Session(AirClip(air, 1), AirClip(air, 2))
        session.inbox_room = 20
        await session.stream(stall)
        assert session.health().overflow > 20
        for clip in (0, 1):
            assert_complete(session, clip, least=1580)

    await on_air(play)


async def test_clips_that_offer_other_rates_are_set_alike() -> None:
    async def play(air: Air) -> None:
        odd = ClipModel(rates_hz=(104, 208, 416))
        both = ClipModel(rates_hz=(100, 200, 208, 400))
        session = await Session(AirClip(air, 1, model=odd), AirClip(air, 2, model=both)).stream(2.0)
        assert [health.nominal_hz for health in session.last] == [208.0, 208.0]
        assert abs(session.health(0).books.received - session.health(1).books.received) < 5

    await on_air(play)


async def test_a_true_rate_off_by_percents_is_followed() -> None:
    async def play(air: Air) -> None:
        slow = ClipModel(rates_hz=(200,), true_period_us=lambda rate_hz: 1.03e6 / rate_hz)
        thigh = AirClip(air, 1, model=slow)
        session = await Session(thigh, AirClip(air, 2)).stream(4.0)
        _, time_s = session.rows.of(0)
        steady = np.diff(time_s[np.argsort(time_s)])[20:]
        assert np.all(np.abs(steady - 0.00515) < 3e-5)
        assert session.health().books.lost == 0

    await on_air(play)


async def test_a_button_press_becomes_an_event_at_its_time() -> None:
    async def play(air: Air) -> None:
        pressed = []

        async def press(session: Session) -> None:
            await asyncio.sleep(1.5)
            pressed.append(thigh.clip.sampling.next_index)
            thigh.clip.press_button(2)
            thigh._wake.set()
            await asyncio.sleep(0.5)

        thigh = AirClip(air, 1)
        session = await Session(thigh, AirClip(air, 2)).stream(press)
        ((time_s, text),) = session.rows.notes
        assert text == "note=button presses=2 clip=thigh"
        index, times = session.rows.of(0)
        assert abs(time_s - times[index == pressed[0]][0]) < 0.02

    await on_air(play)


async def test_a_configuration_that_changed_unseen_is_read_again() -> None:
    async def play(air: Air) -> None:
        async def change(session: Session) -> None:
            await asyncio.sleep(1.0)
            config = thigh.clip.settings.config
            thigh.clip.settings.config = config._replace(epoch=(config.epoch + 1) % 16)
            assert thigh.clip.sampling.stream is not None
            thigh.clip.sampling.stream.epoch = thigh.clip.settings.config.epoch
            await asyncio.sleep(2.0)

        thigh = AirClip(air, 1, model=FAST)
        session = await Session(thigh, AirClip(air, 2)).stream(change)
        assert_complete(session, 0, least=580)

    await on_air(play)


async def test_a_clip_that_does_not_answer_any_more_is_connected_anew() -> None:
    async def play(air: Air) -> None:
        async def mute(session: Session) -> None:
            await asyncio.sleep(1.0)
            thigh.clip.faults.mute_control = True
            await asyncio.sleep(9.0)
            assert session.health().reconnects == 1
            thigh.clip.faults.mute_control = False
            await asyncio.sleep(12.0)

        thigh = AirClip(air, 1)
        session = await Session(thigh, AirClip(air, 2), rate_hz=50).stream(mute)
        index, _ = session.rows.of(0)
        assert np.array_equal(np.sort(index), np.arange(len(index)))

    await on_air(play)


async def test_a_clip_that_is_missing_is_named() -> None:
    async def play(air: Air) -> None:
        limits = replace(LinkLimits(), scan_s=2.0)
        thigh = AirClip(air, 1)
        lonely = Session(thigh, limits=limits)
        lonely.clips = (thigh, AirClip(air, 3))  # a pelvis where a back is wanted
        with pytest.raises(LinkError, match="no clip for the back is seen"):
            await lonely.stream(1.0)
        for clip in lonely.clips:
            await clip.off_air()

    await on_air(play)
