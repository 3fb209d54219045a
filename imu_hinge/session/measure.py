"""What one rep comes to: extremes, shares, order and verdict, from the angles on the grid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.faults import Course, Judge, judge_lumbar
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.reps import Rep
from imu_hinge.session.results import Fault, RepResult

__all__ = ["measure_rep"]

FloatArray = NDArray[np.float64]

_BOTTOM_HALF_WIDTH_S = 0.05
_ONSET_SHARE = 0.1
_ONSET_LEAST_DEG = 4.0
_KNOWN_SHARE = 0.8


def measure_rep(
    rep: Rep,
    index: int,
    next_start_s: float | None,
    grid: RepAngles,
    judge: Judge,
    *,
    trusted: bool,
) -> RepResult:
    """Measure one rep; ``next_start_s`` is when the next one begins, ``trusted`` is False where a clip's place is in
    doubt. Values are None where the clips cannot tell."""
    lo, hi = np.searchsorted(grid.time_s, [rep.start_s, rep.end_s])
    rows = slice(int(lo), max(int(lo) + 1, int(hi)))
    time_s, hip, lumbar = grid.time_s[rows], grid.hip_deg[rows], grid.lumbar_deg[rows]
    at = int(np.argmin(np.abs(time_s - rep.bottom_s)))
    near = np.abs(time_s - rep.bottom_s) <= _BOTTOM_HALF_WIDTH_S
    knows_hip = _known(hip) and trusted
    knows_lumbar = _known(lumbar) and bool(np.isfinite(lumbar[near]).any()) and trusted
    hip_max = float(np.nanmax(hip)) if knows_hip else None
    hip_sd = float(grid.hip_sd_deg[rows][int(np.nanargmax(hip))]) if knows_hip else None
    bottom = float(np.nanmean(lumbar[near])) if knows_lumbar else None
    bottom_sd = float(np.nanmean(grid.lumbar_sd_deg[rows][near])) if knows_lumbar else None
    faults = _faults(rep, time_s, lumbar, grid.fold_deg[rows], bottom_sd, judge) if knows_lumbar else ()
    share = None
    if hip_max is not None and bottom is not None and grid.hip_measured:
        moved_hip, moved_lumbar = float(hip[at] - hip[0]), bottom - _first(lumbar)
        total = moved_hip + moved_lumbar
        share = moved_hip / total if math.isfinite(total) and abs(total) > 5.0 else None
    verdict = "cannot_tell" if not knows_lumbar else "faulty" if faults else "good"
    return RepResult(
        index=index,
        start_s=rep.start_s,
        bottom_s=rep.bottom_s,
        end_s=rep.end_s,
        hip_max_deg=hip_max,
        hip_sd_deg=hip_sd,
        lumbar_at_bottom_deg=bottom,
        lumbar_max_deg=float(np.nanmax(lumbar)) if knows_lumbar else None,
        lumbar_min_deg=float(np.nanmin(lumbar)) if knows_lumbar else None,
        lumbar_sd_deg=bottom_sd,
        hip_share=share,
        eccentric_s=rep.tempo.eccentric_s,
        pause_s=rep.tempo.pause_s,
        concentric_s=rep.tempo.concentric_s,
        top_s=None if next_start_s is None else max(0.0, next_start_s - rep.end_s),
        peak_hip_velocity_deg_s=_peak_extension(time_s, hip, rep.bottom_s) if knows_hip and grid.hip_measured else None,
        onset_hip_minus_spine_s=_onset_order(time_s, hip, lumbar, rep.bottom_s) if knows_lumbar and knows_hip else None,
        verdict=verdict,
        cannot_tell=not knows_lumbar,
        faults=faults,
    )


def _known(values: FloatArray) -> bool:
    """Whether enough of a rep is there to speak of it."""
    return bool(np.isfinite(values).mean() >= _KNOWN_SHARE)


def _first(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known[0])


def _faults(
    rep: Rep,
    time_s: FloatArray,
    lumbar: FloatArray,
    fold: FloatArray,
    sd_deg: float | None,
    judge: Judge,
) -> tuple[Fault, ...]:
    if sd_deg is None:
        return ()
    depth = (fold - rep.top_fold_deg) / (rep.bottom_fold_deg - rep.top_fold_deg)
    level = judge.neutral.levelled(lumbar, fold)
    near_bottom = np.flatnonzero(np.isfinite(level) & (depth >= judge.params.rounded_from))
    folded = np.flatnonzero(np.isfinite(level) & (depth >= judge.params.arched_from))
    if not len(near_bottom) or not len(folded):
        return ()
    high, low = near_bottom[np.argmax(level[near_bottom])], folded[np.argmin(level[folded])]
    course = Course(float(level[high]), float(time_s[high]), float(level[low]), float(time_s[low]), sd_deg)
    at = {"rounded_back": float(lumbar[high]), "arched_back": float(lumbar[low])}
    return tuple(
        Fault(f.name, f.severity, at[f.name], f.time_s, f.probability) for f in judge_lumbar(course, judge.limits)
    )


def _peak_extension(time_s: FloatArray, hip: FloatArray, bottom_s: float) -> float | None:
    """Fastest hip extension on the way up, deg/s, over 50 ms."""
    up = (time_s >= bottom_s) & np.isfinite(hip)
    if up.sum() < 8:
        return None
    t, h = time_s[up], hip[up]
    width = max(1, round(0.05 / float(np.median(np.diff(t)))))
    speed = -(h[width:] - h[:-width]) / (t[width:] - t[:-width])
    return float(speed.max()) if len(speed) else None


def _onset_order(time_s: FloatArray, hip: FloatArray, lumbar: FloatArray, bottom_s: float) -> float | None:
    """When the hip starts minus when the spine starts on the way down, s; negative: hips first."""
    onsets = []
    for angle in (hip, lumbar):
        down = (time_s <= bottom_s) & np.isfinite(angle)
        if down.sum() < 8:
            return None
        t, a = time_s[down], angle[down] - angle[down][0]
        reach = float(a[np.argmax(np.abs(a))])
        if abs(reach) < _ONSET_LEAST_DEG:
            return None
        past = np.flatnonzero(a / reach >= _ONSET_SHARE)
        onsets.append(float(t[past[0]]))
    return onsets[0] - onsets[1]
