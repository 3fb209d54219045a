"""One stretch of movement made ready for the smoother: splines, low-pass kernels, and what does not change.

Measured and modelled accelerations pass the same low-pass: a Gaussian on what was measured, its second derivative on
where the model puts the clips.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

__all__ = ["Basis", "Clips", "Movement", "Window", "WindowParams", "prepare"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_DEGREE: Final = 3


@dataclass(frozen=True)
class WindowParams:
    """How finely a movement is modelled."""

    knots_hz: float = 14.0
    """Spline knots a second: below 12 the curvature that splines cannot follow passes for lumbar flexion."""
    low_pass_s: float = 0.04
    """SD of the Gaussian low-pass, s: 4 Hz at half power."""
    reach: float = 4.0
    """The kernels end after so many SDs."""
    output_s: float = 0.05
    """Spacing of the accelerations that are compared, s."""
    push_s: float = 0.03
    """SD of the low-pass of the accelerations that rock a clip, s."""
    tilt_node_s: float = 2.0
    """Spacing of the nodes of a clip's slow tilt error, s."""
    tilting_doubt: float = 3.0
    """So many times as unsure are the accelerations of pelvic tilts: the model takes pitches as they are, and in so
    calm a movement what their noise turns the levers is as large as what the body does."""


@dataclass(frozen=True)
class Movement:
    """What two clips measured in one stretch, uniform in time, (N,) each; NaN in gaps.

    Pitches in rad from standing, accelerations (N, 2) in m/s², forward and up. ``quiet`` is True where the athlete
    stands still, ``airborne`` where the foot is not planted. ``neutral`` marks a reference hinge, whose lumbar flexion
    at the bottom is the athlete's neutral one, ``tilting`` pelvic tilts: the spine bends while trunk and thigh hardly
    fold. ``pelvis_rad`` is a pelvis clip's pitch, where worn, and ``share_below`` the share of lumbar flexion below the
    back clip. ``back_yaw_rad`` (to the left, any zero) and ``back_roll_rad`` (left side up) are how the back turns out
    of the plane.
    """

    time_s: FloatArray
    thigh_rad: FloatArray
    back_rad: FloatArray
    thigh_acc_m_s2: FloatArray
    back_acc_m_s2: FloatArray
    quiet: BoolArray
    airborne: BoolArray
    pelvis_rad: FloatArray | None = None
    neutral: bool = False
    share_below: float = 1.0
    back_yaw_rad: FloatArray | None = None
    back_roll_rad: FloatArray | None = None
    tilting: bool = False


@dataclass(frozen=True)
class Clips:
    """What the model takes from the clips as given, (N,): pitches, acceleration ahead of each clip's long axis, m/s²,
    and ``turn_rad`` (N, 2), how far the back has turned left and leant right."""

    thigh_rad: FloatArray
    back_rad: FloatArray
    thigh_push_m_s2: FloatArray
    back_push_m_s2: FloatArray
    turn_rad: FloatArray


@dataclass(frozen=True)
class Basis:
    """Cubic B-splines on a uniform grid: for each of N instants four coefficients from index ``first`` (N,) on."""

    size: int
    first: IntArray
    weight: FloatArray
    """(N, 4)."""
    rate: FloatArray
    """(N, 4), the first derivative, 1/s."""

    def at(self, coefficients: FloatArray, rows: IntArray | slice = slice(None)) -> FloatArray:
        """The curve at some of the instants."""
        index = self.first[rows, None] + np.arange(_DEGREE + 1)
        values: FloatArray = (coefficients[index] * self.weight[rows]).sum(axis=1)
        return values

    def fit(self, values: FloatArray) -> FloatArray:
        """Coefficients (size,) of the curve nearest to values (N,)."""
        dense = np.zeros((len(self.first), self.size))
        np.put_along_axis(dense, self.first[:, None] + np.arange(_DEGREE + 1), self.weight, axis=1)
        coefficients: FloatArray = np.asarray(np.linalg.lstsq(dense, values, rcond=None)[0], np.float64)
        return coefficients


