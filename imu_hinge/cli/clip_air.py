"""How commands get at Bluetooth: an errand with an adapter, in a loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.drivers import DRIVERS

__all__ = ["air", "loop_factory", "run"]

T = TypeVar("T")

loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
"""Tests bring another loop here, the default is the platform's."""


@asynccontextmanager
async def air() -> AsyncIterator[None]:
    """Entered around every errand; tests bring another radio here."""
    yield


def run(errand: Callable[[Adapter], Awaitable[T]]) -> T:
    """Do something with the system's adapter. Raises LinkError and its kin."""

    async def go() -> T:
        async with air():
            return await errand(Adapter(DRIVERS))

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(go())
