"""Asking clips their time: about twice a second, at moments that do not lock to the connection interval."""

from __future__ import annotations

import asyncio
import random
from typing import Final

from imu_hinge.errors import LinkError
from imu_hinge.sensors.clock import Exchange
from imu_hinge.sensors.driver import Conversation

__all__ = ["BURST", "burst", "pause_s"]

BURST: Final = 16
"""Pings before a stream begins, so that its first samples are within milliseconds already."""
_SHORTEST_S: Final = 0.3
_LONGEST_S: Final = 0.7
_BURST_PAUSE_S: Final = (0.005, 0.055)


def pause_s(rng: random.Random) -> float:
    """Time until the next ping, s: evenly spread around half a second."""
    return rng.uniform(_SHORTEST_S, _LONGEST_S)


async def burst(conversation: Conversation, rng: random.Random, count: int = BURST) -> list[Exchange]:
    """Some pings close together, for a clip whose clock is not known yet.

    Raises LinkError where two in a row have no answer.
    """
    exchanges: list[Exchange] = []
    missed = 0
    while len(exchanges) < count:
        try:
            exchanges.append(await conversation.ping())
            missed = 0
        except LinkError:
            missed += 1
            if missed > 1:
                raise
        await asyncio.sleep(rng.uniform(*_BURST_PAUSE_S))
    return exchanges
