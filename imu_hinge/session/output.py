"""summary.json and angles.csv as the contract has them, written all or nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from imu_hinge.conventions import BACK, CONTRACT_VERSION, PELVIS, THIGH
from imu_hinge.recording.atomic import write_all_or_nothing
from imu_hinge.session.results import AngleSeries, RepResult, SessionResult, SetResult
from imu_hinge.version import __version__

__all__ = ["angle_columns", "angles_csv", "summary", "summary_json", "write_outputs"]


def summary(result: SessionResult) -> dict[str, object]:
    """The contract's summary.json as plain values."""
    return {
        "imu_hinge": __version__,
        "contract": CONTRACT_VERSION,
        "recording": result.recording,
        "clips": list(result.clips),
        "quality": {
            "calibration": result.quality.calibration,
            "clock_residual_ms": _number(result.quality.clock_residual_ms),
            "warnings": list(result.quality.warnings),
            **({} if result.quality.athlete is None else {"athlete": asdict(result.quality.athlete)}),
            "clips": {
                name: {
                    "site": c.site,
                    "rate_hz": _number(c.rate_hz, 3),
                    "loss_fraction": _number(c.loss_fraction, 5),
                    "longest_gap_s": _number(c.longest_gap_s),
                    "gyro_bias_deg_s": _number(c.gyro_bias_deg_s),
                    "gravity_m_s2": _number(c.gravity_m_s2),
                    "clipped_samples": c.clipped_samples,
                    "slipped": c.slipped,
                    "bench": c.bench,
                }
                for name, c in result.quality.clips.items()
            },
        },
        "reference_lumbar_deg": _number(result.reference_lumbar_deg),
        "reference_lumbar_sd_deg": _number(result.reference_lumbar_sd_deg),
        "sets": [_set(s) for s in result.sets],
        **({} if result.said_live is None else {"live": _live(result)}),
        "moments": [{"time_s": _number(m.time_s), "kind": m.kind, "words": m.words} for m in result.moments],
        "params": dict(result.params),
    }


def _live(result: SessionResult) -> dict[str, object]:
    """What was said while it was recorded, and in how many of the reps that is what the whole session shows."""
    reps = [rep for found in result.sets for rep in found.reps]
    pairs = [(result.said_of(rep), rep) for rep in reps]
    return {
        "reps": [
            {
                "exercise": said.exercise,
                "start_s": _number(said.start_s),
                "bottom_s": _number(said.bottom_s),
                "end_s": _number(said.end_s),
                "verdict": said.verdict,
                "faults": [{"name": f.name, "severity": f.severity} for f in said.faults],
            }
            for said in result.said_live or ()
        ],
        "agree": sum(said is not None and said.agrees(rep) for said, rep in pairs),
        "of": len(reps),
    }


def _set(found: SetResult) -> dict[str, object]:
    return {
        "exercise": found.exercise,
        "announced": found.announced,
        "load_kg": _number(found.load_kg),
        "start_s": _number(found.start_s),
        "end_s": _number(found.end_s),
        "reps": [_rep(r) for r in found.reps],
        "creep_deg_per_rep": _number(found.creep_deg_per_rep),
        "good_reps": found.good_reps,
        "creep": {
            "sd_deg_per_rep": _number(found.trend.creep_sd_deg_per_rep),
            "added_deg": _number(found.trend.creep_deg),
            "severity": found.trend.creep or None,
        },
        "consistency": {
            "lumbar_at_bottom_sd_deg": _number(found.trend.lumbar_sd_deg),
            "hip_max_sd_deg": _number(found.trend.hip_sd_deg),
            "tempo_sd_s": _number(found.trend.tempo_sd_s),
        },
    }


def _rep(rep: RepResult) -> dict[str, object]:
    return {
        "index": rep.index,
        "start_s": _number(rep.start_s),
        "bottom_s": _number(rep.bottom_s),
        "end_s": _number(rep.end_s),
        "hip_flexion_deg": {"max": _number(rep.hip_max_deg), "sd": _number(rep.hip_sd_deg)},
        "lumbar_flexion_deg": {
            "at_bottom": _number(rep.lumbar_at_bottom_deg),
            "max": _number(rep.lumbar_max_deg),
            "min": _number(rep.lumbar_min_deg),
            "sd": _number(rep.lumbar_sd_deg),
        },
        "hip_share": _number(rep.hip_share),
        "hip_share_quarters": [_number(share) for share in rep.hip_share_quarters],
        "tempo_s": {
            "eccentric": _number(rep.eccentric_s),
            "pause": _number(rep.pause_s),
            "concentric": _number(rep.concentric_s),
            "top": _number(rep.top_s),
        },
        "peak_hip_velocity_deg_s": _number(rep.peak_hip_velocity_deg_s, 1),
        "onset_hip_minus_spine_s": _number(rep.onset_hip_minus_spine_s),
        "onset_sd_s": _number(rep.onset_sd_s),
        "return_hip_minus_spine_s": _number(rep.return_hip_minus_spine_s),
        "verdict": rep.verdict,
        "cannot_tell": rep.cannot_tell,
        "faults": [
            {
                "name": f.name,
                "severity": f.severity,
                "value_deg": _number(f.value_deg),
                "time_s": _number(f.time_s),
                "probability": _number(f.probability),
                "value": _number(f.value_deg if f.value is None else f.value),
                "unit": f.unit,
            }
            for f in rep.faults
        ],
        "not_judged": list(rep.not_judged),
    }


def _number(value: float | None, digits: int = 3) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), digits)


def summary_json(result: SessionResult) -> str:
    """The contract's summary.json as text."""
    return json.dumps(summary(result), indent=1, allow_nan=False) + "\n"


def angle_columns(angles: AngleSeries) -> dict[str, np.ndarray]:
    """The columns of the contract's angles.csv, (N,) each, with the digits it states; NaN where not measurable."""
    nan = np.full(len(angles.time_s), np.nan)
    columns: Mapping[str, np.ndarray] = {
        "thigh_pitch_deg": angles.pitch_deg.get(THIGH, nan),
        "pelvis_pitch_deg": angles.pitch_deg.get(PELVIS, nan),
        "back_pitch_deg": angles.pitch_deg.get(BACK, nan),
        "hip_flexion_deg": angles.hip_flexion_deg,
        "hip_flexion_sd_deg": angles.hip_flexion_sd_deg,
        "lumbar_flexion_deg": angles.lumbar_flexion_deg,
        "lumbar_flexion_sd_deg": angles.lumbar_flexion_sd_deg,
    }
    return {"time_s": np.round(angles.time_s, 4)} | {k: np.round(v, 3) for k, v in columns.items()}


def angles_csv(angles: AngleSeries) -> str:
    """The contract's angles.csv as text: empty cells where not measurable."""
    return pl.DataFrame(angle_columns(angles)).fill_nan(None).write_csv()


def write_outputs(directory: Path, files: Mapping[str, str | bytes], remove: Sequence[str] = ()) -> list[Path]:
    """Write files into a directory and remove others (where they are there), all or nothing.

    Raises OutputError; then no file of the directory has changed, and a directory that was not there is not there.
    """
    return write_all_or_nothing(
        {directory / name: text for name, text in files.items()},
        overwrite=True,
        remove=[directory / name for name in remove],
        make_folders=True,
    )
