"""Folders of sessions: which there are, whether they have changed, and how one is removed."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from imu_hinge.errors import LibraryError, OutputError, one_line

__all__ = ["ADDED", "RECORDING", "SUMMARY", "SessionFolder", "is_plain_name", "remove_folder", "scan"]

SUMMARY: Final = "summary.json"
RECORDING: Final = "recording.csv"
ADDED: Final = "session.json"
_WATCHED: Final = (SUMMARY, ADDED, RECORDING)
_GOING: Final = ".deleting-"


@dataclass(frozen=True)
class SessionFolder:
    """A folder of the library as it stands on the disk.

    ``name`` is what it is called (escaped where it is no text); ``stamp`` changes when one of its files does;
    ``problem`` says why it is not looked into, '' where it is.
    """

    name: str
    path: Path
    stamp: str
    problem: str = ""


def scan(home: Path) -> list[SessionFolder]:
    """The sessions' folders in order of their names; hidden ones and those that hold nothing of ours are none.

    Links are not followed. Raises OutputError where the library cannot be read.
    """
    found = []
    try:
        entries = sorted(os.scandir(home), key=lambda entry: entry.name)
    except OSError as error:
        raise OutputError(f"cannot be read ({error.strerror or error})", path=str(home)) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path, name = Path(entry.path), _text(entry.name)
        if entry.is_symlink():
            if path.is_dir():
                found.append(SessionFolder(name, path, "link", "is a link, and links are not followed"))
        elif not entry.is_dir(follow_symlinks=False):
            continue
        elif name != entry.name:
            found.append(SessionFolder(name, path, "name", "its name is no text; rename the folder"))
        elif stamp := _stamp(path):
            found.append(SessionFolder(name, path, stamp))
    return found


def _text(name: str) -> str:
    """A file's name as text, with what is none of it (bytes in no known script) escaped."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _stamp(folder: Path) -> str:
    """Size, time and identity of the files that matter; '' where none of them is there."""
    parts = []
    for file in _WATCHED:
        try:
            seen = (folder / file).lstat()
        except OSError:
            continue
        parts.append(f"{file}:{seen.st_mode}:{seen.st_size}:{seen.st_mtime_ns}:{seen.st_ino}")
    return " ".join(parts)


def is_plain_name(name: str) -> bool:
    """Whether it names something directly inside a folder, and nothing else on any system."""
    return bool(name) and name not in (".", "..") and not set(name) & set("/\\\0") and Path(name).name == name


def remove_folder(home: Path, name: str) -> None:
    """Remove one session's folder and what is in it, and nothing that it points to.

    Raises LibraryError where the name is no folder directly inside ``home`` (a link, a path), OutputError where it
    cannot be removed.
    """
    if not is_plain_name(name):
        raise LibraryError(f"{name!r} is not the name of a session", where=str(home))
    path = home / name
    try:
        if not stat.S_ISDIR(path.lstat().st_mode):
            raise LibraryError(
                "is a link or a file, not a session's folder",
                where=one_line(str(path)),
                advice="Remove it by hand if it should go.",
            )
        going = home / f"{_GOING}{secrets.token_hex(4)}"
        path.rename(going)
        for left in home.glob(f"{_GOING}*"):
            if not left.is_symlink():
                shutil.rmtree(left)
    except OSError as error:
        raise OutputError(
            f"cannot be removed ({error.strerror or error})", path=str(path), advice="Check its permissions."
        ) from error
