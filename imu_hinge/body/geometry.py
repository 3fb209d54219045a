"""What is believed about an athlete's chain before any movement: lengths from height or tape, and how sure they are.

Lengths as shares of height after Winter (Biomechanics and Motor Control of Human Movement, 2009, fig. 4.1) and
de Leva (1996); the hip centre to L5/S1 after Reed (1999), the lumbar spine after Panjabi (1992, vertebra with disc
37-39 mm). Tape measures, where given, replace them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import LUMBAR_LEVELS, LUMBAR_SHARE_BELOW

__all__ = ["CONSTANTS", "ChainBelief", "GeometryParams", "Measures", "believed", "levels_below"]

FloatArray = NDArray[np.float64]

CONSTANTS: Final = (
    "shank_m",
    "thigh_m",
    "thigh_clip_m",
    "thigh_clip_ahead_m",
    "hip_ahead_m",
    "s1_ahead_m",
    "s1_above_m",
    "lumbar_m",
    "back_clip_ahead_m",
    "hip_side_m",
    "thigh_gain",
    "thigh_fold_gain",
    "thigh_slide_m",
    "thigh_rock_s2_m",
    "back_rock_s2_m",
    "back_gain",
    "share_below",
    "thigh_acc_x_m_s2",
    "thigh_acc_z_m_s2",
    "thigh_acc_scale",
    "thigh_acc_cross",
    "thigh_gyr_scale",
    "back_acc_x_m_s2",
    "back_acc_z_m_s2",
    "back_acc_scale",
    "back_acc_cross",
    "back_gyr_scale",
    "standing_shank_rad",
    "reference_lumbar_rad",
)
"""What stays the same for one athlete and one placing of the clips: the shared unknowns of the chain model.

Lengths from ankle to knee, knee to hip, knee to the thigh clip and S1 to T12; how far the clip and the hip lie ahead of
the thigh's standing vertical, S1 ahead of and above the hip, the back clip ahead of the spine, the hip of the thigh
clip's leg to the left of the midline; skin gains (share of a pitch, or of the fold of trunk against thigh, that is
skin), how far the thigh clip slides up the thigh per rad of fold, and how far each clip rocks on its skin per m/s²
ahead of it, rad; the share of lumbar flexion that the back clip shows; each clip's accelerometer bias, difference of
its axes' scales and cross-axis error in the sagittal plane, and gyroscope scale error; the shank's standing pitch and
lumbar flexion at the bottom of a neutral hinge."""


@dataclass(frozen=True)
class Measures:
    """An athlete's height and tape measures, m; None where not given. The hip is the greater trochanter."""

    height_m: float | None = None
    ankle_to_knee_m: float | None = None
    knee_to_hip_m: float | None = None
    knee_to_thigh_clip_m: float | None = None
    hip_to_back_clip_m: float | None = None


@dataclass(frozen=True)
class GeometryParams:
    """Shares of height, offsets in m, and standard deviations of what they are worth."""

    default_height_m: float = 1.73
    default_height_sd_m: float = 0.10
    """Adults (NCD-RisC 2016: women 1.63, men 1.76 m in Europe and America)."""
    shank_of_height: float = 0.246
    """Ankle to knee (Winter 2009)."""
    thigh_of_height: float = 0.245
    """Knee to hip (Winter 2009)."""
    thigh_clip_m: float = 0.15
    """Knee to a clip on the lower third of the thigh."""
    s1_above_of_height: float = 0.050
    """Hip centre to L5/S1, vertical (Reed 1999: 85-100 mm for 1.75 m)."""
    lumbar_of_height: float = 0.110
    """L5/S1 to T12 (Panjabi 1992: five vertebrae with discs, 190 mm for 1.75 m)."""
    s1_ahead_m: float = -0.02
    back_clip_ahead_m: float = -0.08
    """Clip behind the vertebral bodies: the spinous process ends 60-65, skin and half a clip add 10-25 mm."""
    length_sd_of_height: float = 0.010
    """SD of a long bone against its share of height."""
    tape_sd_m: float = 0.012
    """Tape measures over skin: trochanter, joint line and ankle are found to a centimetre."""
    thigh_clip_sd_m: float = 0.03
    thigh_clip_tape_sd_m: float = 0.012
    s1_ahead_sd_m: float = 0.012
    s1_above_sd_m: float = 0.010
    lumbar_sd_m: float = 0.012
    back_clip_ahead_sd_m: float = 0.02
    thigh_clip_ahead_sd_m: float = 0.015
    hip_ahead_sd_m: float = 0.02
    hip_side_sd_m: float = 0.07
    """Half the distance of the hip centres, left or right (Bell 1990: 85 mm)."""
    thigh_gain_sd: float = 0.03
    """Skin: share of the thigh's pitch (Xi 2022)."""
    thigh_fold_gain_sd: float = 0.025
    """Skin: 2 deg in a deep hinge."""
    thigh_slide_sd_m: float = 0.008
    """Skin slides a centimetre when the hip flexes fully (Camomilla 2017)."""
    rock_sd_s2_m: float = 0.001
    """A clip on skin swings at 10-15 Hz: it gives by 0.2 mm per m/s² and rocks by 3-8 rad per m of that."""
    back_gain_sd: float = 0.02
    share_below_sd: float = 0.06
    """Between L5 and L2 the share depends on the task (.53-.70 at L3; Aiyangar 2015)."""
    share_skin: float = 0.06
    share_skin_sd: float = 0.04
    """Skin over a rounding spine follows less than the bone: 2-5 deg of 50 (Xi 2022)."""
    acc_bias_sd_m_s2: float = 0.06
    """Accelerometer bias as the standing specific force leaves it (raw MEMS 0.1-0.3, calibrated 0.02)."""
    acc_bias_calibrated_sd_m_s2: float = 0.02
    acc_scale_sd: float = 0.004
    gyr_scale_sd: float = 0.005
    """LSM6DSO, BMI270: within 1 %."""
    standing_shank_rad: float = float(np.deg2rad(4.0))
    standing_shank_sd_rad: float = float(np.deg2rad(2.0))
    reference_lumbar_rad: float = float(np.deg2rad(5.0))
    """Lumbar flexion at the bottom of a hinge with a dowel along head, upper back and sacrum."""
    reference_lumbar_sd_rad: float = float(np.deg2rad(1.5))


