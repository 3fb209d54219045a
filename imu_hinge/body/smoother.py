"""Maximum a posteriori course of shank pitch and lumbar flexion, and the athlete's constants, from two clips.

Every movement has splines of its own; the constants are shared by all. Gauss-Newton with Levenberg damping: the
splines of a movement make a banded system, its slow tilt errors and the constants border it and are eliminated by
Schur complements, so that a session costs as much as its movements one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.sparse import csr_array

from imu_hinge.body.chain import acc_errors, chain_points
from imu_hinge.body.geometry import CONSTANTS, ChainBelief
from imu_hinge.body.priors import PriorParams, Quadratic, priors_of
from imu_hinge.body.window import Window
from imu_hinge.conventions import GRAVITY_M_S2

__all__ = ["Course", "Fit", "Noise", "SmootherParams", "courses", "measured_noise", "misfit", "smooth"]

FloatArray = NDArray[np.float64]

_C: Final = len(CONSTANTS)
_AT: Final = {name: index for index, name in enumerate(CONSTANTS)}
_PACE_S: Final = 2.5
"""What slower movements leave unexplained is correlated for longer, in proportion."""


@dataclass(frozen=True)
class Noise:
    """SD of each compared acceleration, m/s²: thigh forward and up, back forward and up."""

    acc_sd_m_s2: tuple[float, float, float, float] = (0.2, 0.1, 0.1, 0.08)
    share: float = 0.0
    """And the share of a clip's acceleration that the model gets wrong: what its geometry leaves out."""

    def times(self, factor: float) -> Noise:
        """The same, ``factor`` times as large."""
        a, b, c, d = (factor * sd for sd in self.acc_sd_m_s2)
        return Noise((a, b, c, d), factor * self.share)


@dataclass(frozen=True)
class SmootherParams:
    """What the smoother believes of noise, and when it stops."""

    priors: PriorParams = field(default_factory=PriorParams)
    start_noise: Noise = field(default_factory=Noise)
    """Before anything was measured: skin in motion."""
    least_noise: Noise = field(default_factory=lambda: Noise((0.02, 0.01, 0.012, 0.01)))
    """What low-passed acceleration of a well-attached clip leaves, m/s²."""
    noise_factor: float = 2.5
    """Residuals are correlated over about 0.3 s and hold what the model leaves out: SDs are widened by this."""
    noise_share: float = 0.03
    """Share of an acceleration that the model gets wrong with the thigh upright; bent knees leave the plane."""
    iterations: int = 25
    tolerance: float = 1e-4
    """Relative fall of the cost at which to stop."""


@dataclass(frozen=True)
class Fit:
    """The outcome of ``smooth``: the constants as now believed, and for each window its spline coefficients (2n,),
    interleaved shank and lumbar, its tilt nodes (2T,) and what was believed of it."""

    belief: ChainBelief
    splines: tuple[FloatArray, ...]
    tilts: tuple[FloatArray, ...]
    priors: tuple[Quadratic, ...]
    noise: Noise
    cost: float
    iterations: int


@dataclass(frozen=True)
class Course:
    """One movement as the model sees it, (N,) in rad with SDs: shank pitch, knee, hip and lumbar flexion."""

    time_s: FloatArray
    shank_rad: FloatArray
    knee_rad: FloatArray
    knee_sd_rad: FloatArray
    hip_rad: FloatArray
    hip_sd_rad: FloatArray
    lumbar_rad: FloatArray
    lumbar_sd_rad: FloatArray

    def widened(self, factor: float) -> Course:
        """The same, less sure."""
        return replace(
            self,
            knee_sd_rad=factor * self.knee_sd_rad,
            hip_sd_rad=factor * self.hip_sd_rad,
            lumbar_sd_rad=factor * self.lumbar_sd_rad,
        )


@dataclass(frozen=True)
class _System:
    """Normal equations of one window: band (u+1, 2n), border (2n, z), corner (z, z), gradients; z tilts, constants."""

    band: FloatArray
    border: FloatArray
    corner: FloatArray
    by_spline: FloatArray
    by_border: FloatArray
    cost: float


