"""Who moves first: the order of hip and spine on the way down and up, in seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.rep_course import RepCourse, known
from imu_hinge.hinge.verdicts import Finding

__all__ = ["Order", "order_down", "order_up", "spine_lead"]

FloatArray = NDArray[np.float64]

_SHARES = (0.20, 0.35, 0.50)
"""Shares of each one's own way at which both are timed, averaged against unrest: the first half of the movement, but
for its very beginning, which is slow and smoothed."""
_LEAST_DEG = 4.0
"""A joint that moves less than this has no order."""
_SHAPE = 0.25
"""Share of an angle's SD that is the shape of its course; the rest, zero and gain, moves no instant."""
_LOOK_BACK_S = 0.8
_SMOOTH_S = 0.05
_SLOW_DEG_S = 8.0
_FAR_DEG = 3.0
_TURNED_DEG = 0.3
"""How far back from a rep's start a joint's own start is looked for, over how long a mean, as long as it was slower
and nearer than this and did not turn."""


@dataclass(frozen=True)
class Order:
    """How much later the hip moves than the spine, s (positive: spine first), its SD, and when the hip moved, s."""

    lead_s: float
    sd_s: float
    hip_time_s: float


def order_down(course: RepCourse, params: FaultParams) -> Order | None:
    """Order on the way down; None where hip or lumbar flexion is not known or one of them hardly moves."""
    return _order(course, course.start, course.down, params)


def order_up(course: RepCourse, params: FaultParams) -> Order | None:
    """Order on the way up: who leaves the bottom first."""
    leaves_s = course.rep.end_s - course.rep.tempo.concentric_s
    at = max(course.bottom, int(np.searchsorted(course.grid.time_s, leaves_s)))
    return _order(course, at, slice(at, max(at + 1, course.end)), params)


def spine_lead(course: RepCourse, params: FaultParams) -> Finding | None:
    """Lead of the spine over the hip on the way down, s, and how far the spine had flexed when the hip moved, deg.

    A spine that flexes by less than can be told apart leads nothing; one that extends does not bend first.
    """
    grid, rows = course.grid, course.down
    if not known(grid.hip_deg[rows]) or not known(grid.lumbar_deg[rows]):
        return None
    _, base = _sets_out(grid.lumbar_deg, course.start, _step(course), 1.0)
    order = order_down(course, params)
    if order is None or not float(np.nanmax(grid.lumbar_deg[rows])) - base >= params.spine_first_least_deg:
        return Finding(0.0, 0.0, float(grid.time_s[course.start]), 0.0)
    bent = float(np.interp(order.hip_time_s, grid.time_s, grid.lumbar_deg)) - base
    return Finding(order.lead_s, order.sd_s, order.hip_time_s, bent if math.isfinite(bent) else 0.0)


def _step(course: RepCourse) -> float:
    time_s = course.grid.time_s
    return float(time_s[-1] - time_s[0]) / (len(time_s) - 1) if len(time_s) > 1 else 0.01


def _sets_out(angle: FloatArray, at: int, step_s: float, sign: float) -> tuple[int, float]:
    """Where a movement sets out: sample and angle, deg, before or at sample ``at``, from which it goes on in the
    direction of ``sign`` without turning.

    Who leads moves before the fold shows that a rep has begun. Fast or long ways there are the end of something else
    (settling after a lockout).
    """
    first = max(0, at - round(_LOOK_BACK_S / step_s))
    width = max(1, round(_SMOOTH_S / step_s))
    before = angle[max(0, first - width + 1) : at + 1]
    if len(before) < width or not math.isfinite(angle[at]):
        return at, float(angle[at])
    level = sign * np.lib.stride_tricks.sliding_window_view(before, width).mean(axis=1)
    fastest = _SLOW_DEG_S * width * step_s
    low = len(level) - 1
    for i in range(len(level) - 2, -1, -1):
        turned, jumped = level[i] > level[low] + _TURNED_DEG, level[min(i + width, len(level) - 1)] - level[i] > fastest
        if not math.isfinite(level[i]) or turned or jumped or level[-1] - level[i] > _FAR_DEG:
            break
        if level[i] < level[low]:
            low = i
    return at - (len(level) - 1 - low), sign * float(level[low])


def _order(course: RepCourse, at: int, rows: slice, params: FaultParams) -> Order | None:
    grid = course.grid
    hip = _timed(course, grid.hip_deg, grid.hip_sd_deg, at, rows, params)
    lumbar = _timed(course, grid.lumbar_deg, grid.lumbar_sd_deg, at, rows, params)
    if hip is None or lumbar is None:
        return None
    # Unrest is slow against the three instants: averaging over them halves its variance at best.
    sd_s = math.hypot(_step(course), math.sqrt(0.5) * math.hypot(hip.sd_s, lumbar.sd_s))
    return Order(float(np.mean(hip.times_s - lumbar.times_s)), sd_s, float(hip.times_s[0]))


@dataclass(frozen=True)
class _Timed:
    times_s: FloatArray
    sd_s: float


def _timed(
    course: RepCourse, angle: FloatArray, angle_sd: FloatArray, at: int, rows: slice, params: FaultParams
) -> _Timed | None:
    """When an angle has gone each share of its own way in ``rows``, counted from where it set out at sample ``at``."""
    step = _step(course)
    away = angle[rows] - angle[at]
    if len(away) < 8 or not known(away):
        return None
    sign = 1.0 if np.nanmax(away) >= -np.nanmin(away) else -1.0
    begin, base = _sets_out(angle, at, step, sign)
    moved, time_s = sign * (angle[begin : rows.stop] - base), course.grid.time_s[begin : rows.stop]
    reach = float(np.nanmax(moved))
    if not reach >= _LEAST_DEG:
        return None
    times = np.array([_crossing(time_s, moved / reach, share) for share in _SHARES])
    if not np.isfinite(times).all():
        return None
    slope = reach * (_SHARES[-1] - _SHARES[0]) / max(step, float(times[-1] - times[0]))
    return _Timed(times, math.hypot(params.unrest_deg, _SHAPE * float(np.nanmean(angle_sd[rows]))) / slope)


def _crossing(time_s: FloatArray, share: FloatArray, level: float) -> float:
    """When a share (N,) first reaches a level, between the samples; NaN where it never does."""
    past = np.flatnonzero(share >= level)
    if not len(past):
        return math.nan
    i = int(past[0])
    if i == 0 or not math.isfinite(share[i - 1]):
        return float(time_s[i])
    before = share[i - 1]
    return float(time_s[i - 1] + (level - before) / (share[i] - before) * (time_s[i] - time_s[i - 1]))
