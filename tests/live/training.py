"""Short live sessions of a simulated athlete, run to their end in the thread of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from imu_hinge.live.cue_sink import CueSink, RecordedCues
from imu_hinge.live.plan import Command, Order, Plan
from imu_hinge.live.runner import LiveRun, Setup
from imu_hinge.live.session import LiveSession
from imu_hinge.live.view import View
from imu_hinge.recording import Arrivals, HeaderNote, assemble
from imu_hinge.sensors.paced import PacedSource
from imu_hinge.sensors.source import Delivery
from imu_hinge.session.guide import GuideParams, Step
from imu_hinge.session.params import SessionParams
from imu_hinge.session.pipeline import Pipeline
from imu_hinge.session.replay import pipeline_for
from imu_hinge.session.results import Fault, RepResult
from imu_hinge.session.tracks import clip_rates_hz
from imu_hinge.simulation import Scenario
from imu_hinge.simulation.program import Between, Block
from imu_hinge.simulation.sets import SetPlan, plan_reps

CALIBRATION: tuple[Block, ...] = (
    Between("stand", 3.5),
    Between("reference_hinge", count=3),
    Between("stand", 3.0),
)
TRAINING = Scenario("training", "", (*CALIBRATION, SetPlan("rdl", plan_reps("good", "rounded:28", "good"))))
"""A calibration and a set of three reps, half a minute in all."""
TWO_SETS = Scenario(
    "two_sets",
    "",
    (
        *CALIBRATION,
        SetPlan("rdl", plan_reps("good", "good")),
        Between("idle", 9.0),
        SetPlan("rdl", plan_reps("good", "rounded:28")),
        Between("stand", 8.0),
    ),
)
REP = RepResult(
    index=2,
    start_s=61.0,
    bottom_s=62.5,
    end_s=64.2,
    hip_max_deg=71.4,
    hip_sd_deg=2.0,
    lumbar_at_bottom_deg=23.6,
    lumbar_max_deg=24.0,
    lumbar_min_deg=-1.0,
    lumbar_sd_deg=2.0,
    hip_share=0.75,
    eccentric_s=1.5,
    pause_s=0.2,
    concentric_s=1.5,
    top_s=None,
    peak_hip_velocity_deg_s=90.0,
    onset_hip_minus_spine_s=-0.1,
    verdict="faulty",
    cannot_tell=False,
    faults=(Fault("rounded_back", "red", 24.0, 62.5, 0.97),),
)
GUIDE = GuideParams(steps=(Step.STAND, Step.HINGES))


def plan_of(arrivals: Arrivals, exercise: str = "rdl") -> Plan:
    """What the command line would plan for these clips."""
    header = {k: v for k, v in arrivals.header.items() if k.startswith(("athlete.", "clip.", "measure."))}
    return Plan(exercise=exercise, header=header, guide=GUIDE)


def source_of(arrivals: Arrivals, *, batch_s: float = 0.05, notes: bool = False) -> PacedSource:
    """The rows as fast as they go."""
    recording = assemble(arrivals)
    return PacedSource(arrivals, clip_rates_hz(recording, recording.clips), speed=None, notes=notes, batch_s=batch_s)


class ScriptedSource(PacedSource):
    """Calls ``before(time_s)`` with the newest time before each delivery, in the session's own thread."""

    before: Callable[[float], None] = staticmethod(lambda time_s: None)
    starts_at_s: float = float("-inf")
    ends_at_s: float = float("inf")

    def deliveries(self) -> Iterator[Delivery]:
        for delivery in super().deliveries():
            if not len(delivery.block):
                continue
            newest_s = float(delivery.block.time_s.max())
            if newest_s > self.ends_at_s:
                return
            if newest_s >= self.starts_at_s:
                self.before(newest_s)
                yield delivery


def scripted(arrivals: Arrivals, *, batch_s: float = 0.05) -> ScriptedSource:
    """A source with something to happen between its deliveries."""
    recording = assemble(arrivals)
    return ScriptedSource(arrivals, clip_rates_hz(recording, recording.clips), speed=None, notes=False, batch_s=batch_s)


@dataclass
class Ran:
    """A session that has ended."""

    run: LiveRun
    folder: Path
    cues: list[tuple[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "recording.csv"

    @property
    def session(self) -> LiveSession:
        assert self.run.session is not None
        return self.run.session

    @property
    def view(self) -> View:
        return self.run.board.look()

    @property
    def reps(self) -> list[RepResult]:
        return [rep for one in self.session.book.sets for rep in one.reps]


def train(
    source: PacedSource,
    setup: Setup,
    *,
    save: Callable[[Path], tuple[str, ...]] = lambda folder: ("report.html",),
    sink: CueSink | None = None,
    orders: Iterable[tuple[float, Command]] = (),
) -> Ran:
    """Run a session to its end; ``orders`` are given at times of the source, s (needs a scripted one)."""
    assert setup.folder is not None
    cues, said = RecordedCues(), list[str]()
    run = LiveRun(source, setup, cues if sink is None else sink, save, say=said.append, utc=lambda: 1_800_000_000.0)
    left = sorted(orders, key=lambda order: order[0])

    def before(time_s: float) -> None:
        while left and left[0][0] <= time_s:
            run.order(left.pop(0)[1])

    if left:
        assert isinstance(source, ScriptedSource)
        source.before = before
    run.run()
    return Ran(run, setup.folder, cues.taken, said)


def order(name: str, value: str = "") -> Command:
    """A command by its word."""
    return Command(Order(name), value)


def session_of_arrivals(arrivals: Arrivals, plan: Plan | None = None, sink: CueSink | None = None) -> LiveSession:
    """A session without threads and without a tape."""
    recording = assemble(arrivals)
    header = {**recording.header, "live.sets": "announced"}
    bare = replace(recording, header=header, segments=(), events=())
    pipeline: Pipeline = pipeline_for(bare, recording.clips, arrivals.clip_names, SessionParams())
    return LiveSession(arrivals.clip_names, pipeline, plan or plan_of(arrivals), sink or RecordedCues())


def with_names(arrivals: Arrivals, names: dict[str, str]) -> Arrivals:
    """The same rows, clips called differently."""
    notes = []
    for note in arrivals.notes:
        words = note.key.split(".")
        if words[0] == "clip" and words[1] in names:
            words[1] = names[words[1]]
        notes.append(HeaderNote(note.row, ".".join(words), note.value))
    sites = {f"clip.{clip}.site" for clip in names.values()}
    kept = tuple(note for note in notes if note.key not in sites)
    return replace(arrivals, clip_names=tuple(names.get(n, n) for n in arrivals.clip_names), notes=kept)


def rows(arrivals: Arrivals, kept: np.ndarray) -> Arrivals:
    """Only these rows, without notes between them."""
    return replace(
        arrivals,
        clip_index=arrivals.clip_index[kept],
        time_s=arrivals.time_s[kept],
        acc_m_s2=arrivals.acc_m_s2[kept],
        gyr_rad_s=arrivals.gyr_rad_s[kept],
        notes=tuple(note for note in arrivals.notes if note.row == 0),
    )
