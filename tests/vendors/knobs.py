"""What can go wrong between a maker's sensor and this computer, to be set from outside, and the same every time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.sensors.driver import FloatArray

__all__ = ["Link", "LinkKnobs", "Motion", "resting"]

PACKET_S = 0.8e-3
"""From packet to packet in one connection event."""

Motion = Callable[[float], tuple[FloatArray, FloatArray]]
"""From the time, s, to specific force, m/s² (3,), and angular rate, rad/s (3,), in the sensor's own axes."""


def resting(time_s: float) -> tuple[FloatArray, FloatArray]:
    """Flat on a table."""
    return np.array([0.0, 0.0, GRAVITY_M_S2]), np.zeros(3)


@dataclass(frozen=True)
class LinkKnobs:
    """How badly a sensor's notifications travel.

    ``loss`` is the share of notifications that are never sent; in the last ``stall_s`` of every ``stall_every_s``
    nothing is sent, and what was measured then is lost, or comes in one heap where ``stall_loses`` is False; each
    notification waits up to ``jitter_s``, at random, without overtaking. With ``interval_s`` it waits for the next
    connection event besides, of which one carries ``packets``. ``rate_error`` is how far the true sample rate is off
    the nominal one (0.01: one percent too fast).
    """

    loss: float = 0.0
    stall_every_s: float | None = None
    stall_s: float = 0.2
    stall_loses: bool = True
    jitter_s: float = 0.0
    interval_s: float = 0.0
    packets: int = 6
    rate_error: float = 0.0
    seed: int = 1


class Link:
    """The knobs at work on one stream, whose time begins with 0."""

    def __init__(self, knobs: LinkKnobs) -> None:
        self.knobs = knobs
        self._rng = random.Random(knobs.seed)
        self._first_s = self._rng.uniform(0.0, knobs.interval_s)
        self._event = self._carried = 0

    def stalled_until(self, time_s: float) -> float:
        """When the stall at this instant ends; the instant itself where there is none."""
        every_s = self.knobs.stall_every_s
        if every_s is None:
            return time_s
        end_s = (math.floor(time_s / every_s) + 1) * every_s
        return end_s if time_s >= end_s - self.knobs.stall_s else time_s

    def stalls(self, time_s: float) -> bool:
        """Whether nothing is sent at this instant."""
        return self.stalled_until(time_s) > time_s

    def drops(self) -> bool:
        """Whether the next notification is never sent."""
        return self._rng.random() < self.knobs.loss

    def leaves_s(self, time_s: float) -> float:
        """When the next notification leaves, whose newest sample was taken at this instant."""
        time_s += self._rng.uniform(0.0, self.knobs.jitter_s)
        interval_s = self.knobs.interval_s
        if interval_s <= 0.0:
            return time_s
        event = max(self._event, math.ceil((time_s - self._first_s) / interval_s))
        if event == self._event and self._carried == self.knobs.packets:
            event += 1
        self._carried = self._carried + 1 if event == self._event else 1
        self._event = event
        return self._first_s + event * interval_s + PACKET_S * (self._carried - 1)
