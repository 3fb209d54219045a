"""The guided calibration: each step looks at what it got, and says why it asks again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imu_hinge.recording import Segment
from imu_hinge.session.guide import Guide, GuideParams, Step
from imu_hinge.session.guide_hinges import HingeParams
from imu_hinge.session.guide_tilts import SwingWatch

FloatArray = NDArray[np.float64]
RATE_HZ = 100.0
TWO = ("thigh", "back")
THREE = ("thigh", "pelvis", "back")
HINGES = GuideParams(steps=(Step.STAND, Step.HINGES))
ALL = GuideParams(steps=tuple(Step))


@dataclass
class Course:
    """How far each clip tips over time, deg, from piece to piece."""

    tips: dict[str, list[float]]

    @classmethod
    def of(cls, clips: tuple[str, ...] = TWO) -> Course:
        return cls({clip: [] for clip in clips})

    @property
    def time_s(self) -> FloatArray:
        return np.arange(len(next(iter(self.tips.values())))) / RATE_HZ

    @property
    def up(self) -> dict[str, FloatArray]:
        """Clips are worn anyhow; they tip about some axis of their own."""
        found = {}
        for number, (clip, tip) in enumerate(self.tips.items()):
            turn = np.linalg.qr(np.random.default_rng(number).normal(size=(3, 3)))[0]
            angle = np.deg2rad(np.array(tip))
            found[clip] = np.stack([np.sin(angle), np.zeros(len(tip)), np.cos(angle)], axis=1) @ turn.T
        return found

    def stand(self, seconds: float) -> Course:
        n = round(seconds * RATE_HZ)
        for tip in self.tips.values():
            tip += [0.3 * float(np.sin(0.02 * i)) for i in range(n)]
        return self

    def gap(self, seconds: float, *clips: str) -> Course:
        """Nothing comes from these clips."""
        n = round(seconds * RATE_HZ)
        for clip, tip in self.tips.items():
            tip += [np.nan if clip in clips else 0.0] * n
        return self

    def hinge(self, trunk_deg: float, thigh_deg: float, seconds: float = 3.0) -> Course:
        n = round(seconds * RATE_HZ)
        shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
        for clip, tip in self.tips.items():
            most = {"thigh": thigh_deg, "back": trunk_deg, "pelvis": 0.8 * trunk_deg}[clip]
            tip += (most * shape).tolist()
        return self.stand(0.7)

    def tilt(self, deg: float, times: int = 3) -> Course:
        n = round(2.0 * RATE_HZ)
        for _ in range(times):
            shape = np.sin(2 * np.pi * np.arange(n) / n)
            for clip, tip in self.tips.items():
                tip += ((deg if clip == "pelvis" else 0.1 * deg) * shape).tolist()
        return self


def guided(
    course: Course, params: GuideParams = HINGES, edges: tuple[int, ...] = (), accept_from: int | None = None
) -> tuple[Guide, list[Segment]]:
    """Feed a course in pieces (by default of 50 ms); a calibration is accepted in the next piece."""
    clips = tuple(course.tips)
    guide = Guide(clips, params)
    time_s, up = course.time_s, course.up
    cuts = sorted({0, len(time_s), *(edges or range(0, len(time_s), 5))})
    told: list[Segment] = []
    for start, stop in pairwise(cuts):
        if guide.state.checking and (accept_from is None or start >= accept_from):
            guide.accept("as it should be")
        told += guide.take(time_s[start:stop], {clip: values[start:stop] for clip, values in up.items()})
    return guide, told


def three_hinges(course: Course) -> Course:
    return course.hinge(70, 25).hinge(72, 26).hinge(69, 24)


@pytest.mark.parametrize("clips", [TWO, THREE])
def test_standing_and_three_hinges_are_what_it_takes(clips: tuple[str, ...]) -> None:
    guide, told = guided(three_hinges(Course.of(clips).stand(3.5)).stand(1.0))
    assert guide.through
    stand, hinges = told
    assert (stand.kind, hinges.kind) == ("stand", "reference_hinge")
    assert stand.start_s == 0.0
    assert stand.end_s == pytest.approx(3.05, abs=0.06)
    assert hinges.start_s == pytest.approx(stand.end_s, abs=0.06)
    assert hinges.end_s == pytest.approx(3.5 + 3 * 3.7 - 0.1, abs=0.4)


def test_the_state_says_how_far_it_is() -> None:
    guide, _ = guided(Course.of().stand(1.5))
    state = guide.state
    assert (state.step, state.number, state.of) == (Step.STAND, 1, 2)
    assert state.progress == pytest.approx(0.5, abs=0.05)
    guide, _ = guided(Course.of().stand(3.5).hinge(70, 25).hinge(70, 25))
    assert (guide.state.step, guide.state.number) == (Step.HINGES, 2)
    assert guide.state.progress == pytest.approx(2 / 3)
    assert guide.state.got == "trunk 70°, thigh 25°"
    assert guide.state.problem == ""


def test_moving_while_standing_asks_again_and_says_which_clip_moved() -> None:
    guide, told = guided(Course.of().stand(2.0).hinge(30, 8, seconds=1.5).stand(1.0))
    assert told == []
    assert guide.state.step is Step.STAND
    assert "clip moved by" in guide.state.problem
    assert "stand still" in guide.state.problem
    guide, told = guided(Course.of().stand(2.0).hinge(30, 8, seconds=1.5).stand(4.0))
    assert [s.kind for s in told] == ["stand"]
    assert told[0].start_s > 3.0  # the stillness before the movement does not count


def test_a_clip_that_falls_silent_while_standing_is_named() -> None:
    guide, told = guided(Course.of().stand(1.5).gap(1.5, "back"))
    assert told == []
    assert guide.state.problem == "nothing comes from the back clip"
    _, told = guided(Course.of().stand(1.5).gap(1.5, "back").stand(4.0))
    assert len(told) == 1


def test_short_gaps_do_not_matter() -> None:
    course = Course.of().stand(1.0).gap(0.1, "thigh").stand(2.5)
    course = course.hinge(70, 25).gap(0.3, "back", "thigh").hinge(70, 25).gap(0.5, "thigh").hinge(70, 25).stand(1.0)
    guide, told = guided(course)
    assert guide.through
    assert len(told) == 2


@pytest.mark.parametrize(
    ("trunk_deg", "thigh_deg", "seconds", "why"),
    [
        (33, 12, 3.0, "only 33° deep"),
        (70, 3, 3.0, "the thigh clip tipped by 3° only"),
        (60, 58, 3.0, "that was a squat"),
        (70, 25, 1.0, "too fast"),
        (20, 70, 3.0, "exchanged"),
    ],
)
def test_a_hinge_that_does_not_count_is_told_why(trunk_deg: float, thigh_deg: float, seconds: float, why: str) -> None:
    course = Course.of().stand(3.5).hinge(trunk_deg, thigh_deg, seconds).stand(1.0)
    guide, told = guided(course)
    assert why in guide.state.problem
    assert guide.state.progress == 0.0
    guide, told = guided(three_hinges(course).stand(1.0))
    assert guide.through  # three good ones afterwards are enough
    assert [s.kind for s in told] == ["stand", "reference_hinge"]


def test_without_a_thigh_clip_nothing_is_asked_of_the_thigh() -> None:
    guide, _ = guided(three_hinges(Course.of(("back",)).stand(3.5)).stand(1.0))
    assert guide.through


def test_hinges_unlike_each_other_are_told_and_one_more_is_asked_for() -> None:
    course = Course.of().stand(3.5).hinge(85, 30).hinge(85, 30).hinge(50, 20)
    guide, _ = guided(course)
    assert "not as deep as the others" in guide.state.problem
    assert guide.state.progress == pytest.approx(2 / 3)
    guide, _ = guided(course.hinge(84, 30).stand(1.0))
    assert guide.through


def test_it_waits_until_the_athlete_stands_again() -> None:
    course = Course.of().stand(3.5).hinge(70, 25).hinge(70, 25).hinge(70, 25)
    for tip in course.tips.values():
        del tip[-60:]
    guide, told = guided(course)
    assert not guide.state.checking
    assert len(told) == 1
    assert guide.state.progress == 1.0


def test_while_the_calibration_is_made_nothing_else_happens_and_it_can_be_refused() -> None:
    guide, told = guided(three_hinges(Course.of().stand(3.5)).stand(5.0), accept_from=10**9)
    assert guide.state.checking
    assert len(told) == 2
    guide.again(Step.HINGES, "the back clip sits oddly")
    assert (guide.state.step, guide.state.problem, guide.state.checking) == (
        Step.HINGES,
        "the back clip sits oddly",
        False,
    )
    with pytest.raises(ValueError, match="no step"):
        guide.again(Step.TOUCH, "")


def test_pelvic_tilts_are_asked_for_where_a_clip_sees_them() -> None:
    assert Guide(TWO).state.of == 2
    assert Guide(THREE).state.of == 3
    course = three_hinges(Course.of(THREE).stand(3.5)).stand(1.0).tilt(6, 4).stand(1.0)
    guide, told = guided(course, GuideParams())
    assert guide.through
    assert [s.kind for s in told] == ["stand", "reference_hinge", "pelvic_tilt"]
    assert told[-1].end_s - told[-1].start_s == pytest.approx(6.0, abs=2.0)


def test_bending_is_no_tilt_and_tilts_are_left_out_when_none_come() -> None:
    calibrated = three_hinges(Course.of(THREE).stand(3.5)).stand(1.0)
    guide, told = guided(calibrated.hinge(60, 20), GuideParams())
    assert guide.state.problem == "only the pelvis moves: stand tall"
    assert len(told) == 2
    guide, told = guided(calibrated.stand(26.0), GuideParams())
    assert guide.through
    assert guide.state.got == "no pelvic tilts were seen: going on without"
    assert len(told) == 2


def test_a_toe_touch_is_told_how_deep_it_was_and_asked_for_again_where_it_is_none() -> None:
    calibrated = three_hinges(Course.of().stand(3.5)).stand(1.0)
    guide, told = guided(calibrated.hinge(55, 10), ALL)
    assert guide.state.problem == "55° only: let go and reach for your toes"
    guide, told = guided(calibrated.hinge(98, 15).stand(1.0), ALL)
    assert guide.through
    assert guide.state.got == "bent down to 98°"
    assert [s.kind for s in told] == ["stand", "reference_hinge", "max_flexion"]
    guide, told = guided(three_hinges(Course.of().stand(3.5)).stand(27.0), ALL)
    assert guide.through
    assert guide.state.got == "no toe touch was seen: going on without"


def test_only_what_can_be_left_out_is_skipped() -> None:
    guide, _ = guided(Course.of().stand(1.0), ALL)
    guide.skip()
    assert guide.state.step is Step.STAND
    guide, _ = guided(three_hinges(Course.of().stand(3.5)).stand(1.0), ALL)
    assert guide.state.step is Step.TOUCH
    guide.skip()
    assert guide.through
    guide.skip()
    assert guide.through


STORY = three_hinges(Course.of(THREE).stand(2.0).hinge(30, 10, 1.5).stand(3.3).hinge(30, 10).gap(0.3, "back"))
STORY = STORY.stand(1.0).tilt(5, 4).hinge(95, 15).stand(1.0)
ACCEPTED = len(STORY.time_s) - round(RATE_HZ * (8.0 + 3.7 + 1.0))
WHOLE = guided(STORY, ALL, (ACCEPTED,), ACCEPTED)


@settings(max_examples=15)
@given(st.lists(st.integers(1, len(STORY.time_s) - 1), max_size=40))
def test_any_chunking_gives_the_same_segments(edges: list[int]) -> None:
    guide, told = guided(STORY, ALL, (*edges, ACCEPTED), ACCEPTED)
    assert told == WHOLE[1]
    assert [s.kind for s in told] == ["stand", "reference_hinge", "pelvic_tilt", "max_flexion"]
    assert guide.state == WHOLE[0].state


def test_swings_are_counted_along_the_way_of_the_first_one() -> None:
    watch = SwingWatch(0.03)
    angle = np.deg2rad(6.0) * np.sin(2 * np.pi * np.arange(600) / 200)
    watch.take(np.stack([0.6 * angle, np.zeros(600), 0.8 * angle], axis=1))
    assert watch.count == 7  # six ways there and back, and the first one
    watch = SwingWatch(0.03)
    watch.take(np.full((100, 3), np.nan))
    watch.take(np.random.default_rng(1).normal(0.0, 0.004, (300, 3)))
    assert watch.count == 0


@settings(max_examples=10)
@given(st.floats(45.0, 100.0), st.floats(0.1, 0.8), st.floats(2.6, 5.0))
def test_hinges_of_any_depth_and_tempo_that_people_do_count(trunk: float, share: float, seconds: float) -> None:
    course = Course.of().stand(3.2)
    for _ in range(3):
        course = course.hinge(trunk, max(6.0, share * trunk), seconds)
    params = GuideParams(steps=(Step.STAND, Step.HINGES), hinges=HingeParams())
    assert guided(course.stand(1.0), params, tuple(range(0, len(course.time_s), 37)))[0].state.problem == ""


# simulated athletes


UpOf = Callable[..., tuple[FloatArray, Mapping[str, FloatArray]]]


@pytest.fixture(scope="module")
def streamed_guide(session_of: Callable[..., object]) -> Callable[..., tuple[Guide, list[Segment]]]:
    """streamed_guide(scenario, seed, clips): a guide led by a simulated athlete's stream."""
    from dataclasses import replace

    from imu_hinge.sensors.replay import ReplaySource
    from imu_hinge.session.replay import replay
    from imu_hinge.simulation import find_scenario, simulate_session, with_clips

    def run(name: str, seed: int, clips: tuple[str, ...] = TWO, until_s: float = 36.0) -> tuple[Guide, list[Segment]]:
        arrivals = simulate_session(with_clips(find_scenario(name), clips), seed).arrivals
        keep = arrivals.time_s < until_s
        bare = tuple(n for n in arrivals.notes if n.row == 0 and not n.key.startswith("segment."))
        arrivals = replace(
            arrivals,
            clip_index=arrivals.clip_index[keep],
            time_s=arrivals.time_s[keep],
            acc_m_s2=arrivals.acc_m_s2[keep],
            gyr_rad_s=arrivals.gyr_rad_s[keep],
            notes=bare,
        )
        pipeline, _ = replay(arrivals)
        guide, told = Guide(clips, GuideParams()), list[Segment]()
        for delivery in ReplaySource(arrivals, 0.25).deliveries():
            for block in pipeline.update(delivery.block) if len(delivery.block) else ():
                if guide.state.checking:
                    guide.accept("")
                told += guide.take(block.time_s, block.up)
        return guide, told

    return run


