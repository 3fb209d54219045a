"""A live session's recording: what is written is what is analysed, and what is noted is what the analysis is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from imu_hinge.recording.lines import event_value, segment_value
from imu_hinge.recording.model import Event, HeaderNote, Segment
from imu_hinge.recording.writer import RecordingWriter
from imu_hinge.sensors.source import NOTHING, SampleBlock

__all__ = ["NoTape", "Tape", "WrittenTape"]

_TURN_S: Final = 0.1


class Tape(Protocol):
    """Takes rows and notes; gives them back as a reader will find them."""

    offset_s: float
    """What is added to the times of rows."""

    def rows(self, clips: Sequence[str], block: SampleBlock) -> SampleBlock:
        """Rows of clips with these names."""

    def segment(self, segment: Segment) -> HeaderNote:
        """A segment that is over."""

    def event(self, time_s: float, text: str) -> HeaderNote:
        """Something at an instant."""

    def note(self, key: str, value: str) -> None:
        """Any other header line."""

    def close(self) -> None:
        """Nothing more comes."""


class NoTape:
    """For what is recorded already."""

    offset_s = 0.0

    def rows(self, clips: Sequence[str], block: SampleBlock) -> SampleBlock:
        """As they are."""
        return block

    def segment(self, segment: Segment) -> HeaderNote:
        """As it would be written."""
        return HeaderNote(0, "segment.0", segment_value(segment))

    def event(self, time_s: float, text: str) -> HeaderNote:
        """As it would be written."""
        return HeaderNote(0, "event.0", event_value(Event(time_s, text)))

    def note(self, key: str, value: str) -> None:
        """Nowhere to write it."""

    def close(self) -> None:
        """Nothing to close."""


class WrittenTape(NoTape):
    """Writes everything at once; ``offset_s`` is added to all times (a session that is gone on with)."""

    def __init__(self, writer: RecordingWriter, offset_s: float = 0.0) -> None:
        self._writer = writer
        self.offset_s = offset_s

    def rows(self, clips: Sequence[str], block: SampleBlock) -> SampleBlock:
        """Write rows clip by clip, which is their order in the file; where many come at once (the program was held up),
        a tenth of a second after the other, lest the second clip's seem late."""
        parts = []
        turn = np.floor((block.time_s - block.time_s.min(initial=np.inf)) / _TURN_S)
        turn = turn if turn.max(initial=0.0) > 1.0 else np.zeros(len(turn))
        for number, index in sorted(set(zip(turn.tolist(), block.clip_index.tolist(), strict=True))):
            mine = (block.clip_index == index) & (turn == number)
            time_s = block.time_s[mine] + self.offset_s
            written = self._writer.append(clips[index], time_s, block.acc_m_s2[mine], block.gyr_rad_s[mine])
            names = np.full(len(time_s), index, np.int8)
            parts.append(SampleBlock(names, written.time_s, written.acc_m_s2, written.gyr_rad_s))
        if not parts:
            return NOTHING
        return SampleBlock(
            np.concatenate([p.clip_index for p in parts]),
            np.concatenate([p.time_s for p in parts]),
            np.concatenate([p.acc_m_s2 for p in parts]),
            np.concatenate([p.gyr_rad_s for p in parts]),
        )

    def segment(self, segment: Segment) -> HeaderNote:
        """Write a segment."""
        self._writer.segment(segment)
        return super().segment(segment)

    def event(self, time_s: float, text: str) -> HeaderNote:
        """Write an event."""
        self._writer.event(Event(time_s, text))
        return super().event(time_s, text)

    def note(self, key: str, value: str) -> None:
        """Write any header line."""
        self._writer.note(key, value)

    def close(self) -> None:
        """Have the disk take everything."""
        self._writer.close()
