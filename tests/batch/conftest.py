"""Folders of short recordings, and a batch without other processes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from imu_hinge.batch.entry import Settings
from imu_hinge.batch.finding import find_recordings
from imu_hinge.batch.run import BatchResult, Progress, run_batch
from imu_hinge.batch.workers import Lost, Workers
from imu_hinge.recording import write_recording
from imu_hinge.simulation import Scenario, simulate_session, with_clips
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import SetPlan, plan_reps

T = TypeVar("T")
R = TypeVar("R")
Batch = Callable[..., BatchResult]

NAMES = ("anna/monday.csv", "ben/monday.csv", "ben/tuesday.csv")


class Here:
    """Workers that are this process; ``tried`` counts what they were given."""

    def __init__(self) -> None:
        self.tried = 0

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[T, R | Lost]]:
        for task in tasks:
            self.tried += 1
            yield task, function(task)


@pytest.fixture(scope="session")
def kept_team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sessions of two people, thigh and pelvis."""
    team = tmp_path_factory.mktemp("kept") / "team"
    blocks = (
        Between("stand", 2.0),
        Between("reference_hinge", count=1),
        Between("stand", 1.0),
        SetPlan("rdl", plan_reps("good", "rounded:28", "good")),
    )
    plan = with_clips(Scenario("short", "", blocks), ("thigh", "pelvis"))
    for seed, name in enumerate(NAMES):
        (team / name).parent.mkdir(parents=True, exist_ok=True)
        write_recording(simulate_session(plan, seed).arrivals, team / name)
    return team


@pytest.fixture
def team(kept_team: Path, tmp_path: Path) -> Path:
    """A copy of them to do with as one likes."""
    return Path(shutil.copytree(kept_team, tmp_path / "team"))


@pytest.fixture
def here() -> Here:
    """Workers that are this process."""
    return Here()


@pytest.fixture
def batch(here: Here, tmp_path: Path) -> Batch:
    """batch(folder, settings, ...) analyses what is there into ``tmp_path / "out"``."""

    def run(
        *inputs: Path | str,
        settings: Settings | None = None,
        workers: Workers = here,
        told: Callable[[Progress], None] = lambda progress: None,
    ) -> BatchResult:
        out = tmp_path / "out"
        return run_batch(find_recordings(map(str, inputs), out), out, settings or Settings(), workers, told)

    return run
