"""Samples become a grid: nothing is lost, nothing is invented, however they arrive."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from imu_hinge.fusion.resample import GridBlock, GridResampler, ResampleParams

FloatArray = NDArray[np.float64]
PARAMS = ResampleParams()
STEP_S = 0.01


def uneven(seconds: float, rate_hz: float = 104.0, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.uniform(0.6, 1.4, round(seconds * rate_hz)) / rate_hz)


def six(values: FloatArray) -> FloatArray:
    return np.repeat(values[:, None], 3, axis=1)


def resample(time_s: FloatArray, values: FloatArray, gap_s: float = 0.05) -> GridBlock:
    grid = GridResampler(PARAMS, int(np.ceil(time_s[0] / STEP_S)), gap_s)
    return grid.update(time_s, six(values), six(values))


def test_a_ramp_is_reproduced_exactly() -> None:
    time_s = uneven(3.0)
    block = resample(time_s, 2.0 * time_s - 1.0)
    known = ~np.isnan(block.acc_m_s2[:, 0])
    grid_s = (block.first + np.arange(len(block))) * STEP_S
    assert known[2:].all()
    # The accelerometer is centred on the grid time, the gyroscope is the mean over the step that ends there.
    assert np.allclose(block.acc_m_s2[known, 0], 2.0 * grid_s[known] - 1.0, atol=1e-11)
    assert np.allclose(block.gyr_rad_s[known, 2], 2.0 * (grid_s[known] - STEP_S / 2) - 1.0, atol=1e-11)


def test_a_sine_is_reproduced_as_well_as_its_chords_allow() -> None:
    time_s = np.arange(0.0, 4.0, 1 / 208.0)
    omega = 2 * np.pi * 1.0
    block = resample(time_s, np.sin(omega * time_s))
    known = ~np.isnan(block.acc_m_s2[:, 0])
    grid_s = (block.first + np.arange(len(block))) * STEP_S
    half = omega * STEP_S / 2
    mean_over_step = np.sin(half) / half * np.sin(omega * grid_s)
    assert np.allclose(block.acc_m_s2[known, 0], mean_over_step[known], atol=(omega / 208) ** 2 / 8)


def test_integrating_the_grid_gives_the_integral_of_the_samples() -> None:
    time_s = uneven(5.0)
    rates = np.random.default_rng(2).normal(size=len(time_s))
    block = resample(time_s, rates)
    known = np.flatnonzero(~np.isnan(block.gyr_rad_s[:, 0]))
    assert np.array_equal(known, np.arange(known[0], known[-1] + 1))
    start, stop = (block.first + known[0] - 1) * STEP_S, (block.first + known[-1]) * STEP_S
    nodes = np.unique(np.concatenate([[start, stop], time_s[(time_s > start) & (time_s < stop)]]))
    assert block.gyr_rad_s[known, 0].sum() * STEP_S == pytest.approx(
        np.trapezoid(np.interp(nodes, time_s, rates), nodes), abs=1e-12
    )


@pytest.mark.parametrize(("hole_s", "bridged"), [(0.03, True), (0.049, True), (0.051, False), (0.5, False)])
def test_short_holes_are_interpolated_and_long_ones_stay_holes(hole_s: float, bridged: bool) -> None:
    time_s = np.concatenate([np.arange(0.0, 1.0, 0.01), np.arange(0.99 + hole_s, 2.5, 0.01)])
    block = resample(time_s, time_s)
    assert np.isnan(block.acc_m_s2[2:, 0]).any() != bridged
    grid_s = (block.first + np.arange(len(block))) * STEP_S
    empty = grid_s[2:][np.isnan(block.gyr_rad_s[2:, 0])]
    if not bridged:
        assert empty.min() >= 0.98
        assert empty.max() <= 0.99 + hole_s + 0.03
        assert len(empty) * STEP_S == pytest.approx(hole_s, abs=0.03)


def test_slow_clips_may_have_samples_further_apart() -> None:
    assert PARAMS.gap_limit_s(100.0) == 0.05
    assert PARAMS.gap_limit_s(12.5) == pytest.approx(0.12)
    time_s = np.arange(0.0, 3.0, 0.08)
    assert np.isnan(resample(time_s, time_s).acc_m_s2).all()
    assert not np.isnan(resample(time_s, time_s, PARAMS.gap_limit_s(12.5)).acc_m_s2[2:]).any()


def test_the_first_sample_stands_where_it_was_asked_for() -> None:
    time_s = np.arange(100.0, 101.0, 0.01)
    grid = GridResampler(PARAMS, 9_995, 0.05)
    block = grid.update(time_s, six(time_s), six(time_s))
    assert block.first == 9_995
    assert np.isnan(block.acc_m_s2[:6, 0]).all()
    assert block.acc_m_s2[6, 0] == pytest.approx(100.01)
    assert grid.next_index == 9_995 + len(block)


def test_giving_up_on_a_silent_clip_leaves_a_hole() -> None:
    grid = GridResampler(PARAMS, 0, 0.05)
    time_s = np.arange(0.0, 0.5, 0.01)
    grid.update(time_s, six(time_s), six(time_s))
    skipped = grid.skip_until(80)
    assert np.isnan(skipped.acc_m_s2).all()
    again = np.arange(1.0, 1.5, 0.01)
    block = grid.update(again, six(again), six(again))
    assert block.first == 80
    known = np.flatnonzero(~np.isnan(block.acc_m_s2[:, 0])) + block.first
    assert known.min() in (101, 102)


def test_a_stream_marked_broken_is_not_bridged() -> None:
    time_s = np.arange(0.0, 1.0, 0.01)
    marks = np.zeros(len(time_s), bool)
    marks[50] = True
    block = GridResampler(PARAMS, 0, 0.05).update(time_s, six(time_s), six(time_s), marks)
    assert np.isnan(block.acc_m_s2[49:51, 0]).any()
    assert not np.isnan(block.acc_m_s2[2:48, 0]).any()


@given(
    steps=st.lists(st.sampled_from([0.0031, 0.0098, 0.0103, 0.0211, 0.0499, 0.0502, 0.31]), min_size=2, max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=12),
    late=st.floats(0.0, 1000.0),
)
def test_the_grid_does_not_depend_on_how_samples_were_cut(steps: list[float], cuts: list[int], late: float) -> None:
    time_s = late + np.cumsum(steps)
    values = np.random.default_rng(4).normal(size=(len(time_s), 6))
    first = int(np.ceil(time_s[0] / STEP_S))
    whole = GridResampler(PARAMS, first, 0.05).update(time_s, values[:, :3], values[:, 3:])
    pieces = GridResampler(PARAMS, first, 0.05)
    edges = sorted({0, len(time_s), *(c for c in cuts if c < len(time_s))})
    blocks = [pieces.update(time_s[a:b], values[a:b, :3], values[a:b, 3:]) for a, b in pairwise(edges)]
    assert np.array_equal(np.vstack([b.acc_m_s2 for b in blocks]), whole.acc_m_s2, equal_nan=True)
    assert np.array_equal(np.vstack([b.gyr_rad_s for b in blocks]), whole.gyr_rad_s, equal_nan=True)
    for before, after in pairwise(blocks):
        assert after.first == before.first + len(before)
