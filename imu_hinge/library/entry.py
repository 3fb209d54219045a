"""A session as the library knows it: read from its folder, checked value by value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from imu_hinge.conventions import CONTRACT_VERSION
from imu_hinge.errors import LibraryError, one_line
from imu_hinge.library.additions import Additions, read_additions
from imu_hinge.library.began import Began, began_of
from imu_hinge.library.folders import RECORDING, SUMMARY
from imu_hinge.session.rep_table import RepRow, rep_rows

__all__ = ["Entry", "LibrarySet", "Session", "entry_of", "read_entry", "read_summary"]

_MOST_BYTES: Final = 64_000_000
_LONGEST_WORD: Final = 200
_LARGEST: Final = 2.0**53


@dataclass(frozen=True)
class LibrarySet:
    """A set of a session; ``load_kg`` as corrected, ``recorded_kg`` as the recording says."""

    number: int
    exercise: str
    load_kg: float | None
    recorded_kg: float | None
    start_s: float
    end_s: float
    creep_deg_per_rep: float | None
    creep_sd_deg_per_rep: float | None
    reps: int
    good: int
    told: int
    """Reps whose verdict is not 'cannot tell'."""


@dataclass(frozen=True)
class Session:
    """One session of the library; ``folder`` is its name there."""

    folder: str
    began_s: float
    """s since 1970, UTC."""
    began_from: str
    recording: str
    clips: str
    sites: str
    """Which clips sat where, such as back@T12 thigh@thigh."""
    calibration: str
    imu_hinge: str
    reference_lumbar_deg: float | None
    reference_lumbar_sd_deg: float | None
    rpe: float | None
    note: str
    tags: tuple[str, ...]
    sets: tuple[LibrarySet, ...]

    @property
    def exercises(self) -> tuple[str, ...]:
        """Each exercise once, in the order of the sets."""
        return tuple(dict.fromkeys(one.exercise for one in self.sets))

    @property
    def loads_kg(self) -> tuple[float, ...]:
        """Each load once, ascending."""
        return tuple(sorted({one.load_kg for one in self.sets if one.load_kg is not None}))


@dataclass(frozen=True)
class Entry:
    """A session and the rows of its reps, loads as corrected."""

    session: Session
    reps: tuple[RepRow, ...]


def read_entry(folder: Path) -> Entry:
    """The session of a folder. Raises LibraryError that says what is wrong with it, OSError where it cannot be read."""
    if not (folder / SUMMARY).exists():
        if (folder / RECORDING).exists():
            raise LibraryError("recorded, and not analysed yet")
        raise LibraryError(f"it has no {SUMMARY}")
    summary = read_summary(folder / SUMMARY)
    added = read_additions(folder)
    return entry_of(folder.name, summary, added, began_of(folder))


def read_summary(path: Path) -> Mapping[str, Any]:
    """The values of a summary.json of this contract; raises LibraryError, OSError."""
    if path.is_symlink() or path.stat().st_size > _MOST_BYTES:
        raise LibraryError(f"{path.name} is a link or too large")
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise LibraryError(f"{path.name} is no JSON") from error
    if not isinstance(values, dict) or "sets" not in values:
        raise LibraryError(f"{path.name} is not the summary of an analysis")
    if values.get("contract") != CONTRACT_VERSION:
        found = one_line(str(values.get("contract")))[:20]
        raise LibraryError(f"{path.name} is of contract {found}, this program reads {CONTRACT_VERSION}")
    return values


def entry_of(name: str, summary: Mapping[str, Any], added: Additions, began: Began) -> Entry:
    """The session that a summary and what was added to it make; raises LibraryError where the summary is malformed."""
    try:
        return _entry(name, summary, added, began)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        what = f"{type(error).__name__}: {one_line(str(error))[:80]}"
        raise LibraryError(f"{SUMMARY} is not the summary of an analysis ({what})") from error


def _entry(name: str, summary: Mapping[str, Any], added: Additions, began: Began) -> Entry:
    rows = [_checked(row) for row in rep_rows(summary)]
    rows = [replace(row, load_kg=added.load_of(row.set_number, row.load_kg)) for row in rows]
    if added.began_utc_s is not None:
        began = Began(added.began_utc_s, added.began_from)
    session = Session(
        folder=name,
        began_s=began.utc_s,
        began_from=began.known_from,
        recording=_word(summary["recording"]),
        clips=_word("+".join(summary["clips"])),
        sites=" ".join(sorted(f"{_word(c)}@{_word(q.get('site', c))}" for c, q in summary["quality"]["clips"].items())),
        calibration=_word(summary["quality"]["calibration"]),
        imu_hinge=_word(summary["imu_hinge"]),
        reference_lumbar_deg=_number(summary.get("reference_lumbar_deg")),
        reference_lumbar_sd_deg=_number(summary.get("reference_lumbar_sd_deg")),
        rpe=added.rpe,
        note=added.note,
        tags=added.tags,
        sets=tuple(
            _set(number, one, [row for row in rows if row.set_number == number], added)
            for number, one in enumerate(summary["sets"], start=1)
        ),
    )
    return Entry(session, tuple(rows))


def _set(number: int, one: Mapping[str, Any], rows: list[RepRow], added: Additions) -> LibrarySet:
    recorded = _number(one.get("load_kg"))
    return LibrarySet(
        number=number,
        exercise=_word(one["exercise"]),
        load_kg=added.load_of(number, recorded),
        recorded_kg=recorded,
        start_s=_sure(one["start_s"]),
        end_s=_sure(one["end_s"]),
        creep_deg_per_rep=_number(one["creep_deg_per_rep"]),
        creep_sd_deg_per_rep=_number((one.get("creep") or {}).get("sd_deg_per_rep")),
        reps=len(rows),
        good=sum(row.verdict == "good" for row in rows),
        told=sum(row.verdict != "cannot_tell" for row in rows),
    )


def _checked(row: RepRow) -> RepRow:
    """The row with every value of the kind that its column says."""
    return RepRow(**{field.name: _of_kind(str(field.type), getattr(row, field.name)) for field in fields(row)})


def _of_kind(kind: str, value: object) -> Any:
    if kind == "str":
        return _word(value)
    if kind == "int":
        return int(_sure(value))
    return _sure(value) if kind == "float" else _number(value)


def _word(value: object) -> str:
    """Text in one line that a terminal, a page and a database can hold."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return one_line(value.encode("utf-8", "backslashreplace").decode("utf-8"))[:_LONGEST_WORD]


def _number(value: object) -> float | None:
    return None if value is None else _sure(value)


def _sure(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is no number")
    if not (math.isfinite(value) and abs(value) < _LARGEST):
        raise ValueError(f"{value!r} is no measurement")
    return float(value)
