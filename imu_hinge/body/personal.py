"""What is known of one athlete from earlier sessions, and how it carries over to the next one.

A body lasts, and so do the bones, the standing posture and the neutral hinge; where a clip sits is new every time. Each
constant is carried as an autoregressive step: it keeps a share of what was learnt, falls back towards what is believed
of anybody by the rest, and is never less sure than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.geometry import CONSTANTS, ChainBelief, levels_below
from imu_hinge.conventions import BACK, THIGH

__all__ = [
    "CarryParams",
    "Learnt",
    "Move",
    "NeutralHinge",
    "Personal",
    "Worn",
    "carried",
    "changed",
    "learnt_of",
    "same_clip",
]

FloatArray = NDArray[np.float64]
Axis = tuple[float, float, float]

PLACE: Final = "placing"
HALF: Final = "half"
SKIN: Final = "skin"


@dataclass(frozen=True)
class Worn:
    """How a clip was worn: its serial number (None: not told), whether it was bench-calibrated, and the segment's long
    axis and the athlete's left in the clip's own axes, unit vectors."""

    serial: str | None
    bench: bool
    up: Axis
    left: Axis


@dataclass(frozen=True)
class NeutralHinge:
    """The athlete's own neutral, degrees, None where it was never measured.

    Lumbar flexion at the bottom (mean, and SD from movement to movement, over ``movements`` reference hinges and
    accepted reps); fold, thigh and trunk pitch from top to bottom over ``hinges`` reference hinges; own maximum
    flexion; ``courses`` by name over eleven shares of the fold, NaN where unknown.
    """

    lumbar_deg: float | None = None
    lumbar_sd_deg: float | None = None
    movements: int = 0
    fold_deg: float | None = None
    thigh_deg: float | None = None
    trunk_deg: float | None = None
    max_flexion_deg: float | None = None
    hinges: int = 0
    courses: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Learnt:
    """Constants of the chain as last learnt: names, mean (C,), covariance (C, C), in SI; and the SD of each compared
    acceleration, m/s² (thigh forward and up, back forward and up)."""

    names: tuple[str, ...]
    mean: FloatArray
    covariance: FloatArray
    noise_m_s2: tuple[float, float, float, float]

    def value(self, name: str) -> float:
        """Mean of one constant."""
        return float(self.mean[self.names.index(name)])

    def sd(self, name: str) -> float:
        """Standard deviation of one constant."""
        at = self.names.index(name)
        return float(np.sqrt(self.covariance[at, at]))


@dataclass(frozen=True)
class Personal:
    """Everything kept about an athlete: who, from how much, how the clips were worn last, neutral hinge, constants.

    ``learnt_from`` are digests of the recordings, ``clips`` is by role, ``extra`` holds keys of the file that this
    version does not know.
    """

    name: str
    height_m: float | None = None
    back_site: str | None = None
    sessions: int = 0
    accepted_reps: int = 0
    learnt_from: tuple[str, ...] = ()
    clips: Mapping[str, Worn] = field(default_factory=dict)
    neutral: NeutralHinge = field(default_factory=NeutralHinge)
    learnt: Learnt | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CarryParams:
    """Doubt that one session adds, as SDs, or as the share of anybody's variance that is renewed."""

    bone_m: float = 0.002
    """Bones last; what is learnt of them holds a little of the session's movement."""
    placing_m: float = 0.0125
    """People put a clip back within 1 to 1.5 cm."""
    renewed_share: float = 0.5
    """For what is named nowhere else: hips and sacrum among them, whose place the movements tell hardly apart from what
    the model leaves out."""
    skin_renewed: float = 0.75
    """Skin moves as the person's, and as where and how tightly the clip sits."""
    shank_rad: float = float(np.deg2rad(0.7))
    reference_rad: float = float(np.deg2rad(0.7))
    evidence_divisor: float = 10.0
    """What a session told about the constants counts as if its SDs were the root of this times larger."""
    sensor_share: float = 0.3
    """Drift of a clip's own errors between sessions, share of what they may be at all."""
    same_mounting_rad: float = float(np.deg2rad(15.0))
    """Sensor errors are those of the clip's own axes: fastened otherwise, they point elsewhere in the body."""
    tell_sds: float = 3.0
    tell_m: float = 0.015
    """A clip sits elsewhere where it moved by more than so many SDs, and so far..."""
    matters_m: float = 0.025
    matters_sds: float = 2.0
    """...or by this much, if that is no mere doubt."""
    tell_share: float = 0.08
    """The least difference of the share of lumbar flexion below the back clip to speak of."""

    def renewed(self, name: str) -> float | str:
        """SD of what a session adds to a constant, or the kind of its renewal."""
        lasting = {
            "shank_m": self.bone_m,
            "thigh_m": self.bone_m,
            "standing_shank_rad": self.shank_rad,
            "reference_lumbar_rad": self.reference_rad,
        }
        if name in lasting:
            return lasting[name]
        return PLACE if name in _PLACED else SKIN if name.endswith("_gain") else HALF


_PLACED: Final = ("thigh_clip_m", "thigh_clip_ahead_m", "lumbar_m", "back_clip_ahead_m")
"""Lengths that hold where a clip sits; of ``lumbar_m`` that is the height of the back clip."""
_OF_THE_SITE: Final = ("share_below", "back_gain")
_SENSOR: Final = ("_acc_", "_gyr_")


@dataclass(frozen=True)
class Move:
    """A clip that sits elsewhere than last time: what changed, by how much (m, or share), and the SD of that."""

    what: str
    change: float
    sd: float


