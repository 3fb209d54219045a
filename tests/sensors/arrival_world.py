"""Sensors that only stream, as numbers: when samples are taken, when notifications of them arrive, what the clock makes
of that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from imu_hinge.sensors.arrival_clock import ArrivalClock
from imu_hinge.sensors.arrivals import ArrivalParams
from imu_hinge.sensors.driver import FloatArray, Samples

__all__ = ["BASE_S", "Air", "Placed", "skew_ms", "stream"]

BASE_S = 0.005
"""The least a notification takes; the same for all, so it cancels between two sensors."""
STALL_S = 0.2
PACKET_S = 0.8e-3
"""From packet to packet in one connection event."""
HOST_S = 0.4e-3
"""A host takes so long to say that a packet came, on average."""


@dataclass(frozen=True)
class Air:
    """Notifications of ``batch`` samples each wait evenly up to ``jitter_s`` without overtaking, ``stalls`` of them
    (share) 0.2 s more; a share of ``loss`` never comes. With ``interval_s`` they wait for connection events besides,
    of which one carries ``packets``; a share of ``failing`` carries none."""

    rate_hz: float = 100.0
    rate_error: float = 0.01
    jitter_s: float = 0.03
    batch: int = 4
    loss: float = 0.0
    stalls: float = 0.003
    interval_s: float = 0.0
    packets: int = 6
    failing: float = 0.0

    @classmethod
    def events(
        cls, interval_s: float, rate_hz: float = 100.0, batch: int = 4, rate_error: float = 0.01, loss: float = 0.0
    ) -> Air:
        """A link as radios have it: events, and a host that takes little time to say what came."""
        packets = max(6, round(1.5 * interval_s * rate_hz / batch))
        return cls(rate_hz, rate_error, HOST_S, batch, loss, 0.001, interval_s, packets, 0.02)


class Radio:
    """When notifications arrive that are measured one after the other."""

    def __init__(self, rng: Generator, air: Air) -> None:
        self._rng, self._air = rng, air
        self._arrived_s, self._ready_s = 0.0, 0.0
        self._event = self._carried = 0
        if air.interval_s > 0.0:
            # Phases and the central's crystal are as they are.
            self._interval_s = air.interval_s * (1.0 + rng.uniform(-3e-5, 3e-5))
            self._first_s = rng.uniform(0.0, air.interval_s)

    def arrival_s(self, taken_s: float) -> float:
        """Of the next notification, whose newest sample was taken then."""
        rng, air = self._rng, self._air
        if air.interval_s <= 0.0:
            waits_s = BASE_S + rng.uniform(0.0, air.jitter_s) + (STALL_S if rng.random() < air.stalls else 0.0)
            self._arrived_s = max(taken_s + waits_s, self._arrived_s + 0.0003)
            return self._arrived_s
        self._ready_s = max(self._ready_s, taken_s + BASE_S + (STALL_S if rng.random() < air.stalls else 0.0))
        event = int(np.ceil((self._ready_s - self._first_s) / self._interval_s))
        if event <= self._event and self._carried == air.packets:
            event = self._event + 1
        if event > self._event:
            while rng.random() < air.failing:
                event += 1
            self._event, self._carried = event, 0
        at_s = self._first_s + self._event * self._interval_s + PACKET_S * self._carried
        self._carried += 1
        self._arrived_s = max(at_s + rng.exponential(air.jitter_s), self._arrived_s + 0.0001)
        return self._arrived_s


@dataclass(frozen=True)
class Placed:
    """Where samples were placed: host time when they were taken, s, and error, ms; since common time began, s."""

    taken_s: FloatArray
    error_ms: FloatArray
    since_s: FloatArray
    lost: int
    truly_lost: int

    @property
    def rms_ms(self) -> float:
        """Over all samples from the first that was placed."""
        return float(np.sqrt(np.mean(self.error_ms**2)))


def stream(rng: Generator, air: Air, seconds: float = 40.0, params: ArrivalParams | None = None) -> Placed:
    """A stream, placed as the client does it: listen, begin, steer now and then."""
    clock = ArrivalClock(ArrivalParams() if params is None else params)
    period_s, nominal_s = 1.0 / (air.rate_hz * (1.0 + air.rate_error)), 1.0 / air.rate_hz
    arrived_s, steered_s, listening_s, begun_s, last = 0.0, 0.0, 0.0, None, -np.inf
    taken, errors, lost, lost_since = [], [], 0, 0
    number = received = 0
    radio = Radio(rng, air)
    while begun_s is None or arrived_s < begun_s + seconds:
        taken_s = (number + np.arange(air.batch)) * period_s
        number += air.batch
        if air.interval_s > 0.0 and rng.random() < air.loss:
            lost += air.batch  # dropped before the radio, whose queue it never fills
            continue
        arrived_s = radio.arrival_s(float(taken_s[-1]))
        if air.interval_s <= 0.0 and rng.random() < air.loss:
            lost += air.batch
            continue
        device_s = (received + np.arange(air.batch)) * nominal_s
        received += air.batch
        clock.arrived(Samples(device_s, np.zeros((air.batch, 3)), np.zeros((air.batch, 3)), arrived_s))
        if arrived_s - steered_s > (0.5 if arrived_s < 20.0 else 1.0):
            steered_s = arrived_s
            clock.steer()
        if begun_s is None:
            listening_s = listening_s or arrived_s
            if clock.settled or arrived_s - listening_s > 10.0:
                begun_s, lost_since = arrived_s, clock.lost
                clock.begin(0.0)
                lost = 0
            continue
        time_s = np.maximum(clock.place(device_s), last + 1e-5 * np.arange(1, air.batch + 1))
        last = float(time_s[-1])
        taken.append(taken_s)
        errors.append(1e3 * (time_s - taken_s - BASE_S))
    all_taken = np.concatenate(taken)
    return Placed(all_taken, np.concatenate(errors), all_taken - begun_s, clock.lost - lost_since, lost)


def skew_ms(one: Placed, other: Placed, after_s: float = 20.0) -> float:
    """RMS difference between two sensors' errors, from so long after common time began."""
    begin, end = max(one.taken_s[0], other.taken_s[0]) + after_s, min(one.taken_s[-1], other.taken_s[-1])
    at = np.arange(begin, end, 0.02)
    apart = np.interp(at, one.taken_s, one.error_ms) - np.interp(at, other.taken_s, other.error_ms)
    return float(np.sqrt(np.mean(apart**2)))
