"""What an athlete's file does for a session, and what a session adds to it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from imu_hinge import AthleteError, Recording, analyze
from imu_hinge.body.personal import NeutralHinge, Personal
from imu_hinge.hinge.neutral import Reference
from imu_hinge.session.learning import learn, parse_accept
from imu_hinge.session.personal import neutral_with, reference_with
from imu_hinge.session.replay import replay
from imu_hinge.simulation import Scenario, SimulatedSession, simulate_session
from imu_hinge.simulation.clips import Slip
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.scenarios import ClipPlan
from imu_hinge.simulation.sets import SetPlan, plan_reps

THIGH, PELVIS, BACK = ClipPlan("thigh", "thigh"), ClipPlan("pelvis", "S1"), ClipPlan("back", "T12")
FIRST = Scenario(
    "own",
    "Two reference hinges, a toe touch, two reps.",
    (
        Between("stand", 2.0),
        Between("reference_hinge", count=2),
        Between("stand", 1.0),
        Between("max_flexion"),
        Between("stand", 1.0),
        SetPlan("rdl", plan_reps("good", "good")),
    ),
    clips=(THIGH, BACK),
)
STAND_ONLY = (Between("stand", 2.0), SetPlan("rdl", plan_reps("good", "rounded:28", "good")))
NEUTRAL = NeutralHinge(6.0, 1.5, 9, 75.0, -25.0, 60.0, 50.0, 3, {"knee_deg": (5.0,) * 11})
Sessions = Callable[..., SimulatedSession]


@pytest.fixture(scope="module")
def own() -> Sessions:
    """own(**changes) simulates a variation of the first session once."""
    return lru_cache(maxsize=8)(lambda seed=3, **changes: simulate_session(replace(FIRST, **changes), seed))


@pytest.fixture(scope="module")
def known(own: Sessions) -> Personal:
    """The athlete after the first session."""
    return learn(own().recording, name="Ana").personal


def without_tape(recording: Recording) -> Recording:
    return replace(recording, header={k: v for k, v in recording.header.items() if not k.startswith("measure.")})


def test_another_visit_is_the_same_person_who_put_the_clips_on_anew(own: Sessions) -> None:
    first, again = own(), own(visit=1)
    assert first.recording.header["athlete.height_m"] == again.recording.header["athlete.height_m"]
    assert first.recording.header["measure.hip_to_back_clip_m"] != again.recording.header["measure.hip_to_back_clip_m"]
    assert not np.allclose(first.arrivals.acc_m_s2[:100], again.arrivals.acc_m_s2[:100], atol=0.5)


def test_a_file_makes_a_second_day_judged_by_the_own_neutral(own: Sessions, known: Personal) -> None:
    recording = own(visit=1, blocks=STAND_ONLY).recording
    result = analyze(recording, athlete=known)
    assert result.quality.calibration == "partial"
    assert result.quality.athlete is not None
    assert (result.quality.athlete.constants, result.quality.athlete.neutral) == (True, True)
    assert result.reference_lumbar_deg == known.neutral.lumbar_deg
    assert [r.verdict for r in result.sets[0].reps] == ["good", "faulty", "good"]


def test_the_sessions_own_reference_hinges_come_first(own: Sessions, known: Personal) -> None:
    result = analyze(own().recording, athlete=replace(known, neutral=replace(known.neutral, lumbar_deg=15.0)))
    assert result.quality.athlete is not None
    assert not result.quality.athlete.neutral
    assert result.reference_lumbar_deg is not None
    assert result.reference_lumbar_deg < 12.0


@pytest.mark.parametrize("batch_s", [0.05, 3.0])
def test_live_gives_the_same_in_any_chunking(batch_s: float, own: Sessions, known: Personal) -> None:
    def reps(size_s: float) -> list[float | None]:
        _, steps = replay(own(visit=1, blocks=STAND_ONLY).arrivals, batch_s=size_s, athlete=known)
        parts = [p for s in steps for p in (*(b.reps for b in s.blocks), s.last_reps)]
        return [rep.result.lumbar_at_bottom_deg for part in parts for rep in part]

    found = reps(batch_s)
    assert found == reps(0.7)
    assert len(found) == 2
    assert None not in found


def test_a_clip_five_centimetres_higher_is_told(own: Sessions) -> None:
    higher = replace(BACK, slip=Slip(-1.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.06)))
    personal = learn(without_tape(own().recording)).personal
    moved = analyze(without_tape(own(clips=(THIGH, higher)).recording), athlete=personal)
    same = analyze(without_tape(own().recording), athlete=personal)
    assert [w for w in same.quality.warnings if "last time" in w] == []
    assert any(w.startswith("the back clip sits about") and "higher" in w for w in moved.quality.warnings)


def test_another_site_is_told(own: Sessions, known: Personal) -> None:
    result = analyze(own(visit=1, blocks=STAND_ONLY).recording, athlete=replace(known, back_site="L2"))
    assert "the back clip sits at T12, last time at L2" in result.quality.warnings


def test_constants_that_cannot_be_are_left_aside(own: Sessions, known: Personal) -> None:
    learnt = known.learnt
    assert learnt is not None
    wrong = learnt.mean.copy()
    wrong[learnt.names.index("thigh_m")] += 2.0
    wrong[learnt.names.index("shank_m")] += 2.0
    athlete = replace(known, learnt=replace(learnt, mean=wrong, covariance=1e-2 * learnt.covariance))
    result = analyze(own().recording, athlete=athlete)
    plain = analyze(own().recording)
    assert any("do not fit the file of Ana" in w for w in result.quality.warnings)
    np.testing.assert_array_equal(result.angles.lumbar_flexion_deg, plain.angles.lumbar_flexion_deg)


def test_somebody_elses_height_is_refused(own: Sessions, known: Personal) -> None:
    assert known.height_m is not None
    with pytest.raises(AthleteError, match="m tall"):
        analyze(own().recording, athlete=replace(known, height_m=known.height_m + 0.1))


def test_clips_that_see_no_hips_teach_the_neutral_hinge_only(own: Sessions) -> None:
    lesson = learn(own(clips=(PELVIS, BACK)).recording, accept="none")
    assert lesson.personal.learnt is None
    assert lesson.personal.neutral.hinges == 2
    assert any("only the neutral hinge" in note for note in lesson.notes)


def test_what_a_session_did_not_show_comes_from_the_file() -> None:
    kept = reference_with(Personal("Ana", neutral=NEUTRAL), Reference(), has_thigh=True)
    assert (kept.lumbar_deg, kept.fold_deg, kept.thigh_deg, kept.max_flexion_deg) == (6.0, 75.0, -25.0, 50.0)
    assert kept.lumbar_sd_deg == pytest.approx(math.hypot(0.5, 1.0))
    trunk = reference_with(Personal("Ana", neutral=NEUTRAL), Reference(max_flexion_deg=44.0), has_thigh=False)
    assert (trunk.fold_deg, trunk.thigh_deg, trunk.max_flexion_deg) == (60.0, None, 44.0)
    today = Reference(3.0, 1.0, 70.0, None, 3)
    assert reference_with(Personal("Ana", neutral=NEUTRAL), today, has_thigh=True) == replace(
        today, max_flexion_deg=50.0
    )
    assert reference_with(None, today, has_thigh=True) == today


def test_accepted_reps_tighten_and_move_the_neutral_hinge() -> None:
    more = neutral_with(NEUTRAL, Reference(), (9.0,) * 9)
    assert more.lumbar_deg == pytest.approx(7.5)
    assert more.lumbar_sd_deg == pytest.approx(math.sqrt(0.5 * 1.5**2 + 0.25 * 3.0**2))
    assert (more.movements, more.hinges, more.fold_deg, more.courses) == (18, 3, 75.0, NEUTRAL.courses)
    for _ in range(60):
        more = neutral_with(more, Reference(), (9.0, 9.0))
    assert more.lumbar_deg == pytest.approx(9.0, abs=0.1)
    assert more.lumbar_sd_deg is not None
    assert more.lumbar_sd_deg < 0.5
    new = neutral_with(NeutralHinge(), Reference(5.0, 1.0, 70.0, 48.0, 3, -20.0, 58.0, {"knee_deg": (4.0,) * 11}), ())
    assert (new.lumbar_deg, new.lumbar_sd_deg, new.movements, new.fold_deg, new.max_flexion_deg) == (
        5.0,
        1.0,
        3,
        70.0,
        48.0,
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("good", "good"),
        ("none", "none"),
        ("1.3, 2.1", ((1, 3), (2, 1))),
        ("1", None),
        ("1.x", None),
        ("", None),
        ("1.2,", None),
    ],
)
def test_accepted_reps_are_written_as_set_and_rep(text: str, meant: object) -> None:
    assert parse_accept(text) == meant
