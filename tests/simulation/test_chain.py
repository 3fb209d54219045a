"""The chain is a body: rigid bones, bending spine, feet under the centre of mass."""

from __future__ import annotations

import numpy as np
import pytest

from imu_hinge.conventions import LUMBAR_SHARE_BELOW
from imu_hinge.simulation.athlete import draw_athlete
from imu_hinge.simulation.chain import balance_shank, planar_chain, standing_com_x
from imu_hinge.simulation.courses import Script
from imu_hinge.simulation.motion import bone_frame, perform, truth_angles

DEG = np.pi / 180.0
ATHLETE = draw_athlete(np.random.default_rng(2))
N = 50
RAMP = np.linspace(0.0, 1.0, N)


def test_bones_keep_their_lengths() -> None:
    chain = planar_chain(ATHLETE, 10 * DEG * RAMP, 90 * DEG * RAMP, 100 * DEG * RAMP, 30 * DEG * RAMP)
    assert np.allclose(np.linalg.norm(chain.knee, axis=1), ATHLETE.shank_m)
    assert np.allclose(np.linalg.norm(chain.hip - chain.knee, axis=1), ATHLETE.thigh_m)


def test_a_rounding_spine_turns_the_clip_more_than_the_chord() -> None:
    zero = np.zeros(2)
    lumbar = np.array([0.0, 40 * DEG])
    chain = planar_chain(ATHLETE, zero, zero, zero, lumbar)
    chord = chain.t12 - chain.hip
    bearing = np.arctan2(chord[:, 0], chord[:, 1])
    assert 0.15 * 40 < np.rad2deg(bearing[1] - bearing[0]) < 0.5 * 40
    assert np.linalg.norm(chord[1]) < np.linalg.norm(chord[0])


def test_hips_go_back_as_the_trunk_tips_and_balance_is_kept() -> None:
    knee, hip, lumbar = 15 * DEG * RAMP, 75 * DEG * RAMP, 5 * DEG * RAMP
    com_x = np.full(N, standing_com_x(ATHLETE))
    shank = balance_shank(ATHLETE, knee, hip, lumbar, com_x)
    chain = planar_chain(ATHLETE, shank, knee, hip, lumbar)
    assert np.allclose(chain.com[:, 0], com_x, atol=1e-12)
    assert -0.25 < chain.hip[-1, 0] - chain.hip[0, 0] < -0.08
    assert -38 < np.rad2deg(shank[-1] - knee[-1]) < -15


def test_a_bar_sends_the_hips_further_back() -> None:
    knee, hip, lumbar = np.array([15 * DEG]), np.array([75 * DEG]), np.zeros(1)
    com_x = np.array([standing_com_x(ATHLETE)])
    free = balance_shank(ATHLETE, knee, hip, lumbar, com_x)
    loaded = balance_shank(ATHLETE, knee, hip, lumbar, com_x, load_kg=80.0)
    assert loaded[0] < free[0]


@pytest.mark.parametrize("site", ["S1", "L5", "L4", "L3", "L2", "L1", "T12"])
def test_each_site_sees_its_share_of_lumbar_flexion(site: str) -> None:
    script = Script()
    script.move("given", 1.0, 0.01, at_s=-1.0)
    script.move("lumbar", 40 * DEG, 1.0)
    motion = perform(ATHLETE, script, 1.5)
    _, bone = bone_frame(motion, site)
    up = bone.apply([0.0, 0.0, 1.0])
    pitch = np.arctan2(up[:, 0], up[:, 2])
    assert np.rad2deg(pitch[-1] - pitch[0]) == pytest.approx(40 * LUMBAR_SHARE_BELOW[site], abs=0.01)


def test_knees_swing_out_without_changing_what_the_pitch_means() -> None:
    script = Script()
    script.move("knee", 105 * DEG, 1.0)
    script.move("hip", 100 * DEG, 1.0)
    motion = perform(ATHLETE, script, 1.5)
    angles = truth_angles(motion)
    assert np.rad2deg(np.abs(angles.thigh_pitch - motion.thigh_rad)).max() < 4.0
    position, bone = bone_frame(motion, "thigh")
    outward = ATHLETE.side_sign * (position[-1, 1] - position[0, 1])
    assert outward > 0.02
    assert np.allclose(np.linalg.det(bone.as_matrix()), 1.0)
