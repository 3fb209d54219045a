"""One row a rep: what library, exports and batches share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from imu_hinge.session.output import summary_json
from imu_hinge.session.rep_table import REP_COLUMNS, as_columns, rep_rows
from imu_hinge.session.results import SessionResult

Analysed = Callable[..., SessionResult]


def summary_of(result: SessionResult) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(summary_json(result))
    return found


def test_every_rep_of_every_set_is_a_row_that_says_what_the_summary_says(result_of: Analysed) -> None:
    summary = summary_of(result_of("rdl_rounding", 1, ("thigh", "back")))
    rows = rep_rows(summary)
    reps = [(one, rep) for one in summary["sets"] for rep in one["reps"]]
    assert len(rows) == len(reps) > 0
    for row, (one, rep) in zip(rows, reps, strict=True):
        assert row.exercise == one["exercise"]
        assert (row.rep_number, row.verdict) == (rep["index"], rep["verdict"])
        assert row.lumbar_at_bottom_deg == rep["lumbar_flexion_deg"]["at_bottom"]
        assert row.faults.split() == [f"{fault['name']}:{fault['severity']}" for fault in rep["faults"]]
    assert any(row.faults for row in rows)
    columns = as_columns(rows)
    assert tuple(columns) == REP_COLUMNS
    assert {len(values) for values in columns.values()} == {len(rows)}


def test_no_rep_is_no_row(result_of: Analysed) -> None:
    summary = summary_of(result_of("rdl_rounding", 1, ("thigh", "back"))) | {"sets": []}
    assert rep_rows(summary) == []
    assert set(map(len, as_columns([]).values())) == {0}
