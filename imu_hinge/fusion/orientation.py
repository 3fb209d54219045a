"""From rates and specific force on a uniform grid to orientation, gaps and gyroscope bias taken care of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from imu_hinge.fusion.backends import FilterName, make_backend, vqf_offline
from imu_hinge.fusion.gyro_scale import GyroScale, GyroScaleParams
from imu_hinge.fusion.knocks import KnockDetector, KnockParams
from imu_hinge.fusion.stillness import StillnessDetector, StillnessParams
from imu_hinge.fusion.uncertainty import InclinationParams, InclinationUncertainty

__all__ = [
    "OrientationBlock",
    "OrientationParams",
    "OrientationStream",
    "orientation",
    "orientation_offline",
    "two_pass",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class OrientationParams:
    """How a clip's orientation is estimated."""

    filter: FilterName = "vqf"
    """Which filter; the ahrs ones are there to compare with."""
    tau_acc_s: float = 3.0
    """Time constant of vqf's inclination correction, s (Laidig & Seel 2023 default)."""
    bias_clip_rad_s: float = float(np.deg2rad(10.0))
    """Largest gyroscope bias believed, rad/s (LSM6DSO zero-rate level 1 deg/s typical; cheap clips reach 5)."""
    coast_s: float = 1.0
    """Longest gap over which the last orientation is carried by interpolated rates, s; longer gaps restart from
    gravity. The output in any gap stays NaN."""
    knocks: KnockParams = field(default_factory=KnockParams)
    stillness: StillnessParams = field(default_factory=StillnessParams)
    gyro_scale: GyroScaleParams = field(default_factory=GyroScaleParams)
    inclination: InclinationParams = field(default_factory=InclinationParams)


@dataclass(frozen=True)
class OrientationBlock:
    """Orientations on the grid: ``quat`` (N, 4) sensor to world, NaN in gaps; ``bias_rad_s`` (N, 3) gyroscope bias
    in force; ``still`` (N,) True where the second that ends there was still; ``inclination_sd_rad`` (N,) how sure the
    inclination is."""

    quat: FloatArray
    bias_rad_s: FloatArray
    still: BoolArray
    inclination_sd_rad: FloatArray


