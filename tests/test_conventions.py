"""Every row of the sign table, as movement of the simulated chain and as its clips feel it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.spatial.transform import Rotation

from imu_hinge.conventions import GRAVITY_M_S2, SIGN_TABLE, MovementSign
from imu_hinge.simulation.athlete import draw_athlete
from imu_hinge.simulation.clips import clip_track
from imu_hinge.simulation.courses import Script
from imu_hinge.simulation.motion import Motion, perform, truth_angles

BALANCED = "balanced"
# joint changes in degrees; with BALANCED the feet decide what the shank does, otherwise it tips by "shank"
MOVEMENTS: Mapping[str, Mapping[str, float]] = {
    "hip hinge": {"knee": 14, "hip": 75, BALANCED: 1},
    "squat": {"knee": 108, "hip": 104, BALANCED: 1},
    "round the lower back": {"lumbar": 25},
    "arch the lower back": {"lumbar": -18},
    "anterior pelvic tilt": {"hip": 12, "lumbar": -12},
    "posterior pelvic tilt": {"hip": -10, "lumbar": 10},
    "swing the straight leg back": {"shank": 15, "hip": -15},
    "lift the knee": {"knee": 50, "hip": 50},
    "lean the whole body": {"shank": 8},
}
MOVE_S = 1.5
END_S = 3.0


def perform_movement(name: str) -> Motion:
    athlete = draw_athlete(np.random.default_rng(5))
    changes = next(value for key, value in MOVEMENTS.items() if name.startswith(key))
    script = Script()
    if BALANCED not in changes:
        script.move("given", 1.0, 0.01, at_s=-1.0)
        script.move("shank", athlete.standing_knee_rad, 0.01, at_s=-1.0)
    script.wait(0.5)
    for channel, change in changes.items():
        if channel != BALANCED:
            script.shift(channel, np.deg2rad(change), MOVE_S)
    return perform(athlete, script, END_S)


def sign_of(change_deg: float) -> int:
    assert abs(change_deg) < 0.5 or abs(change_deg) > 3.0, "neither still nor moving"
    return 0 if abs(change_deg) < 0.5 else int(np.sign(change_deg))


def change(course: np.ndarray) -> float:
    return float(np.rad2deg(course[-1] - course[0]))


@pytest.mark.parametrize("row", SIGN_TABLE, ids=lambda row: row.movement.split(":")[0])
def test_bones_move_as_the_table_says(row: MovementSign) -> None:
    angles = truth_angles(perform_movement(row.movement))
    assert sign_of(change(angles.thigh_pitch)) == row.thigh_pitch
    assert sign_of(change(angles.pelvis_pitch)) == row.pelvis_pitch
    assert sign_of(change(angles.t12_pitch)) == row.back_pitch
    assert sign_of(change(angles.hip_flexion)) == row.hip_flexion
    assert sign_of(change(angles.lumbar_flexion)) == row.lumbar_flexion


@pytest.mark.parametrize("row", SIGN_TABLE, ids=lambda row: row.movement.split(":")[0])
def test_clips_feel_what_the_table_says(row: MovementSign) -> None:
    """Axes along the body: forward pitch is a positive rate about y and gravity leaving z for -x."""
    motion = perform_movement(row.movement)
    time_s = np.arange(0.05, END_S - 0.05, 0.005)
    for site, expected in (("thigh", row.thigh_pitch), ("S1", row.pelvis_pitch), ("T12", row.back_pitch)):
        acc, gyr = clip_track(motion, site, Rotation.identity()).sense(time_s)
        turned = np.rad2deg(trapezoid(gyr[:, 1], time_s))
        tilted = np.rad2deg(np.arctan2(-acc[-1, 0], acc[-1, 2]) - np.arctan2(-acc[0, 0], acc[0, 2]))
        assert sign_of(turned) == expected
        assert sign_of(tilted) == expected
        assert np.linalg.norm(acc[0]) == pytest.approx(GRAVITY_M_S2, abs=1e-3)


def test_every_row_has_a_movement() -> None:
    assert len(MOVEMENTS) == len(SIGN_TABLE)
    assert all(any(row.movement.startswith(name) for name in MOVEMENTS) for row in SIGN_TABLE)
