"""Units of foreign files: how they are spelt, and the factor that makes them SI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import pi
from typing import Final, Literal, TypeAlias

from imu_hinge.conventions import GRAVITY_M_S2

__all__ = ["FACTORS", "Quantity", "unit_named"]

Quantity: TypeAlias = Literal["time", "acc", "gyr"]

FACTORS: Final[Mapping[Quantity, Mapping[str, float]]] = {
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9},
    "acc": {"m_s2": 1.0, "g": GRAVITY_M_S2, "mg": GRAVITY_M_S2 / 1000},
    "gyr": {"rad_s": 1.0, "deg_s": pi / 180, "mdeg_s": pi / 180_000},
}
"""Units by quantity, and what one of each is in s, m/s2 and rad/s."""

_SPELLINGS: Final[Mapping[Quantity, Mapping[str, str]]] = {
    "time": {"sec": "s", "second": "s", "seconds": "s", "msec": "ms", "usec": "us", "µs": "us", "μs": "us"},
    "acc": {
        **dict.fromkeys(("ms2", "mss", "ms^2", "ms²", "mps2", "m/s/s", "m/s2", "m/s^2", "m/s²"), "m_s2"),
        **dict.fromkeys(("m_s^2", "m_s_s", "m/sec^2", "m/sec2"), "m_s2"),
    },
    "gyr": {
        **dict.fromkeys(("deg/s", "deg/sec", "°/s", "°/sec", "dps", "degs", "degrees/s", "deg_sec"), "deg_s"),
        **dict.fromkeys(("rad/s", "rad/sec", "rads", "radians/s", "rad_sec"), "rad_s"),
        **dict.fromkeys(("mdps", "mdeg/s"), "mdeg_s"),
    },
}


def unit_named(text: str, quantity: Quantity) -> str | None:
    """The unit of ``quantity`` that ``text`` spells (``deg/s``, ``dps``, ``m/s^2``, ...), or None."""
    plain = re.sub(r"\s", "", text).lower()
    return plain if plain in FACTORS[quantity] else _SPELLINGS[quantity].get(plain)
