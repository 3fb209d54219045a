"""The top that ends a rep: hips left bent, or the lower back arched to get there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.rep_course import RepCourse, known
from imu_hinge.hinge.verdicts import Finding

__all__ = ["Stance", "hyperextension", "left_bent", "stance_before"]

FloatArray = NDArray[np.float64]

_STANCE_S = 0.6
_CALM_DEG = 3.0
_TALL_DEG = 4.0
_HELD_S = 0.1


@dataclass(frozen=True)
class Stance:
    """How the athlete stands tall before a set, deg from the calibrated zero: people and straps settle."""

    hip_deg: float = 0.0
    lumbar_deg: float = 0.0
    thigh_deg: float = 0.0


def stance_before(grid: RepAngles, start_s: float) -> Stance:
    """The stance in the 0.6 s before a set's first rep; the calibrated zero of every angle that is not calm or is so
    far from it that it is no standing tall."""
    rows = slice(*(int(i) for i in np.searchsorted(grid.time_s, [start_s - _STANCE_S, start_s])))
    return Stance(*(_calm(values[rows]) for values in (grid.hip_deg, grid.lumbar_deg, grid.thigh_pitch_deg)))


def _calm(values: FloatArray) -> float:
    values = values[np.isfinite(values)]
    if len(values) < 5 or float(np.ptp(values)) > _CALM_DEG:
        return 0.0
    level = float(np.median(values))
    return level if abs(level) <= _TALL_DEG else 0.0


def left_bent(course: RepCourse, stance: Stance, params: FaultParams, *, lying: bool = False) -> Finding | None:
    """Least hip flexion at the top that ends the rep, beyond the stance, deg; ``lying``: at the turning point, which is
    the top of a bridge. None there where the spine may hide in the fold of trunk against thigh: two clips that cannot
    tell it from the hips."""
    grid, rows = course.grid, course.near_bottom(0.15) if lying else course.lockout
    hip = _held(grid.hip_deg[rows], grid.time_s[rows], np.maximum)
    if not np.isfinite(hip).any():
        return None
    at = int(np.nanargmin(hip))
    if lying and float(grid.hip_sd_deg[rows][at]) > params.most_lumbar_sd_deg:
        return None
    value = float(hip[at]) - stance.hip_deg
    sd = math.hypot(params.unrest_deg, float(grid.hip_sd_deg[rows][at]))
    return Finding(value, sd, float(grid.time_s[rows][at]), value)


def hyperextension(course: RepCourse, stance: Stance, params: FaultParams) -> Finding | None:
    """Most lumbar extension beyond the stance at the top that ends the rep, held for a tenth of a second, deg.

    The top is where the thigh stands as upright as in the stance; without a thigh clip, where the fold is undone. Who
    never stands upright (an incomplete lockout) has not leant back.
    """
    grid = course.grid
    rows = slice(course.bottom, len(grid.time_s))
    if not known(grid.lumbar_deg[rows]) or (grid.has_thigh and not known(grid.thigh_pitch_deg[rows])):
        return None
    upright = np.abs(grid.thigh_pitch_deg[rows] - stance.thigh_deg) <= params.upright_thigh_deg
    top = upright if grid.has_thigh else course.depth[rows] < 0.1
    lumbar = _held(np.where(top, grid.lumbar_deg[rows], np.nan), grid.time_s[rows], np.maximum)
    if not np.isfinite(lumbar).any():
        return Finding(0.0, 0.0, course.rep.end_s, 0.0)
    at = int(np.nanargmin(lumbar))
    value = stance.lumbar_deg - float(lumbar[at])
    sd = math.hypot(params.unrest_deg, float(grid.lumbar_sd_deg[rows][at]))
    return Finding(value, sd, float(grid.time_s[rows][at]), value)


def _held(values: FloatArray, time_s: FloatArray, worst: np.ufunc) -> FloatArray:
    """The worst of every stretch of 0.1 s, at its first sample: (N,), NaN where a stretch is not all known."""
    n = len(values)
    step = float(time_s[-1] - time_s[0]) / (n - 1) if n > 1 else 1.0
    width = min(n, max(1, round(_HELD_S / step)))
    held: FloatArray = worst.reduce(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)
    return held
