"""Async tests of the sensors: nothing may block the loop, its clock can run ahead, and BlueZ is there (tests/ble)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from ble.clockwork import ClockworkLoop
from ble.conftest import _clip_core, _nothing_blocks, machine, machine_or_none, world

__all__ = ["_clip_core", "_nothing_blocks", "machine", "machine_or_none", "world"]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], ClockworkLoop]]:
    """Every async test here has a loop that can `warp`."""
    return {"clockwork": ClockworkLoop}
