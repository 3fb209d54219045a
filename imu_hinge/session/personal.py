"""An athlete's file in a session: the belief before it, the neutral hinge to judge by, and clips that sit elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imu_hinge.body.alignment import ClipAlignment
from imu_hinge.body.angles import clip_roles
from imu_hinge.body.geometry import ChainBelief
from imu_hinge.body.personal import CarryParams, Move, NeutralHinge, Personal, Worn, carried, changed
from imu_hinge.body.separation import SeparationParams
from imu_hinge.body.smoother import Noise
from imu_hinge.conventions import BACK
from imu_hinge.errors import AthleteError
from imu_hinge.hinge.neutral import Reference
from imu_hinge.recording.model import Recording

__all__ = ["Known", "check_same_person", "neutral_with", "reference_with", "worn_clips"]

_SAME_HEIGHT_M: Final = 0.03
_DAY_TO_DAY_DEG: Final = 1.0
"""How far a day's neutral hinge is from the athlete's own mean, deg (SD)."""


def check_same_person(personal: Personal, recording: Recording) -> None:
    """Raises AthleteError where a recording says that its athlete is taller or shorter."""
    height_m = recording.number("athlete.height_m")
    if height_m is None or personal.height_m is None or abs(height_m - personal.height_m) <= _SAME_HEIGHT_M:
        return
    raise AthleteError(
        f"the athlete there is {height_m:.2f} m tall, and {personal.name} is {personal.height_m:.2f} m",
        path=recording.name,
        advice="Name the file of this athlete, leave the file out, or correct '# athlete.height_m: ...'.",
    )


def worn_clips(
    sites: Mapping[str, str],
    alignments: Mapping[str, ClipAlignment],
    serials: Mapping[str, str | None],
    benched: Mapping[str, bool],
) -> dict[str, Worn]:
    """How the clips are worn, by role."""

    def axis(vector: np.ndarray) -> tuple[float, float, float]:
        x, y, z = (float(v) for v in vector / np.linalg.norm(vector))
        return x, y, z

    return {
        role: Worn(serials.get(clip), benched.get(clip, False), axis(alignments[clip].up), axis(alignments[clip].left))
        for role, clip in clip_roles(sites).items()
    }


@dataclass(frozen=True)
class Known:
    """An athlete as known before a session, and how the clips are worn in it, by role."""

    personal: Personal
    site: str | None
    clips: Mapping[str, Worn]
    params: CarryParams

    @staticmethod
    def of(
        personal: Personal | None,
        sites: Mapping[str, str],
        alignments: Mapping[str, ClipAlignment],
        serials: Mapping[str, str | None],
        benched: Mapping[str, bool],
        params: CarryParams,
    ) -> Known | None:
        """None without an athlete's file."""
        if personal is None:
            return None
        roles = clip_roles(sites)
        site = sites[roles[BACK]] if BACK in roles else None
        return Known(personal, site, worn_clips(sites, alignments, serials, benched), params)

    def belief(self, fresh: ChainBelief) -> ChainBelief:
        """The belief before the session, where anybody's would be ``fresh``."""
        if self.site is None:
            return fresh
        return carried(self.personal, fresh, self.site, self.clips, self.params)

    def noise(self, params: SeparationParams) -> SeparationParams:
        """The noise to begin with is the athlete's own."""
        learnt = self.personal.learnt
        if learnt is None:
            return params
        return replace(params, smoother=replace(params.smoother, start_noise=Noise(learnt.noise_m_s2)))

    def warnings(self, now: ChainBelief | None, *, strange: bool = False) -> list[str]:
        """What is to be said of the file beside this session; ``strange``: the movements did not fit it."""
        if strange:
            return [f"these movements do not fit the file of {self.personal.name}: it was not used for the angles"]
        then = self.personal.back_site
        found = []
        if self.site is not None and then is not None and self.site != then:
            found.append(f"the back clip sits at {self.site}, last time at {then}")
        if now is not None and self.site is not None:
            found += [_told(move) for move in changed(self.personal, now, self.site, self.params)]
        return found


_WORDS: Final = {
    "thigh_up": (
        "the thigh clip sits about {} higher than last time",
        "the thigh clip sits about {} lower than last time",
    ),
    "back_up": (
        "the back clip sits about {} higher than last time",
        "the back clip sits about {} lower than last time",
    ),
    "back_ahead": (
        "the back clip sits about {} closer to the spine than last time",
        "the back clip sits about {} further from the spine than last time",
    ),
    "share_below": (
        "the back clip sees more of the lower back than last time: it seems to sit higher",
        "the back clip sees less of the lower back than last time: it seems to sit lower",
    ),
}


