"""Key strokes into orders."""

from __future__ import annotations

import io
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.live.keys import KeyPad, terminal_keys
from imu_hinge.live.plan import Command, Order


@pytest.mark.parametrize(
    ("stroke", "meant"),
    [
        (" ", Order.SET),
        ("\r", Order.SET),
        ("\n", Order.SET),
        ("m", Order.MARK),
        ("u", Order.UNDO),
        ("e", Order.EXERCISE),
        ("r", Order.CALIBRATE),
        ("s", Order.SKIP),
        ("w", Order.EXCHANGE),
        ("q", Order.STOP),
        ("Q", Order.STOP),
    ],
)
def test_each_key_is_an_order(stroke: str, meant: Order) -> None:
    assert KeyPad().take(stroke) == [Command(meant)]


def test_strokes_that_came_together_are_taken_in_turn() -> None:
    assert [c.order for c in KeyPad().take("mu e")] == [Order.MARK, Order.UNDO, Order.SET, Order.EXERCISE]
    assert KeyPad().take("xyz09.\t") == []


@pytest.mark.parametrize(
    ("strokes", "load"),
    [
        ("l62.5\r", "62.5"),
        ("l62,5\n", "62.5"),
        ("L100\r", "100"),
        ("l\r", ""),
        ("l6\x7f\x7f8\r", "8"),
        ("l6x2q\r", "62"),
        ("l1.2.3\r", "1.23"),
        ("l123456789\r", "123456"),
    ],
)
def test_a_load_is_typed_digit_by_digit(strokes: str, load: str) -> None:
    pad = KeyPad()
    assert pad.take(strokes) == [Command(Order.LOAD, load)]
    assert pad.typed is None
    pad, commands = KeyPad(), []
    for stroke in strokes:
        commands += pad.take(stroke)
    assert commands == [Command(Order.LOAD, load)]


def test_escape_leaves_the_typing() -> None:
    pad = KeyPad()
    assert pad.take("l6") == []
    assert pad.typed == "6"
    assert pad.take("\x1b") == []
    assert pad.typed is None
    assert pad.take("m") == [Command(Order.MARK)]


@pytest.mark.parametrize("key", ["\x1b[A", "\x1b[3~", "\x1bOQ", "\x1b[1;5C", "\x1b[15~", "\x1bOS"])
def test_arrows_and_function_keys_are_no_orders_and_swallow_none(key: str) -> None:
    assert KeyPad().take(key) == []
    assert KeyPad().take(f"{key}{key}m{key}") == [Command(Order.MARK)]
    pad = KeyPad()
    assert pad.take(f"l6{key}2") == []
    assert pad.typed == "62"


@given(st.text(alphabet="l0123456789.,\r\n\x1b\x7f\x08 qmueswr[OAİß日", max_size=30))
def test_any_strokes_give_orders_and_numbers(text: str) -> None:
    pad = KeyPad()
    for command in pad.take(text):
        if command.order is Order.LOAD:
            assert set(command.value) <= set("0123456789.")
            assert command.value.count(".") <= 1
    assert pad.typed is None or len(pad.typed) <= 6


def test_without_a_terminal_nobody_is_at_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("qqq"))
    with terminal_keys() as keys:
        assert keys.pressed() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
def test_a_terminal_is_read_stroke_by_stroke_and_put_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import pty
    import termios

    here, there = pty.openpty()
    try:
        with open(there, closefd=False) as terminal:
            monkeypatch.setattr(sys, "stdin", terminal)
            before = termios.tcgetattr(there)
            with terminal_keys() as keys:
                assert keys.pressed() == ""
                os.write(here, b"mu")
                assert keys.pressed() == "mu"
                assert not termios.tcgetattr(there)[3] & termios.ICANON
            assert termios.tcgetattr(there)[3] == before[3]
    finally:
        os.close(here)
        os.close(there)
