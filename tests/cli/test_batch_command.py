"""``imu-hinge batch``: what it says, and what it answers a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imu_hinge.batch.run import Progress
from imu_hinge.cli.batch_progress import progress_line, shown_progress

Run = Callable[..., Any]


class Here:
    """This process instead of others."""

    asked: int | None = None

    def __init__(self, jobs: int | None) -> None:
        Here.asked = jobs

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *error: object) -> None: ...

    def run(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for task in tasks:
            yield task, function(task)


@pytest.fixture
def folder(short_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One recording in a folder, analysed in this process."""
    monkeypatch.setattr("imu_hinge.batch.local.LocalWorkers", Here)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "short.csv").write_bytes(short_file.read_bytes())
    return tmp_path / "in"


def test_it_says_what_there_is_now_and_where(imu_hinge: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shown = imu_hinge("batch", folder, "--out", out, "--jobs", 1)
    assert (shown.code, shown.err) == (0, "")
    said, *paths = shown.out.splitlines()
    assert said.startswith("1 recording with 3 reps in 0.4 min, 1 analysed now (")
    assert paths == [str(out / name) for name in ("reps.parquet", "recordings.parquet", "failed.csv")]
    assert all(Path(path).is_file() for path in paths)
    assert Here.asked == 1
    shown = imu_hinge("batch", folder / "*.csv", "--out", out)
    assert "0 analysed now (0.0/s), 1 as it was" in shown.out


def test_a_bad_file_makes_the_code_1_and_is_said_in_one_line(imu_hinge: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "a\x1b[31m\nb.csv").touch()
    (folder / "table.csv").write_text("a,b\n1,2\n")
    shown = imu_hinge("batch", folder, "--out", tmp_path / "out")
    assert shown.code == 1
    assert shown.out.startswith("1 recording with 3 reps")
    assert "1 other CSV file left out" in shown.out
    first, second = shown.err.splitlines()
    assert first == "imu-hinge: 1 could not be analysed:"
    assert second == r"in/a\x1b[31m b.csv: the file is empty. Record again, or check that copying has finished."


def test_a_thousand_bad_files_do_not_flood_the_terminal(imu_hinge: Run, folder: Path, tmp_path: Path) -> None:
    for number in range(100):
        (folder / f"{number}.csv").touch()
    shown = imu_hinge("batch", folder, "--out", tmp_path / "out")
    assert len(shown.err.splitlines()) == 22
    assert shown.err.splitlines()[-1] == f"and 80 more, in {tmp_path / 'out' / 'failed.csv'}"
    assert len((tmp_path / "out" / "failed.csv").read_text().splitlines()) == 101


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "no such file or folder"),
        (["*.nothing"], "no recordings there"),
        (["in", "--clips", "wrist"], "'wrist' is no clip"),
        (["in", "--fusion", "magic"], "'magic' is unknown"),
        (["in", "--jobs", "2", "--scheduler", "tcp://127.0.0.1:9"], "--jobs"),
        (["in", "--jobs", "0"], "--jobs"),
        (["in", "--athlete", "nobody.json"], "no such file"),
        (["in", "--bench", "nowhere"], "no such folder"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    words: list[str], said: str, imu_hinge: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = imu_hinge("batch", *words, "--out", "out")
    assert (shown.code, shown.out) == (2, "")
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_results_that_cannot_be_kept_are_refused_in_one_line(imu_hinge: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    shown = imu_hinge("batch", folder, "--out", tmp_path / "out")
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)


def test_without_a_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(0, 100, 11))
    monkeypatch.setattr("imu_hinge.cli.batch_progress.time.monotonic", lambda: float(next(now)))
    with shown_progress(10) as told:
        for finished in range(1, 8):
            told(Progress(10, finished, 0, 0))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_line_says_the_rate_and_what_remains() -> None:
    assert progress_line(Progress(2000, 600, 3, 100), 50.0) == "600 of 2000, 3 failed, 10.0/s, about 2 min to go"
    assert progress_line(Progress(2000, 0, 0, 0), 0.0) == "0 of 2000, 0.0/s"
