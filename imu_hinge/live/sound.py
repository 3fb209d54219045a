"""Sounds a session's cues through a process of its own, so that a sound never waits for a screen.

``play`` writes one short line to a pipe. It cannot block: no more lines are under way than any pipe holds, as the sound
process answers each; what is too much is dropped and counted.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final, Literal

import imu_hinge.live
from imu_hinge.live.earcons import earcon_key

__all__ = ["SoundPlayer", "sound_command"]

_UNANSWERED: Final = 16
"""Lines under way at once: together under 1 kB, and a pipe holds 4 kB or more on every system."""
_STARTS: Final = 2
_READY_S: Final = 5.0
_END_S: Final = 3.0

# The package's own __init__ loads the whole of the mathematics, a second that the sound process need not wait.
_BOOT: Final = (
    "import sys, types, runpy; "
    "package = types.ModuleType('imu_hinge'); package.__path__ = [sys.argv.pop(1)]; "
    "sys.modules['imu_hinge'] = package; "
    "runpy.run_module('imu_hinge.live.sound_process', run_name='__main__', alter_sys=True)"
)


def sound_command(to: Literal["device", "null", "paced"] = "device", wav: Path | None = None) -> tuple[str, ...]:
    """The command line of a sound process: ``device`` is the computer's output, ``null`` miniaudio's null device,
    ``paced`` none at all, into the file ``wav`` where one is named."""
    package = str(Path(imu_hinge.live.__file__).resolve().parents[1])
    # -P: what lies in the folder one happens to be in is not imported.
    told = () if wav is None else ("--wav", str(wav))
    return (sys.executable, "-P", "-c", _BOOT, package, "--to", to, *told)


class SoundPlayer:
    """Plays earcons; a ``CueSink``. Never raises for want of sound: ``state`` says what is the matter.

    Its methods are for one thread, its properties for any.
    """

    def __init__(
        self,
        volume_db: float = 0.0,
        command: Sequence[str] | None = None,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
        changed: Callable[[str], None] | None = None,
    ) -> None:
        """``command`` starts another sound process than that of the computer's output; ``clock_ns`` must be its own
        clock, too, for latencies to mean anything. ``changed`` is told every new state, from another thread."""
        self._command = tuple(sound_command() if command is None else command)
        self._clock_ns = clock_ns
        self._volume_db = volume_db
        self._changed = changed
        self._state = "off"
        self._gone = False
        self._lost = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._settled = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._token = 0
        self._asked_ns: dict[int, int] = {}
        self._latencies_ms: deque[float] = deque(maxlen=1000)
        self._dropped = 0

    @property
    def state(self) -> str:
        """``on``, ``off``, ``starting``, or why there is no sound."""
        return self._state

    @property
    def pid(self) -> int | None:
        """The sound process; None where there is none."""
        process = self._process
        return None if process is None else process.pid

    @property
    def dropped(self) -> int:
        """How many sounds were asked for while none could come."""
        return self._dropped

    @property
    def latencies_ms(self) -> tuple[float, ...]:
        """Of the last thousand sounds: from the call of ``play`` to the first sample being mixed, ms."""
        return tuple(self._latencies_ms)

    @property
    def volume_db(self) -> float:
        """Volume, dB; 0 is full."""
        return self._volume_db

    def set_volume(self, volume_db: float) -> None:
        """Play at this volume from the next sound on, dB; 0 is full."""
        self._volume_db = volume_db

    def start(self, wait_s: float = _READY_S) -> str:
        """Start the sound process, and wait until it says whether sound can come, at most ``wait_s``; give the
        state."""
        if self._thread is None:
            self._set("starting")
            self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
            self._thread.start()
        self._settled.wait(wait_s)
        return self._state

    def play(self, name: str, severity: str) -> None:
        """Sound a cue: a fault's name with amber or red; ``target_depth`` or ``good_rep`` with good."""
        # A dead link to the sound process must not collect sounds, to be heard late.
        if self._state != "on" or len(self._asked_ns) >= _UNANSWERED:
            self._dropped += 1
            return
        self._token += 1
        token = self._token
        self._asked_ns[token] = self._clock_ns()
        if not self._tell(f"play {earcon_key(name, severity)} {self._volume_db:.2f} {token}"):
            self._asked_ns.pop(token, None)
            self._dropped += 1

    def cue(self, name: str, severity: str) -> None:
        """Sound a cue, as ``play``."""
        self.play(name, severity)

    def close(self) -> None:
        """Let what sounds end, and end the sound process; ``state`` is off, or still why there was no sound."""
        self._closing = True
        told = self._tell("quit")
        thread, process = self._thread, self._process
        if thread is None:
            return
        if not told and process is not None:
            process.kill()
        thread.join(_END_S)
        if thread.is_alive() and process is not None:
            process.kill()
            thread.join(_END_S)
        if not self._gone:
            self._set("off")

    def __enter__(self) -> SoundPlayer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tell(self, line: str) -> bool:
        """Whether a line could be written."""
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(f"{line}\n".encode("ascii"))
        except (OSError, ValueError):  # it died, or its pipe was closed just now; the other thread finds out and says
            return False
        return True

    def _run(self) -> None:
        """In a thread: keep a sound process alive, and listen to it."""
        for start in range(_STARTS):
            if not self._one_life(last=start == _STARTS - 1) or self._closing:
                break
        self._settled.set()

    def _one_life(self, *, last: bool) -> bool:
        """Start a sound process and listen until it ends; whether another one is worth a try."""
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # ALSA tells its sorrows there
                bufsize=0,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                # A Ctrl-C is for the session, which then closes this.
                start_new_session=sys.platform != "win32",
            )
        except OSError as error:
            self._gone = True
            self._set(f"the sound player cannot be started ({error.strerror})")
            return False
        assert process.stdin is not None
        assert process.stdout is not None
        self._lost = ""
        self._process = process
        if self._closing:
            process.stdin.close()
        self._listen(process.stdout)
        self._process = None
        process.stdin.close()
        process.stdout.close()
        code = process.wait()
        self._asked_ns.clear()
        if self._closing or self._gone:
            return False
        why = self._lost or f"the sound player died (code {code})"
        self._gone = last
        self._set(why if last else f"{why} and is started again")
        return not last

    def _set(self, state: str) -> None:
        self._state = state
        if self._changed is not None:
            self._changed(state)

    def _listen(self, output: IO[bytes]) -> None:
        """Take what the sound process says until it ends."""
        rest = b""
        while chunk := output.read(4096):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._heard(line.decode("utf-8", "replace"))

    def _heard(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "begun":
            token, _, begun_ns = rest.partition(" ")
            asked_ns = self._asked_ns.pop(int(token), None)
            if asked_ns is not None:
                self._latencies_ms.append((int(begun_ns) - asked_ns) / 1e6)
        elif word == "refused":
            self._asked_ns.pop(int(rest), None)
            self._dropped += 1
        elif word == "lost":
            self._lost = rest
        elif word == "on":
            self._set("on")
            self._settled.set()
        elif word == "cannot":
            self._gone = True
            self._set(rest)
            self._settled.set()
