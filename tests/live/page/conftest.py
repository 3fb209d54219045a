"""A page that is really served, and a browser that is really there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from imu_hinge.live.page_params import PageParams
from imu_hinge.live.server import PageServer
from imu_hinge.live.view import Board

pytest.importorskip("uvicorn", reason="the extra live is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
Serve = Callable[..., PageServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """serve(board, **params) starts a page on a free port; it ends with the test."""
    started: list[PageServer] = []

    def one(board: Board, **params: Any) -> PageServer:
        server = PageServer(board, PageParams(**{"port": 0, **params}))
        started.append(server)
        server.start()
        return server

    yield one
    for server in started:
        server.stop()
        assert server.failure is None


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The system's Chromium without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with api.sync_playwright() as play:
        one = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield one
        one.close()
