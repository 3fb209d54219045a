"""What is worn wrongly is named, and then nothing is claimed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from imu_hinge.errors import CalibrationError
from imu_hinge.recording import Recording, Segment
from imu_hinge.session.analysis import analyze
from imu_hinge.session.results import SessionResult
from imu_hinge.simulation import SimulatedSession, find_scenario, simulate_session

SessionOf = Callable[..., SimulatedSession]
ResultOf = Callable[..., SessionResult]


def warnings_of(result: SessionResult) -> str:
    return "\n".join(result.quality.warnings)


def exchanged(recording: Recording, one: str, other: str) -> Recording:
    clips = dict(recording.clips)
    for name, source in ((one, other), (other, one)):
        clips[name] = replace(recording.clips[source], name=name, site=recording.clips[name].site)
    return replace(recording, clips=clips)


def without_segments(recording: Recording, *kinds: str) -> Recording:
    return replace(recording, segments=tuple(s for s in recording.segments if s.kind not in kinds))


@pytest.mark.parametrize(("name", "seed"), [("rdl_good", 1), ("rdl_good", 2), ("squat_butt_wink", 1)])
def test_thigh_and_back_exchanged_is_noticed(name: str, seed: int) -> None:
    plan = replace(find_scenario(name), clips=find_scenario("swapped").clips, swapped=("thigh", "back"))
    result = analyze(simulate_session(plan, seed).recording)
    assert "thigh" in warnings_of(result)
    assert "back" in warnings_of(result)
    assert "swapped" in warnings_of(result)
    reps = [rep for s in result.sets for rep in s.reps]
    assert all(rep.verdict == "cannot_tell" and rep.cannot_tell and rep.faults == () for rep in reps)
    assert all(rep.hip_max_deg is None and rep.lumbar_at_bottom_deg is None for rep in reps)


@pytest.mark.parametrize("seed", [1, 2])
def test_pelvis_and_back_exchanged_is_noticed(seed: int, session_of: SessionOf) -> None:
    result = analyze(exchanged(session_of("rdl_good", seed).recording, "pelvis", "back"))
    assert "the pelvis clip tipped further than the back clip" in warnings_of(result)
    assert "are they swapped?" in warnings_of(result)
    assert all(rep.cannot_tell for s in result.sets for rep in s.reps)


@pytest.mark.parametrize(
    ("name", "seed"),
    [("rdl_good", 1), ("squat_butt_wink", 2), ("deadlift_lockout", 1), ("pickup", 1), ("jump", 1), ("hinge", 1)],
)
def test_clips_worn_well_raise_no_suspicion(name: str, seed: int, result_of: ResultOf) -> None:
    assert result_of(name, seed).quality.warnings == ()
    assert not any(clip.slipped for clip in result_of(name, seed).quality.clips.values())


@pytest.mark.parametrize("clip", ["thigh", "pelvis", "back"])
def test_a_clip_that_barely_moved_is_named(clip: str, session_of: SessionOf) -> None:
    recording = session_of("rdl_good", 3).recording
    still = recording.clips[clip]
    rng = np.random.default_rng(1)
    hinge = next(s for s in recording.segments if s.kind == "reference_hinge")
    rows = (still.time_s >= hinge.start_s) & (still.time_s <= hinge.end_s)
    acc, gyr = still.acc_m_s2.copy(), still.gyr_rad_s.copy()
    standing = still.time_s < 2.5
    acc[rows] = acc[standing].mean(axis=0) + 0.03 * rng.normal(size=(rows.sum(), 3))
    gyr[rows] = gyr[standing].mean(axis=0) + 0.01 * rng.normal(size=(rows.sum(), 3))
    clips = dict(recording.clips) | {clip: replace(still, acc_m_s2=acc, gyr_rad_s=gyr)}
    result = analyze(replace(recording, clips=clips))
    assert f"the {clip} clip barely moved during the reference hinge" in warnings_of(result)
    assert all(rep.cannot_tell for s in result.sets for rep in s.reps)


def test_a_clip_that_slipped_between_stands_is_named(session_of: SessionOf) -> None:
    recording = session_of("slipped", 1).recording
    end = recording.end_s
    extra = Segment(end - 0.6, end, "stand")
    result = analyze(replace(recording, segments=(*recording.segments, extra)))
    assert "the thigh clip slipped" in warnings_of(result)
    assert result.quality.clips["thigh"].slipped
    assert not result.quality.clips["pelvis"].slipped


def test_calibration_is_full_partial_or_minimal(session_of: SessionOf) -> None:
    recording = session_of("rdl_good", 1).recording
    calibrating = ("stand", "reference_hinge", "pelvic_tilt", "max_flexion")
    levels = {
        "full": recording,
        "partial": without_segments(recording, "reference_hinge"),
        "minimal": without_segments(recording, *calibrating),
    }
    sd = {}
    for level, given in levels.items():
        result = analyze(given)
        assert result.quality.calibration == level
        rows = result.angles.hip_flexion_deg > 40.0
        sd[level] = float(np.nanmedian(result.angles.hip_flexion_sd_deg[rows]))
    assert sd["full"] < sd["partial"] <= sd["minimal"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_still_second_alone_calibrates_and_says_so(seed: int, session_of: SessionOf) -> None:
    session = session_of("no_calibration", seed)
    result = analyze(session.recording)
    assert result.quality.calibration == "minimal"
    assert "no calibration movements" in warnings_of(result)
    assert sum(len(s.reps) for s in result.sets) == 8
    truth = session.truth
    busy = np.any([(truth.time_s >= r.start) & (truth.time_s <= r.end) for r in truth.reps], axis=0)
    hip = np.interp(truth.time_s, result.angles.time_s, result.angles.hip_flexion_deg)[busy]
    sd = np.interp(truth.time_s, result.angles.time_s, result.angles.hip_flexion_sd_deg)[busy]
    error = hip - truth.columns["hip_flexion_deg"][busy]
    assert float(np.sqrt(np.mean(error**2))) < 5.0
    assert float(np.sqrt(np.mean((error / sd) ** 2))) < 2.0


def test_somebody_who_never_stands_still_is_told_to(session_of: SessionOf) -> None:
    recording = without_segments(session_of("no_calibration", 1).recording, "stand")
    rng = np.random.default_rng(5)
    shaken = {
        name: replace(clip, gyr_rad_s=clip.gyr_rad_s + 0.4 * rng.normal(size=clip.gyr_rad_s.shape))
        for name, clip in recording.clips.items()
    }
    with pytest.raises(CalibrationError, match=r"no second in which all clips are still.*Stand still"):
        analyze(replace(recording, clips=shaken))
