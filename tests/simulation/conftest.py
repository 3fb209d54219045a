from __future__ import annotations

from functools import lru_cache

from imu_hinge.simulation import SimulatedSession, simulate_session


@lru_cache(maxsize=12)
def simulated(name: str, seed: int = 1) -> SimulatedSession:
    """Sessions are simulated once for all tests."""
    return simulate_session(name, seed)
