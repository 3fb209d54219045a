"""Labels mean what they say: each fault shows in the truth, by the stated amount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from imu_hinge.simulation.courses import STEP_S
from imu_hinge.simulation.exercises import DEFAULT_MAGNITUDES
from imu_hinge.simulation.motion import Motion, truth_angles
from imu_hinge.simulation.presets import find_scenario
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.scenarios import Scenario
from imu_hinge.simulation.session import act
from imu_hinge.simulation.sets import SetPlan, plan_reps
from imu_hinge.simulation.stage import PlannedRep
from imu_hinge.simulation.truth import TruthRep, truth_of


@dataclass(frozen=True)
class Seen:
    plan: PlannedRep
    truth: TruthRep
    hip: np.ndarray
    lumbar: np.ndarray
    knee: np.ndarray
    thigh: np.ndarray
    pelvis: np.ndarray
    axial: np.ndarray


def perform_reps(exercise: str, *labels: str, creep_deg: float = 0.0, seed: int = 4) -> list[Seen]:
    work = SetPlan(exercise, plan_reps(*labels), creep_deg=creep_deg)
    stage, motion = act(Scenario("test", "", (Between("pause", 1.0), work)), seed)
    truth = truth_of(motion, stage.reps, stage.spans, True)
    return [see(motion, plan, rep) for plan, rep in zip(stage.reps, truth.reps, strict=True)]


def see(motion: Motion, plan: PlannedRep, rep: TruthRep) -> Seen:
    angles = truth_angles(motion)
    part = slice(round(plan.start_s / STEP_S), round(plan.end_s / STEP_S) + 1)

    def deg(course: np.ndarray) -> np.ndarray:
        return np.rad2deg(course[part])

    return Seen(
        plan,
        rep,
        hip=deg(angles.hip_flexion),
        lumbar=deg(angles.lumbar_flexion),
        knee=deg(angles.knee_flexion),
        thigh=deg(angles.thigh_pitch),
        pelvis=deg(angles.pelvis_pitch),
        axial=deg(motion.pelvis_yaw_rad + motion.axial_rad),
    )


def test_good_reps_are_good() -> None:
    for exercise, knee, hip in (
        ("rdl", (10, 32), (60, 95)),
        ("squat", (90, 130), (85, 120)),
        ("deadlift", (50, 80), (75, 110)),
    ):
        for seen in perform_reps(exercise, *["good"] * 4):
            assert -1 < seen.truth.lumbar_at_bottom_deg < 14
            assert knee[0] < seen.knee.max() < knee[1]
            assert hip[0] < seen.hip.max() < hip[1]
            assert abs(seen.hip[-1]) < 1.5


@pytest.mark.parametrize(("label", "sign"), [("rounded", 1), ("arched", -1)])
def test_rounded_and_arched_change_the_lumbar_spine_by_their_magnitude(label: str, sign: int) -> None:
    good, faulty = perform_reps("rdl", "good", f"{label}:18")
    change = faulty.truth.lumbar_at_bottom_deg - good.truth.lumbar_at_bottom_deg
    assert change == pytest.approx(sign * 18, abs=5)
    assert faulty.truth.magnitude == 18


def test_a_butt_wink_reverses_the_pelvis_at_depth() -> None:
    good, wink = perform_reps("squat", "good", "butt_wink:20")
    assert wink.lumbar.max() - good.lumbar.max() == pytest.approx(20, abs=5)
    low = int(np.argmin(wink.thigh))
    assert wink.pelvis[:low].max() - wink.pelvis[low] > 8
    assert good.pelvis.max() - good.pelvis[int(np.argmin(good.thigh))] < 4


def test_spine_first_leads_by_its_milliseconds() -> None:
    good, faulty = perform_reps("rdl", "good", "spine_first:300")

    def onset(course: np.ndarray) -> float:
        top = np.abs(course[: int(np.argmax(course))])
        return float(np.argmax(top > 0.08 * top.max()) * STEP_S)

    lead = onset(faulty.hip) - onset(faulty.lumbar)
    usual = onset(good.hip) - onset(good.lumbar)
    assert lead - usual > 0.12
    assert lead > 0.15


def test_lockout_faults_end_where_they_say() -> None:
    over, short, _ = perform_reps("deadlift", "hyperextended_lockout:13", "incomplete_lockout:12", "good")
    assert over.lumbar.min() == pytest.approx(-13, abs=2.5)
    assert abs(over.thigh[-1]) < 6
    assert short.hip[-1] == pytest.approx(12, abs=2)


def test_knee_faults_show_at_the_knee() -> None:
    good, dominant, changed = perform_reps("rdl", "good", "knee_dominant:30", "knee_bend_changed:20")
    assert dominant.knee.max() - good.knee.max() == pytest.approx(30, abs=8)
    assert changed.knee.max() - good.knee.max() == pytest.approx(20, abs=8)
    assert dominant.thigh.min() < 1.4 * good.thigh.min()


def test_hips_that_shoot_up_extend_the_thigh_under_a_tipping_trunk() -> None:
    good, shot = perform_reps("deadlift", "good", "hips_shoot_up:24")

    def tip(seen: Seen) -> float:
        low = int(np.argmin(seen.thigh))
        return float(seen.pelvis[low:].max() - seen.pelvis[low])

    assert tip(shot) > 8
    assert tip(good) < 3


def test_twist_and_rush() -> None:
    good, twisted, rushed = perform_reps("rdl", "good", "twist:14", "rushed:0.5")
    assert np.abs(twisted.axial).max() == pytest.approx(14, abs=4)
    assert np.abs(good.axial).max() < 5
    assert len(rushed.hip) < 0.7 * len(good.hip)


def test_creep_adds_up_and_turns_into_rounding() -> None:
    reps = perform_reps("rdl", *["good"] * 10, creep_deg=2.5)
    course = [seen.truth.lumbar_at_bottom_deg for seen in reps]
    assert np.polyfit(range(10), course, 1)[0] == pytest.approx(2.5, abs=0.5)
    assert [seen.truth.label for seen in reps] == ["good"] * 6 + ["rounded"] * 4


@pytest.mark.parametrize("label", [label for label, _, _ in DEFAULT_MAGNITUDES])
def test_magnitudes_not_given_are_usual_ones(label: str) -> None:
    (seen,) = perform_reps("deadlift", label)
    low, high = next((a, b) for name, a, b in DEFAULT_MAGNITUDES if name == label)
    assert low <= seen.truth.magnitude <= high


def test_no_two_good_reps_are_the_same() -> None:
    reps = perform_reps("rdl", *["good"] * 6)
    assert np.std([seen.hip.max() for seen in reps]) > 0.5
    assert np.std([len(seen.hip) for seen in reps]) > 5


@pytest.mark.parametrize("name", ["bridge", "sit_to_stand", "sprint_start", "jump"])
def test_special_exercises_turn_between_start_and_end(name: str) -> None:
    stage, motion = act(find_scenario(name), 2)
    truth = truth_of(motion, stage.reps, stage.spans, True)
    reps = [rep for rep in truth.reps if rep.kind == name]
    assert len(reps) >= 3
    for rep in reps:
        assert rep.start < rep.bottom < rep.end
    if name == "bridge":
        at_top = np.interp([rep.bottom for rep in reps], truth.time_s, truth.columns["hip_flexion_deg"])
        assert (at_top < 14).all()
        assert min(rep.hip_max_deg for rep in reps) > 30
