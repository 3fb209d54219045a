"""``imu-hinge clips records`` and ``download``: sessions that a clip logged while nobody listened."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

import typer

from imu_hinge.cli import clip_air
from imu_hinge.cli.clip_words import table
from imu_hinge.cli.clips import NameArgument
from imu_hinge.errors import AdapterError, ImuHingeError, LinkError
from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.downloads import download
from imu_hinge.sensors.driver import Can
from imu_hinge.sensors.drivers.imu_hinge import ImuHingeConversation
from imu_hinge.sensors.drivers.imu_hinge_records import ClipRecord, Logbook
from imu_hinge.sensors.roles import RoleStore, role_of
from imu_hinge.sensors.visit import need, resolve, soon, visit

__all__ = ["download_command", "records"]

_SCAN_S = 4.0
_TRIES = 5


def records(clip: NameArgument) -> None:
    """List the sessions that a clip has logged."""

    async def look(adapter: Adapter) -> tuple[ClipRecord, ...]:
        async with _logbook(adapter, clip) as (logbook, _, _):
            return await logbook.records()

    found = clip_air.run(look)
    if not found:
        typer.echo("No sessions are stored on this clip.")
        return
    head = ("number", "begun (UTC)", "minutes", "Hz", "remarks")
    for line in table(head, (_row(record) for record in found)):
        typer.echo(line)


def download_command(
    clip: NameArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the recordings.", file_okay=False)],
    number: Annotated[int | None, typer.Option("--record", min=0, help="Only this one.")] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete each from the clip once it is on disk and verified.")
    ] = False,
) -> None:
    """Download logged sessions that are not in the folder yet; what breaks off goes on where it was."""
    errand = _Errand(clip, out, number, delete)
    try:
        for left in reversed(range(_TRIES)):
            try:
                clip_air.run(errand.go)
            except LinkError as error:
                if not left or isinstance(error, AdapterError):
                    raise
                print(f"{error.one_line()} Trying again ...", file=sys.stderr)
            else:
                break
    finally:
        for which, trouble in sorted(errand.troubles.items()):
            print(f"record {which}: {trouble.one_line()}", file=sys.stderr)
    if errand.troubles:
        raise typer.Exit(2)
    if not errand.told:
        typer.echo("Nothing to download.")


class _Errand:
    """All the records that are wanted, one after another, again and again while the link breaks.

    ``told`` are those that were spoken of, ``troubles`` what kept others, by number; a broken link is raised.
    """

    def __init__(self, clip: str, out: Path, number: int | None, delete: bool) -> None:
        self._clip = clip
        self._out = out
        self._number = number
        self._delete = delete
        self.told: set[ClipRecord] = set()
        self.troubles: dict[int, ImuHingeError] = {}

    async def go(self, adapter: Adapter) -> None:
        async with _logbook(adapter, self._clip) as (logbook, serial, role):
            for record in await logbook.records():
                if self._number not in (None, record.record_id):
                    continue
                self.troubles.pop(record.record_id, None)
                try:
                    await self._fetch(logbook, record, serial, role)
                except LinkError:
                    raise
                except ImuHingeError as error:
                    self.troubles[record.record_id] = error  # the others are not to wait for it

    async def _fetch(self, logbook: Logbook, record: ClipRecord, serial: str, role: str) -> None:
        if not record.samples:
            self._tell(record, f"record {record.record_id}: empty")
            return
        with _Progress(record) as shown:
            done = await download(logbook, record, self._out, serial, role, shown.show)
        self._tell(record, f"{done.path}: {f'{done.samples} samples' if done.new else 'downloaded before'}")
        if self._delete:
            await logbook.delete(record)

    def _tell(self, record: ClipRecord, line: str) -> None:
        if record not in self.told:
            self.told.add(record)
            typer.echo(line)


class _Progress:
    """How far it is, on a screen; the line is gone afterwards."""

    def __init__(self, record: ClipRecord) -> None:
        self._record = record

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self._draw("")

    def show(self, instants: int) -> None:
        share = 100 * instants / max(1, self._record.samples)
        self._draw(f"record {self._record.record_id}: {share:.0f} %")

    def _draw(self, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


@asynccontextmanager
async def _logbook(adapter: Adapter, clip: str) -> AsyncIterator[tuple[Logbook, str, str]]:
    """A clip's logbook, its serial, and the clip name for its rows."""
    stored = RoleStore().load()
    found = resolve(clip, await adapter.scan(_SCAN_S, soon(clip, stored)), stored)
    serial = found.identity.serial
    advice = "Export the session with its maker's app, and read that with: imu-hinge convert."
    need(found, Can.RECORDS, "give this program what they logged", advice)
    async with visit(adapter, serial, time.monotonic) as there:
        role = role_of(found, stored)
        if role is None:
            raise LinkError(
                "nobody has said where it is worn",
                clip=serial,
                advice=f"Say it with: imu-hinge clips assign {serial} thigh.",
            )
        if not isinstance(there.talk, ImuHingeConversation):
            raise TypeError("a family that logs and has no logbook")
        yield there.talk.logbook, serial, role


def _row(record: ClipRecord) -> tuple[str, ...]:
    begun = "not known"
    if record.unix_ms:
        begun = datetime.fromtimestamp(record.unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    remarks = [] if record.complete else ["cut short"]
    remarks += ["damaged"] if record.damaged else []
    minutes = record.samples / record.config.rate_hz / 60
    return str(record.record_id), begun, f"{minutes:.1f}", str(record.config.rate_hz), ", ".join(remarks)
