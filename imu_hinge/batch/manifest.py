"""The index of a batch: a line of JSON for each recording that was finished, appended as it happens.

It only saves looking: the entry beside each result (``entry.json``) is what counts, and the index may be deleted.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from imu_hinge.batch.entry import Entry
from imu_hinge.errors import OutputError

__all__ = ["Manifest"]


class Manifest:
    """The entries of earlier runs by id, and where new ones are added. Raises OutputError where it cannot be kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._known: dict[str, Entry] = {}

    def __enter__(self) -> Self:
        try:
            torn = self._read()
            self._file = self._path.open("ab")
            if torn:
                self._file.write(b"\n")
        except OSError as error:
            raise self._unwritten(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def get(self, recording: str) -> Entry | None:
        """The last entry of a recording."""
        return self._known.get(recording)

    def add(self, entry: Entry) -> None:
        """Keep an entry; it survives the end of this process, however that comes."""
        if self._known.get(entry.recording) == entry:
            return
        self._known[entry.recording] = entry
        assert self._file is not None
        try:
            self._file.write(entry.text().encode())
            self._file.flush()
        except OSError as error:
            raise self._unwritten(error) from error

    def _read(self) -> bool:
        """Take what is there, except lines that a crash left unfinished; whether the last one is such."""
        line = b"\n"
        if self._path.exists():
            with self._path.open("rb") as file:
                for line in file:
                    entry = Entry.of(line)
                    if entry is not None:
                        self._known[entry.recording] = entry
        return not line.endswith(b"\n")

    def _unwritten(self, error: OSError) -> OutputError:
        return OutputError(
            f"cannot be kept ({error.strerror or error})",
            path=str(self._path),
            advice="Check the folder, its permissions and the free space; then run the batch again: it goes on.",
        )
