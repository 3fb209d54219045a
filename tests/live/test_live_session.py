"""A live session without threads: what it does by itself, and what orders do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from training import GUIDE, order, plan_of, session_of_arrivals

from imu_hinge.conventions import EXERCISES
from imu_hinge.live.cue_sink import RecordedCues
from imu_hinge.live.plan import Command, Order, Plan
from imu_hinge.live.session import LiveSession
from imu_hinge.live.view import Phase, as_json
from imu_hinge.recording import Arrivals, Event, HeaderNote, Segment, parse_segment
from imu_hinge.recording.header import parse_event
from imu_hinge.recording.in_progress import settled_segments
from imu_hinge.recording.lines import event_value, segment_value
from imu_hinge.sensors.replay import ReplaySource
from imu_hinge.sensors.source import Delivery, SampleBlock
from imu_hinge.session.tape import NoTape

ArrivalsOf = Callable[..., Arrivals]


class Notes(NoTape):
    """A tape that keeps what was noted, as a reader would find it."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.events: list[Event] = []

    def segment(self, segment: Segment) -> HeaderNote:
        note = HeaderNote(0, f"segment.{len(self.segments)}", segment_value(segment))
        self.segments.append(parse_segment(note.value))
        return note

    def event(self, time_s: float, text: str) -> HeaderNote:
        note = HeaderNote(0, f"event.{len(self.events)}", event_value(Event(time_s, text)))
        self.events.append(parse_event(note))
        return note

    def settled(self, end_s: float) -> tuple[Segment, ...]:
        return settled_segments(self.segments, sorted(self.events, key=lambda e: e.time_s), end_s)


def deliveries(arrivals: Arrivals, batch_s: float = 0.1) -> Iterator[Delivery]:
    for delivery in ReplaySource(arrivals, batch_s).deliveries():
        if len(delivery.block):
            yield Delivery((), delivery.block)


def played(
    session: LiveSession,
    arrivals: Arrivals,
    orders: list[tuple[float, Command]] | None = None,
    look: Callable[[LiveSession], None] = lambda session: None,
    batch_s: float = 0.1,
) -> Notes:
    """Feed everything, give orders when they are due, and finish."""
    notes, left = Notes(), sorted(orders or [], key=lambda one: one[0])
    session.record_on(notes)
    for delivery in deliveries(arrivals, batch_s):
        while left and left[0][0] <= float(delivery.block.time_s.max()):
            session.obey(left.pop(0)[1])
        session.feed(delivery)
        look(session)
    for _, command in left:
        session.obey(command)
    session.finish()
    return notes


def test_a_session_goes_from_phase_to_phase_by_itself(training: ArrivalsOf) -> None:
    arrivals = training()
    session = session_of_arrivals(arrivals)
    seen: list[tuple[Phase, str]] = []

    def look(session: LiveSession) -> None:
        view = session.view(1)
        title = view.prompt.title if view.prompt is not None else ""
        if not seen or seen[-1] != (view.phase, title):
            seen.append((view.phase, title))
        assert bool(view.reminders) == (view.phase is Phase.REMINDER)

    notes = played(session, arrivals, look=look)
    phases = [phase for phase, _ in pairwise([*seen, (Phase.ENDED, "")])]
    assert [title for phase, title in seen if phase is Phase.CALIBRATING][:2] == ["Stand still", "Hinge three times"]
    assert [p for i, (p, _) in enumerate(seen) if not i or seen[i - 1][0] is not p] == [
        Phase.CALIBRATING,
        Phase.REMINDER,
        Phase.SET,
    ]
    assert phases
    assert [s.kind for s in notes.segments] == ["stand", "reference_hinge", "set"]
    assert [e.text for e in notes.events] == ["begin=set exercise=rdl"]
    assert session.phase is Phase.PAUSED
    view = session.view(2)
    assert (view.set_number, view.reps, view.good, view.calibration) == (1, 3, 2, "full")
    assert view.last_set is not None
    assert view.last_set.headline == "2 of 3 reps good"


