"""``imu-hinge athlete`` and what ``--athlete`` does in another session of the same athlete."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imu_hinge.recording import write_recording
from imu_hinge.simulation import Scenario, simulate_session
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.scenarios import ClipPlan
from imu_hinge.simulation.sets import SetPlan, plan_reps

Run = Callable[..., Any]
FIRST = Scenario(
    "athlete",
    "A stand, two reference hinges, a toe touch and three reps.",
    (
        Between("stand", 2.0),
        Between("reference_hinge", count=2),
        Between("stand", 1.0),
        Between("max_flexion"),
        Between("stand", 1.0),
        SetPlan("rdl", plan_reps("good", "rounded:28", "good")),
    ),
    clips=(ClipPlan("thigh", "thigh"), ClipPlan("back", "T12")),
    height_m=1.75,
)
AGAIN = replace(FIRST, blocks=(Between("stand", 2.0), SetPlan("rdl", plan_reps("good", "rounded:28", "good"))), visit=1)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two sessions of one athlete: one with calibration movements, one with a stand only."""
    folder = tmp_path_factory.mktemp("athlete")
    for name, scenario in (("first.csv", FIRST), ("again.csv", AGAIN)):
        write_recording(simulate_session(scenario, 2).arrivals, folder / name)
    return folder / "first.csv", folder / "again.csv"


@pytest.fixture
def me(imu_hinge: Run, files: tuple[Path, Path], tmp_path: Path) -> Path:
    """The athlete's file after the first session."""
    path = tmp_path / "me.json"
    shown = imu_hinge("athlete", "learn", files[0], "--file", path)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == ["me: made from 2 reference hinges and 2 accepted reps", str(path)]
    return path


def summary_of(shown: Any) -> Any:
    assert shown.code == 0, shown.err
    return json.loads(shown.out)


def test_a_stand_is_enough_with_the_file(imu_hinge: Run, files: tuple[Path, Path], me: Path, tmp_path: Path) -> None:
    words = ("analyze", files[1], "--out", tmp_path / "out", "--no-report", "--json")
    without, with_file = summary_of(imu_hinge(*words)), summary_of(imu_hinge(*words, "--athlete", me))
    assert "athlete" not in without["quality"]
    assert with_file["quality"]["calibration"] == without["quality"]["calibration"] == "partial"
    assert with_file["quality"]["athlete"] == {"name": "me", "sessions": 1, "constants": True, "neutral": True}
    assert without["reference_lumbar_deg"] is None
    assert with_file["reference_lumbar_deg"] == pytest.approx(
        json.loads(me.read_text())["neutral"]["lumbar_deg"], abs=0.01
    )
    reps = with_file["sets"][0]["reps"]
    assert [rep["verdict"] for rep in reps] == ["good", "faulty", "good"]
    assert "rounded_back" in {fault["name"] for fault in reps[1]["faults"]}


def test_replay_knows_the_athlete_too(imu_hinge: Run, files: tuple[Path, Path], me: Path) -> None:
    shown = imu_hinge("replay", files[1], "--speed", "max", "--athlete", me)
    assert (shown.code, shown.err) == (0, "")
    # The first rep shows how the clips sit; without the file the others would be judged against an average hinge.
    assert "2 reps, 1 good" in shown.out.splitlines()[-1]


def test_accepted_reps_improve_the_file(imu_hinge: Run, files: tuple[Path, Path], me: Path) -> None:
    before = json.loads(me.read_text())
    me.write_text(json.dumps(before | {"coach": "Ben"}), encoding="utf-8")
    shown = imu_hinge("athlete", "learn", files[1], "--file", me, "--accept", "1.1,1.3")
    assert shown.code == 0, shown.err
    assert shown.out.splitlines()[0] == "me: improved from 0 reference hinges and 2 accepted reps"
    after = json.loads(me.read_text())
    assert (after["sessions"], after["accepted_reps"], after["coach"]) == (2, 4, "Ben")
    assert after["neutral"]["movements"] == before["neutral"]["movements"] + 2
    assert after["neutral"]["max_flexion_deg"] == before["neutral"]["max_flexion_deg"]
    assert after["constants"]["shank_m"]["sd"] < before["constants"]["shank_m"]["sd"]


def test_what_is_known_is_shown_in_words(imu_hinge: Run, me: Path) -> None:
    shown = imu_hinge("athlete", "show", me)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("me, 1.75 m tall\nlearnt from 1 session and 2 accepted reps\nneutral hinge: ")
    for words in ("own maximum flexion: ", "ankle to knee: ", " ± ", " cm"):
        assert words in shown.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--accept", "1.9"), "no rep 1.9"),
        (("--accept", "all"), "--accept"),
        (("--clips", "thigh,pelvis"), "no pelvis clip"),
    ],
)
def test_what_cannot_be_learnt_is_said_and_nothing_written(
    words: tuple[str, ...], said: str, imu_hinge: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    shown = imu_hinge("athlete", "learn", files[0], "--file", tmp_path / "me.json", *words)
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert said in shown.err
    assert list(tmp_path.iterdir()) == []


def test_a_recording_counts_once(imu_hinge: Run, files: tuple[Path, Path], me: Path) -> None:
    before = me.read_bytes()
    shown = imu_hinge("athlete", "learn", files[0], "--file", me)
    assert (shown.code, shown.err.count("\n")) == (2, 1)
    assert "learnt from already" in shown.err
    assert me.read_bytes() == before


def test_nothing_to_learn_is_said(imu_hinge: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    shown = imu_hinge("athlete", "learn", files[1], "--file", tmp_path / "me.json", "--accept", "none")
    assert shown.code == 2
    assert "nothing to learn" in shown.err


@pytest.mark.parametrize("command", [("analyze", "--out", "OUT"), ("replay", "--speed", "max"), ("athlete", "learn")])
def test_somebody_elses_file_is_refused(
    command: tuple[str, ...], imu_hinge: Run, files: tuple[Path, Path], me: Path, tmp_path: Path
) -> None:
    me.write_text(json.dumps(json.loads(me.read_text()) | {"height_m": 1.6}), encoding="utf-8")
    option = "--file" if command[0] == "athlete" else "--athlete"
    words = [tmp_path / "out" if word == "OUT" else word for word in command]
    shown = imu_hinge(*words, files[1], option, me)
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert "1.75 m tall, and me is 1.60 m" in shown.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"imu_hinge_athlete": 0}', '{"imu_hinge_athlete": 1}'])
def test_a_corrupt_file_is_one_line(text: str, imu_hinge: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    me = tmp_path / "me.json"
    me.write_text(text)
    for words in (("athlete", "show", me), ("analyze", files[1], "--out", tmp_path / "out", "--athlete", me)):
        shown = imu_hinge(*words)
        assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
        assert shown.err.startswith(f"imu-hinge: {me}: ")
    assert not (tmp_path / "out").exists()
