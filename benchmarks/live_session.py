"""Two clips streamed for two hours, in time that runs ahead: delay from notification to sample, loss, clock, memory.

Everything of ours runs, from the notify callback to the rows; bleak and the radio do not. The clips are the emulator of
tests/emulator behind a link with connection events every 15 and 30 ms, lost every twenty minutes.
"""

from __future__ import annotations

import asyncio
import gc
import math
import random
import resource
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from bleak.backends.device import BLEDevice

from benchmarks.tables import Outcome
from imu_hinge.protocol import definitions as protocol
from imu_hinge.sensors.adapter import Found
from imu_hinge.sensors.clip_group import ClipGroup
from imu_hinge.sensors.driver import Identity, Wanted
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.source import SampleBlock

__all__ = ["measure"]

RATE_HZ: Final = 100
LOSE_EVERY_S: Final = 1200.0
AWAY_S: Final = 5.0
BATTERY_UUID: Final = "00002a19-0000-1000-8000-00805f9b34fb"


def _tests() -> tuple[Any, ...]:
    """What the tests have: a clip, and a clock that runs ahead."""
    tests = str(Path(__file__).resolve().parents[1] / "tests")
    if tests not in sys.path:
        sys.path.insert(0, tests)
    from ble.clockwork import ClockworkLoop, warp  # type: ignore[import-not-found,unused-ignore]
    from emulator.emulated_clip import EmulatedClip  # type: ignore[import-not-found,unused-ignore]
    from emulator.hardware import ClipModel  # type: ignore[import-not-found,unused-ignore]
    from emulator.outbox import Channel  # type: ignore[import-not-found,unused-ignore]

    return ClockworkLoop, warp, EmulatedClip, ClipModel, Channel


class _Port:
    """A connection to an emulated clip: a Port."""

    def __init__(self, clip: Any, channels: dict[str, Any], interval_s: float, delays: list[float]) -> None:
        self.clip = clip
        self.gone = asyncio.Event()
        self.payload_bytes = 244
        self._channels = channels
        self._interval_s = interval_s
        self._sinks: dict[Any, Callable[[bytearray], None]] = {}
        self._stamps = delays
        clip.connect(247)
        self._pump_task = asyncio.create_task(self._pump())

    async def read(self, uuid: str) -> bytes:
        await self._event()
        if uuid == protocol.INFO_UUID:
            return bytes(self.clip.info)
        return b"\x50" if uuid == BATTERY_UUID else b"1.0"

    async def write(self, uuid: str, data: bytes) -> None:
        await self._event()
        self.clip.write_control(data)

    async def send(self, uuid: str, data: bytes) -> None:
        await self.write(uuid, data)

    async def pair(self) -> None:
        pass

    async def subscribe(self, uuid: str, sink: Callable[[bytearray], None]) -> None:
        self._sinks[self._channels[uuid]] = sink
        self.clip.subscribe(self._channels[uuid])

    async def close(self) -> None:
        self._pump_task.cancel()
        self.clip.disconnect()

    def lose(self) -> None:
        self._pump_task.cancel()
        self.clip.disconnect()
        self.gone.set()

    async def _event(self) -> None:
        now = asyncio.get_running_loop().time()
        event = math.floor(now / self._interval_s + 1e-6) + 1
        await asyncio.sleep(event * self._interval_s - now)

    async def _pump(self) -> None:
        while True:
            await self._event()
            while message := self.clip.poll():
                if message.channel is self._channels[protocol.IMU_UUID]:
                    self._stamps.append(time.perf_counter())
                self._sinks[message.channel](bytearray(message.value))


@dataclass
class _Adapter:
    """Finds emulated clips and connects to them, unless they are out of reach."""

    clips: dict[str, Any]
    channels: dict[str, Any]
    intervals_s: dict[str, float]
    stamps: list[float]
    ports: dict[str, _Port] = field(default_factory=dict)

    async def connect(self, serial: str, seen: Callable[[Found], None]) -> tuple[Found, _Port]:
        await asyncio.sleep(AWAY_S if serial in self.ports else 0.3)
        found = Found(Identity(serial), DRIVERS[0], -50, BLEDevice(serial, None, None))
        seen(found)
        port = self.ports[serial] = _Port(self.clips[serial], self.channels, self.intervals_s[serial], self.stamps)
        return found, port