class OrientationStream:
    """Causal orientation of one clip; feeding a recording in any chunking gives identical output.

    The filter starts at once, and once more, with the gyroscope bias known, when the clip has been still for the
    first time.
    """

    def __init__(self, params: OrientationParams, rate_hz: float) -> None:
        self._params = params
        self._rate_hz = rate_hz
        self._backend = make_backend(params.filter, rate_hz, params.tau_acc_s, params.bias_clip_rad_s)
        self._stillness = StillnessDetector(params.stillness, rate_hz)
        self._knocks = KnockDetector(params.knocks)
        self._uncertainty = InclinationUncertainty(params.inclination, rate_hz)
        self._scale = GyroScale(params.gyro_scale, rate_hz)
        self._coast = round(params.coast_s * rate_hz)
        self._window: FloatArray = np.full((self._stillness.window, 3), np.nan)
        self._bias_known = False
        self._until_bias = 0
        self._missing = 0
        self._started = False
        self._since = 0
        self._last_rate: FloatArray = np.zeros(3)

    def update(self, gyr_rad_s: FloatArray, acc_m_s2: FloatArray) -> OrientationBlock:
        """Take grid samples (N, 3), (N, 3), NaN rows in gaps; give their orientations."""
        n = len(gyr_rad_s)
        still = self._stillness.update(acc_m_s2, gyr_rad_s)
        heard = _silenced(acc_m_s2, self._knocks.update(acc_m_s2))
        quat = np.full((n, 4), np.nan)
        bias = np.empty((n, 3))
        since = np.zeros(n, np.int64)
        history = np.concatenate([self._window, gyr_rad_s])
        width = self._stillness.window
        valid: BoolArray = ~_holes(gyr_rad_s, acc_m_s2)
        start = 0
        while start < n:
            stop = self._next_change(start, valid, still)
            if valid[start]:
                self._resume(gyr_rad_s[start])
                rows = slice(start, stop)
                rates = gyr_rad_s[rows] * self._scale.factors
                quat[rows], bias[rows] = self._backend.run(rates, heard[rows])
                self._scale.add(gyr_rad_s[rows] - bias[rows], heard[rows])
                self._last_rate = gyr_rad_s[stop - 1].copy()
                since[start:stop] = self._since + np.arange(1, stop - start + 1)
                self._since += stop - start
                self._until_bias = max(0, self._until_bias - (stop - start))
                if still[stop - 1] and self._wants_bias():
                    self._learn_bias(history[stop : stop + width].mean(axis=0))
            else:
                self._missing += stop - start
                self._scale.broken()
                bias[start:stop] = self._backend.bias_rad_s
            start = stop
        self._window = history[n:]
        return OrientationBlock(quat, bias, still, self._uncertainty.update(acc_m_s2, since))

    @property
    def state(self) -> dict[str, Any]:
        """A copy of everything that changes while streaming; assign it back to continue from there."""
        return {
            "backend": self._backend.snapshot(),
            "stillness": self._stillness.state,
            "scale": self._scale.state,
            "knocks": self._knocks.state,
            "uncertainty": self._uncertainty.state,
            "window": self._window.copy(),
            "bias_known": self._bias_known,
            "until_bias": self._until_bias,
            "missing": self._missing,
            "started": self._started,
            "since": self._since,
            "last_rate": self._last_rate.copy(),
        }

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._backend.restore(value["backend"])
        self._stillness.state = value["stillness"]
        self._scale.state = value["scale"]
        self._knocks.state = value["knocks"]
        self._uncertainty.state = value["uncertainty"]
        self._window = value["window"].copy()
        self._bias_known = value["bias_known"]
        self._until_bias = value["until_bias"]
        self._missing = value["missing"]
        self._started = value["started"]
        self._since = value["since"]
        self._last_rate = value["last_rate"].copy()

    def retune(self, bias_rad_s: FloatArray) -> None:
        """Take a gyroscope bias (3,) that is better known than what stillness told; the orientation stays."""
        limit = self._params.bias_clip_rad_s
        self._backend.retune(np.clip(bias_rad_s, -limit, limit))
        self._bias_known = True
        self._until_bias = self._stillness.window

    def _next_change(self, start: int, valid: BoolArray, still: BoolArray) -> int:
        """End of the stretch from ``start`` that can be filtered in one go."""
        changes = np.flatnonzero(valid[start:] != valid[start])
        stop = start + int(changes[0]) if len(changes) else len(valid)
        if valid[start] and (not self._bias_known or not self._backend.estimates_bias):
            candidates = np.flatnonzero(still[start:stop])
            candidates = candidates[candidates >= self._until_bias - 1]
            if len(candidates):
                stop = start + int(candidates[0]) + 1
        return min(stop, start + self._scale.room) if valid[start] else stop

    def _wants_bias(self) -> bool:
        return (not self._bias_known or not self._backend.estimates_bias) and self._until_bias == 0

    def _learn_bias(self, mean_rate: FloatArray) -> None:
        limit = self._params.bias_clip_rad_s
        bias = np.clip(mean_rate, -limit, limit)
        if self._bias_known:
            self._backend.retune(bias)
        else:
            self._backend.restart(bias)
            self._since = 0
        self._bias_known = True
        self._until_bias = self._stillness.window

    def _resume(self, rate: FloatArray) -> None:
        """Carry the orientation over a gap, or start anew after a long one."""
        missing, self._missing = self._missing, 0
        if self._started and missing:
            if missing <= self._coast:
                share = (np.arange(1, missing + 1) / (missing + 1))[:, None]
                self._backend.coast(self._last_rate + (rate - self._last_rate) * share)
                # A carried gap leaves doubt in proportion to its length: as if restarted that much longer ago.
                doubt = missing / self._coast
                since_s = -self._params.inclination.memory_s * float(np.log(doubt))
                self._since = min(self._since, round(since_s * self._rate_hz))
            else:
                self._backend.restart(None)
                self._since = 0
        self._started = True


def orientation(
    gyr_rad_s: FloatArray,
    acc_m_s2: FloatArray,
    rate_hz: float,
    filter: FilterName = "vqf",  # noqa: A002
) -> FloatArray:
    """Causal orientation of a clip, sample by sample as a live stream would give it.

    ``gyr_rad_s`` and ``acc_m_s2`` are (N, 3) at a uniform ``rate_hz``, NaN rows in gaps. A rate stands for the step
    that ends at its sample, as on the grid; with rates read at the instant of the sample the orientation is half a
    step ahead. Gives (N, 4) quaternions [w x y z], sensor to world (z up, heading arbitrary), NaN in gaps. Raises
    ValueError for shapes that do not match or an unknown filter.
    """
    gyr, acc = _checked(gyr_rad_s, acc_m_s2, rate_hz)
    return OrientationStream(OrientationParams(filter=filter), rate_hz).update(gyr, acc).quat


def orientation_offline(
    gyr_rad_s: FloatArray,
    acc_m_s2: FloatArray,
    rate_hz: float,
    filter: FilterName = "vqf",  # noqa: A002
) -> FloatArray:
    """Two-pass orientation of a whole recording, for reports: errors of the start no longer trail behind.

    Shapes and errors as in ``orientation``. With vqf this is its acausal variant on every gap-free stretch; with the
    other filters the mean of a forward and a backward pass, both with the bias found over the whole recording.
    """
    gyr, acc = _checked(gyr_rad_s, acc_m_s2, rate_hz)
    return two_pass(gyr, acc, rate_hz, OrientationParams(filter=filter))