@pytest.mark.slow
def test_rest_closes_a_set_and_opens_the_next(training: ArrivalsOf) -> None:
    arrivals = training(two_sets=True)
    plan = replace(plan_of(arrivals), rest_s=6.0)
    said: list[str] = []
    session = session_of_arrivals(arrivals, plan)
    session._say = said.append
    notes = played(session, arrivals)
    sets = [s for s in notes.settled(session.newest_s) if s.kind == "set"]
    assert [len(one.reps) for one in session.book.sets] == [2, 2]
    assert len(sets) == len(said) == 2
    first, second = session.book.sets
    assert first.end_s == pytest.approx(first.reps[-1].end_s + 1.0, abs=0.01)
    assert second.start_s > first.reps[-1].end_s + 6.0
    assert [rep.index for rep in second.reps] == [1, 2]


@pytest.mark.slow
def test_by_hand_only_what_is_between_two_strokes_is_a_set(training: ArrivalsOf) -> None:
    arrivals = training(two_sets=True)
    session = session_of_arrivals(arrivals, replace(plan_of(arrivals), by_itself=False))
    end_s = float(arrivals.time_s.max())
    notes = played(session, arrivals, [(end_s - 21.0, order("set")), (end_s - 3.0, order("set"))])
    sets = [s for s in notes.settled(session.newest_s) if s.kind == "set"]
    assert [len(one.reps) for one in session.book.sets] == [2]
    assert len(sets) == 1
    assert session.phase is Phase.PAUSED


@pytest.mark.slow
def test_exercise_and_load_begin_another_set(training: ArrivalsOf) -> None:
    arrivals = training()
    session = session_of_arrivals(arrivals)
    orders = [(2.0, order("load", "40")), (20.0, order("load", "62.5")), (30.0, order("exercise", "squat"))]
    notes = played(session, arrivals, orders)
    assert next((one.exercise, one.load_kg) for one in session.book.sets if one.reps) == ("rdl", 62.5)
    assert session.exercise == "squat"
    assert {(s.exercise, s.load_kg) for s in notes.settled(session.newest_s) if s.kind == "set"} <= {
        ("rdl", 62.5),
        ("squat", 62.5),
    }


def test_a_pause_counts_nothing_and_ends_with_a_stroke(training: ArrivalsOf) -> None:
    arrivals = training()
    session = session_of_arrivals(arrivals)
    calm: list[Phase] = []
    orders = [(23.9, order("set")), (24.0, order("mark", "what\nis\x07this\u2028"))]
    notes = played(session, arrivals, orders, look=lambda s: calm.append(s.phase) if s.newest_s > 24.1 else None)
    reps = [rep for one in session.book.sets for rep in one.reps]
    assert len(reps) <= 1
    assert set(calm) == {Phase.PAUSED}
    (mark,) = [e for e in notes.events if e.text.startswith("note=")]
    assert mark.text == "note=what is this"
    assert mark.time_s == pytest.approx(24.0, abs=0.15)


@pytest.mark.slow
def test_calibrating_again_closes_the_set_and_keeps_what_was_lifted(training: ArrivalsOf) -> None:
    arrivals = training()
    session = session_of_arrivals(arrivals)
    seen: list[str] = []
    played(
        session,
        arrivals,
        [(27.5, order("calibrate"))],
        look=lambda s: seen.append(s.view(1).calibration) if s.newest_s > 28.0 else None,
    )
    assert session.phase is Phase.CALIBRATING
    assert set(seen) == {"none"}
    assert sum(len(one.reps) for one in session.book.sets) in (1, 2)


def test_a_stroke_that_makes_no_sense_changes_nothing(training: ArrivalsOf) -> None:
    arrivals = training()
    session = session_of_arrivals(arrivals)
    for command in (order("load", "."), order("load", "many"), order("load", "nan"), order("load", "1e999")):
        session.obey(command)
        assert session.load_kg is None
    session.obey(order("exercise", "curl"))
    assert session.exercise == "rdl"
    session.obey(order("load", "-5"))
    assert session.load_kg in (0.0, None)
    session.obey(order("mark"))
    assert session.view(1).log[-1:] != ("0:00 marked",)


