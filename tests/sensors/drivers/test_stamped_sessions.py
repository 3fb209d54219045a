"""Two sensors with stamps and without pings in one session: complete, on one clock, over lost links."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import numpy as np
import pytest
from ble.air import Air
from vendors.knobs import LinkKnobs
from vendors.movella_dot import VirtualDot
from vendors.polar import VirtualVeritySense

from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.clip_group import ClipGroup
from imu_hinge.sensors.driver import FloatArray, Wanted
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.limits import LinkLimits
from sensors.on_air import Rows, on_air

Sensor = VirtualVeritySense | VirtualDot


def polar(air: Air, number: int, drift_ppm: float, loss: float) -> Sensor:
    return VirtualVeritySense(air, number, drift_ppm=drift_ppm, knobs=LinkKnobs(loss=loss, seed=number))


def dot(air: Air, number: int, drift_ppm: float, loss: float) -> Sensor:
    return VirtualDot(air, number, drift_ppm=drift_ppm, knobs=LinkKnobs(loss=loss, seed=number))


def offsets_s(rows: Rows, clip: int, sensor: Sensor, origin_s: float) -> tuple[FloatArray, FloatArray]:
    """Times of rows, and how far they are from the nearest true one."""
    time_s = np.concatenate([block.time_s for block in rows.blocks if block.clip_index[0] == clip])
    true_s = np.array(sensor.true_s) - origin_s
    at = np.clip(np.searchsorted(true_s, time_s), 1, len(true_s) - 1)
    near = np.where(np.abs(true_s[at] - time_s) < np.abs(true_s[at - 1] - time_s), true_s[at], true_s[at - 1])
    return time_s, time_s - near


# Where samples end just as the radio comes by, rounding decides which of two connection events takes them: a clock
# that has run for long rounds otherwise, and the times are then as much worse.
@pytest.mark.parametrize(("start_s", "worse"), [(1000.0, 1.0), pytest.param(66000.0, 2.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("make", "rate_hz", "apart_s"), [(polar, 52, 2e-3), (dot, 60, 1e-3)])
@pytest.mark.parametrize("loss", [0.0, 0.01])
async def test_two_sensors_share_a_clock_over_a_lost_link(
    make: Callable[[Air, int, float, float], Sensor],
    rate_hz: int,
    apart_s: float,
    loss: float,
    start_s: float,
    worse: float,
) -> None:
    async def play(air: Air) -> None:
        loop = asyncio.get_running_loop()
        sensors = [make(air, 1, 30.0, loss), make(air, 2, -30.0, loss)]
        for sensor in sensors:
            await sensor.power_on()
        rows, limits = Rows(), LinkLimits()
        serials = {"thigh": sensors[0].serial, "back": sensors[1].serial}
        adapter, wanted = Adapter(DRIVERS, limits), Wanted(rate_hz=rate_hz)
        group = ClipGroup(serials, adapter, rows, loop.time, random.Random(1), limits, wanted)
        await group.start()
        end = asyncio.Event()
        running = asyncio.create_task(group.run(end))
        await asyncio.sleep(60.0)
        sensors[0].lose()
        await asyncio.sleep(30.0)
        end.set()
        await running
        await group.finish()
        late_s = []
        for clip, sensor in enumerate(sensors):
            time_s, off_s = offsets_s(rows, clip, sensor, group.clips[clip]._time._origin_s)
            settled = time_s > 10.0
            late_s.append(float(np.median(off_s[settled])))
            assert np.all(np.diff(time_s) > 0)
            assert np.ptp(off_s[settled]) < 6e-3 * worse
            assert time_s[-1] > 85.0
            books = group.health()[clip].books
            assert (books.refused, books.repeated) == (0, 0)
            assert (books.lost > 0) == (loss > 0 or clip == 0)
            await sensor.off_air()
        assert abs(late_s[1] - late_s[0]) < apart_s * worse
        assert all(
            -1e-3 * (worse - 1.0) <= late < 15e-3 for late in late_s
        )  # the radio's least delay, which nobody can tell

    await on_air(play, start_s=start_s)


async def test_a_sensor_that_lost_its_power_for_an_instant_is_on_time_again_within_seconds() -> None:
    async def play(air: Air) -> None:
        loop = asyncio.get_running_loop()
        sensor = VirtualDot(air, 1)
        await sensor.power_on()
        rows, limits = Rows(), LinkLimits()
        group = ClipGroup(
            {"thigh": sensor.serial}, Adapter(DRIVERS, limits), rows, loop.time, random.Random(1), limits, Wanted(60)
        )
        await group.start()
        end = asyncio.Event()
        running = asyncio.create_task(group.run(end))
        await asyncio.sleep(20.0)
        sensor.reset()
        await asyncio.sleep(10.0)
        end.set()
        await running
        await group.finish()
        time_s, off_s = offsets_s(rows, 0, sensor, group.clips[0]._time._origin_s)
        assert np.all(np.diff(time_s) > 0)
        assert np.ptp(off_s[time_s > 24.5]) < 6e-3
        assert group.health()[0].resets == 1
        assert group.health()[0].reconnects == 1
        await sensor.off_air()

    await on_air(play)
