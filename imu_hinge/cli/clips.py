"""``imu-hinge clips``: which clips are around, which is which, and where each is worn."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from imu_hinge.cli import clip_air
from imu_hinge.cli.clip_words import NONE_SEEN, serial_words, signal_words, table
from imu_hinge.conventions import CLIPS
from imu_hinge.protocol.definitions import IDENTIFY_S_MAX, VERSION_MAJOR
from imu_hinge.sensors.adapter import Adapter, Found
from imu_hinge.sensors.driver import Can, Identity
from imu_hinge.sensors.roles import RoleStore, role_of
from imu_hinge.sensors.visit import need, resolve, soon, visit

__all__ = ["assign", "clips", "identify", "scan"]

NameArgument = Annotated[
    str, typer.Argument(help="Place (thigh, back, pelvis), serial number, or its last digits.", metavar="CLIP")
]
SecondsOption = Annotated[float, typer.Option("--seconds", min=0.5, max=60.0, help="How long to look.")]
_SCAN_S = 4.0


def clips(context: typer.Context, seconds: SecondsOption = _SCAN_S) -> None:
    """Show the clips and sensors around, and say which is worn where."""
    if context.invoked_subcommand is None:
        scan(seconds)


def scan(seconds: SecondsOption = _SCAN_S) -> None:
    """Show the clips around, of every brand that is known."""
    stored = RoleStore().load()

    async def look(adapter: Adapter) -> dict[str, Found]:
        return await adapter.scan(seconds)

    found = clip_air.run(look)
    if not found:
        typer.echo(NONE_SEEN)
        return
    roles = {serial: role_of(one, stored) for serial, one in found.items()}
    head = ("worn on", "brand", "serial", "battery", "signal", "state")
    rows = [
        (
            roles[serial] or "-",
            one.driver.name,
            serial_words(serial, found),
            "-" if one.identity.battery_percent is None else f"{one.identity.battery_percent} %",
            signal_words(one.rssi_dbm),
            _state(one.identity),
        )
        for serial, one in sorted(found.items(), key=lambda item: _order(item[1], roles[item[0]]))
    ]
    for line in table(head, rows):
        typer.echo(line)
    if None in roles.values():
        typer.echo("Say where a clip is worn with: imu-hinge clips assign SERIAL thigh")


def identify(
    clip: NameArgument,
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=IDENTIFY_S_MAX, help="How long.")] = 5,
) -> None:
    """Make a clip blink."""
    stored = RoleStore().load()

    async def blink(adapter: Adapter) -> tuple[str, int]:
        found = resolve(clip, await adapter.scan(_SCAN_S, soon(clip, stored)), stored)
        need(found, Can.IDENTIFY, "blink", "Switch the others off and see which is left: imu-hinge clips scan.")
        async with visit(adapter, found.identity.serial, time.monotonic) as there:
            return found.identity.serial, await there.talk.identify(seconds)

    serial, blinks_s = clip_air.run(blink)
    typer.echo(f"{serial} blinks for {blinks_s} s")


def assign(
    clip: NameArgument,
    role: Annotated[str, typer.Argument(help=f"Where it is worn: {', '.join(CLIPS)}, or none.", metavar="ROLE")],
) -> None:
    """Say where a clip is worn; that is remembered."""
    worn = role.lower()
    if worn not in (*CLIPS, "none"):
        raise typer.BadParameter(f"{role!r} is no place; known: {', '.join(CLIPS)}, none", param_hint="ROLE")
    store = RoleStore()
    stored = store.load()
    place = None if worn == "none" else worn

    async def tell(adapter: Adapter) -> Found:
        found = resolve(clip, await adapter.scan(_SCAN_S, soon(clip, stored)), stored)
        if Can.ROLE in found.driver.can:
            async with visit(adapter, found.identity.serial, time.monotonic) as there:
                await there.talk.set_role(place)
        return found

    found = clip_air.run(tell)
    serial = found.identity.serial
    store.assign(serial, place)
    typer.echo(f"{serial}: {place or 'no place'}")
    if place is not None and Can.ROLE not in found.driver.can:
        typer.echo(f"Only this computer remembers that: {found.driver.name} sensors cannot.")


def _order(one: Found, role: str | None) -> tuple[int, float, str]:
    """From the ground up, those without a place last; the stronger signal first."""
    place = len(CLIPS) if role is None else CLIPS.index(role)
    return place, float("inf") if one.rssi_dbm is None else -one.rssi_dbm, one.identity.serial


def _state(identity: Identity) -> str:
    """What it says of itself; most brands say nothing."""
    if identity.version in (None, VERSION_MAJOR):
        return identity.state or "-"
    return f"protocol {identity.version}, not {VERSION_MAJOR}"
