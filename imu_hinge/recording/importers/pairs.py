"""Clips whose accelerometer and gyroscope come in a file each: MetaMotion and Polar."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from imu_hinge.errors import ImportRefusedError
from imu_hinge.recording.importers.host_clock import counted_warning
from imu_hinge.recording.importers.metamotion import read_metamotion
from imu_hinge.recording.importers.polar import read_polar
from imu_hinge.recording.importers.streams import SensorFile, foreign_clip, merge_streams
from imu_hinge.recording.importers.text_table import TextTable, read_text_table
from imu_hinge.recording.importers.units import Quantity
from imu_hinge.recording.model import ClipSamples

__all__ = ["import_pair", "is_sensor_name", "pair_of", "read_sensor"]

_NAMES: Final = (
    re.compile(r"_([0-9A-F]{12})_(Accelerometer|Gyroscope)[_.]", re.IGNORECASE),
    re.compile(r"^Polar_\w*?_([0-9A-F]{8})_\d{8}_?\d{6}_(ACC|GYRO?)\b", re.IGNORECASE),
)
_STAMP_S: Final = 1e-3
"""Stamps are written in milliseconds."""
_ADVICE: Final = "Give the accelerometer's and the gyroscope's file as MetaBase or Polar Sensor Logger write them."


@dataclass(frozen=True)
class _NamedFile:
    """What a file name tells: the device (8 or 12 hexadecimal digits) and its sensor."""

    path: Path
    device: str
    quantity: Quantity


def is_sensor_name(path: Path) -> bool:
    """Whether a file name says its device and sensor, as MetaBase and Polar Sensor Logger name their files."""
    return _named_file(path) is not None


def pair_of(device: str, paths: Iterable[Path]) -> tuple[Path, Path]:
    """The accelerometer's and the gyroscope's file of one device, told by the file names.

    Raises ImportRefusedError where either is missing or there are several.
    """
    files = [file for path in paths if (file := _named_file(path))]
    wanted = device.upper().replace(":", "")
    mine = {q: [f.path for f in files if f.device == wanted and f.quantity == q] for q in ("acc", "gyr")}
    if len(mine["acc"]) == 1 and len(mine["gyr"]) == 1:
        return mine["acc"][0], mine["gyr"][0]
    devices = ", ".join(sorted({file.device for file in files})) or "none"
    raise ImportRefusedError(
        f"device '{device}' has {len(mine['acc'])} accelerometer and {len(mine['gyr'])} gyroscope files "
        f"among the inputs, not one each (devices found: {devices})",
        advice="Name the files: --clip thigh=ACC.csv,GYR.csv.",
    )


def read_sensor(table: TextTable) -> SensorFile | None:
    """The one sensor of a file, or None where it is not of a kind known here."""
    return read_metamotion(table) or read_polar(table)


def import_pair(name: str, first: Path, second: Path) -> tuple[list[ClipSamples], list[str]]:
    """Clip ``name`` from the files of its two sensors, in either order, and warnings.

    The sensors are merged on their own clock (see ``merge_streams`` for rates that differ) and then put on the
    clock of the phone, which other clips share; the warning says how well its stamps tell that: some apps stamp
    only the first packet of each sensor on arrival. Raises ImportRefusedError, SampleError.
    """
    sensors: dict[Quantity, SensorFile] = {}
    warnings: list[str] = []
    for path in (first, second):
        table = read_text_table(path)
        sensor = read_sensor(table)
        if sensor is None:
            raise ImportRefusedError(
                f"neither a MetaMotion nor a Polar file: it has the columns {', '.join(table.columns)}",
                path=table.path,
                advice=_ADVICE,
            )
        if sensor.counted:
            warnings.append(counted_warning(f"{path.name} (clip '{name}')", sensor.counted))
        sensors[sensor.quantity] = sensor
    where = f"{first}, {second}"
    if len(sensors) != 2:
        only = "accelerometers" if "acc" in sensors else "gyroscopes"
        raise ImportRefusedError(f"both files are of {only}", path=where, advice=_ADVICE)
    acc_line, gyr_line = sensors["acc"].to_host, sensors["gyr"].to_host
    if (acc_line is None) != (gyr_line is None):
        raise ImportRefusedError("the two files do not share a clock", path=where, advice=_ADVICE)
    time, acc, gyr = merge_streams(sensors["acc"].stream, sensors["gyr"].stream, path=where)
    if acc_line is not None and gyr_line is not None:
        on_acc, on_gyr = acc_line(time), gyr_line(time)
        apart = float(np.median(on_acc - on_gyr))
        time = on_gyr if apart > 0 else on_acc  # the one with less delay
        uncertain = max(abs(apart), acc_line.scatter_s, gyr_line.scatter_s, _STAMP_S)
        warnings.append(
            f"Clip '{name}' is on the phone's clock, which its stamps tell to {1000 * uncertain:.0f} ms: "
            f"two clips may be that far apart."
        )
    return [foreign_clip(name, time, acc, gyr, path=where, line=None)[0]], warnings


def _named_file(path: Path) -> _NamedFile | None:
    for pattern in _NAMES:
        match = pattern.search(path.name)
        if match is not None:
            return _NamedFile(path, match[1].upper(), "acc" if match[2].lower().startswith("acc") else "gyr")
    return None
