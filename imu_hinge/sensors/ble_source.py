"""Clips over the air as a Source: Bluetooth runs in a thread of its own, with a loop of its own.

So nothing that the caller does, drawing or writing or waiting for a disk, keeps the radio waiting; and on Windows the
thread is one that Bluetooth may be used from.
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from imu_hinge.errors import LinkError
from imu_hinge.recording.model import HeaderNote
from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.clip_group import Chosen, ClipGroup, find_clips
from imu_hinge.sensors.driver import Driver, Wanted
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.roles import RoleStore
from imu_hinge.sensors.source import NOTHING, Delivery, SampleBlock
from imu_hinge.sensors.tasks import until_one_ends

__all__ = ["BleParams", "BleSource"]

_ROOM: Final = 1024
"""Deliveries that wait for the caller: ten seconds and more of three clips."""
_HEALTH_S: Final = 0.2
_WAIT_S: Final = 0.1
_SILENCE_S: Final = 0.25


@dataclass(frozen=True)
class BleParams:
    """What is asked of the clips, how patient to be, and whether to end what they stream or log for somebody else.
    ``may_guess``: take clips that have no place yet too, where fewer have one than are wanted."""

    wanted: Wanted = field(default_factory=Wanted)
    limits: LinkLimits = field(default_factory=LinkLimits)
    take_over: bool = False
    may_guess: bool = False


class _Outlet:
    """Deliveries from the Bluetooth thread to whoever iterates; never blocks."""

    def __init__(self, room: int) -> None:
        self.queue: queue.SimpleQueue[Delivery | BaseException | None] = queue.SimpleQueue()
        self._room = room
        self._events = count()

    @property
    def full(self) -> bool:
        return self.queue.qsize() >= self._room

    def put(self, block: SampleBlock, text: str = "", time_s: float = 0.0) -> None:
        note = HeaderNote(0, f"event.{next(self._events)}", f"{time_s:.3f} {text}")
        self.queue.put(Delivery((note,) if text else (), block))


@asynccontextmanager
async def _real_air() -> AsyncIterator[None]:
    yield


class BleSource:
    """Streams from the clips around.

    ``clips`` names the ones wanted, None takes all that have a place. ``open`` finds, connects and starts them, and
    raises what is wrong; ``deliveries`` then yields until ``stop`` was called and the last holes are filled. ``air`` is
    entered in the Bluetooth thread around everything, in a loop from ``loop_factory``: tests bring another radio and
    another clock with them.
    """

    def __init__(
        self,
        clips: tuple[str, ...] | None = None,
        params: BleParams | None = None,
        roles: RoleStore | None = None,
        *,
        drivers: Sequence[Driver] = DRIVERS,
        rng: random.Random | None = None,
        air: Callable[[], AbstractAsyncContextManager[None]] = _real_air,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
        room: int = _ROOM,
    ) -> None:
        self._wanted = clips
        self._params = BleParams() if params is None else params
        self._roles = RoleStore() if roles is None else roles
        self._drivers = drivers
        self._rng = random.Random() if rng is None else rng
        self._air = air
        self._loop_factory = loop_factory
        self._outlet = _Outlet(room)
        self._health: tuple[ClipHealth, ...] = ()
        self._chosen = Chosen({})
        self._group: ClipGroup | None = None
        self._opened = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None

    @property
    def clips(self) -> tuple[str, ...]:
        """Clip names in index order; known once open."""
        return tuple(self._chosen.serials)

    @property
    def serials(self) -> dict[str, str]:
        """Clip names to serial numbers."""
        return dict(self._chosen.serials)

    @property
    def guessed(self) -> frozenset[str]:
        """Clip names that nobody has given: which of these clips is which has to be asked. Known once open."""
        return self._chosen.guessed

    def health(self) -> tuple[ClipHealth, ...]:
        """How each clip did a fifth of a second ago."""
        return self._health

    def open(self) -> None:
        """Find, connect, set up and start the clips. Raises LinkError and its kin where that fails."""
        stored = self._roles.load()
        self._thread = threading.Thread(target=self._run, args=(stored,), name="imu_hinge-ble", daemon=True)
        self._thread.start()
        while not self._opened.wait(_WAIT_S):
            pass  # short waits, so that Ctrl-C gets through
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def deliveries(self) -> Iterator[Delivery]:
        """Rows as they come, and empty deliveries while none come, so that the caller can look around.

        Raises LinkError where a clip turns out to be none that we can talk to.
        """
        if self._thread is None:
            self.open()
        while True:
            try:
                item = self._outlet.queue.get(timeout=_SILENCE_S)
            except queue.Empty:
                yield Delivery((), NOTHING)
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item

    def stop(self) -> None:
        """End the session: the clips are stopped, last holes filled, and ``deliveries`` then ends. From any thread."""
        loop, end = self._loop, self._end
        if loop is not None and end is not None:
            with suppress(RuntimeError):  # it has ended, and its loop is closed
                loop.call_soon_threadsafe(end.set)

    def blink(self, clip: str, seconds: int) -> Future[int]:
        """Have a clip show itself while it streams. From any thread: for how many seconds it blinks comes later, or the
        LinkError or ProtocolError why it does not."""
        loop, group = self._loop, self._group
        if loop is not None and group is not None:
            showing = group.identify(clip, seconds)
            try:
                return asyncio.run_coroutine_threadsafe(showing, loop)
            except RuntimeError:  # it has ended, and its loop is closed
                showing.close()
        failed: Future[int] = Future()
        failed.set_exception(LinkError("it does not stream", clip=clip))
        return failed

    def join(self, seconds: float) -> bool:
        """Wait until Bluetooth has ended; whether it has."""
        if self._thread is not None:
            self._thread.join(seconds)
            return not self._thread.is_alive()
        return True

    def _run(self, stored: dict[str, str]) -> None:
        try:
            with asyncio.Runner(loop_factory=self._loop_factory) as runner:
                runner.run(self._session(stored))
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, which raises it
            self._failure = error
            self._outlet.queue.put(error)
        else:
            self._outlet.queue.put(None)
        finally:
            self._opened.set()

    async def _session(self, stored: dict[str, str]) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = end = asyncio.Event()
        async with self._air():
            groups: list[ClipGroup] = []
            await until_one_ends(self._start(stored, self._loop.time, groups), _wait(end))
            if end.is_set() or not groups:
                for group in groups:
                    await group.close()
                raise LinkError("ended before the clips streamed", advice="Start again and wait for the first samples.")
            (group,) = groups
            self._group = group
            watch = asyncio.create_task(self._publish(group))
            try:
                self._health = group.health()
                self._opened.set()
                try:
                    await group.run(end)
                finally:
                    await group.finish()
            finally:
                watch.cancel()
                self._health = group.health()

    async def _start(self, stored: dict[str, str], now: Callable[[], float], groups: list[ClipGroup]) -> None:
        limits = self._params.limits
        adapter = Adapter(self._drivers, limits)
        take_over, may_guess = self._params.take_over, self._params.may_guess
        self._chosen = await find_clips(adapter, stored, self._wanted, limits, take_over=take_over, may_guess=may_guess)
        group = ClipGroup(self._chosen.serials, adapter, self._outlet, now, self._rng, limits, self._params.wanted)
        await group.start(take_over=take_over)
        groups.append(group)

    async def _publish(self, group: ClipGroup) -> None:
        while True:
            self._health = group.health()
            await asyncio.sleep(_HEALTH_S)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
