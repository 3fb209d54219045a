"""Shank pitch and lumbar flexion while the athlete moves: an extended Kalman filter on the chain of the smoother.

The state holds shank pitch and lumbar flexion with two derivatives each (jerk is noise), a slow tilt error of each
clip, and the constants with the doubt that calibration left. Measured are the four sagittal accelerations, at 25 Hz,
low-passed as the pitches are. Standing still anchors it; what is believed of any hinge keeps it from drifting away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.geometry import CONSTANTS, ChainBelief
from imu_hinge.body.live_chain import (
    DRIFT_BACK,
    DRIFT_THIGH,
    DYNAMIC,
    LUMBAR,
    SHANK,
    STATES,
    TILT_BACK,
    TILT_THIGH,
    ChainAcceleration,
)
from imu_hinge.body.live_prior import PersonalPrior
from imu_hinge.body.smoother import Noise
from imu_hinge.conventions import GRAVITY_M_S2

__all__ = ["LiveCourse", "LiveFilter", "LiveFilterParams", "LiveState"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_AT: Final = {name: DYNAMIC + index for index, name in enumerate(CONSTANTS)}
_CHANNELS: Final = 7
"""Thigh and back pitch, four accelerations, not usable."""
_NOISE_STEP_S: Final = 0.04
"""The noise is that of accelerations so far apart; closer ones say less each."""
_CONSTANTS: Final = ("thigh_gain", "back_gain", "share_below", "thigh_fold_gain")
_REPORTED: Final = np.array([LUMBAR, TILT_THIGH, TILT_BACK, *(_AT[name] for name in _CONSTANTS)])
_UPPER: Final = np.triu_indices(len(_REPORTED))
_STORY: Final = 8 + len(_CONSTANTS) + 5 + len(_UPPER[0])
"""What is kept of a heavy step for the samples until the next: state, variances."""


def _deg(value: float) -> float:
    return float(np.deg2rad(value))


@dataclass(frozen=True)
class LiveFilterParams:
    """Rates, noise and beliefs; angles in rad."""

    step_s: float = 0.04
    """Time between the steps that use accelerations."""
    reach_s: float = 0.05
    """Half the low-pass: accelerations count that much later; angles are predicted to the present."""
    low_pass_s: float = 0.025
    """SD of the Gaussian low-pass."""
    noise_factor: float = 1.0
    """Accelerometer noise against the smoother's."""
    shank_jerk_rad_s3: float = _deg(300.0)
    """Density of the white jerk, times the root of a second."""
    lumbar_jerk_rad_s3: float = _deg(300.0)
    calm_s: float = 0.6
    """Second derivatives forget themselves."""
    tilt_sd_rad: float = _deg(0.3)
    """A clip's tilt error to begin with."""
    tilt_walk_rad: float = _deg(0.05)
    """How it wanders in the root of a second, beside its drift."""
    drift_sd_rad_s: float = _deg(0.05)
    """Gyroscope bias left after standing still."""
    drift_s: float = 30.0
    quiet_lumbar_sd_rad: float = _deg(2.0)
    quiet_shank_sd_rad: float = _deg(1.5)
    quiet_rate_sd_rad_s: float = _deg(2.0)
    quiet_turn_sd_rad_s2: float = _deg(20.0)
    quiet_s: float = 0.5
    """Standing still counts once in this time."""
    still_rate_rad_s: float = _deg(4.0)
    still_acc_m_s2: float = 0.25
    still_s: float = 0.12
    """Calm for so long is standing still."""
    upright_rad: float = _deg(15.0)
    unfolded_rad: float = _deg(25.0)
    look_s: float = 1.0
    """What is believed of any hinge counts once in this time."""
    planted_acc_m_s2: float = 8.0
    """Accelerations (low-passed) beyond this are no planted foot's: flight, landing, knock."""
    largest_rad: float = _deg(100.0)
    """A shank or lumbar spine beyond this is the filter's error: it starts anew."""
    spread: float = 1.0
    """SDs reported against the filter's own."""


@dataclass(frozen=True)
class LiveCourse:
    """Joint angles up to now, (N,) in rad with SDs; NaN where a pitch is unknown, and until the athlete stood still."""

    shank_rad: FloatArray
    knee_rad: FloatArray
    hip_rad: FloatArray
    hip_sd_rad: FloatArray
    lumbar_rad: FloatArray
    lumbar_sd_rad: FloatArray


