"""What goes wrong at a bad moment: links lost while a stream begins, full queues, hosts and clips that slept."""

from __future__ import annotations

import asyncio
import random

import numpy as np
import pytest
from ble.air import Air
from bleak.exc import BleakError

from imu_hinge.errors import LinkError, VersionError
from imu_hinge.protocol.control import Arguments
from imu_hinge.protocol.definitions import Opcode, State
from imu_hinge.sensors import adapter, timekeeping
from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.checkup import check_up
from imu_hinge.sensors.clip_group import ClipGroup, find_clips
from imu_hinge.sensors.clock import Exchange
from imu_hinge.sensors.driver import Conversation, Wanted
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.drivers.imu_hinge_control import Answer, ControlPoint
from imu_hinge.sensors.health import LinkState
from imu_hinge.sensors.limits import LinkLimits

from .on_air import AirClip, Session, on_air


async def test_a_session_that_ends_while_a_stream_is_resumed_fetches_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = ControlPoint.ask
    begun = asyncio.Event()
    armed = False

    async def ask(self: ControlPoint, opcode: Opcode, arguments: Arguments | None = None) -> Answer:
        if opcode is Opcode.START and armed:
            begun.set()
            await asyncio.sleep(0.001)
        return await real(self, opcode, arguments)

    monkeypatch.setattr(ControlPoint, "ask", ask)

    async def play(air: Air) -> None:
        async def lose(session: Session) -> None:
            nonlocal armed
            await asyncio.sleep(3.0)
            armed = True
            thigh.lose()
            thigh.conditions.deaf = True
            await asyncio.sleep(10.0)
            thigh.conditions.deaf = False
            await begun.wait()

        thigh = AirClip(air, 1)
        session = await Session(thigh).stream(lose)
        index, _ = session.rows.of(0)
        books = session.health().books
        assert np.array_equal(np.sort(index), np.arange(len(index)))
        assert (books.lost, books.received) == (0, len(index))
        assert len(index) > 13 * 200

    await on_air(play)


@pytest.mark.parametrize("outage_s", [27.6, 28.3, 29.0])
async def test_a_stream_that_is_about_to_end_is_fetched_first(outage_s: float) -> None:
    async def play(air: Air) -> None:
        async def lose(session: Session) -> None:
            await asyncio.sleep(3.0)
            thigh.lose()
            thigh.conditions.deaf = True
            await asyncio.sleep(outage_s)
            thigh.conditions.deaf = False
            await asyncio.sleep(20.0)

        thigh = AirClip(air, 1, interval_ms=30.0)
        session = await Session(thigh).stream(lose)
        index, time_s = session.rows.of(0)
        assert np.diff(np.sort(time_s)).max() < 8.0  # what was measured while the ring was read, at most
        first = int(np.argmax(np.diff(index) < 0)) + 1
        assert np.array_equal(np.sort(index[:first]), np.arange(first))
        assert first > 27.0 * 200

    await on_air(play)


async def test_a_consumer_that_stalls_costs_no_link_and_no_place_in_time() -> None:
    async def play(air: Air) -> None:
        async def stall(session: Session) -> None:
            await asyncio.sleep(3.0)
            session.rows.full = True
            await asyncio.sleep(6.0)
            session.rows.full = False
            await asyncio.sleep(6.0)

        session = await Session(AirClip(air, 1), AirClip(air, 2)).stream(stall)
        for clip in (0, 1):
            index, time_s = session.rows.of(clip)
            off_s = time_s - session.clips[clip].true_s(index)
            assert np.abs(off_s - np.median(off_s)).max() < 0.01
            assert np.array_equal(np.sort(index), np.arange(len(index)))
            assert session.health(clip).reconnects == 0

    await on_air(play)


async def test_a_link_lost_while_the_consumer_stalls_is_made_anew_and_nothing_is_misplaced() -> None:
    async def play(air: Air) -> None:
        async def stall(session: Session) -> None:
            await asyncio.sleep(3.0)
            session.rows.full = True
            await asyncio.sleep(1.0)
            thigh.lose()
            await asyncio.sleep(7.0)
            assert session.health().link is LinkState.STREAMING
            session.rows.full = False
            await asyncio.sleep(6.0)

        thigh = AirClip(air, 1)
        session = await Session(thigh).stream(stall)
        index, time_s = session.rows.of(0)
        off_s = time_s - thigh.true_s(index)
        assert np.abs(off_s - np.median(off_s)).max() < 0.01
        assert np.array_equal(np.sort(index), np.arange(len(index)))
        assert session.health().books.lost == 0

    await on_air(play)


@pytest.mark.parametrize("slept_s", [20.0, 300.0, pytest.param(2400.0, marks=pytest.mark.slow)])
async def test_a_host_that_slept_goes_on_with_a_new_clock(slept_s: float) -> None:
    """Its monotonic clock stood still meanwhile; the clip's did not."""

    async def play(air: Air) -> None:
        async def sleep(session: Session) -> None:
            await asyncio.sleep(8.0)
            thigh.lose()
            thigh.begin_s -= slept_s
            await asyncio.sleep(12.0)

        thigh = AirClip(air, 1)
        session = await Session(thigh).stream(sleep)
        index, time_s = session.rows.of(0)
        first = int(np.argmax(np.diff(index) < 0)) + 1
        assert len(index) - first > 9 * 200
        assert np.array_equal(index[first:], np.arange(len(index) - first))
        off_s = time_s[first:] - thigh.true_s(index[first:])
        early_s = time_s[:first] - 0.005 * index[:first]
        assert np.ptp(off_s) < 0.01
        assert np.ptp(early_s) < 0.01
        assert 8.0 < time_s[first] < 13.0
        assert np.all(np.diff(time_s) > 0)

    await on_air(play)


