"""A recording as lines of text: the one place that says how numbers and header lines are written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from imu_hinge.conventions import CLIPS
from imu_hinge.errors import FormatError, SampleError
from imu_hinge.recording.model import Event, FloatArray, Segment
from imu_hinge.recording.rows import COLUMNS, LARGEST

__all__ = ["COLUMN_LINE", "event_value", "header_line", "numbered", "row_lines", "segment_value", "segment_words"]

COLUMN_LINE: Final = ",".join(COLUMNS) + "\n"
_ROW: Final = "%.6f,%s,%.5f,%.5f,%.5f,%.6f,%.6f,%.6f\n"
_CHUNK: Final = 8192
_AROUND: Final = " \t"


def header_line(key: str, value: str) -> str:
    """One header line; spaces and tabs around ``value`` are dropped, as the reader does.

    Raises FormatError where key or value cannot stand in one line: control characters (so that a value cannot
    add lines), text that is not Unicode, an empty key, a colon in the key, or spaces around it.
    """
    if not key or key != key.strip() or ":" in key or not _printable(key):
        raise FormatError(f"{key!r} cannot be a header key", advice="Use words without ':' and without line breaks.")
    if not _printable(value):
        raise FormatError(
            f"the value of header key '{key}' holds line breaks or control characters: {value!r}",
            advice="Write it in one line of plain text.",
        )
    return f"# {key}: {value.strip(_AROUND)}".rstrip(" ") + "\n"


def segment_value(segment: Segment) -> str:
    """What stands after ``# segment.N:``; times in s, to the microsecond."""
    return f"{_seconds(segment.start_s)} {_seconds(segment.end_s)} {segment_words(segment)}"


def segment_words(segment: Segment) -> str:
    """A segment without its times: kind, exercise, load and the rest."""
    words = [segment.kind]
    if segment.exercise is not None:
        words.append(f"exercise={segment.exercise}")
    if segment.load_kg is not None:
        words.append(f"load_kg={segment.load_kg:.6g}")
    words += [f"{key}={value}" for key, value in segment.extra.items()]
    return " ".join(words)


def event_value(event: Event) -> str:
    """What stands after ``# event.N:``; time in s, to the microsecond."""
    return f"{_seconds(event.time_s)} {event.text}"


def row_lines(clips: Iterable[str], time_s: FloatArray, acc_m_s2: FloatArray, gyr_rad_s: FloatArray) -> Iterator[str]:
    """Sample rows as text, some thousand a piece: time to 1 us, acc to 1e-5 m/s2, gyr to 1e-6 rad/s.

    ``clips`` names the clip of each row; ``time_s`` (N,), ``acc_m_s2`` (N, 3), ``gyr_rad_s`` (N, 3). Raises
    SampleError at an unknown clip or a number that is not finite: the reader would refuse the file.
    """
    names = list(clips)
    for name in set(names):
        if name not in CLIPS:
            raise SampleError(f"unknown clip '{name}'", advice=f"Clips are called {', '.join(CLIPS)}.")
    for what, values in (("time", time_s), ("acceleration", acc_m_s2), ("angular rate", gyr_rad_s)):
        if not (np.abs(values) <= LARGEST).all():  # false for NaN, too
            raise SampleError(
                f"{what} is not a finite number up to {LARGEST:g}",
                advice="Leave out samples that are missing.",
            )
    for start in range(0, len(names), _CHUNK):
        part = slice(start, start + _CHUNK)
        table = zip(time_s[part].tolist(), names[part], acc_m_s2[part].tolist(), gyr_rad_s[part].tolist(), strict=True)
        yield "".join([_ROW % (time, name, *acc, *gyr) for time, name, acc, gyr in table])


def numbered(kind: str, values: Iterable[str], *, first: int = 0) -> Mapping[str, str]:
    """Keys ``kind.first``, ``kind.first+1``, ... with their values."""
    return {f"{kind}.{index}": value for index, value in enumerate(values, start=first)}


def _seconds(time: float) -> str:
    text = f"{time:.6f}".rstrip("0")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<2}"


def _printable(text: str) -> bool:
    return not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char != "\t" for char in text)
