"""What every test shares: sessions simulated once, exact hypothesis runs, and no user's settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest
from hypothesis import settings

from imu_hinge.session.analysis import analyze
from imu_hinge.session.results import SessionResult
from imu_hinge.simulation import SimulatedSession, simulate_session

settings.register_profile("house", derandomize=True, deadline=None, database=None)
settings.load_profile("house")

SessionOf = Callable[..., SimulatedSession]
ResultOf = Callable[..., SessionResult]


@pytest.fixture(scope="session")
def session_of() -> SessionOf:
    """session_of(name, seed) simulates a preset once."""
    return lru_cache(maxsize=32)(simulate_session)


@pytest.fixture(scope="session")
def result_of(session_of: SessionOf) -> ResultOf:
    """result_of(name, seed, clips) analyses a simulated preset once."""

    @lru_cache(maxsize=32)
    def analysed(name: str, seed: int = 0, clips: tuple[str, ...] | None = None) -> SessionResult:
        return analyze(session_of(name, seed).recording, clips)

    return analysed


@pytest.fixture(autouse=True)
def _nobodys_clip_store(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Calibrations in the user's own store must not change a test."""
    monkeypatch.setenv("IMU_HINGE_HOME", str(tmp_path_factory.getbasetemp() / "nobody"))
