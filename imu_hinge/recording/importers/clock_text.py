"""Times that apps write as text: dates and times of day, in the spellings that were seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from imu_hinge.errors import SampleError
from imu_hinge.recording.importers.text_table import MISSING, TextTable
from imu_hinge.recording.model import FloatArray

__all__ = ["clock_times"]

_CLOCK: Final = re.compile(
    r"(?:(?:(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})"
    r"|(?P<month2>\d{1,2})/(?P<day2>\d{1,2})/(?P<year2>\d{4}))[T ]\s*)?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:(?P<point>[.,:])(?P<fraction>\d{1,9}))?)?",
    re.ASCII,
)
_DAY_S: Final = 86400
_FIRST_DAY: Final = date(2000, 1, 1).toordinal()  # near the times, so that they keep 0.1 us as floats


@dataclass(frozen=True)
class _Stamp:
    day: int | None
    second: int
    fraction: str
    counts_ms: bool

    def seconds(self, *, padded: bool) -> float:
        whole = (self.day or 0) * _DAY_S + self.second
        if self.counts_ms or (not padded and len(self.fraction) < 3):
            return whole + int(self.fraction or "0") / 1000
        return whole + float(f"0.{self.fraction or '0'}")


def clock_times(table: TextTable, column: int) -> FloatArray:
    """One column of dates and times, or of times of day, as seconds (N,), since 2000 where
    there are dates, NaN where it is empty.

    Understood are ``2025-10-09T08:18:09.094``, ``2025-10-9 8:18:9:94`` (milliseconds after a colon),
    ``10/9/2025 8:18:09.094``, and each without its date; times of day go on past midnight. Some programs write
    milliseconds without leading zeros, ``.94`` for 94 ms: of the two readings the one that steps back less
    often is taken. Raises SampleError naming the line of a text that is no time.
    """
    texts = ["" if text.lower() in MISSING else text for text in table.texts(column)]
    first_row: dict[str, int] = {}
    for row, text in enumerate(texts):
        first_row.setdefault(text, row)
    stamps = {text: _stamp(table, column, row) for text, row in first_row.items() if text}
    _check_dates(table, column, stamps, first_row)
    padded, unpadded = (
        np.array([stamps[text].seconds(padded=padded) if text else np.nan for text in texts], dtype=np.float64)
        for padded in (True, False)
    )
    time = unpadded if _steps_back(unpadded) < _steps_back(padded) else padded
    if all(stamp.day is None for stamp in stamps.values()):
        known = np.isfinite(time)
        time[known] = np.unwrap(time[known], period=_DAY_S)
    return time


def _stamp(table: TextTable, column: int, row: int) -> _Stamp:
    match = _CLOCK.fullmatch(table.text(column, row))
    if match is None:
        raise _no_time(table, column, row)
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 60:
        raise _no_time(table, column, row)
    year, month, day = (match[part] or match[f"{part}2"] for part in ("year", "month", "day"))
    ordinal = None
    if year is not None:
        if int(month) > 12:  # 23/10/2025: the day first
            month, day = day, month
        try:
            ordinal = date(int(year), int(month), int(day)).toordinal() - _FIRST_DAY
        except ValueError as error:
            raise _no_time(table, column, row) from error
    return _Stamp(ordinal, hour * 3600 + minute * 60 + second, match["fraction"] or "", match["point"] == ":")


def _check_dates(table: TextTable, column: int, stamps: dict[str, _Stamp], first_row: dict[str, int]) -> None:
    dated = {text: stamp.day is not None for text, stamp in stamps.items()}
    if len(set(dated.values())) == 2:
        few = sorted(stamps, key=lambda text: (dated[text] == (sum(dated.values()) * 2 > len(dated)), first_row[text]))
        raise _no_time(table, column, first_row[few[0]], what="does not say its date as the others do")


def _steps_back(time: FloatArray) -> int:
    return int((np.diff(time[np.isfinite(time)]) < 0).sum())


def _no_time(table: TextTable, column: int, row: int, *, what: str = "is not a time") -> SampleError:
    return SampleError(
        f"{table.text(column, row)!r} in column '{table.columns[column]}' {what}",
        path=table.path,
        line=table.line + row,
        advice="Give the file as the app wrote it (spreadsheets rewrite times), or delete the line.",
    )
