"""How long a cue takes from the call of ``play`` to the first sample being mixed, with the session's process idle and
with threads in it that never rest."""

from __future__ import annotations

import importlib.util
import threading
import time
from typing import Final, Literal

import numpy as np

from benchmarks.tables import Outcome
from imu_hinge.live.sound import SoundPlayer, sound_command

__all__ = ["measure"]

SOUNDS: Final = 300
EVERY_S: Final = 0.023
"""No multiple of a block, so that calls fall anywhere in one."""


def _busy(ended: threading.Event) -> None:
    while not ended.is_set():
        sum(range(2000))


def _latencies_ms(to: Literal["null", "paced"], threads: int) -> tuple[np.ndarray, int]:
    ended = threading.Event()
    load = [threading.Thread(target=_busy, args=(ended,), daemon=True) for _ in range(threads)]
    with SoundPlayer(command=sound_command(to)) as player:
        for thread in load:
            thread.start()
        for _ in range(SOUNDS):
            player.play("rounded_back", "red")
            time.sleep(EVERY_S)
        ended.set()
    return np.array(player.latencies_ms), player.dropped


def measure() -> Outcome:
    """Both kinds of stream that need no loudspeaker, without and with load."""
    streams: list[tuple[Literal["null", "paced"], str]] = [("paced", "no device, blocks of 10 ms")]
    if importlib.util.find_spec("miniaudio") is not None:
        streams.append(("null", "miniaudio's null device"))
    rows, numbers = [], {}
    for to, name in streams:
        for threads in (0, 1, 3):
            taken, dropped = _latencies_ms(to, threads)
            p50, p99 = np.percentile(taken, [50, 99])
            rows.append([name, str(threads), f"{p50:.1f}", f"{p99:.1f}", f"{taken.max():.1f}", str(dropped)])
            numbers[f"{to}, {threads} busy threads"] = {"p50_ms": float(p50), "p99_ms": float(p99), "dropped": dropped}
    return Outcome(
        "sound",
        "Sound: from the call to the first sample mixed",
        f"{SOUNDS} cues each, through a process of its own. A block of 10 ms costs 5 ms on average. What a device adds "
        "behind that, one or two blocks and its own, is not in it. Busy threads hold the interpreter lock of the "
        "session's process all the time.",
        ["stream", "busy threads", "p50 ms", "p99 ms", "most ms", "dropped"],
        rows,
        numbers,
    )
