"""Every format says the numbers that summary.json and angles.csv say."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
import pytest
from export.opensim_tables import read_table

from imu_hinge.conventions import CLIPS
from imu_hinge.export.tables import REP_SCHEMA, SAMPLE_COLUMNS, parquet, reps_csv, reps_table
from imu_hinge.session.output import angles_csv, summary_json
from imu_hinge.session.rep_table import REP_COLUMNS, rep_rows

Made = Any
ExportOf = Callable[..., Made]
TWO = ("thigh", "back")


def strictly(text: str) -> Any:
    """JSON as RFC 8259 has it."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(params=[None, TWO], ids=["three clips", "two clips"])
def made(request: pytest.FixtureRequest, export_of: ExportOf) -> Made:
    return export_of(request.param)


def test_reps_are_the_rows_of_the_summary(made: Made) -> None:
    rows = [asdict(row) for row in rep_rows(json.loads(summary_json(made.result)))]
    table = pl.read_parquet(io.BytesIO(made.data("reps.parquet")))
    assert table.columns == ["recording", *REP_COLUMNS]
    assert table.drop("recording").rows(named=True) == rows
    assert table["recording"].unique().to_list() == ["demo.csv"]
    read = list(csv.DictReader(io.StringIO(made.text("reps.csv"), newline=""), strict=True))
    assert len(read) == len(rows) == 6
    for cells, row in zip(read, rows, strict=True):
        assert cells.pop("recording") == "demo.csv"
        for name, value in row.items():
            assert (
                (cells[name] == value)
                if isinstance(value, str)
                else (float(cells[name] or "nan") == value or (value is None and cells[name] == ""))
            ), name


def test_angles_are_those_of_angles_csv_in_parquet_and_json(made: Made) -> None:
    assert made.text("angles.csv") == angles_csv(made.result.angles)
    expected = pl.read_csv(io.StringIO(made.text("angles.csv")), infer_schema_length=None)
    table = pl.read_parquet(io.BytesIO(made.data("angles.parquet"))).drop("recording")
    assert table.columns == expected.columns
    angles = strictly(made.text("session.json"))["angles"]
    assert list(angles) == expected.columns
    for name in expected.columns:
        wanted = expected[name].cast(pl.Float64).to_list()
        assert table[name].to_list() == wanted, name
        assert angles[name] == wanted, name


def test_json_holds_the_whole_summary(made: Made) -> None:
    document = strictly(made.text("session.json"))
    assert document["summary"] == json.loads(summary_json(made.result))
    assert document["recording"] == "demo.csv"
    assert [one["kind"] for one in document["segments"]] == [one.kind for one in made.result.segments]


def test_samples_are_as_received(made: Made) -> None:
    table = pl.read_parquet(io.BytesIO(made.data("samples.parquet")))
    assert table.columns == ["recording", *SAMPLE_COLUMNS]
    assert table["clip"].unique(maintain_order=True).to_list() == list(CLIPS)
    for name, clip in made.recording.clips.items():
        part = table.filter(pl.col("clip") == name).select(SAMPLE_COLUMNS[1:]).to_numpy()
        np.testing.assert_array_equal(part, np.column_stack([clip.time_s, clip.acc_m_s2, clip.gyr_rad_s]))


def test_motion_files_hold_the_angles_in_opensims_signs(made: Made) -> None:
    angles = pl.read_csv(io.StringIO(made.text("angles.csv")), infer_schema_length=None)
    at = {time: i for i, time in enumerate(angles["time_s"].to_list())}
    files = [name for name in made.exported.files if name.endswith(".mot")]
    assert files
    for name in files:
        table = read_table(made.text(name))
        assert table.columns == ["pelvis_tilt", "hip_flexion_r", "lumbar_extension"]
        rows = [at[round(float(t), 4)] for t in table.time_s]
        np.testing.assert_allclose(np.diff(table.time_s), 0.01, atol=1e-6)
        hip, lumbar = (angles[column].to_numpy()[rows] for column in ("hip_flexion_deg", "lumbar_flexion_deg"))
        np.testing.assert_allclose(table.column("hip_flexion_r"), hip, atol=6e-4)
        np.testing.assert_allclose(table.column("lumbar_extension"), -lumbar, atol=6e-4)
        if "pelvis" in made.result.clips:
            pelvis = angles["pelvis_pitch_deg"].to_numpy()[rows]
        else:
            pelvis = angles["thigh_pitch_deg"].to_numpy()[rows] + hip
        np.testing.assert_allclose(table.column("pelvis_tilt"), -pelvis, atol=2e-3)


def test_a_table_without_reps_keeps_its_columns_and_their_types() -> None:
    table = pl.read_parquet(io.BytesIO(parquet(reps_table("x", []))))
    assert dict(table.drop("recording").schema) == dict(REP_SCHEMA)
    assert reps_csv("x", []).splitlines() == [",".join(("recording", *REP_COLUMNS))]
