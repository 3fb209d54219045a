"""Clips on skin over bone: mounting, skin motion, wobble, slipping; what an ideal sensor there would feel."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline
from scipy.signal import lfilter
from scipy.spatial.transform import Rotation

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.recording.model import FloatArray
from imu_hinge.simulation.courses import STEP_S, minimum_jerk
from imu_hinge.simulation.motion import Motion, bone_frame

__all__ = ["ClipTrack", "SkinMotion", "Slip", "clip_track", "draw_mounting", "draw_skin", "track_of"]


@dataclass(frozen=True)
class SkinMotion:
    """How a clip moves against its bone.

    ``tilt_per_rad`` (3,) rotation vector in rad per rad of the joint angle below the skin (hip flexion at the
    thigh, lumbar flexion at the back, pelvis pitch at the sacrum); ``slide_m_per_rad`` likewise along the
    bone. The wobble is a damped mass on a spring: ``wobble_hz``, damping ratio, and rad of tilt per m of
    wobble. ``gain`` 0 is rigid. Sizes after Xi 2022 (2-5 deg at the back in lifting) and the thigh clusters
    of Camomilla 2017.
    """

    tilt_per_rad: tuple[float, float, float] = (0.0, 0.0, 0.0)
    slide_m_per_rad: float = 0.0
    wobble_hz: float = 12.0
    wobble_damping: float = 0.35
    wobble_tilt_rad_m: float = 6.0
    gain: float = 0.0


@dataclass(frozen=True)
class Slip:
    """A clip that slips at ``time_s`` by a rotation vector (rad) and a shift (m) in the bone's frame."""

    time_s: float
    turn_rad: tuple[float, float, float]
    shift_m: tuple[float, float, float] = (0.0, 0.0, -0.015)
    duration_s: float = 0.35


def draw_mounting(rng: np.random.Generator) -> Rotation:
    """Any orientation at all, uniformly: sensor to bone."""
    return Rotation.from_quat(rng.standard_normal(4))


def draw_skin(rng: np.random.Generator, site: str, gain: float = 1.0) -> SkinMotion:
    """Skin motion of a person at random, scaled by ``gain``."""
    pitch, sd = {"thigh": (-0.025, 0.015), "S1": (-0.02, 0.02)}.get(site, (-0.05, 0.03))
    tilt = (rng.normal(0.0, 0.012), rng.normal(pitch, sd), rng.normal(0.0, 0.012))
    return SkinMotion(
        tilt_per_rad=(gain * tilt[0], gain * tilt[1], gain * tilt[2]),
        slide_m_per_rad=gain * float(rng.normal(0.0, 0.006)),
        wobble_hz=float(rng.uniform(10.0, 15.0)),
        wobble_damping=float(rng.uniform(0.25, 0.45)),
        wobble_tilt_rad_m=float(rng.uniform(3.0, 8.0)),
        gain=gain,
    )


@dataclass(frozen=True)
class ClipTrack:
    """A clip's motion as quintic splines: world position and quaternion [x y z w], sensor to world."""

    position: BSpline
    quaternion: BSpline
    _rates: tuple[BSpline, BSpline] = field(repr=False)

    @property
    def end_s(self) -> float:
        """Last instant of the track, s."""
        return float(self.position.t[-1])

    def orientation(self, time_s: FloatArray) -> Rotation:
        """Sensor to world at the given instants (N,)."""
        return Rotation.from_quat(self.quaternion(time_s))

    def sense(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Specific force (N, 3) m/s² and angular rate (N, 3) rad/s of an ideal sensor, in its axes."""
        q = self.quaternion(time_s)
        norm2 = np.sum(q * q, axis=1, keepdims=True)
        dq = self._rates[1](time_s)
        xyz, w = -q[:, :3], q[:, 3:]
        vector = w * dq[:, :3] + dq[:, 3:] * xyz + np.cross(xyz, dq[:, :3])
        gyr = 2.0 * vector / norm2
        force = self._rates[0](time_s) + np.array([0.0, 0.0, GRAVITY_M_S2])
        acc = Rotation.from_quat(q).apply(force, inverse=True)
        return np.ascontiguousarray(acc), np.ascontiguousarray(gyr)


def _wobble(acc: FloatArray, skin: SkinMotion) -> FloatArray:
    """Displacement (N, 3) in m of a damped mass on a spring whose foot accelerates with ``acc`` (N, 3)."""
    w = 2 * np.pi * skin.wobble_hz
    k = 2.0 / STEP_S
    den = np.array([k * k + 2 * skin.wobble_damping * w * k + w * w, 2 * w * w - 2 * k * k, 0.0])
    den[2] = k * k - 2 * skin.wobble_damping * w * k + w * w
    return np.asarray(-skin.gain * lfilter(np.array([1.0, 2.0, 1.0]), den, acc, axis=0))


def _joint_below(motion: Motion, site: str) -> FloatArray:
    if site == "thigh":
        return motion.hip_rad
    return motion.pelvis_rad if site == "S1" else motion.lumbar_rad


def clip_track(
    motion: Motion,
    site: str,
    mounting: Rotation,
    skin: SkinMotion | None = None,
    slip: Slip | None = None,
) -> ClipTrack:
    """The track of a clip at ``site``, fastened with ``mounting`` (sensor to bone), over moving skin."""
    position, bone = bone_frame(motion, site)
    if skin is not None and skin.gain > 0.0:
        angle = _joint_below(motion, site)
        foot = np.gradient(np.gradient(position, STEP_S, axis=0), STEP_S, axis=0)
        wobble = bone.apply(_wobble(foot, skin), inverse=True)
        axis = np.array([0.0, skin.wobble_tilt_rad_m, 0.0])
        tilt = angle[:, None] * np.array(skin.tilt_per_rad) + wobble[:, :1] * axis
        slide = angle[:, None] * np.array([0.0, 0.0, skin.slide_m_per_rad]) + wobble
        position = position + bone.apply(slide)
        bone = bone * Rotation.from_rotvec(tilt)
    if slip is not None:
        done = minimum_jerk((motion.time_s - slip.time_s) / slip.duration_s)[:, None]
        position = position + bone.apply(done * np.array(slip.shift_m))
        bone = bone * Rotation.from_rotvec(done * np.array(slip.turn_rad))
    return track_of(motion.time_s, position, bone * mounting)


def track_of(time_s: FloatArray, position: FloatArray, orientation: Rotation) -> ClipTrack:
    """The track through positions (N, 3) and orientations at ``time_s`` (N,)."""
    q = orientation.as_quat()
    flips = np.where(np.sum(q[1:] * q[:-1], axis=1) < 0.0, -1.0, 1.0)
    q[1:] *= np.cumprod(flips)[:, None]
    where = make_interp_spline(time_s, position, k=5)
    turn = make_interp_spline(time_s, q, k=5)
    return ClipTrack(where, turn, (where.derivative(2), turn.derivative(1)))
