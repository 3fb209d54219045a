"""Which clip is worn where: each is asked for in turn, blinks if it can, and is known by being tapped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, TypeAlias

from imu_hinge.live.plan import Command, Order
from imu_hinge.live.prompts import where_prompt
from imu_hinge.live.view import Prompt
from imu_hinge.sensors.source import SampleBlock
from imu_hinge.session.tap_watch import TapWatch

__all__ = ["Blink", "WhereQuestion"]

Blink: TypeAlias = Callable[[str, int], Future[int]]
"""Asks a clip to blink for so many seconds; for how many it does so comes later."""
_BLINK_S: Final = 4
"""Asked for at once: when a clip has been told from the others it stops soon by itself."""
_RENEW_S: Final = 1.5
"""Asked for again so long before it ends."""
_AGAIN_S: Final = 5.0
"""A clip that did not blink is asked again after so long: its link may be back."""
_WAIT_S: Final = 1.5
"""The athlete is asked so late at most, while it is not known yet whether the clip blinks."""


@dataclass(frozen=True)
class _Asked:
    """A request to blink that is under way."""

    clip: str
    at_s: float
    answer: Future[int]


class _Lamps:
    """Has one clip blink at a time, and says whether it is the one that blinks.

    A lamp is a help and nothing else: whatever goes wrong with it, and clips that have none, is only not blinking.
    """

    def __init__(self, blink: Blink | None, now: Callable[[], float]) -> None:
        self._blink = blink
        self._now = now
        self._until_s: dict[str, float] = {}
        self._next_s: dict[str, float] = {}
        self._asked: _Asked | None = None

    def show(self, clip: str) -> bool | None:
        """Keep this one blinking. Whether it blinks and no other does; None while its first answer is awaited."""
        if self._blink is None:
            return False
        now_s = self._now()
        self._take_answer(now_s)
        if self._asked is None and now_s >= self._next_s.get(clip, -math.inf):
            self._asked = _Asked(clip, now_s, self._blink(clip, _BLINK_S))
        if self._asked is not None and clip not in self._next_s and now_s - self._asked.at_s < _WAIT_S:
            return None
        lit = {name for name, until_s in self._until_s.items() if now_s < until_s}
        return lit == {clip}

    def _take_answer(self, now_s: float) -> None:
        asked = self._asked
        if asked is None or not asked.answer.done():
            return
        self._asked = None
        if asked.answer.cancelled() or asked.answer.exception() is not None:
            self._next_s[asked.clip] = now_s + _AGAIN_S
            return
        self._until_s[asked.clip] = now_s + asked.answer.result()
        self._next_s[asked.clip] = self._until_s[asked.clip] - _RENEW_S


class WhereQuestion:
    """Has all clips but one tapped; those that are worn the other way round exchange their names.

    ``clips`` names the source's clips in index order, ``guessed`` those of these names that nobody has given.
    """

    def __init__(
        self,
        clips: Sequence[str],
        guessed: Collection[str] = (),
        blink: Blink | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clips = tuple(clips)
        self._names = list(clips)
        self._guessed = bool(guessed)
        self._left = list(clips)[:-1]
        self._known: list[str] = []
        self._watch = TapWatch(self._clips)
        self._lamps = _Lamps(blink, now)
        self._prompt: Prompt | None = None
        self._may_agree = False
        self._got = self._problem = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What the source's clips are called, as far as is known."""
        return tuple(self._names)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to ask."""
        return not self._left

    def prompt(self) -> Prompt | None:
        """What the athlete is asked now; None: what was asked before, until it is known whether the clip blinks."""
        wanted = self._left[0]
        lit = self._lamps.show(self._clips[self._names.index(wanted)])
        if lit is not None:
            self._may_agree = lit or not self._guessed
            self._prompt = where_prompt(wanted, self._problem, self._got, lit=lit, guessed=self._guessed)
        return self._prompt

    def obey(self, command: Command) -> None:
        """The clips are as they are called; of a guess one can only see that while it blinks, one clip at a time."""
        if command.order is not Order.SET or not self._may_agree:
            return
        if self._guessed:
            self._settle()
        else:
            self._left.clear()
            self._may_agree = False

    def take(self, block: SampleBlock) -> None:
        """Take rows: one may have been tapped."""
        tapped = self._watch.take(block) if len(block) and not self.settled else None
        if tapped is None:
            return
        at, wanted = self._names.index(self._left[0]), self._clips.index(tapped)
        if self._names[wanted] in self._known:
            self._problem = f"that one is the {self._names[wanted]} clip already"
            return
        self._names[at], self._names[wanted] = self._names[wanted], self._names[at]
        self._settle()

    def _settle(self) -> None:
        self._known.append(self._left.pop(0))
        self._got, self._problem = f"the {self._known[-1]} clip is known", ""
        self._prompt, self._may_agree = None, False
