"""Hips from lumbar spine while the session runs: constants from the calibration, each rep smoothed as it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.angles import JointAngles, clip_roles
from imu_hinge.body.geometry import ChainBelief, Measures, believed
from imu_hinge.body.kinematics import SegmentMotion
from imu_hinge.body.live_filter import LiveFilter, LiveState
from imu_hinge.body.live_prior import PersonalPrior
from imu_hinge.body.separation import SeparationParams, follow, quiet_stance, separate
from imu_hinge.body.smoother import Course, Noise
from imu_hinge.conventions import BACK, PELVIS, THIGH
from imu_hinge.hinge.reps import Rep
from imu_hinge.recording.model import Segment
from imu_hinge.session.personal import Known
from imu_hinge.session.separation import Stretch, movement_of, separable, stretches, widened

__all__ = ["LiveSeparation"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class _Part:
    time_s: FloatArray
    motion: Mapping[str, SegmentMotion]
    falling: BoolArray
    doubt_rad: FloatArray


class LiveSeparation:
    """Remembers how the clips moved and follows one rep after the other."""

    def __init__(
        self,
        sites: Mapping[str, str],
        measures: Measures,
        benched: Mapping[str, bool],
        rate_hz: float,
        params: SeparationParams,
    ) -> None:
        """``benched`` tells which clips have a bench calibration."""
        self._sites, self._rate_hz, self._params = dict(sites), rate_hz, params
        self._levels = separable(sites, params)
        self._noise: Noise = params.smoother.start_noise
        self._parts: list[_Part] = []
        self._belief: ChainBelief | None = None
        if self._levels is not None:
            roles = clip_roles(sites)
            calibrated = {role: benched.get(roles[role], False) for role in (THIGH, BACK)}
            self._belief = believed(measures, sites[roles[BACK]], params.geometry, calibrated)
        self._first_belief = self._belief
        self._measured = PELVIS in clip_roles(sites)
        self._widen = 1.0 if self._measured else params.sd_factor
        self._filter: LiveFilter | None = None
        self._start: LiveState | None = None
        self.strange = False
        """Whether the calibration movements did not fit what was known of the athlete."""

    @property
    def belief(self) -> ChainBelief | None:
        """The constants as believed now."""
        return self._belief

    @property
    def able(self) -> bool:
        """Whether the clips worn can tell hips from spine."""
        return self._levels is not None

    def remember(
        self,
        time_s: FloatArray,
        motion: Mapping[str, SegmentMotion],
        falling: BoolArray,
        doubt_rad: FloatArray,
        oldest_s: float,
    ) -> None:
        """Keep a stretch; forget what ended before ``oldest_s``."""
        self._parts.append(_Part(time_s, motion, falling, doubt_rad))
        while self._parts and float(self._parts[0].time_s[-1]) < oldest_s:
            self._parts.pop(0)

    def learn(
        self,
        time_s: FloatArray,
        motion: Mapping[str, SegmentMotion],
        falling: BoolArray,
        references: Sequence[Rep],
        segments: Sequence[Segment],
        known: Known | None = None,
    ) -> tuple[Course | None, ...]:
        """Learn the constants anew from the calibration movements, whose courses these are; ``known`` is what earlier
        sessions taught about the athlete."""
        if self._levels is None or self._first_belief is None:
            return ()
        self.strange = False
        first, params = self._first_belief, self._params
        if known is not None:
            first, params = known.belief(first), known.noise(params)
            self._belief, self._noise = first, params.smoother.start_noise
        roles = clip_roles(self._sites)
        quiet = self._quiet([motion[roles[THIGH]], motion[roles[BACK]]])
        movements = [
            movement_of(s, time_s, motion, self._sites, quiet, falling, self._rate_hz, self._params)
            for s in stretches(references, segments, (), time_s[quiet], self._params)
        ]
        self._parts = [_Part(time_s, dict(motion), falling, np.zeros(len(time_s)))]
        if not movements:
            if known is not None:
                self._filter = LiveFilter(first, self._levels, self._rate_hz, self._noise)
                self._start = self._filter.state
            return ()
        found = separate(movements, self._rate_hz, first, self._levels, params)
        if known is not None and found.odd:
            again = separate(movements, self._rate_hz, self._first_belief, self._levels, self._params)
            found, self.strange = (found, False) if again.odd else (again, True)
        self._belief = None if found.odd else found.belief
        self._noise, self._widen = found.noise, found.widen
        self._filter = None
        if self._belief is not None:
            neutral = [c for m, c in zip(movements, found.courses, strict=True) if m.neutral and c is not None]
            prior = PersonalPrior.learnt(neutral) if neutral else None
            self._filter = LiveFilter(self._belief, self._levels, self._rate_hz, self._noise, prior)
            self._start = self._filter.state
        return found.courses

    def forget(self) -> None:
        """Start the live filter anew: the feet were not on their spot."""
        if self._filter is not None and self._start is not None:
            self._filter.state = self._start

    def now(self, joints: JointAngles, motion: Mapping[str, SegmentMotion], falling: BoolArray) -> JointAngles:
        """Live angles (N,) of the next samples; where a pelvis clip measures hip and lumbar flexion these stay."""
        if self._filter is None:
            return joints
        roles = clip_roles(self._sites)
        thigh, back = motion[roles[THIGH]], motion[roles[BACK]]
        live = self._filter.update(
            thigh.pitch_rad,
            back.pitch_rad,
            thigh.sagittal_acc_m_s2,
            back.sagittal_acc_m_s2,
            airborne=falling,
        )
        joints = replace(joints, knee_flexion_deg=np.rad2deg(live.knee_rad))
        if self._measured:
            return joints
        widen = self._widen / self._params.sd_factor
        known = np.isfinite(live.lumbar_rad)
        return replace(
            joints,
            hip_flexion_deg=np.where(known, np.rad2deg(live.hip_rad), joints.hip_flexion_deg),
            hip_flexion_sd_deg=np.where(known, widen * np.rad2deg(live.hip_sd_rad), joints.hip_flexion_sd_deg),
            lumbar_flexion_deg=np.rad2deg(live.lumbar_rad),
            lumbar_flexion_sd_deg=widen * np.rad2deg(live.lumbar_sd_rad),
        )

    def follow(self, rep: Rep, until_s: float) -> Course | None:
        """The course of a rep that has ended, from what was measured up to ``until_s``."""
        if self._levels is None or self._belief is None:
            return None
        stretch = Stretch(rep.start_s - self._params.pad_s, until_s)
        parts = [p for p in self._parts if p.time_s[-1] >= stretch.start_s and p.time_s[0] <= stretch.end_s]
        if not parts:
            return None
        roles = clip_roles(self._sites)
        time_s = np.concatenate([p.time_s for p in parts])
        rows = slice(*np.searchsorted(time_s, [stretch.start_s, stretch.end_s]).tolist())
        falling = np.concatenate([p.falling for p in parts])[rows]
        motion = {clip: _joined([p.motion[clip] for p in parts], rows) for clip in roles.values()}
        quiet = self._quiet([motion[roles[THIGH]], motion[roles[BACK]]])
        movement = movement_of(stretch, time_s[rows], motion, self._sites, quiet, falling, self._rate_hz, self._params)
        followed = follow(movement, self._rate_hz, self._belief, self._noise, self._levels, self._params)
        return widened(
            None if followed is None else followed.widened(self._widen),
            time_s,
            np.concatenate([p.doubt_rad for p in parts]),
        )

    def _quiet(self, worn: Sequence[SegmentMotion]) -> BoolArray:
        return quiet_stance(
            [m.pitch_rad for m in worn], [m.sagittal_acc_m_s2 for m in worn], self._rate_hz, self._params
        )


def _joined(parts: Sequence[SegmentMotion], rows: slice) -> SegmentMotion:
    return SegmentMotion(
        np.concatenate([p.pitch_rad for p in parts])[rows],
        np.concatenate([p.roll_rad for p in parts])[rows],
        np.concatenate([p.twist_rad for p in parts])[rows],
        np.concatenate([p.sagittal_acc_m_s2 for p in parts])[rows],
    )
