"""Tables of sessions for a terminal of 80 columns; whatever came from files is shown as it is, and harmless."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from imu_hinge.errors import one_line
from imu_hinge.library.compare import Comparison, Row
from imu_hinge.library.entry import LibrarySet, Session
from imu_hinge.library.measures import GOOD_RATE, Point
from imu_hinge.library.wording import amount, amount_with, number
from imu_hinge.session.rep_table import RepRow

__all__ = [
    "comparison_table",
    "console",
    "day_words",
    "list_table",
    "lumbar_median",
    "plain",
    "session_json",
    "session_lines",
    "sets_table",
]

_NOTE = 60
_WHOLE = ("began", "load", "change", "latest")
"""Columns whose cells stay in one line."""


def console() -> Console:
    """Standard output, where nothing is read as markup, as an emoji or as a number to colour."""
    return Console(markup=False, emoji=False, highlight=False)


def plain(text: str, longest: int = 200) -> Text:
    """Text from anywhere for a table: in one line, nothing that steers a terminal, cut where it is too long."""
    clean = one_line(text)
    return Text(clean if len(clean) <= longest else f"{clean[: longest - 1]}…")


def day_words(time_s: float) -> str:
    """A time (s since 1970) as local day and minute."""
    return f"{datetime.fromtimestamp(time_s, tz=UTC).astimezone():%Y-%m-%d %H:%M}"


def lumbar_median(reps: Iterable[RepRow]) -> float | None:
    """Median lumbar flexion at the bottom, degrees from standing; None where no rep tells."""
    known = [rep.lumbar_at_bottom_deg for rep in reps if rep.lumbar_at_bottom_deg is not None]
    return statistics.median(known) if known else None


def table(*heads: str | tuple[str, str]) -> Table:
    """An empty table; a head is a name, or a name and where its column is set ('right', 'left')."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for head in heads:
        name, side = head if isinstance(head, tuple) else (head, "left")
        whole = name in _WHOLE
        made.add_column(name, justify="right" if side == "right" else "left", overflow="fold", no_wrap=whole)
    return made


def list_table(sessions: Sequence[tuple[int, Session]], reps: Mapping[str, Sequence[RepRow]]) -> Table:
    """One row a session: number, when it began, sets, good reps, lumbar flexion at the bottom, RPE, tags and note."""
    made = table(
        ("#", "right"), "began", "sets", ("good reps", "right"), ("lumbar", "right"), ("RPE", "right"), "tags · note"
    )
    for place, session in sessions:
        good, told, total = (sum(getattr(one, key) for one in session.sets) for key in ("good", "told", "reps"))
        median = lumbar_median(reps.get(session.folder, ()))
        words = " · ".join(part for part in (" ".join(session.tags), session.note) if part)
        made.add_row(
            str(place),
            day_words(session.began_s),
            plain(_sets_words(session.sets)),
            f"{good}/{total}" if told == total else f"{good}/{told} ({total})",
            "–" if median is None else f"{number(median, 0)}°",
            "" if session.rpe is None else f"{session.rpe:g}",
            plain(words, _NOTE),
        )
    return made


def _sets_words(sets: Sequence[LibrarySet]) -> str:
    """'3× rdl 60 kg, 2× squat 80–100 kg'."""
    words = []
    for exercise in dict.fromkeys(one.exercise for one in sets):
        those = [one for one in sets if one.exercise == exercise]
        loads = sorted({one.load_kg for one in those if one.load_kg is not None})
        load = "" if not loads else f" {loads[0]:g} kg" if len(loads) == 1 else f" {loads[0]:g}–{loads[-1]:g} kg"
        words.append(f"{len(those)}× {exercise}{load}")
    return ", ".join(words) or "no sets"


def session_lines(place: int, session: Session) -> list[str]:
    """What is known of a session as a whole."""
    reference = session.reference_lumbar_deg
    hinge = "" if reference is None else f", own reference hinge {number(reference, 1)}° lumbar flexion"
    lines = {
        "session": f"{session.folder} (number {place})",
        "began": f"{day_words(session.began_s)} (by {session.began_from})",
        "recording": session.recording,
        "clips": ", ".join(part.replace("@", " at ") for part in session.sites.split()),
        "calibration": f"{session.calibration}{hinge}",
        "tags": " ".join(session.tags) or "–",
        "RPE": "–" if session.rpe is None else f"{session.rpe:g} of 10",
        "note": session.note or "–",
    }
    return [f"{name:<12}{one_line(value)}" for name, value in lines.items()]


