"""Small swings to and fro, counted along the direction in which the first one went."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SwingWatch"]

FloatArray = NDArray[np.float64]


class SwingWatch:
    """Counts how often something turns back by ``least`` or more."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._direction: FloatArray | None = None
        self._extreme = 0.0
        self._sense = 0
        self.count = 0

    def take(self, away: FloatArray) -> None:
        """Take how far it is from where it began, (N, 3); NaN in gaps."""
        for row in away[np.isfinite(away[:, 0])]:
            if self._direction is None:
                reach = float(np.linalg.norm(row))
                if reach < self._least:
                    continue
                self._direction = row / reach
                self._sense, self._extreme, self.count = 1, reach, 1
                continue
            along = float(row @ self._direction)
            if (along - self._extreme) * self._sense >= 0.0:
                self._extreme = along
            elif abs(along - self._extreme) >= self._least:
                self._sense, self._extreme, self.count = -self._sense, along, self.count + 1
