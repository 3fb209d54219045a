"""Every fault has a short cue, advice and what was seen, in words about technique."""

from __future__ import annotations

import re

import pytest

from imu_hinge.conventions import EXERCISES, FAULTS
from imu_hinge.hinge.coaching import ACHIEVED, COACHING, FOR_EXERCISE, UNSEEN, coaching_of, seen_words
from imu_hinge.hinge.profiles import PROFILES

CLAIMS = re.compile(
    r"\b(safe|unsafe|injur\w*|danger\w*|pain\w*|protect\w*|prevent\w*|harm\w*|healthy)\b", re.IGNORECASE
)


def test_every_fault_of_the_contract_has_words() -> None:
    assert set(COACHING) == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_words_are_short_plain_and_claim_nothing(name: str) -> None:
    words = COACHING[name]
    assert 1 <= len(words.cue.split()) <= 4
    assert words.advice.endswith(".")
    assert words.advice[0].isupper()
    assert "_" not in words.name + words.cue + words.advice + words.seen
    assert "{value}" in words.seen
    assert not CLAIMS.search(" ".join((words.name, words.cue, words.advice, words.seen)))


def test_cues_differ_from_each_other() -> None:
    every = [*COACHING.values(), *ACHIEVED.values()]
    assert len({words.cue for words in every}) == len(every)


def test_what_was_achieved_has_words_but_is_no_fault() -> None:
    assert not set(ACHIEVED) & set(FAULTS)
    assert coaching_of("target_depth", "squat").cue == "deep enough"
    assert seen_words("target_depth", "71°") == "target depth reached at 71°"
    assert not any(CLAIMS.search(words.cue + words.seen) for words in ACHIEVED.values())


def test_what_was_seen_has_its_number_where_there_is_one() -> None:
    assert seen_words("rounded_back", "31°") == "rounded back up to 31°"
    assert seen_words("rounded_back", "") == "rounded back"
    assert seen_words("of_the_future", "3") == "of the future 3"
    assert coaching_of("of_the_future").cue == "of the future"


def test_an_exercise_has_its_own_advice_where_that_of_a_hinge_would_not_fit() -> None:
    assert "hips further back" in coaching_of("rounded_back", "rdl").advice
    assert "hips further back" not in coaching_of("rounded_back", "squat").advice
    assert "stand" not in coaching_of("incomplete_lockout", "bridge").advice
    for (exercise, fault), advice in FOR_EXERCISE.items():
        assert fault in PROFILES[exercise].faults
        assert advice.endswith(".")
        assert not CLAIMS.search(advice)


def test_what_cannot_be_seen_is_only_said() -> None:
    assert set(UNSEEN) == set(EXERCISES)
    assert not any(CLAIMS.search(point) for points in UNSEEN.values() for point in points)
