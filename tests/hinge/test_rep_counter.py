"""Reps on the fold of trunk against thigh: every rep is counted, nothing else is, and its boundaries are where it
began and ended."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imu_hinge.hinge.profiles import PROFILES, UNANNOUNCED, RepProfile, profile_of
from imu_hinge.hinge.reps import Rep, RepCounter, RepParams

FloatArray = NDArray[np.float64]
Moves = list[tuple[float, float]]
RATE_HZ = 100.0
RDL = PROFILES["rdl"]


def course(moves: Moves, start_deg: float = 0.0, noise_deg: float = 0.0, rate_hz: float = RATE_HZ) -> FloatArray:
    """The fold of minimum-jerk moves: (seconds, target in deg) each; the same target again is a pause."""
    parts, here = [], start_deg
    for seconds, target in moves:
        x = np.arange(round(seconds * rate_hz)) / round(seconds * rate_hz)
        parts.append(here + (target - here) * (10 * x**3 - 15 * x**4 + 6 * x**5))
        here = target
    fold = np.concatenate([*parts, [here]])
    return fold + noise_deg * np.random.default_rng(9).normal(size=len(fold))


def count(fold: FloatArray, profile: RepProfile = RDL, flight: NDArray[np.bool_] | None = None) -> list[Rep]:
    counter = RepCounter(profile, RATE_HZ)
    time_s = np.arange(len(fold)) / RATE_HZ
    return [*counter.update(time_s, fold, flight), *counter.finish()]


def rep(down_s: float = 1.5, bottom_s: float = 0.2, up_s: float = 1.2, deep: float = 75.0, top: float = 0.0) -> Moves:
    return [(down_s, deep), (bottom_s, deep), (up_s, top)] if bottom_s else [(down_s, deep), (up_s, top)]


STAND: Moves = [(1.0, 0.0)]


@pytest.mark.parametrize(
    ("down_s", "bottom_s", "up_s", "deep"),
    [
        pytest.param(1.5, 0.2, 1.2, 75.0, id="usual"),
        pytest.param(4.0, 0.0, 4.0, 80.0, id="20 deg a second"),
        pytest.param(0.4, 0.0, 0.4, 70.0, id="0.8 s in all"),
        pytest.param(1.5, 5.0, 1.2, 75.0, id="five seconds at the bottom"),
        pytest.param(1.0, 0.0, 1.0, 40.0, id="shallow"),
        pytest.param(1.2, 0.3, 1.2, 130.0, id="deep"),
    ],
)
def test_each_rep_is_found_with_its_boundaries(down_s: float, bottom_s: float, up_s: float, deep: float) -> None:
    moves = [*STAND, *(rep(down_s, bottom_s, up_s, deep) + STAND) * 5]
    reps = count(course(moves, noise_deg=0.2))
    assert len(reps) == 5
    length = down_s + bottom_s + up_s
    for i, found in enumerate(reps):
        start = 1.0 + i * (length + 1.0)
        assert found.start_s == pytest.approx(start, abs=0.1)
        assert found.end_s == pytest.approx(start + length, abs=0.1)
        assert start + 0.8 * down_s <= found.bottom_s <= start + length - 0.8 * up_s
        assert found.bottom_fold_deg == pytest.approx(deep, abs=2.0)
        assert found.tempo.eccentric_s + found.tempo.pause_s + found.tempo.concentric_s == pytest.approx(
            found.end_s - found.start_s
        )


def test_the_tempo_is_that_of_the_movement() -> None:
    (found,) = count(course([*STAND, *rep(2.0, 1.5, 1.0), *STAND]))
    # The slow last degrees before a turn count as the bottom: 4 % of the depth.
    assert found.tempo.eccentric_s == pytest.approx(2.0, abs=0.45)
    assert found.tempo.pause_s == pytest.approx(1.5, abs=0.75)
    assert found.tempo.concentric_s == pytest.approx(1.0, abs=0.3)


@pytest.mark.parametrize(
    "moves",
    [
        pytest.param([(0.8, 40.0), (2.0, 40.0), (0.8, 80.0), (1.2, 0.0)], id="on the way down"),
        pytest.param([(1.4, 80.0), (0.8, 40.0), (2.0, 40.0), (0.8, 0.0)], id="on the way up"),
        pytest.param([(1.4, 80.0), (3.0, 78.0), (1.4, 0.0)], id="sinking at the bottom"),
        pytest.param([(1.4, 80.0), (0.3, 74.0), (0.3, 80.0), (1.4, 0.0)], id="a bounce at the bottom"),
    ],
)
def test_a_pause_or_bounce_is_no_second_rep(moves: Moves) -> None:
    found = count(course([*STAND, *moves, *STAND, *moves, *STAND]))
    assert len(found) == 2
    length = sum(seconds for seconds, _ in moves)
    assert found[0].start_s == pytest.approx(1.0, abs=0.15)
    assert found[0].end_s == pytest.approx(1.0 + length, abs=0.15)


def test_touch_and_go_reps_are_told_apart() -> None:
    reps = count(course([*STAND, *rep(0.9, 0.0, 0.9) * 8, *STAND]))
    assert len(reps) == 8
    for i, found in enumerate(reps):
        assert found.start_s == pytest.approx(1.0 + 1.8 * i, abs=0.1)
        assert found.end_s == pytest.approx(2.8 + 1.8 * i, abs=0.1)


def test_reps_without_a_full_lockout_count() -> None:
    moves = [*STAND, *rep(1.2, 0.1, 1.0, 80.0, 20.0), *rep(1.0, 0.1, 1.0, 80.0, 25.0), *rep(1.0, 0.1, 1.2, 80.0, 0.0)]
    reps = count(course([*moves, *STAND]))
    assert len(reps) == 3
    assert reps[0].end_fold_deg == pytest.approx(20.0, abs=2.0)
    assert reps[1].top_fold_deg == pytest.approx(20.0, abs=2.0)


def test_shallow_swaying_is_nothing() -> None:
    rng = np.random.default_rng(2)
    sway = np.convolve(rng.normal(size=6000), np.hanning(150) / 6, "same")
    assert np.ptp(sway) > 5.0
    assert count(sway) == []
    assert count(5.0 * rng.normal(size=3000)) == []
    assert count(course([(1.0, 15.0), (1.0, 0.0)] * 20)) == []


@pytest.mark.parametrize("stride_hz", [0.7, 0.95, 1.2])
@pytest.mark.parametrize("swing_deg", [20.0, 30.0, 40.0])
def test_walking_is_nothing_when_no_set_is_announced(stride_hz: float, swing_deg: float) -> None:
    time_s = np.arange(0, 30, 0.01)
    thigh = swing_deg / 2 * np.sin(2 * np.pi * stride_hz * time_s) + 0.25 * swing_deg
    assert count(thigh, UNANNOUNCED) == []


def test_an_unknown_exercise_name_is_a_programming_error_and_none_is_careful() -> None:
    assert profile_of(None) is UNANNOUNCED
    assert profile_of("rdl") is RDL
    with pytest.raises(KeyError):
        profile_of("curl")


def test_a_long_gap_drops_its_rep_and_a_short_one_does_not() -> None:
    fold = course([*STAND, *([*rep(), (5.0, 0.0)]) * 3])
    starts = [1.0 + i * 7.9 for i in range(3)]
    in_the_second = round((starts[1] + 1.3) * RATE_HZ)
    for samples, kept in ((40, [0, 1, 2]), (round(1.2 * RepParams().gap_s * RATE_HZ), [0, 2])):
        holed = fold.copy()
        holed[in_the_second : in_the_second + samples] = np.nan
        assert [found.start_s for found in count(holed)] == pytest.approx([starts[i] for i in kept], abs=0.1)


def test_standing_before_a_long_gap_is_forgotten_after_it() -> None:
    stood = course([(3.0, 0.0)])
    fold = np.concatenate([stood, np.full(450, np.nan), course([(0.2, 0.0), (0.3, 6.0), *rep(), *STAND])])
    (found,) = count(fold)
    assert found.start_s == pytest.approx(3.0 + 4.5 + 0.5, abs=0.45)


def test_a_long_wait_leaves_no_wrong_start() -> None:
    rng = np.random.default_rng(3)
    waiting = np.convolve(rng.normal(size=9000), np.hanning(80) / 20, "same")
    fold = np.concatenate([waiting, course([*STAND, *rep(), *STAND], start_deg=float(waiting[-1]))])
    (found,) = count(fold)
    assert found.start_s == pytest.approx(91.0, abs=0.15)


def test_nothing_but_gaps_is_nothing() -> None:
    assert count(np.full(500, np.nan)) == []
    assert count(np.empty(0)) == []


def test_a_fold_that_never_returns_is_no_rep() -> None:
    assert count(course([*STAND, (1.5, 80.0), (5.0, 80.0)])) == []
    assert count(course([*STAND, (1.5, 80.0), (70.0, 80.0), (1.5, 0.0), *STAND])) == []


def test_a_rep_cut_off_after_its_return_counts_at_the_end() -> None:
    fold = course([*STAND, (1.5, 80.0), (1.2, 0.0)])
    (found,) = count(fold[:-15])
    assert found.end_s == pytest.approx(3.7, abs=0.2)


def test_a_counter_knows_whether_a_rep_is_under_way() -> None:
    counter = RepCounter(RDL, RATE_HZ)
    fold = course([*STAND, *rep(1.5, 0.0, 1.5), *STAND, *STAND])
    time_s = np.arange(len(fold)) / RATE_HZ
    counter.update(time_s[:80], fold[:80])
    assert not counter.folding
    counter.update(time_s[80:250], fold[80:250])
    assert counter.folding
    counter.update(time_s[250:], fold[250:])
    assert not counter.folding


def test_two_counters_share_nothing() -> None:
    fold = course([*STAND, *rep(), *STAND])
    time_s = np.arange(len(fold)) / RATE_HZ
    first, second = RepCounter(RDL, RATE_HZ), RepCounter(RDL, RATE_HZ)
    first.update(time_s[:200], fold[:200])
    assert second.update(time_s, fold) == count(fold)


def test_a_bridge_is_counted_upside_down() -> None:
    moves = [(1.0, 50.0), *[(1.2, 5.0), (0.8, 5.0), (1.2, 50.0), (0.6, 50.0)] * 5]
    reps = count(course(moves, start_deg=50.0), PROFILES["bridge"])
    assert len(reps) == 5
    assert reps[0].top_fold_deg == pytest.approx(50.0, abs=1.0)
    assert reps[0].bottom_fold_deg == pytest.approx(5.0, abs=1.0)


def test_lying_down_first_hides_no_bridge() -> None:
    lie_down = [(1.0, 0.0), (1.5, 90.0), (1.5, 52.0), (1.0, 52.0)]
    fold = course([*lie_down, *[(1.2, 10.0), (0.4, 10.0), (1.2, 52.0), (0.8, 52.0)] * 5])
    trunk = course([(1.0, 0.0), (1.5, 20.0), (1.5, -88.0), (19.0, -88.0)])
    counter = RepCounter(PROFILES["bridge"], RATE_HZ)
    reps = [*counter.update(np.arange(len(fold)) / RATE_HZ, fold, None, trunk), *counter.finish()]
    assert len(reps) == 5
    for i, found in enumerate(reps):
        assert found.start_s == pytest.approx(5.0 + 3.6 * i, abs=0.15)
        assert found.end_s == pytest.approx(7.8 + 3.6 * i, abs=0.15)


def test_a_jump_is_one_rep_from_dip_to_landing() -> None:
    jump = [(0.45, 75.0), (0.3, 0.0), (0.45, 0.0), (0.15, 35.0), (0.5, 0.0), (1.2, 0.0)]
    fold = course([*STAND, *jump * 4])
    flight = np.zeros(len(fold), bool)
    for i in range(4):
        takeoff = round((1.0 + 3.05 * i + 0.75) * RATE_HZ)
        flight[takeoff : takeoff + 45] = True
    reps = count(fold, PROFILES["jump"], flight)
    assert len(reps) == 4
    for i, found in enumerate(reps):
        start = 1.0 + 3.05 * i
        assert found.flight
        assert found.start_s == pytest.approx(start, abs=0.1)
        assert found.bottom_s == pytest.approx(start + 0.45, abs=0.1)
        assert found.end_s == pytest.approx(start + 1.85, abs=0.15)


def test_a_jump_without_flight_is_a_dip() -> None:
    fold = course([*STAND, *[(0.45, 75.0), (0.3, 0.0), (1.5, 0.0)] * 3])
    reps = count(fold, PROFILES["jump"])
    assert len(reps) == 3
    assert not any(found.flight for found in reps)


@settings(max_examples=40)
@given(
    deep=st.lists(st.floats(5.0, 120.0), min_size=1, max_size=5),
    seconds=st.floats(0.3, 2.5),
    rest=st.sampled_from([0.0, 0.05, 0.3, 1.0]),
    holes=st.lists(st.tuples(st.integers(0, 1500), st.sampled_from([3, 40, 150, 400])), max_size=2),
    cuts=st.lists(st.integers(0, 2500), max_size=15),
    name=st.sampled_from(["rdl", "jump", "sit_to_stand", "bridge", None]),
)
def test_reps_do_not_depend_on_how_the_fold_was_cut(
    deep: list[float],
    seconds: float,
    rest: float,
    holes: list[tuple[int, int]],
    cuts: list[int],
    name: str | None,
) -> None:
    moves = [*STAND]
    for depth in deep:
        moves += [(seconds, depth), (seconds, 0.0), *([(rest, 0.0)] if rest else [])]
    fold = course([*moves, *STAND], noise_deg=0.3)
    for start, length in holes:
        fold[start : start + length] = np.nan
    flight = np.sin(np.arange(len(fold)) / 40.0) > 0.6
    time_s = np.arange(len(fold)) / RATE_HZ
    counter = RepCounter(profile_of(name), RATE_HZ)
    reps: list[Rep] = []
    for a, b in pairwise(sorted({0, len(fold), *(c for c in cuts if c < len(fold))})):
        reps += counter.update(time_s[a:b], fold[a:b], flight[a:b])
    assert [*reps, *counter.finish()] == count(fold, profile_of(name), flight)


@settings(max_examples=60)
@given(
    deep=st.lists(st.floats(45.0, 120.0), min_size=1, max_size=6),
    down_s=st.floats(0.5, 3.0),
    up_s=st.floats(0.5, 3.0),
    rest_s=st.floats(0.0, 3.0),
    tilt_deg=st.floats(-5.0, 5.0),
)
def test_as_many_reps_as_were_made(
    deep: list[float], down_s: float, up_s: float, rest_s: float, tilt_deg: float
) -> None:
    moves = [*STAND]
    for depth in deep:
        moves += [(down_s, depth), (up_s, 0.0), *([(rest_s, 0.0)] if rest_s > 0.02 else [])]
    fold = course([*moves, *STAND], noise_deg=0.2)
    fold += tilt_deg * np.linspace(0, 1, len(fold))
    assert len(count(fold)) == len(deep)
