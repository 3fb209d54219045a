"""How long a cue takes: three clips at 200 Hz through a live session at real pace, with and without screens."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.tables import Outcome
from imu_hinge.hinge.cue_words import parse_cue_words
from imu_hinge.hinge.cues import AFTER_THE_REP
from imu_hinge.live.plan import Plan
from imu_hinge.live.runner import RECORDING_NAME, LiveRun, Setup
from imu_hinge.live.screen import draw_view
from imu_hinge.recording import assemble, read_arrivals
from imu_hinge.sensors.paced import PacedSource
from imu_hinge.sensors.source import Delivery, SampleBlock
from imu_hinge.session.guide import GuideParams, Step
from imu_hinge.session.pipeline import Pipeline, PipelineBlock
from imu_hinge.session.replay import replay
from imu_hinge.session.tracks import choose_clips, clip_rates_hz
from imu_hinge.simulation import find_scenario, simulate_session

__all__ = ["measure"]

FloatArray = NDArray[np.float64]

RATE_HZ: Final = 200.0
SEEDS: Final = (1,)
WATCHERS: Final = 3
EASY: Final = ("rounded=2/4deg", "depth=60%", "refractory=0", "sensitivity=keen")
"""Cues in every rep, good ones as well: a percentile needs many."""
WATCH: Final = """
import asyncio, sys, websockets
async def watch(url):
    async with websockets.connect(url, origin=sys.argv[2], max_size=None) as socket:
        async for _ in socket:
            pass
async def main():
    await asyncio.gather(*(watch(sys.argv[1]) for _ in range(int(sys.argv[3]))), return_exceptions=True)
asyncio.run(main())
"""


class _Stamped(PacedSource):
    """Notes when each delivery was handed over, and when the next one was asked for."""

    stamps: list[tuple[float, float, float]]

    def deliveries(self) -> Iterator[Delivery]:
        self.stamps = []
        for delivery in super().deliveries():
            handed_s = time.perf_counter()
            yield delivery
            self.stamps.append((handed_s, time.perf_counter(), float(delivery.block.time_s.max())))


class _Calls:
    """A cue sink that notes the time."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, str]] = []

    def cue(self, name: str, severity: str) -> None:
        self.calls.append((time.perf_counter(), name))


@dataclass(frozen=True)
class _Times:
    """ms: of the cues that fell, of every sample, of every batch up to its cues and to its end; share of a core."""

    cues: list[float]
    chain: list[float]
    compute: list[float]
    batches: list[float]
    share: float


@contextmanager
def _nothing(run: LiveRun) -> Iterator[None]:
    yield


@contextmanager
def _terminal(run: LiveRun) -> Iterator[None]:
    """Draws as often as the command does."""
    over = threading.Event()
    console = Console(file=io.StringIO(), force_terminal=True, width=110, color_system="truecolor")

    def draw() -> None:
        while not over.wait(0.125):
            console.print(draw_view(run.board.look(), None))

    thread = threading.Thread(target=draw)
    thread.start()
    yield
    over.set()
    thread.join()


@contextmanager
def _page(run: LiveRun) -> Iterator[None]:
    """Serves the page to screens in another process."""
    from imu_hinge.live.page_params import PageParams
    from imu_hinge.live.server import PageServer

    server = PageServer(run.board, PageParams(port=0))
    origin = server.start()[-1].rstrip("/")
    words = [sys.executable, "-c", WATCH, f"{origin.replace('http', 'ws')}/views", origin, str(WATCHERS)]
    with subprocess.Popen(words) as watchers:
        yield
        print(f"{server.watching} screens watched", file=sys.stderr)
        server.stop()
        watchers.terminate()


