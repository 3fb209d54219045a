"""The demo recordings are what their README says: made by our simulator, with these very commands."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from imu_hinge.recording import read_recording
from imu_hinge.simulation import simulate_session

FOLDER = Path(__file__).parents[2] / "recordings"
COMMAND = re.compile(r"`imu-hinge simulate (\w+) --seed (\d+) --out recordings/(\w+\.csv)`")
MADE = COMMAND.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
LSB = {"acc_m_s2": 0.0048, "gyr_rad_s": 0.00123}


def test_the_readme_names_every_file() -> None:
    assert sorted(name for _, _, name in MADE) == sorted(path.name for path in FOLDER.glob("*.csv"))


@pytest.mark.parametrize(("scenario", "seed", "name"), MADE)
def test_making_a_file_again_gives_the_same_samples(scenario: str, seed: str, name: str) -> None:
    """Equal but for a step of resolution here and there, where another processor rounds the other way."""
    kept, made = read_recording(FOLDER / name), simulate_session(scenario, int(seed)).recording
    assert made.header == kept.header
    assert made.segments == kept.segments
    assert list(made.clips) == list(kept.clips)
    for clip, ours in made.clips.items():
        theirs = kept.clips[clip]
        assert np.allclose(ours.time_s, theirs.time_s, rtol=0, atol=2e-6)
        for column, step in LSB.items():
            difference = np.abs(getattr(ours, column) - getattr(theirs, column))
            assert difference.max() <= step
            assert np.mean(difference > 1e-4) < 1e-3


@pytest.mark.parametrize("name", [name for _, _, name in MADE])
def test_the_files_are_small_and_fully_calibrated(name: str) -> None:
    assert (FOLDER / name).stat().st_size < 1_500_000
    kinds = {segment.kind for segment in read_recording(FOLDER / name).segments}
    assert kinds == {"stand", "reference_hinge", "pelvic_tilt", "max_flexion", "set"}
