"""A clip is still when a whole second of it stays within bounds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imu_hinge.fusion.stillness import StillnessDetector, StillnessParams

FloatArray = NDArray[np.float64]
RATE_HZ = 100.0


def standing(seconds: float, sway_deg_s: float = 1.5, seed: int = 5) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    acc = np.array([0.0, 0.0, 9.81]) + 0.05 * rng.normal(size=(n, 3))
    return acc, np.deg2rad(sway_deg_s) * rng.normal(size=(n, 3))


def flags(acc: FloatArray, gyr: FloatArray) -> NDArray[np.bool_]:
    return StillnessDetector(StillnessParams(), RATE_HZ).update(acc, gyr)


def test_quiet_standing_is_still_once_a_second_has_passed() -> None:
    still = flags(*standing(3.0))
    assert not still[:99].any()
    assert still[99:].all()


@pytest.mark.parametrize("sensor", ["acc", "gyr"])
def test_a_jerk_is_not_still_until_it_is_a_second_old(sensor: str) -> None:
    acc, gyr = standing(4.0)
    (acc if sensor == "acc" else gyr)[200] += 2.0
    still = flags(acc, gyr)
    assert still[199]
    assert not still[200:300].any()
    assert still[300]


def test_a_hole_is_not_still() -> None:
    acc, gyr = standing(4.0)
    acc[150] = np.nan
    still = flags(acc, gyr)
    assert still[149]
    assert not still[150:250].any()
    assert still[250]


@given(cuts=st.lists(st.integers(0, 500), max_size=15), holes=st.lists(st.integers(0, 499), max_size=4))
def test_flags_do_not_depend_on_how_samples_were_cut(cuts: list[int], holes: list[int]) -> None:
    acc, gyr = standing(5.0, sway_deg_s=1.75)
    gyr[holes] = np.nan
    whole = flags(acc, gyr)
    detector = StillnessDetector(StillnessParams(), RATE_HZ)
    parts = []
    for a, b in pairwise(sorted({0, len(acc), *cuts})):
        parts.append(detector.update(acc[a:b], gyr[a:b]))
        resumed = StillnessDetector(StillnessParams(), RATE_HZ)
        resumed.state = detector.state
        detector = resumed
    assert np.array_equal(np.concatenate(parts), whole)
    assert 0 < whole.sum() < len(whole)
