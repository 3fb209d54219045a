"""What people do between sets: walk, turn, stand about, bend to a rack."""

from __future__ import annotations

import numpy as np

from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.courses import STEP_S, Script, minimum_jerk, window
from imu_hinge.simulation.stage import Stage, quiet

__all__ = ["idle", "rack", "walk"]

DEG = np.pi / 180.0


def _bump(phase: FloatArray, at: float, sharpness: float) -> FloatArray:
    """A bump of height 1 once a gait cycle, at the share ``at`` of it."""
    return np.asarray(np.exp(sharpness * (np.cos(phase - 2 * np.pi * at) - 1.0)))


def walk(stage: Stage, duration_s: float) -> None:
    """Walk a few metres, turn about, walk back.

    Thigh about +-21 deg, knee 15 deg in stance and 60 deg in swing, pelvis +-4 deg, hips bobbing 2 cm twice a
    stride (Perry & Burnfield 2010; Winter 2009), cadence 50-56 strides a minute.
    """
    rng, script = stage.rng, stage.script
    t = Script.times(duration_s)
    stride_s = float(rng.uniform(1.08, 1.22))
    walking = window(t, duration_s, min(1.2, 0.4 * duration_s))
    amplitude = float(rng.uniform(0.85, 1.1))
    drift = np.cumsum(walking) * STEP_S / stride_s
    phase = 2 * np.pi * drift + float(rng.uniform(0, 2 * np.pi))
    thigh = -walking * amplitude * (7.0 + 21.0 * np.cos(phase - 2 * np.pi * 0.94)) * DEG
    knee = walking * amplitude * (14.0 * _bump(phase, 0.14, 6.0) + 55.0 * _bump(phase, 0.725, 4.5)) * DEG
    pelvis = walking * (2.5 + 1.2 * np.cos(2 * phase + 0.6)) * DEG
    standing = stage.athlete.standing_knee_rad
    script.play("knee", knee)
    script.play_absolute("shank", thigh + knee + standing)
    script.play("hip", pelvis - thigh)
    script.play("lumbar", walking * (1.0 + 1.5 * np.cos(2 * phase + 2.2)) * DEG)
    roll, yaw = walking * 4.0 * np.cos(phase + 0.9) * DEG, walking * 4.5 * np.sin(phase + 0.3) * DEG
    script.play("pelvis_roll", stage.athlete.side_sign * roll)
    script.play("pelvis_yaw", stage.athlete.side_sign * yaw)
    script.play("bend", -0.6 * stage.athlete.side_sign * roll)
    script.play("axial", -0.8 * stage.athlete.side_sign * yaw)
    script.play("given", minimum_jerk(t / 0.7) * minimum_jerk((duration_s - t) / 0.7))
    script.play("afloat", minimum_jerk(t / 0.7) * minimum_jerk((duration_s - t) / 0.7))
    strikes = _bump(phase, 0.0, 55.0) + _bump(phase, 0.5, 55.0)
    script.play("z", walking * (-0.018 - 0.019 * np.cos(2 * phase + 0.3) - 0.0012 * strikes))
    turn_s = min(1.8, 0.4 * duration_s)
    way = float(rng.choice([-1.0, 1.0])) * np.pi
    heading = way * minimum_jerk((t - 0.5 * (duration_s - turn_s)) / turn_s)
    bearing = script.value("heading") + heading
    speed = walking * float(rng.uniform(1.0, 1.35)) * (1.0 - 0.8 * _hump(t, duration_s, turn_s))
    sway = 0.018 * walking * np.sin(phase + 0.4)
    script.play("x", np.cumsum(speed * np.cos(bearing)) * STEP_S - sway * np.sin(bearing))
    script.play("y", np.cumsum(speed * np.sin(bearing)) * STEP_S + sway * np.cos(bearing))
    script.play("heading", heading)
    script.wait(duration_s)


def _hump(t: FloatArray, duration_s: float, width_s: float) -> FloatArray:
    """1 in the middle of the walk, 0 away from it."""
    x = (t - 0.5 * duration_s) / width_s
    return np.asarray(minimum_jerk(1.5 - np.abs(x)))


def idle(stage: Stage, duration_s: float) -> None:
    """Stand about: shift weight, look round, lean, fiddle with the belt."""
    script, rng = stage.script, stage.rng
    for channel, sd_deg, scale in (
        ("hip", 3.0, 1.4),
        ("lumbar", 2.5, 1.6),
        ("knee", 2.5, 1.3),
        ("pelvis_roll", 2.0, 1.5),
        ("pelvis_yaw", 4.0, 1.3),
        ("axial", 5.0, 1.2),
        ("bend", 2.0, 1.5),
        ("heading", 3.0, 2.0),
    ):
        script.wander(channel, sd_deg * DEG, scale, duration_s, rng)
    script.wander("com_x", 0.012, 1.5, duration_s, rng)
    if duration_s > 6.0:
        at = script.now_s + float(rng.uniform(1.0, duration_s - 4.5))
        lean = float(rng.uniform(12.0, 28.0)) * DEG
        for channel, share, lag in (("lumbar", 0.55, 0.0), ("hip", 0.6, 0.15)):
            script.shift(channel, share * lean, 1.1, at_s=at + lag)
            script.shift(channel, -share * lean, 1.2, at_s=at + lag + 1.6)
    script.wait(duration_s)


def rack(stage: Stage) -> None:
    """Take a bar from the rack or put it back: a short dip of knees and hips, then one small step's sway."""
    script, rng = stage.script, stage.rng
    dip = float(rng.uniform(8.0, 16.0)) * DEG
    for channel, share in (("knee", 1.4), ("hip", 1.2), ("lumbar", 0.25)):
        script.shift(channel, share * dip, 0.7)
        script.shift(channel, -share * dip, 0.8, at_s=script.now_s + 1.0)
    script.wander("pelvis_yaw", 2.0 * DEG, 0.5, 1.8, rng)
    script.wait(1.9)
    quiet(stage, 0.6)
