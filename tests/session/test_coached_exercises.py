"""Every exercise of the coaching document: good reps are left alone, faulty ones named."""

from __future__ import annotations

from functools import lru_cache

import pytest

from imu_hinge.session.analysis import analyze
from imu_hinge.session.results import RepResult
from imu_hinge.simulation import simulate_session
from imu_hinge.simulation.coaching import FAULT_OF_LABEL

EXERCISES = ("hinge", "rdl", "deadlift", "squat", "pickup", "jump", "sprint_start", "bridge", "sit_to_stand")
PAIRED = ("hinge", "rdl", "deadlift", "pickup", "sit_to_stand")
"""Where two clips tell the spine: feet planted, no bar on the shoulders, no flight."""
pytestmark = pytest.mark.slow


@lru_cache(maxsize=32)
def labelled(exercise: str, seed: int, clips: tuple[str, ...] | None) -> tuple[tuple[str, RepResult], ...]:
    """Every true rep's label beside the rep that was found there."""
    session = simulate_session(f"coaching_{exercise}", seed)
    found = [rep for s in analyze(session.recording, clips).sets for rep in s.reps]
    spans = session.truth.spans
    true = [r for r in session.truth.reps if any(a - 0.5 <= r.start <= b + 0.5 for a, b in spans)]
    assert len(found) >= len(true) - 1
    return tuple((r.label, min(found, key=lambda rep: abs(rep.bottom_s - r.bottom))) for r in true)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_three_clips_leave_good_reps_alone(exercise: str) -> None:
    good = [rep for seed in (81, 82) for label, rep in labelled(exercise, seed, None) if label == "good"]
    assert len(good) >= 10
    assert sum(bool(rep.faults) for rep in good) <= 1


@pytest.mark.parametrize("exercise", EXERCISES)
def test_three_clips_name_what_the_label_says(exercise: str) -> None:
    named = []
    for seed in (81, 82):
        for label, rep in labelled(exercise, seed, None):
            if label in FAULT_OF_LABEL:
                named.append(FAULT_OF_LABEL[label] in {f.name for f in rep.faults})
    assert len(named) >= 8
    assert sum(named) >= 0.8 * len(named)


@pytest.mark.parametrize("exercise", PAIRED)
def test_two_clips_leave_good_reps_alone_and_name_a_rounded_back(exercise: str) -> None:
    reps = [pair for seed in (81, 82) for pair in labelled(exercise, seed, ("thigh", "back"))]
    good = [rep for label, rep in reps if label == "good"]
    rounded = [rep for label, rep in reps if label == "rounded"]
    assert sum(bool(rep.faults) for rep in good) <= 0.15 * len(good)
    assert sum("rounded_back" in {f.name for f in rep.faults} for rep in rounded) >= 0.75 * len(rounded)
