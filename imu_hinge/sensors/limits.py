"""How long things on the air may take, and when to give up."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LinkLimits"]


@dataclass(frozen=True)
class LinkLimits:
    """Time limits of one link, s. All are choices, made where BlueZ, CoreBluetooth and WinRT differ most."""

    scan_s: float = 8.0
    """Looking for one clip; clips advertise every 0.1 to 0.5 s."""
    connect_s: float = 20.0
    """Connecting and discovering services; WinRT takes up to 15 s for the first time."""
    gatt_s: float = 6.0
    """One read, write or subscription."""
    pair_s: float = 40.0
    """Pairing, with the system's question to the user."""
    close_s: float = 5.0
    """Disconnecting."""
    first_tries: int = 3
    """Attempts to connect a clip that advertises, before a session begins."""
    backoff_first_s: float = 0.5
    backoff_last_s: float = 10.0
    """Pauses between attempts to reconnect, doubled each time (PROTOCOL.md, section 12)."""
    linger_s: float = 25.0
    """After so long without a sample a stream is ended, fetched and begun anew rather than resumed; clips end it by
    themselves after ``LINGER_S`` of 30 s, and starting takes a moment."""
    dead_s: float = 60.0
    """Out of reach so long, a clip is called dead; it is looked for all the same."""
    silence_s: float = 3.0
    """Connected and sampling without a sample so long, a link is made anew."""
    learn_s: float = 10.0
    """Listening to a sensor without a clock before common time begins."""
    pings_missed: int = 2
    """Requests in a row without an answer after which a link is made anew."""
    refill_age_s: float = 1.0
    """A hole this old is asked for again."""
    refill_tries: int = 3
    """Attempts for one part of a hole."""
    refill_chunk: int = 1000
    """Samples asked for at once: five seconds at 200 Hz, so that a link that breaks costs little."""
    finish_s: float = 10.0
    """Filling the last holes when a session ends."""
