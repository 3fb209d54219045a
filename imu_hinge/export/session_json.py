"""A whole result as one JSON document."""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from imu_hinge.session.output import angle_columns, summary
from imu_hinge.session.results import SessionResult

__all__ = ["SESSION_JSON_VERSION", "session_json"]

SESSION_JSON_VERSION: Final = 1


def session_json(name: str, result: SessionResult) -> str:
    """Summary, angles by column and the announced segments as strictly valid JSON: null is what was not measured.

    Source: RFC 8259, which knows no NaN.
    """
    table = pl.DataFrame(angle_columns(result.angles)).fill_nan(None)
    document = {
        "imu_hinge_session": SESSION_JSON_VERSION,
        "recording": name,
        "summary": summary(result),
        "segments": [
            {
                "start_s": segment.start_s,
                "end_s": segment.end_s,
                "kind": segment.kind,
                "exercise": segment.exercise,
                "load_kg": segment.load_kg,
            }
            for segment in result.segments
        ],
        "angles": {column: table.get_column(column).to_list() for column in table.columns},
    }
    return json.dumps(document, allow_nan=False) + "\n"
