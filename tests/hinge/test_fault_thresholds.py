"""Rounded and arched are judged against the athlete's own hinge, never against zero."""

from __future__ import annotations

import numpy as np
import pytest

from imu_hinge.conventions import FAULTS
from imu_hinge.hinge.faults import Course, FaultParams, Neutral, judge_for, judge_lumbar, thresholds

PARAMS = FaultParams()


def course(most: float, least: float = 5.0, sd: float = 2.0) -> Course:
    return Course(most, 12.0, least, 13.0, sd)


@pytest.mark.parametrize("reference", [-6.0, 0.0, 8.0, 20.0])
def test_thresholds_move_with_the_reference(reference: float) -> None:
    limits = thresholds(Neutral(reference, 70.0), None, PARAMS)
    assert limits.rounded_amber_deg == reference + 10
    assert limits.rounded_red_deg == reference + 15
    assert limits.arched_amber_deg == reference - 8
    assert limits.arched_red_deg == reference - 12


def test_a_share_of_ones_own_maximum_may_come_first() -> None:
    limits = thresholds(Neutral(10.0, 70.0), 24.0, PARAMS)
    assert limits.rounded_amber_deg == pytest.approx(0.70 * 24)
    assert limits.rounded_red_deg == pytest.approx(0.80 * 24)
    assert thresholds(Neutral(10.0, 70.0), 80.0, PARAMS) == thresholds(Neutral(10.0, 70.0), None, PARAMS)


def test_a_stiff_back_keeps_half_the_margin() -> None:
    limits = thresholds(Neutral(10.0, 70.0), 12.0, PARAMS)
    assert limits.rounded_amber_deg == pytest.approx(15.0)
    assert limits.rounded_red_deg >= limits.rounded_amber_deg


def test_a_toe_touch_that_shows_nothing_is_not_used() -> None:
    assert thresholds(Neutral(5.0, 70.0), -3.0, PARAMS) == thresholds(Neutral(5.0, 70.0), None, PARAMS)


@pytest.mark.parametrize(
    ("most", "least", "expected"),
    [
        (14.9, -2.9, []),
        (15.1, 5.0, [("rounded_back", "amber")]),
        (20.1, 5.0, [("rounded_back", "red")]),
        (5.0, -3.1, [("arched_back", "amber")]),
        (5.0, -7.1, [("arched_back", "red")]),
        (20.1, -7.1, [("rounded_back", "red"), ("arched_back", "red")]),
    ],
)
def test_crossing_a_threshold_is_a_fault(most: float, least: float, expected: list[tuple[str, str]]) -> None:
    found = judge_lumbar(course(most, least), thresholds(Neutral(5.0, 70.0), None, PARAMS))
    assert [(f.name, f.severity) for f in found] == expected
    assert all(f.name in FAULTS for f in found)


def test_a_fault_says_how_far_when_and_how_sure() -> None:
    limits = thresholds(Neutral(5.0, 70.0), None, PARAMS)
    (just,) = judge_lumbar(course(15.01), limits)
    (clear,) = judge_lumbar(course(21.0), limits)
    (unsure,) = judge_lumbar(course(21.0, sd=8.0), limits)
    assert just.probability == pytest.approx(0.5, abs=0.01)
    assert clear.probability > 0.99
    assert just.probability < unsure.probability < clear.probability
    assert (clear.value_deg, clear.time_s) == (21.0, 12.0)
    (arched,) = judge_lumbar(course(5.0, -9.0), limits)
    assert (arched.value_deg, arched.time_s) == (-9.0, 13.0)


def test_half_way_down_half_the_reference_is_neutral() -> None:
    neutral = Neutral(lumbar_deg=16.0, fold_deg=80.0)
    level = neutral.levelled(np.array([0.0, 8.0, 16.0, 16.0]), np.array([0.0, 40.0, 80.0, 120.0]))
    assert level.tolist() == [16.0, 16.0, 16.0, 16.0]


def test_an_average_reference_is_judged_more_widely() -> None:
    own, average = (
        judge_for(5.0, 70.0, None, PARAMS, has_thigh=True),
        judge_for(None, None, None, PARAMS, has_thigh=True),
    )
    assert average.limits.rounded_amber_deg == own.limits.rounded_amber_deg + PARAMS.default_reference_sd_deg
    assert average.limits.arched_amber_deg == own.limits.arched_amber_deg - PARAMS.default_reference_sd_deg
