"""A small made-up session: calibration, then sets of hinges, with whatever a test wants to go wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from imu_hinge.recording.model import Segment
from imu_hinge.session.results import (
    AngleSeries,
    ClipQuality,
    Fault,
    Quality,
    RepResult,
    SessionResult,
    SetResult,
)

SITES = {"thigh": "thigh", "pelvis": "S1", "back": "T12"}
REP_S = 3.0
CALIBRATION_S = 14.0

MakeSession = Callable[..., SessionResult]


def build(
    sets: Sequence[int] = (3, 2),
    *,
    clips: Sequence[str] = ("thigh", "pelvis", "back"),
    lumbar: bool = True,
    gaps: Sequence[tuple[str, float, float]] = (),
    rest_s: float = 4.0,
    rate_hz: float = 50.0,
    name: str = "session.csv",
) -> SessionResult:
    """Session with so many reps per set; rep 2 of each set is rounded (amber), rep 3 red."""
    starts, t = [], CALIBRATION_S
    for count in sets:
        starts.append([t + REP_S * i for i in range(count)])
        t += REP_S * count + rest_s
    time_s = np.arange(0.0, t, 1 / rate_hz)
    hip, lum = np.zeros_like(time_s), np.zeros_like(time_s)

    def hinge(start: float, depth: float, rounding: float) -> None:
        phase = np.clip((time_s - start) / (REP_S - 0.3), 0, 1)
        shape = np.sin(np.pi * phase) ** 2
        hip[:] += depth * shape
        lum[:] += rounding * shape

    for start in (2.0, 6.0, 10.0):
        hinge(start, 72.0, 5.0)
    results = []
    for set_starts, count in zip(starts, sets, strict=True):
        reps = []
        for i, start in enumerate(set_starts, 1):
            rounding = {2: 22.0, 3: 31.0}.get(i, 6.0)
            hinge(start, 70.0, rounding)
            reps.append(_rep(i, start, rounding, known=lumbar))
        end = set_starts[-1] + REP_S if set_starts else CALIBRATION_S
        results.append(SetResult("rdl", 60.0, end - REP_S * count, end, tuple(reps), 1.2))
    pitch = {"thigh": -0.35 * hip, "pelvis": 0.65 * hip, "back": 0.65 * hip + lum}
    for _, start, end in gaps:
        hole = (time_s > start) & (time_s < end)
        hip[hole] = np.nan
        lum[hole] = np.nan
    zeros = {c: np.zeros_like(time_s) for c in clips}
    angles = AngleSeries(
        time_s=time_s,
        pitch_deg={c: pitch[c] for c in clips},
        roll_deg=zeros,
        twist_deg=zeros,
        sagittal_acc_m_s2={c: np.zeros((len(time_s), 2)) for c in clips},
        hip_flexion_deg=hip,
        hip_flexion_sd_deg=np.full_like(hip, 2.0),
        lumbar_flexion_deg=lum if lumbar else np.full_like(lum, np.nan),
        lumbar_flexion_sd_deg=np.full_like(lum, 3.0 if lumbar else np.nan),
    )
    health = {c: ClipQuality(104.0, 0.001, 0.02, 0.2, 9.81, 0, False, SITES[c]) for c in clips}
    return SessionResult(
        recording=name,
        clips=tuple(clips),
        angles=angles,
        sets=tuple(results),
        quality=Quality("full", health, 1.2, tuple(gaps), ()),
        reference_lumbar_deg=5.0 if lumbar else None,
        reference_lumbar_sd_deg=1.5 if lumbar else None,
        params={"filter": {"name": "vqf"}},
        segments=(Segment(0.0, 2.0, "stand"), Segment(2.0, CALIBRATION_S, "reference_hinge")),
    )


def _rep(index: int, start: float, rounding: float, *, known: bool) -> RepResult:
    bottom, end = start + (REP_S - 0.3) / 2, start + REP_S - 0.3
    faults: tuple[Fault, ...] = ()
    if known and rounding > 15:
        faults = (Fault("rounded_back", "red" if rounding > 30 else "amber", rounding, bottom, 0.93),)
    return RepResult(
        index=index,
        start_s=start,
        bottom_s=bottom,
        end_s=end,
        hip_max_deg=70.0,
        hip_sd_deg=2.0,
        lumbar_at_bottom_deg=rounding if known else None,
        lumbar_max_deg=rounding if known else None,
        lumbar_min_deg=0.0 if known else None,
        lumbar_sd_deg=3.0 if known else None,
        hip_share=70.0 / (70.0 + rounding) if known else None,
        eccentric_s=1.2,
        pause_s=0.3,
        concentric_s=1.2,
        top_s=0.3,
        peak_hip_velocity_deg_s=90.0,
        onset_hip_minus_spine_s=None,
        verdict="faulty" if faults else "good" if known else "cannot_tell",
        cannot_tell=not known,
        faults=faults,
    )


@pytest.fixture(scope="session")
def make_session() -> MakeSession:
    return build


@pytest.fixture(scope="session")
def session() -> SessionResult:
    return build(gaps=(("thigh", 17.2, 17.9),))


@pytest.fixture(scope="session")
def blind() -> SessionResult:
    """Two clips that leave lumbar flexion open."""
    return build(clips=("thigh", "pelvis"), lumbar=False)


@pytest.fixture(scope="session")
def empty() -> SessionResult:
    """No sets, no reps."""
    return build(sets=())


@pytest.fixture(scope="session")
def silent() -> SessionResult:
    """No samples at all on the grid."""
    result = build(sets=(), clips=())
    nothing = np.empty(0)
    angles = AngleSeries(nothing, {}, {}, {}, {}, nothing, nothing, nothing, nothing)
    return replace(result, angles=angles, segments=(), reference_lumbar_deg=None)
