"""Sensor families, one module each; ``DRIVERS`` lists those that are tried, in this order."""

from __future__ import annotations

from typing import Final

from imu_hinge.sensors.driver import Driver
from imu_hinge.sensors.drivers.imu_hinge import ImuHingeDriver
from imu_hinge.sensors.drivers.metamotion import MetaMotionDriver
from imu_hinge.sensors.drivers.movella_dot import MovellaDotDriver
from imu_hinge.sensors.drivers.polar import PolarDriver
from imu_hinge.sensors.drivers.witmotion import WitMotionDriver

__all__ = ["DRIVERS"]

DRIVERS: Final[tuple[Driver, ...]] = (
    ImuHingeDriver(),
    WitMotionDriver(),
    MetaMotionDriver(),
    PolarDriver(),
    MovellaDotDriver(),
)
