"""The tables of a batch: all reps and all recordings as Parquet, what failed as CSV.

Reps are read back from the results in parts of a thousand recordings, by the workers, and joined as a stream: no
process ever holds them all.
"""

from __future__ import annotations

import json
import secrets
import shutil
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import polars as pl

from imu_hinge.batch.entry import SUMMARY, Entry
from imu_hinge.batch.naming import harmless_cell
from imu_hinge.batch.workers import Lost, Workers
from imu_hinge.errors import OutputError
from imu_hinge.session.output import write_outputs
from imu_hinge.session.rep_table import RepRow, as_columns, rep_rows

__all__ = ["FAILED", "RECORDINGS", "REPS", "write_failed", "write_recordings", "write_reps"]

REPS: Final = "reps.parquet"
RECORDINGS: Final = "recordings.parquet"
FAILED: Final = "failed.csv"
_A_PART: Final = 1000
"""Recordings of which one part of the table is made."""

_TYPES: Final[dict[type, type[pl.DataType]]] = {
    str: pl.String,
    int: pl.Int64,
    float: pl.Float64,
    bool: pl.Boolean,
}


@dataclass(frozen=True)
class _Part:
    """Recordings (id and path) below ``results``, and the file to which the reps of them go."""

    results: str
    recordings: tuple[tuple[str, str], ...]
    file: str


def write_reps(out: Path, entries: Iterable[Entry], workers: Workers) -> int:
    """One row for each rep of the recordings that are done, in their order; the number of rows.

    Raises OutputError; then the table is as it was.
    """
    parts = out / f".{REPS}.{secrets.token_hex(4)}.parts"
    try:
        parts.mkdir()
        files = []
        for part, rows in workers.run(_write_part, _parts(out, entries, parts)):
            if isinstance(rows, Lost):
                raise OutputError(f"{rows.reason} while reps were gathered", path=str(out / REPS), advice="Try again.")
            files.append(part.file)
        empty = parts / "none.parquet"
        pl.DataFrame(schema=_SCHEMA).write_parquet(empty)
        _joined([str(empty), *sorted(files)], out / REPS)
        return int(pl.scan_parquet(out / REPS).select(pl.len()).collect().item())
    except (OSError, pl.exceptions.ComputeError) as error:
        raise _unwritten(out / REPS, error) from error
    finally:
        shutil.rmtree(parts, ignore_errors=True)


def write_recordings(out: Path, entries: Sequence[Entry]) -> None:
    """One row for each recording: what is known of it, and how it went. Raises OutputError."""
    hints = get_type_hints(Entry)
    schema: dict[str, type[pl.DataType]] = {f.name: _column_type(hints[f.name]) for f in fields(Entry)}
    columns = {name: [getattr(entry, name) for entry in entries] for name in schema}
    try:
        _replaced(out / RECORDINGS, pl.DataFrame(columns, schema=schema).write_parquet)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise _unwritten(out / RECORDINGS, error) from error


def write_failed(out: Path, failures: Sequence[tuple[str, str]]) -> None:
    """Path and reason of what failed, without anything a terminal or a spreadsheet would act on. Raises OutputError."""
    cells = [(harmless_cell(path), harmless_cell(reason)) for path, reason in failures]
    table = pl.DataFrame(cells, schema={"path": pl.String, "reason": pl.String}, orient="row")
    write_outputs(out, {FAILED: table.write_csv()})


def _parts(out: Path, entries: Iterable[Entry], folder: Path) -> Iterator[_Part]:
    done = ((entry.recording, entry.path) for entry in entries if entry.status == "done")
    number = 0
    while some := tuple(islice(done, _A_PART)):
        yield _Part(str(out / "recordings"), some, str(folder / f"{number:08d}.parquet"))
        number += 1


def _write_part(part: _Part) -> int:
    """The reps of some recordings as a file; how many."""
    columns: dict[str, list[Any]] = {name: [] for name in _SCHEMA}
    for recording, path in part.recordings:
        file = Path(part.results, recording, SUMMARY)
        try:
            found = as_columns(rep_rows(json.loads(file.read_bytes())))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OutputError(
                "this result cannot be read any more", path=str(file), advice="Delete it and run the batch again."
            ) from error
        count = len(found["exercise"])
        for name, values in {"recording": [recording] * count, "path": [path] * count, **found}.items():
            columns[name] += values
    table = pl.DataFrame(columns, schema=_SCHEMA)
    table.write_parquet(part.file)
    return len(table)


def _joined(files: list[str], path: Path) -> None:
    table = pl.scan_parquet(files)
    _replaced(path, lambda place: table.sink_parquet(place, mkdir=False))


def _replaced(path: Path, write: Callable[[Path], object]) -> None:
    """Let a file be written under a temporary name beside its place, then rename it."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _unwritten(path: Path, error: Exception) -> OutputError:
    said = error.strerror if isinstance(error, OSError) else None
    return OutputError(
        f"cannot be written ({said or error})",
        path=str(path),
        advice="Check the folder, its permissions and the free space; then run the batch again: it goes on.",
    )


def _column_type(hint: Any) -> type[pl.DataType]:
    """The column for values of a type, or of that type and None; a choice of words is text."""
    kinds = [kind for kind in (get_args(hint) if isinstance(hint, types.UnionType) else [hint]) if kind in _TYPES]
    return _TYPES[kinds[0]] if kinds else pl.String


_HINTS: Final = get_type_hints(RepRow)
_SCHEMA: Final[dict[str, type[pl.DataType]]] = {
    "recording": pl.String,
    "path": pl.String,
    **{field.name: _column_type(_HINTS[field.name]) for field in fields(RepRow)},
}
