"""The athlete's own neutral hinge and own maximum flexion, from the calibration movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.reps import RepParams
from imu_hinge.recording.model import Segment
from imu_hinge.session.sets import counter_for

__all__ = ["Reference", "find_reference"]

_BOTTOM_HALF_WIDTH_S = 0.05


@dataclass(frozen=True)
class Reference:
    """Degrees, None where not recorded or not measurable: lumbar flexion and fold at the bottom of the reference
    hinges, the spread of the former, and lumbar flexion in the toe touch."""

    lumbar_deg: float | None
    lumbar_sd_deg: float | None
    fold_deg: float | None
    max_flexion_deg: float | None


def find_reference(grid: RepAngles, segments: Sequence[Segment], rate_hz: float, params: RepParams) -> Reference:
    """Measure the reference hinges and the toe touch."""
    bottoms: list[tuple[float, float]] = []
    for s in (s for s in segments if s.kind == "reference_hinge"):
        rows = (grid.time_s >= s.start_s) & (grid.time_s <= s.end_s)
        counter = counter_for("hinge", rate_hz, params, has_thigh=grid.has_thigh)
        for rep in [*counter.update(grid.time_s[rows], grid.fold_deg[rows]), *counter.finish()]:
            near = np.abs(grid.time_s - rep.bottom_s) <= _BOTTOM_HALF_WIDTH_S
            bottoms.append((float(np.mean(grid.lumbar_deg[near])), rep.bottom_fold_deg - rep.top_fold_deg))
    known = [(lumbar, fold) for lumbar, fold in bottoms if np.isfinite(lumbar)]
    return Reference(
        float(np.median([lumbar for lumbar, _ in known])) if known else None,
        float(np.std([lumbar for lumbar, _ in known])) if len(known) > 1 else None,
        float(np.median([fold for _, fold in known])) if known else None,
        _max_flexion(grid, segments),
    )


def _max_flexion(grid: RepAngles, segments: Sequence[Segment]) -> float | None:
    most = []
    for s in (s for s in segments if s.kind == "max_flexion"):
        lumbar = grid.lumbar_deg[(grid.time_s >= s.start_s) & (grid.time_s <= s.end_s)]
        if np.isfinite(lumbar).any():
            most.append(float(np.nanpercentile(lumbar, 98)))
    return max(most) if most else None
