"""How clips do, what reps and sets come to, and what is asked, in words."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training import REP

from imu_hinge.conventions import EXERCISES
from imu_hinge.hinge.coaching import COACHING
from imu_hinge.hinge.cues import Cue
from imu_hinge.live.plan import Order, Plan
from imu_hinge.live.prompts import calibration_prompt, paused_prompt, reminder_prompt, set_prompt, where_prompt
from imu_hinge.live.status import StatusParams, clip_view, notices
from imu_hinge.live.telling import cue_view, rep_line, rep_view, set_summary, spoken_summary, verdict_of
from imu_hinge.live.view import Board, Phase, View, as_json
from imu_hinge.sensors.driver import Books, Can
from imu_hinge.sensors.health import ClipHealth, LinkState
from imu_hinge.session.guide import GuideState, Step
from imu_hinge.session.results import Fault
from imu_hinge.session.set_book import BookedSet

PARAMS = StatusParams()
FINE = ClipHealth(
    "thigh",
    "A1",
    LinkState.STREAMING,
    can=Can.CLOCK,
    rate_hz=100.0,
    nominal_hz=100.0,
    books=Books(received=1000),
    clock_residual_ms=0.4,
    battery_percent=80,
)


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        ({}, "ok", "100 Hz"),
        ({"link": LinkState.DEAD}, "bad", "out of reach"),
        ({"link": LinkState.LOST}, "bad", "connection lost"),
        ({"link": LinkState.RECONNECTING}, "bad", "connection lost"),
        ({"stuck": True}, "bad", "repeats itself"),
        ({"sensor_fault": True}, "bad", "repeats itself"),
        ({"link": LinkState.READY}, "warn", "ready"),
        ({"rate_hz": 80.0}, "warn", "80 of 100 samples a second"),
        ({"books": Books(received=900, lost=100)}, "warn", "10 % of its samples lost"),
        ({"clock_residual_ms": 4.2}, "warn", "times known to 4 ms only"),
        ({"clock_residual_ms": 4.2, "can": Can.NOTHING}, "ok", "100 Hz"),
        ({"clock_residual_ms": 25.0, "can": Can.NOTHING}, "warn", "times known to 25 ms only"),
        ({"battery_percent": 15}, "warn", "battery 15 %"),
        ({"link": LinkState.LOST, "battery_percent": 3}, "bad", "connection lost"),
    ],
)
def test_the_gravest_trouble_of_a_clip_is_told(change: dict[str, object], state: str, words: str) -> None:
    view = clip_view(replace(FINE, **change), PARAMS)  # type: ignore[arg-type]
    assert (view.state, view.words) == (state, words)
    assert bool(view.advice) == (state != "ok" and change != {"link": LinkState.READY})


def test_every_link_has_words() -> None:
    for link in LinkState:
        assert clip_view(replace(FINE, link=link), PARAMS).words


def test_what_deserves_a_line_gets_one() -> None:
    views = [clip_view(FINE, PARAMS), clip_view(replace(FINE, clip="back", link=LinkState.LOST), PARAMS)]
    told = notices(views, ["the thigh clip slipped"], 3700.0, PARAMS)
    assert [(n.level, n.text) for n in told] == [
        ("bad", "the back clip: connection lost"),
        ("warn", "the thigh clip slipped"),
        ("info", "calibrated 62 minutes ago"),
    ]
    assert notices(views[:1], [], 100.0, PARAMS) == ()
    assert notices([], [], None, PARAMS) == ()


GOOD = replace(REP, verdict="good", faults=())
UNSURE = replace(GOOD, verdict="cannot_tell", cannot_tell=True, hip_max_deg=None, lumbar_at_bottom_deg=None)
REPS = {
    "good": GOOD,
    "red": REP,
    "amber": replace(REP, faults=(Fault("rounded_back", "amber", 16.0, 62.5, 0.9),)),
    "cannot_tell": UNSURE,
}


@pytest.mark.parametrize("verdict", list(REPS))
def test_a_rep_is_told_with_its_verdict(verdict: str) -> None:
    rep = REPS[verdict]
    view = rep_view(rep, "rdl")
    assert verdict_of(rep) == verdict
    assert view.words[0].isupper()
    assert bool(view.advice) == bool(rep.faults)
    mark = {"good": "●", "amber": "△", "red": "▲", "cannot_tell": "?"}[verdict]
    assert f"{mark} rep 2: " in rep_line(rep)
    assert "1.5 – 0.2 – 1.5 s" in view.tempo


def test_the_gravest_fault_gives_the_advice() -> None:
    two = (Fault("arched_back", "amber", -9.0, 62.5, 0.99), Fault("rounded_back", "red", 24.0, 62.5, 0.8))
    assert rep_view(replace(REP, faults=two), "rdl").advice == rep_view(REP, "rdl").advice


def test_a_cue_is_called_out_in_a_coach_s_words() -> None:
    view = cue_view(Cue(65.0, "rounded_back", "red", 23.6), 7)
    assert (view.serial, view.severity, view.words) == (7, "red", "back flat, hips back")
    assert view.detail == "rounded back +24°"


def test_a_set_is_summed_up_and_can_be_spoken() -> None:
    reps = (GOOD, REP, REPS["amber"], UNSURE)
    summary = set_summary(BookedSet(60.0, 90.0, "rdl", 62.5, reps))
    assert summary.headline == "1 of 4 reps good"
    assert summary.lines[0] == "rounded back in 2 reps"
    assert "1 rep the clips could not judge" in summary.lines
    assert summary.verdicts == ("good", "red", "amber", "cannot_tell")
    spoken = spoken_summary(summary)
    assert spoken.startswith("RDL, 62.5 kilograms. 1 of 4 reps good. rounded back in 2 reps.")
    assert spoken.endswith(summary.advice)
    assert "▲" not in spoken


def test_a_flawless_set_needs_no_advice() -> None:
    summary = set_summary(BookedSet(60.0, 90.0, None, None, (GOOD,)))
    assert (summary.headline, summary.lines, summary.advice) == ("1 of 1 rep good", (), "")
    assert spoken_summary(summary).endswith("1 of 1 rep good.")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_fault_can_be_told_of_every_exercise(exercise: str) -> None:
    for name in COACHING:
        rep = replace(REP, faults=(Fault(name, "red", 5.0, 62.5, 0.9),))
        assert rep_view(rep, exercise).words
        assert set_summary(BookedSet(0.0, 90.0, exercise, None, (rep,))).advice


def test_every_step_is_asked_for_in_words_that_fit() -> None:
    for number, step in enumerate(Step, start=1):
        for state in (
            GuideState(step, number, 4),
            GuideState(step, number, 4, 0.4, "trunk 60°", "too fast"),
            GuideState(step, number, 4, 1.0, checking=True),
        ):
            prompt = calibration_prompt(state, exchange=False)
            assert 1 <= len(prompt.title.split()) <= 5
            assert prompt.text.endswith(".")
            assert (prompt.step, prompt.steps, prompt.problem) == (number, 4, state.problem)
            assert ("s: leave it out" in prompt.keys) == (step in (Step.TILTS, Step.TOUCH))
    assert calibration_prompt(GuideState(None, 4, 4, got="3 hinges"), exchange=False).title == "Calibrated"


def test_every_key_that_is_offered_is_an_order() -> None:
    from imu_hinge.live.keys import KeyPad

    prompts = [set_prompt(), paused_prompt(), reminder_prompt("rdl", ""), where_prompt("thigh")]
    prompts += [calibration_prompt(GuideState(step, 1, 4), exchange=True) for step in Step]
    for prompt in prompts:
        for text in prompt.keys:
            key, _, meaning = text.partition(": ")
            pad = KeyPad()
            assert meaning
            assert pad.take(" " if key == "space" else key) or pad.typed == "", text


@pytest.mark.parametrize("clip", ["thigh", "back", "pelvis"])
def test_it_is_asked_for_a_tap_in_words_of_the_body(clip: str) -> None:
    prompt = where_prompt(clip, "that one is the thigh clip already", "the thigh clip is known")
    assert clip in prompt.title
    assert "twice" in prompt.text
    assert prompt.problem
    assert prompt.got


def test_a_plan_is_for_everybody_as_it_is() -> None:
    plan = Plan()
    assert plan.exercise in plan.exercises == EXERCISES
    assert plan.guided
    assert plan.by_itself
    assert len(Order) == len({str(order) for order in Order})


def test_a_board_shows_the_newest_view() -> None:
    board = Board(View(0, Phase.CONNECTING, 0.0, "rdl"))
    board.put(View(1, Phase.SET, 2.0, "rdl"))
    assert board.look().serial == 1


@given(st.floats(), st.floats(allow_nan=True))
def test_a_view_is_plain_json_whatever_is_in_it(time_s: float, age_s: float) -> None:
    view = View(1, Phase.SET, time_s, "rdl", calibration_age_s=age_s, last_rep=rep_view(REP, "rdl"))
    plain = json.loads(json.dumps(as_json(view), allow_nan=False))
    assert plain["phase"] == "set"
    assert plain["time_s"] == (round(time_s, 3) if math.isfinite(time_s) else None)
    assert plain["last_rep"]["number"] == 2
