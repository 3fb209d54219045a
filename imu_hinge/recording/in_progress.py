"""What a live session notes while it runs: segments that began and have no end yet, and what the athlete took back.

A recording is append-only, so that a segment whose end nobody knows is an event first (``begin=set exercise=rdl``) and
a ``segment`` line when it is over; a program that was killed in between leaves only the event. ``drop=set 31.76`` takes
back the segment of that kind and start, ``undo=41.870`` the rep that was under way at that time (a ghost).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from imu_hinge.errors import FormatError
from imu_hinge.recording.lines import segment_words
from imu_hinge.recording.model import Event, Segment
from imu_hinge.recording.numbers import finite_number
from imu_hinge.recording.segment_text import segment_of

__all__ = [
    "SAME_S",
    "begin_text",
    "begun",
    "drop_text",
    "dropped",
    "is_bookkeeping",
    "is_same",
    "settled_segments",
    "undo_text",
    "undone_s",
]

SAME_S: Final = 1e-3
"""Segments of a kind that begin within this time of each other are one."""
_BEGIN: Final = "begin="
_DROP: Final = "drop="
_UNDO: Final = "undo="


def begin_text(segment: Segment) -> str:
    """The event that says that a segment began; its end does not matter."""
    return f"{_BEGIN}{segment_words(segment)}"


def drop_text(segment: Segment) -> str:
    """The event that takes back a segment."""
    return f"{_DROP}{segment.kind} {segment.start_s:.6f}"


def undo_text(time_s: float) -> str:
    """The event that takes back the rep that was under way at a time."""
    return f"{_UNDO}{time_s:.3f}"


def begun(event: Event) -> Segment | None:
    """The segment that began, with an endless end; None for other events. Raises FormatError for one that cannot be."""
    if not event.text.startswith(_BEGIN):
        return None
    return segment_of(event.time_s, math.inf, event.text.removeprefix(_BEGIN).split(), event.text)


def dropped(event: Event) -> tuple[str, float] | None:
    """Kind and start (s) of the segment that is taken back; None for other events. Raises FormatError where they are
    not named."""
    if not event.text.startswith(_DROP):
        return None
    words = event.text.removeprefix(_DROP).split()
    start_s = finite_number(words[1]) if len(words) == 2 else None
    if start_s is None:
        raise FormatError(
            f"event {event.text!r} names no segment", advice="Write it like '# event.3: 44.2 drop=set 31.76'."
        )
    return words[0], start_s


def is_bookkeeping(event: Event) -> bool:
    """Whether an event says what a live session did with its segments and reps, not something of the athlete's."""
    return event.text.startswith((_BEGIN, _DROP, _UNDO))


def undone_s(event: Event) -> float | None:
    """A time within the rep that is taken back; None for other events. Raises FormatError where that is no time."""
    if not event.text.startswith(_UNDO):
        return None
    time_s = finite_number(event.text.removeprefix(_UNDO).strip())
    if time_s is None:
        raise FormatError(
            f"event {event.text!r} names no time in seconds", advice="Write it like '# event.3: 44.2 undo=41.870'."
        )
    return time_s


def settled_segments(segments: Sequence[Segment], events: Sequence[Event], end_s: float) -> tuple[Segment, ...]:
    """The segments that stand: those taken back left out, those that never ended cut off at the next one that began or
    at ``end_s``; in order of their start. ``events`` in order of time."""
    gone: list[tuple[str, float]] = []
    still_open: list[Segment] = []
    for event in events:
        taken, fresh = dropped(event), begun(event)
        if taken is not None:
            gone.append(taken)
            still_open = [one for one in still_open if not _is_one_of(one, [taken])]
        if fresh is not None:
            gone = [one for one in gone if not _is_one_of(fresh, [one])]  # taken back, and begun anew at once
            still_open = [replace(one, end_s=min(one.end_s, fresh.start_s)) for one in still_open]
            still_open += [] if any(is_same(fresh, one) for one in segments) else [fresh]
    standing = [s for s in segments if not _is_one_of(s, gone)]
    cut_off = [replace(s, end_s=min(s.end_s, end_s)) for s in still_open]
    standing += [s for s in cut_off if s.end_s - s.start_s > SAME_S]
    return tuple(sorted(standing, key=lambda s: (s.start_s, s.end_s)))


def is_same(one: Segment, other: Segment) -> bool:
    """Whether two are the same segment, maybe told with another end."""
    return _is_one_of(one, [(other.kind, other.start_s)])


def _is_one_of(segment: Segment, told: Iterable[tuple[str, float]]) -> bool:
    return any(kind == segment.kind and abs(start_s - segment.start_s) <= SAME_S for kind, start_s in told)
