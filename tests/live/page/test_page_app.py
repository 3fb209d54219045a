"""What is served: a table of files, one WebSocket, and nothing else."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from live.page.demo_views import SCENES

import imu_hinge
from imu_hinge.live.page_app import FILES, page_app
from imu_hinge.live.page_feed import Feed
from imu_hinge.live.page_gate import Gate, cookie_name
from imu_hinge.live.page_params import PageParams
from imu_hinge.live.view import Board

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette's client speaks of the next client
    testclient = pytest.importorskip("starlette.testclient", reason="httpx is not installed", exc_type=ImportError)

URL = "http://127.0.0.1:8765"
WS = "ws://127.0.0.1:8765/views"  # whole: the client would call another host
TOKEN = "a-token-of-some-length"


def client(token: str | None = None, **params: object):  # type: ignore[no-untyped-def]
    chosen = PageParams(token=token, **params)  # type: ignore[arg-type]
    feed = Feed(Board(SCENES["set_neutral"]), chosen.rate_hz, chosen.beat_s)
    return testclient.TestClient(page_app(feed, Gate(token), chosen), base_url=URL)


def test_every_file_of_the_page_is_served_with_its_kind_and_the_browser_is_held_to_it() -> None:
    with client() as page:
        for path, (_, kind) in FILES.items():
            answer = page.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_table_and_the_folder_hold_the_same_files() -> None:
    folder = Path(imu_hinge.__file__).parent / "live" / "page"
    assert sorted(name for name, _ in FILES.values()) == sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/app.js/",
        "/../server.py",
        "/%2e%2e/server.py",
        "/..%2fserver.py",
        "/page/app.js",
        "/app.js%00",
        "/.git/config",
        "/docs",
        "/openapi.json",
        "/\\..\\server.py",
    ],
)
def test_anything_else_is_not_there(path: str) -> None:
    with client() as page:
        assert page.get(path, follow_redirects=False).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_page_is_read_only(method: str) -> None:
    with client() as page:
        assert page.request(method, "/").status_code == 405


def test_without_the_token_nothing_is_served_not_even_that_there_is_nothing() -> None:
    with client(TOKEN) as page:
        for path in [*FILES, "/nothing"]:
            assert page.get(path).status_code == 403
        assert TOKEN not in page.get("/").text


def test_the_link_leaves_a_cookie_that_scripts_and_other_sites_cannot_use() -> None:
    with client(TOKEN) as page:
        answer = page.get("/", params={"k": TOKEN})
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{cookie_name(8765)}={TOKEN}; ")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert page.get("/app.js").status_code == 200


def test_another_host_name_is_refused() -> None:
    with client() as page:
        assert page.get("/", headers={"host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", None])
def test_a_socket_from_a_foreign_origin_is_refused(origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    with (
        client() as page,
        pytest.raises(testclient.WebSocketDisconnect),
        page.websocket_connect(WS, headers=headers),
    ):
        pass


def test_a_socket_without_the_token_is_refused() -> None:
    with client(TOKEN) as page:
        with pytest.raises(testclient.WebSocketDisconnect), page.websocket_connect(WS, headers={"origin": URL}):
            pass
        headers = {"origin": URL, "cookie": f"{cookie_name(8765)}={TOKEN}"}
        with page.websocket_connect(WS, headers=headers) as socket:
            assert "view" in socket.receive_json()


def test_one_screen_too_many_is_told_so() -> None:
    with (
        client(most_clients=1) as page,
        page.websocket_connect(WS, headers={"origin": URL}) as first,
        page.websocket_connect(WS, headers={"origin": URL}) as second,
    ):
        assert "view" in first.receive_json()
        with pytest.raises(testclient.WebSocketDisconnect) as turned_away:
            second.receive_json()
        assert (turned_away.value.code, turned_away.value.reason) == (1013, "1 screens are watching already")


def test_no_script_writes_markup_and_no_file_names_another_computer() -> None:
    folder = Path(imu_hinge.__file__).parent / "live" / "page"
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "innerHTML" not in text, path.name
        assert "insertAdjacentHTML" not in text, path.name
        assert "eval(" not in text, path.name
        assert "http://" not in text, path.name
        assert "https://" not in text, path.name
