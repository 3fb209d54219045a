"""Links to the page that a phone can follow: addresses in the local network, and a QR code for a terminal."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import socket
from collections.abc import Iterable
from typing import Final

from imu_hinge.errors import PageError

__all__ = ["INSTALL", "lan_addresses", "lan_urls", "page_url", "qr_lines"]

INSTALL: Final = "Install it with: pip install 'imu-hinge[live]'"

_ELSEWHERE: Final = "192.0.2.1"
"""An address of documentation (RFC 5737): asked for the way there, never sent to."""


def lan_addresses(found: Iterable[str] | None = None) -> tuple[str, ...]:
    """This computer's IPv4 addresses that others on its network can reach, the likeliest first; may be empty.

    ``found`` replaces what the computer says of itself.
    """
    seen = dict.fromkeys(_own_addresses() if found is None else found)
    return tuple(sorted((one for one in seen if _reachable(one)), key=_likelihood))


def lan_urls(port: int, token: str | None = None) -> tuple[str, ...]:
    """Links for phones on the same network, the likeliest first; empty without a network."""
    return tuple(page_url(address, port, token) for address in lan_addresses())


def page_url(host: str, port: int, token: str | None = None) -> str:
    """The page's link at a host."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/" + (f"?k={token}" if token else "")


def qr_lines(url: str) -> list[str]:
    """A link as a QR code of half blocks, dark on light for any terminal that prints them black on white.

    Raises ``PageError`` without the extra ``live``.
    """
    try:
        import segno
    except ImportError as error:
        raise PageError("QR codes need the extra live, which is not installed", advice=INSTALL) from error
    out = io.StringIO()
    segno.make(url, micro=False, error="m").terminal(out, border=2, compact=True)
    return out.getvalue().splitlines()


def _own_addresses() -> list[str]:
    found = []
    # no way out is no error: the names below may still know an address
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect((_ELSEWHERE, 9))
        found.append(str(way.getsockname()[0]))
    try:
        told = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:
        told = []
    return [*found, *(str(one[4][0]) for one in told)]


def _reachable(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def _likelihood(text: str) -> int:
    """Home networks first, then what virtual machines and containers use, then addresses nobody handed out."""
    address = ipaddress.ip_address(text)
    if address.is_link_local:
        return 3
    if not address.is_private:
        return 2
    return int(address in ipaddress.ip_network("172.16.0.0/12"))
