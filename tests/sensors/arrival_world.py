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


@dataclass(frozen=True)
class Air:
    """Notifications of ``batch`` samples each wait evenly up to ``jitter_s`` without overtaking, ``stalls`` of them
    (share) 0.2 s more; a share of ``loss`` never comes."""

    rate_hz: float = 100.0
    rate_error: float = 0.01
    jitter_s: float = 0.03
    batch: int = 4
    loss: float = 0.0
    stalls: float = 0.003


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
    while begun_s is None or arrived_s < begun_s + seconds:
        taken_s = (number + np.arange(air.batch)) * period_s
        number += air.batch
        waits_s = BASE_S + rng.uniform(0.0, air.jitter_s) + (0.2 if rng.random() < air.stalls else 0.0)
        arrived_s = max(taken_s[-1] + waits_s, arrived_s + 0.0003)
        if rng.random() < air.loss:
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
