"""The mathematics of trends and comparisons, against what is known of it and against chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from imu_hinge.library.estimates import (
    Estimate,
    difference,
    fit_line,
    fit_rates,
    newcombe,
    pooled_variance,
    session_mean,
    wilson,
)


def test_wilson_and_newcombe_give_the_published_intervals() -> None:
    # Newcombe, Stat Med 1998: 81 of 263; and 56/70 against 48/80, 95 %.
    assert wilson(81, 263, 1.96) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert newcombe((48, 80), (56, 70), 1.96) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 6)[0] == 0.0
    assert wilson(6, 6)[1] == pytest.approx(1.0)


def test_more_reps_shrink_the_spread_but_not_what_all_reps_share() -> None:
    few, many = ([8.0, 12.0] * n for n in (2, 200))
    pooled = pooled_variance([few, many])
    assert session_mean(many, [1.5] * 400, pooled).se == pytest.approx(1.5, abs=0.02)
    assert session_mean(few, [1.5] * 4, pooled).se == pytest.approx(math.hypot(1.5, 2.0 / 2.0), rel=0.05)
    assert session_mean(few, [None] * 4, pooled).se == pytest.approx(1.0, rel=0.1)


def test_a_single_rep_borrows_the_spread_of_the_others_and_is_left_open_without() -> None:
    assert pooled_variance([[3.0], [5.0]]) is None
    assert session_mean([3.0], [1.0], None) == Estimate(3.0, None)
    pooled = pooled_variance([[3.0], [4.0, 6.0, 5.0]])
    assert pooled == pytest.approx(1.0)
    assert session_mean([3.0], [0.0], pooled).se == pytest.approx(1.0)
    assert difference(Estimate(3.0, None), Estimate(5.0, 1.0)) == Estimate(2.0, None)


def test_a_line_through_three_days_or_more() -> None:
    time, se = np.array([0.0, 7.0, 14.0, 21.0]), np.full(4, 0.5)
    line = fit_line(time, 10.0 - 0.2 * time, se)
    assert line is not None
    assert line.change(0.0, 21.0).value == pytest.approx(-4.2)
    assert line.is_told
    assert line.sway_sd == 0.0
    assert line.at(time) == pytest.approx(10.0 - 0.2 * time)
    assert fit_line(time[:2], time[:2], se[:2]) is None
    assert fit_line(np.zeros(4), time, se) is None


def test_rates_stay_between_nought_and_a_hundred() -> None:
    time = np.arange(8.0)
    line = fit_rates(time, np.array([0, 0, 0, 1, 5, 6, 6, 6.0]), np.full(8, 6.0))
    assert line is not None
    assert line.is_told
    for errors in (-1.645, 0.0, 1.645):
        assert (np.abs(line.at(np.linspace(-20, 20, 50), errors) - 50.0) <= 50.0).all()
    change = line.change(0.0, 7.0)
    assert 80.0 < change.value < 100.0
    assert change.se is not None
    assert 0.0 < change.se < 20.0


@pytest.mark.parametrize(("sessions", "sway", "most"), [(3, 0.0, 0.06), (4, 0.5, 0.08), (8, 1.0, 0.1), (10, 3.0, 0.1)])
def test_sessions_without_a_change_are_seldom_given_one(sessions: int, sway: float, most: float) -> None:
    rng = np.random.default_rng(1)
    called, runs = 0, 400
    for _ in range(runs):
        time, se = np.sort(rng.uniform(0, 8, sessions)), rng.uniform(0.7, 1.3, sessions)
        line = fit_line(time, rng.normal(0.0, np.hypot(se, sway)), se)
        called += line is not None and line.is_told
    assert called / runs <= most


def test_the_stated_error_of_a_change_holds_it_nine_times_in_ten() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(400):
        time, se = np.sort(rng.uniform(0, 8, 8)), rng.uniform(0.7, 1.3, 8)
        line = fit_line(time, -0.5 * time + rng.normal(0.0, np.hypot(se, 0.7)), se)
        assert line is not None
        change = line.change(0.0, 8.0)
        held += abs(change.value + 4.0) <= 1.645 * (change.se or 0.0)
    assert 0.86 <= held / 400 <= 0.97
