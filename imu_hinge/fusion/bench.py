"""Bench calibration of an accelerometer: bias and scale per axis from six still positions, each face up once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import CalibrationError, FormatError
from imu_hinge.fusion.stillness import StillnessDetector, StillnessParams
from imu_hinge.recording.atomic import write_all_or_nothing

__all__ = ["BenchCalibration", "fit_six_positions", "load_bench", "save_benches"]

FloatArray = NDArray[np.float64]

_BENCH_STILLNESS = StillnessParams(window_s=1.0, gyr_range_rad_s=np.deg2rad(6.0).item(), acc_range_m_s2=0.6)
_MAX_BIAS_M_S2 = 2.0
_MAX_SCALE_ERROR = 0.1


@dataclass(frozen=True)
class BenchCalibration:
    """Accelerometer of one clip: true = (raw - bias) * scale per axis; ``residual_m_s2`` is what |true| still misses
    one g by, RMS over the positions."""

    clip: str
    bias_m_s2: tuple[float, float, float]
    scale: tuple[float, float, float]
    residual_m_s2: float
    positions: int

    def apply(self, acc_m_s2: FloatArray) -> FloatArray:
        """Corrected specific force (N, 3), m/s²."""
        corrected: FloatArray = (acc_m_s2 - np.array(self.bias_m_s2)) * np.array(self.scale)
        return corrected


def fit_six_positions(clip: str, time_s: FloatArray, acc_m_s2: FloatArray, gyr_rad_s: FloatArray) -> BenchCalibration:
    """Bias and scale from a recording in which each face was up for a few seconds.

    Only the magnitude of gravity is used (six numbers from six or more directions), so the clip may lie askew.
    Raises CalibrationError where a face is missing or the fit is implausible. Source: Frosio 2009,
    doi:10.1109/TIM.2008.2006137 (without cross-axis terms).
    """
    rate_hz = 1.0 / float(np.median(np.diff(time_s)))
    still = StillnessDetector(_BENCH_STILLNESS, rate_hz)
    ends = still.update(acc_m_s2, gyr_rad_s)
    means = []
    edges = np.diff(np.concatenate([[0], ends.astype(np.int8), [0]]))
    for start, stop in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        rows = slice(max(0, start - still.window + 1), stop)
        means.append(acc_m_s2[rows].mean(axis=0))
    faces = {(int(np.argmax(np.abs(m))), bool(m[np.argmax(np.abs(m))] > 0)) for m in means}
    missing = [
        f"{'+' if up else '-'}{'xyz'[axis]}" for axis in range(3) for up in (True, False) if (axis, up) not in faces
    ]
    if missing:
        raise CalibrationError(
            f"the {clip} clip never lay still with {', '.join(missing)} up",
            clip=clip,
            advice="Lay each of the six faces up for three seconds without touching the table.",
        )
    from scipy.optimize import least_squares  # imports slowly, and only a calibration needs it

    points = np.array(means)

    def misfit(p: FloatArray) -> FloatArray:
        length: FloatArray = np.linalg.norm((points - p[:3]) * p[3:], axis=1) - GRAVITY_M_S2
        return length

    fit = least_squares(misfit, np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]))
    bias, scale = fit.x[:3], fit.x[3:]
    if np.abs(bias).max() > _MAX_BIAS_M_S2 or np.abs(scale - 1).max() > _MAX_SCALE_ERROR:
        raise CalibrationError(
            f"the {clip} clip's accelerometer seems off by {np.abs(bias).max():.1f} m/s2"
            f" and {100 * np.abs(scale - 1).max():.0f} %",
            clip=clip,
            advice="Repeat the six positions on a still table; if it stays, the clip is faulty or in other units.",
        )
    bx, by, bz = (float(v) for v in bias)
    sx, sy, sz = (float(v) for v in scale)
    return BenchCalibration(clip, (bx, by, bz), (sx, sy, sz), float(np.sqrt(np.mean(fit.fun**2))), len(points))


def save_benches(calibrations: Mapping[Path, BenchCalibration]) -> None:
    """Write bench calibrations as JSON, all or nothing, over older ones. Raises OutputError."""
    texts = {
        path: json.dumps({"imu_hinge_bench": 1, **asdict(calibration)}, indent=1) + "\n"
        for path, calibration in calibrations.items()
    }
    write_all_or_nothing(texts, overwrite=True, make_folders=True)


def load_bench(path: Path) -> BenchCalibration:
    """Read a bench calibration. Raises FormatError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["imu_hinge_bench"] != 1:
            raise KeyError("imu_hinge_bench")
        bias, scale = (tuple(float(v) for v in data[k]) for k in ("bias_m_s2", "scale"))
        (bx, by, bz), (sx, sy, sz) = bias, scale
        return BenchCalibration(
            str(data["clip"]),
            (bx, by, bz),
            (sx, sy, sz),
            float(data["residual_m_s2"]),
            int(data["positions"]),
        )
    except OSError as error:
        raise FormatError(f"cannot read the calibration: {error.strerror}", path=str(path)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(
            "not a bench calibration", path=str(path), advice="Make one with imu-hinge calibrate-clip."
        ) from error
