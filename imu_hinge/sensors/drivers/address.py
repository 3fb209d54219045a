"""Serial numbers for sensors that advertise none."""

from __future__ import annotations

from imu_hinge.sensors.driver import Advertised

__all__ = ["serial_of_address"]


def serial_of_address(seen: Advertised) -> str:
    """The address without colons in capitals: twelve hexadecimal digits, or on macOS the system's own UUID, which is
    another one on another computer; empty where the system says nothing."""
    return seen.address.replace(":", "").upper()
