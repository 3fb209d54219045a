"""The streaming pipeline: rows in, angles, reps and cues out; live and replay are this one loop.

Feeding the same rows and header notes in any chunking gives identical output.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.angles import JointAngles, clip_roles, joint_angles
from imu_hinge.body.calibration import BodyCalibration
from imu_hinge.body.geometry import Measures
from imu_hinge.body.kinematics import SegmentMotion, segment_motions, up_in_sensor
from imu_hinge.body.personal import Personal
from imu_hinge.conventions import THIGH
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.fusion.track import ClipTrack
from imu_hinge.hinge.cue_settings import CueSettings
from imu_hinge.hinge.cues import Cue, CueEngine, cues_after
from imu_hinge.hinge.faults import Judge, judge_for
from imu_hinge.hinge.profiles import profile_of
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.recording.model import Segment
from imu_hinge.sensors.source import SampleBlock
from imu_hinge.session.announced import Announced
from imu_hinge.session.intake import GridSamples, Intake
from imu_hinge.session.live_calibration import CALIBRATION_KINDS, LiveCalibration, LiveCalibrator
from imu_hinge.session.live_reps import CountedRep, LiveReps
from imu_hinge.session.live_separation import LiveSeparation
from imu_hinge.session.measure import measure_rep
from imu_hinge.session.orienting import Orienter
from imu_hinge.session.params import SessionParams
from imu_hinge.session.personal import Known, reference_with
from imu_hinge.session.reference import find_reference, reference_reps
from imu_hinge.session.results import RepResult
from imu_hinge.session.separation import grid_laid_over, inclination_doubt_rad, laid_over
from imu_hinge.session.set_context import LiveContexts
from imu_hinge.session.sets import SET_MARGIN_S, free_fall
from imu_hinge.session.slips import Slip, SlipWatch, slip_words

__all__ = ["LiveRep", "Pipeline", "PipelineBlock"]

FloatArray = NDArray[np.float64]

_HISTORY_S = 90.0
"""How much of the angles a rep that ends now may need, beyond the longest stay its profile allows."""
_TOLD = 20
"""Reps that can be taken back."""
_LOCKOUT_S = 0.1
"""How much of the top after a rep's end a rep is judged with: more would delay its verdict."""