def sets_table(session: Session, reps: Sequence[RepRow]) -> Table:
    """One row a set."""
    made = table(
        ("set", "right"),
        "exercise",
        ("load", "right"),
        ("good reps", "right"),
        ("hip", "right"),
        ("lumbar", "right"),
        ("creep °/rep", "right"),
        "faults",
    )
    for one in session.sets:
        mine = [rep for rep in reps if rep.set_number == one.number]
        hips = [rep.hip_flexion_max_deg for rep in mine if rep.hip_flexion_max_deg is not None]
        lumbar = lumbar_median(mine)
        corrected = "" if one.load_kg == one.recorded_kg else "*"
        faults: dict[str, int] = {}
        for name in (fault.partition(":")[0] for rep in mine for fault in rep.faults.split()):
            faults[name] = faults.get(name, 0) + 1
        made.add_row(
            str(one.number),
            plain(one.exercise, 20),
            "–" if one.load_kg is None else f"{one.load_kg:g} kg{corrected}",
            f"{one.good}/{one.reps}" if one.told == one.reps else f"{one.good}/{one.told} ({one.reps})",
            f"{number(statistics.median(hips), 0)}°" if hips else "–",
            "–" if lumbar is None else f"{number(lumbar, 0)}°",
            "–" if one.creep_deg_per_rep is None else f"{number(one.creep_deg_per_rep, 1, sign=True)}",
            plain(", ".join(f"{count}× {name.replace('_', ' ')}" for name, count in faults.items())),
        )
    return made


def comparison_table(found: Comparison, places: tuple[str, str]) -> Table:
    """One row a measure: both sessions, the change with its 90 % interval (of rates its ends), and the word for it."""
    made = table("", (places[0], "right"), (places[1], "right"), ("change", "right"), "in the second")
    for row in found.rows:
        change = "–"
        if row.change is not None:
            change = number(row.change, row.measure.digits, sign=True)
            if row.low is not None and row.high is not None and row.measure is not GOOD_RATE:
                change += f" ± {number((row.high - row.low) / 2.0, row.measure.digits)}"
            elif row.low is not None and row.high is not None:
                change = " to ".join(number(end, row.measure.digits, sign=True) for end in (row.low, row.high))
        made.add_row(row.measure.short, _point(row, row.first), _point(row, row.second), change, row.word)
    return made


def _point(row: Row, point: Point | None) -> str:
    if point is None:
        return "–"
    if row.measure is GOOD_RATE:
        return f"{amount(row.measure, point.estimate.value)} of {point.reps}"
    return amount_with(row.measure, point.estimate.value, point.estimate.se)


def session_json(place: int, session: Session, reps: Sequence[RepRow]) -> dict[str, Any]:
    """A session as plain values; times in s since 1970 and as local text."""
    return {
        "number": place,
        "folder": session.folder,
        "began": day_words(session.began_s),
        "began_utc_s": session.began_s,
        "began_from": session.began_from,
        "recording": session.recording,
        "clips": session.clips.split("+"),
        "calibration": session.calibration,
        "reference_lumbar_deg": session.reference_lumbar_deg,
        "lumbar_at_bottom_median_deg": lumbar_median(reps),
        "good_reps": sum(one.good for one in session.sets),
        "reps": sum(one.reps for one in session.sets),
        "cannot_tell": sum(one.reps - one.told for one in session.sets),
        "rpe": session.rpe,
        "tags": list(session.tags),
        "note": session.note,
        "sets": [
            {
                "set": one.number,
                "exercise": one.exercise,
                "load_kg": one.load_kg,
                "recorded_load_kg": one.recorded_kg,
                "good_reps": one.good,
                "reps": one.reps,
                "creep_deg_per_rep": one.creep_deg_per_rep,
            }
            for one in session.sets
        ],
    }