def same_clip(now: Worn | None, then: Worn | None, params: CarryParams) -> bool:
    """Whether the same clip is fastened the same way round, so that its errors point where they did."""
    if now is None or then is None or now.serial != then.serial or now.bench != then.bench:
        return False
    cosines = [float(np.dot(now.up, then.up)), float(np.dot(now.left, then.left))]
    return min(cosines) >= float(np.cos(params.same_mounting_rad))


def carried(
    personal: Personal, fresh: ChainBelief, site: str, clips: Mapping[str, Worn], params: CarryParams
) -> ChainBelief:
    """What is believed of the constants before a session of this athlete, in the order of ``CONSTANTS``.

    ``fresh`` is what would be believed of anybody (with this session's tape measures), ``site`` where the back clip
    sits now, ``clips`` how the clips are worn now, by role.
    """
    learnt = personal.learnt
    if learnt is None:
        return fresh
    clips_kept = {role: same_clip(clips.get(role), personal.clips.get(role), params) for role in (THIGH, BACK)}
    keep, mean = np.zeros(len(CONSTANTS)), fresh.mean.copy()
    at = [learnt.names.index(name) if name in learnt.names else -1 for name in CONSTANTS]
    for i, name in enumerate(CONSTANTS):
        if at[i] >= 0:
            same_site = site == personal.back_site or name not in _OF_THE_SITE
            keep[i] = _kept(name, fresh.sd(name), learnt.sd(name), clips_kept, params) if same_site else 0.0
            mean[i] += keep[i] * (learnt.mean[at[i]] - fresh.mean[i])
    old = np.where(np.outer(at, at) >= 0, learnt.covariance[np.ix_(at, at)], 0.0)
    old[[i < 0 for i in at]] = 0.0
    old[:, [i < 0 for i in at]] = 0.0
    renewed = np.sqrt(1.0 - keep**2)
    covariance = keep[:, None] * old * keep + renewed[:, None] * fresh.covariance * renewed
    return ChainBelief(mean, covariance)


def _kept(name: str, fresh_sd: float, learnt_sd: float, clips: Mapping[str, bool], params: CarryParams) -> float:
    """The share of a constant that a session leaves as it was: what is renewed has (1 - share²) of the variance that
    anybody's would have."""
    if learnt_sd > 1.05 * fresh_sd:
        return 0.0  # a tape measure of today is surer
    if any(word in name for word in _SENSOR):
        role = name.split("_")[0]
        return float(np.sqrt(1.0 - params.sensor_share**2)) if clips.get(role, False) else 0.0
    added = params.renewed(name)
    if added in (HALF, SKIN):
        return float(np.sqrt(1.0 - (params.skin_renewed if added == SKIN else params.renewed_share)))
    sd = params.placing_m if added == PLACE else float(added)
    return float(np.sqrt(max(0.0, 1.0 - (sd / fresh_sd) ** 2)))


def learnt_of(
    before: ChainBelief, after: ChainBelief, noise_m_s2: tuple[float, float, float, float], params: CarryParams
) -> Learnt:
    """A session's constants as they are kept: what the session told weighs less than the fit of its movements says,
    whose errors, those of the model, are the same in all of them."""
    old, new = np.linalg.inv(before.covariance), np.linalg.inv(after.covariance)
    precision = old + (new - old) / params.evidence_divisor
    pull = old @ before.mean + (new @ after.mean - old @ before.mean) / params.evidence_divisor
    covariance = np.linalg.inv(precision)
    return Learnt(CONSTANTS, covariance @ pull, 0.5 * (covariance + covariance.T), noise_m_s2)


def changed(personal: Personal, now: ChainBelief, site: str, params: CarryParams) -> tuple[Move, ...]:
    """Which clips sit elsewhere than when ``personal`` was learnt: ``thigh_up``, ``back_up``, ``back_ahead`` in m,
    ``share_below``. How far ahead the thigh clip sits cannot be told from how skin moves it."""
    learnt = personal.learnt
    if learnt is None or personal.back_site is None:
        return ()
    parts = levels_below(site) / 5.0
    levers: dict[str, dict[str, float]] = {"thigh_up": {"thigh_clip_m": 1.0}}
    if site == personal.back_site:
        levers["back_up"] = {"s1_above_m": 1.0, "lumbar_m": parts}
        levers["back_ahead"] = {"back_clip_ahead_m": 1.0}
        levers["share_below"] = {"share_below": 1.0}
    moves = []
    for what, weights in levers.items():
        if not set(weights) <= set(learnt.names):
            continue
        (a, va), (b, vb) = (
            _lever(learnt.names, learnt.mean, learnt.covariance, weights),
            _lever(CONSTANTS, now.mean, now.covariance, weights),
        )
        move = Move(what, b - a, float(np.sqrt(va + vb)))
        if _tells(move, params):
            moves.append(move)
    return tuple(moves)


def _lever(
    names: tuple[str, ...], mean: FloatArray, covariance: FloatArray, weights: Mapping[str, float]
) -> tuple[float, float]:
    row = np.array([weights.get(name, 0.0) for name in names])
    return float(row @ mean), float(row @ covariance @ row)


def _tells(move: Move, params: CarryParams) -> bool:
    size = abs(move.change)
    if move.what == "share_below":
        return size > max(params.tell_sds * move.sd, params.tell_share)
    return size > max(params.tell_sds * move.sd, params.tell_m) or (
        size >= params.matters_m and size > params.matters_sds * move.sd
    )
