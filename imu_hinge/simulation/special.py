"""Exercises that leave the feet, the floor or the balance: sit-to-stand, jump, bridge, sprint start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from imu_hinge.simulation.sets import SetPlan
from imu_hinge.simulation.stage import Stage

__all__ = ["SPECIAL_SETS"]

SPECIAL_SETS: Final[Mapping[str, Callable[[Stage, SetPlan], None]]] = MappingProxyType({})
"""Exercise -> how its set is performed, where it differs from standing reps."""
