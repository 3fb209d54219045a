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
RATE_ERRORS = (0.001, 0.01, 0.02)
LOSSES = (0.0, 0.01)
PAIRS = 4
SECONDS = 70.0
SESSION = "rdl_rounding"
CLIPS = ("thigh", "back")


def measure() -> Outcome:
    """Pairs of sensors with unlike rate errors, 100 Hz, four samples a notification."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "sensors"))
    from arrival_world import Air, skew_ms, stream  # type: ignore[import-not-found,unused-ignore]

    sessions = [simulate_session(SESSION, 5100 + seed) for seed in range(PAIRS)]
    exact = [_errors_deg(session, session.recording) for session in sessions]
    rows = [["exact times", "", "", "", "", *_degrees(exact)]]
    numbers: dict[str, dict[str, float]] = {}
    for loss in LOSSES:
        for jitter_ms in JITTERS_MS:
            for rate_error in RATE_ERRORS:
                rms, skews, degrees = [], [], []
                for seed, session in enumerate(sessions):
                    pair = [
                        stream(
                            np.random.default_rng(5000 + 2 * seed + n),
                            Air(rate_error=error, jitter_s=jitter_ms * 1e-3, loss=loss),
                            SECONDS,
                        )
                        for n, error in enumerate((rate_error, -0.7 * rate_error))
                    ]
                    rms += [one.rms_ms for one in pair]
                    skews.append(skew_ms(*pair))
                    degrees.append(_errors_deg(session, _as_placed(session.recording, pair)))
                what = f"{100 * loss:g} %", f"{jitter_ms:g} ms", f"{100 * rate_error:g} %"
                total, skew = (float(np.sqrt(np.mean(np.square(values)))) for values in (rms, skews))
                cells = [f"{total:.1f}", f"{skew:.1f}", *_degrees(degrees)]
                rows.append([*what, *cells])
                numbers[" ".join(what)] = {"rms_ms": total, "skew_ms": skew, "hip_deg": float(np.mean(degrees, 0)[0])}
    return Outcome(
        "arrivals",
        "Sensors that only stream: sample times from arrivals",
        f"{PAIRS} pairs each, {SECONDS:g} s after listening for 3 to 10 s. Notifications wait evenly up to the jitter, "
        "0.3 % of them 200 ms more; the second sensor's rate is off the other way. Time error of each sample, RMS, and "
        "difference between the two sensors from 20 s on, RMS; then hip flexion over the reps and lumbar flexion at "
        f"the bottom, RMS error, of simulated sessions ({SESSION}, thigh and back) whose samples have these times. At "
        "1 % lost without a trace and jitter of 150 ms nothing tells a loss from waiting.",
        ("lost", "jitter", "rate off", "time, ms", "skew, ms", "hip, deg", "lumbar, deg"),
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
