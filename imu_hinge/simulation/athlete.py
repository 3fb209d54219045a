"""One athlete: size, proportions, range of motion, habits of tempo, and where the clips sit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from imu_hinge.conventions import LUMBAR_LEVELS, LUMBAR_SHARE_BELOW
from imu_hinge.recording.model import FloatArray

__all__ = ["LEVEL_SHARES", "Athlete", "draw_athlete", "put_on_anew"]


def _shares() -> tuple[float, ...]:
    return tuple(LUMBAR_SHARE_BELOW[v] for v in LUMBAR_LEVELS)


LEVEL_SHARES: Final = _shares()
"""Share of T12-S1 flexion below each vertebra of ``LUMBAR_LEVELS`` (Aiyangar 2015)."""


@dataclass(frozen=True)
class Athlete:
    """A body and its habits; lengths m, masses kg, angles rad, times s.

    Lengths are shares of height after Winter (Biomechanics and Motor Control of Human Movement, 2009, fig.
    4.1), times a personal proportion; segment masses and centres after de Leva (1996).
    """

    height_m: float
    mass_kg: float
    shank_m: float
    thigh_m: float
    hip_width_m: float
    hip_to_l5s1_m: float
    vertebra_m: float
    t12_to_shoulder_m: float
    side: str
    thigh_clip_above_knee_m: float
    thigh_clip_lateral_m: float
    back_clip_behind_m: float
    back_clip_above_m: float
    sacrum_clip_behind_m: float
    sacrum_clip_above_m: float
    standing_knee_rad: float
    hinge_hip_rad: float
    hinge_knee_rad: float
    hinge_lumbar_rad: float
    squat_knee_rad: float
    squat_hip_rad: float
    lumbar_max_rad: float
    eccentric_s: float
    concentric_s: float
    bottom_pause_s: float
    top_pause_s: float
    variability: float
    level_shares: tuple[float, ...] = LEVEL_SHARES
    """Own share of T12-S1 flexion below each vertebra of ``LUMBAR_LEVELS``."""
    back_clip_off_levels: float = 0.0
    """How far above the vertebra it is meant for the back clip sits, in vertebrae."""

    @property
    def side_sign(self) -> float:
        """+1 where the thigh clip sits on the left leg (y points left), -1 on the right."""
        return 1.0 if self.side == "left" else -1.0

    def share_below(self, site: str) -> float:
        """Share of T12-S1 flexion below the back clip (or the sacrum's) where it really sits."""
        if site in ("S1", "T12"):
            return LUMBAR_SHARE_BELOW[site]
        at = LUMBAR_LEVELS.index(site)
        if self.back_clip_off_levels == 0.0:
            return self.level_shares[at]
        return float(np.interp(at + self.back_clip_off_levels, np.arange(-1.0, 5.0), (0.0, *self.level_shares)))

    def back_clip_up_m(self, site: str) -> float:
        """Height of the back clip over the lumbar joint below its vertebra, m."""
        up = (1.4 if site == "T12" else 0.5) * self.vertebra_m + self.back_clip_above_m
        return up + self.back_clip_off_levels * self.vertebra_m

    def lumbar_joints_m(self) -> FloatArray:
        """Standing positions of the five lumbar joints from the hip centre, (5, 2) as x, z: a mild lordosis.

        L5/S1 sits about 0.058 heights above and 3 cm behind the hip centres (Reed 1999), a vertebra with its
        disc is about 0.0205 heights tall, and the lordotic curve is most forward at L3/L4.
        """
        z = self.hip_to_l5s1_m + self.vertebra_m * np.arange(5.0)
        x = np.array([-0.030, -0.020, -0.016, -0.020, -0.029]) * (self.height_m / 1.75)
        return np.column_stack([x, z])

    def t12_m(self) -> FloatArray:
        """Standing position of the T12 body from the hip centre, (2,) as x, z."""
        top = self.lumbar_joints_m()[-1]
        return np.array([top[0] - 0.25 * self.vertebra_m, top[1] + 1.4 * self.vertebra_m])

    def shoulder_m(self) -> FloatArray:
        """Standing position of the shoulders from the hip centre, (2,) as x, z."""
        t12 = self.t12_m()
        return np.array([t12[0] + 0.030, t12[1] + self.t12_to_shoulder_m])


def draw_athlete(
    rng: np.random.Generator,
    *,
    height_m: float | None = None,
    mass_kg: float | None = None,
    side: str | None = None,
) -> Athlete:
    """An athlete at random; height, mass and side may be given."""
    drawn_height = float(np.clip(rng.normal(1.75, 0.08), 1.55, 1.98))
    height = drawn_height if height_m is None else height_m
    drawn_mass = float(np.clip(rng.normal(23.5, 2.5), 18.5, 32.0)) * height**2
    mass = drawn_mass if mass_kg is None else mass_kg
    drawn_side = str(rng.choice(["left", "right"]))
    deg = np.pi / 180.0

    def share(mean: float, sd: float = 0.025) -> float:
        return height * mean * float(np.clip(rng.normal(1.0, sd), 0.93, 1.07))

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    return Athlete(
        height_m=height,
        mass_kg=mass,
        shank_m=share(0.246),
        thigh_m=share(0.245),
        hip_width_m=share(0.098),
        hip_to_l5s1_m=share(0.058),
        vertebra_m=share(0.0205),
        t12_to_shoulder_m=share(0.125),
        side=drawn_side if side is None else side,
        thigh_clip_above_knee_m=between(0.13, 0.17),
        thigh_clip_lateral_m=between(0.065, 0.085),
        back_clip_behind_m=between(0.070, 0.095),
        back_clip_above_m=between(-0.012, 0.012),
        sacrum_clip_behind_m=between(0.075, 0.100),
        sacrum_clip_above_m=between(0.035, 0.060),
        standing_knee_rad=between(2.0, 6.0) * deg,
        hinge_hip_rad=between(66.0, 84.0) * deg,
        hinge_knee_rad=between(13.0, 23.0) * deg,
        hinge_lumbar_rad=between(2.0, 8.0) * deg,
        squat_knee_rad=between(98.0, 118.0) * deg,
        squat_hip_rad=between(94.0, 110.0) * deg,
        lumbar_max_rad=between(45.0, 60.0) * deg,
        eccentric_s=between(1.4, 2.1),
        concentric_s=between(1.0, 1.5),
        bottom_pause_s=between(0.05, 0.35),
        top_pause_s=between(0.25, 0.7),
        variability=between(0.7, 1.3),
    )


def put_on_anew(athlete: Athlete, rng: np.random.Generator) -> Athlete:
    """The same person on another day, with the clips put on anew, a centimetre or so from where they were."""

    def near(place_m: float) -> float:
        return place_m + 0.012 * float(rng.standard_normal())

    return replace(
        athlete,
        thigh_clip_above_knee_m=near(athlete.thigh_clip_above_knee_m),
        thigh_clip_lateral_m=max(0.05, near(athlete.thigh_clip_lateral_m)),
        back_clip_behind_m=max(0.06, near(athlete.back_clip_behind_m)),
        back_clip_above_m=near(athlete.back_clip_above_m),
        sacrum_clip_behind_m=max(0.06, near(athlete.sacrum_clip_behind_m)),
        sacrum_clip_above_m=near(athlete.sacrum_clip_above_m),
    )
