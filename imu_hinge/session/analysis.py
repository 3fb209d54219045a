"""Whole-recording analysis: recording in, angles, sets, reps and quality out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.angles import JointAngles, joint_angles
from imu_hinge.body.calibration import BodyCalibration, calibrate
from imu_hinge.body.kinematics import SegmentMotion, segment_motion
from imu_hinge.body.one_thread import one_thread
from imu_hinge.body.personal import Learnt, Personal, learnt_of
from imu_hinge.body.separation import Separated
from imu_hinge.conventions import SITES
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.hinge.faults import judge_for
from imu_hinge.hinge.profiles import profile_of
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.recording.check import check_alive, check_units
from imu_hinge.recording.in_progress import is_bookkeeping, undone_s
from imu_hinge.recording.model import Event, Recording
from imu_hinge.session.measure import measure_rep
from imu_hinge.session.params import SessionParams
from imu_hinge.session.personal import Known, check_same_person, reference_with, worn_clips
from imu_hinge.session.quality import session_quality
from imu_hinge.session.reference import Reference, find_reference, reference_reps
from imu_hinge.session.results import (
    AngleSeries,
    AthleteQuality,
    BodyResult,
    Moment,
    RepResult,
    SessionResult,
    SetResult,
)
from imu_hinge.session.separation import inclination_doubt_rad, laid_over, separate_session
from imu_hinge.session.set_context import set_context, trend_of
from imu_hinge.session.sets import FoundSet, find_sets, free_fall, without_undone
from imu_hinge.session.slips import Slip, find_slips
from imu_hinge.session.tracks import choose_clips, clip_rates_hz, grid_rate_hz, offline_tracks, stream_health

__all__ = ["analyze"]

FloatArray = NDArray[np.float64]


@one_thread
def analyze(
    recording: Recording,
    clips: tuple[str, ...] | None = None,
    params: SessionParams | None = None,
    bench: Mapping[str, BenchCalibration] | None = None,
    athlete: Personal | None = None,
    neutral: Sequence[RepResult] = (),
) -> SessionResult:
    """Analyse a whole recording with the named clips (all of them by default).

    ``bench`` holds accelerometer calibrations by clip name, ``athlete`` what earlier sessions taught about the athlete;
    ``neutral`` are reps (of an earlier analysis of this recording) to take as neutral hinges. Raises ClipError,
    CalibrationError, UnitError or AthleteError where the recording cannot be analysed.
    """
    params = SessionParams() if params is None else params
    if athlete is not None:
        check_same_person(athlete, recording)
    chosen = choose_clips(recording, clips)
    used = replace(recording, clips=chosen)
    check_alive(used)
    check_units(used)
    rates_hz = clip_rates_hz(recording, chosen)
    rate_hz = grid_rate_hz(rates_hz, params.resample)
    sites = {name: clip.site or SITES[name][0] for name, clip in chosen.items()}
    tracks = offline_tracks(chosen, rates_hz, rate_hz, params.resample, params.orientation, bench or {})
    calibration = calibrate(tracks, rate_hz, recording.segments, sites, params.calibration)
    motion = {
        name: segment_motion(track.quat, track.acc_m_s2, calibration.alignments[name]) for name, track in tracks.items()
    }
    joints = joint_angles(
        {name: m.pitch_rad for name, m in motion.items()},
        {name: track.inclination_sd_rad for name, track in tracks.items()},
        calibration.alignments,
        sites,
        params.angles,
    )
    any_track = next(iter(tracks.values()))
    time_s = (any_track.first + np.arange(len(any_track))) / rate_hz
    grid = RepAngles.of(time_s, joints, sites, motion)
    falling = free_fall(tracks)
    found = find_sets(grid, falling, recording.segments, rate_hz, params.reps, params.set_break_s)
    found = without_undone(found, [t for t in map(undone_s, recording.events) if t is not None])
    benched = {name: name in (bench or {}) for name in chosen}
    serials = {name: clip.serial for name, clip in chosen.items()}
    known = Known.of(athlete, sites, calibration.alignments, serials, benched, params.carry)
    separated: Separated | None = None
    if not calibration.suspect:
        hinges = reference_reps(grid, recording.segments, rate_hz, params.reps)
        taken = {r.start_s for r in neutral}
        accepted = {rep for one in found for rep in one.reps if rep.start_s in taken}
        separated = separate_session(
            recording,
            time_s,
            motion,
            sites,
            hinges,
            found,
            falling,
            inclination_doubt_rad(tracks, sites),
            benched,
            rate_hz,
            params.separation,
            known,
            accepted,
        )
        if separated is not None:
            joints = laid_over(joints, time_s, separated.courses)
            grid = RepAngles.of(time_s, joints, sites, motion)
    shown = find_reference(grid, recording.segments, rate_hz, params.reps)
    reference = reference_with(athlete, shown, has_thigh=grid.has_thigh)
    slips = find_slips(tracks, calibration.alignments, found, rate_hz, params.slips)
    sets = tuple(_measure_set(s, grid, reference, calibration, slips, params) for s in found)
    trusted_until_s = -np.inf if calibration.suspect else min((s.time_s for s in slips), default=np.inf)
    joints = joints.emptied(time_s >= trusted_until_s)
    health = {name: stream_health(clip, params.resample) for name, clip in chosen.items()}
    return SessionResult(
        recording=recording.name,
        clips=tuple(chosen),
        angles=_series(time_s, motion, joints),
        sets=sets,
        quality=session_quality(
            recording,
            tracks,
            health,
            calibration,
            slips,
            sites,
            reference,
            separated,
            set(bench or {}),
            _athlete_quality(known, separated, shown, reference),
            _athlete_warnings(known, separated),
        ),
        reference_lumbar_deg=None if calibration.suspect else reference.lumbar_deg,
        reference_lumbar_sd_deg=None if calibration.suspect else reference.lumbar_sd_deg,
        params={
            "session": params.as_json(),
            "rate_hz": rate_hz,
            "bench": {k: asdict(b) for k, b in (bench or {}).items()},
        },
        segments=recording.segments,
        body=BodyResult(
            _learnt(separated, params),
            shown,
            reference,
            worn_clips(sites, calibration.alignments, serials, benched),
            bool(calibration.suspect or slips),
        ),
        moments=tuple(moment for event in recording.events if (moment := _moment(event)) is not None),
    )


def _moment(event: Event) -> Moment | None:
    """A mark or a rep that was taken back; None for the bookkeeping of segments."""
    if undone_s(event) is not None:
        return Moment(event.time_s, "undone", "a rep was taken back")
    if is_bookkeeping(event):
        return None
    return Moment(event.time_s, "mark", event.text.removeprefix("note="))


def _learnt(separated: Separated | None, params: SessionParams) -> Learnt | None:
    if separated is None or separated.odd or separated.before is None:
        return None
    return learnt_of(separated.before, separated.belief, separated.noise.acc_sd_m_s2, params.carry)


def _athlete_quality(
    known: Known | None, separated: Separated | None, shown: Reference, reference: Reference
) -> AthleteQuality | None:
    if known is None:
        return None
    used = separated is not None and not separated.strange and not separated.odd and known.personal.learnt is not None
    neutral = shown.lumbar_deg is None and reference.lumbar_deg is not None
    return AthleteQuality(known.personal.name, known.personal.sessions, used, neutral)


def _athlete_warnings(known: Known | None, separated: Separated | None) -> list[str]:
    if known is None:
        return []
    if separated is None:
        return known.warnings(None)
    return known.warnings(separated.belief, strange=separated.strange)


def _measure_set(
    found: FoundSet,
    grid: RepAngles,
    reference: Reference,
    calibration: BodyCalibration,
    slips: tuple[Slip, ...],
    params: SessionParams,
) -> SetResult:
    judge = judge_for(reference, params.faults, has_thigh=grid.has_thigh)
    context = set_context(grid, found.reps)
    profile = profile_of(found.exercise if found.announced else None)
    following = [*(rep.start_s for rep in found.reps[1:]), None]
    slipped_s = min((s.time_s for s in slips), default=np.inf)
    reps = tuple(
        measure_rep(
            rep,
            index,
            next_s,
            grid,
            judge,
            profile,
            context,
            trusted=not calibration.suspect and rep.start_s < slipped_s,
        )
        for index, (rep, next_s) in enumerate(zip(found.reps, following, strict=False), start=1)
    )
    trend = trend_of(reps)
    return SetResult(
        found.exercise,
        found.load_kg,
        found.start_s,
        found.end_s,
        reps,
        trend.creep_deg_per_rep,
        found.announced,
        trend,
    )


def _series(time_s: FloatArray, motion: Mapping[str, SegmentMotion], joints: JointAngles) -> AngleSeries:
    return AngleSeries(
        time_s=time_s,
        pitch_deg={name: np.rad2deg(m.pitch_rad) for name, m in motion.items()},
        roll_deg={name: np.rad2deg(m.roll_rad) for name, m in motion.items()},
        twist_deg={name: np.rad2deg(m.twist_rad) for name, m in motion.items()},
        sagittal_acc_m_s2={name: m.sagittal_acc_m_s2 for name, m in motion.items()},
        hip_flexion_deg=joints.hip_flexion_deg,
        hip_flexion_sd_deg=joints.hip_flexion_sd_deg,
        lumbar_flexion_deg=joints.lumbar_flexion_deg,
        lumbar_flexion_sd_deg=joints.lumbar_flexion_sd_deg,
    )
