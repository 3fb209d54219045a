"""Movella (Xsens) DOT: what its app and SDK export, one CSV per sensor.

Lines ``sep=,``, ``DeviceTag:``, ``FirmwareVersion:``, in real-time exports ``SyncStatus:`` and ``Measurement
Mode:``, then the columns ``PacketCounter,SampleTimeFine,`` and what the mode or the recording holds; m/s2,
deg/s, and microseconds since the sensor was switched on, in 32 bits (user manual XD0502P, section 4.2).
Verified on public exports: five recordings with Euler angles, acceleration and angular velocity (firmware 1.6,
120 Hz) and five real-time exports with orientation and free acceleration (firmware 2.0), which are refused. The
columns of the other modes are those that the app's own logger writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from imu_hinge.errors import ImportRefusedError
from imu_hinge.recording.importers.text_table import TextTable
from imu_hinge.recording.importers.units import Quantity
from imu_hinge.recording.model import ClipSamples, FloatArray

__all__ = ["DOT_TIME", "DOT_UNITS", "is_xsens_dot", "on_one_clock", "refuse_without_rates", "unwrapped"]

DOT_TIME: Final = "SampleTimeFine"
DOT_UNITS: Final[Mapping[Quantity, str]] = {"time": "us", "acc": "m_s2", "gyr": "deg_s"}
_SENSORS: Final[Mapping[str, str]] = {"accelerometer": "Acc", "gyroscope": "Gyr"}
_TAG: Final = "DeviceTag:"
_SYNC: Final = "SyncStatus:"
_MODE: Final = "Measurement Mode:"
_WRAPS_US: Final = 2**32
_WRAPS_S: Final = _WRAPS_US / 1e6
_HEAD_BYTES: Final = 4096
_SYNC_ADVICE: Final = "Synchronise the sensors in the app before you measure, and record again."


def is_xsens_dot(table: TextTable) -> bool:
    """Other Xsens exports share its column names, not its units; only its own starts with the device tag."""
    return DOT_TIME in table.columns and _TAG in table.preamble


def unwrapped(ticks: FloatArray) -> FloatArray:
    """``SampleTimeFine`` (N,), us, without its steps back by 2^32 (every 71.6 minutes)."""
    wraps = np.diff(ticks, prepend=ticks[:1]) < -_WRAPS_US / 2
    return ticks + np.cumsum(wraps) * _WRAPS_US


def refuse_without_rates(table: TextTable) -> None:
    """Raise ImportRefusedError where acceleration or angular velocity is not in the export."""
    lacking = [
        sensor for sensor, prefix in _SENSORS.items() if any(f"{prefix}_{axis}" not in table.columns for axis in "XYZ")
    ]
    if not lacking:
        return
    mode = _line_after(table.preamble, _MODE)
    raise ImportRefusedError(
        f"it has no {' and no '.join(lacking)}, which the hip angle needs ("
        + (f"mode: {mode}; " if mode else "")
        + f"columns: {', '.join(table.columns)})",
        path=table.path,
        advice="Export raw acceleration and angular velocity instead: on a DOT measure in the mode 'Rate "
        "quantities' or 'Custom mode 5', or select both quantities when you export a recording.",
    )


def on_one_clock(clips: Iterable[ClipSamples], origins: Mapping[str, Path]) -> list[ClipSamples]:
    """The clips with those of DOTs (``origins`` names each clip's file) on one clock.

    Synchronised sensors share a clock but for when it last passed 2^32. Raises ImportRefusedError where the
    sensors of several clips were not synchronised.
    """
    clips = list(clips)
    heads = {name: head for name, path in origins.items() if _TAG in (head := _head(path)) and DOT_TIME in head}
    dots = [clip for clip in clips if clip.name in heads]
    if len(dots) < 2:
        return clips
    for name, head in heads.items():
        status = _line_after(head, _SYNC)
        if status is not None and status.lower() != "synced":
            raise _not_shared(f"the sensor of clip '{name}' was not synchronised ('{_SYNC} {status}')", origins[name])
    first = dots[0]
    moved = {first.name: first}
    for clip in dots[1:]:
        turns = round((_middle(first) - _middle(clip)) / _WRAPS_S)
        moved[clip.name] = replace(clip, time_s=clip.time_s + turns * _WRAPS_S)
    _check_overlap(list(moved.values()), origins)
    return [moved.get(clip.name, clip) for clip in clips]


def _check_overlap(dots: Sequence[ClipSamples], origins: Mapping[str, Path]) -> None:
    first = dots[0]
    for clip in dots[1:]:
        if max(clip.time_s[0], first.time_s[0]) >= min(clip.time_s[-1], first.time_s[-1]):
            apart = abs(_middle(clip) - _middle(first))
            what = f"the clocks of clips '{first.name}' and '{clip.name}' are {apart:.0f} s apart"
            raise _not_shared(what, origins[clip.name])


def _not_shared(what: str, path: Path) -> ImportRefusedError:
    return ImportRefusedError(f"{what}, so that the clips have no common clock", path=str(path), advice=_SYNC_ADVICE)


def _middle(clip: ClipSamples) -> float:
    return float(clip.time_s[0] + clip.time_s[-1]) / 2


def _head(path: Path) -> str:
    if not path.is_file():  # a pipe was read already and cannot be looked at again
        return ""
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES).decode("utf-8", errors="replace")


def _line_after(text: str, key: str) -> str | None:
    for line in text.splitlines():
        if line.startswith(key):
            return line.removeprefix(key).strip(", \t\r")
    return None
