"""Joint angles as an OpenSim motion file (.mot), in the coordinates of gait2392 and Rajagopal 2015.

Those models have x forward, y up and z to the right, and turn pelvis, hip and lumbar spine about z: a positive angle
lifts what is in front. So hip flexion is positive as here, while a pelvis that tips forward and a back that rounds are
negative. Source: the joints ``ground_pelvis``, ``hip_r`` and ``back`` of Rajagopal_2015.osim (OpenSim 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.angles import clip_roles
from imu_hinge.conventions import PELVIS, THIGH
from imu_hinge.session.results import AngleSeries

__all__ = ["SIDES", "joint_coordinates", "joints_known", "mot_text"]

FloatArray = NDArray[np.float64]

SIDES: Final = MappingProxyType({"left": "l", "right": "r"})
"""How OpenSim's names end for a side of the body."""


def joints_known(angles: AngleSeries) -> NDArray[np.bool_]:
    """Where (N,) the hip or the lumbar spine is known: elsewhere a clip is silent, or not where it says."""
    return np.isfinite(angles.hip_flexion_deg) | np.isfinite(angles.lumbar_flexion_deg)


def joint_coordinates(angles: AngleSeries, sites: Mapping[str, str], side: str | None) -> dict[str, FloatArray]:
    """Coordinates by their names in the models, (N,) in degrees, NaN where not known; none that is never known.

    ``sites`` says by clip name where it sits, ``side`` ('left', 'right') on which thigh; None without a thigh clip.
    Without a pelvis clip the pelvis is where thigh and hip flexion put it.
    """
    roles = clip_roles(sites)
    if PELVIS in roles:
        pelvis = angles.pitch_deg[roles[PELVIS]]
    elif THIGH in roles:
        pelvis = angles.pitch_deg[THIGH] + angles.hip_flexion_deg
    else:
        pelvis = np.full(len(angles.time_s), np.nan)
    found = {"pelvis_tilt": np.where(joints_known(angles), -pelvis, np.nan)}
    if side is not None:
        found[f"hip_flexion_{SIDES[side]}"] = angles.hip_flexion_deg
    found["lumbar_extension"] = -angles.lumbar_flexion_deg
    return {name: values for name, values in found.items() if np.isfinite(values).any()}


def mot_text(time_s: FloatArray, coordinates: Mapping[str, FloatArray]) -> str:
    """A motion file: rows (N,) of time in s (6 decimals) and of angles in degrees (3), all finite.

    Source: OpenSim documentation, "Motion (.mot) Files".
    """
    table = np.column_stack([time_s, *coordinates.values()])
    if not np.isfinite(table).all():
        raise ValueError("a motion file has no empty cells")
    head = (
        "imu_hinge_angles",
        "version=1",
        f"nRows={len(table)}",
        f"nColumns={table.shape[1]}",
        "inDegrees=yes",
        "endheader",
        "\t".join(("time", *coordinates)),
    )
    # Adding zero turns a negative zero into zero.
    values = np.round(table[:, 1:], 3) + 0.0
    rows = (
        "\t".join((f"{t:.6f}", *(f"{value:.3f}" for value in row)))
        for t, row in zip(time_s.tolist(), values.tolist(), strict=True)
    )
    return "\n".join((*head, *rows)) + "\n"
