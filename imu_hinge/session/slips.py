"""Did a clip slip? While the athlete stands between reps, every clip must stand as it did at calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.body.kinematics import up_in_sensor
from imu_hinge.fusion.track import ClipTrack
from imu_hinge.session.sets import FoundSet

__all__ = ["Slip", "SlipParams", "find_slips"]

FloatArray = NDArray[np.float64]

_NOT_FROM_STANDING = ("bridge", "sit_to_stand", "sprint_start")


@dataclass(frozen=True)
class SlipParams:
    """What a slip looks like at the top of reps."""

    angle_rad: float = float(np.deg2rad(15.0))
    """Least lasting change of a clip's standing inclination, rad: lifters stand up to 12 deg differently between reps
    than before the set (real squats and bows)."""
    sideways_rad: float = float(np.deg2rad(8.0))
    """The same out of the sagittal plane, where posture changes less, rad."""
    tops: int = 4
    """It must show in so many tops in a row, to the end."""
    around_s: float = 0.1
    """Each top is averaged over this long either side, s."""


@dataclass(frozen=True)
class Slip:
    """A clip that slipped, the first top it shows at (s), and by how much (rad)."""

    clip: str
    time_s: float
    angle_rad: float


def find_slips(
    tracks: Mapping[str, ClipTrack],
    alignments: Mapping[str, ClipAlignment],
    sets: Sequence[FoundSet],
    rate_hz: float,
    params: SlipParams,
) -> tuple[Slip, ...]:
    """Clips whose inclination at the tops of reps has changed for good since calibration."""
    reps = [r for s in sets if s.exercise not in _NOT_FROM_STANDING for r in s.reps]
    tops_s = np.array(sorted(t for r in reps for t in (r.start_s, r.end_s)))
    if len(tops_s) < params.tops:
        return ()
    found = []
    for clip, track in tracks.items():
        away = np.array([_away(track, alignments[clip], t, rate_hz, params) for t in tops_s])
        known = np.isfinite(away[:, 0])
        times, angles = tops_s[known], away[known]
        within = np.flatnonzero(angles[:, 0] <= 1.0)
        first = int(within[-1]) + 1 if len(within) else 0
        if len(angles) - first >= params.tops:
            found.append(Slip(clip, float(times[first]), float(np.median(angles[first:, 1]))))
    return tuple(found)


def _away(
    track: ClipTrack, alignment: ClipAlignment, time_s: float, rate_hz: float, params: SlipParams
) -> tuple[float, float]:
    """How far the vertical is from that of the calibration, in the clip: as a share of what posture explains, and as
    an angle, rad; NaN in a gap."""
    middle, half = round(time_s * rate_hz) - track.first, max(1, round(params.around_s * rate_hz))
    up = up_in_sensor(track.quat[max(0, middle - half) : middle + half + 1])
    up = up[np.isfinite(up[:, 0])]
    if not len(up):
        return float("nan"), float("nan")
    mean = up.mean(axis=0)
    mean = mean / np.linalg.norm(mean)
    angle = float(np.arccos(np.clip(mean @ alignment.up, -1.0, 1.0)))
    sideways = abs(float(np.arcsin(np.clip(mean @ alignment.left, -1.0, 1.0))))
    return max(angle / params.angle_rad, sideways / params.sideways_rad), angle
