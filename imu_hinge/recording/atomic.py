"""Writing files all or nothing: under temporary names beside their places, then renamed."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from imu_hinge.errors import OutputError

__all__ = ["write_all_or_nothing"]


def write_all_or_nothing(
    files: Mapping[Path, str | bytes | Iterable[str]],
    *,
    overwrite: bool,
    remove: Sequence[Path] = (),
    make_folders: bool = False,
) -> list[Path]:
    """Write text (UTF-8, whole or in pieces) or bytes to every path, and remove the ``remove`` that are there; gives
    the paths.

    Raises OutputError where a path exists (unless ``overwrite``) or cannot be written. Then, as after any other
    exception, every file and folder is as it was.
    """
    for path in files:
        if path.is_dir():
            raise OutputError("is a folder", path=str(path), advice="Choose another name.")
        if path.exists() and not overwrite:
            raise OutputError("already exists", path=str(path), advice="Choose another name.")
    made: list[Path] = []
    temporary: dict[Path, Path] = {}
    kept: list[tuple[Path, Path | None]] = []
    at = next(iter(files), Path())
    try:
        for at, content in files.items():
            if make_folders:
                made += _made_folders(at.parent)
            temporary[at] = at.with_name(f".{at.name}.{secrets.token_hex(4)}.tmp")
            _write(temporary[at], content)
        for at in files:
            kept.append((at, _kept_aside(at)))
            temporary[at].replace(at)
        for at in remove:
            kept.append((at, _kept_aside(at)))
            at.unlink(missing_ok=True)
    except BaseException as error:
        _put_back(kept)
        for path in temporary.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        if not isinstance(error, OSError):
            raise
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            path=str(at),
            advice="Choose another place, or check the folder, its permissions and the free space.",
        ) from error
    for _, aside in kept:
        if aside is not None:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
    return list(files)


def _made_folders(folder: Path) -> list[Path]:
    """The folders that had to be made, outermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _write(path: Path, content: str | bytes | Iterable[str]) -> None:
    pieces = (content,) if isinstance(content, (str, bytes)) else content
    with path.open("xb") as file:
        for piece in pieces:
            file.write(piece if isinstance(piece, bytes) else piece.encode())
        file.flush()
        os.fsync(file.fileno())


def _kept_aside(path: Path) -> Path | None:
    """A second name for the file about to go, or a copy where the disk knows no second names."""
    if not path.exists():
        return None
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.before")
    try:
        aside.hardlink_to(path)
    except OSError:
        try:
            shutil.copy2(path, aside)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
    return aside


def _put_back(kept: list[tuple[Path, Path | None]]) -> None:
    for path, aside in kept:
        with suppress(OSError):
            if aside is None:
                path.unlink(missing_ok=True)
            else:
                aside.replace(path)
                # Renaming one name of a file to its other name does nothing and leaves both.
                aside.unlink(missing_ok=True)
