"""Rows as CSV that a spreadsheet cannot be tricked with: numbers stay numbers, and no text becomes a formula.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, whatever quotes the file has
around it. A text cell like that gets an apostrophe in front, which spreadsheets take for "this is text". Sources: RFC
4180; OWASP, CSV Injection.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["Cell", "csv_text", "harmless"]

Cell = str | int | float | None

_FORMULA: Final = re.compile(
    # The start of a cell, or what another setting takes for its end: a cell quoted for commas is cut at a semicolon
    # where that is the list separator.
    r"(^|[;,|\t\n\"])"
    # Spaces in front, which some spreadsheets drop.
    r"([^\S\t\n]*)"
    # The signs of a formula, also as East Asian keyboards write them.
    r"(?=[=+\-@＝＋－＠])"
)
_INVISIBLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\u200b-\u200f\u2028-\u202e\u2060-\u2069]")


def harmless(text: str) -> str:
    """Text as a cell may hold it: an apostrophe before what a spreadsheet would take for the start of a formula.

    Characters that cannot be seen are left out (they hide what follows them), a tab or a line break becomes a space.
    Other text stays as it is; doing it twice changes nothing more.
    """
    seen = _INVISIBLE.sub("", text)
    # Before tabs and breaks become spaces, each is a place where a cell may begin.
    guarded = _FORMULA.sub(r"\1\2'", seen.replace("\r\n", "\n").replace("\r", "\n"))
    return guarded.replace("\n", " ").replace("\t", " ")


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table as CSV (RFC 4180: commas, quotes where needed, CRLF), None as an empty cell, text ``harmless``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()
