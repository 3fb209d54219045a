"""A rep that is rushed beside the others of its set."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.rep_course import RepCourse
from imu_hinge.hinge.verdicts import Finding

__all__ = ["rush", "usual_way_down"]

_LEAST_REPS = 3


def usual_way_down(seconds: Sequence[float]) -> float | None:
    """The time the way down usually takes in a set, s: the median; None with fewer than three reps."""
    return float(np.median(seconds)) if len(seconds) >= _LEAST_REPS else None


def rush(course: RepCourse, usual_s: float | None, params: FaultParams) -> Finding | None:
    """How many times as fast as usual the way down is; the angle to tell is how deep the fold went, deg.

    None where too few reps say what is usual. A set that is fast throughout is a choice, not a fault.
    """
    took = course.rep.tempo.eccentric_s
    if usual_s is None or not took > 0.0:
        return None
    ratio = usual_s / took
    sd = ratio * math.hypot(params.timing_sd_s / took, params.timing_sd_s / usual_s)
    return Finding(ratio, sd, course.rep.bottom_s, course.rep.bottom_fold_deg)
