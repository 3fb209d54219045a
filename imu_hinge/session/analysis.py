"""Whole-recording analysis: recording in, angles, sets, reps and quality out."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.angles import JointAngles, clip_roles, joint_angles
from imu_hinge.body.calibration import BodyCalibration, calibrate
from imu_hinge.body.kinematics import SegmentMotion, segment_motion
from imu_hinge.conventions import BACK, PELVIS, SITES, THIGH
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.fusion.track import ClipTrack
from imu_hinge.hinge.faults import judge_for
from imu_hinge.recording.check import check_alive, check_units
from imu_hinge.recording.model import Recording
from imu_hinge.session.measure import RepAngles, measure_rep
from imu_hinge.session.params import SessionParams
from imu_hinge.session.reference import Reference, find_reference
from imu_hinge.session.results import AngleSeries, ClipQuality, Quality, SessionResult, SetResult
from imu_hinge.session.sets import FoundSet, find_sets, free_fall
from imu_hinge.session.slips import Slip, find_slips
from imu_hinge.session.tracks import StreamHealth, choose_clips, grid_rate_hz, offline_tracks, stream_health

__all__ = ["analyze"]

FloatArray = NDArray[np.float64]

_LATE_S = 2.0


def analyze(
    recording: Recording,
    clips: tuple[str, ...] | None = None,
    params: SessionParams | None = None,
    bench: Mapping[str, BenchCalibration] | None = None,
) -> SessionResult:
    """Analyse a whole recording with the named clips (all of them by default).

    ``bench`` holds accelerometer calibrations by clip name. Raises ClipError, CalibrationError or UnitError where
    the recording cannot be analysed.
    """
    params = SessionParams() if params is None else params
    chosen = choose_clips(recording, clips)
    used = replace(recording, clips=chosen)
    check_alive(used)
    check_units(used)
    rate_hz = grid_rate_hz(chosen, params.resample)
    sites = {name: clip.site or SITES[name][0] for name, clip in chosen.items()}
    tracks = offline_tracks(chosen, rate_hz, params.resample, params.orientation, bench or {})
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
    roles = clip_roles(sites)
    grid = RepAngles(
        time_s,
        joints.hip_flexion_deg,
        joints.hip_flexion_sd_deg,
        joints.lumbar_flexion_deg,
        joints.lumbar_flexion_sd_deg,
        joints.fold_deg,
        joints.trunk_pitch_deg,
        hip_measured=THIGH in roles and PELVIS in roles,
        has_thigh=THIGH in roles,
    )
    reference = find_reference(grid, recording.segments, rate_hz, params.reps)
    found = find_sets(
        grid,
        free_fall(tracks),
        recording.segments,
        rate_hz,
        params.reps,
        params.set_break_s,
    )
    slips = find_slips(tracks, calibration.alignments, found, rate_hz, params.slips)
    sets = tuple(_measure_set(s, grid, reference, calibration, slips, params) for s in found)
    health = {name: stream_health(clip, params.resample) for name, clip in chosen.items()}
    return SessionResult(
        recording=recording.name,
        clips=tuple(chosen),
        angles=_series(time_s, motion, joints),
        sets=sets,
        quality=_quality(recording, tracks, health, calibration, slips, sites, reference, set(bench or {})),
        reference_lumbar_deg=reference.lumbar_deg,
        reference_lumbar_sd_deg=reference.lumbar_sd_deg,
        params={"session": params.as_json(), "rate_hz": rate_hz},
        segments=recording.segments,
    )


def _measure_set(
    found: FoundSet,
    grid: RepAngles,
    reference: Reference,
    calibration: BodyCalibration,
    slips: tuple[Slip, ...],
    params: SessionParams,
) -> SetResult:
    judge = judge_for(reference.lumbar_deg, reference.fold_deg, reference.max_flexion_deg, params.faults)
    following = [*(rep.start_s for rep in found.reps[1:]), None]
    slipped_s = min((s.time_s for s in slips), default=np.inf)
    reps = tuple(
        measure_rep(
            rep,
            index,
            next_s,
            grid,
            judge,
            trusted=not calibration.suspect and rep.start_s < slipped_s,
        )
        for index, (rep, next_s) in enumerate(zip(found.reps, following, strict=False), start=1)
    )
    return SetResult(
        found.exercise,
        found.load_kg,
        found.start_s,
        found.end_s,
        reps,
        _creep([r.lumbar_at_bottom_deg for r in reps]),
        found.announced,
    )


def _creep(bottoms: list[float | None]) -> float | None:
    """Slope of lumbar flexion at the bottom over the reps of a set, deg per rep; None with fewer than three."""
    known = [(i, b) for i, b in enumerate(bottoms) if b is not None]
    if len(known) < 3:
        return None
    index, value = np.array(known, dtype=float).T
    return float(np.polyfit(index, value, 1)[0])


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


def _quality(
    recording: Recording,
    tracks: Mapping[str, ClipTrack],
    health: Mapping[str, StreamHealth],
    calibration: BodyCalibration,
    slips: tuple[Slip, ...],
    sites: Mapping[str, str],
    reference: Reference,
    benched: Set[str],
) -> Quality:
    warnings = [*recording.warnings, *calibration.warnings]
    if calibration.level == "minimal":
        warnings.append("no calibration movements: standing and axes were taken from the recording itself")
    warnings += [
        f"the {s.clip} clip slipped by {np.rad2deg(s.angle_rad):.0f} deg before {s.time_s:.0f} s:"
        " angles after that are not trusted; fix it and repeat the calibration"
        for s in slips
    ]
    start_s = min(float(recording.clips[name].time_s[0]) for name in health)
    end_s = max(float(recording.clips[name].time_s[-1]) for name in health)
    for name, h in health.items():
        long = [b - a for a, b in h.gaps_s if b - a > 1.0]
        if long:
            warnings.append(
                f"the {name} clip was silent {len(long)} times, up to {max(long):.1f} s: angles are empty there"
            )
        clip = recording.clips[name]
        late, early = float(clip.time_s[0]) - start_s, end_s - float(clip.time_s[-1])
        if late > _LATE_S:
            warnings.append(f"the {name} clip begins {late:.0f} s after the others")
        if early > _LATE_S:
            warnings.append(f"the {name} clip ends {early:.0f} s before the others")
        if h.loss_fraction > 0.02:
            warnings.append(f"the {name} clip lost {100 * h.loss_fraction:.0f} % of its samples")
        if h.clipped_samples:
            warnings.append(f"the {name} clip was driven beyond its range in {h.clipped_samples} samples")
    if sites.get(BACK) in ("L3", "L4") and PELVIS not in sites:
        warnings.append("a back clip at L3 or L4 sees neither the pelvis nor the whole spine: move it up to T12/L1")
    if reference.lumbar_deg is None and BACK in sites and PELVIS in sites:
        warnings.append("no reference hinge: rounding is judged against an average neutral hinge")
    return Quality(
        calibration=calibration.level,
        clips={
            name: ClipQuality(
                rate_hz=h.rate_hz,
                loss_fraction=h.loss_fraction,
                longest_gap_s=h.longest_gap_s,
                gyro_bias_deg_s=float(np.rad2deg(np.linalg.norm(tracks[name].bias_rad_s[-1]))),
                gravity_m_s2=calibration.gravity_m_s2[name],
                clipped_samples=h.clipped_samples,
                slipped=any(s.clip == name for s in slips),
                site=sites[name],
                bench=name in benched,
            )
            for name, h in health.items()
        },
        gaps_s=tuple((name, a, b) for name, h in health.items() for a, b in h.gaps_s),
        warnings=tuple(warnings),
    )
