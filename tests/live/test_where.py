"""Which clip is worn where: tapping tells, blinking helps, and nobody can agree to a guess that cannot be seen."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import pytest
from training import order

from imu_hinge.errors import LinkError
from imu_hinge.live.where import WhereQuestion
from imu_hinge.sensors.source import NOTHING, SampleBlock

PAIR = ("thigh", "back")
THREE = ("thigh", "pelvis", "back")
AGREE = "space: the blinking one is it"


@dataclass
class Lamps:
    """Clips with lamps that answer when they are told to, and a clock."""

    now_s: float = 100.0
    asked: list[tuple[float, str, Future[int]]] = field(default_factory=list)

    def clock(self) -> float:
        return self.now_s

    def blink(self, clip: str, seconds: int) -> Future[int]:
        answer: Future[int] = Future()
        self.asked.append((self.now_s, clip, answer))
        return answer

    @property
    def clips(self) -> list[str]:
        return [clip for _, clip, _ in self.asked]

    def answer(self, seconds: int | None) -> None:
        """The last one asked blinks so long; None: it does not."""
        *_, answer = self.asked[-1]
        if seconds is None:
            answer.set_exception(LinkError("it has nothing to blink with"))
        else:
            answer.set_result(seconds)


def question(clips: tuple[str, ...] = PAIR, *, guessed: tuple[str, ...] = ()) -> tuple[WhereQuestion, Lamps]:
    lamps = Lamps()
    return WhereQuestion(clips, guessed, lamps.blink, lamps.clock), lamps


def text(asked: WhereQuestion) -> str:
    prompt = asked.prompt()
    assert prompt is not None
    return prompt.text


def keys(asked: WhereQuestion) -> tuple[str, ...]:
    prompt = asked.prompt()
    assert prompt is not None
    return prompt.keys


def taps(clips: tuple[str, ...], tapped: str, at_s: float = 1.0) -> SampleBlock:
    """Clips at rest, one of them knocked twice."""
    time_s = np.repeat(at_s + np.arange(0.0, 1.5, 0.01), len(clips))
    index = np.tile(np.arange(len(clips), dtype=np.int8), len(time_s) // len(clips))
    acc = np.tile([0.0, 0.0, 9.81], (len(time_s), 1))
    for knock_s in (at_s + 0.3, at_s + 0.7):
        rows = np.flatnonzero(index == clips.index(tapped))
        acc[rows[np.searchsorted(time_s[rows], knock_s)], 1] += 30.0
    return SampleBlock(index, time_s, acc, np.zeros((len(time_s), 3)))


def test_the_clip_that_is_asked_about_blinks_and_the_athlete_is_told_so() -> None:
    asked, lamps = question()
    assert asked.prompt() is None  # for a moment, so that the question does not change under the eye
    lamps.answer(4)
    assert "blinks now" in text(asked)
    assert lamps.clips == ["thigh"]


def test_it_goes_on_blinking_as_long_as_it_is_asked_about() -> None:
    asked, lamps = question()
    asked.prompt()
    lamps.answer(4)
    for _ in range(200):
        lamps.now_s += 0.1
        assert "blinks now" in text(asked)
        if not lamps.asked[-1][2].done():
            lamps.answer(4)
    assert set(lamps.clips) == {"thigh"}
    assert 5 <= len(lamps.asked) <= 9


def test_a_lamp_that_is_out_is_not_said_to_blink() -> None:
    asked, lamps = question()
    asked.prompt()
    lamps.answer(4)
    assert "blinks now" in text(asked)
    lamps.now_s += 4.1  # and the next request is not answered
    assert "blinks" not in text(asked)


@pytest.mark.parametrize("seconds", [None, 0])
def test_a_clip_that_cannot_blink_is_asked_about_all_the_same(seconds: int | None) -> None:
    asked, lamps = question()
    asked.prompt()
    lamps.answer(seconds)
    assert "blinks" not in text(asked)
    asked.take(taps(PAIR, "back"))
    assert asked.settled
    assert asked.names == ("back", "thigh")


def test_a_clip_that_could_not_blink_is_tried_again_after_a_while_only() -> None:
    asked, lamps = question()
    asked.prompt()
    lamps.answer(None)
    for _ in range(40):
        lamps.now_s += 0.1
        asked.prompt()
    assert len(lamps.asked) == 1
    lamps.now_s += 2.0
    asked.prompt()
    lamps.answer(4)
    assert "blinks now" in text(asked)


def test_an_answer_that_never_comes_does_not_keep_the_question_waiting() -> None:
    asked, lamps = question()
    assert asked.prompt() is None
    lamps.now_s += 1.6
    assert "blinks" not in text(asked)
    assert len(lamps.asked) == 1


def test_a_source_without_lamps_is_asked_about_at_once() -> None:
    asked = WhereQuestion(PAIR)
    assert "twice" in text(asked)
    assert "blinks" not in text(asked)


def test_the_next_clip_is_only_said_to_blink_when_the_one_before_stopped() -> None:
    asked, lamps = question(THREE)
    asked.prompt()
    lamps.answer(10)  # some sensors choose for how long
    asked.prompt()
    asked.take(taps(THREE, "thigh"))
    assert asked.prompt() is None
    lamps.answer(4)
    assert lamps.clips == ["thigh", "pelvis"]
    assert "blinks" not in text(asked)
    for _ in range(101):
        lamps.now_s += 0.1
        asked.prompt()
        if not lamps.asked[-1][2].done():
            lamps.answer(4)
    assert "blinks now" in text(asked)


def test_the_clip_taken_for_the_one_asked_about_blinks_whatever_it_was_called_before() -> None:
    asked, lamps = question(THREE)
    asked.prompt()
    asked.take(taps(THREE, "pelvis"))  # it is the thigh's, so the other one is taken for the pelvis's
    lamps.answer(None)
    lamps.now_s += 9.0
    asked.prompt()
    assert lamps.clips[-1] == "thigh"
    assert asked.names == ("pelvis", "thigh", "back")


def test_clips_with_a_place_can_be_agreed_to_at_once() -> None:
    asked = WhereQuestion(THREE)
    asked.obey(order("set"))
    assert not asked.settled  # nothing was asked yet
    assert "space: they are right" in keys(asked)
    for other in ("skip", "exchange", "calibrate", "mark"):
        asked.obey(order(other))
    assert not asked.settled
    asked.obey(order("set"))
    assert asked.settled
    assert asked.names == THREE


def test_a_guess_is_agreed_to_only_by_who_sees_it_blink_and_one_clip_at_a_time() -> None:
    asked, lamps = question(THREE, guessed=("thigh", "pelvis", "back"))
    asked.prompt()
    lamps.answer(None)
    assert keys(asked) == ("q: stop",)
    asked.obey(order("set"))
    lamps.now_s += 6.0
    asked.prompt()
    lamps.answer(4)
    assert "may be it" in text(asked)
    assert AGREE in keys(asked)
    asked.obey(order("set"))
    asked.obey(order("set"))  # pressed twice: the next clip was not asked about yet
    assert not asked.settled
    prompt = asked.prompt()
    assert prompt is None
    asked.take(taps(THREE, "back"))
    assert asked.settled
    assert asked.names == ("thigh", "back", "pelvis")


def test_one_clip_needs_no_question_and_silence_answers_none() -> None:
    assert WhereQuestion(("thigh",), ("thigh",)).settled
    asked = WhereQuestion(PAIR)
    asked.prompt()
    asked.take(NOTHING)
    assert not asked.settled
