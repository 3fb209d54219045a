"""Hips from lumbar spine: learn the athlete's chain from all movements of a session, and follow each through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from imu_hinge.body.geometry import CONSTANTS, ChainBelief, GeometryParams
from imu_hinge.body.one_thread import one_thread
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
    most_strange: float = 4.0
    """How far lengths and gains may end from what was believed (mean square, in SDs): beyond, this body or the way the
    clips sit is not the chain that is modelled. Short of that, SDs grow with it."""
    most_strange_alone: float = 1.5
    """The same where only the reference hinges were let teach."""
    most_noise_m_s2: float = 0.1
    """Nor is it where so much acceleration (as widened) is left unexplained, the thigh's forward wobble apart;
    simulated people leave 0.025-0.045, motion-capture skeletons 0.05-0.22."""
    teaching_misfit: float = 1.5
    """A movement that leaves more than this teaches nothing about the constants, and is followed as noisy as it is."""
    calm_s: float = 2.5
    hurry_power: float = 1.3
    """SDs of a rep that takes less than this grow with the power of how much less: what skin and model leave out grows
    with the accelerations."""
    most_hurry: float = 3.0
    """But no quicker than this many times counts."""
    sd_factor: float = 0.6
    """What the posterior's SDs are worth from two clips: as they come, 90 % intervals hold every bottom of an
    independent simulator's people and 92 % of our own's; with this 96 and some 75 % (docs/ACCURACY.md)."""
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
    widen: float = 1.0
    """By how much the posterior's SDs were multiplied; more where the constants came out strange."""
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


@one_thread
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
    left = [misfit(w, alone, i, levels) for i, w in enumerate(windows)]
    fitting = [i for i, rms in enumerate(left) if rms <= params.most_misfit]
    if not fitting:
        return Separated(known, noise, (None,) * len(movements))
    calm = [i for i in fitting if left[i] <= params.teaching_misfit and not windows[i].movement.airborne.any()]
    teaching = calm or fitting
    fit, strange = _learn(windows, teaching, alone, belief, levels, params, noise)
    hinges = [i for i in fitting if windows[i].movement.neutral]
    if strange is None and hinges and hinges != teaching:
        # Quick reps on a chain that is not quite theirs: learn from the reference hinges alone.
        teaching = hinges
        fit, strange = _learn(windows, teaching, alone, belief, levels, params, noise)
        strange = None if strange is None or strange > params.most_strange_alone else strange
    if strange is None:
        return Separated(fit.belief, fit.noise, (None,) * len(movements), odd=True)
    measured = any(m.pelvis_rad is not None for m in movements)
    widen = (1.0 if measured else params.sd_factor) * max(1.0, strange) ** 0.5
    followed: list[Course | None] = [None] * len(movements)
    chosen = [windows[i] for i in teaching]
    for place, course in zip(teaching, courses(chosen, fit, levels), strict=True):
        followed[there[place]] = course.widened(widen * _hurry(windows[place].movement, rate_hz, params))
    for place in (i for i in fitting if i not in teaching or windows[i].movement.tilting):
        course_of = follow(windows[place].movement, rate_hz, fit.belief, fit.noise, levels, params)
        followed[there[place]] = None if course_of is None else course_of.widened(widen)
    return Separated(fit.belief, fit.noise, tuple(followed), widen=widen)


def _learn(
    windows: Sequence[Window],
    teaching: Sequence[int],
    alone: Fit,
    belief: ChainBelief,
    levels: int,
    params: SeparationParams,
    noise: Noise,
) -> tuple[Fit, float | None]:
    """The constants from some of the windows, and how strange they came out; None where the chain is not theirs."""
    chosen, smoother = [windows[i] for i in teaching], params.smoother
    start = replace(
        alone,
        splines=tuple(alone.splines[i] for i in teaching),
        tilts=tuple(alone.tilts[i] for i in teaching),
        priors=tuple(alone.priors[i] for i in teaching),
    )
    fit = smooth(chosen, belief, levels, smoother, noise, start)
    fit = smooth(chosen, belief, levels, smoother, measured_noise(chosen, fit, levels, smoother), fit)
    strange = _strangeness(fit.belief, belief)
    noisy = max(fit.noise.acc_sd_m_s2[1:]) > params.most_noise_m_s2
    return fit, None if strange > params.most_strange or noisy else strange


_SENSOR: Final = ("acc_", "gyr_")


def _strangeness(fitted: ChainBelief, before: ChainBelief) -> float:
    """How far body and placing came out from what was believed; a clip's own errors may be what they are."""
    kept = [i for i, name in enumerate(CONSTANTS) if not any(mark in name for mark in _SENSOR)]
    off = (fitted.mean - before.mean)[kept]
    return float(off @ np.linalg.solve(before.covariance[np.ix_(kept, kept)], off)) / len(kept)


@one_thread
def follow(
    movement: Movement, rate_hz: float, belief: ChainBelief, noise: Noise, levels: int, params: SeparationParams
) -> Course | None:
    """Follow one movement with constants already learnt; None where it cannot be followed.

    What it teaches about the constants is not kept: a single rep with a drop-out in it would spoil those after it.
    Nor does doubt about what it would teach count."""
    window = prepare(movement, rate_hz, params.window)
    if window is None:
        return None
    window = replace(window, doubt=1.0)
    fit = smooth([window], belief, levels, params.smoother, noise)
    left = misfit(window, fit, 0, levels)
    if left > params.most_misfit:
        return None
    if left > params.teaching_misfit:
        fit = smooth([window], belief, levels, params.smoother, noise.times(left), fit)
    return courses([window], fit, levels)[0].widened(_hurry(movement, rate_hz, params))


def _hurry(movement: Movement, rate_hz: float, params: SeparationParams) -> float:
    """By how much the SDs of quick reps grow: 1 for calm ones, jumps (slow dips), tilts, and where a pelvis clip
    measures."""
    fold = np.abs(movement.back_rad - movement.thigh_rad)
    fold = fold[np.isfinite(fold)]
    if movement.pelvis_rad is not None or movement.airborne.any() or movement.tilting or not len(fold):
        return 1.0
    half = fold > 0.5 * fold.max()
    reps = max(1, int(np.count_nonzero(half[1:] & ~half[:-1])))
    # A smooth rep spends about 0.55 of its time beyond half its depth.
    lasts_s = float(half.sum()) / rate_hz / reps / 0.55
    return float(np.clip(params.calm_s / max(lasts_s, 0.1), 1.0, params.most_hurry) ** params.hurry_power)


def _each(windows: Sequence[Window], belief: ChainBelief, levels: int, params: SmootherParams, noise: Noise) -> Fit:
    """Every window by itself, the constants fixed: where the joint fit starts."""
    fits = [smooth([w], belief, levels, params, noise, learn=False) for w in windows]
    return Fit(
        belief,
        tuple(f.splines[0] for f in fits),
        tuple(f.tilts[0] for f in fits),
        tuple(f.priors[0] for f in fits),
        noise,
        sum(f.cost for f in fits),
        max(f.iterations for f in fits),
    )
