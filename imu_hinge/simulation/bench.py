"""A clip on the bench: each of its six faces up for a few seconds, turned by hand in between."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from imu_hinge.simulation.clips import ClipTrack, track_of
from imu_hinge.simulation.courses import STEP_S, minimum_jerk

__all__ = ["bench_track"]

TURN_S = 1.2


def bench_track(rng: np.random.Generator, still_s: float) -> tuple[ClipTrack, float]:
    """The track of a clip laid on each face in turn (up to a degree of untrue table), and its end in s."""
    faces = ([1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1])
    poses = []
    for face in faces:
        laid, _ = Rotation.align_vectors([[0.0, 0.0, 1.0]], [face])
        spin = Rotation.from_rotvec([0.0, 0.0, float(rng.uniform(-np.pi, np.pi))])
        untrue = Rotation.from_rotvec(np.deg2rad(0.4) * rng.standard_normal(3))
        poses.append(untrue * spin * laid)
    end_s = 6 * still_s + 5 * TURN_S + 0.4
    time_s = np.arange(int(np.ceil(end_s / STEP_S)) + 1, dtype=np.float64) * STEP_S
    orientation = np.tile(poses[0].as_matrix(), (len(time_s), 1, 1))
    position = np.zeros((len(time_s), 3))
    for i in range(5):
        start = 0.2 + (i + 1) * still_s + i * TURN_S
        done = minimum_jerk((time_s - start) / TURN_S)
        way = (poses[i].inv() * poses[i + 1]).as_rotvec()
        moving = time_s >= start
        orientation[moving] = (poses[i] * Rotation.from_rotvec(done[moving, None] * way)).as_matrix()
        position[:, 2] += 0.12 * minimum_jerk(2 * (time_s - start) / TURN_S)
        position[:, 2] -= 0.12 * minimum_jerk(2 * (time_s - start) / TURN_S - 1.0)
    return track_of(time_s, position, Rotation.from_matrix(orientation)), end_s
