"""Exercise profiles: what a rep of each exercise looks like to the counter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

__all__ = ["PROFILES", "UNANNOUNCED", "RepProfile", "profile_of"]


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

    def without_thigh(self) -> RepProfile:
        """The same exercise seen by the trunk alone, which tips about half as far as trunk and thigh fold."""
        peak = None if self.min_peak_deg is None else 0.5 * self.min_peak_deg
        return replace(self, min_fold_deg=0.4 * self.min_fold_deg, min_peak_deg=peak)


PROFILES: Final[Mapping[str, RepProfile]] = MappingProxyType(
    {
        "hinge": RepProfile("hinge", min_fold_deg=22.0),
        "rdl": RepProfile("rdl", min_fold_deg=30.0),
        "deadlift": RepProfile("deadlift", min_fold_deg=30.0),
        "squat": RepProfile("squat", min_fold_deg=35.0),
        "jump": RepProfile("jump", min_fold_deg=25.0, min_duration_s=0.3, has_flight=True),
        "pickup": RepProfile("pickup", min_fold_deg=30.0),
        "bridge": RepProfile("bridge", min_fold_deg=20.0, max_trunk_pitch_deg=-70.0, folds=-1),
        "sprint_start": RepProfile("sprint_start", min_fold_deg=60.0, min_duration_s=0.3),
        "sit_to_stand": RepProfile("sit_to_stand", min_fold_deg=35.0, max_bottom_s=600.0, seated=True),
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
)
"""For recordings that do not say what was done when: deep enough to be no walking, short enough to be no seat."""


def profile_of(exercise: str | None) -> RepProfile:
    """The profile of an announced exercise, or the careful one where none was announced."""
    return UNANNOUNCED if exercise is None else PROFILES[exercise]
