"""From a recording's samples to tracks on one grid, with the health of every stream."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, label

from imu_hinge.errors import ClipError
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.fusion.orientation import OrientationParams, OrientationStream, two_pass
from imu_hinge.fusion.resample import GridResampler, ResampleParams
from imu_hinge.fusion.track import ClipTrack
from imu_hinge.fusion.uncertainty import offline_inclination_sd
from imu_hinge.recording.model import ClipSamples, Recording

__all__ = [
    "StreamHealth",
    "choose_clips",
    "clip_rates_hz",
    "full_scale",
    "grid_rate_hz",
    "offline_tracks",
    "stream_health",
]

FloatArray = NDArray[np.float64]

SLOWEST_HZ = 10.0
"""A hinge has content up to about 4 Hz; slower clips cannot follow it."""
ACC_FULL_SCALE_M_S2 = 16 * 9.80665
GYR_FULL_SCALE_RAD_S = math.radians(2000.0)
_CLEAR_OF_BREAKS_S = 60.0


@dataclass(frozen=True)
class StreamHealth:
    """How complete a clip's stream is; ``gaps_s`` are (start, end) of holes that were not interpolated."""

    rate_hz: float
    loss_fraction: float
    longest_gap_s: float
    clipped_samples: int
    gaps_s: tuple[tuple[float, float], ...]


def choose_clips(recording: Recording, wanted: tuple[str, ...] | None) -> dict[str, ClipSamples]:
    """The clips to analyse, at least two; without wishes, those with at least two samples.

    Raises ClipError where a wanted clip is not in the recording or has fewer than two samples, fewer than two clips
    are left, or one is too slow.
    """
    names = tuple(recording.clips) if wanted is None else wanted
    for name in names:
        if name not in recording.clips:
            raise ClipError(
                f"the recording has no {name} clip",
                clip=name,
                where=recording.name,
                advice=f"It has: {', '.join(recording.clips)}.",
            )
        if wanted is not None and len(recording.clips[name]) < 2:
            raise ClipError(
                f"the {name} clip has no samples to speak of ({len(recording.clips[name])})",
                clip=name,
                where=recording.name,
                advice="Leave it out of --clips, or check that it was connected when recording.",
            )
    clips = {name: recording.clips[name] for name in names if len(recording.clips[name]) > 1}
    if len(clips) < 2:
        raise ClipError(
            "one clip alone cannot tell hips from spine" if clips else "no clip has samples",
            clip=next(iter(clips), None),
            where=recording.name,
            advice="Wear two clips at least; thigh, sacrum and lower back together tell everything.",
        )
    for name, clip in clips.items():
        if clip.rate_hz < SLOWEST_HZ:
            raise ClipError(
                f"the {name} clip gives {clip.rate_hz:.1f} samples a second",
                clip=name,
                where=recording.name,
                advice=f"Movement needs at least {SLOWEST_HZ:.0f}, better 50 or more: raise its output rate.",
            )
    return clips


def clip_rates_hz(recording: Recording, clips: Mapping[str, ClipSamples]) -> dict[str, float]:
    """Nominal rate of each clip: what a live recording wrote into its header, else the median of the file."""
    written = {name: recording.number(f"clip.{name}.rate_hz") for name in clips}
    return {name: written[name] or clip.rate_hz for name, clip in clips.items()}


def grid_rate_hz(rates_hz: Mapping[str, float], params: ResampleParams) -> float:
    """The grid's rate: the default, or the slowest clip's rate in whole Hz where that is clearly lower."""
    slowest = min(rates_hz.values())
    return params.rate_hz if slowest >= 0.9 * params.rate_hz else max(1.0, math.floor(slowest + 1e-6))


def full_scale(acc_m_s2: FloatArray, gyr_rad_s: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Samples limited to what a +-16 g, +-2000 deg/s clip can mean, and how many stood at or beyond the limit."""
    beyond = (np.abs(acc_m_s2) >= 0.998 * ACC_FULL_SCALE_M_S2).any(axis=1)
    beyond |= (np.abs(gyr_rad_s) >= 0.998 * GYR_FULL_SCALE_RAD_S).any(axis=1)
    return (
        np.clip(acc_m_s2, -ACC_FULL_SCALE_M_S2, ACC_FULL_SCALE_M_S2),
        np.clip(gyr_rad_s, -GYR_FULL_SCALE_RAD_S, GYR_FULL_SCALE_RAD_S),
        int(beyond.sum()),
    )


def stream_health(clip: ClipSamples, params: ResampleParams) -> StreamHealth:
    """Rate, loss, gaps and overrange of one clip."""
    steps = np.diff(clip.time_s)
    period = float(np.median(steps))
    expected = (clip.time_s[-1] - clip.time_s[0]) / period + 1
    limit = params.gap_limit_s(1.0 / period)
    holes = np.flatnonzero(steps > limit)
    lost = np.maximum(0, np.round(steps / period) - 1).sum()
    return StreamHealth(
        rate_hz=1.0 / period,
        loss_fraction=float(lost / expected),
        longest_gap_s=float(steps.max()) if len(holes) else 0.0,
        clipped_samples=full_scale(clip.acc_m_s2, clip.gyr_rad_s)[2],
        gaps_s=tuple((float(clip.time_s[i]), float(clip.time_s[i + 1])) for i in holes),
    )


def offline_tracks(
    clips: Mapping[str, ClipSamples],
    rates_hz: Mapping[str, float],
    rate_hz: float,
    resample: ResampleParams,
    orientation: OrientationParams,
    bench: Mapping[str, BenchCalibration],
) -> dict[str, ClipTrack]:
    """Tracks of a whole recording on one grid, orientation by the two-pass filter."""
    first = math.ceil(min(float(c.time_s[0]) for c in clips.values()) * rate_hz)
    last = math.floor(max(float(c.time_s[-1]) for c in clips.values()) * rate_hz)
    resample = replace(resample, rate_hz=rate_hz)
    tracks = {}
    for name, clip in clips.items():
        acc, gyr, _ = full_scale(clip.acc_m_s2, clip.gyr_rad_s)
        if name in bench:
            acc = bench[name].apply(acc)
        grid = GridResampler(resample, first, resample.gap_limit_s(rates_hz[name]))
        head = grid.update(clip.time_s, acc, gyr)
        tail = grid.skip_until(last + 1)
        acc_grid = np.vstack([head.acc_m_s2, tail.acc_m_s2])[: last + 1 - first]
        gyr_grid = np.vstack([head.gyr_rad_s, tail.gyr_rad_s])[: last + 1 - first]
        causal = OrientationStream(orientation, rate_hz).update(gyr_grid, acc_grid)
        quat = two_pass(gyr_grid, acc_grid, rate_hz, orientation)
        tracks[name] = ClipTrack(
            first,
            acc_grid,
            gyr_grid,
            quat,
            causal.bias_rad_s,
            causal.still,
            _offline_sd(acc_grid, quat, rate_hz, orientation),
        )
    return tracks


def _offline_sd(acc: FloatArray, quat: FloatArray, rate_hz: float, params: OrientationParams) -> FloatArray:
    """How sure the two-pass inclination is; only gaps the filter could not be carried over count as restarts."""
    labels, _ = label(np.isnan(quat[:, 0]))
    long = np.bincount(labels) > params.coast_s * rate_hz
    long[0] = False
    broken = long[labels]
    clear = np.full(len(quat), _CLEAR_OF_BREAKS_S)
    since_s = distance_transform_edt(~broken) / rate_hz if broken.any() else clear
    return offline_inclination_sd(acc, since_s, rate_hz, params.inclination)
