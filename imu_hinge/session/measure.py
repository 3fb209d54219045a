"""What one rep comes to: extremes, shares, order and verdict, from the angles on the grid."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.faults import Judge, Judgement, SetContext, judge_rep
from imu_hinge.hinge.onset import order_down, order_up
from imu_hinge.hinge.profiles import RepProfile
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.rep_course import AFTER_S, RepCourse, known
from imu_hinge.hinge.reps import Rep
from imu_hinge.session.results import Fault, RepResult

__all__ = ["measure_rep"]

FloatArray = NDArray[np.float64]

_LEAST_MOVED_DEG = 5.0
_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def measure_rep(
    rep: Rep,
    index: int,
    next_start_s: float | None,
    grid: RepAngles,
    judge: Judge,
    profile: RepProfile,
    context: SetContext,
    *,
    trusted: bool,
    after_s: float = AFTER_S,
) -> RepResult:
    """Measure and judge one rep; ``next_start_s`` is when the next one begins, ``trusted`` is False where a clip's
    place is in doubt, ``after_s`` is how much of what follows is looked at. Values are None where the clips cannot
    tell."""
    course = RepCourse.cut(rep, grid, next_start_s, after_s, judge.params.most_lumbar_sd_deg)
    rows, near = course.whole, course.near_bottom()
    part = course.grid
    time_s, hip, lumbar = part.time_s[rows], part.hip_deg[rows], part.lumbar_deg[rows]
    knows_hip = known(hip) and trusted
    knows_lumbar = known(lumbar) and bool(np.isfinite(part.lumbar_deg[near]).any()) and trusted
    bottom = float(np.nanmean(part.lumbar_deg[near])) if knows_lumbar else None
    judged = judge_rep(course, judge, context, profile) if trusted else Judgement((), profile.faults)
    knows_both = knows_hip and knows_lumbar
    hip_sd = float(part.hip_sd_deg[rows][int(np.nanargmax(hip))]) if knows_hip else None
    sure = hip_sd is not None and hip_sd <= judge.params.most_lumbar_sd_deg
    shares = _hip_shares(course) if knows_both and sure else (None, (None,) * 4)
    down = order_down(course, judge.params) if knows_both else None
    up = order_up(course, judge.params) if knows_both else None
    return RepResult(
        index=index,
        start_s=rep.start_s,
        bottom_s=rep.bottom_s,
        end_s=rep.end_s,
        hip_max_deg=float(np.nanmax(hip)) if knows_hip else None,
        hip_sd_deg=hip_sd,
        lumbar_at_bottom_deg=bottom,
        lumbar_max_deg=float(np.nanmax(lumbar)) if knows_lumbar else None,
        lumbar_min_deg=float(np.nanmin(lumbar)) if knows_lumbar else None,
        lumbar_sd_deg=float(np.nanmean(part.lumbar_sd_deg[near])) if knows_lumbar else None,
        hip_share=shares[0],
        hip_share_quarters=shares[1],
        eccentric_s=rep.tempo.eccentric_s,
        pause_s=rep.tempo.pause_s,
        concentric_s=rep.tempo.concentric_s,
        top_s=None if next_start_s is None else max(0.0, next_start_s - rep.end_s),
        peak_hip_velocity_deg_s=_peak_extension(time_s, hip, rep.bottom_s) if sure else None,
        onset_hip_minus_spine_s=None if down is None else down.lead_s,
        onset_sd_s=None if down is None else down.sd_s,
        return_hip_minus_spine_s=None if up is None else up.lead_s,
        verdict=_verdict(judged, knows_lumbar=knows_lumbar),
        cannot_tell=not knows_lumbar,
        faults=tuple(
            Fault(f.name, f.severity, f.value_deg, f.time_s, f.probability, f.value, f.unit) for f in judged.faults
        ),
        not_judged=judged.left_open,
    )


def _verdict(judged: Judgement, *, knows_lumbar: bool) -> str:
    """A fault found is a fault; without one a rep is good only if its lower back could be judged."""
    if judged.faults:
        return "faulty"
    spine_open = {"rounded_back", "arched_back"} & set(judged.left_open)
    return "good" if knows_lumbar and not spine_open else "cannot_tell"


def _hip_shares(course: RepCourse) -> tuple[float | None, tuple[float | None, ...]]:
    """Share of hip in hip plus lumbar movement on the way down, in all and by quarters of the fold."""
    rows = course.down
    hip, lumbar, depth = course.grid.hip_deg[rows], course.grid.lumbar_deg[rows], course.depth[rows]
    there = np.isfinite(hip) & np.isfinite(lumbar) & np.isfinite(depth)
    if there.sum() < 8:
        return None, (None,) * 4
    hip, lumbar, depth = hip[there], lumbar[there], np.maximum.accumulate(depth[there])
    at = [min(int(np.searchsorted(depth, q)), len(depth) - 1) for q in _QUARTERS]
    pieces = [(float(hip[b] - hip[a]), float(lumbar[b] - lumbar[a])) for a, b in pairwise(at)]
    return _share(float(hip[-1] - hip[0]), float(lumbar[-1] - lumbar[0])), tuple(_share(*p) for p in pieces)


def _share(hip_deg: float, lumbar_deg: float) -> float | None:
    total = hip_deg + lumbar_deg
    return hip_deg / total if math.isfinite(total) and abs(total) > _LEAST_MOVED_DEG else None


def _peak_extension(time_s: FloatArray, hip: FloatArray, bottom_s: float) -> float | None:
    """Fastest hip extension on the way up, deg/s, over 50 ms."""
    up = (time_s >= bottom_s) & np.isfinite(hip)
    if up.sum() < 8:
        return None
    t, h = time_s[up], hip[up]
    width = max(1, round(0.05 / float(np.median(np.diff(t)))))
    speed = -(h[width:] - h[:-width]) / (t[width:] - t[:-width])
    return float(speed.max()) if len(speed) else None
