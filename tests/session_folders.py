"""Folders of sessions for tests: one short simulated session is analysed, and its summary varied."""

from __future__ import annotations

import copy
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from imu_hinge.session.analysis import analyze
from imu_hinge.session.output import summary_json
from imu_hinge.simulation import Scenario, simulate_session
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import SetPlan, plan_reps

REFERENCE_DEG = 5.0
_SHORT = Scenario(
    "short",
    "A stand, one reference hinge and three reps.",
    (
        Between("stand", 2.0),
        Between("reference_hinge", count=1),
        Between("stand", 1.0),
        SetPlan("rdl", plan_reps("good", "rounded:28", "good")),
    ),
)


@lru_cache(maxsize=1)
def _template() -> str:
    return summary_json(analyze(simulate_session(_SHORT, 1).recording))


def a_summary(
    beyond_deg: float = 2.0,
    loads: tuple[float | None, ...] = (60.0,),
    exercise: str = "rdl",
    good: int = 6,
    reps: int = 6,
    spread_deg: float = 1.0,
) -> dict[str, Any]:
    """A session of one set a load: ``good`` of ``reps`` good, lumbar flexion that far beyond the reference."""
    made: dict[str, Any] = json.loads(_template())
    one_set = made["sets"][0]
    one_rep = one_set["reps"][0]
    made |= {"reference_lumbar_deg": REFERENCE_DEG, "reference_lumbar_sd_deg": 0.5, "sets": []}
    for number, load_kg in enumerate(loads):
        sort = copy.deepcopy(one_set) | {"exercise": exercise, "load_kg": load_kg, "good_reps": good}
        sort |= {
            "creep_deg_per_rep": 0.2,
            "creep": {"sd_deg_per_rep": 0.2, "added_deg": 1.0, "severity": None},
            "reps": [],
        }
        for i in range(reps):
            rep = copy.deepcopy(one_rep) | {"index": i + 1, "verdict": "good" if i < good else "faulty", "faults": []}
            sway = spread_deg * (-1) ** i
            rep["lumbar_flexion_deg"] |= {"at_bottom": REFERENCE_DEG + beyond_deg + 4.0 * number + sway, "sd": 1.0}
            sort["reps"].append(rep)
        made["sets"].append(sort)
    return made


def name_of(day: float) -> str:
    """The folder of a session that many days after a Monday evening."""
    return time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(1_790_000_000 + 86_400 * day))


def put(home: Path, name: str, summary: dict[str, Any] | str | bytes | None = None) -> Path:
    """A folder of the library with that summary (or bytes)."""
    folder = home / name
    folder.mkdir(parents=True, exist_ok=True)
    content = a_summary() if summary is None else summary
    text = json.dumps(content) if isinstance(content, dict) else content
    (folder / "summary.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def put_course(home: Path, days: int = 8, fall_deg: float = 1.5) -> None:
    """Weekly sessions at 60 and 70 kg: lumbar flexion falls a little every time, good reps become more."""
    for week in range(days):
        beyond = 12.0 - fall_deg * week + 0.3 * (-1) ** week
        put(home, name_of(7 * week), a_summary(beyond, (60.0, 70.0), good=min(6, week)))
