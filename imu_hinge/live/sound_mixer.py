"""Mixes earcons that were asked for into blocks of samples; runs in the sound process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.live.earcons import gain_of

__all__ = ["Command", "Mixer"]

FloatArray = NDArray[np.float64]
SampleArray = NDArray[np.float32]


@dataclass(frozen=True)
class Command:
    """An earcon that was asked for: its key, at what volume (dB; 0 is full), and a number by which the asker knows it
    again."""

    key: str
    volume_db: float
    token: int

    @property
    def figure(self) -> str:
        """What it tells, however urgently: ``rounding`` of ``rounding-red``."""
        return self.key.partition("-")[0]


@dataclass
class _Playing:
    figure: str
    sound: FloatArray
    done: int = 0
    ending: bool = False


class Mixer:
    """Plays sounds into blocks. One thread may ask while another mixes: a deque is all they share."""

    def __init__(self, sounds: Mapping[str, FloatArray], begun: Callable[[Command], None]) -> None:
        """``sounds`` by key, (N,) each within plus or minus 1. ``begun`` is told when the first sample of a sound is in
        the block being mixed."""
        self._sounds = dict(sounds)
        self._begun = begun
        self._asked: deque[Command] = deque(maxlen=64)
        self._playing: list[_Playing] = []

    @property
    def silent(self) -> bool:
        """Whether nothing sounds or is about to."""
        return not self._asked and not self._playing

    def ask(self, command: Command) -> bool:
        """Play a sound from the next block on; False where there is no such sound."""
        if command.key not in self._sounds:
            return False
        self._asked.append(command)
        return True

    def mix(self, frames: int) -> SampleArray:
        """The next block (frames,), within plus or minus 1."""
        while self._asked:
            self._begin(self._asked.popleft())
        block = np.zeros(frames)
        for one in self._playing:
            part = one.sound[one.done : one.done + frames]
            block[: len(part)] += part * np.linspace(1.0, 0.0, frames)[: len(part)] if one.ending else part
            one.done += frames
        self._playing = [one for one in self._playing if one.done < len(one.sound) and not one.ending]
        return np.clip(block, -1.0, 1.0).astype(np.float32)

    def _begin(self, command: Command) -> None:
        self._begun(command)
        # Red right after amber would be a muddle: the newer of the same figure takes the place of the older.
        self._playing = [one for one in self._playing if one.figure != command.figure or one.done]
        for one in self._playing:
            one.ending = one.ending or one.figure == command.figure
        self._playing.append(_Playing(command.figure, self._sounds[command.key] * gain_of(command.volume_db)))
