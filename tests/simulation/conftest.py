from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest

from imu_hinge.simulation import SimulatedSession, simulate_session


@pytest.fixture(scope="session")
def simulated() -> Callable[..., SimulatedSession]:
    """Sessions by scenario name and seed (1), each simulated once for all tests."""

    @lru_cache(maxsize=12)
    def session(name: str, seed: int = 1) -> SimulatedSession:
        return simulate_session(name, seed)

    return session
