"""One clip's clock against the common one: pings in, times out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from imu_hinge.sensors.driver import Exchange, FloatArray
from imu_hinge.sensors.timeline import Timeline

__all__ = ["ClipClock"]
