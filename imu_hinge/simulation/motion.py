"""From a script of joint courses to the motion of bones in space: balance, knees out, twist, heading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from imu_hinge.conventions import LUMBAR_LEVELS
from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.athlete import Athlete
from imu_hinge.simulation.chain import Planar, balance_shank, planar_chain, standing_com_x
from imu_hinge.simulation.courses import STEP_S, Script

__all__ = ["Motion", "TruthAngles", "bone_frame", "perform", "truth_angles"]

KNEES_OUT_STANDING_RAD: Final = np.deg2rad(3.0)
KNEES_OUT_PER_FLEXION: Final = 0.14
"""The knee swings out about the ankle-hip line by this share of knee flexion: 15 deg in a squat."""


@dataclass(frozen=True)
class Motion:
    """The bones on the grid of ``courses.STEP_S``; angles (N,) in rad in the athlete's own sagittal plane.

    ``root_m`` (N, 3) is where the ankle stands in the world (the point under the hip while walking);
    ``hip_m`` (N, 2) the hip over the root as x, z before heading. ``knee_rad`` and the rest are the courses
    as scripted.
    """

    athlete: Athlete
    time_s: FloatArray
    shank_rad: FloatArray
    knee_rad: FloatArray
    hip_rad: FloatArray
    lumbar_rad: FloatArray
    pelvis_roll_rad: FloatArray
    pelvis_yaw_rad: FloatArray
    bend_rad: FloatArray
    axial_rad: FloatArray
    swivel_rad: FloatArray
    heading_rad: FloatArray
    root_m: FloatArray
    hip_m: FloatArray
    planar: Planar

    @property
    def thigh_rad(self) -> FloatArray:
        """Thigh pitch in the plane of the leg, (N,)."""
        return self.shank_rad - self.knee_rad

    @property
    def pelvis_rad(self) -> FloatArray:
        """Pelvis pitch, (N,)."""
        return self.thigh_rad + self.hip_rad


@dataclass(frozen=True)
class TruthAngles:
    """What a perfect observer would report, (N,) rad: pitches of long axes in the sagittal plane."""

    thigh_pitch: FloatArray
    pelvis_pitch: FloatArray
    t12_pitch: FloatArray
    knee_flexion: FloatArray

    @property
    def hip_flexion(self) -> FloatArray:
        """Pelvis pitch minus thigh pitch, (N,)."""
        return self.pelvis_pitch - self.thigh_pitch

    @property
    def lumbar_flexion(self) -> FloatArray:
        """T12 pitch minus pelvis pitch, (N,)."""
        return self.t12_pitch - self.pelvis_pitch


def perform(athlete: Athlete, script: Script, duration_s: float) -> Motion:
    """Let the athlete perform the script for ``duration_s``.

    Channels: ``knee hip lumbar`` joint flexions (knee beyond its standing bend); ``com_x`` shift of balance;
    ``given`` 0..1 blends from balance to the scripted ``shank`` pitch; ``afloat`` 0..1 blends from the
    planted ankle to a hip that travels by itself (walking); ``x y z`` root in the world; ``heading``;
    ``pelvis_roll pelvis_yaw bend axial swivel`` out of plane; ``load`` kg in the hands or on the back.
    """
    n = int(np.ceil(duration_s / STEP_S)) + 1

    def course(channel: str) -> FloatArray:
        return script.render(channel, n)

    knee = athlete.standing_knee_rad + course("knee")
    hip, lumbar, load = course("hip"), course("lumbar"), course("load")
    stand_x = standing_com_x(athlete)
    balanced = balance_shank(athlete, knee, hip, lumbar, stand_x + course("com_x"), load)
    given = course("given")
    shank = (1.0 - given) * balanced + given * course("shank")
    planar = planar_chain(athlete, shank, knee, hip, lumbar, load)
    afloat = course("afloat")[:, None]
    standing_hip = np.array([0.0, athlete.thigh_m + athlete.shank_m * np.cos(athlete.standing_knee_rad)])
    return Motion(
        athlete=athlete,
        time_s=np.arange(n, dtype=np.float64) * STEP_S,
        shank_rad=shank,
        knee_rad=knee,
        hip_rad=hip,
        lumbar_rad=lumbar,
        pelvis_roll_rad=course("pelvis_roll"),
        pelvis_yaw_rad=course("pelvis_yaw"),
        bend_rad=course("bend"),
        axial_rad=course("axial"),
        swivel_rad=KNEES_OUT_STANDING_RAD + KNEES_OUT_PER_FLEXION * np.maximum(knee, 0.0) + course("swivel"),
        heading_rad=course("heading"),
        root_m=np.column_stack([course("x"), course("y"), course("z")]),
        hip_m=(1.0 - afloat) * planar.hip + afloat * standing_hip,
        planar=planar,
    )


def _upright(motion: Motion, share: float) -> Rotation:
    """Orientation of the pelvis (share 0) or of a vertebra, before heading."""
    yaw = motion.pelvis_yaw_rad + share * motion.axial_rad
    pitch = motion.pelvis_rad + share * motion.lumbar_rad
    roll = motion.pelvis_roll_rad + share * motion.bend_rad
    return Rotation.from_euler("ZYX", np.column_stack([yaw, pitch, roll]))


def _leg(motion: Motion, pitch: FloatArray) -> Rotation:
    """Orientation of shank or thigh: pitched in a plane that swings out about the ankle-hip line."""
    hip = motion.planar.hip
    axis = np.column_stack([hip[:, 0], np.zeros(len(hip)), hip[:, 1]])
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    swing = (motion.athlete.side_sign * motion.swivel_rad)[:, None] * axis
    flexed = Rotation.from_rotvec(pitch[:, None] * np.array([0.0, 1.0, 0.0]))
    return Rotation.from_rotvec(swing) * flexed


def bone_frame(motion: Motion, site: str) -> tuple[FloatArray, Rotation]:
    """World position (N, 3) in m of the clip's place on the skin over a rigid bone, and the bone's
    orientation.

    ``site`` is a site of ``conventions.SITES``; the bone frame coincides with the world while the athlete
    stands tall.
    """
    a = motion.athlete
    half = a.side_sign * 0.5 * a.hip_width_m
    hip = np.column_stack([motion.hip_m[:, 0], np.full(len(motion.time_s), half), motion.hip_m[:, 1]])
    if site == "thigh":
        bone = _leg(motion, motion.thigh_rad)
        offset = np.array([0.01, a.side_sign * a.thigh_clip_lateral_m, a.thigh_clip_above_knee_m - a.thigh_m])
        local = hip + bone.apply(offset)
    else:
        joints = a.lumbar_joints_m()
        bone = _upright(motion, 0.0)
        if site == "S1":
            local = hip + bone.apply([-a.sacrum_clip_behind_m, -half, a.sacrum_clip_above_m])
        else:
            local = hip + bone.apply([joints[0, 0], -half, joints[0, 1]])
            top = len(LUMBAR_LEVELS) - 1 if site == "T12" else LUMBAR_LEVELS.index(site)
            for i in range(top):
                d = joints[i + 1] - joints[i]
                local = local + _upright(motion, a.level_shares[i]).apply([d[0], 0.0, d[1]])
            bone = _upright(motion, a.share_below(site))
            local = local + bone.apply([-a.back_clip_behind_m, 0.0, a.back_clip_up_m(site)])
    turn = Rotation.from_rotvec(motion.heading_rad[:, None] * np.array([0.0, 0.0, 1.0]))
    return motion.root_m + turn.apply(local), turn * bone


def _pitch_of(bone: Rotation, near: FloatArray) -> FloatArray:
    """Inclination of the long axis in the x-z plane, on the branch nearest to ``near``."""
    long_axis = bone.apply([0.0, 0.0, 1.0])
    raw = np.arctan2(long_axis[:, 0], long_axis[:, 2])
    return np.asarray(raw + 2 * np.pi * np.round((near - raw) / (2 * np.pi)))


def truth_angles(motion: Motion) -> TruthAngles:
    """The angles that the clips are to be judged by: bones, not skin."""
    thigh = _pitch_of(_leg(motion, motion.thigh_rad), motion.thigh_rad)
    pelvis = _pitch_of(_upright(motion, 0.0), motion.pelvis_rad)
    t12 = _pitch_of(_upright(motion, 1.0), motion.pelvis_rad + motion.lumbar_rad)
    return TruthAngles(thigh, pelvis, t12, motion.knee_rad)
