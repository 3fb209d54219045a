"""A segment from its words: kind, exercise, load and whatever else was said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from imu_hinge.conventions import EXERCISES, SEGMENT_KINDS
from imu_hinge.errors import FormatError
from imu_hinge.recording.model import Segment
from imu_hinge.recording.numbers import finite_number

__all__ = ["SEGMENT_ADVICE", "segment_of", "short"]

SEGMENT_ADVICE: Final = "Write it like '# segment.4: 31.76 60.80 set exercise=rdl load_kg=60'."


def segment_of(
    start_s: float, end_s: float, words: Sequence[str], text: str, *, path: str | None = None, line: int | None = None
) -> Segment:
    """``kind key=value ...`` between two times (s); a word without ``=`` goes on with the value before it.

    ``text`` is what was written, for messages. Raises FormatError where kind, exercise or load are not what the format
    allows.
    """

    def malformed(what: str) -> FormatError:
        return FormatError(f"{what} in segment {short(text)}", path=path, line=line, advice=SEGMENT_ADVICE)

    kind = words[0] if words else ""
    if kind not in SEGMENT_KINDS:
        raise malformed(f"unknown kind '{kind}' (known: {', '.join(SEGMENT_KINDS)})")
    extra = _pairs(words[1:])
    if extra is None:
        raise malformed("a word stands where 'key=value' should")
    if kind != "set":
        return Segment(start_s, end_s, kind, extra=extra)
    exercise = extra.pop("exercise", None)
    if exercise not in EXERCISES:
        named = "exercise= is missing" if exercise is None else f"unknown exercise '{exercise}'"
        raise malformed(f"{named} (known: {', '.join(EXERCISES)})")
    load_text = extra.pop("load_kg", None)
    load = None if load_text is None else finite_number(load_text)
    if load_text is not None and (load is None or load < 0):
        raise malformed("load_kg= must be a number of kilograms")
    return Segment(start_s, end_s, kind, exercise, load, extra)


def short(text: str, most: int = 60) -> str:
    """Text for a message, cut off where it is long."""
    return repr(text if len(text) <= most else f"{text[:most]}...")


def _pairs(words: Iterable[str]) -> dict[str, str] | None:
    pairs: dict[str, str] = {}
    key = None
    for word in words:
        name, equals, text = word.partition("=")
        if equals and name:
            key = name
            pairs[key] = text
        elif key is None:
            return None
        else:
            pairs[key] = f"{pairs[key]} {word}"
    return pairs
