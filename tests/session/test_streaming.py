"""Live and replay are one loop: the same bits for any chunking, the same reps as the analysis of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imu_hinge.recording import Arrivals, HeaderNote, read_arrivals
from imu_hinge.session.analysis import analyze
from imu_hinge.session.replay import replay
from imu_hinge.simulation import ClipPlan, SimulatedSession, find_scenario, simulate_session

ROOT = Path(__file__).resolve().parents[2]

SessionOf = Callable[..., SimulatedSession]
Stream = Callable[..., Any]


def assert_same_bits(one: Any, other: Any) -> None:
    assert np.array_equal(one.time_s, other.time_s)
    for name, values in one.columns.items():
        assert np.array_equal(values, other.columns[name], equal_nan=True), name
    assert one.reps == other.reps
    assert one.cues == other.cues
    assert one.dropped_rows == other.dropped_rows


@pytest.mark.parametrize("lossy", [False, True], ids=["whole", "lossy"])
def test_any_chunking_gives_the_same_bits(
    lossy: bool, short_session: SessionOf, streamed: Stream, streamed_by_rows: Stream
) -> None:
    arrivals = short_session(lossy).arrivals
    n = len(arrivals.time_s)
    whole = streamed_by_rows(arrivals, [0])
    rng = np.random.default_rng(7)
    for batch_s in (0.05, 0.37, 1e9):
        assert_same_bits(streamed(arrivals, batch_s), whole)
    for _ in range(4):
        edges = np.unique([0, *rng.integers(0, n, rng.integers(1, 60)).tolist()]).tolist()
        assert_same_bits(streamed_by_rows(arrivals, edges), whole)
    assert len(whole.reps) >= 2
    assert len(whole.cues) >= 1


def test_one_row_at_a_time_gives_the_same_bits(short_session: SessionOf, streamed_by_rows: Stream) -> None:
    arrivals = short_session(True).arrivals
    assert_same_bits(streamed_by_rows(arrivals, list(range(len(arrivals.time_s)))), streamed_by_rows(arrivals, [0]))


@pytest.mark.parametrize(
    "name",
    [
        "rdl_rounding",
        "unannounced_sets",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("squat_butt_wink", "deadlift_lockout", "pickup", "jump")
        ),
    ],
)
def test_live_counts_what_the_analysis_counts(name: str, session_of: SessionOf, streamed: Stream) -> None:
    session = session_of(name, 3)
    reps = [rep for s in analyze(session.recording).sets for rep in s.reps]
    live = [rep.result for rep in streamed(session.arrivals, 1.0).reps]
    assert len(live) == len(reps) > 0
    for now, later in zip(live, reps, strict=True):
        assert now.start_s == pytest.approx(later.start_s, abs=0.15)
        assert now.end_s == pytest.approx(later.end_s, abs=0.15)
        assert now.hip_max_deg == pytest.approx(later.hip_max_deg, abs=4.0)
        assert now.lumbar_at_bottom_deg == pytest.approx(later.lumbar_at_bottom_deg, abs=4.0)


@pytest.mark.parametrize("clips", [("thigh", "back"), ("thigh", "pelvis"), ("pelvis", "back")])
def test_two_clips_of_three_can_be_streamed(clips: tuple[str, ...], short_session: SessionOf, streamed: Stream) -> None:
    got = streamed(short_session().arrivals, 0.5, clips)
    assert set(got.columns) >= set(clips)
    assert len(got.reps) == 3
    assert np.isfinite(got.columns["lumbar_flexion_deg"]).any() == ("back" in clips)
    assert np.isfinite(got.columns["hip_flexion_deg"]).any() == ("thigh" in clips)


def told_late(arrivals: Arrivals) -> Arrivals:
    """The same rows; each segment is told where it ends, as a live recording does."""
    notes = []
    for note in arrivals.notes:
        row = note.row
        if note.key.startswith("segment."):
            row = int(np.searchsorted(arrivals.time_s, float(note.value.split()[1])))
        notes.append(HeaderNote(row, note.key, note.value))
    return replace(arrivals, notes=tuple(sorted(notes, key=lambda note: note.row)))


def test_segments_told_when_they_end_calibrate_as_well(short_session: SessionOf, streamed: Stream) -> None:
    arrivals = short_session().arrivals
    before, late = streamed(arrivals), streamed(told_late(arrivals))
    after = late.time_s > 20.0
    assert np.isfinite(late.columns["hip_flexion_deg"][after]).all()
    assert np.allclose(late.columns["hip_flexion_deg"][after], before.columns["hip_flexion_deg"][after], atol=2.0)
    for batch_s in (0.05, 3.0):
        assert_same_bits(streamed(told_late(arrivals), batch_s), late)


def test_nothing_is_claimed_before_calibration(short_session: SessionOf, streamed: Stream) -> None:
    session = short_session()
    hinge = next(s for s in session.recording.segments if s.kind == "reference_hinge")
    got = streamed(session.arrivals)
    early = got.time_s < hinge.end_s
    assert np.isnan(got.columns["hip_flexion_deg"][early]).all()
    assert np.isfinite(got.columns["hip_flexion_deg"][got.time_s > hinge.end_s + 1.1]).all()
    assert all(cue.time_s > hinge.end_s for cue in got.cues)


def test_replay_counts_the_rows_that_came_too_late_and_analysis_uses_them(session_of: SessionOf) -> None:
    session = session_of("dropouts", 1)
    pipeline, steps = replay(session.arrivals, batch_s=1.0)
    holes = np.concatenate([np.isnan(b.pitch_deg["thigh"]) for step in steps for b in step.blocks])
    assert pipeline.dropped_rows > 200
    result = analyze(session.recording)
    refilled = (result.angles.time_s > 43.2) & (result.angles.time_s < 45.3)
    # Single losses and bursts remain.
    assert np.isfinite(result.angles.pitch_deg["thigh"][refilled]).mean() > 0.8
    assert holes.sum() > 200


def test_a_clip_that_falls_silent_holds_up_nobody(short_session: SessionOf, streamed: Stream) -> None:
    arrivals = short_session().arrivals
    back = arrivals.clip_names.index("back")
    end = float(arrivals.time_s[-1])
    keep = (arrivals.clip_index != back) | (arrivals.time_s < end - 8.0)
    cut = replace(
        arrivals,
        clip_index=arrivals.clip_index[keep],
        time_s=arrivals.time_s[keep],
        acc_m_s2=arrivals.acc_m_s2[keep],
        gyr_rad_s=arrivals.gyr_rad_s[keep],
    )
    got = streamed(cut)
    late = got.time_s > end - 7.5
    assert got.time_s[-1] > end - 0.7
    assert np.isnan(got.columns["lumbar_flexion_deg"][late]).all()
    assert np.isfinite(got.columns["hip_flexion_deg"][late]).all()


@pytest.mark.parametrize("rate_hz", [25.0, 200.0])
def test_slow_and_fast_clips_are_streamed(rate_hz: float, streamed: Stream) -> None:
    plan = find_scenario("demo_deadlift")
    plan = replace(plan, clips=tuple(ClipPlan(c.name, c.site, rate_hz) for c in plan.clips))
    got = streamed(simulate_session(plan, 2).arrivals, 1.0)
    assert len(got.reps) == 6
    assert np.median(np.diff(got.time_s)) == pytest.approx(max(0.01, 1 / np.floor(rate_hz)), rel=0.05)


def with_segment(arrivals: Arrivals, key: str, value: str) -> Arrivals:
    return replace(arrivals, notes=(*arrivals.notes, HeaderNote(0, key, value)))


def test_a_stand_still_to_come_repeats_no_cue(short_session: SessionOf, streamed: Stream) -> None:
    arrivals = short_session().arrivals
    end_s = float(arrivals.time_s.max())
    later = with_segment(arrivals, "segment.90", f"{end_s - 1.0:.2f} {end_s - 0.2:.2f} stand")
    assert streamed(later).cues == streamed(arrivals).cues
    assert len(streamed(arrivals).cues) == 2  # amber, then red, in the one rounded rep


def test_sets_without_a_pause_between_them_count_live_as_afterwards(short_session: SessionOf, streamed: Stream) -> None:
    session = short_session()
    (whole,) = (s for s in session.recording.segments if s.kind == "set")
    reps = [rep for s in analyze(session.recording).sets for rep in s.reps]
    cut_s = 0.5 * (reps[0].end_s + reps[1].start_s)
    parts = (replace(whole, end_s=cut_s), replace(whole, start_s=cut_s))
    recording = replace(
        session.recording, segments=(*(s for s in session.recording.segments if s.kind != "set"), *parts)
    )
    notes = [n for n in session.arrivals.notes if not n.value.endswith("set exercise=rdl")]
    notes += [
        HeaderNote(0, f"segment.{90 + i}", f"{s.start_s} {s.end_s} set exercise=rdl") for i, s in enumerate(parts)
    ]
    live = [rep.result for rep in streamed(replace(session.arrivals, notes=tuple(notes))).reps]
    after = [rep for s in analyze(recording).sets for rep in s.reps]
    assert [r.index for r in live] == [r.index for r in after] == [1, 1, 2]
    for now, later in zip(live, after, strict=True):
        assert now.start_s == pytest.approx(later.start_s, abs=0.05)
        assert now.end_s == pytest.approx(later.end_s, abs=0.05)


@pytest.mark.parametrize(("samples", "largest_ratio"), [(8, 1.3), (30, 3.0)])
def test_a_carried_gap_leaves_little_doubt(
    samples: int, largest_ratio: float, short_session: SessionOf, streamed: Stream
) -> None:
    arrivals = short_session().arrivals
    lost = (arrivals.clip_index == 0) & (arrivals.time_s > 9.0) & (arrivals.time_s < 9.0 + samples / 100.0)
    gappy = replace(
        arrivals,
        clip_index=arrivals.clip_index[~lost],
        time_s=arrivals.time_s[~lost],
        acc_m_s2=arrivals.acc_m_s2[~lost],
        gyr_rad_s=arrivals.gyr_rad_s[~lost],
    )
    whole, holed = streamed(arrivals), streamed(gappy)
    n = min(len(whole.time_s), len(holed.time_s))
    after = (whole.time_s[:n] > 9.0 + samples / 100.0 + 0.1) & np.isfinite(holed.columns["hip_flexion_sd_deg"][:n])
    ratio = holed.columns["hip_flexion_sd_deg"][:n][after] / whole.columns["hip_flexion_sd_deg"][:n][after]
    assert np.nanmax(ratio) < largest_ratio


@pytest.mark.parametrize("name", ["rdl_session", "squat_session", "deadlift_session"])
def test_a_recording_that_says_nothing_of_what_happened_when_is_streamed_too(name: str, tmp_path: Path) -> None:
    """As `record` writes them: the first movement begins before there is a calibration."""
    lines = (ROOT / "recordings" / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    bare = tmp_path / "bare.csv"
    bare.write_text("".join(line for line in lines if not line.startswith("# segment")), encoding="utf-8")
    _, steps = replay(read_arrivals(bare), batch_s=1.0)
    assert sum(len(block.reps) for step in steps for block in step.blocks) >= 8
