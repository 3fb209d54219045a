"""The chain's derivatives are those of its positions, and out of the plane it moves as bodies do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imu_hinge.body.chain import chain_points
from imu_hinge.body.geometry import CONSTANTS, GeometryParams, Measures, believed, levels_below
from imu_hinge.body.window import Clips


def moving(seed: int, n: int = 7) -> tuple[np.ndarray, np.ndarray, Clips]:
    """Shank pitch, lumbar flexion and clips anywhere they may get."""
    rng = np.random.default_rng(seed)
    thigh, back = rng.uniform(-1.6, 0.3, n), rng.uniform(-0.2, 1.6, n)
    clips = Clips(thigh, back, rng.normal(0, 2, n), rng.normal(0, 2, n), rng.normal(0, 0.1, (n, 2)))
    return rng.uniform(-0.2, 0.6, n), rng.uniform(-0.3, 1.0, n), clips


@pytest.mark.parametrize("site", ["T12", "L1", "L3"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_derivative_is_that_of_the_positions(site: str, seed: int) -> None:
    shank, lumbar, clips = moving(seed)
    levels = levels_below(site)
    belief = believed(Measures(height_m=1.7), site, GeometryParams())
    rng = np.random.default_rng(seed)
    constants = belief.mean + np.sqrt(np.diag(belief.covariance)) * rng.standard_normal(len(CONSTANTS))
    points = chain_points(shank, lumbar, clips, constants, levels)
    h = 1e-6

    def slope(ds: float, dl: float, dc: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        up = chain_points(shank + h * ds, lumbar + h * dl, clips, constants + h * dc, levels)
        down = chain_points(shank - h * ds, lumbar - h * dl, clips, constants - h * dc, levels)
        return (up.thigh_m - down.thigh_m) / (2 * h), (up.back_m - down.back_m) / (2 * h)

    none = np.zeros(len(CONSTANTS))
    for want, got in zip((points.by_shank, points.by_shank), slope(1.0, 0.0, none), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-7)
    np.testing.assert_allclose(slope(0.0, 1.0, none)[1], points.back_by_lumbar, atol=1e-7)
    for index, name in enumerate(CONSTANTS):
        one = none.copy()
        one[index] = 1.0
        thigh, back = slope(0.0, 0.0, one)
        np.testing.assert_allclose(thigh, points.thigh_by.get(index, np.zeros_like(thigh)), atol=1e-7, err_msg=name)
        np.testing.assert_allclose(back, points.back_by.get(index, np.zeros_like(back)), atol=1e-7, err_msg=name)


def test_a_tape_from_hip_to_clip_ties_pelvis_and_spine_together() -> None:
    tape = believed(Measures(height_m=1.75, hip_to_back_clip_m=0.28), "T12", GeometryParams())
    s1, spine = CONSTANTS.index("s1_above_m"), CONSTANTS.index("lumbar_m")
    both = tape.covariance[s1, s1] + tape.covariance[spine, spine] + 2 * tape.covariance[s1, spine]
    assert np.sqrt(both) == pytest.approx(GeometryParams().lumbar_sd_m)
    assert tape.value("s1_above_m") + tape.value("lumbar_m") == pytest.approx(0.28)


def test_turning_about_the_midline_carries_the_clip_past_the_hip() -> None:
    shank, lumbar, clips = moving(4)
    constants = believed(Measures(), "T12", GeometryParams()).mean.copy()
    constants[CONSTANTS.index("hip_side_m")] = 0.08
    turned = replace(clips, turn_rad=clips.turn_rad + np.array([0.1, 0.0]))
    went = (
        chain_points(shank, lumbar, turned, constants, 5).back_m
        - chain_points(shank, lumbar, clips, constants, 5).back_m
    )
    np.testing.assert_allclose(went, np.tile([0.008, 0.0], (len(shank), 1)), atol=1e-12)
