"""Rounded and arched are judged against the athlete's own hinge, never against zero; a fault is named by its odds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.conventions import EXERCISES, FAULTS
from imu_hinge.hinge.fault_params import FaultParams, Limit
from imu_hinge.hinge.faults import judge_for
from imu_hinge.hinge.neutral import Neutral, Reference, lumbar_limits
from imu_hinge.hinge.profiles import PROFILES, UNANNOUNCED
from imu_hinge.hinge.verdicts import Finding, decide, probability_beyond, tells

PARAMS = FaultParams()
TEN = Limit(10.0, 15.0)


def finding(value: float, sd: float = 1.0) -> Finding:
    return Finding(value, sd, 12.0, value)


@pytest.mark.parametrize("reference", [-6.0, 0.0, 8.0, 20.0])
def test_thresholds_move_with_the_reference(reference: float) -> None:
    rounded, arched = lumbar_limits(Neutral(reference, 70.0), None, PARAMS)
    assert (rounded.amber, rounded.red) == (reference + 10, reference + 15)
    assert (-arched.amber, -arched.red) == (reference - 8, reference - 12)
    assert (rounded.margin, arched.margin) == (10.0, 8.0)


def test_a_share_of_ones_own_maximum_may_come_first() -> None:
    rounded, _ = lumbar_limits(Neutral(10.0, 70.0), 24.0, PARAMS)
    assert rounded.amber == pytest.approx(0.70 * 24)
    assert rounded.red == pytest.approx(0.80 * 24)
    assert lumbar_limits(Neutral(10.0, 70.0), 80.0, PARAMS) == lumbar_limits(Neutral(10.0, 70.0), None, PARAMS)


def test_a_stiff_back_keeps_half_the_margin() -> None:
    rounded, _ = lumbar_limits(Neutral(10.0, 70.0), 12.0, PARAMS)
    assert rounded.amber == pytest.approx(15.0)
    assert rounded.red >= rounded.amber


def test_a_toe_touch_that_shows_nothing_is_not_used() -> None:
    assert lumbar_limits(Neutral(5.0, 70.0), -3.0, PARAMS) == lumbar_limits(Neutral(5.0, 70.0), None, PARAMS)


def test_half_way_down_half_the_reference_is_neutral() -> None:
    neutral = Neutral(lumbar_deg=16.0, fold_deg=80.0)
    level = neutral.levelled(np.array([0.0, 8.0, 16.0, 16.0]), np.array([0.0, 40.0, 80.0, 120.0]))
    assert level.tolist() == [16.0, 16.0, 16.0, 16.0]


def test_an_average_reference_is_judged_more_widely() -> None:
    own = judge_for(Reference(lumbar_deg=5.0, fold_deg=70.0), PARAMS, has_thigh=True).limits
    average = judge_for(Reference(), PARAMS, has_thigh=True).limits
    assert average["rounded_back"].amber == own["rounded_back"].amber + PARAMS.default_reference_sd_deg
    assert average["arched_back"].amber == own["arched_back"].amber + PARAMS.default_reference_sd_deg


def test_a_fault_is_named_at_odds_of_two_to_one() -> None:
    assert decide("twist", finding(10.2), TEN, PARAMS) is None
    named = decide("twist", finding(10.7), TEN, PARAMS)
    assert named is not None
    assert (named.severity, named.value_deg, named.time_s) == ("amber", 10.7, 12.0)
    assert 2 / 3 < named.probability < 0.8
    red = decide("twist", finding(15.1), TEN, PARAMS)
    assert red is not None
    assert (red.severity, red.probability > 0.99) == ("red", True)


def test_a_value_that_is_unsure_must_be_likelier() -> None:
    assert decide("twist", finding(12.5, sd=5.0), TEN, PARAMS) is None
    assert probability_beyond(2.5, 5.0) > 2 / 3
    assert decide("twist", finding(15.0, sd=5.0), TEN, PARAMS) is not None


def test_a_value_that_is_too_unsure_tells_nothing() -> None:
    assert tells(finding(30.0, sd=9.9), TEN, PARAMS)
    assert not tells(finding(30.0, sd=10.1), TEN, PARAMS)
    assert not tells(finding(math.nan), TEN, PARAMS)


@given(st.floats(-30, 60), st.floats(0, 30), st.floats(0.1, 10))
def test_more_of_a_fault_is_never_less_likely(value: float, more: float, sd: float) -> None:
    assert probability_beyond(value + more, sd) >= probability_beyond(value, sd)
    if decide("twist", finding(value, sd), TEN, PARAMS) is not None:
        assert decide("twist", finding(value + more, sd), TEN, PARAMS) is not None


@given(st.floats(10.0, 60), st.floats(0.1, 5), st.floats(1.0, 3.0))
def test_what_is_named_unsure_is_named_sure(value: float, sd: float, times: float) -> None:
    if decide("twist", finding(value, sd * times), TEN, PARAMS) is not None:
        assert decide("twist", finding(value, sd), TEN, PARAMS) is not None


def test_without_an_sd_the_value_decides() -> None:
    assert probability_beyond(0.1, 0.0) == probability_beyond(0.1, math.nan) == 1.0
    assert probability_beyond(-0.1, 0.0) == 0.0


def test_every_exercise_is_judged_for_faults_of_the_contract() -> None:
    assert set(PROFILES) == set(EXERCISES)
    for profile in (*PROFILES.values(), UNANNOUNCED):
        assert profile.faults
        assert set(profile.faults) <= set(FAULTS)
        assert len(set(profile.faults)) == len(profile.faults)
    assert {f for p in PROFILES.values() for f in p.faults} == set(FAULTS)
    assert set(judge_for(Reference(), PARAMS, has_thigh=True).limits) == set(FAULTS)


def test_knees_are_judged_only_where_the_exercise_says_what_they_should_do() -> None:
    knees = {"knee_dominant", "knee_bend_changed"}
    assert {name for name, p in PROFILES.items() if knees & set(p.faults)} == {"hinge", "rdl"}
    assert not knees & set(UNANNOUNCED.faults)


def test_the_foot_is_free_where_nothing_follows_from_it() -> None:
    assert PROFILES["bridge"].foot == PROFILES["sprint_start"].foot == "free"
    assert PROFILES["jump"].foot == "flight"
    assert {PROFILES[name].foot for name in ("hinge", "rdl", "deadlift", "squat", "pickup")} == {"planted"}
