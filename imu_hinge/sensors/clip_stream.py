"""One clip from the first search to the end of a session: connected, streamed, lost, found again, refilled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imu_hinge.errors import ImuHingeError, LinkError, ProtocolError, VersionError
from imu_hinge.sensors.adapter import Adapter, Found
from imu_hinge.sensors.clip_intake import Intake, Outlet
from imu_hinge.sensors.clip_rows import ClipRows
from imu_hinge.sensors.driver import About, Books, Can, Conversation, Decoder, Happening, Setting, Wanted
from imu_hinge.sensors.gatt import GattPort
from imu_hinge.sensors.health import ClipHealth, LinkState
from imu_hinge.sensors.inbox import Inbox
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.refill import HoleFiller
from imu_hinge.sensors.source import NOTHING
from imu_hinge.sensors.tasks import until_one_ends
from imu_hinge.sensors.timekeeping import ClockFigures, Timekeeper, timekeeper

__all__ = ["ClipStream", "Outlet"]

_BATTERY_S: Final = 60.0
_LOOK_S: Final = 0.2
_STOP_S: Final = 2.0


@dataclass
class _Connection:
    """What exists only while connected."""

    found: Found
    port: GattPort
    conversation: Conversation


class ClipStream:
    """The clip with a serial number, worn as ``role``, whose rows get ``index``.

    In order: ``open``, ``configure``, ``learn_clock``, ``start``, ``run`` (until cancelled), ``finish``. ``health`` may
    be asked at any time. ``now`` is the host's clock, s.
    """

    def __init__(
        self,
        role: str,
        index: int,
        serial: str,
        adapter: Adapter,
        outlet: Outlet,
        now: Callable[[], float],
        rng: random.Random,
        limits: LinkLimits,
        inbox_room: int | None = None,
    ) -> None:
        self.role = role
        self.serial = serial
        self._adapter = adapter
        self._outlet = outlet
        self._now = now
        self._rng = rng
        self._limits = limits
        self._inbox = Inbox(now) if inbox_room is None else Inbox(now, inbox_room)
        self._link = LinkState.SEARCHING
        self._connection: _Connection | None = None
        self._decoder: Decoder | None = None
        self._family, self._can = "", Can.NOTHING
        self._filler: HoleFiller | None = None
        self._time: Timekeeper | None = None
        self._boot: int | None = None
        self._taken = False
        self._wanted = Wanted()
        self._granted = Setting(0.0)
        self._rows = ClipRows(index, outlet.put)
        self._intake = Intake(self._inbox, self._rows, outlet, self._happened)
        self._sensor_fault = False
        self._battery: int | None = None
        self._firmware = ""
        self._rssi: int | None = None
        self._payload_bytes: int | None = None
        self._reconnects = self._resets = 0
        self.trouble: ImuHingeError | None = None

    def health(self) -> ClipHealth:
        """The figures now."""
        now = self._now()
        clock = ClockFigures() if self._time is None else self._time.figures
        books = Books() if self._decoder is None else self._decoder.books
        return ClipHealth(
            self.role,
            self.serial,
            self._link,
            family=self._family,
            can=self._can,
            rate_hz=self._rows.rate.rate_hz(now),
            nominal_hz=self._granted.rate_hz,
            books=replace(books, lost=books.lost + clock.lost + self._rows.before_zero),
            overflow=self._inbox.overflow,
            clock_residual_ms=clock.residual_ms,
            clock_pings=clock.pings,
            interval_ms=clock.interval_ms,
            round_trip_ms=clock.round_trip_ms,
            battery_percent=self._battery,
            rssi_dbm=self._rssi,
            payload_bytes=self._payload_bytes,
            stuck=self._rows.stuck.stuck,
            sensor_fault=self._sensor_fault,
            reconnects=self._reconnects,
            resets=self._resets,
            gave_up=self._filler.gave_up if self._filler else 0,
            firmware=self._firmware,
        )

    @property
    def taken(self) -> bool:
        """Whether it streamed or logged for somebody else when it was connected."""
        return self._taken

    @property
    def can(self) -> Can:
        """What its family can do, once connected."""
        return self._known.found.driver.can

    async def open(self) -> None:
        """Find and connect it. Raises LinkError after ``first_tries`` attempts, VersionError at once."""
        for left in reversed(range(self._limits.first_tries)):
            try:
                await self._connect()
            except VersionError as error:
                self.trouble = error
                raise
            except (LinkError, ProtocolError) as error:
                self.trouble = error
                if not left:
                    raise
                await asyncio.sleep(self._limits.backoff_first_s)
            else:
                return

    async def configure(self, wanted: Wanted) -> Setting:
        """Set it up; ends what it streams for others."""
        self._wanted = wanted
        setting = await self._talk.configure(wanted)
        self._granted = setting
        return setting

    async def learn_clock(self) -> None:
        """Before the first sample; a sensor without a clock streams from then on."""
        streaming = False

        async def learn() -> None:
            nonlocal streaming
            streaming = await self._known_time.learn(self._talk, self._intake.listen)

        await until_one_ends(learn(), self._lost())
        if streaming:
            self._link = LinkState.STREAMING

    async def start(self, origin_s: float) -> None:
        """Begin to stream; common time is host time minus ``origin_s``."""
        self._intake.listen()
        self._known_time.begin(origin_s)
        self._rows.last_live_s = self._now()
        if self._link is not LinkState.STREAMING:
            await self._talk.start(resume=False)
            self._link = LinkState.STREAMING

    async def run(self) -> None:
        """Stream, and have it again when it is lost, until cancelled. Raises VersionError for a clip that came back
        with another version."""
        await until_one_ends(self._keep(), self._intake.run())

    async def finish(self) -> None:
        """Stop, fill what is missing, disconnect; in ``finish_s`` at most."""
        connection = self._connection
        if connection is not None and not connection.port.gone.is_set():
            self._link = LinkState.READY
            try:
                async with asyncio.timeout(self._limits.finish_s):
                    await connection.conversation.stop()
                    await self._intake.take()
                    await self._fill_all(connection.conversation)
            except (LinkError, ProtocolError) as error:
                self.trouble = error
            except TimeoutError:
                pass  # what is missing then stays missing, and health says so
        self._intake.decode()
        await self.close()

    async def close(self) -> None:
        """Disconnect; one that streams already is told to stop first."""
        connection = self._connection
        if connection is not None and self._link is LinkState.STREAMING and not connection.port.gone.is_set():
            with suppress(LinkError, ProtocolError, TimeoutError):  # it is disconnected either way
                async with asyncio.timeout(_STOP_S):
                    await connection.conversation.stop()
        await self._disconnect()
        self._link = LinkState.CLOSED

    async def identify(self, seconds: int) -> int:
        """Blink; gives for how many seconds."""
        return await self._talk.identify(seconds)

    async def set_role(self, role: str | None) -> None:
        """Have the clip remember where it is worn."""
        await self._talk.set_role(role)

    async def _connect(self) -> None:
        """Connect and prepare; a connection that cannot be prepared is closed again."""

        def seen(found: Found) -> None:
            self._rssi = found.rssi_dbm
            if self._link is LinkState.SEARCHING:
                self._link = LinkState.CONNECTING

        found, port = await self._adapter.connect(self.serial, seen)
        try:
            if self._decoder is None:
                self._decoder = found.driver.decoder()
                self._family, self._can = found.driver.name, found.driver.can
                self._time = timekeeper(self.role, found.driver.can, self._now, self._rng, self._limits)
                self._intake.decoder, self._intake.time = self._decoder, self._time
                self._filler = HoleFiller(self._decoder, self._intake.deliver, self._now, self._limits)
            else:
                await self._intake.take()  # before preparing makes the decoder begin anew
            talk = found.driver.converse(port, self._decoder, self._now, self._inbox.put, self._inbox.tell)
            about = await talk.prepare()
        except BaseException:
            await port.close()
            raise
        self._connection = _Connection(found, port, talk)
        self._payload_bytes = port.payload_bytes
        self._battery = about.battery_percent
        self._sensor_fault = about.sensor_fault
        self._firmware = about.firmware
        same = self._boot == about.boot
        jumped = same and await self._known_time.jumped(talk)
        if self._boot is not None and (jumped or not same):
            await self._intake.take()  # which is still of the old clock
            # Without a clock of its own every connection begins anew.
            self._resets += not same and bool((Can.CLOCK | Can.STAMPS) & found.driver.can)
            if jumped:
                self._decoder.forget()
            await self._known_time.renew(talk)
        self._boot = about.boot
        self._taken = about.sampling
        if self._link in (LinkState.SEARCHING, LinkState.CONNECTING):
            self._link = LinkState.READY
        else:
            # A stream that is about to end by itself cannot be relied on to be there when it is asked to go on.
            lingers = self._now() - self._inbox.last_s < self._limits.linger_s
            await self._resume(talk, go_on=same and about.sampling and lingers and not jumped, same_boot=same)

    async def _resume(self, talk: Conversation, *, go_on: bool, same_boot: bool) -> None:
        """Go on with the stream that lingers, or begin another one, when the ring's rest has been fetched."""
        if not go_on:
            if same_boot:
                await talk.stop()
                await self._fill_all(talk)
            self._granted = await talk.configure(self._wanted)
        await self._intake.take()
        self._rows.last_live_s = self._now()
        try:
            await talk.start(resume=go_on)
        except BaseException:
            self._inbox.drain()  # of which stream nobody knows
            raise

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.port.close()

    async def _keep(self) -> None:
        while True:
            try:
                await until_one_ends(self._known_time.keep(self._talk), self._refill(), self._watch())
            except VersionError:
                raise
            except (LinkError, ProtocolError) as error:
                self.trouble = error
            await self._have_again()

    async def _have_again(self) -> None:
        self._link = LinkState.LOST
        self._reconnects += 1
        since_s = self._now()
        pause = self._limits.backoff_first_s
        while True:
            await self._disconnect()
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._limits.backoff_last_s)
            dead = self._now() - since_s > self._limits.dead_s
            self._link = LinkState.DEAD if dead else LinkState.RECONNECTING
            try:
                await self._connect()
            except VersionError:
                raise
            except (LinkError, ProtocolError) as error:
                self.trouble = error
            else:
                self._link = LinkState.STREAMING
                return

    async def _lost(self) -> None:
        """Raise LinkError when the link is gone."""
        await self._known.port.gone.wait()
        raise LinkError("the link was lost", clip=self.role, advice="Bring the clip closer.")

    async def _refill(self) -> None:
        while True:
            await self._intake.room()
            hole = self._known_filler.due(self._limits.refill_age_s)
            if hole is None or Can.REFILL not in self._known.found.driver.can:
                await asyncio.sleep(_LOOK_S)
            else:
                await self._known_filler.fill(self._talk, hole)

    async def _fill_all(self, talk: Conversation) -> None:
        while (hole := self._known_filler.due(0.0)) is not None:
            await self._known_filler.fill(talk, hole)

    async def _watch(self) -> None:
        """Notice a link that is gone, a clip that fell silent, a configuration to be read again."""
        gone = self._known.port.gone
        asked_s = behind_s = self._now()
        while True:
            with suppress(TimeoutError):  # time to look around
                async with asyncio.timeout(_LOOK_S):
                    await gone.wait()
                raise LinkError("the link was lost", clip=self.role, advice="Bring the clip closer.")
            if self._intake.behind:
                behind_s = self._now()  # it is not the clip that is silent
            if self._known_decoder.wants_about:
                await self._same_clock(await self._talk.about())
            if self._now() - asked_s > _BATTERY_S:
                asked_s = self._now()
                self._battery = await self._talk.battery()
            # Joined streams wait for each other: two notifications' worth may pass without a row.
            silence_s = self._limits.silence_s + 2.0 * self._granted.batch_s
            if self._now() - max(self._rows.last_live_s, behind_s) > silence_s:
                about = await self._talk.about()
                await self._same_clock(about)
                self._sensor_fault = about.sensor_fault
                self._rows.last_live_s = self._now()
                if not about.sensor_fault:
                    raise LinkError("it fell silent", clip=self.role, advice="It is being connected anew.")

    async def _same_clock(self, about: About) -> None:
        """Learn the clock anew where it began anew while it streamed."""
        if about.boot != self._boot:
            await self._intake.take()
            self._boot = about.boot
            self._resets += 1
            await self._known_time.renew(self._talk)

    def _happened(self, what: Happening) -> None:
        self._battery = self._battery if what.battery_percent is None else what.battery_percent
        self._sensor_fault = self._sensor_fault if what.sensor_fault is None else what.sensor_fault
        if what.text and self._known_time.begun:
            time_s = float(self._known_time.at(np.array([what.device_s]))[0])
            self._outlet.put(NOTHING, f"{what.text} clip={self.role}", time_s)

    @property
    def _known(self) -> _Connection:
        if self._connection is None:
            raise LinkError("it is not connected", clip=self.role)
        return self._connection

    @property
    def _talk(self) -> Conversation:
        return self._known.conversation

    @property
    def _known_decoder(self) -> Decoder:
        if self._decoder is None:
            raise LinkError("it was never connected", clip=self.role)
        return self._decoder

    @property
    def _known_time(self) -> Timekeeper:
        if self._time is None:
            raise LinkError("it was never connected", clip=self.role)
        return self._time

    @property
    def _known_filler(self) -> HoleFiller:
        if self._filler is None:
            raise LinkError("it was never connected", clip=self.role)
        return self._filler