@dataclass(frozen=True)
class LiveState:
    """Everything the next block depends on."""

    count: int
    history: FloatArray
    """(W, 8): the samples the low-pass still needs."""
    mean: FloatArray
    """(S,)."""
    covariance: FloatArray
    """(S, S)."""
    still: int
    story: FloatArray
    stood: bool = False
    """Whether the athlete has stood still: before, in the middle of a movement, nothing is known."""


def _kernels(rate_hz: float, reach_s: float, low_pass_s: float) -> FloatArray:
    """Gaussian, first and second derivative (3, W), exact for parabolas."""
    half = max(2, round(reach_s * rate_hz))
    t = np.arange(-half, half + 1) / rate_hz
    smooth = np.exp(-0.5 * (t / low_pass_s) ** 2)
    smooth /= smooth.sum()
    slope = smooth * t
    slope /= (slope * t).sum()
    bend = smooth * (t**2 / low_pass_s**4 - low_pass_s**-2.0)
    bend -= smooth * bend.sum()
    bend *= 2.0 / (bend * t**2).sum()
    return np.stack([smooth, slope, bend])


def _tipped_back(acc: FloatArray, tilt: float) -> FloatArray:
    """An acceleration (2,) as it is, from how a clip tipped by ``tilt`` rad saw it."""
    sin, cos = np.sin(tilt), np.cos(tilt)
    ahead, force = acc[0], acc[1] + GRAVITY_M_S2
    return np.array([cos * ahead - sin * force, cos * force + sin * ahead - GRAVITY_M_S2])


