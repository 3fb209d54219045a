"""The live filter: any chunking, standing still, a hinge followed, doubt that grows and shrinks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from imu_hinge.body.chain import chain_points
from imu_hinge.body.geometry import CONSTANTS, ChainBelief, GeometryParams, Measures, believed
from imu_hinge.body.live_filter import LiveCourse, LiveFilter
from imu_hinge.body.window import Clips

FloatArray = NDArray[np.float64]
RATE_HZ = 100.0
STAND_S, REP_S = 2.0, 3.0
Samples = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def learnt() -> ChainBelief:
    """Constants as sure as reference hinges make them."""
    belief = believed(Measures(1.75, 0.43, 0.43, 0.15, 0.28), "T12", GeometryParams())
    return ChainBelief(belief.mean, belief.covariance * 0.05)


def hinge(lumbar_deg: float) -> tuple[Samples, FloatArray]:
    """Standing, one noise-free hinge of a chain with the believed constants, standing; and its lumbar flexion."""
    c = learnt().mean
    time = np.arange(0.0, 2 * STAND_S + REP_S, 1.0 / RATE_HZ)
    phase = np.clip((time - STAND_S) / REP_S, 0.0, 1.0)
    course = np.sin(np.pi * phase) ** 4
    shank = c[CONSTANTS.index("standing_shank_rad")] + np.deg2rad(4.0) * course
    lumbar = np.deg2rad(lumbar_deg) * course
    thigh, back = -np.deg2rad(28.0) * course, np.deg2rad(60.0) * course
    still = np.zeros(len(thigh))
    clips = Clips(thigh, back, still, still, np.zeros((len(thigh), 2)))
    points = chain_points(shank, lumbar, clips, c, 5)

    def twice(path: FloatArray) -> FloatArray:
        return np.asarray(np.gradient(np.gradient(path, 1.0 / RATE_HZ, axis=0), 1.0 / RATE_HZ, axis=0))

    return (thigh, back, twice(points.thigh_m), twice(points.back_m)), lumbar


def follow(samples: Samples, cuts: tuple[int, ...] = ()) -> LiveCourse:
    live = LiveFilter(learnt(), 5, RATE_HZ)
    edges = [0, *cuts, len(samples[0])]
    parts = [live.update(*(values[a:b] for values in samples)) for a, b in pairwise(edges)]
    return LiveCourse(*(np.concatenate([getattr(p, name) for p in parts]) for name in LiveCourse.__dataclass_fields__))


def test_any_chunking_gives_the_same_bits() -> None:
    samples, _ = hinge(20.0)
    whole = follow(samples)
    for cuts in ((1, 2, 7, 300, 301, 450), tuple(range(1, len(samples[0])))):
        parts = follow(samples, cuts)
        for name in LiveCourse.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_the_state_carries_everything_over() -> None:
    samples, _ = hinge(20.0)
    first, second = LiveFilter(learnt(), 5, RATE_HZ), LiveFilter(learnt(), 5, RATE_HZ)
    first.update(*(v[:333] for v in samples))
    second.state = first.state
    rest = [v[333:] for v in samples]
    np.testing.assert_array_equal(first.update(*rest).lumbar_rad, second.update(*rest).lumbar_rad)


@pytest.mark.parametrize("lumbar_deg", [-12.0, 5.0, 30.0])
def test_a_hinge_is_followed_while_it_happens(lumbar_deg: float) -> None:
    samples, lumbar = hinge(lumbar_deg)
    found = follow(samples)
    bottom = int(RATE_HZ * (STAND_S + REP_S / 2))
    assert found.lumbar_rad[bottom] == pytest.approx(lumbar[bottom], abs=np.deg2rad(3.0))
    assert np.nanmax(np.abs(found.lumbar_rad - lumbar)) < np.deg2rad(6.0)
    assert found.hip_rad[bottom] == pytest.approx(
        samples[1][bottom] - lumbar[bottom] - samples[0][bottom], abs=np.deg2rad(4.0)
    )
    assert np.isfinite(found.lumbar_rad[int(RATE_HZ * 0.5) :]).all(), "standing still for half a second is enough"


def test_standing_still_is_zero_and_sure() -> None:
    samples, _ = hinge(30.0)
    found = follow(samples)
    for moment in (int(RATE_HZ * STAND_S) - 10, len(found.lumbar_rad) - 1):
        assert abs(found.lumbar_rad[moment]) < np.deg2rad(1.0)
        assert found.lumbar_sd_rad[moment] < np.deg2rad(2.5)


def test_doubt_grows_within_a_rep_and_shrinks_at_rest() -> None:
    samples, _ = hinge(5.0)
    sd = follow(samples).lumbar_sd_rad
    before, bottom = int(RATE_HZ * STAND_S) - 10, int(RATE_HZ * (STAND_S + REP_S / 2))
    assert sd[bottom] > 1.5 * sd[before]
    assert sd[-1] < sd[bottom] / 1.5


def test_a_gap_is_unknown_and_then_followed_again() -> None:
    samples, lumbar = hinge(15.0)
    torn = tuple(v.copy() for v in samples)
    for values in torn:
        values[260:270] = np.nan
    found = follow((torn[0], torn[1], torn[2], torn[3]))
    assert np.isnan(found.lumbar_rad[260:270]).all()
    assert np.isfinite(found.lumbar_rad[270:]).all()
    bottom = int(RATE_HZ * (STAND_S + REP_S / 2))
    assert found.lumbar_rad[bottom] == pytest.approx(lumbar[bottom], abs=np.deg2rad(8.0))