def _told(move: Move) -> str:
    return _WORDS[move.what][move.change < 0].format(f"{max(1, round(100 * abs(move.change)))} cm")


def reference_with(personal: Personal | None, today: Reference, *, has_thigh: bool) -> Reference:
    """The session's own reference, with what it did not show from the athlete's file.

    ``has_thigh`` tells whether folds are of trunk against thigh or of the trunk alone. The hinge of another day is as
    sure as days are alike.
    """
    if personal is None:
        return today
    own = personal.neutral
    kept = replace(
        today, max_flexion_deg=own.max_flexion_deg if today.max_flexion_deg is None else today.max_flexion_deg
    )
    fold = own.fold_deg if has_thigh else own.trunk_deg
    if today.fold_deg is None and fold is not None:
        kept = replace(
            kept,
            fold_deg=fold,
            thigh_deg=own.thigh_deg if has_thigh else None,
            trunk_deg=own.trunk_deg,
            courses=dict(own.courses),
        )
    if today.lumbar_deg is None and own.lumbar_deg is not None and kept.fold_deg is not None:
        # Judging divides the spread by the root of the hinges.
        count = max(1, own.movements)
        sure = math.hypot((own.lumbar_sd_deg or 0.0) / math.sqrt(count), _DAY_TO_DAY_DEG)
        kept = replace(kept, lumbar_deg=own.lumbar_deg, lumbar_sd_deg=sure, hinges=1)
    return kept


def neutral_with(before: NeutralHinge, today: Reference, accepted_deg: tuple[float, ...]) -> NeutralHinge:
    """The neutral hinge with a session's reference hinges and accepted reps (lumbar flexion at their bottoms)."""
    lumbar, spread, movements = before.lumbar_deg, before.lumbar_sd_deg, before.movements
    groups = []
    if today.lumbar_deg is not None and today.hinges:
        groups.append((today.lumbar_deg, today.lumbar_sd_deg or 0.0, today.hinges))
    if accepted_deg:
        groups.append((float(np.mean(accepted_deg)), float(np.std(accepted_deg)), len(accepted_deg)))
    for mean, sd, count in groups:
        old = min(movements, _REMEMBERED) if lumbar is not None else 0
        share = count / (old + count)
        earlier, earlier_sd = (mean, sd) if lumbar is None else (lumbar, spread or 0.0)
        variance = (1 - share) * earlier_sd**2 + share * sd**2 + share * (1 - share) * (mean - earlier) ** 2
        lumbar, spread = earlier + share * (mean - earlier), math.sqrt(variance)
        movements += count
    share = today.hinges / (min(before.hinges, _REMEMBERED) + today.hinges) if today.hinges else 0.0

    def mixed(old: float | None, new: float | None) -> float | None:
        return new if old is None else old if new is None else old + share * (new - old)

    most = today.max_flexion_deg
    return NeutralHinge(
        lumbar_deg=lumbar,
        lumbar_sd_deg=spread,
        movements=movements,
        fold_deg=mixed(before.fold_deg, today.fold_deg),
        thigh_deg=mixed(before.thigh_deg, today.thigh_deg),
        trunk_deg=mixed(before.trunk_deg, today.trunk_deg),
        max_flexion_deg=before.max_flexion_deg
        if most is None
        else most
        if before.max_flexion_deg is None
        else 0.5 * (before.max_flexion_deg + most),
        hinges=before.hinges + today.hinges,
        courses=_mixed_courses(before.courses, today.courses, share),
    )


_REMEMBERED: Final = 30
"""Older movements than so many fade, so that the neutral hinge follows the athlete."""


def _mixed_courses(
    before: Mapping[str, tuple[float, ...]], today: Mapping[str, tuple[float, ...]], share: float
) -> dict[str, tuple[float, ...]]:
    mixed = dict(before)
    for name, values in today.items():
        new, old = np.array(values), np.array(before.get(name, values))
        step = np.where(np.isfinite(old), old + share * (new - old), new)
        mixed[name] = tuple(np.where(np.isfinite(new), step, old).tolist())
    return mixed