def _residuals(
    window: Window, spline: FloatArray, tilt: FloatArray, constants: FloatArray, levels: int, noise: Noise
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Whitened residuals (M, 4), their derivatives by the local coefficients (M, 4, 2K) and by the border (M, 4, z)."""
    move, nodes = window.movement, window.tilt.shape[1]
    shank, lumbar = window.basis.at(spline[::2]), window.basis.at(spline[1::2])
    points = chain_points(shank, lumbar, window.clips, constants, levels)
    m, k = len(window.centre), window.local.shape[2]
    residual = np.empty((m, 4))
    local = np.zeros((m, 4, 2 * k))
    border = np.zeros((m, 4, 2 * nodes + _C))

    def bent(paths: Sequence[FloatArray]) -> FloatArray:
        columns = np.concatenate(paths, axis=1)
        seen: FloatArray = np.matmul(window.bend, columns[window.seen]).reshape(m, len(paths), 2).swapaxes(1, 2)
        return seen

    by_shank = np.einsum("mjc,mjk->mck", points.by_shank[window.seen] * window.bend[:, None], window.local)
    by_lumbar = np.einsum("mjc,mjk->mck", points.back_by_lumbar[window.seen] * window.bend[:, None], window.local)
    for clip, first, at, by, pitch in (
        ("thigh", 0, points.thigh_m, points.thigh_by, move.thigh_rad),
        ("back", 2, points.back_m, points.back_by, move.back_rad),
    ):
        rows = slice(first, first + 2)
        error = acc_errors(clip, pitch[window.centre])
        tipped = GRAVITY_M_S2 * (window.tilt @ tilt[first // 2 * nodes : (first // 2 + 1) * nodes])
        curved = bent([at, *by.values()])
        residual[:, rows] = curved[:, :, 0] - window.acc_m_s2[:, rows]
        residual[:, first] += tipped
        local[:, rows, ::2] = by_shank
        border[:, rows, [2 * nodes + index for index in by]] = curved[:, :, 1:]
        for index, column in error.items():
            residual[:, rows] += constants[index] * column
            border[:, rows, 2 * nodes + index] = column
        border[:, first, first // 2 * nodes : (first // 2 + 1) * nodes] = GRAVITY_M_S2 * window.tilt
    local[:, 2:, 1::2] = by_lumbar
    size = np.hypot(window.acc_m_s2[:, ::2], window.acc_m_s2[:, 1::2])
    size *= noise.share * (1.0 + move.thigh_rad[window.centre, None] ** 2)
    sd = np.hypot(np.array(noise.acc_sd_m_s2), np.repeat(size, 2, axis=1))
    sd *= window.doubt * np.sqrt(np.clip(window.pace_s / _PACE_S, 1.0, 2.0))
    return residual / sd, local / sd[:, :, None], border / sd[:, :, None]


def _system(
    window: Window,
    prior: Quadratic,
    spline: FloatArray,
    tilt: FloatArray,
    constants: FloatArray,
    levels: int,
    noise: Noise,
) -> _System:
    residual, local, border = _residuals(window, spline, tilt, constants, levels, noise)
    m, k2 = len(window.centre), local.shape[2]
    size, z = len(spline), border.shape[2]
    where = 2 * window.knot[:, None] + np.arange(k2)
    products = np.matmul(local.transpose(0, 2, 1), local)
    upper_a, upper_b = np.triu_indices(k2)
    rows = (prior.width - 1) - (upper_b - upper_a)
    flat = (rows * size)[None, :] + where[:, upper_b]
    sums = np.bincount(flat.ravel(), products[:, upper_a, upper_b].ravel(), minlength=prior.width * size)
    band: FloatArray = sums[: prior.width * size].reshape(prior.width, size) + prior.band
    tall = border.reshape(m * 4, z)
    wide = csr_array((local.ravel(), np.repeat(where, 4, axis=0).ravel(), np.arange(m * 4 + 1) * k2), (m * 4, size)).T
    cross, by_spline = wide @ tall, wide @ residual.ravel()
    rest = np.concatenate([tilt, constants])
    gradient_x, gradient_z, cost = prior.at(spline, rest)
    return _System(
        band,
        cross + prior.border,
        tall.T @ tall + prior.corner,
        by_spline + gradient_x,
        tall.T @ residual.ravel() + gradient_z,
        float((residual**2).sum()) + cost,
    )


@dataclass(frozen=True)
class _Reduced:
    """A window after its splines and tilts are eliminated: what it says about the constants, and how to go back."""

    factor: FloatArray
    solved: FloatArray
    """H⁻¹ border, (2n, z)."""
    schur: FloatArray
    """(z, z)."""
    step: FloatArray
    """-H⁻¹ gradient, (2n,)."""
    pull: FloatArray
    """-gradient of the border after elimination, (z,)."""
    information: FloatArray
    """(C, C)."""
    evidence: FloatArray
    """(C,)."""


def _reduce(system: _System, damping: float) -> _Reduced:
    band, corner = system.band.copy(), system.corner
    band[-1] *= 1.0 + damping
    z = len(corner)
    tilts = z - _C
    factor = cholesky_banded(band, check_finite=False)
    right = np.column_stack([system.border, system.by_spline])
    back = cho_solve_banded((factor, False), right, check_finite=False)
    solved, step = back[:, :z], -back[:, z]
    schur = corner - system.border.T @ solved
    pull = -(system.by_border + system.border.T @ step)
    inner = schur[:tilts, :tilts]
    carry = np.linalg.solve(inner, np.column_stack([schur[:tilts, tilts:], pull[:tilts]]))
    information = schur[tilts:, tilts:] - schur[tilts:, :tilts] @ carry[:, :_C]
    evidence = pull[tilts:] - schur[tilts:, :tilts] @ carry[:, _C]
    return _Reduced(factor, solved, schur, step, pull, information, evidence)


def _back(reduced: _Reduced, change: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Steps of a window's splines and tilts when the constants change by ``change``."""
    tilts = len(reduced.pull) - _C
    pull = reduced.pull[:tilts] - reduced.schur[:tilts, tilts:] @ change
    tilt = np.asarray(np.linalg.solve(reduced.schur[:tilts, :tilts], pull), np.float64)
    return reduced.step - reduced.solved @ np.concatenate([tilt, change]), tilt


def smooth(
    windows: Sequence[Window],
    belief: ChainBelief,
    levels: int,
    params: SmootherParams,
    noise: Noise,
    start: Fit | None = None,
    *,
    learn: bool = True,
) -> Fit:
    """The most probable splines and constants, given what is believed of the constants before.

    ``start`` is an earlier fit of the same windows to begin from. With ``learn`` False the constants stay at their
    means. Rests on Gauss-Newton steps from a straight spine and a hardly moving shank.
    """
    precision = np.linalg.inv(belief.covariance)
    priors = tuple(priors_of(w, params.priors) for w in windows) if start is None else start.priors
    constants = belief.mean.copy() if start is None else start.belief.mean.copy()
    if start is None:
        splines = [_first_guess(w, params.priors) for w in windows]
        tilts = [np.zeros(2 * w.tilt.shape[1]) for w in windows]
    else:
        splines, tilts = list(start.splines), list(start.tilts)

    def build(x: Sequence[FloatArray], e: Sequence[FloatArray], c: FloatArray) -> tuple[list[_System], float]:
        made = [_system(w, p, a, b, c, levels, noise) for w, p, a, b in zip(windows, priors, x, e, strict=True)]
        off = c - belief.mean
        return made, float(sum(s.cost for s in made) + off @ precision @ off)

    systems, cost = build(splines, tilts, constants)
    damping, count = 1e-3, 0
    while count < params.iterations:
        count += 1
        reduced = [_reduce(s, damping) for s in systems]
        change = np.zeros(_C)
        if learn:
            total = precision + sum(r.information for r in reduced)
            pull = sum(r.evidence for r in reduced) - precision @ (constants - belief.mean)
            change = np.asarray(np.linalg.solve(total, pull), np.float64)
        steps = [_back(r, change) for r in reduced]
        new_splines = [a + s for a, (s, _) in zip(splines, steps, strict=True)]
        new_tilts = [a + s for a, (_, s) in zip(tilts, steps, strict=True)]
        new_systems, new_cost = build(new_splines, new_tilts, constants + change)
        if new_cost <= cost:
            fell = cost - new_cost
            splines, tilts, constants, systems, cost = new_splines, new_tilts, constants + change, new_systems, new_cost
            damping = max(damping / 10.0, 1e-9)
            if fell < params.tolerance * cost:
                break
        elif damping > 1e3:
            break
        else:
            damping *= 10.0 if damping > 1e-6 else 1e4
    covariance = belief.covariance
    if learn:
        total = precision + sum(_reduce(s, 0.0).information for s in systems)
        covariance = np.asarray(np.linalg.inv(0.5 * (total + total.T)), np.float64)
    return Fit(ChainBelief(constants, covariance), tuple(splines), tuple(tilts), priors, noise, cost, count)


def _first_guess(window: Window, params: PriorParams) -> FloatArray:
    guess = np.zeros(2 * window.basis.size)
    guess[::2] = params.shank_rad
    guess[1::2] = window.basis.fit(params.lumbar_mean(window.movement))
    return guess


def measured_noise(windows: Sequence[Window], fit: Fit, levels: int, params: SmootherParams) -> Noise:
    """The noise that a fit left, robustly (median absolute deviation) over all its windows; those with doubts of their
    own count only where there are no others."""
    unit = Noise((1.0, 1.0, 1.0, 1.0))
    least = min(w.doubt for w in windows)
    left = np.concatenate(
        [
            _residuals(w, x, e, fit.belief.mean, levels, unit)[0] * w.doubt
            for w, x, e in zip(windows, fit.splines, fit.tilts, strict=True)
            if w.doubt == least
        ]
    )
    sd = np.maximum(1.4826 * np.median(np.abs(left), axis=0), params.least_noise.acc_sd_m_s2)
    a, b, c, d = (float(v) for v in sd * params.noise_factor)
    return Noise((a, b, c, d), params.noise_share)


def misfit(window: Window, fit: Fit, index: int, levels: int) -> float:
    """Root mean square of the accelerations a fit left unexplained in its window ``index``, in SDs of its noise."""
    left, _, _ = _residuals(window, fit.splines[index], fit.tilts[index], fit.belief.mean, levels, fit.noise)
    return window.doubt * float(np.sqrt((left**2).mean()))


def courses(windows: Sequence[Window], fit: Fit, levels: int) -> tuple[Course, ...]:
    """Joint angles of every movement with their SDs, the constants' doubt included."""
    each = zip(windows, fit.splines, fit.tilts, fit.priors, strict=True)
    return tuple(_course(w, x, e, p, fit, levels) for w, x, e, p in each)


_SD_SPACING_S: Final = 0.1


def _course(window: Window, spline: FloatArray, tilt: FloatArray, prior: Quadratic, fit: Fit, levels: int) -> Course:
    move, c = window.movement, fit.belief.mean
    system = _system(window, prior, spline, tilt, c, levels, fit.noise)
    reduced = _reduce(system, 0.0)
    z = len(reduced.schur)
    tilts = z - _C
    inner = np.linalg.inv(reduced.schur[:tilts, :tilts])
    carry = inner @ reduced.schur[:tilts, tilts:]
    doubt = np.empty((z, z))
    doubt[tilts:, tilts:] = fit.belief.covariance
    doubt[:tilts, tilts:] = -carry @ fit.belief.covariance
    doubt[tilts:, :tilts] = doubt[:tilts, tilts:].T
    doubt[:tilts, :tilts] = inner + carry @ fit.belief.covariance @ carry.T
    rows = np.unique(
        np.append(np.arange(0, len(move.time_s), max(1, round(_SD_SPACING_S * window.rate_hz))), len(move.time_s) - 1)
    )
    share = float(c[_AT["share_below"]])
    shank, lumbar = window.basis.at(spline[::2]), window.basis.at(spline[1::2])
    points = chain_points(shank, lumbar, window.clips, c, levels)
    turns = {"thigh_gain": move.thigh_rad, "thigh_fold_gain": move.back_rad - move.thigh_rad}

    def sd(by_shank: float, by_lumbar: float, by_constant: dict[str, FloatArray]) -> FloatArray:
        pick = np.zeros((len(spline), len(rows)))
        at = window.basis.first[rows][:, None] + np.arange(4)
        col = np.arange(len(rows))[:, None]
        pick[2 * at, col] = by_shank * window.basis.weight[rows]
        pick[2 * at + 1, col] = by_lumbar * window.basis.weight[rows]
        through = -(pick.T @ reduced.solved)
        for name, values in by_constant.items():
            through[:, tilts + _AT[name]] += values[rows]
        own = (pick * cho_solve_banded((reduced.factor, False), pick, check_finite=False)).sum(axis=0)
        variance = own + np.einsum("ra,ab,rb->r", through, doubt, through)
        every: FloatArray = np.interp(np.arange(len(move.time_s)), rows, np.sqrt(np.maximum(variance, 0.0)))
        return every

    return Course(
        move.time_s,
        shank,
        shank - points.thigh_rad,
        sd(1.0, 0.0, turns),
        points.pelvis_rad - points.thigh_rad,
        sd(0.0, -share, {**turns, "back_gain": -move.back_rad, "share_below": -lumbar}),
        lumbar,
        sd(0.0, 1.0, {}),
    )
