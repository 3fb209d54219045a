"""What the lower back does now, in one word."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.faults import Judge, judge_for
from imu_hinge.hinge.neutral import Reference
from imu_hinge.session.live_state import LumbarNow, LumbarState, lumbar_now

JUDGE: Judge = judge_for(Reference(lumbar_deg=5.0, lumbar_sd_deg=0.8, fold_deg=75.0), FaultParams(), has_thigh=True)
RED = (LumbarState.ROUNDED, LumbarState.ARCHED)
angles = st.floats(-60.0, 80.0)


def now(lumbar_deg: float, sd_deg: float = 1.0, fold_deg: float = 60.0) -> LumbarNow:
    return lumbar_now(JUDGE, lumbar_deg, sd_deg, fold_deg, doubt_sds=1.3, least_fold_deg=15.0)


def test_the_word_follows_the_limits_of_the_present_depth() -> None:
    arch_red, arch_amber, round_amber, round_red = now(0.0).limits_deg
    assert arch_red < arch_amber < round_amber < round_red
    middle = 0.5 * (arch_amber + round_amber)
    words = [
        (middle, LumbarState.NEUTRAL),
        (round_amber + 2.0, LumbarState.ROUNDING),
        (round_red + 2.0, LumbarState.ROUNDED),
        (arch_amber - 2.0, LumbarState.ARCHING),
        (arch_red - 2.0, LumbarState.ARCHED),
    ]
    for lumbar_deg, word in words:
        assert now(lumbar_deg, 1.0).state is word


def test_doubt_keeps_a_value_beside_the_limit_neutral() -> None:
    round_amber = now(0.0).limits_deg[2]
    assert now(round_amber + 2.0, 0.5).state is LumbarState.ROUNDING
    assert now(round_amber + 2.0, 3.0).state is LumbarState.NEUTRAL


def test_nothing_is_claimed_of_what_is_not_known_and_nobody_is_judged_standing() -> None:
    assert now(math.nan).state is LumbarState.UNKNOWN
    assert now(40.0, math.nan).state is LumbarState.UNKNOWN
    assert now(60.0, 1.0, 10.0).state is LumbarState.NEUTRAL
    assert now(60.0, 1.0, math.nan).state is LumbarState.NEUTRAL
    assert all(math.isfinite(limit) for limit in now(60.0, 1.0, math.nan).limits_deg)


@given(angles, st.floats(0.0, 10.0), st.floats(0.0, 120.0), st.floats(0.0, 30.0))
def test_more_rounding_never_looks_better(lumbar_deg: float, sd_deg: float, fold_deg: float, more: float) -> None:
    order = [
        LumbarState.ARCHED,
        LumbarState.ARCHING,
        LumbarState.NEUTRAL,
        LumbarState.ROUNDING,
        LumbarState.ROUNDED,
    ]
    one, other = now(lumbar_deg, sd_deg, fold_deg), now(lumbar_deg + more, sd_deg, fold_deg)
    assert order.index(one.state) <= order.index(other.state)


@given(angles, st.floats(15.0, 120.0))
def test_red_is_beyond_amber(lumbar_deg: float, fold_deg: float) -> None:
    found = now(lumbar_deg, 0.0, fold_deg)
    if found.state in RED:
        assert not found.limits_deg[1] <= lumbar_deg <= found.limits_deg[2]
    assert list(found.limits_deg) == pytest.approx(sorted(found.limits_deg))
