"""What telling hips from lumbar spine costs: one rep as it ends, a whole session, and bare filters in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from ahrs.filters import Madgwick
from vqf import VQF

from benchmarks.ablation import FIRST_SEED
from benchmarks.separating import analysed
from benchmarks.tables import Outcome
from imu_hinge.body.separation import follow, separate
from imu_hinge.body.window import prepare
from imu_hinge.simulation import simulate_session
from imu_hinge.simulation.coaching import ablation_scenario

__all__ = ["measure"]

ROUNDS = 5
REP_S = 3.0
CLIPS = ("thigh", "back")


def measure() -> Outcome:
    """The best of a few interleaved rounds for every way, per movement; a busy machine troubles all alike."""
    recording = simulate_session(ablation_scenario(rep_s=REP_S), FIRST_SEED).recording
    _, handed = analysed(recording, CLIPS)
    assert handed is not None
    movements, rate_hz, levels, params = handed.movements, handed.rate_hz, handed.levels, handed.params
    learnt = separate(movements, rate_hz, handed.belief, levels, params)
    sets = [s for s in recording.segments if s.kind == "set"]
    reps = [m for m in movements if any(s.start_s <= m.time_s.mean() <= s.end_s for s in sets)]
    alone = [m for m in reps if m.time_s[-1] - m.time_s[0] < 1.5 * REP_S + 2.0 * params.pad_s]
    assert alone
    clip = recording.clips["thigh"]
    rows = slice(*np.searchsorted(clip.time_s, [alone[0].time_s[0], alone[0].time_s[-1]]).tolist())
    gyr, acc = np.ascontiguousarray(clip.gyr_rad_s), np.ascontiguousarray(clip.acc_m_s2)

    def vqf(part: slice) -> None:
        """Both clips, sample by sample."""
        for _ in CLIPS:
            bare = VQF(0.01)
            for g, a in zip(gyr[part], acc[part], strict=True):
                bare.update(g, a)
                bare.getQuat6D()

    def madgwick(part: slice) -> None:
        for _ in CLIPS:
            bare, q = Madgwick(frequency=100.0), np.array([1.0, 0.0, 0.0, 0.0])
            for g, a in zip(gyr[part], acc[part], strict=True):
                q = bare.updateIMU(q, g, a)

    def each(work: Callable[[int], object]) -> Callable[[], float]:
        """Seconds a rep, mean over the reps that were followed alone."""

        def run() -> float:
            began = time.process_time()
            for index in range(len(alone)):
                work(index)
            return (time.process_time() - began) / len(alone)

        return run

    def once(work: Callable[[], object]) -> Callable[[], float]:
        def run() -> float:
            began = time.process_time()
            work()
            return time.process_time() - began

        return run

    whole = slice(0, len(clip.time_s))
    ways: dict[str, tuple[Callable[[], float], str]] = {
        "one rep: made ready": (each(lambda i: prepare(alone[i], rate_hz, params.window)), "rep"),
        "one rep: followed, constants and noise learnt before": (
            each(lambda i: follow(alone[i], rate_hz, learnt.belief, learnt.noise, levels, params)),
            "rep",
        ),
        "one rep: bare vqf over both clips": (once(lambda: vqf(rows)), "rep"),
        "one rep: bare ahrs Madgwick over both clips": (once(lambda: madgwick(rows)), "rep"),
        "session: separated, constants learnt": (
            once(lambda: separate(movements, rate_hz, handed.belief, levels, params)),
            "session",
        ),
        "session: bare vqf over both clips": (once(lambda: vqf(whole)), "session"),
    }
    best = dict.fromkeys(ways, float("inf"))
    for number in range(ROUNDS):
        for name, (way, of) in ways.items():
            if of == "rep" or number < 2:
                best[name] = min(best[name], way())
    base = {of: best[f"{'one rep' if of == 'rep' else of}: bare vqf over both clips"] for of in ("rep", "session")}
    lasting = float(np.mean([m.time_s[-1] - m.time_s[0] for m in alone]))
    length = recording.end_s - recording.start_s
    return Outcome(
        "separation_speed",
        "Hips from lumbar spine: what it costs",
        f"{len(alone)} Romanian deadlifts of {REP_S:g} s, {lasting:.1f} s each with the standing around them, and "
        f"their session of {length:.0f} s with {len(movements)} movements; two clips, one core. Processor time, the "
        "best of interleaved rounds; bare vqf runs sample by sample over the raw samples of both clips.",
        ("what", "ms", "x vqf"),
        [[name, f"{1e3 * s:.2f}", f"{s / base[ways[name][1]]:.2f}"] for name, s in best.items()],
        {name: {"ms": 1e3 * s, "to_vqf": s / base[ways[name][1]]} for name, s in best.items()},
    )
