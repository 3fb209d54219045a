"""What really happened: bone angles at 50 Hz and every rep, also as ``*.truth.csv`` and ``*.truth.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.athlete import Athlete
from imu_hinge.simulation.courses import STEP_S
from imu_hinge.simulation.measures import true_values
from imu_hinge.simulation.motion import Motion, truth_angles
from imu_hinge.simulation.stage import PlannedRep

__all__ = ["TRUTH_COLUMNS", "Truth", "TruthRep", "truth_files", "truth_of", "truth_paths"]

TRUTH_RATE_HZ: Final = 50.0
TRUTH_COLUMNS: Final = (
    "thigh_pitch_deg",
    "pelvis_pitch_deg",
    "t12_pitch_deg",
    "hip_flexion_deg",
    "lumbar_flexion_deg",
    "knee_flexion_deg",
)


@dataclass(frozen=True)
class TruthRep:
    """One true rep; times s, angles deg. ``bottom`` is the turning point of trunk against thigh, on a chair the
    middle of the stay."""

    kind: str
    start: float
    bottom: float
    end: float
    label: str
    magnitude: float
    lumbar_from_start_deg: float
    lumbar_at_bottom_deg: float
    hip_max_deg: float
    lumbar_max_deg: float
    lumbar_min_deg: float
    true_values: Mapping[str, float] = field(default_factory=dict)
    """Fault name -> what a perfect observer would measure (see ``measures``)."""


@dataclass(frozen=True)
class Truth:
    """Bone angles on a 50 Hz grid (``columns`` by name, (N,) deg), reps, and the spans (s) of the sets."""

    time_s: FloatArray
    columns: Mapping[str, FloatArray]
    reps: tuple[TruthRep, ...]
    spans: tuple[tuple[float, float], ...]
    athlete: Athlete | None
    announced: bool = True


def truth_of(
    motion: Motion, reps: Sequence[PlannedRep], spans: Sequence[tuple[float, float]], announced: bool
) -> Truth:
    """The truth of a motion."""
    angles = truth_angles(motion)
    fine = {
        name: np.rad2deg(values)
        for name, values in zip(
            TRUTH_COLUMNS,
            (
                angles.thigh_pitch,
                angles.pelvis_pitch,
                angles.t12_pitch,
                angles.hip_flexion,
                angles.lumbar_flexion,
                angles.knee_flexion,
            ),
            strict=True,
        )
    }
    every = round(1.0 / (TRUTH_RATE_HZ * STEP_S))
    hip, lumbar = fine["hip_flexion_deg"], fine["lumbar_flexion_deg"]
    bottoms = [_bottom(plan, hip, lumbar) for plan in reps]
    values = true_values(motion, reps, bottoms)
    return Truth(
        time_s=motion.time_s[::every],
        columns={name: values[::every] for name, values in fine.items()},
        reps=tuple(_rep(*each, hip, lumbar) for each in zip(reps, bottoms, values, strict=True)),
        spans=tuple((float(a), float(b)) for a, b in spans),
        athlete=motion.athlete,
        announced=announced,
    )


def _bottom(plan: PlannedRep, hip: FloatArray, lumbar: FloatArray) -> int:
    """Index of the turning point."""
    low, high = (min(round(time_s / STEP_S), len(hip) - 1) for time_s in plan.turn_s)
    high = max(high, low + 1)
    sign = -1.0 if plan.kind == "bridge" else 1.0
    # On a chair the lean before and after folds deepest; the bottom is the seat.
    seated = plan.kind == "sit_to_stand"
    return (low + high) // 2 if seated else low + int(np.argmax(sign * (hip + lumbar)[low:high]))


def _rep(plan: PlannedRep, bottom: int, values: Mapping[str, float], hip: FloatArray, lumbar: FloatArray) -> TruthRep:
    first, last = (min(round(time_s / STEP_S), len(hip) - 1) for time_s in (plan.start_s, plan.end_s))
    return TruthRep(
        kind=plan.kind,
        start=float(plan.start_s),
        bottom=float(bottom * STEP_S),
        end=float(plan.end_s),
        label=plan.label,
        magnitude=float(plan.magnitude),
        lumbar_from_start_deg=float(lumbar[bottom] - lumbar[first]),
        lumbar_at_bottom_deg=float(lumbar[bottom]),
        hip_max_deg=float(hip[first : last + 1].max()),
        lumbar_max_deg=float(lumbar[first : last + 1].max()),
        lumbar_min_deg=float(lumbar[first : last + 1].min()),
        true_values=values,
    )


def truth_paths(recording_path: str | Path) -> tuple[Path, Path]:
    """``X.truth.csv`` and ``X.truth.json``, which belong beside ``X.csv``."""
    base = Path(recording_path).with_suffix("")
    return base.with_name(f"{base.name}.truth.csv"), base.with_name(f"{base.name}.truth.json")


def truth_files(truth: Truth, recording_path: str | Path) -> dict[Path, str]:
    """The texts of ``truth_paths`` by path."""
    table, labels = truth_paths(recording_path)
    lines = [",".join(("time_s", *TRUTH_COLUMNS))]
    rows = np.column_stack([truth.time_s, *(truth.columns[name] for name in TRUTH_COLUMNS)])
    rows = np.round(rows, 3) + 0.0
    lines += [",".join(f"{value:.3f}" for value in row) for row in rows.tolist()]
    content: dict[str, object] = {"reps": [asdict(rep) for rep in truth.reps]}
    if truth.athlete is not None:
        content["athlete"] = asdict(truth.athlete)
    if not truth.announced:
        content["spans"] = [list(span) for span in truth.spans]
    return {table: "\n".join(lines) + "\n", labels: json.dumps(content, indent=1) + "\n"}
