"""Single key strokes from a terminal, without waiting for a line."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from imu_hinge.live.plan import Command, Order

__all__ = ["KeyPad", "Keys", "terminal_keys"]

_SEQUENCE: Final = re.compile("\x1b(?:\\[[0-9;<=>?]*[ -/]*[@-~]|O.)")
"""What a terminal sends for keys without a character."""


class Keys(Protocol):
    """Where strokes come from."""

    def pressed(self) -> str:
        """What was pressed since the last call; '' for nothing. Never waits."""


class _NoKeys:
    def pressed(self) -> str:
        return ""


class _PosixKeys:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def pressed(self) -> str:
        import select

        ready, _, _ = select.select([self._descriptor], [], [], 0.0)
        return os.read(self._descriptor, 64).decode("utf-8", "ignore") if ready else ""


class _WindowsKeys:
    def pressed(self) -> str:
        text = ""
        if sys.platform == "win32":
            import msvcrt

            while msvcrt.kbhit():
                text += msvcrt.getwch()
        return text


@contextmanager
def terminal_keys() -> Iterator[Keys]:
    """Strokes of the terminal this runs in, which is put back as it was; nothing where there is none."""
    if not sys.stdin.isatty():
        yield _NoKeys()
    elif sys.platform == "win32":
        yield _WindowsKeys()
    else:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor)
        try:
            yield _PosixKeys(descriptor)
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


class KeyPad:
    """Strokes into orders; a load is typed digit by digit after ``l``."""

    def __init__(self) -> None:
        self.typed: str | None = None
        """The load that is being typed; None: none is."""

    def take(self, text: str) -> list[Command]:
        """What strokes ask for."""
        commands = []
        # An arrow or function key is an escape and more; alone it leaves the typing.
        for stroke in _SEQUENCE.sub("", text):
            command = self._typing(stroke) if self.typed is not None else self._stroke(stroke.lower())
            if command is not None:
                commands.append(command)
        return commands

    def _stroke(self, stroke: str) -> Command | None:
        if stroke == "l":
            self.typed = ""
            return None
        order = {
            " ": Order.SET,
            "\r": Order.SET,
            "\n": Order.SET,
            "m": Order.MARK,
            "u": Order.UNDO,
            "e": Order.EXERCISE,
            "r": Order.CALIBRATE,
            "s": Order.SKIP,
            "w": Order.EXCHANGE,
            "q": Order.STOP,
        }.get(stroke)
        return None if order is None else Command(order)

    def _typing(self, stroke: str) -> Command | None:
        assert self.typed is not None
        if stroke in "\r\n":
            text, self.typed = self.typed, None
            return Command(Order.LOAD, text)
        if stroke == "\x1b":
            self.typed = None
        elif stroke in "\x7f\x08":
            self.typed = self.typed[:-1]
        elif (
            stroke.isascii()
            and (stroke.isdigit() or (stroke in ".," and "." not in self.typed))
            and len(self.typed) < 6
        ):
            self.typed += "." if stroke == "," else stroke
        return None
