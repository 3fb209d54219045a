"""Sessions of every exercise of the coaching document: good reps, and each fault that applies, beyond doubt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from imu_hinge.conventions import FAULTS
from imu_hinge.errors import ScenarioError
from imu_hinge.simulation.measures import LIMITS
from imu_hinge.simulation.program import Between, Block
from imu_hinge.simulation.scenarios import ClipPlan, Scenario
from imu_hinge.simulation.sensor import SensorGrade
from imu_hinge.simulation.sets import SetPlan, plan_reps
from imu_hinge.simulation.truth import TruthRep

__all__ = [
    "CALIBRATION",
    "FAULT_OF_LABEL",
    "LABELS_OF",
    "ablation",
    "ablation_scenario",
    "coaching_scenarios",
    "honest",
]

CALIBRATION: Final[tuple[Block, ...]] = (
    Between("stand", 3.0),
    Between("reference_hinge"),
    Between("stand", 1.0),
    Between("pelvic_tilt"),
    Between("stand", 1.0),
    Between("max_flexion"),
    Between("stand", 2.0),
)

FAULT_OF_LABEL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rounded": "rounded_back",
        "arched": "arched_back",
        **{name: name for name in FAULTS if name not in ("rounded_back", "arched_back")},
    }
)
"""A rep's label -> the fault's name in the contract."""

BACK: Final = ("rounded", "arched")
LOCKOUT: Final = ("hyperextended_lockout", "incomplete_lockout")
HINGE: Final = (*BACK, "butt_wink", "spine_first", *LOCKOUT, "knee_dominant", "knee_bend_changed", "twist", "rushed")

LABELS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "hinge": HINGE,
        "rdl": HINGE,
        "deadlift": (*BACK, "butt_wink", "spine_first", *LOCKOUT, "hips_shoot_up", "twist", "rushed"),
        "squat": (*BACK, "butt_wink", *LOCKOUT, "hips_shoot_up", "twist", "rushed"),
        "pickup": (*BACK, "butt_wink", "spine_first", *LOCKOUT, "hips_shoot_up", "twist", "rushed"),
        "jump": (*BACK, "twist"),
        "sprint_start": (*BACK, "twist"),
        "bridge": ("arched", "incomplete_lockout", "twist", "rushed"),
        "sit_to_stand": (*BACK, *LOCKOUT, "twist", "rushed"),
    }
)
"""Exercise -> the faults that mean something there. ``knee_dominant`` and ``knee_bend_changed`` compare with the
reference hinge, so they are for hinges; hips can shoot up only where the knees are well bent; a jump and a sprint start
are all haste and end off balance; a bridge that is over-extended at the top is an arched back."""

GOOD_REPS: Final = 6
OF_EACH_FAULT: Final = 2
REPS_A_SET: Final = 9


def honest(reps: Iterable[TruthRep]) -> bool:
    """Whether every good rep is below amber for every fault that applies, and every fault beyond red.

    The scatter of people now and then carries a rep into the zone in between, where a label says nothing.
    """
    for rep in reps:
        if rep.label == "good":
            names = [FAULT_OF_LABEL[label] for label in LABELS_OF.get(rep.kind, ())]
            values = ((name, rep.true_values.get(name)) for name in names if name in LIMITS)
            if any(value is not None and value >= LIMITS[name][0] for name, value in values):
                return False
        fault = FAULT_OF_LABEL.get(rep.label, "")
        if fault in LIMITS and rep.true_values.get(fault, math.inf) <= LIMITS[fault][1]:
            return False
    return True


def _order(labels: Sequence[str]) -> list[str]:
    """Good reps and faults in turns, the two of a kind apart, always the same way."""
    faulty = [label for _ in range(OF_EACH_FAULT) for label in labels]
    mixed: list[str] = []
    every = max(len(faulty) / GOOD_REPS, 1.0)
    good = 0
    for number, label in enumerate(faulty):
        while good < GOOD_REPS and good * every <= number:
            mixed.append("good")
            good += 1
        mixed.append(label)
    return mixed + ["good"] * (GOOD_REPS - good)


def _coaching(exercise: str, about: str, load_kg: float | None = None) -> Scenario:
    reps = _order(LABELS_OF[exercise])
    sets = -(-len(reps) // REPS_A_SET)
    size = -(-len(reps) // sets)
    blocks: list[Block] = [*CALIBRATION]
    for first in range(0, len(reps), size):
        blocks += [Between("idle", 4.0), Between("pause", 1.5)] if first else []
        blocks.append(SetPlan(exercise, plan_reps(*reps[first : first + size]), load_kg=load_kg))
    return Scenario(f"coaching_{exercise}", about, tuple(blocks), varied=True)


def coaching_scenarios() -> tuple[Scenario, ...]:
    """One session an exercise: six good reps and two of each fault that applies; every seed is someone else."""
    every = "six good, two of each fault"
    return (
        _coaching("hinge", f"Unloaded hinges: {every}."),
        _coaching("rdl", f"Romanian deadlifts: {every}.", 40.0),
        _coaching("deadlift", f"Deadlifts: {every}.", 70.0),
        _coaching("squat", f"Squats: {every}.", 30.0),
        _coaching("jump", f"Countermovement jumps: {every}."),
        _coaching("pickup", f"A box or dumbbell from the floor: {every}.", 10.0),
        _coaching("sprint_start", f"Starts from a crouch: {every}."),
        _coaching("bridge", f"Hip bridges: {every}."),
        _coaching("sit_to_stand", f"Up from a chair: {every}."),
    )


MIX: Final = ("good", "rounded", "good", "arched", "good", "rounded", "good", "rounded", "arched", "good")


def ablation(exercise: str = "rdl") -> Scenario:
    """The session that the ablation tables vary: two sets of good, rounded (20-35 deg) and arched reps, three clips."""
    first, second = plan_reps(*MIX), plan_reps(*MIX[::-1])
    rest = (Between("idle", 5.0), Between("pause", 1.5))
    blocks = (*CALIBRATION, SetPlan(exercise, first), *rest, SetPlan(exercise, second))
    about = "Two sets of good, rounded and arched reps, for ablation tables."
    return Scenario("ablation", about, blocks, grade=SensorGrade.calibrated(), varied=True)


def ablation_scenario(
    *,
    rep_s: float | None = None,
    back_site: str = "T12",
    skin: float = 1.0,
    grade: str = "calibrated",
    exercise: str = "rdl",
) -> Scenario:
    """The ``ablation`` session with one thing or another changed; people, movements and everything else stay.

    ``rep_s``: seconds a rep takes from top to top (None: as people do); ``back_site``: T12, L1, L2, L3 ...;
    ``skin``: gain of skin motion, 0 none, 1 usual, 2 double; ``grade``: ``ideal``, ``calibrated`` or ``raw``.
    """
    grades = {"ideal": SensorGrade.ideal, "calibrated": SensorGrade.calibrated, "raw": SensorGrade.raw}
    if grade not in grades:
        raise ScenarioError(f"no sensor grade '{grade}'", advice=f"The grades are {', '.join(grades)}.")
    plain = ablation(exercise)
    return replace(
        plain,
        blocks=tuple(replace(b, rep_s=rep_s) if isinstance(b, SetPlan) else b for b in plain.blocks),
        clips=(
            ClipPlan("thigh", "thigh", skin=skin),
            ClipPlan("pelvis", "S1", skin=skin),
            ClipPlan("back", back_site, skin=skin),
        ),
        grade=grades[grade](),
    )
