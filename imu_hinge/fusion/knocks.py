"""Knocks against a clip: readings too hard and too short for the samples to resolve.

A filter that averages specific force over seconds needs every peak of it, however hard: a shaken sensor's accelerations
cancel only if all of them are counted. What it must not count are peaks that rise from nothing between two samples,
because how much of such a peak the samples caught is chance. The rise tells them apart, the height does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2

__all__ = ["KnockDetector", "KnockParams"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class KnockParams:
    """What counts as a knock."""

    least_m_s2: float = 5.0 * GRAVITY_M_S2
    """Specific force below which nothing is a knock, m/s²: landings reach 3-4 g at the trunk."""
    rise: float = 0.7
    """Change from the sample before, as a share of the reading, above which the samples do not resolve the peak.

    What is shaken by hand at 5 Hz and 10 g crosses 5 g with 0.54 at most at 100 Hz (BROAD, at 286 Hz: 0.13); taps have
    1.1 and more (BROAD, median)."""


class KnockDetector:
    """Flags samples that belong to a knock; causal, and the same for any chunking."""

    def __init__(self, params: KnockParams) -> None:
        self._params = params
        self._last: FloatArray = np.full(3, np.nan)
        self._in_knock = False

    def update(self, acc_m_s2: FloatArray) -> BoolArray:
        """Take samples (N, 3), NaN in gaps; give (N,) True from where a knock rises until it is below the limit."""
        if not len(acc_m_s2):
            return np.zeros(0, bool)
        power = _squared(acc_m_s2)
        hard: BoolArray = power > self._params.least_m_s2**2
        knock = hard
        if hard.any():
            step = acc_m_s2 - np.vstack([self._last, acc_m_s2[:-1]])
            # After a gap nobody saw how it rose: a knock until it is over.
            resolved = _squared(step) <= self._params.rise**2 * power
            rows = np.arange(1, len(hard) + 1)
            risen = np.maximum.accumulate(np.where(hard & ~resolved, rows, 0 if self._in_knock else -1))
            knock = hard & (risen >= np.maximum.accumulate(np.where(hard, 0, rows)))
        self._last = acc_m_s2[-1].copy()
        self._in_knock = bool(knock[-1])
        return knock

    @property
    def state(self) -> tuple[FloatArray, bool]:
        """The last sample, and whether it was in a knock; assign it back to continue from there."""
        return self._last.copy(), self._in_knock

    @state.setter
    def state(self, value: tuple[FloatArray, bool]) -> None:
        self._last, self._in_knock = value[0].copy(), value[1]


def _squared(vectors: FloatArray) -> FloatArray:
    x, y, z = vectors.T
    out: FloatArray = x * x + y * y + z * z
    return out
