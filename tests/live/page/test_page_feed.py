"""Views are written once, whoever watches, and a page without news gets a sign of life."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from live.page.demo_views import SCENES

from imu_hinge.live.page_feed import Feed
from imu_hinge.live.view import Board, View, as_json


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board() -> Board:
    return Board(SCENES["set_neutral"])


@pytest.fixture
def feed(board: Board, clock: Clock) -> Feed:
    return Feed(board, 25.0, 1.0, clock)


def next_view(board: Board) -> View:
    view = replace(board.look(), serial=board.look().serial + 1)
    board.put(view)
    return view


def test_a_view_is_written_once_for_all_screens(feed: Feed, board: Board) -> None:
    for _ in range(20):
        feed.join()
    assert feed.views == 1
    assert json.loads(feed.view_text) == {"view": as_json(board.look())}
    first = feed.view_text
    assert not feed.look()
    assert feed.view_text is first


def test_without_news_there_is_one_beat_a_second_that_says_how_old_the_view_is(feed: Feed, clock: Clock) -> None:
    feed.join()
    told = []
    for _ in range(75):
        clock.now += 0.04
        if feed.look():
            told.append(json.loads(feed.beat_text)["age_s"])
    assert told == pytest.approx([1.0, 2.0, 3.0], abs=0.1)
    assert feed.views == 1


def test_a_screen_that_comes_late_learns_how_old_the_view_is(feed: Feed, clock: Clock) -> None:
    feed.join()
    clock.now += 0.7
    feed.join()
    assert json.loads(feed.beat_text) == {"age_s": 0.7}


def test_views_that_nobody_fetched_are_skipped_not_queued(feed: Feed, board: Board) -> None:
    feed.join()
    for _ in range(10):
        newest = next_view(board)
    assert feed.look()
    assert feed.views == 2
    assert json.loads(feed.view_text)["view"]["serial"] == newest.serial


def test_what_is_not_finite_is_shown_as_unknown(feed: Feed, board: Board) -> None:
    board.put(replace(board.look(), serial=9, time_s=float("nan")))
    feed.join()
    assert json.loads(feed.view_text)["view"]["time_s"] is None


async def test_nobody_looks_at_the_board_while_nobody_watches(board: Board) -> None:
    feed = Feed(board, 100.0, 1.0)
    running = asyncio.create_task(feed.run())
    for _ in range(20):
        next_view(board)
        await asyncio.sleep(0)
    assert feed.views == 0
    feed.join()
    next_view(board)
    async with asyncio.timeout(5):
        await feed.turn()
    assert feed.views == 2
    feed.leave()
    running.cancel()
