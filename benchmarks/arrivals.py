"""Sample times of sensors that only stream: how right they are, and what their errors cost in degrees."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tables import Outcome
from imu_hinge.recording.model import Recording
from imu_hinge.session.analysis import analyze
from imu_hinge.simulation import SimulatedSession, simulate_session

__all__ = ["measure"]

JITTERS_MS = (1.0, 30.0, 150.0)
RATE_ERRORS = (0.001, 0.01, 0.02)
EVENTS = ((7.5, 100.0, 4), (15.0, 200.0, 4), (30.0, 100.0, 1), (30.0, 100.0, 4), (45.0, 50.0, 2))
"""Interval, ms, rate, Hz, and samples a notification."""
EVENT_RATE_ERRORS = (0.002, 0.0065, 0.015)
LOSSES = (0.0, 0.003, 0.01)
PAIRS = 6
ANALYSED = 3
"""Pairs whose times are tried on a session as well: that takes as long as both streams."""
SECONDS = 70.0
SESSION = "rdl_rounding"
CLIPS = ("thigh", "back")


def measure() -> Outcome:
    """Pairs of sensors with unlike rate errors, 100 Hz and four samples a notification unless it is said."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "sensors"))
    from arrival_world import Air  # type: ignore[import-not-found,unused-ignore]

    sessions = [simulate_session(SESSION, 5100 + seed) for seed in range(ANALYSED)]
    exact = [_errors_deg(session, session.recording) for session in sessions]
    rows = [["exact times", "", "", "", "", *_degrees(exact)]]
    numbers: dict[str, dict[str, float]] = {}
    for loss in LOSSES:
        links = {
            f"{jitter_ms:g} ms": [Air(rate_error=error, jitter_s=jitter_ms * 1e-3, loss=loss) for error in RATE_ERRORS]
            for jitter_ms in JITTERS_MS
        }
        for interval_ms, rate_hz, batch in EVENTS:
            links[f"events {interval_ms:g} ms, {rate_hz:g} Hz x {batch}"] = [
                Air.events(interval_ms * 1e-3, rate_hz, batch, error, loss) for error in EVENT_RATE_ERRORS
            ]
        for link, airs in links.items():
            cells, told = _row(airs, sessions)
            rows.append([f"{100 * loss:g} %", link, *cells])
            numbers[f"{100 * loss:g} % {link}"] = told
    return Outcome(
        "arrivals",
        "Sensors that only stream: sample times from arrivals",
        f"{PAIRS} pairs each, {SECONDS:g} s after listening for 3 to 10 s, rates {100 * RATE_ERRORS[0]:g} to "
        f"{100 * RATE_ERRORS[-1]:g} % off (with events {100 * EVENT_RATE_ERRORS[0]:g} to "
        f"{100 * EVENT_RATE_ERRORS[-1]:g} %), the second sensor's the other way. Notifications of 4 samples, 100 Hz, "
        "wait evenly up to the jitter, 0.3 % of them 200 ms more; with events they wait for these, a fiftieth of which "
        "carry nothing, 0.1 % of them 200 ms more, and the host is 0.4 ms late on average. Time error of each sample, "
        "RMS (also median and worst of the streams), and difference between the two sensors from 20 s on, RMS; samples "
        "invented and missed, mean of the streams; then, of the first "
        f"{ANALYSED} pairs, hip flexion over the reps and lumbar flexion at the bottom, RMS error, of simulated "
        f"sessions ({SESSION}, thigh and back) whose samples have these times.",
        (
            "lost",
            "waits",
            "time, ms (median, worst)",
            "skew, ms",
            "invented, missed a minute",
            "hip, deg",
            "lumbar, deg",
        ),
        rows,
        numbers,
    )


def _row(airs: Sequence[Any], sessions: Sequence[SimulatedSession]) -> tuple[list[str], dict[str, float]]:
    """Cells from time on, and the numbers behind them, of pairs on these links in turn."""
    from arrival_world import skew_ms, stream

    rms, skews, wrong, degrees = [], [], [], []
    for seed in range(PAIRS):
        air = airs[seed % len(airs)]
        pair = [
            stream(np.random.default_rng(5000 + 2 * seed + n), replace(air, rate_error=error), SECONDS)
            for n, error in enumerate((air.rate_error, -0.7 * air.rate_error))
        ]
        rms += [one.rms_ms for one in pair]
        skews.append(skew_ms(*pair))
        wrong += [(one.lost - one.truly_lost) * 60.0 / SECONDS for one in pair]
        if seed < len(sessions):
            session = sessions[seed]
            degrees.append(_errors_deg(session, _as_placed(session.recording, pair)))
    total, skew = (float(np.sqrt(np.mean(np.square(values)))) for values in (rms, skews))
    median, worst = float(np.median(rms)), float(np.max(rms))
    invented, missed = (float(np.mean(np.maximum(sign * np.array(wrong), 0.0))) for sign in (1.0, -1.0))
    told = {
        "rms_ms": total,
        "median_rms_ms": median,
        "worst_rms_ms": worst,
        "skew_ms": skew,
        "hip_deg": float(np.mean(degrees, 0)[0]),
        "invented_per_min": invented,
        "missed_per_min": missed,
    }
    time = f"{total:.1f} ({median:.1f}, {worst:.1f})"
    return [time, f"{skew:.1f}", f"{invented:.1f}, {missed:.1f}", *_degrees(degrees)], told


def _as_placed(recording: Recording, pair: list[Any]) -> Recording:
    clips = dict(recording.clips)
    for name, placed in zip(CLIPS, pair, strict=True):
        clip = clips[name]
        error_s = 1e-3 * np.interp(clip.time_s, placed.taken_s - placed.taken_s[0], placed.error_ms)
        time_s = np.maximum.accumulate(clip.time_s + error_s + 1e-6 * np.arange(len(clip)))
        clips[name] = replace(clip, time_s=time_s + 1e-9 * np.arange(len(clip)))
    return replace(recording, clips=clips)


def _errors_deg(session: SimulatedSession, recording: Recording) -> tuple[float, float]:
    """RMS of hip flexion over the true reps of the set, and of lumbar flexion at the bottoms."""
    result, truth = analyze(recording, CLIPS), session.truth
    lifts = [rep for rep in truth.reps if any(a - 0.5 <= rep.start <= b + 0.5 for a, b in truth.spans)]
    time_s = result.angles.time_s
    inside = np.any([(time_s >= rep.start) & (time_s <= rep.end) for rep in lifts], axis=0)
    hip = result.angles.hip_flexion_deg - np.interp(time_s, truth.time_s, truth.columns["hip_flexion_deg"])
    reps = [rep for one in result.sets for rep in one.reps if rep.lumbar_at_bottom_deg is not None]
    lumbar = [
        (rep.lumbar_at_bottom_deg or 0.0) - min(lifts, key=lambda t: abs(t.bottom - rep.bottom_s)).lumbar_at_bottom_deg
        for rep in reps
    ]
    told = float(np.sqrt(np.mean(np.square(lumbar)))) if lumbar else float("nan")
    return float(np.sqrt(np.nanmean(hip[inside] ** 2))), told


def _degrees(errors: list[tuple[float, float]]) -> tuple[str, str]:
    hip, lumbar = np.sqrt(np.mean(np.square(errors), axis=0))
    return f"{hip:.2f}", "not told" if np.isnan(lumbar) else f"{lumbar:.2f}"
