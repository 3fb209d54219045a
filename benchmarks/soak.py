"""Two hours of training through a live session, as fast as it goes: memory, reps, and what a batch costs at the end."""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.tables import Outcome
from imu_hinge.live.cue_sink import RecordedCues
from imu_hinge.live.plan import Plan
from imu_hinge.live.runner import LiveRun, Setup
from imu_hinge.recording import assemble
from imu_hinge.sensors.paced import PacedSource
from imu_hinge.sensors.source import Delivery
from imu_hinge.session.tracks import clip_rates_hz
from imu_hinge.simulation import find_scenario, simulate_session, with_duration

__all__ = ["measure"]

HOURS: Final = 2.0
LOOK_EVERY_S: Final = 600.0


class _Watched(PacedSource):
    """Notes memory and cost as the session goes on."""

    def watched(self, looks: list[tuple[float, float, float]]) -> None:
        """Into this list: seconds of session, MiB resident, ms for a second of it."""
        self._looks = looks

    def deliveries(self) -> Iterator[Delivery]:
        """As they come, looking up from time to time."""
        next_s, since_s, from_s = LOOK_EVERY_S, time.perf_counter(), 0.0
        for delivery in super().deliveries():
            yield delivery
            newest_s = float(delivery.block.time_s.max()) if len(delivery.block) else 0.0
            if newest_s >= next_s:
                gc.collect()
                spent_s = time.perf_counter() - since_s
                self._looks.append((newest_s, _resident_mib(), 1e3 * spent_s / (newest_s - from_s)))
                next_s, since_s, from_s = newest_s + LOOK_EVERY_S, time.perf_counter(), newest_s


def _resident_mib() -> float:
    if sys.platform != "linux":
        return float("nan")
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def measure() -> Outcome:
    """One row for every ten minutes."""
    session = simulate_session(with_duration(find_scenario("long"), HOURS * 3600.0), 3)
    sets = session.truth.spans
    truth = [r for r in session.truth.reps if any(begin <= r.bottom <= end for begin, end in sets)]
    arrivals = session.arrivals
    recording = assemble(arrivals)
    source = _Watched(arrivals, clip_rates_hz(recording, recording.clips), speed=None)
    looks: list[tuple[float, float, float]] = []
    source.watched(looks)
    told = {k: v for k, v in arrivals.header.items() if k.startswith(("athlete.", "clip.", "measure."))}
    plan = Plan("rdl", guided=False, header=told)
    with tempfile.TemporaryDirectory() as folder:
        run = LiveRun(source, Setup(plan, Path(folder) / "session"), RecordedCues(), lambda made: ())
        run.run()
    if run.failure is not None or run.session is None:
        raise RuntimeError("the session failed") from run.failure
    bottoms = np.array([rep.bottom_s for one in run.session.book.sets for rep in one.reps])
    missed = sum(1 for rep in truth if not (np.abs(bottoms - rep.bottom) < 1.0).any())
    rows = [[f"{at / 60:.0f} min", f"{mib:.0f}", f"{cost:.1f}"] for at, mib, cost in looks]
    ghosts = len(bottoms) - len(truth) + missed
    rows.append(["reps", f"{len(truth) - missed} of {len(truth)}", f"{ghosts} that were none"])
    return Outcome(
        "soak",
        "Two hours of training",
        f"A session of {HOURS:.0f} h with two clips at 100 Hz, as fast as it goes: resident memory, MiB, and what "
        "a second of session costs, ms. The last row: reps counted live, of those that the simulated athlete did.",
        ("after", "memory", "cost"),
        rows,
        {
            "memory_mib": [mib for _, mib, _ in looks],
            "cost_ms_per_s": [cost for _, _, cost in looks],
            "reps": len(truth),
            "missed": missed,
            "ghosts": ghosts,
        },
    )
