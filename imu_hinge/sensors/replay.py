"""Replaying a recording: its rows and header notes in file order, which is how they arrived."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imu_hinge.recording.model import Arrivals
from imu_hinge.sensors.source import Delivery, SampleBlock

__all__ = ["ReplaySource"]


class ReplaySource:
    """Delivers a recording in batches of ``batch_s`` on its own clock (a clip's usual packing); never across a
    header note."""

    def __init__(self, arrivals: Arrivals, batch_s: float = 0.05) -> None:
        self._arrivals = arrivals
        self._batch_s = batch_s

    @property
    def clips(self) -> tuple[str, ...]:
        """Clip names in index order."""
        return self._arrivals.clip_names

    def deliveries(self) -> Iterator[Delivery]:
        """Batches in file order, each with the header notes that stood before its rows."""
        a = self._arrivals
        n = len(a.time_s)
        newest = np.maximum.accumulate(a.time_s) if n else a.time_s
        batch = np.floor((newest - newest[0]) / self._batch_s) if n else newest
        cuts = set((np.flatnonzero(np.diff(batch)) + 1).tolist()) | {0, n} | {note.row for note in a.notes}
        notes = {row: tuple(note for note in a.notes if note.row == row) for row in {note.row for note in a.notes}}
        edges = sorted(cuts)
        for start, stop in zip(edges, [*edges[1:], n], strict=True):
            block = SampleBlock(
                a.clip_index[start:stop],
                a.time_s[start:stop],
                a.acc_m_s2[start:stop],
                a.gyr_rad_s[start:stop],
            )
            if len(block) or start in notes:
                yield Delivery(notes.get(start, ()), block)
