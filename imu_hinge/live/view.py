"""What a screen shows of a live session: one snapshot, plain values, made by the session and only read by screens.

Terminal and page are both drawn from this and from nothing else, so neither can hold up the session or change it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any

__all__ = [
    "Board",
    "BodyView",
    "ClipView",
    "CueView",
    "Limits",
    "Measured",
    "Notice",
    "Phase",
    "Prompt",
    "RepView",
    "SetSummary",
    "View",
    "as_json",
]


class Phase(StrEnum):
    """Where a session is."""

    CONNECTING = "connecting"
    WHERE = "where"
    """Which clip is worn where."""
    CALIBRATING = "calibrating"
    REMINDER = "reminder"
    """What the clips cannot see, said before the first set."""
    SET = "set"
    REST = "rest"
    PAUSED = "paused"
    SAVING = "saving"
    ENDED = "ended"


@dataclass(frozen=True)
class Measured:
    """A value and its standard deviation, in the unit of its place; None: these clips cannot tell (now)."""

    value: float | None = None
    sd: float | None = None


@dataclass(frozen=True)
class Limits:
    """Lumbar flexion, deg, at which the present depth turns amber and red; None where not judged."""

    arch_red: float | None = None
    arch_amber: float | None = None
    round_amber: float | None = None
    round_red: float | None = None


@dataclass(frozen=True)
class BodyView:
    """The body now, side view, deg: pitch forward from standing of each segment, None where unknown; hip and lumbar
    flexion with SD. ``lumbar_state`` is ``unknown``, ``neutral``, ``rounding``, ``rounded``, ``arching`` or ``arched``:
    the -ing ones amber, the others red."""

    shank_pitch_deg: float | None = None
    thigh_pitch_deg: float | None = None
    pelvis_pitch_deg: float | None = None
    back_pitch_deg: float | None = None
    hip_deg: Measured = field(default_factory=Measured)
    lumbar_deg: Measured = field(default_factory=Measured)
    lumbar_state: str = "unknown"
    limits: Limits = field(default_factory=Limits)
    target_hip_deg: float | None = None
    """Hip flexion at the bottom of the athlete's own reference hinges."""
    folding: bool = False


@dataclass(frozen=True)
class Prompt:
    """What the athlete is asked to do: ``title`` in at most five words, ``text`` a sentence. ``problem`` says why a
    step is asked for again, ``got`` what the step showed. ``progress`` runs from 0 to 1, ``step`` of ``steps``."""

    title: str
    text: str = ""
    step: int = 0
    steps: int = 0
    progress: float = 0.0
    got: str = ""
    problem: str = ""
    keys: tuple[str, ...] = ()
    """What the keyboard does now, such as ``space: begin``."""


@dataclass(frozen=True)
class CueView:
    """A cue that fell: ``serial`` counts them, ``words`` are what a coach calls out; ``severity`` is amber, red or
    good."""

    serial: int
    time_s: float
    name: str
    severity: str
    words: str
    detail: str


@dataclass(frozen=True)
class RepView:
    """A rep that ended: its number in the set, ``verdict`` good, faulty or cannot_tell, ``words`` the verdict for
    people, ``advice`` one sentence or empty."""

    number: int
    verdict: str
    words: str
    advice: str
    hip_deg: Measured
    lumbar_deg: Measured
    tempo: str
    severity: str = ""
    """amber or red where faulty."""


@dataclass(frozen=True)
class SetSummary:
    """A set that ended, in words: ``headline`` such as ``7 of 8 reps good``, ``lines`` what stood out, ``advice`` the
    one thing to work on."""

    exercise: str
    load_kg: float | None
    reps: int
    good: int
    headline: str
    lines: tuple[str, ...]
    advice: str
    ended_s: float
    verdicts: tuple[str, ...] = ()
    """One word for each rep: good, amber, red or cannot_tell."""


@dataclass(frozen=True)
class ClipView:
    """A clip's health. ``state`` is ok, warn or bad; ``advice`` what to do about it, empty where nothing."""

    clip: str
    state: str
    link: str
    words: str
    advice: str = ""
    battery_percent: int | None = None
    rate_hz: float | None = None
    loss_fraction: float = 0.0
    clock_residual_ms: float | None = None


@dataclass(frozen=True)
class Notice:
    """Something the athlete should know: ``level`` is info, warn or bad."""

    level: str
    text: str
    advice: str = ""


@dataclass(frozen=True)
class View:
    """Everything a screen may show, at one instant. ``time_s`` is the newest sample's, on the session's clock."""

    serial: int
    phase: Phase
    time_s: float
    exercise: str
    load_kg: float | None = None
    set_number: int = 0
    reps: int = 0
    good: int = 0
    verdicts: tuple[str, ...] = ()
    """Of the set's reps so far, as in ``SetSummary``."""
    body: BodyView = field(default_factory=BodyView)
    prompt: Prompt | None = None
    cue: CueView | None = None
    """The newest cue; screens show it for two seconds from when they first see its serial."""
    last_rep: RepView | None = None
    last_set: SetSummary | None = None
    clips: tuple[ClipView, ...] = ()
    notices: tuple[Notice, ...] = ()
    reminders: tuple[str, ...] = ()
    log: tuple[str, ...] = ()
    """The last lines of what happened, oldest first."""
    calibration: str = "none"
    """none, minimal, partial or full."""
    calibration_age_s: float | None = None
    sound: str = ""
    """How cues sound: ``on``, ``off``, or why they cannot."""
    report: str = ""
    """Where the report is, once it is written."""


class Board:
    """Holds the newest view: the session puts, any number of threads look."""

    def __init__(self, first: View) -> None:
        self._view = first

    def put(self, view: View) -> None:
        """Show another view from now on; never blocks."""
        self._view = view

    def look(self) -> View:
        """The newest view."""
        return self._view


def as_json(view: View) -> dict[str, Any]:
    """A view as plain JSON values; what is not finite becomes None."""
    return {name: _plain(getattr(view, name)) for name in _names(View)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in _names(value.__class__)}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value
