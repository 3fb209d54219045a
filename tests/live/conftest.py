"""Live sessions of a simulated athlete, each simulated and run once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest
from training import TRAINING, TWO_SETS, Ran, plan_of, source_of, train

from imu_hinge.live.runner import Setup
from imu_hinge.recording import Arrivals
from imu_hinge.simulation import simulate_session, with_clips

ArrivalsOf = Callable[..., Arrivals]


@pytest.fixture(scope="session")
def training() -> ArrivalsOf:
    """training(clips, seed, two_sets): rows of a calibration and one or two sets."""

    @lru_cache(maxsize=16)
    def make(clips: tuple[str, ...] = ("thigh", "back"), seed: int = 1, two_sets: bool = False) -> Arrivals:
        return simulate_session(with_clips(TWO_SETS if two_sets else TRAINING, clips), seed).arrivals

    return make


@pytest.fixture(scope="session")
def trained(training: ArrivalsOf, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A session from the first row to the report."""
    arrivals = training()
    return train(source_of(arrivals), Setup(plan_of(arrivals), tmp_path_factory.mktemp("trained") / "one"))
