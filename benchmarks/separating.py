"""A session through the product's own analysis, with more or less of what it may know, beside the truth."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.geometry import ChainBelief
from imu_hinge.body.separation import SeparationParams
from imu_hinge.body.window import Movement
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.recording.model import Recording, Segment
from imu_hinge.session import separation
from imu_hinge.session.analysis import analyze
from imu_hinge.session.params import SessionParams
from imu_hinge.session.results import RepResult, SessionResult
from imu_hinge.session.separation import Stretch

__all__ = ["COVER", "Given", "Handed", "Scores", "TrueRep", "analysed", "scored", "without_tape"]

FloatArray = NDArray[np.float64]

COVER = 1.645
"""SDs to either side of a value that hold 90 % of a normal distribution."""
LEAST_OVERLAP = 0.3
"""A rep is found where it overlaps a true one by this share of both together."""


@dataclass(frozen=True)
class Given:
    """Which movements and marks of the product the separation is given."""

    neutral: bool = True
    """Whether reference hinges are marked as such."""
    toe_touch: bool = True
    tilts: bool = True


@dataclass(frozen=True)
class Handed:
    """What the product handed to ``body.separation.separate``."""

    movements: tuple[Movement, ...]
    rate_hz: float
    belief: ChainBelief
    levels: int
    params: SeparationParams


class TrueRep(Protocol):
    """A true rep, whatever it was read from."""

    @property
    def start(self) -> float: ...
    @property
    def bottom(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def kind(self) -> str: ...
    @property
    def lumbar_from_start_deg(self) -> float: ...
    @property
    def lumbar_at_bottom_deg(self) -> float: ...


@dataclass(frozen=True)
class Scores:
    """How the reps of one session came out, degrees; NaN where nothing was told.

    ``error`` and ``sd`` (R,): lumbar flexion at the bottom of each true rep; ``hip_square`` (R,): mean square error of
    hip flexion over the rep, whether hip flexion was followed or guessed.
    """

    error: FloatArray
    sd: FloatArray
    hip_square: FloatArray


def without_tape(recording: Recording) -> Recording:
    """The recording with only the athlete's height in its header, no tape measure."""
    header: Mapping[str, Any] = recording.header
    return replace(recording, header={k: v for k, v in header.items() if not k.startswith("measure.")})


def analysed(
    recording: Recording,
    clips: tuple[str, ...] | None,
    given: Given = Given(),
    params: SessionParams | None = None,
    bench: Mapping[str, BenchCalibration] | None = None,
) -> tuple[SessionResult, Handed | None]:
    """``analyze`` with ``given``, and what was handed to the separation (None where the clips cannot tell)."""
    seen: list[Handed] = []
    with _watched(given, recording.segments, seen):
        result = analyze(recording, clips, params, bench)
    return result, seen[-1] if seen else None


@contextmanager
def _watched(given: Given, segments: Sequence[Segment], seen: list[Handed]) -> Iterator[None]:
    stretches: Callable[..., list[Stretch]] = separation.stretches
    separate: Callable[..., Any] = vars(separation)["separate"]

    def chosen(*args: Any, **kwargs: Any) -> list[Stretch]:
        return _chosen(stretches(*args, **kwargs), given, segments)

    def handed(*args: Any, **kwargs: Any) -> Any:
        with_ = inspect.signature(separate).bind(*args, **kwargs).arguments
        movements = tuple(with_["movements"])
        seen.append(Handed(movements, with_["rate_hz"], with_["belief"], with_["levels"], with_["params"]))
        return separate(*args, **kwargs)

    try:
        vars(separation).update(stretches=chosen, separate=handed)
        yield
    finally:
        vars(separation).update(stretches=stretches, separate=separate)


def _within(stretch: Stretch, segments: Sequence[Segment], kind: str) -> bool:
    middle = 0.5 * (stretch.start_s + stretch.end_s)
    return any(s.kind == kind and s.start_s <= middle <= s.end_s for s in segments)


def _chosen(found: Sequence[Stretch], given: Given, segments: Sequence[Segment]) -> list[Stretch]:
    """The stretches that ``given`` leaves."""
    kept = list(found)
    for kind, wanted in (("max_flexion", given.toe_touch), ("pelvic_tilt", given.tilts)):
        if not wanted:
            kept = [s for s in kept if not _within(s, segments, kind)]
    return kept if given.neutral else [replace(s, neutral=False) for s in kept]


def scored(
    result: SessionResult,
    reps: Sequence[TrueRep],
    truth_s: FloatArray,
    hip_deg: FloatArray,
    *,
    from_start: bool = False,
) -> Scores:
    """Compare with true reps and with true hip flexion ``hip_deg`` at ``truth_s``; lumbar flexion counts from standing
    tall, as the product means it, or from where it was at the start of the rep."""
    found = [rep for one in result.sets for rep in one.reps]
    error, sd, square = (np.full(len(reps), np.nan) for _ in range(3))
    for index, (true, rep) in enumerate(zip(reps, _paired(reps, found), strict=True)):
        rows = (truth_s >= true.start) & (truth_s <= true.end)
        hip = np.interp(truth_s[rows], result.angles.time_s, result.angles.hip_flexion_deg) - hip_deg[rows]
        if np.isfinite(hip).any():
            square[index] = float(np.nanmean(hip**2))
        if rep is None or rep.lumbar_at_bottom_deg is None or rep.lumbar_sd_deg is None:
            continue
        wanted = true.lumbar_from_start_deg if from_start else true.lumbar_at_bottom_deg
        error[index], sd[index] = rep.lumbar_at_bottom_deg - wanted, rep.lumbar_sd_deg
    return Scores(error, sd, square)


def _paired(reps: Sequence[TrueRep], found: Sequence[RepResult]) -> list[RepResult | None]:
    """For each true rep the one that was found, if any; none is taken twice."""
    left = list(found)
    pairs: list[RepResult | None] = []
    for true in reps:
        shares = [_overlap(true, rep) for rep in left]
        best = int(np.argmax(shares)) if shares else -1
        pairs.append(left.pop(best) if shares and shares[best] > LEAST_OVERLAP else None)
    return pairs


def _overlap(true: TrueRep, rep: RepResult) -> float:
    both = min(true.end, rep.end_s) - max(true.start, rep.start_s)
    return both / (max(true.end, rep.end_s) - min(true.start, rep.start_s))
