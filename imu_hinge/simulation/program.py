"""What a session consists of: blocks, performed one after the other on a stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from imu_hinge.errors import ScenarioError
from imu_hinge.recording.model import Segment
from imu_hinge.simulation import between, calibration
from imu_hinge.simulation.sets import SetPlan, ordinary_set
from imu_hinge.simulation.special import SPECIAL_SETS
from imu_hinge.simulation.stage import Stage

__all__ = ["Between", "Block", "perform_block"]


@dataclass(frozen=True)
class Between:
    """Anything but a set, for ``duration_s`` or ``count`` times.

    ``kind``: ``stand`` (announced), ``pause`` (standing, not announced), ``idle``, ``walk``, ``rack``,
    ``reference_hinge``, ``pelvic_tilt``, ``max_flexion``.
    """

    kind: str
    duration_s: float = 0.0
    count: int = 3
    brisk: float = 1.0


Block: TypeAlias = Between | SetPlan


def perform_block(stage: Stage, block: Block, announce_sets: bool = True) -> None:
    """Perform one block; sets are announced as segments or kept for the truth only."""
    if isinstance(block, SetPlan):
        start = stage.now_s
        SPECIAL_SETS.get(block.exercise, ordinary_set)(stage, block)
        stage.spans.append((start, stage.now_s))
        if announce_sets:
            stage.segments.append(Segment(start, stage.now_s, "set", block.exercise, block.load_kg))
        return
    match block.kind:
        case "stand":
            calibration.stand(stage, block.duration_s)
        case "pause":
            calibration.stand(stage, block.duration_s, announce=False)
        case "idle":
            between.idle(stage, block.duration_s)
        case "walk":
            between.walk(stage, block.duration_s)
        case "rack":
            between.rack(stage)
        case "reference_hinge":
            calibration.reference_hinges(stage, block.count, block.brisk)
        case "pelvic_tilt":
            calibration.pelvic_tilts(stage, block.count)
        case "max_flexion":
            calibration.max_flexion(stage)
        case _:
            raise ScenarioError(f"no block of kind '{block.kind}'", advice="See imu_hinge.simulation.program.Between.")
