"""Each fault is found in a rep that has it, not in one that has not, and left open where the angles cannot tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from courses import (
    BOTTOM,
    DOWN_S,
    END,
    LEAVE,
    REFERENCE,
    STAND_S,
    START,
    TIME_S,
    Drawn,
    after,
    fault,
    judged,
    names,
    there_and_back,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_hinge.hinge.faults import SetContext
from imu_hinge.hinge.lockout import Stance, stance_before
from imu_hinge.hinge.neutral import Reference
from imu_hinge.hinge.profiles import PROFILES

GOOD = Drawn()
TUCK = after(START + 1.0, 0.5) - after(LEAVE, 0.5)


@pytest.mark.parametrize("exercise", ["hinge", "rdl", "deadlift", "pickup"])
def test_a_neutral_hinge_is_good(exercise: str) -> None:
    assert judged(GOOD, exercise) == judged(GOOD, exercise).__class__((), ())


def test_a_back_that_rounds_is_rounded_whatever_the_hips_make_of_it() -> None:
    rounded = fault(replace(GOOD, lumbar=22.0, hip=58.0), "rounded_back")
    assert rounded.severity == "red"
    assert rounded.value_deg == pytest.approx(22.0, abs=0.1)
    assert rounded.time_s == pytest.approx(0.5 * (BOTTOM + LEAVE), abs=0.2)
    assert rounded.probability > 0.99
    assert names(replace(GOOD, lumbar=14.0)) == []


def test_a_back_that_arches_is_arched() -> None:
    arched = fault(replace(GOOD, lumbar=-5.0), "arched_back")
    assert (arched.severity, round(arched.value_deg)) == ("amber", -5)
    assert fault(replace(GOOD, lumbar=-10.0), "arched_back").severity == "red"
    assert names(replace(GOOD, lumbar=-1.0)) == []


@settings(max_examples=40, deadline=None)
@given(st.floats(-20, 40), st.floats(0, 15))
def test_more_lumbar_never_lowers_the_probability_of_rounding(lumbar: float, more: float) -> None:
    def probability(of: float) -> float:
        found = [f.probability for f in judged(replace(GOOD, lumbar=of)).faults if f.name == "rounded_back"]
        return found[0] if found else 0.0

    assert probability(lumbar + more) >= probability(lumbar)


@settings(max_examples=30, deadline=None)
@given(st.floats(-3, 12), st.floats(60, 85))
def test_no_rep_near_the_reference_is_faulty(lumbar: float, hip: float) -> None:
    assert names(replace(GOOD, lumbar=lumbar, hip=hip)) == []


def test_a_tuck_at_depth_is_a_butt_wink_and_even_rounding_is_not() -> None:
    wink = replace(GOOD, lumbar_more=16.0 * TUCK, hip_more=-14.0 * TUCK)
    assert "butt_wink" in names(wink, "squat")
    assert "butt_wink" not in names(replace(GOOD, lumbar=30.0), "squat")


def test_a_squat_that_rounds_only_by_its_tuck_has_one_fault() -> None:
    wink = replace(GOOD, lumbar_more=16.0 * TUCK, hip_more=-14.0 * TUCK)
    assert names(wink, "squat") == ["butt_wink"]
    assert names(wink, "deadlift") == ["rounded_back", "butt_wink"]
    assert names(replace(wink, lumbar=25.0), "squat") == ["rounded_back", "butt_wink"], "round before it tucked"
    assert names(replace(GOOD, lumbar=25.0), "squat") == ["rounded_back"]


def test_the_top_of_a_bridge_is_left_open_where_the_spine_may_hide_in_the_fold() -> None:
    half_way = replace(GOOD, hip=-30.0, hip_more=75.0, lumbar=0.0)
    told = {f.name for f in judged(half_way, "bridge").faults}
    assert "incomplete_lockout" in told
    open_ = judged(replace(half_way, sd=11.0), "bridge")
    assert "incomplete_lockout" not in {f.name for f in open_.faults}
    assert "incomplete_lockout" in open_.left_open


def test_the_pelvis_alone_shows_a_tuck() -> None:
    tucked = replace(GOOD, hip_more=-22.0 * TUCK, hide=("lumbar_deg",), clips=("thigh", "pelvis"))
    found = judged(tucked, "squat")
    assert [f.name for f in found.faults] == ["butt_wink"]
    assert {"rounded_back", "arched_back"} <= set(found.left_open)


def test_a_spine_that_leads_is_spine_first() -> None:
    lead = fault(replace(GOOD, lumbar=14.0, lumbar_lead_s=0.3), "spine_first")
    assert (lead.unit, lead.severity) == ("s", "red")
    assert lead.value == pytest.approx(0.29, abs=0.05)
    assert 0.0 < lead.value_deg < 14.0
    assert names(replace(GOOD, lumbar=14.0, lumbar_lead_s=0.05)) == []
    assert names(replace(GOOD, lumbar=14.0, lumbar_lead_s=-0.3)) == []


def test_a_spine_that_hardly_moves_leads_nothing() -> None:
    assert names(replace(GOOD, lumbar=6.0, lumbar_lead_s=0.4)) == []


def test_leaning_back_at_the_top_is_hyperextended() -> None:
    lean = after(END - 0.3, 0.3)
    found = judged(replace(GOOD, lumbar_more=-12.0 * lean)).faults
    assert [(f.name, f.severity) for f in found] == [("hyperextended_lockout", "red")]
    assert found[0].value_deg == pytest.approx(12.0, abs=0.5)
    assert found[0].time_s >= END - 0.2


def test_a_twitch_at_the_top_is_no_lockout() -> None:
    twitch = after(END, 0.03) - after(END + 0.04, 0.03)
    assert names(replace(GOOD, lumbar_more=-12.0 * twitch)) == []


def test_an_arch_with_the_thigh_tipped_is_no_lockout() -> None:
    lean = after(END - 0.3, 0.3)
    assert names(replace(GOOD, lumbar_more=-12.0 * lean, thigh_more=-9.0 * lean, hip_more=9.0 * lean)) == [
        "incomplete_lockout"
    ]


def test_hips_left_bent_at_the_top_are_an_incomplete_lockout() -> None:
    bent = after(LEAVE, END - LEAVE)
    found = fault(replace(GOOD, hip_more=9.0 * bent), "incomplete_lockout")
    assert (found.severity, round(found.value_deg)) == ("amber", 9)
    assert fault(replace(GOOD, hip_more=14.0 * bent), "incomplete_lockout").severity == "red"
    assert names(replace(GOOD, hip_more=4.0 * bent)) == []


def test_lockouts_count_from_how_the_athlete_stood_before_the_set() -> None:
    slouch = SetContext(Stance(hip_deg=3.5), DOWN_S)
    bent = replace(GOOD, hip_more=8.5 * after(LEAVE, END - LEAVE))
    assert names(bent) == ["incomplete_lockout"]
    assert names(bent, context=slouch) == []


def test_a_stance_is_only_taken_from_standing_still_and_tall() -> None:
    assert stance_before(replace(GOOD, hip_more=2.0).grid, STAND_S).hip_deg == pytest.approx(2.0)
    assert stance_before(replace(GOOD, hip_more=20.0).grid, STAND_S).hip_deg == 0.0
    assert stance_before(replace(GOOD, hip_more=20.0 * TIME_S).grid, STAND_S).hip_deg == 0.0
    assert stance_before(replace(GOOD, hide=("hip_deg",)).grid, STAND_S).hip_deg == 0.0


def test_knees_that_take_over_are_knee_dominant() -> None:
    found = fault(replace(GOOD, thigh_share=0.62), "knee_dominant")
    assert found.unit == "times"
    assert found.value > 2.0
    assert found.value_deg < -40.0
    assert names(replace(GOOD, thigh_share=0.62), "deadlift") == []
    assert names(replace(GOOD, thigh_share=0.42)) == []


def test_hips_that_shoot_up_extend_the_thigh_under_a_trunk_that_still_tips() -> None:
    shoot = after(LEAVE, 0.35) - after(LEAVE + 0.5, 0.5)
    shot = replace(GOOD, thigh_more=14.0 * shoot, hip_more=-6.0 * shoot)
    assert "hips_shoot_up" in names(shot, "deadlift")
    level = replace(GOOD, thigh_more=14.0 * shoot, hip_more=-14.0 * shoot)
    assert "hips_shoot_up" not in names(level, "deadlift")


def test_a_knee_bend_that_changes_is_found_where_the_knee_is_known() -> None:
    more = after(START + 0.6, 0.5) - after(LEAVE, 0.5)
    assert names(replace(GOOD, knee_more=24.0 * more)) == ["knee_bend_changed"]
    assert names(replace(GOOD, knee_more=6.0 * more)) == []
    blind = judged(replace(GOOD, knee_more=24.0 * more, hide=("knee_deg",)))
    assert (blind.faults, blind.left_open) == ((), ("knee_bend_changed",))
    unknown = judged(replace(GOOD, knee_more=24.0 * more), reference=replace(REFERENCE, courses={}))
    assert unknown.left_open == ("knee_bend_changed",)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_turning_out_of_the_plane_is_a_twist(side: float) -> None:
    turned = side * 13.0 * there_and_back()
    assert names(replace(GOOD, roll=turned)) == ["twist"]
    assert names(replace(GOOD, yaw=turned)) == ["twist"]
    assert names(replace(GOOD, roll=0.4 * turned, yaw=0.4 * turned)) == []
    assert fault(replace(GOOD, roll=turned), "twist").value_deg == pytest.approx(side * 13.0, abs=0.5)


def test_a_heading_that_drifts_or_wraps_round_is_no_twist() -> None:
    assert names(replace(GOOD, yaw=8.0 * TIME_S)) == []
    wrapped = (178.0 + 5.0 * there_and_back() + 180.0) % 360.0 - 180.0
    assert names(replace(GOOD, yaw=wrapped)) == []


def test_a_clip_that_sits_askew_rolls_in_the_reference_too() -> None:
    askew = 12.0 * there_and_back()
    courses = REFERENCE.courses | {
        f"{c}_roll_deg": tuple((12.0 * np.linspace(0, 1, 11)).tolist()) for c in ("pelvis", "back")
    }
    found = judged(replace(GOOD, roll=askew), reference=replace(REFERENCE, courses=courses))
    assert "twist" not in [f.name for f in found.faults]


def test_a_rep_far_faster_than_its_set_is_rushed() -> None:
    assert names(GOOD, context=SetContext(way_down_s=1.9 * DOWN_S)) == ["rushed"]
    assert names(GOOD, context=SetContext(way_down_s=1.3 * DOWN_S)) == []
    assert judged(GOOD, context=SetContext()).left_open == ("rushed",)


def test_faults_do_not_hide_each_other() -> None:
    bent = after(LEAVE, END - LEAVE)
    both = replace(GOOD, lumbar=24.0, hip_more=14.0 * bent, roll=14.0 * there_and_back())
    assert names(both) == ["rounded_back", "incomplete_lockout", "twist"]


@pytest.mark.parametrize("exercise", sorted(PROFILES))
def test_angles_that_are_not_known_leave_every_fault_open(exercise: str) -> None:
    nothing = replace(GOOD, clips=(), hide=("hip_deg", "lumbar_deg", "knee_deg", "trunk_pitch_deg"))
    found = judged(nothing, exercise, SetContext())
    assert (found.faults, found.left_open) == ((), PROFILES[exercise].faults)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["hip_deg", "lumbar_deg", "thigh_pitch_deg", "pelvis_pitch_deg", "trunk_pitch_deg", "knee_deg"]))
def test_what_is_hidden_never_makes_a_good_rep_faulty(column: str) -> None:
    found = judged(replace(GOOD, hide=(column,)))
    assert found.faults == ()


def test_a_lumbar_angle_of_eight_degrees_sd_says_nothing() -> None:
    wide = judged(replace(GOOD, lumbar=40.0, sd=8.1))
    assert {"rounded_back", "arched_back", "spine_first"} <= set(wide.left_open)
    assert "rounded_back" in names(replace(GOOD, lumbar=40.0, sd=4.0))


def test_a_hole_of_a_tenth_of_a_rep_does_not_matter_and_one_of_a_third_does() -> None:
    for seconds, told in ((0.3, True), (1.2, False)):
        hole = np.where((TIME_S > START + 0.3) & (START + 0.3 + seconds > TIME_S), np.nan, 0.0)
        found = judged(replace(GOOD, lumbar=24.0, lumbar_more=hole))
        assert ("rounded_back" in [f.name for f in found.faults]) == told
        assert ("rounded_back" in found.left_open) != told


def test_gains_of_four_per_cent_raise_no_lockout_fault() -> None:
    for gain in (0.96, 1.04):
        assert names(replace(GOOD, hip=70.0 * gain, thigh_share=0.36 * gain, lumbar=5.0 + 100 * abs(gain - 1))) == []


def test_without_a_reference_of_ones_own_rounding_is_judged_more_widely() -> None:
    nobody = Reference()
    assert judged(replace(GOOD, lumbar=18.0), reference=nobody).faults == ()
    assert [f.name for f in judged(replace(GOOD, lumbar=24.0), reference=nobody).faults] == ["rounded_back"]


def test_lying_down_arching_counts_from_where_the_rep_began() -> None:
    drawn = replace(GOOD, lumbar=0.0, lumbar_more=-14.0)
    assert "arched_back" not in names(drawn, "bridge")
    assert "arched_back" in names(replace(drawn, lumbar=-12.0), "bridge")
