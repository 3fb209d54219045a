"""A clip shows itself while it streams, and the stream does not notice; one that cannot says why."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ble.air import Air, central
from ble.bumble_backend import use
from ble.clockwork import ClockworkLoop, warp
from emulator.wire import Capability
from vendors.metamotion import VirtualMetaMotion
from vendors.movella_dot import VirtualDot
from vendors.witmotion import VirtualWitMotion

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import LinkError, ProtocolError
from imu_hinge.sensors.ble_source import BleParams, BleSource
from imu_hinge.sensors.driver import FloatArray, Wanted
from imu_hinge.sensors.health import LinkState
from imu_hinge.sensors.roles import RoleStore

from .on_air import AirClip
from .virtual_session import virtual_source

PATIENCE_S = 20.0


@contextmanager
def streaming(source: BleSource) -> Iterator[Callable[[float], float]]:
    """The source streams within; go_on(seconds) takes so many seconds of it and gives the newest sample's time."""
    source.open()
    deliveries = source.deliveries()
    newest_s = 0.0

    def go_on(seconds: float) -> float:
        nonlocal newest_s
        until_s, late_s = newest_s + seconds, time.monotonic() + PATIENCE_S
        for delivery in deliveries:
            assert time.monotonic() < late_s
            if len(delivery.block):
                newest_s = max(newest_s, float(delivery.block.time_s.max()))
                if newest_s >= until_s:
                    break
        return newest_s

    try:
        yield go_on
    finally:
        source.stop()
        for _ in deliveries:
            pass
        assert source.join(PATIENCE_S)


def test_a_clip_blinks_while_it_streams_and_no_sample_is_lost(tmp_path: Path) -> None:
    there: list[AirClip] = []
    source = virtual_source(tmp_path, prepare=there.extend)
    with streaming(source) as go_on:
        go_on(2.0)
        answers = [source.blink("back", 4) for _ in range(3)]
        assert [answer.result(PATIENCE_S) for answer in answers] == [4, 4, 4]
        assert [clip.clip.identifying is not None for clip in there] == [False, True]
        go_on(3.0)
    assert [clip.books.lost for clip in source.health()] == [0, 0]


def test_a_clip_without_a_lamp_refuses_and_streams_on(tmp_path: Path) -> None:
    def unlit(clips: tuple[AirClip, ...]) -> None:
        for clip in clips:
            clip.clip.model = replace(clip.clip.model, capabilities=Capability.BUTTON)

    source = virtual_source(tmp_path, prepare=unlit)
    with streaming(source) as go_on:
        go_on(1.0)
        with pytest.raises(ProtocolError):
            source.blink("thigh", 4).result(PATIENCE_S)
        assert go_on(3.0) > 3.5
    assert [clip.books.lost for clip in source.health()] == [0, 0]


def test_a_clip_that_is_out_of_reach_does_not_blink_and_comes_back(tmp_path: Path) -> None:
    there: list[AirClip] = []
    source = virtual_source(tmp_path, prepare=there.extend)
    with streaming(source) as go_on:
        go_on(1.0)
        loop = source._loop
        assert loop is not None
        loop.call_soon_threadsafe(there[0].lose)
        while source.health()[0].link is LinkState.STREAMING:
            go_on(0.1)
        answer = source.blink("thigh", 4)
        assert answer.exception(PATIENCE_S) is None or isinstance(answer.exception(), LinkError)
        go_on(20.0)
        assert source.blink("thigh", 4).result(PATIENCE_S) == 4
    assert source.health()[0].reconnects == 1


def test_before_and_after_a_session_nothing_blinks(tmp_path: Path) -> None:
    source = virtual_source(tmp_path)
    assert isinstance(source.blink("thigh", 4).exception(0.0), LinkError)
    with streaming(source) as go_on:
        go_on(0.5)
    assert isinstance(source.blink("thigh", 4).exception(PATIENCE_S), LinkError)


def standing(time_s: float) -> tuple[FloatArray, FloatArray]:
    """No two samples are the same, as those of a stuck sensor are."""
    return GRAVITY_M_S2 * np.array([0.02 * math.sin(1.3 * time_s), 0.0, 1.0]), np.array([0.1 * math.cos(time_s), 0, 0])


def test_bought_sensors_blink_while_they_stream_where_they_can(tmp_path: Path) -> None:
    @asynccontextmanager
    async def air() -> AsyncIterator[None]:
        warp()
        space = Air()
        sensors = (
            VirtualDot(space, 1, motion=standing),
            VirtualMetaMotion(space, 1, motion=standing),
            VirtualWitMotion(space, 1, motion=standing),
        )
        for sensor in sensors:
            await sensor.power_on()
        with use(await central(space)):
            yield
        for sensor in sensors:
            await sensor.off_air()

    roles = RoleStore(tmp_path / "roles.json")
    for serial, role in (("D422CD000001", "thigh"), ("C00000000201", "pelvis"), ("C00000000101", "back")):
        roles.assign(serial, role)
    source = BleSource(None, BleParams(Wanted(rate_hz=50)), roles, air=air, loop_factory=ClockworkLoop, room=10**6)
    with streaming(source) as go_on:
        go_on(1.0)
        assert source.blink("thigh", 4).result(PATIENCE_S) == 10  # as long as it likes
        assert source.blink("pelvis", 4).result(PATIENCE_S) == 4
        with pytest.raises(LinkError, match="nothing to blink with"):
            source.blink("back", 4).result(PATIENCE_S)
        before = [clip.books.received for clip in source.health()]
        go_on(5.0)
        health = source.health()
    assert [clip.link for clip in health] == [LinkState.STREAMING] * 3
    assert [clip.reconnects for clip in health] == [0] * 3
    assert all(clip.books.received > so_far + 100 for clip, so_far in zip(health, before, strict=True))
