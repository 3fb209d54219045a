"""A simulated session is a recording like any other, with the losses that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import ScenarioError
from imu_hinge.recording import read_recording, write_recording
from imu_hinge.session.analysis import analyze
from imu_hinge.simulation import (
    ClipPlan,
    Scenario,
    SimulatedSession,
    find_scenario,
    remount,
    scenarios,
    simulate_session,
    truth_files,
    with_clips,
    with_duration,
)
from imu_hinge.simulation.losses import Losses
from imu_hinge.simulation.program import Between

Simulated = Callable[..., SimulatedSession]


def file_of(name: str, path: Path, seed: int = 1) -> bytes:
    write_recording(simulate_session(name, seed).arrivals, path, overwrite=True)
    return path.read_bytes()


def test_same_seed_same_bytes_other_seed_other_session(tmp_path: Path) -> None:
    first = file_of("rdl_good", tmp_path / "a.csv")
    assert first == file_of("rdl_good", tmp_path / "b.csv")
    assert first != file_of("rdl_good", tmp_path / "c.csv", seed=2)


def test_the_file_reads_back_as_what_was_simulated(tmp_path: Path, simulated: Simulated) -> None:
    session = simulated("rdl_rounding")
    write_recording(session.arrivals, tmp_path / "x.csv")
    read = read_recording(tmp_path / "x.csv")
    assert read.segments == session.recording.segments
    for name, clip in session.recording.clips.items():
        assert np.array_equal(read.clips[name].time_s, clip.time_s)
        assert np.array_equal(read.clips[name].acc_m_s2, clip.acc_m_s2)
        assert np.array_equal(read.clips[name].gyr_rad_s, clip.gyr_rad_s)
        assert read.clips[name].site == clip.site
    kinds = [segment.kind for segment in read.segments]
    assert {"stand", "reference_hinge", "pelvic_tilt", "max_flexion", "set"} <= set(kinds)


def test_leaving_out_a_clip_changes_nothing_else(simulated: Simulated) -> None:
    three = simulated("rdl_good").recording
    two = simulate_session(with_clips(find_scenario("rdl_good"), ["back", "thigh"]), 1).recording
    assert list(two.clips) == ["thigh", "back"]
    for name in two.clips:
        assert np.array_equal(two.clips[name].acc_m_s2, three.clips[name].acc_m_s2)


def test_rates_are_as_asked_and_phases_differ() -> None:
    plan = replace(
        find_scenario("rdl_good"),
        clips=(ClipPlan("thigh", "thigh", 104.0), ClipPlan("back", "L1", 208.0)),
    )
    clips = simulate_session(plan, 5).recording.clips
    assert clips["thigh"].rate_hz == pytest.approx(104.0, rel=0.012)
    assert clips["back"].rate_hz == pytest.approx(208.0, rel=0.012)
    assert clips["thigh"].time_s[0] != clips["back"].time_s[0]
    assert np.ptp(np.diff(clips["back"].time_s)) < 3e-6


def test_losses_are_as_asked(simulated: Simulated) -> None:
    plan = replace(find_scenario("rdl_good"), losses=Losses(single=0.05))
    full, lossy = simulated("rdl_good").recording, simulate_session(plan, 1).recording
    for name, clip in full.clips.items():
        assert 1 - len(lossy.clips[name]) / len(clip) == pytest.approx(0.05, abs=0.01)
        assert np.isin(lossy.clips[name].time_s, clip.time_s).all()


def test_dropouts_stay_gaps_and_refills_come_late(simulated: Simulated) -> None:
    session = simulated("dropouts")
    back = session.recording.clips["back"].time_s
    assert np.diff(back).max() == pytest.approx(1.2, abs=0.3)
    thigh = session.arrivals.clip_names.index("thigh")
    rows = session.arrivals.time_s[session.arrivals.clip_index == thigh]
    late = np.diff(rows) < 0
    assert late.any()
    refilled = (session.recording.clips["thigh"].time_s > 43.0) & (session.recording.clips["thigh"].time_s < 45.5)
    assert np.diff(session.recording.clips["thigh"].time_s[refilled]).max() < 0.2


def test_a_stuck_clip_repeats_itself(simulated: Simulated) -> None:
    back = simulated("stuck").recording.clips["back"]
    stuck = back.time_s > 44.1
    assert np.ptp(back.acc_m_s2[stuck], axis=0).max() == 0.0
    assert np.ptp(back.acc_m_s2[~stuck], axis=0).max() > 1.0


def test_swapped_clips_carry_each_others_samples(simulated: Simulated) -> None:
    swapped = simulated("swapped")
    straight = simulate_session(replace(find_scenario("swapped"), swapped=None), 1)
    thigh, back = (straight.recording.clips[name] for name in ("thigh", "back"))
    assert np.array_equal(swapped.recording.clips["back"].gyr_rad_s, thigh.gyr_rad_s)
    assert np.array_equal(swapped.recording.clips["thigh"].gyr_rad_s, back.gyr_rad_s)


def test_unannounced_sets_are_known_to_the_truth_only(tmp_path: Path, simulated: Simulated) -> None:
    session = simulated("unannounced_sets")
    assert not session.recording.segments_of("set")
    assert len(session.truth.spans) == 2
    assert '"spans"' in truth_files(session.truth, tmp_path / "x.csv")[tmp_path / "x.truth.json"]


def test_six_faces_up(simulated: Simulated) -> None:
    session = simulated("six_position")
    clip = session.recording.clips["thigh"]
    (segment,) = session.recording.segments
    assert segment.kind == "six_position"
    still = np.linalg.norm(clip.gyr_rad_s - np.median(clip.gyr_rad_s, axis=0), axis=1) < 0.02
    faces = {int(np.argmax(np.abs(row)) * 2 + (row.max() < -row.min())) for row in clip.acc_m_s2[still]}
    assert faces == set(range(6))
    assert np.percentile(np.abs(np.linalg.norm(clip.acc_m_s2[still], axis=1) - GRAVITY_M_S2), 98) < 0.6
    assert np.count_nonzero(still) / clip.rate_hz > 17.0


def test_uncalibrated_sensors_are_worse(simulated: Simulated) -> None:
    def error(name: str) -> float:
        clips = [simulated(name, seed).recording.clips[c] for seed in (1, 2) for c in ("thigh", "back", "pelvis")]
        rest = [np.linalg.norm(clip.acc_m_s2[20:200], axis=1).mean() - GRAVITY_M_S2 for clip in clips]
        return float(np.sqrt(np.mean(np.square(rest))))

    assert error("uncalibrated") > 2 * error("rdl_good")


def test_truth_matches_its_own_reps(simulated: Simulated) -> None:
    truth = simulated("rdl_rounding").truth
    for rep in truth.reps:
        inside = (truth.time_s >= rep.start) & (truth.time_s <= rep.end)
        lumbar = truth.columns["lumbar_flexion_deg"][inside]
        assert lumbar.max() == pytest.approx(rep.lumbar_max_deg, abs=0.1)
        at_bottom = np.interp(rep.bottom, truth.time_s, truth.columns["lumbar_flexion_deg"])
        assert at_bottom == pytest.approx(rep.lumbar_at_bottom_deg, abs=0.2)
    hip = truth.columns["pelvis_pitch_deg"] - truth.columns["thigh_pitch_deg"]
    assert np.allclose(hip, truth.columns["hip_flexion_deg"])
    standing = truth.time_s < 2.9
    assert all(np.abs(truth.columns[name][standing]).max() < 1.5 for name in truth.columns if "knee" not in name)


def test_truth_files_have_the_columns_and_keys_that_scoring_reads(tmp_path: Path, simulated: Simulated) -> None:
    files = truth_files(simulated("rdl_rounding").truth, tmp_path / "x.csv")
    assert list(files) == [tmp_path / "x.truth.csv", tmp_path / "x.truth.json"]
    table, labels = files.values()
    lines = table.splitlines()
    assert lines[0] == (
        "time_s,thigh_pitch_deg,pelvis_pitch_deg,t12_pitch_deg,hip_flexion_deg,lumbar_flexion_deg,knee_flexion_deg"
    )
    assert [float(line.split(",")[0]) for line in lines[1:4]] == [0.0, 0.02, 0.04]
    for key in ("kind", "start", "bottom", "end", "label", "lumbar_from_start_deg", "lumbar_at_bottom_deg"):
        assert f'"{key}"' in labels


@pytest.mark.parametrize("name", scenarios())
def test_every_preset_travels_as_json(name: str) -> None:
    scenario = find_scenario(name)
    assert Scenario.from_json(scenario.to_json()) == scenario


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in scenarios() if name != "long"])
def test_every_preset_simulates(name: str, simulated: Simulated) -> None:
    assert len(simulated(name).recording.clips) == len(find_scenario(name).clips)


@pytest.mark.slow
def test_the_long_session_is_an_hour_in_which_every_rep_is_found() -> None:
    session = simulate_session("long", 1)
    assert session.recording.end_s > 3590
    announced = [s for s in session.recording.segments if s.kind == "set"]
    true = [r for r in session.truth.reps if any(s.start_s - 0.5 <= r.start <= s.end_s + 0.5 for s in announced)]
    found = [rep for s in analyze(session.recording).sets for rep in s.reps]
    assert abs(len(found) - len(true)) <= 0.01 * len(true)


def test_sessions_stretch_and_cut() -> None:
    short = simulate_session(with_duration(find_scenario("rdl_good"), 25.0), 1).recording
    long = simulate_session(with_duration(find_scenario("rdl_good"), 180.0), 1).recording
    assert 25 <= short.end_s < 40
    assert 180 <= long.end_s < 240
    assert len(long.segments_of("set")) >= 3


def test_what_nobody_knows_is_refused_with_advice() -> None:
    with pytest.raises(ScenarioError, match=r"no scenario 'moonwalk'.*rdl_good"):
        simulate_session("moonwalk")
    with pytest.raises(ScenarioError, match="no clip 'wrist'"):
        with_clips(find_scenario("rdl_good"), ["wrist"])
    with pytest.raises(ScenarioError, match="not a scenario"):
        Scenario.from_json("{}")
    with pytest.raises(ScenarioError, match="no clip 'back' at 'S2'"):
        simulate_session(Scenario("x", "", (Between("pause", 2.0),), clips=(ClipPlan("back", "S2"),)))
    with pytest.raises(ScenarioError, match="no block of kind"):
        simulate_session(Scenario("x", "", (Between("dance", 2.0),)))


def test_remounting_turns_samples_and_nothing_else(simulated: Simulated) -> None:
    recording = simulated("rdl_good").recording
    turn = Rotation.from_euler("xyz", [0.3, 2.0, -1.0]).as_matrix()
    turned = remount(recording, {"back": turn})
    before, after = recording.clips["back"], turned.clips["back"]
    assert np.allclose(after.acc_m_s2, before.acc_m_s2 @ turn.T)
    assert np.allclose(np.linalg.norm(after.gyr_rad_s, axis=1), np.linalg.norm(before.gyr_rad_s, axis=1))
    assert turned.clips["thigh"] is recording.clips["thigh"]
    with pytest.raises(ValueError, match="not a rotation"):
        remount(recording, {"back": 2 * np.eye(3)})
