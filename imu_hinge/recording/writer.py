"""Writing recordings: live, row by row as they arrive, or a whole one at once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike

from imu_hinge.conventions import RECORDING_VERSION
from imu_hinge.errors import OutputError, SampleError
from imu_hinge.recording.atomic import write_all_or_nothing
from imu_hinge.recording.header import VERSION_KEY, parse_header
from imu_hinge.recording.lines import (
    COLUMN_LINE,
    event_value,
    header_line,
    numbered,
    row_lines,
    segment_value,
)
from imu_hinge.recording.model import Arrivals, Event, FloatArray, HeaderNote, Recording, Segment

__all__ = ["RecordingWriter", "WrittenBlock", "recording_text", "write_recording"]


_TO_DISK_S: Final = 1.0
"""At most so long may a computer's end reach back."""
_LONGEST_LINE: Final = 65536
_to_disk: Final[Callable[[int], None]] = getattr(os, "fdatasync", os.fsync)
"""Wait for a file's content to be on disk; macOS and Windows know no fdatasync."""


@dataclass(frozen=True)
class WrittenBlock:
    """Samples of one clip as the reader will read them: time (N,), acceleration and rate (N, 3)."""

    clip: str
    time_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray


class RecordingWriter:
    """An append-only recording, complete up to its last call whatever happens to the program, and up to a second
    before that whatever happens to the computer.

    Every call hands whole lines to the operating system before it returns, so nothing waits in the program
    and ``kill -9`` loses nothing; one call a notification (some samples) is what it is made for. The first
    call, ``close``, and in between one call a second by ``now`` also wait for the disk itself: a power cut
    loses what came since. Calls must go on for that: what was written last before a long silence waits.

    ``header`` holds keys and values; the version line is added. Raises OutputError where ``path`` exists
    already or cannot be written (then or later), FormatError for a header line the reader would refuse.
    ``aside`` waits for the disk in a thread of its own, so that no call waits for a slow one; what the disk then
    refuses is raised by the next call.
    """

    def __init__(
        self,
        path: str | Path,
        header: Mapping[str, str],
        *,
        now: Callable[[], float] = time.monotonic,
        aside: bool = False,
    ) -> None:
        self.path = Path(path)
        self._prepare(now, aside=aside)
        keys = {VERSION_KEY: str(RECORDING_VERSION), **header}
        head = "".join(_header_lines(keys)) + COLUMN_LINE
        self._header = keys
        self._segment_numbers = _unused_numbers("segment", keys)
        self._event_numbers = _unused_numbers("event", keys)
        try:
            self._file = self.path.open("xb", buffering=0)
        except FileExistsError as error:
            raise OutputError(
                "already exists, and recordings are never written over",
                path=str(path),
                advice="Choose another name.",
            ) from error
        except OSError as error:
            raise self._output_error(error) from error
        self._write(head)
        self._flush()
        _folder_to_disk(self.path.parent)

    @classmethod
    def resume(
        cls,
        path: str | Path,
        header: Mapping[str, str],
        *,
        now: Callable[[], float] = time.monotonic,
        aside: bool = False,
    ) -> Self:
        """Go on with a recording that broke off, whose header lines are ``header``, all of them.

        Half a line at its end, which a computer that stopped may leave, is cut off. Raises OutputError where it cannot
        be written.
        """
        writer = cls.__new__(cls)
        writer.path = Path(path)
        writer._prepare(now, aside=aside)
        writer._header = dict(header)
        writer._segment_numbers = _unused_numbers("segment", header)
        writer._event_numbers = _unused_numbers("event", header)
        try:
            _cut_half_a_line(writer.path)
            writer._file = writer.path.open("ab", buffering=0)
        except OSError as error:
            raise writer._output_error(error) from error
        return writer

    def _prepare(self, now: Callable[[], float], *, aside: bool) -> None:
        self._now = now
        self._on_disk_s = now()
        self._aside = ThreadPoolExecutor(1, "imu_hinge-disk") if aside else None
        self._flushing: Future[None] | None = None

    def append(self, clip: str, time_s: ArrayLike, acc_m_s2: ArrayLike, gyr_rad_s: ArrayLike) -> WrittenBlock:
        """Append samples of one clip in the order given, and return them as the reader will read them.

        ``time_s`` (N,) in s, ``acc_m_s2`` (N, 3), ``gyr_rad_s`` (N, 3). Analysing what is returned, not what
        was given, makes a live analysis equal the replay of its file. Raises SampleError for an unknown clip
        or a number that is not finite.
        """
        at_s = np.asarray(time_s, dtype=np.float64).reshape(-1)
        acc = np.asarray(acc_m_s2, dtype=np.float64).reshape(len(at_s), 3)
        gyr = np.asarray(gyr_rad_s, dtype=np.float64).reshape(len(at_s), 3)
        text = "".join(row_lines([clip] * len(at_s), at_s, acc, gyr))
        self._write(text)
        fields = [line.split(",") for line in text.splitlines()]
        table = np.array([[float(f) for f in (row[0], *row[2:])] for row in fields]).reshape(-1, 7)
        return WrittenBlock(clip, table[:, 0].copy(), table[:, 1:4].copy(), table[:, 4:7].copy())

    def segment(self, segment: Segment) -> None:
        """Append a segment under the next free number."""
        self.note(f"segment.{next(self._segment_numbers)}", segment_value(segment))

    def event(self, event: Event) -> None:
        """Append an event under the next free number."""
        self.note(f"event.{next(self._event_numbers)}", event_value(event))

    def note(self, key: str, value: str) -> None:
        """Append any header line; raises FormatError where the reader would refuse it.

        It refuses, for example, a key that is there already with another value.
        """
        line = header_line(key, value)
        before = self._header.get(key, value)
        parse_header(
            [
                HeaderNote(0, VERSION_KEY, self._header[VERSION_KEY]),
                HeaderNote(0, key, before.strip(" 	")),
                HeaderNote(0, key, value.strip(" 	")),
            ]
        )
        self._write(line)
        self._header[key] = value

    def close(self) -> None:
        """Wait until the disk has everything, and close; harmless when closed."""
        if self._file.closed:
            return
        try:
            with self._file:
                if self._aside is not None:
                    self._aside.shutdown()
                self._ask_the_disk()  # what it refused it tells but once
                os.fsync(self._file.fileno())
        except OSError as error:
            raise self._output_error(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, text: str) -> None:
        left = memoryview(text.encode("utf-8"))
        try:
            self._ask_the_disk()
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._file.close()
            raise self._output_error(error) from error
        if self._now() - self._on_disk_s >= _TO_DISK_S:
            self._flush()

    def _flush(self) -> None:
        try:
            if self._aside is None:
                _to_disk(self._file.fileno())
            else:
                if self._flushing is not None and not self._flushing.done():
                    return  # a disk slower than a second: it is asked again when it has answered
                self._ask_the_disk()
                self._flushing = self._aside.submit(_to_disk, self._file.fileno())
        except OSError as error:
            self._file.close()
            raise self._output_error(error) from error
        self._on_disk_s = self._now()  # afterwards: a disk slower than a second is not waited for all the time

    def _ask_the_disk(self) -> None:
        """Raise what the disk answered aside, if it has."""
        if self._flushing is not None and self._flushing.done():
            answer, self._flushing = self._flushing, None
            answer.result()

    def _output_error(self, error: OSError) -> OutputError:
        return OutputError(
            f"cannot be written ({error.strerror or error})",
            path=str(self.path),
            advice="Check the folder, its permissions and the free space.",
        )


