"""Exercise profiles: what a rep looks like to the counter, what it is judged for, where the feet are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from imu_hinge.conventions import FAULTS

__all__ = ["PROFILES", "UNANNOUNCED", "Foot", "LumbarZero", "RepProfile", "profile_of"]

Foot = Literal["planted", "flight", "free"]
"""Where the foot of the thigh clip's leg is: on its spot throughout; there but for a flight; or anywhere (lying, in
blocks), so that nothing follows from it."""


LumbarZero = Literal["standing", "start", "lying"]
"""What arching counts from: the calibrated standing; where the rep began, before a chair; or that, on the floor, where
a neutral spine has nothing to flex."""


@dataclass(frozen=True)
class RepProfile:
    """How reps of one exercise start, turn and end. The fold is trunk against thigh, degrees."""

    exercise: str
    min_fold_deg: float
    """Least rise of the fold, from the top of the rep to its bottom, that counts, deg. Counting only: judging has
    thresholds of its own."""
    min_peak_deg: float | None = None
    """Least fold against standing at the bottom, deg; None where standing is no zero (a seat, the floor)."""
    min_duration_s: float = 0.5
    """Shorter folds are stumbles, s."""
    max_bottom_s: float = 30.0
    """A longer stay in the deep three tenths is a seat, not a pause, s."""
    min_lean_deg: float | None = None
    """Least range of trunk pitch in a rep, deg: in walking the trunk hardly tips; None where it need not."""
    max_trunk_pitch_deg: float | None = None
    """Count only while the trunk is tipped back beyond this, deg: a bridge is done lying, not on the way down to the
    floor; None for any posture."""
    seated: bool = False
    """Whether the bottom is the middle of the stay there (a chair) rather than the deepest fold (the lean)."""
    has_flight: bool = False
    """Whether take-off and landing belong to one rep."""
    folds: int = 1
    """+1 where a rep folds and unfolds; -1 where it unfolds and folds (hip bridge: the top is the effort)."""
    faults: tuple[str, ...] = ()
    """What a rep is judged for, in the order it is told."""
    lumbar_allowance_deg: float = 0.0
    """Lumbar flexion that the posture asks for beyond a neutral hinge's, deg: hips folded past 100 deg take the lower
    back along (Esola 1996)."""
    tuck_rounds: bool = False
    """Whether a back that rounds only as the pelvis tucks under at depth has one fault, the tuck."""
    lumbar_zero: LumbarZero = "standing"
    foot: Foot = "planted"

    def without_thigh(self) -> RepProfile:
        """The same exercise seen by the trunk alone, which tips about half as far as trunk and thigh fold."""
        peak = None if self.min_peak_deg is None else 0.5 * self.min_peak_deg
        return replace(self, min_fold_deg=0.4 * self.min_fold_deg, min_peak_deg=peak)


_SPINE: Final = ("rounded_back", "arched_back")
_LOCKOUT: Final = ("hyperextended_lockout", "incomplete_lockout")
_SQUATTING: Final = (*_SPINE, "butt_wink", *_LOCKOUT, "hips_shoot_up", "twist", "rushed")
_LIFTING: Final = (*_SPINE, "butt_wink", "spine_first", *_LOCKOUT, "hips_shoot_up", "twist", "rushed")

PROFILES: Final[Mapping[str, RepProfile]] = MappingProxyType(
    {
        "hinge": RepProfile("hinge", min_fold_deg=22.0, faults=FAULTS),
        "rdl": RepProfile("rdl", min_fold_deg=30.0, faults=FAULTS),
        "deadlift": RepProfile("deadlift", min_fold_deg=30.0, faults=_LIFTING),
        "squat": RepProfile("squat", min_fold_deg=35.0, faults=_SQUATTING, tuck_rounds=True),
        "jump": RepProfile(
            "jump",
            min_fold_deg=25.0,
            min_duration_s=0.3,
            has_flight=True,
            faults=(*_SPINE, "twist"),
            foot="flight",
        ),
        "pickup": RepProfile("pickup", min_fold_deg=30.0, faults=_LIFTING),
        "bridge": RepProfile(
            "bridge",
            min_fold_deg=20.0,
            max_trunk_pitch_deg=-70.0,
            folds=-1,
            faults=("arched_back", "incomplete_lockout", "twist", "rushed"),
            lumbar_zero="lying",
            foot="free",
        ),
        "sprint_start": RepProfile(
            "sprint_start",
            min_fold_deg=60.0,
            min_duration_s=0.3,
            faults=(*_SPINE, "twist"),
            lumbar_allowance_deg=10.0,
            foot="free",
        ),
        "sit_to_stand": RepProfile(
            "sit_to_stand",
            min_fold_deg=35.0,
            max_bottom_s=600.0,
            seated=True,
            faults=(*_SPINE, *_LOCKOUT, "twist", "rushed"),
            lumbar_zero="start",
            lumbar_allowance_deg=5.0,
        ),
    }
)
"""Thresholds are half or less of the shallowest rep a coach would count (RDL 55-85 deg, squat 80-120 deg of fold)."""

UNANNOUNCED: Final = RepProfile(
    "hinge",
    min_fold_deg=30.0,
    min_peak_deg=35.0,
    min_duration_s=0.8,
    max_bottom_s=8.0,
    min_lean_deg=15.0,
    has_flight=True,
    faults=_LIFTING,
    foot="flight",
)
"""For recordings that do not say what was done when: deep enough to be no walking, short enough to be no seat. What
the knees should do depends on the exercise, so they are not judged."""


def profile_of(exercise: str | None) -> RepProfile:
    """The profile of an announced exercise, or the careful one where none was announced."""
    return UNANNOUNCED if exercise is None else PROFILES[exercise]
