"""One clip's samples as rows on the common clock: what is late apart from what is new, times that only go forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from imu_hinge.sensors.driver import FloatArray, Samples
from imu_hinge.sensors.health import RateMeter
from imu_hinge.sensors.source import SampleBlock
from imu_hinge.sensors.stuck import StuckDetector

__all__ = ["ClipRows"]

_LEAST_STEP_S: Final = 1e-5
"""Ten times what a recording can tell apart."""


class ClipRows:
    """Rows with ``index`` go to ``put``.

    ``rate`` and ``stuck`` are about what is new, ``last_live_s`` is the host's time when the newest of that came.
    """

    def __init__(self, index: int, put: Callable[[SampleBlock], None]) -> None:
        self._index = index
        self._put = put
        self._last_s = float("-inf")
        self.rate = RateMeter()
        self.stuck = StuckDetector()
        self.last_live_s = 0.0
        self.before_zero = 0
        """Samples that a new clock put before common time, though rows had been given: lost."""

    def deliver(self, parts: Sequence[Samples], place: Callable[[FloatArray], FloatArray]) -> None:
        """Samples of one clip, in order; ``place`` gives common times."""
        for refilled in (True, False):
            group = [part for part in parts if part.refilled is refilled]
            if not group:
                continue
            samples = _joined(group)
            times = place(samples.device_s)
            if times[0] < 0.0:  # taken before common time began
                if self._last_s > 0.0:
                    self.before_zero += int(np.count_nonzero(times < 0.0))
                samples, times = _since_zero(samples, times)
                if not len(samples):
                    continue
            if refilled:
                self._last_s = max(self._last_s, float(times[-1]))
            else:
                times = self._ascending(times)
                self.last_live_s = samples.received_s
                self.rate.add(samples.received_s, len(samples))
                self.stuck.update(samples)
            clip = np.full(len(samples), self._index, np.int8)
            self._put(SampleBlock(clip, times, samples.acc_m_s2, samples.gyr_rad_s))

    def _ascending(self, times: FloatArray) -> FloatArray:
        """Times that a new clock fit (after a reset of the clip) would put before what was given, right after it."""
        least = self._last_s + _LEAST_STEP_S * np.arange(1, len(times) + 1)
        times = np.asarray(np.maximum(times, least), np.float64)
        self._last_s = float(times[-1])
        return times


def _since_zero(samples: Samples, times: FloatArray) -> tuple[Samples, FloatArray]:
    kept = times >= 0.0
    return replace(
        samples,
        device_s=samples.device_s[kept],
        acc_m_s2=samples.acc_m_s2[kept],
        gyr_rad_s=samples.gyr_rad_s[kept],
    ), times[kept]


def _joined(parts: Sequence[Samples]) -> Samples:
    if len(parts) == 1:
        return parts[0]
    return Samples(
        np.concatenate([part.device_s for part in parts]),
        np.concatenate([part.acc_m_s2 for part in parts]),
        np.concatenate([part.gyr_rad_s for part in parts]),
        parts[-1].received_s,
        parts[-1].refilled,
    )
