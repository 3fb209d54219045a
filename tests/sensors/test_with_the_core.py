"""The client against clips that run our C core, over links that must be encrypted, in process and on real BlueZ.

Every sample that arrives is compared with what the clip's sensor measured: its values to half a bit, its time by the
clip's own record of when it took it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from ble.conftest import World
from ble.virtual_clip import VirtualClip

from imu_hinge.protocol.definitions import Role
from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.clip_group import ClipGroup, find_clips
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.health import LinkState
from imu_hinge.sensors.limits import LinkLimits

from .on_air import Rows

SERIALS = ("A0B1C2D3E4F1", "A0B1C2D3E4F2", "A0B1C2D3E4F3")
ROLES = (Role.THIGH, Role.BACK, Role.PELVIS)
Script = Callable[[ClipGroup], Awaitable[None]]


@dataclass
class Streamed:
    """Clips and what came of them."""

    clips: list[VirtualClip]
    group: ClipGroup
    rows: Rows = field(default_factory=Rows)


async def stream(
    world: World, clips: Sequence[VirtualClip], script: float | Script, *, rate_hz: int = 200, seed: int = 3
) -> Streamed:
    """Have the clips streamed while a script plays (or for so many seconds)."""
    for clip in clips:
        if not world.real:
            clip.conditions.interval_ms = 15.0
        await clip.power_on()
    limits = replace(LinkLimits(), scan_s=20.0 if world.real else 8.0)
    adapter = Adapter(DRIVERS, limits)
    names = tuple(role.name.lower() for role in ROLES[: len(clips)])
    found = (await find_clips(adapter, {}, names, limits)).serials
    rows = Rows()
    now = asyncio.get_running_loop().time
    serials = {name: found[name] for name in names}
    group = ClipGroup(serials, adapter, rows, now, random.Random(seed), limits, Wanted(rate_hz=rate_hz))
    await group.start()
    end = asyncio.Event()

    async def play() -> None:
        try:
            await (asyncio.sleep(script) if isinstance(script, float) else script(group))
        finally:
            end.set()

    playing = asyncio.create_task(play())
    await group.run(end)
    await playing
    await group.finish()
    for clip in clips:
        await clip.power_off()
    return Streamed(list(clips), group, rows)


def compare(streamed: Streamed, number: int) -> np.ndarray:
    """Check that every sample the clip took came once, in its place; returns received minus true times, s."""
    clip, rows = streamed.clips[number], streamed.rows
    mine = [block for block in rows.blocks if block.clip_index[0] == number]
    time_s = np.concatenate([block.time_s for block in mine])
    values = np.concatenate([np.hstack([block.acc_m_s2, block.gyr_rad_s]) for block in mine])
    order = np.argsort(time_s)
    taken, config = clip.stream, clip.info.config
    scale = np.repeat([config.acc_scale, config.gyr_scale], 3)
    raw = np.array(taken.raw[: len(order)], dtype=np.float64)
    assert np.abs(values[order] / scale - raw).max() < 1e-6
    books = streamed.group.health()[number].books
    assert (books.lost, books.waiting) == (0, 0)
    # The sensor may have taken one more between the answer to stop and its end.
    assert 0 <= len(taken.raw) - len(order) <= 1
    return np.asarray(time_s[order] - np.array(taken.time_s[: len(order)]))


def clips_of(world: World, count: int, *, mtu: int = 247, drift_ppm: float = 40.0) -> list[VirtualClip]:
    return [
        VirtualClip(
            world.air,
            SERIALS[n],
            role=ROLES[n],
            mtu=mtu,
            clock_ppm=drift_ppm * (-1) ** n,
            start_us=2**32 - 4_000_000 * (n + 1),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("mtu", [23, 185, 247, 517])
async def test_every_sample_of_two_clips_at_200_hz(world: World, mtu: int) -> None:
    if world.real and mtu != 247:
        pytest.skip("one MTU is enough in real time")
    streamed = await stream(world, clips_of(world, 2, mtu=mtu), 4.0)
    late = [compare(streamed, number) for number in (0, 1)]
    assert all(len(one) > 700 for one in late)
    health = streamed.group.health()
    assert [clip.payload_bytes for clip in health] == [mtu - 3, mtu - 3]
    assert abs(np.median(late[0]) - np.median(late[1])) < (0.010 if world.real else 0.004)


async def test_links_lost_again_and_again_cost_no_sample(world: World) -> None:
    states = set()

    async def lose(group: ClipGroup) -> None:
        for clip in (clips[0], clips[1], clips[0]):
            await asyncio.sleep(3.0)
            clip.lose()
            for _ in range(40):
                await asyncio.sleep(0.1)
                states.update(health.link for health in group.health())
        # BlueZ takes its time to connect again.
        until = asyncio.get_running_loop().time() + 40.0
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.5)
            if all(h.link is LinkState.STREAMING and not h.books.waiting for h in group.health()):
                break

    clips = clips_of(world, 2)
    streamed = await stream(world, clips, lose)
    for number in (0, 1):
        compare(streamed, number)
    health = streamed.group.health()
    assert health[0].reconnects >= 2
    assert health[1].reconnects >= 1
    assert sum(clip.books.refilled for clip in health) > 300
    assert {LinkState.STREAMING} < states <= {LinkState.STREAMING, LinkState.LOST, LinkState.RECONNECTING}


async def test_three_clips_one_clock_with_notifications_lost_and_doubled(world: World) -> None:
    if world.real:
        pytest.skip("real time would take too long for what the other two show")
    clips = clips_of(world, 3)
    for number, interval_ms in enumerate((15.0, 30.0, 48.75)):
        clips[number].conditions.interval_ms = interval_ms

    async def interfere(group: ClipGroup) -> None:
        clips[0].conditions.interval_ms, clips[1].conditions.interval_ms = 15.0, 30.0
        clips[0].faults.lose = lambda n: n % 17 == 3
        clips[1].faults.double = True
        await asyncio.sleep(22.0)
        clips[0].faults.lose = None
        await asyncio.sleep(3.0)

    streamed = await stream(world, clips, interfere, rate_hz=100)
    late_s = [compare(streamed, number) for number in range(3)]
    assert streamed.group.health()[0].books.refilled > 50
    assert streamed.group.health()[1].books.repeated > 1000
    means_ms = [1e3 * float(np.mean(late[2000:])) for late in late_s]
    assert max(means_ms) - min(means_ms) < 2.0


@pytest.mark.slow
async def test_two_minutes_of_two_clips_at_200_hz(world: World) -> None:
    if world.real:
        pytest.skip("ble/test_client_on_air.py does, and CI has three minutes")

    async def play(group: ClipGroup) -> None:
        for second in range(24):
            await asyncio.sleep(5.0)
            if second in (4, 12):
                clips[second % 3 == 0].lose()

    clips = clips_of(world, 2)
    streamed = await stream(world, clips, play)
    late_s = [compare(streamed, number) for number in (0, 1)]
    assert all(len(late) > 23_000 for late in late_s)
    # After a minute the clocks agree to a millisecond.
    means_ms = [1e3 * float(np.mean(late[12_000:])) for late in late_s]
    assert abs(means_ms[0] - means_ms[1]) < (3.0 if world.real else 1.0)
