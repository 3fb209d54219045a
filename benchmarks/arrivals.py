"""Sample times of sensors that only stream: how right they are, and what their errors cost in degrees."""

from __future__ import annotations

import sys
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
RATE_ERRORS = (0.001, 0.02)
LOSSES = (0.0, 0.01)
EVENTS = ((7.5, 100.0, 4), (15.0, 200.0, 4), (30.0, 100.0, 1), (30.0, 100.0, 4))
"""Interval, ms, rate, Hz, and samples a notification."""
EVENT_LOSSES = (0.0, 0.01)
EVENT_RATE_ERRORS = (0.002, 0.0065, 0.015)
PAIRS = 3
SECONDS = 70.0
SESSION = "rdl_rounding"
CLIPS = ("thigh", "back")


def measure() -> Outcome:
    """Pairs of sensors with unlike rate errors, 100 Hz and four samples a notification unless it is said."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "sensors"))
    from arrival_world import Air, skew_ms, stream  # type: ignore[import-not-found,unused-ignore]

    sessions = [simulate_session(SESSION, 5100 + seed) for seed in range(PAIRS)]
    exact = [_errors_deg(session, session.recording) for session in sessions]
    rows = [["exact times", "", "", "", "", "", *_degrees(exact)]]
    numbers: dict[str, dict[str, float]] = {}

    def row(what: tuple[str, str, str], airs: list[Any]) -> None:
        rms, skews, wrong, degrees = [], [], [], []
        for seed, session in enumerate(sessions):
            air = airs[seed % len(airs)]
            pair = [
                stream(np.random.default_rng(5000 + 2 * seed + n), replace(air, rate_error=error), SECONDS)
                for n, error in enumerate((air.rate_error, -0.7 * air.rate_error))
            ]
            rms += [one.rms_ms for one in pair]
            skews.append(skew_ms(*pair))
            wrong += [(one.lost - one.truly_lost) * 60.0 / SECONDS for one in pair]
            degrees.append(_errors_deg(session, _as_placed(session.recording, pair)))
        total, skew = (float(np.sqrt(np.mean(np.square(values)))) for values in (rms, skews))
        invented, missed = float(np.mean(np.maximum(wrong, 0.0))), float(np.mean(np.maximum(-np.array(wrong), 0.0)))
        rows.append([*what, f"{total:.1f}", f"{skew:.1f}", f"{invented:.1f}, {missed:.1f}", *_degrees(degrees)])
        numbers[" ".join(what)] = {
            "rms_ms": total,
            "skew_ms": skew,
            "hip_deg": float(np.mean(degrees, 0)[0]),
            "invented_per_min": invented,
            "missed_per_min": missed,
        }

    for loss in LOSSES:
        for jitter_ms in JITTERS_MS:
            for rate_error in RATE_ERRORS:
                what = f"{100 * loss:g} %", f"{jitter_ms:g} ms", f"{100 * rate_error:g} %"
                row(what, [Air(rate_error=rate_error, jitter_s=jitter_ms * 1e-3, loss=loss)])
    for loss in EVENT_LOSSES:
        for interval_ms, rate_hz, batch in EVENTS:
            what = f"{100 * loss:g} %", f"events {interval_ms:g} ms, {rate_hz:g} Hz x {batch}", "0.2 to 1.5 %"
            row(what, [Air.events(interval_ms * 1e-3, rate_hz, batch, error, loss) for error in EVENT_RATE_ERRORS])
    return Outcome(
        "arrivals",
        "Sensors that only stream: sample times from arrivals",
        f"{PAIRS} pairs each, {SECONDS:g} s after listening for 3 to 10 s. Notifications wait evenly up to the jitter, "
        "0.3 % of them 200 ms more; the second sensor's rate is off the other way. Time error of each sample, RMS, and "
        "difference between the two sensors from 20 s on, RMS; then hip flexion over the reps and lumbar flexion at "
        f"the bottom, RMS error, of simulated sessions ({SESSION}, thigh and back) whose samples have these times. At "
        "1 % lost without a trace and jitter of 150 ms nothing tells a loss from waiting. With events they wait for "
        "these, a fiftieth of which carry nothing; the host is 0.4 ms late on average.",
        ("lost", "jitter", "rate off", "time, ms", "skew, ms", "invented, missed a minute", "hip, deg", "lumbar, deg"),
        rows,
        numbers,
    )


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
