"""Which recordings a batch is about: folders, globs and files, in an order that stays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from imu_hinge.errors import RecordingError

__all__ = ["Found", "Item", "find_recordings"]

_GLOB: Final = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Item:
    """A file that is, or may be, a recording.

    ``label`` tells it from all others: the name of the folder it was looked for in, and its path from there.
    ``named``: somebody asked for this file, so that it is an error if it is no recording.
    """

    label: str
    path: str
    named: bool


@dataclass(frozen=True)
class Found:
    """Files in the order of their labels, and folders that could not be read with the reason."""

    items: tuple[Item, ...]
    unreadable: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Root:
    """A folder to look in, and what matches there: a pattern, or all of it (None)."""

    folder: Path
    pattern: str | None
    file: str | None = None


def find_recordings(inputs: Iterable[str], out: Path) -> Found:
    """The files that folders (recursively ``*.csv``), globs and file names mean; each file once, none of ``out``.

    Hidden files and folders, and links to folders inside a folder, are left out. Raises RecordingError where an input
    is neither, and where nothing is found.
    """
    names = list(inputs)
    roots = [_root(name) for name in names]
    labels = _labels([root.folder for root in roots])
    unreadable: list[tuple[str, str]] = []
    found: dict[str, Item] = {}
    for root, label in zip(roots, labels, strict=True):
        for path, named in _files(root, out, unreadable):
            shown = PurePath(label, path.relative_to(root.folder)).as_posix()
            found.setdefault(str(path), Item(shown, str(path), named))
    if not found and not unreadable:
        raise RecordingError(
            "no recordings there",
            path=", ".join(names),
            advice="Name folders with CSV files in them, CSV files, or a glob in quotes such as 'team/**/*.csv'.",
        )
    return Found(tuple(sorted(found.values(), key=lambda item: item.label)), tuple(unreadable))


def _root(name: str) -> _Root:
    path = Path(os.path.abspath(name))  # noqa: PTH100 - resolve() would follow links, which names are not to change by
    if path.is_dir():
        return _Root(path, None)
    if path.exists() or path.is_symlink():
        return _Root(path.parent, None, path.name)
    if not _GLOB & set(name):
        raise RecordingError("no such file or folder", path=name, advice="Check the name.")
    parts = path.parts
    first = next(i for i, part in enumerate(parts) if _GLOB & set(part))
    return _Root(Path(*parts[:first]), str(Path(*parts[first:])))


def _labels(folders: list[Path]) -> list[str]:
    """As many of the last parts of each folder's path as tell them all apart."""
    different = set(folders)
    for count in range(1, 1 + max((len(folder.parts) for folder in folders), default=1)):
        labels = {folder: "/".join(p for p in folder.parts[-count:] if p != folder.anchor) for folder in different}
        if len(set(labels.values())) == len(different):
            break
    return [labels[folder] for folder in folders]


def _files(root: _Root, out: Path, unreadable: list[tuple[str, str]]) -> Iterator[tuple[Path, bool]]:
    if root.file is not None:
        yield root.folder / root.file, True
    elif root.pattern is None:
        yield from ((path, False) for path in _below(root.folder, out, unreadable))
    else:
        for path in sorted(root.folder.glob(root.pattern)):
            if any(part[0] == "." for part in path.relative_to(root.folder).parts) or _is_in(path, out):
                continue
            if path.is_dir():
                yield from ((inner, False) for inner in _below(path, out, unreadable))
            elif _may_be_read(path):
                yield path, True


def _below(folder: Path, out: Path, unreadable: list[tuple[str, str]]) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        unreadable.append((str(error.filename), f"the folder cannot be read ({error.strerror or error})"))

    ours = os.path.realpath(out)
    for here, folders, files in os.walk(folder, onerror=refused):
        folders[:] = sorted(f for f in folders if f[0] != "." and os.path.realpath(Path(here, f)) != ours)
        for name in sorted(files):
            path = Path(here, name)
            if name[0] != "." and name.lower().endswith(".csv") and _may_be_read(path):
                yield path


def _is_in(path: Path, out: Path) -> bool:
    return path.resolve().is_relative_to(out.resolve())


def _may_be_read(path: Path) -> bool:
    """A file, or a link to nothing (which is worth a word); no pipe, which would keep us waiting."""
    return path.is_file() or (path.is_symlink() and not path.exists())
