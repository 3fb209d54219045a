"""How sure an inclination is: the floor of the filter, movement that hides gravity, and a start in mid-movement."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2

_IMPACT_G = 2.0
"""An impact is over before it can turn the filter: more than this does not count as more, g."""

__all__ = ["InclinationParams", "InclinationUncertainty", "offline_inclination_sd"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class InclinationParams:
    """Error model of a six-axis inclination."""

    floor_rad: float = float(np.deg2rad(0.3))
    """Error at rest and in slow lifting, rad (vqf on BROAD: 0.2 deg at rest)."""
    per_g: float = 0.03
    """Error per g of recent RMS acceleration, rad: what averaging over the filter's time constant leaves."""
    memory_s: float = 3.0
    """How long acceleration and a restart are remembered, s (the filter's time constant)."""
    restart_rad: float = float(np.deg2rad(4.0))
    """Error right after the filter started in mid-movement, rad."""


class InclinationUncertainty:
    """Causal standard deviation of a clip's inclination; the same for any chunking."""

    def __init__(self, params: InclinationParams, rate_hz: float) -> None:
        self._params = params
        self._rate_hz = rate_hz
        self._keep = float(np.exp(-1.0 / (params.memory_s * rate_hz)))
        self._state: FloatArray = np.zeros(1)

    def update(self, acc_m_s2: FloatArray, since_start: NDArray[np.int64]) -> FloatArray:
        """Specific force (N, 3), NaN in gaps, and samples since the filter's start (N,); gives SD (N,), rad."""
        if not len(acc_m_s2):
            return np.zeros(0)
        power = _agitation(acc_m_s2)
        recent = _smoothed(power, self._keep, float(self._state[0]))
        self._state = recent[-1:].copy()
        return _combined(recent, since_start / self._rate_hz, self._params)

    @property
    def state(self) -> FloatArray:
        """A copy of the filter's memory; assign it back to continue from there."""
        return self._state.copy()

    @state.setter
    def state(self, value: FloatArray) -> None:
        self._state = value.copy()


def offline_inclination_sd(
    acc_m_s2: FloatArray, since_break_s: FloatArray, rate_hz: float, params: InclinationParams
) -> FloatArray:
    """The same for the two-pass filter, which looks both ways: (N, 3), (N,) -> (N,) rad."""
    keep = float(np.exp(-1.0 / (params.memory_s * rate_hz)))
    power = _agitation(acc_m_s2)
    both = 0.5 * (_smoothed(power, keep) + _smoothed(power[::-1], keep)[::-1])
    return _combined(both, since_break_s, params)


def _agitation(acc_m_s2: FloatArray) -> FloatArray:
    """Squared departure of the specific force from one g, in g²; nothing in gaps."""
    length = np.sqrt(acc_m_s2[:, 0] ** 2 + acc_m_s2[:, 1] ** 2 + acc_m_s2[:, 2] ** 2)
    power: FloatArray = np.minimum(np.abs(length / GRAVITY_M_S2 - 1.0), _IMPACT_G) ** 2
    power[np.isnan(power)] = 0.0
    return power


def _smoothed(power: FloatArray, keep: float, before: float = 0.0) -> FloatArray:
    """One-pole low pass, from the value it had ``before``: (N,) -> (N,), the same for any chunking.

    One term after another, because importing scipy.signal for it costs more than smoothing an hour does.
    """
    terms = ((1.0 - keep) * power).tolist()
    smoothed = accumulate(terms, lambda last, term: term + keep * last, initial=before)
    next(smoothed)
    return np.fromiter(smoothed, np.float64, len(terms))


def _combined(power: FloatArray, since_s: FloatArray, params: InclinationParams) -> FloatArray:
    restart = params.restart_rad * np.exp(-since_s / params.memory_s)
    sd: FloatArray = np.sqrt(params.floor_rad**2 + params.per_g**2 * power + restart**2)
    return sd
