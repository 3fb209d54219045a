"""The sound process: keeps an output stream open, takes commands from standard input and mixes earcons into it.

It is a process of its own so that neither a screen nor a page nor the mathematics can hold up a sound: its interpreter
lock is its own. It imports numpy and, where it is to be heard, miniaudio, and nothing else that takes time.

Lines in: ``play KEY DB TOKEN``, ``quit`` (when what sounds has ended). The end of the input ends it at once.
Lines out: ``on WHERE`` when sound can come; ``cannot WHY`` before it gives up; ``lost WHY`` when sound came and comes
no more; ``begun TOKEN NS`` when the first sample of an earcon is mixed, at so many ns of ``time.perf_counter_ns``,
which all processes of a machine share; ``refused TOKEN`` for an earcon that it does not know.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import threading
import time
import wave
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from imu_hinge.live.earcons import EARCONS, RATE_HZ, synthesise
from imu_hinge.live.sound_mixer import Command, Mixer, SampleArray

__all__ = ["main", "obey"]

BLOCK_MS: Final = 10
"""One block of the stream, ms; a device keeps two or three."""
_STALLED_S: Final = 2.0
"""A stream that asks for no samples for so long has lost its device, s."""
_LAST_SOUND_S: Final = 1.5
"""How long ``quit`` waits for what sounds, s: longer than any earcon."""
_POLL_S: Final = 0.02
_VOLUME: Final = re.compile(r"-?\d+\.\d+")


class _NoSoundError(Exception):
    """Sound cannot come, and why."""


class Stream(Protocol):
    """Something that asks for blocks in time with the world."""

    def start(self) -> str:
        """Begin to ask; say where the sound goes."""
        ...

    def close(self) -> None:
        """Ask no more."""
        ...


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


class PacedStream:
    """A stream without a device, in time with the clock, into a WAV file where one is named: for tests and
    benchmarks."""

    def __init__(self, mix: Callable[[int], SampleArray], wav: Path | None) -> None:
        self._mix, self._path = mix, wav
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> str:
        """Begin to ask for blocks."""
        self._thread.start()
        return "no device" if self._path is None else str(self._path)

    def close(self) -> None:
        """Ask no more; the file is whole."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        frames = RATE_HZ * BLOCK_MS // 1000
        with _Wav(self._path) as wav:
            due = time.perf_counter()
            while not self._ended.is_set():
                wav.write(self._mix(frames))
                due += BLOCK_MS / 1000.0
                self._ended.wait(max(0.0, due - time.perf_counter()))


class _Wav:
    """A WAV file of 16-bit samples, or nothing."""

    def __init__(self, path: Path | None) -> None:
        self._file = None if path is None else wave.open(str(path), "wb")  # noqa: SIM115
        if self._file is not None:
            self._file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))

    def __enter__(self) -> _Wav:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, block: SampleArray) -> None:
        if self._file is not None:
            self._file.writeframes((block * 32767.0).astype("<i2").tobytes())


class DeviceStream:
    """The computer's own output, or miniaudio's null device where ``null``."""

    def __init__(self, mix: Callable[[int], SampleArray], *, null: bool) -> None:
        """Raises _NoSoundError without the package or without a device."""
        try:
            import miniaudio
        except ImportError as error:
            raise _NoSoundError("the package miniaudio is not installed (pip install 'imu-hinge[live]')") from error
        # Asked for none, miniaudio would play into its null device and call that a success.
        backends = [b for b in miniaudio.Backend if (b is miniaudio.Backend.NULL) == null]
        self._error: type[Exception] = miniaudio.MiniaudioError
        try:
            self._device: Any = miniaudio.PlaybackDevice(
                output_format=miniaudio.SampleFormat.FLOAT32,
                nchannels=1,
                sample_rate=RATE_HZ,
                buffersize_msec=BLOCK_MS,
                backends=backends,
                app_name="imu_hinge",
            )
        except miniaudio.MiniaudioError as error:
            raise _NoSoundError("no sound device was found") from error
        self._mix = mix

    def start(self) -> str:
        """Begin to ask for blocks; raises _NoSoundError where the device refuses."""
        blocks = self._blocks()
        next(blocks)
        try:
            self._device.start(blocks)
        except self._error as error:
            raise _NoSoundError("the sound device does not start") from error
        return str(self._device.backend)

    def close(self) -> None:
        """Ask no more."""
        self._device.close()

    def _blocks(self) -> Generator[bytes, int, None]:
        frames = yield b""
        while True:
            frames = yield self._mix(frames).tobytes()


def obey(line: str, mixer: Mixer, refused: Callable[[int], None]) -> bool:
    """Do what a line asks; False where it asks to end. A line that is none of ours is passed over."""
    words = line.split()
    match words:
        case ["quit"]:
            return False
        case ["play", key, volume, token] if _VOLUME.fullmatch(volume) and token.isdecimal():
            if not mixer.ask(Command(key, float(volume), int(token))):
                refused(int(token))
    return True


class _Watched:
    """The mixer as a stream sees it, which notes when the stream last asked."""

    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self.asked_s = time.monotonic()

    def mix(self, frames: int) -> SampleArray:
        self.asked_s = time.monotonic()
        return self._mixer.mix(frames)


def _end_when_stalled(watched: _Watched) -> None:
    while time.monotonic() - watched.asked_s < _STALLED_S:
        time.sleep(_STALLED_S / 4)
    _say("lost the sound device stopped")
    # The device's own thread may hang: nothing that waits for it may be called.
    os._exit(3)


def main(arguments: list[str] | None = None) -> int:
    """Play until the input ends; 0 also where sound cannot come, which it says."""
    parser = argparse.ArgumentParser(prog="python -m imu_hinge.live.sound_process")
    parser.add_argument("--to", choices=("device", "null", "paced"), default="device")
    parser.add_argument("--wav", type=Path)
    options = parser.parse_args(arguments)
    mixer = Mixer(
        {key: synthesise(earcon) for key, earcon in EARCONS.items()},
        lambda command: _say(f"begun {command.token} {time.perf_counter_ns()}"),
    )
    mixer.mix(np.iinfo(np.int16).max)  # numpy's first calls are slow ones
    watched = _Watched(mixer)
    try:
        stream: Stream = (
            PacedStream(watched.mix, options.wav)
            if options.to == "paced"
            else DeviceStream(watched.mix, null=options.to == "null")
        )
        where = stream.start()
    except _NoSoundError as error:
        _say(f"cannot {error}")
        return 0
    watched.asked_s = time.monotonic()
    threading.Thread(target=_end_when_stalled, args=(watched,), daemon=True).start()
    _say(f"on {where}")
    asked_to_end = False
    for line in sys.stdin:
        if not obey(line, mixer, lambda token: _say(f"refused {token}")):
            asked_to_end = True
            break
    if asked_to_end:
        until_s = time.monotonic() + _LAST_SOUND_S
        while not mixer.silent and time.monotonic() < until_s:
            time.sleep(_POLL_S)
    stream.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
