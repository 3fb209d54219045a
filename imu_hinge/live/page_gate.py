"""Who may see the page: checked before anything is answered, for pages, assets and WebSockets alike.

Three doors, each for an attack of its own: the Host header (a name that an attacker points at this computer, DNS
rebinding), the Origin of a WebSocket (another site in the athlete's browser), the token (somebody else on the network).
"""

from __future__ import annotations

import hmac
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

__all__ = ["Gate", "Guarded", "cookie_name", "own_names", "security_headers"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_HOST: Final = re.compile(r"(?P<name>[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


def own_names() -> frozenset[str]:
    """Names under which this computer is known on its network, in lower case."""
    name = socket.gethostname().lower()
    return frozenset({name, f"{name.split('.')[0]}.local"})


def cookie_name(port: int) -> str:
    """The token's cookie; browsers do not keep cookies of two ports apart, so the name does."""
    return f"imu_hinge_{port}"


@dataclass(frozen=True)
class Gate:
    """Answers yes or no to a request's scope; ``names`` are hosts beyond loopback and the address that was called."""

    token: str | None
    names: frozenset[str] = frozenset()

    def host_of(self, scope: Scope) -> str | None:
        """The Host header in lower case where it is one of ours, else None."""
        said = _all(scope, b"host")
        match = _HOST.fullmatch(said[0].lower()) if len(said) == 1 else None
        if match is None:
            return None
        called = str((scope.get("server") or ("",))[0]).lower()
        ours = {*_LOOPBACK, *self.names, called, f"[{called}]"}
        return match[0] if match["name"] in ours else None

    def same_origin(self, scope: Scope, host: str) -> bool:
        """Whether a WebSocket is opened by our own page: its Origin must be there and be this host and port."""
        said = _all(scope, b"origin")
        if len(said) != 1:
            return False
        try:
            parts = urlsplit(said[0].lower())
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc == host

    def has_token(self, scope: Scope) -> bool:
        """Whether the request brings the token, in its query or in its cookie; compared in constant time."""
        if self.token is None:
            return True
        given = (*_query_tokens(scope), *_cookie_tokens(scope))
        return any(hmac.compare_digest(one.encode(), self.token.encode()) for one in given)


class Guarded:
    """An ASGI app behind a gate: what the gate refuses is answered 403 without reaching the app."""

    def __init__(self, app: App, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        host = self._gate.host_of(scope)
        if host is None or not self._gate.has_token(scope):
            await _refuse(scope, receive, send)
        elif scope["type"] == "websocket":
            if self._gate.same_origin(scope, host):
                await self._app(scope, receive, send)
            else:
                await _refuse(scope, receive, send)
        else:
            await self._app(scope, receive, self._with_headers(scope, host, send))

    def _with_headers(self, scope: Scope, host: str, send: Send) -> Send:
        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), *security_headers(host)]
                if self._gate.token is not None and _query_tokens(scope):
                    name = cookie_name(int((scope.get("server") or ("", 0))[1] or 0))
                    cookie = f"{name}={self._gate.token}; HttpOnly; SameSite=Strict; Path=/"
                    headers.append((b"set-cookie", cookie.encode("ascii")))
                message["headers"] = headers
            await send(message)

        return wrapped


def security_headers(host: str) -> Headers:
    """What every answer says to the browser; ``host`` is a checked Host header."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; manifest-src 'self'; "
        # older Safari does not take a WebSocket to the page's own host for 'self'
        f"connect-src 'self' ws://{host}; media-src 'self' blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    said = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "cross-origin-resource-policy": "same-origin",
        "x-frame-options": "DENY",
    }
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in said.items()]


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """The same answer whatever was wrong: it is nobody's business."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = b"403: this page needs the whole link, as the computer shows it.\n"
    headers: Headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode("ascii")),
        *security_headers("127.0.0.1"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _all(scope: Scope, name: bytes) -> list[str]:
    pairs: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return [value.decode("latin-1") for key, value in pairs if key.lower() == name]


def _query_tokens(scope: Scope) -> list[str]:
    text = scope.get("query_string", b"").decode("latin-1")
    try:
        return parse_qs(text, max_num_fields=4).get("k", [])
    except ValueError:
        return []


def _cookie_tokens(scope: Scope) -> list[str]:
    name = cookie_name(int((scope.get("server") or ("", 0))[1] or 0))
    found = []
    for text in _all(scope, b"cookie"):
        try:
            jar = SimpleCookie(text)
        except CookieError:
            continue
        if name in jar:
            found.append(jar[name].value)
    return found
