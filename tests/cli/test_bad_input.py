"""Whatever is wrong with a file is said in one line with a remedy, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
COLUMNS = "time_s,clip,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
Lines = list[str]


def rows(lines: Lines) -> list[int]:
    """Indices of the sample lines."""
    return list(range(lines.index(COLUMNS) + 1, len(lines)))


def edit(lines: Lines, row: int, column: int, value: str) -> Lines:
    cells = lines[row].split(",")
    cells[column] = value
    return [*lines[:row], ",".join(cells), *lines[row + 1 :]]


def scaled(lines: Lines, columns: range, factor: float) -> Lines:
    out = list(lines)
    for row in rows(lines):
        cells = lines[row].split(",")
        for column in columns:
            cells[column] = f"{float(cells[column]) * factor:.6f}"
        out[row] = ",".join(cells)
    return out


def header_only(lines: Lines) -> Lines:
    return lines[: lines.index(COLUMNS) + 1]


def middle(lines: Lines) -> int:
    here = rows(lines)
    return here[len(here) // 2]


def going_back(lines: Lines) -> Lines:
    """The clip's clock jumps half a second back, into samples that are there."""
    row = middle(lines)
    return edit(lines, row, 0, f"{float(lines[row].split(',')[0]) - 0.5037:.6f}")


def doubled(lines: Lines) -> Lines:
    row = middle(lines)
    return [*lines[:row], lines[row], *lines[row:]]


def one_clip(lines: Lines) -> Lines:
    return [line for line in lines if ",pelvis," not in line and ",back," not in line and "clip.back" not in line]


def apart(lines: Lines) -> Lines:
    """The back clip was worn ten minutes after the thigh clip."""
    out = []
    for line in one_clip(lines):
        cells = line.split(",")
        out.append(line)
        if len(cells) == 8 and cells[1] == "thigh":
            out.append(",".join([f"{float(cells[0]) + 600:.6f}", "back", *cells[2:]]))
    first = lines.index(COLUMNS)
    head, body = out[: out.index(COLUMNS) + 1], out[out.index(COLUMNS) + 1 :]
    assert first
    return head + sorted(body, key=lambda line: float(line.split(",")[0]))


def zeros(lines: Lines) -> Lines:
    """The thigh clip sends nothing but zeros after ten seconds."""
    out = list(lines)
    for row in rows(lines):
        cells = lines[row].split(",")
        if cells[1] == "thigh" and float(cells[0]) > 10.0:
            out[row] = ",".join([*cells[:2], *["0.0"] * 6])
    return out


BAD = [
    pytest.param(header_only, "no samples", id="header only"),
    pytest.param(lambda lines: [line.replace("gyr_x_rad_s", "gyro_x") for line in lines], "gyr", id="wrong column"),
    pytest.param(lambda lines: edit(lines, middle(lines), 3, "9,8a"), "line", id="a comma too many"),
    pytest.param(lambda lines: edit(lines, middle(lines), 3, "9.8O"), "9.8O", id="letters in a number"),
    pytest.param(lambda lines: edit(lines, middle(lines), 4, "nan"), "nan", id="NaN"),
    pytest.param(lambda lines: edit(lines, middle(lines), 4, ""), "line", id="an empty cell"),
    pytest.param(lambda lines: edit(lines, middle(lines), 4, "inf"), "inf", id="infinity"),
    pytest.param(going_back, "back", id="time goes backwards"),
    pytest.param(doubled, "line", id="a sample twice"),
    pytest.param(lambda lines: edit(lines, middle(lines), 1, "wrist"), "wrist", id="unknown clip"),
    pytest.param(one_clip, "one clip alone", id="one clip only"),
    pytest.param(apart, "never overlaps", id="clips that never overlap"),
    pytest.param(zeros, "thigh", id="zeros for minutes"),
    pytest.param(lambda lines: scaled(lines, range(5, 8), 57.29578), "deg/s", id="gyroscope in deg/s"),
    pytest.param(lambda lines: scaled(lines, range(2, 5), 1 / 9.80665), "g", id="accelerometer in g"),
    pytest.param(lambda lines: ["# imu-hinge-recording: 2", *lines[1:]], "version", id="another version"),
]


