"""``imu-hinge clips records`` and ``download``: sessions that a clip logged while nobody listened."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.cli import clip_air
from imu_hinge.cli.clip_words import table
from imu_hinge.cli.clips import NameArgument
from imu_hinge.errors import LinkError
from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.downloads import Download, download
from imu_hinge.sensors.driver import Can
from imu_hinge.sensors.drivers.imu_hinge import ImuHingeConversation
from imu_hinge.sensors.drivers.imu_hinge_records import ClipRecord, Logbook
from imu_hinge.sensors.roles import RoleStore, role_of
from imu_hinge.sensors.visit import resolve, soon, visit

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
    """Download logged sessions; what breaks off goes on where it was."""
    for left in reversed(range(_TRIES)):
        try:
            done = clip_air.run(lambda adapter: _fetch_all(adapter, clip, out, number, delete))
        except LinkError as error:
            if not left:
                raise
            print(f"{error.one_line()} Trying again ...", file=sys.stderr)
        else:
            break
    for one in done:
        typer.echo(f"{one.path}: {one.samples} samples")
    if not done:
        typer.echo("Nothing to download.")


async def _fetch_all(adapter: Adapter, clip: str, out: Path, number: int | None, delete: bool) -> list[Download]:
    done = []
    async with _logbook(adapter, clip) as (logbook, serial, role):
        for record in await logbook.records():
            if number is not None and record.record_id != number:
                continue
            shown = _Progress(record)
            fetched = await download(logbook, record, out, serial, role, shown.show)
            done.append(fetched)
            if delete:
                await logbook.delete(record)
    return done


class _Progress:
    def __init__(self, record: ClipRecord) -> None:
        self._record = record

    def show(self, instants: int) -> None:
        if sys.stderr.isatty():
            share = 100 * instants / max(1, self._record.samples)
            print(f"\r\x1b[Krecord {self._record.record_id}: {share:.0f} %", end="", file=sys.stderr, flush=True)


@asynccontextmanager
async def _logbook(adapter: Adapter, clip: str) -> AsyncIterator[tuple[Logbook, str, str]]:
    """A clip's logbook, its serial, and the clip name for its rows."""
    stored = RoleStore().load()
    found = resolve(clip, await adapter.scan(_SCAN_S, soon(clip, stored)), stored)
    serial = found.identity.serial
    async with visit(adapter, serial, time.monotonic) as there:
        there.need(Can.RECORDS, "log sessions")
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
