"""One row a rep, of everything a summary says of it: what the library, the exports and batches are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["REP_COLUMNS", "RepRow", "as_columns", "rep_rows"]

Summary = Mapping[str, Any]
"""What ``summary.json`` holds (docs/RECORDING.md)."""


@dataclass(frozen=True)
class RepRow:
    """A rep and the set it belongs to. None is what was not measured or cannot be told."""

    exercise: str
    load_kg: float | None
    set_number: int
    """Counts the sets of the recording, from 1."""
    set_start_s: float
    set_end_s: float
    rep_number: int
    """Counts the reps of the set, from 1."""
    start_s: float
    bottom_s: float
    end_s: float
    hip_flexion_max_deg: float | None
    hip_flexion_sd_deg: float | None
    lumbar_at_bottom_deg: float | None
    lumbar_max_deg: float | None
    lumbar_min_deg: float | None
    lumbar_sd_deg: float | None
    hip_share: float | None
    eccentric_s: float | None
    pause_s: float | None
    concentric_s: float | None
    top_s: float | None
    peak_hip_velocity_deg_s: float | None
    onset_hip_minus_spine_s: float | None
    onset_sd_s: float | None
    verdict: str
    """good, faulty or cannot_tell."""
    faults: str
    """name:severity, in the order they were found, joined by spaces; '' without any."""
    set_creep_deg_per_rep: float | None
    set_creep_sd_deg_per_rep: float | None
    calibration: str
    """full, partial or minimal."""
    clips: str
    """The clips used, joined by a plus sign."""
    imu_hinge: str
    """The version that judged it."""


REP_COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(RepRow))
"""The columns in the order in which every table has them."""


def rep_rows(summary: Summary) -> list[RepRow]:
    """The reps of all sets, in time. Raises KeyError or TypeError where it is not the summary of an analysis."""
    return [
        _row(summary, number, one, rep) for number, one in enumerate(summary["sets"], start=1) for rep in one["reps"]
    ]


def as_columns(rows: list[RepRow]) -> dict[str, list[Any]]:
    """The table by column."""
    dicts = [asdict(row) for row in rows]
    return {name: [row[name] for row in dicts] for name in REP_COLUMNS}


def _row(summary: Summary, number: int, one: Summary, rep: Summary) -> RepRow:
    creep = one.get("creep") or {}
    return RepRow(
        exercise=str(one["exercise"]),
        load_kg=one.get("load_kg"),
        set_number=number,
        set_start_s=one["start_s"],
        set_end_s=one["end_s"],
        rep_number=rep["index"],
        start_s=rep["start_s"],
        bottom_s=rep["bottom_s"],
        end_s=rep["end_s"],
        hip_flexion_max_deg=rep["hip_flexion_deg"]["max"],
        hip_flexion_sd_deg=rep["hip_flexion_deg"]["sd"],
        lumbar_at_bottom_deg=rep["lumbar_flexion_deg"]["at_bottom"],
        lumbar_max_deg=rep["lumbar_flexion_deg"]["max"],
        lumbar_min_deg=rep["lumbar_flexion_deg"]["min"],
        lumbar_sd_deg=rep["lumbar_flexion_deg"]["sd"],
        hip_share=rep["hip_share"],
        eccentric_s=rep["tempo_s"]["eccentric"],
        pause_s=rep["tempo_s"]["pause"],
        concentric_s=rep["tempo_s"]["concentric"],
        top_s=rep["tempo_s"]["top"],
        peak_hip_velocity_deg_s=rep["peak_hip_velocity_deg_s"],
        onset_hip_minus_spine_s=rep["onset_hip_minus_spine_s"],
        onset_sd_s=rep.get("onset_sd_s"),
        verdict=rep["verdict"],
        faults=" ".join(f"{fault['name']}:{fault['severity']}" for fault in rep["faults"]),
        set_creep_deg_per_rep=one["creep_deg_per_rep"],
        set_creep_sd_deg_per_rep=creep.get("sd_deg_per_rep"),
        calibration=summary["quality"]["calibration"],
        clips="+".join(summary["clips"]),
        imu_hinge=summary["imu_hinge"],
    )
