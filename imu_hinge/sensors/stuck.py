"""A sensor that repeats itself: streaming, but dead."""

from __future__ import annotations

from typing import Final

import numpy as np

from imu_hinge.sensors.driver import FloatArray, Samples

__all__ = ["StuckDetector"]

STUCK_S: Final = 1.0
"""A live sensor's noise changes at least the last bit of one of six axes within far less (PROTOCOL.md, section 12)."""


class StuckDetector:
    """Whether the newest samples have been exactly the same for ``STUCK_S``, over any packing."""

    def __init__(self) -> None:
        self._last: FloatArray | None = None
        self._since_s = 0.0
        self.stuck = False

    def update(self, samples: Samples) -> bool:
        """Look at more samples, in order of time; returns whether it is stuck now."""
        values = np.hstack([samples.acc_m_s2, samples.gyr_rad_s])
        if not len(values):
            return self.stuck
        before = values[:1] if self._last is None else self._last
        changed = np.flatnonzero((values != np.vstack([before, values[:-1]])).any(axis=1))
        if len(changed) or self._last is None:
            self._since_s = float(samples.device_s[changed[-1] if len(changed) else 0])
        self._last = values[-1:]
        self.stuck = bool(samples.device_s[-1] - self._since_s >= STUCK_S)
        return self.stuck
