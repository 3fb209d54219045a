"""How the page is served."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PageParams"]


@dataclass(frozen=True)
class PageParams:
    """Address, secrets and bounds of the page; frozen, and checked when made.

    Raises ``ValueError`` for numbers that cannot be.
    """

    host: str = "127.0.0.1"
    """Where to listen; with ``lan`` the default becomes every address of this computer."""
    port: int = 8765
    """0 takes any free port."""
    lan: bool = False
    """Open to the local network, behind a token."""
    token: str | None = None
    """The secret in the link; None with ``lan``: a random one. Given without ``lan`` it is asked for as well."""
    rate_hz: float = 25.0
    """Views per second at most: smooth when interpolated, and a fifth of a phone's frame rate."""
    most_clients: int = 32
    """Screens that may watch at once; one more is told so and turned away."""
    beat_s: float = 1.0
    """A sign of life after so long without a new view."""
    send_timeout_s: float = 5.0
    """A screen that takes nothing for so long is cut off."""
    first_request_s: float = 10.0
    """A connection that asks for nothing for so long is cut off."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port {self.port} is not between 0 and 65535")
        if not (0 < self.rate_hz <= 100 and self.most_clients >= 1):
            raise ValueError("rate_hz must lie in (0, 100] and most_clients be at least 1")
        if not (self.beat_s > 0 and self.send_timeout_s > 0 and self.first_request_s > 0):
            raise ValueError("times must be positive")
        if self.token is not None and len(self.token) < 16:
            raise ValueError("a token has at least 16 characters")

    @property
    def bind_host(self) -> str:
        """The address to listen on."""
        return "0.0.0.0" if self.lan and self.host == "127.0.0.1" else self.host

    @property
    def most_connections(self) -> int:
        """Connections of any kind at once; what is above is cut off unheard, so that files can always be opened."""
        return 4 * self.most_clients + 128
