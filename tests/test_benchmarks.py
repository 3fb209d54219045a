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
