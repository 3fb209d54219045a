"""What is believed of lumbar flexion and shank pitch from the pitches of thigh and back alone, for one athlete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.smoother import Course

__all__ = ["PersonalPrior"]

FloatArray = NDArray[np.float64]


def _deg(value: float) -> float:
    return float(np.deg2rad(value))


@dataclass(frozen=True)
class PersonalPrior:
    """Means and SDs, rad, that grow with the fold between trunk and thigh."""

    lumbar_rad: float = _deg(7.0)
    """Fully folded."""
    lumbar_sd_rad: float = _deg(25.0)
    lumbar_standing_sd_rad: float = _deg(2.0)
    shank_rad: float = _deg(5.0)
    shank_sd_rad: float = _deg(18.0)
    full_fold_rad: float = _deg(60.0)

    def at(self, thigh_rad: float, back_rad: float) -> tuple[FloatArray, FloatArray]:
        """Mean (2,) and SD (2,) of lumbar flexion and shank pitch."""
        fold = abs(back_rad - thigh_rad) / self.full_fold_rad
        return (
            np.array([self.lumbar_rad * min(fold, 1.0), self.shank_rad]),
            np.array([self.lumbar_standing_sd_rad + self.lumbar_sd_rad * min(1.5 * fold, 1.0), self.shank_sd_rad]),
        )

    @classmethod
    def learnt(cls, references: Sequence[Course]) -> PersonalPrior:
        """Means from the smoother's courses of an athlete's reference hinges; the SDs stay wide, for other reps."""
        lumbar = np.concatenate([course.lumbar_rad for course in references])
        fold = np.abs(np.concatenate([course.hip_rad for course in references]) + lumbar) / cls.full_fold_rad
        share = np.minimum(fold, 1.0)
        shank = np.concatenate([course.shank_rad for course in references])
        folded = share > 0.5
        if not folded.any():
            return cls()
        return cls(lumbar_rad=float(share @ lumbar / (share @ share)), shank_rad=float(shank[folded].mean()))
