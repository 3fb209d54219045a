from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.firmware.core import missing_tool


@pytest.fixture
def need() -> Callable[..., None]:
    """Skips a test that lacks a tool, naming it."""

    def check(*tools: str) -> None:
        if reason := missing_tool(*tools):
            pytest.skip(reason)

    return check


@pytest.fixture(autouse=True)
def _gcc(request: pytest.FixtureRequest) -> None:
    if "no_compiler" not in request.fixturenames and (reason := missing_tool("gcc")):
        pytest.skip(reason)


@pytest.fixture
def no_compiler() -> None:
    """For tests that run without gcc."""
