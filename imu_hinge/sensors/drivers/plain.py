"""What sensors have in common that only stream: they keep nothing, answer no pings, and remember no place."""

from __future__ import annotations

from typing import Final

from imu_hinge.errors import LinkError, ProtocolError
from imu_hinge.sensors.clock import Exchange
from imu_hinge.sensors.driver import Books, Port, Refilled

__all__ = ["BATTERY_UUID", "PlainConversation", "PlainDecoder", "read_text"]

BATTERY_UUID: Final = "00002a19-0000-1000-8000-00805f9b34fb"


class PlainDecoder:
    """The part of a Decoder that is the same for all of them; a family adds ``feed`` and keeps the counts."""

    def __init__(self) -> None:
        self.received = 0
        self.lost = 0
        self.overrange = 0
        self.repeated = 0
        self.refused = 0

    @property
    def books(self) -> Books:
        """The counts so far."""
        return Books(
            received=self.received,
            lost=self.lost,
            repeated=self.repeated,
            overrange=self.overrange,
            refused=self.refused,
        )

    @property
    def holes(self) -> tuple[tuple[int, int], ...]:
        """None: what is lost stays lost."""
        return ()

    @property
    def wants_about(self) -> bool:
        """Never."""
        return False

    def expect(self, start: int, stop: int) -> None:
        """Nothing comes twice."""

    def give_up(self, start: int, stop: int) -> None:
        """Nothing was hoped for."""

    def forget(self) -> None:
        """Nothing is missed."""


class PlainConversation:
    """The part of a Conversation that is the same; ``who`` names the sensor in messages."""

    def __init__(self, port: Port, who: str = "?") -> None:
        self._port = port
        self.who = who

    async def battery(self) -> int | None:
        """The Battery Service's level, %; None where there is none."""
        try:
            value = await self._port.read(BATTERY_UUID)
        except ProtocolError:
            return None
        return value[0] if value and value[0] <= 100 else None

    async def ping(self) -> Exchange:
        """It has no clock to ask for."""
        raise self._cannot("tell its time")

    async def refill(self, start: int, stop: int) -> Refilled:
        """It keeps nothing."""
        raise self._cannot("send samples again")

    async def identify(self, seconds: int) -> int:
        """A family that can blink does so itself."""
        raise self._cannot("blink")

    async def set_role(self, role: str | None) -> None:
        """It does not remember its place; this computer does."""
        raise self._cannot("remember where it is worn")

    def _cannot(self, what: str) -> LinkError:
        return LinkError(f"this sensor cannot {what}", clip=self.who, advice="Leave this out for it.")


async def read_text(port: Port, uuid: str) -> str:
    """A characteristic with text in it, ``unknown`` where the sensor has none."""
    try:
        value = await port.read(uuid)
    except ProtocolError:
        return "unknown"
    return value.decode("utf-8", errors="replace").strip("\0 ")
