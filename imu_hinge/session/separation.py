"""Which stretches of a session the chain model follows, and its angles laid over the measured ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from imu_hinge.body.angles import JointAngles, clip_roles
from imu_hinge.body.geometry import Measures, believed, levels_below
from imu_hinge.body.kinematics import SegmentMotion
from imu_hinge.body.separation import Separated, SeparationParams, quiet_stance, separate
from imu_hinge.body.smoother import Course
from imu_hinge.body.window import Movement
from imu_hinge.conventions import BACK, LUMBAR_SHARE_BELOW, PELVIS, THIGH
from imu_hinge.fusion.track import ClipTrack
from imu_hinge.hinge.profiles import profile_of
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.reps import Rep
from imu_hinge.recording.model import Recording, Segment
from imu_hinge.session.personal import Known
from imu_hinge.session.sets import FoundSet

__all__ = [
    "Stretch",
    "grid_laid_over",
    "inclination_doubt_rad",
    "laid_over",
    "measures_of",
    "movement_of",
    "separable",
    "separate_session",
    "stretches",
    "widened",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_BEFORE_FLIGHT_S, _AFTER_FLIGHT_S = 0.2, 0.35
"""The heel leaves before the toes; a landing shakes every clip."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of the recording clock to follow as one movement, s."""

    start_s: float
    end_s: float
    neutral: bool = False
    tilting: bool = False


def measures_of(recording: Recording) -> Measures:
    """Height and tape measures from the header."""

    def metres(key: str, low: float, high: float) -> float | None:
        value = recording.number(key)
        return value if value is not None and low <= value <= high else None

    return Measures(
        metres("athlete.height_m", 1.0, 2.5),
        metres("measure.ankle_to_knee_m", 0.2, 0.7),
        metres("measure.knee_to_hip_m", 0.2, 0.7),
        metres("measure.knee_to_thigh_clip_m", 0.02, 0.5),
        metres("measure.hip_to_back_clip_m", 0.05, 0.6),
    )


def separable(sites: Mapping[str, str], params: SeparationParams) -> int | None:
    """How many lumbar joints lie below the back clip, where thigh and back clip can tell hips from spine; else None."""
    roles = clip_roles(sites)
    if THIGH not in roles or BACK not in roles:
        return None
    levels = levels_below(sites[roles[BACK]])
    return levels if levels >= params.least_levels else None


def stretches(
    references: Sequence[Rep],
    segments: Sequence[Segment],
    sets: Sequence[FoundSet],
    quiet_s: FloatArray,
    params: SeparationParams,
    neutral: Set[Rep] = frozenset(),
) -> list[Stretch]:
    """Reference hinges and toe touches, and the reps of all sets; reps without a moment of standing still
    (instants ``quiet_s``) between them are followed as one, as neutral where all are among ``neutral``."""
    pad = params.pad_s
    found = [Stretch(r.start_s - pad, r.end_s + pad, neutral=True) for r in references]
    found += [Stretch(s.start_s, s.end_s) for s in segments if s.kind == "max_flexion"]
    found += [Stretch(s.start_s - pad, s.end_s + pad, tilting=True) for s in segments if s.kind == "pelvic_tilt"]
    for one in sets:
        if profile_of(one.exercise if one.announced else None).foot == "free":
            continue
        group: list[Rep] = []
        for rep in one.reps:
            if group and _rested(group[-1], rep, quiet_s):
                found.append(_together(group, pad, neutral))
                group = []
            group.append(rep)
        if group:
            found.append(_together(group, pad, neutral))
    return found


def _together(group: Sequence[Rep], pad_s: float, neutral: Set[Rep]) -> Stretch:
    return Stretch(group[0].start_s - pad_s, group[-1].end_s + pad_s, all(rep in neutral for rep in group))


def _rested(before: Rep, after: Rep, quiet_s: FloatArray) -> bool:
    between = (quiet_s >= before.end_s - 0.15) & (quiet_s <= after.start_s + 0.15)
    return bool(between.any()) or after.start_s - before.end_s > 2.0


def movement_of(
    stretch: Stretch,
    time_s: FloatArray,
    motion: Mapping[str, SegmentMotion],
    sites: Mapping[str, str],
    quiet: BoolArray,
    falling: BoolArray,
    rate_hz: float,
    params: SeparationParams,
) -> Movement:
    """What the clips measured in a stretch; ``quiet`` and ``falling`` (N,) on the grid ``time_s``."""
    roles = clip_roles(sites)
    rows = slice(*np.searchsorted(time_s, [stretch.start_s, stretch.end_s]).tolist())
    thigh, back = motion[roles[THIGH]], motion[roles[BACK]]
    airborne = falling[rows]
    if airborne.any():
        reach = round((_BEFORE_FLIGHT_S + _AFTER_FLIGHT_S) * rate_hz / 2)
        shift = round((_AFTER_FLIGHT_S - _BEFORE_FLIGHT_S) * rate_hz / 2)
        airborne = binary_dilation(airborne, iterations=reach)
        airborne = np.concatenate([np.zeros(shift, bool), airborne[: len(airborne) - shift]])
    still = quiet[rows]
    if stretch.tilting:
        # Where a tilt turns round, nothing moves either.
        inside = np.searchsorted(time_s[rows], [stretch.start_s + params.pad_s, stretch.end_s - params.pad_s])
        still = still.copy()
        still[slice(*inside.tolist())] = False
    return Movement(
        time_s[rows],
        thigh.pitch_rad[rows],
        back.pitch_rad[rows],
        thigh.sagittal_acc_m_s2[rows],
        back.sagittal_acc_m_s2[rows],
        still,
        airborne,
        motion[roles[PELVIS]].pitch_rad[rows] if PELVIS in roles else None,
        stretch.neutral,
        LUMBAR_SHARE_BELOW[sites[roles[BACK]]],
        back.twist_rad[rows],
        back.roll_rad[rows],
        stretch.tilting,
    )


