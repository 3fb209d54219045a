"""Holes are filled from the front, in parts, with an end to every attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from ble.clockwork import warp

from imu_hinge.errors import LinkError, ProtocolError
from imu_hinge.sensors.driver import Refilled, Samples
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.refill import HoleFiller

LIMITS = replace(LinkLimits(), refill_chunk=10, refill_tries=3)


class Books:
    """Holes and what fills them: a payload is the instants it holds."""

    def __init__(self, *holes: tuple[int, int]) -> None:
        self.missing = [i for hole in holes for i in range(*hole)]
        self.lost: list[int] = []
        self.came: list[int] = []

    @property
    def holes(self) -> tuple[tuple[int, int], ...]:
        found: list[list[int]] = []
        for i in self.missing:
            if found and found[-1][1] == i:
                found[-1][1] = i + 1
            else:
                found.append([i, i + 1])
        return tuple((start, stop) for start, stop in found)

    def feed(self, payload: bytes, received_s: float) -> tuple[Samples, ...]:
        self.came += list(payload)
        self.missing = [i for i in self.missing if i not in payload]
        return ()

    def expect(self, start: int, stop: int) -> None:
        self.expected = start, stop

    def give_up(self, start: int, stop: int) -> None:
        self.lost += [i for i in self.missing if start <= i < stop]
        self.missing = [i for i in self.missing if not start <= i < stop]


class Clip:
    """Answers refills as told."""

    def __init__(self, answer: Callable[[int, int], Refilled]) -> None:
        self.asked: list[tuple[int, int]] = []
        self._answer = answer

    async def refill(self, start: int, stop: int) -> Refilled:
        self.asked.append((start, stop))
        return self._answer(start, stop)


def whole(start: int, stop: int) -> Refilled:
    return Refilled([bytes(range(start, stop))], start, stop)


async def fill(books: Books, clip: Clip, most: int = 50) -> HoleFiller:
    filler = HoleFiller(books, lambda samples: None, lambda: 0.0, LIMITS)
    for _ in range(most):
        hole = filler.due(0.0)
        if hole is None:
            return filler
        await filler.fill(clip, hole)  # type: ignore[arg-type]
    raise AssertionError("no end of asking")


async def test_a_hole_is_asked_for_in_parts_from_its_front() -> None:
    books, clip = Books((5, 30), (40, 42)), Clip(whole)
    await fill(books, clip)
    assert clip.asked == [(5, 15), (15, 25), (25, 30), (40, 42)]
    assert books.came == [*range(5, 30), 40, 41]


async def test_what_the_ring_has_lost_is_given_up_and_the_rest_taken() -> None:
    books = Books((0, 30))
    clip = Clip(lambda start, stop: whole(max(start, 12), stop) if stop > 12 else Refilled((), stop, stop))
    await fill(books, clip)
    assert books.lost == list(range(12))
    assert books.came == list(range(12, 30))


async def test_what_was_not_measured_is_not_asked_for_again() -> None:
    books = Books((0, 10))
    await fill(books, clip := Clip(lambda start, stop: Refilled([bytes([0, 1, 8])], start, stop)))
    assert len(clip.asked) == 1
    assert books.lost == [2, 3, 4, 5, 6, 7, 9]


async def test_transfers_that_never_verify_are_given_up_after_some_attempts() -> None:
    def corrupted(start: int, stop: int) -> Refilled:
        if start < 10:
            raise ProtocolError("the transfer does not verify")
        return whole(start, stop)

    warp()
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    books, clip = Books((0, 20)), Clip(corrupted)
    filler = await fill(books, clip)
    assert 0.9 < loop.time() - begun_s < 5.0
    assert clip.asked == [(0, 10)] * 3 + [(10, 20)]
    assert (books.lost, filler.gave_up) == (list(range(10)), 1)


async def test_an_answer_about_nothing_ends_too() -> None:
    books = Books((0, 5))
    filler = await fill(books, Clip(lambda start, stop: Refilled((), start, start)))
    assert (books.lost, filler.gave_up) == ([0, 1, 2, 3, 4], 1)


async def test_a_lost_link_is_the_links_affair() -> None:
    def lost(start: int, stop: int) -> Refilled:
        raise LinkError("the link was lost")

    books = Books((0, 5))
    with pytest.raises(LinkError):
        await fill(books, Clip(lost))
    assert books.missing == [0, 1, 2, 3, 4]


def test_a_hole_is_due_when_it_has_been_there_for_its_time() -> None:
    now = [0.0]
    books = Books((0, 5))
    filler = HoleFiller(books, lambda samples: None, lambda: now[0], LIMITS)
    assert filler.due(1.0) is None
    now[0] = 0.9
    books.missing += [8, 9]
    assert filler.due(1.0) is None
    now[0] = 1.1
    assert filler.due(1.0) == (0, 5)
    books.missing = [3, 4, 8, 9]  # its front was filled
    assert filler.due(1.0) == (3, 5)
    books.missing = [8, 9]
    assert filler.due(1.0) is None
    now[0] = 2.0
    assert filler.due(1.0) == (8, 10)
