"""What a foreign column holds, told from its name: quantity, axis, unit, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from imu_hinge.recording.importers.units import FACTORS, Quantity, unit_named

__all__ = ["CHANNELS", "Column", "clip_columns", "complete_groups", "describe", "time_columns"]

_ACC: Final[Quantity] = "acc"
_GYR: Final[Quantity] = "gyr"
CHANNELS: Final = tuple((quantity, axis) for quantity in (_ACC, _GYR) for axis in "xyz")
"""The six channels of a clip, in the order of a recording."""

_QUANTITIES: Final[Mapping[str, Quantity]] = {
    **dict.fromkeys(("a", "acc", "accel", "accelerometer", "acceleration"), _ACC),
    **dict.fromkeys(("g", "w", "gyr", "gyro", "gyroscope", "omega", "angvel", "rotationrate"), _GYR),
}
_JOINED: Final = re.compile(rf"({'|'.join(sorted(_QUANTITIES, key=len, reverse=True))})([xyz])")
_GYR_PAIRS: Final = (("angular", "velocity"), ("angular", "rate"), ("rotation", "rate"))
_NOT_RAW: Final = frozenset(
    (
        *("free", "lin", "linear", "user", "gravity", "grav", "earth", "world", "global", "delta"),
        *("mag", "magnetometer", "quat", "quaternion", "euler"),
    )
)
_FILLING: Final = frozenset(("axis", "data", "sensor", "imu"))
_TIME_RANKS: Final = (("epoch", "epoc"), ("fine",), ("time", "timestamp", "seconds"), ("elapsed",))
_CLIP_WORDS: Final = frozenset(("clip", "device", "location", "placement", "segment", "sensorid", "deviceid"))


@dataclass(frozen=True)
class Column:
    """One column: ``quantity`` and ``axis`` if recognised, ``unit`` if named, ``label`` the other words."""

    index: int
    name: str
    quantity: Quantity | None
    axis: str | None
    unit: str | None
    label: str
    words: tuple[str, ...]


def describe(index: int, name: str) -> Column:
    """Tell what a column holds from its name: ``thigh_acc_x_m_s2``, ``Gyr_X (deg/s)``, ``ax [g]``."""
    bracket = re.search(r"[(\[]([^)\]]*)[)\]]", name)
    base = name if bracket is None else name[: bracket.start()] + name[bracket.end() :]
    base, suffix_units = (base, {}) if bracket else _without_unit(base)
    words = tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+", base))
    quantity, axis, rest = _recognise(words)
    unit = None
    if quantity is not None:
        unit = unit_named(bracket[1], quantity) if bracket else suffix_units.get(quantity)
        if not bracket and unit is None and suffix_units:  # the suffix was no unit of this quantity after all
            rest += next(iter(suffix_units.values())).split("_")
    return Column(index, name, quantity, axis, unit, "_".join(rest), words)


def complete_groups(columns: Iterable[Column]) -> dict[str, dict[tuple[Quantity, str], Column]]:
    """Columns of acceleration and angular rate by label; a channel named twice keeps its first column."""
    groups: dict[str, dict[tuple[Quantity, str], Column]] = {}
    for column in columns:
        if column.quantity in ("acc", "gyr") and column.axis is not None:
            groups.setdefault(column.label, {}).setdefault((column.quantity, column.axis), column)
    return groups


def time_columns(columns: Iterable[Column]) -> list[Column]:
    """Columns that may hold the time, the likeliest first; those with a named unit before the others."""
    times = [column for column in columns if column.quantity == "time"]
    return sorted(times, key=lambda column: (column.unit is None, _time_rank(column.words), column.index))


def clip_columns(columns: Iterable[Column]) -> list[Column]:
    """Columns that may say which clip a row belongs to."""
    return [
        column
        for column in columns
        if column.quantity is None and ("".join(column.words) in _CLIP_WORDS or column.words == ("sensor",))
    ]


def _recognise(words: tuple[str, ...]) -> tuple[Quantity | None, str | None, list[str]]:
    if _NOT_RAW & set(words):
        return None, None, list(words)
    rest = [word for word in words if word not in _FILLING]
    quantity: Quantity | None = None
    axis: str | None = None
    for pair in _GYR_PAIRS:
        if all(word in rest for word in pair):
            quantity = _GYR
            rest = [word for word in rest if word not in pair]
    for word in tuple(rest):
        joined = _JOINED.fullmatch(word)
        if quantity is None and joined:
            quantity, axis = _QUANTITIES[joined[1]], joined[2]
        elif quantity is None and word in _QUANTITIES:
            quantity = _QUANTITIES[word]
        elif axis is None and word in ("x", "y", "z"):
            axis = word
        else:
            continue
        rest.remove(word)
    if quantity and axis:
        return quantity, axis, rest
    is_time = words == ("t",) or any(word in rank for rank in _TIME_RANKS for word in words)
    return ("time" if is_time else None), None, list(words)


def _without_unit(name: str) -> tuple[str, dict[Quantity, str]]:
    """The name without a unit at its end, and that unit by every quantity it can belong to."""
    for match in re.finditer(r"[\s_.\-]+", name):
        tail = name[match.end() :]
        units = {quantity: unit for quantity in FACTORS if (unit := unit_named(tail, quantity))}
        if units:
            return name[: match.start()], units
    return name, {}


def _time_rank(words: tuple[str, ...]) -> int:
    ranks = (rank for rank, names in enumerate(_TIME_RANKS) if any(word in names for word in words))
    return next(ranks, len(_TIME_RANKS))
