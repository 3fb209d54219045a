"""What each exercise asks of the joints: bottom posture, tempo, order of onset; and how faults change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from imu_hinge.simulation.athlete import Athlete

__all__ = [
    "DEFAULT_MAGNITUDES",
    "RED_MAGNITUDES",
    "TWISTED",
    "Extra",
    "Magnitudes",
    "RepShape",
    "apply_fault",
    "neutral_rep",
]

DEG: Final = np.pi / 180.0

Magnitudes: TypeAlias = tuple[tuple[str, float, float], ...]

DEFAULT_MAGNITUDES: Final[Magnitudes] = (
    ("rounded", 20.0, 30.0),
    ("arched", 14.0, 19.0),
    ("butt_wink", 16.0, 22.0),
    ("spine_first", 220.0, 380.0),
    ("hyperextended_lockout", 11.0, 16.0),
    ("incomplete_lockout", 9.0, 16.0),
    ("knee_dominant", 28.0, 40.0),
    ("hips_shoot_up", 14.0, 24.0),
    ("knee_bend_changed", 16.0, 26.0),
    ("twist", 10.0, 16.0),
    ("rushed", 0.42, 0.55),
)
"""Label, least and greatest usual magnitude: degrees; ms of lead for ``spine_first``; share of normal time
for
``rushed``."""

RED_MAGNITUDES: Final[Magnitudes] = (
    ("rounded", 18.0, 35.0),
    ("arched", 14.0, 22.0),
    ("butt_wink", 19.0, 30.0),
    ("spine_first", 460.0, 720.0),
    ("hyperextended_lockout", 12.0, 18.0),
    ("incomplete_lockout", 14.5, 22.0),
    ("knee_dominant", 36.0, 48.0),
    ("hips_shoot_up", 20.0, 33.0),
    ("knee_bend_changed", 24.0, 35.0),
    ("twist", 15.0, 24.0),
    ("rushed", 0.34, 0.44),
)
"""The same from just beyond the red threshold (SCIENCE section 4), with room for the rep's own scatter, to strong.

