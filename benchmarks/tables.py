"""A benchmark's outcome: a heading, a few sentences, one table, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Outcome", "markdown"]


@dataclass(frozen=True)
class Outcome:
    """``rows`` are the table as people read it, ``numbers`` the same as plain JSON values."""

    name: str
    title: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Mapping[str, object] = field(default_factory=dict)


def markdown(outcome: Outcome) -> str:
    """The outcome as a section; columns are padded so that the text reads as well as the page."""
    table = [list(outcome.columns), *map(list, outcome.rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(outcome.columns))]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join([first, *others]) + " |"

    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([f"## {outcome.title}", "", outcome.about, "", line(table[0]), rule, *map(line, table[1:]), ""])
