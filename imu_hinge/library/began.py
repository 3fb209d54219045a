"""When a session began, and how that is known."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from imu_hinge.errors import LibraryError
from imu_hinge.library.folders import RECORDING, SUMMARY

__all__ = ["FILE_TIME", "FOLDER_NAME", "HEADER", "SAID", "Began", "began_of", "header_utc_s", "parse_day"]

HEADER: Final = "the recording's header"
FOLDER_NAME: Final = "the folder's name"
FILE_TIME: Final = "the time of the file"
SAID: Final = "what you said"

_HEAD_BYTES: Final = 65_536
_UTC: Final = re.compile(rb"^#[ \t]*live\.utc_s[ \t]*:[ \t]*([0-9.]+)[ \t]*\r?$", re.MULTILINE)
_NAME: Final = re.compile(r"(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)(_\d+)?", re.ASCII)
_LATEST_S: Final = 4_102_444_800.0
"""The year 2100."""


@dataclass(frozen=True)
class Began:
    """Seconds since 1970 (UTC), and where that is from: one of the phrases of this module."""

    utc_s: float
    known_from: str


def began_of(folder: Path) -> Began:
    """When the session of a folder began: by the recording's header (live.utc_s), else the folder's name (local time),
    else when the recording, or without one the summary, was last written. Raises OSError without either."""
    recording = folder / RECORDING
    written = recording if recording.is_file() else folder / SUMMARY
    if written == recording and (utc_s := header_utc_s(recording)) is not None:
        return Began(utc_s, HEADER)
    if (named := _NAME.fullmatch(folder.name)) is not None:
        try:
            return Began(time.mktime(time.strptime(named[1], "%Y-%m-%d_%H-%M-%S")), FOLDER_NAME)
        except (ValueError, OverflowError):
            pass  # 2026-13-45 looks like a day and is none: the file's time is next
    return Began(written.stat().st_mtime, FILE_TIME)


def header_utc_s(recording: Path) -> float | None:
    """``live.utc_s`` of a recording, s since 1970; None where its first lines do not say. Raises OSError."""
    with recording.open("rb") as file:
        found = _UTC.search(file.read(_HEAD_BYTES))
    if found is None:
        return None
    try:
        value = float(found[1])
    except ValueError:
        return None
    return value if math.isfinite(value) and 0.0 < value < _LATEST_S else None


def parse_day(text: str, what: str) -> float:
    """s since 1970 of a day or a minute in local time: 2026-10-05, or 2026-10-05 18:30. Raises LibraryError."""
    try:
        utc_s = datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        utc_s = math.nan
    if not 0.0 < utc_s < _LATEST_S:
        raise LibraryError(
            f"{text!r} is no day", where=what, advice="Write it as 2026-10-05, or as '2026-10-05 18:30'."
        )
    return utc_s
