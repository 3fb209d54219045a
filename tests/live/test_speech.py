"""Words after a set are spoken by what the system has, or it is said why not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from imu_hinge.live.speech import Speaker, Speech, speech_available


def having(*names: str) -> Callable[[str], str | None]:
    return lambda name: f"/bin/{name}" if name in names else None


@pytest.mark.parametrize(
    ("platform", "there", "program"),
    [
        ("linux", ("spd-say", "espeak-ng"), "/bin/spd-say"),
        ("linux", ("espeak-ng", "espeak"), "/bin/espeak-ng"),
        ("linux", ("espeak",), "/bin/espeak"),
        ("darwin", ("say", "espeak"), "/bin/say"),
        ("win32", ("powershell",), "/bin/powershell"),
    ],
)
def test_each_system_speaks_with_what_it_has(platform: str, there: tuple[str, ...], program: str) -> None:
    speech = speech_available(platform, having(*there))
    assert speech
    assert speech.command[0] == program
    assert speech.by_input == (platform == "win32")


@pytest.mark.parametrize(
    ("platform", "why"),
    [
        ("linux", "none of spd-say, espeak-ng, espeak is installed"),
        ("darwin", "say was not found"),
        ("win32", "PowerShell was not found"),
    ],
)
def test_where_nothing_speaks_it_is_said_why(platform: str, why: str) -> None:
    speech = speech_available(platform, having())
    assert not speech
    speaker = Speaker(speech)
    assert speaker.state == why
    assert not speaker.speak("Seven of eight reps good.")
    speaker.close()


def writing(path: Path, *, by_input: bool) -> Speech:
    """A voice that writes down what it is told."""
    told = "sys.stdin.buffer.read().decode()" if by_input else "sys.argv[-1]"
    code = f"import sys, pathlib; pathlib.Path({str(path)!r}).write_text({told}, encoding='utf-8')"
    return Speech((sys.executable, "-c", code), by_input, "a pencil")


@pytest.mark.parametrize("by_input", [False, True])
def test_a_text_is_spoken_as_it_is_whatever_a_shell_would_make_of_it(by_input: bool, tmp_path: Path) -> None:
    path = tmp_path / "said.txt"
    speaker = Speaker(writing(path, by_input=by_input))
    assert speaker.speak("-v 7 of 8 reps good; $(rm -rf /) `x` \"y\" 'z' | & > é°\nnext\x1b[0m\x00")
    speaker.close(wait_s=20.0)
    assert path.read_text(encoding="utf-8") == "-v 7 of 8 reps good; $(rm -rf /) `x` \"y\" 'z' | & > é° next [0m"


def test_new_words_end_the_old_ones_and_closing_ends_all() -> None:
    mute = Speech((sys.executable, "-c", "import threading; threading.Event().wait(60)"), False, "a mute")
    speaker = Speaker(mute)
    assert speaker.speak("one")
    assert speaker.speak("two")
    speaker.close()
    speaker.close()
    assert speaker.state == "on"


def test_a_voice_that_cannot_be_started_is_told() -> None:
    speaker = Speaker(Speech(("/nowhere/at-all",), False, "nobody"))
    assert not speaker.speak("one")
    assert speaker.state.startswith("nobody cannot be used")


def test_a_long_text_is_cut_so_that_handing_it_over_cannot_block(tmp_path: Path) -> None:
    path = tmp_path / "said.txt"
    speaker = Speaker(writing(path, by_input=True))
    speaker.speak("word " * 100_000)
    speaker.close(wait_s=20.0)
    assert len(path.read_text(encoding="utf-8")) == 500
