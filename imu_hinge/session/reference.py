"""The athlete's own neutral hinge and own maximum flexion, from the calibration movements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.neutral import DEPTHS, Reference
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.rep_course import RepCourse, known
from imu_hinge.hinge.reps import Rep, RepParams
from imu_hinge.hinge.turning import TURNS, straightened
from imu_hinge.recording.model import Segment
from imu_hinge.session.sets import counter_for

__all__ = ["Reference", "find_reference", "reference_reps"]

FloatArray = NDArray[np.float64]

_LEAST_SAMPLES = 8


def reference_reps(grid: RepAngles, segments: Sequence[Segment], rate_hz: float, params: RepParams) -> list[Rep]:
    """The reference hinges, counted like any rep."""
    found: list[Rep] = []
    for s in (s for s in segments if s.kind == "reference_hinge"):
        rows = (grid.time_s >= s.start_s) & (grid.time_s <= s.end_s)
        counter = counter_for("hinge", rate_hz, params, has_thigh=grid.has_thigh)
        found += [*counter.update(grid.time_s[rows], grid.fold_deg[rows]), *counter.finish()]
    return found


def find_reference(grid: RepAngles, segments: Sequence[Segment], rate_hz: float, params: RepParams) -> Reference:
    """Measure the reference hinges and the toe touch."""
    hinges = [RepCourse.cut(rep, grid) for rep in reference_reps(grid, segments, rate_hz, params)]
    bottoms = [(float(np.mean(h.grid.lumbar_deg[h.near_bottom()])), _fold(h)) for h in hinges]
    measured = [(lumbar, fold) for lumbar, fold in bottoms if np.isfinite(lumbar)]
    lumbar, folds = [m[0] for m in measured], [m[1] for m in measured] or [fold for _, fold in bottoms]
    return Reference(
        lumbar_deg=float(np.median(lumbar)) if lumbar else None,
        lumbar_sd_deg=float(np.std(lumbar)) if len(lumbar) > 1 else None,
        fold_deg=float(np.median(folds)) if folds else None,
        max_flexion_deg=_max_flexion(grid, segments),
        hinges=len(hinges),
        thigh_deg=_tipped([(h, h.grid.thigh_pitch_deg) for h in hinges]),
        trunk_deg=_tipped([(h, h.grid.trunk_pitch_deg) for h in hinges]),
        courses=_courses(hinges),
    )


def _fold(hinge: RepCourse) -> float:
    return hinge.rep.bottom_fold_deg - hinge.rep.top_fold_deg


def _tipped(pitches: Sequence[tuple[RepCourse, FloatArray]]) -> float | None:
    """How far a segment tips from the top to the bottom, deg: the median of the hinges."""
    tipped = [float(np.mean(pitch[h.near_bottom()])) - float(pitch[h.start]) for h, pitch in pitches]
    tipped = [t for t in tipped if np.isfinite(t)]
    return float(np.median(tipped)) if tipped else None


def _courses(hinges: Sequence[RepCourse]) -> dict[str, tuple[float, ...]]:
    """Knee, rolls and twists on the way down of a typical hinge, over the shares of its fold."""
    found = {}
    for name in ("knee_deg", *TURNS):
        each = [c for c in (_over_depth(hinge, name) for hinge in hinges) if c is not None]
        if each:
            found[name] = tuple(np.median(each, axis=0).tolist())
    return found


def _over_depth(hinge: RepCourse, name: str) -> FloatArray | None:
    rows, angle = hinge.whole, getattr(hinge.grid, name)[hinge.whole]
    there = np.flatnonzero(np.isfinite(hinge.depth[rows]) & np.isfinite(angle))
    if not known(angle) or len(there) < _LEAST_SAMPLES:
        return None
    angle = angle[there]
    if "twist" in name:
        angle, _ = straightened(hinge.grid.time_s[rows][there], angle)
    down = there <= hinge.bottom - hinge.start
    angle, depth = angle[down], np.maximum.accumulate(hinge.depth[rows][there][down])
    course: FloatArray = np.interp(DEPTHS, depth, angle - angle[0] if name in TURNS else angle)
    return course


def _max_flexion(grid: RepAngles, segments: Sequence[Segment]) -> float | None:
    most = []
    for s in (s for s in segments if s.kind == "max_flexion"):
        lumbar = grid.lumbar_deg[(grid.time_s >= s.start_s) & (grid.time_s <= s.end_s)]
        if np.isfinite(lumbar).any():
            most.append(float(np.nanpercentile(lumbar, 98)))
    return max(most) if most else None
