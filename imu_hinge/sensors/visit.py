"""A short visit to one clip: connect, say something, leave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from imu_hinge.conventions import CLIPS
from imu_hinge.errors import LinkError
from imu_hinge.sensors.adapter import Adapter, Found
from imu_hinge.sensors.driver import About, Can, Conversation, Decoder
from imu_hinge.sensors.roles import role_of

__all__ = ["Visit", "need", "resolve", "soon", "visit"]


@dataclass(frozen=True)
class Visit:
    """An open connection: who it is, what it says of itself, the conversation, and its largest notification."""

    found: Found
    about: About
    talk: Conversation
    decoder: Decoder
    payload_bytes: int


def need(found: Found, ability: Can, what: str, advice: str) -> None:
    """Raise LinkError where its family cannot do ``what``: known before anybody connects."""
    if ability not in found.driver.can:
        raise LinkError(f"{found.driver.name} sensors cannot {what}", clip=found.identity.serial, advice=advice)


@asynccontextmanager
async def visit(adapter: Adapter, serial: str, now: Callable[[], float]) -> AsyncIterator[Visit]:
    """Connect to a clip and leave it again, whatever happens. Raises LinkError and its kin."""
    found, port = await adapter.connect(serial)
    try:
        decoder = found.driver.decoder()
        talk = found.driver.converse(port, decoder, now, lambda payload: None, lambda event: None)
        about = await talk.prepare()
        yield Visit(found, about, talk, decoder, port.payload_bytes)
    finally:
        await port.close()


def soon(name: str, stored: Mapping[str, str]) -> Callable[[Mapping[str, Found]], bool]:
    """For scans: whether the clip that a person means is there already, where its name leaves no doubt."""

    def there(found: Mapping[str, Found]) -> bool:
        if name.lower() in CLIPS:
            return any(role_of(one, stored) == name.lower() for one in found.values())
        return name.upper() in found

    return there


def resolve(name: str, found: Mapping[str, Found], stored: Mapping[str, str]) -> Found:
    """The clip that a person means by a place, a serial number, or the last digits of one.

    Raises LinkError where none or several fit.
    """
    if name.lower() in CLIPS:
        fitting = [one for one in found.values() if role_of(one, stored) == name.lower()]
    elif name.upper() in found:
        return found[name.upper()]  # also where it is the end of a longer one
    else:
        fitting = [one for one in found.values() if one.identity.serial.endswith(name.upper())]
    if len(fitting) == 1:
        return fitting[0]
    around = ", ".join(sorted(found)) or "no clip at all"
    what = "no such clip is seen" if not fitting else "several clips are called that"
    raise LinkError(what, clip=name, advice=f"Around are: {around}.")
