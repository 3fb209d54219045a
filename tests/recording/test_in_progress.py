"""Segments that are not over yet, and what the athlete took back: what a file that broke off means."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.conventions import EXERCISES
from imu_hinge.errors import FormatError
from imu_hinge.recording import ClipSamples, Event, Recording, Segment, read_recording
from imu_hinge.recording.in_progress import (
    SAME_S,
    begin_text,
    begun,
    drop_text,
    dropped,
    is_same,
    settled_segments,
    undo_text,
    undone_s,
)
from imu_hinge.recording.writer import RecordingWriter, recording_text, write_recording

SET = Segment(5.0, 9.0, "set", "rdl", 60.0)

times = st.integers(0, 60_000).map(lambda ms: ms / 1000)
segments = st.builds(
    lambda start_s, lasts_s, exercise, load: Segment(start_s, start_s + lasts_s, "set", exercise, load),
    times,
    st.integers(2, 20_000).map(lambda ms: ms / 1000),
    st.sampled_from(EXERCISES),
    st.none() | st.integers(0, 300).map(float),
)


def still(seconds: float) -> dict[str, ClipSamples]:
    time_s = np.round(np.arange(0.0, seconds + 1e-9, 0.5), 6)
    acc = np.tile([0.1, 0.2, 9.8], (len(time_s), 1))
    gyr = np.zeros((len(time_s), 3))
    return {name: ClipSamples(name, site, time_s, acc, gyr) for name, site in (("thigh", "thigh"), ("back", "T12"))}


@given(segments)
def test_what_began_is_read_as_it_was_written_with_an_endless_end(segment: Segment) -> None:
    event = Event(segment.start_s, begin_text(segment))
    assert begun(event) == replace(segment, end_s=math.inf)
    assert (dropped(event), undone_s(event)) == (None, None)


@given(segments)
def test_what_is_taken_back_is_found_again(segment: Segment) -> None:
    event = Event(segment.start_s + 1.0, drop_text(segment))
    told = dropped(event)
    assert told is not None
    assert is_same(segment, Segment(told[1], math.inf, told[0]))
    assert (begun(event), undone_s(event)) == (None, None)


@given(times)
def test_the_time_within_a_rep_that_is_taken_back_is_kept_to_the_millisecond(time_s: float) -> None:
    event = Event(time_s + 1.0, undo_text(time_s))
    assert undone_s(event) == pytest.approx(time_s, abs=5e-4)
    assert (begun(event), dropped(event)) == (None, None)


@pytest.mark.parametrize("text", ["note=belt on", "began=set", "note=begin=set", "", "mark"])
def test_other_events_mean_nothing_here(text: str) -> None:
    event = Event(1.0, text)
    assert (begun(event), dropped(event), undone_s(event)) == (None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "begin=",
        "begin=dance",
        "begin=set",
        "begin=set exercise=curl",
        "begin=set exercise=rdl load_kg=much",
        "begin=set exercise=rdl load_kg=-5",
        "begin=set rdl",
        "drop=",
        "drop=set",
        "drop=set now",
        "drop=set 1.0 2.0",
        "drop=set nan",
        "undo=",
        "undo=rep 3",
        "undo=inf",
    ],
)
def test_a_malformed_event_is_refused_in_one_line_when_the_file_is_read(
    text: str, write: Callable[..., Path], row: Callable[..., str]
) -> None:
    """An undo is read where reps are; the other two tell the segments."""
    path = write([row(0.0), row(0.01)], top=("# imu-hinge-recording: 1", f"# event.0: 1.0 {text}"))
    with pytest.raises(FormatError) as refused:
        undone_s(Event(1.0, text)) if text.startswith("undo") else read_recording(path)
    assert "\n" not in refused.value.one_line()
    assert refused.value.advice


def test_a_set_that_never_ended_lasts_until_the_last_row() -> None:
    assert settled_segments([], [Event(5.0, begin_text(SET))], 30.0) == (replace(SET, end_s=30.0),)


def test_a_set_that_never_ended_lasts_until_the_next_one_begins_also_when_that_one_ended() -> None:
    second = Segment(12.0, 20.0, "set", "squat")
    events = [Event(5.0, begin_text(SET)), Event(12.0, begin_text(second))]
    for told in ([], [second]):
        found = settled_segments(told, events, 20.0)
        assert found == (replace(SET, end_s=12.0), second)


def test_a_set_that_ended_is_told_once() -> None:
    assert settled_segments([SET], [Event(5.0, begin_text(SET))], 30.0) == (SET,)


def test_what_was_taken_back_is_gone_ended_or_not() -> None:
    begin, drop = Event(5.0, begin_text(SET)), Event(11.0, drop_text(SET))
    assert settled_segments([], [begin, drop], 30.0) == ()
    assert settled_segments([SET], [begin, drop], 30.0) == ()
    assert settled_segments([SET], [drop], 30.0) == ()


def test_a_set_that_is_begun_anew_in_the_instant_it_was_taken_back_stands() -> None:
    """Who changes the exercise twice within a moment takes back a set and begins the next at the same time."""
    squat = replace(SET, exercise="squat")
    events = [Event(5.0, begin_text(SET)), Event(5.0, drop_text(SET)), Event(5.0, begin_text(squat))]
    assert settled_segments([], events, 9.0) == (squat,)
    assert settled_segments([squat], events, 30.0) == (squat,)


def test_a_set_that_began_after_the_last_row_is_none() -> None:
    assert settled_segments([], [Event(5.0, begin_text(SET))], 5.0) == ()


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Segment], list[Event]]:
    """Begins, ends and take-backs as a session notes them, in order of time."""
    now, ended, events = 0.0, list[Segment](), list[Event]()
    under_way: Segment | None = None
    for what in draw(st.lists(st.sampled_from(["begin", "end", "drop", "note", "undo"]), max_size=12)):
        now = round(now + draw(st.integers(0, 3_000)) / 1000, 3)
        if what == "begin":
            under_way = Segment(now, math.inf, "set", draw(st.sampled_from(EXERCISES)))
            events.append(Event(now, begin_text(under_way)))
        elif what == "note":
            events.append(Event(now, "note=mark"))
        elif what == "undo":
            events.append(Event(now, undo_text(max(0.0, now - 1.0))))
        elif under_way is not None:
            if what == "drop":
                events.append(Event(now, drop_text(under_way)))
            elif now > under_way.start_s + SAME_S:
                ended.append(replace(under_way, end_s=now))
            under_way = None
    return ended, events


@given(stories(), st.integers(0, 80))
def test_open_sets_end_within_the_recording_and_never_overlap(
    story: tuple[list[Segment], list[Event]], end_s: int
) -> None:
    found = settled_segments(*story, float(end_s))
    assert [s.start_s for s in found] == sorted(s.start_s for s in found)
    for one in found:
        assert one.end_s > one.start_s
        assert one in story[0] or one.end_s <= end_s
    never_ended = [one for one in found if one not in story[0]]
    assert all(one.end_s <= later.start_s for one in never_ended for later in found if later.start_s > one.start_s)


@given(stories())
def test_writing_what_was_read_keeps_what_it_means(story: tuple[list[Segment], list[Event]]) -> None:
    ended, events = story
    clips = still(20.0)
    recording = Recording("x.csv", {}, clips, settled_segments(ended, events, 20.0), tuple(events))
    text = "".join(recording_text(recording)).encode()
    again = read_recording(io.BytesIO(text))
    assert again.segments == recording.segments
    assert again.events == recording.events


def test_a_killed_session_s_set_is_in_the_file_and_stays_there_when_it_is_written_anew(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "live.csv", {})
    acc, gyr = [[0.1, 0.2, 9.8]], [[0.0, 0.0, 0.0]]
    for step in range(40):
        if step == 10:
            writer.event(Event(5.0, begin_text(SET)))
        for clip in ("thigh", "back"):
            writer.append(clip, [step * 0.5], acc, gyr)
    first = read_recording(tmp_path / "live.csv")  # never closed
    assert first.segments == (Segment(5.0, 19.5, "set", "rdl", 60.0),)
    write_recording(first, tmp_path / "again.csv")
    assert read_recording(tmp_path / "again.csv").segments == first.segments
    writer.close()
