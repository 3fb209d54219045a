"""The mixer, to the sample: sounds begin with the next block, add up, and never exceed full scale."""

from __future__ import annotations

import numpy as np
import pytest

from imu_hinge.live.sound_mixer import Command, Mixer
from imu_hinge.live.sound_process import obey

STEPS = np.arange(1, 8) / 20.0
SOUNDS = {"steps": STEPS, "loud": np.full(4, 0.9), "long": np.full(1000, 0.1)}


class Began(list[Command]):
    """The commands whose first sample was mixed."""


def mixer(voices: int = 6) -> tuple[Mixer, Began]:
    began = Began()
    return Mixer(SOUNDS, began.append, voices), began


@pytest.mark.parametrize("frames", [1, 3, 7, 64])
def test_a_sound_is_whole_whatever_the_blocks(frames: int) -> None:
    mix, began = mixer()
    mix.ask(Command("steps", 1))
    heard = np.concatenate([mix.mix(frames) for _ in range(10)])
    assert heard[:7] == pytest.approx(STEPS)
    assert not heard[7:].any()
    assert began == [Command("steps", 1)]
    assert mix.silent


def test_a_sound_begins_with_the_first_sample_of_the_next_block() -> None:
    mix, began = mixer()
    assert not mix.mix(4).any()
    mix.ask(Command("loud", 5))
    assert began == []
    assert mix.mix(4) == pytest.approx(np.full(4, 0.9))
    assert [command.token for command in began] == [5]


def test_two_at_once_are_both_heard_within_full_scale() -> None:
    mix, _ = mixer()
    mix.ask(Command("steps", 1))
    mix.ask(Command("loud", 2))
    heard = mix.mix(8)
    assert heard[0] == pytest.approx(0.95)
    assert heard.max() == 1.0
    assert heard[4:7] == pytest.approx(STEPS[4:])


def test_of_too_many_the_oldest_ends() -> None:
    mix, _ = mixer(voices=2)
    for token in range(3):
        mix.ask(Command("long", token))
    assert mix.mix(1) == pytest.approx([0.2])


def test_a_new_volume_comes_gently_within_a_block() -> None:
    mix, _ = mixer()
    mix.ask(Command("long", 1))
    mix.mix(10)
    mix.set_volume(-20.0)
    falling = mix.mix(100)
    assert falling[0] == pytest.approx(0.1)
    assert np.abs(np.diff(falling)).max() < 0.002
    assert mix.mix(10) == pytest.approx(np.full(10, 0.01))


def test_a_volume_set_in_silence_holds_from_the_first_sample() -> None:
    mix, _ = mixer()
    mix.set_volume(-20.0)
    mix.ask(Command("long", 1))
    assert mix.mix(10) == pytest.approx(np.full(10, 0.01))


def test_lines_are_obeyed_and_nonsense_is_passed_over() -> None:
    mix, began = mixer()
    refused: list[int] = []
    for line in (
        "play steps 7\n",
        "play no_such 8\n",
        "play steps\n",
        "play steps x\n",
        "volume loud\n",
        "\n",
        "hello\n",
    ):
        assert obey(line, mix, refused.append)
    mix.mix(100)
    assert began == [Command("steps", 7)]
    assert refused == [8]
    assert obey("volume -6\n", mix, refused.append)
    assert not obey("quit\n", mix, refused.append)
