"""What clips feel is what moving bodies do to them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.simulation.clips import SkinMotion, Slip, clip_track
from imu_hinge.simulation.courses import STEP_S, minimum_jerk, quintic
from imu_hinge.simulation.motion import Motion, bone_frame, truth_angles
from imu_hinge.simulation.presets import find_scenario
from imu_hinge.simulation.sensor import SensorGrade, draw_errors, ideal_samples, measure, sample_times
from imu_hinge.simulation.session import act
from imu_hinge.simulation.stage import Stage

MOUNTED = Rotation.from_rotvec([0.4, -1.1, 2.0])


@lru_cache(maxsize=4)
def performance(name: str) -> tuple[Stage, Motion]:
    return act(find_scenario(name), 3)


@pytest.mark.parametrize("site", ["thigh", "S1", "T12"])
def test_integrating_the_rate_gives_the_true_pitch(site: str) -> None:
    _, motion = performance("rdl_good")
    dt = 1 / 400
    time_s = np.arange(0.0, 20.0, dt)
    track = clip_track(motion, site, MOUNTED)
    _, rate = track.sense(time_s + dt / 2)
    turn = track.orientation(time_s[:1])[0]
    steps = [turn]
    for step in Rotation.from_rotvec(rate * dt):
        steps.append(steps[-1] * step)
    bone = Rotation.concatenate(steps[:-1]) * MOUNTED.inv()
    up = bone.apply([0.0, 0.0, 1.0])
    angles = truth_angles(motion)
    true = {"thigh": angles.thigh_pitch, "S1": angles.pelvis_pitch, "T12": angles.t12_pitch}[site]
    got = np.rad2deg(np.arctan2(up[:, 0], up[:, 2]))
    assert np.abs(got - np.rad2deg(np.interp(time_s, motion.time_s, true))).max() < 0.05


@pytest.mark.parametrize(("name", "site"), [("rdl_good", "T12"), ("squat_butt_wink", "thigh"), ("pickup", "S1")])
def test_specific_force_is_the_second_difference_of_the_position(name: str, site: str) -> None:
    _, motion = performance(name)
    track = clip_track(motion, site, MOUNTED)
    time_s = np.arange(5.0, 40.0, 0.01)
    h = 0.002
    acceleration = (track.position(time_s + h) - 2 * track.position(time_s) + track.position(time_s - h)) / h**2
    acc, _ = track.sense(time_s)
    felt = track.orientation(time_s).apply(acc) - [0.0, 0.0, GRAVITY_M_S2]
    assert np.abs(felt - acceleration).max() < 0.05


def test_two_points_of_a_rigid_thigh_differ_by_the_lever_arm_law() -> None:
    _, motion = performance("squat_butt_wink")
    position, bone = bone_frame(motion, "thigh")
    arm = np.array([0.01, -0.02, 0.12])
    other = position + bone.apply(arm)

    def twice(x: np.ndarray) -> np.ndarray:
        return (x[2:] - 2 * x[1:-1] + x[:-2]) / STEP_S**2

    track = clip_track(motion, "thigh", Rotation.identity())
    inner = motion.time_s[1:-1]
    _, w = track.sense(inner)
    _, after = track.sense(inner + 1e-3)
    _, before = track.sense(inner - 1e-3)
    turn = (after - before) / 2e-3
    law = np.cross(turn, arm) + np.cross(w, np.cross(w, arm))
    difference = bone[1:-1].apply(twice(other) - twice(position), inverse=True)
    still_ends = slice(5, -5)
    assert np.abs(difference - law)[still_ends].max() < 0.03


def test_at_rest_a_clip_feels_gravity_and_no_rate() -> None:
    stage, motion = performance("bridge")
    lying = next(rep.start_s for rep in stage.reps if rep.kind == "bridge") - 0.5
    acc, gyr = clip_track(motion, "S1", MOUNTED).sense(np.array([lying]))
    assert np.linalg.norm(acc) == pytest.approx(GRAVITY_M_S2, abs=1e-6)
    assert np.abs(gyr).max() < 1e-6


def test_flight_is_free_fall_and_landing_is_bounded() -> None:
    stage, motion = performance("jump")
    height = motion.root_m[:, 2] + motion.planar.com[:, 1]
    upward = np.gradient(np.gradient(height, STEP_S), STEP_S)
    for rep in (rep for rep in stage.reps if rep.kind == "jump"):
        a, b = round(rep.start_s / STEP_S), round(rep.end_s / STEP_S)
        apex = a + int(np.argmax(height[a:b]))
        mid = slice(apex - 20, apex + 20)
        assert np.allclose(upward[mid], -GRAVITY_M_S2, atol=0.6)
        assert 0.12 < height[apex] - height[a] < 0.6
        weights = 1.0 + upward[a:b].max() / GRAVITY_M_S2
        assert 1.8 < weights < 6.0
        assert upward[a:b].min() > -1.4 * GRAVITY_M_S2
    acc, _ = clip_track(motion, "T12", MOUNTED).sense(motion.time_s)
    assert np.linalg.norm(acc, axis=1).max() < 12 * GRAVITY_M_S2
    assert np.linalg.norm(acc, axis=1).min() < 1.0


def test_skin_lets_the_clip_wobble_and_settle() -> None:
    _, motion = performance("jump")
    still, loose = (
        clip_track(motion, "thigh", MOUNTED, skin)
        for skin in (None, SkinMotion(tilt_per_rad=(0.0, -0.03, 0.0), gain=1.0))
    )
    standing, flying = motion.time_s[500:600], motion.time_s[5000:-300]
    assert np.abs(still.position(standing) - loose.position(standing)).max() < 5e-4
    assert 0.5e-3 < np.abs(still.position(flying) - loose.position(flying)).max() < 0.03


def test_a_slip_turns_the_clip_once_and_for_good() -> None:
    _, motion = performance("rdl_good")
    before_s, after_s = np.array([35.0]), np.array([45.0])
    firm = clip_track(motion, "thigh", MOUNTED)
    slipped = clip_track(motion, "thigh", MOUNTED, slip=Slip(40.0, (0.0, 0.3, 0.0)))
    for time_s, angle in ((before_s, 0.0), (after_s, 0.3)):
        apart = firm.orientation(time_s).inv() * slipped.orientation(time_s)
        assert apart.magnitude()[0] == pytest.approx(angle, abs=1e-6)


def test_a_sensor_rounds_saturates_and_errs_as_stated() -> None:
    rng = np.random.default_rng(1)
    errors = draw_errors(rng, SensorGrade.ideal(), 100.0)
    acc, gyr = np.full((4, 3), 500.0), np.full((4, 3), -90.0)
    measured, rate = measure(acc, gyr, errors, SensorGrade.ideal(), rng)
    assert measured.max() == pytest.approx(16 * GRAVITY_M_S2, rel=0.01)
    assert np.rad2deg(rate.min()) == pytest.approx(-2294, rel=0.01)
    grade = SensorGrade(acc_bias_m_s2=0.2, gyr_bias_rad_s=0.01)
    biased = draw_errors(rng, grade, 100.0)
    still = np.tile([0.0, 0.0, GRAVITY_M_S2], (5000, 1))
    measured, rate = measure(still, np.zeros((5000, 3)), biased, grade, rng)
    expected = biased.acc_matrix @ still[0] + biased.acc_bias_m_s2
    assert np.abs(measured.mean(axis=0) - expected).max() < 0.01
    assert 0.002 < measured.std(axis=0).max() < 0.02


def test_the_anti_alias_filter_neither_delays_nor_bends_slow_motion() -> None:
    _, motion = performance("rdl_good")
    track = clip_track(motion, "T12", MOUNTED)
    errors = draw_errors(np.random.default_rng(0), SensorGrade.ideal(), 100.0)
    time_s = sample_times(errors, 0.5, 50.0)
    plain, plain_rate = ideal_samples(track, time_s, 100.0, None)
    soft, soft_rate = ideal_samples(track, time_s, 100.0, 0.4)
    assert np.abs(plain - soft).max() < 0.08
    assert np.abs(plain_rate - soft_rate).max() < 0.01


def test_courses_start_and_end_at_rest() -> None:
    t = np.linspace(0.0, 1.0, 2001)
    for skew in (-0.3, 0.0, 0.3):
        rise = minimum_jerk(t, skew)
        rate = np.gradient(rise, t)
        assert rise[0] == 0.0
        assert rise[-1] == 1.0
        assert max(abs(rate[0]), abs(rate[-1])) < 1e-5
        assert (np.diff(rise) >= 0).all()
    p = quintic(t, 1.0, (1.0, 2.0, -3.0), (0.5, -1.0, 4.0))
    assert np.gradient(p, t)[[0, -1]] == pytest.approx([2.0, -1.0], abs=5e-3)
