"""No text of a CSV export begins what a spreadsheet would take for a formula, and nothing else is touched."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.export.cells import csv_text, harmless

SIGNS = "=+-@＝＋－＠"
PLAIN = st.text(st.characters(categories=("L", "N"), include_characters=" _.'()/%"), max_size=30)
NASTY = st.lists(
    st.one_of(
        st.sampled_from([*SIGNS, "\t", "\r", "\n", "\x00", "\x1b", "\u200b", ";", ",", '"', "|", " ", "'"]), PLAIN
    ),
    max_size=12,
).map("".join)


def cells_as_spreadsheets_cut_them(text: str) -> list[str]:
    """The cells somebody's settings may make of one cell's text, spaces in front dropped."""
    parts = [text]
    for separator in ',;|\t\r\n"':
        parts = [piece for part in parts for piece in part.split(separator)]
    return [part.lstrip() for part in parts]


@given(NASTY)
def test_no_text_cell_begins_with_a_formula(text: str) -> None:
    assert not any(cell.startswith(tuple(SIGNS)) for cell in cells_as_spreadsheets_cut_them(harmless(text)))


@given(NASTY)
def test_text_in_a_cell_has_no_control_characters_and_is_one_line(text: str) -> None:
    assert harmless(text).isprintable() or not harmless(text)


@given(NASTY)
def test_guarding_twice_changes_nothing_more(text: str) -> None:
    assert harmless(harmless(text)) == harmless(text)


@given(PLAIN)
def test_plain_text_is_unchanged(text: str) -> None:
    assert harmless(text) == text


@given(st.lists(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.none()), min_size=1))
def test_numbers_are_unchanged_also_negative_ones(numbers: list[float | int | None]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(["x"] * len(numbers), [numbers]), newline="")))[1]
    if numbers == [None]:
        assert read in ([], [""])
        return
    assert [None if cell == "" else float(cell) for cell in read] == [None if n is None else float(n) for n in numbers]


@given(st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=4))
def test_a_csv_reader_gets_back_every_guarded_cell(rows: list[tuple[str, str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(("a", "b"), rows), newline=""), strict=True))
    assert read == [["a", "b"], *([harmless(a), harmless(b)] for a, b in rows)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("  -2+3", "  '-2+3"),
        ("\t=1", " '=1"),
        ("a\n=1", "a '=1"),
        ("a;=1", "a;'=1"),
        ("\x1b[2J\u202e=1", "[2J=1"),
        ("a-b=c", "a-b=c"),
        ("Käthe 60 kg", "Käthe 60 kg"),
    ],
)
def test_what_becomes_of_known_attacks(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_lines_end_as_rfc_4180_says() -> None:
    assert csv_text(("a", "b"), [("x,y", 1.5)]) == 'a,b\r\n"x,y",1.5\r\n'