def test_the_next_exercise_comes_round(training: ArrivalsOf) -> None:
    session = session_of_arrivals(training())
    seen = []
    for _ in EXERCISES:
        session.obey(order("exercise"))
        seen.append(session.exercise)
    assert sorted(seen) == sorted(EXERCISES)
    assert session.exercise == "rdl"


def test_exercises_changed_twice_in_a_moment_leave_one_set(training: ArrivalsOf) -> None:
    """Two strokes within one delivery: the set between them began and ended at the same time."""
    arrivals = training()
    session = session_of_arrivals(arrivals)
    twice = [
        (20.0, order("exercise", "squat")),
        (20.0, order("exercise", "deadlift")),
        (20.0, order("exercise", "rdl")),
    ]
    notes = played(session, arrivals, twice)
    (one,) = [s for s in notes.settled(session.newest_s) if s.kind == "set"]
    assert one.exercise == "rdl"
    assert one.start_s == pytest.approx(20.0, abs=0.15)
    assert [len(b.reps) for b in session.book.sets] == [3]


def test_a_replay_obeys_nothing_that_would_change_what_was_recorded(training: ArrivalsOf) -> None:
    arrivals = training()
    session = session_of_arrivals(arrivals, Plan(exercise="rdl", guided=False, guide=GUIDE))
    for word in Order:
        session.obey(order(str(word)))
    assert (session.exercise, session.load_kg) == ("rdl", None)
    assert session.phase is Phase.REST
    assert session.view(1).prompt is None


COMMANDS = st.builds(
    Command,
    st.sampled_from([o for o in Order if o is not Order.STOP]),
    st.sampled_from(["", "", "rdl", "squat", "62.5", "0", ".", "nan", "-3", "a\nb", "=", "日", "note=1 exercise=x"]),
)


@pytest.fixture(scope="module")
def quick(training: ArrivalsOf) -> Arrivals:
    """The first half of a session: calibration, and the first rep."""
    arrivals = training()
    kept = arrivals.time_s < 25.0
    return replace(
        arrivals,
        clip_index=arrivals.clip_index[kept],
        time_s=arrivals.time_s[kept],
        acc_m_s2=arrivals.acc_m_s2[kept],
        gyr_rad_s=arrivals.gyr_rad_s[kept],
    )


def check_orders(arrivals: Arrivals, orders: list[tuple[float, Command]]) -> None:
    sink = RecordedCues()
    session = session_of_arrivals(arrivals, sink=sink)
    views = []
    notes = played(session, arrivals, orders, look=lambda s: views.append(s.view(len(views))), batch_s=0.4)
    assert as_json(views[-1])["exercise"] in EXERCISES
    stands = [s for s in notes.settled(session.newest_s) if s.kind == "set"]
    booked = [one for one in session.book.sets if one.reps and one.exercise is not None]
    for one in booked:
        assert any(s.start_s == pytest.approx(one.start_s, abs=1e-3) and s.exercise == one.exercise for s in stands)


@settings(max_examples=2)
@given(st.lists(st.tuples(st.floats(0.0, 25.0), COMMANDS), min_size=10, max_size=25))
def test_no_order_at_any_time_raises(quick: Arrivals, orders: list[tuple[float, Command]]) -> None:
    check_orders(quick, orders)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0.0, 34.0), COMMANDS), max_size=40))
def test_no_order_at_any_time_raises_however_many(training: ArrivalsOf, orders: list[tuple[float, Command]]) -> None:
    check_orders(training(), orders)


@settings(max_examples=60)
@given(st.lists(COMMANDS, max_size=20))
def test_orders_before_the_first_sample_do_no_harm(quick: Arrivals, commands: list[Command]) -> None:
    session = session_of_arrivals(quick)
    notes = Notes()
    session.record_on(notes)
    for command in commands:
        session.obey(command)
        session.view(1)
    assert session.phase is Phase.CALIBRATING
    session.feed(Delivery((), SampleBlock(np.empty(0, np.int8), np.empty(0), np.empty((0, 3)), np.empty((0, 3)))))
    session.finish()
    assert notes.segments == []
    assert notes.events == []
