"""A line under arrivals, and losses seen by lateness, where nothing is known of when notifications may leave.

Arrivals, drawn over the sensor's own time, lie on and above a line; what lies above is waiting. The line's slope makes
the waiting likeliest: many arrivals close to it, whatever the worst ones do. When all of the newest are later than
nearly all before them, by more than chance allows, whole notifications are missing.

Lower envelopes of delays: Cristian 1989, doi:10.1007/BF01784024; waiting that is memoryless makes the mean wait the
likelihood's measure: Jeske 2005, doi:10.1109/TCOMM.2005.857156.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.sensors.event_line import Rate

__all__ = [
    "Envelope",
    "EnvelopeParams",
    "Groups",
    "Later",
    "alone_s",
    "better_losses",
    "fit_envelope",
    "grouped",
    "loss_begin",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class EnvelopeParams:
    """How a line is drawn under arrivals."""

    chance: float = 1e-7
    """Samples are taken for lost when by chance arrivals would be so late so seldom, at each look: three arrivals."""
    recent: int = 100
    """Losses are looked for among so many of the newest arrivals."""
    reference: int = 20
    """And judged by at least so many before them."""
    clipped: float = 3.0
    """Waits beyond so many times the median count no more than that."""
    loss_cost: float = 12.0
    """A loss must make the arrivals likelier by this much (natural logarithm) to be believed in, weighed anew."""
    most_late: float = 6.0
    """One arrival's lateness speaks by at most as much: other things make late, too."""
    drawn: int = 400
    """Under so many arrivals the line is drawn, the earliest of each few."""
    weighed: int = 100
    """Losses are weighed among so many."""


@dataclass(frozen=True)
class Envelope:
    """``host_s = level_s + slope * device_s``; ``wait_s`` is how long most (95 %) waited beyond it at most, ``sd_s``
    the level's doubt."""

    level_s: float
    slope: float
    wait_s: float
    sd_s: float


@dataclass(frozen=True)
class Later:
    """A loss of ``units`` notifications before arrival ``begin``; where ``at`` is not None, in place of loss ``at``."""

    begin: int
    units: int
    at: int | None


@dataclass(frozen=True)
class Groups:
    """Arrivals in groups: index of the ``earliest`` (N,) of each against the line, and how many it stands for."""

    earliest: NDArray[np.int64]
    size: FloatArray


