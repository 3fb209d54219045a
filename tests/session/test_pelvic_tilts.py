"""Pelvic tilts with a thigh and a back clip: the lumbar spine bends while the trunk stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from imu_hinge.session.analysis import analyze
from imu_hinge.session.results import SessionResult
from imu_hinge.simulation import SimulatedSession, simulate_session

SEEDS = (151, 152, 153)


@pytest.fixture(scope="module")
def tilted() -> Callable[[int], tuple[SimulatedSession, SessionResult]]:
    """tilted(seed): a session with pelvic tilts, as thigh and back clip see it."""
    done: dict[int, tuple[SimulatedSession, SessionResult]] = {}

    def make(seed: int) -> tuple[SimulatedSession, SessionResult]:
        if seed not in done:
            session = simulate_session("rdl_good", seed)
            done[seed] = session, analyze(session.recording, ("thigh", "back"))
        return done[seed]

    return make


def inside(session: SimulatedSession, result: SessionResult, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Value, SD and truth of an angle during the tilts, deg."""
    (tilts,) = (s for s in session.recording.segments if s.kind == "pelvic_tilt")
    angles = result.angles
    rows = (angles.time_s >= tilts.start_s) & (angles.time_s <= tilts.end_s)
    true = np.interp(angles.time_s[rows], session.truth.time_s, session.truth.columns[f"{name}_deg"])
    return getattr(angles, f"{name}_deg")[rows], getattr(angles, f"{name}_sd_deg")[rows], true


@pytest.mark.parametrize("name", ["lumbar_flexion", "hip_flexion"])
def test_tilts_are_followed_with_two_clips(
    name: str, tilted: Callable[[int], tuple[SimulatedSession, SessionResult]]
) -> None:
    errors, held = [], []
    for seed in SEEDS:
        value, sd, true = inside(*tilted(seed), name)
        assert np.ptp(true) > 12.0
        assert np.isfinite(value).all()
        assert np.corrcoef(value, true)[0, 1] > 0.95
        errors.append(np.sqrt(np.mean((value - true) ** 2)))
        held.append(np.mean(np.abs(value - true) <= 1.645 * sd))
        assert sd.mean() < 3.0
    assert np.sqrt(np.mean(np.square(errors))) < 2.5
    assert np.mean(held) >= 0.75


def test_a_session_without_tilts_says_nothing_there(
    tilted: Callable[[int], tuple[SimulatedSession, SessionResult]],
) -> None:
    session, _ = tilted(SEEDS[0])
    segments = tuple(s for s in session.recording.segments if s.kind != "pelvic_tilt")
    unnamed = analyze(replace(session.recording, segments=segments), ("thigh", "back"))
    value, _, _ = inside(session, unnamed, "lumbar_flexion")
    assert np.isnan(value).all()
