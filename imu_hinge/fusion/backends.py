"""The orientation filters behind one narrow interface: vqf, and Madgwick, Mahony and EKF from ahrs.

Every backend takes rates and specific force at a fixed rate and gives sensor-to-world quaternions [w x y z] with z
up and an arbitrary, drifting heading (no magnetometer: a steel bar bends the field).
"""

from __future__ import annotations

import copy
from typing import Any, Final, Literal, Protocol

import numpy as np
from ahrs.filters import EKF, Madgwick, Mahony
from numpy.typing import NDArray
from vqf import VQF, offlineVQF

__all__ = ["FILTERS", "Backend", "FilterName", "make_backend", "vqf_offline"]

FloatArray = NDArray[np.float64]
FilterName = Literal["vqf", "madgwick", "mahony", "ekf"]
FILTERS: Final[tuple[FilterName, ...]] = ("vqf", "madgwick", "mahony", "ekf")


class Backend(Protocol):
    """A causal six-axis orientation filter at a fixed rate."""

    estimates_bias: bool
    """Whether the filter itself tracks the gyroscope bias after its start."""

    def restart(self, bias_rad_s: FloatArray | None) -> None:
        """Forget the orientation; keep or set the gyroscope bias (3,)."""

    def retune(self, bias_rad_s: FloatArray) -> None:
        """Replace the gyroscope bias (3,) and keep the orientation."""

    def run(self, gyr_rad_s: FloatArray, acc_m_s2: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Filter (N, 3) and (N, 3) without NaN; give orientations (N, 4) and gyroscope bias (N, 3) after each."""

    def coast(self, gyr_rad_s: FloatArray) -> None:
        """Turn by rates (N, 3) without looking at the accelerometer."""

    @property
    def bias_rad_s(self) -> FloatArray:
        """The filter's gyroscope bias estimate (3,)."""

    def snapshot(self) -> Any:
        """The whole mutable state."""

    def restore(self, state: Any) -> None:
        """Continue from a snapshot."""


def _vqf_params(tau_acc_s: float, bias_clip_rad_s: float) -> dict[str, float]:
    return {"tauAcc": tau_acc_s, "biasClip": float(np.rad2deg(bias_clip_rad_s))}


class _Vqf:
    """Laidig & Seel 2023, doi:10.1016/j.inffus.2022.10.014, six-axis, C++."""

    estimates_bias = True

    def __init__(self, rate_hz: float, tau_acc_s: float, bias_clip_rad_s: float) -> None:
        self._filter = VQF(1.0 / rate_hz, **_vqf_params(tau_acc_s, bias_clip_rad_s))

    def restart(self, bias_rad_s: FloatArray | None) -> None:
        bias = self.bias_rad_s if bias_rad_s is None else bias_rad_s
        self._filter.resetState()
        self.retune(bias)

    def retune(self, bias_rad_s: FloatArray) -> None:
        self._filter.setBiasEstimate(np.ascontiguousarray(bias_rad_s), _STILL_BIAS_SIGMA_RAD_S)

    def run(self, gyr_rad_s: FloatArray, acc_m_s2: FloatArray) -> tuple[FloatArray, FloatArray]:
        out = self._filter.updateBatch(np.ascontiguousarray(gyr_rad_s), np.ascontiguousarray(acc_m_s2))
        return out["quat6D"], out["bias"]

    def coast(self, gyr_rad_s: FloatArray) -> None:
        for rate in np.ascontiguousarray(gyr_rad_s):
            self._filter.updateGyr(rate)

    @property
    def bias_rad_s(self) -> FloatArray:
        bias: FloatArray = np.array(self._filter.getBiasEstimate()[0], dtype=float)
        return bias

    def snapshot(self) -> Any:
        return copy.deepcopy(self._filter.state)

    def restore(self, state: Any) -> None:
        self._filter.state = state


_STILL_BIAS_SIGMA_RAD_S: Final = float(np.deg2rad(0.2))
"""How far a one-second standing mean may be from the gyroscope bias, rad/s (sway)."""


class _Ahrs:
    """Filters of the ahrs package, sample by sample in Python: 50-200 us each."""

    estimates_bias = False

    def __init__(self, name: FilterName, rate_hz: float) -> None:
        self._name = name
        self._rate_hz = rate_hz
        self._q: FloatArray | None = None
        self._bias = np.zeros(3)
        self._filter = self._new_filter()

    def _new_filter(self) -> Any:
        if self._name == "madgwick":
            return Madgwick(frequency=self._rate_hz)
        if self._name == "mahony":
            # The bias is taken from stillness; the default integral gain of 0.3 chases fast turns instead.
            return Mahony(frequency=self._rate_hz, k_P=0.5, k_I=0.01)
        return EKF(frequency=self._rate_hz, frame="NED")

    def restart(self, bias_rad_s: FloatArray | None) -> None:
        if bias_rad_s is not None:
            self._bias = np.array(bias_rad_s, dtype=float)
        self._q = None
        self._filter = self._new_filter()

    def retune(self, bias_rad_s: FloatArray) -> None:
        self._bias = np.array(bias_rad_s, dtype=float)

    def run(self, gyr_rad_s: FloatArray, acc_m_s2: FloatArray) -> tuple[FloatArray, FloatArray]:
        out = np.empty((len(gyr_rad_s), 4))
        q = self._q
        step = self._filter.update if self._name == "ekf" else self._filter.updateIMU
        for i, (rate, force) in enumerate(zip(gyr_rad_s - self._bias, acc_m_s2, strict=True)):
            if q is None:
                q = tilt_quaternion(force) if force.any() else np.array([1.0, 0.0, 0.0, 0.0])
            elif force.any():
                q = np.asarray(step(q, rate, force), dtype=float)
            else:
                q = _turn(q, rate / self._rate_hz)
            out[i] = q
        self._q = q
        return out, np.tile(self._bias, (len(out), 1))

    def coast(self, gyr_rad_s: FloatArray) -> None:
        q = self._q
        if q is None:
            return
        for rate in gyr_rad_s - self._bias:
            q = _turn(q, rate / self._rate_hz)
        self._q = q

    @property
    def bias_rad_s(self) -> FloatArray:
        return self._bias.copy()

    def snapshot(self) -> Any:
        return copy.deepcopy((self._q, self._bias, self._filter))

    def restore(self, state: Any) -> None:
        self._q, self._bias, self._filter = copy.deepcopy(state)


def tilt_quaternion(specific_force_m_s2: FloatArray) -> FloatArray:
    """The shortest rotation [w x y z] that turns a specific force (3,) upwards."""
    up = specific_force_m_s2 / np.linalg.norm(specific_force_m_s2)
    if up[2] < -0.999999:
        return np.array([0.0, 1.0, 0.0, 0.0])
    q = np.array([1.0 + up[2], up[1], -up[0], 0.0])
    unit: FloatArray = q / np.linalg.norm(q)
    return unit


def _turn(q: FloatArray, angle_rad: FloatArray) -> FloatArray:
    """Quaternion [w x y z] turned by a rotation vector (3,) in sensor coordinates, rad."""
    norm = float(np.linalg.norm(angle_rad))
    axis = angle_rad / norm if norm > 0.0 else angle_rad
    c, (x, y, z) = np.cos(norm / 2), np.sin(norm / 2) * axis
    w0, x0, y0, z0 = q
    return np.array(
        [
            w0 * c - x0 * x - y0 * y - z0 * z,
            w0 * x + x0 * c + y0 * z - z0 * y,
            w0 * y - x0 * z + y0 * c + z0 * x,
            w0 * z + x0 * y - y0 * x + z0 * c,
        ]
    )


def make_backend(name: FilterName, rate_hz: float, tau_acc_s: float, bias_clip_rad_s: float) -> Backend:
    """The named filter at ``rate_hz``; ``tau_acc_s`` and ``bias_clip_rad_s`` apply to vqf.

    Raises ValueError for an unknown name.
    """
    if name == "vqf":
        return _Vqf(rate_hz, tau_acc_s, bias_clip_rad_s)
    if name in FILTERS:
        return _Ahrs(name, rate_hz)
    raise ValueError(f"unknown orientation filter {name!r}; known: {', '.join(FILTERS)}")


def vqf_offline(
    gyr_rad_s: FloatArray, acc_m_s2: FloatArray, rate_hz: float, tau_acc_s: float, bias_clip_rad_s: float
) -> FloatArray:
    """VQF's acausal variant, forwards and backwards over one gap-free stretch: (N, 3), (N, 3) -> (N, 4)."""
    quat: FloatArray = offlineVQF(
        np.ascontiguousarray(gyr_rad_s),
        np.ascontiguousarray(acc_m_s2),
        None,
        1.0 / rate_hz,
        _vqf_params(tau_acc_s, bias_clip_rad_s),
    )["quat6D"]
    return quat
