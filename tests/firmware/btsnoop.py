"""Captures as Wireshark reads them: btsnoop files of HCI packets, written from the file format's description."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Capture"]

HANDLE = 0x0040
EPOCH_US = 0x00DCDDB30F2F8000
"""Microseconds from year 0 to 1970, as btsnoop counts."""


class Capture:
    """One connection between a host (the capturing side) and a clip.

    GATT discovery must be in it: from there Wireshark knows which handle is which.
    """

    def __init__(self) -> None:
        self._records: list[bytes] = []
        self._time = EPOCH_US + 1_700_000_000_000_000
        # LE Connection Complete: the capturing side is the central.
        complete = struct.pack("<BBHBB6sHHHB", 1, 0, HANDLE, 0, 1, bytes.fromhex("665544332211"), 24, 0, 400, 0)
        self._hci(4, bytes([0x3E, len(complete)]) + complete, received=True)

    def _hci(self, kind: int, data: bytes, *, received: bool) -> None:
        packet = bytes([kind]) + data
        flags = int(received) | (2 if kind in (1, 4) else 0)
        self._time += 10_000
        self._records.append(struct.pack(">IIIIQ", len(packet), len(packet), flags, 0, self._time) + packet)

    def att(self, data: bytes, *, received: bool) -> None:
        """An ATT message, from the clip (received) or to it."""
        l2cap = struct.pack("<HH", len(data), 4) + data
        acl = struct.pack("<HH", HANDLE | (0x2000 if received else 0), len(l2cap)) + l2cap
        self._hci(2, acl, received=received)

    def discover(self, service: bytes, characteristics: Sequence[tuple[int, int, bytes]]) -> None:
        """What a host asks first: MTU, the service, its characteristics (value handle, properties, UUID)."""
        self.att(b"\x02\x05\x02", received=False)
        self.att(b"\x03\x05\x02", received=True)
        last = characteristics[-1][0] + 1
        self.att(struct.pack("<BHHH", 0x10, 1, 0xFFFF, 0x2800), received=False)
        self.att(struct.pack("<BBHH", 0x11, 20, 0x10, last) + service, received=True)
        at = 0x10
        for handle, properties, uuid in characteristics:
            self.att(struct.pack("<BHHH", 0x08, at, last, 0x2803), received=False)
            declaration = struct.pack("<HBH", handle - 1, properties, handle)
            self.att(bytes([0x09, 2 + 3 + len(uuid)]) + declaration + uuid, received=True)
            at = handle + 1

    def notify(self, handle: int, value: bytes) -> None:
        """A notification."""
        self.att(struct.pack("<BH", 0x1B, handle) + value, received=True)

    def indicate(self, handle: int, value: bytes) -> None:
        """An indication."""
        self.att(struct.pack("<BH", 0x1D, handle) + value, received=True)

    def write_request(self, handle: int, value: bytes) -> None:
        """A write request."""
        self.att(struct.pack("<BH", 0x12, handle) + value, received=False)

    def read(self, handle: int, value: bytes) -> None:
        """A read and its response."""
        self.att(struct.pack("<BH", 0x0A, handle), received=False)
        self.att(b"\x0b" + value, received=True)

    def save(self, path: Path) -> Path:
        """Write the file."""
        path.write_bytes(b"btsnoop\0" + struct.pack(">II", 1, 1002) + b"".join(self._records))
        return path
