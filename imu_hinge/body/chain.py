"""The body as a chain in the sagittal plane: ankle, knee, hip, five lumbar joints, trunk; the foot stays planted.

Standing over the foot, with the shank pitched by s, the thigh by t, the pelvis by P and lumbar flexion L spread over
five joints (in-vivo shares: Aiyangar 2015), the clips are at

    thigh clip   shank u(s) + clip u(t) + clip_ahead w(t)
    back clip    shank u(s) + thigh u(t) + hip_ahead w(t) + s1_ahead w(P) + s1_above u(P)
                 + lumbar / 5 · sum_i u(P + c_i L) + back_ahead w(B) + hip_side (yaw, -roll)

with u(a) = (sin a, cos a) along a segment and w(a) = (cos a, -sin a) ahead of it. Out of the plane,
the back turns and leans about a midline that the hip lies beside. A clip measures its own pitch, of which a gain is
skin, and on which it rocks as it is pushed; P = B - k L for a back clip that shows the share k of lumbar flexion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.geometry import CONSTANTS
from imu_hinge.body.window import Clips
from imu_hinge.conventions import GRAVITY_M_S2, LUMBAR_LEVELS, LUMBAR_SHARE_BELOW

__all__ = ["ChainPoints", "acc_errors", "ahead", "along", "chain_points", "level_shares"]

FloatArray = NDArray[np.float64]
_AT: Final = {name: index for index, name in enumerate(CONSTANTS)}


def along(angle_rad: FloatArray) -> FloatArray:
    """Unit vectors (..., 2), forward and up, along segments pitched by ``angle_rad`` (...)."""
    return np.stack([np.sin(angle_rad), np.cos(angle_rad)], axis=-1)


def ahead(angle_rad: FloatArray) -> FloatArray:
    """Unit vectors (..., 2) ahead of segments pitched by ``angle_rad`` (...): the derivative of ``along``."""
    return np.stack([np.cos(angle_rad), -np.sin(angle_rad)], axis=-1)


def level_shares(levels: int) -> FloatArray:
    """Share of lumbar flexion below each of the lowest ``levels`` vertebrae, (levels,)."""
    return np.array([LUMBAR_SHARE_BELOW[name] for name in LUMBAR_LEVELS[:levels]])


@dataclass(frozen=True)
class ChainPoints:
    """The bones' pitches (N,), and where the clips are, (N, 2) in m, forward and up of the ankle, and how that changes.

    ``*_by_shank`` and ``back_by_lumbar`` (N, 2) are derivatives by shank pitch and lumbar flexion, m/rad;
    ``thigh_by`` and ``back_by`` by the constants that matter, by index.
    """

    thigh_rad: FloatArray
    pelvis_rad: FloatArray
    thigh_m: FloatArray
    back_m: FloatArray
    by_shank: FloatArray
    back_by_lumbar: FloatArray
    thigh_by: dict[int, FloatArray]
    back_by: dict[int, FloatArray]


def chain_points(
    shank_rad: FloatArray,
    lumbar_rad: FloatArray,
    clips: Clips,
    constants: FloatArray,
    levels: int,
) -> ChainPoints:
    """Both clips' places from shank pitch and lumbar flexion (N,), what the clips measured and the constants (C,)."""
    c = {name: float(constants[index]) for name, index in _AT.items()}
    fold = clips.back_rad - clips.thigh_rad
    t = clips.thigh_rad * (1.0 - c["thigh_gain"]) - c["thigh_fold_gain"] * fold
    t = t - c["thigh_rock_s2_m"] * clips.thigh_push_m_s2
    b = clips.back_rad * (1.0 - c["back_gain"]) - c["back_rock_s2_m"] * clips.back_push_m_s2
    p = b - c["share_below"] * lumbar_rad
    share = level_shares(levels)
    joints = p[:, None] + share * lumbar_rad[:, None]
    along_s, ahead_s, along_t, ahead_t = along(shank_rad), ahead(shank_rad), along(t), ahead(t)
    along_p, ahead_p, along_b, ahead_b = along(p), ahead(p), along(b), ahead(b)
    spine_ahead = ahead(joints)
    spine = along(joints).sum(axis=1) / 5.0
    bend = (share[:, None] * spine_ahead).sum(axis=1) * (c["lumbar_m"] / 5.0)
    by_pelvis = -c["s1_ahead_m"] * along_p + c["s1_above_m"] * ahead_p + (c["lumbar_m"] / 5.0) * spine_ahead.sum(axis=1)
    clip = c["thigh_clip_m"] + c["thigh_slide_m"] * fold[:, None]
    thigh = c["shank_m"] * along_s + clip * along_t + c["thigh_clip_ahead_m"] * ahead_t
    back = c["shank_m"] * along_s + c["thigh_m"] * along_t + c["hip_ahead_m"] * ahead_t
    back = back + c["s1_ahead_m"] * ahead_p + c["s1_above_m"] * along_p + c["lumbar_m"] * spine
    back = back + c["back_clip_ahead_m"] * ahead_b + c["hip_side_m"] * clips.turn_rad
    thigh_by_t = clip * ahead_t - c["thigh_clip_ahead_m"] * along_t
    back_by_t = c["thigh_m"] * ahead_t - c["hip_ahead_m"] * along_t
    back_by_b = by_pelvis - c["back_clip_ahead_m"] * along_b
    turns = {
        _AT["thigh_gain"]: -clips.thigh_rad[:, None],
        _AT["thigh_fold_gain"]: -fold[:, None],
        _AT["thigh_rock_s2_m"]: -clips.thigh_push_m_s2[:, None],
    }
    thigh_by = {
        _AT["shank_m"]: along_s,
        _AT["thigh_clip_m"]: along_t,
        _AT["thigh_clip_ahead_m"]: ahead_t,
        _AT["thigh_slide_m"]: fold[:, None] * along_t,
        **{index: turn * thigh_by_t for index, turn in turns.items()},
    }
    back_by = {
        _AT["shank_m"]: along_s,
        _AT["thigh_m"]: along_t,
        _AT["hip_ahead_m"]: ahead_t,
        _AT["s1_ahead_m"]: ahead_p,
        _AT["s1_above_m"]: along_p,
        _AT["lumbar_m"]: spine,
        _AT["back_clip_ahead_m"]: ahead_b,
        _AT["hip_side_m"]: clips.turn_rad,
        **{index: turn * back_by_t for index, turn in turns.items()},
        _AT["back_gain"]: -clips.back_rad[:, None] * back_by_b,
        _AT["back_rock_s2_m"]: -clips.back_push_m_s2[:, None] * back_by_b,
        _AT["share_below"]: -lumbar_rad[:, None] * by_pelvis,
    }
    by_lumbar = bend - c["share_below"] * by_pelvis
    return ChainPoints(t, p, thigh, back, c["shank_m"] * ahead_s, by_lumbar, thigh_by, back_by)


def acc_errors(clip: str, pitch_rad: FloatArray) -> dict[int, FloatArray]:
    """What a clip's sensor errors add to its sagittal acceleration, (N, 2) in m/s² per unit of each constant.

    Standing absorbs them into the zero of the pitch and the length of gravity: each is zero at pitch zero. A gyroscope
    scale error tips the measured vertical in proportion to the pitch, which leaks gravity forward.
    """
    sin, cos = np.sin(pitch_rad), np.cos(pitch_rad)
    nothing = np.zeros_like(sin)
    g = GRAVITY_M_S2
    return {
        _AT[f"{clip}_acc_x_m_s2"]: np.stack([cos - 1.0, -sin], axis=-1),
        _AT[f"{clip}_acc_z_m_s2"]: np.stack([sin, cos - 1.0], axis=-1),
        _AT[f"{clip}_acc_scale"]: g * np.stack([sin * cos, -(sin**2)], axis=-1),
        _AT[f"{clip}_acc_cross"]: -g * np.stack([sin**2, sin * cos], axis=-1),
        _AT[f"{clip}_gyr_scale"]: np.stack([g * pitch_rad, nothing], axis=-1),
    }
