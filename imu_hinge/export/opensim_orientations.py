"""Segment orientations as an OpenSim table (.sto) that OpenSense's IMU Placer and Inverse Kinematics read.

What a clip knows is its inclination; its heading drifts, and has nothing to do with another clip's, for there is no
magnetometer. OpenSense turns all clips by one heading, so raw sensor orientations would bend a hinge sideways. So these
are the orientations of the *segments*: axes from the calibration (up while standing, left from the hinge), and at every
instant facing forward. Pitch and roll are measured; turning about the vertical is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.angles import clip_roles
from imu_hinge.conventions import BACK, LUMBAR_SHARE_BELOW, PELVIS, THIGH
from imu_hinge.export.opensim_angles import SIDES, joints_known
from imu_hinge.session.results import AngleSeries

__all__ = ["STANDING", "body_orientations", "segment_quaternion", "sto_text"]

FloatArray = NDArray[np.float64]

STANDING = (1.0, 0.0, 0.0, 0.0)
"""Every segment while the athlete stands: segment frames coincide with the world's then."""


def segment_quaternion(pitch_rad: FloatArray, roll_rad: FloatArray) -> FloatArray:
    """Orientation (N, 4) [w x y z] of a segment that faces forward, from its pitch and roll (N,); NaN stays NaN.

    World and segment: x forward, y left, z up. Pitch is the inclination of the long axis in the sagittal plane, roll
    how far the left side rises (body/kinematics.py).
    """
    # A roll about forward, then a turn about the left axis whose long axis has the wanted sagittal inclination.
    turn = np.arctan2(np.sin(pitch_rad) * np.cos(roll_rad), np.cos(pitch_rad))
    cr, sr = np.cos(roll_rad / 2), np.sin(roll_rad / 2)
    ct, st = np.cos(turn / 2), np.sin(turn / 2)
    return np.stack([cr * ct, sr * ct, cr * st, sr * st], axis=1)


def body_orientations(
    angles: AngleSeries, sites: Mapping[str, str], side: str | None
) -> tuple[dict[str, FloatArray], list[str]]:
    """Orientations (N, 4) by the column OpenSense looks for, the model's body and ``_imu``, and the clips left out.

    NaN where the clip is silent or nothing is known of the joints (a clip that slipped). A back clip between L2 and L5
    is on no body of these models and left out. ``side`` ('left', 'right') is the thigh's, None without a thigh clip.
    """
    bodies = {THIGH: f"femur_{SIDES[side]}" if side else None, PELVIS: "pelvis", BACK: "torso"}
    known = joints_known(angles)
    found: dict[str, FloatArray] = {}
    left_out: list[str] = []
    for role, clip in clip_roles(sites).items():
        body = bodies[role]
        if body is None or (role == BACK and LUMBAR_SHARE_BELOW[sites[clip]] < 1.0):
            left_out.append(clip)
            continue
        quat = segment_quaternion(np.deg2rad(angles.pitch_deg[clip]), np.deg2rad(angles.roll_deg[clip]))
        found[f"{body}_imu"] = np.where(known[:, None], quat, np.nan)
    return found, left_out


def sto_text(time_s: Sequence[float] | FloatArray, orientations: Mapping[str, FloatArray], rate_hz: float) -> str:
    """A table of quaternions: rows (N,) of time in s (6 decimals) and a tab-separated ``w,x,y,z`` (8) for each column.

    Source: OpenSim, STOFileAdapter.h (DataType=Quaternion).
    """
    cells = [
        [",".join(f"{value:.8f}" for value in row) for row in (np.round(quat, 8) + 0.0).tolist()]
        for quat in orientations.values()
    ]
    if not all(np.isfinite(quat).all() for quat in orientations.values()):
        raise ValueError("a table of orientations has no empty cells")
    head = (
        f"DataRate={rate_hz:.6f}",
        "DataType=Quaternion",
        "version=3",
        "OpenSimVersion=4.5",
        "endheader",
        "\t".join(("time", *orientations)),
    )
    rows = ("\t".join((f"{t:.6f}", *row)) for t, *row in zip(time_s, *cells, strict=True))
    return "\n".join((*head, *rows)) + "\n"
