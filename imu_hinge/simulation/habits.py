"""How differently people move: the habits of one person, and how one rep of theirs departs from the next.

Scenarios that ask for it (``Scenario.varied``) get people from here; the others keep the tidier people they
always had, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.athlete import Athlete
from imu_hinge.simulation.chain import balance_shank, planar_chain, standing_com_x
from imu_hinge.simulation.exercises import Extra, RepShape

__all__ = ["Habits", "draw_habits", "varied_athlete", "varied_rep"]

DEG: Final = np.pi / 180.0
HINGES: Final = ("hinge", "reference_hinge", "rdl")
ARM_SHARE: Final = 0.386
"""Shoulder to grip as a share of height: upper arm, forearm and half a hand (Winter 2009)."""
ANKLE_SHARE: Final = 0.039
"""Height of the ankle over the floor as a share of height (Winter 2009)."""
SHOULDERS_SINK_M: Final = 0.06
"""The upper back bends a little and the shoulders come forward: hands hang so much lower."""
MORE_HIP_THAN_IN_A_HINGE_RAD: Final = 27.0 * DEG
"""With bent knees the hamstrings let the hip flex about so much further than in a hinge."""
WITH_BENT_KNEES: Final = 0.2
"""Well bent knees keep so much closer to the time of the hips: else the hips shoot up, which is a fault."""
FLATTER_RAD: Final = {"pickup": 2.0 * DEG, "sit_to_stand": 5.0 * DEG, "sprint_start": 5.0 * DEG}
"""A coached person keeps the back so much flatter in these than people left to themselves."""
LEAST_KNEE_TO_SHOOT_RAD: Final = 58.0 * DEG
"""Hips can only shoot up where the knees have something to give away."""


@dataclass(frozen=True)
class Habits:
    """What one person does the same way every time, and by how much it wanders; rad, m, s.

    ``knee_spread_rad`` is how far the bend of the knees strays; ``knee_skew`` and ``knee_lag_s`` say when they
    bend relative to the hips, ``balance_m`` where the weight goes at the bottom (backwards negative),
    ``handle_m`` how high the thing to be lifted is gripped, ``style`` how it is lifted: 0 with nearly straight
    legs, 1 squatting, with a spread from rep to rep (Burgess-Limerick & Abernethy 1997 find the whole range,
    most people in between).
    """

    knee_spread_rad: float
    knee_skew: float
    knee_lag_s: float
    balance_m: float
    lumbar_lag_s: float
    skew: float
    deadlift_knee_rad: float
    bar_m: float
    style: float
    style_spread: float
    handle_m: float


def _near(rng: np.random.Generator, mean: float, sd: float, most: float = 2.0) -> float:
    """A normal draw, never further than ``most`` standard deviations from the mean."""
    return mean + sd * float(np.clip(rng.standard_normal(), -most, most))


def draw_habits(rng: np.random.Generator) -> Habits:
    """The habits of a person at random.

    Knees in the deadlift's start 45-75 deg (Escamilla 2000, Hales 2009: 54-62 on average); a standard bar is
    gripped at 0.225 m, now and then from blocks or by the handles of a trap bar.
    """
    return Habits(
        knee_spread_rad=float(rng.uniform(3.5, 7.5)) * DEG,
        knee_skew=_near(rng, 0.0, 0.18),
        knee_lag_s=float(rng.uniform(0.0, 0.12)),
        balance_m=_near(rng, 0.0, 0.012),
        lumbar_lag_s=float(rng.uniform(0.02, 0.10)),
        skew=_near(rng, 0.04, 0.15),
        deadlift_knee_rad=float(rng.uniform(45.0, 75.0)) * DEG,
        bar_m=0.225 + float(rng.choice([0.0, 0.0, 0.05, 0.15])),
        style=float(rng.uniform(0.0, 1.0)),
        style_spread=float(rng.uniform(0.05, 0.45)),
        handle_m=float(rng.uniform(0.18, 0.40)),
    )


def varied_athlete(athlete: Athlete, rng: np.random.Generator) -> Athlete:
    """The athlete with a wider spread of what ``draw_athlete`` draws narrowly.

    The slight bend of the knees in a hinge is anything from 8 to 22 deg; the share of each lumbar joint varies
    by 15 % (Aiyangar 2015: .53 to .70 below L3, by person and task); clips end up a fraction of a vertebra off.
    """
    below = np.diff(np.array([0.0, *athlete.level_shares]))
    below *= np.exp(np.clip(rng.normal(0.0, 0.15, len(below)), -0.3, 0.3))
    shares = np.cumsum(below) / below.sum()
    return replace(
        athlete,
        hinge_knee_rad=float(rng.uniform(8.0, 22.0)) * DEG,
        squat_knee_rad=float(rng.uniform(94.0, 118.0)) * DEG,
        level_shares=(*(float(share) for share in shares[:-1]), 1.0),
        back_clip_off_levels=_near(rng, 0.0, 0.2),
    )


def varied_rep(
    shape: RepShape, exercise: str, label: str, athlete: Athlete, habits: Habits, rng: np.random.Generator
) -> RepShape:
    """A rep of ``neutral_rep`` as this person does it, this time."""
    knee, hip, lumbar = shape.bottom
    bend = float(rng.uniform(-1.0, 1.0)) * habits.knee_spread_rad
    lumbar += _near(rng, 0.0, 1.2 * DEG) - FLATTER_RAD.get(exercise, 0.0)
    back_m = _near(rng, habits.balance_m, 0.006)
    late = WITH_BENT_KNEES
    match exercise:
        case "deadlift":
            wanted = habits.deadlift_knee_rad + bend
            wanted = max(wanted, LEAST_KNEE_TO_SHOOT_RAD) if label == "hips_shoot_up" else wanted
            knee, hip = _reach(athlete, wanted, hip, lumbar, habits.bar_m)
        case "pickup":
            wanted = (22.0 + 75.0 * float(np.clip(_near(rng, habits.style, habits.style_spread), 0.0, 1.0))) * DEG
            wanted = max(wanted, LEAST_KNEE_TO_SHOOT_RAD) if label == "hips_shoot_up" else wanted
            knee, hip = _reach(athlete, wanted, hip, lumbar, habits.handle_m)
        case _ if exercise in HINGES:
            # a reference hinge is done with care, and what the knees do differs most in when they do it
            astray = bend * (0.4 if exercise == "reference_hinge" else 1.0)
            knee = max(athlete.hinge_knee_rad + astray, 4.0 * DEG)
            late = 1.0
            back_m -= 0.010
        case "squat":
            knee, hip = knee + 0.5 * bend, hip + 0.5 * bend
        case _:
            pass
    balance = (Extra("com_x", 0.0, 1.0, back_m), Extra("com_x", 2.0, 3.0, -back_m))
    skew = float(np.clip(_near(rng, shape.skew_down + habits.skew, 0.08), -0.45, 0.45))
    return replace(
        shape,
        bottom=(knee, hip, lumbar),
        lockout=(_near(rng, 0.0, 1.2 * DEG), _near(rng, 0.0, 1.2 * DEG), _near(rng, 0.0, 1.0 * DEG)),
        lag_down_s=(
            max(_near(rng, habits.knee_lag_s, 0.04), 0.0),
            0.0,
            max(_near(rng, habits.lumbar_lag_s, 0.03), 0.0),
        ),
        skew_down=skew,
        knee_skew=(late * _near(rng, habits.knee_skew, 0.14), late * _near(rng, -habits.knee_skew, 0.14)),
        extras=shape.extras + balance,
    )


def _reach(athlete: Athlete, knee: float, hip: float, lumbar: float, hand_m: float) -> tuple[float, float]:
    """Knee and hip flexion, rad, that bring hanging hands about ``hand_m`` over the floor in balance.

    The knees bend as ``knee`` wants, up to 25 deg more where the hips would have to flex beyond what they can;
    who still does not get there lifts from blocks. What ``hip`` departs from the usual stays as scatter.
    """
    most = athlete.hinge_hip_rad + MORE_HIP_THAN_IN_A_HINGE_RAD
    usual = athlete.hinge_hip_rad + 17.0 * DEG
    scatter = 0.5 * float(np.clip(hip - usual, -6.0 * DEG, 6.0 * DEG))
    hips = np.linspace(55.0 * DEG, most, 61)
    for bend in np.arange(knee, min(knee + 25.0 * DEG, 105.0 * DEG) + 1e-9, 3.0 * DEG):
        low = _hand_height(athlete, float(bend), hips, lumbar)
        if low[-1] <= hand_m:
            return float(bend), float(np.interp(-hand_m, -low, hips)) + scatter
    return knee, most + scatter


def _hand_height(athlete: Athlete, knee: float, hips: FloatArray, lumbar: float) -> FloatArray:
    """Height of hanging hands over the floor, m, for hip flexions ``hips`` (N,)."""
    k = np.full(len(hips), athlete.standing_knee_rad + knee)
    spine = np.full(len(hips), lumbar)
    shank = balance_shank(athlete, k, hips, spine, np.full(len(hips), standing_com_x(athlete)))
    shoulder = planar_chain(athlete, shank, k, hips, spine).shoulder[:, 1]
    hands = shoulder + (ANKLE_SHARE - ARM_SHARE) * athlete.height_m - SHOULDERS_SINK_M
    return np.asarray(np.minimum.accumulate(hands))
