"""What the radio does to samples: losses, drop-outs, late refills, a stuck clip, the order of arrival."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.recording.model import FloatArray

__all__ = ["DropOut", "Losses", "Stuck", "arrival_times", "freeze", "kept"]


@dataclass(frozen=True)
class DropOut:
    """The connection to ``clip`` (None: to every clip) breaks at ``start_s`` for ``duration_s``.

    With ``refill`` the clip's memory delivers the samples afterwards, so their rows come late.
    """

    start_s: float
    duration_s: float
    clip: str | None = None
    refill: bool = False


@dataclass(frozen=True)
class Stuck:
    """From ``start_s`` on ``clip`` repeats its last sample."""

    clip: str
    start_s: float


@dataclass(frozen=True)
class Losses:
    """Losses of a session.

    ``single`` is the probability of losing any sample, ``bursts_per_min`` bursts of ``burst_s`` (least,
    greatest) s; samples travel ``packet_samples`` to a packet and arrive up to ``arrival_jitter_s`` late.
    """

    single: float = 0.0
    bursts_per_min: float = 0.0
    burst_s: tuple[float, float] = (0.02, 0.12)
    packet_samples: int = 1
    arrival_jitter_s: float = 0.0
    dropouts: tuple[DropOut, ...] = ()
    stuck: tuple[Stuck, ...] = ()


def kept(time_s: FloatArray, clip: str, losses: Losses, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which samples (N,) are ever received."""
    keep = rng.random(len(time_s)) >= losses.single
    minutes = (time_s[-1] - time_s[0]) / 60.0 if len(time_s) else 0.0
    for _ in range(int(rng.poisson(losses.bursts_per_min * minutes))):
        start = float(rng.uniform(time_s[0], time_s[-1]))
        keep &= ~_within(time_s, start, float(rng.uniform(*losses.burst_s)))
    for gap in losses.dropouts:
        if gap.clip in (None, clip) and not gap.refill:
            keep &= ~_within(time_s, gap.start_s, gap.duration_s)
    return keep


def arrival_times(time_s: FloatArray, clip: str, losses: Losses, rng: np.random.Generator) -> FloatArray:
    """When each sample (N,) arrives: with its packet, somewhat late, refills after the reconnection."""
    n, size = len(time_s), max(losses.packet_samples, 1)
    packet = np.arange(n) // size
    last = np.minimum((packet + 1) * size - 1, n - 1)
    jitter = losses.arrival_jitter_s * rng.random(int(packet[-1]) + 1 if n else 0)
    arrival = np.maximum.accumulate(time_s[last] + jitter[packet]) if n else time_s.copy()
    for gap in losses.dropouts:
        if gap.refill and gap.clip in (None, clip):
            late = _within(time_s, gap.start_s, gap.duration_s)
            back = gap.start_s + gap.duration_s
            arrival[late] = back + 0.4 + 0.25 * (time_s[late] - gap.start_s)
    return np.asarray(arrival)


def freeze(time_s: FloatArray, values: FloatArray, clip: str, losses: Losses) -> FloatArray:
    """The values (N, 3), repeating the last one from where the clip gets stuck."""
    out = values
    for stuck in losses.stuck:
        first = int(np.searchsorted(time_s, stuck.start_s))
        if stuck.clip == clip and 0 < first < len(time_s):
            out = out.copy()
            out[first:] = out[first - 1]
    return out


def _within(time_s: FloatArray, start_s: float, duration_s: float) -> NDArray[np.bool_]:
    return (time_s >= start_s) & (time_s < start_s + duration_s)
