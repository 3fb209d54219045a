"""A source driven through the streaming pipeline: the loop that live and replay share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from imu_hinge.body.personal import Personal
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.hinge.cue_settings import CueSettings
from imu_hinge.recording import assemble, check_alive, check_units
from imu_hinge.recording.header import parse_event, parse_segment
from imu_hinge.recording.in_progress import begun, dropped, undone_s
from imu_hinge.recording.model import Arrivals, ClipSamples, HeaderNote, Recording
from imu_hinge.sensors.replay import ReplaySource
from imu_hinge.sensors.source import Source
from imu_hinge.session.params import SessionParams
from imu_hinge.session.personal import check_same_person
from imu_hinge.session.pipeline import LiveRep, Pipeline, PipelineBlock
from imu_hinge.session.separation import measures_of
from imu_hinge.session.tracks import choose_clips, clip_rates_hz, grid_rate_hz

__all__ = ["ANNOUNCED_ONLY", "CUES_KEY", "Step", "pipeline_for", "replay", "replayable", "run", "tell"]

ANNOUNCED_ONLY: Final = ("live.sets", "announced")
"""The header line of a recording whose sets were all announced while it ran."""
CUES_KEY: Final = "live.cues"
"""The header line that says how cues were set."""


@dataclass(frozen=True)
class Step:
    """What one delivery brought: the newest sample's time, s, the blocks that became known, and what is wrong."""

    newest_s: float
    blocks: tuple[PipelineBlock, ...]
    last_reps: tuple[LiveRep, ...] = ()
    warnings: tuple[str, ...] = ()
    undone: int = 0
    """How many reps were taken back before the blocks."""


def tell(pipeline: Pipeline, note: HeaderNote) -> bool:
    """Let a pipeline know what a header line says; whether it took a rep back."""
    if note.key.startswith("segment."):
        pipeline.announce(parse_segment(note.value))
    elif note.key.startswith("event."):
        event = parse_event(note)
        fresh, gone, undone = begun(event), dropped(event), undone_s(event)
        if fresh is not None:
            pipeline.announce(fresh)
        if gone is not None:
            pipeline.withdraw(*gone)
        if undone is not None:
            return pipeline.undo(undone)
    return False


def run(source: Source, pipeline: Pipeline) -> Iterator[Step]:
    """Drive a source through a pipeline until it ends."""
    newest_s = float("-inf")
    for delivery in source.deliveries():
        undone = sum(tell(pipeline, note) for note in delivery.notes)
        blocks = pipeline.update(delivery.block) if len(delivery.block) else []
        if len(delivery.block):
            newest_s = max(newest_s, float(delivery.block.time_s.max()))
        yield Step(newest_s, tuple(blocks), warnings=pipeline.warnings, undone=undone)
    yield Step(newest_s, (), pipeline.finish(), pipeline.warnings)


def replay(
    arrivals: Arrivals,
    clips: tuple[str, ...] | None = None,
    params: SessionParams | None = None,
    find_bench: Callable[[Mapping[str, ClipSamples]], Mapping[str, BenchCalibration]] | None = None,
    batch_s: float = 0.05,
    athlete: Personal | None = None,
) -> tuple[Pipeline, Iterator[Step]]:
    """A recording ready to be streamed: the pipeline, and the steps that feed it in file order.

    ``find_bench`` gives the accelerometer calibrations of the clips used, ``athlete`` is what earlier sessions taught
    about the athlete. Raises the same errors as ``analyze`` for
    recordings that cannot be.
    """
    params = SessionParams() if params is None else params
    recording, chosen = replayable(arrivals, clips, athlete)
    pipeline = pipeline_for(recording, chosen, arrivals.clip_names, params, find_bench, athlete)
    return pipeline, run(ReplaySource(arrivals, batch_s), pipeline)


def replayable(
    arrivals: Arrivals, clips: tuple[str, ...] | None = None, athlete: Personal | None = None
) -> tuple[Recording, dict[str, ClipSamples]]:
    """A recording and those of its clips that are used, once it is known that it can be streamed. Raises the same
    errors as ``analyze`` for those that cannot be."""
    recording = assemble(arrivals)
    if athlete is not None:
        check_same_person(athlete, recording)
    chosen = choose_clips(recording, clips)
    used = replace(recording, clips=chosen)
    check_alive(used)
    check_units(used)
    return recording, chosen


def pipeline_for(
    recording: Recording,
    chosen: Mapping[str, ClipSamples],
    clips: Sequence[str],
    params: SessionParams,
    find_bench: Callable[[Mapping[str, ClipSamples]], Mapping[str, BenchCalibration]] | None = None,
    athlete: Personal | None = None,
) -> Pipeline:
    """The pipeline for a recording, finished or just begun: what it needs to know is in the header.

    ``chosen`` are the clips used, ``clips`` names all of the source's in index order.
    """
    rates_hz = clip_rates_hz(recording, chosen)
    told = recording.header.get(CUES_KEY)
    return Pipeline(
        clips,
        {name: clip.site for name, clip in chosen.items()},
        grid_rate_hz(rates_hz, params.resample),
        rates_hz,
        params,
        None if find_bench is None else find_bench(chosen),
        measures=measures_of(recording),
        athlete=athlete,
        serials={name: clip.serial for name, clip in chosen.items()},
        cue_settings=CueSettings.from_json(told, path=recording.name) if told is not None else None,
        announced_only=recording.header.get(ANNOUNCED_ONLY[0]) == ANNOUNCED_ONLY[1],
    )
