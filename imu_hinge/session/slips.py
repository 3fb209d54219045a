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

__all__ = ["Slip", "SlipParams", "SlipWatch", "find_slips", "slip_words"]

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


def slip_words(slip: Slip) -> str:
    """A slip as a sentence for the athlete."""
    return (
        f"the {slip.clip} clip slipped by {np.rad2deg(slip.angle_rad):.0f} deg before {slip.time_s:.0f} s:"
        " angles after that are left out; fix it and repeat the calibration"
    )


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


class SlipWatch:
    """The same while the session runs: a clip has slipped when so many tops in a row show it."""

    def __init__(self, rate_hz: float, params: SlipParams) -> None:
        self._params = params
        self._half_s = max(1, round(params.around_s * rate_hz)) / rate_hz
        self._parts: list[tuple[FloatArray, Mapping[str, FloatArray]]] = []
        self._row: dict[str, list[tuple[float, float, float]]] = {}

    def remember(self, time_s: FloatArray, up: Mapping[str, FloatArray], oldest_s: float) -> None:
        """Keep which way was up in each clip, (N, 3); forget what ended before ``oldest_s``."""
        self._parts.append((time_s, up))
        while self._parts and float(self._parts[0][0][-1]) < oldest_s:
            self._parts.pop(0)

    def restart(self) -> None:
        """The clips were calibrated anew."""
        self._row.clear()

    def take(
        self, exercise: str | None, tops_s: Sequence[float], alignments: Mapping[str, ClipAlignment]
    ) -> tuple[Slip, ...]:
        """Take the tops of a rep; give the clips that have slipped."""
        for clip, alignment in alignments.items() if exercise not in _NOT_FROM_STANDING else ():
            row = self._row.setdefault(clip, [])
            for top_s in tops_s:
                share, angle = _away_from(self._around(clip, top_s), alignment, self._params)
                if not np.isfinite(share):
                    continue
                if share <= 1.0:
                    row.clear()
                else:
                    row.append((top_s, share, angle))
        return tuple(
            Slip(clip, row[0][0], float(np.median([angle for _, _, angle in row])))
            for clip, row in self._row.items()
            if len(row) >= self._params.tops
        )

    def _around(self, clip: str, time_s: float) -> FloatArray:
        near = [
            up[clip][np.abs(at_s - time_s) <= self._half_s]
            for at_s, up in self._parts
            if at_s[0] <= time_s + self._half_s and at_s[-1] >= time_s - self._half_s
        ]
        return np.concatenate(near) if near else np.empty((0, 3))


def _away(
    track: ClipTrack, alignment: ClipAlignment, time_s: float, rate_hz: float, params: SlipParams
) -> tuple[float, float]:
    middle, half = round(time_s * rate_hz) - track.first, max(1, round(params.around_s * rate_hz))
    return _away_from(up_in_sensor(track.quat[max(0, middle - half) : middle + half + 1]), alignment, params)


def _away_from(up: FloatArray, alignment: ClipAlignment, params: SlipParams) -> tuple[float, float]:
    """How far the vertical (N, 3) is from that of the calibration, in the clip: as a share of what posture explains,
    and as an angle, rad; NaN in a gap."""
    up = up[np.isfinite(up[:, 0])]
    if not len(up):
        return float("nan"), float("nan")
    mean = up.mean(axis=0)
    mean = mean / np.linalg.norm(mean)
    angle = float(np.arccos(np.clip(mean @ alignment.up, -1.0, 1.0)))
    sideways = abs(float(np.arcsin(np.clip(mean @ alignment.left, -1.0, 1.0))))
    return max(angle / params.angle_rad, sideways / params.sideways_rad), angle
