"""The calibration movements of SCIENCE section 6: stand, reference hinges, pelvic tilts, toe-touch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from imu_hinge.simulation.courses import Script, unrest, window
from imu_hinge.simulation.stage import Stage, perform_rep, quiet

__all__ = ["max_flexion", "pelvic_tilts", "reference_hinges", "stand"]


def stand(stage: Stage, duration_s: float, announce: bool = True) -> None:
    """Stand tall for ``duration_s``."""
    start = stage.now_s
    quiet(stage, duration_s)
    if announce:
        stage.mark("stand", start)


def reference_hinges(stage: Stage, count: int = 3, brisk: float = 1.0) -> None:
    """Slow hinges with a dowel along head, upper back and sacrum: the athlete's own neutral."""
    start = stage.now_s
    for _ in range(count):
        shape = stage.next_rep("reference_hinge")
        shape = replace(
            shape,
            down_s=shape.down_s * brisk,
            up_s=shape.up_s * brisk,
            lockout=(0.0, 0.0, float(stage.rng.normal(0.0, np.deg2rad(0.3)))),
        )
        perform_rep(stage, shape, "hinge", "reference")
        quiet(stage, 0.5)
    stage.script.move("lumbar", 0.0, 0.4)
    stage.mark("reference_hinge", start)


def pelvic_tilts(stage: Stage, count: int = 3) -> None:
    """Standing cat-cow: the pelvis tilts forward and back under a still thorax, legs nearly still.

    ``lumbar = -tilt`` and ``hip = +tilt``; the thorax follows a little, as it does in people.
    """
    start = stage.now_s
    rng = stage.rng
    period = float(rng.uniform(1.8, 2.3))
    duration = count * period
    t = Script.times(duration)
    amplitude = np.deg2rad(rng.uniform(8.0, 13.0))
    posterior = rng.uniform(0.75, 1.1)
    wave = np.sin(2 * np.pi * t / period) * window(t, duration, 0.4 * period)
    tilt = amplitude * np.where(wave > 0, wave, posterior * wave)
    thorax = 0.06 * amplitude * np.sin(2 * np.pi * t / period + 0.7) * window(t, duration, 0.4 * period)
    stage.script.play("hip", tilt)
    stage.script.play("lumbar", thorax - tilt + unrest(t, duration, np.deg2rad(0.3), 0.6, rng))
    stage.script.play("knee", np.deg2rad(1.5) * np.abs(wave) ** 3)
    stage.script.wait(duration)
    stage.mark("pelvic_tilt", start)


def max_flexion(stage: Stage) -> None:
    """One relaxed toe-touch to the athlete's own end of range, held for about a second."""
    start = stage.now_s
    shape = stage.next_rep("max_flexion")
    shape = replace(shape, pause_s=float(stage.rng.uniform(0.7, 1.1)), lag_down_s=(0.15, 0.08, 0.0))
    perform_rep(stage, shape, "toe_touch", "max_flexion")
    quiet(stage, 0.4)
    stage.mark("max_flexion", start)
