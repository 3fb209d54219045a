"""The live screen as text: every state has a word and a mark, and nothing is cut off badly at any width."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console
from training import REP

from imu_hinge.hinge.coaching import COACHING
from imu_hinge.live.prompts import CONNECTING, SAVING, calibration_prompt, reminder_prompt, set_prompt, where_prompt
from imu_hinge.live.screen import draw_view
from imu_hinge.live.telling import rep_view, set_summary
from imu_hinge.live.view import BodyView, ClipView, CueView, Limits, Measured, Notice, Phase, View
from imu_hinge.session.guide import GuideState, Step
from imu_hinge.session.set_book import BookedSet

WIDTHS = [60, 72, 80, 100, 120]
BODY = BodyView(
    hip_deg=Measured(71.0, 2.0),
    lumbar_deg=Measured(-14.0, 3.0),
    lumbar_state="arching",
    limits=Limits(-20.0, -10.0, 12.0, 20.0),
    target_hip_deg=75.0,
)
SET = View(
    3,
    Phase.SET,
    83.0,
    "rdl",
    load_kg=62.5,
    set_number=2,
    reps=12,
    good=10,
    verdicts=("good", "amber", "red", "cannot_tell") * 3,
    body=BODY,
    prompt=set_prompt(),
    last_rep=rep_view(REP, "rdl"),
    clips=(
        ClipView("thigh", "ok", "streaming", "100 Hz", battery_percent=80, rate_hz=99.7),
        ClipView("back", "bad", "lost", "connection lost", "Come closer to the computer; it connects again by itself."),
    ),
    notices=(Notice("bad", "the back clip: connection lost", "Come closer; it connects again by itself."),),
    log=("1:04 ▲ rep 2: rounded back up to 24° · hip 71° · lumbar +24°", "1:20 marked"),
    sound="on",
)


def shown(view: View, width: int = 80, cue: CueView | None = None, typed: str | None = None) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    console.print(draw_view(view, cue, typed))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    lines = text.splitlines()
    assert all(len(line) <= width for line in lines)
    assert all(line[0] in "╭│╰" and line[-1] in "╮│╯" for line in lines)
    return text


def words(text: str) -> str:
    """The same without frame and line breaks."""
    return " ".join(text.replace("│", " ").split())


VIEWS = {
    "connecting": View(0, Phase.CONNECTING, 0.0, "rdl", prompt=CONNECTING),
    "where": View(1, Phase.WHERE, 0.0, "rdl", prompt=where_prompt("thigh", "that one is the back clip already")),
    **{
        str(step): View(2, Phase.CALIBRATING, 9.0, "rdl", prompt=calibration_prompt(state, exchange=True), body=BODY)
        for step in Step
        for state in [GuideState(step, 2, 4, 0.4, "trunk 60°, thigh 25°", "too fast: take two seconds down")]
    },
    "reminder": View(
        3,
        Phase.REMINDER,
        20.0,
        "rdl",
        prompt=reminder_prompt("rdl", "3 hinges, 82° deep"),
        reminders=("keep the bar close", "breathe"),
    ),
    "set": SET,
    "rest": replace(SET, phase=Phase.REST, last_set=set_summary(BookedSet(60.0, 90.0, "rdl", 62.5, (REP,)))),
    "saving": replace(SET, phase=Phase.SAVING, prompt=SAVING),
    "ended": replace(
        SET, phase=Phase.ENDED, prompt=None, last_set=set_summary(BookedSet(0.0, 9.0, "rdl", None, (REP,)))
    ),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", list(VIEWS))
def test_everything_that_is_asked_and_told_can_be_read(name: str, width: int) -> None:
    view = VIEWS[name]
    text = words(shown(view, width))
    assert str(view.phase) in text
    prompt = view.prompt
    if prompt is not None:
        if view.phase not in (Phase.SET, Phase.REST):
            for told in (prompt.title, prompt.text, prompt.got, prompt.problem):
                assert told in text
        for key in prompt.keys:
            assert words(key) in text
    for told in (*view.reminders, *(n.text for n in view.notices), *(n.advice for n in view.notices)):
        assert told in text
    if view.phase in (Phase.REST, Phase.ENDED) and view.last_set is not None:
        for told in (view.last_set.headline, view.last_set.advice, *view.last_set.lines):
            assert told in text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("state", "mark", "word"),
    [
        ("unknown", "?", "cannot tell"),
        ("neutral", "●", "neutral"),
        ("rounding", "△", "rounding"),
        ("rounded", "▲", "ROUNDED"),
        ("arching", "▽", "arching"),
        ("arched", "▼", "ARCHED"),
    ],
)
def test_every_state_of_the_lower_back_has_a_word_and_a_mark(state: str, mark: str, word: str, width: int) -> None:
    text = shown(replace(SET, body=replace(BODY, lumbar_state=state)), width)
    assert f"{mark} lower back {word}" in text


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", list(COACHING))
def test_every_cue_can_be_read_whole(name: str, width: int) -> None:
    cue = CueView(1, 83.0, name, "red", COACHING[name].cue, "")
    text = shown(SET, width, cue)
    assert f"▲  {cue.words.upper()}  ▲" in text
    assert "lower back" not in text.split("lower back ")[0]


@pytest.mark.parametrize("severity", ["amber", "red", "good"])
def test_a_cue_shows_how_grave_it_is(severity: str) -> None:
    mark = {"amber": "△", "red": "▲", "good": "●"}[severity]
    assert f"{mark}  HIPS BACK  {mark}" in shown(SET, cue=CueView(1, 0.0, "x", severity, "hips back", ""))


def test_every_verdict_has_a_mark() -> None:
    assert "● △ ▲ ?" in shown(SET)
    for verdict, severity, mark in (("good", "", "●"), ("faulty", "amber", "△"), ("faulty", "red", "▲")):
        rep = replace(rep_view(REP, "rdl"), verdict=verdict, severity=severity, words="What it was")
        assert f"{mark} What it was" in shown(replace(SET, last_rep=rep))
    rep = replace(rep_view(REP, "rdl"), verdict="cannot_tell", severity="", words="Cannot tell")
    assert "? Cannot tell" in shown(replace(SET, last_rep=rep))


@pytest.mark.parametrize("width", WIDTHS)
def test_angles_are_told_with_their_doubt_and_what_is_not_known_is_not(width: int) -> None:
    text = shown(SET, width)
    assert "+71° ± 3" in text
    assert "-14° ± 5" in text
    blank = shown(replace(SET, body=BodyView()), width)
    assert "°  ±" not in blank
    assert "hip" in blank
    assert "▒" not in blank


@pytest.mark.parametrize("value", [-300.0, -60.0, 0.0, 60.0, 500.0])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_angle_is_too_large_for_its_bar(value: float, width: int) -> None:
    shown(replace(SET, body=replace(BODY, hip_deg=Measured(value, 90.0), lumbar_deg=Measured(value, None))), width)


@pytest.mark.parametrize("reps", [0, 7, 10, 99, 123])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_count_is_five_lines_high(reps: int, width: int) -> None:
    text = shown(replace(SET, reps=reps, verdicts=("good",) * reps), width)
    assert sum("██" in line for line in text.splitlines()) >= 5
    assert f"of {reps} good" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_clips_are_told_with_mark_and_words(width: int) -> None:
    text = words(shown(SET, width))
    assert "● thigh 100 Hz 80 %" in text
    assert "▲ back connection lost" in text


def test_a_load_that_is_typed_is_shown_instead_of_the_keys() -> None:
    text = shown(SET, typed="62.")
    assert "load in kg: 62." in text
    assert "undo" not in text
    assert "RDL 62.5 kg" in shown(SET)


def test_only_the_newest_lines_and_the_first_notices_are_shown() -> None:
    many = replace(
        SET,
        log=tuple(f"0:{i:02d} line {i}" for i in range(8)),
        notices=tuple(Notice("warn", f"notice {i}") for i in range(6)),
    )
    text = shown(many)
    assert "line 7" in text
    assert "line 2" not in text
    assert "notice 3" in text
    assert "notice 4" not in text