@dataclass(frozen=True)
class Window:
    """A movement on its basis. M accelerations are compared; each sees the instants ``seen`` (M, J) through the kernel
    ``bend`` (J,), the second derivative, and K coefficients from ``knot`` (M,) on as ``local`` (M, J, K) weighs."""

    movement: Movement
    clips: Clips
    rate_hz: float
    basis: Basis
    centre: IntArray
    seen: IntArray
    bend: FloatArray
    knot: IntArray
    local: FloatArray
    acc_m_s2: FloatArray
    """(M, 4): thigh forward and up, back forward and up, low-passed."""
    pace_s: float
    """How long a movement there and back takes, as its turning and acceleration have it."""
    tilt: FloatArray
    """(M, T): share of each tilt node in each compared acceleration."""
    doubt: float = 1.0
    """How many times as unsure as usual the accelerations are."""


def _kernels(rate_hz: float, params: WindowParams) -> tuple[FloatArray, FloatArray]:
    """Gaussian and second-derivative kernels; the latter exact for parabolas."""
    half = int(np.ceil(params.reach * params.low_pass_s * rate_hz))
    t = np.arange(-half, half + 1) / rate_hz
    smooth = np.exp(-0.5 * (t / params.low_pass_s) ** 2)
    smooth /= smooth.sum()
    bend = smooth * (t**2 / params.low_pass_s**4 - params.low_pass_s**-2.0)
    bend -= smooth * bend.sum()
    bend *= 2.0 / (bend * t**2).sum()
    return smooth, bend


def _basis(time_s: FloatArray, knots_hz: float) -> Basis:
    # Here, because it loads a good part of scipy that most commands do without.
    from scipy.interpolate import BSpline

    span = float(time_s[-1] - time_s[0])
    size = max(8, round(span * knots_hz))
    inner = np.linspace(time_s[0], time_s[-1], size - _DEGREE + 1)
    knots = np.concatenate([[time_s[0]] * _DEGREE, inner, [time_s[-1]] * _DEGREE])
    t = np.clip(time_s, time_s[0], time_s[-1] - 1e-9 * max(span, 1.0))
    first = np.clip(np.searchsorted(inner, t, side="right") - 1, 0, len(inner) - 2)
    index = first[:, None] + np.arange(_DEGREE + 1)
    weight = np.take_along_axis(BSpline.design_matrix(t, knots, _DEGREE).toarray(), index, axis=1)
    # The derivative of a cubic B-spline is a difference of quadratic ones.
    lower = BSpline.design_matrix(t, knots[1:-1], _DEGREE - 1).toarray()
    width = knots[_DEGREE + 1 : -1] - knots[1 : -_DEGREE - 1]
    slope = np.zeros((len(t), size))
    slope[:, 1:] += lower * (_DEGREE / width)
    slope[:, :-1] -= lower * (_DEGREE / width)
    return Basis(size, first.astype(np.int64), weight, np.take_along_axis(slope, index, axis=1))


def _filled(values: FloatArray, known: BoolArray) -> FloatArray:
    """Straight lines through unknown rows."""
    rows = np.arange(len(values))
    if values.ndim == 1:
        return np.interp(rows, rows[known], values[known])
    return np.stack([np.interp(rows, rows[known], column[known]) for column in values.T], axis=1)


