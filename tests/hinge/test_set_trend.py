"""Creep is a trend that the reps bear out; consistency is how alike they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.hinge.set_trend import CREEP_DEG, SetTrend, set_trend


def trend(*bottoms: float | None) -> SetTrend:
    return set_trend(bottoms, [70.0 + i % 2 for i in range(len(bottoms))], [3.0] * len(bottoms))


def test_creep_is_a_slope_and_what_it_adds_up_to() -> None:
    found = trend(*(6.0 + 2.0 * i for i in range(8)))
    assert found.creep_deg_per_rep == pytest.approx(2.0)
    assert found.creep_deg == pytest.approx(2.0 * 6)  # from the middle of the first three to the last
    assert (found.creep, found.lumbar_sd_deg) == ("red", pytest.approx(0.0, abs=1e-9))


def test_creep_is_amber_from_five_and_red_from_ten_degrees() -> None:
    called = [trend(*(6.0 + total / 7 * i for i in range(9))).creep for total in (4.5, 6.0, 9.5, 11.0)]
    assert called == ["", "amber", "amber", "red"]
    assert (CREEP_DEG.amber, CREEP_DEG.red) == (5.0, 10.0)


def test_one_slip_at_the_end_is_no_creep() -> None:
    assert trend(6, 5, 6, 5, 6, 5, 6, 19).creep == ""


def test_less_rounding_is_no_creep() -> None:
    found = trend(20, 18, 15, 12, 9, 6)
    assert found.creep == ""
    assert found.creep_deg_per_rep is not None
    assert found.creep_deg_per_rep < 0


def test_reps_that_cannot_be_told_are_left_out_but_keep_their_place() -> None:
    found = trend(6.0, None, 8.0, 9.0, None, 11.0)
    assert found.creep_deg_per_rep == pytest.approx(1.0)


def test_two_reps_are_no_set() -> None:
    found = trend(6.0, 20.0)
    assert (found.creep_deg_per_rep, found.creep, found.hip_sd_deg, found.tempo_sd_s) == (None, "", None, None)
    assert set_trend([], [], []).creep == ""


def test_alike_reps_have_small_spreads() -> None:
    found = set_trend([5.0, 6.0, 5.0, 6.0], [70.0, None, 72.0, 71.0], [3.0, 3.2, 2.8, 3.0])
    assert found.hip_sd_deg == pytest.approx(1.0)
    assert found.tempo_sd_s == pytest.approx(np.std([3.0, 3.2, 2.8, 3.0], ddof=1))


@given(st.lists(st.floats(-10, 40), min_size=4, max_size=20), st.floats(-20, 20))
def test_a_shift_of_all_reps_changes_no_creep(bottoms: list[float], shift: float) -> None:
    a, b = trend(*bottoms), trend(*(x + shift for x in bottoms))
    assert a.creep_deg_per_rep == pytest.approx(b.creep_deg_per_rep, abs=1e-9)
    assert a.creep_deg == pytest.approx(b.creep_deg, abs=1e-8)
