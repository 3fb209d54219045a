"""What a family of sensors is to the connection code: how to recognise one, talk to it, and read what it sends.

A family is one file in ``drivers``. It brings three things::

    Driver        recognises advertisements; makes the other two
    Conversation  over one open connection (Port): prepare, configure, start, ping, refill, stop
    Decoder       over the clip's whole life: notifications to samples, without I/O, with the books of what is missing

Everything around them (scanning, the connect lock, time-outs, reconnecting, the clock, health, recording) is shared.
What a family cannot do it leaves out: ``Driver.can`` says so, and nobody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imu_hinge.sensors.clock import Exchange

__all__ = [
    "About",
    "Advertised",
    "Begun",
    "Books",
    "Can",
    "Conversation",
    "Decoder",
    "Driver",
    "Happening",
    "Identity",
    "Port",
    "Refilled",
    "Samples",
    "Setting",
    "Told",
    "Wanted",
]

FloatArray = NDArray[np.float64]


class Can(Flag):
    """What a family can do beyond streaming samples."""

    NOTHING = 0
    CLOCK = auto()
    """Its samples carry its own clock, and it answers pings."""
    REFILL = auto()
    """It keeps what it sent and sends it again."""
    ROLE = auto()
    """It remembers where it is worn."""
    IDENTIFY = auto()
    """It can be made to blink."""
    RECORDS = auto()
    """It logs sessions that can be downloaded."""
    STAMPS = auto()
    """Its samples carry its own clock, but it answers no pings. Without CLOCK and STAMPS samples are only counted."""


@dataclass(frozen=True)
class Advertised:
    """An advertisement with its scan response; 128-bit UUIDs in lower case, ``rssi_dbm`` None where not known.

    ``address`` is what the system calls the sensor (on macOS a number of the computer's own): the last resort for
    families that say nothing else that tells one from another.
    """

    name: str | None = None
    rssi_dbm: int | None = None
    service_uuids: tuple[str, ...] = ()
    service_data: Mapping[str, bytes] = field(default_factory=dict)
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True)
class Identity:
    """Who advertises: the ``serial`` that identifies it (never an address), and what it says of itself.

    ``role`` is the clip name it remembers, ``version`` its protocol's major version where it has one, ``state`` words
    for people, ``taken`` whether it streams or logs already.
    """

    serial: str
    role: str | None = None
    battery_percent: int | None = None
    version: int | None = None
    state: str = ""
    taken: bool = False


class Port(Protocol):
    """An open connection. Every call ends in time; every failure is a LinkError or ProtocolError."""

    @property
    def payload_bytes(self) -> int:
        """Largest notification: the MTU minus 3."""

    async def read(self, uuid: str) -> bytes:
        """The value of a characteristic."""

    async def write(self, uuid: str, data: bytes) -> None:
        """Write with response."""

    async def send(self, uuid: str, data: bytes) -> None:
        """Write without response, for characteristics that know no other way."""

    async def pair(self) -> None:
        """Pair where that was not done before: comes before the first request that needs an encrypted link."""

    async def subscribe(self, uuid: str, sink: Callable[[bytearray], None]) -> None:
        """Have ``sink`` called with each notification or indication."""


@dataclass(frozen=True)
class Wanted:
    """How samples are asked for: at least this rate, Hz, and these ranges, g and deg/s; one notification holds
    samples of at most ``batch_ms``."""

    rate_hz: int = 100
    acc_range_g: int = 16
    gyr_range_dps: int = 2000
    batch_ms: int = 50


@dataclass(frozen=True)
class About:
    """What a sensor says of itself once connected. ``boot`` changes when its clock begins anew."""

    serial: str
    firmware: str
    boot: int
    battery_percent: int | None
    sampling: bool
    sensor_fault: bool


@dataclass(frozen=True)
class Setting:
    """What was granted: the nominal rate, Hz; one notification holds samples of at most ``batch_s``."""

    rate_hz: float
    batch_s: float = 0.05


@dataclass(frozen=True)
class Begun:
    """A stream that runs now; ``resumed`` where it is the one that ran before."""

    stream: tuple[int, int]
    resumed: bool


@dataclass(frozen=True)
class Samples:
    """Consecutive measured samples: device time ``device_s`` (N,), ``acc_m_s2`` and ``gyr_rad_s`` (N, 3), all finite.

    Of a family without a clock, device time is the number of samples that came before, over the nominal rate.
    ``received_s`` is when they arrived on the host's clock, ``refilled`` whether they are late.
    """

    device_s: FloatArray
    acc_m_s2: FloatArray
    gyr_rad_s: FloatArray
    received_s: float
    refilled: bool = False

    def __len__(self) -> int:
        return len(self.device_s)


@dataclass(frozen=True)
class Happening:
    """Something a sensor tells beside samples, at device time ``device_s``; ``text`` as it goes into a recording,
    empty where it is only for the health display."""

    device_s: float
    text: str = ""
    battery_percent: int | None = None
    sensor_fault: bool | None = None


Told = Callable[[], Happening | None]
"""Reads what a sensor told, outside the notify callback; None where it was nothing."""


@dataclass(frozen=True)
class Books:
    """Counts since the first stream: samples ``received`` (refilled ones included), ``lost`` now, ``waiting`` of these
    that may still be refilled, ``refilled``, ``repeated``, ``not_measured`` by the sensor, ``overrange``, and
    ``refused`` notifications that were no packets."""

    received: int = 0
    lost: int = 0
    waiting: int = 0
    refilled: int = 0
    repeated: int = 0
    not_measured: int = 0
    overrange: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Refilled:
    """A verified transfer: its notifications in order, and the half-open range of instants it answers for."""

    payloads: Sequence[bytes]
    start: int
    stop: int


class Decoder(Protocol):
    """Notifications to samples; no I/O, no clock of its own, any bytes accepted."""

    @property
    def books(self) -> Books:
        """The counts so far."""

    @property
    def holes(self) -> tuple[tuple[int, int], ...]:
        """Half-open ranges of instants that are missing and may still be refilled."""

    @property
    def wants_about(self) -> bool:
        """Whether notifications wait for what the sensor says of itself to be read again."""

    def feed(self, payload: bytes, received_s: float) -> tuple[Samples, ...]:
        """Samples of one notification that arrived at ``received_s``, none where it is no packet."""

    def expect(self, start: int, stop: int) -> None:
        """These instants were asked for: they stay refillable until others are expected, or an empty range is."""

    def give_up(self, start: int, stop: int) -> None:
        """These instants will not come any more."""

    def forget(self) -> None:
        """The sensor's clock is no more where it was on the host's: what was missing is lost, and the next stream's
        books begin anew."""


class Conversation(Protocol):
    """One open connection with one sensor."""

    async def prepare(self) -> About:
        """Read what it is and subscribe. Raises VersionError for another protocol version."""

    async def configure(self, wanted: Wanted) -> Setting:
        """End what it streams for others, and set it up."""

    async def start(self, *, resume: bool) -> Begun:
        """Begin to stream, or go on with what runs."""

    async def stop(self) -> None:
        """End the stream; the decoder then knows what is missing at its end."""

    async def ping(self) -> Exchange:
        """Ask its time. Raises LinkError where no answer comes."""

    async def refill(self, start: int, stop: int) -> Refilled:
        """Instants again from the sensor's memory, whole and verified; without payloads where they are gone.

        Raises ProtocolError where the sensor refuses, or the transfer does not verify.
        """

    async def about(self) -> About:
        """What it says of itself now; lets the decoder go on where it waited for that."""

    async def battery(self) -> int | None:
        """What is left in its battery, %; None where it does not say."""

    async def identify(self, seconds: int) -> int:
        """Blink; gives for how many seconds, which some families choose themselves."""

    async def set_role(self, role: str | None) -> None:
        """Remember where it is worn."""


class Driver(Protocol):
    """A family of sensors."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def can(self) -> Can:
        """What it can do."""

    @property
    def services(self) -> tuple[str, ...]:
        """Service UUIDs its advertisements carry, for scanning; none where they carry none."""

    def recognise(self, seen: Advertised) -> Identity | None:
        """Who advertises, None where it is none of this family or has not said its serial yet."""

    def decoder(self) -> Decoder:
        """A decoder for one sensor."""

    def converse(
        self,
        port: Port,
        decoder: Decoder,
        now: Callable[[], float],
        live: Callable[[bytearray], None],
        happened: Callable[[Told], None],
    ) -> Conversation:
        """Talk over an open connection: notifications of samples go to ``live`` as they are (it stamps and enqueues),
        everything else, stamped, to ``happened`` as something that can be read later."""
