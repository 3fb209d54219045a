"""What a reader is told first: the one thing to work on, the best rep and the worst."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from imu_hinge.hinge.coaching import coaching_of
from imu_hinge.report.focus import best_and_worst_words, best_rep, focus_of, worst_rep
from imu_hinge.report.multiples import MOST_PANELS, course_of, shown_reps
from imu_hinge.report.pdf import render_pdf
from imu_hinge.report.series import NumberedRep, numbered_reps
from imu_hinge.session.results import SessionResult

Analysed = Callable[..., SessionResult]
TWO = ("thigh", "back")


@pytest.fixture
def creeping(result_of: Analysed) -> SessionResult:
    return result_of("rdl_creep", 3, TWO)


def test_the_fault_with_most_weight_is_the_one_thing_to_work_on(creeping: SessionResult) -> None:
    focus = focus_of(creeping)
    faulty = [r for r in numbered_reps(creeping) if any(f.name == "rounded_back" for f in r.rep.faults)]
    assert focus.kind == "fault"
    assert focus.title == "Rounded back"
    assert f"In {len(faulty)} of {len(numbered_reps(creeping))} reps" in focus.seen
    assert coaching_of("rounded_back", "rdl").advice in focus.advice
    assert "End the set when it begins" in focus.advice


def test_what_the_worst_rep_shows_comes_before_what_is_as_frequent(result_of: Analysed) -> None:
    session = result_of("deadlift_lockout", 3, TWO)
    told = worst_rep(session)
    assert told is not None
    assert focus_of(session).title.lower() in {coaching_of(f.name).name for f in told.rep.faults}


def test_a_good_session_says_so_and_invents_no_fault(result_of: Analysed) -> None:
    session = result_of("rdl_good", 3, TWO)
    focus = focus_of(session)
    assert focus.kind == "good"
    assert f"All {len(numbered_reps(session))} judged reps were good." in focus.seen
    assert worst_rep(session) is None


def test_without_reps_or_verdicts_it_says_what_to_do_about_that(creeping: SessionResult) -> None:
    none = replace(creeping, sets=())
    assert focus_of(none).title == "No reps were found"
    unjudged = tuple(
        replace(one, reps=tuple(replace(rep, verdict="cannot_tell", faults=()) for rep in one.reps))
        for one in creeping.sets
    )
    assert focus_of(replace(creeping, sets=unjudged)).kind == "unknown"
    assert best_rep(none) is None
    assert best_and_worst_words(none) == ""


def test_the_best_rep_is_a_good_one_near_the_own_reference(creeping: SessionResult) -> None:
    best = best_rep(creeping)
    assert best is not None
    assert best.rep.verdict == "good"
    own = creeping.reference_lumbar_deg
    assert own is not None
    away = {r.number: abs((r.rep.lumbar_at_bottom_deg or 0.0) - own) for r in numbered_reps(creeping)}
    assert away[best.number] < away[numbered_reps(creeping)[-1].number]
    assert f"Best rep: {best.number}" in best_and_worst_words(creeping)


def test_the_course_of_a_rep_has_its_bottom_in_the_middle(creeping: SessionResult) -> None:
    for r in numbered_reps(creeping):
        course = course_of(creeping, r)
        middle = course.phase.searchsorted(50.0)
        assert course.hip_deg[middle] == pytest.approx(np.nanmax(course.hip_deg), abs=6.0)
        assert abs(course.hip_deg[0]) < 15.0


@pytest.mark.parametrize("count", [1, 12, 13, 60])
def test_of_a_long_set_the_faulty_reps_are_shown_first(creeping: SessionResult, count: int) -> None:
    some = numbered_reps(creeping)
    many = [NumberedRep(n + 1, 1, some[0].in_set, some[0 if n % 10 else 9].rep) for n in range(count)]
    shown = shown_reps(many)
    assert len(shown) == min(count, MOST_PANELS)
    assert [r.number for r in shown] == sorted(r.number for r in shown)
    faulty = {r.number for r in many if r.rep.faults}
    assert faulty <= {r.number for r in shown}


def test_the_pages_to_print_are_a_pdf_and_the_same_every_time(creeping: SessionResult) -> None:
    first = render_pdf(creeping)
    assert first.startswith(b"%PDF-")
    assert first == render_pdf(creeping)
    assert first.count(b"/Type /Page ") >= 2


def test_sessions_without_reps_and_with_gaps_have_their_pages_too(result_of: Analysed, creeping: SessionResult) -> None:
    assert render_pdf(replace(creeping, sets=())).startswith(b"%PDF-")
    assert render_pdf(result_of("dropouts", 3, TWO)).startswith(b"%PDF-")
