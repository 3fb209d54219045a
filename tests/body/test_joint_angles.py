"""Hip and lumbar flexion from any set of clips: what cannot be measured is not a number, what can has its SD."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.body.angles import AngleParams, JointAngles, clip_roles, joint_angles

FloatArray = NDArray[np.float64]
TRUE = {"thigh": -0.3, "pelvis": 0.8, "back": 1.0}
HIP_DEG = np.rad2deg(1.1)
LUMBAR_DEG = np.rad2deg(0.2)


def alignment(clip: str, left_sd_rad: float = 0.01, stance_sd_rad: float = 0.0) -> ClipAlignment:
    up, left = np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0])
    return ClipAlignment(clip, up, left, left_sd_rad=left_sd_rad, stance_sd_rad=stance_sd_rad, method="reference_hinge")


def angles(
    sites: Mapping[str, str],
    pitch: Mapping[str, float] = TRUE,
    inclination_sd_rad: float = 0.005,
    **aligned: float,
) -> JointAngles:
    course = np.linspace(0.0, 1.0, 11)
    return joint_angles(
        {clip: pitch[clip] * course for clip in sites},
        {clip: np.full(11, inclination_sd_rad) for clip in sites},
        {clip: alignment(clip, **aligned) for clip in sites},
        sites,
        AngleParams(),
    )


ALL = {"thigh": "thigh", "pelvis": "S1", "back": "T12"}
WORN = [
    pytest.param(ALL, True, True, id="all"),
    pytest.param({"thigh": "thigh", "back": "T12"}, True, False, id="thigh and back"),
    pytest.param({"thigh": "thigh", "pelvis": "S1"}, True, False, id="thigh and pelvis"),
    pytest.param({"pelvis": "S1", "back": "T12"}, False, True, id="pelvis and back"),
    pytest.param({"thigh": "thigh", "back": "S1"}, True, False, id="the back clip on the sacrum"),
    pytest.param({"thigh": "thigh", "pelvis": "S1", "back": "L3"}, True, True, id="pelvis, and back at L3"),
    pytest.param({"thigh": "thigh", "pelvis": "S1", "back": "L5"}, True, False, id="pelvis, and back at L5"),
]


@pytest.mark.parametrize(("sites", "hip", "lumbar"), WORN)
def test_what_cannot_be_told_is_nan(sites: Mapping[str, str], hip: bool, lumbar: bool) -> None:
    found = angles(sites)
    for value, sd, told in (
        (found.hip_flexion_deg, found.hip_flexion_sd_deg, hip),
        (found.lumbar_flexion_deg, found.lumbar_flexion_sd_deg, lumbar),
    ):
        assert np.isfinite(value).all() == told
        assert np.isfinite(sd).all() == told
        assert np.isnan(value).all() != told
        assert not told or (sd > 0).all()
    assert np.isfinite(found.fold_deg).all()
    assert np.isfinite(found.trunk_pitch_deg).all()


def test_measured_angles_are_differences_of_pitches() -> None:
    found = angles(ALL)
    assert found.hip_flexion_deg[-1] == pytest.approx(HIP_DEG)
    assert found.lumbar_flexion_deg[-1] == pytest.approx(LUMBAR_DEG)
    assert found.fold_deg[-1] == pytest.approx(HIP_DEG + LUMBAR_DEG)
    assert found.trunk_pitch_deg[-1] == pytest.approx(np.rad2deg(1.0))
    assert found.hip_flexion_deg[0] == found.lumbar_flexion_deg[0] == 0.0


def test_a_back_clip_on_the_sacrum_is_a_pelvis_clip() -> None:
    assert clip_roles({"thigh": "thigh", "back": "S1"}) == {"thigh": "thigh", "pelvis": "back"}
    assert clip_roles(ALL) == {"thigh": "thigh", "pelvis": "pelvis", "back": "back"}
    as_back = angles({"thigh": "thigh", "back": "S1"}, {"thigh": -0.3, "back": 0.8})
    as_pelvis = angles({"thigh": "thigh", "pelvis": "S1"})
    assert np.allclose(as_back.hip_flexion_deg, as_pelvis.hip_flexion_deg)
    assert np.allclose(as_back.hip_flexion_sd_deg, as_pelvis.hip_flexion_sd_deg)


def test_a_clip_in_mid_spine_sees_its_share() -> None:
    half = TRUE | {"back": 0.8 + 0.68 * 0.2}
    found = angles(ALL | {"back": "L3"}, half)
    assert found.lumbar_flexion_deg[-1] == pytest.approx(LUMBAR_DEG)
    assert found.lumbar_flexion_sd_deg[-1] > 1.3 * angles(ALL).lumbar_flexion_sd_deg[-1]


def test_uncertainty_grows_with_what_is_less_known() -> None:
    usual = angles(ALL)
    assert usual.hip_flexion_sd_deg[-1] > usual.hip_flexion_sd_deg[0]
    for worse in (
        angles(ALL, inclination_sd_rad=0.03),
        angles(ALL, left_sd_rad=0.3),
        angles(ALL, stance_sd_rad=0.03),
    ):
        assert worse.hip_flexion_sd_deg[-1] > 1.2 * usual.hip_flexion_sd_deg[-1]
        assert worse.lumbar_flexion_sd_deg[-1] > 1.2 * usual.lumbar_flexion_sd_deg[-1]
    guessed = angles({"thigh": "thigh", "back": "T12"})
    assert guessed.hip_flexion_sd_deg[-1] > 2 * usual.hip_flexion_sd_deg[-1]
    assert abs(guessed.hip_flexion_deg[-1] - HIP_DEG) < 1.645 * guessed.hip_flexion_sd_deg[-1]


def test_a_hole_in_one_clip_is_a_hole_in_what_rests_on_it() -> None:
    course = {clip: np.full(5, value) for clip, value in TRUE.items()}
    course["back"] = np.array([1.0, np.nan, np.nan, 1.0, 1.0])
    found = joint_angles(
        course,
        {clip: np.full(5, 0.005) for clip in ALL},
        {clip: alignment(clip) for clip in ALL},
        ALL,
        AngleParams(),
    )
    hole = np.array([False, True, True, False, False])
    assert np.array_equal(np.isnan(found.lumbar_flexion_deg), hole)
    assert np.array_equal(np.isnan(found.lumbar_flexion_sd_deg), hole)
    assert np.isfinite(found.hip_flexion_deg).all()
