"""WitMotion: what its apps and its PC software record, one text file of one or several devices.

Three layouts, in English and the first also in Chinese, separated by tabs or commas, in UTF-8 or GB18030:

- app: ``time DeviceName AccX(g) ... AsX(°/s) ... AngleX(°) ...``, newer ones with ``ChipTime()``, often ``null``;
- PC software: ``Time, Device name, Chip Time(), Acceleration X(g), ... Angular velocity X(°/s), ...``;
- its SDK's examples and older software: ``ChipTime ax(g) ... wx(deg/s) ...``.

From documentation only, that is from public programs that read such files and from rows they show; no whole
export was at hand. Those rows show that ``Chip Time()`` may stand still over many samples (it is a register that
is seldom read), that several samples share one host time, and that an app which appends to a file writes the
column row again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import CLIPS
from imu_hinge.errors import ImportRefusedError, SampleError
from imu_hinge.recording.importers.clock_text import clock_times
from imu_hinge.recording.importers.columns import CHANNELS
from imu_hinge.recording.importers.host_clock import count_times, counted_warning, fit_host_line
from imu_hinge.recording.importers.streams import foreign_clip, left_out_warning
from imu_hinge.recording.importers.text_table import MISSING, TextTable
from imu_hinge.recording.importers.units import FACTORS, Quantity, unit_named
from imu_hinge.recording.model import ClipSamples, FloatArray

__all__ = ["import_witmotion", "is_witmotion"]

_ENGLISH: Final = (("加速度", "Acc"), ("角速度", "As"), ("时间", "Time"), ("设备名称", "DeviceName"))
_ELAPSED: Final = "time(s)"
_HOST: Final = ("time", _ELAPSED)
_CHIP: Final = "chiptime"
_DEVICE: Final = "devicename"
_QUANTITIES: Final[Mapping[str, Quantity]] = {
    **dict.fromkeys(("acc", "acceleration", "a"), CHANNELS[0][0]),
    **dict.fromkeys(("as", "angularvelocity", "w"), CHANNELS[3][0]),
}
_CHANNEL: Final = re.compile(rf"({'|'.join(_QUANTITIES)})([xyz])\((.+)\)")
_LARGEST_STEP_BACK_S: Final = 0.1
_CLOSEST_CLOCK_S: Final = 1.0
"""A chip's clock that strays further from the host's was set, or stood still, during the recording."""


def is_witmotion(table: TextTable) -> bool:
    """Whether the columns are those of a WitMotion recording."""
    names = [_plain(name) for name in table.columns]
    return (_DEVICE in names or _CHIP in names) and any(_CHANNEL.fullmatch(name) for name in names)


def import_witmotion(table: TextTable, labels: Mapping[str, str | None]) -> tuple[list[ClipSamples], list[str]]:
    """Clips of one recording on the clock of its host, and warnings.

    ``labels`` maps clip names to a device's name or an unmistakable part of it, such as its address; None where
    the file holds one device. Empty: devices are called like clips. Times are the chip's where it stamped every
    sample, else they are counted (see ``count_times``). Raises ImportRefusedError, SampleError.
    """
    table = table.blanked(_repeated_header(table))
    names = [_plain(name) for name in table.columns]
    host, chip = _clock(table, names, _HOST), _clock(table, names, (_CHIP,))
    if host is None:
        host = chip
    if host is None:
        raise ImportRefusedError(
            f"no column of time (columns found: {', '.join(table.columns)})",
            path=table.path,
            advice="Export the recording with its times.",
        )
    acc, gyr = _vectors(table, names)
    clips, warnings = [], []
    for name, owned in _devices(table, names, labels).items():
        rows = owned & np.isfinite(host)
        _check_advancing(table, host, rows)
        time = np.full(len(host), np.nan)
        stamped = None if chip is None else _chip_times(chip[rows], host[rows])
        if stamped is None:
            counted = count_times(host[rows], path=table.path)
            warnings.append(counted_warning(f"clip '{name}'", counted))
            stamped = counted.time_s
        time[rows] = stamped
        clip, _ = foreign_clip(name, time, acc, gyr, path=table.path, line=table.line)
        clips.append(clip)
        if len(clip) < owned.sum():
            warnings.append(left_out_warning(int(owned.sum()) - len(clip), name))
    return clips, warnings


def _check_advancing(table: TextTable, host_s: FloatArray, rows: NDArray[np.bool_]) -> None:
    back = np.flatnonzero(np.diff(host_s[rows]) < -_LARGEST_STEP_BACK_S)
    if len(back):
        raise SampleError(
            f"time goes back by {-np.diff(host_s[rows])[back[0]]:.3f} s",
            path=table.path,
            line=table.line + int(np.flatnonzero(rows)[back[0] + 1]),
            advice="The clock was set, or two recordings are in one file: split it here.",
        )


def _chip_times(chip_s: FloatArray, host_s: FloatArray) -> FloatArray | None:
    """The chip's stamps on the host's clock, or None where they are not one for each sample."""
    if len(chip_s) < 2 or not np.isfinite(chip_s).all() or (np.diff(chip_s) <= 0).any():
        return None
    line = fit_host_line(chip_s, host_s)
    return line(chip_s) if line.scatter_s < _CLOSEST_CLOCK_S and line.rate > 0 else None


def _devices(table: TextTable, names: list[str], labels: Mapping[str, str | None]) -> dict[str, NDArray[np.bool_]]:
    """Clip names and the rows (N,) of their devices."""
    texts = table.texts(names.index(_DEVICE)) if _DEVICE in names else ["the only device"] * table.frame.height
    owner = np.array(texts, dtype=object)
    found = [device for device in dict.fromkeys(texts) if device]
    wanted = dict(labels) or {name: name for name in CLIPS if name in found}
    listed = ", ".join(map(repr, found[:12])) or "none"
    picked: dict[str, NDArray[np.bool_]] = {}
    for name, label in wanted.items():
        fitting = (
            found
            if label is None
            else [d for d in found if d == label] or [device for device in found if label.lower() in device.lower()]
        )
        if len(fitting) != 1:
            what = "several devices" if label is None else f"{len(fitting)} devices called '{label}'"
            raise ImportRefusedError(
                f"it holds {what if found else 'no device'}, not one (devices found: {listed})",
                path=table.path,
                advice=f"Say which: --clip {name}=DEVICE, with the file as input.",
            )
        picked[name] = np.asarray(owner == fitting[0])
    if not picked:
        raise ImportRefusedError(
            f"nothing says which device is which clip (devices found: {listed})",
            path=table.path,
            advice="Say it: --clip thigh=DEVICE, once for each clip.",
        )
    return picked


def _clock(table: TextTable, names: list[str], wanted: tuple[str, ...]) -> FloatArray | None:
    """The first of the wanted columns that holds times, s; None where there is none or it is empty."""
    for index, name in enumerate(names):
        if name in wanted and any(text.lower() not in MISSING for text in table.texts(index)):
            return table.numbers(index) if name == _ELAPSED else clock_times(table, index)
    return None


def _vectors(table: TextTable, names: list[str]) -> tuple[FloatArray, FloatArray]:
    """Accelerations, m/s2, and angular rates, rad/s, (N, 3) each."""
    columns: dict[tuple[Quantity, str], FloatArray] = {}
    for index, name in enumerate(names):
        match = _CHANNEL.fullmatch(name)
        if match is None:
            continue
        quantity = _QUANTITIES[match[1]]
        unit = unit_named(match[3], quantity)
        if unit is None:
            raise ImportRefusedError(
                f"column '{table.columns[index]}' does not say its unit",
                path=table.path,
                advice="Give the file as the app wrote it, with accelerations in g and rates in °/s.",
            )
        columns.setdefault((quantity, match[2]), table.numbers(index) * FACTORS[quantity][unit])
    lacking = [f"{quantity}_{axis}" for quantity, axis in CHANNELS if (quantity, axis) not in columns]
    if lacking:
        what = "no gyroscope, which the hip angle needs" if "gyr_x" in lacking else f"no {', '.join(lacking)}"
        raise ImportRefusedError(
            f"it has {what} (columns: {', '.join(table.columns)})",
            path=table.path,
            advice="Switch acceleration and angular velocity on in the app's settings, and record again.",
        )
    vectors = [columns[channel] for channel in CHANNELS]
    return np.stack(vectors[:3], axis=1), np.stack(vectors[3:], axis=1)


def _repeated_header(table: TextTable) -> NDArray[np.bool_]:
    """Rows (N,) that are the column row once more."""
    first = np.array(table.texts(0), dtype=object)
    return np.asarray(first == table.columns[0]) & (table.columns[0] != "")


def _plain(name: str) -> str:
    """A column's name in English, lower case, without spaces and empty brackets."""
    for chinese, english in _ENGLISH:
        name = name.replace(chinese, english)
    return name.replace(" ", "").replace("()", "").lower()
