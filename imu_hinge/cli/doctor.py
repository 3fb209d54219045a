"""``imu-hinge doctor``: is Bluetooth here fit for a session, and if not, why."""

from __future__ import annotations

import asyncio
import platform
import random
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from imu_hinge.cli import clip_air
from imu_hinge.cli.clip_words import NONE_SEEN, time_words
from imu_hinge.sensors.adapter import Adapter
from imu_hinge.sensors.checkup import Checkup, check_up, verdicts
from imu_hinge.sensors.driver import Wanted
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.roles import RoleStore
from imu_hinge.version import __version__

__all__ = ["doctor"]


def doctor(
    rate: Annotated[int, typer.Option("--rate", min=25, max=416, help="Samples a second to try with.")] = 100,
    seconds: Annotated[float, typer.Option("--seconds", min=1.0, max=600.0, help="How long to stream.")] = 5.0,
) -> None:
    """Try Bluetooth with the clips around: packet size, interval, rate and loss, and a plain verdict."""
    typer.echo(f"imu_hinge {__version__}, bleak {version('bleak')}, {platform.platform()}")
    stored = RoleStore().load()

    async def examine(adapter: Adapter) -> Checkup:
        rng = random.Random()
        now = asyncio.get_running_loop().time
        return await check_up(adapter, stored, now, rng, LinkLimits(), Wanted(rate_hz=rate), seconds)

    checkup = clip_air.run(examine)
    typer.echo("Bluetooth: an adapter is there, switched on, and we may use it")
    if not checkup.found:
        typer.echo(NONE_SEEN)
        raise typer.Exit(1)
    fine = bool(checkup.health)
    for serial, one in sorted(checkup.found.items()):
        if one.identity.taken:
            fine = False
            typer.echo(f"{serial}: left alone, it is at work for somebody else ({one.identity.state})")
    for serial in checkup.strangers:
        name = checkup.found[serial].driver.name
        typer.echo(f"{serial}: left alone, a {name} without a place here (imu-hinge clips assign {serial} thigh)")
    for serial, error in checkup.troubles.items():
        fine = False
        typer.echo(f"{serial}: {error.one_line()}")
    for clip in checkup.health:
        typer.echo(_figures(clip, rate))
        for verdict in verdicts(clip, sys.platform):
            fine = False
            typer.echo(f"  - {verdict}")
    typer.echo("All fine." if fine else "Not all is fine; see above.")
    if not fine:
        raise typer.Exit(1)


def _figures(clip: ClipHealth, asked_hz: int) -> str:
    words = [f"{clip.clip} ({clip.family} {clip.serial}, firmware {clip.firmware}):"]
    words.append(f"{clip.rate_hz:.0f} of {clip.nominal_hz:.0f} Hz, loss {100 * clip.loss_fraction:.2f} %")
    if clip.nominal_hz < asked_hz:
        words.append(f", it streams no faster ({asked_hz} Hz were asked for)")
    if clip.payload_bytes is not None:
        words.append(f", MTU {clip.payload_bytes + 3}")
    if clip.interval_ms is not None:
        words.append(f", interval {clip.interval_ms:g} ms")
    if clip.round_trip_ms is not None:
        words.append(f", round trip {clip.round_trip_ms:.0f} ms")
    elif clip.clock_residual_ms is not None:
        words.append(f", {time_words(clip)}")
    if clip.rssi_dbm is not None:
        words.append(f", signal {clip.rssi_dbm} dBm")
    if clip.battery_percent is not None:
        words.append(f", battery {clip.battery_percent} %")
    return " ".join(words).replace(" ,", ",")
