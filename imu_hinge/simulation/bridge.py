"""The hip bridge: supine, feet planted, shoulders on the floor; the hips rise between them."""

from __future__ import annotations

import numpy as np

from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.athlete import Athlete
from imu_hinge.simulation.chain import planar_chain
from imu_hinge.simulation.courses import STEP_S, Script, minimum_jerk
from imu_hinge.simulation.sets import SetPlan, magnitude_of
from imu_hinge.simulation.stage import PlannedRep, Stage, quiet

__all__ = ["bridge_postures", "bridge_set"]

DEG = np.pi / 180.0
HIPS_ON_FLOOR_M = 0.02
"""Height of the hip centres over the ankles while lying: both a hand's breadth over the floor."""


def bridge_postures(
    athlete: Athlete, pelvis: FloatArray, lumbar: FloatArray, reach_m: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Shank pitch, knee flexion and hip flexion (N,) for pelvis pitch and lumbar flexion (N,), rad.

    Ankles and shoulders stay where they are while lying with the hips ``reach_m`` behind the ankles: the hip
    follows from the shoulders, the knee from two circles about ankle and hip.
    """
    zero = np.zeros_like(pelvis)
    lying = planar_chain(athlete, zero[:1], zero[:1], np.array([-90 * DEG]), zero[:1])
    trunk = planar_chain(athlete, zero, zero, pelvis, lumbar)
    shoulder = np.array([-reach_m, HIPS_ON_FLOOR_M]) + lying.shoulder[0] - lying.hip[0]
    hip = shoulder - (trunk.shoulder - trunk.hip)
    distance = np.hypot(hip[:, 0], hip[:, 1])
    a, b = athlete.shank_m, athlete.thigh_m
    distance = np.minimum(distance, 0.999 * (a + b))
    at_ankle = np.arccos((a * a + distance**2 - b * b) / (2 * a * distance))
    bearing = np.arctan2(hip[:, 0], hip[:, 1])
    shank = bearing + at_ankle
    inside = np.arccos((a * a + b * b - distance**2) / (2 * a * b))
    knee = np.pi - inside
    return shank, knee, pelvis - (shank - knee)


def _play(stage: Stage, start_s: float, shank: FloatArray, knee: FloatArray, hip: FloatArray) -> None:
    script = stage.script
    script.play_absolute("shank", shank, at_s=start_s)
    script.play_absolute("knee", knee - stage.athlete.standing_knee_rad, at_s=start_s)
    script.play_absolute("hip", hip, at_s=start_s)


def bridge_set(stage: Stage, plan: SetPlan) -> None:
    """Lie down, bridge, get up again."""
    athlete, script, rng = stage.athlete, stage.script, stage.rng
    reach = (athlete.shank_m + athlete.thigh_m) * float(rng.uniform(0.52, 0.60))
    if stage.habits is not None:
        reach = _near_enough(athlete, reach)
    flat = np.zeros(1)
    shank, knee, hip = bridge_postures(athlete, np.array([-90 * DEG]), flat, reach)
    _change_posture(stage, 5.0, float(shank[0]), float(knee[0]), float(hip[0]))
    script.wait(1.0)
    for rep in plan.reps:
        magnitude = magnitude_of(rep, rng, stage.magnitudes)
        start = stage.now_s
        pace = plan.tempo * (magnitude if rep.label == "rushed" else 1.0)
        up_s = athlete.concentric_s * pace * float(np.exp(rng.normal(0.0, 0.08)))
        down_s = athlete.eccentric_s * pace * float(np.exp(rng.normal(0.0, 0.08)))
        hold_s = 0.5 * (pace if rep.label == "rushed" else 1.0) if plan.pause_s is None else plan.pause_s
        t = Script.times(up_s + hold_s + down_s)
        done = minimum_jerk(t / up_s) * minimum_jerk((t[-1] - t) / down_s)
        arch = -magnitude * DEG if rep.label in ("arched", "hyperextended_lockout") else 0.0
        slack = rng.normal(0.0, 1.5) * DEG
        lumbar = done * (arch + (slack if stage.habits is None else np.clip(slack, -3 * DEG, 3 * DEG)))
        top = _highest(athlete, reach, arch) - max(float(rng.normal(2.0, 1.5)), 0.0) * DEG
        if stage.habits is not None:
            short = magnitude if rep.label == "incomplete_lockout" else float(np.clip(rng.normal(1.5, 1.2), -0.5, 4.0))
            top = _highest(athlete, reach, arch, short * DEG)
        elif rep.label == "incomplete_lockout":
            top -= magnitude * DEG
        course = bridge_postures(athlete, -90 * DEG - top * done, lumbar, reach)
        _play(stage, start, *course)
        script.play("lumbar", lumbar)
        if rep.label == "twist":
            side = float(rng.choice([-1.0, 1.0])) * magnitude * DEG
            script.play("pelvis_roll", done * side)
            script.play("pelvis_yaw", 0.3 * done * side)
        for channel in ("pelvis_roll", "pelvis_yaw", "axial"):
            script.wander(channel, 0.7 * DEG, 0.6, float(t[-1]), rng)
        script.wait(float(t[-1]))
        turn = (start + 0.8 * up_s, start + up_s + hold_s + 0.2 * down_s)
        stage.reps.append(PlannedRep(plan.exercise, rep.label, start, turn, stage.now_s, magnitude))
        script.wait(athlete.top_pause_s if plan.rest_s is None else plan.rest_s)
    script.wait(0.5)
    _change_posture(stage, 5.0, athlete.standing_knee_rad, athlete.standing_knee_rad, 0.0, balanced=True)
    quiet(stage, 1.0)


def _near_enough(athlete: Athlete, reach_m: float) -> float:
    """The reach, shortened until the hips can be straightened: what a coach asks for before the first rep."""
    for nearer in np.arange(0.0, 0.12, 0.01):
        top = np.linspace(0.0, 45 * DEG, 226)
        _, _, hip = bridge_postures(athlete, -90 * DEG - top, np.zeros(226), reach_m - nearer)
        if float(hip.min()) < -1.0 * DEG:
            return reach_m - float(nearer)
    return reach_m


def _highest(athlete: Athlete, reach_m: float, arch: float, left_rad: float = 2 * DEG) -> float:
    """How far the pelvis tips beyond lying, rad, until the hips are straight but for ``left_rad`` (or the legs
    end)."""
    top = np.linspace(0.0, 45 * DEG, 451)
    _, _, hip = bridge_postures(athlete, -90 * DEG - top, np.full(451, arch), reach_m)
    straight = np.flatnonzero(hip < left_rad)
    return float(top[straight[0]] if len(straight) else top[int(np.argmin(hip))])


def _change_posture(
    stage: Stage, duration_s: float, shank: float, knee: float, hip: float, balanced: bool = False
) -> None:
    """From standing to lying or back: one long stroke of every joint, untidy as such things are."""
    script, athlete, rng = stage.script, stage.athlete, stage.rng
    start = stage.now_s
    if not balanced:
        script.move("shank", athlete.standing_knee_rad, STEP_S)
    script.move("given", 0.0 if balanced else 1.0, duration_s, at_s=start + STEP_S)
    script.move("shank", shank, duration_s)
    script.move("knee", knee - athlete.standing_knee_rad, 0.8 * duration_s)
    script.move("hip", hip, duration_s)
    script.shift("lumbar", 22 * DEG, 0.5 * duration_s)
    script.shift("lumbar", -22 * DEG, 0.5 * duration_s, at_s=start + 0.5 * duration_s)
    script.shift("hip", 35 * DEG, 0.5 * duration_s)
    script.shift("hip", -35 * DEG, 0.5 * duration_s, at_s=start + 0.5 * duration_s)
    for channel in ("pelvis_roll", "pelvis_yaw", "axial"):
        script.wander(channel, 5.0 * DEG, 0.8, duration_s, rng)
    script.wait(duration_s + STEP_S)
