"""A pipeline cues as it was told to, exercise by exercise, the same for any chunking."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imu_hinge.hinge.cue_settings import CueParams, CueSettings, DepthTarget
from imu_hinge.hinge.cue_words import parse_cue_words
from imu_hinge.hinge.cues import Cue
from imu_hinge.sensors.replay import ReplaySource
from imu_hinge.session.pipeline import Pipeline
from imu_hinge.session.replay import Step, run
from imu_hinge.simulation import SimulatedSession

SessionOf = Callable[..., SimulatedSession]


def stream(session: SimulatedSession, settings: CueSettings | None = None, batch_s: float = 0.5) -> list[Step]:
    clips = session.recording.clips
    pipeline = Pipeline(
        session.arrivals.clip_names,
        {name: clip.site for name, clip in clips.items()},
        100.0,
        dict.fromkeys(clips, 100.0),
        cue_settings=settings,
    )
    return list(run(ReplaySource(session.arrivals, batch_s), pipeline))


def cues(session: SimulatedSession, settings: CueSettings | None = None, batch_s: float = 0.5) -> list[Cue]:
    return [cue for step in stream(session, settings, batch_s) for block in step.blocks for cue in block.cues]


def test_by_default_there_are_faults_only(short_session: SessionOf) -> None:
    assert [(c.name, c.severity) for c in cues(short_session())] == [
        ("rounded_back", "amber"),
        ("rounded_back", "red"),
    ]


def test_every_sound_rep_that_is_deep_enough_is_acknowledged_where_asked_for(short_session: SessionOf) -> None:
    found = cues(short_session(), CueSettings(CueParams(target_depth=DepthTarget(0.8))))
    assert [c.severity for c in found if c.name == "target_depth"] == ["good"] * 2  # the second rounds
    assert [c for c in found if c.is_fault] == cues(short_session())


def test_settings_of_the_exercise_of_the_set_hold(short_session: SessionOf) -> None:
    assert cues(short_session(), parse_cue_words(["rdl:rounded=off"])) == []
    assert cues(short_session(), parse_cue_words(["squat:rounded=off"])) == cues(short_session())


def test_a_look_ahead_is_earlier_in_the_same_rep(short_session: SessionOf) -> None:
    now, soon = cues(short_session()), cues(short_session(), parse_cue_words(["lead=0.15"]))
    assert [(c.name, c.severity) for c in soon] == [(c.name, c.severity) for c in now]
    for late, early in zip(now, soon, strict=True):
        assert 0.03 < late.time_s - early.time_s < 0.3


@pytest.mark.parametrize("batch_s", [0.05, 3.0])
def test_any_chunking_gives_the_same_cues(batch_s: float, short_session: SessionOf) -> None:
    words = ["lead=0.15", "depth=on", "delay=0.05", "refractory=0.3", "sensitivity=keen", "rdl:rounded=60%"]
    settings, session = parse_cue_words(words), short_session(True)
    assert cues(session, settings, batch_s) == cues(session, settings) != []


def test_a_share_of_a_toe_touch_that_was_not_done_is_told(short_session: SessionOf) -> None:
    told = stream(short_session(), parse_cue_words(["rounded=70%"]))[-1].warnings
    assert any(warning.startswith("no toe touch was measured") for warning in told)
    assert not any("toe touch" in warning for warning in stream(short_session())[-1].warnings)
