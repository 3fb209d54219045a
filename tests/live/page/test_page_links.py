"""Links that a phone can follow."""

from __future__ import annotations

import pytest

from imu_hinge.errors import PageError
from imu_hinge.live.links import lan_addresses, lan_urls, page_url, qr_lines


def test_addresses_of_a_home_network_come_first_and_loopback_never() -> None:
    found = [
        "127.0.0.1",
        "169.254.3.4",
        "172.17.0.1",
        "192.168.1.20",
        "127.0.1.1",
        "0.0.0.0",
        "10.0.0.5",
        "192.168.1.20",
    ]
    assert lan_addresses(found) == ("192.168.1.20", "10.0.0.5", "172.17.0.1", "169.254.3.4")


def test_a_computer_without_a_network_has_no_links() -> None:
    assert lan_addresses([]) == ()


def test_links_carry_port_and_token() -> None:
    assert page_url("192.168.1.20", 8765, "abc") == "http://192.168.1.20:8765/?k=abc"
    assert page_url("::1", 80) == "http://[::1]:80/"
    assert all(url.endswith(":8765/?k=abc") for url in lan_urls(8765, "abc"))


def test_the_qr_code_is_a_square_that_fits_a_terminal() -> None:
    lines = qr_lines("http://192.168.100.200:8765/?k=0123456789abcdef012345")
    assert len(lines) <= 24
    assert len({len(line) for line in map(plain, lines)}) == 1
    assert len(plain(lines[0])) <= 48


def plain(line: str) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", line)


def test_without_the_extra_there_is_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "segno", None)
    with pytest.raises(PageError, match=r"pip install 'imu-hinge\[live\]'"):
        qr_lines("http://x/")
