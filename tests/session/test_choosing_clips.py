"""Clips that recorded next to nothing are not dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from imu_hinge.errors import ClipError
from imu_hinge.recording import Recording
from imu_hinge.session.analysis import analyze
from imu_hinge.session.tracks import choose_clips
from imu_hinge.simulation import SimulatedSession

SessionOf = Callable[..., SimulatedSession]


def with_few(recording: Recording, name: str, count: int) -> Recording:
    """The recording with only the first samples of a clip."""
    clip = recording.clips[name]
    few = replace(clip, time_s=clip.time_s[:count], acc_m_s2=clip.acc_m_s2[:count], gyr_rad_s=clip.gyr_rad_s[:count])
    return replace(recording, clips=dict(recording.clips) | {name: few})


@pytest.mark.parametrize("count", [0, 1])
def test_a_clip_asked_for_by_name_must_have_samples(count: int, short_session: SessionOf) -> None:
    recording = with_few(short_session().recording, "pelvis", count)
    with pytest.raises(ClipError, match="the pelvis clip has no samples to speak of") as caught:
        choose_clips(recording, ("thigh", "pelvis", "back"))
    assert caught.value.clip == "pelvis"
    assert "--clips" in str(caught.value)
    assert set(choose_clips(recording, None)) == {"thigh", "back"}


def test_a_clip_that_was_left_out_is_told(short_session: SessionOf) -> None:
    result = analyze(with_few(short_session().recording, "pelvis", 1))
    assert set(result.clips) == {"thigh", "back"}
    assert "the pelvis clip has no samples to speak of (1) and was left out" in result.quality.warnings
