"""The countermovement jump: crouch, push-off, ballistic flight, compliant landing.

A jump is told by the height of the centre of mass. On the ground a one-parameter family of postures (0
standing, 1 deep crouch) is solved for it; in the air the centre of mass falls freely and the posture prepares
the landing. Speeds and depths after Bobbert 1996 and McMahon 2018: countermovement 0.25-0.35 m, take-off at
2.1-2.8 m/s, landing below 5 body weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.athlete import Athlete
from imu_hinge.simulation.chain import balance_shank, planar_chain, standing_com_x
from imu_hinge.simulation.courses import STEP_S, Script, quintic
from imu_hinge.simulation.exercises import TWISTED
from imu_hinge.simulation.sets import SetPlan, magnitude_of
from imu_hinge.simulation.stage import PlannedRep, Stage, quiet

__all__ = ["jump_set"]

DEG = np.pi / 180.0
JOINT_LOW_PASS_S = 0.015
TAKE_OFF_POSTURE, LANDING_POSTURE = 0.26, 0.24
TAKE_OFF_HEEL = (0.085, 1.5, 0.0)
"""Height (m), rate (m/s) and acceleration of the heel as the foot leaves the ground: the ankle comes last."""


@dataclass(frozen=True)
class _Family:
    """Postures from standing (0) to crouch (1): full-crouch flexions in rad, centre-of-mass heights in m."""

    knee: float
    hip: float
    lumbar: float
    parameter: FloatArray
    height_m: FloatArray

    def height(self, p: FloatArray) -> FloatArray:
        return np.interp(p, self.parameter, self.height_m)

    def posture(self, height_m: FloatArray) -> FloatArray:
        return np.interp(height_m, self.height_m[::-1], self.parameter[::-1])


def _family(athlete: Athlete, lumbar: float, rng: np.random.Generator) -> _Family:
    knee, hip = rng.normal(88.0, 4.0) * DEG, rng.normal(84.0, 5.0) * DEG
    p = np.linspace(0.0, 1.3, 2601)
    k, h, lu = athlete.standing_knee_rad + p * knee, p * hip, p * lumbar
    shank = balance_shank(athlete, k, h, lu, np.full(len(p), standing_com_x(athlete)))
    return _Family(knee, hip, lumbar, p, planar_chain(athlete, shank, k, h, lu).com[:, 1])


def _time(duration: float) -> FloatArray:
    """The grid over one phase, its end left to the next phase."""
    return np.arange(max(round(duration / STEP_S), 2), dtype=np.float64) * STEP_S


def jump_course(
    athlete: Athlete, lumbar_rad: float, rng: np.random.Generator
) -> tuple[_Family, FloatArray, FloatArray, tuple[float, float, float]]:
    """One jump: its postures, their course (N,), the height of the ankle (N,) in m, and three instants in s.

    The instants are the bottom of the countermovement, take-off and touch-down.
    """
    f = _family(athlete, lumbar_rad, rng)
    speed = float(rng.uniform(2.1, 2.7))
    deep, soft = float(rng.uniform(0.82, 1.0)), float(rng.uniform(0.78, 0.95))

    def z(p: float) -> float:
        return float(f.height(np.array([p]))[0])

    def slope(p: float) -> float:
        return (z(p + 0.005) - z(p - 0.005)) / 0.01

    brake = float(rng.uniform(9.0, 13.0))
    gentle_s = float(np.sqrt(12.0 * deep * abs(slope(deep)) / brake))
    down = _time(min(float(rng.uniform(0.62, 0.80)), gentle_s))
    p_down = quintic(down, len(down) * STEP_S, (0.0, 0.0, 0.0), (deep, 0.0, brake / slope(deep)))
    z_off = z(TAKE_OFF_POSTURE) + TAKE_OFF_HEEL[0]
    push = _time(1.9 * (z_off - z(deep)) / speed)
    push_s = len(push) * STEP_S
    z_push = quintic(push, push_s, (z(deep), 0.0, brake), (z_off, speed, -GRAVITY_M_S2))
    rise_s = 0.13
    heel_push = np.where(
        push > push_s - rise_s,
        quintic(np.maximum(push - (push_s - rise_s), 0.0), rise_s, (0.0, 0.0, 0.0), TAKE_OFF_HEEL),
        0.0,
    )
    p_push = f.posture(z_push - heel_push)
    heel_land = 0.055
    z_land = z(LANDING_POSTURE) + heel_land
    flight_s = (speed + np.sqrt(speed**2 + 2 * GRAVITY_M_S2 * (z_off - z_land))) / GRAVITY_M_S2
    air = _time(flight_s)
    flight_s = len(air) * STEP_S
    z_air = z_off + speed * air - 0.5 * GRAVITY_M_S2 * air**2
    sink = GRAVITY_M_S2 * flight_s - speed
    z_land = z_off + speed * flight_s - 0.5 * GRAVITY_M_S2 * flight_s**2
    soften = _time(1.75 * (z_land - z(soft)) / sink)
    soften_s = len(soften) * STEP_S
    give = float(rng.uniform(4.0, 6.5))
    z_soften = quintic(soften, soften_s, (z_land, -sink, -GRAVITY_M_S2), (z(soft), 0.0, give))
    p_land = float(f.posture(np.array([z_land - heel_land]))[0])
    heel_soften = np.where(soften < 0.11, quintic(soften, 0.11, (heel_land, -0.9, 0.0), (0.0, 0.0, 0.0)), 0.0)
    p_soften = f.posture(z_soften - np.maximum(heel_soften, 0.0))
    off_rate = (p_push[-1] - p_push[-2]) / STEP_S
    land_rate = (p_soften[1] - p_soften[0]) / STEP_S
    straight_s = 0.16
    straighten = quintic(air, straight_s, (TAKE_OFF_POSTURE, off_rate, 0.0), (0.06, 0.0, 0.0))
    ready_s = flight_s - straight_s
    ready = quintic(np.maximum(air - straight_s, 0.0), ready_s, (0.06, 0.0, 0.0), (p_land, land_rate, 0.0))
    p_air = np.maximum(np.where(air < straight_s, straighten, ready), 0.0)
    up = Script.times(float(np.sqrt(5.5 * soft * abs(slope(soft)) / give)))
    p_up = quintic(up, float(up[-1]), (soft, 0.0, give / slope(soft)), (0.0, 0.0, 0.0))
    course = np.concatenate([p_down, p_push, p_air, p_soften, p_up])
    height = np.concatenate([f.height(p_down), z_push, z_air, z_soften, f.height(p_up)])
    course = np.asarray(gaussian_filter1d(course, JOINT_LOW_PASS_S / STEP_S, mode="nearest"))
    ankle = height - f.height(course)
    bottom = len(down) * STEP_S
    return f, course, ankle, (bottom, bottom + push_s, bottom + push_s + flight_s)


def _twist(stage: Stage, most_rad: float, bottom_s: float, whole_s: float) -> None:
    """Turn out on the way down and stay turned until the landing is absorbed."""
    side, start = float(stage.rng.choice([-1.0, 1.0])), stage.now_s
    for channel, share in TWISTED:
        turn = side * share * most_rad
        stage.script.shift(channel, turn, 0.85 * bottom_s, at_s=start + 0.1 * bottom_s)
        stage.script.shift(channel, -turn, 0.3 * whole_s, at_s=start + 0.65 * whole_s)


def jump_set(stage: Stage, plan: SetPlan) -> None:
    """Jumps with a second or two of standing between them."""
    athlete, script, rng = stage.athlete, stage.script, stage.rng
    quiet(stage, 1.0)
    for rep in plan.reps:
        magnitude = magnitude_of(rep, rng, stage.magnitudes)
        lumbar = athlete.hinge_lumbar_rad + rng.normal(2.0, 2.0 if stage.habits is None else 1.5) * DEG
        if rep.label in ("rounded", "arched"):
            if stage.habits is not None:
                lumbar, magnitude = athlete.hinge_lumbar_rad + rng.normal(0.0, 1.0) * DEG, 1.15 * magnitude
            lumbar += magnitude * DEG * (1.0 if rep.label == "rounded" else -1.0)
        family, course, ankle, (bottom, _, _) = jump_course(athlete, lumbar, rng)
        start, whole = stage.now_s, (len(course) - 1) * STEP_S
        script.play("knee", family.knee * course)
        script.play("hip", family.hip * course)
        script.play("lumbar", family.lumbar * course)
        script.play("z", ankle)
        for channel in ("pelvis_roll", "pelvis_yaw", "bend", "axial"):
            script.wander(channel, 0.8 * DEG, 0.4, whole, rng)
        if rep.label == "twist":
            _twist(stage, magnitude * DEG, bottom, whole)
        script.wait(whole)
        turn = (start + 0.5 * bottom, start + bottom + 0.15)
        stage.reps.append(PlannedRep(plan.exercise, rep.label, start, turn, stage.now_s, magnitude))
        quiet(stage, float(rng.uniform(0.8, 1.6)) if plan.rest_s is None else max(plan.rest_s, 0.1))
