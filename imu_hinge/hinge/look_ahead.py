"""Where an angle will be in a moment: a causal, damped prediction with its doubt, sample by sample.

An alpha-beta filter (Kalata 1984) follows value and slope at the cost of a few multiplications; its own surprises tell
how far its slope is to be trusted. Plain floats, one sample at a time: the same bits for any chunking.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LookAhead", "LookAheadParams"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LookAheadParams:
    """How an angle is followed and continued."""

    memory_s: float = 0.05
    """Time over which value and slope forget, s: own choice, a third of the usual lead (``CueParams.lead_s``)."""
    fade_s: float = 0.3
    """A slope is expected to fade within so long, s: the way down of a fast lift takes half a second and slows from its
    middle on."""
    surprise_s: float = 0.3
    """Time over which the filter's surprises are averaged, s."""
    slope_error_share: float = 0.1
    """SD of what else the slope does meanwhile, as a share of it."""
    drift_s: float = 0.1
    """An angle that is in doubt by an SD may drift by that SD within so long, s: the slope of an estimate is no surer
    than the estimate. On simulated fast sets three clips then cue 70 ms earlier with a lead of 0.15 s, and no good rep
    more; with 0.2 s two clips would gain 30 ms, for one more false cue in 60 reps."""
    longest_hole_s: float = 0.1
    """After a longer hole the filter begins anew, s."""


class LookAhead:
    """Predicts one angle; before ``memory_s`` has passed since a beginning or a hole it predicts nothing."""

    def __init__(self, params: LookAheadParams) -> None:
        self._params = params
        self._time_s = -math.inf
        self._begun_s = math.inf
        self._value = self._slope = self._surprise = 0.0

    def update(
        self, time_s: FloatArray, angle_deg: FloatArray, sd_deg: FloatArray, lead_s: float
    ) -> tuple[FloatArray, FloatArray]:
        """Take consecutive samples (N,) with their SDs (N,), NaN where unknown; give the change that ``lead_s`` will
        bring and its SD, deg, (N,) each, NaN where not predicted."""
        p = self._params
        reach = p.fade_s * -math.expm1(-lead_s / p.fade_s)
        change = np.full(len(time_s), np.nan)
        doubt = np.full(len(time_s), np.nan)
        samples = zip(time_s.tolist(), angle_deg.tolist(), sd_deg.tolist(), strict=True)
        for i, (t, angle, sd) in enumerate(samples):
            if not math.isfinite(angle):
                continue
            slope_sd = self._follow(t, angle)
            if t - self._begun_s >= 2.0 * p.memory_s:
                change[i] = reach * self._slope
                doubt[i] = reach * math.hypot(slope_sd, p.slope_error_share * self._slope, sd / p.drift_s)
        return change, doubt

    def _follow(self, time_s: float, angle: float) -> float:
        """Take a sample; give the SD of the slope, deg/s."""
        p = self._params
        step = time_s - self._time_s
        self._time_s = time_s
        if not 0.0 < step <= p.longest_hole_s:
            self._begun_s, self._value, self._slope, self._surprise = time_s, angle, 0.0, 0.0
            return 0.0
        # Critically damped: both of its time constants are the memory.
        keep = math.exp(-step / p.memory_s)
        alpha, beta = 1.0 - keep * keep, (1.0 - keep) * (1.0 - keep)
        expected = self._value + self._slope * step
        surprise = angle - expected
        self._value = expected + alpha * surprise
        self._slope += beta / step * surprise
        self._surprise += -math.expm1(-step / p.surprise_s) * (surprise * surprise - self._surprise)
        share = 2.0 * beta * beta / (alpha * (4.0 - 2.0 * alpha - beta))
        return math.sqrt(share * self._surprise) / step
