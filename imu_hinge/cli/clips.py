"""``imu-hinge clips``: which clips are around, which is which, and where each is worn."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from imu_hinge.cli import clip_air
from imu_hinge.cli.clip_words import table
from imu_hinge.conventions import CLIPS
from imu_hinge.protocol.definitions import IDENTIFY_S_MAX, VERSION_MAJOR
from imu_hinge.sensors.adapter import Adapter, Found
from imu_hinge.sensors.driver import Can
from imu_hinge.sensors.roles import RoleStore, role_of
from imu_hinge.sensors.visit import resolve, soon, visit

__all__ = ["assign", "clips", "identify"]

NameArgument = Annotated[
    str, typer.Argument(help="Place (thigh, back, pelvis), serial number, or its last digits.", metavar="CLIP")
]
_SCAN_S = 4.0


def clips(
    context: typer.Context,
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, max=60.0, help="How long to look.")] = _SCAN_S,
) -> None:
    """Show the clips around: place, battery, signal, and what each is doing."""
    if context.invoked_subcommand is not None:
        return
    stored = RoleStore().load()

    async def look(adapter: Adapter) -> dict[str, Found]:
        return await adapter.scan(seconds)

    found = clip_air.run(look)
    if not found:
        typer.echo("No clip is seen. Switch one on, bring it closer, and see that nothing else is connected to it.")
        return
    rows = [_row(one, role_of(one, stored)) for one in sorted(found.values(), key=lambda f: f.identity.serial)]
    head = ("serial", "worn on", "battery", "signal", "version", "state")
    for line in table(head, rows):
        typer.echo(line)
    if any(role_of(one, stored) is None for one in found.values()):
        typer.echo("Say where a clip is worn with: imu-hinge clips assign SERIAL thigh")


def identify(
    clip: NameArgument,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=IDENTIFY_S_MAX, help="How long.")] = 5,
) -> None:
    """Make a clip blink."""
    stored = RoleStore().load()

    async def blink(adapter: Adapter) -> str:
        found = resolve(clip, await adapter.scan(_SCAN_S, soon(clip, stored)), stored)
        async with visit(adapter, found.identity.serial, time.monotonic) as there:
            there.need(Can.IDENTIFY, "blink")
            await there.talk.identify(seconds)
        return found.identity.serial

    typer.echo(f"{clip_air.run(blink)} blinks for {seconds} s")


def assign(
    clip: NameArgument,
    role: Annotated[str, typer.Argument(help=f"Where it is worn: {', '.join(CLIPS)}, or none.", metavar="ROLE")],
) -> None:
    """Say where a clip is worn; this computer and the clip remember it."""
    worn = role.lower()
    if worn not in (*CLIPS, "none"):
        raise typer.BadParameter(f"{role!r} is no place; known: {', '.join(CLIPS)}, none", param_hint="ROLE")
    store = RoleStore()
    stored = store.load()
    place = None if worn == "none" else worn

    async def tell(adapter: Adapter) -> str:
        found = resolve(clip, await adapter.scan(_SCAN_S, soon(clip, stored)), stored)
        async with visit(adapter, found.identity.serial, time.monotonic) as there:
            if Can.ROLE in found.driver.can:
                await there.talk.set_role(place)
        return found.identity.serial

    serial = clip_air.run(tell)
    store.assign(serial, place)
    typer.echo(f"{serial}: {place or 'no place'}")


def _row(one: Found, role: str | None) -> tuple[str, ...]:
    identity = one.identity
    version = "" if identity.version is None else str(identity.version)
    if identity.version not in (None, VERSION_MAJOR):
        version += " (not ours)"
    return (
        identity.serial,
        role or "-",
        "-" if identity.battery_percent is None else f"{identity.battery_percent} %",
        "-" if one.rssi_dbm is None else f"{one.rssi_dbm} dBm",
        version,
        identity.state,
    )
