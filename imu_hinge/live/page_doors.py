"""Connections that do not disturb the session: bounded in number, and cut off when they hang.

uvicorn bounds requests, but not connections that ask for nothing, and it waits for a peer that reads nothing to take
what was written before it closes. Either could use up the files a process may have open, which the recording needs.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from imu_hinge.live.page_params import PageParams

__all__ = ["SocketDoor", "http_door"]

_LINGER_S: Final = 2.0
"""Time for the last words of a WebSocket to arrive before its connection is cut off."""


def http_door(params: PageParams) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol that takes so many connections at most, and none that asks for nothing."""

    class HttpDoor(H11Protocol):
        """One connection, from its first byte to its upgrade or its end."""

        _asked = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            full = len(self.connections) >= params.most_connections
            super().connection_made(transport)
            if full:
                transport.abort()
            else:
                self.loop.call_later(params.first_request_s, self._cut_off_if_mute)

        def _cut_off_if_mute(self) -> None:
            if not self._asked:
                self.transport.abort()

        def handle_events(self) -> None:
            super().handle_events()
            self._asked = self.scope is not None

    return HttpDoor


class SocketDoor(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol that ends when it is over, whether or not the peer reads what was written."""

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """Called by uvicorn when the page has nothing more to say."""
        super().on_task_complete(task)
        self.loop.call_later(_LINGER_S, self.transport.abort)
