"""Generic delimited text, wide (one column set per clip) or long (a column names the clip of each row)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from imu_hinge.conventions import CLIPS
from imu_hinge.errors import ImportRefusedError
from imu_hinge.recording.importers.columns import (
    CHANNELS,
    Column,
    clip_columns,
    complete_groups,
    describe,
    time_columns,
)
from imu_hinge.recording.importers.pairs import read_sensor
from imu_hinge.recording.importers.streams import foreign_clip, left_out_warning
from imu_hinge.recording.importers.text_table import TextTable, read_text_table
from imu_hinge.recording.importers.units import FACTORS, Quantity
from imu_hinge.recording.importers.witmotion import import_witmotion, is_witmotion
from imu_hinge.recording.importers.xsens_dot import (
    DOT_TIME,
    DOT_UNITS,
    is_xsens_dot,
    refuse_without_rates,
    unwrapped,
)
from imu_hinge.recording.model import ClipSamples, FloatArray

__all__ = ["TableOptions", "import_table"]

_TARGETS: Final = ("time", "clip", *(f"{quantity}_{axis}" for quantity, axis in CHANNELS))

Group = dict[tuple[Quantity, str], Column]


@dataclass(frozen=True)
class TableOptions:
    """What the user knows about the columns; what is left out is told from their names, or refused.

    ``columns`` maps ``time``, ``clip``, ``acc_x`` ... ``gyr_z`` (with ``<clip>.`` in front in wide files of
    several clips) to column names. Units are those of ``units.FACTORS``; ``layout`` is wide or long.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[Quantity, str] = field(default_factory=dict)
    layout: str | None = None


def import_table(
    path: Path, labels: Mapping[str, str | None], options: TableOptions
) -> tuple[list[ClipSamples], list[str]]:
    """Clips of one text file, and warnings.

    ``labels`` maps clip names to what the file calls them: the value in the clip column (long), or the words
    in the names of the clip's columns (wide); None where the file holds that clip alone. Empty: the file's
    own labels are clip names. Rows with an empty value are left out and counted in the warnings. Recordings of
    WitMotion sensors and exports of Xsens DOTs are known by their columns. Raises ImportRefusedError listing the
    columns where these cannot be told, SampleError at a value that is no number.
    """
    table = read_text_table(path)
    if is_witmotion(table):
        return import_witmotion(table, labels)
    columns = [describe(index, name) for index, name in enumerate(table.columns)]
    dot = is_xsens_dot(table) and not options.columns
    if dot:
        refuse_without_rates(table)
        options = replace(options, units={**DOT_UNITS, **options.units})
    _check_targets(table, options)
    time = _time(table, columns, options)
    marks = [_mapped(table, columns, "clip", options)] if "clip" in options.columns else clip_columns(columns)
    long = options.layout == "long" or (options.layout is None and bool(marks))
    if long and len(marks) != 1:
        raise _unsure(table, "no column, or more than one, says which clip a row belongs to", "--map clip=COLUMN")
    groups = _mapped_groups(table, columns, options) or complete_groups(columns)
    _refuse_without_gyroscope(table, groups)
    groups = {label: group for label, group in groups.items() if len(group) == len(CHANNELS)}
    if not groups:
        raise _unsure(table, "no complete set of acceleration and angular rate", "--map acc_x=COLUMN")
    picked = _pick_long(table, groups, labels, marks[0]) if long else _pick_wide(table, groups, labels)
    clips, warnings = [], []
    for name, (group, rows) in picked.items():
        acc, gyr = (_vectors(table, group, quantity, options) for quantity in ("acc", "gyr"))
        if dot and not acc[0].any() and not gyr[0].any():  # a recording's first packet comes before its first sample
            acc[0] = np.nan
        if rows is not None:  # other clips' rows count as missing, so that lines stay those of the file
            time_of_clip = np.where(rows, time, np.nan)
            others = int((~rows).sum())
        else:
            time_of_clip, others = time, 0
        clip, missing = foreign_clip(name, time_of_clip, acc, gyr, path=table.path, line=table.line)
        clips.append(clip)
        if missing > others:
            warnings.append(left_out_warning(missing - others, name))
    return clips, warnings


def _pick_wide(
    table: TextTable, groups: Mapping[str, Group], labels: Mapping[str, str | None]
) -> dict[str, tuple[Group, np.ndarray | None]]:
    wanted = dict(labels) or {name: name for name in CLIPS if name in groups}
    picked: dict[str, tuple[Group, np.ndarray | None]] = {}
    for name, label in wanted.items():
        key = next(iter(groups)) if label is None and len(groups) == 1 else (label or name).lower()
        if key not in groups:
            raise _unsure(table, f"no columns for clip '{name}' (sets found: {_listed(groups)})", f"--clip {name}=SET")
        picked[name] = groups[key], None
    if not picked:
        raise _unsure(table, f"no column names say which clip this is (sets found: {_listed(groups)})", "--clip")
    return picked


