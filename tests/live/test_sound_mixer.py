"""The mixer, to the sample: sounds begin with the next block, add up, and never exceed full scale."""

from __future__ import annotations

import numpy as np
import pytest

from imu_hinge.live.sound_mixer import Command, Mixer
from imu_hinge.live.sound_process import obey

STEPS = np.arange(1, 8) / 20.0
SOUNDS = {
    "steps": STEPS,
    "loud": np.full(4, 0.9),
    "long": np.full(1000, 0.1),
    "tone-amber": np.full(1000, 0.1),
    "tone-red": np.full(1000, 0.5),
}


def mixer() -> tuple[Mixer, list[int]]:
    began: list[int] = []
    return Mixer(SOUNDS, lambda command: began.append(command.token)), began


def play(key: str, token: int = 0, volume_db: float = 0.0) -> Command:
    return Command(key, volume_db, token)


@pytest.mark.parametrize("frames", [1, 3, 7, 64])
def test_a_sound_is_whole_whatever_the_blocks(frames: int) -> None:
    mix, began = mixer()
    mix.ask(play("steps", 1))
    heard = np.concatenate([mix.mix(frames) for _ in range(10)])
    assert heard[:7] == pytest.approx(STEPS)
    assert not heard[7:].any()
    assert began == [1]
    assert mix.silent


def test_a_sound_begins_with_the_first_sample_of_the_next_block() -> None:
    mix, began = mixer()
    assert not mix.mix(4).any()
    mix.ask(play("loud", 5))
    assert began == []
    assert not mix.silent
    assert mix.mix(4) == pytest.approx(np.full(4, 0.9))
    assert began == [5]


def test_two_at_once_are_both_heard_within_full_scale() -> None:
    mix, _ = mixer()
    mix.ask(play("steps"))
    mix.ask(play("loud"))
    heard = mix.mix(8)
    assert heard[0] == pytest.approx(0.95)
    assert heard.max() == 1.0
    assert heard[4:7] == pytest.approx(STEPS[4:])


def test_red_takes_the_place_of_the_amber_that_sounds_without_a_click() -> None:
    mix, began = mixer()
    mix.ask(play("tone-amber", 1))
    mix.mix(100)
    mix.ask(play("tone-red", 2))
    changing, after = mix.mix(100), mix.mix(100)
    assert changing[0] == pytest.approx(0.1 + 0.5)
    assert np.abs(np.diff(changing)).max() < 0.002
    assert after == pytest.approx(np.full(100, 0.5))
    assert began == [1, 2]


def test_of_amber_and_red_at_the_same_instant_red_is_heard() -> None:
    mix, began = mixer()
    mix.ask(play("tone-amber", 1))
    mix.ask(play("tone-red", 2))
    assert mix.mix(10) == pytest.approx(np.full(10, 0.5))
    assert began == [1, 2]


def test_each_sound_has_its_volume() -> None:
    mix, _ = mixer()
    mix.ask(play("long", volume_db=-20.0))
    assert mix.mix(10) == pytest.approx(np.full(10, 0.01))


def test_lines_are_obeyed_and_nonsense_is_passed_over() -> None:
    mix, began = mixer()
    refused: list[int] = []
    nonsense = ("play steps", "play steps -6.00 x", "play steps loud 9", "play steps nan 9", "", "hello")
    for line in ("play steps -6.00 7", "play no_such 0.00 8", *nonsense):
        assert obey(f"{line}\n", mix, refused.append)
    assert mix.mix(100)[6] == pytest.approx(STEPS[6] * 10 ** (-6 / 20))
    assert began == [7]
    assert refused == [8]
    assert not obey("quit\n", mix, refused.append)
