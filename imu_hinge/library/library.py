"""The library of sessions: opened for one command, in step with the folders before anything is asked of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from imu_hinge.errors import LibraryError, OutputError
from imu_hinge.library.additions import Additions, read_additions, write_additions
from imu_hinge.library.entry import Entry, Session, read_entry
from imu_hinge.library.folders import SessionFolder, remove_folder, scan
from imu_hinge.library.index import INDEX, Index, open_index
from imu_hinge.library.lock import locked
from imu_hinge.library.picking import pick
from imu_hinge.session.rep_table import RepRow

__all__ = ["Library", "open_library"]


class Library:
    """The sessions of one folder, held by this program alone while it is open.

    ``remarks`` are sentences for the user about the index itself.
    """

    def __init__(self, home: Path, index: Index, remarks: tuple[str, ...]) -> None:
        self.home = home
        self.remarks = remarks
        self._index = index
        self.refresh()

    def refresh(self) -> int:
        """Take up every folder that is new or has changed, forget those that are gone; gives how many that were."""
        folders = scan(self.home) if self.home.is_dir() else []
        known = self._index.stamps()
        changed = [folder for folder in folders if known.get(folder.name) != folder.stamp]
        gone = known.keys() - {folder.name for folder in folders}
        if changed or gone:
            self._index.update(((f.name, f.stamp, _looked_into(f)) for f in changed), gone)
        return len(changed) + len(gone)

    def sessions(self) -> list[Session]:
        """Every session, newest first."""
        return self._index.sessions()

    def broken(self) -> Mapping[str, str]:
        """Folders that could not be taken up, each with the reason."""
        return self._index.broken()

    def reps(self, folders: Iterable[str] | None = None) -> Mapping[str, list[RepRow]]:
        """The rows of reps by folder, in time, loads as corrected."""
        return self._index.reps(folders)

    def pick(self, word: str) -> Session:
        """The session that a word means: its number in the list, its folder's name, or the beginning of that.

        Raises LibraryError where there is none, more than one, or one that cannot be read.
        """
        return pick(word, self.sessions(), self.broken())

    def change(self, word: str, how: Callable[[Additions], Additions]) -> Session:
        """Change what was added to a session; gives the session as it is then. Raises LibraryError, OutputError."""
        folder = self.pick(word).folder
        write_additions(self.home / folder, how(read_additions(self.home / folder)))
        self.refresh()
        return self.pick(folder)

    def delete(self, folder: str) -> None:
        """Remove the folder of a session, broken or not, by its full name; nothing else is touched.

        Raises LibraryError, OutputError.
        """
        if folder not in {session.folder for session in self.sessions()} | set(self.broken()):
            raise LibraryError(f"there is no session {folder!r}", where=str(self.home))
        remove_folder(self.home, folder)
        self.refresh()


def _looked_into(folder: SessionFolder) -> Entry | str:
    if folder.problem:
        return folder.problem
    try:
        return read_entry(folder.path)
    except LibraryError as error:
        return error.one_line()
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"


@contextmanager
def open_library(home: Path, *, anew: bool = False, patience_s: float = 30.0) -> Iterator[Library]:
    """The library in a folder, locked and up to date; one that is not there yet is empty, and not made.

    ``anew`` throws the index away first. Raises LibraryError where another program keeps it longer than
    ``patience_s``, OutputError where it cannot be read or written.
    """
    if not home.is_dir():
        index, _ = open_index(None)
        with closing(index):
            yield Library(home, index, ())
        return
    with locked(home, patience_s=patience_s):
        try:
            if anew:
                (home / INDEX).unlink(missing_ok=True)
            index, remark = open_index(home)
            with closing(index):
                yield Library(home, index, (remark,) if remark else ())
        except (sqlite3.Error, OSError) as error:
            raise OutputError(
                f"the index of sessions cannot be used ({error})",
                path=str(home / INDEX),
                advice="Check the free space and permissions; the index may be deleted, no session is lost with it.",
            ) from error
