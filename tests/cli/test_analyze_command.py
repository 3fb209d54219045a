"""``imu-hinge analyze`` as the contract has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imu_hinge.fusion.backends import FILTERS

Run = Callable[..., Any]
RESULTS = {"summary.json", "angles.csv", "report.html"}
COMMAND = [sys.executable, "-c", "import sys; from imu_hinge.cli.main import main; sys.exit(main())"]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_says_what_it_found_writes_three_files_and_says_where(
    imu_hinge: Run, short_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "out"
    shown = imu_hinge("analyze", short_file, "--out", out)
    assert shown.code == 0
    assert shown.err == ""
    assert names(out) == RESULTS
    said, *paths = shown.out.splitlines()
    assert said == "3 reps in 1 set: 2 good, 1 with a fault"
    assert paths == [str(out / n) for n in ("summary.json", "angles.csv", "report.html")]
    assert "<html" in (out / "report.html").read_text()


def test_the_summary_goes_to_standard_output_too(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    shown = imu_hinge("analyze", short_file, "--out", tmp_path / "out", "--no-report", "--json")
    assert names(tmp_path / "out") == {"summary.json", "angles.csv"}
    assert shown.out == (tmp_path / "out" / "summary.json").read_text()
    summary = json.loads(shown.out)
    assert summary["recording"] == "short.csv"
    assert [len(s["reps"]) for s in summary["sets"]] == [3]


def test_an_older_report_does_not_stay_beside_new_results(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("of another session")
    (tmp_path / "notes.txt").write_text("mine")
    shown = imu_hinge("analyze", short_file, "--out", tmp_path, "--no-report")
    assert shown.code == 0
    assert names(tmp_path) == {"summary.json", "angles.csv", "notes.txt"}


def test_it_reads_standard_input(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    shown = imu_hinge("analyze", "-", "--out", tmp_path / "a", "--no-report", "--json", stdin=short_file.read_bytes())
    assert shown.code == 0
    assert json.loads(shown.out)["recording"] == "-"
    imu_hinge("analyze", short_file, "--out", tmp_path / "b", "--no-report")
    assert (tmp_path / "a" / "angles.csv").read_bytes() == (tmp_path / "b" / "angles.csv").read_bytes()


def test_the_same_recording_gives_the_same_bytes(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    for out in ("a", "b"):
        imu_hinge("analyze", short_file, "--out", tmp_path / out)
    for name in RESULTS:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("clips", ["thigh,back", "thigh,pelvis", "pelvis,back", " back , thigh ,pelvis"])
def test_any_two_clips_will_do(clips: str, imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    shown = imu_hinge("analyze", short_file, "--out", tmp_path, "--no-report", "--json", "--clips", clips)
    assert shown.code == 0
    summary = json.loads(shown.out)
    assert summary["clips"] == [name.strip() for name in clips.split(",")]
    assert set(summary["quality"]["clips"]) == set(summary["clips"])
    assert [len(s["reps"]) for s in summary["sets"]] == [3]


def test_without_the_pelvis_clip_rounding_cannot_be_told(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    shown = imu_hinge("analyze", short_file, "--out", tmp_path, "--no-report", "--json", "--clips", "thigh,pelvis")
    for rep in json.loads(shown.out)["sets"][0]["reps"]:
        assert rep["cannot_tell"]
        assert rep["verdict"] == "cannot_tell"
        assert rep["lumbar_flexion_deg"]["at_bottom"] is None


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_can_be_chosen(name: str, imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    words = ("--fusion", name, "--clips", "thigh,back")
    shown = imu_hinge("analyze", short_file, "--out", tmp_path, "--no-report", "--json", *words)
    assert shown.code == 0
    summary = json.loads(shown.out)
    assert summary["params"]["session"]["orientation"]["filter"] == name
    assert len(summary["sets"][0]["reps"]) == 3


@pytest.mark.parametrize(
    "options", [("--clips", "thigh,wrist"), ("--clips", ","), ("--fusion", "kalman"), ("--nonsense",)]
)
def test_wrong_usage_is_refused(options: tuple[str, ...], imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    shown = imu_hinge("analyze", short_file, "--out", tmp_path / "out", *options)
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert shown.err.startswith("imu-hinge: ")
    assert shown.err.endswith(" See imu-hinge analyze --help.\n")
    assert options[-1].split(",")[-1] in shown.err
    assert "Traceback" not in shown.err
    assert not (tmp_path / "out").exists()


def test_a_truncated_last_line_is_what_a_crash_leaves(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "crashed.csv"
    path.write_bytes(short_file.read_bytes()[:-30])
    shown = imu_hinge("analyze", path, "--out", tmp_path / "out", "--no-report", "--json")
    assert shown.code == 0
    warnings = json.loads(shown.out)["quality"]["warnings"]
    assert any("last line" in warning for warning in warnings)
    assert len(json.loads(shown.out)["sets"][0]["reps"]) == 3


def test_a_place_that_cannot_be_written_is_said_in_one_line(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    shown = imu_hinge("analyze", short_file, "--out", tmp_path / "file" / "out", "--no-report")
    assert shown.code == 2
    assert shown.err.count("\n") == 1
    assert "cannot be written" in shown.err
    assert "Choose another place" in shown.err
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_file_in_place_of_the_folder_is_said_in_one_line(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    shown = imu_hinge("analyze", short_file, "--out", tmp_path / "out", "--no-report")
    assert (shown.code, shown.err.count("\n")) == (2, 1)
    assert (tmp_path / "out").read_text() == "in the way"


@pytest.mark.parametrize("words", [("anlyze",), ("--nonsense",), ("analyze",), ("plot", "x.csv", "--rep", "0")])
def test_every_wrong_usage_is_one_line(words: tuple[str, ...], imu_hinge: Run) -> None:
    shown = imu_hinge(*words)
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert shown.err.startswith("imu-hinge: ")
    assert "--help" in shown.err


def test_the_version_and_the_help(imu_hinge: Run) -> None:
    from imu_hinge import __version__

    assert imu_hinge("--version").out == f"imu-hinge {__version__}\n"
    assert imu_hinge("--help").code == 0
    assert imu_hinge() == imu_hinge("--help")
    for command in ("analyze", "replay", "plot", "convert", "simulate", "calibrate-clip"):
        assert command in imu_hinge("--help").out
        assert imu_hinge(command, "--help").code == 0


def test_an_interrupt_leaves_quietly_with_130(
    imu_hinge: Run, short_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("imu_hinge.cli.analyze.result_of", interrupted)
    shown = imu_hinge("analyze", short_file, "--out", tmp_path / "out")
    assert (shown.code, shown.err) == (130, "")
    assert not (tmp_path / "out").exists()


def test_as_a_program_of_its_own(short_file: Path, tmp_path: Path) -> None:
    words = [*COMMAND, "analyze", "-", "--out", str(tmp_path / "out"), "--no-report", "--json"]
    spoilt = short_file.read_bytes().replace(b",back,", b",beck,")
    bad = subprocess.run(words, input=spoilt, capture_output=True, check=False, timeout=60)
    assert (bad.returncode, bad.stdout, bad.stderr.count(b"\n")) == (2, b"", 1)
    assert b"standard input" in bad.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_leaves_is_no_error(short_file: Path) -> None:
    words = [*COMMAND, "replay", str(short_file), "--speed", "max"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(timeout=60) in (0, 1)
