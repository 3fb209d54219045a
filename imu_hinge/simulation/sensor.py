"""The sensor in a clip: its clock, bandwidth, errors, noise, range and resolution (LSM6DSO class)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt
from scipy.spatial.transform import Rotation

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.clips import ClipTrack

__all__ = ["SensorErrors", "SensorGrade", "draw_errors", "ideal_samples", "measure", "sample_times"]

ACC_LSB_M_S2 = 0.488e-3 * GRAVITY_M_S2
GYR_LSB_RAD_S = float(np.deg2rad(0.070))
RANGE_LSB = 32767
"""ST LSM6DSO data sheet (DS12140), table 2: 0.488 mg at +-16 g, 70 mdps at +-2000 deg/s, 16 bits."""


@dataclass(frozen=True)
class SensorGrade:
    """Spread of a batch of sensors. Defaults: bench-calibrated clips; ``SensorGrade.uncalibrated()``: as
    delivered.

    Noise densities: LSM6DSO data sheet, 70 ug/sqrt(Hz) and 3.8 mdps/sqrt(Hz). ``bandwidth_share`` of the rate
    is where the anti-alias filter cuts (None: no filter). Biases in m/s² and rad/s, walks per sqrt(s), scale
    and misalignment relative, ``rate_error`` of the crystal relative to nominal, clock errors left after
    alignment.
    """

    acc_noise_m_s2_rthz: float = 70e-6 * GRAVITY_M_S2
    gyr_noise_rad_s_rthz: float = 3.8e-3 * np.pi / 180
    acc_bias_m_s2: float = 0.015
    gyr_bias_rad_s: float = 0.012
    acc_walk_m_s2_rts: float = 1.0e-4
    gyr_walk_rad_s_rts: float = 1.2e-5
    acc_scale: float = 0.0015
    gyr_scale: float = 0.003
    misalignment_rad: float = 0.002
    rate_error: float = 0.01
    bandwidth_share: float | None = 0.4
    clock_offset_s: float = 0.001
    clock_drift: float = 1.0e-6

    @classmethod
    def uncalibrated(cls) -> SensorGrade:
        """As delivered: zero-g level +-20 mg, 1 % scale, half a degree of misalignment."""
        return cls(acc_bias_m_s2=0.15, acc_scale=0.01, gyr_bias_rad_s=0.017, gyr_scale=0.01, misalignment_rad=0.008)

    @classmethod
    def calibrated(cls) -> SensorGrade:
        """After a six-position calibration: 0.02 m/s² and 0.2 %; nothing corrects the gyroscope's 0.3 %."""
        return cls(acc_bias_m_s2=0.02, acc_scale=0.002, gyr_scale=0.003)

    @classmethod
    def raw(cls) -> SensorGrade:
        """Before any calibration, as SCIENCE section 1 assumes it: 0.1 m/s² and 1 %."""
        return cls(acc_bias_m_s2=0.1, acc_scale=0.01, gyr_bias_rad_s=0.017, gyr_scale=0.01, misalignment_rad=0.008)

    @classmethod
    def ideal(cls) -> SensorGrade:
        """No error but resolution and range."""
        return cls(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, 0.0, 0.0)


@dataclass(frozen=True)
class SensorErrors:
    """The errors of one sensor: matrices (3, 3) from true to measured, biases (3,), and its clock."""

    acc_matrix: FloatArray
    gyr_matrix: FloatArray
    acc_bias_m_s2: FloatArray
    gyr_bias_rad_s: FloatArray
    rate_hz: float
    phase_s: float
    clock_offset_s: float
    clock_drift: float


def draw_errors(rng: np.random.Generator, grade: SensorGrade, nominal_hz: float) -> SensorErrors:
    """One sensor of a batch."""

    def matrix(scale: float) -> FloatArray:
        skew = Rotation.from_rotvec(grade.misalignment_rad * rng.standard_normal(3)).as_matrix()
        return np.asarray(np.diag(1.0 + scale * rng.standard_normal(3)) @ skew)

    return SensorErrors(
        acc_matrix=matrix(grade.acc_scale),
        gyr_matrix=matrix(grade.gyr_scale),
        acc_bias_m_s2=grade.acc_bias_m_s2 * rng.standard_normal(3),
        gyr_bias_rad_s=grade.gyr_bias_rad_s * rng.standard_normal(3),
        rate_hz=nominal_hz * (1.0 + grade.rate_error * float(rng.uniform(-1.0, 1.0))),
        phase_s=float(rng.uniform(0.0, 1.0)) / nominal_hz,
        clock_offset_s=grade.clock_offset_s * float(rng.standard_normal()),
        clock_drift=grade.clock_drift * float(rng.standard_normal()),
    )


def sample_times(errors: SensorErrors, start_s: float, end_s: float) -> FloatArray:
    """True sampling instants (N,) between start and end: no jitter, the sensor's own rate and phase."""
    first = start_s + errors.phase_s
    count = int((end_s - first) * errors.rate_hz)
    return first + np.arange(count) / errors.rate_hz


def ideal_samples(
    track: ClipTrack, time_s: FloatArray, rate_hz: float, bandwidth_share: float | None
) -> tuple[FloatArray, FloatArray]:
    """What an error-free sensor of that bandwidth senses at ``time_s``: (N, 3) m/s² and (N, 3) rad/s.

    The anti-alias filter (second-order Butterworth) runs at four times the rate, its own delay taken off the
    instants as a sensor's time stamps do.
    """
    if bandwidth_share is None:
        return track.sense(time_s)
    over = 4
    cut_hz = bandwidth_share * rate_hz
    delay = np.sqrt(2.0) / (2 * np.pi * cut_hz)
    step = 1.0 / (over * rate_hz)
    lead = 64
    first = time_s[0] + delay - lead * step
    fine = first + np.arange(lead + over * (len(time_s) - 1) + 1) * step
    acc, gyr = track.sense(np.clip(fine, 0.0, track.end_s))
    sos = butter(2, cut_hz, fs=over * rate_hz, output="sos")
    both = np.hstack([acc, gyr])
    still = both[:1]
    smooth = sosfilt(sos, both - still, axis=0)[lead::over] + still
    return np.ascontiguousarray(smooth[:, :3]), np.ascontiguousarray(smooth[:, 3:])


def measure(
    acc: FloatArray, gyr: FloatArray, errors: SensorErrors, grade: SensorGrade, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Add errors, walks and noise to ideal samples, clip to the range and round to the resolution."""
    n = len(acc)
    dt = 1.0 / errors.rate_hz
    band = np.sqrt(errors.rate_hz * (0.5 if grade.bandwidth_share is None else grade.bandwidth_share))

    def spoil(
        true: FloatArray, matrix: FloatArray, bias: FloatArray, walk: float, density: float, lsb: float
    ) -> FloatArray:
        wander = np.cumsum(walk * np.sqrt(dt) * rng.standard_normal((n, 3)), axis=0)
        raw = true @ matrix.T + bias + wander + density * band * rng.standard_normal((n, 3))
        return np.asarray(np.clip(np.rint(raw / lsb), -RANGE_LSB - 1, RANGE_LSB) * lsb)

    return (
        spoil(
            acc,
            errors.acc_matrix,
            errors.acc_bias_m_s2,
            grade.acc_walk_m_s2_rts,
            grade.acc_noise_m_s2_rthz,
            ACC_LSB_M_S2,
        ),
        spoil(
            gyr,
            errors.gyr_matrix,
            errors.gyr_bias_rad_s,
            grade.gyr_walk_rad_s_rts,
            grade.gyr_noise_rad_s_rthz,
            GYR_LSB_RAD_S,
        ),
    )
