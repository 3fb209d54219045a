"""Bluetooth tests: nothing may block the event loop, and a loop can run ahead of the clock on the wall."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from .clockwork import ClockworkLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], ClockworkLoop]]:
    """Every async test here has a loop that can `warp`."""
    return {"clockwork": ClockworkLoop}


@pytest.fixture(autouse=True)
def _nothing_blocks(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """Whatever blocks the event loop (a file, a sleep, a lock) is an error."""
    if not inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        yield None
        return
    with blockbuster_ctx() as blockbuster:
        yield blockbuster
