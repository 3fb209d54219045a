"""Which clip was tapped: knocks that one clip feels and the others do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_hinge.recording import Arrivals
from imu_hinge.sensors.source import SampleBlock
from imu_hinge.session.tap_watch import TapWatch
from imu_hinge.simulation import Scenario, SimulatedSession, simulate_session
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import SetPlan, plan_reps

CLIPS = ("thigh", "back")


def stream(
    seconds: float, knocks: list[tuple[str, float, float, int]], rate_hz: float = 100.0, seed: int = 0
) -> SampleBlock:
    """Two clips held by hand; ``knocks``: clip, when (s), how strong (m/s2), over how many samples."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(0.0, seconds, 1 / rate_hz)
    acc = {}
    for clip in CLIPS:
        sway = np.stack([np.sin(2 * np.pi * f * time_s) for f in (0.5, 0.9, 1.3)], axis=1)
        acc[clip] = np.array([0.1, 0.2, 9.8]) + sway + rng.normal(0.0, 0.05, (len(time_s), 3))
    for clip, at_s, strength, samples in knocks:
        at = int(np.searchsorted(time_s, at_s))
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        for k in range(samples):
            acc[clip][at + k] += direction * strength * (1.0 if k == 0 else -0.6)
    order = np.argsort(np.concatenate([time_s, time_s]), kind="stable")
    return SampleBlock(
        np.repeat(np.arange(2, dtype=np.int8), len(time_s))[order],
        np.concatenate([time_s, time_s])[order],
        np.concatenate([acc[clip] for clip in CLIPS])[order],
        np.zeros((2 * len(time_s), 3)),
    )


def watched(block: SampleBlock, clips: tuple[str, ...] = CLIPS, batch: int = 10) -> list[tuple[float, str]]:
    watch, told = TapWatch(clips), []
    for start in range(0, len(block), batch):
        rows = slice(start, start + batch)
        part = SampleBlock(block.clip_index[rows], block.time_s[rows], block.acc_m_s2[rows], block.gyr_rad_s[rows])
        clip = watch.take(part)
        if clip is not None:
            told.append((float(part.time_s.max()), clip))
    return told


@pytest.mark.parametrize("rate_hz", [52.0, 100.0, 208.0])
@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("strength", [15.0, 30.0, 60.0])
@pytest.mark.parametrize("clip", CLIPS)
def test_two_taps_tell_which_clip_it_is(clip: str, strength: float, samples: int, rate_hz: float) -> None:
    taps = [(clip, 1.0, strength, samples), (clip, 1.4, strength, samples)]
    other = CLIPS[1 - CLIPS.index(clip)]
    through_the_body = [(other, at_s, 0.15 * strength, samples) for _, at_s, _, _ in taps]
    told = watched(stream(3.0, taps + through_the_body, rate_hz))
    assert [name for _, name in told] == [clip]
    assert 1.4 <= told[0][0] <= 1.75


def test_one_tap_is_none_and_two_far_apart_neither() -> None:
    assert watched(stream(3.0, [("thigh", 1.0, 40.0, 1)])) == []
    assert watched(stream(6.0, [("thigh", 1.0, 40.0, 1), ("thigh", 4.5, 40.0, 1)])) == []


def test_what_all_clips_feel_is_no_tap() -> None:
    """A stamping foot, a jump, a bag that is put down."""
    stamps = [(clip, at_s, 30.0, 2) for at_s in (1.0, 1.5, 2.0) for clip in CLIPS]
    assert watched(stream(3.0, stamps)) == []


@pytest.mark.parametrize("late", [5, 10, 20])
def test_what_all_clips_feel_is_no_tap_either_where_one_tells_later(late: int) -> None:
    """Notifications of two links come in turns."""
    block = stream(3.0, [(clip, at_s, 30.0, 1) for at_s in (1.0, 1.5, 2.0) for clip in CLIPS])
    arrives = block.time_s + np.where(block.clip_index == 1, late / 100.0, 0.0)
    order = np.argsort(arrives, kind="stable")
    block = SampleBlock(block.clip_index[order], block.time_s[order], block.acc_m_s2[order], block.gyr_rad_s[order])
    assert watched(block, batch=4) == []


@settings(max_examples=20)
@given(st.integers(1, 400), st.integers(0, 50))
def test_taps_are_told_however_the_rows_come(batch: int, seed: int) -> None:
    block = stream(3.0, [("back", 1.0, 25.0, 1), ("back", 1.35, 25.0, 2)], seed=seed)
    assert [clip for _, clip in watched(block, batch=batch)] == ["back"]


def as_block(arrivals: Arrivals) -> SampleBlock:
    return SampleBlock(arrivals.clip_index, arrivals.time_s, arrivals.acc_m_s2, arrivals.gyr_rad_s)


def test_hinges_do_not_tap(short_session: Callable[..., SimulatedSession]) -> None:
    arrivals = short_session().arrivals
    assert watched(as_block(arrivals), arrivals.clip_names) == []


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))])
def test_walking_racking_and_lifting_do_not_tap(seed: int) -> None:
    blocks = (
        Between("walk", 8.0),
        Between("idle", 4.0),
        Between("rack"),
        SetPlan("deadlift", plan_reps("good", "good"), 60.0),
        Between("walk", 4.0),
    )
    arrivals = simulate_session(Scenario("about", "", blocks), seed).arrivals
    assert watched(as_block(arrivals), arrivals.clip_names) == []
