"""The command line run in this process: exit code, standard output, standard error."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from imu_hinge.cli.main import main
from imu_hinge.recording import write_recording
from imu_hinge.simulation import Scenario, simulate_session
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import SetPlan, plan_reps


@dataclass(frozen=True)
class Shown:
    """What a command left behind."""

    code: int
    out: str
    err: str


SHORT = Scenario(
    "short",
    "A stand, one reference hinge and three reps.",
    (
        Between("stand", 2.0),
        Between("reference_hinge", count=1),
        Between("stand", 1.0),
        SetPlan("rdl", plan_reps("good", "rounded:28", "good")),
    ),
)


@pytest.fixture(scope="session")
def short_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short simulated session of three clips, as a file."""
    path = tmp_path_factory.mktemp("short") / "short.csv"
    write_recording(simulate_session(SHORT, 1).arrivals, path)
    return path


@pytest.fixture
def imu_hinge(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Shown]:
    """imu_hinge("analyze", path, ..., stdin=bytes) runs the command line."""

    def run(*words: object, stdin: bytes = b"") -> Shown:
        monkeypatch.setattr(sys, "argv", ["imu-hinge", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfd.readouterr()
        try:
            code = main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        shown = capfd.readouterr()
        return Shown(code, shown.out, shown.err)

    return run
