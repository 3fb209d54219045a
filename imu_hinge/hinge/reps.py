"""Counting reps on the fold of trunk against thigh, sample by sample, and placing their boundaries.

A rep is a rise of the fold from a top, a bottom, and a return that either comes to rest or turns into the next rep.
Only turning points and rest decide, never a fixed level, so pauses, shallow lockouts and touch-and-go all work.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imu_hinge.hinge.boundaries import BoundaryParams, place
from imu_hinge.hinge.profiles import RepProfile

__all__ = ["Rep", "RepCounter", "RepParams", "Tempo"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_AT_ONCE = 256
"""Samples smoothed at a time."""


@dataclass(frozen=True)
class RepParams:
    """How turning points, rest and boundaries are told on the fold signal."""

    smooth_s: float = 0.11
    """Length of the Hann window the fold passes, s; its delay is half of that, and exact."""
    returned: float = 0.6
    """Share of the rise that must be undone before a rep can end."""
    rise_again: float = 0.2
    """Share of the rise by which the fold must climb again for the next rep to have begun."""
    rest_deg_s: float = 10.0
    rest_share: float = 0.12
    """Fold velocity, deg/s, and share of the return's fastest, below which the return has come to rest."""
    rest_s: float = 0.12
    """How long it must stay there, s."""
    boundaries: BoundaryParams = field(default_factory=BoundaryParams)
    flight_s: float = 0.1
    """Free fall must last this long to be a flight, s."""
    flight_wait_s: float = 0.35
    """How soon after the first dip the flight of a jump must show, s."""
    settle_deg_s: float = 3.0
    settle_s: float = 0.3
    """Slower than this, deg/s, for this long, s, the athlete has come to rest at the top of the next rep."""
    max_rep_s: float = 60.0
    """A fold kept longer after its deepest is not a rep, s; longer where the profile allows a longer stay."""
    top_s: float = 5.0
    """How far back the top of a rep may lie when the fold has risen enough to count, s."""
    gap_s: float = 3.0
    """A rep with a longer gap in it is given up, s; over a shorter one it is counted, if not measured."""


@dataclass(frozen=True)
class Tempo:
    """Seconds on the way down, at the bottom, on the way up."""

    eccentric_s: float
    pause_s: float
    concentric_s: float


@dataclass(frozen=True)
class Rep:
    """One rep; times in s on the recording's clock, folds in degrees."""

    start_s: float
    bottom_s: float
    end_s: float
    top_fold_deg: float
    bottom_fold_deg: float
    end_fold_deg: float
    tempo: Tempo
    flight: bool = False


@dataclass
class _Open:
    """A fold under way: where it began, its deepest point, and the lowest point since."""

    top: int
    top_fold: float
    peak: int
    peak_fold: float
    low: int
    low_fold: float
    calm: int = 0
    fastest: float = 0.0
    flight: bool = False
    landed: bool = False
    first_peak: int | None = None


