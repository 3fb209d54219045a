"""Serves the page of a live session: in a thread with a loop of its own, from the board and from nothing else.

The session never waits for the page: it puts views on the board, and this thread looks there at its own rate.
"""

from __future__ import annotations

import asyncio
import errno
import secrets
import socket
import threading
from typing import TYPE_CHECKING, Final

from imu_hinge.errors import PageError
from imu_hinge.live.links import INSTALL, lan_urls, page_url
from imu_hinge.live.page_feed import Feed
from imu_hinge.live.page_gate import Gate, own_names
from imu_hinge.live.page_params import PageParams
from imu_hinge.live.view import Board

if TYPE_CHECKING:
    import uvicorn

__all__ = ["PageServer"]

_START_S: Final = 10.0
_STOP_S: Final = 5.0
_SEND_BUFFER_B: Final = 32 * 1024
"""What the system holds back for a screen that does not read: half a second of views, not a minute of them."""
_LARGEST_MESSAGE_B: Final = 1024
_EXTRA: Final = ("uvicorn", "starlette", "websockets", "h11")


class PageServer:
    """The page of one session; ``start`` and ``stop`` it once each, from any one thread."""

    def __init__(self, board: Board, params: PageParams | None = None) -> None:
        self.params = params or PageParams()
        self.token = self.params.token or (secrets.token_urlsafe(16) if self.params.lan else None)
        """The secret in the links; None where the page is for this computer only."""
        self.port = self.params.port
        """Where it listens, known after ``start``."""
        self.failure: BaseException | None = None
        """What ended the page though nobody stopped it; the session goes on without it."""
        self._board = board
        self._feed: Feed | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()

    @property
    def watching(self) -> int:
        """Screens that watch now."""
        return 0 if self._feed is None else self._feed.watching

    def start(self) -> tuple[str, ...]:
        """Serve from now on; gives the links, those for phones first where there are any.

        Raises ``PageError`` where the port is taken, the address is not this computer's, or the extra ``live`` is
        missing.
        """
        if self._thread is not None:
            raise RuntimeError("a PageServer is started once")
        self._server = self._made()
        listening = self._bound()
        self.port = int(listening.getsockname()[1])
        self._thread = threading.Thread(target=self._run, args=(listening,), name="imu-hinge page", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START_S) or self.failure is not None:
            raise PageError("it does not start", port=self.port) from self.failure
        return self.urls()

    def urls(self) -> tuple[str, ...]:
        """Links to the page: for phones where it is open to the network, and for this computer last."""
        host = self.params.bind_host
        if host != "0.0.0.0":
            return (page_url(host, self.port, self.token),)
        return (*lan_urls(self.port, self.token), page_url("127.0.0.1", self.port, self.token))

    def stop(self) -> None:
        """End it, telling every screen; returns when the port is free, at the latest after five seconds."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(_STOP_S)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(_STOP_S)

    def _made(self) -> uvicorn.Server:
        try:
            import uvicorn

            from imu_hinge.live.page_app import page_app
            from imu_hinge.live.page_doors import SocketDoor, http_door
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _EXTRA:
                raise
            raise PageError("it needs the extra live, which is not installed", advice=INSTALL) from error
        params = self.params
        self._feed = Feed(self._board, params.rate_hz, params.beat_s)
        gate = Gate(self.token, own_names() | {params.host.lower()})
        ready = self._ready

        class Server(uvicorn.Server):
            """Says when it listens."""

            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                ready.set()

        config = uvicorn.Config(
            page_app(self._feed, gate, params),
            http=http_door(params),
            ws=SocketDoor,
            ws_max_size=_LARGEST_MESSAGE_B,
            ws_per_message_deflate=False,  # a view is one packet or two, and deflate costs more than the network
            lifespan="off",
            log_config=None,
            log_level="critical",  # what a stranger sends must not write on the athlete's terminal
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        config.load()
        return Server(config)

    def _bound(self) -> socket.socket:
        """The listening socket, bound here so that a port that is taken is told to whoever starts."""
        host, port = self.params.bind_host, self.params.port
        try:
            family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        except OSError as error:
            raise PageError(f"{host} is no address", port=port, advice="Leave the host out.") from error
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: there SO_REUSEADDR would share a port in use
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_B)
            listening.bind(address)
            listening.listen(128)
        except OSError as error:
            listening.close()
            raise _bind_error(error, host, port) from error
        return listening

    def _run(self, listening: socket.socket) -> None:
        try:
            asyncio.run(self._serve(listening))
        except BaseException as error:  # noqa: BLE001  # told to the session, which goes on without a page
            self.failure = error
        finally:
            listening.close()
            self._ready.set()

    async def _serve(self, listening: socket.socket) -> None:
        assert self._server is not None
        assert self._feed is not None
        feed = asyncio.create_task(self._feed.run())
        serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        await asyncio.wait({feed, serving}, return_when=asyncio.FIRST_COMPLETED)
        self._server.should_exit = True
        await serving
        if feed.done():
            await feed
        feed.cancel()


def _bind_error(error: OSError, host: str, port: int) -> PageError:
    if error.errno == errno.EADDRINUSE:
        advice = "Choose another port, or 0 for any free one; another session may still be running."
        return PageError(f"port {port} is taken", port=port, advice=advice)
    if error.errno == errno.EACCES:
        return PageError(f"port {port} may not be used", port=port, advice="Choose one above 1023.")
    if error.errno == errno.EADDRNOTAVAIL:
        return PageError(f"{host} is not an address of this computer", port=port, advice="Leave the host out.")
    return PageError(f"{host} port {port} cannot be listened on ({error.strerror})", port=port)
