"""``replay``, ``plot`` and ``calibrate-clip`` on a short session."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imu_hinge.fusion.bench import BenchCalibration, load_bench, save_benches
from imu_hinge.recording import write_recording

Run = Callable[..., Any]


def test_replay_writes_a_line_for_each_rep_and_cue(imu_hinge: Run, short_file: Path) -> None:
    shown = imu_hinge("replay", short_file, "--speed", "max")
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    reps = [line for line in lines if " rep " in line]
    assert len(reps) == 3
    assert [f"rep {i}" in line for i, line in enumerate(reps, 1)] == [True] * 3
    assert all("hip" in line and "lumbar" in line for line in reps)
    assert any("back flat, hips back" in line for line in lines)
    assert "rounded back" in reps[1]
    assert lines[-1].startswith("3 reps, ")
    assert "\x1b" not in shown.out


def test_replay_sorts_a_recording_once_and_uses_its_calibrations(
    imu_hinge: Run, short_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sorted_clips: list[str] = []
    real = vars(sys.modules["imu_hinge.recording.assemble"])["_clip"]

    def counted(arrivals: object, index: int, name: str, header: object) -> object:
        sorted_clips.append(name)
        return real(arrivals, index, name, header)

    monkeypatch.setattr(sys.modules["imu_hinge.recording.assemble"], "_clip", counted)
    said = []
    for bias in (0.0, 1.5):
        save_benches({tmp_path / "thigh.json": BenchCalibration("thigh", (bias, 0.0, bias), (1.0, 1.0, 1.0), 0.0, 6)})
        said.append(imu_hinge("replay", short_file, "--speed", "max", "--bench", tmp_path).out)
    assert said[0] != said[1]
    assert sorted(sorted_clips) == sorted(["back", "pelvis", "thigh"] * 2)


def test_replay_reads_standard_input_and_tells_hips_from_spine_with_two_clips(imu_hinge: Run, short_file: Path) -> None:
    shown = imu_hinge("replay", "-", "--speed", "max", "--clips", "thigh,back", stdin=short_file.read_bytes())
    assert shown.code == 0
    assert shown.out.splitlines()[-1].startswith("3 reps, ")
    assert "lumbar +" in shown.out
    assert "lumbar –" not in shown.out


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "inf"])
def test_a_speed_must_be_positive(speed: str, imu_hinge: Run, short_file: Path) -> None:
    shown = imu_hinge("replay", short_file, f"--speed={speed}")
    assert shown.code == 2
    assert "--speed" in shown.err


@pytest.mark.parametrize(("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_plot_draws_what_the_name_says(
    suffix: str, magic: bytes, imu_hinge: Run, short_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"session.{suffix}"
    shown = imu_hinge("plot", short_file, "--out", path, *(["--rep", "2"] if suffix == "svg" else []))
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == f"{path}\n"
    assert path.read_bytes().startswith(magic)


@pytest.mark.parametrize(
    "options", [("--out", "x.bmp2"), ("--out", "no/folder/x.png"), ("--rep", "9")], ids=["kind", "folder", "rep"]
)
def test_plot_refuses_what_it_cannot_draw(
    options: tuple[str, str], imu_hinge: Run, short_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = imu_hinge("plot", short_file, *options)
    assert shown.code == 2, shown.err
    assert shown.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_clip_calibrated_on_the_bench_is_used_by_analyze(
    imu_hinge: Run, short_file: Path, tmp_path: Path, session_of: Callable[..., Any]
) -> None:
    bench = tmp_path / "bench.csv"
    write_recording(session_of("six_position", 1).arrivals, bench)
    shown = imu_hinge("calibrate-clip", bench, "--out", tmp_path / "clips")
    assert shown.code == 0, shown.err
    assert "6 positions" in shown.out
    fitted = load_bench(tmp_path / "clips" / "thigh.json")
    assert 0 < np.abs(fitted.bias_m_s2).max() < 1.0
    gravity = {}
    (tmp_path / "none").mkdir()
    for folder in ("clips", "none"):
        words = ("analyze", short_file, "--out", tmp_path / folder, "--no-report", "--json")
        shown = imu_hinge(*words, "--bench", tmp_path / folder)
        gravity[folder] = json.loads(shown.out)["quality"]["clips"]["thigh"]["gravity_m_s2"]
    assert gravity["clips"] != gravity["none"]


@pytest.mark.parametrize("command", ["analyze", "replay", "plot"])
def test_a_folder_of_calibrations_that_is_not_there_is_refused(
    command: str, imu_hinge: Run, short_file: Path, tmp_path: Path
) -> None:
    out = () if command == "replay" else ("--out", tmp_path / "out.png")
    shown = imu_hinge(command, short_file, *out, "--bench", tmp_path / "gone")
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert f"{tmp_path / 'gone'}: no such folder of clip calibrations" in shown.err
    assert list(tmp_path.iterdir()) == []


def test_a_session_is_no_bench(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    shown = imu_hinge("calibrate-clip", short_file, "--clip", "back", "--out", tmp_path / "clips")
    assert (shown.code, shown.err.count("\n")) == (2, 1)
    assert "back clip never lay still" in shown.err
    assert not list(tmp_path.rglob("*.json"))
    missing = imu_hinge("calibrate-clip", short_file, "--clip", "wrist", "--out", tmp_path / "clips")
    assert (missing.code, missing.err.count("\n")) == (2, 1)


def test_calibrations_are_written_all_or_none(imu_hinge: Run, tmp_path: Path, session_of: Callable[..., Any]) -> None:
    bench = tmp_path / "bench.csv"
    write_recording(session_of("six_position", 1).arrivals, bench)
    shown = imu_hinge("calibrate-clip", bench, "--out", bench)
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    assert "bench.csv" in shown.err
    lines = bench.read_text().splitlines()
    last = max(float(line.split(",")[0]) for line in lines if line[:1].isdigit())
    clips = list(session_of("six_position", 1).recording.clips)
    gone = f",{clips[-1]},"
    # The last clip of the file misses its last faces: then the first one is not written either.
    kept = [line for line in lines if gone not in line or float(line.split(",")[0]) < 0.5 * last]
    bench.write_text("\n".join(kept) + "\n")
    shown = imu_hinge("calibrate-clip", bench, "--out", tmp_path / "clips")
    assert (shown.code, shown.out) == (2, "")
    assert f"{clips[-1]} clip never lay still" in shown.err
    assert list(tmp_path.iterdir()) == [bench]
