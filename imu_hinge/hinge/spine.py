"""What the lower back does while folded: rounding, arching, and tucking under at depth."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.neutral import Neutral
from imu_hinge.hinge.profiles import LumbarZero
from imu_hinge.hinge.rep_course import RepCourse, known
from imu_hinge.hinge.verdicts import Finding

__all__ = ["arching", "pelvis_reversal", "rounding", "tuck"]

_BEGAN_S = 0.1
_DEEPEST_DEG = 0.6
"""The thigh is deepest while it is this near to its extreme, deg."""


def rounding(course: RepCourse, neutral: Neutral, params: FaultParams, allowance_deg: float = 0.0) -> Finding | None:
    """Most lumbar flexion at or near the bottom, as it compares with the neutral hinge, deg.

    ``allowance_deg`` is what the exercise asks for beyond a hinge. None where the lumbar course is not known.
    """
    found = _extreme(course, neutral, params.rounded_from, 1.0)
    if found is None:
        return None
    return Finding(found.value - allowance_deg, found.sd, found.time_s, found.told_deg)


def arching(course: RepCourse, neutral: Neutral, params: FaultParams, zero: LumbarZero = "standing") -> Finding | None:
    """Most lumbar extension while folded, as it compares with the neutral hinge, deg, sign turned.

    ``zero`` is what lumbar angles count from: the calibrated standing; or where the rep began, on the floor ('lying',
    where a neutral spine has no more to flex) or before a chair ('start').
    """
    if zero == "standing":
        return _extreme(course, neutral, params.arched_from, -1.0)
    began = course.grid.lumbar_deg[np.abs(course.grid.time_s - course.rep.start_s) <= _BEGAN_S]
    if not np.isfinite(began).any():
        return None
    still = replace(neutral, lumbar_deg=0.0) if zero == "lying" else neutral
    found = _extreme(course, still, params.arched_from, -1.0, float(np.nanmedian(began)))
    if found is None:
        return None
    # Zero and gain, which lying down are most of the SD, are nearly the same at both instants.
    sd = math.hypot(params.unrest_deg, 0.5 * found.sd)
    value = found.value - neutral.lumbar_deg if zero == "lying" else found.value
    return Finding(value, sd, found.time_s, found.told_deg)


def _extreme(
    course: RepCourse, neutral: Neutral, folded_from: float, sign: float, origin_deg: float = 0.0
) -> Finding | None:
    grid, rows = course.grid, course.whole
    lumbar = grid.lumbar_deg[rows] - origin_deg
    if not known(lumbar) or not np.isfinite(grid.lumbar_deg[course.near_bottom()]).any():
        return None
    level = sign * neutral.levelled(lumbar, grid.fold_deg[rows])
    folded = np.flatnonzero(np.isfinite(level) & (course.depth[rows] >= folded_from))
    if not len(folded):
        return None
    at = int(folded[np.argmax(level[folded])])
    sd = math.hypot(float(grid.lumbar_sd_deg[rows][at]), neutral.mean_sd_deg)
    return Finding(float(level[at]), sd, float(grid.time_s[rows][at]), float(lumbar[at]))


def tuck(course: RepCourse, params: FaultParams) -> Finding | None:
    """Lumbar flexion added in the last quarter of depth, beyond what the first half of the way down foretells, deg.

    Depth is the thigh's where it is known, else the fold's. A back that rounds evenly all the way does not tuck.
    """
    grid, rows = course.grid, _to_depth(course)
    lumbar, marks = grid.lumbar_deg[rows], _depth_marks(course)
    if not known(lumbar) or marks is None:
        return None
    half, three_quarters = marks
    late = lumbar[three_quarters:]
    start, middle, quarter = _first_finite(lumbar), float(lumbar[half]), float(lumbar[three_quarters])
    if not math.isfinite(middle + quarter) or not np.isfinite(late).any():
        return None
    at = three_quarters + int(np.nanargmax(late))
    value = float(lumbar[at]) - quarter - 0.5 * max(0.0, middle - start)
    # Gain and zero are common to all four instants: what is left is unrest and the share of the SD that grows.
    sd = math.hypot(1.5 * params.unrest_deg, float(grid.lumbar_sd_deg[rows][at]))
    return Finding(value, sd, float(grid.time_s[rows][at]), value)


def pelvis_reversal(course: RepCourse, params: FaultParams) -> Finding | None:
    """How far the pelvis turns back, while the thigh goes down, from where it was furthest forward, deg."""
    rows = _to_depth(course)
    pelvis = course.grid.pelvis_pitch_deg[rows]
    if not known(pelvis):
        return None
    back = np.fmax.accumulate(pelvis) - pelvis
    at = int(np.nanargmax(back))
    sd = math.hypot(1.4 * params.unrest_deg, params.skin_gain_sd * float(back[at]))
    return Finding(float(back[at]), sd, float(course.grid.time_s[rows][at]), float(back[at]))


def _to_depth(course: RepCourse) -> slice:
    """Rows from the start until the thigh is deepest; without one, until the fold is (which a tuck undoes early)."""
    thigh = course.grid.thigh_pitch_deg[course.whole]
    if not known(thigh):
        return course.down
    deepest = np.flatnonzero(thigh <= np.nanmin(thigh) + _DEEPEST_DEG)
    return slice(course.start, course.start + int(deepest[-1]) + 1)


def _depth_marks(course: RepCourse) -> tuple[int, int] | None:
    """Samples of the way to depth at half and at three quarters of it: the thigh's where known, else the fold's."""
    rows = _to_depth(course)
    thigh = -course.grid.thigh_pitch_deg[rows]
    reach = thigh if known(thigh) else course.grid.fold_deg[rows]
    if not known(reach):
        return None
    first, last = _first_finite(reach), float(np.nanmax(reach))
    if not last > first:
        return None
    depth = (reach - first) / (last - first)
    return int(np.argmax(depth >= 0.5)), int(np.argmax(depth >= 0.75))


def _first_finite(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[0])
