"""MetaMotion and MetaWear: one CSV per sensor, epoch in ms, acceleration in g, angular rate in deg/s.

Columns ``epoch (ms),time (01:00),elapsed (s),x-axis (g),y-axis (g),z-axis (g)`` as MetaBase exports them, with
``epoc`` and ``timestamp (+0200)`` in older versions, and ``(deg/s)`` for the gyroscope. Verified on a public
pair of files of MetaBase's (2019, logged, 12.5 and 25 Hz); the older names are from public programs that write
such files. Streamed samples arrive three to a packet and then share one stamp (MetaWear-SDK-iOS issue 1).
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from imu_hinge.recording.importers.host_clock import count_times
from imu_hinge.recording.importers.streams import SensorFile, Stream, ascending_stream
from imu_hinge.recording.importers.text_table import TextTable
from imu_hinge.recording.importers.units import FACTORS, Quantity, unit_named

__all__ = ["read_metamotion"]

_AXIS: Final = re.compile(r"([xyz])[- ]axis \((.+)\)", re.IGNORECASE)
_EPOCH: Final = re.compile(r"epoch? \(ms\)", re.IGNORECASE)
_BUNCHED_SHARE: Final = 0.1
"""With more repeated stamps than this the file was streamed in packets; a few are damage."""


def read_metamotion(table: TextTable) -> SensorFile | None:
    """One sensor's samples, times in s since 1970; None where it is no such file.

    Raises SampleError for rows that cannot be.
    """
    axes = {m[1].lower(): (i, m[2]) for i, name in enumerate(table.columns) if (m := _AXIS.fullmatch(name))}
    epochs = [index for index, name in enumerate(table.columns) if _EPOCH.fullmatch(name)]
    units = {unit for _, unit in axes.values()}
    quantities: tuple[Quantity, ...] = ("acc", "gyr")
    known = [(q, unit) for q in quantities for text in units if (unit := unit_named(text, q))]
    if len(epochs) != 1 or set(axes) != set("xyz") or len(known) != 1:
        return None
    quantity, unit = known[0]
    time = table.numbers(epochs[0]) * FACTORS["time"]["ms"]
    values = np.stack([table.numbers(axes[axis][0]) for axis in "xyz"], axis=1) * FACTORS[quantity][unit]
    if (np.diff(time) == 0).sum() <= _BUNCHED_SHARE * len(time):
        return SensorFile(quantity, ascending_stream(table, time, values))
    counted = count_times(ascending_stream(table, time, values, bunched=True).time_s, path=table.path)
    return SensorFile(quantity, Stream(counted.time_s, values), counted=counted)
