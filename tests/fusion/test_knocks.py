"""What is too short to be sampled is not listened to; what is only hard is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imu_hinge.body.kinematics import up_in_sensor
from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.fusion.knocks import KnockDetector, KnockParams
from imu_hinge.fusion.orientation import orientation, orientation_offline

FloatArray = NDArray[np.float64]
GRAVITY = np.array([0.0, 0.0, GRAVITY_M_S2])
RATE_HZ = 100.0
BOTH_WAYS = pytest.mark.parametrize("run", [orientation, orientation_offline], ids=["causal", "two-pass"])


def worst_tilt_deg(run: Callable[..., FloatArray], acc: FloatArray) -> float:
    """Of a clip that does not turn, from five seconds on."""
    up = up_in_sensor(run(np.zeros_like(acc), acc, RATE_HZ))[500:]
    return float(np.rad2deg(np.arccos(up[:, 2].min())))


def shaken(seconds: float, peak_g: float) -> FloatArray:
    """Two seconds still, then to and fro four times a second, twice as hard one way as back."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * 4.0 * time
    speed = np.clip(time - 2.0, 0.0, 1.0) * (np.sin(phase) + 0.25 * np.sin(2 * phase))
    push = np.gradient(speed)
    return np.asarray(GRAVITY + np.outer(peak_g * GRAVITY_M_S2 * push / push.max(), [1.0, 0.0, 0.0]))


@BOTH_WAYS
def test_a_clip_shaken_at_ten_g_stays_level(run: Callable[..., FloatArray]) -> None:
    acc = shaken(20.0, 10.0)
    assert np.mean(np.linalg.norm(acc, axis=1) > 5.0 * GRAVITY_M_S2) > 0.1
    assert worst_tilt_deg(run, acc) < 2.0


@BOTH_WAYS
def test_taps_of_one_sample_do_not_tilt_a_clip(run: Callable[..., FloatArray]) -> None:
    acc = np.tile(GRAVITY, (2000, 1))
    acc[300::50, 0] += 15.0 * GRAVITY_M_S2
    assert worst_tilt_deg(run, acc) < 0.1


def test_a_knock_lasts_until_it_is_below_the_limit_and_after_a_gap_nobody_saw_how_it_rose() -> None:
    heights_g = [1, 9, 8, 7, 6, 1, 4, 6, 8, 6, 4, np.nan, 6, 6, 4, 6]
    acc = np.outer(heights_g, GRAVITY)
    knock = KnockDetector(KnockParams()).update(acc)
    assert np.flatnonzero(knock).tolist() == [1, 2, 3, 4, 12, 13]


def test_a_tap_on_a_shaken_clip_is_a_knock() -> None:
    acc = np.outer([3, 4, 6, 7, 30, 7, 6, 4, 6], GRAVITY)
    assert np.flatnonzero(KnockDetector(KnockParams()).update(acc)).tolist() == [4, 5, 6]


@given(
    heights_g=st.lists(st.sampled_from([1.0, 4.0, 6.0, 7.0, 20.0, float("nan")]), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=8),
)
def test_knocks_do_not_depend_on_how_samples_were_cut(heights_g: list[float], cuts: list[int]) -> None:
    acc = np.outer(heights_g, GRAVITY).reshape(-1, 3)
    whole = KnockDetector(KnockParams()).update(acc)
    detector = KnockDetector(KnockParams())
    parts = []
    for a, b in pairwise(sorted({0, 40, *cuts})):
        parts.append(detector.update(acc[a:b]))
        resumed = KnockDetector(KnockParams())
        resumed.state = detector.state
        detector = resumed
    assert np.array_equal(np.concatenate(parts), whole)
