"""What is believed of any movement before its accelerations speak: all linear, so built once for a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from imu_hinge.body.geometry import CONSTANTS
from imu_hinge.body.window import Movement, Window

__all__ = ["PriorParams", "Quadratic", "priors_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_At = Callable[[IntArray, int], IntArray]

_C: Final = len(CONSTANTS)
_SHANK: Final = CONSTANTS.index("standing_shank_rad")
_REFERENCE: Final = CONSTANTS.index("reference_lumbar_rad")


def _deg(value: float) -> float:
    return float(np.deg2rad(value))


@dataclass(frozen=True)
class PriorParams:
    """Means and SDs, rad. A course counts as so many independent values as ``freedom`` says."""

    lumbar_rad: float = _deg(5.0)
    lumbar_sd_rad: float = _deg(75.0)
    """Fully folded. Three times the spread of people: every movement's prior pulls at the same constants, and thirty
    honest ones together shrink all lumbar flexion by a sixth."""
    lumbar_standing_sd_rad: float = _deg(1.0)
    full_fold_rad: float = _deg(60.0)
    shank_rad: float = _deg(5.0)
    shank_sd_rad: float = _deg(36.0)
    """From a stiff-legged hinge (-8) to a deep squat (35); wide for the same reason."""
    freedom: float = 3.0
    rough_shank_rad: float = _deg(3.0)
    """Third differences of spline coefficients."""
    rough_lumbar_rad: float = _deg(3.0)
    quiet_lumbar_sd_rad: float = _deg(2.0)
    """Standing still between reps: lumbar flexion against standing."""
    quiet_freedom: float = 4.0
    """All of a movement's standing counts as so many independent looks."""
    quiet_shank_sd_rad: float = _deg(1.5)
    quiet_rate_rad_s: float = _deg(2.0)
    tilting_lumbar_sd_rad: float = _deg(15.0)
    """In pelvic tilts lumbar flexion goes either way, whatever the fold."""
    neutral_sd_rad: float = _deg(1.5)
    """Spread of reference hinges of one athlete."""
    tilt_sd_rad: float = _deg(0.3)
    """Slow error of a clip's inclination within a movement."""
    pelvis_sd_rad: float = _deg(0.5)
    """Where a pelvis clip is worn: what it and the back clip say of lumbar flexion."""
    pelvis_gain_sd: float = 0.035
    """And what skin adds to that, share of the pelvis pitch: one error for a whole movement."""

    def lumbar_mean(self, movement: Movement) -> FloatArray:
        """Expected lumbar flexion (N,), growing with the fold; none in pelvic tilts."""
        if movement.tilting:
            return np.zeros(len(movement.time_s))
        depth = np.clip(np.abs(movement.back_rad - movement.thigh_rad) / self.full_fold_rad, 0.0, 1.0)
        return self.lumbar_rad * depth

    def lumbar_sd(self, movement: Movement) -> FloatArray:
        """How far it may be off, (N,)."""
        if movement.tilting:
            return np.full(len(movement.time_s), self.tilting_lumbar_sd_rad)
        depth = np.clip(np.abs(movement.back_rad - movement.thigh_rad) / (self.full_fold_rad / 1.5), 0.0, 1.0)
        return self.lumbar_standing_sd_rad + self.lumbar_sd_rad * depth


