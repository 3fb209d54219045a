"""Where a session sends its cues: the one thing it knows about sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["CueSink", "RecordedCues", "Silent"]


class CueSink(Protocol):
    """Takes cues as they fall; never blocks, never raises."""

    def cue(self, name: str, severity: str) -> None:
        """A cue fell: a fault's name with amber or red; ``target_depth`` or ``good_rep`` with good."""
        ...


@dataclass(frozen=True)
class Silent:
    """A sink for those who want no sound."""

    def cue(self, name: str, severity: str) -> None:
        """Nothing sounds."""


@dataclass
class RecordedCues:
    """A sink that remembers, for tests and dry runs."""

    taken: list[tuple[str, str]] = field(default_factory=list)
    """(name, severity) in the order they fell."""

    def cue(self, name: str, severity: str) -> None:
        """Remember it."""
        self.taken.append((name, severity))
