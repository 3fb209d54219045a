"""Simulating a whole session: athlete, movement, clips, sensors, radio, and the truth about it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from imu_hinge.conventions import CLIPS, RECORDING_VERSION
from imu_hinge.recording import assemble
from imu_hinge.recording.model import Arrivals, ClipSamples, FloatArray, HeaderNote, Recording, Segment
from imu_hinge.simulation.athlete import Athlete, draw_athlete, put_on_anew
from imu_hinge.simulation.bench import bench_track
from imu_hinge.simulation.clips import ClipTrack, clip_track, draw_mounting, draw_skin
from imu_hinge.simulation.coaching import honest
from imu_hinge.simulation.habits import draw_habits, varied_athlete
from imu_hinge.simulation.losses import arrival_times, freeze, kept
from imu_hinge.simulation.motion import Motion, perform
from imu_hinge.simulation.presets import find_scenario
from imu_hinge.simulation.program import perform_block
from imu_hinge.simulation.scenarios import ClipPlan, Scenario, check
from imu_hinge.simulation.sensor import draw_errors, ideal_samples, measure, sample_times
from imu_hinge.simulation.stage import Stage, quiet
from imu_hinge.simulation.truth import TRUTH_COLUMNS, Truth, truth_of

__all__ = ["SimulatedSession", "act", "remount", "simulate_session"]

LONGEST_BLOCKS = 2000
MOST_ATTEMPTS = 60


@dataclass(frozen=True)
class SimulatedSession:
    """A simulated session: the recording sorted, the same rows as they arrived, and what really happened."""

    recording: Recording
    arrivals: Arrivals
    truth: Truth


def _rng(seed: int, scenario: Scenario, purpose: str) -> np.random.Generator:
    """Independent randomness for each purpose, so that leaving out a clip changes nothing else."""
    if scenario.visit and not purpose.startswith(_LASTING):
        purpose = f"{purpose} {scenario.visit}"
    return np.random.default_rng([seed, zlib.crc32(scenario.name.encode()), zlib.crc32(purpose.encode())])


_LASTING = ("athlete", "habits", "sensor")
"""What a person has on every visit."""


def act(scenario: Scenario, seed: int) -> tuple[Stage, Motion]:
    """The athlete's performance without any sensor: what was planned, and the motion of the bones.

    With ``scenario.varied``, where people scatter, whoever performs a rep that its label does not describe
    (``coaching.honest``) does the session again.
    """
    stage, motion = _perform(scenario, seed, "movement")
    for again in range(MOST_ATTEMPTS if scenario.varied else 0):
        if honest(truth_of(motion, stage.reps, stage.spans, scenario.announce_sets).reps):
            break
        stage, motion = _perform(scenario, seed, f"movement {again}")
    return stage, motion


def _perform(scenario: Scenario, seed: int, purpose: str) -> tuple[Stage, Motion]:
    athlete = draw_athlete(
        _rng(seed, scenario, "athlete"),
        height_m=scenario.height_m,
        mass_kg=scenario.mass_kg,
        side=scenario.side,
    )
    habits = None
    if scenario.varied:
        rng = _rng(seed, scenario, "habits")
        athlete, habits = varied_athlete(athlete, rng), draw_habits(rng)
    if scenario.visit:
        athlete = put_on_anew(athlete, _rng(seed, scenario, "putting on"))
    stage = Stage(athlete, _rng(seed, scenario, purpose), habits)
    end_s = np.inf if scenario.duration_s is None else scenario.duration_s
    for block in scenario.blocks:
        if stage.now_s < end_s:
            perform_block(stage, block, scenario.announce_sets)
    for _ in range(LONGEST_BLOCKS if np.isfinite(end_s) and scenario.cycle else 0):
        for block in scenario.cycle:
            if stage.now_s < end_s:
                perform_block(stage, block, scenario.announce_sets)
        if stage.now_s >= end_s:
            break
    quiet(stage, 1.0)
    return stage, perform(athlete, stage.script, stage.now_s)


def simulate_session(scenario: Scenario | str, seed: int = 0) -> SimulatedSession:
    """Simulate a scenario, given or by the name of a preset; the same scenario and seed give the same bytes.

    Raises ScenarioError for an unknown preset or an impossible scenario.
    """
    if isinstance(scenario, str):
        scenario = find_scenario(scenario)
    check(scenario)
    if scenario.bench:
        return _bench_session(scenario, seed)
    stage, motion = act(scenario, seed)
    tracks: dict[str, ClipTrack] = {}
    for plan in scenario.clips:
        rng = _rng(seed, scenario, f"wearing {plan.name}")
        mounting, skin = draw_mounting(rng), draw_skin(rng, plan.site, plan.skin)
        tracks[plan.name] = clip_track(motion, plan.site, mounting, skin, plan.slip)
    truth = truth_of(motion, stage.reps, stage.spans, scenario.announce_sets)
    header = _header(scenario, stage.athlete, _rng(seed, scenario, "tape"))
    return _session(scenario, seed, tracks, header, stage.segments, truth, stage.now_s)


def _bench_session(scenario: Scenario, seed: int) -> SimulatedSession:
    rng = _rng(seed, scenario, "bench")
    tracks: dict[str, ClipTrack] = {}
    end_s = 0.0
    for plan in scenario.clips:
        tracks[plan.name], end_s = bench_track(rng, scenario.bench_s)
    truth = Truth(np.zeros(0), {name: np.zeros(0) for name in TRUTH_COLUMNS}, (), (), None)
    header = {f"clip.{plan.name}.site": plan.site for plan in scenario.clips}
    segments = [Segment(0.0, end_s, "six_position")]
    return _session(scenario, seed, tracks, header, segments, truth, end_s)


def _session(
    scenario: Scenario,
    seed: int,
    tracks: Mapping[str, ClipTrack],
    header: Mapping[str, str],
    segments: Sequence[Segment],
    truth: Truth,
    end_s: float,
) -> SimulatedSession:
    names = {plan.name: plan.name for plan in scenario.clips}
    if scenario.swapped is not None and set(scenario.swapped) <= set(names):
        one, other = scenario.swapped
        names[one], names[other] = other, one
    parts = []
    for plan in scenario.clips:
        label = names[plan.name]
        parts.append((label, *_samples(scenario, seed, plan, tracks[plan.name], label, end_s)))
    parts.sort(key=lambda part: CLIPS.index(part[0]))
    index = np.concatenate([np.full(len(p[2]), i, np.int8) for i, p in enumerate(parts)])
    order = np.argsort(np.concatenate([p[1] for p in parts]), kind="stable")
    lines = {"imu-hinge-recording": str(RECORDING_VERSION), **header}
    lines |= {"simulated.scenario": scenario.name, "simulated.seed": str(seed)}
    for number, segment in enumerate(sorted(segments, key=lambda s: s.start_s)):
        lines[f"segment.{number}"] = _segment_value(segment)
    arrivals = Arrivals(
        name=f"{scenario.name}-{seed}",
        notes=tuple(HeaderNote(0, key, value) for key, value in lines.items()),
        clip_names=tuple(p[0] for p in parts),
        clip_index=index[order],
        time_s=np.concatenate([p[2] for p in parts])[order],
        acc_m_s2=np.concatenate([p[3] for p in parts])[order],
        gyr_rad_s=np.concatenate([p[4] for p in parts])[order],
    )
    return SimulatedSession(assemble(arrivals), arrivals, truth)


def _samples(
    scenario: Scenario, seed: int, plan: ClipPlan, track: ClipTrack, label: str, end_s: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Arrival times, time stamps, accelerations and rates of one clip, rounded as the format rounds them."""
    rng = _rng(seed, scenario, f"sensor {plan.name}")
    drawn = float(rng.uniform(95.0, 119.0))
    errors = draw_errors(rng, scenario.grade, drawn if plan.rate_hz is None else plan.rate_hz)
    true_s = sample_times(errors, 0.02, end_s - 0.02)
    acc, gyr = ideal_samples(track, true_s, errors.rate_hz, scenario.grade.bandwidth_share)
    acc, gyr = measure(acc, gyr, errors, scenario.grade, rng)
    stamp = true_s * (1.0 + errors.clock_drift) + errors.clock_offset_s
    stamp = np.round(stamp, 6)
    radio = _rng(seed, scenario, f"radio {plan.name}")
    acc, gyr = (freeze(true_s, values, label, scenario.losses) for values in (acc, gyr))
    arrival = arrival_times(true_s, label, scenario.losses, radio)
    keep = kept(true_s, label, scenario.losses, radio)
    return arrival[keep], stamp[keep], np.round(acc[keep], 5) + 0.0, np.round(gyr[keep], 6) + 0.0


