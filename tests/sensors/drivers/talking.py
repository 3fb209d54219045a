"""A conversation with a virtual sensor over the air, through the adapter, as a clip stream has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.driver import About, Conversation, Decoder, Driver, FloatArray, Happening, Samples
from imu_hinge.sensors.gatt import GattPort
from imu_hinge.sensors.limits import LinkLimits

__all__ = ["Talk", "serial_on_linux", "talking"]


@dataclass
class Talk:
    """What is said and what arrives while it lasts."""

    conversation: Conversation
    decoder: Decoder
    port: GattPort
    about: About
    arrived: list[tuple[bytes, float]]
    samples: list[Samples] = field(default_factory=list)

    def take(self) -> Sequence[Samples]:
        """Decode what has arrived since."""
        arrived, self.arrived[:] = list(self.arrived), []
        new = [samples for payload, at in arrived for samples in self.decoder.feed(payload, at)]
        self.samples += new
        return new

    @property
    def acc_m_s2(self) -> FloatArray:
        return np.concatenate([one.acc_m_s2 for one in self.samples])

    @property
    def gyr_rad_s(self) -> FloatArray:
        return np.concatenate([one.gyr_rad_s for one in self.samples])

    @property
    def device_s(self) -> FloatArray:
        return np.concatenate([one.device_s for one in self.samples])


def serial_on_linux(address: str) -> str:
    return address.replace(":", "").upper()


@asynccontextmanager
async def talking(driver: Driver, address: str, decoder: Decoder | None = None) -> AsyncIterator[Talk]:
    """Connect and prepare; disconnect at the end. The decoder may be that of an earlier connection."""
    loop = asyncio.get_running_loop()
    arrived: list[tuple[bytes, float]] = []
    happenings: list[Happening] = []
    found, port = await Adapter((driver,), LinkLimits()).connect(serial_on_linux(address))
    assert found.driver is driver
    try:
        ours = driver.decoder() if decoder is None else decoder
        talk = driver.converse(
            port, ours, loop.time, lambda payload: arrived.append((bytes(payload), loop.time())), happenings.append
        )
        yield Talk(talk, ours, port, await talk.prepare(), arrived)
    finally:
        await port.close()
