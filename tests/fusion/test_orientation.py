"""Orientation: z up, [w x y z], sensor to world, for every filter; gaps stay gaps; streaming is the batch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from imu_hinge.body.kinematics import up_in_sensor
from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.fusion.backends import FILTERS, FilterName
from imu_hinge.fusion.gyro_scale import GyroScaleParams
from imu_hinge.fusion.orientation import OrientationParams, OrientationStream, orientation, orientation_offline
from imu_hinge.fusion.resample import GridResampler, ResampleParams

FloatArray = NDArray[np.float64]
MakeNodding = Callable[..., Any]


def inclination_error_deg(quat: FloatArray, up: FloatArray) -> FloatArray:
    sine = np.linalg.norm(np.cross(up_in_sensor(quat), up), axis=1)
    return np.rad2deg(np.arctan2(sine, np.sum(up_in_sensor(quat) * up, axis=1)))


def rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("offline", [False, True], ids=["causal", "offline"])
def test_a_clip_at_rest_knows_which_way_is_up(name: FilterName, offline: bool) -> None:
    rng = np.random.default_rng(8)
    run = orientation_offline if offline else orientation
    for lying in Rotation.random(4, random_state=rng):
        acc = np.tile(lying.inv().apply([0.0, 0.0, GRAVITY_M_S2]), (300, 1))
        quat = run(np.zeros((300, 3)), acc, 100.0, name)
        assert quat.shape == (300, 4)
        assert np.allclose(np.linalg.norm(quat, axis=1), 1.0)
        turned = Rotation.from_quat(quat[-1, [1, 2, 3, 0]]).apply(acc[-1])
        assert np.allclose(turned, [0.0, 0.0, GRAVITY_M_S2], atol=0.02)


@pytest.mark.parametrize(("name", "limit_deg"), [("vqf", 0.5), ("madgwick", 2.0), ("mahony", 2.0), ("ekf", 2.0)])
def test_tipping_is_followed(name: FilterName, limit_deg: float, nodding: MakeNodding) -> None:
    moved = nodding(12.0)
    quat = orientation(moved.gyr, moved.acc, moved.rate_hz, name)
    assert rms(inclination_error_deg(quat, moved.up)[200:]) < limit_deg


@pytest.mark.parametrize("rate_hz", [100.0, 119.0, 285.7])
@pytest.mark.parametrize("run", [orientation, orientation_offline], ids=["causal", "two-pass"])
def test_readings_of_instants_give_the_orientation_of_the_grids_instants(
    run: Callable[..., FloatArray], rate_hz: float
) -> None:
    def turned(time_s: FloatArray) -> Rotation:
        moving = 2 * np.pi * np.maximum(0.0, time_s - 2.0)
        pitch, roll = np.deg2rad(60) * (1 - np.cos(moving / 1.5)), np.deg2rad(20) * np.sin(moving / 1.1)
        return Rotation.from_euler("YX", np.column_stack([pitch, roll]))

    time_s = np.arange(0.0, 12.0, 1 / rate_hz)
    rates = (turned(time_s - 1e-5).inv() * turned(time_s + 1e-5)).as_rotvec() / 2e-5
    acc = turned(time_s).inv().apply([0.0, 0.0, GRAVITY_M_S2])
    block = GridResampler(ResampleParams(), 0, 0.05).update(time_s, acc, rates)
    up = turned(np.arange(len(block)) / 100.0).inv().apply([0.0, 0.0, 1.0])
    error = inclination_error_deg(run(block.gyr_rad_s, block.acc_m_s2, 100.0), up)
    # Half a sample between rates and orientation would be 0.3 to 0.9 degrees.
    assert rms(error[300:]) < 0.05


@pytest.mark.parametrize("name", FILTERS)
def test_a_gyroscope_bias_is_learnt_while_standing(name: FilterName, nodding: MakeNodding) -> None:
    moved = nodding(10.0, swing_deg=0.0, bias_deg_s=3.0)
    stream = OrientationStream(OrientationParams(filter=name), moved.rate_hz)
    block = stream.update(moved.gyr, moved.acc)
    true_bias = np.deg2rad(3.0) * np.array([0.6, -0.6, 0.5])
    assert np.allclose(block.bias_rad_s[-1], true_bias, atol=np.deg2rad(0.2))
    heading = Rotation.from_quat(block.quat[[400, 900]][:, [1, 2, 3, 0]])
    assert np.rad2deg((heading[0].inv() * heading[1]).magnitude()) < 1.0


@pytest.mark.parametrize("name", FILTERS)
def test_a_gap_is_nan_and_the_rest_is_not(name: FilterName, nodding: MakeNodding) -> None:
    moved = nodding(9.0)
    gyr, acc = moved.gyr.copy(), moved.acc.copy()
    gyr[400:450] = acc[400:450] = np.nan
    acc[650:800, 1] = np.nan
    hole = np.zeros(len(gyr), bool)
    hole[400:450] = hole[650:800] = True
    for run in (orientation, orientation_offline):
        quat = run(gyr, acc, moved.rate_hz, name)
        assert np.isnan(quat[hole]).all()
        assert np.isfinite(quat[~hole]).all()
        assert rms(inclination_error_deg(quat[800:], moved.up[800:])) < 10.0


def test_after_a_long_gap_the_inclination_is_less_sure_for_a_while(nodding: MakeNodding) -> None:
    moved = nodding(12.0)
    for samples, doubt in ((8, 0.95), (50, 1.4), (150, 2.0)):
        gyr = moved.gyr.copy()
        gyr[500 : 500 + samples] = np.nan
        block = OrientationStream(OrientationParams(), 100.0).update(gyr, moved.acc)
        before, after = block.inclination_sd_rad[499], block.inclination_sd_rad[500 + samples :]
        assert doubt * before <= after[0] < 12 * before
        assert after[400] < 1.5 * before
        assert rms(inclination_error_deg(block.quat[500 + samples :], moved.up[500 + samples :])) < 5.0


def test_two_passes_are_better_than_one(nodding: MakeNodding) -> None:
    causal, offline = [], []
    for seed in range(4):
        moved = nodding(30.0, bias_deg_s=1.0, shake_m_s2=2.5, seed=seed)
        causal.append(rms(inclination_error_deg(orientation(moved.gyr, moved.acc, 100.0), moved.up)[200:]))
        offline.append(rms(inclination_error_deg(orientation_offline(moved.gyr, moved.acc, 100.0), moved.up)[200:]))
    assert np.mean(offline) < 0.8 * np.mean(causal)
    assert np.mean(causal) < 1.5


@pytest.mark.parametrize("name", FILTERS)
def test_the_function_gives_what_the_stream_gives(name: FilterName, nodding: MakeNodding) -> None:
    moved = nodding(6.0)
    stream = OrientationStream(OrientationParams(filter=name), moved.rate_hz)
    halves = [stream.update(moved.gyr[:250], moved.acc[:250]), stream.update(moved.gyr[250:], moved.acc[250:])]
    assert np.array_equal(
        orientation(moved.gyr, moved.acc, moved.rate_hz, name), np.vstack([half.quat for half in halves])
    )


@pytest.mark.parametrize(("name", "examples"), [("vqf", 60), ("madgwick", 4), ("mahony", 4), ("ekf", 3)])
def test_orientation_does_not_depend_on_how_samples_were_cut(
    name: FilterName, examples: int, nodding: MakeNodding
) -> None:
    moved = nodding(6.0 if name == "vqf" else 3.5, bias_deg_s=2.0)
    n = len(moved.gyr)

    @settings(
        max_examples=examples, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.explicit, Phase.generate]
    )
    @given(
        cuts=st.lists(st.integers(0, n), max_size=20),
        holes=st.lists(st.tuples(st.integers(0, n), st.sampled_from([1, 7, 60, 130])), max_size=3),
    )
    def holds(cuts: list[int], holes: list[tuple[int, int]]) -> None:
        gyr = moved.gyr.copy()
        for start, length in holes:
            gyr[start : start + length] = np.nan
        params = OrientationParams(filter=name)
        whole = OrientationStream(params, 100.0).update(gyr, moved.acc)
        stream = OrientationStream(params, 100.0)
        parts = []
        for a, b in pairwise(sorted({0, n, *cuts})):
            parts.append(stream.update(gyr[a:b], moved.acc[a:b]))
            resumed = OrientationStream(params, 100.0)
            resumed.state = stream.state
            stream = resumed
        for field in ("quat", "bias_rad_s", "still", "inclination_sd_rad"):
            joined = np.concatenate([getattr(part, field) for part in parts])
            assert np.array_equal(joined, getattr(whole, field), equal_nan=field != "still"), field

    holds()


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, 1600), max_size=20))
def test_the_scale_learnt_while_turning_does_not_depend_on_how_samples_were_cut(cuts: list[int]) -> None:
    time_s = np.arange(1600) / 100.0
    turning = 1.01 * np.column_stack([2.0 * (time_s > 2), 0.1 * np.sin(time_s), np.zeros(1600)])
    up = Rotation.from_rotvec(np.column_stack([np.maximum(0, time_s - 2) * 2.0, np.zeros((1600, 2))]))
    acc = up.inv().apply([0.0, 0.0, GRAVITY_M_S2])
    whole = OrientationStream(OrientationParams(), 100.0).update(turning, acc)
    stream = OrientationStream(OrientationParams(), 100.0)
    parts = []
    for a, b in pairwise(sorted({0, 1600, *cuts})):
        parts.append(stream.update(turning[a:b], acc[a:b]))
        resumed = OrientationStream(OrientationParams(), 100.0)
        resumed.state = stream.state
        stream = resumed
    assert np.array_equal(np.vstack([part.quat for part in parts]), whole.quat)
    without = OrientationStream(OrientationParams(gyro_scale=GyroScaleParams(enabled=False)), 100.0)
    assert not np.array_equal(without.update(turning, acc).quat, whole.quat)


def test_a_state_is_a_copy(nodding: MakeNodding) -> None:
    moved = nodding(4.0)
    stream = OrientationStream(OrientationParams(), 100.0)
    stream.update(moved.gyr[:200], moved.acc[:200])
    kept = stream.state
    first = stream.update(moved.gyr[200:], moved.acc[200:])
    stream.state = kept
    again = stream.update(moved.gyr[200:], moved.acc[200:])
    assert np.array_equal(first.quat, again.quat)


@pytest.mark.parametrize("run", [orientation, orientation_offline])
def test_wrong_shapes_rates_and_filters_are_programming_errors(run: Callable[..., FloatArray]) -> None:
    good = np.ones((10, 3))
    for gyr, acc in ((np.ones(3), np.ones(3)), (good, np.ones((9, 3))), (np.ones((10, 2)), np.ones((10, 2)))):
        with pytest.raises(ValueError, match=r"must both be \(N, 3\)"):
            run(gyr, acc, 100.0)
    with pytest.raises(ValueError, match="rate_hz must be positive"):
        run(good, good, 0.0)
    with pytest.raises(ValueError, match="unknown orientation filter 'kalman'; known: vqf"):
        run(good, good, 100.0, "kalman")


def test_lists_and_single_precision_are_welcome() -> None:
    acc = np.tile(np.array([0.0, 0.0, 9.81], np.float32), (50, 1))
    quat = orientation([[0.0, 0.0, 0.0]] * 50, np.asfortranarray(acc), 100.0)
    assert quat.dtype == np.float64
    assert np.allclose(np.abs(quat[:, 0]), 1.0)
