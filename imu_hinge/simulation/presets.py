"""The named scenarios of ``imu-hinge simulate``."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from imu_hinge.errors import ScenarioError
from imu_hinge.simulation.clips import Slip
from imu_hinge.simulation.coaching import CALIBRATION, ablation, coaching_scenarios
from imu_hinge.simulation.losses import DropOut, Losses, Stuck
from imu_hinge.simulation.program import Between, Block
from imu_hinge.simulation.scenarios import ClipPlan, Scenario
from imu_hinge.simulation.sensor import SensorGrade
from imu_hinge.simulation.sets import SetPlan, plan_reps

__all__ = ["find_scenario", "scenarios"]

TWO: Final = (ClipPlan("thigh", "thigh"), ClipPlan("back", "T12"))


def _set(exercise: str, *labels: str, load_kg: float | None = None) -> SetPlan:
    return SetPlan(exercise, plan_reps(*labels), load_kg=load_kg)


def _good(exercise: str, count: int, load_kg: float | None = None) -> SetPlan:
    return _set(exercise, *["good"] * count, load_kg=load_kg)


def _between(walk_s: float = 9.0) -> tuple[Block, ...]:
    return (Between("idle", 7.0), Between("walk", walk_s), Between("pause", 2.0))


def _demos() -> tuple[Scenario, ...]:
    """The sessions in ``recordings/``: small files, brisk calibration."""
    brisk: tuple[Block, ...] = (
        Between("stand", 3.0),
        Between("reference_hinge", brisk=0.85),
        Between("stand", 1.0),
        Between("pelvic_tilt"),
        Between("stand", 1.0),
        Between("max_flexion"),
        Between("stand", 1.5),
    )
    three = tuple(ClipPlan(n, s, rate_hz=97.0) for n, s in (("thigh", "thigh"), ("pelvis", "S1"), ("back", "T12")))
    two = (ClipPlan("thigh", "thigh", rate_hz=104.0), ClipPlan("back", "T12", rate_hz=101.0))
    rdl = _set("rdl", "good", "good", "good", "good", "rounded:18", "rounded:26", load_kg=60)
    deadlift = _set("deadlift", "good", "good", "hyperextended_lockout", "good", "rounded", "good", load_kg=80)
    squat = _set("squat", "good", "good", "butt_wink", "good", "butt_wink", "good", load_kg=40)
    return (
        Scenario(
            "demo_rdl",
            "Three clips: Romanian deadlifts that round at the end of the set (recordings/).",
            (*brisk, rdl),
            clips=three,
        ),
        Scenario(
            "demo_deadlift",
            "Two clips: deadlifts, one over-extended, one rounded.",
            (*brisk, deadlift),
            clips=two,
        ),
        Scenario("demo_squat", "Two clips: squats, two of them with a butt wink.", (*brisk, squat), clips=two),
    )


def _lifting() -> tuple[Scenario, ...]:
    rounding = _set("rdl", *["good"] * 4, "rounded:14", "rounded:22", "rounded:27", "rounded:32")
    creep = replace(_good("rdl", 10), creep_deg=2.6)
    order = _set("rdl", "good", "spine_first", "good", "arched", "knee_dominant", "good", "twist", "spine_first")
    squats = _set("squat", "good", "butt_wink", "good", "butt_wink", "good", "knee_dominant", "good")
    lifts = _set(
        "deadlift",
        "good",
        "hyperextended_lockout",
        "rounded",
        "good",
        "hips_shoot_up",
        "incomplete_lockout",
        "good",
        load_kg=100,
    )
    boxes = _set("pickup", "good", "rounded", "good", "rounded", "twist", "good", load_kg=12)
    hinges = _set("hinge", "good", "good", "knee_bend_changed", "good", "rushed", "good")
    touch = replace(_good("rdl", 8), rest_s=0.0, tempo=0.8)
    slow = replace(_set("rdl", "good", "rounded", "good", "good", "arched"), tempo=1.8, pause_s=1.0)
    return (
        Scenario("rdl_good", "Eight good Romanian deadlifts.", (*CALIBRATION, _good("rdl", 8))),
        Scenario("rdl_rounding", "Romanian deadlifts: four good, then rounding.", (*CALIBRATION, rounding)),
        Scenario("rdl_creep", "Ten Romanian deadlifts, each rounder than the last.", (*CALIBRATION, creep)),
        Scenario("rdl_faults", "Romanian deadlifts: spine first, arched, knees, twist.", (*CALIBRATION, order)),
        Scenario("tempo", "Touch-and-go, then slow with pauses.", (*CALIBRATION, touch, *_between(), slow)),
        Scenario("hinge", "Unloaded hinges, one rushed, one with changing knees.", (*CALIBRATION, hinges)),
        Scenario("squat_butt_wink", "Squats, some with a butt wink.", (*CALIBRATION, squats)),
        Scenario("deadlift_lockout", "Deadlifts with faults of the lockout.", (*CALIBRATION, lifts)),
        Scenario("pickup", "Picking up a box, well and badly.", (*CALIBRATION, boxes)),
        Scenario("jump", "Six countermovement jumps.", (*CALIBRATION, _good("jump", 6))),
        Scenario("bridge", "Eight hip bridges on the floor.", (*CALIBRATION, _good("bridge", 8))),
        Scenario("sit_to_stand", "Down on a chair and up again.", (*CALIBRATION, _good("sit_to_stand", 6))),
        Scenario("sprint_start", "Starts from a crouch.", (*CALIBRATION, _good("sprint_start", 3))),
        Scenario(
            "mixed",
            "Romanian deadlifts, squats, jumps and a box, walking between.",
            (*CALIBRATION, rounding, *_between(), squats, *_between(), _good("jump", 3), *_between(), boxes),
        ),
    )


def _trouble() -> tuple[Scenario, ...]:
    eight = _set("rdl", "good", "good", "rounded", "good", "arched", "good", "rounded", "good")
    work: tuple[Block, ...] = (*CALIBRATION, eight)
    gaps = Losses(
        single=0.004,
        bursts_per_min=5.0,
        packet_samples=8,
        arrival_jitter_s=0.03,
        dropouts=(
            DropOut(36.0, 0.6),
            DropOut(43.0, 2.5, "thigh", refill=True),
            DropOut(52.0, 1.2, "back"),
            DropOut(54.5, 1.5, "back", refill=True),
        ),
    )
    slip = Slip(44.0, turn_rad=(0.10, 0.30, 0.06))
    slipping = (ClipPlan("thigh", "thigh", slip=slip), ClipPlan("pelvis", "S1"), ClipPlan("back", "T12"))
    rigid = tuple(ClipPlan(n, s, 100.0, 0.0) for n, s in (("thigh", "thigh"), ("pelvis", "S1"), ("back", "T12")))
    unannounced: tuple[Block, ...] = (
        *CALIBRATION,
        *_between(6.0),
        Between("rack"),
        eight,
        Between("rack"),
        *_between(10.0),
        _set("squat", "good", "good", "butt_wink", "good"),
        *_between(6.0),
    )
    return (
        Scenario("unannounced_sets", "Sets that nobody announced.", unannounced, announce_sets=False),
        Scenario("no_calibration", "Two seconds of standing, then a set.", (Between("pause", 2.0), eight)),
        Scenario("dropouts", "Lost samples, drop-outs, late refills, rows out of order.", work, losses=gaps),
        Scenario("uncalibrated", "Sensors as delivered.", work, grade=SensorGrade.uncalibrated()),
        Scenario("swapped", "Thigh and back clip exchanged.", work, clips=TWO, swapped=("thigh", "back")),
        Scenario("slipped", "The thigh clip slips in mid-set.", work, clips=slipping),
        Scenario("stuck", "The back clip gets stuck.", work, losses=Losses(stuck=(Stuck("back", 44.0),))),
        Scenario("waistband", "Two clips, the back clip at L4.", work, clips=(TWO[0], ClipPlan("back", "L4"))),
        Scenario(
            "rigid",
            "No skin motion, no sensor error but resolution: for tests of principle.",
            work,
            clips=rigid,
            grade=SensorGrade.ideal(),
            tape_error_m=0.0,
        ),
        Scenario(
            "long",
            "One hour, two clips at 100 Hz, many sets.",
            CALIBRATION,
            cycle=(
                eight,
                *_between(14.0),
                Between("idle", 40.0),
                _set("squat", "good", "butt_wink", "good", "good", "good"),
                Between("walk", 25.0),
                Between("idle", 45.0),
                _set("deadlift", "good", "good", "rounded", "hyperextended_lockout", "good", load_kg=100),
                Between("idle", 50.0),
                Between("walk", 15.0),
                Between("pause", 2.0),
            ),
            duration_s=3600.0,
            clips=(ClipPlan("thigh", "thigh", 100.0), ClipPlan("back", "T12", 100.0)),
            losses=Losses(single=0.0005, bursts_per_min=0.2),
        ),
        Scenario(
            "six_position",
            "Bench calibration of one clip as delivered: each face up for 3 s.",
            bench=True,
            clips=(ClipPlan("thigh", "thigh", 104.0),),
            grade=SensorGrade.uncalibrated(),
        ),
    )


def scenarios() -> dict[str, Scenario]:
    """Every preset by name."""
    every = (*_lifting(), *coaching_scenarios(), ablation(), *_trouble(), *_demos())
    return {scenario.name: scenario for scenario in every}


def find_scenario(name: str) -> Scenario:
    """The preset of that name; raises ScenarioError listing the known ones."""
    known = scenarios()
    if name not in known:
        raise ScenarioError(f"no scenario '{name}'", advice=f"Known scenarios: {', '.join(known)}.")
    return known[name]
