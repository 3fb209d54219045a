"""Clips may be fastened any way round, on either leg: the angles are those of the body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from imu_hinge.recording import Recording
from imu_hinge.session.analysis import analyze
from imu_hinge.session.results import SessionResult
from imu_hinge.simulation import SimulatedSession, find_scenario, remount, simulate_session
from imu_hinge.simulation.sets import SetPlan

FloatArray = NDArray[np.float64]
SessionOf = Callable[..., SimulatedSession]
UPSIDE_DOWN = Rotation.from_euler("x", 180, degrees=True).as_matrix()
BACK_TO_FRONT = Rotation.from_euler("z", 180, degrees=True).as_matrix()


def changed_rms(one: FloatArray, other: FloatArray) -> float:
    assert np.array_equal(np.isnan(one), np.isnan(other))
    return float(np.sqrt(np.nanmean((one - other) ** 2)))


def mounted(recording: Recording, rng: np.random.Generator) -> Recording:
    return remount(recording, {name: Rotation.random(random_state=rng).as_matrix() for name in recording.clips})


def assert_same_angles(before: SessionResult, after: SessionResult, limit_deg: float) -> None:
    assert changed_rms(before.angles.hip_flexion_deg, after.angles.hip_flexion_deg) < limit_deg
    assert changed_rms(before.angles.lumbar_flexion_deg, after.angles.lumbar_flexion_deg) < limit_deg
    assert [len(s.reps) for s in before.sets] == [len(s.reps) for s in after.sets]
    assert before.quality.warnings == after.quality.warnings


def hip_changes(recording: Recording, count: int, seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    before = analyze(recording)
    changes = []
    for _ in range(count):
        after = analyze(mounted(recording, rng))
        assert_same_angles(before, after, 0.5)
        changes.append(changed_rms(before.angles.hip_flexion_deg, after.angles.hip_flexion_deg))
    return changes


def one_good_rep_and_one_rounded() -> Recording:
    plan = find_scenario("rdl_rounding")
    (whole,) = [block for block in plan.blocks if isinstance(block, SetPlan)]
    short = replace(whole, reps=(whole.reps[0], whole.reps[-1]))
    blocks = tuple(short if block is whole else block for block in plan.blocks)
    return simulate_session(replace(plan, blocks=blocks), 1).recording


def test_a_dozen_random_mountings_give_the_same_angles() -> None:
    assert max(hip_changes(one_good_rep_and_one_rounded(), 12, 12)) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_two_hundred_random_mountings_give_the_same_angles(seed: int) -> None:
    assert max(hip_changes(one_good_rep_and_one_rounded(), 25, seed)) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dropouts", "no_calibration"])
def test_mountings_change_nothing_with_gaps_or_without_calibration(name: str, session_of: SessionOf) -> None:
    assert max(hip_changes(session_of(name, 1).recording, 25, 12)) < 0.5


@pytest.mark.parametrize("clip", ["thigh", "pelvis", "back"])
@pytest.mark.parametrize("turn", [UPSIDE_DOWN, BACK_TO_FRONT], ids=["upside down", "back to front"])
def test_one_clip_turned_over_is_fine(clip: str, turn: FloatArray, session_of: SessionOf) -> None:
    recording = session_of("squat_butt_wink", 2).recording
    assert_same_angles(analyze(recording), analyze(remount(recording, {clip: turn})), 0.3)


@pytest.mark.parametrize("side", ["left", "right"])
def test_either_leg_will_do(side: str) -> None:
    plan = replace(find_scenario("rdl_good"), side=side)
    session = simulate_session(plan, 4)
    result = analyze(session.recording)
    truth = session.truth
    hip = np.interp(truth.time_s, result.angles.time_s, result.angles.hip_flexion_deg)
    error = hip - truth.columns["hip_flexion_deg"]
    assert session.recording.clips["thigh"].side == side
    assert float(np.sqrt(np.nanmean(error**2))) < 2.5
    assert sum(len(s.reps) for s in result.sets) == 8


def test_the_streaming_angles_do_not_depend_on_the_mounting_either(session_of: SessionOf) -> None:
    from imu_hinge.session.replay import replay

    session = session_of("rdl_good", 1)
    turned = remount(session.recording, {"back": UPSIDE_DOWN, "thigh": BACK_TO_FRONT})
    arrivals = session.arrivals
    acc, gyr = arrivals.acc_m_s2.copy(), arrivals.gyr_rad_s.copy()
    for index, name in enumerate(arrivals.clip_names):
        rows = arrivals.clip_index == index
        order = np.argsort(arrivals.time_s[rows], kind="stable")
        for values, clip in ((acc, turned.clips[name].acc_m_s2), (gyr, turned.clips[name].gyr_rad_s)):
            part = values[rows]
            part[order] = clip
            values[rows] = part
    hips = []
    for source in (arrivals, replace(arrivals, acc_m_s2=acc, gyr_rad_s=gyr)):
        _, steps = replay(source, batch_s=5.0)
        hips.append(np.concatenate([b.joints.hip_flexion_deg for step in steps for b in step.blocks]))
    assert changed_rms(*hips) < 0.5
