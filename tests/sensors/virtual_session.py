"""Two clips on a virtual air in a thread of their own, for what uses a BleSource from outside.

As a program: ``virtual_session.py OUT.csv [SECONDS]`` records from them in real time, as ``imu-hinge record`` does.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ble.air import Air, central
from ble.bumble_backend import use
from ble.clockwork import ClockworkLoop, warp

from imu_hinge.cli.record import run
from imu_hinge.sensors.ble_source import BleParams, BleSource
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.recorder import RecordParams
from imu_hinge.sensors.roles import RoleStore
from sensors.on_air import AirClip

__all__ = ["virtual_air", "virtual_source"]


def virtual_air(
    *, fast: bool, prepare: Callable[[tuple[AirClip, ...]], None] = lambda clips: None, clips: int = 2
) -> Callable[[], AbstractAsyncContextManager[None]]:
    """An air with clips worn as thigh, back (and pelvis); ``fast``: its time runs ahead."""

    @asynccontextmanager
    async def air() -> AsyncIterator[None]:
        if fast:
            warp()
        space = Air()
        on_air = tuple(AirClip(space, n + 1, drift_ppm=30.0 * (-1) ** n) for n in range(clips))
        for clip in on_air:
            await clip.power_on()
        prepare(on_air)
        with use(await central(space)):
            yield
        for clip in on_air:
            await clip.off_air()

    return air


def virtual_source(
    home: Path,
    *,
    fast: bool = True,
    prepare: Callable[[tuple[AirClip, ...]], None] = lambda clips: None,
    wanted: tuple[str, ...] | None = ("thigh", "back"),
) -> BleSource:
    return BleSource(
        wanted,
        BleParams(Wanted(rate_hz=100)),
        RoleStore(home / "roles.json"),
        air=virtual_air(fast=fast, prepare=prepare),
        loop_factory=ClockworkLoop if fast else None,
        room=10**6,
    )


if __name__ == "__main__":
    out = Path(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else None
    run(virtual_source(out.parent, fast=False), out, RecordParams(height_m=1.78), seconds)