@pytest.mark.parametrize(
    ("name", "seed", "clips"),
    [
        ("rdl_good", 0, TWO),
        pytest.param("uncalibrated", 1, TWO, marks=pytest.mark.slow),
        pytest.param("rdl_good", 3, THREE, marks=pytest.mark.slow),
        *(pytest.param("rdl_good", seed, TWO, marks=pytest.mark.slow) for seed in range(4, 10)),
        *(pytest.param("uncalibrated", seed, THREE, marks=pytest.mark.slow) for seed in range(3)),
        *(pytest.param("stuck", seed, TWO, marks=pytest.mark.slow) for seed in range(2)),
        *(pytest.param("squat_butt_wink", seed, TWO, marks=pytest.mark.slow) for seed in range(2)),
    ],
)
def test_a_simulated_athlete_is_led_through(
    name: str, seed: int, clips: tuple[str, ...], streamed_guide: Callable[..., tuple[Guide, list[Segment]]]
) -> None:
    guide, told = streamed_guide(name, seed, clips)
    assert [s.kind for s in told][:2] == ["stand", "reference_hinge"]
    assert guide.through or guide.state.step is Step.TILTS
    assert told[0].end_s <= told[1].start_s + 0.06
    assert told[1].end_s - told[1].start_s > 6.0


def test_exchanged_clips_of_a_simulated_athlete_are_told(
    streamed_guide: Callable[..., tuple[Guide, list[Segment]]],
) -> None:
    guide, told = streamed_guide("swapped", 0, until_s=14.0)
    assert [s.kind for s in told] == ["stand"]
    assert "exchanged" in guide.state.problem


def test_a_clip_that_never_said_anything_is_named_while_one_stands() -> None:
    course = Course.of().gap(2.0, "back")
    assert guided(course)[0].state.problem == "nothing comes from the back clip"
    course = Course.of().gap(2.0, "back").stand(0.1)
    assert guided(course)[0].state.problem == ""


def test_standing_begins_with_the_first_sample_after_a_gap() -> None:
    course = Course.of().stand(1.0).gap(0.32, "thigh", "back").stand(3.1).hinge(70, 25)
    guide, told = guided(course)
    assert told[0].start_s == pytest.approx(1.32, abs=0.02)
    assert guide.state.step is Step.HINGES