def separate_session(
    recording: Recording,
    time_s: FloatArray,
    motion: Mapping[str, SegmentMotion],
    sites: Mapping[str, str],
    references: Sequence[Rep],
    sets: Sequence[FoundSet],
    falling: BoolArray,
    doubt_rad: FloatArray,
    benched: Mapping[str, bool],
    rate_hz: float,
    params: SeparationParams,
    known: Known | None = None,
    neutral: Set[Rep] = frozenset(),
) -> Separated | None:
    """Follow every movement of a session; None where the clips worn cannot tell hips from spine.

    ``known`` is what earlier sessions taught about the athlete, left aside where the movements do not fit it;
    ``neutral`` are the reps that count as neutral hinges.
    """
    levels = separable(sites, params)
    if levels is None:
        return None
    roles = clip_roles(sites)
    worn = [motion[roles[THIGH]], motion[roles[BACK]]]
    quiet = quiet_stance([m.pitch_rad for m in worn], [m.sagittal_acc_m_s2 for m in worn], rate_hz, params)
    movements = [
        movement_of(s, time_s, motion, sites, quiet, falling, rate_hz, params)
        for s in stretches(references, recording.segments, sets, time_s[quiet], params, neutral)
    ]
    belief = believed(
        measures_of(recording),
        sites[roles[BACK]],
        params.geometry,
        {role: benched.get(roles[role], False) for role in (THIGH, BACK)},
    )
    found: Separated | None = None
    if known is not None and known.personal.learnt is not None:
        own = known.belief(belief)
        found = replace(separate(movements, rate_hz, own, levels, known.noise(params)), before=own)
    if found is None or found.odd:
        again = replace(separate(movements, rate_hz, belief, levels, params), before=belief)
        found = replace(again, strange=known is not None and not again.odd)
    return replace(found, courses=tuple(widened(c, time_s, doubt_rad) for c in found.courses))


def laid_over(joints: JointAngles, time_s: FloatArray, found: Sequence[Course | None]) -> JointAngles:
    """The angles (N,) with hip, lumbar and knee flexion of every followed movement in their place."""
    columns = {name: getattr(joints, name).copy() for name in _COURSES}
    _write(columns, _COURSES, time_s, np.isnan(joints.fold_deg), found)
    return replace(joints, **columns)


def inclination_doubt_rad(tracks: Mapping[str, ClipTrack], sites: Mapping[str, str]) -> FloatArray:
    """How unsure the inclinations of thigh and back clip are together, (N,): the chain takes pitches as they are."""
    roles = clip_roles(sites)
    worn = [tracks[roles[role]].inclination_sd_rad for role in (THIGH, BACK) if role in roles]
    doubt: FloatArray = np.sqrt(np.sum(np.square(worn), axis=0))
    return doubt


def widened(course: Course | None, time_s: FloatArray, doubt_rad: FloatArray) -> Course | None:
    """A course whose SDs hold the doubt (N,) about inclinations on the grid ``time_s``."""
    if course is None:
        return None
    first = int(np.searchsorted(time_s, course.time_s[0] - 1e-6))
    doubt = doubt_rad[first : first + len(course.time_s)]
    doubt = np.where(np.isnan(doubt), 0.0, doubt)
    return replace(
        course,
        knee_sd_rad=np.hypot(course.knee_sd_rad, doubt),
        hip_sd_rad=np.hypot(course.hip_sd_rad, doubt),
        lumbar_sd_rad=np.hypot(course.lumbar_sd_rad, doubt),
    )


def grid_laid_over(grid: RepAngles, course: Course | None) -> RepAngles:
    """The grid of a rep with the angles of its followed movement in their place."""
    if course is None:
        return grid
    names = {name.replace("_flexion", ""): source for name, source in _COURSES.items()}
    columns = {name: getattr(grid, name).copy() for name in names}
    _write(columns, names, grid.time_s, np.isnan(grid.fold_deg), [course])
    return replace(grid, **columns)


_COURSES: Final = {
    "hip_flexion_deg": "hip_rad",
    "hip_flexion_sd_deg": "hip_sd_rad",
    "lumbar_flexion_deg": "lumbar_rad",
    "lumbar_flexion_sd_deg": "lumbar_sd_rad",
    "knee_flexion_deg": "knee_rad",
    "knee_flexion_sd_deg": "knee_sd_rad",
}


def _write(
    columns: Mapping[str, FloatArray],
    sources: Mapping[str, str],
    time_s: FloatArray,
    unknown: BoolArray,
    found: Sequence[Course | None],
) -> None:
    """Nothing is written where a clip was silent: what the others measured there stays.

    A course may reach beyond the columns: live, a movement can have begun before there was a calibration.
    """
    for course in (c for c in found if c is not None):
        first, stop = np.searchsorted(time_s, [course.time_s[0] - 1e-6, course.time_s[-1] + 1e-6])
        inside = slice(*np.searchsorted(course.time_s, [time_s[0] - 1e-6, time_s[-1] + 1e-6]))
        rows = slice(int(first), int(stop))
        for name, source in sources.items():
            followed = np.rad2deg(getattr(course, source)[inside])
            columns[name][rows] = np.where(unknown[rows], columns[name][rows], followed)
