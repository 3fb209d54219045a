"""The page is served beside the session: whatever clients do, the board is served and the session is not held up."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPConnection

import pytest
from live.page.demo_views import SCENES
from websockets.asyncio.client import connect as aconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from imu_hinge.errors import PageError
from imu_hinge.live.page_params import PageParams
from imu_hinge.live.server import PageServer
from imu_hinge.live.view import Board

Serve = Callable[..., PageServer]


@pytest.fixture
def board() -> Board:
    return Board(SCENES["set_neutral"])


def put_next(board: Board, **other: object) -> int:
    view = replace(board.look(), serial=board.look().serial + 1, **other)  # type: ignore[arg-type]
    board.put(view)
    return view.serial


def until(done: Callable[[], bool], within_s: float = 10.0) -> None:
    end, pause = time.monotonic() + within_s, threading.Event()
    while not done():
        assert time.monotonic() < end, "it does not come about"
        pause.wait(0.005)


def watch(server: PageServer, **other: object):  # type: ignore[no-untyped-def]
    return connect(f"ws://127.0.0.1:{server.port}/views", origin=f"http://127.0.0.1:{server.port}", **other)  # type: ignore[arg-type]


def serial_of(text: str | bytes) -> int | None:
    view = json.loads(text).get("view")
    return None if view is None else view["serial"]


def receive_serial(socket_, serial: int) -> None:  # type: ignore[no-untyped-def]
    while serial_of(socket_.recv(timeout=5)) != serial:
        pass


def test_a_screen_sees_what_is_put_on_the_board(serve: Serve, board: Board) -> None:
    server = serve(board)
    with watch(server) as screen:
        assert serial_of(screen.recv(timeout=5)) == board.look().serial
        receive_serial(screen, put_next(board))


def test_a_board_that_rests_gives_signs_of_life(serve: Serve, board: Board) -> None:
    server = serve(board, beat_s=0.05)
    with watch(server) as screen:
        screen.recv(timeout=5)
        ages = [json.loads(screen.recv(timeout=5))["age_s"] for _ in range(3)]
    assert ages == sorted(ages)


def test_a_foreign_site_cannot_watch(serve: Serve, board: Board) -> None:
    server = serve(board)
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{server.port}/views", origin="http://evil.example")  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


def test_on_the_network_the_token_is_needed(board: Board, serve: Serve) -> None:
    server = serve(board, lan=True)
    assert server.token is not None
    assert len(server.token) >= 16
    with pytest.raises(InvalidStatus) as refused:
        watch(server)
    assert refused.value.response.status_code == 403
    line = HTTPConnection("127.0.0.1", server.port, timeout=5)
    line.request("GET", "/")
    assert line.getresponse().status == 403
    line.close()
    with urllib.request.urlopen(server.urls()[-1], timeout=5) as answer:
        cookie = answer.headers["set-cookie"].split(";")[0]
    with watch(server, additional_headers={"Cookie": cookie}) as screen:
        assert serial_of(screen.recv(timeout=5)) is not None


@pytest.mark.parametrize(
    "path", ["//app.js", "/./app.js", "/../app.js", "/%2e%2e/%2e%2e/etc/passwd", "/..%5cserver.py", "/app.js;x", "*"]
)
def test_tricks_with_paths_find_nothing(serve: Serve, board: Board, path: str) -> None:
    server = serve(board)
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(12) == b"HTTP/1.1 404"


def test_every_session_has_a_token_of_its_own(board: Board) -> None:
    assert PageServer(board, PageParams(lan=True)).token != PageServer(board, PageParams(lan=True)).token


def talk(socket_, words: list[str | bytes]) -> None:  # type: ignore[no-untyped-def]
    for one in words:
        socket_.send(one)
    receive_serial(socket_, -1)


@pytest.mark.parametrize("said", [b"\x00\xff" * 20, "x" * 5000, b"x" * 5000, ["hello"] * 40])
def test_whoever_talks_nonsense_loses_its_own_socket_only(serve: Serve, board: Board, said: object) -> None:
    server = serve(board)
    with watch(server) as good, watch(server) as bad:
        with pytest.raises(ConnectionClosed):
            talk(bad, said if isinstance(said, list) else [said])
        receive_serial(good, put_next(board))
        until(lambda: server.watching == 1)


@pytest.mark.parametrize("said", ["{}", "hello", '{"stop": true}', "\x00"])
def test_a_word_or_two_is_not_listened_to(serve: Serve, board: Board, said: str) -> None:
    server = serve(board)
    with watch(server) as screen:
        screen.send(said)
        receive_serial(screen, put_next(board))


@pytest.mark.parametrize("junk", [b"\xff" * 64, b"\x83\x00", b"\x81\xfe", bytes(range(256))])
def test_malformed_frames_end_their_connection_only(serve: Serve, board: Board, junk: bytes) -> None:
    server = serve(board)
    with watch(server) as good:
        raw = handshake(server)
        raw.sendall(junk)
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65536):
            pass
        raw.close()
        receive_serial(good, put_next(board))


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01" * 50, b"GET / HTTP/1.1\r\n\r\n", b"A" * 200_000, b"GET /\x00 HTTP/1.1\r\n\r\n"]
)
def test_what_is_not_http_ends_its_connection_only(serve: Serve, board: Board, junk: bytes) -> None:
    server = serve(board)
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    try:
        raw.sendall(junk)
        while raw.recv(65536):
            pass
    except ConnectionError:
        pass
    raw.close()
    with watch(server) as screen:
        assert serial_of(screen.recv(timeout=5)) is not None


def handshake(server: PageServer, buffer_b: int = 65536) -> socket.socket:
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_b)
    raw.settimeout(10)
    raw.connect(("127.0.0.1", server.port))
    host = f"127.0.0.1:{server.port}"
    raw.sendall(
        f"GET /views HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert raw.recv(12) == b"HTTP/1.1 101"
    return raw


async def test_two_hundred_screens_at_once_get_the_view_or_a_polite_no(serve: Serve, board: Board) -> None:
    server = serve(board)
    url, origin = f"ws://127.0.0.1:{server.port}/views", f"http://127.0.0.1:{server.port}"
    looked: list[float] = []
    stop = threading.Event()

    def session() -> None:
        while not stop.wait(0.01):
            began = time.perf_counter()
            put_next(board)
            looked.append(time.perf_counter() - began)

    turning = threading.Thread(target=session, daemon=True)
    turning.start()

    async def outcome(one) -> str:  # type: ignore[no-untyped-def]
        try:
            first = await asyncio.wait_for(one.recv(), 20)
            second = await asyncio.wait_for(one.recv(), 20)
        except ConnectionClosed as closed:
            return f"closed {closed.rcvd.code}" if closed.rcvd else "cut off"
        return "sees" if (serial_of(second) or 0) > (serial_of(first) or 0) else "stale"

    try:
        screens = await asyncio.gather(*(aconnect(url, origin=origin, open_timeout=30) for _ in range(200)))  # type: ignore[arg-type]
        outcomes = [await outcome(one) for one in screens]
    finally:
        stop.set()
        turning.join()
    assert outcomes.count("sees") == 32
    assert outcomes.count("closed 1013") == 168
    assert server.watching == 32
    assert sorted(looked)[len(looked) // 2] < 0.001, "the session only puts, it never waits"
    await asyncio.gather(*(one.close() for one in screens))


def test_a_screen_that_reads_nothing_is_cut_off_and_nothing_queues_up_for_it(serve: Serve, board: Board) -> None:
    server = serve(board, send_timeout_s=0.2, rate_hz=100)
    stuck = handshake(server, buffer_b=4096)
    with watch(server) as good:
        big = ("x" * 60_000,)
        end = time.monotonic() + 20
        while server.watching > 1:
            assert time.monotonic() < end
            receive_serial(good, put_next(board, log=big))
        receive_serial(good, put_next(board, log=()))
    held = 0
    try:
        while chunk := stuck.recv(65536):
            held += len(chunk)
    except ConnectionError:
        pass
    stuck.close()
    assert held < 1_000_000


def is_cut_off(raw: socket.socket) -> bool:
    with raw:
        try:
            return raw.recv(1) == b""
        except ConnectionResetError:
            return True


def test_connections_that_ask_for_nothing_are_cut_off(serve: Serve, board: Board) -> None:
    server = serve(board, first_request_s=0.1)
    mute = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    assert is_cut_off(mute)


def test_connections_are_bounded_so_that_the_session_can_open_files(serve: Serve, board: Board) -> None:
    server = serve(board, most_clients=1)
    crowd = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(132)]
    late = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    assert is_cut_off(late)
    for one in (*crowd, late):
        one.close()
    with watch(server) as screen:
        assert serial_of(screen.recv(timeout=5)) is not None


def test_a_port_that_is_taken_is_said_in_one_line(serve: Serve, board: Board) -> None:
    taken = serve(board).port
    with pytest.raises(PageError, match=f"port {taken} is taken. Choose another") as said:
        PageServer(board, PageParams(port=taken)).start()
    assert said.value.port == taken


def test_an_address_that_is_not_ours_is_said_in_one_line(board: Board) -> None:
    with pytest.raises(PageError, match="not an address of this computer"):
        PageServer(board, PageParams(host="192.0.2.7", port=0)).start()


def test_without_the_extra_there_is_advice(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(PageError, match=r"Install it with: pip install 'imu-hinge\[live\]'"):
        PageServer(board, PageParams(port=0)).start()


def test_making_a_page_loads_no_web_server() -> None:
    import subprocess

    code = (
        "import sys, imu_hinge.live.server; print([n for n in ('uvicorn', 'starlette', 'segno') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_stopping_tells_the_screens_frees_the_port_and_ends_the_thread(serve: Serve, board: Board) -> None:
    server = serve(board)
    with watch(server) as screen:
        screen.recv(timeout=5)
        server.stop()
        with pytest.raises(ConnectionClosed):
            receive_serial(screen, -1)
    assert not [one for one in threading.enumerate() if one.name == "imu-hinge page"]
    again = serve(board, port=server.port)
    with watch(again) as screen:
        assert serial_of(screen.recv(timeout=5)) is not None


def test_stopping_twice_or_before_starting_is_nothing(board: Board) -> None:
    server = PageServer(board, PageParams(port=0))
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_what_breaks_the_page_is_kept_for_the_session_to_tell(board: Board) -> None:
    server = PageServer(board, PageParams(port=0))
    server.start()
    with watch(server) as screen:
        screen.recv(timeout=5)
        put_next(board, exercise=object())
        until(lambda: server.failure is not None)
    server.stop()
    assert isinstance(server.failure, TypeError)


def test_it_writes_nothing_on_the_terminal(serve: Serve, board: Board, capfd: pytest.CaptureFixture[str]) -> None:
    server = serve(board)
    raw = handshake(server)
    raw.sendall(b"\x81\x84\x00\x00\x00\x00\xff\xfe\xff\xfe")
    while raw.recv(65536):
        pass
    raw.close()
    server.stop()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "wrong", [{"port": 70000}, {"rate_hz": 0}, {"most_clients": 0}, {"token": "short"}, {"beat_s": 0.0}]
)
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PageParams(**wrong)  # type: ignore[arg-type]
