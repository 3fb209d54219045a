"""Gyroscope scale learnt from gravity while turning a lot.

MEMS gyroscopes are off by up to one per cent in scale. Over a full turn that is degrees, and gravity shows it: between
two stretches of a few seconds the mean specific force, carried into a gyro-integrated frame, drifts by the scale error
times the net rotation. A recursive least-squares fit of three scale errors (and a residual bias) collects that drift.
Only large net rotations count: in a hinge, out and back, accelerometer errors would pass for scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vqf import BasicVQF

__all__ = ["GyroScale", "GyroScaleParams"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class GyroScaleParams:
    """What is believed before, and what counts as evidence."""

    enabled: bool = True
    stretch_s: float = 5.0
    """Length of the stretches whose mean specific force is compared, s: accelerations average out over it."""
    prior_sd: float = 0.01
    """Scale error per axis, SD (LSM6DSO, BMI270: 1 % typical)."""
    bias_sd_rad_s: float = float(np.deg2rad(0.3))
    """Residual gyroscope bias, SD, rad/s."""
    direction_sd_rad: float = 0.03
    """Error of one stretch's mean direction, rad (0.3 m/s² of mean acceleration)."""
    least_net_rad: float = 4.0
    """Net rotation between two stretches below which they say nothing about scale, rad."""
    largest: float = 0.02
    """No scale error beyond this is believed."""


class GyroScale:
    """Collects stretches of consecutive samples and keeps the scale factors (3,) to multiply rates by."""

    def __init__(self, params: GyroScaleParams, rate_hz: float) -> None:
        self._params = params
        self._step_s = 1.0 / rate_hz
        self.stretch = max(2, round(params.stretch_s * rate_hz))
        self._information = np.diag([params.prior_sd**-2.0] * 3 + [params.bias_sd_rad_s**-2.0] * 3)
        self._evidence: FloatArray = np.zeros(6)
        self._rates: list[FloatArray] = []
        self._forces: list[FloatArray] = []
        self._filled = 0
        self._previous: tuple[FloatArray, FloatArray] | None = None
        self.factors: FloatArray = np.ones(3)

    @property
    def room(self) -> int:
        """Samples until the running stretch is full; the factors change only then."""
        return self.stretch - self._filled

    def broken(self) -> None:
        """The stream was interrupted: stretches before and after cannot be compared."""
        self._rates, self._forces, self._filled, self._previous = [], [], 0, None

    def add(self, rates_rad_s: FloatArray, acc_m_s2: FloatArray) -> None:
        """Take bias-free rates and specific force (N, 3), at most ``room`` of them."""
        if not self._params.enabled:
            return
        self._rates.append(rates_rad_s)
        self._forces.append(acc_m_s2)
        self._filled += len(rates_rad_s)
        if self._filled < self.stretch:
            return
        rates, forces = np.vstack(self._rates), np.vstack(self._forces)
        self._rates, self._forces, self._filled = [], [], 0
        if self._previous is not None:
            self._compare(*self._previous, rates, forces)
        self._previous = (rates, forces)

    def _compare(self, rates_a: FloatArray, forces_a: FloatArray, rates_b: FloatArray, forces_b: FloatArray) -> None:
        rates = np.vstack([rates_a, rates_b])
        if float(np.abs(rates).sum()) * self._step_s < self._params.least_net_rad:
            return
        turn = _strapdown(rates, 1.0 / self._step_s)
        force = np.einsum("nij,nj->ni", turn, np.vstack([forces_a, forces_b]))
        regressors = np.concatenate([turn * rates[:, None, :], turn], axis=2) * self._step_s
        course = np.cumsum(regressors, axis=0)
        n = len(rates_a)
        change = course[n:].mean(axis=0) - course[:n].mean(axis=0)
        if float(np.linalg.norm(change[:, :3])) < self._params.least_net_rad:
            return
        before, after = (f / np.linalg.norm(f) for f in (force[:n].mean(axis=0), force[n:].mean(axis=0)))
        up = before + after
        x, y, z = up / np.linalg.norm(up)
        cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        design, drift = cross @ change, after - before
        # A jump far beyond noise is a knock or a fall, not scale.
        weight = self._params.direction_sd_rad**-2.0 * min(1.0, (0.1 / max(1e-9, float(np.linalg.norm(drift)))) ** 2)
        self._information = self._information + weight * design.T @ design
        self._evidence = self._evidence + weight * design.T @ drift
        error = np.linalg.solve(self._information, self._evidence)[:3]
        self.factors = 1.0 + np.clip(error, -self._params.largest, self._params.largest)

    @property
    def state(self) -> dict[str, Any]:
        """A copy of everything that changes."""
        return {
            "information": self._information.copy(),
            "evidence": self._evidence.copy(),
            "rates": [r.copy() for r in self._rates],
            "forces": [f.copy() for f in self._forces],
            "filled": self._filled,
            "previous": self._previous,
            "factors": self.factors.copy(),
        }

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._information, self._evidence = value["information"].copy(), value["evidence"].copy()
        self._rates, self._forces = list(value["rates"]), list(value["forces"])
        self._filled, self._previous = value["filled"], value["previous"]
        self.factors = value["factors"].copy()


def _strapdown(rates_rad_s: FloatArray, rate_hz: float) -> FloatArray:
    """Rotation matrices (N, 3, 3) from sensor to the frame of the first sample, by integrating rates alone."""
    # A zero specific force tells the filter to integrate only.
    quat = BasicVQF(1.0 / rate_hz).updateBatch(np.ascontiguousarray(rates_rad_s), np.zeros_like(rates_rad_s))["quat6D"]
    w, x, y, z = quat.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)
