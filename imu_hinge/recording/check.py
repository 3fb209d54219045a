"""Is it plausible? Units from physics, and clips that are alive and were worn at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import ClipError, UnitError
from imu_hinge.recording.model import ClipSamples, FloatArray, Recording

__all__ = ["check_alive", "check_units", "gyro_scale"]

_BIN_S: Final = 0.25
"""Samples are averaged over bins this long: longer than an impact, shorter than a movement."""
_FEWEST_BINS: Final = 8
_QUIET: Final = 0.15
"""In a quiet bin |a| varies, and differs from its median over the recording, by less than this share."""
_CLEAR_CORRELATION: Final = 0.6
_LEAST_SCALE: Final = 0.13
"""Between 1 (rad/s) and 1/57.3 (deg/s), in the middle on a logarithmic scale."""
_LEAST_DEG_SCALE: Final = 0.13 / 57.3
_LARGEST_RATE_RAD_S: Final = 35.6
"""2000 deg/s, the widest usual range of one axis, and 2 %."""
_TOO_FAST_SHARE: Final = 0.01
_REST_TOLERANCE: Final = 0.2
"""At rest |a| of an uncalibrated sensor differs from gravity by up to 15 %; 20 % are allowed."""
_LEAST_REST_M_S2: Final = 6.5
_LARGEST_REST_M_S2: Final = 14.0
_STUCK_S: Final = 1.0
_FEWEST_STUCK: Final = 10
_TURNED_DEG: Final = 10.0


def check_units(recording: Recording) -> None:
    """Raise UnitError where a clip is not in m/s2 and rad/s; its ``unit`` names what it seems to be in.

    The accelerometer is judged by its length at rest. The gyroscope is judged by how fast the accelerometer's
    direction turns in slow movement (``gyro_scale``), whatever the mounting, and by rates no sensor can
    measure. A recording too short or too still to tell passes.
    """
    for clip in recording.clips.values():
        _check_acc_unit(clip, recording.name)
        _check_gyr_unit(clip, recording.name)


def check_alive(recording: Recording, clips: Sequence[str] | None = None) -> None:
    """Raise ClipError naming the clip (and the times, s) that is dead, stuck, or alone in time.

    ``clips`` are the ones asked for, all by default; at least one must be in the recording. Dead: exact zeros
    of the accelerometer for over a second, or of the gyroscope while the clip turns. Stuck: both sensors
    repeat the same values for over a second. Every clip must overlap in time with another one, where there
    are several.
    """
    asked = tuple(recording.clips) if clips is None else tuple(clips)
    worn = [recording.clips[name] for name in asked if name in recording.clips]
    if not worn:
        raise ClipError(
            f"none of the clips asked for ({', '.join(asked) or 'none'}) is in the recording",
            clip=asked[0] if asked else None,
            where=recording.name,
            advice=f"It holds: {', '.join(recording.clips) or 'no clips'}.",
        )
    for clip in worn:
        _check_stuck(clip, recording.name)
    for clip in worn:
        others = [other for other in worn if other is not clip]
        if others and not any(_overlap(clip, other) for other in others):
            raise ClipError(
                f"clip '{clip.name}' ({_span(clip)}) never overlaps in time with "
                + " or ".join(f"'{other.name}' ({_span(other)})" for other in others),
                clip=clip.name,
                where=recording.name,
                advice="The clips need one common clock; check that the files belong together.",
            )


def gyro_scale(clip: ClipSamples) -> tuple[float, float]:
    """How fast gravity turns in the clip over how fast the gyroscope says it does, and their correlation.

    The direction u of gravity in the clip obeys du/dt = u x w; the first number is the least-squares factor
    on w, near 1 for rad/s and 1/57.3 for deg/s, over quiet moments only. NaN, 0 where there are too few.
    """
    bins = _bins(clip)
    if len(bins.quiet) < 3 or bins.rest_m_s2 == 0:
        return float("nan"), 0.0
    direction = bins.acc / np.maximum(np.linalg.norm(bins.acc, axis=1, keepdims=True), 1e-12)
    rate = bins.gyr - np.median(bins.gyr, axis=0)
    use = bins.quiet[:-2] & bins.quiet[1:-1] & bins.quiet[2:]
    if use.sum() < _FEWEST_BINS:
        return float("nan"), 0.0
    turned = ((direction[2:] - direction[:-2]) / (2 * _BIN_S))[use]
    smooth = (rate[:-2] + 2 * rate[1:-1] + rate[2:])[use] / 4
    predicted = np.cross(direction[1:-1][use], smooth)
    power, observed = float(np.sum(predicted**2)), float(np.sum(turned**2))
    if power == 0 or observed == 0:
        return float("nan"), 0.0
    shared = float(np.sum(predicted * turned))
    return shared / power, shared / float(np.sqrt(power * observed))


@dataclass(frozen=True)
class _Bins:
    """Means over bins of ``_BIN_S``: ``acc``, ``gyr`` (K, 3); which bins are ``quiet`` (K,); |a| at rest."""

    acc: FloatArray
    gyr: FloatArray
    quiet: NDArray[np.bool_]
    rest_m_s2: float


def _bins(clip: ClipSamples) -> _Bins:
    place = np.floor((clip.time_s - clip.time_s[0]) / _BIN_S).astype(np.int64)
    places, index, count = np.unique(place, return_inverse=True, return_counts=True)
    length = np.linalg.norm(clip.acc_m_s2, axis=1)
    mean = np.bincount(index, length) / count
    spread = np.sqrt(np.maximum(np.bincount(index, length**2) / count - mean**2, 0.0))
    full = count >= 0.7 * np.median(count)
    # The quietest fifth of the bins is rest, as near as the recording comes to it.
    calmest = np.flatnonzero(full)[np.argsort(spread[full], kind="stable")[: max(1, int(full.sum()) // 5)]]
    usual = float(np.median(mean[full]))
    quiet = full & (np.abs(mean - usual) < _QUIET * usual) & (spread < _QUIET * usual)
    quiet[1:] &= np.diff(places) == 1
    return _Bins(
        _means(index, count, clip.acc_m_s2),
        _means(index, count, clip.gyr_rad_s),
        quiet,
        float(np.median(mean[calmest])),
    )


def _means(index: NDArray[np.int64], count: NDArray[np.int64], values: FloatArray) -> FloatArray:
    return np.stack([np.bincount(index, values[:, axis]) / count for axis in range(3)], axis=1)


def _check_acc_unit(clip: ClipSamples, path: str) -> None:
    rest = _bins(clip).rest_m_s2
    if rest == 0 or _LEAST_REST_M_S2 <= rest <= _LARGEST_REST_M_S2:
        return
    if abs(rest - 1) <= _REST_TOLERANCE:
        unit, advice = "g", f"Multiply by {GRAVITY_M_S2}, or use 'imu-hinge convert --acc-unit g'."
    elif abs(rest - 1000) <= _REST_TOLERANCE * 1000:
        unit, advice = "mg", f"Multiply by {GRAVITY_M_S2 / 1000}, or use 'imu-hinge convert --acc-unit mg'."
    elif rest < 0.5:
        unit, advice = "m/s2 without gravity", "Export the raw accelerometer, gravity included."
    else:
        unit, advice = "unknown", "Accelerations must be in m/s2, gravity included."
    seems = "a unit we do not know" if unit == "unknown" else unit
    raise UnitError(
        f"clip '{clip.name}' reads {rest:.4g} at rest where gravity is {GRAVITY_M_S2:.2f} m/s2: "
        f"its accelerometer seems to be in {seems}",
        unit=unit,
        path=path,
        advice=advice,
    )


def _check_gyr_unit(clip: ClipSamples, path: str) -> None:
    scale, correlation = gyro_scale(clip)
    too_fast = float(np.mean(np.abs(clip.gyr_rad_s).max(axis=1) > _LARGEST_RATE_RAD_S))
    if correlation > _CLEAR_CORRELATION and scale < _LEAST_SCALE:
        why = f"turns {1 / scale:.3g} times faster by its gyroscope than by its accelerometer"
        unit = "deg/s" if scale > _LEAST_DEG_SCALE else "unknown"
    elif too_fast > _TOO_FAST_SHARE:
        why = f"turns faster than 2000 deg/s in {too_fast:.0%} of its samples"
        unit = "deg/s"
    else:
        return
    seems = "a unit we do not know" if unit == "unknown" else unit
    raise UnitError(
        f"clip '{clip.name}' {why}: its gyroscope seems to be in {seems}, not rad/s",
        unit=unit,
        path=path,
        advice="Multiply by pi/180, or use 'imu-hinge convert --gyr-unit deg_s'.",
    )


def _check_stuck(clip: ClipSamples, where: str) -> None:
    acc, gyr = clip.acc_m_s2, clip.gyr_rad_s
    repeats = np.zeros(len(clip), dtype=bool)
    repeats[1:] = (acc[1:] == acc[:-1]).all(axis=1) & (gyr[1:] == gyr[:-1]).all(axis=1)
    for first, last in _runs(repeats, clip.time_s, before=1):
        raise _dead(clip, where, first, last, "is stuck: both sensors repeat the same values")
    for first, last in _runs((acc == 0).all(axis=1), clip.time_s):
        raise _dead(clip, where, first, last, "sends nothing but zeros from its accelerometer")
    for first, last in _runs((gyr == 0).all(axis=1), clip.time_s):
        if _turned_deg(clip.time_s[first : last + 1], acc[first : last + 1]) > _TURNED_DEG:
            raise _dead(clip, where, first, last, "turns while its gyroscope sends nothing but zeros")


def _dead(clip: ClipSamples, where: str, first: int, last: int, what: str) -> ClipError:
    return ClipError(
        f"clip '{clip.name}' {what} from {clip.time_s[first]:.2f} s to {clip.time_s[last]:.2f} s",
        clip=clip.name,
        where=where,
        advice="Restart the clip and record again, or leave it out with --clips.",
    )


def _runs(mask: NDArray[np.bool_], time_s: FloatArray, before: int = 0) -> list[tuple[int, int]]:
    """First and last index of every run of True over a second long, begun ``before`` samples earlier."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    runs = [(int(start) - before, int(stop) - 1) for start, stop in edges.reshape(-1, 2)]
    return [
        (first, last)
        for first, last in runs
        if time_s[last] - time_s[first] > _STUCK_S and last - first + 1 >= _FEWEST_STUCK
    ]


def _turned_deg(time_s: FloatArray, acc: FloatArray) -> float:
    """Largest angle between the accelerations' direction at first and later, means over ``_BIN_S``."""
    pieces = np.array_split(acc, max(2, int((time_s[-1] - time_s[0]) / _BIN_S)))
    means = np.stack([piece.mean(axis=0) for piece in pieces])
    lengths = np.linalg.norm(means, axis=1)
    if not lengths.all():
        return 0.0
    cosines = means @ means[0] / (lengths * lengths[0])
    return float(np.degrees(np.arccos(np.clip(cosines.min(), -1.0, 1.0))))


def _overlap(one: ClipSamples, other: ClipSamples) -> bool:
    return bool(max(one.time_s[0], other.time_s[0]) < min(one.time_s[-1], other.time_s[-1]))


def _span(clip: ClipSamples) -> str:
    return f"{clip.time_s[0]:.2f} to {clip.time_s[-1]:.2f} s"
