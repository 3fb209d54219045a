"""Five seconds with the clips around: what the link grants and delivers, and plain verdicts about it."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from imu_hinge.errors import ImuHingeError, LinkError, ProtocolError
from imu_hinge.sensors.adapter import Adapter, Found
from imu_hinge.sensors.clip_group import ClipGroup
from imu_hinge.sensors.driver import Can, Wanted
from imu_hinge.sensors.health import ClipHealth
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.platform_advice import advice_for
from imu_hinge.sensors.roles import role_of
from imu_hinge.sensors.source import SampleBlock

__all__ = ["Checkup", "check_up", "verdicts"]

_SMALLEST_PAYLOAD: Final = 20
_LONG_INTERVAL_MS: Final = 50.0
_WEAK_DBM: Final = -80
_LOW_BATTERY_PERCENT: Final = 20
_ENOUGH: Final = 0.97
"""Share of the nominal rate that counts as all of it: sensors' own oscillators are off by up to 3 %."""
_LOOSE_CLOCK_MS: Final = 5.0


class _Nowhere:
    """Samples that are only counted."""

    full = False

    def put(self, block: SampleBlock, text: str = "", time_s: float = 0.0) -> None:
        """Forget them."""


@dataclass(frozen=True)
class Checkup:
    """What was found: clips seen, figures of those that streamed, and what went wrong by clip. Clips that somebody else
    uses (``Identity.taken``) are left alone, and so are ``strangers``: sensors without a place here, of families that
    do not say whether somebody uses them. In a gym an armband is probably another athlete's."""

    found: Mapping[str, Found]
    strangers: tuple[str, ...] = ()
    health: tuple[ClipHealth, ...] = ()
    troubles: Mapping[str, ImuHingeError] = field(default_factory=dict)


async def check_up(
    adapter: Adapter,
    stored: Mapping[str, str],
    now: Callable[[], float],
    rng: random.Random,
    limits: LinkLimits,
    wanted: Wanted,
    seconds: float = 5.0,
) -> Checkup:
    """Stream for ``seconds`` from every clip around that is ours to use, all at once as in a session.

    Raises LinkError where there is no Bluetooth.
    """
    found = await adapter.scan(limits.scan_s / 2)
    labels = {serial: role_of(one, stored) or serial for serial, one in found.items()}
    # Two clips with one role are told apart by their serials.
    names = {s: label if list(labels.values()).count(label) == 1 else s for s, label in labels.items()}
    troubles: dict[str, ImuHingeError] = {}
    strangers = tuple(
        serial
        for serial, one in sorted(found.items())
        if Can.ROLE not in one.driver.can and role_of(one, stored) is None
    )
    # To stream would end what they stream or log.
    usable = {s: name for s, name in names.items() if not found[s].identity.taken and s not in strangers}
    while usable:
        group = ClipGroup(
            {name: serial for serial, name in usable.items()}, adapter, _Nowhere(), now, rng, limits, wanted
        )
        try:
            await group.start()
        except (LinkError, ProtocolError) as error:
            culprit = next((clip for clip in group.clips if clip.trouble is error), group.clips[0])
            troubles[culprit.serial] = error
            del usable[culprit.serial]
            continue
        end = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, end.set)
        try:
            await group.run(end)
            health = group.health()
            await group.finish()
        finally:
            await group.close()  # whatever happened, nobody is left connected
        return Checkup(found, strangers, health, troubles)
    return Checkup(found, strangers, (), troubles)


def verdicts(clip: ClipHealth, platform: str = sys.platform) -> list[str]:
    """What is not as it should be, each with what to do; empty for a clip that is fine."""
    said = []
    if clip.sensor_fault or clip.stuck:
        said.append("its motion sensor is stuck: switch the clip off and on")
    if clip.rate_hz < _ENOUGH * clip.nominal_hz:
        said.append(
            f"only {clip.rate_hz:.0f} of {clip.nominal_hz:.0f} samples a second arrive: bring it closer, switch other "
            "Bluetooth devices off, or ask for a lower --rate"
        )
    if clip.books.lost and Can.REFILL not in clip.can:
        said.append(f"{clip.books.lost} samples were lost, and it cannot send them again: bring it closer")
    elif clip.books.lost or clip.books.refilled:
        missed = clip.books.lost + clip.books.refilled
        said.append(f"{missed} samples did not come at once ({clip.books.lost} not at all): bring it closer")
    if clip.payload_bytes is not None and clip.payload_bytes <= _SMALLEST_PAYLOAD:
        said.append(f"the link grants its smallest packets only (MTU 23): {advice_for('mtu', platform)}")
    if clip.interval_ms is not None and clip.interval_ms > _LONG_INTERVAL_MS:
        said.append(f"a connection interval of {clip.interval_ms:g} ms is long: {advice_for('interval', platform)}")
    if clip.clock_residual_ms is not None and clip.clock_residual_ms > _LOOSE_CLOCK_MS:
        if Can.CLOCK in clip.can:
            said.append(f"its clock scatters by {clip.clock_residual_ms:.1f} ms: bring it closer")
        else:
            said.append(
                f"its samples come so unevenly that their times are only known to {clip.clock_residual_ms:.1f} ms: "
                "bring it closer, and switch other Bluetooth devices off"
            )
    if clip.rssi_dbm is not None and clip.rssi_dbm < _WEAK_DBM:
        said.append(f"its signal is weak ({clip.rssi_dbm} dBm): bring it closer, or use an adapter on a cable")
    if clip.battery_percent is not None and clip.battery_percent < _LOW_BATTERY_PERCENT:
        said.append(f"its battery is low ({clip.battery_percent} %): charge it")
    return said
