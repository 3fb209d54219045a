"""What the athlete adds to a session: tags, a note, RPE, loads. Kept as session.json in the session's folder.

RPE is Foster's 0 to 10 rating of the whole session (CR10; J Strength Cond Res 2001), in halves.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from imu_hinge.errors import LibraryError, one_line
from imu_hinge.library.folders import ADDED
from imu_hinge.recording.atomic import write_all_or_nothing

__all__ = [
    "Additions",
    "parse_additions",
    "read_additions",
    "with_load",
    "with_note",
    "with_rpe",
    "with_tags",
    "write_additions",
]

_KEY: Final = "imu_hinge_session"
_VERSION: Final = 1
_LONGEST_NOTE: Final = 2000
_LONGEST_TAG: Final = 40
_MOST_TAGS: Final = 50
_MOST_LOAD_KG: Final = 1000.0
_MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True)
class Additions:
    """What was added to one session.

    ``rpe`` is 0 to 10 in halves. ``load_kg`` holds for every set but those in ``set_loads_kg`` (by set number, from
    1); None leaves what the recording says. ``began_utc_s`` and ``began_from`` are there where the session came from
    elsewhere. ``other`` are keys of later programs, kept as they are.
    """

    tags: tuple[str, ...] = ()
    note: str = ""
    rpe: float | None = None
    load_kg: float | None = None
    set_loads_kg: Mapping[int, float] = field(default_factory=dict)
    began_utc_s: float | None = None
    began_from: str = ""
    other: Mapping[str, Any] = field(default_factory=dict)

    def load_of(self, set_number: int, recorded_kg: float | None) -> float | None:
        """The load of a set, kg, as corrected."""
        return self.set_loads_kg.get(set_number, recorded_kg if self.load_kg is None else self.load_kg)


def read_additions(folder: Path) -> Additions:
    """What was added to the session of a folder; nothing where there is no session.json.

    Raises LibraryError where the file is not what this program writes, OSError where it cannot be read.
    """
    path = folder / ADDED
    if not path.exists():
        return Additions()
    if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
        raise LibraryError(f"{ADDED} is a link or too large")
    return parse_additions(path.read_bytes())


def parse_additions(text: bytes) -> Additions:
    """Additions from the bytes of session.json; raises LibraryError where they are not what this program writes."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LibraryError(f"{ADDED} is no JSON") from error
    if not isinstance(values, dict) or values.get(_KEY) != _VERSION:
        version = values.get(_KEY) if isinstance(values, dict) else None
        raise LibraryError(f"{ADDED} is of version {one_line(str(version))[:20]}, this program reads {_VERSION}")
    try:
        return _from_values(dict(values))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LibraryError(f"{ADDED} holds what cannot be ({one_line(str(error))[:80]})") from error


def _from_values(values: dict[str, Any]) -> Additions:
    del values[_KEY]
    tags, note = values.pop("tags", []), values.pop("note", "")
    if not isinstance(note, str) or not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags or note are no text")
    loads = values.pop("load_kg", {})
    began_from = values.pop("began_from", "")
    return Additions(
        tags=tuple(sorted({clean for tag in tags if (clean := _plain(tag)[:_LONGEST_TAG])})[:_MOST_TAGS]),
        note=_plain(note)[:_LONGEST_NOTE],
        rpe=_number(values.pop("rpe", None), 10.0, "rpe"),
        load_kg=_number(loads.get("every_set"), _MOST_LOAD_KG, "load_kg"),
        set_loads_kg={
            int(number): kg
            for number, load in loads.get("sets", {}).items()
            if (kg := _number(load, _MOST_LOAD_KG, "load_kg")) is not None
        },
        began_utc_s=_number(values.pop("began_utc_s", None), 4.2e9, "began_utc_s"),
        began_from=_plain(began_from) if isinstance(began_from, str) else "",
        other=values,
    )


def _plain(text: str) -> str:
    """Text in one line that a terminal, a page and a database can hold."""
    return one_line(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _number(value: object, most: float, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value <= most:
        raise ValueError(f"{name} is no number from 0 to {most:g}")
    return float(value)


def write_additions(folder: Path, added: Additions) -> None:
    """Write session.json whole or not at all; raises OutputError."""
    values: dict[str, Any] = {_KEY: _VERSION, "tags": list(added.tags), "note": added.note, "rpe": added.rpe}
    values["load_kg"] = {
        "every_set": added.load_kg,
        "sets": {str(number): kg for number, kg in sorted(added.set_loads_kg.items())},
    }
    if added.began_utc_s is not None:
        values |= {"began_utc_s": added.began_utc_s, "began_from": added.began_from}
    text = json.dumps(values | dict(added.other), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_all_or_nothing({folder / ADDED: text}, overwrite=True)


def with_tags(added: Additions, add: tuple[str, ...], drop: tuple[str, ...]) -> Additions:
    """Tags added and dropped; a tag is one word in lower case. Raises LibraryError."""
    more, less = ({_tag(word) for word in words} for words in (add, drop))
    missing = sorted(less - set(added.tags))
    if missing:
        has = f"It has {', '.join(added.tags)}." if added.tags else "It has none."
        raise LibraryError(f"the session has no tag {', '.join(missing)}", advice=has)
    tags = tuple(sorted(set(added.tags) - less | more))
    if len(tags) > _MOST_TAGS:
        raise LibraryError(f"{len(tags)} tags are more than {_MOST_TAGS}", advice="Drop some, or write a note.")
    return replace(added, tags=tags)


def _tag(word: str) -> str:
    tag = _plain(word).lower()
    if not tag or " " in tag or len(tag) > _LONGEST_TAG or tag[0] in "+-" or not word.isprintable():
        raise LibraryError(
            f"{tag[:_LONGEST_TAG]!r} cannot be a tag",
            advice=f"A tag is one word of up to {_LONGEST_TAG} characters, such as belt.",
        )
    return tag


def with_note(added: Additions, text: str) -> Additions:
    """Another note, in one line; an empty one removes it. Raises LibraryError where it is too long."""
    note = _plain(text)
    if len(note) > _LONGEST_NOTE:
        raise LibraryError(f"the note has {len(note)} characters", advice=f"Keep it to {_LONGEST_NOTE}.")
    return replace(added, note=note)


def with_rpe(added: Additions, rpe: float | None) -> Additions:
    """Another RPE, 0 to 10 in halves; None removes it. Raises LibraryError."""
    if rpe is not None and not (math.isfinite(rpe) and 0.0 <= rpe <= 10.0 and (2.0 * rpe).is_integer()):
        raise LibraryError(
            f"{rpe:g} is no RPE", advice="RPE goes from 0 (rest) to 10 (nothing left) in halves, such as 7.5."
        )
    return replace(added, rpe=rpe)


def with_load(added: Additions, load_kg: float | None, set_number: int | None) -> Additions:
    """Another load in kg, for one set or (None) for all; a load of None goes back to the recording's.

    Raises LibraryError where it cannot be a load.
    """
    if load_kg is not None and not (math.isfinite(load_kg) and 0.0 <= load_kg <= _MOST_LOAD_KG):
        raise LibraryError(f"{load_kg:g} kg is no load", advice=f"Loads go from 0 to {_MOST_LOAD_KG:g} kg.")
    if set_number is None:
        return replace(added, load_kg=load_kg, set_loads_kg={})
    loads = {number: kg for number, kg in added.set_loads_kg.items() if number != set_number}
    return replace(added, set_loads_kg=loads if load_kg is None else loads | {set_number: load_kg})
