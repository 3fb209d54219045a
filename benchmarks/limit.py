"""How well any unbiased estimate could do: the Cramer-Rao bound of the chain model under a sensor's white noise.

The normal equations of the smoother are set up at the true movement, with the beliefs of the model (lengths, skin,
sensor errors, smoothness, standing still) as they are, but with the accelerometers' own white noise after the model's
low-pass instead of the noise that the product measures and widens. Low-passed noise is correlated; the bound accounts
for that. What it leaves out: noise of the gyroscopes beyond the slow tilt that the model knows, skin and spines that
are not as the model has them, knots that cannot follow the movement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from imu_hinge.body.geometry import ChainBelief
from imu_hinge.body.priors import priors_of
from imu_hinge.body.separation import SeparationParams
from imu_hinge.body.smoother import Noise, _residuals
from imu_hinge.body.window import Movement, Window, prepare
from imu_hinge.simulation.sensor import ACC_LSB_M_S2, SensorGrade

__all__ = ["Bound", "bounds", "low_passed_sd"]

FloatArray = NDArray[np.float64]
Course = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""True shank pitch and lumbar flexion (N,), rad, at instants (N,)."""

SAMPLES_HZ = 107.0
"""The mean rate of the simulated clips, for the noise of rounding."""


@dataclass(frozen=True)
class Bound:
    """Least SD of lumbar flexion at one instant, rad: with the constants known, and with them learnt."""

    known_rad: float
    learnt_rad: float


@dataclass(frozen=True)
class _Told:
    """What one movement tells of its splines and tilts (x) and the constants (c)."""

    window: Window
    by_x: tuple[FloatArray, bool]
    solved: FloatArray
    information: FloatArray


def low_passed_sd(grade: SensorGrade, low_pass_s: float) -> float:
    """SD of an accelerometer's white noise, rounding included, after a Gaussian low-pass, m/s²."""
    density = np.hypot(grade.acc_noise_m_s2_rthz, ACC_LSB_M_S2 * np.sqrt(2.0 / (12.0 * SAMPLES_HZ)))
    return float(density / np.sqrt(4.0 * np.sqrt(np.pi) * low_pass_s))


def bounds(
    movements: Sequence[Movement],
    rate_hz: float,
    belief: ChainBelief,
    levels: int,
    params: SeparationParams,
    truth: Course,
    at_s: Sequence[float],
    noise_m_s2: float,
    constants: FloatArray | None = None,
) -> list[Bound | None]:
    """The bound at each of the instants ``at_s``; None where no movement holds it.

    ``movements`` are all that is followed in the session, ``belief`` what is believed of the constants before,
    ``constants`` where to take the derivatives (the means believed).
    """
    at = belief.mean if constants is None else constants
    windows = [w for w in (prepare(m, rate_hz, params.window) for m in movements) if w is not None]
    told = [_told(w, at, levels, params, truth, noise_m_s2) for w in windows]
    total = sum((t.information for t in told), _inverse(belief.covariance))
    doubt = _inverse(0.5 * (total + total.T))
    return [_bound(told, instant, doubt) for instant in at_s]


def _inverse(matrix: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _bound(told: Sequence[_Told], instant_s: float, doubt: FloatArray) -> Bound | None:
    for one in told:
        time_s, basis = one.window.movement.time_s, one.window.basis
        if not time_s[0] <= instant_s <= time_s[-1]:
            continue
        row = int(np.argmin(np.abs(time_s - instant_s)))
        pick = np.zeros(len(one.solved))
        pick[2 * (basis.first[row] + np.arange(4)) + 1] = basis.weight[row]
        own = float(pick @ cho_solve(one.by_x, pick))
        through = pick @ one.solved
        return Bound(float(np.sqrt(own)), float(np.sqrt(own + through @ doubt @ through)))
    return None


def _told(
    window: Window, constants: FloatArray, levels: int, params: SeparationParams, truth: Course, noise_m_s2: float
) -> _Told:
    basis, count = window.basis, len(constants)
    spline = np.empty(2 * basis.size)
    spline[::2], spline[1::2] = map(basis.fit, truth(window.movement.time_s))
    tilt = np.zeros(2 * window.tilt.shape[1])
    unhurried = replace(window, pace_s=0.0, doubt=1.0)  # what widens the product's noise does not widen this
    _, local, border = _residuals(unhurried, spline, tilt, constants, levels, Noise((1.0, 1.0, 1.0, 1.0)))
    size, z = len(spline), border.shape[2]
    jacobian = np.zeros((4, len(window.centre), size + z))
    where = 2 * window.knot[:, None] + np.arange(local.shape[2])
    for channel in range(4):
        np.put_along_axis(jacobian[channel], where, local[:, channel], axis=1)
        jacobian[channel, :, size:] = border[:, channel]
    root = _noise_root(window, params)
    white = np.concatenate([solve_triangular(root, part, lower=True) for part in jacobian]) / noise_m_s2
    prior = priors_of(window, params.smoother.priors)
    square = white.T @ white
    square[:size, :size] += (prior.rows_x.T @ prior.rows_x).toarray()
    square[:size, size:] += prior.border
    square[size:, :size] += prior.border.T
    square[size:, size:] += prior.corner
    inner = size + z - count
    factor = cho_factor(square[:inner, :inner])
    solved = cho_solve(factor, square[:inner, inner:])
    return _Told(window, factor, solved, square[inner:, inner:] - square[inner:, :inner] @ solved)


def _noise_root(window: Window, params: SeparationParams) -> FloatArray:
    """Cholesky factor of the correlation of low-passed white noise between the accelerations that are compared."""
    time_s = window.movement.time_s[window.centre]
    apart = (time_s[:, None] - time_s) / params.window.low_pass_s
    root: FloatArray = cholesky(np.exp(-0.25 * apart**2) + 1e-9 * np.eye(len(time_s)), lower=True)
    return root
