"""Sound, speech and page of a live session: what was asked for, and what this computer can do of it."""

from __future__ import annotations

from dataclasses import dataclass

from imu_hinge.live.cue_sink import CueSink, Silent
from imu_hinge.live.sound import SoundPlayer
from imu_hinge.live.speech import Speaker, speech_available

__all__ = ["Media", "MediaWishes"]


@dataclass(frozen=True)
class MediaWishes:
    """What the command line says of sound."""

    sound: bool = True
    volume_db: float = 0.0
    speak: bool = False


class Media:
    """Started once, closed once; nothing it lacks ends a session."""

    def __init__(self, wishes: MediaWishes) -> None:
        self._player = SoundPlayer(wishes.volume_db) if wishes.sound else None
        self._speaker = Speaker(speech_available()) if wishes.speak else None

    @property
    def sink(self) -> CueSink:
        """Where cues go."""
        return Silent() if self._player is None else self._player

    def start(self) -> None:
        """Have the sound process ready before the first cue."""
        if self._player is not None:
            self._player.start(0.0)

    def say(self, text: str) -> None:
        """Speak, where that was wished for and is possible."""
        if self._speaker is not None:
            self._speaker.speak(text)

    def words(self) -> str:
        """How cues sound now, and why they do not."""
        sound = "off" if self._player is None else self._player.state
        if self._speaker is not None and self._speaker.state != "on":
            sound = f"{sound}; no spoken words: {self._speaker.state}"
        return sound

    def close(self) -> None:
        """Let what sounds end."""
        if self._player is not None:
            self._player.close()
        if self._speaker is not None:
            self._speaker.close(10.0)
