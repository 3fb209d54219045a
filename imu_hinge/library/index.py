"""The index: one SQLite file that answers quickly and can be made anew from the folders at any time."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, Final

from imu_hinge.errors import OutputError
from imu_hinge.library.entry import Entry, LibrarySet, Session
from imu_hinge.session.rep_table import REP_COLUMNS, RepRow

__all__ = ["INDEX", "Index", "open_index"]

INDEX: Final = "index.sqlite"
VERSION: Final = 1
_BUSY_S: Final = 30.0
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SESSION: Final = tuple(field.name for field in fields(Session) if field.name not in ("tags", "sets"))
_SET: Final = tuple(field.name for field in fields(LibrarySet))


def _table(name: str, columns: Iterable[str]) -> str:
    return f"CREATE TABLE {name} ({', '.join(columns)})"


_SCHEMA: Final = (
    _table("folders", ("folder TEXT PRIMARY KEY", "stamp TEXT NOT NULL", "problem TEXT NOT NULL")),
    _table("sessions", ("folder TEXT PRIMARY KEY", *_SESSION[1:])),
    _table("tags", ("folder TEXT NOT NULL", "tag TEXT NOT NULL", "PRIMARY KEY (folder, tag)")),
    _table("sets", ("folder TEXT NOT NULL", *_SET, "PRIMARY KEY (folder, number)")),
    _table("reps", ("folder TEXT NOT NULL", *REP_COLUMNS)),
    "CREATE INDEX reps_by_folder ON reps (folder)",
)
_TABLES: Final = ("folders", "sessions", "tags", "sets", "reps")


class Index:
    """Sessions, sets, tags and reps by folder, in a database; changes are seen together or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._database = connection

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def stamps(self) -> dict[str, str]:
        """The stamp of every folder that was taken up."""
        return dict(self._database.execute("SELECT folder, stamp FROM folders"))

    def update(self, taken: Iterable[tuple[str, str, Entry | str]], gone: Iterable[str]) -> None:
        """Take up folders (name, stamp, the session or what is wrong with it) and forget others, in one transaction."""
        taken = list(taken)
        self._database.execute("BEGIN IMMEDIATE")
        with self._database:
            for folder in (*gone, *(folder for folder, _, _ in taken)):
                for table in _TABLES:
                    self._database.execute(f"DELETE FROM {table} WHERE folder = ?", (folder,))
            for folder, stamp, found in taken:
                self._insert("folders", (folder, stamp, found if isinstance(found, str) else ""))
                if not isinstance(found, str):
                    self._take(found)

    def _take(self, entry: Entry) -> None:
        session = entry.session
        self._insert("sessions", tuple(getattr(session, name) for name in _SESSION))
        for tag in session.tags:
            self._insert("tags", (session.folder, tag))
        for one in session.sets:
            self._insert("sets", (session.folder, *astuple(one)))
        rows = [(session.folder, *(getattr(rep, name) for name in REP_COLUMNS)) for rep in entry.reps]
        self._database.executemany(f"INSERT INTO reps VALUES ({_places(len(REP_COLUMNS) + 1)})", rows)

    def _insert(self, table: str, values: tuple[Any, ...]) -> None:
        self._database.execute(f"INSERT INTO {table} VALUES ({_places(len(values))})", values)

    def sessions(self) -> list[Session]:
        """Every session, newest first."""
        tags: dict[str, list[str]] = {}
        for folder, tag in self._database.execute("SELECT folder, tag FROM tags ORDER BY folder, tag"):
            tags.setdefault(folder, []).append(tag)
        sets: dict[str, list[LibrarySet]] = {}
        for folder, *values in self._database.execute("SELECT * FROM sets ORDER BY folder, number"):
            sets.setdefault(folder, []).append(LibrarySet(*values))
        rows = self._database.execute("SELECT * FROM sessions ORDER BY began_s DESC, folder DESC")
        return [
            Session(
                **dict(zip(_SESSION, row, strict=True)),
                tags=tuple(tags.get(row[0], ())),
                sets=tuple(sets.get(row[0], ())),
            )
            for row in rows
        ]

    def broken(self) -> dict[str, str]:
        """What is wrong with each folder that could not be taken up."""
        return dict(self._database.execute("SELECT folder, problem FROM folders WHERE problem != '' ORDER BY folder"))

    def reps(self, folders: Iterable[str] | None = None) -> dict[str, list[RepRow]]:
        """The rows of reps by folder, in time; of all folders, or of some."""
        order = "ORDER BY folder, set_number, rep_number, start_s"
        found: dict[str, list[RepRow]] = {}
        if folders is None:
            rows = [self._database.execute(f"SELECT * FROM reps {order}")]
        else:
            rows = [self._database.execute(f"SELECT * FROM reps WHERE folder = ? {order}", (f,)) for f in folders]
        for folder, *values in (row for some in rows for row in some):
            found.setdefault(folder, []).append(RepRow(*values))
        return found


def _places(count: int) -> str:
    return ", ".join("?" * count)


def open_index(home: Path | None) -> tuple[Index, str]:
    """The index of a library (None: one in memory), and a sentence where it had to be begun anew ('' otherwise).

    One that is damaged is set aside under another name; one of another version is replaced. The caller holds the
    library's lock. Raises OutputError where the file cannot be opened or written.
    """
    if home is None:
        return _begin(sqlite3.connect(":memory:", isolation_level=None)), ""
    path = home / INDEX
    said = ""
    try:
        if path.exists() and (trouble := _trouble(path)):
            said = _put_aside(path, trouble)
        connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return (_begin(connection) if empty else Index(connection)), said
    except (sqlite3.Error, OSError) as error:
        raise OutputError(
            f"the index cannot be opened ({error})",
            path=str(path),
            advice="Check the folder, its permissions and the free space; the index may be deleted, the sessions stay.",
        ) from error


def _begin(connection: sqlite3.Connection) -> Index:
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    return Index(connection)


def _trouble(path: Path) -> str:
    """'damaged' or 'of another version', '' where the file is an index of ours (or still empty)."""
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_S)) as connection:
            schema = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
            if not schema:
                return ""
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION or schema != set(_SCHEMA):
                return "of another version"
            return "" if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok" else "damaged"
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _DAMAGED:
            raise
        return "damaged"


def _put_aside(path: Path, trouble: str) -> str:
    """Make room for a new index; what is damaged is kept, what is only old is not."""
    for leftover in ("-journal", "-wal", "-shm"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    if trouble == "of another version":
        path.unlink()
        return "The index of sessions was of another version and has been made anew."
    aside = path.with_name(f"index.damaged-{secrets.token_hex(3)}.sqlite")
    path.rename(aside)
    return f"The index of sessions was damaged. It is set aside as {aside.name} and has been made anew."
