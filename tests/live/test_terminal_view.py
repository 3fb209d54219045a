"""The terminal view: what it says, on any width, without a terminal."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from imu_hinge.body.angles import JointAngles
from imu_hinge.hinge.cues import Cue
from imu_hinge.live.terminal import TerminalState, clock, cue_line, draw, rep_line
from imu_hinge.session.pipeline import LiveRep, PipelineBlock
from imu_hinge.session.results import Fault, RepResult

REP = RepResult(
    index=2,
    start_s=61.0,
    bottom_s=62.5,
    end_s=64.2,
    hip_max_deg=71.4,
    hip_sd_deg=2.0,
    lumbar_at_bottom_deg=23.6,
    lumbar_max_deg=24.0,
    lumbar_min_deg=-1.0,
    lumbar_sd_deg=2.0,
    hip_share=0.75,
    eccentric_s=1.5,
    pause_s=0.2,
    concentric_s=1.5,
    top_s=None,
    peak_hip_velocity_deg_s=90.0,
    onset_hip_minus_spine_s=-0.1,
    verdict="faulty",
    cannot_tell=False,
    faults=(Fault("rounded_back", "red", 24.0, 62.5, 0.97),),
)


def block(hip: float, lumbar: float, cues: tuple[Cue, ...] = (), reps: tuple[LiveRep, ...] = ()) -> PipelineBlock:
    one = np.array([hip])
    two = np.array([lumbar])
    sd = np.array([2.0])
    joints = JointAngles(one, sd, two, sd, one, one, one, sd)
    return PipelineBlock(np.array([64.25]), {}, joints, reps, cues, calibrated=True)


def shown(state: TerminalState, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    console.print(draw(state))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_rep_is_one_line_of_words() -> None:
    assert rep_line(LiveRep("rdl", REP), 3).plain == (
        " 1:04.2  ▲ rep 3  hip 71°  lumbar +24°  1.5-0.2-1.5 s  rounded back (red)"
    )
    good = replace(REP, verdict="good", faults=())
    assert rep_line(LiveRep(None, good), 3).plain.endswith("  good")
    unknown = replace(good, verdict="cannot_tell", hip_max_deg=None, lumbar_at_bottom_deg=None)
    assert "hip –  lumbar –" in rep_line(LiveRep(None, unknown), 3).plain
    assert rep_line(LiveRep(None, unknown), 3).plain.endswith("cannot tell")


def test_a_cue_says_what_to_do() -> None:
    line = cue_line(Cue(65.0, "rounded_back", "amber", 16.2)).plain
    assert line == " 1:05.0  △ back flat, hips back (rounded back +16°)"
    assert "▲" in cue_line(Cue(65.0, "arched_back", "red", -9.0)).plain


def test_a_depth_that_was_reached_is_no_fault_and_not_drawn_as_one() -> None:
    cue = Cue(65.0, "target_depth", "good", 71.3)
    assert cue_line(cue).plain == " 1:05.0  ● deep enough (target depth 71°)"
    assert cue_line(cue).style == cue_line(replace(cue, value_deg=90.0)).style
    assert cue_line(cue).style not in {cue_line(replace(cue, severity=s)).style for s in ("amber", "red")}
    state = TerminalState("s", 0.0, 60.0)
    assert len(state.take(block(60.0, 5.0, cues=(cue, replace(cue, name="rounded_back", severity="red"))))) == 2
    assert state.cues == 1


def test_cues_that_only_a_finished_rep_earns_follow_its_line() -> None:
    state = TerminalState("x", 0.0, 100.0)
    rep = LiveRep("rdl", REP, (Cue(64.2, "incomplete_lockout", "amber", 9.0),))
    assert [line.plain.split("  ")[1][:1] for line in state.take_rep(rep)] == ["▲", "△"]
    assert (state.reps, state.cues) == (1, 1)


@pytest.mark.parametrize(
    ("time_s", "text"), [(0.0, " 0:00.0"), (-1.0, " 0:00.0"), (61.25, " 1:01.2"), (3725.0, "62:05.0")]
)
def test_the_clock(time_s: float, text: str) -> None:
    assert clock(time_s) == text


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_the_screen_fits_any_width(width: int) -> None:
    state = TerminalState("session.csv", 1.0, 121.0)
    assert "not measured" in shown(state, width)
    state.take(block(71.0, -14.0, (Cue(64.0, "arched_back", "red", -14.0),), (LiveRep("rdl", REP),)))
    lines = shown(state, width).splitlines()
    assert all(len(line) <= width for line in lines)
    if width >= 80:
        text = "\n".join(lines)
        assert "+71° ± 3" in text
        assert "-14° ± 3" in text
        assert "1 reps" in text
        assert "calibrating" not in text
        assert "1:03.2 of  2:00.0" in text


def test_the_view_counts_and_forgets_old_lines() -> None:
    state = TerminalState("x", 0.0, 100.0)
    for i in range(12):
        state.take_rep(LiveRep("rdl", replace(REP, index=i + 1, verdict="good" if i % 2 else "faulty")))
    state.take(block(math.nan, math.nan, (Cue(1.0, "rounded_back", "red", 20.0),)))
    assert (state.reps, state.good, state.cues) == (12, 6, 1)
    assert len(state.lines) == 8
    assert "rep 1 " not in shown(state)
    assert "not measured" in shown(state)
