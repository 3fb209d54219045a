"""A cue falls once when the back leaves its neutral, and again only after it came well back."""

from __future__ import annotations

import numpy as np
import pytest

from imu_hinge.hinge.cues import Cue, CueEngine, CueParams
from imu_hinge.hinge.faults import FaultParams, judge_for

REFERENCE = 5.0
FAULTS = FaultParams()
JUDGE = judge_for(REFERENCE, 15.0, None, FAULTS, has_thigh=True)  # amber at 15 and -3, red at 20 and -7


def engine() -> CueEngine:
    return CueEngine(JUDGE, CueParams())


def cues(lumbar: list[float], fold: float = 60.0) -> list[tuple[str, str]]:
    time_s = np.arange(len(lumbar)) / 100.0
    found = engine().update(time_s, np.array(lumbar, float), np.full(len(lumbar), fold))
    return [(cue.name, cue.severity) for cue in found]


def test_amber_then_red_once_each() -> None:
    assert cues([5, 14, 16, 18, 19, 21, 25, 25, 21, 22]) == [("rounded_back", "amber"), ("rounded_back", "red")]
    assert cues([5, -2, -4, -8, -8]) == [("arched_back", "amber"), ("arched_back", "red")]


def test_trembling_at_the_threshold_gives_one_cue() -> None:
    assert cues([14, 16] * 30) == [("rounded_back", "amber")]
    assert cues([16, 12.6] * 30) == [("rounded_back", "amber")]


def test_a_quarter_back_arms_it_again() -> None:
    assert cues([16, 12.4] * 3) == [("rounded_back", "amber")] * 3
    assert cues([-4, -0.9] * 3) == [("arched_back", "amber")] * 3
    assert cues([-4, -1.1] * 3) == [("arched_back", "amber")]


def test_standing_is_not_judged() -> None:
    assert cues([30.0] * 50, fold=10.0) == []
    assert cues([30.0] * 50, fold=16.0) != []


def test_holes_are_silent_and_change_nothing() -> None:
    assert cues([16, np.nan, 16, np.nan, np.nan, 16]) == [("rounded_back", "amber")]
    assert cues([16] * 5, fold=np.nan) == []


def test_a_cue_says_when_and_how_far() -> None:
    (cue,) = engine().update(np.array([1.0, 1.01]), np.array([10.0, 16.5]), np.array([50.0, 50.0]))
    assert cue == Cue(1.01, "rounded_back", "amber", 16.5)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_cues_do_not_depend_on_how_the_stream_was_cut(size: int) -> None:
    rng = np.random.default_rng(1)
    lumbar = 6 + 18 * np.sin(np.arange(2000) / 60) + rng.normal(size=2000)
    fold = 40 + np.cumsum(rng.normal(size=2000))
    time_s = np.arange(2000) / 100.0
    whole = engine().update(time_s, lumbar, fold)
    cut = engine()
    parts = [c for i in range(0, 2000, size) for c in cut.update(*(a[i : i + size] for a in (time_s, lumbar, fold)))]
    assert parts == whole
    assert len(whole) > 4
