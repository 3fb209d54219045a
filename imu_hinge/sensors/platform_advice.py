"""What to do about Bluetooth on Linux, macOS and Windows."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason

from imu_hinge.errors import AdapterError

__all__ = ["FORGET", "PAIR", "advice_for", "no_service", "unavailable"]

Reason = BleakBluetoothNotAvailableReason

PAIR: Final = "Switch it off and on, or hold its button for 3 s, and try again within a minute."
FORGET: Final = "Forget the clip in the system's Bluetooth settings and connect again."

_WORDS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.NO_BLUETOOTH: "there is no Bluetooth adapter",
        Reason.NO_BLE_CENTRAL_ROLE: "the Bluetooth adapter knows no Low Energy",
        Reason.POWERED_OFF: "Bluetooth is switched off",
        Reason.DENIED_BY_USER: "this program may not use Bluetooth",
        Reason.DENIED_BY_SYSTEM: "the system does not let this program use Bluetooth",
        Reason.DENIED_BY_UNKNOWN: "this program may not use Bluetooth",
        Reason.UNKNOWN: "Bluetooth is not available",
    }
)
_ADVICE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "linux": {
            "missing": "Plug in an adapter and start the service: sudo systemctl start bluetooth.",
            "off": "Switch it on: bluetoothctl power on (rfkill unblock bluetooth if that fails).",
            "mtu": "update BlueZ to 5.62 or later, or use another adapter.",
            "interval": "look at MinConnectionInterval in /etc/bluetooth/main.conf.",
            "denied": "Join the bluetooth group: sudo usermod -aG bluetooth $USER, then log in again.",
        },
        "darwin": {
            "missing": "Plug in an adapter, or use a Mac that has one.",
            "off": "Switch it on in the menu bar's Control Centre.",
            "mtu": "switch Bluetooth off and on.",
            "interval": "disconnect other Bluetooth devices, headphones first.",
            "denied": "Allow your terminal under System Settings, Privacy and Security, Bluetooth.",
        },
        "win32": {
            "missing": "Plug in an adapter with Bluetooth 4.2 or later, and look for it in the Device Manager.",
            "off": "Switch it on under Settings, Bluetooth and devices.",
            "mtu": "update the adapter's driver.",
            "interval": "disconnect other Bluetooth devices, headphones first, and update the adapter's driver.",
            "denied": "Allow it under Settings, Privacy and security, Radios.",
        },
    }
)


def advice_for(what: str, platform: str = sys.platform) -> str:
    """Advice about ``missing``, ``off``, ``denied``, ``mtu`` or ``interval``; ``platform`` like sys.platform."""
    return _ADVICE.get(platform, _ADVICE["linux"])[what]


def no_service(error: Exception, platform: str = sys.platform) -> AdapterError:
    """Bluetooth cannot even be asked: no D-Bus or no bluetoothd, or no permission to talk to them."""
    text = str(error)
    what = "denied" if "AccessDenied" in text or isinstance(error, PermissionError) else "missing"
    what = "off" if "NotReady" in text else what
    return AdapterError("the system's Bluetooth does not answer", advice=advice_for(what, platform))


def unavailable(error: BleakBluetoothNotAvailableError, platform: str = sys.platform) -> AdapterError:
    """Why there is no Bluetooth, and what to do about it here."""
    reason = error.reason
    if reason is Reason.POWERED_OFF:
        what = "off"
    elif reason in (Reason.DENIED_BY_USER, Reason.DENIED_BY_SYSTEM, Reason.DENIED_BY_UNKNOWN):
        what = "denied"
    else:
        what = "missing"
    return AdapterError(_WORDS[reason], advice=advice_for(what, platform))