def _header(scenario: Scenario, athlete: Athlete, rng: np.random.Generator) -> dict[str, str]:
    def tape(length: float) -> str:
        return f"{length + scenario.tape_error_m * float(rng.standard_normal()):.3f}"

    lines = {
        "athlete.height_m": f"{athlete.height_m:.2f}",
        "athlete.mass_kg": f"{athlete.mass_kg:.0f}",
        "measure.ankle_to_knee_m": tape(athlete.shank_m),
        "measure.knee_to_hip_m": tape(athlete.thigh_m),
        "measure.knee_to_thigh_clip_m": tape(athlete.thigh_clip_above_knee_m),
    }
    joints = athlete.lumbar_joints_m()
    for plan in scenario.clips:
        if plan.name == "back":
            lines["measure.hip_to_back_clip_m"] = tape(_back_clip_height(athlete, plan.site, joints))
    for plan in scenario.clips:
        lines[f"clip.{plan.name}.site"] = plan.site
        if plan.name == "thigh":
            lines["clip.thigh.side"] = athlete.side
    return lines


def _back_clip_height(athlete: Athlete, site: str, joints: FloatArray) -> float:
    if site == "S1":
        return athlete.sacrum_clip_above_m
    level = 4 if site == "T12" else ("L5", "L4", "L3", "L2", "L1").index(site)
    return float(joints[level, 1] + athlete.back_clip_up_m(site))


