"""The streaming pipeline: rows in, angles, reps and cues out; live and replay are this one loop.

Feeding the same rows and header notes in any chunking gives identical output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.angles import JointAngles, clip_roles, joint_angles
from imu_hinge.body.calibration import BodyCalibration, calibrate
from imu_hinge.body.kinematics import segment_pitch, segment_pitches
from imu_hinge.conventions import PELVIS, THIGH
from imu_hinge.errors import CalibrationError
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.fusion.track import ClipTrack, join_tracks
from imu_hinge.hinge.cues import Cue, CueEngine, CueParams
from imu_hinge.hinge.faults import Judge, judge_for
from imu_hinge.hinge.reps import Rep, RepCounter
from imu_hinge.recording.model import Segment
from imu_hinge.sensors.source import SampleBlock
from imu_hinge.session.intake import Intake
from imu_hinge.session.measure import RepAngles, measure_rep
from imu_hinge.session.params import SessionParams
from imu_hinge.session.reference import find_reference
from imu_hinge.session.results import RepResult
from imu_hinge.session.sets import SET_MARGIN_S, announced_reps, counter_for, free_fall, unannounced_reps

__all__ = ["LiveRep", "Pipeline", "PipelineBlock"]

FloatArray = NDArray[np.float64]

_CALIBRATION_KINDS = ("stand", "reference_hinge", "pelvic_tilt", "max_flexion")
_MEMORY_S = 600.0
_TRIAL_EVERY_S = 1.0
_HISTORY_S = 90.0
_MOVED_TRUNK_RAD = float(np.deg2rad(20.0))
_MOVED_THIGH_RAD = float(np.deg2rad(10.0))


@dataclass(frozen=True)
class LiveRep:
    """A rep as the live path saw it, and the exercise that was announced (None: found)."""

    exercise: str | None
    result: RepResult


@dataclass(frozen=True)
class PipelineBlock:
    """What became known: angles in degrees on the grid, (N,) each, NaN until calibrated; reps that ended; cues."""

    time_s: FloatArray
    pitch_deg: Mapping[str, FloatArray]
    joints: JointAngles
    reps: tuple[LiveRep, ...] = ()
    cues: tuple[Cue, ...] = ()
    calibrated: bool = False


class Pipeline:
    """Streams one session. Header segments are told by ``announce`` when they arrive."""

    def __init__(
        self,
        clips: Sequence[str],
        sites: Mapping[str, str],
        rate_hz: float,
        clip_rates_hz: Mapping[str, float],
        params: SessionParams | None = None,
        bench: Mapping[str, BenchCalibration] | None = None,
        cue_params: CueParams | None = None,
    ) -> None:
        """``clips`` names the source's clips in index order; those in ``sites`` are used."""
        self._params = SessionParams() if params is None else params
        self._sites = dict(sites)
        self._rate_hz = rate_hz
        self._intake = Intake(
            clips,
            tuple(sites),
            clip_rates_hz,
            replace(self._params.resample, rate_hz=rate_hz),
            self._params.orientation,
            bench,
        )
        self._cue_params = CueParams() if cue_params is None else cue_params
        self._segments: list[Segment] = []
        self._memory: dict[str, list[ClipTrack]] = {name: [] for name in sites}
        self._calibration: BodyCalibration | None = None
        self._settled = False
        self._cues: CueEngine | None = None
        self._judge: Judge | None = None
        self._counter: RepCounter | None = None
        self._counting: Segment | None = None
        self._index = 0
        self._history: list[RepAngles] = []
        self._ended: list[tuple[Segment | None, int, Rep]] = []

    @property
    def calibration(self) -> BodyCalibration | None:
        """The calibration in force."""
        return self._calibration

    @property
    def folding(self) -> bool:
        """Whether a rep is under way."""
        return self._counter is not None and self._counter.folding

    @property
    def dropped_rows(self) -> int:
        """Rows that came too late for the live path."""
        return self._intake.dropped_rows

    def announce(self, segment: Segment) -> None:
        """A segment became known (from the header, or from a line between the rows)."""
        self._segments.append(segment)
        if segment.kind in _CALIBRATION_KINDS:
            self._settled = False

    def update(self, block: SampleBlock) -> list[PipelineBlock]:
        """Take rows; give what became known, cut wherever the calibration or the set changed."""
        tracks = self._intake.update(block)
        if not tracks:
            return []
        first = next(iter(tracks.values())).first
        n = len(next(iter(tracks.values())))
        cuts = sorted({0, n, *(c - first for c in self._boundaries(first, first + n))})
        return [self._advance({name: track.part(a, b) for name, track in tracks.items()}) for a, b in pairwise(cuts)]

    def finish(self) -> tuple[LiveRep, ...]:
        """The rep that the end of the stream cut off after its return."""
        if self._counter is not None:
            self._queue(self._counter.finish())
        return tuple(self._measured(np.inf))

    def _boundaries(self, start: int, stop: int) -> list[int]:
        """Grid indices inside (start, stop) at which something changes."""
        times: list[float] = []
        for s in self._segments:
            if s.kind in _CALIBRATION_KINDS:
                times += [s.start_s, s.end_s]
            elif s.kind == "set":
                times += [s.start_s - SET_MARGIN_S, s.end_s + SET_MARGIN_S]
        marks = {int(np.ceil(t * self._rate_hz)) for t in times}
        every = self._trial_step()
        if not self._settled:
            marks |= set(range(start + (-start) % every, stop, every))
        return [m for m in marks if start < m < stop]

    def _calibrating(self, now_s: float) -> bool:
        """Whether a calibration movement is under way: a toe touch is no fault."""
        return any(s.kind in _CALIBRATION_KINDS and s.start_s <= now_s < s.end_s for s in self._segments)

    def _trial_step(self) -> int:
        return max(1, round(_TRIAL_EVERY_S * self._rate_hz))

    def _advance(self, tracks: dict[str, ClipTrack]) -> PipelineBlock:
        """One stretch without a change in it."""
        some = next(iter(tracks.values()))
        time_s = (some.first + np.arange(len(some))) / self._rate_hz
        if not self._settled and some.first % self._trial_step() == 0:
            self._recalibrate(float(time_s[0]))
        self._remember(tracks)
        if self._calibration is None:
            nan = np.full(len(time_s), np.nan)
            joints = JointAngles(nan, nan, nan, nan, nan, nan)
            return PipelineBlock(time_s, dict.fromkeys(tracks, nan), joints)
        pitch, joints = self._angles(tracks)
        self._keep_history(self._grid(time_s, joints))
        reps = self._count(time_s, joints, tracks)
        listening = self._cues is not None and not self._calibrating(float(time_s[0]))
        cues = self._cues.update(time_s, joints.lumbar_flexion_deg, joints.fold_deg) if self._cues and listening else []
        return PipelineBlock(
            time_s,
            {name: np.rad2deg(p) for name, p in pitch.items()},
            joints,
            tuple(reps),
            tuple(cues),
            calibrated=True,
        )

    def _angles(self, tracks: Mapping[str, ClipTrack]) -> tuple[dict[str, FloatArray], JointAngles]:
        assert self._calibration is not None
        alignments = self._calibration.alignments
        pitch = segment_pitches({n: t.quat for n, t in tracks.items()}, alignments)
        sd = {n: t.inclination_sd_rad for n, t in tracks.items()}
        return pitch, joint_angles(pitch, sd, alignments, self._sites, self._params.angles)

    def _grid(self, time_s: FloatArray, joints: JointAngles) -> RepAngles:
        roles = clip_roles(self._sites)
        return RepAngles(
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

    def _remember(self, tracks: Mapping[str, ClipTrack]) -> None:
        """Keep the last minutes: a calibration segment may be told after it happened."""
        for name, track in tracks.items():
            kept = self._memory[name]
            kept.append(track)
            while track.first - (kept[0].first + len(kept[0])) > _MEMORY_S * self._rate_hz:
                kept.pop(0)

    def _remembered(self) -> dict[str, ClipTrack]:
        """The memory as one track a clip; it stays joined, so that asking every second does not cost every part."""
        for parts in self._memory.values():
            track = join_tracks(parts)
            parts[:] = [track.part(max(0, len(track) - round(_MEMORY_S * self._rate_hz)), len(track))]
        return {name: parts[0] for name, parts in self._memory.items()}

    def _recalibrate(self, now_s: float) -> None:
        """Every second until everything that was announced has been used: at once where a reference hinge has been
        seen, otherwise when every clip has moved enough to know its axis."""
        if not all(self._memory.values()):
            return
        tracks = self._remembered()
        oldest_s = next(iter(tracks.values())).first / self._rate_hz
        segments = [s for s in self._segments if s.kind in _CALIBRATION_KINDS]
        past = [s for s in segments if oldest_s <= s.start_s and s.end_s <= now_s]
        if any(s.kind == "reference_hinge" and s.end_s > now_s for s in segments):
            return
        has_hinge = any(s.kind == "reference_hinge" for s in past)
        if not has_hinge and self._calibration is not None and self._calibration.level == "full":
            self._settled = True  # the hinge is out of memory; a later stand alone is no better
            return
        try:
            calibration = calibrate(
                tracks, self._rate_hz, [*past, *self._sets()], self._sites, self._params.calibration
            )
        except CalibrationError:
            return  # not yet: the next second may bring the stillness that is missing
        if not has_hinge and not _has_moved(calibration, tracks):
            return
        self._calibration = calibration
        self._settled = not any(s.end_s > now_s for s in segments)
        _, joints = self._angles(tracks)
        some = next(iter(tracks.values()))
        time_s = (some.first + np.arange(len(some))) / self._rate_hz
        reference = find_reference(self._grid(time_s, joints), past, self._rate_hz, self._params.reps)
        self._judge = judge_for(
            reference.lumbar_deg, reference.fold_deg, reference.max_flexion_deg, self._params.faults
        )
        self._cues = CueEngine(self._judge, self._cue_params)

    def _sets(self) -> list[Segment]:
        return [s for s in self._segments if s.kind == "set"]

    def _count(self, time_s: FloatArray, joints: JointAngles, tracks: Mapping[str, ClipTrack]) -> list[LiveRep]:
        now_s = float(time_s[0])
        sets = self._sets()
        here = next((s for s in sets if s.start_s - SET_MARGIN_S <= now_s < s.end_s + SET_MARGIN_S), None)
        if here is not self._counting or (self._counter is None and (here is not None or not sets)):
            if self._counter is not None:
                self._queue(self._counter.finish())
            self._counting = here
            self._counter = None
            self._index = 0
            if here is not None or not sets:
                exercise = here.exercise if here is not None else None
                has_thigh = THIGH in clip_roles(self._sites)
                self._counter = counter_for(exercise, self._rate_hz, self._params.reps, has_thigh=has_thigh)
        if self._counter is not None:
            found = self._counter.update(time_s, joints.fold_deg, free_fall(tracks), joints.trunk_pitch_deg)
            self._queue(found)
        return self._measured(float(time_s[-1]))

    def _queue(self, reps: list[Rep]) -> None:
        if not reps:
            return
        for rep in self._belonging(reps):
            self._index += 1
            self._ended.append((self._counting, self._index, rep))

    def _belonging(self, reps: list[Rep]) -> list[Rep]:
        """Reps that count: inside the announced set, or outside every calibration movement."""
        if self._counting is not None:
            return announced_reps(reps, self._counting)
        return unannounced_reps(reps, _join_grids(self._history), self._segments)

    def _measured(self, now_s: float) -> list[LiveRep]:
        """Reps whose end, which is extrapolated, the grid has reached."""
        ready = [e for e in self._ended if e[2].end_s <= now_s]
        self._ended = [e for e in self._ended if e[2].end_s > now_s]
        if not ready or self._judge is None:
            return []
        grid = _join_grids(self._history)
        trusted = self._calibration is not None and not self._calibration.suspect
        return [
            LiveRep(
                s.exercise if s is not None else None,
                measure_rep(rep, index, None, grid, self._judge, trusted=trusted),
            )
            for s, index, rep in ready
        ]

    def _keep_history(self, grid: RepAngles) -> None:
        self._history.append(grid)
        oldest = float(grid.time_s[-1]) - _HISTORY_S
        while self._history and float(self._history[0].time_s[-1]) < oldest:
            self._history.pop(0)


def _has_moved(calibration: BodyCalibration, tracks: Mapping[str, ClipTrack]) -> bool:
    """Whether every clip has tipped far enough for its axis to be believed."""
    for name, alignment in calibration.alignments.items():
        pitch = segment_pitch(tracks[name].quat, alignment)
        pitch = pitch[np.isfinite(pitch)]
        least = _MOVED_THIGH_RAD if name == THIGH else _MOVED_TRUNK_RAD
        if not len(pitch) or float(pitch.max() - pitch.min()) < least:
            return False
    return True


def _join_grids(parts: list[RepAngles]) -> RepAngles:
    return RepAngles(
        np.concatenate([p.time_s for p in parts]),
        np.concatenate([p.hip_deg for p in parts]),
        np.concatenate([p.hip_sd_deg for p in parts]),
        np.concatenate([p.lumbar_deg for p in parts]),
        np.concatenate([p.lumbar_sd_deg for p in parts]),
        np.concatenate([p.fold_deg for p in parts]),
        np.concatenate([p.trunk_pitch_deg for p in parts]),
        parts[-1].hip_measured,
        parts[-1].has_thigh,
    )
