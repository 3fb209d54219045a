"""Reading a recording CSV, version 1, in the order its rows arrived."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from imu_hinge.conventions import CLIPS
from imu_hinge.errors import FormatError, visible
from imu_hinge.recording.assemble import assemble
from imu_hinge.recording.header import VERSION_KEY, parse_header, split_header_line
from imu_hinge.recording.model import Arrivals, HeaderNote, Recording
from imu_hinge.recording.rows import COLUMNS, Rows, parse_rows
from imu_hinge.recording.source import LIMIT_BYTES, load

__all__ = ["read_arrivals", "read_recording"]

_BLANK: Final = b" \t\r\n"
_VERSION_LINE: Final = re.compile(rb"^[ \t]*#[ \t]*" + VERSION_KEY.encode() + rb"[ \t]*:", re.MULTILINE)


def read_recording(source: str | Path | BinaryIO, *, limit_bytes: int = LIMIT_BYTES) -> Recording:
    """Read a recording whole, each clip sorted in time: ``assemble(read_arrivals(source))``."""
    return assemble(read_arrivals(source, limit_bytes=limit_bytes))


def read_arrivals(source: str | Path | BinaryIO, *, limit_bytes: int = LIMIT_BYTES) -> Arrivals:
    """Read a path, ``-`` (standard input) or a binary stream, rows in file order.

    Line ends may be LF or CRLF; a byte-order mark and blank lines before the column row and at the end are
    ignored. A last line without a line end is what a crash leaves: it is left out, and ``warnings`` says so.

    Raises RecordingError (cannot be read), FormatError (not a recording, a bad header line) or SampleError (a
    row that cannot be), each with the line where there is one.
    """
    raw = load(source, limit_bytes=limit_bytes)
    data, path = raw.data, raw.path
    end, warnings = _complete_lines(data)
    _refuse_nul(data, end, path)
    notes, body_start, body_line = _read_top(data, end, path)
    body = data[body_start:end].rstrip(_BLANK)
    del data, raw
    notes += _notes_between(body, body_line, path)
    header = parse_header(notes, path=path)
    rows = parse_rows(body, first_line=body_line, path=path)
    if not len(rows.time_s):
        raise FormatError(
            "a header but no samples", path=path, advice="Check that the clips were connected when recording."
        )
    warnings += [
        f"The header names clip '{clip}', but the file has no samples of it."
        for clip in header.sites
        if CLIPS.index(clip) not in rows.clip
    ]
    return _arrivals(source, path, notes, rows, warnings, body_line)


def _arrivals(
    source: str | Path | BinaryIO,
    path: str,
    notes: list[HeaderNote],
    rows: Rows,
    warnings: list[str],
    body_line: int,
) -> Arrivals:
    present = np.unique(rows.clip)
    return Arrivals(
        name="-" if str(source) == "-" else visible(Path(path).name),
        notes=tuple(notes),
        clip_names=tuple(CLIPS[index] for index in present),
        clip_index=np.searchsorted(present, rows.clip).astype(np.int8),
        time_s=rows.time_s,
        acc_m_s2=rows.acc_m_s2,
        gyr_rad_s=rows.gyr_rad_s,
        warnings=tuple(warnings),
        path=path,
        body_line=body_line,
    )


def _complete_lines(data: bytes) -> tuple[int, list[str]]:
    """Where the last complete line ends, and the warning about what stands after it."""
    end = data.rfind(b"\n") + 1
    if not data[end:].strip(_BLANK):
        return end, []
    line = data.count(b"\n") + 1
    what = f"The last line (line {line}) has no line end and was left out"
    return end, [f"{what}; the recording seems to have been cut off."]


def _read_top(data: bytes, end: int, path: str) -> tuple[list[HeaderNote], int, int]:
    """Header lines above the column row, and where (byte, line) the line after it starts."""
    notes: list[HeaderNote] = []
    start, line = 0, 1
    while start < end:
        stop = data.index(b"\n", start, end)
        content = data[start:stop].strip(_BLANK)
        start = stop + 1
        if content.startswith(b"#"):
            try:
                notes.append(_note(content, 0, line, path))
            except FormatError:
                if not _VERSION_LINE.search(data, 0, end):
                    raise _not_a_recording(content.decode("utf-8", errors="replace"), path, line) from None
                raise
        elif content:
            _check_columns(content, notes, line, path)
            return notes, start, line + 1
        line += 1
    parse_header(notes, path=path)
    raise FormatError(
        "a header but no column row and no samples",
        path=path,
        line=line,
        advice=f"After the header a line '{','.join(COLUMNS)}' is expected, then the samples.",
    )


def _check_columns(content: bytes, notes: list[HeaderNote], line: int, path: str) -> None:
    text = content.decode("utf-8", errors="replace")
    found = [name.strip() for name in text.split(",")]
    if found == list(COLUMNS):
        return
    if not any(note.key == VERSION_KEY for note in notes):
        raise _not_a_recording(text, path, line)
    wrong = next((name for name in found if name not in COLUMNS), None)
    missing = next((name for name in COLUMNS if name not in found), None)
    if missing is None and wrong is None:
        what = "the columns stand in another order or twice"
    elif missing is None:
        what = f"column {_short(wrong or '')} is not one of the format"
    else:
        what = f"column {missing} is missing"
    raise FormatError(
        f"{what}: found {_short(text, 160)}, expected '{','.join(COLUMNS)}'",
        path=path,
        line=line,
        advice="Other columns and units are turned into these by 'imu-hinge convert'.",
    )


def _not_a_recording(text: str, path: str, line: int) -> FormatError:
    return FormatError(
        f"not a recording: {_short(text)} stands where '# {VERSION_KEY}: 1' is expected",
        path=path,
        line=line,
        advice="Files of other tools are turned into recordings by 'imu-hinge convert'.",
    )


def _notes_between(body: bytes, body_line: int, path: str) -> list[HeaderNote]:
    """Header lines below the column row; ``row`` counts the samples before each."""
    notes: list[HeaderNote] = []
    counted, lines = 0, 0
    found = body.find(b"#")
    while found >= 0:
        if found == 0 or body[found - 1 : found] == b"\n":
            stop = body.find(b"\n", found)
            stop = len(body) if stop < 0 else stop
            lines += body.count(b"\n", counted, found)
            counted = found
            notes.append(_note(body[found:stop], lines - len(notes), body_line + lines, path))
            found = stop
        found = body.find(b"#", found + 1)
    return notes


def _note(content: bytes, row: int, line: int, path: str) -> HeaderNote:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(
            "the header line is not UTF-8", path=path, line=line, advice="Save the file again as UTF-8."
        ) from error
    key, value = split_header_line(text, path=path, line=line)
    return HeaderNote(row, key, value, line)


def _refuse_nul(data: bytes, end: int, path: str) -> None:
    found = data.find(b"\0", 0, end)
    if found >= 0:
        line = 1 + data.count(b"\n", 0, found)
        raise FormatError(
            "binary data (NUL bytes), as a power failure leaves it",
            path=path,
            line=line,
            advice=f"Keep the lines before it: 'head -n {line - 1} FILE > REPAIRED.csv'.",
        )


def _short(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else f"{text[:most]}...")
