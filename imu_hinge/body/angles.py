"""Hip and lumbar flexion from segment pitches, for any set of clips, each with its standard deviation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.conventions import BACK, LUMBAR_SHARE_BELOW, PELVIS, THIGH

__all__ = ["AngleParams", "JointAngles", "clip_roles", "joint_angles"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AngleParams:
    """What a pitch is worth. Skin turns a clip a little more or less than the bone: an error that grows with the
    pitch and stays the same for one person and place."""

    thigh_skin_gain_sd: float = 0.035
    """Share of the thigh's pitch, SD (lateral thigh clusters against bone: 2-4 deg over 60-90; Xi 2022)."""
    trunk_skin_gain_sd: float = 0.0145
    """Share of a pelvis or back pitch, SD, each clip for itself."""
    trunk_common_gain_sd: float = 0.02
    """The same, common to the trunk clips of one person: it cancels in lumbar flexion but not in the hip."""
    stance_sd_rad: float = float(np.deg2rad(0.2))
    """How far the standing inclination of one clip differs from another's beyond the sway they share, rad."""
    min_share_below: float = 0.3
    """Least share of lumbar flexion below the back clip from which the whole can be told."""
    share_sd: float = 0.08
    """SD of the share below a clip at L2-L5 (task-dependent .53-.70 at L3; Aiyangar 2015)."""
    prior_lumbar_share: float = 0.15
    """Without a pelvis clip: lumbar part expected in the fold of trunk against thigh."""
    unseen_pelvis_sd_rad: float = float(np.deg2rad(5.0))
    """Without a pelvis clip: a pelvis may tilt under an upright trunk (cat and cow: 10-12 deg either way), rad."""
    prior_lumbar_share_sd: float = 0.15
    """SD of that part over good and rounded lifts."""


@dataclass(frozen=True)
class JointAngles:
    """Angles in degrees, (N,) each, NaN where these clips cannot tell; knee flexion is for the
    chain model to know. ``fold_deg`` is trunk against thigh (or trunk against standing without a thigh clip): the
    signal that reps are counted on; ``trunk_pitch_deg`` the pitch of the uppermost clip."""

    hip_flexion_deg: FloatArray
    hip_flexion_sd_deg: FloatArray
    lumbar_flexion_deg: FloatArray
    lumbar_flexion_sd_deg: FloatArray
    fold_deg: FloatArray
    trunk_pitch_deg: FloatArray
    knee_flexion_deg: FloatArray
    knee_flexion_sd_deg: FloatArray

    @staticmethod
    def unknown(count: int) -> JointAngles:
        """``count`` rows of which nothing is known."""
        nan = np.full(count, np.nan)
        return JointAngles(**{f.name: nan for f in fields(JointAngles)})

    def emptied(self, doubtful: NDArray[np.bool_]) -> JointAngles:
        """The same with hip, lumbar and knee flexion NaN where a clip is not where it says (N,): a wrong number with a
        small SD is worse than none. The fold stays: a rep is a rep."""
        known = [f.name for f in fields(self) if f.name not in ("fold_deg", "trunk_pitch_deg")]
        return replace(self, **{name: np.where(doubtful, np.nan, getattr(self, name)) for name in known})


def clip_roles(sites: Mapping[str, str]) -> dict[str, str]:
    """Which worn clip plays thigh, pelvis and back: a ``back`` clip at S1 is a pelvis clip."""
    roles = {name: name for name in sites}
    if sites.get(BACK) == "S1":
        del roles[BACK]
        roles.setdefault(PELVIS, BACK)
    return roles


def _pitch_variance(
    pitch_rad: FloatArray, inclination_sd_rad: FloatArray, alignment: ClipAlignment, params: AngleParams
) -> FloatArray:
    skin = params.thigh_skin_gain_sd if alignment.clip == THIGH else params.trunk_skin_gain_sd
    # A medio-lateral axis off by e shortens the pitch by e²/2 and mixes in roll, of the order of a tenth of pitch.
    axis = alignment.left_sd_rad**2 / 2 + 0.1 * alignment.left_sd_rad
    stance = max(params.stance_sd_rad, alignment.stance_sd_rad)
    variance: FloatArray = inclination_sd_rad**2 + stance**2 + (skin**2 + axis**2) * pitch_rad**2
    return variance


def joint_angles(
    pitch_rad: Mapping[str, FloatArray],
    inclination_sd_rad: Mapping[str, FloatArray],
    alignments: Mapping[str, ClipAlignment],
    sites: Mapping[str, str],
    params: AngleParams,
) -> JointAngles:
    """Joint angles from segment pitches (N,) of the worn clips.

    ``inclination_sd_rad`` (N,) is how sure each clip's inclination is. With a pelvis clip hip flexion is measured, with
    a back clip as well lumbar flexion too. Thigh and back alone give their sum; the hip is then the sum less what
    the lumbar spine usually adds, with an SD that says so, and lumbar flexion stays NaN.
    """
    roles = clip_roles(sites)
    n = len(next(iter(pitch_rad.values())))
    nan = np.full(n, np.nan)
    pitch = {role: pitch_rad[clip] for role, clip in roles.items()}
    variance = {
        role: _pitch_variance(pitch_rad[clip], inclination_sd_rad[clip], alignments[clip], params)
        for role, clip in roles.items()
    }
    hip = hip_var = lumbar = lumbar_var = nan
    share = LUMBAR_SHARE_BELOW[sites[roles[BACK]]] if BACK in roles else 0.0
    trunk = BACK if BACK in roles else PELVIS
    fold = pitch[trunk] - pitch[THIGH] if THIGH in roles else pitch[trunk]
    if THIGH in roles and PELVIS in roles:
        hip = pitch[PELVIS] - pitch[THIGH]
        hip_var = variance[PELVIS] + variance[THIGH] + (params.trunk_common_gain_sd * pitch[PELVIS]) ** 2
    elif THIGH in roles:
        part = share * params.prior_lumbar_share
        # Beyond straight it is the spine that opens: hips stop a few degrees behind the trunk (Roach 2015).
        hip = np.where(fold > 0.0, fold * (1.0 - part), fold * (1.0 - share))
        hip_var = variance[BACK] + variance[THIGH] + (params.trunk_common_gain_sd * pitch[BACK]) ** 2
        hip_var = hip_var + (share * np.where(fold > 0.0, params.prior_lumbar_share_sd, 0.5) * fold) ** 2
        hip_var = hip_var + (share * params.unseen_pelvis_sd_rad) ** 2
    if BACK in roles and PELVIS in roles and share >= params.min_share_below:
        part_of = pitch[BACK] - pitch[PELVIS]
        lumbar = part_of / share
        share_sd = params.share_sd if share < 1.0 else 0.0
        lumbar_var = variance[BACK] + variance[PELVIS] + (params.trunk_common_gain_sd * part_of) ** 2
        lumbar_var = (lumbar_var + (share_sd * lumbar) ** 2) / share**2
    degrees = np.rad2deg
    return JointAngles(
        degrees(hip),
        degrees(np.sqrt(hip_var)),
        degrees(lumbar),
        degrees(np.sqrt(lumbar_var)),
        degrees(fold),
        degrees(pitch[trunk]),
        nan,
        nan,
    )