def refused(run: Run, path: Path, out: Path, *options: object, stdin: bytes = b"") -> str:
    """The one line of a refusal; nothing else may have happened."""
    shown = run("analyze", path, "--out", out, *options, stdin=stdin)
    assert shown.code == 2, shown.err
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert shown.err.endswith("\n")
    assert shown.err.startswith("imu-hinge: ")
    assert "Traceback" not in shown.err
    assert not out.exists()
    return str(shown.err)


@pytest.mark.parametrize(("spoil", "said"), BAD)
def test_a_spoilt_file_is_refused(
    spoil: Callable[[Lines], Lines], said: str, imu_hinge: Run, short_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "spoilt.csv"
    path.write_text("\n".join(spoil(short_file.read_text().splitlines())) + "\n")
    line = refused(imu_hinge, path, tmp_path / "out", "--no-report")
    assert said in line
    assert "spoilt" in line
    assert line.rstrip().endswith((".", ")"))


@pytest.mark.parametrize("spoil", [going_back, doubled], ids=["backwards", "twice"])
def test_a_wrong_row_is_named_by_its_line(
    spoil: Callable[[Lines], Lines], imu_hinge: Run, short_file: Path, tmp_path: Path
) -> None:
    lines = short_file.read_text().splitlines()
    path = tmp_path / "spoilt.csv"
    path.write_text("\n".join(spoil(lines)) + "\n")
    line = refused(imu_hinge, path, tmp_path / "out")
    assert any(f"line {middle(lines) + offset}" in line for offset in (1, 2))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\n \n", "empty", id="blank"),
        pytest.param(bytes(range(256)) * 50, "binary", id="binary"),
        pytest.param(b"\x1f\x8b\x08\x00" + bytes(100), "gzip", id="packed"),
        pytest.param("# imu-hinge-recording: 1\n".encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param(b"a,b,c\n1,2,3\n", "", id="another table"),
    ],
)
@pytest.mark.parametrize("by", ["path", "stdin"])
def test_what_is_no_recording_is_refused(content: bytes, said: str, by: str, imu_hinge: Run, tmp_path: Path) -> None:
    path = tmp_path / "thing.csv"
    path.write_bytes(content)
    given = path if by == "path" else Path("-")
    line = refused(imu_hinge, given, tmp_path / "out", stdin=content)
    assert said in line
    assert ("thing.csv" if by == "path" else "standard input") in line


def test_a_huge_sparse_file_is_refused_at_once(imu_hinge: Run, tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    path.touch()
    os.truncate(path, 10 << 30)
    refused(imu_hinge, path, tmp_path / "out")
    with path.open("r+b") as file:
        file.write(b"# imu-hinge-recording: 1\n" + COLUMNS.encode() + b"\n")
    assert "larger than 1 GiB" in refused(imu_hinge, path, tmp_path / "out")


def test_a_file_that_is_not_there_or_a_folder_is_refused(imu_hinge: Run, tmp_path: Path) -> None:
    assert "no such file" in refused(imu_hinge, tmp_path / "nowhere.csv", tmp_path / "out")
    assert "folder" in refused(imu_hinge, tmp_path, tmp_path / "out")


@pytest.mark.parametrize("command", ["replay", "plot", "calibrate-clip"])
def test_every_command_refuses_in_one_line(command: str, imu_hinge: Run, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.touch()
    shown = imu_hinge(command, path)
    assert shown.code == 2
    assert shown.err.count("\n") == 1
    assert "empty" in shown.err
    assert list(tmp_path.iterdir()) == [path]


def test_a_wanted_clip_that_is_not_there_is_named(imu_hinge: Run, short_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("".join(line + "\n" for line in short_file.read_text().splitlines() if ",pelvis," not in line))
    line = refused(imu_hinge, path, tmp_path / "out", "--clips", "thigh,pelvis")
    assert "no pelvis clip" in line
    assert "thigh, back" in line


def test_strange_file_names_do_not_break_the_line(imu_hinge: Run, tmp_path: Path) -> None:
    path = tmp_path / "a [bold]b[-]\nc \x1b[31m.csv"
    path.touch()
    line = refused(imu_hinge, path, tmp_path / "out")
    assert "[bold]" in line
    assert "\x1b" not in line
    assert "\\x1b[31m" in line
