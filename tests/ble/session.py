"""A session of the product's client with virtual clips, and a comparison of what came with what was measured."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imu_hinge.protocol.definitions import Role
from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.clip_group import ClipGroup, find_clips
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.source import SampleBlock

from .virtual_clip import VirtualClip

__all__ = ["Session", "Streamed", "stream"]

Script = Callable[["Session"], Awaitable[None]]
LIVE_S = 0.5
"""What comes later than this after its measurement was refilled, or delayed by a link that was lost."""


@dataclass
class Rows:
    """An outlet that keeps what comes, and when."""

    full: bool = False
    blocks: list[tuple[float, SampleBlock]] = field(default_factory=list)
    notes: list[tuple[float, str]] = field(default_factory=list)

    def put(self, block: SampleBlock, text: str = "", time_s: float = 0.0) -> None:
        if len(block):
            self.blocks.append((asyncio.get_running_loop().time(), block))
        if text:
            self.notes.append((time_s, text))


@dataclass
class Streamed:
    """One clip's part: raw rows in order of their time, sample times, and loop times of arrival and measurement."""

    raw: list[tuple[int, ...]]
    time_s: NDArray[np.float64]
    arrived_s: NDArray[np.float64]
    truth: list[tuple[int, ...] | None]
    true_s: NDArray[np.float64]
    health: ClipHealth
    start_s: float
    """From the first connection being made to the first sample being asked for."""
    finish_s: float
    """From being told to end to all links closed."""

    @property
    def latency_ms(self) -> NDArray[np.float64]:
        """From the middle of the sample to the client's outlet, of live rows."""
        late = self.arrived_s - self.true_s[: len(self.arrived_s)]
        return late[late < LIVE_S] * 1e3

    @property
    def clock_ms(self) -> NDArray[np.float64]:
        """Sample time on the session's clock minus loop time: a constant, were the clock learnt exactly."""
        return (self.time_s - self.true_s[: len(self.time_s)]) * 1e3

    def check_complete(self) -> None:
        """Everything that was measured came, once, as it was."""
        truth = [row for row in self.truth if row is not None]
        differ = [i for i, (a, b) in enumerate(zip(self.raw, truth, strict=False)) if a != b]
        assert (len(self.raw), differ[:3]) == (len(truth), [])
        assert self.health.books.lost == 0


class Session:
    """A running session, for scripts."""

    def __init__(self, clips: Sequence[VirtualClip], group: ClipGroup, rows: Rows) -> None:
        self.clips, self.group, self.rows = clips, group, rows

    def health(self, clip: int) -> ClipHealth:
        return self.group.health()[clip]


async def stream(
    clips: Sequence[VirtualClip], script: Script | float, rate_hz: int = 200, limits: LinkLimits | None = None
) -> list[Streamed]:
    """Find the clips, which have roles, stream from them while the script plays (or for so many seconds), finish."""
    limits = LinkLimits() if limits is None else limits
    loop, rows = asyncio.get_running_loop(), Rows()
    for clip in clips:
        await clip.power_on()
    adapter = Adapter(DRIVERS, limits)
    roles = {Role(clip.info.role).name.lower(): clip.serial for clip in clips}
    serials = (await find_clips(adapter, {}, tuple(roles), limits)).serials
    assert serials == roles
    group = ClipGroup(roles, adapter, rows, loop.time, random.Random(1), limits, Wanted(rate_hz=rate_hz))
    begun_s = loop.time()
    await group.start()
    started_s = loop.time()
    end = asyncio.Event()

    async def play() -> None:
        try:
            await (asyncio.sleep(script) if isinstance(script, float) else script(Session(clips, group, rows)))
        finally:
            end.set()

    playing = asyncio.create_task(play())
    await group.run(end)
    await playing
    ended_s = loop.time()
    await group.finish()
    took = (started_s - begun_s, loop.time() - ended_s)
    health = group.health()
    for clip in clips:
        await clip.power_off()
    return [_streamed(rows, i, clip, health[i], took) for i, clip in enumerate(clips)]


def _streamed(rows: Rows, number: int, clip: VirtualClip, health: ClipHealth, took: tuple[float, float]) -> Streamed:
    mine = [(arrived, block) for arrived, block in rows.blocks if block.clip_index[0] == number]
    time_s = np.concatenate([block.time_s for _, block in mine])
    arrived_s = np.concatenate([np.full(len(block), arrived) for arrived, block in mine])
    config = clip.info.config
    acc = np.concatenate([block.acc_m_s2 for _, block in mine]) / config.acc_scale
    gyr = np.concatenate([block.gyr_rad_s for _, block in mine]) / config.gyr_scale
    order = np.argsort(time_s, kind="stable")
    raw = [tuple(row) for row in np.rint(np.hstack([acc, gyr]))[order].astype(int).tolist()]
    taken = [stream for stream in clip.streams if stream.raw]
    truth = [row for stream in taken for row in stream.raw]
    true_s = np.array([t for s in taken for t, row in zip(s.time_s, s.raw, strict=True) if row is not None])
    return Streamed(raw, time_s[order], arrived_s[order], truth, true_s, health, *took)