@dataclass(frozen=True)
class Quadratic:
    """|A x + D z - y|²: its normal equations for splines x (2n,) and border z (tilts, constants)."""

    width: int
    band: FloatArray
    border: FloatArray
    corner: FloatArray
    rows_x: csr_array[np.float64, tuple[int, int]]
    rows_z: FloatArray
    values: FloatArray

    def at(self, spline: FloatArray, rest: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """Gradients by x and z, and the cost."""
        off = self.rows_x @ spline + self.rows_z @ rest - self.values
        return np.asarray(self.rows_x.T @ off), self.rows_z.T @ off, float(off @ off)


class _Rows:
    """Collects weighted rows of a linear least-squares problem."""

    def __init__(self, size: int, z: int) -> None:
        self._size, self._z = size, z
        self._row: list[IntArray] = []
        self._col: list[IntArray] = []
        self._val: list[FloatArray] = []
        self._rest: list[FloatArray] = []
        self._values: list[FloatArray] = []
        self._n = 0

    def add(
        self, col: IntArray, val: FloatArray, values: FloatArray, rest: tuple[int, FloatArray] | None = None
    ) -> None:
        """Rows (R, Q): columns and weights of x, right-hand sides (R,), one column of z."""
        r, q = col.shape
        self._row.append(np.repeat(self._n + np.arange(r), q))
        self._col.append(col.ravel())
        self._val.append(val.ravel())
        block = np.zeros((r, self._z))
        if rest is not None:
            block[:, rest[0]] = rest[1]
        self._rest.append(block)
        self._values.append(values)
        self._n += r

    def add_rest(self, first: int, weights: FloatArray) -> None:
        """Rows that hold columns of z from ``first`` on near zero."""
        block = np.zeros((len(weights), self._z))
        block[np.arange(len(weights)), first + np.arange(len(weights))] = weights
        self._rest.append(block)
        self._values.append(np.zeros(len(weights)))
        self._n += len(weights)

    def quadratic(self, width: int) -> Quadratic:
        rows_x = coo_array(
            (np.concatenate(self._val), (np.concatenate(self._row), np.concatenate(self._col))),
            shape=(self._n, self._size),
        ).tocsr()
        rows_z, values = np.concatenate(self._rest), np.concatenate(self._values)
        square = (rows_x.T @ rows_x).tocoo()
        upper = square.col >= square.row
        band = np.zeros((width, self._size))
        band[width - 1 - (square.col - square.row)[upper], square.col[upper]] = square.data[upper]
        return Quadratic(
            width,
            band,
            np.asarray(rows_x.T @ rows_z),
            rows_z.T @ rows_z,
            rows_x,
            rows_z,
            values,
        )


def priors_of(window: Window, params: PriorParams) -> Quadratic:
    """Everything believed of one movement."""
    move, basis, rate = window.movement, window.basis, window.rate_hz
    nodes, k = window.tilt.shape[1], window.local.shape[2]
    rows = _Rows(2 * basis.size, 2 * nodes + _C)
    every = np.arange(0, len(move.time_s), max(1, round(0.1 * rate)))
    share = np.sqrt(len(every) / params.freedom)

    def at(which: IntArray, channel: int) -> IntArray:
        return 2 * (basis.first[which][:, None] + np.arange(4)) + channel

    sd = params.lumbar_sd(move)[every] * share
    rows.add(at(every, 1), basis.weight[every] / sd[:, None], params.lumbar_mean(move)[every] / sd)
    sd = np.full(len(every), params.shank_sd_rad * share)
    rows.add(at(every, 0), basis.weight[every] / sd[:, None], params.shank_rad / sd)
    third = np.array([-1.0, 3.0, -3.0, 1.0])
    starts = np.arange(basis.size - 3)
    for channel, rough in ((0, params.rough_shank_rad), (1, params.rough_lumbar_rad)):
        rows.add(
            2 * (starts[:, None] + np.arange(4)) + channel,
            np.tile(third / rough, (len(starts), 1)),
            np.zeros(len(starts)),
        )
    _quiet(rows, window, at, params, 2 * nodes)
    if move.neutral:
        depth = np.abs(move.back_rad - move.thigh_rad)
        depth = np.clip(depth / depth.max(), 0.0, 1.0)[every]
        weight = 1.0 / (params.neutral_sd_rad * share)
        rows.add(
            at(every, 1), basis.weight[every] * weight, np.zeros(len(every)), (2 * nodes + _REFERENCE, -depth * weight)
        )
    if move.pelvis_rad is not None:
        _pelvis(rows, window, at, every, params)
    rows.add_rest(0, np.full(2 * nodes, 1.0 / params.tilt_sd_rad))
    return rows.quadratic(max(2 * k, 8))


def _pelvis(rows: _Rows, window: Window, at: _At, every: IntArray, params: PriorParams) -> None:
    """A pelvis clip measures what a back clip at T12 turns further."""
    move = window.movement
    assert move.pelvis_rad is not None
    seen = every[np.isfinite(move.pelvis_rad[every])]
    if not len(seen):
        return
    sd = np.hypot(params.pelvis_sd_rad, params.pelvis_gain_sd * move.pelvis_rad[seen])
    sd = sd * np.sqrt(len(seen))
    share = move.share_below
    rows.add(
        at(seen, 1), window.basis.weight[seen] * (share / sd[:, None]), (move.back_rad - move.pelvis_rad)[seen] / sd
    )


def _quiet(rows: _Rows, window: Window, at: _At, params: PriorParams, constants: int) -> None:
    """Standing still and upright: the shank stands as it does, the spine is as in standing, or arched where trunk and
    thigh open beyond straight, and nothing moves."""
    move, basis = window.movement, window.basis
    still = np.flatnonzero(move.quiet)[:: max(1, round(0.05 * window.rate_hz))]
    if not len(still):
        return
    opened = np.minimum(move.back_rad - move.thigh_rad, 0.0)[still]
    one = np.ones(len(still))
    sd = params.quiet_lumbar_sd_rad * float(np.sqrt(len(still) / params.quiet_freedom))
    rows.add(at(still, 1), basis.weight[still] / sd, opened / sd)
    sd = params.quiet_shank_sd_rad
    rows.add(at(still, 0), basis.weight[still] / sd, 0.0 * one, (constants + _SHANK, -one / sd))
    for channel in (0, 1):
        rows.add(at(still, channel), basis.rate[still] / params.quiet_rate_rad_s, 0.0 * one)
