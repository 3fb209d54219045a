"""The page of a live session, where it is installed: links, and a code for the phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from imu_hinge.errors import PageError
from imu_hinge.live.view import Board

if TYPE_CHECKING:
    from imu_hinge.live.server import PageServer

__all__ = ["Links", "Pages"]

_NEEDED: Final = ("starlette", "uvicorn", "websockets", "segno")


@dataclass(frozen=True)
class Links:
    """Lines to print, the link to keep in sight, its code for a phone, and whether somebody watches."""

    lines: tuple[str, ...] = ()
    link: str = ""
    code: tuple[str, ...] = ()
    watched: Callable[[], bool] = lambda: False


class Pages:
    """Serves the page, or says why not; only what was asked for in so many words is an error."""

    def __init__(self, board: Board, *, wanted: bool | None, lan: bool, port: int | None) -> None:
        """``wanted`` None: where it is installed. ``port`` None: the usual one, or any that is free."""
        self._board = board
        self._asked = wanted is True or lan or port is not None
        self._off = wanted is False
        self._lan = lan
        self._port = port
        self._server: PageServer | None = None

    def start(self) -> Links:
        """Serve; gives what to show of it. Raises PageError where the page was asked for and cannot be."""
        if self._off:
            return Links()
        if not self._asked and any(find_spec(name) is None for name in _NEEDED):
            return Links(("For the page on a phone or in a browser: pip install 'imu-hinge[live]'",))
        from imu_hinge.live.links import qr_lines
        from imu_hinge.live.page_params import PageParams
        from imu_hinge.live.server import PageServer

        try:
            self._server = PageServer(
                self._board, PageParams(port=8765 if self._port is None else self._port, lan=self._lan)
            )
            links = self._server.start()
        except PageError:
            if self._port is not None:
                raise
            self._server = PageServer(self._board, PageParams(port=0, lan=self._lan))
            links = self._server.start()
        lines = tuple(f"Page: {link}" for link in links)
        return Links(lines, links[0], tuple(qr_lines(links[0])) if self._lan else (), self._watched)

    def _watched(self) -> bool:
        return self._server is not None and self._server.watching > 0

    def stop(self) -> None:
        """End it."""
        if self._server is not None:
            self._server.stop()
