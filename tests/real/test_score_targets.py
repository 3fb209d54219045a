"""The sessions beside the checkout are analysed as well as was promised."""

from __future__ import annotations

import csv
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imu_hinge.recording import read_recording
from imu_hinge.session.analysis import analyze
from imu_hinge.session.results import SessionResult

FloatArray = NDArray[np.float64]
DATA = Path(os.environ.get("IMU_HINGE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
SIM = sorted(path for path in (DATA / "sim").glob("*.csv") if ".truth" not in path.name)
OTHER = sorted(p for folder in ("real", "worn") for p in (DATA / folder).glob("*.csv") if ".truth" not in p.name)
pytestmark = pytest.mark.skipif(not SIM, reason="no ../shared/data (or IMU_HINGE_DATA)")


@lru_cache(maxsize=32)
def analysed(path: Path, clips: tuple[str, ...] | None = None) -> SessionResult:
    return analyze(read_recording(path), clips)


@lru_cache(maxsize=32)
def truth(path: Path) -> tuple[dict[str, FloatArray], list[dict[str, Any]]]:
    """The table of true angles, and the true reps inside sets."""
    with path.with_name(f"{path.stem}.truth.csv").open() as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    table = np.array([[float(cell or "nan") for cell in row] for row in rows[1:]])
    told = json.loads(path.with_name(f"{path.stem}.truth.json").read_text())
    spans = told.get("spans") or [(s.start_s, s.end_s) for s in read_recording(path).segments_of("set")]
    reps = [r for r in told["reps"] if r["kind"] != "land"]
    reps = [r for r in reps if any(a - 0.5 <= r["start"] <= b + 0.5 for a, b in spans)]
    return {name: table[:, i] for i, name in enumerate(rows[0])}, reps


def rmse(path: Path, angle: str, clips: tuple[str, ...] | None = None) -> float:
    """Of one angle inside the true reps, deg."""
    table, reps = truth(path)
    angles = analysed(path, clips).angles
    error = np.interp(table["time_s"], angles.time_s, getattr(angles, angle)) - table[angle]
    inside = np.any([(table["time_s"] >= r["start"]) & (table["time_s"] <= r["end"]) for r in reps], axis=0)
    return float(np.sqrt(np.nanmean(error[inside] ** 2)))


def overlap(true: dict[str, Any], start_s: float, end_s: float) -> float:
    shared = min(true["end"], end_s) - max(true["start"], start_s)
    return float(shared / (max(true["end"], end_s) - min(true["start"], start_s)))


@pytest.mark.parametrize("angle", ["hip_flexion_deg", "lumbar_flexion_deg"])
def test_three_clips_are_right_to_a_degree_and_a_half(angle: str) -> None:
    assert float(np.sqrt(np.mean([rmse(path, angle) ** 2 for path in SIM]))) <= 1.6


def test_thigh_and_pelvis_measure_the_hip_as_well() -> None:
    each = [rmse(path, "hip_flexion_deg", ("thigh", "pelvis")) for path in SIM]
    assert float(np.sqrt(np.mean(np.square(each)))) <= 1.6


PAIR = ("thigh", "back")


def bottoms() -> list[tuple[float, float, float]]:
    """Lumbar flexion at the bottom from two clips, its SD, and the truth from the rep's start; deg."""
    found = []
    for path in SIM:
        for true in truth(path)[1]:
            reps = [rep for s in analysed(path, PAIR).sets for rep in s.reps]
            rep = max(reps, key=lambda r: overlap(true, r.start_s, r.end_s))
            if rep.lumbar_at_bottom_deg is not None and rep.lumbar_sd_deg is not None:
                found.append((rep.lumbar_at_bottom_deg, rep.lumbar_sd_deg, float(true["lumbar_from_start_deg"])))
    return found


def test_two_clips_tell_the_hip_to_two_degrees() -> None:
    each = [rmse(path, "hip_flexion_deg", PAIR) for path in SIM]
    assert float(np.sqrt(np.mean(np.square(each)))) <= 2.0


def test_two_clips_tell_the_lumbar_spine_to_two_and_a_half_degrees_and_know_how_well() -> None:
    value, sd, true = np.array(bottoms()).T
    assert len(value) >= 0.95 * sum(len(truth(path)[1]) for path in SIM)
    assert float(np.sqrt(np.mean((value - true) ** 2))) <= 2.5
    assert 0.83 <= float(np.mean(np.abs(value - true) <= 1.645 * sd)) <= 0.97


NAMED = {
    "rounded": {"rounded_back", "butt_wink"},
    "butt_wink": {"rounded_back", "butt_wink"},
    "arched": {"arched_back"},
    "spine_first": {"spine_first"},
    "hyperextended_lockout": {"hyperextended_lockout"},
    "incomplete_lockout": {"incomplete_lockout"},
}


@pytest.mark.parametrize("clips", [None, PAIR], ids=["all", "back"])
def test_faults_are_named_and_good_reps_left_alone(clips: tuple[str, ...] | None) -> None:
    named: dict[str, list[bool]] = {}
    alone: list[bool] = []
    for path in SIM:
        for true in truth(path)[1]:
            reps = [rep for s in analysed(path, clips).sets for rep in s.reps]
            rep = max(reps, key=lambda r: overlap(true, r.start_s, r.end_s))
            faults = {f.name for f in rep.faults}
            if true["label"] in NAMED:
                named.setdefault(true["label"], []).append(bool(faults & NAMED[true["label"]]))
            elif true["label"] == "good":
                alone.append(not faults & set().union(*NAMED.values()))
    assert all(np.mean(hits) >= 0.95 for hits in named.values()), {k: np.mean(v) for k, v in named.items()}
    assert np.mean(alone) >= 0.95


@pytest.mark.parametrize("clips", [None, ("thigh", "back"), ("thigh", "pelvis")], ids=["all", "back", "pelvis"])
def test_reps_are_found_where_they_are(clips: tuple[str, ...] | None) -> None:
    true_count, matched, found_count = 0, 0, 0
    boundary: list[float] = []
    for path in SIM:
        _, reps = truth(path)
        found = [rep for s in analysed(path, clips).sets for rep in s.reps]
        true_count, found_count = true_count + len(reps), found_count + len(found)
        for true in reps:
            best = max(found, key=lambda rep: overlap(true, rep.start_s, rep.end_s))
            if overlap(true, best.start_s, best.end_s) > 0.3:
                matched += 1
                boundary += [abs(best.start_s - true["start"]), abs(best.end_s - true["end"])]
    assert matched >= 0.99 * true_count
    assert found_count - matched <= 0.01 * true_count
    assert np.mean(boundary) <= 0.10


@pytest.mark.parametrize("angle", ["hip_flexion_deg", "lumbar_flexion_deg"])
def test_bows_before_a_motion_capture_system_are_right_to_five_degrees(angle: str) -> None:
    paths = [path for path in OTHER if "bows" in path.name]
    if not paths:
        pytest.skip("no bows")
    for path in paths:
        assert rmse(path, angle) <= 5.0


@pytest.mark.parametrize("path", [*SIM, *OTHER], ids=lambda path: path.stem)
def test_every_recording_can_be_analysed(path: Path) -> None:
    result = analysed(path)
    assert np.isfinite(result.angles.hip_flexion_deg).mean() > 0.5 or "thigh" not in result.clips
    known = np.isfinite(result.angles.hip_flexion_deg)
    assert np.isfinite(result.angles.hip_flexion_sd_deg[known]).all()
    assert np.abs(result.angles.hip_flexion_deg[known]).max() < 180.0
