"""Results and samples as tables whose column names carry the units: Parquet for programs, CSV for spreadsheets."""

from __future__ import annotations

import io
from dataclasses import astuple
from types import MappingProxyType
from typing import Any, Final, get_type_hints

import numpy as np
import polars as pl

from imu_hinge.conventions import CLIPS
from imu_hinge.export.cells import csv_text
from imu_hinge.recording.model import ClipSamples, Recording
from imu_hinge.session.output import angle_columns
from imu_hinge.session.rep_table import REP_COLUMNS, RepRow, as_columns
from imu_hinge.session.results import AngleSeries

__all__ = [
    "REP_SCHEMA",
    "SAMPLE_COLUMNS",
    "angles_table",
    "parquet",
    "reps_csv",
    "reps_table",
    "samples_table",
]

SAMPLE_COLUMNS: Final = (
    "clip",
    "time_s",
    "acc_x_m_s2",
    "acc_y_m_s2",
    "acc_z_m_s2",
    "gyr_x_rad_s",
    "gyr_y_rad_s",
    "gyr_z_rad_s",
)
"""Columns of the table of samples, after ``recording``."""

_TYPES: Final = MappingProxyType({str: pl.String, int: pl.Int64, float: pl.Float64, float | None: pl.Float64})
REP_SCHEMA: Final = MappingProxyType({name: _TYPES[kind]() for name, kind in get_type_hints(RepRow).items()})
"""Type of every column of the table of reps: the same with no reps at all."""


def reps_table(recording: str, rows: list[RepRow]) -> pl.DataFrame:
    """The reps, one a row: ``recording`` and the columns of RepRow; null is what was not measured."""
    return _of(recording, pl.DataFrame(as_columns(rows), schema=dict(REP_SCHEMA)))


def reps_csv(recording: str, rows: list[RepRow]) -> str:
    """The same table as CSV, its text harmless to a spreadsheet."""
    return csv_text(("recording", *REP_COLUMNS), ((recording, *astuple(row)) for row in rows))


def angles_table(recording: str, angles: AngleSeries) -> pl.DataFrame:
    """``recording`` and the columns of angles.csv with the same digits; null where not measurable."""
    return _of(recording, pl.DataFrame(angle_columns(angles)).fill_nan(None))


def samples_table(name: str, recording: Recording) -> pl.DataFrame:
    """Every sample as received, clip by clip and in time (refilled gaps in place): ``recording``, SAMPLE_COLUMNS."""
    empty = pl.DataFrame(schema={"clip": pl.String} | dict.fromkeys(SAMPLE_COLUMNS[1:], pl.Float64))
    clips = [_samples(recording.clips[clip]) for clip in CLIPS if clip in recording.clips]
    return _of(name, pl.concat([empty, *clips]))


def parquet(table: pl.DataFrame) -> bytes:
    """A table as the bytes of a Parquet file, zstd-compressed."""
    out = io.BytesIO()
    table.write_parquet(out, compression="zstd")
    return out.getvalue()


def _samples(clip: ClipSamples) -> pl.DataFrame:
    values: dict[str, Any] = dict(
        zip(
            SAMPLE_COLUMNS[1:],
            np.ascontiguousarray(np.column_stack([clip.time_s, clip.acc_m_s2, clip.gyr_rad_s]).T),
            strict=True,
        )
    )
    return pl.DataFrame(values).select(pl.lit(clip.name).alias("clip"), pl.all())


def _of(recording: str, table: pl.DataFrame) -> pl.DataFrame:
    return table.select(pl.lit(recording).alias("recording"), pl.all())
