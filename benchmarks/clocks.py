"""How well two clips agree on the time, by connection interval and by what is done with the pings."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.tables import Outcome
from imu_hinge.sensors.clock import ClockParams, fit_clock

__all__ = ["measure"]

LINKS_MS = ((15.0, 15.0), (30.0, 30.0), (50.0, 50.0), (15.0, 50.0))
AFTER_S = (5.0, 10.0, 20.0, 60.0)
PAIRS = 60
MIDPOINTS = ClockParams(fewest_for_events=2, concentration=2.0)
"""No grid is looked for: the best fifth by round trip, their midpoints."""


def measure() -> Outcome:
    """Differences of two simulated clips, whose answers leave in the same connection event in half of the cases."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "sensors"))
    from test_clock import BOOT_US, pings, placed_error_ms

    rows, numbers = [], {}
    for links in LINKS_MS:
        for after_s in AFTER_S:
            skews: dict[str, list[float]] = {"in the file": [], "midpoints": []}
            for seed in range(5000, 5000 + PAIRS):
                rng = np.random.default_rng(seed)
                errors: dict[str, list[float]] = {"in the file": [], "midpoints": []}
                for interval_ms in links:
                    rate_ppm = rng.uniform(-50.0, 50.0)
                    exchanges = pings(rng, after_s, interval_ms * 1e-3, rate_ppm, 0.5)
                    now_us = BOOT_US + after_s * (1.0 + rate_ppm * 1e-6) * 1e6
                    fit = fit_clock(exchanges, MIDPOINTS)
                    errors["midpoints"].append(float(fit.host_s(now_us) - after_s) * 1e3)
                    errors["in the file"].append(placed_error_ms(rng, after_s, interval_ms * 1e-3, 0.5))
                for way, (one, other) in errors.items():
                    skews[way].append(abs(one - other))
            cells = [f"{np.quantile(s, q):.2f}" for s in skews.values() for q in (0.5, 0.95, 1.0)]
            rows.append([f"{links[0]:g} and {links[1]:g} ms", f"{after_s:g} s", *cells])
            numbers[f"{links[0]:g}/{links[1]:g} ms after {after_s:g} s"] = {
                way: {"median_ms": float(np.median(s)), "p95_ms": float(np.quantile(s, 0.95)), "max_ms": max(s)}
                for way, s in skews.items()
            }
    return Outcome(
        "clocks",
        "Two clips on one clock",
        f"Difference between two clips' times, ms, over {PAIRS} simulated pairs with crystals up to 50 ppm off; two "
        "pings a second, 3 % of the packets repeated, 3 % of the stamps up to 40 ms late. Left: times as they stand in "
        "the recording, so long after its begin; right: what midpoints of the best fifth by round trip would say then.",
        ("intervals", "after", "median", "95 %", "worst", "midpoints: median", "95 %", "worst"),
        rows,
        numbers,
    )
