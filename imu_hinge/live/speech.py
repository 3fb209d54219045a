"""Speaks a sentence with what the system has: say, spd-say, espeak-ng, espeak, or Windows' own voice."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["Speaker", "Speech", "speech_available"]

_MOST_CHARACTERS: Final = 500
"""Longer texts are cut: they fit into a pipe at once, and nobody listens longer between sets."""

# The text comes by standard input, never as a part of the script.
_WINDOWS: Final = (
    "[Console]::InputEncoding = [Text.Encoding]::UTF8; Add-Type -AssemblyName System.Speech; "
    "(New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak([Console]::In.ReadToEnd())"
)
_LINUX: Final = {
    "spd-say": ("--wait", "--"),
    "espeak-ng": ("--",),
    "espeak": ("--",),
}


@dataclass(frozen=True)
class Speech:
    """How this computer speaks, or why it cannot."""

    command: tuple[str, ...] = ()
    """Program and arguments, empty where it cannot."""
    by_input: bool = False
    """Whether the text goes to its standard input rather than behind its arguments."""
    words: str = ""
    """What speaks, or why nothing does, for people."""

    def __bool__(self) -> bool:
        return bool(self.command)


def speech_available(platform: str = sys.platform, which: Callable[[str], str | None] = shutil.which) -> Speech:
    """How a computer of this ``sys.platform`` speaks, where ``which`` finds programs; false, with the reason, where it
    cannot."""
    if platform == "win32":
        found = which("powershell") or which("pwsh")
        if found is None:
            return Speech(words="PowerShell was not found")
        return Speech((found, "-NoProfile", "-NonInteractive", "-Command", _WINDOWS), True, "Windows' own voice")
    if platform == "darwin":
        found = which("say")
        return Speech(words="say was not found") if found is None else Speech((found, "--"), words="say")
    for name, arguments in _LINUX.items():
        found = which(name)
        if found is not None:
            return Speech((found, *arguments), words=name)
    return Speech(words=f"none of {', '.join(_LINUX)} is installed")


class Speaker:
    """Speaks one text at a time and waits for none; for one thread. Never raises for want of a voice."""

    def __init__(self, speech: Speech | None = None) -> None:
        """``speech`` is how to speak; None: what this computer has."""
        self._speech = speech_available() if speech is None else speech
        self._state = "on" if self._speech else self._speech.words
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def state(self) -> str:
        """``on``, or why nothing is spoken."""
        return self._state

    def speak(self, text: str) -> bool:
        """Begin to speak, and stop what is still being said; whether that could be. The text is data, whatever it
        contains."""
        self.stop()
        plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_MOST_CHARACTERS]
        if not self._speech or not plain:
            return False
        command = self._speech.command if self._speech.by_input else (*self._speech.command, plain)
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if self._speech.by_input else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                start_new_session=sys.platform != "win32",
            )
            self._process = process
            if process.stdin is not None:
                process.stdin.write(plain.encode("utf-8"))
                process.stdin.close()
        except OSError as error:
            self._state = f"{self._speech.words} cannot be used ({error.strerror})"
            return False
        return True

    def stop(self) -> None:
        """Say no more."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        process.wait()

    def close(self, wait_s: float = 0.0) -> None:
        """Let what is being said end, at most for ``wait_s``, then say no more."""
        if self._process is not None:
            try:
                self._process.wait(wait_s)
            except subprocess.TimeoutExpired:
                self.stop()
