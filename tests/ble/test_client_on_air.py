"""The product's client and clips that run the C core: everything measured comes, whatever happens to the links."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from imu_hinge.errors import VersionError
from imu_hinge.protocol.definitions import Role
from imu_hinge.simulation import simulate_session

from .conftest import World
from .session import Session, Streamed, stream
from .virtual_clip import VirtualClip, play

ROLES = (Role.THIGH, Role.BACK, Role.PELVIS)
PPM = (35.0, -28.0, 12.0)


def clips(world: World, number: int = 2, **settings: Any) -> list[VirtualClip]:
    """Clips whose clocks differ in start and rate, on links with unlike intervals."""
    made = [
        VirtualClip(
            world.air,
            f"A0B1C2D3E4{i:02X}",
            role=ROLES[i],
            clock_ppm=PPM[i],
            start_us=4_294_000_000 * i,
            rate_error=0.004 * (-1) ** i,
            **settings,
        )
        for i in range(number)
    ]
    for clip, interval_ms in zip(made, (15.0, 30.0, 50.0), strict=False):
        clip.conditions.interval_ms = None if world.real else interval_ms  # None: as kernel and clip agree
    return made


def apart_ms(streamed: list[Streamed]) -> float:
    """How far the clips' clocks are from each other, at the worst instant after the first 20 s."""
    clocks = [one.clock_ms[one.time_s > 20.0] for one in streamed]
    return float(max(clock.max() for clock in clocks) - min(clock.min() for clock in clocks))


@pytest.mark.parametrize("mtu", [23, 185, 247, 517])
@pytest.mark.parametrize("number", [2, 3])
async def test_clips_at_200_hz(in_process: World, number: int, mtu: int) -> None:
    made = clips(in_process, number, mtu=mtu)
    if mtu == 23:  # every sample is a packet: nothing slower carries 200 a second
        for clip in made:
            clip.conditions.interval_ms = 15.0
    for one in await stream(made, 8.0):
        one.check_complete()
        assert len(one.raw) > 1550
        assert one.health.payload_bytes == mtu - 3


async def test_a_simulated_session_comes_through_as_it_was(in_process: World) -> None:
    recording = simulate_session("rdl_good", seed=3).recording
    two = clips(in_process)
    begin_s = asyncio.get_running_loop().time() + 10
    for clip, name in zip(two, ("thigh", "back"), strict=True):
        clip.source = play(recording.clips[name], begin_s)
    for one in await stream(two, 40.0):
        one.check_complete()
        assert np.ptp(np.array(one.raw), axis=0).max() > 500


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_two_clips_for_two_minutes_with_links_lost(world: World, record_property: Any) -> None:
    two = clips(world)

    async def script(session: Session) -> None:
        await asyncio.sleep(20)
        two[0].lose()
        await asyncio.sleep(25)
        await two[1].drop()
        await asyncio.sleep(25)
        two[0].silence()
        await asyncio.sleep(6)
        two[0].revive()
        await asyncio.sleep(19)
        for clip in two:
            clip.lose()
        await asyncio.sleep(25)

    streamed = await stream(two, script)
    for role, one in zip(("thigh", "back"), streamed, strict=True):
        record_property(
            f"{role}",
            f"{len(one.raw)} samples, lost {one.health.books.lost}, refilled {one.health.books.refilled}, "
            f"reconnects {one.health.reconnects}, latency ms median {np.median(one.latency_ms):.1f} "
            f"95 % {np.percentile(one.latency_ms, 95):.1f} max {one.latency_ms.max():.1f}, "
            f"interval {one.health.interval_ms} ms, clock residual {one.health.clock_residual_ms} ms",
        )
    record_property("clocks apart", f"{apart_ms(streamed):.2f} ms")
    record_property("start and finish", f"{streamed[0].start_s:.1f} s, {streamed[0].finish_s:.1f} s")
    for one in streamed:
        one.check_complete()
        assert len(one.raw) > 23500
        assert one.health.books.refilled > 100
        assert one.health.reconnects >= 2
        assert np.percentile(one.latency_ms, 95) < 200
    assert apart_ms(streamed) < (20 if world.real else 2)


async def test_notifications_lost_or_doubled_on_the_way(in_process: World) -> None:
    two = clips(in_process)
    two[0].faults.lose = lambda n: n % 40 == 7
    two[1].faults.double = True
    streamed = await stream(two, 30.0)
    for one in streamed:
        one.check_complete()
    assert streamed[0].health.books.refilled >= 100
    assert streamed[1].health.books.repeated > 5000


async def test_a_slow_link_overflows_the_clip_and_is_made_good(in_process: World) -> None:
    (clip,) = clips(in_process, 1, mtu=23)

    async def script(session: Session) -> None:
        await asyncio.sleep(5)
        clip.conditions.interval_ms, clip.conditions.packets_per_event = 100.0, 4
        await asyncio.sleep(5)
        clip.conditions.interval_ms, clip.conditions.packets_per_event = 15.0, 6
        await asyncio.sleep(10)

    (one,) = await stream([clip], script)
    one.check_complete()
    assert one.health.books.refilled > 200


async def test_a_clip_that_dies_is_told_and_the_other_goes_on(in_process: World) -> None:
    two = clips(in_process)

    async def script(session: Session) -> None:
        await asyncio.sleep(5)
        await two[0].power_off()
        await asyncio.sleep(20)
        assert session.health(0).link not in ("streaming", "ready")
        assert session.health(1).rate_hz == pytest.approx(200, rel=0.02)

    streamed = await stream(two, script)
    streamed[1].check_complete()


async def test_a_clip_that_resets_streams_again_and_its_gap_stays(in_process: World) -> None:
    two = clips(in_process)

    async def script(session: Session) -> None:
        await asyncio.sleep(10)
        two[0].reset()
        await asyncio.sleep(20)

    streamed = await stream(two, script)
    assert streamed[0].health.resets == 1
    assert len(two[0].streams) == 2
    assert streamed[0].raw[-len(two[0].stream.raw) :] == two[0].stream.raw
    streamed[1].check_complete()


async def test_stuck_values_and_a_silent_sensor_are_said(in_process: World) -> None:
    two = clips(in_process)

    async def script(session: Session) -> None:
        await asyncio.sleep(5)
        two[0].faults.stuck = two[1].faults.stall = True
        await asyncio.sleep(4)
        assert session.health(0).sensor_fault
        assert session.health(1).sensor_fault
        two[0].faults.stuck = two[1].faults.stall = False
        await asyncio.sleep(6)
        for clip in (0, 1):
            assert not session.health(clip).sensor_fault
            assert session.health(clip).rate_hz > 150

    await stream(two, script)


async def test_another_major_version_is_refused_by_name(in_process: World) -> None:
    two = clips(in_process)
    two[1].faults.major = 2
    with pytest.raises(VersionError):
        await stream(two, 5.0)
    for clip in two:
        await clip.power_off()
