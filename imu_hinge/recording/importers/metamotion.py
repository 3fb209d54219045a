"""MetaMotion and MetaWear: one CSV per sensor, epoch in ms, acceleration in g, angular rate in deg/s."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from imu_hinge.errors import ImportRefusedError, SampleError
from imu_hinge.recording.importers.streams import Stream, foreign_clip, merge_streams
from imu_hinge.recording.importers.text_table import TextTable, read_text_table
from imu_hinge.recording.importers.units import FACTORS, Quantity, unit_named
from imu_hinge.recording.model import ClipSamples

__all__ = ["MetaFile", "import_pair", "is_meta_name", "pair_of"]

_NAME: Final = re.compile(r"_([0-9A-F]{12})_(Accelerometer|Gyroscope)_", re.IGNORECASE)
_AXIS: Final = re.compile(r"([xyz])[- ]axis \((.+)\)", re.IGNORECASE)
_EPOCH: Final = re.compile(r"epoch? \(ms\)", re.IGNORECASE)
_ADVICE: Final = "Give the accelerometer's and the gyroscope's CSV as MetaBase exports them."


@dataclass(frozen=True)
class MetaFile:
    """A file name as MetaBase writes it: device id (12 hexadecimal digits) and sensor."""

    path: Path
    device: str
    quantity: Quantity


def is_meta_name(path: Path) -> bool:
    """Whether a file name looks like MetaBase's."""
    return _NAME.search(path.name) is not None


def pair_of(device: str, paths: Iterable[Path]) -> tuple[Path, Path]:
    """The accelerometer's and the gyroscope's file of one device, told by the file names.

    Raises ImportRefusedError where either is missing or there are several.
    """
    files = [file for path in paths if (file := _meta_file(path))]
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


def import_pair(name: str, first: Path, second: Path) -> ClipSamples:
    """Clip ``name`` from the files of its two sensors, in either order; times in s since 1970.

    The two rates may differ; see ``merge_streams``. Raises ImportRefusedError, SampleError.
    """
    streams: dict[Quantity, Stream] = {}
    for path in (first, second):
        quantity, stream = _read_sensor(read_text_table(path))
        streams[quantity] = stream
    if len(streams) != 2:
        only = "accelerometers" if "acc" in streams else "gyroscopes"
        raise ImportRefusedError(f"both files are of {only}", path=f"{first}, {second}", advice=_ADVICE)
    where = f"{first}, {second}"
    time, acc, gyr = merge_streams(streams["acc"], streams["gyr"], path=where)
    return foreign_clip(name, time, acc, gyr, path=where, line=None)[0]


def _meta_file(path: Path) -> MetaFile | None:
    match = _NAME.search(path.name)
    if match is None:
        return None
    return MetaFile(path, match[1].upper(), "acc" if match[2].lower() == "accelerometer" else "gyr")


def _read_sensor(table: TextTable) -> tuple[Quantity, Stream]:
    axes = {m[1].lower(): (i, m[2]) for i, name in enumerate(table.columns) if (m := _AXIS.fullmatch(name))}
    epochs = [index for index, name in enumerate(table.columns) if _EPOCH.fullmatch(name)]
    units = {unit for _, unit in axes.values()}
    quantities: tuple[Quantity, ...] = ("acc", "gyr")
    known = [(q, unit) for q in quantities for text in units if (unit := unit_named(text, q))]
    if len(epochs) != 1 or set(axes) != set("xyz") or len(known) != 1:
        raise ImportRefusedError(
            f"not a MetaMotion file: it has the columns {', '.join(table.columns)}",
            path=table.path,
            advice=_ADVICE,
        )
    quantity, unit = known[0]
    time = table.numbers(epochs[0]) * FACTORS["time"]["ms"]
    values = np.stack([table.numbers(axes[axis][0]) for axis in "xyz"], axis=1) * FACTORS[quantity][unit]
    bad = ~np.isfinite(time) | ~np.isfinite(values).all(axis=1)
    bad[1:] |= np.diff(time) <= 0
    if bad.any():
        raise SampleError(
            "the row is incomplete, or its time is not later than the one before",
            path=table.path,
            line=table.line + int(np.argmax(bad)),
            advice="Delete the line.",
        )
    return quantity, Stream(time, values)
