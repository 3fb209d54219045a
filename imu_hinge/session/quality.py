"""How healthy a session was: calibration, streams, slips, and what the athlete should know about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

import numpy as np

from imu_hinge.body.calibration import BodyCalibration
from imu_hinge.body.separation import Separated
from imu_hinge.conventions import BACK, PELVIS
from imu_hinge.fusion.track import ClipTrack
from imu_hinge.recording.model import Recording
from imu_hinge.session.reference import Reference
from imu_hinge.session.results import AthleteQuality, ClipQuality, Quality
from imu_hinge.session.slips import Slip, slip_words
from imu_hinge.session.tracks import StreamHealth

__all__ = ["session_quality"]

_LATE_S = 2.0
_LONG_GAP_S = 1.0
_LOSS = 0.02


def session_quality(
    recording: Recording,
    tracks: Mapping[str, ClipTrack],
    health: Mapping[str, StreamHealth],
    calibration: BodyCalibration,
    slips: tuple[Slip, ...],
    sites: Mapping[str, str],
    reference: Reference,
    separated: Separated | None,
    benched: Set[str],
    athlete: AthleteQuality | None = None,
    athlete_warnings: Sequence[str] = (),
) -> Quality:
    """Everything a session's health comes to; warnings are sentences for the athlete."""
    warnings = [
        *recording.warnings,
        *calibration.warnings,
        *_session_warnings(recording, calibration, slips, sites, reference, separated),
        *athlete_warnings,
        *_stream_warnings(recording, health),
    ]
    return Quality(
        calibration=calibration.level,
        clock_residual_ms=_clock_residual_ms(recording, tracks),
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
        athlete=athlete,
    )


def _clock_residual_ms(recording: Recording, clips: Iterable[str]) -> float | None:
    """The worst clip's scatter about the common clock, as a live recording notes it at its end; None elsewhere."""
    noted = [recording.number(f"clip.{name}.clock_residual_ms") for name in clips]
    return max((value for value in noted if value is not None), default=None)


def _session_warnings(
    recording: Recording,
    calibration: BodyCalibration,
    slips: tuple[Slip, ...],
    sites: Mapping[str, str],
    reference: Reference,
    separated: Separated | None,
) -> list[str]:
    warnings = []
    if calibration.level == "minimal":
        warnings.append("no calibration movements: standing and axes were taken from the recording itself")
    warnings += [slip_words(s) for s in slips]
    measured = BACK in sites and PELVIS in sites
    estimated = separated is not None and not separated.odd and not measured
    if separated is not None and separated.odd and not measured:
        warnings.append(
            "thigh and back clip moved as no planted leg and spine would: hips and lumbar spine are not told apart."
            " Are the clips where their names say, and were the feet on their spot?"
        )
    elif not measured and not estimated and not calibration.suspect:
        lacking = "back clip at T12 or L1" if PELVIS in sites or sites.get(BACK) == "S1" else "clip on the sacrum"
        warnings.append(f"lumbar flexion cannot be told with these clips: wear a {lacking} as well")
    if sites.get(BACK) in ("L3", "L4") and not measured:
        warnings.append("a back clip at L3 or L4 sees neither the pelvis nor the whole spine: move it up to T12/L1")
    if measured and sites[BACK] == "S1":
        warnings.append("pelvis and back clip both sit on the sacrum: move the back clip up to T12/L1 to see the spine")
    elif measured and sites[BACK] == "L5":
        warnings.append("a back clip at L5 sees a fifth of the lumbar spine: move it up to T12/L1")
    elif (measured or estimated) and reference.lumbar_deg is None and not recording.segments_of("reference_hinge"):
        warnings.append("no reference hinge: rounding is judged against an average neutral hinge")
    elif (measured or estimated) and reference.lumbar_deg is None:
        warnings.append("no reference hinge could be measured: rounding is judged against an average neutral hinge")
    return warnings


def _stream_warnings(recording: Recording, health: Mapping[str, StreamHealth]) -> list[str]:
    warnings = [
        f"the {name} clip has no samples to speak of ({len(clip)}) and was left out"
        for name, clip in recording.clips.items()
        if len(clip) < 2
    ]
    start_s = min(float(recording.clips[name].time_s[0]) for name in health)
    end_s = max(float(recording.clips[name].time_s[-1]) for name in health)
    for name, h in health.items():
        clip = recording.clips[name]
        late, early = float(clip.time_s[0]) - start_s, end_s - float(clip.time_s[-1])
        long = [b - a for a, b in h.gaps_s if b - a > _LONG_GAP_S]
        if long:
            times = "once" if len(long) == 1 else f"{len(long)} times"
            warnings.append(f"the {name} clip was silent {times}, up to {max(long):.1f} s: angles are empty there")
        if late > _LATE_S:
            warnings.append(f"the {name} clip begins {late:.0f} s after the others")
        if early > _LATE_S:
            warnings.append(f"the {name} clip ends {early:.0f} s before the others")
        if h.loss_fraction > _LOSS:
            warnings.append(f"the {name} clip lost {100 * h.loss_fraction:.0f} % of its samples")
        if h.clipped_samples:
            warnings.append(f"the {name} clip was driven beyond its range in {h.clipped_samples} samples")
    return warnings
