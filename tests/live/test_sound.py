"""The sound player: a process of its own, that no session ever waits for or falls over."""

from __future__ import annotations

import os
import queue
import select
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from imu_hinge.live.cue_sink import CueSink, RecordedCues, Silent
from imu_hinge.live.earcons import EARCONS, RATE_HZ, synthesise
from imu_hinge.live.sound import SoundPlayer, sound_command

PACED = sound_command("paced")


class States:
    """The states a player told, in order, to be waited for."""

    def __init__(self) -> None:
        self._told: queue.Queue[str] = queue.Queue()

    def __call__(self, state: str) -> None:
        self._told.put(state)

    def next(self) -> str:
        return self._told.get(timeout=20.0)


def talking(script: str) -> tuple[str, ...]:
    """A stand-in for the sound process."""
    return (sys.executable, "-c", f"import sys\ndef say(x): print(x, flush=True)\n{script}")


def test_every_sink_takes_cues() -> None:
    sinks: list[CueSink] = [Silent(), RecordedCues(), SoundPlayer()]
    for sink in sinks:
        sink.cue("rounded_back", "amber")
        sink.cue("good_rep", "good")
    assert sinks[1] == RecordedCues([("rounded_back", "amber"), ("good_rep", "good")])


def test_what_is_played_is_what_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    with SoundPlayer(command=sound_command("paced", path)) as player:
        assert player.state == "on"
        player.play("arched_back", "red")
    assert player.state == "off"
    assert player.dropped == 0
    assert len(player.latencies_ms) == 1
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE_HZ
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767.0
    made = synthesise(EARCONS["arching-red"])
    begun = np.flatnonzero(heard)[0] // (RATE_HZ // 100) * (RATE_HZ // 100)
    assert heard[begun : begun + len(made)] == pytest.approx(made, abs=1e-4)
    assert np.count_nonzero(heard) <= len(made)


def test_volume_is_that_of_the_player(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    with SoundPlayer(-20.0, sound_command("paced", path)) as player:
        player.play("good_rep", "good")
    with wave.open(str(path)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767.0
    assert np.abs(heard).max() == pytest.approx(0.1 * EARCONS["good"].peak, rel=0.01)


def test_without_a_sound_device_it_says_so_and_the_session_goes_on() -> None:
    player = SoundPlayer(command=talking("say('cannot no sound device was found')"))
    assert player.start() == "no sound device was found"
    player.play("rounded_back", "red")
    assert player.dropped == 1
    player.close()
    assert player.state == "no sound device was found"


def test_without_the_package_it_says_what_to_install() -> None:
    blocked = list(PACED)
    blocked[blocked.index("paced")] = "device"
    code = blocked.index("-c") + 1
    blocked[code] = "import sys; sys.modules['miniaudio'] = None; " + blocked[code]
    player = SoundPlayer(command=blocked)
    assert player.start() == "the package miniaudio is not installed (pip install 'imu-hinge[live]')"
    player.close()


def test_a_program_that_cannot_be_started_is_told() -> None:
    player = SoundPlayer(command=("/nowhere/at-all",))
    assert player.start().startswith("the sound player cannot be started")
    player.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_killed_sound_process_is_started_once_again() -> None:
    states = States()
    player = SoundPlayer(command=PACED, changed=states)
    player.start()
    assert [states.next(), states.next()] == ["starting", "on"]
    assert player.pid is not None
    os.kill(player.pid, signal.SIGKILL)
    assert states.next() == "the sound player died (code -9) and is started again"
    player.play("rounded_back", "red")
    assert states.next() == "on"
    player.play("rounded_back", "red")
    os.kill(player.pid, signal.SIGKILL)
    assert states.next() == "the sound player died (code -9)"
    for _ in range(100):
        player.play("rounded_back", "red")
    player.close()
    assert player.state == "the sound player died (code -9)"
    assert player.dropped >= 101


def test_a_device_that_is_lost_is_told_by_its_name() -> None:
    states = States()
    player = SoundPlayer(command=talking("say('on x'); say('lost the sound device stopped')"), changed=states)
    player.start()
    told = [states.next() for _ in range(5)]
    assert told[2] == "the sound device stopped and is started again"
    assert told[4] == "the sound device stopped"
    player.close()


def test_a_sound_process_that_hangs_holds_up_nobody() -> None:
    """It reads no line: what is too much for a pipe is dropped, so that no write can block."""
    deaf = SoundPlayer(command=talking("say('on x')\nimport threading\nthreading.Event().wait(60)"))
    deaf.start()
    for _ in range(5000):
        deaf.play("rounded_back", "amber")
    assert deaf.dropped == 5000 - 16
    assert deaf.pid is not None
    os.kill(deaf.pid, signal.SIGTERM)
    deaf.close()


def test_the_sound_process_ends_when_its_input_ends() -> None:
    with subprocess.Popen(PACED, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"on ")
        process.stdin.close()
        assert process.wait(10.0) == 0


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is no child of ours")
def test_a_session_killed_without_warning_leaves_no_sound_process_behind() -> None:
    script = (
        "import sys, threading\n"
        "from imu_hinge.live.sound import SoundPlayer, sound_command\n"
        "player = SoundPlayer(command=sound_command('paced')); player.start()\n"
        "print(player.pid, flush=True); threading.Event().wait(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as session:
        assert session.stdout is not None
        ended = os.pidfd_open(int(session.stdout.readline()))
        try:
            session.kill()
            assert select.select([ended], [], [], 10.0)[0]
        finally:
            os.close(ended)


def test_the_sound_process_imports_nothing_that_takes_time() -> None:
    code = list(PACED)
    code[code.index("-c") + 1] += "; print('loaded', *sorted(m.split('.')[0] for m in sys.modules))"
    boot = code.index("-c") + 1
    code[boot] = code[boot].replace(
        "runpy.run_module('imu_hinge.live.sound_process', run_name='__main__', alter_sys=True)",
        "import imu_hinge.live.sound_process",
    )
    shown = subprocess.run(code, capture_output=True, text=True, check=True).stdout.split()
    assert shown[0] == "loaded"
    assert "numpy" in shown
    assert not {"scipy", "matplotlib", "polars", "rich", "typer", "vqf", "bleak"} & set(shown)
