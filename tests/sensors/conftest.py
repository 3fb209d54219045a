"""Async tests of the sensors: nothing may block the loop, and its clock can run ahead (tests/ble)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from ble.clockwork import ClockworkLoop
from ble.conftest import _nothing_blocks  # noqa: F401 - a fixture


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], ClockworkLoop]]:
    """Every async test here has a loop that can `warp`."""
    return {"clockwork": ClockworkLoop}
