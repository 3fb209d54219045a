"""Axes, signs, units and names: the only place they are defined.

World: x forward, y left, z up. Segment frames coincide with the world while the athlete stands tall and looks
forward. Quaternions are ``[w x y z]`` and turn sensor coordinates into world coordinates. SI inside (m/s², rad/s,
s); degrees only at the edges. An accelerometer measures *specific force*: at rest it reads +9.81 m/s² upwards.

A *pitch* is the inclination of a segment's long axis in the sagittal plane, forward positive, zero while standing:
the top of the segment tips forward, which is a positive rotation about the axis that points left. *Hip flexion* is
pelvis pitch minus thigh pitch; *lumbar flexion* (T12 against S1, rounding positive) is T12 pitch minus pelvis pitch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

__all__ = [
    "BACK",
    "CLIPS",
    "CONTRACT_VERSION",
    "EXERCISES",
    "FAULTS",
    "GRAVITY_M_S2",
    "LUMBAR_LEVELS",
    "LUMBAR_SHARE_BELOW",
    "PELVIS",
    "RECORDING_VERSION",
    "SEGMENT_KINDS",
    "SIGN_TABLE",
    "SITES",
    "THIGH",
    "MovementSign",
]

GRAVITY_M_S2: Final = 9.80665
"""Standard gravity, m/s² (ISO 80000-3)."""

RECORDING_VERSION: Final = 1
CONTRACT_VERSION: Final = 1

THIGH: Final = "thigh"
BACK: Final = "back"
PELVIS: Final = "pelvis"
CLIPS: Final = (THIGH, PELVIS, BACK)
"""Clip names, from the ground up."""

SITES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {THIGH: ("thigh",), BACK: ("T12", "L1", "L2", "L3", "L4", "L5", "S1"), PELVIS: ("S1",)}
)
"""Where each clip may sit; the first is the default."""

LUMBAR_LEVELS: Final = ("L5", "L4", "L3", "L2", "L1")
"""Vertebrae above the five lumbar joints, from the sacrum up; T12 moves with L1."""

LUMBAR_SHARE_BELOW: Final[Mapping[str, float]] = MappingProxyType(
    {"T12": 1.0, "L1": 1.0, "L2": 0.87, "L3": 0.68, "L4": 0.46, "L5": 0.195, "S1": 0.0}
)
"""Share k of T12-S1 flexion that happens below a site (Aiyangar 2015, L2-S1 in vivo while lifting)."""

SEGMENT_KINDS: Final = ("stand", "reference_hinge", "pelvic_tilt", "max_flexion", "six_position", "set")

EXERCISES: Final = (
    "hinge",
    "rdl",
    "deadlift",
    "squat",
    "jump",
    "pickup",
    "bridge",
    "sprint_start",
    "sit_to_stand",
)

FAULTS: Final = (
    "rounded_back",
    "arched_back",
    "butt_wink",
    "spine_first",
    "hyperextended_lockout",
    "incomplete_lockout",
    "knee_dominant",
    "hips_shoot_up",
    "knee_bend_changed",
    "twist",
    "rushed",
)

Sign = Literal[-1, 0, 1]


@dataclass(frozen=True)
class MovementSign:
    """One row of the sign table: what a movement does to each angle (+1 rises, -1 falls, 0 stays)."""

    movement: str
    thigh_pitch: Sign
    pelvis_pitch: Sign
    back_pitch: Sign
    hip_flexion: Sign
    lumbar_flexion: Sign


SIGN_TABLE: Final = (
    MovementSign("hip hinge, neutral spine: hips back, trunk tips forward", -1, 1, 1, 1, 0),
    MovementSign("squat: thighs tip back over the knees, trunk leans forward", -1, 1, 1, 1, 0),
    MovementSign("round the lower back, pelvis and legs still", 0, 0, 1, 0, 1),
    MovementSign("arch the lower back, pelvis and legs still", 0, 0, -1, 0, -1),
    MovementSign("anterior pelvic tilt, thorax and legs still", 0, 1, 0, 1, -1),
    MovementSign("posterior pelvic tilt, thorax and legs still", 0, -1, 0, -1, 1),
    MovementSign("swing the straight leg back, trunk still", 1, 0, 0, -1, 0),
    MovementSign("lift the knee, trunk still", -1, 0, 0, 1, 0),
    MovementSign("lean the whole body forward about the ankles", 1, 1, 1, 0, 0),
)
"""Movement -> expected sign; every row is a test (tests/test_conventions.py)."""
