"""What a batch runs on: anything that takes tasks, a bounded number at a time, and gives back what is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

__all__ = ["Lost", "Workers"]

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Lost:
    """A task that ended its worker as often as it was tried; ``reason`` is one clause."""

    reason: str


class Workers(Protocol):
    """Processes of this computer, or of a cluster."""

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[T, R | Lost]]:
        """Results as they come, in any order. Tasks are drawn as workers become free, so there may be very many.

        A task whose worker dies is tried again; when that goes wrong too, it is Lost. What ``function`` raises is
        raised here. Raises WorkersError where there are no workers any more.
        """
        ...
