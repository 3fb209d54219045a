"""Exercises that leave the feet, the floor or the balance: sit-to-stand and sprint start, jump, bridge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from imu_hinge.simulation.bridge import bridge_set
from imu_hinge.simulation.chain import balance_shank, standing_com_x
from imu_hinge.simulation.jump import jump_set
from imu_hinge.simulation.sets import SetPlan, magnitude_of
from imu_hinge.simulation.stage import PlannedRep, Stage, perform_extras, quiet, settle, unsteady

__all__ = ["SPECIAL_SETS", "sit_to_stand_set", "sprint_start_set"]

DEG = np.pi / 180.0
JOINTS = ("knee", "hip", "lumbar")


def _side(stage: Stage) -> float:
    """Which way this person twists this time; those without habits never do."""
    return 1.0 if stage.habits is None else float(stage.rng.choice([-1.0, 1.0]))


def _balanced_shank(stage: Stage) -> float:
    """Shank pitch that balances the posture the script is now bound for."""
    knee, hip, lumbar = (np.array([stage.script.value(channel)]) for channel in JOINTS)
    athlete = stage.athlete
    x = np.array([standing_com_x(athlete)])
    return float(balance_shank(athlete, athlete.standing_knee_rad + knee, hip, lumbar, x)[0])


def sit_to_stand_set(stage: Stage, plan: SetPlan) -> None:
    """From standing onto a chair, a moment upright on it, forward and up again.

    Trunk lean at seat-off about 35-45 deg (Schenkman 1990). Balance matters only off the chair.
    """
    script, rng, athlete = stage.script, stage.rng, stage.athlete
    quiet(stage, 1.0)
    for rep in plan.reps:
        magnitude = magnitude_of(rep, rng, stage.magnitudes)
        shape = stage.fault(stage.next_rep("sit_to_stand", rep.label), rep.label, magnitude, _side(stage))
        start, down_s, up_s = stage.now_s, shape.down_s * plan.tempo, shape.up_s * plan.tempo
        for channel, to, lag in zip(JOINTS, shape.bottom, shape.lag_down_s, strict=True):
            script.move(channel, to, down_s - lag, at_s=start + lag)
        unsteady(stage, down_s)
        script.wait(down_s)
        script.move("shank", _balanced_shank(stage), 0.05)
        script.wait(0.06)
        script.move("given", 1.0, 0.05)
        upright = float(rng.uniform(22.0, 32.0)) * DEG
        seated_s = float(rng.uniform(0.6, 1.4)) if plan.pause_s is None else plan.pause_s
        brisk = magnitude if rep.label == "rushed" else 1.0
        for way in (-1.0, 1.0):
            script.shift("hip", way * upright, 0.7 * brisk)
            script.shift("lumbar", -way * 0.15 * upright, 0.7 * brisk)
            script.wait(0.7 * brisk + (seated_s * brisk if way < 0 else 0.0))
        script.move("given", 0.0, 0.05, at_s=stage.now_s - 0.06)
        rise = stage.now_s
        for channel, to, lag in zip(JOINTS, shape.lockout, shape.lag_up_s, strict=True):
            script.move(channel, to, up_s - lag, at_s=rise + lag, skew=shape.skew_up)
        perform_extras(stage, shape, (start, start + down_s, rise, rise + up_s), skip="com_x")
        unsteady(stage, up_s)
        script.wait(up_s + shape.hold_s)
        turn = (start + 0.6 * down_s, rise + 0.2 * up_s)
        stage.reps.append(PlannedRep(plan.exercise, rep.label, start, turn, stage.now_s, magnitude))
        if shape.hold_s > 0.0:
            settle(stage, 0.5)
        quiet(stage, athlete.top_pause_s + 0.3 if plan.rest_s is None else max(plan.rest_s, 0.05))
    settle(stage, 0.4)
    quiet(stage, 0.6)


def sprint_start_set(stage: Stage, plan: SetPlan) -> None:
    """Down into a crouch, set, drive out over the front leg, a catching step, and stand.

    The clip is on the front leg; the drive takes about 0.4 s and ends leaning 35-45 deg (Bezodis
    2019), the knee and hip nearly straight.
    """
    script, rng = stage.script, stage.rng
    quiet(stage, 1.0)
    for rep in plan.reps:
        magnitude = magnitude_of(rep, rng, stage.magnitudes)
        shape = stage.fault(stage.next_rep("sprint_start", rep.label), rep.label, magnitude, _side(stage))
        shape = replace(shape, down_s=1.1 * shape.down_s)
        start = stage.now_s
        for channel, to, lag in zip(JOINTS, shape.bottom, shape.lag_down_s, strict=True):
            script.move(channel, to, shape.down_s - lag, at_s=start + lag)
        unsteady(stage, shape.down_s)
        script.wait(shape.down_s)
        script.move("shank", _balanced_shank(stage), 0.05)
        script.wait(0.06)
        script.move("given", 1.0, 0.05)
        hold = float(rng.uniform(0.8, 1.6)) if plan.pause_s is None else plan.pause_s
        script.wait(hold)
        drive = float(rng.uniform(0.42, 0.52))
        go = stage.now_s
        lean = float(rng.uniform(33.0, 42.0)) * DEG
        script.move("shank", lean, drive)
        script.move("knee", 6.0 * DEG, drive, at_s=go + 0.02)
        script.move("hip", 10.0 * DEG, drive)
        script.move("lumbar", 1.0 * DEG, drive)
        perform_extras(stage, shape, (start, start + shape.down_s, go, go + drive), skip="com_x")
        script.wait(drive + 0.02)
        stage.reps.append(
            PlannedRep(
                plan.exercise,
                rep.label,
                start,
                (start + 0.6 * shape.down_s, go + 0.1),
                stage.now_s,
                magnitude,
            )
        )
        _catch(stage)
        quiet(stage, 2.0 if plan.rest_s is None else max(plan.rest_s, 0.5))
    settle(stage, 0.4)
    quiet(stage, 0.6)


def _catch(stage: Stage) -> None:
    """The leg swings through and catches the body, which straightens up over it."""
    script, athlete = stage.script, stage.athlete
    swing = 0.5
    start = stage.now_s
    stride = (athlete.shank_m + athlete.thigh_m) * 0.75
    script.shift("x", stride, swing)
    script.shift("z", 0.10, 0.5 * swing)
    script.shift("z", -0.10, 0.5 * swing, at_s=start + 0.5 * swing)
    script.shift("knee", 45 * DEG, 0.5 * swing)
    script.shift("hip", 30 * DEG, 0.6 * swing)
    script.move("shank", athlete.standing_knee_rad, 1.3 * swing)
    script.move("knee", 0.0, 0.9, at_s=start + 0.5 * swing)
    script.move("hip", 0.0, 1.0, at_s=start + 0.6 * swing)
    script.move("lumbar", 0.0, 0.8)
    script.wait(1.4)
    script.move("given", 0.0, 0.3)
    script.wait(0.3)


SPECIAL_SETS: Final[Mapping[str, Callable[[Stage, SetPlan], None]]] = MappingProxyType(
    {
        "jump": jump_set,
        "bridge": bridge_set,
        "sit_to_stand": sit_to_stand_set,
        "sprint_start": sprint_start_set,
    }
)
"""Exercise -> how its set is performed, where it differs from standing reps."""
