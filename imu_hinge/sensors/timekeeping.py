"""Common times for one clip's samples, over its connections: by pings where it answers them, else by arrivals."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from imu_hinge.errors import LinkError
from imu_hinge.sensors.arrival_clock import ArrivalClock
from imu_hinge.sensors.arrivals import ArrivalParams
from imu_hinge.sensors.clip_clock import ClipClock
from imu_hinge.sensors.driver import Can, Conversation, FloatArray, Samples
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.pinging import burst, pause_s

__all__ = ["ArrivalTime", "ClockFigures", "PingedTime", "Timekeeper", "timekeeper"]

_STEER_YOUNG_S: Final = 1.0
_STEER_S: Final = 5.0
_YOUNG_PINGS: Final = 80
"""About half a minute's; a clock that is known better needs fitting less often."""
_LISTEN_S: Final = 0.1
_STEER_LISTENING_S: Final = 0.5
_REFIT_S: Final = 1.0
"""What is lost is seen with each arrival; for the rest a few ms of the event loop's time a second are enough."""


@dataclass(frozen=True)
class ClockFigures:
    """How well a clip's time is known: see ClipHealth. ``lost`` are samples that only their lateness betrayed."""

    residual_ms: float | None = None
    pings: int = 0
    interval_ms: float | None = None
    round_trip_ms: float | None = None
    lost: int = 0


