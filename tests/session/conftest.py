"""Short sessions, and what a streamed session comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from imu_hinge.hinge.cues import Cue
from imu_hinge.recording import Arrivals, parse_segment
from imu_hinge.sensors.source import SampleBlock
from imu_hinge.session.pipeline import LiveRep, Pipeline
from imu_hinge.session.replay import Step, replay
from imu_hinge.simulation import Scenario, SimulatedSession, simulate_session
from imu_hinge.simulation.losses import DropOut, Losses
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import SetPlan, plan_reps


@dataclass(frozen=True)
class Streamed:
    """Everything a pipeline said about a session."""

    time_s: NDArray[np.float64]
    columns: dict[str, NDArray[np.float64]]
    reps: tuple[LiveRep, ...]
    cues: tuple[Cue, ...]
    dropped_rows: int


LOSSY = Losses(
    single=0.01,
    packet_samples=4,
    arrival_jitter_s=0.02,
    dropouts=(DropOut(9.0, 0.3, "back"), DropOut(15.0, 0.7, "thigh", refill=True), DropOut(18.5, 1.4, "pelvis")),
)


@pytest.fixture(scope="session")
def short_session() -> Callable[..., SimulatedSession]:
    """short_session(lossy, seed): a stand, one reference hinge, three reps, half a minute in all."""

    @lru_cache(maxsize=8)
    def make(lossy: bool = False, seed: int = 1) -> SimulatedSession:
        blocks = (
            Between("stand", 2.0),
            Between("reference_hinge", count=1),
            Between("stand", 1.0),
            SetPlan("rdl", plan_reps("good", "rounded:28", "good")),
        )
        return simulate_session(Scenario("short", "", blocks, losses=LOSSY if lossy else Losses()), seed)

    return make


@pytest.fixture(scope="session")
def streamed() -> Callable[..., Streamed]:
    """streamed(arrivals, batch_s, clips) drives a recording through the pipeline."""

    def run(arrivals: Arrivals, batch_s: float = 0.5, clips: tuple[str, ...] | None = None) -> Streamed:
        pipeline, steps = replay(arrivals, clips, batch_s=batch_s)
        return _collected(pipeline, list(steps))

    return run


@pytest.fixture(scope="session")
def streamed_by_rows() -> Callable[..., Streamed]:
    """streamed_by_rows(arrivals, edges): the same, cut before the given rows."""

    def run(arrivals: Arrivals, edges: list[int]) -> Streamed:
        pipeline, _ = replay(arrivals)
        for note in arrivals.notes:
            if note.key.startswith("segment."):
                pipeline.announce(parse_segment(note.value))
        taken = []
        ends = [*edges[1:], len(arrivals.time_s)]
        for a, b in zip(edges, ends, strict=True):
            rows = slice(a, b)
            block = SampleBlock(
                arrivals.clip_index[rows], arrivals.time_s[rows], arrivals.acc_m_s2[rows], arrivals.gyr_rad_s[rows]
            )
            taken.append(Step(0.0, tuple(pipeline.update(block))))
        taken.append(Step(0.0, (), pipeline.finish()))
        return _collected(pipeline, taken)

    return run


def _collected(pipeline: Pipeline, steps: list[Step]) -> Streamed:
    blocks = [block for step in steps for block in step.blocks]
    names = ("hip_flexion_deg", "hip_flexion_sd_deg", "lumbar_flexion_deg", "lumbar_flexion_sd_deg", "fold_deg")
    columns = {name: np.concatenate([getattr(b.joints, name) for b in blocks]) for name in names}
    columns |= {clip: np.concatenate([b.pitch_deg[clip] for b in blocks]) for clip in blocks[0].pitch_deg}
    return Streamed(
        np.concatenate([b.time_s for b in blocks]),
        columns,
        tuple(rep for step in steps for part in (*(b.reps for b in step.blocks), step.last_reps) for rep in part),
        tuple(cue for b in blocks for cue in b.cues),
        pipeline.dropped_rows,
    )
