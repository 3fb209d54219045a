"""What waits while a link is lost, and what a new clock puts before common time: kept, or counted."""

from __future__ import annotations

import asyncio
import random

import numpy as np
from ble.air import Air
from vendors.witmotion import VirtualWitMotion

from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.clip_group import ClipGroup
from imu_hinge.sensors.clip_rows import ClipRows
from imu_hinge.sensors.driver import FloatArray, Samples, Wanted
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.source import SampleBlock

from .on_air import Rows, on_air


async def test_what_waited_for_room_when_the_link_was_lost_is_read_before_the_next_stream() -> None:
    async def play(air: Air) -> None:
        loop = asyncio.get_running_loop()
        sensor = VirtualWitMotion(air, 1)
        await sensor.power_on()
        rows, limits = Rows(), LinkLimits()
        serials = {"thigh": sensor.address.replace(":", "").upper()}
        adapter = Adapter(DRIVERS, limits)
        group = ClipGroup(serials, adapter, rows, loop.time, random.Random(1), limits, Wanted(rate_hz=100))
        await group.start()
        end = asyncio.Event()
        running = asyncio.create_task(group.run(end))
        await asyncio.sleep(20.0)
        rows.full = True
        await asyncio.sleep(1.0)
        waiting_since_s = rows.blocks[-1].time_s[-1]
        sensor.lose()
        sent_s = np.array(sensor.true_s)
        await asyncio.sleep(10.0)
        rows.full = False
        await asyncio.sleep(5.0)
        end.set()
        await running
        await group.finish()
        time_s = np.concatenate([block.time_s for block in rows.blocks])
        lost_at_s = time_s[np.argmax(np.diff(time_s))]
        assert np.ptp(np.diff(time_s)) > 0.5  # the link was away
        assert lost_at_s > waiting_since_s + 0.9
        begun_s = sent_s[-1] - lost_at_s
        assert np.count_nonzero(time_s <= lost_at_s) == np.count_nonzero(sent_s > begun_s + time_s[0] - 0.005)
        await sensor.off_air()

    await on_air(play)


def samples(count: int) -> Samples:
    return Samples(0.01 * np.arange(count, dtype=np.float64), np.ones((count, 3)), np.zeros((count, 3)), 0.0)


def test_what_lies_before_common_time_counts_as_lost_only_once_rows_were_given() -> None:
    blocks: list[SampleBlock] = []
    rows = ClipRows(0, blocks.append)

    def placed(begin_s: float) -> None:
        def place(device_s: FloatArray) -> FloatArray:
            return device_s + begin_s

        rows.deliver((samples(10),), place)

    placed(-0.045)  # the first ones were taken before common time began: nobody waits for them
    assert (rows.before_zero, sum(map(len, blocks))) == (0, 5)
    placed(0.1)
    placed(-0.025)  # another clock, which is wrong
    assert (rows.before_zero, sum(map(len, blocks))) == (3, 22)
    assert np.all(np.diff(np.concatenate([block.time_s for block in blocks])) > 0)
