"""Names that files give us, made harmless: as folders, in a terminal, in a table."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Final

from imu_hinge.errors import one_line

__all__ = ["harmless_cell", "recording_id", "text_of"]

_DEEPEST: Final = 4
"""Folders of a recording's path that its results keep."""
_LONGEST: Final = 60
"""Characters kept of each name."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def recording_id(label: str) -> str:
    """Where a recording's results are kept, as a relative path: its own folders and name in harmless characters, and 12
    digits of the hash of the whole label, which keep apart what looks the same."""
    path = PurePosixPath(label)
    digest = blake2b(label.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    folders = [_harmless(part) for part in path.parts[:-1] if part not in ("/", "..")][-_DEEPEST:]
    return "/".join([*folders, f"{_harmless(path.name.removesuffix('.csv'))}-{digest}"])


def text_of(name: str) -> str:
    """A file name as text that every format can hold, in one line; bytes that are no text become escapes."""
    return one_line(name)


def harmless_cell(text: str) -> str:
    """Text as a CSV cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _harmless(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:_LONGEST].lstrip(".") or "_"
