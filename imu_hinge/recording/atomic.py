"""Writing a file all or nothing: under a temporary name beside it, then renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from imu_hinge.errors import OutputError

__all__ = ["write_atomically"]


def write_atomically(path: str | Path, pieces: Iterable[str], *, overwrite: bool = False) -> None:
    """Write pieces of text (UTF-8) to ``path``; on failure nothing is left behind, an old file is untouched.

    Raises OutputError where ``path`` exists (unless ``overwrite``) or cannot be written.
    """
    path = Path(path)
    if path.is_dir() or (path.exists() and not overwrite):
        raise OutputError("already exists", path=str(path), advice="Choose another name.")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        file = temporary.open("x", encoding="utf-8", newline="\n")
        try:
            with file:
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            path=str(path),
            advice="Check the folder, its permissions and the free space.",
        ) from error
