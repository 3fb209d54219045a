"""The simulated sessions of the evaluation data, of a simulator that is not ours, through the product's analysis."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from benchmarks.broad import data_folder
from benchmarks.separating import COVER, Scores, analysed, scored
from benchmarks.tables import Outcome
from imu_hinge.recording import read_recording

__all__ = ["CLIPS", "measure", "table_of"]

FloatArray = NDArray[np.float64]

CLIPS: dict[str, tuple[str, ...]] = {
    "thigh, back": ("thigh", "back"),
    "thigh, pelvis": ("thigh", "pelvis"),
    "all": ("thigh", "pelvis", "back"),
}


def table_of(path: Path) -> dict[str, FloatArray]:
    """Columns by name; empty cells are NaN."""
    with path.open(encoding="utf-8") as file:
        head, *body = csv.reader(line for line in file if not line.startswith("#"))
    values = np.array([[float(cell) if cell else np.nan for cell in line] for line in body])
    return {name: values[:, i] for i, name in enumerate(head)}


def _scores(path: Path, clips: tuple[str, ...]) -> Scores:
    base = path.with_suffix("")
    truth = table_of(base.with_suffix(".truth.csv"))
    labels = json.loads(base.with_suffix(".truth.json").read_text(encoding="utf-8"))
    recording = read_recording(path)
    spans = labels.get("spans") or [(s.start_s, s.end_s) for s in recording.segments if s.kind == "set"]
    reps = [
        SimpleNamespace(**rep)
        for rep in labels["reps"]
        if rep["kind"] != "land" and any(a - 0.5 <= rep["start"] <= b + 0.5 for a, b in spans)
    ]
    result, _ = analysed(recording, clips)
    from_start = "pelvis" not in clips
    return scored(result, reps, truth["time_s"], truth["hip_flexion_deg"], from_start=from_start)


def _rms(values: FloatArray) -> float | None:
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if len(values) else None


def _numbers(each: list[Scores]) -> dict[str, object]:
    error, sd, hip = (np.concatenate([getattr(s, name) for s in each]) for name in ("error", "sd", "hip_square"))
    there = np.isfinite(error)
    return {
        "reps": len(error),
        "told": int(there.sum()),
        "rmse_deg": _rms(error),
        "sd_deg": float(sd[there].mean()) if there.any() else None,
        "cover90": float(np.mean(np.abs(error[there]) <= COVER * sd[there])) if there.any() else None,
        "hip_rmse_deg": _rms(np.sqrt(hip)),
    }


def _cells(name: str, clips: str, values: dict[str, object]) -> list[str]:
    def text(key: str) -> str:
        value = values[key]
        return f"{value:.1f}" if isinstance(value, float) else "–"

    cover = values["cover90"]
    return [
        name,
        clips,
        text("rmse_deg"),
        text("sd_deg"),
        f"{100 * cover:.0f} %" if isinstance(cover, float) else "–",
        text("hip_rmse_deg"),
        f"{values['told']}/{values['reps']}",
    ]


def measure() -> Outcome | None:
    """Every recording with every set of clips; None without the data."""
    data = data_folder()
    paths = [] if data is None else sorted(p for p in (data / "sim").glob("*.csv") if ".truth" not in p.name)
    if not paths:
        return None
    numbers: dict[str, dict[str, dict[str, object]]] = {}
    rows: list[list[str]] = []
    for title, clips in CLIPS.items():
        found = {path.stem: _scores(path, clips) for path in paths}
        numbers[title] = {name: _numbers([s]) for name, s in found.items()}
        numbers[title]["together"] = _numbers(list(found.values()))
        rows += [_cells(name, title, values) for name, values in numbers[title].items()]
    return Outcome(
        "recorded",
        "Lumbar flexion at the bottom of a rep: sessions of another simulator",
        "The recordings of the evaluation data, as the scorer beside them counts: without a pelvis clip lumbar flexion "
        "is from where it was at the start of the rep, with one from standing. RMSE, stated SD and how often the 90 % "
        "interval holds are over the reps that are told; hip flexion is over all true reps, guessed ones too. "
        "Parameters were chosen while looking at these recordings. Degrees.",
        ("recording", "clips", "RMSE", "stated SD", "90 % holds", "hip RMSE", "told"),
        rows,
        numbers,
    )