async def test_a_check_that_fails_leaves_no_clip_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(self: ClipGroup, until: asyncio.Event) -> None:
        raise VersionError(2, 1)

    monkeypatch.setattr(ClipGroup, "run", fails)

    async def play(air: Air) -> None:
        thigh = AirClip(air, 1)
        await thigh.power_on()
        limits = LinkLimits()
        now = asyncio.get_running_loop().time
        with pytest.raises(VersionError):
            await check_up(Adapter(DRIVERS, limits), {}, now, random.Random(1), limits, Wanted())
        await asyncio.sleep(1.0)
        assert not thigh.clip.connected
        await thigh.off_air()

    await on_air(play)


@pytest.mark.parametrize("take_over", [False, True])
async def test_what_a_clip_begins_to_log_after_it_was_seen_goes_on(take_over: bool) -> None:
    async def play(air: Air) -> None:
        back, thigh = AirClip(air, 2), AirClip(air, 1)
        session = Session(thigh, back)
        for clip in (thigh, back):
            await clip.power_on()
        loop, limits = asyncio.get_running_loop(), LinkLimits()
        adapter = Adapter(DRIVERS, limits)
        serials = (await find_clips(adapter, {}, ("thigh", "back"), limits)).serials
        assert back.clip.start_by_button()
        group = ClipGroup(serials, adapter, session.rows, loop.time, random.Random(1), limits)
        if take_over:
            await group.start(take_over=True)
            await group.close()
        else:
            with pytest.raises(LinkError, match="at work for somebody else") as refused:
                await group.start()
            assert refused.value.clip is not None
            assert refused.value.clip.startswith("back")
        assert (State.LOGGING in State(back.clip.state)) is not take_over
        await asyncio.sleep(1.0)
        assert not back.clip.connected
        for clip in (thigh, back):
            await clip.off_air()

    await on_air(play)


@pytest.mark.parametrize("failure", [TimeoutError(), asyncio.CancelledError()])
async def test_a_scan_that_does_not_start_is_ended(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    ended = []

    class Scanner:
        def __init__(self, seen: object, service_uuids: object) -> None: ...

        async def start(self) -> None:
            raise failure

        async def stop(self) -> None:
            ended.append(True)
            raise BleakError("it was not started")

    monkeypatch.setattr(adapter, "BleakScanner", Scanner)
    with pytest.raises(LinkError if isinstance(failure, TimeoutError) else asyncio.CancelledError):
        await Adapter(DRIVERS).scan(1.0)
    assert ended


async def test_a_link_lost_while_a_new_clock_is_learnt_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    real = timekeeping.burst
    failures = 0

    async def breaks(talk: Conversation, rng: random.Random) -> list[Exchange]:
        nonlocal failures
        if asyncio.get_running_loop().time() - begun_s > 8.0 and failures < 2:
            failures += 1
            raise LinkError("the link was lost")
        return await real(talk, rng)

    monkeypatch.setattr(timekeeping, "burst", breaks)
    begun_s = 0.0

    async def play(air: Air) -> None:
        nonlocal begun_s

        async def sleep(session: Session) -> None:
            nonlocal begun_s
            begun_s = asyncio.get_running_loop().time() - 8.0
            await asyncio.sleep(3.0)
            thigh.lose()
            thigh.begin_s -= 300.0
            await asyncio.sleep(20.0)

        thigh = AirClip(air, 1)
        begun_s = asyncio.get_running_loop().time() + 1e6
        session = await Session(thigh).stream(sleep)
        index, time_s = session.rows.of(0)
        first = int(np.argmax(np.diff(index) < 0)) + 1
        assert failures == 2
        assert len(index) - first > 5 * 200
        assert np.ptp(time_s[first:] - thigh.true_s(index[first:])) < 0.01

    await on_air(play)


async def test_refills_and_notes_wait_for_room() -> None:
    async def play(air: Air) -> None:
        async def stall(session: Session) -> None:
            await asyncio.sleep(2.0)
            thigh.lose()
            await asyncio.sleep(3.0)  # it streams again, and what was missed is not due yet
            session.rows.full = True
            await asyncio.sleep(0.1)
            before = len(session.rows.blocks)
            thigh.clip.press_button(2)
            await asyncio.sleep(2.9)
            assert len(session.rows.blocks) <= before
            assert not session.rows.notes
            session.rows.full = False
            await asyncio.sleep(4.0)
            assert [text for _, text in session.rows.notes] == ["note=button presses=2 clip=thigh"]

        thigh = AirClip(air, 1)
        session = await Session(thigh).stream(stall)
        index, _ = session.rows.of(0)
        assert np.array_equal(np.sort(index), np.arange(len(index)))

    await on_air(play)