class RepCounter:
    """Streams the fold and gives reps as they end; the same reps for any chunking."""

    def __init__(self, profile: RepProfile, rate_hz: float, params: RepParams | None = None) -> None:
        self._profile = profile
        self._params = RepParams() if params is None else params
        self._rate_hz = rate_hz
        taps = max(3, 2 * round(self._params.smooth_s * rate_hz / 2) + 1)
        window = np.hanning(taps + 2)[1:-1]
        self._taps = window / window.sum()
        self._half = taps // 2
        self._windows = np.arange(taps)[:, None] + np.arange(_AT_ONCE)
        self._raw: FloatArray = np.full(taps - 1, np.nan)
        self._flights: BoolArray = np.zeros(self._half, bool)
        self._last = math.nan
        self._index = -1
        self._origin = 0
        self._fold: list[float] = []  # smoothed folds since self._origin, for placing boundaries
        self._tops: deque[tuple[int, float]] = deque()  # rising minima of the last seconds: the first is the top
        self._open: _Open | None = None
        self._blind = 0
        self._falling = 0
        self._settled = 0
        self._time = math.nan
        self._pending: tuple[Rep, int, _Open] | None = None

    @property
    def folding(self) -> bool:
        """Whether a rep is under way."""
        return self._open is not None

    def update(
        self,
        time_s: FloatArray,
        fold_deg: FloatArray,
        flight: BoolArray | None = None,
        trunk_pitch_deg: FloatArray | None = None,
    ) -> list[Rep]:
        """Take consecutive grid samples (N,), NaN in gaps; give the reps that became certain.

        ``time_s`` must continue where the last block ended. ``flight`` (N,) marks free fall; ``trunk_pitch_deg`` (N,)
        is for exercises that are done lying.
        """
        n = len(fold_deg)
        if n == 0:
            return []
        if self._profile.max_trunk_pitch_deg is not None and trunk_pitch_deg is not None:
            fold_deg = np.where(trunk_pitch_deg < self._profile.max_trunk_pitch_deg, fold_deg, np.nan)
        sign = self._profile.folds
        raw = np.concatenate([self._raw, sign * fold_deg])
        smooth = np.empty(n)
        for a in range(0, n, _AT_ONCE):
            stop = min(n, a + _AT_ONCE)
            # Added up one after another, never pairwise: the same bits for any chunking.
            weighted = self._taps[:, None] * raw[a:][self._windows[:, : stop - a]]
            smooth[a:stop] = np.add.accumulate(weighted, axis=0)[-1]
        self._raw = raw[n:]
        flying = np.concatenate([self._flights, np.zeros(n, bool) if flight is None else flight])
        self._flights = flying[n:]
        delay_s = self._half / self._rate_hz
        done: list[Rep] = []
        for t, x, f in zip((time_s - delay_s).tolist(), smooth.tolist(), flying[:n].tolist(), strict=True):
            done += self._step(t, x, f)
        return done

    def finish(self) -> list[Rep]:
        """The rep that the end of the recording cut off after its return, if there is one."""
        if self._pending is not None:
            rep, self._pending = self._pending[0], None
            return [rep]
        now = self._open
        if now is None or now.peak_fold - now.low_fold < self._params.returned * (now.peak_fold - now.top_fold):
            return []
        self._open = None
        return [r for r in [self._close(now, self._index, self._time)] if r is not None]

    def _step(self, time_s: float, fold: float, falling: bool) -> list[Rep]:
        self._index += 1
        self._falling = self._falling + 1 if falling else 0
        flight = self._falling >= self._params.flight_s * self._rate_hz
        self._time = time_s
        speed = 0.0
        if math.isnan(fold):
            self._blind += 1
            if not self._fold or self._blind > self._params.gap_s * self._rate_hz:
                return self._give_up()
            # Inside a short gap nothing turns; the held value keeps indices aligned.
            fold = self._fold[-1]
        else:
            if self._blind:
                self._bridge(fold)
            self._blind = 0
            speed = (fold - self._last) * self._rate_hz if not math.isnan(self._last) else 0.0
            self._last = fold
        self._fold.append(fold)
        self._note_top(self._index, fold)
        if self._pending is not None:
            return self._await_flight(fold, flight)
        if self._open is not None:
            return self._follow(self._open, fold, speed, flight)
        if abs(speed) < self._params.settle_deg_s:
            self._settled += 1
        else:
            if self._settled >= self._params.settle_s * self._rate_hz:
                # Whoever rested starts from there, however they came (down to the floor, out of an arch).
                self._restart_tops(self._index - min(self._settled, round(self._rate_hz)))
            self._settled = 0
        top, top_fold = self._tops[0]
        if fold - top_fold >= self._profile.min_fold_deg:
            self._settled = 0
            self._open = _Open(top, top_fold, self._index, fold, self._index, fold, flight=flight)
        else:
            self._forget()
        return []

    def _bridge(self, fold: float) -> None:
        """Replace the values held through a gap by a straight line: a held fold would look like a rest."""
        n = min(self._blind, len(self._fold) - 1)
        if n > 0:
            start = self._fold[-n - 1]
            self._fold[-n:] = [start + (fold - start) * (i + 1) / (n + 1) for i in range(n)]

    def _note_top(self, index: int, fold: float) -> None:
        while self._tops and self._tops[-1][1] >= fold:
            self._tops.pop()
        self._tops.append((index, fold))
        if self._tops[0][0] < index - self._params.top_s * self._rate_hz:
            self._tops.popleft()

    def _give_up(self) -> list[Rep]:
        """The stream broke off: what was under way is lost, what was over counts."""
        done = [self._pending[0]] if self._pending is not None else []
        self._pending = self._open = None
        self._tops.clear()
        self._fold.clear()
        self._origin = self._index + 1
        self._settled = 0
        self._last = math.nan
        return done

    def _follow(self, now: _Open, fold: float, speed: float, flight: bool) -> list[Rep]:
        p = self._params
        now.flight = now.flight or flight
        rise = now.peak_fold - now.top_fold
        if fold > now.peak_fold:
            now.peak, now.peak_fold = self._index, fold
            now.low, now.low_fold = self._index, fold
            now.calm = 0
            return []
        if fold < now.low_fold:
            now.low, now.low_fold = self._index, fold
        returned = now.peak_fold - now.low_fold >= p.returned * rise
        if returned and fold - now.low_fold >= p.rise_again * rise:
            return self._end(now, now.low)
        now.fastest = max(now.fastest, -speed)
        now.calm = now.calm + 1 if abs(speed) < min(p.rest_deg_s, p.rest_share * now.fastest) else 0
        if returned and now.calm >= p.rest_s * self._rate_hz:
            return self._end(now, self._index)
        if self._index - now.peak > max(p.max_rep_s, self._profile.max_bottom_s + 30.0) * self._rate_hz:
            self._open = None
            self._restart_tops(self._index)
        return []

    def _end(self, now: _Open, at: int) -> list[Rep]:
        rep = self._close(now, at, self._time)
        self._open = None
        self._restart_tops(at)
        if rep is None:
            return []
        if self._profile.has_flight and not now.landed:
            self._pending = (rep, self._index, now)
            return []
        return [rep]

    def _restart_tops(self, at: int) -> None:
        """The next rep's top lies after the end of this one."""
        self._tops.clear()
        for index in range(max(at, self._origin), self._index + 1):
            self._note_top(index, self._fold[index - self._origin])

    def _await_flight(self, fold: float, flight: bool) -> list[Rep]:
        """After the dip of a jump: the landing belongs to the same rep if a flight comes between."""
        assert self._pending is not None
        rep, since, before = self._pending
        before.flight = before.flight or flight
        if before.flight and fold - self._tops[0][1] >= 0.4 * self._profile.min_fold_deg:
            self._pending = None
            here = self._index
            self._open = _Open(
                before.top,
                before.top_fold,
                here,
                fold,
                here,
                fold,
                flight=True,
                landed=True,
                first_peak=before.peak,
            )
            return []
        if self._index - since > (3.0 if before.flight else self._params.flight_wait_s) * self._rate_hz:
            self._pending = None
            return [rep]
        return []

    def _close(self, now: _Open, at: int, now_s: float) -> Rep | None:
        """Place the boundaries of a finished fold; None where it is no rep after all."""
        fold = np.array(self._fold[now.top - self._origin : at - self._origin + 1])
        peak = (now.first_peak if now.first_peak is not None else now.peak) - now.top
        profile, seconds = self._profile, 1.0 / self._rate_hz
        found = place(fold, peak, now.peak - now.top, self._rate_hz, self._params.boundaries, seated=profile.seated)
        if found is None or (found.end - found.start) * seconds < profile.min_duration_s:
            return None
        if found.stay * seconds > profile.max_bottom_s:
            return None
        if profile.min_peak_deg is not None and fold[peak] < profile.min_peak_deg:
            return None
        origin_s = now_s - (self._index - now.top) * seconds
        sign = profile.folds
        return Rep(
            start_s=origin_s + found.start * seconds,
            bottom_s=origin_s + found.bottom * seconds,
            end_s=origin_s + found.end * seconds,
            top_fold_deg=sign * float(fold[0]),
            bottom_fold_deg=sign * float(fold[peak]),
            end_fold_deg=sign * float(fold[-1]),
            tempo=Tempo(
                (found.enter_bottom - found.start) * seconds,
                (found.leave_bottom - found.enter_bottom) * seconds,
                (found.end - found.leave_bottom) * seconds,
            ),
            flight=now.flight,
        )

    def _forget(self) -> None:
        """Keep only what the next rep's top can still need."""
        keep = self._tops[0][0] - self._origin
        if keep > 4096:
            del self._fold[:keep]
            self._origin += keep
