"""``imu-hinge simulate`` as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from imu_hinge.cli.simulate import simulate
from imu_hinge.errors import OutputError, ScenarioError
from imu_hinge.recording import read_recording


def run(*words: str) -> tuple[int, str, BaseException | None]:
    app = typer.Typer()
    app.command()(simulate)
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output, result.exception


def test_it_writes_a_recording_and_its_truth(tmp_path: Path) -> None:
    out = tmp_path / "rdl.csv"
    code, text, _ = run("rdl_good", "--out", str(out), "--seed", "3", "--clips", "thigh,back", "--truth")
    assert code == 0
    assert text.split() == [str(out), str(tmp_path / "rdl.truth.csv"), str(tmp_path / "rdl.truth.json")]
    assert list(read_recording(out).clips) == ["thigh", "back"]


def test_it_lists_what_it_knows() -> None:
    code, text, _ = run("--list")
    assert code == 0
    assert {"rdl_good", "six_position", "long"} <= {line.split()[0] for line in text.splitlines()}


def test_it_says_what_is_missing_or_unknown(tmp_path: Path) -> None:
    for words in ((), ("rdl_good",), ("moonwalk", "--out", str(tmp_path / "x.csv"))):
        _, _, error = run(*words)
        assert isinstance(error, ScenarioError)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("minutes", ["0.5"])
def test_it_cuts_to_length(tmp_path: Path, minutes: str) -> None:
    out = tmp_path / "short.csv"
    code, _, _ = run("rdl_good", "-o", str(out), "--duration-min", minutes)
    assert code == 0
    assert 30 <= read_recording(out).end_s < 45


def test_it_writes_over_nothing_unless_told_to(tmp_path: Path) -> None:
    out, labels = tmp_path / "rdl.csv", tmp_path / "rdl.truth.json"
    labels.write_text("mine")
    words = ("rdl_good", "--out", str(out), "--duration-min", "0.5", "--truth")
    _, _, error = run(*words)
    assert isinstance(error, OutputError)
    assert "rdl.truth.json: already exists. Choose another name, or add --force." in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["rdl.truth.json"]
    assert labels.read_text() == "mine"
    code, _, _ = run(*words, "--force")
    assert code == 0
    assert '"reps"' in labels.read_text()


def test_a_truth_that_cannot_be_written_takes_the_recording_with_it(tmp_path: Path) -> None:
    (tmp_path / "rdl.truth.json").mkdir()
    words = ("rdl_good", "--out", str(tmp_path / "rdl.csv"), "--duration-min", "0.5", "--truth", "--force")
    _, _, error = run(*words)
    assert isinstance(error, OutputError)
    assert [path.name for path in tmp_path.iterdir()] == ["rdl.truth.json"]
