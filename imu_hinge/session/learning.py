"""Making and improving an athlete's file, from calibration movements and from the reps that are accepted."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from imu_hinge.body.personal import Personal
from imu_hinge.conventions import BACK
from imu_hinge.errors import AthleteError, CalibrationError, visible
from imu_hinge.fusion.bench import BenchCalibration
from imu_hinge.recording.model import Recording
from imu_hinge.session.analysis import analyze
from imu_hinge.session.params import SessionParams
from imu_hinge.session.personal import neutral_with
from imu_hinge.session.results import RepResult, SessionResult

__all__ = ["Accepted", "Lesson", "accepted_of", "learn", "parse_accept"]

_HINGES: Final = ("hinge", "rdl", "deadlift")
"""Exercises whose good reps are neutral hinges."""
_LEAST_DEPTH: Final = 0.7
"""Share of the reference hinges' fold that a rep must reach to tell about their bottom."""
_LIKE_REFERENCE_DEG: Final = 6.0
"""A good rep is a neutral hinge within so much of the reference; one further off must be named."""

Accepted = str | tuple[tuple[int, int], ...]
"""``good``, ``none``, or (set, rep) numbers from 1."""


@dataclass(frozen=True)
class Lesson:
    """The athlete, as known now, the analysis this rests on, the reps taken for neutral hinges, and notes."""

    personal: Personal
    result: SessionResult
    accepted: tuple[RepResult, ...]
    notes: tuple[str, ...]


def learn(
    recording: Recording,
    before: Personal | None = None,
    accept: Accepted = "good",
    *,
    name: str = "athlete",
    clips: tuple[str, ...] | None = None,
    params: SessionParams | None = None,
    bench: Mapping[str, BenchCalibration] | None = None,
) -> Lesson:
    """Make (``before`` None) or improve what is known of an athlete from one recording.

    Raises AthleteError where the recording is of somebody else, was learnt from already or has nothing to teach,
    CalibrationError where a clip sat wrong, and what ``analyze`` raises.
    """
    digest = _digest(recording)
    if before is not None and digest in before.learnt_from:
        raise AthleteError(
            "this recording has been learnt from already", path=recording.name, advice="Learn from a new one."
        )
    first = analyze(recording, clips, params, bench, before)
    body = first.body
    assert body is not None
    if body.suspect:
        raise CalibrationError(
            "a clip slipped or was not where it should be, so that nothing can be learnt",
            where=recording.name,
            advice="imu-hinge analyze says which one; record again.",
        )
    chosen = accepted_of(first, accept, recording.name)
    reference = body.reference
    hinges = tuple(r for r in chosen if _is_hinge(first, r))
    # Pinned to one neutral they would all look alike: their spread is that of the reps as they were measured.
    bottoms = tuple(r.lumbar_at_bottom_deg for r in hinges if r.lumbar_at_bottom_deg is not None)
    result = analyze(recording, clips, params, bench, before, hinges) if hinges else first
    found = result.body
    assert found is not None
    if found.learnt is None and first.body is not None:
        found, hinges = first.body, ()
    if not hinges and not reference.hinges and reference.max_flexion_deg is None:
        raise AthleteError(
            "there is nothing to learn: no calibration movement, and no good hinge that was accepted",
            path=recording.name,
            advice="Record three reference hinges, or accept reps with --accept 1.1,1.2 (set.rep).",
        )
    said = visible(recording.header.get("athlete.name", name).strip() or name)
    old = Personal(said) if before is None else before
    learnt = old.learnt if found.learnt is None else found.learnt
    site = first.quality.clips[BACK].site if BACK in first.quality.clips else old.back_site
    notes = [w for w in result.quality.warnings if "last time" in w or "do not fit" in w]
    if found.learnt is None:
        notes.append("these clips cannot tell hips from spine: only the neutral hinge was learnt")
    height_m = old.height_m if old.height_m is not None else recording.number("athlete.height_m")
    return Lesson(
        replace(
            old,
            height_m=height_m,
            back_site=old.back_site if found.learnt is None else site,
            sessions=old.sessions + 1,
            accepted_reps=old.accepted_reps + len(hinges),
            learnt_from=(*old.learnt_from, digest),
            clips=old.clips if found.learnt is None else dict(found.clips),
            neutral=neutral_with(old.neutral, reference, bottoms),
            learnt=learnt,
        ),
        result,
        hinges,
        tuple(notes),
    )


def accepted_of(result: SessionResult, accept: Accepted, where: str) -> tuple[RepResult, ...]:
    """The reps that are meant; ``good`` takes those that are and look like the reference hinges. Raises AthleteError
    for one that is not there."""
    if isinstance(accept, str):
        if accept != "good":
            return ()
        return tuple(r for s in result.sets for r in s.reps if r.verdict == "good" and _like_reference(result, r))
    chosen = []
    for number, rep in accept:
        sets = result.sets
        if not 1 <= number <= len(sets) or not 1 <= rep <= len(sets[number - 1].reps):
            counts = ", ".join(f"set {i} has {len(s.reps)}" for i, s in enumerate(sets, start=1)) or "no set was found"
            raise AthleteError(f"there is no rep {number}.{rep}", path=where, advice=f"Reps: {counts}.")
        chosen.append(sets[number - 1].reps[rep - 1])
    return tuple(dict.fromkeys(chosen))


def _like_reference(result: SessionResult, rep: RepResult) -> bool:
    own, here = result.reference_lumbar_deg, rep.lumbar_at_bottom_deg
    return own is not None and here is not None and abs(here - own) <= _LIKE_REFERENCE_DEG


def _is_hinge(result: SessionResult, rep: RepResult) -> bool:
    """Whether a rep is deep enough, and of an exercise, to count as a neutral hinge."""
    exercise = next(s.exercise for s in result.sets if rep in s.reps)
    fold = None if result.body is None else result.body.judged_by.fold_deg
    deep = fold is None or not math.isfinite(_fold(rep)) or _fold(rep) >= _LEAST_DEPTH * fold
    return exercise in _HINGES and deep and rep.lumbar_at_bottom_deg is not None


def _fold(rep: RepResult) -> float:
    if rep.hip_max_deg is None or rep.lumbar_at_bottom_deg is None:
        return math.nan
    return rep.hip_max_deg + rep.lumbar_at_bottom_deg


def _digest(recording: Recording) -> str:
    """What tells one recording from another: its samples."""
    digest = hashlib.sha256()
    for name in sorted(recording.clips):
        clip = recording.clips[name]
        digest.update(name.encode())
        for values in (clip.time_s, clip.acc_m_s2, clip.gyr_rad_s):
            digest.update(values.tobytes())
    return digest.hexdigest()[:16]


def parse_accept(text: str) -> Accepted | None:
    """``good``, ``none`` or ``1.3,1.4,2.1`` (set.rep); None where it is none of these."""
    if text in ("good", "none"):
        return text
    pairs: list[tuple[int, int]] = []
    for word in text.split(","):
        number, dot, rep = word.strip().partition(".")
        if not (dot and number.isdecimal() and rep.isdecimal()):
            return None
        pairs.append((int(number), int(rep)))
    return tuple(pairs)
