"""What drawings need from a result: reps numbered across sets, stretches of series, thinning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.errors import ImuHingeError
from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.session.results import AngleSeries, Fault, RepResult, SessionResult, SetResult

__all__ = [
    "FloatArray",
    "NumberedRep",
    "angles_at",
    "between",
    "envelope",
    "finite_range",
    "numbered_reps",
    "pick_rep",
    "telling_rep",
    "velocity_deg_s",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NumberedRep:
    """A rep with its number counting from 1 across all sets, and its set's number and result."""

    number: int
    set_number: int
    in_set: SetResult
    rep: RepResult


def numbered_reps(result: SessionResult) -> tuple[NumberedRep, ...]:
    """Every rep of the session, numbered from 1 across sets in the order of the sets."""
    pairs = [(s, a_set, rep) for s, a_set in enumerate(result.sets, 1) for rep in a_set.reps]
    return tuple(NumberedRep(n, s, a_set, rep) for n, (s, a_set, rep) in enumerate(pairs, 1))


def pick_rep(result: SessionResult, number: int) -> NumberedRep:
    """Return the rep with that number; raises ImuHingeError where there is none."""
    reps = numbered_reps(result)
    if 1 <= number <= len(reps):
        return reps[number - 1]
    advice = f"Choose a rep from 1 to {len(reps)}." if reps else "No reps were found in this recording."
    raise ImuHingeError(f"there is no rep {number}", where=result.recording, advice=advice)


def telling_rep(result: SessionResult) -> NumberedRep | None:
    """Return the rep to show: gravest fault, farthest from the reference; else the one nearest the median depth."""
    reps = numbered_reps(result)
    faulty = [r for r in reps if r.rep.faults]
    if faulty:
        own = result.reference_lumbar_deg
        usual = FaultParams().default_reference_deg if own is None else own
        return max(faulty, key=lambda r: max((f.severity == "red", _departure(f, usual)) for f in r.rep.faults))
    depths = [(r.rep.hip_max_deg, r) for r in reps if r.rep.hip_max_deg is not None]
    if depths:
        middle = float(np.median([d for d, _ in depths]))
        return min(depths, key=lambda pair: abs(pair[0] - middle))[1]
    return reps[0] if reps else None


def _departure(fault: Fault, usual_deg: float) -> float:
    """How far a rounded or arched back is from the reference, deg; other faults have no such measure."""
    far = abs(fault.value_deg - usual_deg) if fault.name in ("rounded_back", "arched_back") else 0.0
    return far if np.isfinite(far) else 0.0


def between(angles: AngleSeries, start_s: float, end_s: float) -> slice:
    """Return the slice of the grid with start_s <= time <= end_s."""
    first, last = np.searchsorted(angles.time_s, [start_s - 1e-9, end_s + 1e-9])
    return slice(int(first), int(last))


def angles_at(angles: AngleSeries, time_s: float) -> dict[str, float]:
    """Hip and lumbar flexion (degrees) at a time, by joint; NaN where not known."""
    nearest = int(np.argmin(np.abs(angles.time_s - time_s)))
    return {"hip": float(angles.hip_flexion_deg[nearest]), "lumbar": float(angles.lumbar_flexion_deg[nearest])}


def envelope(
    time_s: FloatArray, low: FloatArray, high: FloatArray, bins: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Reduce (N,) series to at most ``bins`` columns of (time, minimum, maximum), which hides no peak.

    A series already short enough is returned as it is; a column without any finite sample is NaN.
    """
    per = -(-len(time_s) // max(bins, 1))
    if per <= 1:
        return time_s, low, high
    pad = -len(time_s) % per

    def fold(values: FloatArray) -> FloatArray:
        return np.concatenate([values, np.full(pad, np.nan)]).reshape(-1, per)

    middle = time_s[np.minimum(np.arange(len(low) + pad)[::per] + per // 2, len(low) - 1)]
    return middle, np.fmin.reduce(fold(low), axis=1), np.fmax.reduce(fold(high), axis=1)


def velocity_deg_s(time_s: FloatArray, angle_deg: FloatArray, window_s: float = 0.15) -> FloatArray:
    """Rate of change (N,) in °/s: slope of a straight line over a centred window; NaN near gaps and ends."""
    out = np.full(len(time_s), np.nan)
    if len(time_s) < 3:
        return out
    half = max(1, round(window_s / 2 / float(np.median(np.diff(time_s)))))
    if len(time_s) <= 2 * half:
        return out
    windows = np.lib.stride_tricks.sliding_window_view
    t = windows(time_s, 2 * half + 1)
    t = t - t.mean(axis=1, keepdims=True)
    out[half:-half] = (t * windows(angle_deg, 2 * half + 1)).sum(axis=1) / (t * t).sum(axis=1)
    return out


def finite_range(*arrays: FloatArray) -> tuple[float, float] | None:
    """Return the smallest and largest finite value over all arrays, None where nothing is finite."""
    finite = [a[np.isfinite(a)] for a in arrays]
    both = np.concatenate(finite) if finite else np.empty(0)
    return (float(both.min()), float(both.max())) if both.size else None