def _pick_long(
    table: TextTable, groups: Mapping[str, Group], labels: Mapping[str, str | None], mark: Column
) -> dict[str, tuple[Group, np.ndarray | None]]:
    if len(groups) != 1:
        raise _unsure(table, f"several sets of columns in a long file ({_listed(groups)})", "--map acc_x=COLUMN")
    group = next(iter(groups.values()))
    values = np.array(table.texts(mark.index), dtype=object)
    found = dict.fromkeys(values.tolist())
    wanted = dict(labels) or {name: name for name in CLIPS if name in found}
    picked: dict[str, tuple[Group, np.ndarray | None]] = {}
    for name, label in wanted.items():
        rows = values == (label or name)
        if not rows.any():
            listed = ", ".join(map(repr, list(found)[:12]))
            raise _unsure(
                table,
                f"column '{mark.name}' never says {label or name!r} but {listed}",
                f"--clip {name}=VALUE",
            )
        picked[name] = group, rows
    if not picked:
        listed = ", ".join(map(repr, list(found)[:12]))
        raise _unsure(table, f"column '{mark.name}' holds no clip name but {listed}", "--clip thigh=VALUE")
    return picked


def _time(table: TextTable, columns: list[Column], options: TableOptions) -> FloatArray:
    if "time" in options.columns:
        column = _mapped(table, columns, "time", options)
        column = replace(column, quantity="time")
    else:
        candidates = time_columns(columns)
        if not candidates:
            raise _unsure(table, "no column of time", "--map time=COLUMN")
        column = candidates[0]
        if column.unit is None and len(candidates) > 1 and "time" not in options.units:
            raise _unsure(table, "several columns may be the time", "--map time=COLUMN")
    ticks = table.numbers(column.index)
    if column.name == DOT_TIME and is_xsens_dot(table):
        ticks = unwrapped(ticks)
    return ticks * _factor(table, column, "time", options)


def _vectors(table: TextTable, group: Group, quantity: Quantity, options: TableOptions) -> FloatArray:
    chosen = [group[quantity, axis] for axis in "xyz"]
    return np.stack(
        [table.numbers(column.index) * _factor(table, column, quantity, options) for column in chosen], axis=1
    )


def _factor(table: TextTable, column: Column, quantity: Quantity, options: TableOptions) -> float:
    unit = options.units.get(quantity) or column.unit
    if unit is None:
        choices = "|".join(FACTORS[quantity])
        raise _unsure(table, f"column '{column.name}' does not say its unit", f"--{quantity}-unit {choices}")
    return FACTORS[quantity][unit]


def _check_targets(table: TextTable, options: TableOptions) -> None:
    for target, name in options.columns.items():
        if target.rpartition(".")[2] not in _TARGETS:
            raise ImportRefusedError(
                f"--map does not know '{target}'",
                path=table.path,
                advice=f"It maps {', '.join(_TARGETS)}, with 'thigh.' or the like in front in wide files.",
            )
        if name not in table.columns:
            raise _unsure(table, f"no column is called '{name}'", f"--map {target}=COLUMN")


def _mapped(table: TextTable, columns: list[Column], target: str, options: TableOptions) -> Column:
    return columns[table.columns.index(options.columns[target])]


def _mapped_groups(table: TextTable, columns: list[Column], options: TableOptions) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for target in options.columns:
        label, _, channel = target.rpartition(".")
        for quantity, axis in CHANNELS:
            if channel == f"{quantity}_{axis}":
                column = _mapped(table, columns, target, options)
                unit = column.unit if column.quantity == quantity else None
                groups.setdefault(label, {})[quantity, axis] = replace(column, quantity=quantity, unit=unit)
    return groups


def _refuse_without_gyroscope(table: TextTable, groups: Mapping[str, Group]) -> None:
    if any(quantity == "gyr" for group in groups.values() for quantity, _ in group):
        return
    if read_sensor(table) is not None:
        raise ImportRefusedError(
            "it is the file of one sensor of a clip that has a file for each",
            path=table.path,
            advice="Name both: --clip thigh=ACC.csv,GYR.csv.",
        )
    raise ImportRefusedError(
        f"it has no gyroscope, which the hip angle needs (columns: {', '.join(table.columns)})",
        path=table.path,
        advice="Export raw acceleration and angular velocity instead.",
    )


def _unsure(table: TextTable, what: str, option: str) -> ImportRefusedError:
    return ImportRefusedError(
        f"{what} (columns found: {', '.join(table.columns)})",
        path=table.path,
        advice=f"Say it with {option}.",
    )


def _listed(groups: Mapping[str, Group]) -> str:
    return ", ".join(repr(label) for label in groups)
