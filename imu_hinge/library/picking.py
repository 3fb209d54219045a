"""Which session a word means, and which sessions a question is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imu_hinge.errors import LibraryError, one_line
from imu_hinge.library.entry import Session

__all__ = ["LoadRange", "Wanted", "parse_load", "pick"]

_LIST = "imu-hinge sessions lists them."


def pick(word: str, sessions: Sequence[Session], broken: Mapping[str, str]) -> Session:
    """The session of a word: a folder's name, its number in ``sessions`` (from 1), or a beginning only one name has.

    Raises LibraryError where there is none, more than one, or one of ``broken``.
    """
    by_name = {session.folder: session for session in sessions}
    if word in by_name:
        return by_name[word]
    if word in broken:
        raise LibraryError(broken[word], where=word, advice="See imu-hinge sessions.")
    if re.fullmatch(r"[0-9]{1,6}", word) and 1 <= int(word) <= len(sessions):
        return sessions[int(word) - 1]
    found = [name for name in by_name if word and name.startswith(word)]
    if len(found) == 1:
        return by_name[found[0]]
    if found:
        some = ", ".join(sorted(found)[:3])
        raise LibraryError(f"{word!r} begins the names of {len(found)} sessions: {some}", advice="Write more of it.")
    raise LibraryError(f"there is no session {one_line(word)[:60]!r}", advice=_LIST)


@dataclass(frozen=True)
class LoadRange:
    """Loads from ``least_kg`` to ``most_kg``, both included."""

    least_kg: float
    most_kg: float

    def has(self, load_kg: float | None) -> bool:
        """Whether a load is one of these; one that is not known is not."""
        return load_kg is not None and self.least_kg <= load_kg <= self.most_kg


def parse_load(text: str) -> LoadRange:
    """Loads from ``80`` or ``60-80`` (kg). Raises LibraryError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:kg)?\s*(?:(?:-|–|\.\.|to)\s*(\d+(?:\.\d+)?)\s*(?:kg)?\s*)?", text)
    if found is None:
        raise LibraryError(f"{text!r} is no load", where="--load", advice="Write kilograms: 80, or a range, 60-80.")
    ends = sorted((float(found[1]), float(found[2] or found[1])))
    return LoadRange(*ends)


@dataclass(frozen=True)
class Wanted:
    """What a question is about; None and () leave nothing out. Times in s since 1970, ``until_s`` excluded."""

    exercise: str | None = None
    tags: tuple[str, ...] = ()
    since_s: float | None = None
    until_s: float | None = None

    def has(self, session: Session) -> bool:
        """Whether a session is meant: it has the exercise and every tag, and began in the time."""
        return (
            (self.exercise is None or self.exercise in session.exercises)
            and set(self.tags) <= set(session.tags)
            and (self.since_s is None or session.began_s >= self.since_s)
            and (self.until_s is None or session.began_s < self.until_s)
        )
