"""Hips from lumbar spine: learn the athlete's chain from all movements of a session, and follow each through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from imu_hinge.body.geometry import ChainBelief, GeometryParams
from imu_hinge.body.smoother import Course, Fit, Noise, SmootherParams, courses, measured_noise, misfit, smooth
from imu_hinge.body.window import Movement, Window, WindowParams, prepare

__all__ = ["Separated", "SeparationParams", "follow", "quiet_stance", "separate"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class SeparationParams:
    """Parameters of the chain model and of what is handed to it."""

    geometry: GeometryParams = field(default_factory=GeometryParams)
    window: WindowParams = field(default_factory=WindowParams)
    smoother: SmootherParams = field(default_factory=SmootherParams)
    pad_s: float = 0.5
    """How much of the standing before and after a movement belongs to it, s."""
    least_levels: int = 2
    """A back clip below L4 sees too little of the lumbar spine."""
    most_misfit: float = 4.0
    """Residuals beyond so many SDs (root mean square): the foot was not planted, or a clip was touched."""
    most_odd: float = 2.5
    """How far the constants may end from what was believed (mean square, in SDs, over all of them): beyond, this body or
    the way the clips sit is not the chain that is modelled."""
    most_noise_m_s2: float = 0.2
    """Nor is it where so much of the back clip's acceleration (as widened) is left unexplained."""
    quiet_rad_s: float = float(np.deg2rad(4.0))
    quiet_m_s2: float = 0.25
    quiet_s: float = 0.13
    """Standing still: slower and steadier than this for this long."""
    quiet_smooth_s: float = 0.05
    quiet_fold_rad: float = float(np.deg2rad(25.0))
    quiet_thigh_rad: float = float(np.deg2rad(15.0))
    """And about upright."""


@dataclass(frozen=True)
class Separated:
    """What came of a session's movements: the constants as now believed, the noise found, and each movement's course
    in the order given (None where it could not be followed)."""

    belief: ChainBelief
    noise: Noise
    courses: tuple[Course | None, ...]
    odd: bool = False
    """Whether the chain does not describe these movements, so that none is followed."""
    before: ChainBelief | None = None
    """What was believed of the constants before these movements."""
    strange: bool = False
    """Whether they did not fit what was known of the athlete, which was left aside."""


def quiet_stance(
    pitches_rad: Sequence[FloatArray], accs_m_s2: Sequence[FloatArray], rate_hz: float, params: SeparationParams
) -> BoolArray:
    """(N,) True where the athlete stands still, about upright: no clip turns or accelerates.

    ``pitches_rad`` are (N,) of the thigh and the back clip, ``accs_m_s2`` (N, 2) their sagittal accelerations.
    """
    thigh, back = pitches_rad
    known = np.isfinite(thigh) & np.isfinite(back)
    if not known.any():
        return known
    quiet = known.copy()
    width = params.quiet_smooth_s * rate_hz
    rows = np.arange(len(known))
    for pitch, acc in zip(pitches_rad, accs_m_s2, strict=True):
        smooth_pitch = gaussian_filter1d(np.interp(rows, rows[known], pitch[known]), width)
        quiet &= np.abs(np.gradient(smooth_pitch) * rate_hz) < params.quiet_rad_s
        size = np.hypot(*(gaussian_filter1d(np.interp(rows, rows[known], column[known]), width) for column in acc.T))
        quiet &= size < params.quiet_m_s2
    span = max(3, round(params.quiet_s * rate_hz))
    lasting = uniform_filter1d(quiet.astype(np.float64), span) > 1.0 - 0.5 / span
    quiet &= uniform_filter1d(lasting.astype(np.float64), span) > 0.5 / span
    upright = (np.abs(back - thigh) < params.quiet_fold_rad) & (np.abs(thigh) < params.quiet_thigh_rad)
    return quiet & upright


def separate(
    movements: Sequence[Movement], rate_hz: float, belief: ChainBelief, levels: int, params: SeparationParams
) -> Separated:
    """Learn the constants from all movements at once, reference hinges first, and follow each movement.

    ``belief`` is what is believed of the constants before, ``levels`` how many lumbar joints lie below the back clip.
    """
    prepared = [prepare(m, rate_hz, params.window) for m in movements]
    there = [i for i, w in enumerate(prepared) if w is not None]
    windows = [w for w in prepared if w is not None]
    if not windows:
        return Separated(belief, params.smoother.start_noise, (None,) * len(movements))
    smoother = params.smoother
    neutral = [w for w in windows if w.movement.neutral]
    known, noise = belief, smoother.start_noise
    if neutral:
        first = smooth(neutral, belief, levels, smoother, noise)
        noise = measured_noise(neutral, first, levels, smoother)
        first = smooth(neutral, belief, levels, smoother, noise, first)
        known = first.belief
    alone = _each(windows, known, levels, smoother, noise)
    fitting = [i for i, w in enumerate(windows) if misfit(w, alone, i, levels) <= params.most_misfit]
    if not fitting:
        return Separated(known, noise, (None,) * len(movements))
    chosen = [windows[i] for i in fitting]
    start = replace(
        alone, splines=tuple(alone.splines[i] for i in fitting), tilts=tuple(alone.tilts[i] for i in fitting)
    )
    fit = smooth(chosen, belief, levels, smoother, noise, start)
    fit = smooth(chosen, belief, levels, smoother, measured_noise(chosen, fit, levels, smoother), fit)
    followed: list[Course | None] = [None] * len(movements)
    if _odd(fit, belief, params):
        return Separated(fit.belief, fit.noise, tuple(followed), odd=True)
    for place, course in zip(fitting, courses(chosen, fit, levels, smoother), strict=True):
        followed[there[place]] = course
    return Separated(fit.belief, fit.noise, tuple(followed))


def _odd(fit: Fit, belief: ChainBelief, params: SeparationParams) -> bool:
    off = fit.belief.mean - belief.mean
    strange = float(off @ np.linalg.solve(belief.covariance, off)) / len(off)
    return strange > params.most_odd or max(fit.noise.acc_sd_m_s2[2:]) > params.most_noise_m_s2


def follow(
    movement: Movement, rate_hz: float, belief: ChainBelief, noise: Noise, levels: int, params: SeparationParams
) -> tuple[Course, ChainBelief] | None:
    """Follow one movement with constants already learnt; also what it taught about them. None where it cannot be
    followed."""
    window = prepare(movement, rate_hz, params.window)
    if window is None:
        return None
    fit = smooth([window], belief, levels, params.smoother, noise)
    if misfit(window, fit, 0, levels) > params.most_misfit:
        return None
    return courses([window], fit, levels, params.smoother)[0], fit.belief


def _each(windows: Sequence[Window], belief: ChainBelief, levels: int, params: SmootherParams, noise: Noise) -> Fit:
    """Every window by itself, the constants fixed: where the joint fit starts."""
    fits = [smooth([w], belief, levels, params, noise, learn=False) for w in windows]
    return Fit(
        belief,
        tuple(f.splines[0] for f in fits),
        tuple(f.tilts[0] for f in fits),
        noise,
        sum(f.cost for f in fits),
        max(f.iterations for f in fits),
    )
