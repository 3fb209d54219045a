"""What becomes of a set: creep from rep to rep, and how alike its reps are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_hinge.hinge.fault_params import Limit

__all__ = ["CREEP_DEG", "SetTrend", "set_trend"]

CREEP_DEG = Limit(5.0, 10.0)
"""Lumbar flexion at the bottom that the trend has added since the first three reps, deg (Aasa 2019: 2 x MDC is red)."""
_FIRST = 3


@dataclass(frozen=True)
class SetTrend:
    """How a set goes, None where its reps do not tell; degrees unless they say otherwise.

    ``creep_deg_per_rep`` is the slope of lumbar flexion at the bottom, with its standard error; ``creep_deg`` what that
    slope adds up to at the last rep over the mean of the first three, and ``creep`` whether that is amber or red
    ('' for neither). The SDs are those between reps, of the creep's straight line for lumbar flexion and of the way
    down and up (s) for the tempo.
    """

    creep_deg_per_rep: float | None = None
    creep_sd_deg_per_rep: float | None = None
    creep_deg: float | None = None
    creep: str = ""
    lumbar_sd_deg: float | None = None
    hip_sd_deg: float | None = None
    tempo_sd_s: float | None = None


def set_trend(
    bottoms_deg: Sequence[float | None], hips_deg: Sequence[float | None], tempi_s: Sequence[float]
) -> SetTrend:
    """The trend of a set from its reps in order: lumbar flexion at the bottom, deepest hip, duration without pauses.

    A creep is called where the last reps lie beyond the first three by the limit and the slope is twice its error: one
    slip is no creep.
    """
    hips = [h for h in hips_deg if h is not None]
    known = [(i, b) for i, b in enumerate(bottoms_deg) if b is not None]
    alike = SetTrend(hip_sd_deg=_spread(hips), tempo_sd_s=_spread(list(tempi_s)))
    if len(known) < _FIRST:
        return alike
    place, bottom = np.array(known, dtype=np.float64).T
    slope, start = (float(v) for v in np.polyfit(place, bottom, 1))
    rest = bottom - slope * place - start
    free = len(known) - 2
    scatter = float(np.sqrt(np.sum(rest**2) / free))
    error = scatter / float(np.sqrt(np.sum((place - place.mean()) ** 2)))
    added = slope * (place[-1] - float(np.mean(place[:_FIRST])))
    sure = len(known) > _FIRST and slope > 2.0 * error
    called = "" if not sure or added <= CREEP_DEG.amber else "red" if added > CREEP_DEG.red else "amber"
    return SetTrend(slope, error, float(added), called, scatter, alike.hip_sd_deg, alike.tempo_sd_s)


def _spread(values: list[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) >= _FIRST else None
