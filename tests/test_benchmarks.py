"""The benchmarks time functions that exist."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_every_stage_of_the_hour_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.hour import STAGES

    assert "benchmarks.hour" in sys.modules
    missing = [name for places in STAGES.values() for owner, name in places if not callable(getattr(owner, name, None))]
    assert missing == []


def test_a_named_benchmark_is_kept_beside_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks import __main__ as command
    from benchmarks.tables import Outcome

    monkeypatch.setattr(command, "HERE", tmp_path)
    one, two, newer = (
        Outcome(name, name.title(), "About.", ("what", "n"), [["a", value]], {"n": value})
        for name, value in (("one", "1"), ("two", "2"), ("one", "3"))
    )
    command.keep([one, two], {}, {})
    whole = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    command.keep([one], *command.last())
    assert (tmp_path / "RESULTS.md").read_text(encoding="utf-8") == whole
    command.keep([newer], *command.last())
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert page == whole.replace("| a    | 1 |", "| a    | 3 |")
    sections, numbers = command.last()
    assert list(sections) == ["One", "Two"]
    assert (numbers["one"], numbers["two"]) == ({"n": "3"}, {"n": "2"})
