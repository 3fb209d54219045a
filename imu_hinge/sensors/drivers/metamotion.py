"""MbientLab's MetaMotion R, RL and S.

They are told everything by commands to modules, and answer on the characteristic that also brings samples. Specific
force and angular rate are two streams without times; see `metamotion_decoder` for how they are paired and what that
cannot notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from imu_hinge.errors import ProtocolError
from imu_hinge.sensors.driver import (
    About,
    Advertised,
    Begun,
    Can,
    Decoder,
    Identity,
    Port,
    Setting,
    Told,
    Wanted,
)
from imu_hinge.sensors.drivers.address import serial_of_address
from imu_hinge.sensors.drivers.metamotion_board import (
    ACCELEROMETER,
    BLINK_MOST_S,
    CONFIG,
    GYROSCOPE,
    INFO,
    READ,
    Board,
    Setup,
    blink,
    link_wish,
)
from imu_hinge.sensors.drivers.metamotion_decoder import MetaMotionDecoder
from imu_hinge.sensors.drivers.plain import PlainConversation, read_text

__all__ = ["MetaMotionConversation", "MetaMotionDriver"]

_SERVICE_UUID: Final = "326a9000-85cb-9195-d9dd-464cfbbae75a"
_COMMAND_UUID: Final = "326a9001-85cb-9195-d9dd-464cfbbae75a"
_NOTIFY_UUID: Final = "326a9006-85cb-9195-d9dd-464cfbbae75a"
_FIRMWARE_UUID: Final = "00002a26-0000-1000-8000-00805f9b34fb"
_SERIAL_UUID: Final = "00002a25-0000-1000-8000-00805f9b34fb"
_ANSWER_S: Final = 1.0
_TRIES: Final = 3


class MetaMotionDriver:
    """Sensors that speak the MetaWear protocol and have a gyroscope."""

    name: Final = "MetaMotion"
    can: Final = Can.IDENTIFY
    services: Final = (_SERVICE_UUID,)

    def recognise(self, seen: Advertised) -> Identity | None:
        """By the service."""
        serial = serial_of_address(seen)
        return Identity(serial) if serial and _SERVICE_UUID in seen.service_uuids else None

    def decoder(self) -> MetaMotionDecoder:
        """A decoder for one sensor."""
        return MetaMotionDecoder()

    def converse(
        self,
        port: Port,
        decoder: Decoder,
        now: Callable[[], float],
        live: Callable[[bytearray], None],
        happened: Callable[[Told], None],
    ) -> MetaMotionConversation:
        """Talk over an open connection."""
        if not isinstance(decoder, MetaMotionDecoder):
            raise TypeError("a decoder of another family")
        return MetaMotionConversation(port, decoder, live)


class MetaMotionConversation(PlainConversation):
    """One open connection with one sensor."""

    def __init__(
        self, port: Port, decoder: MetaMotionDecoder, live: Callable[[bytearray], None] = lambda payload: None
    ) -> None:
        super().__init__(port)
        self._decoder = decoder
        self._live = live
        self._heads: tuple[bytes, ...] = ()
        self._awaited: tuple[bytes, asyncio.Future[bytes]] | None = None
        self._board: Board | None = None
        self._setup: Setup | None = None
        self._streams = 0
        self._about = About(self.who, "unknown", 0, None, sampling=False, sensor_fault=False)

    async def prepare(self) -> About:
        """Subscribe, and read what it is. Raises ProtocolError for a board without a gyroscope that is known."""
        boot = self._decoder.link()
        await self._port.subscribe(_NOTIFY_UUID, self._notified)
        self.who = await read_text(self._port, _SERIAL_UUID)
        firmware = await read_text(self._port, _FIRMWARE_UUID)
        acc_info, gyr_info = await self._ask(ACCELEROMETER, INFO), await self._ask(GYROSCOPE, INFO)
        self._board = Board.known(acc_info, gyr_info, self.who)
        self._about = About(self.who, firmware, boot, await self.battery(), sampling=False, sensor_fault=False)
        return self._about

    async def about(self) -> About:
        """What it said when it was prepared."""
        return self._about

    async def configure(self, wanted: Wanted) -> Setting:
        """End what streams, ask for a link that carries it, set rate and ranges and read them back.

        Raises ProtocolError where it does not take them.
        """
        board = self._known_board
        self._heads, self._setup = (), None
        await self._send((*board.end(), link_wish()))
        setup = board.setup(wanted)
        for module, config in ((ACCELEROMETER, setup.acc), (GYROSCOPE, setup.gyr)):
            await self._configure(module, config)
        self._setup = setup
        return Setting(setup.layout.rate_hz)

    async def start(self, *, resume: bool) -> Begun:
        """Begin both streams; always new ones, as nothing tells what was missed."""
        if self._setup is None:
            raise ValueError("configure comes before start")
        layout = self._setup.layout
        self._streams += 1
        self._decoder.begin(layout)
        self._heads = (layout.acc_head, layout.gyr_head)
        await self._send(self._known_board.begin(layout))
        return Begun((self._about.boot, self._streams), resumed=False)

    async def stop(self) -> None:
        """End both streams and power the chip down."""
        self._heads = ()
        await self._send(self._known_board.end())
        await self._arrived()

    async def identify(self, seconds: int) -> int:
        """Blink green; at most for two minutes."""
        seconds = min(seconds, BLINK_MOST_S)
        await self._send(blink(seconds))
        await self._arrived()
        return seconds

    async def _configure(self, module: int, config: bytes) -> None:
        held = b""
        for _ in range(_TRIES):
            await self._send([bytes([module, CONFIG]) + config])
            held = (await self._ask(module, CONFIG))[: len(config)]
            if held == config:
                return
        raise ProtocolError(
            f"module {module:#04x} is set to {held.hex()} after {config.hex()} was written",
            payload=held,
            clip=self.who,
            advice="Reset it with the maker's program, then try again.",
        )

    async def _ask(self, module: int, register: int) -> bytes:
        """What a register says. Raises ProtocolError where there is no answer."""
        head = bytes([module, READ | register])
        for _ in range(_TRIES):
            answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            self._awaited = head, answer
            try:
                await self._send([head])
                async with asyncio.timeout(_ANSWER_S):
                    return await answer
            except TimeoutError:
                continue
            finally:
                self._awaited = None
        raise ProtocolError(
            f"its module {module:#04x} does not answer",
            clip=self.who,
            advice="Switch it off and on, or reset it with the maker's program.",
        )

    async def _arrived(self) -> None:
        """Have the last commands answered for: a connection that is closed right after would take them along."""
        await self._ask(ACCELEROMETER, INFO)

    async def _send(self, commands: Iterable[bytes]) -> None:
        """Without response, the only way its maker's own programs use for commands."""
        for command in commands:
            await self._port.send(_COMMAND_UUID, command)

    @property
    def _known_board(self) -> Board:
        if self._board is None:
            raise ValueError("prepare comes first")
        return self._board

    def _notified(self, payload: bytearray) -> None:
        head = bytes(payload[:2])
        if head in self._heads:
            self._live(payload)
        elif self._awaited is not None and head == self._awaited[0] and not self._awaited[1].done():
            self._awaited[1].set_result(bytes(payload[2:]))
