"""One program at a time: a lock on the library that the system itself lets go of when a program dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imu_hinge.errors import LibraryError, OutputError

__all__ = ["locked"]

_NAME: Final = ".lock"
_WAIT_S: Final = 0.02

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def locked(home: Path, *, patience_s: float = 30.0) -> Iterator[None]:
    """Hold the library of that folder (which is there) for as long as the block takes.

    Raises LibraryError where another program holds it for longer than ``patience_s``, OutputError where the folder
    cannot be written.
    """
    path = home / _NAME
    try:
        file = path.open("a+b")
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror or error})",
            path=str(path),
            advice="Check the folder and its permissions; IMU_HINGE_HOME names another place.",
        ) from error
    with file:  # closing lets go of the lock
        until_s = time.monotonic() + patience_s
        while True:
            try:
                _take(file.fileno())
                break
            except OSError as error:
                if time.monotonic() > until_s:
                    raise LibraryError(
                        "another program is using the library of sessions",
                        where=str(home),
                        advice="Wait until it is done and try again.",
                    ) from error
                time.sleep(_WAIT_S)
        yield
