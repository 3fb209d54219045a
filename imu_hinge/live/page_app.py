"""What the page consists of: a table of routes, and a WebSocket that only speaks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from imu_hinge.live.page_feed import Feed
from imu_hinge.live.page_gate import Gate, Guarded
from imu_hinge.live.page_params import PageParams

__all__ = ["FILES", "page_app"]

FILES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "/": ("index.html", "text/html; charset=utf-8"),
        **{
            f"/{name}": (name, kind)
            for name, kind in (
                ("style.css", "text/css; charset=utf-8"),
                ("app.js", "text/javascript; charset=utf-8"),
                ("link.js", "text/javascript; charset=utf-8"),
                ("figure.js", "text/javascript; charset=utf-8"),
                ("posture.js", "text/javascript; charset=utf-8"),
                ("fit.js", "text/javascript; charset=utf-8"),
                ("gauges.js", "text/javascript; charset=utf-8"),
                ("panels.js", "text/javascript; charset=utf-8"),
                ("marks.js", "text/javascript; charset=utf-8"),
                ("sound.js", "text/javascript; charset=utf-8"),
                ("awake.js", "text/javascript; charset=utf-8"),
                ("icon.svg", "image/svg+xml"),
            )
        },
    }
)
"""Path -> file and kind; nothing else is served, and none is opened while serving."""

_MOST_MESSAGES: Final = 16
"""Our page says nothing at all; whoever says more than this is not our page."""
_FULL, _UNWANTED, _BINARY = 1013, 1008, 1003


def page_app(feed: Feed, gate: Gate, params: PageParams) -> Guarded:
    """The page as an ASGI app behind its gate."""
    routes: list[BaseRoute] = [Route(path, _file(*one), methods=["GET"]) for path, one in FILES.items()]
    app = Starlette(routes=[*routes, WebSocketRoute("/views", _Watch(feed, params).answer)])
    app.router.redirect_slashes = False
    return Guarded(app, gate)


def _file(name: str, kind: str) -> Callable[[Request], Awaitable[Response]]:
    body = (files("imu_hinge.live") / "page" / name).read_bytes()

    async def answer(request: Request) -> Response:
        return Response(body, headers={"content-type": kind})

    return answer


class _Watch:
    """The WebSocket: sends what the feed has, hears nothing."""

    def __init__(self, feed: Feed, params: PageParams) -> None:
        self._feed, self._params = feed, params

    async def answer(self, socket: WebSocket) -> None:
        """Serve one screen until it goes, misbehaves or takes nothing any more."""
        if self._feed.watching >= self._params.most_clients:
            await socket.accept()
            await socket.close(_FULL, f"{self._feed.watching} screens are watching already")
            return
        self._feed.join()
        try:
            await socket.accept()
            code = await _first(self._speak(socket), _hear(socket))
        finally:
            self._feed.leave()
        if code is not None:
            with contextlib.suppress(TimeoutError, WebSocketDisconnect):
                async with asyncio.timeout(self._params.send_timeout_s):
                    await socket.close(code)

    async def _speak(self, socket: WebSocket) -> int | None:
        """Send the newest until a send hangs; the connection is then cut off by whoever holds it."""
        feed, turns, views = self._feed, 0, 0
        while True:
            if turns == feed.turns:
                await feed.turn()
            turns, fresh, views = feed.turns, feed.views != views, feed.views
            try:
                async with asyncio.timeout(self._params.send_timeout_s):
                    await socket.send_text(feed.view_text if fresh else feed.beat_text)
            except (TimeoutError, WebSocketDisconnect):
                return None


async def _hear(socket: WebSocket) -> int | None:
    """Count what a client says and forget it; gives the code to close with, None where it went."""
    for _ in range(_MOST_MESSAGES):
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        if message.get("bytes") is not None:
            return _BINARY
    return _UNWANTED


async def _first(*ways: Coroutine[Any, Any, int | None]) -> int | None:
    """What the first of several coroutines returns; the others are cancelled and waited for."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
