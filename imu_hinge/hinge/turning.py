"""Turning out of the sagittal plane: pelvis or back that rolls or yaws during a rep."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.neutral import DEPTHS, Reference
from imu_hinge.hinge.rep_course import RepCourse, known
from imu_hinge.hinge.verdicts import Finding, tells

__all__ = ["TURNS", "straightened", "turn"]

FloatArray = NDArray[np.float64]

_OF_DRIFT = 0.2
"""Share of the drift over a rep that may be anywhere else than on a straight line, SD."""
_LEAST_SAMPLES = 8

TURNS = ("pelvis_roll_deg", "pelvis_twist_deg", "back_roll_deg", "back_twist_deg")
"""Columns of ``RepAngles`` that tell a turn."""


def turn(course: RepCourse, reference: Reference, params: FaultParams) -> Finding | None:
    """The farthest that pelvis or back turns out of the way they go in the reference hinges (a clip that sits askew
    rolls with every hinge), deg; None without a trunk clip.

    Rolls count from the rep's start. Headings drift without a magnetometer, so a rep is taken to begin and end facing
    the same way, and how far it seems not to says how unsure its yaw is.
    """
    grid, rows = course.grid, course.whole
    time_s, depth = grid.time_s[rows], grid.fold_deg[rows] / (reference.fold_deg or math.nan)
    found = []
    for name in TURNS:
        angle = getattr(grid, name)[rows]
        if not known(angle):
            continue
        there = np.flatnonzero(np.isfinite(angle) & np.isfinite(depth if reference.fold_deg else angle))
        if len(there) < _LEAST_SAMPLES:
            continue
        angle, drift = straightened(time_s[there], angle[there]) if "twist" in name else (angle[there], 0.0)
        usual = np.array(reference.courses.get(name, (math.nan,) * len(DEPTHS)))
        if np.isfinite(usual).all() and reference.fold_deg:
            angle = angle - np.interp(depth[there], DEPTHS, usual)
        angle = angle - angle[0]
        at = int(np.argmax(np.abs(angle)))
        value = abs(float(angle[at]))
        sd = math.hypot(2.0 * params.unrest_deg, params.skin_gain_sd * value, _OF_DRIFT * drift)
        found.append(Finding(value, sd, float(time_s[there[at]]), float(angle[at])))
    sure = [f for f in found if tells(f, params.twist_deg, params)]
    return max(sure or found, key=lambda f: f.value, default=None)


def straightened(time_s: FloatArray, heading_deg: FloatArray) -> tuple[FloatArray, float]:
    """A heading (N,) without jumps of a full turn and without the straight line from its first to its last sample; and
    how much that line was, deg."""
    turned = np.unwrap(heading_deg, period=360.0)
    drift = float(turned[-1] - turned[0])
    return turned - drift * (time_s - time_s[0]) / (time_s[-1] - time_s[0]), abs(drift)
