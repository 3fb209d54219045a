"""Who is let in: by host, by origin, by token, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from imu_hinge.live.page_gate import Gate, cookie_name, security_headers

TOKEN = "a-token-of-some-length"
ADDRESS = ("192.168.1.20", 8765)


def scope(*headers: tuple[str, str], query: str = "", server: tuple[str, int] = ADDRESS) -> dict[str, Any]:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"type": "websocket", "headers": pairs, "query_string": query.encode(), "server": server}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST", "[::1]:9", "192.168.1.20:8765", "gym-laptop.local:8765"]
)
def test_the_page_answers_to_its_own_names(host: str) -> None:
    assert Gate(None, frozenset({"gym-laptop.local"})).host_of(scope(("host", host))) == host.lower()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "192.168.1.21:8765",
        "localhost:8765@evil.example",
        "",
        "a b",
        "127.0.0.1:8765; x",
        "[::1",
        "127.0.0.1:999999",
    ],
)
def test_a_name_that_was_pointed_at_this_computer_is_refused(host: str) -> None:
    assert Gate(None).host_of(scope(("host", host))) is None


def test_no_host_or_two_are_refused() -> None:
    assert Gate(None).host_of(scope()) is None
    assert Gate(None).host_of(scope(("host", "localhost"), ("host", "localhost"))) is None


def test_a_socket_is_opened_by_our_own_page_only() -> None:
    gate, host = Gate(None), "127.0.0.1:8765"
    assert gate.same_origin(scope(("origin", "http://127.0.0.1:8765")), host)
    foreign = [
        "http://evil.example",
        "http://127.0.0.1:9999",
        "http://localhost:8765",
        "null",
        "",
        "http://[",
        "file://",
    ]
    assert not any(gate.same_origin(scope(("origin", one)), host) for one in foreign)
    assert not gate.same_origin(scope(), host), "every browser names the origin"


def test_the_token_comes_in_the_link_or_in_the_cookie() -> None:
    gate, name = Gate(TOKEN), cookie_name(8765)
    assert gate.has_token(scope(query=f"k={TOKEN}"))
    assert gate.has_token(scope(("cookie", f"other=1; {name}={TOKEN}")))
    wrong = [
        scope(),
        scope(query="k="),
        scope(query=f"k={TOKEN[:-1]}"),
        scope(query=f"K={TOKEN}"),
        scope(query="&".join(["k=x"] * 50)),
        scope(("cookie", f"{cookie_name(9)}={TOKEN}")),
        scope(("cookie", f"{name}=\xff")),
        scope(("cookie", "=;;=\x00")),
    ]
    assert not any(gate.has_token(one) for one in wrong)


def test_without_a_token_none_is_asked_for() -> None:
    assert Gate(None).has_token(scope())


def test_the_browser_is_told_to_load_nothing_from_elsewhere() -> None:
    said = {name.decode(): value.decode() for name, value in security_headers("10.0.0.2:8765")}
    assert said["content-security-policy"].startswith("default-src 'none'; ")
    assert "connect-src 'self' ws://10.0.0.2:8765;" in said["content-security-policy"]
    assert "unsafe" not in said["content-security-policy"]
    assert said["x-content-type-options"] == "nosniff"
    assert said["referrer-policy"] == "no-referrer"
    assert said["cache-control"] == "no-store"
