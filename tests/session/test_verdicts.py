"""A session says what each set of clips can say: faults it sees, and what it leaves open."""

from __future__ import annotations

from functools import lru_cache

import pytest

from imu_hinge.session.analysis import analyze
from imu_hinge.session.results import RepResult, SessionResult
from imu_hinge.simulation import Scenario, simulate_session
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import SetPlan, plan_reps

CALIBRATION = (Between("stand", 2.0), Between("reference_hinge", count=2), Between("stand", 1.0))
LABELS = ("good", "incomplete_lockout:14", "good", "rounded:26", "good")


@lru_cache(maxsize=4)
def session(clips: tuple[str, ...] | None = None) -> SessionResult:
    plan = SetPlan("rdl", plan_reps(*LABELS))
    return analyze(simulate_session(Scenario("verdicts", "", (*CALIBRATION, plan)), 5).recording, clips)


def reps(clips: tuple[str, ...] | None = None) -> tuple[RepResult, ...]:
    (found,) = session(clips).sets
    assert len(found.reps) == len(LABELS)
    return found.reps


def test_three_clips_name_each_fault() -> None:
    assert [[f.name for f in rep.faults] for rep in reps()] == [[], ["incomplete_lockout"], [], ["rounded_back"], []]
    assert [rep.verdict for rep in reps()] == ["good", "faulty", "good", "faulty", "good"]


def test_thigh_and_pelvis_name_the_lockout_and_call_no_rep_good() -> None:
    found = reps(("thigh", "pelvis"))
    assert [rep.verdict for rep in found] == ["cannot_tell", "faulty", *["cannot_tell"] * 3]
    assert all(rep.cannot_tell and rep.lumbar_at_bottom_deg is None for rep in found)
    assert all({"rounded_back", "arched_back", "spine_first"} <= set(rep.not_judged) for rep in found)


def test_the_hips_share_is_told_by_quarters_of_depth() -> None:
    good, rounded = reps()[0], reps()[3]
    assert len(good.hip_share_quarters) == 4
    assert all(share is not None and share > 0.75 for share in good.hip_share_quarters)
    assert good.hip_share is not None
    assert rounded.hip_share is not None
    assert rounded.hip_share < good.hip_share - 0.1


def test_a_set_says_how_alike_its_reps_are() -> None:
    trend = session().sets[0].trend
    assert trend.hip_sd_deg is not None
    assert 1.0 < trend.hip_sd_deg < 15.0
    assert trend.tempo_sd_s == pytest.approx(0.2, abs=0.2)
    assert trend.creep == ""
