"""One clip on the grid: what fusion hands to the body model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClipTrack", "join_tracks"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ClipTrack:
    """A clip's grid samples from index ``first``, all of length N, NaN rows in gaps.

    ``acc_m_s2``, ``gyr_rad_s`` and ``bias_rad_s`` (N, 3) in sensor coordinates, ``quat`` (N, 4) sensor to world,
    ``still`` (N,) True where the second that ends there was still, ``inclination_sd_rad`` (N,) how sure the
    inclination is.
    """

    first: int
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray
    quat: FloatArray
    bias_rad_s: FloatArray
    still: NDArray[np.bool_]
    inclination_sd_rad: FloatArray

    def __len__(self) -> int:
        return len(self.quat)

    def part(self, start: int, stop: int) -> ClipTrack:
        """Rows ``start`` to ``stop`` as a track of their own."""
        rows = slice(start, stop)
        return ClipTrack(
            self.first + start,
            self.acc_m_s2[rows],
            self.gyr_rad_s[rows],
            self.quat[rows],
            self.bias_rad_s[rows],
            self.still[rows],
            self.inclination_sd_rad[rows],
        )


def join_tracks(parts: list[ClipTrack]) -> ClipTrack:
    """Consecutive tracks as one."""
    if len(parts) == 1:
        return parts[0]
    return ClipTrack(
        parts[0].first,
        np.vstack([p.acc_m_s2 for p in parts]),
        np.vstack([p.gyr_rad_s for p in parts]),
        np.vstack([p.quat for p in parts]),
        np.vstack([p.bias_rad_s for p in parts]),
        np.concatenate([p.still for p in parts]),
        np.concatenate([p.inclination_sd_rad for p in parts]),
    )
