"""Numpy archives (.npz) with documented array names.

For each clip, with ``<clip>_`` in front of every name, or with no prefix where the file holds one clip:

- ``acc_m_s2`` (N, 3), or ``acc_g``, ``acc_mg``; ``acc`` alone is m/s2;
- ``gyr_rad_s`` (N, 3), or ``gyr_deg_s``; ``gyr`` alone is rad/s;
- ``time_s`` (N,), or ``time_ms``, ``time_us``; or a scalar ``rate_hz`` or ``rate``: then time starts at 0.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import CLIPS
from imu_hinge.errors import ImportRefusedError, RecordingError
from imu_hinge.recording.importers.streams import foreign_clip
from imu_hinge.recording.importers.units import FACTORS, Quantity
from imu_hinge.recording.model import ClipSamples, FloatArray
from imu_hinge.recording.source import LIMIT_BYTES

__all__ = ["import_npz"]

_BARE_UNITS: Mapping[Quantity, str] = {"acc": "m_s2", "gyr": "rad_s"}


def import_npz(path: Path, clip: str | None = None) -> tuple[list[ClipSamples], list[str]]:
    """Clips of an archive, and warnings; ``clip`` names the clip of a file whose names have no prefix.

    Raises ImportRefusedError listing the arrays found where those documented above are missing.
    """
    arrays = _load(path)
    prefixes = {name: f"{name}_" for name in CLIPS if any(key.startswith(f"{name}_") for key in arrays)}
    if clip is not None:
        prefixes = {clip: prefixes.get(clip, "")}
    if not prefixes:
        raise ImportRefusedError(
            f"no array names say which clip this is (found: {', '.join(arrays) or 'no arrays'})",
            path=str(path),
            advice="Say it: --clip thigh=FILE.npz.",
        )
    clips, warnings = [], []
    for name, prefix in prefixes.items():
        acc, gyr = (_vectors(arrays, prefix, quantity, path) for quantity in ("acc", "gyr"))
        time = _time(arrays, prefix, len(acc), path)
        if not len(time) == len(acc) == len(gyr):
            raise ImportRefusedError(
                f"clip '{name}' has {len(time)} times, {len(acc)} accelerations and {len(gyr)} rates",
                path=str(path),
                advice="Give arrays of one length.",
            )
        samples, missing = foreign_clip(name, time, acc, gyr, path=str(path), line=None)
        clips.append(samples)
        warnings += [f"{missing} samples of clip '{name}' with NaN were left out."] if missing else []
    return clips, warnings


def _load(path: Path) -> dict[str, NDArray[np.generic]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > LIMIT_BYTES:
                raise ImportRefusedError(
                    "the arrays are larger than 1 GiB", path=str(path), advice="Split the recording."
                )
        with np.load(path, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    except FileNotFoundError as error:
        raise RecordingError("no such file", path=str(path), advice="Check the name.") from error
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ImportRefusedError(
            f"cannot be read as a numpy archive ({error})",
            path=str(path),
            advice="Write it with numpy.savez.",
        ) from error


def _vectors(arrays: Mapping[str, NDArray[np.generic]], prefix: str, quantity: Quantity, path: Path) -> FloatArray:
    names = {f"{prefix}{quantity}_{unit}": factor for unit, factor in FACTORS[quantity].items()}
    names[f"{prefix}{quantity}"] = FACTORS[quantity][_BARE_UNITS[quantity]]
    for name, factor in names.items():
        if name in arrays:
            array = arrays[name]
            if array.ndim != 2 or array.shape[1] != 3 or array.dtype.kind not in "fiu":
                raise _refused(f"array '{name}' is {array.dtype} {array.shape}, not numbers (N, 3)", path)
            return array.astype(np.float64) * factor
    raise _refused(f"no array {' or '.join(names)} (found: {', '.join(arrays)})", path)


def _time(arrays: Mapping[str, NDArray[np.generic]], prefix: str, count: int, path: Path) -> FloatArray:
    for unit, factor in FACTORS["time"].items():
        array = arrays.get(f"{prefix}time_{unit}")
        if array is not None:
            if array.ndim != 1 or array.dtype.kind not in "fiu":
                raise _refused(f"array '{prefix}time_{unit}' is {array.dtype} {array.shape}, not (N,)", path)
            return array.astype(np.float64) * factor
    for name in (f"{prefix}rate_hz", f"{prefix}rate", "rate_hz", "rate"):
        array = arrays.get(name)
        if array is not None:
            rate = float(array.astype(np.float64).item()) if array.size == 1 and array.dtype.kind in "fiu" else 0.0
            if not 0 < rate < float("inf"):
                raise _refused(f"array '{name}' is not one positive number", path)
            return np.arange(count) / rate
    raise _refused(f"no array {prefix}time_s or {prefix}rate_hz (found: {', '.join(arrays)})", path)


def _refused(what: str, path: Path) -> ImportRefusedError:
    return ImportRefusedError(
        what, path=str(path), advice="Name arrays like thigh_time_s, thigh_acc_m_s2 and thigh_gyr_rad_s."
    )
