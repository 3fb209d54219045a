"""What an athlete was told while a recording was made: the live path over its rows, beside what the whole shows.

Live, a rep is judged by what came before it; afterwards, by the whole session. Both are told, and where they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from imu_hinge.body.personal import Personal
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.hinge.cues import Cue
from imu_hinge.recording.header import parse_event
from imu_hinge.recording.in_progress import undone_s
from imu_hinge.recording.model import Arrivals, ClipSamples
from imu_hinge.session.params import SessionParams
from imu_hinge.session.pipeline import LiveRep
from imu_hinge.session.replay import ANNOUNCED_ONLY, replay
from imu_hinge.session.results import Moment, SaidRep, SessionResult

__all__ = ["Said", "said_live", "was_live", "with_said_live"]

_BATCH_S: Final = 2.0
"""The live path says the same in any batches, and large ones are cheap."""


@dataclass(frozen=True)
class Said:
    """What an athlete was told: reps as they were judged, those taken back left out, and the cues that were called."""

    reps: tuple[SaidRep, ...]
    cues: tuple[Moment, ...]


def was_live(arrivals: Arrivals) -> bool:
    """Whether somebody was coached while this was recorded."""
    return arrivals.header.get(ANNOUNCED_ONLY[0]) == ANNOUNCED_ONLY[1]


def said_live(
    arrivals: Arrivals,
    clips: tuple[str, ...] | None = None,
    params: SessionParams | None = None,
    find_bench: Callable[[Mapping[str, ClipSamples]], Mapping[str, BenchCalibration]] | None = None,
    athlete: Personal | None = None,
) -> Said:
    """Reps and cues as they were live. Raises what ``replay`` raises."""
    _, steps = replay(arrivals, clips, params, find_bench, batch_s=_BATCH_S, athlete=athlete)
    reps: list[LiveRep] = []
    cues: list[Cue] = []
    for step in steps:
        ended = [*(rep for block in step.blocks for rep in block.reps), *step.last_reps]
        cues += [*(cue for block in step.blocks for cue in block.cues), *(cue for rep in ended for cue in rep.cues)]
        reps += ended
    for note in arrivals.notes:
        time_s = undone_s(parse_event(note)) if note.key.startswith("event.") else None
        under_way = [r for r in reps if time_s is not None and r.result.start_s <= time_s <= r.result.end_s]
        if under_way:
            reps.remove(under_way[-1])
    said = tuple(
        SaidRep(r.exercise, r.result.start_s, r.result.bottom_s, r.result.end_s, r.result.verdict, r.result.faults)
        for r in reps
    )
    return Said(said, tuple(Moment(cue.time_s, "cue", cue.name) for cue in sorted(cues, key=lambda c: c.time_s)))


def with_said_live(result: SessionResult, said: Said) -> SessionResult:
    """A result that also tells what was said live."""
    moments = tuple(sorted([*result.moments, *said.cues], key=lambda m: m.time_s))
    return replace(result, said_live=said.reps, moments=moments)
