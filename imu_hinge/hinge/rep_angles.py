"""The grid that reps are counted, measured and judged on, whoever estimated its angles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.angles import JointAngles, clip_roles
from imu_hinge.body.kinematics import SegmentMotion
from imu_hinge.conventions import BACK, PELVIS, THIGH

__all__ = ["RepAngles"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RepAngles:
    """Time in s, angles and their SDs in degrees, (N,) each, NaN where these clips cannot tell.

    Joint angles count from standing and may be measured or estimated; the SD beside them says how well. Pitches, rolls
    and twists are those of the clips themselves (``conventions``, ``body.kinematics``); a twist counts from an
    arbitrary heading. ``trunk_pitch_deg`` is the pitch of the uppermost clip.
    """

    time_s: FloatArray
    hip_deg: FloatArray
    hip_sd_deg: FloatArray
    lumbar_deg: FloatArray
    lumbar_sd_deg: FloatArray
    knee_deg: FloatArray
    knee_sd_deg: FloatArray
    fold_deg: FloatArray
    trunk_pitch_deg: FloatArray
    thigh_pitch_deg: FloatArray
    pelvis_pitch_deg: FloatArray
    pelvis_roll_deg: FloatArray
    pelvis_twist_deg: FloatArray
    back_pitch_deg: FloatArray
    back_roll_deg: FloatArray
    back_twist_deg: FloatArray
    has_thigh: bool

    @staticmethod
    def of(
        time_s: FloatArray,
        joints: JointAngles,
        sites: Mapping[str, str],
        motion: Mapping[str, SegmentMotion],
    ) -> RepAngles:
        """The grid of joint angles that clips at ``sites`` gave, whose segments moved as in ``motion`` (by clip)."""
        roles = clip_roles(sites)
        nan = np.full(len(time_s), np.nan)
        worn = {role: motion[clip] for role, clip in roles.items()}
        pelvis, back = worn.get(PELVIS), worn.get(BACK)
        return RepAngles(
            time_s=time_s,
            hip_deg=joints.hip_flexion_deg,
            hip_sd_deg=joints.hip_flexion_sd_deg,
            lumbar_deg=joints.lumbar_flexion_deg,
            lumbar_sd_deg=joints.lumbar_flexion_sd_deg,
            knee_deg=joints.knee_flexion_deg,
            knee_sd_deg=joints.knee_flexion_sd_deg,
            fold_deg=joints.fold_deg,
            trunk_pitch_deg=joints.trunk_pitch_deg,
            thigh_pitch_deg=np.rad2deg(worn[THIGH].pitch_rad) if THIGH in worn else nan,
            pelvis_pitch_deg=np.rad2deg(pelvis.pitch_rad) if pelvis else nan,
            pelvis_roll_deg=np.rad2deg(pelvis.roll_rad) if pelvis else nan,
            pelvis_twist_deg=np.rad2deg(pelvis.twist_rad) if pelvis else nan,
            back_pitch_deg=np.rad2deg(back.pitch_rad) if back else nan,
            back_roll_deg=np.rad2deg(back.roll_rad) if back else nan,
            back_twist_deg=np.rad2deg(back.twist_rad) if back else nan,
            has_thigh=THIGH in roles,
        )

    @staticmethod
    def blank(time_s: FloatArray, *, has_thigh: bool, **known: FloatArray) -> RepAngles:
        """A grid on which only the ``known`` columns (N,) have values."""
        nan = np.full(len(time_s), np.nan)
        columns: dict[str, Any] = dict.fromkeys(_COLUMNS, nan) | known | {"time_s": time_s}
        return RepAngles(**columns, has_thigh=has_thigh)

    @staticmethod
    def join(parts: Sequence[RepAngles]) -> RepAngles:
        """Consecutive grids as one."""
        columns: dict[str, Any] = {name: np.concatenate([getattr(p, name) for p in parts]) for name in _COLUMNS}
        return replace(parts[-1], **columns)

    def part(self, rows: slice) -> RepAngles:
        """A stretch of the grid."""
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return replace(self, **columns)


_COLUMNS = tuple(f.name for f in fields(RepAngles) if f.name != "has_thigh")
