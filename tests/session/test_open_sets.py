"""Sets that are not over yet, taken back, or counted without a rep: the live path and the analysis agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.recording import Arrivals, Event, HeaderNote, Segment, assemble
from imu_hinge.recording.in_progress import begin_text, drop_text, settled_segments, undo_text
from imu_hinge.recording.lines import event_value
from imu_hinge.session.analysis import analyze
from imu_hinge.session.announced import Announced
from imu_hinge.session.pipeline import LiveRep
from imu_hinge.session.replay import replay
from imu_hinge.session.said_live import said_live, was_live
from imu_hinge.session.set_book import SetBook
from imu_hinge.simulation import SimulatedSession

SessionOf = Callable[..., SimulatedSession]
Noted = Sequence[tuple[float, str, str]]


def noted(arrivals: Arrivals, notes: Noted, *, only: bool = True) -> Arrivals:
    """The same rows without the sets of the header; ``notes`` (time, key, value) told when it was that late."""
    newest = np.maximum.accumulate(arrivals.time_s)
    kept = [n for n in arrivals.notes if not (n.key.startswith("segment.") and " set " in n.value)]
    told = [HeaderNote(int(np.searchsorted(newest, at_s)), key, value) for at_s, key, value in notes]
    mode = [HeaderNote(0, "live.sets", "announced")] if only else []
    return replace(arrivals, notes=tuple(sorted([*mode, *kept, *told], key=lambda note: note.row)))


def event(number: int, time_s: float, text: str) -> tuple[float, str, str]:
    return time_s, f"event.{number}", event_value(Event(time_s, text))


def live_reps(arrivals: Arrivals, batch_s: float = 0.5) -> list[LiveRep]:
    _, steps = replay(arrivals, batch_s=batch_s)
    return [rep for step in steps for rep in (*(r for b in step.blocks for r in b.reps), *step.last_reps)]


@pytest.fixture(scope="module")
def set_of(short_session: SessionOf) -> Segment:
    return next(s for s in short_session().recording.segments if s.kind == "set")


@pytest.fixture(scope="module")
def told_whole(short_session: SessionOf, set_of: Segment) -> list[LiveRep]:
    """The reps where the set was announced with its end, before it began."""
    value = f"{set_of.start_s:.6f} {set_of.end_s:.6f} set exercise=rdl"
    return live_reps(noted(short_session().arrivals, [(0.0, "segment.90", value)]))


def test_a_set_whose_end_nobody_knows_yet_counts_as_one_announced(
    short_session: SessionOf, set_of: Segment, told_whole: list[LiveRep]
) -> None:
    arrivals = noted(short_session().arrivals, [event(0, set_of.start_s, begin_text(set_of))])
    live = live_reps(arrivals)
    assert [(r.exercise, r.result.index, r.result.verdict) for r in live] == [
        (r.exercise, r.result.index, r.result.verdict) for r in told_whole
    ]
    assert len(live) == 3
    sets = analyze(assemble(arrivals)).sets
    assert [(s.exercise, len(s.reps), s.announced) for s in sets] == [("rdl", 3, True)]
    assert sets[0].end_s == pytest.approx(float(arrivals.time_s.max()), abs=0.02)


@pytest.mark.parametrize("batch_s", [4.0, pytest.param(0.05, marks=pytest.mark.slow)])
def test_a_set_that_ends_later_is_one_set(
    batch_s: float, short_session: SessionOf, set_of: Segment, told_whole: list[LiveRep]
) -> None:
    end_s = set_of.end_s + 0.3
    value = f"{set_of.start_s:.6f} {end_s:.6f} set exercise=rdl"
    notes = [event(0, set_of.start_s, begin_text(set_of)), (end_s, "segment.91", value)]
    live = live_reps(noted(short_session().arrivals, notes), batch_s)
    assert [r.result.index for r in live] == [1, 2, 3]
    assert [r.result.bottom_s for r in live] == [r.result.bottom_s for r in told_whole]


def test_a_set_written_anew_means_the_same_live(short_session: SessionOf, set_of: Segment) -> None:
    """Written as a whole, its segment stands in the header, above the event that it began."""
    value = f"{set_of.start_s:.6f} {set_of.end_s:.6f} set exercise=rdl"
    then = [event(0, set_of.start_s, begin_text(set_of)), (set_of.end_s + 0.1, "segment.91", value)]
    anew = [(0.0, "segment.91", value), (0.0, *event(0, set_of.start_s, begin_text(set_of))[1:])]
    arrivals = short_session().arrivals
    bottoms = [[r.result.bottom_s for r in live_reps(noted(arrivals, notes))] for notes in (then, anew)]
    assert bottoms[0] == bottoms[1]
    assert len(bottoms[0]) == 3


def test_what_is_taken_back_counts_nothing_more_and_the_next_set_counts_from_one(
    short_session: SessionOf, set_of: Segment, told_whole: list[LiveRep]
) -> None:
    first_end_s = told_whole[0].result.end_s + 0.3
    second = replace(set_of, start_s=round(first_end_s + 0.1, 3))
    notes = [
        event(0, set_of.start_s, begin_text(set_of)),
        event(1, first_end_s, drop_text(set_of)),
        event(2, second.start_s, begin_text(second)),
    ]
    arrivals = noted(short_session().arrivals, notes)
    assert [r.result.index for r in live_reps(arrivals)] == [1, 1, 2]
    assert [len(s.reps) for s in analyze(assemble(arrivals)).sets] == [2]


def test_the_rep_after_one_that_was_taken_back_takes_its_number(
    short_session: SessionOf, set_of: Segment, told_whole: list[LiveRep]
) -> None:
    first = told_whole[0].result
    notes = [event(0, set_of.start_s, begin_text(set_of)), event(1, first.end_s + 0.5, undo_text(first.bottom_s))]
    arrivals = noted(short_session().arrivals, notes)
    assert [r.result.index for r in live_reps(arrivals)] == [1, 1, 2]
    (only,) = analyze(assemble(arrivals)).sets
    assert [(rep.index, rep.verdict) for rep in only.reps] == [(1, "faulty"), (2, "good")]
    assert was_live(arrivals)
    assert [r.verdict for r in said_live(arrivals).reps] == ["faulty", "good"]


@pytest.mark.slow
def test_taking_back_a_time_without_a_rep_takes_back_nothing(
    short_session: SessionOf, set_of: Segment, told_whole: list[LiveRep]
) -> None:
    notes = [event(0, set_of.start_s, begin_text(set_of)), event(1, set_of.end_s + 0.2, undo_text(1.0))]
    arrivals = noted(short_session().arrivals, notes)
    assert len(live_reps(arrivals)) == 3
    assert [len(s.reps) for s in analyze(assemble(arrivals)).sets] == [3]
    assert len(said_live(arrivals).reps) == 3


def test_where_every_set_is_announced_nothing_is_counted_or_cued_before_the_first(short_session: SessionOf) -> None:
    arrivals = noted(short_session().arrivals, [])
    _, steps = replay(arrivals, batch_s=1.0)
    blocks = [block for step in steps for block in step.blocks]
    assert sum(len(b.reps) + len(b.cues) for b in blocks) == 0
    assert len(live_reps(noted(short_session().arrivals, [], only=False))) == 3


def test_which_way_is_up_in_each_clip_is_known_before_anything_is_calibrated(short_session: SessionOf) -> None:
    _, steps = replay(short_session().arrivals, batch_s=0.5)
    blocks = [block for step in steps for block in step.blocks]
    first = [b for b in blocks if not b.calibrated and b.time_s[0] > 0.5]
    assert first
    for block in (*first, blocks[-1]):
        assert set(block.up) == {"thigh", "pelvis", "back"}
        for up in block.up.values():
            assert up.shape == (len(block.time_s), 3)
            known = up[np.isfinite(up[:, 0])]
            assert np.allclose(np.linalg.norm(known, axis=1), 1.0)


def test_a_clip_that_slips_is_told_while_the_session_runs(session_of: SessionOf) -> None:
    arrivals = session_of("slipped", 1).arrivals
    pipeline, steps = replay(arrivals, ("thigh", "back"), batch_s=1.0)
    told = [(step.newest_s, step.warnings, bool(pipeline.slips)) for step in steps]
    slip = pipeline.slips[0]
    assert slip.clip == "thigh"
    assert any("the thigh clip slipped" in w for w in pipeline.warnings)
    first_s = next(at_s for at_s, _, slipped in told if slipped)
    assert slip.time_s < first_s < float(arrivals.time_s.max()) - 1.0


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in ("rdl_good", "rdl_creep")])
def test_nothing_slips_in_an_ordinary_session(name: str, session_of: SessionOf) -> None:
    pipeline, steps = replay(session_of(name, 1).arrivals, batch_s=2.0)
    list(steps)
    assert pipeline.slips == ()


# the list and the book

TIMES = st.integers(0, 4_000).map(lambda cs: cs / 100)


@given(st.lists(st.tuples(st.sampled_from(["begin", "end", "drop"]), TIMES), max_size=14))
def test_what_stands_live_is_what_stands_in_the_file(story: list[tuple[str, float]]) -> None:
    announced, events, ended = Announced(), list[Event](), list[Segment]()
    under_way: Segment | None = None
    for what, at_s in sorted(story, key=lambda one: one[1]):
        if what == "begin":
            under_way = Segment(at_s, math.inf, "set", "rdl")
            events.append(Event(at_s, begin_text(under_way)))
            announced.tell(under_way)
        elif under_way is not None and at_s > under_way.start_s + 0.005:
            if what == "drop":
                events.append(Event(at_s, drop_text(under_way)))
                announced.withdraw("set", under_way.start_s)
            else:
                ended.append(replace(under_way, end_s=at_s))
                announced.tell(ended[-1])
            under_way = None
    end_s = 50.0
    stands = [replace(s, end_s=min(s.end_s, end_s)) for s in announced.sets]
    stands = [s for s in stands if s.end_s > s.start_s]
    assert tuple(sorted(stands, key=lambda s: (s.start_s, s.end_s))) == settled_segments(ended, events, end_s)


def a_rep(template: Any, index: int, bottom_s: float, verdict: str = "good") -> Any:
    return replace(
        template, index=index, start_s=bottom_s - 1.5, bottom_s=bottom_s, end_s=bottom_s + 1.5, verdict=verdict
    )


@pytest.fixture(scope="module")
def template(told_whole: list[LiveRep]) -> Any:
    return told_whole[0].result


def test_the_book_keeps_sets_as_people_count_them(template: Any) -> None:
    book = SetBook(10.0)
    book.announce(Segment(3.0, 9.0, "reference_hinge"))
    assert book.sets == ()
    book.announce(Segment(10.0, math.inf, "set", "rdl", 60.0))
    assert book.current(11.0) is not None
    assert book.current(9.9) is None
    book.ended("rdl", [a_rep(template, 1, 13.0), a_rep(template, 2, 18.0, "faulty")])
    current = book.current(100.0)  # until its end is told
    assert current is not None
    assert (len(current.reps), current.good, current.load_kg, book.number(current)) == (2, 1, 60.0, 1)
    book.announce(Segment(10.0, 20.0, "set", "rdl", 60.0))
    assert book.current(20.5) is None
    over = book.last_over(20.5)
    assert over is not None
    assert over.end_s == 20.0
    book.announce(Segment(30.0, math.inf, "set", "squat"))
    second = book.current(31.0)
    assert second is not None
    assert (second.exercise, book.number(second)) == ("squat", 2)
    book.withdraw("set", 30.0)
    assert book.current(31.0) is None
    assert len(book.sets) == 1


def test_the_book_numbers_anew_when_a_rep_is_taken_back(template: Any) -> None:
    book = SetBook(10.0)
    book.announce(Segment(10.0, math.inf, "set", "rdl"))
    reps = [a_rep(template, i, 10.0 + 4.0 * i) for i in (1, 2, 3)]
    book.ended("rdl", reps)
    assert book.undo(1.0) is None
    gone = book.undo(reps[1].bottom_s)
    assert gone is not None
    assert gone.index == 2
    assert [(r.index, r.bottom_s) for r in book.sets[0].reps] == [(1, 14.0), (2, 22.0)]


def test_sets_that_nobody_announced_are_parted_by_a_break(template: Any) -> None:
    book = SetBook(10.0)
    for bottom_s in (10.0, 15.0, 40.0):
        book.ended(None, [a_rep(template, 1, bottom_s)])
    assert [len(one.reps) for one in book.sets] == [2, 1]
    assert book.current(45.0) is book.sets[1]
    assert book.current(60.0) is None
    assert book.last_over(60.0) is book.sets[1]


def test_a_set_that_began_ends_one_that_never_did(template: Any) -> None:
    book = SetBook(10.0)
    book.announce(Segment(10.0, math.inf, "set", "rdl"))
    book.ended("rdl", [a_rep(template, 1, 13.0)])
    book.announce(Segment(30.0, math.inf, "set", "rdl"))
    assert [one.end_s for one in book.sets] == [30.0, math.inf]
    book.announce(Segment(10.0, 18.0, "set", "rdl"))
    book.announce(Segment(10.0, math.inf, "set", "rdl"))  # old news
    assert [one.end_s for one in book.sets] == [18.0, math.inf]