def two_pass(gyr: FloatArray, acc: FloatArray, rate_hz: float, params: OrientationParams) -> FloatArray:
    """``orientation_offline`` with all its parameters, for contiguous float64 arrays."""
    quat = np.full((len(gyr), 4), np.nan)
    hole = _holes(gyr, acc)
    rates = gyr - _still_bias(gyr, acc, rate_hz, params)
    acc = _silenced(acc, KnockDetector(params.knocks).update(acc))
    rates_filled, acc = _carried(rates * _scale_factors(rates, acc, hole, params, rate_hz), acc, hole, params, rate_hz)
    for start, stop in _runs(~np.isnan(rates_filled[:, 0])):
        rates = rates_filled[start:stop]
        if params.filter == "vqf":
            quat[start:stop] = vqf_offline(rates, acc[start:stop], rate_hz, params.tau_acc_s, params.bias_clip_rad_s)
        else:
            quat[start:stop] = _both_ways(rates, acc[start:stop], rate_hz, params)
    quat[hole] = np.nan
    return quat


def _silenced(acc: FloatArray, knock: BoolArray) -> FloatArray:
    """Knocks as zeros, which every filter takes for "no accelerometer reading"."""
    return np.where(knock[:, None], 0.0, acc) if knock.any() else acc


def _carried(
    gyr: FloatArray, acc: FloatArray, hole: BoolArray, params: OrientationParams, rate_hz: float
) -> tuple[FloatArray, FloatArray]:
    """Copies with gaps up to ``coast_s`` bridged by straight lines, so that the filter need not start anew."""
    gyr, acc = gyr.copy(), acc.copy()
    gyr[hole] = acc[hole] = np.nan
    for start, stop in _runs(hole):
        if start > 0 and stop < len(gyr) and stop - start <= params.coast_s * rate_hz:
            share = (np.arange(1, stop - start + 1) / (stop - start + 1))[:, None]
            for values in (gyr, acc):
                values[start:stop] = values[start - 1] + (values[stop] - values[start - 1]) * share
    return gyr, acc


def _scale_factors(
    rates: FloatArray, acc: FloatArray, hole: BoolArray, params: OrientationParams, rate_hz: float
) -> FloatArray:
    """Gyroscope scale (3,) from the whole recording."""
    scale = GyroScale(params.gyro_scale, rate_hz)
    for start, stop in _runs(~hole):
        scale.broken()
        for first in range(start, stop - scale.stretch + 1, scale.stretch):
            rows = slice(first, first + scale.stretch)
            scale.add(rates[rows], acc[rows])
    return scale.factors


def _both_ways(rates: FloatArray, acc: FloatArray, rate_hz: float, params: OrientationParams) -> FloatArray:
    forward = make_backend(params.filter, rate_hz, params.tau_acc_s, params.bias_clip_rad_s).run(rates, acc)[0]
    # Time reversed, rates change sign; the rate of a step belongs to its other end.
    reverse_rates = -np.vstack([rates[1:], rates[-1:]])[::-1]
    backward = make_backend(params.filter, rate_hz, params.tau_acc_s, params.bias_clip_rad_s).run(
        reverse_rates, acc[::-1]
    )[0][::-1]
    return _mean_inclination(forward, backward)


def _mean_inclination(first: FloatArray, second: FloatArray) -> FloatArray:
    """Halfway between two orientations that may differ in heading: heading of the first, inclination between."""
    a = Rotation.from_quat(first[:, [1, 2, 3, 0]])
    b = Rotation.from_quat(second[:, [1, 2, 3, 0]])
    apart = (a * b.inv()).as_quat()
    heading = 2.0 * np.arctan2(apart[:, 2], apart[:, 3])
    half = (a * (Rotation.from_euler("z", heading[:, None]) * b).inv()).as_rotvec() * 0.5
    mean = (Rotation.from_rotvec(-half) * a).as_quat()
    out: FloatArray = mean[:, [3, 0, 1, 2]]
    return out


def _still_bias(gyr: FloatArray, acc: FloatArray, rate_hz: float, params: OrientationParams) -> FloatArray:
    """Gyroscope bias (3,): the median over all still seconds, zero where there is none."""
    detector = StillnessDetector(params.stillness, rate_hz)
    ends = np.flatnonzero(detector.update(acc, gyr))
    if not len(ends):
        return np.zeros(3)
    means, last = [], -detector.window
    for end in ends:
        if end - last >= detector.window:
            means.append(gyr[end - detector.window + 1 : end + 1].mean(axis=0))
            last = int(end)
    bias: FloatArray = np.clip(np.median(means, axis=0), -params.bias_clip_rad_s, params.bias_clip_rad_s)
    return bias


def _holes(gyr: FloatArray, acc: FloatArray) -> BoolArray:
    """(N,) True where either sensor has no value."""
    hole: BoolArray = ~np.all(np.isfinite(gyr) & np.isfinite(acc), axis=1)
    return hole


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    """(start, stop) of every run of True."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _checked(gyr: FloatArray, acc: FloatArray, rate_hz: float) -> tuple[FloatArray, FloatArray]:
    gyr = np.ascontiguousarray(gyr, dtype=float)
    acc = np.ascontiguousarray(acc, dtype=float)
    if gyr.ndim != 2 or gyr.shape[1] != 3 or gyr.shape != acc.shape:
        raise ValueError(f"gyr_rad_s and acc_m_s2 must both be (N, 3), got {gyr.shape} and {acc.shape}")
    if not rate_hz > 0:
        raise ValueError(f"rate_hz must be positive, got {rate_hz}")
    return gyr, acc
