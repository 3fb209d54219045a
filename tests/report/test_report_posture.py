"""The stick figure stands, hinges and keeps its bones' lengths; what is unknown is said to be."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from imu_hinge.report.posture import Pose, body_pitches, pose_from
from imu_hinge.session.results import SessionResult

MakeSession = Callable[..., SessionResult]

NAN = math.nan


def segments(pose: Pose) -> list[float]:
    joints = [pose.ankle, pose.knee, pose.hip, pose.sacrum]
    bones = [float(np.linalg.norm(b - a)) for a, b in pairwise(joints)]
    arc = float(np.linalg.norm(np.diff(pose.lumbar, axis=0), axis=1).sum())
    return [*bones, arc, float(np.linalg.norm(pose.shoulder - pose.lumbar[-1]))]


def test_standing_is_upright() -> None:
    pose = pose_from(0, 0, 0, 0, 0)
    for joint in (pose.ankle, pose.knee, pose.hip, pose.sacrum, pose.shoulder, pose.head):
        assert joint[0] == pytest.approx(0.0, abs=1e-9)
    assert 0.9 < pose.head[1] < 1.0


def test_a_hinge_pushes_the_hips_back_and_the_head_forward() -> None:
    pose = pose_from(-25, 50, 55, 75, 5)
    assert pose.hip[0] < -0.03
    assert pose.head[0] > 0.2


def test_bones_keep_their_length_in_every_pose() -> None:
    standing = segments(pose_from(0, 0, 0, 0, 0))
    for thigh, pelvis, t12 in [(-25, 50, 55), (-90, 20, 45), (5, -10, 0), (-30, 60, 100)]:
        assert segments(pose_from(thigh, pelvis, t12, 0, 0)) == pytest.approx(standing, rel=1e-3)


@pytest.mark.parametrize("thigh", [-100, -60, -25, 0, 10])
def test_the_knee_never_bends_backwards(thigh: float) -> None:
    pose = pose_from(thigh, 40, 45, 40 - thigh, 5)
    shank = math.degrees(math.atan2(pose.knee[0] - pose.ankle[0], pose.knee[1] - pose.ankle[1]))
    assert shank >= thigh - 1e-9


def test_a_squat_brings_the_knee_forward() -> None:
    assert pose_from(-90, 35, 40, 125, 5).knee[0] > 0.05


def test_unknown_parts_follow_their_neighbours_and_are_marked() -> None:
    pose = pose_from(-25, 50, NAN, 75, NAN)
    assert (pose.knows_thigh, pose.knows_pelvis, pose.knows_lumbar, pose.knows_trunk) == (
        True,
        True,
        False,
        False,
    )
    nothing = pose_from(NAN, NAN, NAN, NAN, NAN)
    assert np.isfinite(np.vstack([nothing.knee, nothing.hip, nothing.lumbar, nothing.head])).all()


def test_pelvis_is_inferred_from_thigh_and_hip_where_no_clip_sits_there(make_session: MakeSession) -> None:
    whole: SessionResult = make_session((2,))
    pair: SessionResult = make_session((2,), clips=("thigh", "back"))
    when = whole.sets[0].reps[0].bottom_s
    assert body_pitches(pair, when) == pytest.approx(body_pitches(whole, when))
