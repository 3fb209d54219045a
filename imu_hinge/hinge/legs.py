"""What the legs do in a hinge: knees that take over, hips that shoot up, a knee bend that changes."""

from __future__ import annotations

import math

import numpy as np

from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.neutral import DEPTHS, Reference
from imu_hinge.hinge.rep_course import RepCourse, known
from imu_hinge.hinge.verdicts import Finding

__all__ = ["hips_lead_up", "knee_departure", "thigh_share", "usual_thigh_per_trunk"]

_LEAST_TRUNK_DEG = 10.0
_LEAST_SLOPE = 0.15
"""A hinge whose thighs stay upright is held to this: a share of nothing would be any share."""


def thigh_share(course: RepCourse, reference: Reference, params: FaultParams) -> Finding | None:
    """How many times as far the thigh tips for the same trunk pitch as in the reference hinges, at the bottom.

    The angle to tell is the thigh's pitch there, deg. None without a thigh clip, or where the trunk hardly tips.
    """
    grid, rows = course.grid, course.near_bottom()
    thigh, trunk = grid.thigh_pitch_deg, grid.trunk_pitch_deg
    if (
        not np.isfinite(thigh[rows]).any()
        or not np.isfinite(trunk[rows]).any()
        or not math.isfinite(thigh[course.start])
    ):
        return None
    tipped = -(float(np.nanmean(thigh[rows])) - float(thigh[course.start]))
    leant = float(np.nanmean(trunk[rows])) - float(trunk[course.start])
    if not leant >= _LEAST_TRUNK_DEG:
        return None
    usual, usual_sd = usual_thigh_per_trunk(reference, params)
    ratio = tipped / leant / usual
    # Skin stretches the same thigh by the same share in both.
    unseen = params.rounding_unseen_deg if not np.isfinite(grid.back_pitch_deg[rows]).any() else 0.0
    sd = math.hypot(ratio * usual_sd / usual, 3.0 * params.unrest_deg / (leant * usual), ratio * unseen / leant)
    return Finding(ratio, sd, course.rep.bottom_s, -tipped)


def usual_thigh_per_trunk(reference: Reference, params: FaultParams) -> tuple[float, float]:
    """Degrees the thigh tips back for each the trunk tips forward in the reference hinges, and the SD of that; an
    average hinge's where none was recorded."""
    if reference.thigh_deg is None or reference.trunk_deg is None or reference.trunk_deg <= _LEAST_TRUNK_DEG:
        return params.default_thigh_per_trunk, params.default_thigh_per_trunk_sd
    slope = -reference.thigh_deg / reference.trunk_deg
    return max(slope, _LEAST_SLOPE), 3.0 * params.unrest_deg / reference.trunk_deg


def hips_lead_up(course: RepCourse, params: FaultParams) -> Finding | None:
    """How far the thigh extends on the way up before the trunk stops tipping further forward, deg.

    None without a thigh and a back clip: a pelvis that comes out of a tuck tips forward as well.
    """
    grid, rows = course.grid, course.whole
    thigh, trunk, time_s = grid.thigh_pitch_deg[rows], grid.back_pitch_deg[rows], grid.time_s[rows]
    if not known(thigh) or not known(trunk):
        return None
    turn = int(np.nanargmin(thigh))
    forward = np.flatnonzero(trunk[turn:] >= trunk[turn] + params.still_forward_deg)
    if not len(forward):
        return Finding(0.0, params.unrest_deg, float(time_s[turn]), 0.0)
    extended = thigh[turn:][forward] - thigh[turn]
    at = int(np.nanargmax(extended))
    value = float(extended[at])
    sd = math.hypot(1.4 * params.unrest_deg, params.skin_gain_sd * value)
    return Finding(value, sd, float(time_s[turn + forward[at]]), value)


def knee_departure(course: RepCourse, reference: Reference, params: FaultParams) -> Finding | None:
    """How far the knee departs from its course in the reference hinges at the same depth, deg; None where either is
    not known."""
    grid, rows = course.grid, course.whole
    knee = grid.knee_deg[rows]
    usual = np.array(reference.courses.get("knee_deg", (np.nan,) * len(DEPTHS)))
    if not known(knee) or not np.isfinite(usual).all() or reference.fold_deg is None:
        return None
    departure = knee - np.interp(grid.fold_deg[rows] / reference.fold_deg, DEPTHS, usual)
    at = int(np.nanargmax(np.abs(departure)))
    sd = math.hypot(params.unrest_deg, float(grid.knee_sd_deg[rows][at]))
    return Finding(abs(float(departure[at])), sd, float(grid.time_s[rows][at]), float(departure[at]))
