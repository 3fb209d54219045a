"""What one sample costs on the live path, beside what a bare orientation filter costs in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from ahrs.filters import Madgwick
from vqf import VQF

from benchmarks.tables import Outcome
from imu_hinge.fusion.orientation import OrientationParams, OrientationStream
from imu_hinge.recording import Arrivals
from imu_hinge.session.replay import replay
from imu_hinge.simulation import find_scenario, simulate_session, with_clips, with_duration

__all__ = ["measure"]

BATCH_S = 0.05
ROUNDS = 5


def measure(minutes: float = 3.0) -> Outcome:
    """The best of a few interleaved rounds for every way, so that a busy machine troubles all alike."""
    plan = with_duration(find_scenario("long"), 60.0 * minutes)
    three = simulate_session(plan, 1).arrivals
    two = simulate_session(with_clips(plan, ("thigh", "back")), 1).arrivals
    rows = two.clip_index == 0
    gyr, acc = np.ascontiguousarray(two.gyr_rad_s[rows]), np.ascontiguousarray(two.acc_m_s2[rows])
    few = min(len(gyr), 4000)

    def pipeline(arrivals: Arrivals, batch_s: float) -> int:
        _, steps = replay(arrivals, batch_s=batch_s)
        for _ in steps:
            pass
        return len(arrivals.time_s)

    def stage() -> int:
        stream = OrientationStream(OrientationParams(), 100.0)
        for a, b in pairwise([*range(0, len(gyr), 5), len(gyr)]):
            stream.update(gyr[a:b], acc[a:b])
        return len(gyr)

    def vqf_batches() -> int:
        bare = VQF(0.01)
        for a, b in pairwise([*range(0, len(gyr), 5), len(gyr)]):
            bare.updateBatch(gyr[a:b], acc[a:b])
        return len(gyr)

    def vqf_samples() -> int:
        bare = VQF(0.01)
        for g, a in zip(gyr, acc, strict=True):
            bare.update(g, a)
            bare.getQuat6D()
        return len(gyr)

    def vqf_whole() -> int:
        VQF(0.01).updateBatch(gyr, acc)
        return len(gyr)

    def madgwick() -> int:
        bare, q = Madgwick(frequency=100.0), np.array([1.0, 0.0, 0.0, 0.0])
        for g, a in zip(gyr[:few], acc[:few], strict=True):
            q = bare.updateIMU(q, g, a)
        return few

    ways: dict[str, Callable[[], int]] = {
        "pipeline, two clips, 50 ms batches": lambda: pipeline(two, BATCH_S),
        "pipeline, three clips, 50 ms batches": lambda: pipeline(three, BATCH_S),
        "pipeline, three clips, 1 s batches": lambda: pipeline(three, 1.0),
        "orientation stage alone, batches of 5": stage,
        "bare vqf, batches of 5": vqf_batches,
        "bare vqf, sample by sample": vqf_samples,
        "bare vqf, all at once": vqf_whole,
        "bare ahrs Madgwick, sample by sample": madgwick,
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            samples = way()
            best[name] = min(best[name], (time.process_time() - began) / samples)
    base, other = best["bare vqf, sample by sample"], best["bare ahrs Madgwick, sample by sample"]
    return Outcome(
        "streaming",
        "The live path, per sample of one clip",
        "The pipeline resamples, orients, calibrates, computes angles, counts reps and gives cues; the filters alone "
        "only orient. Processor time, the best of interleaved rounds; times move with the machine, ratios hardly do.",
        ("way", "us a sample", "x vqf", "x Madgwick"),
        [[name, f"{1e6 * s:.2f}", f"{s / base:.2f}", f"{s / other:.3f}"] for name, s in best.items()],
        {name: {"us": 1e6 * s, "to_vqf": s / base, "to_madgwick": s / other} for name, s in best.items()},
    )
