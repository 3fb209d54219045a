"""What the commands of the library share: which sessions are meant, and what is said about the index."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from imu_hinge.errors import one_line
from imu_hinge.library.began import parse_day
from imu_hinge.library.library import Library, open_library
from imu_hinge.library.picking import Wanted
from imu_hinge.session.library import sessions_home

__all__ = [
    "ExerciseOption",
    "JsonOption",
    "SessionArgument",
    "SinceOption",
    "TagOption",
    "UntilOption",
    "library",
    "wanted",
]

SessionArgument = Annotated[
    str, typer.Argument(help="Number in the list, or folder name or its beginning.", metavar="SESSION")
]
ExerciseOption = Annotated[str | None, typer.Option("--exercise", help="Only this exercise, e.g. rdl.")]
TagOption = Annotated[list[str] | None, typer.Option("--tag", help="Only sessions with this tag (repeatable).")]
SinceOption = Annotated[str | None, typer.Option("--since", help="Only from this day on, e.g. 2026-10-01.")]
UntilOption = Annotated[str | None, typer.Option("--until", help="Only up to this day, that day included.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print plain values as JSON.")]

_DAY_S = 86_400.0


@contextmanager
def library() -> Iterator[Library]:
    """The user's library; what happened to its index is said on standard error."""
    with open_library(sessions_home()) as opened:
        for remark in opened.remarks:
            print(f"! {one_line(remark)}", file=sys.stderr)
        yield opened


def wanted(exercise: str | None, tags: list[str] | None, since: str | None, until: str | None) -> Wanted:
    """What was asked for; a day alone means the whole of it. Raises LibraryError where a day is none."""
    until_s = None if until is None else parse_day(until, "--until")
    if until_s is not None and until is not None and ":" not in until:
        until_s += _DAY_S
    return Wanted(
        exercise=exercise,
        tags=tuple(tag.lower() for tag in tags or ()),
        since_s=None if since is None else parse_day(since, "--since"),
        until_s=until_s,
    )
