"""Sample rows from text to arrays: a fast way for good files, a careful one that finds what is wrong.

The fast way (polars) gives up at anything unusual; the careful way (Python) then either reads it or names the
line. On what both read they agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imu_hinge.conventions import CLIPS
from imu_hinge.errors import SampleError
from imu_hinge.recording.model import FloatArray
from imu_hinge.recording.numbers import finite_number, is_number

__all__ = ["COLUMNS", "LARGEST", "Rows", "parse_carefully", "parse_fast", "parse_rows"]

COLUMNS: Final = (
    "time_s",
    "clip",
    "acc_x_m_s2",
    "acc_y_m_s2",
    "acc_z_m_s2",
    "gyr_x_rad_s",
    "gyr_y_rad_s",
    "gyr_z_rad_s",
)
"""The column row of a recording, version 1."""

LARGEST: Final = 1e10
"""No time, acceleration or rate is larger than this, in whatever unit."""

_SCHEMA: Final = {name: pl.String() if name == "clip" else pl.Float64() for name in COLUMNS}
_CLIP_COLUMN: Final = COLUMNS.index("clip")
_NUMBER_COLUMNS: Final = tuple(name for name in COLUMNS if name != "clip")


@dataclass(frozen=True)
class Rows:
    """Sample rows in file order: ``clip`` (N,) int8 indexes ``conventions.CLIPS``; the rest SI, float64."""

    clip: NDArray[np.int8]
    time_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray


def parse_rows(body: bytes, *, first_line: int, path: str | None = None) -> Rows:
    """Read sample rows, skipping header lines between them; ``first_line`` is the first one's line number.

    Raises SampleError naming line, column and text of the first value that cannot be.
    """
    rows = parse_fast(body)
    return parse_carefully(body, first_line=first_line, path=path) if rows is None else rows


def parse_fast(body: bytes) -> Rows | None:
    """Read rows with polars; None where anything at all is unusual."""
    if not body:
        return None
    try:
        frame = pl.read_csv(body, has_header=False, schema=_SCHEMA, comment_prefix="#", quote_char=None)
    except pl.exceptions.PolarsError:
        return None
    if any(frame[name].null_count() for name in COLUMNS):
        return None
    clip = np.full(len(frame), -1, np.int8)
    for index, name in enumerate(CLIPS):
        clip[(frame["clip"] == name).to_numpy()] = index
    time, acc, gyr = _empty(len(frame))
    time[:] = frame["time_s"].to_numpy()
    for axis in range(3):
        acc[:, axis] = frame[_NUMBER_COLUMNS[1 + axis]].to_numpy()
        gyr[:, axis] = frame[_NUMBER_COLUMNS[4 + axis]].to_numpy()
    # A NaN compares false, so this finds what is not finite as well.
    sane = clip.min(initial=0) >= 0 and all((np.abs(v) <= LARGEST).all() for v in (time, acc, gyr))
    return Rows(clip, time, acc, gyr) if sane else None


def parse_carefully(body: bytes, *, first_line: int, path: str | None = None) -> Rows:
    """Read rows one by one; raises SampleError naming line, column and text of the first bad value."""
    numbers: list[list[float]] = []
    clips: list[int] = []
    for line, text in enumerate(_lines(body), start=first_line):
        if not text.startswith("#"):
            clip, values = _read_row(text, line, path)
            clips.append(clip)
            numbers.append(values)
    table = np.array(numbers, dtype=np.float64).reshape(-1, len(_NUMBER_COLUMNS))
    time, acc, gyr = _empty(len(table))
    time[:], acc[:], gyr[:] = table[:, 0], table[:, 1:4], table[:, 4:7]
    return Rows(np.array(clips, dtype=np.int8), time, acc, gyr)


def _empty(count: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    return np.empty(count), np.empty((count, 3)), np.empty((count, 3))


def _lines(body: bytes) -> Iterator[str]:
    start = 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        yield body[start:end].decode("utf-8", errors="replace")
        start = end + 1


def _read_row(text: str, line: int, path: str | None) -> tuple[int, list[float]]:
    fields = [field.strip(" \t\r") for field in text.split(",")]
    if fields == [""]:
        raise SampleError(
            "an empty line between samples",
            path=path,
            line=line,
            advice="Delete the line, or cut the file here.",
        )
    if len(fields) != len(COLUMNS):
        raise SampleError(
            f"{len(fields)} values where {len(COLUMNS)} columns are expected",
            path=path,
            line=line,
            advice="Delete the line, or cut the file here.",
        )
    if fields == list(COLUMNS):
        raise SampleError(
            "the column row stands here a second time",
            path=path,
            line=line,
            advice="These seem to be two recordings in one file; split them.",
        )
    name = fields.pop(_CLIP_COLUMN)
    if name not in CLIPS:
        raise SampleError(
            f"unknown clip {_short(name)} in column clip (known: {', '.join(CLIPS)})",
            path=path,
            line=line,
            advice="Correct the name in every row of that clip.",
        )
    values = []
    for column, field in zip(_NUMBER_COLUMNS, fields, strict=True):
        value = finite_number(field)
        if value is None or abs(value) > LARGEST:
            what = "too large a number" if is_number(field) else "not a number"
            raise SampleError(
                f"{_short(field)} in column {column} is {what}",
                path=path,
                line=line,
                advice="Delete the line: a missing sample is simply absent.",
            )
        values.append(value)
    return CLIPS.index(name), values


def _short(text: str, most: int = 40) -> str:
    return repr(text if len(text) <= most else f"{text[:most]}...")
