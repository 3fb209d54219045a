"""Reps drawn by hand: angle courses whose faults are known because they were put there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.faults import Judge, Judgement, SetContext, judge_for, judge_rep
from imu_hinge.hinge.neutral import DEPTHS, Reference
from imu_hinge.hinge.profiles import PROFILES
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.rep_course import RepCourse
from imu_hinge.hinge.reps import Rep, Tempo
from imu_hinge.hinge.verdicts import FaultVerdict

FloatArray = NDArray[np.float64]

PARAMS = FaultParams()
RATE_HZ = 100.0
STAND_S, DOWN_S, PAUSE_S, UP_S, AFTER_S = 1.0, 1.6, 0.2, 1.4, 0.8
START, BOTTOM = STAND_S, STAND_S + DOWN_S
LEAVE = BOTTOM + PAUSE_S
END = LEAVE + UP_S
TIME_S: FloatArray = np.arange(0.0, END + AFTER_S, 1.0 / RATE_HZ)

REFERENCE = Reference(
    lumbar_deg=5.0,
    lumbar_sd_deg=0.8,
    fold_deg=75.0,
    max_flexion_deg=50.0,
    hinges=3,
    thigh_deg=-25.0,
    trunk_deg=50.0,
    courses={
        "knee_deg": tuple((5.0 + 12.0 * DEPTHS).tolist()),
        **{name: (0.0,) * len(DEPTHS) for name in ("pelvis_roll_deg", "back_roll_deg")},
    },
)


def reach(x: FloatArray) -> FloatArray:
    """A minimum-jerk rise from 0 to 1 over 0..1."""
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10.0 + x * (6.0 * x - 15.0))


def there_and_back(lead_s: float = 0.0, time_s: FloatArray = TIME_S) -> FloatArray:
    """0 at the top, 1 at the bottom; ``lead_s`` earlier on the way down, as far by the bottom."""
    return reach((time_s - START + lead_s) / DOWN_S) - reach((time_s - LEAVE) / UP_S)


def after(begin_s: float, seconds: float = 0.2) -> FloatArray:
    """A step up that takes ``seconds``."""
    return reach((TIME_S - begin_s) / seconds)


@dataclass(frozen=True)
class Drawn:
    """A rep by hand, deg: how far each joint goes, and what is added to its course."""

    hip: float = 70.0
    lumbar: float = 5.0
    knee: float = 12.0
    thigh_share: float = 0.36
    lumbar_lead_s: float = 0.0
    lumbar_more: FloatArray | float = 0.0
    hip_more: FloatArray | float = 0.0
    knee_more: FloatArray | float = 0.0
    thigh_more: FloatArray | float = 0.0
    yaw: FloatArray | float = 0.0
    roll: FloatArray | float = 0.0
    sd: float = 1.0
    clips: tuple[str, ...] = ("thigh", "pelvis", "back")
    hide: tuple[str, ...] = field(default=())

    @property
    def grid(self) -> RepAngles:
        hip = self.hip * there_and_back() + self.hip_more
        lumbar = self.lumbar * there_and_back(self.lumbar_lead_s) + self.lumbar_more
        thigh = -self.thigh_share * self.hip * there_and_back() + self.thigh_more
        pelvis = hip + thigh
        back = pelvis + lumbar
        whole = np.ones_like(TIME_S)
        columns = {
            "hip_deg": hip,
            "hip_sd_deg": self.sd * whole,
            "lumbar_deg": lumbar,
            "lumbar_sd_deg": self.sd * whole,
            "knee_deg": 5.0 + self.knee * there_and_back() + self.knee_more,
            "knee_sd_deg": 3.0 * whole,
            "fold_deg": back - thigh,
            "trunk_pitch_deg": back,
        }
        if "thigh" in self.clips:
            columns["thigh_pitch_deg"] = thigh
        for clip, pitch in (("pelvis", pelvis), ("back", back)):
            if clip in self.clips:
                columns |= {
                    f"{clip}_pitch_deg": pitch,
                    f"{clip}_roll_deg": self.roll * whole,
                    f"{clip}_twist_deg": self.yaw * whole,
                }
        known = {name: values for name, values in columns.items() if name not in self.hide}
        return RepAngles.blank(TIME_S, has_thigh="thigh" in self.clips, **{k: np.asarray(v) for k, v in known.items()})

    @property
    def rep(self) -> Rep:
        fold = self.grid.fold_deg
        at = [int(np.argmin(np.abs(TIME_S - t))) for t in (START, BOTTOM, END)]
        return Rep(START, BOTTOM, END, *(float(fold[i]) for i in at), Tempo(DOWN_S, PAUSE_S, UP_S))

    @property
    def course(self) -> RepCourse:
        return RepCourse.cut(self.rep, self.grid, most_lumbar_sd_deg=PARAMS.most_lumbar_sd_deg)


def judge(reference: Reference = REFERENCE) -> Judge:
    return judge_for(reference, PARAMS, has_thigh=True)


def judged(
    drawn: Drawn, exercise: str = "rdl", context: SetContext | None = None, reference: Reference = REFERENCE
) -> Judgement:
    context = SetContext(way_down_s=DOWN_S) if context is None else context
    return judge_rep(drawn.course, judge(reference), context, PROFILES[exercise])


def names(drawn: Drawn, exercise: str = "rdl", context: SetContext | None = None) -> list[str]:
    return [f.name for f in judged(drawn, exercise, context).faults]


def fault(drawn: Drawn, name: str, exercise: str = "rdl") -> FaultVerdict:
    (found,) = [f for f in judged(drawn, exercise).faults if f.name == name]
    return found
