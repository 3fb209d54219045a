"""Calibrating while the session runs: from the movements that were announced, as soon as they are over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.body.calibration import BodyCalibration, calibrate
from imu_hinge.body.kinematics import segment_pitch, up_in_sensor
from imu_hinge.conventions import THIGH
from imu_hinge.errors import CalibrationError
from imu_hinge.fusion.track import ClipTrack, join_tracks
from imu_hinge.recording.model import Segment
from imu_hinge.session.announced import Announced
from imu_hinge.session.params import SessionParams

__all__ = ["CALIBRATION_KINDS", "LiveCalibration", "LiveCalibrator"]

FloatArray = NDArray[np.float64]

CALIBRATION_KINDS = ("stand", "reference_hinge", "pelvic_tilt", "max_flexion")
_MEMORY_S = 600.0
_TRIAL_EVERY_S = 1.0
_MOVED_TRUNK_RAD = float(np.deg2rad(20.0))
_MOVED_THIGH_RAD = float(np.deg2rad(10.0))


@dataclass(frozen=True)
class LiveCalibration:
    """A new calibration, the tracks it was made from, and the segments it used."""

    body: BodyCalibration
    tracks: Mapping[str, ClipTrack]
    segments: tuple[Segment, ...]


class LiveCalibrator:
    """Remembers the last minutes and calibrates at whole seconds, once for every new piece of evidence."""

    def __init__(self, sites: Mapping[str, str], rate_hz: float, params: SessionParams, announced: Announced) -> None:
        """``announced`` is read only: who is told of segments keeps it."""
        self._sites = dict(sites)
        self._rate_hz = rate_hz
        self._params = params
        self._segments = announced
        self._memory: dict[str, list[ClipTrack]] = {name: [] for name in sites}
        self._used: tuple[Segment, ...] | None = None
        self._first_up: dict[str, FloatArray] = {}
        self._reach: dict[str, float] = dict.fromkeys(sites, 0.0)
        self.step = max(1, round(_TRIAL_EVERY_S * rate_hz))
        """Calibrations happen at grid indices that are multiples of this."""

    def calibrating(self, now_s: float) -> bool:
        """Whether a calibration movement is under way: a toe touch is no fault."""
        return any(s.kind in CALIBRATION_KINDS and s.start_s <= now_s < s.end_s for s in self._segments)

    def boundaries(self, start: int, stop: int) -> set[int]:
        """Grid indices inside [start, stop) at which the calibration may change."""
        return set(range(start + (-start) % self.step, stop, self.step)) if self._open(stop / self._rate_hz) else set()

    def remember(self, tracks: Mapping[str, ClipTrack]) -> None:
        """Keep the last minutes: a calibration segment may be told after it happened."""
        for name, track in tracks.items():
            kept = self._memory[name]
            kept.append(track)
            while track.first - (kept[0].first + len(kept[0])) > _MEMORY_S * self._rate_hz:
                kept.pop(0)
            if self._used is None:
                self._note_reach(name, track)

    def attempt(self, index: int) -> LiveCalibration | None:
        """At a whole second, calibrate if there is something new to calibrate from."""
        now_s = index / self._rate_hz
        if index % self.step or not self._open(now_s) or not all(self._memory.values()):
            return None
        wanted = self._over(now_s)
        has_hinge = any(s.kind == "reference_hinge" for s in wanted)
        if not has_hinge and not self._has_moved():
            return None
        tracks = self._remembered()
        oldest_s = next(iter(tracks.values())).first / self._rate_hz
        past = tuple(s for s in wanted if s.start_s >= oldest_s)
        if has_hinge and not any(s.kind == "reference_hinge" for s in past):
            self._used = wanted  # the hinge is out of memory; a later stand alone is no better
            return None
        try:
            body = calibrate(
                tracks, self._rate_hz, [*past, *self._segments.sets], self._sites, self._params.calibration
            )
        except CalibrationError:
            return None  # not yet: the next second may bring the stillness that is missing
        if not has_hinge and not _tipped(body.alignments, tracks):
            return None
        self._used = wanted
        return LiveCalibration(body, tracks, past)

    def _over(self, now_s: float) -> tuple[Segment, ...]:
        return tuple(s for s in self._segments if s.kind in CALIBRATION_KINDS and s.end_s <= now_s)

    def _open(self, now_s: float) -> bool:
        """Whether there is evidence that has not been used, and no reference hinge still to wait for."""
        if any(s.kind == "reference_hinge" and s.end_s > now_s for s in self._segments):
            return False
        return self._used is None or self._over(now_s) != self._used

    def _remembered(self) -> dict[str, ClipTrack]:
        for name, parts in self._memory.items():
            self._memory[name] = [join_tracks(parts)]
        n = len(next(iter(self._memory.values()))[0])
        start = max(0, n - round(_MEMORY_S * self._rate_hz))
        return {name: parts[0].part(start, n) for name, parts in self._memory.items()}

    def _note_reach(self, name: str, track: ClipTrack) -> None:
        """How far the clip has tipped from where it began: cheap, so that waiting costs nothing."""
        up = up_in_sensor(track.quat)
        up = up[np.isfinite(up[:, 0])]
        if not len(up):
            return
        first = self._first_up.setdefault(name, up[0].copy())
        cosine = float(np.min(up[:, 0] * first[0] + up[:, 1] * first[1] + up[:, 2] * first[2]))
        self._reach[name] = max(self._reach[name], float(np.arccos(np.clip(cosine, -1.0, 1.0))))

    def _has_moved(self) -> bool:
        return all(reach >= _least_rad(name) / 2 for name, reach in self._reach.items())


def _least_rad(name: str) -> float:
    return _MOVED_THIGH_RAD if name == THIGH else _MOVED_TRUNK_RAD


def _tipped(alignments: Mapping[str, ClipAlignment], tracks: Mapping[str, ClipTrack]) -> bool:
    """Whether every clip has tipped far enough for its axis to be believed."""
    for name, alignment in alignments.items():
        pitch = segment_pitch(tracks[name].quat, alignment)
        pitch = pitch[np.isfinite(pitch)]
        if not len(pitch) or float(pitch.max() - pitch.min()) < _least_rad(name):
            return False
    return True
