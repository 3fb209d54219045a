"""Where sessions are kept: one folder each, named after when they began."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

__all__ = ["new_folder", "sessions_home", "unfinished"]

_RESULT: Final = "summary.json"
_RECORDING: Final = "recording.csv"


def sessions_home() -> Path:
    """The user's folder of sessions; IMU_HINGE_HOME overrides the place."""
    home = os.environ.get("IMU_HINGE_HOME")
    return (Path(home) if home else Path.home() / "imu_hinge") / "sessions"


def new_folder(home: Path, now_s: float) -> Path:
    """A folder for a session that begins now (s since 1970), named in local time; not made yet."""
    name = time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(now_s))
    folders = (home / (name if n == 1 else f"{name}_{n}") for n in range(1, 1000))
    return next(folder for folder in folders if not folder.exists())


def unfinished(home: Path) -> Path | None:
    """The newest session, where it broke off: recorded, and nothing made of it."""
    if not home.is_dir():
        return None
    folders = sorted(folder for folder in home.iterdir() if (folder / _RECORDING).is_file())
    if not folders or (folders[-1] / _RESULT).exists():
        return None
    return folders[-1]
