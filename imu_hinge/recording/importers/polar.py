"""Polar Sense (Verity Sense): one text file per sensor, as the app Polar Sensor Logger writes.

``Phone timestamp;sensor timestamp [ns];X [mg];Y [mg];Z [mg]`` for the accelerometer and ``[dps]`` for the
gyroscope. Verified on a public pair of files of a Polar Sense (2022, 52 Hz, 8.5 minutes, the sample data of the
library BIOBSS); the names of the files and the column ``timestamp [ms]`` of some programs are from public
programs that read such files.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from imu_hinge.errors import ImportRefusedError
from imu_hinge.recording.importers.clock_text import clock_times
from imu_hinge.recording.importers.host_clock import fit_host_line
from imu_hinge.recording.importers.streams import SensorFile, ascending_stream
from imu_hinge.recording.importers.text_table import TextTable
from imu_hinge.recording.importers.units import FACTORS, Quantity

__all__ = ["read_polar"]

_PHONE: Final = "phone timestamp"
_SENSOR: Final = re.compile(r"(?:sensor )?timestamp \[ns\]", re.IGNORECASE)
_AXIS: Final = re.compile(r"([XYZ]) ?\[(mg|g|dps|deg/s|G|[uµμ]T)\]")  # [G] is gauss, a magnetometer's
_UNITS: Final[dict[str, tuple[Quantity, str]]] = {
    "mg": ("acc", "mg"),
    "g": ("acc", "g"),
    "dps": ("gyr", "deg_s"),
    "deg/s": ("gyr", "deg_s"),
}


def read_polar(table: TextTable) -> SensorFile | None:
    """One sensor's samples on its own clock, and the line to the phone's; None where it is no such file.

    Raises ImportRefusedError for a magnetometer, SampleError for rows that cannot be.
    """
    names = [name.lower() for name in table.columns]
    clocks = [index for index, name in enumerate(table.columns) if _SENSOR.fullmatch(name)]
    if _PHONE not in names or len(clocks) != 1:
        return None
    axes = {m[1]: (i, m[2]) for i, name in enumerate(table.columns) if (m := _AXIS.fullmatch(name))}
    units = {unit for _, unit in axes.values()}
    if set(axes) != set("XYZ") or len(units) != 1 or not units <= set(_UNITS):
        raise ImportRefusedError(
            f"it is no accelerometer's or gyroscope's file: it has the columns {', '.join(table.columns)}",
            path=table.path,
            advice="Give the files that end in _ACC.txt and _GYRO.txt.",
        )
    quantity, unit = _UNITS[units.pop()]
    values = np.stack([table.numbers(axes[axis][0]) for axis in "XYZ"], axis=1) * FACTORS[quantity][unit]
    clock = table.numbers(clocks[0]) * FACTORS["time"]["ns"]
    stream = ascending_stream(table, clock, values)
    phone = clock_times(table, names.index(_PHONE))
    stamped = np.isfinite(phone)
    line = fit_host_line(clock[stamped], phone[stamped]) if stamped.any() else None
    return SensorFile(quantity, stream, line)
