"""Live samples into a recording, as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from imu_hinge.conventions import EXERCISES, SITES
from imu_hinge.errors import OutputError, ScenarioError
from imu_hinge.recording.model import Segment
from imu_hinge.recording.writer import RecordingWriter
from imu_hinge.sensors.health import ClipHealth, LinkState
from imu_hinge.sensors.source import Delivery

__all__ = ["LiveSource", "RecordParams", "Summary", "closing_notes", "record"]


class LiveSource(Protocol):
    """A Source that is happening now."""

    @property
    def clips(self) -> tuple[str, ...]:
        """Clip names in index order; known once open."""

    @property
    def serials(self) -> Mapping[str, str]:
        """Clip names to serial numbers; known once open."""

    def open(self) -> None:
        """Find and start the clips; raises LinkError where that fails."""

    def deliveries(self) -> Iterator[Delivery]:
        """Rows as they come, empty deliveries in between while none do, until stopped."""

    def stop(self) -> None:
        """End it, from any thread."""

    def health(self) -> tuple[ClipHealth, ...]:
        """How each clip does."""


@dataclass(frozen=True)
class RecordParams:
    """What goes into the header. ``sites`` gives where clips sit (``back: L1``); a whole set of ``exercise`` is marked
    from the first sample to the last where one is named."""

    height_m: float | None = None
    sites: Mapping[str, str] = field(default_factory=dict)
    side: str | None = None
    exercise: str | None = None
    load_kg: float | None = None

    def __post_init__(self) -> None:
        if self.exercise is not None and self.exercise not in EXERCISES:
            raise ScenarioError(f"unknown exercise '{self.exercise}'", advice=f"Known: {', '.join(EXERCISES)}.")


@dataclass(frozen=True)
class Summary:
    """What was recorded: rows written, from first to last sample, s, and the clips' last health."""

    path: Path
    rows: int
    duration_s: float
    health: tuple[ClipHealth, ...]


def record(
    source: LiveSource,
    path: Path,
    params: RecordParams | None = None,
    watch: Callable[[tuple[ClipHealth, ...], float], None] = lambda health, newest_s: None,
    looking: Callable[[], None] = lambda: None,
) -> Summary:
    """Record until the source ends; it is ended when every clip is dead. The file is there once the clips stream.

    Each delivery is with the operating system before the next is looked at, so whatever happens to the program the file
    misses what was under way; the disk has it once a second. ``looking`` is called before the clips are looked for,
    ``watch`` after each delivery with the clips' health and the newest sample's time. Raises LinkError and its kin
    where the clips cannot be had, OutputError where the file exists or cannot be written.
    """
    params = RecordParams() if params is None else params
    if path.exists():
        raise OutputError(
            "already exists, and recordings are never written over", path=str(path), advice="Choose another name."
        )
    looking()
    source.open()
    rows, first_s, last_s = 0, float("inf"), float("-inf")
    try:
        with RecordingWriter(path, _header(source, params)) as writer:
            for delivery in source.deliveries():
                for note in delivery.notes:
                    writer.note(note.key, note.value)
                block = delivery.block
                for index in np.unique(block.clip_index).tolist():
                    mine = block.clip_index == index
                    writer.append(source.clips[index], block.time_s[mine], block.acc_m_s2[mine], block.gyr_rad_s[mine])
                if len(block):
                    rows += len(block)
                    first_s = min(first_s, float(block.time_s.min()))
                    last_s = max(last_s, float(block.time_s.max()))
                health = source.health()
                if health and all(clip.link is LinkState.DEAD for clip in health):
                    source.stop()
                watch(health, last_s)
            health = source.health()
            if rows and params.exercise is not None:
                writer.segment(Segment(round(first_s, 3), round(last_s, 3), "set", params.exercise, params.load_kg))
            for clip in health:
                for key, value in closing_notes(clip).items():
                    writer.note(f"clip.{clip.clip}.{key}", value)
    except BaseException:
        source.stop()
        raise
    return Summary(path, rows, max(0.0, last_s - first_s), health)


def _header(source: LiveSource, params: RecordParams) -> dict[str, str]:
    header = {} if params.height_m is None else {"athlete.height_m": f"{params.height_m:g}"}
    for clip in source.clips:
        header[f"clip.{clip}.site"] = params.sites.get(clip, SITES[clip][0])
        if clip in source.serials:
            header[f"clip.{clip}.serial"] = source.serials[clip]
    if params.side is not None and "thigh" in source.clips:
        header["clip.thigh.side"] = params.side
    return header


def closing_notes(clip: ClipHealth) -> dict[str, str]:
    """What is known of a clip only in the end; free keys of the format."""
    said = {
        "nominal_rate_hz": f"{clip.nominal_hz:g}",
        "samples_received": str(clip.books.received),
        "samples_refilled": str(clip.books.refilled),
        "samples_lost": str(clip.books.lost),
    }
    if clip.clock_residual_ms is not None:
        said["clock_residual_ms"] = f"{clip.clock_residual_ms:.3f}"
    return said
