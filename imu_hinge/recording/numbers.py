"""Reading numbers written as text, strictly: what a spreadsheet would also read, and nothing else."""

from __future__ import annotations

import math
import re
from typing import Final

__all__ = ["finite_number", "is_number"]

_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def is_number(text: str) -> bool:
    """Whether ``text`` spells a decimal number: no ``nan``, no ``inf``, no underscores, no spaces."""
    return _NUMBER.fullmatch(text) is not None


def finite_number(text: str) -> float | None:
    """The number that ``text`` spells, or None where it spells none or one too large for a float."""
    if not is_number(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None
