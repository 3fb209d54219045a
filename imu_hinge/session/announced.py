"""The segments that a running session was told of, some of them not over yet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from imu_hinge.recording.in_progress import SAME_S, is_same
from imu_hinge.recording.model import Segment

__all__ = ["Announced"]


class Announced:
    """One list for every stage: what is told again, with an end, takes the place of what was told without one, and what
    begins ends what never ended, as in the finished recording."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._segments)

    @property
    def sets(self) -> list[Segment]:
        """The announced sets, in the order in which they were told."""
        return [s for s in self._segments if s.kind == "set"]

    def tell(self, segment: Segment) -> None:
        """A segment became known, or its end did (until then it is infinite)."""
        for i, one in enumerate(self._segments):
            if is_same(one, segment):
                if one.end_s == math.inf or segment.end_s < math.inf:
                    self._segments[i] = segment
                return  # that it began is old news where its end is known
        if segment.end_s == math.inf:
            self._segments = [replace(s, end_s=segment.start_s) if s.end_s == math.inf else s for s in self._segments]
        self._segments.append(segment)

    def withdraw(self, kind: str, start_s: float) -> None:
        """A segment is taken back."""
        self._segments = [s for s in self._segments if s.kind != kind or abs(s.start_s - start_s) > SAME_S]
