"""From a clip's orientation to its segment's motion in the sagittal plane; elementwise, so chunking cannot matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.conventions import GRAVITY_M_S2

__all__ = [
    "SegmentMotion",
    "rotate",
    "segment_motion",
    "segment_motions",
    "segment_pitch",
    "up_in_sensor",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SegmentMotion:
    """How a segment is turned, (N,) each in rad, and its clip's sagittal acceleration (N, 2), forward and up, m/s²."""

    pitch_rad: FloatArray
    roll_rad: FloatArray
    twist_rad: FloatArray
    sagittal_acc_m_s2: FloatArray


def rotate(quat: FloatArray, vector: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """World coordinates, three arrays (N,), of a sensor vector (3,) or (N, 3) under quaternions (N, 4) [w x y z]."""
    w, x, y, z = quat.T
    a, b, c = vector.T
    tx, ty, tz = 2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)
    return a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx


def up_in_sensor(quat: FloatArray) -> FloatArray:
    """Vertical direction in sensor coordinates, (N, 4) -> (N, 3); NaN stays NaN."""
    w, x, y, z = quat.T
    return np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z], axis=1)


def segment_motion(quat: FloatArray, acc_m_s2: FloatArray, alignment: ClipAlignment) -> SegmentMotion:
    """Pitch, roll, twist and sagittal acceleration of a segment from its clip's orientation.

    ``quat`` (N, 4) and specific force ``acc_m_s2`` (N, 3) in sensor coordinates, NaN in gaps. Forward is where the
    clip's own medio-lateral axis says it is, so the drifting heading of six-axis orientation does not matter. Pitch:
    the top of the segment tips forward. Roll: its left side rises. Twist: it turns to the left, in the arbitrary
    heading of the orientation, not unwrapped.
    """
    left_x, left_y, left_z = rotate(quat, alignment.left)
    forward_x, forward_y = _forward(left_x, left_y)
    force_x, force_y, force_z = rotate(quat, acc_m_s2 * alignment.acc_scale)
    return SegmentMotion(
        pitch_rad=_pitch(quat, alignment.up, forward_x, forward_y),
        roll_rad=_roll(left_z),
        twist_rad=np.arctan2(-left_x, left_y),
        sagittal_acc_m_s2=np.stack([force_x * forward_x + force_y * forward_y, force_z - GRAVITY_M_S2], axis=1),
    )


def segment_pitch(quat: FloatArray, alignment: ClipAlignment) -> FloatArray:
    """The pitch (N,) of ``segment_motion`` alone, rad."""
    left_x, left_y, _ = rotate(quat, alignment.left)
    return _pitch(quat, alignment.up, *_forward(left_x, left_y))


def segment_motions(
    quats: Mapping[str, FloatArray], accs_m_s2: Mapping[str, FloatArray], alignments: Mapping[str, ClipAlignment]
) -> dict[str, SegmentMotion]:
    """``segment_motion`` of every clip, whose orientations are (N, 4) and specific forces (N, 3) each: one pass over
    all, for short blocks."""
    n = len(next(iter(quats.values())))
    quat = np.concatenate(list(quats.values()))
    left = np.repeat([alignments[name].left for name in quats], n, axis=0)
    up = np.repeat([alignments[name].up for name in quats], n, axis=0)
    force = np.concatenate([accs_m_s2[name] * alignments[name].acc_scale for name in quats])
    left_x, left_y, left_z = rotate(quat, left)
    forward_x, forward_y = _forward(left_x, left_y)
    force_x, force_y, force_z = rotate(quat, force)
    pitch, roll, twist = _pitch(quat, up, forward_x, forward_y), _roll(left_z), np.arctan2(-left_x, left_y)
    acc = np.stack([force_x * forward_x + force_y * forward_y, force_z - GRAVITY_M_S2], axis=1)
    return {
        name: SegmentMotion(*(values[i * n : (i + 1) * n] for values in (pitch, roll, twist, acc)))
        for i, name in enumerate(quats)
    }


def _roll(left_z: FloatArray) -> FloatArray:
    roll: FloatArray = np.arcsin(np.clip(left_z, -1.0, 1.0))
    return roll


def _forward(left_x: FloatArray, left_y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Horizontal unit vector, (N,) and (N,), to the right of the medio-lateral axis: where the segment faces."""
    flat = np.maximum(np.hypot(left_x, left_y), 1e-9)
    return left_y / flat, -left_x / flat


def _pitch(quat: FloatArray, up: FloatArray, forward_x: FloatArray, forward_y: FloatArray) -> FloatArray:
    up_x, up_y, up_z = rotate(quat, up)
    pitch: FloatArray = np.arctan2(up_x * forward_x + up_y * forward_y, up_z)
    return pitch
