"""Where bench calibrations are kept between sessions: one JSON file per clip serial."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from imu_hinge.errors import FormatError
from imu_hinge.fusion.bench import BenchCalibration, load_bench
from imu_hinge.recording.model import ClipSamples

__all__ = ["clip_store", "load_for", "store_name"]


def clip_store() -> Path:
    """The user's directory of clip calibrations; IMU_HINGE_HOME overrides the place."""
    home = os.environ.get("IMU_HINGE_HOME")
    if home:
        return Path(home) / "clips"
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "imu_hinge" / "clips"


def store_name(serial: str) -> str:
    """File name of a clip: its serial, or its name where it has none, made harmless."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", serial).lstrip(".") + ".json"


def load_for(clips: Mapping[str, ClipSamples], directory: Path | None) -> dict[str, BenchCalibration]:
    """Calibrations of the given clips, found by serial or else by name in ``directory`` (by default the user's own).

    Raises FormatError for a file that is none, and for a directory that was named and is not there.
    """
    if directory is not None and not directory.is_dir():
        raise FormatError(
            "no such folder of clip calibrations",
            path=str(directory),
            advice="Make one with imu-hinge calibrate-clip --out.",
        )
    found = {}
    place = clip_store() if directory is None else directory
    for name, clip in clips.items():
        for key in (k for k in (clip.serial, name) if k):
            path = place / store_name(key)
            if path.is_file():
                found[name] = load_bench(path)
                break
    return found
