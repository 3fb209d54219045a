"""Sensor families, one module each; ``DRIVERS`` lists those that are tried, in this order."""

from __future__ import annotations

from typing import Final

from imu_hinge.sensors.driver import Driver
from imu_hinge.sensors.drivers.imu_hinge import ImuHingeDriver
from imu_hinge.sensors.drivers.movella_dot import MovellaDotDriver
from imu_hinge.sensors.drivers.polar import PolarDriver

__all__ = ["DRIVERS"]

DRIVERS: Final[tuple[Driver, ...]] = (
    ImuHingeDriver(),
    PolarDriver(),
    MovellaDotDriver(),
)
