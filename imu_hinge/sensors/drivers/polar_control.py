"""The control point of Polar's measurement service: what a sensor offers, starting and stopping its measurements.

A request is an operation, a measurement type, and settings as (type, count, values); its answer comes as indications
F0, operation, type, status, whether more follow, settings. Source: Polar's "Online measurement" specification.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from imu_hinge.errors import LinkError, ProtocolError, RefusedError
from imu_hinge.sensors.driver import Port
from imu_hinge.sensors.drivers.polar_frames import Measurement

__all__ = ["CONTROL_UUID", "Operation", "PmdControl", "SettingType", "Status", "decode_settings", "encode_settings"]

CONTROL_UUID: Final = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
_ANSWER: Final = 0xF0
_FEATURES: Final = 0x0F
_TIMEOUT_S: Final = 5.0
_LONGEST: Final = 4096
"""Bytes of one answer, whatever a sensor says of more to come."""


class Operation(IntEnum):
    """What is asked."""

    SETTINGS = 1
    START = 2
    STOP = 3


class SettingType(IntEnum):
    """What a setting is about; ranges in g and deg/s, ``FACTOR`` what one step is worth."""

    RATE = 0
    RESOLUTION = 1
    RANGE = 2
    RANGE_MILLI = 3
    CHANNELS = 4
    FACTOR = 5


_FORMATS: Final = {
    SettingType.RATE: "H",
    SettingType.RESOLUTION: "H",
    SettingType.RANGE: "H",
    SettingType.RANGE_MILLI: "I",
    SettingType.CHANNELS: "B",
    SettingType.FACTOR: "f",
}


class Status(IntEnum):
    """Status codes of answers."""

    OK = 0
    INVALID_OPERATION = 1
    INVALID_MEASUREMENT = 2
    NOT_SUPPORTED = 3
    INVALID_LENGTH = 4
    INVALID_PARAMETER = 5
    ALREADY_IN_STATE = 6
    INVALID_RESOLUTION = 7
    INVALID_RATE = 8
    INVALID_RANGE = 9
    INVALID_MTU = 10
    INVALID_CHANNELS = 11
    INVALID_STATE = 12
    IN_CHARGER = 13
    DISK_FULL = 14


_ADVICE: Final = {
    Status.ALREADY_IN_STATE: "Stop the recording that runs on it, or switch it off and on.",
    Status.INVALID_STATE: "Choose the sensor mode with its button (the lamp beside the heart), and try again.",
    Status.IN_CHARGER: "Take it off the charger.",
    Status.INVALID_RATE: "Ask for another rate.",
    Status.INVALID_RANGE: "Ask for another range.",
}


def encode_settings(chosen: Mapping[SettingType, float]) -> bytes:
    """One value for each setting, as a start request holds them."""
    parts = (
        struct.pack(f"<BB{_FORMATS[kind]}", kind, 1, value if kind is SettingType.FACTOR else int(value))
        for kind, value in chosen.items()
    )
    return b"".join(parts)


def decode_settings(data: bytes) -> dict[SettingType, tuple[float, ...]]:
    """The values of each setting. What comes after a setting of an unknown type cannot be told and is left out.

    Raises ProtocolError where values are cut off.
    """
    settings: dict[SettingType, tuple[float, ...]] = {}
    offset = 0
    while offset + 2 <= len(data):
        if data[offset] not in tuple(SettingType):
            return settings
        kind, count = SettingType(data[offset]), data[offset + 1]
        layout = struct.Struct(f"<{count}{_FORMATS[kind]}")
        offset += 2
        if len(data) < offset + layout.size:
            raise ProtocolError("its settings are cut off", payload=data, advice="Connect again.")
        settings[kind] = layout.unpack_from(data, offset)
        offset += layout.size
    return settings


class PmdControl:
    """Requests over one connection, one at a time; answers to others are dropped."""

    def __init__(self, port: Port, clip: str, timeout_s: float = _TIMEOUT_S) -> None:
        self._port = port
        self.clip = clip
        self._timeout_s = timeout_s
        self._one_at_a_time = asyncio.Lock()
        self._waiting: tuple[Operation, Measurement, bytearray, asyncio.Future[int]] | None = None
        self._more = False

    async def open(self) -> frozenset[int]:
        """Switch its indications on; gives the measurement types it has."""
        said = await self._port.read(CONTROL_UUID)
        if len(said) < 2 or said[0] != _FEATURES:
            raise ProtocolError(
                "it does not say what it measures", payload=said, clip=self.clip, advice="Update its firmware."
            )
        await self._port.subscribe(CONTROL_UUID, self._on_indication)
        bits = int.from_bytes(said[1:], "little")
        return frozenset(kind for kind in range(bits.bit_length()) if bits >> kind & 1)

    async def ask(
        self,
        operation: Operation,
        measurement: Measurement,
        chosen: Mapping[SettingType, float] | None = None,
    ) -> dict[SettingType, tuple[float, ...]]:
        """A request; gives the settings in its answer.

        Raises RefusedError where the status is not OK, LinkError where no answer comes in time.
        """
        request = bytes([operation, measurement]) + encode_settings(chosen or {})
        async with self._one_at_a_time:
            answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            parameters = bytearray()
            self._waiting, self._more = (operation, measurement, parameters, answered), False
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._port.write(CONTROL_UUID, request)
                    status = await answered
            except TimeoutError as error:
                raise LinkError(
                    f"it does not answer ({operation.name.lower()} {measurement.name.lower()})",
                    clip=self.clip,
                    advice="Bring it closer; if that does not help switch it off and on.",
                ) from error
            finally:
                self._waiting = None
        if status != Status.OK:
            raise self._refused(operation, measurement, status)
        return decode_settings(bytes(parameters))

    def _refused(self, operation: Operation, measurement: Measurement, status: int) -> RefusedError:
        known = status in tuple(Status)
        words = Status(status).name.lower().replace("_", " ") if known else f"status {status}"
        return RefusedError(
            f"it refuses to {operation.name.lower()} {measurement.name.lower().replace('_', ' ')}: {words}",
            status=status,
            clip=self.clip,
            advice=_ADVICE.get(Status(status), "Switch it off and on.") if known else "Switch it off and on.",
        )

    def _on_indication(self, payload: bytearray) -> None:
        if self._waiting is None or not payload:
            return
        operation, measurement, parameters, answered = self._waiting
        if self._more:
            # The rest of a long answer begins with whether still more follows.
            self._collect(payload, 0, parameters, answered, Status.OK)
        elif payload[0] == _ANSWER and bytes(payload[1:3]) == bytes([operation, measurement]) and len(payload) > 3:
            self._collect(payload, 4, parameters, answered, payload[3])

    def _collect(
        self, payload: bytearray, more_at: int, parameters: bytearray, answered: asyncio.Future[int], status: int
    ) -> None:
        parameters += payload[more_at + 1 :]
        self._more = len(payload) > more_at and bool(payload[more_at]) and status == Status.OK
        if (not self._more or len(parameters) > _LONGEST) and not answered.done():
            answered.set_result(status)
