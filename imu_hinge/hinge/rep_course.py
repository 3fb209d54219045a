"""One rep cut out of the grid, with its phases: what every fault is measured on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.hinge.reps import Rep

__all__ = ["AFTER_S", "KNOWN_SHARE", "RepCourse", "known"]

FloatArray = NDArray[np.float64]

_BEFORE_S = 0.9
AFTER_S = 0.6
"""How much after its end belongs to a rep's top, s."""
KNOWN_SHARE = 0.8
"""Share of a rep that must be there to speak of it."""


def known(values: FloatArray) -> bool:
    """Whether enough of a stretch (N,) is there to speak of it."""
    return bool(len(values)) and bool(np.isfinite(values).mean() >= KNOWN_SHARE)


@dataclass(frozen=True)
class RepCourse:
    """A rep's angles from a little before its start until the next one begins, at most ``AFTER_S`` after its end.

    ``start``, ``bottom`` and ``end`` are row numbers; ``depth`` (N,) is the fold as a share of the rep's own, 0 at its
    top and 1 at its bottom.
    """

    rep: Rep
    grid: RepAngles
    start: int
    bottom: int
    end: int
    depth: FloatArray

    @staticmethod
    def cut(
        rep: Rep,
        grid: RepAngles,
        next_start_s: float | None = None,
        after_s: float = AFTER_S,
        most_lumbar_sd_deg: float = np.inf,
    ) -> RepCourse:
        """The rep out of the grid, with ``after_s`` of what follows or until ``next_start_s``, when the next one
        begins. Lumbar flexion less sure than ``most_lumbar_sd_deg`` is left out."""
        until = rep.end_s + after_s
        if next_start_s is not None:
            until = max(rep.end_s, min(until, next_start_s))
        lo, hi = np.searchsorted(grid.time_s, [rep.start_s - _BEFORE_S, until])
        part = grid.part(slice(int(lo), max(int(lo) + 1, int(hi))))
        if np.isfinite(most_lumbar_sd_deg):
            part = replace(part, lumbar_deg=np.where(part.lumbar_sd_deg <= most_lumbar_sd_deg, part.lumbar_deg, np.nan))
        start, end = np.searchsorted(part.time_s, [rep.start_s, rep.end_s])
        rise = rep.bottom_fold_deg - rep.top_fold_deg
        return RepCourse(
            rep=rep,
            grid=part,
            start=int(start),
            bottom=int(np.argmin(np.abs(part.time_s - rep.bottom_s))),
            end=max(int(start) + 1, int(end)),
            depth=(part.fold_deg - rep.top_fold_deg) / (rise if rise else np.nan),
        )

    @property
    def whole(self) -> slice:
        """Rows from start to end."""
        return slice(self.start, self.end)

    @property
    def down(self) -> slice:
        """Rows from the start to the bottom."""
        return slice(self.start, max(self.start + 1, self.bottom + 1))

    @property
    def up(self) -> slice:
        """Rows from the bottom to the end."""
        return slice(self.bottom, max(self.bottom + 1, self.end))

    @property
    def lockout(self) -> slice:
        """Rows around the top that ends the rep: from 0.1 s before its end to 0.25 s after."""
        first, last = np.searchsorted(self.grid.time_s, [self.rep.end_s - 0.1, self.rep.end_s + 0.25])
        return slice(int(first), max(int(first) + 1, int(last)))

    def near_bottom(self, half_width_s: float = 0.05) -> slice:
        """Rows around the bottom."""
        first, last = np.searchsorted(
            self.grid.time_s, [self.rep.bottom_s - half_width_s - 1e-9, self.rep.bottom_s + half_width_s + 1e-9]
        )
        return slice(int(first), max(int(first) + 1, int(last)))