@dataclass(frozen=True)
class ChainBelief:
    """What is believed of the constants: mean (C,) in the order of ``CONSTANTS`` and covariance (C, C)."""

    mean: FloatArray
    covariance: FloatArray

    def value(self, name: str) -> float:
        """Mean of one constant."""
        return float(self.mean[CONSTANTS.index(name)])

    def sd(self, name: str) -> float:
        """Standard deviation of one constant."""
        index = CONSTANTS.index(name)
        return float(np.sqrt(self.covariance[index, index]))


def levels_below(site: str) -> int:
    """How many lumbar joints move below a back clip at this site."""
    return 5 if site == "T12" else LUMBAR_LEVELS.index(site) + 1


def believed(
    measures: Measures,
    site: str,
    params: GeometryParams,
    calibrated: Mapping[str, bool] | None = None,
) -> ChainBelief:
    """The belief before any movement, for a back clip at ``site`` (L5 or above).

    ``calibrated`` tells for ``thigh`` and ``back`` whether a bench calibration was applied.
    """
    height = measures.height_m or params.default_height_m
    bone_sd = params.length_sd_of_height * height
    if measures.height_m is None:
        bone_sd = float(np.hypot(bone_sd, params.shank_of_height * params.default_height_sd_m))

    def bone(taped_m: float | None, share: float) -> tuple[float, float]:
        return (share * height, bone_sd) if taped_m is None else (taped_m, params.tape_sd_m)

    s1_above = params.s1_above_of_height * height
    lumbar, lumbar_sd, lumbar_by_s1 = params.lumbar_of_height * height, 1.5 * params.lumbar_sd_m, 0.0
    if measures.hip_to_back_clip_m is not None:
        parts = levels_below(site) / 5.0
        lumbar = float(np.clip((measures.hip_to_back_clip_m - s1_above) / parts, 0.7 * lumbar, 1.3 * lumbar))
        # The tape holds their sum: the higher S1, the shorter the lumbar spine.
        lumbar_sd, lumbar_by_s1 = params.lumbar_sd_m, -1.0 / parts
    clip, clip_sd = params.thigh_clip_m, params.thigh_clip_sd_m
    if measures.knee_to_thigh_clip_m is not None:
        clip, clip_sd = measures.knee_to_thigh_clip_m, params.thigh_clip_tape_sd_m
    share = LUMBAR_SHARE_BELOW[site]
    share_sd = float(np.hypot(params.share_below_sd if share < 1.0 else 0.0, params.share_skin_sd))
    values: dict[str, tuple[float, float]] = {
        "shank_m": bone(measures.ankle_to_knee_m, params.shank_of_height),
        "thigh_m": bone(measures.knee_to_hip_m, params.thigh_of_height),
        "thigh_clip_m": (clip, clip_sd),
        "thigh_clip_ahead_m": (0.0, params.thigh_clip_ahead_sd_m),
        "hip_ahead_m": (0.0, params.hip_ahead_sd_m),
        "s1_ahead_m": (params.s1_ahead_m, params.s1_ahead_sd_m),
        "s1_above_m": (s1_above, params.s1_above_sd_m),
        "lumbar_m": (lumbar, lumbar_sd),
        "back_clip_ahead_m": (params.back_clip_ahead_m, params.back_clip_ahead_sd_m),
        "thigh_gain": (0.0, params.thigh_gain_sd),
        "back_gain": (0.0, params.back_gain_sd),
        "hip_side_m": (0.0, params.hip_side_sd_m),
        "thigh_fold_gain": (0.0, params.thigh_fold_gain_sd),
        "thigh_slide_m": (0.0, params.thigh_slide_sd_m),
        "thigh_rock_s2_m": (0.0, params.rock_sd_s2_m),
        "back_rock_s2_m": (0.0, params.rock_sd_s2_m),
        "share_below": (share * (1.0 - params.share_skin), share_sd),
        "standing_shank_rad": (params.standing_shank_rad, params.standing_shank_sd_rad),
        "reference_lumbar_rad": (params.reference_lumbar_rad, params.reference_lumbar_sd_rad),
    }
    for name in ("thigh", "back"):
        bench = bool(calibrated and calibrated.get(name))
        bias_sd = params.acc_bias_calibrated_sd_m_s2 if bench else params.acc_bias_sd_m_s2
        values[f"{name}_acc_x_m_s2"] = values[f"{name}_acc_z_m_s2"] = (0.0, bias_sd)
        values[f"{name}_acc_scale"] = values[f"{name}_acc_cross"] = (0.0, params.acc_scale_sd)
        values[f"{name}_gyr_scale"] = (0.0, params.gyr_scale_sd)
    mean = np.array([values[name][0] for name in CONSTANTS])
    sd = np.array([values[name][1] for name in CONSTANTS])
    mix = np.eye(len(CONSTANTS))
    mix[CONSTANTS.index("lumbar_m"), CONSTANTS.index("s1_above_m")] = lumbar_by_s1
    return ChainBelief(mean, mix @ np.diag(sd**2) @ mix.T)
