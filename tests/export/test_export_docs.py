"""docs/EXPORTS.md says what the files hold, and no more."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from imu_hinge.cli.export import parse_formats
from imu_hinge.export import FORMATS
from imu_hinge.export.stretches import LEAST_STRETCH_S

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "EXPORTS.md").read_text(encoding="utf-8")
UNITS = {
    "_kg": "kg",
    "_deg": "deg",
    "_deg_s": "deg/s",
    "_deg_per_rep": "deg/rep",
    "_s": "s",
    "_m_s2": "m/s²",
    "_rad_s": "rad/s",
}


def section(name: str) -> str:
    return PAGE.partition(f"## {name}")[2].partition("\n## ")[0]


def documented(name: str) -> dict[str, str]:
    """Columns and units of a section's table."""
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) ?\|", section(name), flags=re.MULTILINE))


def unit_of(column: str) -> str:
    endings = sorted((ending for ending in UNITS if column.endswith(ending)), key=len)
    return UNITS[endings[-1]] if endings else ""


@pytest.mark.parametrize("table", ["reps", "angles", "samples"])
def test_the_columns_are_documented_with_their_units(table: str, export_of: Callable[..., Any]) -> None:
    columns = pl.read_parquet(io.BytesIO(export_of().data(f"{table}.parquet"))).columns
    said = documented(table)
    assert list(said) == [column for column in columns if table != "angles" or column != "recording"]
    assert said == {column: unit_of(column) for column in said}


def test_every_format_and_every_file_is_documented(export_of: Callable[..., Any]) -> None:
    assert set(FORMATS) <= set(re.findall(r"^\| `(\w+)`", PAGE, flags=re.MULTILINE))
    assert parse_formats(["opensim"]) == ("mot", "sto")
    assert parse_formats(["all"]) == FORMATS
    missing = [name for name in export_of().exported.files if f"`{name}`" not in PAGE]
    assert missing == []


def test_the_shortest_stretch_is_documented() -> None:
    assert f"shorter than {LEAST_STRETCH_S:g} s" in PAGE
