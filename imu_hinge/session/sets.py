"""Which reps belong to which set: as announced, or found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imu_hinge.fusion.track import ClipTrack
from imu_hinge.hinge.profiles import UNANNOUNCED, RepProfile, profile_of
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.reps import Rep, RepCounter, RepParams
from imu_hinge.recording.model import Segment

__all__ = [
    "SET_MARGIN_S",
    "FoundSet",
    "announced_reps",
    "counter_for",
    "find_sets",
    "free_fall",
    "unannounced_reps",
    "without_undone",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

FREE_FALL_M_S2 = 4.0
SET_MARGIN_S = 1.0
"""Reps may begin a little before the set was announced and end a little after it, s."""


@dataclass(frozen=True)
class FoundSet:
    """A set and its reps, before they are measured."""

    exercise: str
    load_kg: float | None
    start_s: float
    end_s: float
    reps: tuple[Rep, ...]
    announced: bool


def free_fall(tracks: Mapping[str, ClipTrack]) -> BoolArray:
    """(N,) True where every clip that speaks is weightless."""
    n = len(next(iter(tracks.values())))
    falling, heard = np.ones(n, bool), np.zeros(n, bool)
    for track in tracks.values():
        speaks = ~np.isnan(track.acc_m_s2[:, 0])
        falling &= ~speaks | (np.linalg.norm(track.acc_m_s2, axis=1) < FREE_FALL_M_S2)
        heard |= speaks
    return falling & heard


def _leans(rep: Rep, grid: RepAngles, profile: RepProfile) -> bool:
    """Whether the trunk tips far enough during the rep for it to be one."""
    if profile.min_lean_deg is None:
        return True
    pitch = grid.trunk_pitch_deg[(grid.time_s >= rep.start_s) & (grid.time_s <= rep.end_s)]
    pitch = pitch[np.isfinite(pitch)]
    return bool(len(pitch)) and float(pitch.max() - pitch.min()) >= profile.min_lean_deg


def find_sets(
    grid: RepAngles,
    flight: BoolArray,
    segments: Sequence[Segment],
    rate_hz: float,
    params: RepParams,
    set_break_s: float,
) -> tuple[FoundSet, ...]:
    """Count reps inside the announced sets, or everywhere outside calibration where none is announced."""
    announced = sorted((s for s in segments if s.kind == "set"), key=lambda s: s.start_s)
    if announced:
        return tuple(_count_announced(grid, flight, s, rate_hz, params) for s in announced)
    everywhere = np.ones(len(flight), bool)
    groups: list[list[Rep]] = []
    for rep in unannounced_reps(_count(grid, everywhere, flight, None, rate_hz, params), grid, segments):
        if groups and rep.start_s - groups[-1][-1].end_s <= set_break_s:
            groups[-1].append(rep)
        else:
            groups.append([rep])
    return tuple(FoundSet(_exercise_of(g), None, g[0].start_s, g[-1].end_s, tuple(g), announced=False) for g in groups)


def without_undone(found: Sequence[FoundSet], undone_s: Sequence[float]) -> tuple[FoundSet, ...]:
    """The sets without the reps that the athlete took back: of those under way at each time the newest."""
    gone = set()
    reps = [rep for one in found for rep in one.reps]
    for time_s in undone_s:
        under_way = [r for r in reps if r.start_s <= time_s <= r.end_s and r.start_s not in gone]
        gone |= {max(r.start_s for r in under_way)} if under_way else set()
    kept = (replace(one, reps=tuple(r for r in one.reps if r.start_s not in gone)) for one in found)
    return tuple(one for one in kept if one.announced or one.reps)


def unannounced_reps(reps: Sequence[Rep], grid: RepAngles, segments: Sequence[Segment]) -> list[Rep]:
    """Those that are no steps and no calibration movements."""
    busy = [s for s in segments if s.kind != "stand"]
    return [
        r
        for r in reps
        if _leans(r, grid, UNANNOUNCED) and not any(r.start_s < s.end_s and r.end_s > s.start_s for s in busy)
    ]


def announced_reps(reps: Sequence[Rep], announced: Segment) -> list[Rep]:
    """Those whose middle lies inside the announced set."""
    return [r for r in reps if announced.start_s <= 0.5 * (r.start_s + r.end_s) <= announced.end_s]


def counter_for(exercise: str | None, rate_hz: float, params: RepParams, *, has_thigh: bool) -> RepCounter:
    """A counter with the profile of an exercise (None: unannounced), as the worn clips see it."""
    profile = profile_of(exercise)
    return RepCounter(profile if has_thigh else profile.without_thigh(), rate_hz, params)


def _count_announced(grid: RepAngles, flight: BoolArray, s: Segment, rate_hz: float, params: RepParams) -> FoundSet:
    rows = (grid.time_s >= s.start_s - SET_MARGIN_S) & (grid.time_s <= s.end_s + SET_MARGIN_S)
    inside = announced_reps(_count(grid, rows, flight, s.exercise, rate_hz, params), s)
    exercise = s.exercise or UNANNOUNCED.exercise
    return FoundSet(exercise, s.load_kg, s.start_s, s.end_s, tuple(inside), announced=True)


def _count(
    grid: RepAngles, rows: BoolArray, flight: BoolArray, exercise: str | None, rate_hz: float, params: RepParams
) -> list[Rep]:
    counter = counter_for(exercise, rate_hz, params, has_thigh=grid.has_thigh)
    return [
        *counter.update(grid.time_s[rows], grid.fold_deg[rows], flight[rows], grid.trunk_pitch_deg[rows]),
        *counter.finish(),
    ]


def _exercise_of(reps: list[Rep]) -> str:
    """A found set is called a hinge unless most of its reps leave the ground."""
    return "jump" if sum(r.flight for r in reps) > len(reps) / 2 else "hinge"