class LiveFilter:
    """Streams blocks of any size; the outcome does not depend on how the samples are cut into blocks."""

    def __init__(
        self,
        belief: ChainBelief,
        levels: int,
        rate_hz: float,
        noise: Noise | None = None,
        prior: PersonalPrior | None = None,
        params: LiveFilterParams | None = None,
    ) -> None:
        self._params = p = params or LiveFilterParams()
        self._prior = prior or PersonalPrior()
        self._rate_hz = rate_hz
        self._kernels = _kernels(rate_hz, p.reach_s, p.low_pass_s)
        self._width = self._kernels.shape[1]
        self._delay = self._width // 2
        self._every = max(1, round(p.step_s * rate_hz))
        self._step_s = self._every / rate_hz
        self._still_steps = max(1, round(p.still_s / self._step_s))
        self._model = ChainAcceleration(levels)
        self._noise = (np.array((noise or Noise()).acc_sd_m_s2) * p.noise_factor) ** 2 * (_NOISE_STEP_S / self._step_s)
        self._transition, self._process = self._motion()
        mean = np.zeros(STATES)
        covariance = np.zeros((STATES, STATES))
        standing = _AT["standing_shank_rad"]
        mean[DYNAMIC:] = belief.mean
        mean[SHANK] = mean[standing]
        covariance[DYNAMIC:, DYNAMIC:] = belief.covariance
        covariance[SHANK, :] = covariance[standing, :]
        covariance[:, SHANK] = covariance[:, standing]
        covariance[SHANK, SHANK] = covariance[standing, standing]
        turning = (_deg(10.0), _deg(10.0), _deg(50.0))
        sd = (*turning, *turning, p.tilt_sd_rad, p.tilt_sd_rad, p.drift_sd_rad_s, p.drift_sd_rad_s)
        covariance[np.arange(DYNAMIC), np.arange(DYNAMIC)] += np.array(sd) ** 2
        history = np.zeros((self._width, _CHANNELS))
        history[:, -1] = 1.0
        self._state = LiveState(0, history, mean, covariance, 0, np.full(_STORY, np.nan))
        self._begun = self._state

    @property
    def state(self) -> LiveState:
        """All that the next block depends on."""
        return self._state

    @state.setter
    def state(self, state: LiveState) -> None:
        self._state = state

    def _motion(self) -> tuple[FloatArray, FloatArray]:
        """Transition (10, 10) and process noise (10, 10) of one heavy step."""
        p, dt = self._params, self._step_s
        keep = float(np.exp(-dt / p.calm_s))
        block = np.array([[1.0, dt, 0.5 * dt * dt], [0.0, 1.0, dt], [0.0, 0.0, keep]])
        spread = np.array(
            [
                [dt**5 / 20.0, dt**4 / 8.0, dt**3 / 6.0],
                [dt**4 / 8.0, dt**3 / 3.0, dt**2 / 2.0],
                [dt**3 / 6.0, dt**2 / 2.0, dt],
            ]
        )
        transition, process = np.eye(DYNAMIC), np.zeros((DYNAMIC, DYNAMIC))
        for first, jerk in ((SHANK, p.shank_jerk_rad_s3), (LUMBAR, p.lumbar_jerk_rad_s3)):
            rows = slice(first, first + 3)
            transition[rows, rows] = block
            process[rows, rows] = jerk**2 * spread
        forget = float(np.exp(-dt / p.drift_s))
        for tilt, drift in ((TILT_THIGH, DRIFT_THIGH), (TILT_BACK, DRIFT_BACK)):
            transition[tilt, drift], transition[drift, drift] = dt, forget
            process[tilt, tilt] = p.tilt_walk_rad**2 * dt
            process[drift, drift] = p.drift_sd_rad_s**2 * (1.0 - forget**2)
        return transition, process

    def update(
        self,
        thigh_rad: FloatArray,
        back_rad: FloatArray,
        thigh_acc_m_s2: FloatArray,
        back_acc_m_s2: FloatArray,
        airborne: BoolArray | None = None,
    ) -> LiveCourse:
        """Follow a block of N samples: pitches (N,) from standing, accelerations (N, 2) forward and up; NaN in gaps.

        ``airborne`` tells where no foot is planted.
        """
        n, w = len(thigh_rad), self._width
        block = np.empty((w + n, _CHANNELS))
        block[:w] = self._state.history
        new = block[w:]
        new[:, 0], new[:, 1] = thigh_rad, back_rad
        new[:, 2:4], new[:, 4:6] = thigh_acc_m_s2, back_acc_m_s2
        unknown = ~np.isfinite(new[:, :6]).all(axis=1)
        new[:, 6] = unknown if airborne is None else unknown | airborne
        count, story = self._state.count, np.empty((n, _STORY))
        mean, covariance, still = self._state.mean, self._state.covariance, self._state.still
        told, start, stood = self._state.story, 0, self._state.stood
        for i in range((-count - 1) % self._every, n, self._every):
            mean, covariance, still = self._step(mean, covariance, still, block[i + 1 : i + 1 + w])
            story[start:i] = told
            stood = stood or still >= self._still_steps
            told, start = self._told(mean, covariance) if stood else self._begun.story, i
        story[start:] = told
        lag = self._delay + (count + np.arange(n) + 1) % self._every
        self._state = LiveState(count + n, block[n:].copy(), mean, covariance, still, told, stood)
        return self._courses(thigh_rad, back_rad, story, lag / self._rate_hz)

    def _step(
        self, mean: FloatArray, covariance: FloatArray, still: int, seen: FloatArray
    ) -> tuple[FloatArray, FloatArray, int]:
        """One heavy step: predict, then correct with whatever there is."""
        p, d = self._params, DYNAMIC
        mean, covariance = mean.copy(), covariance.copy()
        mean[:d] = self._transition @ mean[:d]
        covariance[:d] = self._transition @ covariance[:d]
        covariance[:, :d] = covariance[:, :d] @ self._transition.T
        covariance[:d, :d] += self._process
        if max(abs(mean[SHANK]), abs(mean[LUMBAR])) > p.largest_rad:
            return self._begun.mean.copy(), self._begun.covariance.copy(), 0
        if seen[:, 6].any():
            return mean, covariance, 0
        thigh, back = (self._kernels @ seen[:, :2]).T
        acc = self._kernels[0] @ seen[:, 2:6]
        for first, pitch, tilt, drift in ((0, thigh, TILT_THIGH, DRIFT_THIGH), (2, back, TILT_BACK, DRIFT_BACK)):
            pitch[0] -= mean[tilt]
            pitch[1] -= mean[drift]
            acc[first : first + 2] = _tipped_back(acc[first : first + 2], mean[tilt])
        if np.abs(acc).max() > p.planted_acc_m_s2:
            return mean, covariance, 0
        model, jacobian = self._model(mean, thigh, back)
        rows, off, noise = [jacobian], [acc - model], [self._noise]

        still = still + 1 if self._calm(thigh, back, acc) else 0
        if still >= self._still_steps:
            row, gap, variance = self._standing(mean, thigh[0], back[0])
            rows.append(row)
            off.append(gap)
            noise.append(variance)
        else:
            look = p.look_s / self._step_s
            row = np.zeros((2, STATES))
            row[0, LUMBAR] = row[1, SHANK] = 1.0
            want, sd = self._prior.at(thigh[0], back[0])
            rows.append(row)
            off.append(want - mean[[LUMBAR, SHANK]])
            noise.append(sd**2 * look)
        return *self._correct(mean, covariance, np.concatenate(rows), np.concatenate(off), np.concatenate(noise)), still

    def _calm(self, thigh: FloatArray, back: FloatArray, acc: FloatArray) -> bool:
        p = self._params
        return bool(
            max(abs(thigh[1]), abs(back[1])) < p.still_rate_rad_s
            and max(acc[0] ** 2 + acc[1] ** 2, acc[2] ** 2 + acc[3] ** 2) < p.still_acc_m_s2**2
            and abs(thigh[0]) < p.upright_rad
            and abs(back[0] - thigh[0]) < p.unfolded_rad
        )

    def _standing(self, mean: FloatArray, thigh: float, back: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Standing still: the spine as in standing or arched where trunk and thigh open beyond straight."""
        p = self._params
        look = p.quiet_s / self._step_s
        rows = np.zeros((6, STATES))
        rows[np.arange(6), np.arange(6)] = 1.0
        rows[SHANK, _AT["standing_shank_rad"]] = -1.0
        off = -(rows @ mean)
        off[LUMBAR] += min(back - thigh, 0.0)
        rate, turn = p.quiet_rate_sd_rad_s, p.quiet_turn_sd_rad_s2
        sd = np.array([p.quiet_shank_sd_rad, rate, turn, p.quiet_lumbar_sd_rad, rate, turn])
        return rows, off, sd**2 * np.array([look, 1.0, 1.0, look, 1.0, 1.0])

    def _correct(
        self, mean: FloatArray, covariance: FloatArray, rows: FloatArray, off: FloatArray, noise: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        seen = rows @ covariance
        spread = seen @ rows.T
        spread[np.arange(len(off)), np.arange(len(off))] += noise
        gain = np.linalg.solve(spread, seen).T
        # The constants' doubt counts, but they do not move: learnt on the way they run off with the course.
        gain[DYNAMIC:] = 0.0
        cross = gain @ seen
        covariance = covariance - cross - cross.T + gain @ spread @ gain.T
        return mean + gain @ off, 0.5 * (covariance + covariance.T)

    def _told(self, mean: FloatArray, covariance: FloatArray) -> FloatArray:
        """What the samples until the next heavy step need."""
        at = _REPORTED
        lum = covariance[LUMBAR : LUMBAR + 3, LUMBAR : LUMBAR + 3]
        return np.concatenate(
            [
                mean[:8],
                mean[at[3:]],
                (lum[0, 0], 2.0 * lum[0, 1], lum[1, 1] + lum[0, 2], lum[1, 2], 0.25 * lum[2, 2]),
                covariance[at[:, None], at][_UPPER],
            ]
        )

    def _courses(self, thigh: FloatArray, back: FloatArray, story: FloatArray, ahead_s: FloatArray) -> LiveCourse:
        h = ahead_s
        known = np.where(np.isfinite(thigh) & np.isfinite(back), 0.0, np.nan)
        s, s1, s2, lum, l1, l2, tilt_t, tilt_b, gain_t, gain_b, below, gain_f = story[:, :12].T
        a, b, c, d, e = story[:, 12:17].T
        shank = s + h * (s1 + 0.5 * h * s2) + known
        lumbar = lum + h * (l1 + 0.5 * h * l2) + known
        variance = a + h * (b + h * (c + h * (d + h * e)))
        variance = variance + self._params.lumbar_jerk_rad_s3**2 * (h * h * h * h * h) / 20.0 + known
        thigh, back = thigh - tilt_t, back - tilt_b
        fold = back - thigh
        true_thigh = thigh * (1.0 - gain_t) - gain_f * fold
        hip = back * (1.0 - gain_b) - below * lumbar - true_thigh
        by = (-below, 1.0 + 0.0 * below, -1.0 + 0.0 * below, thigh, -back, -lumbar, fold)
        hip_variance = below * below * (variance - a)
        for column, (i, j) in enumerate(zip(*_UPPER, strict=True)):
            hip_variance = hip_variance + (1.0 if i == j else 2.0) * by[i] * by[j] * story[:, 17 + column]
        spread = self._params.spread
        return LiveCourse(
            shank,
            shank - true_thigh,
            hip,
            spread * np.sqrt(np.maximum(hip_variance, 0.0)),
            lumbar,
            spread * np.sqrt(np.maximum(variance, 0.0)),
        )
