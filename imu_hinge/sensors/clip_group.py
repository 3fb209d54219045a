"""Several clips of one athlete: found, connected one after another, set alike, started together."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imu_hinge.errors import LinkError
from imu_hinge.sensors.adapter import Adapter, Found
from imu_hinge.sensors.clip_stream import ClipStream, Outlet
from imu_hinge.sensors.driver import Can, Wanted
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.roles import choose, guess, role_of
from imu_hinge.sensors.tasks import until_one_ends

__all__ = ["Chosen", "ClipGroup", "find_clips"]

_ALIKE = 1.1
_EARLIER_S = 0.05
"""Common time begins this long before the clips are told to start, so that no sample is before zero."""


@dataclass(frozen=True)
class Chosen:
    """Clip names to serials, and which of these names nobody has given yet."""

    serials: dict[str, str]
    guessed: frozenset[str] = frozenset()


async def find_clips(
    adapter: Adapter,
    stored: Mapping[str, str],
    wanted: tuple[str, ...] | None,
    limits: LinkLimits,
    *,
    take_over: bool = False,
    may_guess: bool = False,
) -> Chosen:
    """The clips around that are meant; where ``may_guess`` says so, with names for those that have none.

    Raises LinkError where one of those wanted is not seen, or streams or logs for somebody else: the session would end
    that (PROTOCOL.md, section 7), which only ``take_over`` allows.
    """

    def all_there(found: dict[str, Found]) -> bool:
        # One that is taken is watched for longer: systems also tell what a clip said some time ago.
        free = {role_of(one, stored) for one in found.values() if take_over or not one.identity.taken}
        return wanted is not None and set(wanted) <= free

    found = await adapter.scan(limits.scan_s, all_there)
    guesses = guess(found.values(), stored, wanted, take_over=take_over) if may_guess else {}
    known = {**stored, **guesses}
    if guesses and wanted is None:  # a pair: the one that has its place already must be there too
        wanted = tuple({*known.values(), *(role for one in found.values() if (role := role_of(one, known)))})
    chosen = choose(found.values(), known, wanted)
    for role, serial in chosen.items():
        if found[serial].identity.taken and not take_over:
            raise _taken(role, serial, found[serial].identity.state)
    return Chosen(chosen, frozenset(guesses.values()))


def _taken(role: str, serial: str, state: str) -> LinkError:
    return LinkError(
        f"it is at work for somebody else ({state})",
        clip=f"{role} ({serial})",
        advice="End what it logs with its button; what broke off a moment ago ends by itself within half a minute; or "
        "leave it out with --clips, or end it with --take-over.",
    )


class ClipGroup:
    """Streams from the clips in ``serials`` (clip name to serial) into ``outlet``; rows are indexed in that order."""

    def __init__(
        self,
        serials: Mapping[str, str],
        adapter: Adapter,
        outlet: Outlet,
        now: Callable[[], float],
        rng: random.Random,
        limits: LinkLimits | None = None,
        wanted: Wanted | None = None,
        inbox_room: int | None = None,
    ) -> None:
        self._limits = LinkLimits() if limits is None else limits
        self._wanted = Wanted() if wanted is None else wanted
        self._now = now
        self.clips = tuple(
            ClipStream(role, i, serial, adapter, outlet, now, random.Random(rng.random()), self._limits, inbox_room)
            for i, (role, serial) in enumerate(serials.items())
        )

    def health(self) -> tuple[ClipHealth, ...]:
        """How each clip does now."""
        return tuple(clip.health() for clip in self.clips)

    async def start(self, *, take_over: bool = False) -> None:
        """Connect one after another, set all alike, learn their clocks, start all at once.

        Raises LinkError, VersionError or ProtocolError where one of them fails; then none is left connected, and what
        they streamed or logged for somebody else goes on unless ``take_over`` ended it.
        """
        try:
            for clip in self.clips:
                await clip.open()
                # It may have begun since it was seen, and systems also tell what it said before that.
                if clip.taken and not take_over:
                    clip.trouble = _taken(clip.role, clip.serial, "streaming or logging")
                    raise clip.trouble
            await self._set_alike()
            await asyncio.gather(*(clip.learn_clock() for clip in self.clips))
            origin_s = self._now() - _EARLIER_S
            await asyncio.gather(*(clip.start(origin_s) for clip in self.clips))
        except BaseException:
            await self.close()
            raise

    async def identify(self, clip: str, seconds: int) -> int:
        """Have one blink while it streams; gives for how many seconds. Raises LinkError and its kin, also where it
        cannot."""
        stream = next(one for one in self.clips if one.role == clip)
        if Can.IDENTIFY not in stream.can:
            raise LinkError("it has nothing to blink with", clip=clip)
        return await stream.identify(seconds)

    async def run(self, until: asyncio.Event) -> None:
        """Stream until told to end, or until a clip turns out to be one we cannot talk to."""

        async def end() -> None:
            await until.wait()

        await until_one_ends(end(), *(clip.run() for clip in self.clips))

    async def finish(self) -> None:
        """Stop all, fetch what is missing, disconnect."""
        await asyncio.gather(*(clip.finish() for clip in self.clips))

    async def close(self) -> None:
        """Disconnect all at once."""
        for clip in self.clips:
            await clip.close()

    async def _set_alike(self) -> None:
        """The same rate everywhere, or nearly among other makers' sensors, whose choice is small: a clip that cannot do
        it takes the next higher one, and then the others are asked for that. Clips that never agree stream at their own
        rates; each sample has its time."""
        rate_hz = float(self._wanted.rate_hz)
        for _ in range(2):
            wanted = Wanted(round(rate_hz), self._wanted.acc_range_g, self._wanted.gyr_range_dps, self._wanted.batch_ms)
            rates = [(await clip.configure(wanted)).rate_hz for clip in self.clips]
            alike = 1.0 if all(Can.CLOCK in clip.can for clip in self.clips) else _ALIKE
            if max(rates) <= alike * min(rates):
                return
            rate_hz = max(rates)
