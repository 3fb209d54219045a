"""What an athlete set out to do in a live session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from imu_hinge.conventions import EXERCISES
from imu_hinge.live.status import StatusParams
from imu_hinge.session.guide import GuideParams

__all__ = ["Command", "Order", "Plan"]


class Order(StrEnum):
    """What can be asked of a session while it runs."""

    SET = "set"
    """Begin a set, or end the one under way; during a question: yes, go on."""
    MARK = "mark"
    UNDO = "undo"
    EXERCISE = "exercise"
    """The next exercise, or the one named."""
    LOAD = "load"
    """``value`` in kg; empty: none."""
    CALIBRATE = "calibrate"
    SKIP = "skip"
    EXCHANGE = "exchange"
    """The clips are worn the other way round."""
    STOP = "stop"


@dataclass(frozen=True)
class Command:
    """An order, with what belongs to it."""

    order: Order
    value: str = ""


@dataclass(frozen=True)
class Plan:
    """What is trained and how the session helps."""

    exercise: str = "hinge"
    load_kg: float | None = None
    exercises: tuple[str, ...] = EXERCISES
    """What the next-exercise key goes through."""
    guided: bool = True
    """Whether the athlete is led through the calibration; a replay brings its own."""
    by_itself: bool = True
    """Whether sets begin and end by themselves."""
    rest_s: float = 25.0
    """A set is over when no rep ended for so long, s."""
    remind_s: float = 6.0
    """How long it is shown what the clips cannot see, unless the first rep begins, s."""
    guide: GuideParams = field(default_factory=GuideParams)
    status: StatusParams = field(default_factory=StatusParams)
    header: Mapping[str, str] = field(default_factory=dict)
    """What is known of athlete and clips, as header lines of the recording."""
