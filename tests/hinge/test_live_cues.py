"""A cue falls once when a threshold is crossed, and again only after the value came well back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from courses import BOTTOM, LEAVE, REFERENCE, Drawn, after, judge
from numpy.typing import NDArray

from imu_hinge.conventions import FAULTS
from imu_hinge.hinge.cue_settings import CueParams, CueSettings
from imu_hinge.hinge.cues import AFTER_THE_REP, Cue, CueEngine, cues_after
from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.faults import judge_for
from imu_hinge.hinge.neutral import Reference
from imu_hinge.hinge.profiles import PROFILES
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.session.results import Fault

FloatArray = NDArray[np.float64]
JUDGE = judge_for(Reference(lumbar_deg=5.0, fold_deg=15.0), FaultParams(), has_thigh=True)
"""Amber at 15 and -3, red at 20 and -7."""


def grid(
    lumbar: Sequence[float] | FloatArray,
    fold: float | FloatArray = 60.0,
    time_s: FloatArray | None = None,
    lumbar_sd: float = 0.0,
) -> RepAngles:
    n = len(lumbar)
    return RepAngles.blank(
        np.arange(n) / 100.0 if time_s is None else time_s,
        has_thigh=True,
        lumbar_deg=np.array(lumbar, float),
        lumbar_sd_deg=np.full(n, lumbar_sd),
        fold_deg=np.broadcast_to(np.asarray(fold, float), n),
    )


def engine(params: CueParams | None = None) -> CueEngine:
    return CueEngine(JUDGE, CueSettings(params or CueParams()))


def cues(
    lumbar: list[float], fold: float = 60.0, faults: Sequence[str] = FAULTS, params: CueParams | None = None
) -> list[tuple[str, str]]:
    return [(cue.name, cue.severity) for cue in engine(params).update(grid(lumbar, fold), faults)]


def of_rep(drawn: Drawn, exercise: str = "rdl") -> list[Cue]:
    return CueEngine(judge(REFERENCE)).update(drawn.grid, PROFILES[exercise].faults)


def test_amber_then_red_once_each() -> None:
    assert cues([5, 14, 16, 18, 19, 21, 25, 25, 21, 22]) == [("rounded_back", "amber"), ("rounded_back", "red")]
    assert cues([5, -2, -4, -8, -8]) == [("arched_back", "amber"), ("arched_back", "red")]


def test_an_angle_that_may_as_well_be_fine_is_no_cue() -> None:
    unsure = engine().update(grid([5.0, 21.0, 21.0], lumbar_sd=6.0), FAULTS)
    sure = engine().update(grid([5.0, 21.0, 21.0], lumbar_sd=3.0), FAULTS)
    assert unsure == []
    assert [(cue.name, cue.severity) for cue in sure] == [("rounded_back", "amber")]


def test_trembling_at_the_threshold_gives_one_cue() -> None:
    assert cues([14, 16] * 30) == [("rounded_back", "amber")]
    assert cues([16, 12.6] * 30) == [("rounded_back", "amber")]


def test_a_quarter_back_arms_it_again() -> None:
    at_once = CueParams(refractory_s=0.0)
    assert cues([16, 12.4] * 3, params=at_once) == [("rounded_back", "amber")] * 3
    assert cues([-4, -0.9] * 3, params=at_once) == [("arched_back", "amber")] * 3
    assert cues([-4, -1.1] * 3, params=at_once) == [("arched_back", "amber")]


def test_standing_is_not_judged() -> None:
    assert cues([30.0] * 50, fold=10.0) == []
    assert cues([30.0] * 50, fold=16.0) != []


def test_only_what_the_exercise_is_watched_for_is_cued() -> None:
    assert cues([30.0] * 50, faults=("arched_back",)) == []


def test_holes_are_silent_and_change_nothing() -> None:
    assert cues([16, np.nan, 16, np.nan, np.nan, 16]) == [("rounded_back", "amber")]
    assert cues([16] * 5, fold=np.nan) == []


def test_a_cue_says_when_and_how_far() -> None:
    (cue,) = engine().update(grid([10.0, 16.5], 50.0, np.array([1.0, 1.01])), FAULTS)
    assert cue == Cue(1.01, "rounded_back", "amber", 16.5)


def test_a_good_rep_is_silent() -> None:
    for exercise in ("hinge", "rdl", "squat", "deadlift"):
        assert of_rep(Drawn(), exercise) == []


def test_knees_that_take_over_are_cued_on_the_way_down() -> None:
    amber, *_ = of_rep(Drawn(thigh_share=0.62))
    assert (amber.name, amber.severity) == ("knee_dominant", "amber")
    assert amber.time_s < BOTTOM
    assert of_rep(Drawn(thigh_share=0.62), "squat") == []


def test_a_thigh_that_lags_on_the_way_up_is_no_knee_cue() -> None:
    lag = after(LEAVE + 0.3, 0.4) - after(LEAVE + 0.8, 0.5)
    assert of_rep(Drawn(thigh_more=-8.0 * lag, hip_more=8.0 * lag)) == []


def test_hips_that_shoot_up_are_cued_once_on_the_way_up() -> None:
    shoot = after(LEAVE, 0.35) - after(LEAVE + 0.5, 0.5)
    found = of_rep(Drawn(thigh_more=8.0 * shoot, hip_more=2.0 * shoot), "deadlift")
    assert [(c.name, c.severity) for c in found] == [("hips_shoot_up", "amber")]
    assert LEAVE < found[0].time_s < LEAVE + 0.6
    assert found[0].value_deg == pytest.approx(8.0, abs=1.5)


def test_faults_that_only_a_finished_rep_shows_are_cued_for_the_next() -> None:
    faults = [Fault(name, "amber", 9.0, 3.0, 0.9) for name in FAULTS]
    assert [c.name for c in cues_after(faults, 4.0)] == list(AFTER_THE_REP)
    assert {c.time_s for c in cues_after(faults, 4.0)} == {4.0}


def test_new_thresholds_hold_from_here_on() -> None:
    live = engine()
    assert live.update(grid([14.0]), FAULTS) == []
    live.retune(judge_for(Reference(lumbar_deg=0.0, fold_deg=15.0), FaultParams(), has_thigh=True))
    assert [c.name for c in live.update(grid([14.0]), FAULTS)] == ["rounded_back"]
