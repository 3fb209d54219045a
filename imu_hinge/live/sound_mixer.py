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
    """An earcon that was asked for: its key, and a number by which the asker knows it again."""

    key: str
    token: int


class Mixer:
    """Plays sounds into blocks. One thread may ask while another mixes: a deque is all they share."""

    def __init__(self, sounds: Mapping[str, FloatArray], begun: Callable[[Command], None], voices: int = 6) -> None:
        """``sounds`` by key, (N,) each within plus or minus 1. ``begun`` is told when the first sample of a sound
        is in the block being mixed; of more than ``voices`` at once the oldest ends."""
        self._sounds = dict(sounds)
        self._begun = begun
        self._asked: deque[Command] = deque(maxlen=64)
        self._playing: deque[tuple[FloatArray, int]] = deque(maxlen=voices)
        self._gain = self._wanted = 1.0

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

    def set_volume(self, volume_db: float) -> None:
        """Play at this volume from the next block on, dB; 0 is full."""
        self._wanted = gain_of(volume_db)

    def mix(self, frames: int) -> SampleArray:
        """The next block (frames,), within plus or minus 1."""
        if not self._playing:
            self._gain = self._wanted
        while self._asked:
            command = self._asked.popleft()
            self._begun(command)
            self._playing.append((self._sounds[command.key], 0))
        block = np.zeros(frames)
        if self._playing:
            for _ in range(len(self._playing)):
                sound, done = self._playing.popleft()
                part = sound[done : done + frames]
                block[: len(part)] += part
                if done + frames < len(sound):
                    self._playing.append((sound, done + frames))
            # A volume that jumped within a block would click.
            block *= np.linspace(self._gain, self._wanted, frames)
            np.clip(block, -1.0, 1.0, out=block)
        self._gain = self._wanted
        return block.astype(np.float32)
