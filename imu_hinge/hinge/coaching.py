"""What a coach would say: for every fault a short live cue, a sentence for afterwards, and what was seen.

Technique, awareness and consistency are what these clips can speak about; nothing here speaks about health.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

__all__ = ["ACHIEVED", "COACHING", "FOR_EXERCISE", "UNSEEN", "Coaching", "coaching_of", "seen_words"]


@dataclass(frozen=True)
class Coaching:
    """How one fault is spoken of. ``name`` is its name in running text; ``cue`` at most four words; ``seen`` is what
    was measured, with {value} for the fault's number."""

    name: str
    cue: str
    advice: str
    seen: str


COACHING: Final[Mapping[str, Coaching]] = MappingProxyType(
    {
        "rounded_back": Coaching(
            "rounded back",
            "back flat, hips back",
            "Push the hips further back before you lower, and stop where the lower back begins to round.",
            "rounded back up to {value}",
        ),
        "arched_back": Coaching(
            "arched back",
            "ribs down, brace",
            "Brace with the ribs down, and fold at the hips instead of arching the lower back.",
            "arched back down to {value}",
        ),
        "butt_wink": Coaching(
            "butt wink",
            "stop above the tuck",
            "Stop just above the depth at which the pelvis tucks under.",
            "butt wink {value}",
        ),
        "spine_first": Coaching(
            "spine first",
            "hips first",
            "Begin by pushing the hips back; the back follows.",
            "spine first by {value}",
        ),
        "hyperextended_lockout": Coaching(
            "hyperextended lockout",
            "stand tall, no lean",
            "Finish standing tall with the glutes tight, without leaning back.",
            "hyperextended lockout {value}",
        ),
        "incomplete_lockout": Coaching(
            "incomplete lockout",
            "hips all the way",
            "Drive the hips all the way forward until you stand tall.",
            "incomplete lockout {value}",
        ),
        "knee_dominant": Coaching(
            "knee dominant",
            "hips back, shins still",
            "Send the hips back rather than the knees forward; the shins stay as they are.",
            "knee dominant, {value} the usual thigh tilt",
        ),
        "hips_shoot_up": Coaching(
            "hips shoot up",
            "chest up with hips",
            "Let chest and hips rise together: push the floor away and keep the chest where it is.",
            "hips shoot up {value}",
        ),
        "knee_bend_changed": Coaching(
            "knee bend changed",
            "keep the knee bend",
            "Set a slight knee bend at the start and keep it throughout.",
            "knee bend changed {value}",
        ),
        "twist": Coaching(
            "twist",
            "stay square",
            "Keep hips and shoulders square to the front; check that the load is even.",
            "twist {value}",
        ),
        "rushed": Coaching(
            "rushed",
            "slower on the way",
            "Take as long on the way down as in your other reps.",
            "rushed, {value} as fast down as usual",
        ),
    }
)
"""Fault -> words; with those below the only place where faults are put into words."""

ACHIEVED: Final[Mapping[str, Coaching]] = MappingProxyType(
    {"target_depth": Coaching("target depth", "deep enough", "", "target depth reached at {value}")}
)
"""Cue that is no fault -> words."""

FOR_EXERCISE: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("squat", "rounded_back"): "Keep the chest up on the way down, and stop where the lower back begins to round.",
        (
            "squat",
            "arched_back",
        ): "Brace with the ribs down, and sit down between the hips instead of arching the lower back.",
        ("sit_to_stand", "rounded_back"): "Lean forward from the hips with a long back before you stand up.",
        ("sprint_start", "rounded_back"): "Lift the hips and lengthen the back before you set off.",
        ("bridge", "arched_back"): "Lift with the hips, ribs down, and stop where the lower back begins to arch.",
        ("bridge", "incomplete_lockout"): "Push the hips up until trunk and thighs make one line.",
        ("bridge", "rushed"): "Take as long on the way up as in your other reps.",
    }
)
"""Exercise and fault -> advice, where that for a hinge would not fit."""

_HINGED: Final = (
    "feet slightly wider than the shoulders, toes ahead",
    "feel the hamstrings stretch on the way down",
    "squeeze the glutes at the top",
)
UNSEEN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "hinge": _HINGED,
        "rdl": _HINGED,
        "deadlift": ("brace before you pull", "keep the bar close", "squeeze the glutes at the top"),
        "squat": ("knees in line with the toes", "heels on the floor"),
        "pickup": ("stand close to it and hold it close", "turn with the feet"),
        "jump": ("extend hips and ankles fully", "land softly, knees over toes"),
        "sprint_start": ("push off with both feet", "first step straight ahead"),
        "bridge": ("push through both feet", "feel the glutes lift"),
        "sit_to_stand": ("the same chair every time", "weight on both legs, no push with the hands"),
    }
)
"""Exercise -> what belongs to it and clips on thigh and trunk cannot see: said, never scored."""


def coaching_of(fault: str, exercise: str = "") -> Coaching:
    """The words of a fault (or of another cue), for an exercise where that has its own; without words it is called by
    its name."""
    plain = fault.replace("_", " ")
    unknown = Coaching(plain, plain, "", plain + " {value}")
    words = COACHING.get(fault) or ACHIEVED.get(fault, unknown)
    return replace(words, advice=FOR_EXERCISE.get((exercise, fault), words.advice))


def seen_words(fault: str, value: str) -> str:
    """What was seen, with its number as it is to be written; without one ('') just the name."""
    words = coaching_of(fault)
    return words.seen.format(value=value) if value else words.name
