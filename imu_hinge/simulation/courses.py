"""Smooth courses of joint angles: minimum-jerk strokes on a time line, with natural unrest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from imu_hinge.recording.model import FloatArray

__all__ = ["STEP_S", "Script", "minimum_jerk", "quintic", "unrest", "window"]

STEP_S: Final = 1.0 / 250.0
"""Grid step of the simulated motion, s; splines of degree five carry it to the sampling instants."""

MUSCLE_LOW_PASS_S: Final = 0.012
"""Standard deviation of the Gaussian that smooths every course, s: muscles do not jerk."""


def minimum_jerk(tau: FloatArray, skew: float = 0.0) -> FloatArray:
    """The minimum-jerk rise from 0 to 1 over ``tau`` in 0..1 (Flash & Hogan 1985), C2 at both ends.

    ``skew`` in (-1, 1) moves the fastest moment earlier (positive) or later (negative).
    """
    x = np.clip(tau, 0.0, 1.0)
    x = x + skew * x * (1.0 - x)
    return np.asarray(x * x * x * (10.0 + x * (6.0 * x - 15.0)))


def quintic(
    t: FloatArray, duration: float, start: tuple[float, float, float], end: tuple[float, float, float]
) -> FloatArray:
    """The polynomial of degree five that meets (value, rate, acceleration) at 0 and at ``duration`` (s)."""
    d = duration
    x = t / d
    p0, v0, a0 = start[0], start[1] * d, start[2] * d * d
    p1, v1, a1 = end[0], end[1] * d, end[2] * d * d
    c3 = 10 * (p1 - p0) - 6 * v0 - 4 * v1 - 1.5 * a0 + 0.5 * a1
    c4 = -15 * (p1 - p0) + 8 * v0 + 7 * v1 + 1.5 * a0 - a1
    c5 = 6 * (p1 - p0) - 3 * (v0 + v1) - 0.5 * (a0 - a1)
    return np.asarray(p0 + x * (v0 + x * (0.5 * a0 + x * (c3 + x * (c4 + x * c5)))))


def window(t: FloatArray, duration: float, ramp: float) -> FloatArray:
    """A smooth window over 0..``duration``: up within ``ramp`` seconds, flat, down again."""
    return minimum_jerk(t / ramp) * minimum_jerk((duration - t) / ramp)


def unrest(t: FloatArray, duration: float, sd: float, scale_s: float, rng: np.random.Generator) -> FloatArray:
    """Smooth random wandering of SD ``sd`` and time scale ``scale_s``, zero and still at both ends.

    Where there is little time there is little wandering, so that accelerations stay those of the time scale.
    """
    sd *= min(1.0, duration / (3.0 * scale_s)) ** 2
    knots = max(4, int(np.ceil(duration / scale_s)) + 1)
    spline = CubicSpline(np.linspace(0.0, duration, knots), sd * rng.standard_normal(knots), bc_type="natural")
    ramp = min(scale_s, duration / 3.0)
    return np.asarray(spline(np.clip(t, 0.0, duration)) * window(t, duration, ramp))


@dataclass(frozen=True)
class _Stroke:
    start_s: float
    duration_s: float
    delta: float
    skew: float


@dataclass
class Script:
    """A time line of channels (joint angles in rad, root displacements in m) that movements write into.

    ``now_s`` is where the next movement begins. A channel is the sum of its strokes and of the arrays played
    into it; overlapping strokes add, which is how people blend one movement into the next (Flash & Henis
    1991).
    """

    now_s: float = 0.0
    _value: dict[str, float] = field(default_factory=dict)
    _strokes: dict[str, list[_Stroke]] = field(default_factory=dict)
    _played: dict[str, list[tuple[int, FloatArray]]] = field(default_factory=dict)

    def value(self, channel: str) -> float:
        """Where the channel will be once everything written so far has happened."""
        return self._value.get(channel, 0.0)

    def move(self, channel: str, to: float, duration_s: float, *, at_s: float | None = None, skew: float = 0.0) -> None:
        """Bring the channel to ``to`` with one stroke that starts ``at_s`` (default: now)."""
        self.shift(channel, to - self.value(channel), duration_s, at_s=at_s, skew=skew)

    def shift(
        self, channel: str, delta: float, duration_s: float, *, at_s: float | None = None, skew: float = 0.0
    ) -> None:
        """Change the channel by ``delta`` with one stroke that starts ``at_s`` (default: now)."""
        start = self.now_s if at_s is None else at_s
        self._strokes.setdefault(channel, []).append(_Stroke(start, duration_s, delta, skew))
        self._value[channel] = self.value(channel) + delta

    def play(self, channel: str, values: FloatArray, *, at_s: float | None = None) -> None:
        """Lay the course ``values`` (N,), one value a ``STEP_S``, over the channel; the last stays."""
        start = self.now_s if at_s is None else at_s
        self._played.setdefault(channel, []).append((round(start / STEP_S), np.asarray(values, float)))
        self._value[channel] = self.value(channel) + float(values[-1])

    def play_absolute(self, channel: str, values: FloatArray, *, at_s: float | None = None) -> None:
        """Like ``play``, for a course that states where the channel is rather than by how much it departs."""
        self.play(channel, values - self.value(channel), at_s=at_s)

    def wander(
        self,
        channel: str,
        sd: float,
        scale_s: float,
        duration_s: float,
        rng: np.random.Generator,
        *,
        at_s: float | None = None,
    ) -> None:
        """Lay ``unrest`` over the channel for ``duration_s``."""
        self.play(channel, unrest(self.times(duration_s), duration_s, sd, scale_s, rng), at_s=at_s)

    def wait(self, duration_s: float) -> None:
        """Let time pass."""
        self.now_s += duration_s

    @staticmethod
    def times(duration_s: float) -> FloatArray:
        """The grid from 0 to ``duration_s``, for courses to be played."""
        return np.arange(int(np.ceil(duration_s / STEP_S)) + 1, dtype=np.float64) * STEP_S

    def render(self, channel: str, samples: int) -> FloatArray:
        """The course of one channel on the grid, (samples,)."""
        out = np.zeros(samples)
        steps = np.zeros(samples + 1)
        for s in self._strokes.get(channel, ()):
            first = min(max(int(np.ceil(s.start_s / STEP_S)), 0), samples)
            last = min(max(int(np.ceil((s.start_s + s.duration_s) / STEP_S)), first), samples)
            tau = (np.arange(first, last, dtype=np.float64) * STEP_S - s.start_s) / s.duration_s
            out[first:last] += s.delta * minimum_jerk(tau, s.skew)
            steps[last] += s.delta
        for first, values in self._played.get(channel, ()):
            last = min(first + len(values), samples)
            if first < samples:
                out[first:last] += values[: last - first]
            steps[last] += values[-1]
        course = out + np.cumsum(steps[:-1])
        return np.asarray(gaussian_filter1d(course, MUSCLE_LOW_PASS_S / STEP_S, mode="nearest"))