def _cut_half_a_line(path: Path) -> None:
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        start = max(0, end - _LONGEST_LINE)
        file.seek(start)
        file.truncate(start + file.read().rfind(b"\n") + 1)


def write_recording(recording: Recording | Arrivals, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a whole recording all or nothing: under a temporary name, then renamed.

    Raises OutputError where ``path`` exists (unless ``overwrite``) or cannot be written, and what
    ``recording_text`` raises. When it returns, the disk has it.
    """
    write_all_or_nothing({Path(path): recording_text(recording)}, overwrite=overwrite)
    _folder_to_disk(Path(path).parent)


def recording_text(recording: Recording | Arrivals) -> Iterator[str]:
    """The text of a recording's file, in pieces.

    Arrivals keep their row order and the places of their header lines. A Recording is written with its
    header, then its segments and events, then the rows of all clips in time order; site, side and serial come
    from the clips. Times are rounded to 1 us, acc to 1e-5 m/s2, gyr to 1e-6 rad/s.

    Raises, while it is read, FormatError for header lines the reader would refuse, SampleError for samples the
    format cannot hold.
    """
    return _arrival_pieces(recording) if isinstance(recording, Arrivals) else _recording_pieces(recording)


def _arrival_pieces(arrivals: Arrivals) -> Iterator[str]:
    notes = sorted(arrivals.notes, key=lambda note: note.row)
    on_top = [note for note in notes if note.row <= 0]
    later = notes[len(on_top) :]
    if not any(note.key == VERSION_KEY for note in notes):
        yield header_line(VERSION_KEY, str(RECORDING_VERSION))
    yield from (header_line(note.key, note.value) for note in on_top)
    yield COLUMN_LINE
    parse_header([HeaderNote(0, VERSION_KEY, str(RECORDING_VERSION)), *notes])
    total = len(arrivals.time_s)
    stops = [0, *(min(note.row, total) for note in later), total]
    names = np.array(arrivals.clip_names, dtype=object)[arrivals.clip_index]
    for index, (start, stop) in enumerate(pairwise(stops)):
        part = slice(start, stop)
        yield from row_lines(names[part], arrivals.time_s[part], arrivals.acc_m_s2[part], arrivals.gyr_rad_s[part])
        if index < len(later):
            yield header_line(later[index].key, later[index].value)


def _recording_pieces(recording: Recording) -> Iterator[str]:
    clips = list(recording.clips.values())
    for clip in clips:
        if len(clip) > 1 and np.diff(np.round(clip.time_s, 6)).min() <= 0:
            raise SampleError(
                f"clip '{clip.name}' has samples that do not ascend by at least a microsecond",
                advice="Give each clip's samples in time order.",
            )
    yield from _header_lines(_recording_header(recording))
    yield COLUMN_LINE
    time = np.concatenate([clip.time_s for clip in clips]) if clips else np.empty(0)
    order = np.argsort(time, kind="stable")
    names = np.repeat(np.array([clip.name for clip in clips], dtype=object), [len(clip) for clip in clips])
    acc = np.concatenate([clip.acc_m_s2 for clip in clips]) if clips else np.empty((0, 3))
    gyr = np.concatenate([clip.gyr_rad_s for clip in clips]) if clips else np.empty((0, 3))
    yield from row_lines(names[order], time[order], acc[order], gyr[order])


def _recording_header(recording: Recording) -> dict[str, str]:
    lines = {VERSION_KEY: str(RECORDING_VERSION)}
    lines.update((key, value) for key, value in recording.header.items() if not key.startswith(("segment.", "event.")))
    for clip in recording.clips.values():
        for what, value in (("site", clip.site), ("side", clip.side), ("serial", clip.serial)):
            key = f"clip.{clip.name}.{what}"
            if value is not None and (lines.get(key, "").split() or [""])[0] != value:
                lines[key] = value
    lines.update(numbered("segment", map(segment_value, recording.segments)))
    lines.update(numbered("event", map(event_value, recording.events)))
    return lines


def _header_lines(header: Mapping[str, str]) -> list[str]:
    """Header lines, refused (FormatError) where the reader would refuse them."""
    lines = [header_line(key, value) for key, value in header.items()]
    parse_header(HeaderNote(0, key, value.strip(" 	")) for key, value in header.items())
    return lines


def _unused_numbers(kind: str, keys: Iterable[str]) -> Iterator[int]:
    taken = {key for key in keys if key.startswith(f"{kind}.")}
    return (number for number in count() if f"{kind}.{number}" not in taken)


def _folder_to_disk(folder: Path) -> None:
    """Have the names in a folder outlast a power cut, where the system can be asked for that."""
    with suppress(OSError):  # Windows opens no folders, and some network disks cannot
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