class Timekeeper(Protocol):
    """One clip's time; the conversation is handed in, for it changes with each connection."""

    @property
    def figures(self) -> ClockFigures:
        """How well it is known now."""

    @property
    def begun(self) -> bool:
        """Whether instants can be placed."""

    async def learn(self, talk: Conversation, listen: Callable[[], None]) -> bool:
        """Learn the clip's clock before common time begins; ``listen`` has what came read and forgotten. Gives
        whether the clip streams from now on."""

    def begin(self, origin_s: float) -> None:
        """Common time is host time minus ``origin_s``."""

    async def keep(self, talk: Conversation) -> None:
        """Go on learning for as long as the connection stands, until cancelled. Raises LinkError where no answers
        come, or the clock jumped."""

    async def jumped(self, talk: Conversation) -> bool:
        """On a new connection: whether the clip's clock is no more where it was on the host's."""

    async def renew(self, talk: Conversation) -> None:
        """On a new connection: the clip's clock began anew. Where that fails, the old one stays in use."""

    def arrived(self, parts: Sequence[Samples]) -> Iterable[Sequence[Samples]]:
        """Samples that just came, in groups as they can be placed now; take one group after the other."""

    def place(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of a group's samples."""

    def at(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of other instants."""


def timekeeper(who: str, can: Can, now: Callable[[], float], rng: random.Random, limits: LinkLimits) -> Timekeeper:
    """The one for a clip, called ``who`` in messages, of a family that can do this."""
    if Can.CLOCK in can:
        return PingedTime(who, now, rng, limits)
    return ArrivalTime(who, now, limits, ArrivalParams.stamped() if Can.STAMPS in can else ArrivalParams())


class PingedTime:
    """For clips that answer pings."""

    def __init__(self, who: str, now: Callable[[], float], rng: random.Random, limits: LinkLimits) -> None:
        self._who = who
        self._now = now
        self._rng = rng
        self._limits = limits
        self._origin_s = 0.0
        self._clock = ClipClock()

    @property
    def figures(self) -> ClockFigures:
        """How well it is known now."""
        clock = self._clock
        return ClockFigures(clock.residual_ms, clock.pings, clock.interval_ms, clock.round_trip_ms)

    @property
    def begun(self) -> bool:
        """Whether instants can be placed."""
        return self._clock.begun

    async def learn(self, talk: Conversation, listen: Callable[[], None]) -> bool:
        """Some pings; the clip does not stream yet."""
        self._clock.add(await burst(talk, self._rng))
        return False

    def begin(self, origin_s: float) -> None:
        """Common time begins."""
        self._origin_s = origin_s
        self._clock.begin(origin_s)

    async def keep(self, talk: Conversation) -> None:
        """Two pings a second."""
        missed = 0
        steered_s = self._now()
        while True:
            await asyncio.sleep(pause_s(self._rng))
            try:
                exchange = await talk.ping()
                missed = 0
            except LinkError:
                missed += 1
                if missed >= self._limits.pings_missed:
                    raise
                continue
            if self._clock.jumped(exchange):
                raise LinkError("its clock jumped", clip=self._who, advice="Keep the computer awake while it records.")
            self._clock.add([exchange])
            young = self._clock.pings < _YOUNG_PINGS
            if self._now() - steered_s >= (_STEER_YOUNG_S if young else _STEER_S):
                steered_s = self._now()
                self._clock.steer()

    async def jumped(self, talk: Conversation) -> bool:
        """Whether host or clip slept."""
        return self._clock.begun and self._clock.jumped(await talk.ping())

    async def renew(self, talk: Conversation) -> None:
        """Another clock, whose link may break before it is learnt."""
        clock = ClipClock()
        clock.add(await burst(talk, self._rng))
        clock.begin(self._origin_s)
        self._clock = clock

    def arrived(self, parts: Sequence[Samples]) -> Iterable[Sequence[Samples]]:
        """All at once."""
        return (parts,)

    def place(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of samples."""
        return self._clock.place(device_s)

    def at(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of other instants."""
        return self._clock.at(device_s)


class ArrivalTime:
    """For sensors that only stream."""

    def __init__(self, who: str, now: Callable[[], float], limits: LinkLimits, params: ArrivalParams) -> None:
        self._who = who
        self._now = now
        self._limits = limits
        self._params = params
        self._origin_s: float | None = None
        self._clock = ArrivalClock(params)
        self._early: list[Samples] = []
        self._lost = 0
        self._broken: tuple[float, float] | None = None
        """When the last sample before a lost link was taken, and the time between samples."""

    @property
    def figures(self) -> ClockFigures:
        """How well it is known now."""
        return ClockFigures(self._clock.residual_ms, lost=self._lost + self._clock.lost)

    @property
    def begun(self) -> bool:
        """Whether instants can be placed."""
        return self._origin_s is not None and self._clock.ready

    async def learn(self, talk: Conversation, listen: Callable[[], None]) -> bool:
        """Listen to what arrives until that shows the clock well enough, for ten seconds at most."""
        await talk.start(resume=False)
        since_s = steered_s = self._now()
        while not self._clock.settled:
            await asyncio.sleep(_LISTEN_S)
            listen()
            if self._now() - steered_s >= _STEER_LISTENING_S:
                steered_s = self._now()
                self._clock.steer()
            if not self._clock.heard and self._now() - since_s > self._limits.silence_s:
                raise LinkError("it sends nothing", clip=self._who, advice="Switch it off and on, and try again.")
            if self._now() - since_s > self._limits.learn_s:
                break
        return True

    def begin(self, origin_s: float) -> None:
        """Common time begins; what came before is forgotten."""
        self._origin_s = origin_s
        self._early.clear()
        self._clock.begin(origin_s)

    async def keep(self, talk: Conversation) -> None:
        """Draw the line anew from time to time."""
        while True:
            await asyncio.sleep(_REFIT_S)
            self._clock.steer()

    async def jumped(self, talk: Conversation) -> bool:
        """The clock sees by itself when arrivals cannot be."""
        return False

    async def renew(self, talk: Conversation) -> None:
        """Another clock that knows the rate already."""
        # What waited for the old clock to be known can be placed no more.
        self._lost += self._clock.lost + sum(len(part) for part in self._early)
        self._early.clear()
        last_s, period_s = self._clock.newest_s, self._clock.period_s
        if self._params.counts and self._origin_s is not None and last_s is not None and period_s is not None:
            self._broken = last_s, period_s
        self._clock = self._clock.successor()
        if self._origin_s is not None:
            self._clock.begin(self._origin_s)

    def arrived(self, parts: Sequence[Samples]) -> Iterable[Sequence[Samples]]:
        """One part after the other; what comes before the clock is known waits for it."""
        for part in parts:
            self._count_gap(part)
            self._clock.arrived(part)
            self._early.append(part)
            if self.begun:
                group, self._early = self._early, []
                yield group

    def place(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of samples."""
        return self._clock.place(device_s)

    def at(self, device_s: FloatArray) -> FloatArray:
        """Common times (N,) of other instants."""
        return self._clock.at(device_s)

    def _count_gap(self, part: Samples) -> None:
        """What was not sent while the link was lost; sensors with stamps count that themselves."""
        if self._broken is not None and len(part):
            (last_s, period_s), self._broken = self._broken, None
            self._lost += max(0, round((part.received_s - last_s) / period_s) - len(part))
