"""Scenarios: what to simulate, as frozen dataclasses that travel as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from imu_hinge.conventions import CLIPS, SITES
from imu_hinge.errors import ScenarioError
from imu_hinge.simulation.clips import Slip
from imu_hinge.simulation.losses import DropOut, Losses, Stuck
from imu_hinge.simulation.program import Between, Block
from imu_hinge.simulation.sensor import SensorGrade
from imu_hinge.simulation.sets import RepPlan, SetPlan

__all__ = ["ClipPlan", "Scenario", "with_clips", "with_duration"]

CALIBRATION_KINDS = ("stand", "reference_hinge", "pelvic_tilt", "max_flexion")


@dataclass(frozen=True)
class ClipPlan:
    """One clip: name, site, nominal rate in Hz (None: drawn from 95 to 119), skin motion gain, slip."""

    name: str
    site: str
    rate_hz: float | None = None
    skin: float = 1.0
    slip: Slip | None = None


DEFAULT_CLIPS = (ClipPlan("thigh", "thigh"), ClipPlan("pelvis", "S1"), ClipPlan("back", "T12"))


@dataclass(frozen=True)
class Scenario:
    """A session to simulate.

    ``blocks`` are performed once, then ``cycle`` again and again until ``duration_s`` (None: not at all).
    ``swapped`` names two clips whose names were exchanged when they were put on. ``bench`` is one clip on a
    bench, each face up for ``bench_s``, nobody wearing it. ``tape_error_m`` is the SD of the tape measures in
    the header. ``varied`` takes people as different as people are, and faults beyond the red thresholds. Another
    ``visit`` is the same person (of this name and seed) on another day: moving anew, with the clips put on anew.
    """

    name: str
    about: str
    blocks: tuple[Block, ...] = ()
    cycle: tuple[Block, ...] = ()
    duration_s: float | None = None
    clips: tuple[ClipPlan, ...] = DEFAULT_CLIPS
    grade: SensorGrade = field(default_factory=SensorGrade)
    losses: Losses = field(default_factory=Losses)
    announce_sets: bool = True
    swapped: tuple[str, str] | None = None
    bench: bool = False
    bench_s: float = 3.0
    tape_error_m: float = 0.006
    height_m: float | None = None
    mass_kg: float | None = None
    side: str | None = None
    varied: bool = False
    visit: int = 0

    def to_json(self) -> str:
        """The scenario as JSON text; ``from_json`` gives an equal one back."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Scenario:
        """A scenario from its JSON text; raises ScenarioError where it is not one."""
        try:
            return _scenario(json.loads(text))
        except (ValueError, TypeError, KeyError) as error:
            raise ScenarioError(
                f"this is not a scenario ({error})", advice="Scenario.to_json writes one to start from."
            ) from error


def _scenario(raw: dict[str, Any]) -> Scenario:
    losses = raw.pop("losses")
    return Scenario(
        blocks=_blocks(raw.pop("blocks")),
        cycle=_blocks(raw.pop("cycle")),
        clips=tuple(_clip(clip) for clip in raw.pop("clips")),
        grade=SensorGrade(**raw.pop("grade")),
        losses=Losses(
            burst_s=tuple(losses.pop("burst_s")),
            dropouts=tuple(DropOut(**gap) for gap in losses.pop("dropouts")),
            stuck=tuple(Stuck(**stuck) for stuck in losses.pop("stuck")),
            **losses,
        ),
        swapped=None if (pair := raw.pop("swapped")) is None else (pair[0], pair[1]),
        **raw,
    )


def _clip(raw: dict[str, Any]) -> ClipPlan:
    slip = raw.pop("slip")
    if slip is None:
        return ClipPlan(**raw)
    turn, shift = tuple(slip.pop("turn_rad")), tuple(slip.pop("shift_m"))
    return ClipPlan(slip=Slip(turn_rad=turn, shift_m=shift, **slip), **raw)


def _blocks(raw: Iterable[dict[str, Any]]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for block in raw:
        if "exercise" in block:
            reps = tuple(RepPlan(**rep) for rep in block.pop("reps"))
            blocks.append(SetPlan(reps=reps, **block))
        else:
            blocks.append(Between(**block))
    return tuple(blocks)


def with_clips(scenario: Scenario, names: Iterable[str]) -> Scenario:
    """The scenario with these clips only; raises ScenarioError for a clip nobody makes."""
    known = {clip.name: clip for clip in (*DEFAULT_CLIPS, *scenario.clips)}
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in known:
            raise ScenarioError(f"no clip '{name}'", advice=f"The clips are {', '.join(CLIPS)}.")
    if not wanted:
        raise ScenarioError("no clips", advice=f"Name one or more of {', '.join(CLIPS)}.")
    return replace(scenario, clips=tuple(known[name] for name in CLIPS if name in wanted))


def with_duration(scenario: Scenario, duration_s: float) -> Scenario:
    """The scenario stretched (its sets repeated, with walks between) or cut to about ``duration_s``."""
    if not 10.0 <= duration_s <= 6 * 3600.0:
        raise ScenarioError(f"cannot simulate {duration_s:g} s", advice="Ask for 10 s to 6 h.")
    cycle = scenario.cycle
    if not cycle:
        work = [b for b in scenario.blocks if isinstance(b, SetPlan) or b.kind not in CALIBRATION_KINDS]
        cycle = (Between("idle", 8.0), Between("walk", 12.0), Between("pause", 2.0), *work)
    return replace(scenario, cycle=cycle, duration_s=duration_s)


def check(scenario: Scenario) -> None:
    """Raise ScenarioError for a clip name, site or swap that cannot be."""
    for clip in scenario.clips:
        if clip.name not in SITES or clip.site not in SITES[clip.name]:
            raise ScenarioError(
                f"no clip '{clip.name}' at '{clip.site}'",
                advice="; ".join(f"{name}: {', '.join(sites)}" for name, sites in SITES.items()) + ".",
            )
    names = [clip.name for clip in scenario.clips]
    if len(set(names)) != len(names):
        raise ScenarioError("two clips of one name", advice="Give each clip its own name.")