``spine_first`` is how long knees and hips are held back; seen at a tenth of the way, as people and clips see it, the
spine leads by about three quarters of that less 80 ms (``TruthRep.true_values`` has what came of it)."""

TWISTED: Final = (("pelvis_yaw", 0.6), ("axial", 0.4), ("pelvis_roll", -0.35))
"""How a twist of the trunk is shared out: pelvis, spine, and a tilt to the side."""

MOST_KNEE_DEG: Final = 125.0
"""Knees hardly bend further under a load."""


@dataclass(frozen=True)
class Extra:
    """One more stroke within a rep: ``channel`` changes by ``delta`` rad between two phases (0 start, 1
    bottom reached,
    2 way up begins, 3 end).
    """

    channel: str
    begin: float
    end: float
    delta: float


@dataclass(frozen=True)
class RepShape:
    """A rep as strokes: from the top to ``bottom`` and up to ``lockout`` (knee, hip, lumbar in rad beyond
    standing).

    ``lag_down_s`` and ``lag_up_s`` delay each joint's onset (knee, hip, lumbar). A negative ``pause_s``
    turns round before the bottom is quite reached, as people do. ``knee_skew`` is added to the knee's skew,
    down and up.
    """

    bottom: tuple[float, float, float]
    lockout: tuple[float, float, float]
    down_s: float
    pause_s: float
    up_s: float
    lag_down_s: tuple[float, float, float]
    lag_up_s: tuple[float, float, float]
    skew_down: float = -0.15
    skew_up: float = 0.2
    knee_skew: tuple[float, float] = (0.0, 0.0)
    hold_s: float = 0.0
    extras: tuple[Extra, ...] = ()


def neutral_rep(exercise: str, athlete: Athlete, rng: np.random.Generator) -> RepShape:
    """A technically good rep of an exercise, different each time by the athlete's own variability.

    Bottom postures: RDL thigh -18..-32 deg, deadlift -40..-60, parallel squat about -90 (SCIENCE section 4);
    the spine keeps the athlete's own reference flexion.
    """
    a, v = athlete, athlete.variability
    hinge = (a.hinge_knee_rad, a.hinge_hip_rad, a.hinge_lumbar_rad)
    postures: dict[str, tuple[float, float, float]] = {
        "hinge": hinge,
        "reference_hinge": (hinge[0], 0.97 * hinge[1], hinge[2]),
        "rdl": (hinge[0], 1.02 * hinge[1], hinge[2]),
        "deadlift": (hinge[0] + 44 * DEG, hinge[1] + 16 * DEG, hinge[2] + 1.5 * DEG),
        "pickup": (hinge[0] + 40 * DEG, hinge[1] + 18 * DEG, hinge[2] + 5 * DEG),
        "squat": (a.squat_knee_rad, a.squat_hip_rad, hinge[2] + 2 * DEG),
        "sit_to_stand": (92 * DEG, 100 * DEG, hinge[2] + 6 * DEG),
        "max_flexion": (4 * DEG, 0.80 * hinge[1], a.lumbar_max_rad),
        "sprint_start": (62 * DEG, 104 * DEG, hinge[2] + 9 * DEG),
    }
    bounce = {
        "reference_hinge": 0.0,
        "max_flexion": 0.0,
        "squat": 0.24,
        "sit_to_stand": 0.0,
        "sprint_start": 0.0,
    }
    pace = {"reference_hinge": 1.25, "squat": 0.9, "deadlift": 0.95, "pickup": 0.85, "max_flexion": 1.15}
    knee, hip, lumbar = postures[exercise]
    time = pace.get(exercise, 1.0)
    lag = float(abs(rng.normal(0.05, 0.03)))
    return RepShape(
        bottom=(
            knee + rng.normal(0.0, 1.8 * v) * DEG,
            hip + rng.normal(0.0, 2.8 * v) * DEG,
            lumbar + rng.normal(0.0, 1.2 * v) * DEG,
        ),
        lockout=(0.0, 0.0, 0.0),
        down_s=a.eccentric_s * time * float(np.exp(rng.normal(0.0, 0.08 * v))),
        pause_s=a.bottom_pause_s * float(np.exp(rng.normal(0.0, 0.25))) - bounce.get(exercise, 0.14),
        up_s=a.concentric_s * time * float(np.exp(rng.normal(0.0, 0.08 * v))),
        lag_down_s=(0.02 + lag, 0.0, 0.5 * lag + 0.06),
        lag_up_s=(0.0, 0.02, 0.06),
        skew_down=-0.15 + rng.normal(0.0, 0.08),
        skew_up=0.2 + rng.normal(0.0, 0.08),
    )


def _shift(at: tuple[float, float, float], knee: float, hip: float, lumbar: float) -> tuple[float, float, float]:
    return (at[0] + knee * DEG, at[1] + hip * DEG, at[2] + lumbar * DEG)


def apply_fault(shape: RepShape, label: str, magnitude: float, side: float = 1.0) -> RepShape:
    """The rep with a fault of the given magnitude (see ``DEFAULT_MAGNITUDES`` for units); ``good`` changes
    nothing.

    Lumbar faults are compensated at the hip, so that the trunk reaches about as far as ever: that is what
    makes them hard to see.
    """
    m = magnitude
    match label:
        case "rounded":
            return replace(shape, bottom=_shift(shape.bottom, 0.0, -0.6 * m, m))
        case "arched":
            return replace(shape, bottom=_shift(shape.bottom, 0.0, 0.4 * m, -m))
        case "butt_wink":
            tuck = (Extra("lumbar", 0.62, 1.02, m * DEG), Extra("hip", 0.62, 1.02, -0.9 * m * DEG))
            back = (Extra("lumbar", 2.0, 2.42, -m * DEG), Extra("hip", 2.0, 2.42, 0.9 * m * DEG))
            return replace(shape, extras=shape.extras + tuck + back)
        case "spine_first":
            lead = m / 1000.0
            return replace(
                shape,
                bottom=_shift(shape.bottom, 0.0, -6.0, 10.0),
                down_s=shape.down_s + 0.5 * lead,
                lag_down_s=(lead, lead, 0.0),
            )
        case "hyperextended_lockout":
            return replace(
                shape,
                hold_s=0.6,
                extras=(
                    *shape.extras,
                    Extra("lumbar", 2.55, 3.0, -m * DEG),
                    Extra("hip", 2.6, 3.0, -4.0 * DEG),
                ),
            )
        case "incomplete_lockout":
            return replace(shape, lockout=_shift(shape.lockout, 0.4 * m, m, 0.0))
        case "knee_dominant":
            forward = min(m, max(MOST_KNEE_DEG - shape.bottom[0] / DEG, 0.0))
            return replace(shape, bottom=_shift(shape.bottom, forward, forward - m, 0.0))
        case "hips_shoot_up":
            snap = min(m * DEG, 0.75 * shape.bottom[0])
            shot = (Extra("knee", 2.0, 2.45, -snap), Extra("knee", 2.45, 3.0, snap))
            late = (Extra("hip", 2.0, 2.4, 0.35 * m * DEG), Extra("hip", 2.4, 3.0, -0.35 * m * DEG))
            lag = (shape.lag_up_s[0], shape.lag_up_s[1] + 0.25, shape.lag_up_s[2] + 0.25)
            return replace(shape, lag_up_s=lag, extras=shape.extras + shot + late)
        case "knee_bend_changed":
            bend = (Extra("knee", 0.45, 1.05, m * DEG), Extra("knee", 2.0, 2.55, -m * DEG))
            return replace(shape, extras=shape.extras + bend)
        case "twist":
            down = tuple(Extra(c, 0.2, 1.0, side * g * m * DEG) for c, g in TWISTED)
            up = tuple(Extra(c, 2.0, 2.8, -side * g * m * DEG) for c, g in TWISTED)
            return replace(shape, extras=shape.extras + down + up)
        case "rushed":
            return replace(shape, down_s=shape.down_s * m, up_s=shape.up_s * m, pause_s=0.0)
        case _:
            return shape