@dataclass(frozen=True)
class LiveRep:
    """A rep as the live path saw it, the exercise that was announced (None: found), and cues for the next rep."""

    exercise: str | None
    result: RepResult
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True)
class PipelineBlock:
    """What became known: angles in degrees on the grid, (N,) each, NaN until calibrated; reps that ended; cues."""

    time_s: FloatArray
    pitch_deg: Mapping[str, FloatArray]
    joints: JointAngles
    reps: tuple[LiveRep, ...] = ()
    cues: tuple[Cue, ...] = ()
    calibrated: bool = False
    up: Mapping[str, FloatArray] = field(default_factory=dict)
    """By clip, which way is up in the clip, (N, 3); NaN in gaps. Known before anything is calibrated."""

    @staticmethod
    def of_reps(after: PipelineBlock, reps: Sequence[LiveRep]) -> PipelineBlock:
        """Reps that ended, and no samples."""
        nothing = np.empty(0)
        return PipelineBlock(
            nothing, dict.fromkeys(after.pitch_deg, nothing), JointAngles.unknown(0), tuple(reps), calibrated=True
        )


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
        cue_settings: CueSettings | None = None,
        measures: Measures | None = None,
        athlete: Personal | None = None,
        serials: Mapping[str, str | None] | None = None,
        *,
        announced_only: bool = False,
    ) -> None:
        """``clips`` names the source's clips in index order; those in ``sites`` are used. ``athlete`` is what earlier
        sessions taught about the athlete, ``serials`` tells which clips are the same as then. ``announced_only``:
        nothing is counted or cued outside announced sets, not even before the first one."""
        self._params = SessionParams() if params is None else params
        self._sites = dict(sites)
        self._athlete = athlete
        self._serials = dict(serials or {})
        self._benched = {name: name in (bench or {}) for name in sites}
        self._athlete_warnings: tuple[str, ...] = ()
        self._rate_hz = rate_hz
        self._intake = Intake(
            clips,
            tuple(sites),
            clip_rates_hz,
            replace(self._params.resample, rate_hz=rate_hz),
            bench,
        )
        self._orienter = Orienter(tuple(sites), self._params.orientation, rate_hz)
        self._cue_settings = CueSettings() if cue_settings is None else cue_settings
        has_thigh = THIGH in clip_roles(sites)
        self._announced = Announced()
        self._announced_only = announced_only
        self._calibrator = LiveCalibrator(sites, rate_hz, self._params, self._announced)
        self._reps = LiveReps(
            rate_hz, self._params.reps, self._announced, has_thigh=has_thigh, everywhere=not announced_only
        )
        self._calibration: BodyCalibration | None = None
        self._cues: CueEngine | None = None
        self._judge: Judge | None = None
        self._history: list[RepAngles] = []
        self._ended: list[CountedRep] = []
        self._told: deque[CountedRep] = deque(maxlen=_TOLD)
        self._slip_watch = SlipWatch(rate_hz, self._params.slips)
        self._slips: tuple[Slip, ...] = ()
        self._contexts = LiveContexts(self._params.set_break_s)
        self._separation = LiveSeparation(
            sites,
            Measures() if measures is None else measures,
            self._benched,
            rate_hz,
            self._params.separation,
        )

    @property
    def calibration(self) -> BodyCalibration | None:
        """The calibration in force."""
        return self._calibration

    @property
    def folding(self) -> bool:
        """Whether a rep is under way."""
        return self._reps.folding

    @property
    def dropped_rows(self) -> int:
        """Rows that came too late for the live path."""
        return self._intake.dropped_rows

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about this session so far."""
        found = self._calibration.warnings if self._calibration is not None else ()
        found = (*found, *self._athlete_warnings, *map(slip_words, self._slips))
        found = (*found, *(() if self._cues is None else self._cues.notes))
        if self.dropped_rows:
            found = (*found, f"{self.dropped_rows} samples came too late for the live view; analyze uses them")
        return found

    @property
    def slips(self) -> tuple[Slip, ...]:
        """Clips that have slipped since they were calibrated."""
        return self._slips

    @property
    def judge(self) -> Judge | None:
        """What reps are judged by now; None until calibrated."""
        return self._judge

    def announce(self, segment: Segment) -> None:
        """A segment became known (from the header, or from a line between the rows). One that is not over yet ends at
        infinity, and is told again when it is over."""
        self._announced.tell(segment)

    def withdraw(self, kind: str, start_s: float) -> None:
        """A segment is taken back, with what it began to count."""
        self._announced.withdraw(kind, start_s)

    def undo(self, time_s: float) -> bool:
        """The newest rep that was under way at a time was none; whether there was one."""
        for counted in reversed(self._told):
            if counted.rep.start_s <= time_s <= counted.rep.end_s:
                self._told.remove(counted)
                self._reps.take_back(counted)
                self._contexts.take_back(counted.announced, counted.rep)
                return True
        return False

    def update(self, block: SampleBlock) -> list[PipelineBlock]:
        """Take rows; give what became known, cut wherever the calibration or the set changed."""
        return list(self.stream(block))

    def stream(self, block: SampleBlock) -> Iterator[PipelineBlock]:
        """The same bit by bit, to be taken to its end: angles and cues before reps that ended are worked out, which
        takes some tens of milliseconds; these come by themselves, in a block without samples."""
        samples = self._intake.update(block)
        if not samples:
            return
        first = next(iter(samples.values())).first
        n = len(next(iter(samples.values())))
        cuts = sorted({0, n, *(c - first for c in self._boundaries(first, first + n))})
        for a, b in pairwise(cuts):
            now = self._advance({name: part.part(a, b) for name, part in samples.items()})
            yield now
            reps = self._measured(float(now.time_s[-1])) if now.calibrated else []
            if reps:
                yield PipelineBlock.of_reps(now, reps)

    def finish(self) -> tuple[LiveRep, ...]:
        """The reps that the end of the stream cut off after their return."""
        if self._history:
            self._ended += self._reps.finish(self._history)
        return tuple(self._measured(np.inf))

    def _boundaries(self, start: int, stop: int) -> list[int]:
        """Grid indices inside (start, stop) at which something changes."""
        marks = self._reps.boundaries() | self._calibrator.boundaries(start, stop)
        for s in self._announced:
            if s.kind in (*CALIBRATION_KINDS, "set"):
                marks |= {int(np.ceil(t * self._rate_hz)) for t in (s.start_s, s.end_s) if np.isfinite(t)}
        return [m for m in marks if start < m < stop]

    def _coaching(self, now_s: float) -> bool:
        """Whether cues may fall: in an announced set, or, where none is, after a full calibration; sitting down with
        no reference of one's own is no fault."""
        if self._calibrator.calibrating(now_s):
            return False
        sets = self._announced.sets
        if sets or self._announced_only:
            return any(s.start_s <= now_s < s.end_s for s in sets)
        return self._calibration is not None and self._calibration.level == "full"

    def _planted(self, now_s: float) -> bool:
        """Whether the feet are on their spot, as far as what was announced tells."""
        free = [s for s in self._announced.sets if profile_of(s.exercise).foot == "free"]
        return not any(s.start_s - SET_MARGIN_S <= now_s <= s.end_s + SET_MARGIN_S for s in free)

    def _watched(self, now_s: float) -> tuple[tuple[str, ...], str | None]:
        """The faults that the set under way is watched for, and its exercise."""
        here = [s for s in self._announced.sets if s.start_s <= now_s < s.end_s]
        exercise = here[-1].exercise if here else None
        return profile_of(exercise).faults, exercise

    def _advance(self, samples: Mapping[str, GridSamples]) -> PipelineBlock:
        """One stretch without a change in it."""
        some = next(iter(samples.values()))
        time_s = (some.first + np.arange(len(some))) / self._rate_hz
        fresh = self._calibrator.attempt(some.first)
        if fresh is not None:
            self._adopt(fresh)
        tracks = self._orienter.update(samples)
        self._calibrator.remember(tracks)
        up = {name: up_in_sensor(track.quat) for name, track in tracks.items()}
        if self._calibration is None:
            nan = np.full(len(time_s), np.nan)
            joints = JointAngles.unknown(len(time_s))
            return PipelineBlock(time_s, dict.fromkeys(tracks, nan), joints, up=up)
        motion, joints = self._angles(tracks)
        falling = free_fall(tracks)
        if self._calibration.suspect:
            joints = joints.emptied(np.ones(len(time_s), bool))
        elif self._planted(float(time_s[0])):
            joints = self._separation.now(joints, motion, falling)
        else:
            self._separation.forget()
        grid = RepAngles.of(time_s, joints, self._sites, motion)
        self._keep_history(grid)
        self._slip_watch.remember(time_s, up, self._oldest_s(grid))
        if self._separation.able:
            doubt = inclination_doubt_rad(tracks, self._sites)
            self._separation.remember(time_s, motion, falling, doubt, self._oldest_s(grid))
        self._ended += self._reps.update(grid, falling, self._history)
        cues: list[Cue] = []
        if self._cues is not None and self._coaching(float(time_s[0])):
            cues = self._cues.update(grid, *self._watched(float(time_s[0])))
        return PipelineBlock(
            time_s,
            {name: np.rad2deg(m.pitch_rad) for name, m in motion.items()},
            joints,
            cues=tuple(cues),
            calibrated=True,
            up=up,
        )

    def _angles(self, tracks: Mapping[str, ClipTrack]) -> tuple[dict[str, SegmentMotion], JointAngles]:
        assert self._calibration is not None
        alignments = self._calibration.alignments
        motion = segment_motions(
            {n: t.quat for n, t in tracks.items()}, {n: t.acc_m_s2 for n, t in tracks.items()}, alignments
        )
        pitch = {n: m.pitch_rad for n, m in motion.items()}
        sd = {n: t.inclination_sd_rad for n, t in tracks.items()}
        return motion, joint_angles(pitch, sd, alignments, self._sites, self._params.angles)

    def _adopt(self, fresh: LiveCalibration) -> None:
        self._calibration = fresh.body
        self._slip_watch.restart()
        self._slips = ()
        past = self._orienter.looked_back(fresh.tracks)
        if fresh.body.level != "minimal":
            self._orienter.retune(past, fresh.body.alignments)
        motion, joints = self._angles(past)
        some = next(iter(past.values()))
        time_s = (some.first + np.arange(len(some))) / self._rate_hz
        grid = RepAngles.of(time_s, joints, self._sites, motion)
        if self._separation.able and not self._calibration.suspect:
            hinges = reference_reps(grid, fresh.segments, self._rate_hz, self._params.reps)
            known = self._known()
            courses = self._separation.learn(time_s, motion, free_fall(past), hinges, fresh.segments, known)
            if known is not None:
                told = known.warnings(self._separation.belief, strange=self._separation.strange)
                self._athlete_warnings = tuple(told)
            joints = laid_over(joints, time_s, courses)
            grid = RepAngles.of(time_s, joints, self._sites, motion)
        shown = find_reference(grid, fresh.segments, self._rate_hz, self._params.reps)
        has_thigh = THIGH in clip_roles(self._sites)
        reference = reference_with(self._athlete, shown, has_thigh=has_thigh)
        self._judge = judge_for(reference, self._params.faults, has_thigh=has_thigh)
        if self._cues is None:
            self._cues = CueEngine(self._judge, self._cue_settings)
        else:
            self._cues.retune(self._judge)

    def _known(self) -> Known | None:
        assert self._calibration is not None
        alignments, carry = self._calibration.alignments, self._params.carry
        return Known.of(self._athlete, self._sites, alignments, self._serials, self._benched, carry)

    def _measured(self, now_s: float) -> list[LiveRep]:
        """Reps whose end, which is extrapolated, and lockout the grid has reached."""
        ready = [e for e in self._ended if e.rep.end_s + _LOCKOUT_S <= now_s]
        self._ended = [e for e in self._ended if e.rep.end_s + _LOCKOUT_S > now_s]
        if not ready or self._judge is None:
            return []
        grid = RepAngles.join(self._history)
        live = []
        for e in ready:
            trusted = self._calibration is not None and not self._calibration.suspect and not self._slips
            exercise = e.announced.exercise if e.announced is not None else None
            seen = grid
            if self._separation.able and trusted and profile_of(exercise).foot != "free":
                seen = grid_laid_over(grid, self._separation.follow(e.rep, e.rep.end_s + _LOCKOUT_S))
            context = self._contexts.of(e.announced, e.rep, seen)
            result = measure_rep(
                e.rep,
                e.index,
                None,
                seen,
                self._judge,
                profile_of(exercise),
                context,
                trusted=trusted,
                after_s=_LOCKOUT_S,
            )
            muted = self._cue_settings.of(exercise).muted
            live.append(LiveRep(exercise, result, cues_after(result.faults, result.end_s, muted)))
            self._told.append(e)
            if self._calibration is not None:
                tops_s = (e.rep.start_s, e.rep.end_s)
                self._slips = self._slip_watch.take(exercise, tops_s, self._calibration.alignments)
        return live

    def _oldest_s(self, grid: RepAngles) -> float:
        """What ended before this no rep that ends now can need."""
        return float(grid.time_s[-1]) - _HISTORY_S - self._reps.longest_stay_s

    def _keep_history(self, grid: RepAngles) -> None:
        self._history.append(grid)
        oldest = self._oldest_s(grid)
        while self._history and float(self._history[0].time_s[-1]) < oldest:
            self._history.pop(0)