def _segment_value(segment: Segment) -> str:
    words = [f"{segment.start_s:.2f}", f"{segment.end_s:.2f}", segment.kind]
    if segment.exercise is not None:
        words.append(f"exercise={segment.exercise}")
    if segment.load_kg is not None:
        words.append(f"load_kg={segment.load_kg:g}")
    return " ".join(words)


def remount(recording: Recording, rotations: Mapping[str, FloatArray]) -> Recording:
    """The same recording with clips fastened otherwise: each clip's acc and gyr rotated by its (3, 3) matrix.

    Clips that ``rotations`` does not name stay as they are. Raises ValueError for a matrix that is not a
    rotation and KeyError for a clip the recording has not.
    """
    clips: dict[str, ClipSamples] = dict(recording.clips)
    for name, matrix in rotations.items():
        turn = np.asarray(matrix, dtype=np.float64)
        if turn.shape != (3, 3) or not np.allclose(turn @ turn.T, np.eye(3), atol=1e-9) or np.linalg.det(turn) < 0:
            raise ValueError(f"the matrix for clip '{name}' is not a rotation")
        rotation = Rotation.from_matrix(turn)
        clip = clips[name]
        clips[name] = replace(
            clip,
            acc_m_s2=np.ascontiguousarray(rotation.apply(clip.acc_m_s2)),
            gyr_rad_s=np.ascontiguousarray(rotation.apply(clip.gyr_rad_s)),
        )
    return replace(recording, clips=clips)