def prepare(movement: Movement, rate_hz: float, params: WindowParams) -> Window | None:
    """Make a movement ready; None where too little of it was measured (less than half, or under a second)."""
    known = np.isfinite(movement.thigh_rad) & np.isfinite(movement.back_rad)
    known &= np.isfinite(movement.thigh_acc_m_s2[:, 0]) & np.isfinite(movement.back_acc_m_s2[:, 0])
    n = len(known)
    if n < rate_hz or known.mean() < 0.5:
        return None
    filled = Movement(
        movement.time_s,
        _filled(movement.thigh_rad, known),
        _filled(movement.back_rad, known),
        _filled(movement.thigh_acc_m_s2, known),
        _filled(movement.back_acc_m_s2, known),
        movement.quiet & known,
        movement.airborne,
        movement.pelvis_rad,
        movement.neutral,
        movement.share_below,
        _out_of_plane(movement.back_yaw_rad, known),
        _out_of_plane(movement.back_roll_rad, known),
        movement.tilting,
    )
    smooth, bend = _kernels(rate_hz, params)
    half = len(bend) // 2
    centre = np.arange(half, n - half, max(1, round(params.output_s * rate_hz)))
    span = np.arange(-half, half + 1)
    silent = (~known | movement.airborne).astype(np.float64)
    centre = centre[silent[centre[:, None] + span].sum(axis=1) == 0]
    if len(centre) < 10:
        return None
    basis = _basis(movement.time_s, params.knots_hz)
    # Every other instant carries the kernel: its Gaussian is wide against the grid.
    stride = 2 if rate_hz * params.low_pass_s >= 3.0 and half % 2 == 0 else 1
    span = span[::stride]
    kernel = _kernels(rate_hz / stride, params)[1] if stride > 1 else bend
    seen = centre[:, None] + span
    knot = basis.first[seen[:, 0]]
    width = int((basis.first[seen[:, -1]] - knot).max()) + _DEGREE + 1
    knot = np.minimum(knot, basis.size - width)
    local = np.zeros((len(centre), len(span), width))
    offset = basis.first[seen] - knot[:, None]
    for j in range(_DEGREE + 1):
        np.put_along_axis(local, (offset + j)[:, :, None], basis.weight[seen][:, :, j : j + 1], axis=2)
    wide = centre[:, None] + np.arange(-half, half + 1)
    acc = np.concatenate([filled.thigh_acc_m_s2, filled.back_acc_m_s2], axis=1)
    measured = np.einsum("j,mjc->mc", smooth, acc[wide])
    return Window(
        filled,
        _clips(filled, rate_hz, params),
        rate_hz,
        basis,
        centre.astype(np.int64),
        seen.astype(np.int64),
        kernel,
        knot.astype(np.int64),
        local,
        measured,
        _pace(filled, rate_hz),
        _hats(movement.time_s[centre], movement.time_s, params.tilt_node_s),
        params.tilting_doubt if movement.tilting else 1.0,
    )


def _out_of_plane(values: FloatArray | None, known: BoolArray) -> FloatArray | None:
    if values is None:
        return None
    sound = known & np.isfinite(values)
    return _filled(np.unwrap(_filled(values, sound)), sound) if sound.any() else None


def _pace(move: Movement, rate_hz: float) -> float:
    speed = np.gradient(gaussian_filter1d(move.back_rad - move.thigh_rad, 0.05 * rate_hz)) * rate_hz
    change = np.gradient(speed) * rate_hz
    return float(2.0 * np.pi * np.sqrt((speed**2).mean() / max((change**2).mean(), 1e-12)))


def _clips(move: Movement, rate_hz: float, params: WindowParams) -> Clips:
    def push(acc: FloatArray, pitch: FloatArray) -> FloatArray:
        smooth = gaussian_filter1d(acc, params.push_s * rate_hz, axis=0)
        ahead: FloatArray = smooth[:, 0] * np.cos(pitch) - smooth[:, 1] * np.sin(pitch)
        # Pelvic tilts push a clip less than its sensor's noise does, which would pass for a clip that does not rock.
        return ahead * (0.0 if move.tilting else 1.0)

    def turn(values: FloatArray | None) -> FloatArray:
        return np.zeros(len(move.time_s)) if values is None else np.sin(values - np.median(values))

    return Clips(
        move.thigh_rad,
        move.back_rad,
        push(move.thigh_acc_m_s2, move.thigh_rad),
        push(move.back_acc_m_s2, move.back_rad),
        np.stack([turn(move.back_yaw_rad), -turn(move.back_roll_rad)], axis=-1),
    )


def _hats(at_s: FloatArray, time_s: FloatArray, spacing_s: float) -> FloatArray:
    """Piecewise linear functions (M, T) over the window, one for each node."""
    nodes = np.linspace(time_s[0], time_s[-1], max(2, round((time_s[-1] - time_s[0]) / spacing_s) + 1))
    gap = nodes[1] - nodes[0]
    hats: FloatArray = np.clip(1.0 - np.abs(at_s[:, None] - nodes) / gap, 0.0, None)
    return hats
