"""Accelerations of both clips at one instant from the chain's angles and their first two derivatives, with Jacobian.

The same chain as ``chain_points`` (see ``imu_hinge.body.chain``), differentiated twice in time by hand: a point at
``l`` along and ``m`` ahead of a segment with pitch a accelerates by a'' (l w - m u) - a'² (l u + m w).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.chain import level_shares
from imu_hinge.body.geometry import CONSTANTS
from imu_hinge.conventions import GRAVITY_M_S2

__all__ = [
    "DRIFT_BACK",
    "DRIFT_THIGH",
    "DYNAMIC",
    "LUMBAR",
    "SHANK",
    "STATES",
    "TILT_BACK",
    "TILT_THIGH",
    "ChainAcceleration",
]

FloatArray = NDArray[np.float64]

SHANK: Final = 0
"""Index of shank pitch in the live state; its first and second derivative follow."""
LUMBAR: Final = 3
"""Index of lumbar flexion; its first and second derivative follow."""
TILT_THIGH: Final = 6
"""How much further forward than it is a clip believes itself, rad; the drifts are its rate, rad/s."""
TILT_BACK: Final = 7
DRIFT_THIGH: Final = 8
DRIFT_BACK: Final = 9
DYNAMIC: Final = 10
"""The constants follow from here."""
STATES: Final = DYNAMIC + len(CONSTANTS)

_AT: Final = {name: DYNAMIC + index for index, name in enumerate(CONSTANTS)}
_S, _T, _P, _B, _JOINTS = 0, 1, 2, 3, 4

_LENGTHS: Final = (
    "shank_m",
    "thigh_m",
    "thigh_clip_m",
    "thigh_clip_ahead_m",
    "hip_ahead_m",
    "s1_ahead_m",
    "s1_above_m",
    "lumbar_m",
    "back_clip_ahead_m",
)
_SHARES: Final = ("thigh_gain", "back_gain", "share_below", "thigh_fold_gain")


class ChainAcceleration:
    """Model of the four sagittal accelerations for a back clip above ``levels`` lumbar joints."""

    def __init__(self, levels: int) -> None:
        self._share = level_shares(levels)
        self._levels = levels

    def __call__(self, state: FloatArray, thigh: FloatArray, back: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Accelerations (4,) in m/s², thigh forward and up, back forward and up, and their derivatives (4, S).

        ``thigh`` and ``back`` (3,) are the pitches measured, freed from tilt errors, with their first and second
        derivative, rad and s.
        """
        constants = state.tolist()
        shank, thigh_m, clip, clip_ahead, hip_ahead, s1_ahead, s1_above, lumbar, back_ahead = (
            constants[_AT[name]] for name in _LENGTHS
        )
        gain_t, gain_b, below, fold_gain = (constants[_AT[name]] for name in _SHARES)
        part = lumbar / 5.0
        n = _JOINTS + self._levels
        bend = state[LUMBAR : LUMBAR + 3]
        angle = np.empty((3, n))
        angle[:, _S] = state[SHANK : SHANK + 3]
        angle[:, _T] = thigh * (1.0 - gain_t) - fold_gain * (back - thigh)
        angle[:, _B] = back * (1.0 - gain_b)
        angle[:, _P] = angle[:, _B] - below * bend
        angle[:, _JOINTS:] = angle[:, _P, None] + self._share * bend[:, None]
        sin, cos = np.sin(angle[0]), np.cos(angle[0])
        along, ahead = np.stack([sin, cos]), np.stack([cos, -sin])
        rate, turn = angle[1], angle[2]
        square = rate * rate
        # Second derivatives of u(a) and w(a), (2, n), and how they change with a, a' and a''.
        u2 = turn * ahead - square * along
        w2 = -turn * along - square * ahead
        u2_by = (w2, -2.0 * rate * along, ahead)
        w2_by = (-u2, -2.0 * rate * ahead, -along)

        out = np.empty(4)
        jacobian = np.zeros((4, STATES))
        out[:2] = shank * u2[:, _S] + clip * u2[:, _T] + clip_ahead * w2[:, _T]
        out[2:] = (
            shank * u2[:, _S]
            + thigh_m * u2[:, _T]
            + hip_ahead * w2[:, _T]
            + s1_above * u2[:, _P]
            + s1_ahead * w2[:, _P]
            + part * u2[:, _JOINTS:].sum(axis=1)
            + back_ahead * w2[:, _B]
        )
        moved_t, moved_b = thigh.tolist(), back.tolist()
        bends = bend.tolist()
        gain_t_thigh = gain_t_back = gain_b_back = below_back = np.zeros(2)
        for order in range(3):
            du, dw = u2_by[order], w2_by[order]
            by_shank = shank * du[:, _S]
            jacobian[:2, SHANK + order] = by_shank
            jacobian[2:, SHANK + order] = by_shank
            joints = part * du[:, _JOINTS:]
            by_pelvis = s1_above * du[:, _P] + s1_ahead * dw[:, _P] + joints.sum(axis=1)
            jacobian[2:, LUMBAR + order] = joints @ self._share - below * by_pelvis
            gain_t_thigh = gain_t_thigh - moved_t[order] * (clip * du[:, _T] + clip_ahead * dw[:, _T])
            gain_t_back = gain_t_back - moved_t[order] * (thigh_m * du[:, _T] + hip_ahead * dw[:, _T])
            gain_b_back = gain_b_back - moved_b[order] * (by_pelvis + back_ahead * dw[:, _B])
            below_back = below_back - bends[order] * by_pelvis
        jacobian[:2, _AT["shank_m"]] = u2[:, _S]
        jacobian[:2, _AT["thigh_clip_m"]] = u2[:, _T]
        jacobian[:2, _AT["thigh_clip_ahead_m"]] = w2[:, _T]
        jacobian[:2, _AT["thigh_gain"]] = gain_t_thigh
        jacobian[2:, _AT["shank_m"]] = u2[:, _S]
        jacobian[2:, _AT["thigh_m"]] = u2[:, _T]
        jacobian[2:, _AT["hip_ahead_m"]] = w2[:, _T]
        jacobian[2:, _AT["s1_ahead_m"]] = w2[:, _P]
        jacobian[2:, _AT["s1_above_m"]] = u2[:, _P]
        jacobian[2:, _AT["lumbar_m"]] = u2[:, _JOINTS:].sum(axis=1) / 5.0
        jacobian[2:, _AT["back_clip_ahead_m"]] = w2[:, _B]
        jacobian[2:, _AT["thigh_gain"]] = gain_t_back
        jacobian[2:, _AT["back_gain"]] = gain_b_back
        jacobian[2:, _AT["share_below"]] = below_back
        _errors(out, jacobian, state, 0, "thigh", moved_t[0])
        _errors(out, jacobian, state, 2, "back", moved_b[0])
        return out, jacobian


def _errors(out: FloatArray, jacobian: FloatArray, state: FloatArray, row: int, clip: str, pitch: float) -> None:
    """Add what a clip's sensor errors do (see ``acc_errors``); a tilt error leaks gravity."""
    g = GRAVITY_M_S2
    sin, cos = float(np.sin(pitch)), float(np.cos(pitch))
    first = _AT[f"{clip}_acc_x_m_s2"]
    tilt = TILT_THIGH if clip == "thigh" else TILT_BACK
    ahead = (cos - 1.0, sin, g * sin * cos, -g * sin * sin, g * pitch)
    up = (-sin, cos - 1.0, -g * sin * sin, -g * sin * cos, 0.0)
    jacobian[row, first : first + 5] = ahead
    jacobian[row + 1, first : first + 5] = up
    jacobian[row, tilt] = g
    out[row] += jacobian[row, first : first + 5] @ state[first : first + 5]
    out[row + 1] += jacobian[row + 1, first : first + 5] @ state[first : first + 5]
