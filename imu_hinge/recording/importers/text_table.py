"""A foreign delimited text file: some lines before the column row, then values."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from imu_hinge.errors import ImportRefusedError, SampleError
from imu_hinge.recording.model import FloatArray
from imu_hinge.recording.numbers import is_number
from imu_hinge.recording.source import load

__all__ = ["MISSING", "TextTable", "read_text_table"]

_SEPARATORS: Final = (",", ";", "\t")
_MOST_PREAMBLE_LINES: Final = 100
_FEWEST_COLUMNS: Final = 4
MISSING: Final = ("", "nan", "null", "none", "na", "n/a")
"""How programs write that there is nothing, in lower case."""
_GB18030_DEGREE: Final = "°".encode("gb18030")


@dataclass(frozen=True)
class TextTable:
    """Values as text, by column number; ``columns`` are as written, ``line`` is that of the first row."""

    path: str
    columns: tuple[str, ...]
    frame: pl.DataFrame
    line: int
    decimal_comma: bool = False
    preamble: str = ""

    def texts(self, column: int) -> list[str]:
        """One column as text, spaces around the values dropped, empty where there is nothing."""
        return self._series(column).to_list()

    def text(self, column: int, row: int) -> str:
        """One value as text, as in ``texts``."""
        return str(self.frame.item(row, column) or "").strip()

    def numbers(self, column: int) -> FloatArray:
        """One column as numbers (N,), NaN where one is missing; raises SampleError at what is no number."""
        texts = self._series(column)
        if self.decimal_comma:
            texts = texts.str.replace(",", ".", literal=True)
        texts = texts.set(texts.str.to_lowercase().is_in(MISSING), None)
        values = texts.cast(pl.Float64, strict=False)
        wrong = values.is_null() & texts.is_not_null()
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            raise SampleError(
                f"{texts[row]!r} in column '{self.columns[column]}' is not a number",
                path=self.path,
                line=self.line + row,
                advice="Correct the value, or leave it empty where the sample is missing.",
            )
        return values.fill_null(np.nan).to_numpy().astype(np.float64)

    def blanked(self, rows: NDArray[np.bool_]) -> TextTable:
        """The same table with nothing in ``rows`` (N,); the others stay on their lines."""
        keep = pl.Series(~rows)
        return replace(self, frame=self.frame.select(pl.when(keep).then(pl.all())))

    def _series(self, column: int) -> pl.Series:
        return self.frame.to_series(column).fill_null("").str.strip_chars()


def read_text_table(path: str | Path) -> TextTable:
    """Read a file delimited by comma, semicolon or tab; with the latter two, decimal commas are understood.

    The column row is the first of the leading 100 lines with at least four names, followed by a line of as
    many values; separators at the end of either line do not count. Text that is not UTF-8 is read as what
    Windows programs write. Raises ImportRefusedError where there is none, RecordingError where the file cannot be read.
    """
    raw = load(path)
    data = _as_utf8(raw.data)
    found = _find_column_row(data)
    if found is None:
        raise ImportRefusedError(
            "no column row found: no line with at least four names is followed by one with as many numbers",
            path=raw.path,
            advice="Export a delimited text file (comma, semicolon or tab) with column names.",
        )
    columns, separator, start, line = found
    body = data[start:].rstrip()
    try:
        frame = pl.read_csv(
            body,
            has_header=False,
            separator=separator,
            schema={str(number): pl.String() for number in range(len(columns))},
        )
    except pl.exceptions.PolarsError as error:
        raise ImportRefusedError(
            f"cannot be read as a table of {len(columns)} columns ({str(error).splitlines()[0]})",
            path=raw.path,
            advice="Every line after the column row needs as many values as there are columns.",
        ) from error
    first = body.split(b"\n", 1)[0]
    preamble = data[:start].decode("utf-8", errors="replace")
    return TextTable(raw.path, columns, frame, line, separator != "," and b"," in first, preamble)


def _as_utf8(data: bytes) -> bytes:
    # A file that was cut short may end inside a character.
    whole = data[: data.rfind(b"\n") + 1] or data
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        encoding = "gb18030" if _GB18030_DEGREE in data else "cp1252"
        return data.decode(encoding, errors="replace").encode()
    return data


def _find_column_row(data: bytes) -> tuple[tuple[str, ...], str, int, int] | None:
    """Column names, separator, and where (byte, line) the row after them starts."""
    lines = data[: 1 << 18].split(b"\n")[: _MOST_PREAMBLE_LINES + 1]
    start = 0
    for number, (names_line, values_line) in enumerate(pairwise(lines), start=1):
        start += len(names_line) + 1
        for separator in _SEPARATORS:
            names, values = _split(names_line, separator), _split(values_line, separator)
            shared = min(len(names), len(values))
            if shared < _FEWEST_COLUMNS or any(names[shared:]) or any(values[shared:]):
                continue
            if sum(map(_numeric, names)) == 0 and sum(map(_numeric, values)) >= len(values) / 2:
                return (*names, *values[len(names) :]), separator, start, number + 1
    return None


def _split(line: bytes, separator: str) -> Sequence[str]:
    text = line.decode("utf-8", errors="replace").strip("\r\n")
    try:
        return [field.strip() for field in next(csv.reader([text], delimiter=separator), [])]
    except csv.Error:  # a bare carriage return, a field without end: no column row
        return []


def _numeric(text: str) -> bool:
    return is_number(text.replace(",", "."))
