"""What header lines say: version, clips, segments, events and body measures, each checked where read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from imu_hinge.conventions import CLIPS, RECORDING_VERSION, SITES
from imu_hinge.errors import FormatError
from imu_hinge.recording.model import Event, HeaderNote, Segment
from imu_hinge.recording.numbers import finite_number
from imu_hinge.recording.segment_text import SEGMENT_ADVICE, segment_of, short

__all__ = ["VERSION_KEY", "Header", "parse_event", "parse_header", "parse_segment", "split_header_line"]

VERSION_KEY: Final = "imu-hinge-recording"
_SEGMENT_KEY: Final = re.compile(r"segment\.(.*)", re.DOTALL)
_EVENT_KEY: Final = re.compile(r"event\.(.*)", re.DOTALL)
_SIDES: Final = ("left", "right")
_UPPER_BOUNDS: Final[Mapping[str, tuple[float, str]]] = {
    "athlete.height_m": (3.0, "metres"),
    "athlete.mass_kg": (500.0, "kilograms"),
}
_LONGEST_MEASURE_M: Final = 3.0
_FASTEST_HZ: Final = 100_000.0


@dataclass(frozen=True)
class Header:
    """A header, checked and read.

    ``values`` holds every key but segments and events, as written; ``sites`` and ``sides`` only the clips
    that the header names. ``segments`` ascend in start time, ``events`` in time.
    """

    values: Mapping[str, str]
    sites: Mapping[str, str]
    sides: Mapping[str, str]
    segments: tuple[Segment, ...]
    events: tuple[Event, ...]

    def site_of(self, clip: str) -> str:
        """Where a clip sits; the default of ``conventions.SITES`` where the header does not say."""
        return self.sites.get(clip, SITES[clip][0])


def split_header_line(text: str, *, path: str | None = None, line: int | None = None) -> tuple[str, str]:
    """Key and value of a line that starts with ``#``; spaces and tabs around both are dropped.

    Raises FormatError where there is no colon or no key.
    """
    key, colon, value = text.removeprefix("#").partition(":")
    key = key.strip(" \t")
    if not colon or not key:
        raise FormatError(
            f"the header line {short(text)} has no 'key: value'",
            path=path,
            line=line,
            advice="Header lines look like '# athlete.height_m: 1.78'; give a remark a key, '# note: ...'.",
        )
    return key, value.strip(" \t\r")


def parse_header(notes: Iterable[HeaderNote], *, path: str | None = None) -> Header:
    """Check and read header lines; raises FormatError naming ``path`` and the line of what is wrong.

    A key may be repeated with the same value, not with another one. The version line may stand anywhere.
    """
    notes = tuple(notes)
    seen = _without_contradictions(notes, path)
    _check_version(seen, path)
    values: dict[str, str] = {}
    sites: dict[str, str] = {}
    sides: dict[str, str] = {}
    segments: list[Segment] = []
    events: list[Event] = []
    for note in seen.values():
        if match := _SEGMENT_KEY.fullmatch(note.key):
            _check_index(match[1], note, path)
            segments.append(parse_segment(note.value, path=path, line=note.line))
        elif match := _EVENT_KEY.fullmatch(note.key):
            _check_index(match[1], note, path)
            events.append(parse_event(note, path))
        else:
            values[note.key] = note.value
            _check_measure(note, path)
    for clip in CLIPS:
        if site := seen.get(f"clip.{clip}.site"):
            sites[clip] = _one_of(SITES[clip], site, f"site of clip '{clip}'", path)
        if side := seen.get(f"clip.{clip}.side"):
            sides[clip] = _one_of(_SIDES, side, f"side of clip '{clip}'", path)
    segments.sort(key=lambda segment: (segment.start_s, segment.end_s))
    events.sort(key=lambda event: event.time_s)
    return Header(values, sites, sides, tuple(segments), tuple(events))


def parse_segment(value: str, *, path: str | None = None, line: int | None = None) -> Segment:
    """Read ``start end kind key=value ...`` (s, s).

    Raises FormatError where times, kind, exercise or load are not what the format allows.
    """

    def malformed(what: str) -> FormatError:
        return FormatError(f"{what} in segment {short(value)}", path=path, line=line, advice=SEGMENT_ADVICE)

    words = value.split()
    if len(words) < 3:
        raise malformed("start, end or kind is missing")
    start, end = finite_number(words[0]), finite_number(words[1])
    if start is None or end is None:
        raise malformed("start and end must be numbers of seconds")
    if end <= start:
        raise malformed("the end is not after the start")
    return segment_of(start, end, words[2:], value, path=path, line=line)


def parse_event(note: HeaderNote, path: str | None = None) -> Event:
    """Read ``time text`` (s). Raises FormatError where there is no time."""
    time_text, _, text = note.value.partition(" ")
    time = finite_number(time_text)
    if time is None:
        raise FormatError(
            f"event {short(note.value)} does not start with a time in seconds",
            path=path,
            line=note.line,
            advice="Write it like '# event.0: 41.20 note=belt on'.",
        )
    return Event(time, text.strip(" \t"))


def _without_contradictions(notes: Iterable[HeaderNote], path: str | None) -> dict[str, HeaderNote]:
    seen: dict[str, HeaderNote] = {}
    for note in notes:
        first = seen.setdefault(note.key, note)
        if first.value != note.value:
            place = "" if first.line is None else f" in line {first.line}"
            raise FormatError(
                f"header key '{note.key}' says {short(note.value)} here and {short(first.value)}{place}",
                path=path,
                line=note.line,
                advice="Keep one of the two lines.",
            )
    return seen


def _check_version(seen: Mapping[str, HeaderNote], path: str | None) -> None:
    note = seen.get(VERSION_KEY)
    if note is None:
        raise FormatError(
            f"no line '# {VERSION_KEY}: {RECORDING_VERSION}', so this is not a recording",
            path=path,
            advice="Files of other tools are turned into recordings by 'imu-hinge convert'.",
        )
    if _first_word(note.value) != str(RECORDING_VERSION):
        raise FormatError(
            f"recording version {short(note.value)}; this program reads version {RECORDING_VERSION}",
            path=path,
            line=note.line,
            advice="Update imu_hinge, or record again with this version.",
        )


def _check_index(index: str, note: HeaderNote, path: str | None) -> None:
    if not (index.isascii() and index.isdigit()):
        raise FormatError(
            f"header key '{note.key}' does not end in a number",
            path=path,
            line=note.line,
            advice=f"Number them: '# {note.key.partition('.')[0]}.0: ...'.",
        )


def _check_measure(note: HeaderNote, path: str | None) -> None:
    if note.key in _UPPER_BOUNDS:
        most, unit = _UPPER_BOUNDS[note.key]
    elif note.key.startswith("measure.") and note.key.endswith("_m"):
        most, unit = _LONGEST_MEASURE_M, "metres"
    elif note.key.startswith("clip.") and note.key.endswith(".rate_hz"):
        most, unit = _FASTEST_HZ, "hertz"
    else:
        return
    value = finite_number(_first_word(note.value))
    if value is None or not 0 < value <= most:
        raise FormatError(
            f"'{note.key}' is {short(note.value)}, not a number of {unit} between 0 and {most:g}",
            path=path,
            line=note.line,
            advice=f"Write it in {unit}, or leave the line out.",
        )


def _one_of(allowed: tuple[str, ...], note: HeaderNote, what: str, path: str | None) -> str:
    value = _first_word(note.value)
    if value not in allowed:
        raise FormatError(
            f"{what} is {short(note.value)}; allowed: {', '.join(allowed)}",
            path=path,
            line=note.line,
            advice=f"Correct the line '# {note.key}: ...'.",
        )
    return value


def _first_word(text: str) -> str:
    return (text.split() or [""])[0]
