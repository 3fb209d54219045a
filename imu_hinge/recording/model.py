"""What a recording is: samples of two or three clips, a header, and what happened when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arrivals", "ClipSamples", "Event", "FloatArray", "HeaderNote", "Recording", "Segment"]

FloatArray: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """A stretch of the recording with a meaning, s; ``kind`` is one of ``conventions.SEGMENT_KINDS``."""

    start_s: float
    end_s: float
    kind: str
    exercise: str | None = None
    load_kg: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """Something noted at an instant (s), as the header wrote it."""

    time_s: float
    text: str


@dataclass(frozen=True)
class HeaderNote:
    """One header line, how many samples came before it (0: at the top), and its line in the file (from 1)."""

    row: int
    key: str
    value: str
    line: int | None = None


@dataclass(frozen=True)
class Arrivals:
    """Rows in the order they arrived, as replay feeds them.

    ``clip_names`` lists the clips; ``clip_index`` (N,) int8 points into it. ``time_s`` (N,), ``acc_m_s2`` (N,
    3) and ``gyr_rad_s`` (N, 3) are float64 and C-contiguous. ``notes`` holds every header line in file order.
    ``warnings`` are sentences about what the reader tolerated. ``name`` is the file's name as results may show it (what
    cannot be seen in it is an escape), ``path`` the file as the user named it and ``body_line`` the line (from 1) after
    its column row, both for messages and None where there was no file.
    """

    name: str
    notes: tuple[HeaderNote, ...]
    clip_names: tuple[str, ...]
    clip_index: NDArray[np.int8]
    time_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray
    warnings: tuple[str, ...] = ()
    path: str | None = None
    body_line: int | None = None

    @property
    def header(self) -> dict[str, str]:
        """Header keys and values; a key written twice keeps its last value."""
        return {note.key: note.value for note in self.notes}

    def line_of(self, row: int) -> int | None:
        """The line of the file (from 1) that holds sample ``row`` (from 0); None where there was no file."""
        if self.body_line is None:
            return None
        between = sum(note.line is not None and note.line >= self.body_line and note.row <= row for note in self.notes)
        return self.body_line + between + row


@dataclass(frozen=True)
class ClipSamples:
    """One clip's samples in ascending time: ``time_s`` (N,), ``acc_m_s2`` (N, 3), ``gyr_rad_s`` (N, 3)."""

    name: str
    site: str
    time_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray
    side: str | None = None
    serial: str | None = None

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def rate_hz(self) -> float:
        """Median sampling rate, Hz; NaN with fewer than two samples."""
        return float(1.0 / np.median(np.diff(self.time_s))) if len(self.time_s) > 1 else float("nan")


@dataclass(frozen=True)
class Recording:
    """A whole recording, each clip sorted in time (refilled gaps in place)."""

    name: str
    header: Mapping[str, str]
    clips: Mapping[str, ClipSamples]
    segments: tuple[Segment, ...] = ()
    events: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def start_s(self) -> float:
        """Time of the first sample of any clip, s."""
        return min(float(c.time_s[0]) for c in self.clips.values())

    @property
    def end_s(self) -> float:
        """Time of the last sample of any clip, s."""
        return max(float(c.time_s[-1]) for c in self.clips.values())

    def segments_of(self, *kinds: str) -> tuple[Segment, ...]:
        """The segments of the given kinds, in time order."""
        return tuple(sorted((s for s in self.segments if s.kind in kinds), key=lambda s: s.start_s))

    def number(self, key: str) -> float | None:
        """A header value as a finite number, or None where it is absent or is not one.

        The first word counts; the format allows a remark after the number.
        """
        try:
            value = float(self.header[key].split()[0])
        except (KeyError, IndexError, ValueError):
            return None
        return value if np.isfinite(value) else None