def measure() -> Outcome:
    """One row for each way of looking on."""
    rows, numbers = [], {}
    ways = {"no screen": _nothing, "terminal": _terminal, f"page, {WATCHERS} screens": _page}
    for name, watching in ways.items():
        taken = []
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                taken.append(_session(Path(folder) / "session", seed, watching))
        cues, chain, compute, batches = (
            np.concatenate([getattr(one, what) for one in taken]) for what in ("cues", "chain", "compute", "batches")
        )
        share = float(np.mean([one.share for one in taken]))
        cells = [f"{np.percentile(v, q):.1f}" for v in (chain, compute, batches) for q in (50, 99)]
        rows.append([name, f"{len(cues)}", f"{cues.max():.0f}", *cells, f"{100 * share:.0f} %"])
        numbers[name] = {
            "cues": len(cues),
            "worst_cue_ms": float(cues.max()),
            "chain_ms": {"p50": float(np.percentile(chain, 50)), "p99": float(np.percentile(chain, 99))},
            "compute_ms": {"p50": float(np.percentile(compute, 50)), "p99": float(np.percentile(compute, 99))},
            "batch_ms": {"p50": float(np.percentile(batches, 50)), "p99": float(np.percentile(batches, 99))},
            "cpu_share": share,
        }
    return Outcome(
        "live_cues",
        "From the sample that crosses to the cue",
        f"Three clips at {RATE_HZ:.0f} Hz in batches of 50 ms at real pace, in a guided session of about a minute, "
        f"{len(SEEDS)} of them a row; ms. The cues that fell, and the worst of them. Whole: of every sample in a set, "
        "from its instant to when a cue for it is called, what its batch waited for included. Computing: from the "
        "delivery of the batch to that call. Batch: all that is done with a batch, reps that end and what screens show "
        "included. Share of one core, our process alone.",
        ("watched by", "cues", "worst", "whole p50", "p99", "computing p50", "p99", "batch p50", "p99", "CPU"),
        rows,
        numbers,
    )


def _session(folder: Path, seed: int, watching: object) -> _Times:
    plan = find_scenario("rdl_faults")
    plan = replace(plan, clips=tuple(replace(clip, rate_hz=RATE_HZ) for clip in plan.clips))
    arrivals = simulate_session(plan, seed).arrivals
    recording = assemble(arrivals)
    source = _Stamped(arrivals, clip_rates_hz(recording, choose_clips(recording, None)), notes=False)
    told = {k: v for k, v in arrivals.header.items() if k.startswith(("athlete.", "clip.", "measure."))}
    guide = GuideParams(steps=tuple(Step))
    sink = _Calls()
    setup = Setup(Plan("rdl", guide=guide, header=told), folder, cues=parse_cue_words(EASY))
    run = LiveRun(source, setup, sink, lambda made: ())
    ready: list[tuple[float, FloatArray]] = []
    stream = Pipeline.stream

    def timed(pipeline: Pipeline, block: SampleBlock) -> Iterator[PipelineBlock]:
        for one in stream(pipeline, block):
            if len(one.time_s):
                ready.append((time.perf_counter(), one.time_s))
            yield one

    cpu_s, wall_s = time.process_time(), time.perf_counter()
    with watching(run), patch.object(Pipeline, "stream", timed):  # type: ignore[operator]
        run.run()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    if run.failure is not None:
        raise run.failure
    _, steps = replay(read_arrivals(folder / RECORDING_NAME))
    cues = [cue.time_s for step in steps for block in step.blocks for cue in block.cues]
    calls = [at for at, name in sink.calls if name not in (*AFTER_THE_REP, "good_rep")]
    if len(cues) != len(calls):
        raise RuntimeError("the replay cues otherwise than the session did")
    handed_s = np.array([stamp[0] for stamp in source.stamps])
    zero_s = source.stamps[0][0] - source.stamps[0][2]
    of_cues = [1e3 * (at - zero_s - cue_s) for at, cue_s in zip(calls, cues, strict=True)]
    in_sets = [(at, times) for at, times in ready if times[0] >= cues[0]]
    chain = np.concatenate([1e3 * (at - zero_s - times) for at, times in in_sets])
    compute = [1e3 * (at - handed_s[np.searchsorted(handed_s, at) - 1]) for at, _ in in_sets]
    batches = [1e3 * (after - before) for before, after, newest_s in source.stamps if newest_s >= cues[0]]
    return _Times(of_cues, chain.tolist(), compute, batches, cpu_s / wall_s)