def grouped(waits_s: FloatArray, most: int, parted: NDArray[np.int64]) -> Groups:
    """Waits (n,) in at most ``most`` groups and one more for each arrival in ``parted``, which begins another group."""
    step = -(-len(waits_s) // most)
    begins = np.union1d(np.arange(0, len(waits_s), step), parted[(parted > 0) & (parted < len(waits_s))])
    ends = np.append(begins[1:], len(waits_s))
    spans = zip(begins.tolist(), ends.tolist(), strict=True)
    least = [begin + int(np.argmin(waits_s[begin:end])) for begin, end in spans]
    return Groups(np.array(least, np.int64), (ends - begins).astype(np.float64))


def earliest(waits_s: FloatArray, most: int) -> NDArray[np.int64]:
    """Of waits (N,) the least of each few, by index, at most ``most`` of them."""
    step = -(-len(waits_s) // most)
    whole = len(waits_s) // step * step
    chosen = np.arange(0, whole, step) + np.argmin(waits_s[:whole].reshape(-1, step), axis=1)
    if whole < len(waits_s):
        chosen = np.append(chosen, whole + np.argmin(waits_s[whole:]))
    return np.asarray(chosen, np.int64)


def fit_envelope(host_s: FloatArray, device_s: FloatArray, rate: Rate, near: float, params: EnvelopeParams) -> Envelope:
    """The line under arrivals (N,), the newest of which is at 0 on both clocks, from a slope ``near`` it."""
    chosen = earliest(host_s - near * device_s, params.drawn)
    x, y = device_s[chosen], host_s[chosen]
    width = min(rate.most_off, 4.0 * rate.sd)
    slope, level_s = rate.centre, 0.0
    for _ in range(3):
        slopes = slope + np.linspace(-width, width, 25)
        slopes = np.clip(slopes, 1.0 - rate.most_off, 1.0 + rate.most_off)
        waits = y - slopes[:, None] * x
        levels = waits.min(axis=1)
        waits -= levels[:, None]
        median = np.median(waits, axis=1, keepdims=True)
        mean = np.minimum(waits, params.clipped * median + 1e-4).mean(axis=1) + 1e-4
        cost = len(host_s) * np.log(mean) + 0.5 * ((slopes - rate.centre) / rate.sd) ** 2
        best = int(np.argmin(cost))
        slope, level_s, width = float(slopes[best]), float(levels[best]), width / 8
    waits = host_s - slope * device_s - level_s
    long_s = float(np.quantile(waits, 0.95))
    # The lowest of n even waits is off by an n-th of their width; what independent ones there are, see ``alone_s``.
    alone = max(1.0, min(len(host_s), float(-device_s[0]) / max(long_s, 1e-3)))
    return Envelope(level_s, slope, long_s, 2.0 * long_s / alone)


def alone_s(received_s: FloatArray, waits_s: FloatArray) -> tuple[float, float]:
    """Time between arrivals, and between ones that do not wait for the same: long waits are shared."""
    spacing_s = float(np.median(np.diff(received_s)))
    long_s = float(np.quantile(waits_s, 0.95))
    return spacing_s, spacing_s if long_s < spacing_s else 2.5 * long_s


def loss_begin(
    received_s: FloatArray, waits_s: FloatArray, unit_s: float, params: EnvelopeParams
) -> tuple[int, int] | None:
    """Since which of the arrivals (N,) all are later than chance allows, and by how many ``unit_s``; None: none."""
    if len(waits_s) < params.reference + 2 or waits_s[-1] < 0.5 * unit_s:
        return None
    most = min(len(waits_s), params.recent)
    newest = waits_s[-most:]
    # For each begin among the newest: the least wait since then, and how many of all waits are at least that.
    least = np.minimum.accumulate(newest[::-1])[::-1]
    since = np.arange(most, 0, -1)
    ordered = np.sort(waits_s)
    as_late = len(ordered) - np.searchsorted(ordered, least - 1e-9)
    before = len(ordered) - since
    share = np.maximum(as_late - since, 1.0) / np.maximum(before, 1)
    spacing_s, apart_s = alone_s(received_s, ordered)
    lasted_s = received_s[-1] - received_s[-most:] + spacing_s
    looks = np.minimum(since, lasted_s / apart_s)
    log_chance = looks * np.maximum(np.log(np.minimum(share, 1.0)), -params.most_late)
    log_chance[before < params.reference] = 0.0
    best = int(np.argmin(log_chance))
    units = round(float(least[best]) / unit_s)
    if log_chance[best] >= np.log(params.chance) or units < 1:
        return None
    return len(waits_s) - most + best, units


def better_losses(
    host_s: FloatArray,
    device_s: FloatArray,
    losses: Sequence[tuple[int, int]],
    unit_s: float,
    slope: float,
    rate: Rate,
    worth: FloatArray,
    params: EnvelopeParams,
) -> Later | None:
    """The one change of ``losses`` (arrival and notifications each) that pays most, at whatever rate goes with it.

    ``device_s`` (N,) has losses made up for; each of the arrivals counts its ``worth`` (N,). None where nothing pays.
    """
    slopes = slope + np.linspace(-1.0, 1.0, 11) * min(2.0 * rate.sd, rate.most_off)
    slopes = np.clip(np.append(slopes, rate.centre), 1.0 - rate.most_off, 1.0 + rate.most_off)
    prior = 0.5 * ((slopes - rate.centre) / rate.sd) ** 2
    units_s = slopes * unit_s
    now = host_s - slopes[:, None] * device_s
    lateness = now[5] - now[5].min()
    scale_s = max(float(np.minimum(lateness, 3.0 * np.median(lateness) + 1e-4).mean()), 3e-4)

    def cost(late: FloatArray, prior: FloatArray) -> FloatArray:
        late = late - late.min(axis=-1, keepdims=True)
        return np.asarray(np.minimum(late / scale_s, params.most_late) @ worth + prior)

    best_cost, best = float(cost(now, prior).min()) - 1.0, None
    for at, (begin, units) in enumerate(losses):
        for more in (-1, 1):
            moved = now.copy()
            moved[:, begin:] -= more * units_s[:, None]
            saved = params.loss_cost if units + more == 0 else 0.0
            value = float(cost(moved, prior).min()) - saved
            if value < best_cost:
                best_cost, best = value, Later(begin, units + more, at)
    earlier = np.minimum.accumulate(now, axis=1)
    later = np.minimum.accumulate(now[:, ::-1], axis=1)[:, ::-1]
    missing = np.maximum(np.round((later[:, 1:-1] - earlier[:, :-2]) / units_s[:, None]), 0.0)
    begins = np.flatnonzero((missing >= 1.0).any(axis=0)) + 1
    if len(begins):
        after = np.arange(len(host_s)) >= begins[:, None]
        moved = now[:, None, :] - after * (missing[:, begins - 1] * units_s[:, None])[:, :, None]
        values = np.where(missing[:, begins - 1] >= 1.0, cost(moved, prior[:, None]), np.inf) + params.loss_cost
        which = np.unravel_index(int(np.argmin(values)), values.shape)
        if values[which] < best_cost:
            begin = int(begins[which[1]])
            best = Later(begin, int(missing[which[0], begin - 1]), None)
    return best