@dataclass
class _Rows:
    """Takes rows and how long they took since the last notification."""

    stamps: list[float]
    full: bool = False
    delays_us: array[float] = field(default_factory=lambda: array("d"))  # a list would be what grows
    rows: int = 0

    def put(self, block: SampleBlock, text: str = "", time_s: float = 0.0) -> None:
        self.rows += len(block)
        if self.stamps:
            # Several notifications may have become one block: the first of them waited longest.
            self.delays_us.append(1e6 * (time.perf_counter() - self.stamps[0]))
            self.stamps.clear()


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


async def _session(hours: float) -> tuple[ClipGroup, _Rows, list[float], tuple[Any, ...]]:
    _, warp, emulated_clip, clip_model, channel = _tests()
    warp()
    loop = asyncio.get_running_loop()
    channels = {
        protocol.IMU_UUID: channel.IMU,
        protocol.CONTROL_UUID: channel.CONTROL,
        protocol.TRANSFER_UUID: channel.TRANSFER,
        protocol.EVENT_UUID: channel.EVENT,
    }
    model = clip_model(rates_hz=(100, 200))
    serials = {"thigh": "A1B2C3D4E501", "back": "A1B2C3D4E502"}
    speeds = {"A1B2C3D4E501": 1 + 40e-6, "A1B2C3D4E502": 1 - 35e-6}

    def clock_of(serial: str) -> Callable[[], int]:
        return lambda: int(loop.time() * 1e6 * speeds[serial])

    clips = {serial: emulated_clip(serial, clock_of(serial), None, model) for serial in serials.values()}
    stamps: list[float] = []
    adapter = _Adapter(clips, channels, dict(zip(serials.values(), (0.015, 0.030), strict=True)), stamps)
    rows = _Rows(stamps)
    rng = random.Random(5)
    group = ClipGroup(serials, adapter, rows, loop.time, rng, wanted=Wanted(rate_hz=RATE_HZ))  # type: ignore[arg-type]
    await group.start()
    end, memory = asyncio.Event(), []

    async def watch() -> None:
        begun_s = loop.time()
        lost = 0
        while loop.time() < begun_s + 3600 * hours:
            await asyncio.sleep(60.0)
            gc.collect()
            memory.append(_rss_mb())
            if loop.time() - begun_s > LOSE_EVERY_S * (lost + 1):
                lost += 1
                adapter.ports[serials["thigh"]].lose()
        end.set()

    watching = asyncio.create_task(watch())
    await group.run(end)
    await watching
    await group.finish()
    return group, rows, memory, tuple(clips.values())


def measure(hours: float = 2.0) -> Outcome:
    """Stream from two emulated clips."""
    loop_factory = _tests()[0]
    began = time.perf_counter()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        group, rows, memory, clips = runner.run(_session(hours))
    took_s = time.perf_counter() - began
    delays = np.array(rows.delays_us)
    median, most, worst = (float(np.quantile(delays, q)) for q in (0.5, 0.99, 1.0))
    table = [
        ["delay, notification to rows, median", f"{median:.0f} us"],
        ["delay, 99 %", f"{most:.0f} us"],
        ["delay, longest", f"{worst / 1e3:.1f} ms"],
    ]
    numbers: dict[str, object] = {"delay_median_us": median, "delay_99_us": most, "delay_longest_us": worst}
    for health, clip in zip(group.health(), clips, strict=True):
        missing = health.books.lost
        table += [
            [f"{health.clip}: samples taken", f"{clip.sampling.stream.next_index}"],
            [f"{health.clip}: samples missing in the end", f"{missing}"],
            [f"{health.clip}: refilled, in {health.reconnects} outages", f"{health.books.refilled}"],
            [f"{health.clip}: clock residual", f"{health.clock_residual_ms:.3f} ms"],
        ]
        numbers[health.clip] = {
            "missing": missing,
            "refilled": health.books.refilled,
            "clock_residual_ms": health.clock_residual_ms,
        }
    warm = memory[min(10, len(memory) - 1)]
    table += [
        ["memory after ten minutes", f"{warm:.0f} MB"],
        ["memory in the end", f"{memory[-1]:.0f} MB"],
        ["one core, of real time", f"{100 * took_s / (3600 * hours):.1f} % (the emulated clips included)"],
    ]
    numbers |= {"rss_10_min_mb": warm, "rss_end_mb": memory[-1], "took_s": took_s}
    return Outcome(
        "live_session",
        "A long session on the air",
        f"Two clips at {RATE_HZ} Hz streamed for {hours:g} h without a radio, in time that runs ahead; a link is lost "
        f"every {LOSE_EVERY_S / 60:g} minutes for {AWAY_S:g} s.",
        ["what", "measured"],
        table,
        numbers,
    )
