"""Where each clip's axes lie on its segment, for any mounting: gravity while standing, and the axis of the hinge.

No heading and no magnetometer: every clip uses its own medio-lateral axis, the one it turns about in a hinge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "AxisEvidence",
    "ClipAlignment",
    "flip",
    "functional_axis",
    "standing_up",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Method = Literal["reference_hinge", "movement"]


@dataclass(frozen=True)
class ClipAlignment:
    """A clip's segment axes in sensor coordinates.

    ``up`` and ``left`` are orthogonal unit vectors (3,): the segment's long axis and the athlete's left while
    standing. ``left_sd_rad`` is how far ``left`` may be off; ``stance_sd_rad`` how far the posture that counts as
    standing may be, beyond the sway that all clips share. ``method`` says which movement gave the axis.
    ``acc_scale`` makes the standing specific force one g.
    """

    clip: str
    up: FloatArray
    left: FloatArray
    stance_sd_rad: float
    left_sd_rad: float
    method: Method
    acc_scale: float = 1.0


def flip(alignment: ClipAlignment) -> ClipAlignment:
    """The same clip facing the other way: forward becomes backward."""
    return ClipAlignment(
        alignment.clip,
        alignment.up,
        -alignment.left,
        alignment.stance_sd_rad,
        alignment.left_sd_rad,
        alignment.method,
        alignment.acc_scale,
    )


def standing_up(up: FloatArray) -> FloatArray:
    """Mean direction (3,) of the vertical in sensor coordinates (N, 3) while standing, NaN rows left out."""
    mean = up[~np.isnan(up[:, 0])].mean(axis=0)
    unit: FloatArray = mean / np.linalg.norm(mean)
    return unit


@dataclass(frozen=True)
class AxisEvidence:
    """A functional axis: ``left`` (3,) up to its sign, its SD (rad), and the movement it rests on."""

    left: FloatArray
    sd_rad: float
    range_rad: float
    """Range of inclination the clip went through about that axis, rad."""


def functional_axis(gyr_rad_s: FloatArray, up: FloatArray, up_path: FloatArray) -> AxisEvidence:
    """The horizontal axis a clip turns about: first principal direction of its rates, made orthogonal to ``up``.

    ``gyr_rad_s`` (N, 3) bias-free rates in sensor coordinates over the movement, ``up`` (3,) the standing vertical,
    ``up_path`` (N, 3) the vertical in sensor coordinates along the movement. Sources: Seel 2012, Olsson 2020.
    """
    ok = ~(np.isnan(gyr_rad_s).any(axis=1) | np.isnan(up_path).any(axis=1))
    rates = gyr_rad_s[ok]
    across = np.eye(3) - np.outer(up, up)
    moment = rates.T @ rates / max(1, len(rates))
    # Rates about the vertical (turning on the spot) say nothing about the hinge axis.
    weights, vectors = np.linalg.eigh(across @ moment @ across)
    left = vectors[:, -1] - (vectors[:, -1] @ up) * up
    left = left / np.linalg.norm(left)
    off_axis = float(np.sqrt(max(weights[-2], 0.0) / weights[-1])) if weights[-1] > 0 else 1.0
    forward = np.cross(left, up)
    pitch = np.arctan2(up_path[ok] @ forward, up_path[ok] @ up)
    reach = float(np.percentile(pitch, 99.5) - np.percentile(pitch, 0.5)) if len(pitch) else 0.0
    # Rates off the axis come from skin and real out-of-plane motion, about four independent looks a movement.
    return AxisEvidence(left, float(np.hypot(np.arctan(off_axis) / 2, np.deg2rad(0.5))), reach)
