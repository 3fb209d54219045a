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


@pytest.mark.parametrize("mtu", [23, 185, 247, 517])
async def test_two_clips_at_200_hz_lose_nothing_with_any_mtu(mtu: int) -> None:
    async def play(air: Air) -> None:
        session = Session(AirClip(air, 1, mtu=mtu, drift_ppm=40), AirClip(air, 2, mtu=mtu, drift_ppm=-40))
        await session.stream(4.0)
        for clip in (0, 1):
            assert_complete(session, clip, least=780)
            assert session.health(clip).payload_bytes == mtu - 3

    await on_air(play)
