"""``imu-hinge export``: results for other programs, all or nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

Run = Callable[..., Any]
TABLES = {"reps.parquet", "angles.parquet", "samples.parquet"}
OPENSIM = {"angles.mot", "orientations.sto", "placement.sto"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_it_writes_what_was_asked_for_and_says_where(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    shown = imu_hinge("export", short_file, "--to", "csv,json", "--to", "opensim", "--out", out)
    assert (shown.code, shown.err) == (0, "")
    assert names(out) == {"reps.csv", "angles.csv", "session.json", *OPENSIM}
    paths = [line for line in shown.out.splitlines() if not line.startswith("! ")]
    assert {Path(path) for path in paths} == set(out.iterdir())


def test_all_is_every_format(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    shown = imu_hinge("export", short_file, "--to", "all", "--out", tmp_path / "out", "--clips", "thigh,pelvis")
    assert shown.code == 0
    assert names(tmp_path / "out") == TABLES | OPENSIM | {"reps.csv", "angles.csv", "session.json"}
    table = pl.read_parquet(tmp_path / "out" / "reps.parquet")
    assert table["clips"].unique().to_list() == ["thigh+pelvis"]


def test_angles_are_byte_for_byte_those_of_analyze(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    imu_hinge("analyze", short_file, "--out", tmp_path, "--no-report", "--fusion", "madgwick")
    imu_hinge("export", short_file, "--to", "csv,json", "--out", tmp_path / "x", "--fusion", "madgwick")
    assert (tmp_path / "x" / "angles.csv").read_bytes() == (tmp_path / "angles.csv").read_bytes()
    document = json.loads((tmp_path / "x" / "session.json").read_text())
    assert document["summary"] == json.loads((tmp_path / "summary.json").read_text())


def test_a_sessions_folder_is_a_recording_called_like_the_folder(
    imu_hinge: Run, short_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "2026-11-23_10-00-00"
    folder.mkdir()
    shutil.copy(short_file, folder / "recording.csv")
    assert imu_hinge("export", folder, "--to", "parquet", "--out", tmp_path / "out").code == 0
    for name in TABLES:
        assert pl.read_parquet(tmp_path / "out" / name)["recording"].unique().to_list() == [folder.name]


def test_it_reads_standard_input(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    shown = imu_hinge("export", "-", "--to", "json", "--out", tmp_path / "a", stdin=short_file.read_bytes())
    assert shown.code == 0
    assert json.loads((tmp_path / "a" / "session.json").read_text())["recording"] == "-"


def test_an_earlier_exports_pieces_do_not_stay_beside_new_ones(
    imu_hinge: Run, short_file: Path, tmp_path: Path
) -> None:
    for stale in ("angles_7.mot", "orientations_2.sto", "notes.mot"):
        (tmp_path / stale).write_text("of another session")
    imu_hinge("export", short_file, "--to", "mot", "--out", tmp_path)
    assert names(tmp_path) == {"angles.mot", "orientations_2.sto", "notes.mot"}


def test_the_recording_is_never_written_over(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    mine = tmp_path / "angles.csv"
    shutil.copy(short_file, mine)
    shown = imu_hinge("export", mine, "--to", "csv", "--out", tmp_path)
    assert shown.code == 2
    assert "is the recording itself. Choose another directory." in shown.err
    assert mine.read_bytes() == short_file.read_bytes()
    assert names(tmp_path) == {"angles.csv"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "xlsx"], "'xlsx' is no format; known: parquet, csv, mot, sto, json, opensim, all"),
        ([], "Missing option '--to'"),
        (["--to", "csv", "--side", "both"], "neither left nor right"),
        (["--to", "csv", "--clips", "arm"], "'arm' is no clip"),
    ],
)
def test_wrong_words_are_one_line_and_nothing_is_written(
    imu_hinge: Run, short_file: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    shown = imu_hinge("export", short_file, "--out", tmp_path / "out", *words)
    assert shown.code == 2
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_recording_is_refused(imu_hinge: Run, tmp_path: Path) -> None:
    shown = imu_hinge("export", tmp_path, "--to", "csv", "--out", tmp_path / "out")
    assert shown.code == 2
    assert "this folder has no recording.csv" in shown.err


def test_opensim_needs_the_side_and_says_how_to_give_it(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent.csv"
    silent.write_text(
        "".join(line for line in short_file.read_text().splitlines(keepends=True) if "thigh.side" not in line)
    )
    shown = imu_hinge("export", silent, "--to", "csv,mot", "--out", tmp_path / "out")
    assert shown.code == 2
    assert "Add --side left or --side right." in shown.err
    assert not (tmp_path / "out").exists()
    assert imu_hinge("export", silent, "--to", "mot", "--out", tmp_path / "out", "--side", "left").code == 0
    assert "hip_flexion_l" in (tmp_path / "out" / "angles.mot").read_text()


def test_a_failed_write_leaves_what_was_there(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    (tmp_path / "angles.csv").write_text("mine")
    (tmp_path / "session.json").mkdir()
    shown = imu_hinge("export", short_file, "--to", "csv,json", "--out", tmp_path)
    assert shown.code == 2
    assert (tmp_path / "angles.csv").read_text() == "mine"
    assert names(tmp_path) == {"angles.csv", "session.json"}
