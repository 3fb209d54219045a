"""Inclination accuracy of every filter on BROAD (Laidig et al. 2021, doi:10.3390/data6070072), if it is here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.tables import Outcome
from imu_hinge import orientation, orientation_offline
from imu_hinge.fusion.backends import FILTERS, FilterName

__all__ = ["data_folder", "inclination_error_deg", "measure"]

FloatArray = NDArray[np.float64]
STRETCH_S = 60.0
"""The filters written in Python see each trial only until this long after its movement began."""


def data_folder() -> Path | None:
    """Evaluation data: where IMU_HINGE_DATA says, or beside the repository; None where there is none."""
    named = os.environ.get("IMU_HINGE_DATA")
    root = Path(__file__).resolve().parents[1]
    places = [Path(named)] if named else [root.parent / "shared" / "data", root / "shared" / "data"]
    return next((place for place in places if (place / "broad").is_dir()), None)


def inclination_error_deg(estimate: FloatArray, truth: FloatArray) -> FloatArray:
    """Angle (N,) between the verticals of two orientations (N, 4) [w x y z], whatever their headings."""
    w0, x0, y0, z0 = estimate.T
    w1, x1, y1, z1 = truth.T * np.array([[1.0], [-1.0], [-1.0], [-1.0]])
    w = w0 * w1 - x0 * x1 - y0 * y1 - z0 * z1
    z = w0 * z1 + x0 * y1 - y0 * x1 + z0 * w1
    error: FloatArray = np.rad2deg(2.0 * np.arccos(np.minimum(np.hypot(w, z), 1.0)))
    return error


def measure(slow_filters: bool = True) -> Outcome | None:
    """RMSE while moving, mean over the trials; None without the data."""
    data = data_folder()
    if data is None:
        return None
    trials = {path.stem: dict(np.load(path)) for path in sorted((data / "broad").glob("*.npz"))}
    ways: dict[str, Callable[..., FloatArray]] = {"causal": orientation, "two-pass": orientation_offline}
    numbers: dict[str, dict[str, object]] = {}
    for name in FILTERS if slow_filters else FILTERS[:1]:
        for way, function in ways.items():
            began, seen = time.process_time(), 0
            whole: dict[str, float] = {}
            part: dict[str, float] = {}
            for title, trial in trials.items():
                stop = _stop(trial)
                errors = _errors(function, name, trial, None if name == "vqf" else stop)
                seen += len(errors)
                part[title] = _rms(errors[:stop])
                if name == "vqf":
                    whole[title] = _rms(errors)
            numbers[f"{name}, {way}"] = {
                "whole_deg": float(np.mean(list(whole.values()))) if whole else None,
                "minute_deg": float(np.mean(list(part.values()))),
                "us_a_sample": 1e6 * (time.process_time() - began) / seen,
                "trials_deg": whole or part,
            }
    return Outcome(
        "broad",
        "Inclination on BROAD, degrees",
        f"RMSE while the sensor moves, mean over the {len(trials)} trials that are here, no magnetometer. The filters "
        f"of ahrs are slow: they see each trial until {STRETCH_S:.0f} s after its movement begins, and the second "
        "column compares all filters on exactly that part. The two-pass variants look ahead and are for reports.",
        ("filter", "whole trials", "first minute", "us a sample"),
        [[name, *(_text(row[k]) for k in ("whole_deg", "minute_deg")), _text(row["us_a_sample"])]
         for name, row in numbers.items()],
        numbers,
    )  # fmt: skip


def _errors(
    function: Callable[..., FloatArray], name: FilterName, trial: dict[str, FloatArray], stop: int | None
) -> FloatArray:
    quat = function(trial["gyr"][:stop], trial["acc"][:stop], float(trial["rate"]), filter=name)
    error = inclination_error_deg(quat, trial["quat"][:stop])
    error[~trial["movement"][:stop].astype(bool)] = np.nan
    return error


def _stop(trial: dict[str, FloatArray]) -> int:
    return int(np.flatnonzero(trial["movement"])[0] + STRETCH_S * float(trial["rate"]))


def _rms(error: FloatArray) -> float:
    return float(np.sqrt(np.nanmean(error**2)))


def _text(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else ""
