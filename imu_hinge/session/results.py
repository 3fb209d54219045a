"""What an analysis says: angles on a grid, sets, reps and quality, with uncertainties beside the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imu_hinge.body.personal import Learnt, Worn
from imu_hinge.hinge.neutral import Reference
from imu_hinge.hinge.set_trend import SetTrend
from imu_hinge.recording.model import Segment

__all__ = [
    "AngleSeries",
    "AthleteQuality",
    "BodyResult",
    "ClipQuality",
    "Fault",
    "Moment",
    "Quality",
    "RepResult",
    "SaidRep",
    "SessionResult",
    "SetResult",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AngleSeries:
    """Angles in degrees on a uniform grid, NaN where not measurable; every array is (N,).

    Standing is zero; forward pitch, hip flexion and lumbar flexion (rounding) are positive. ``*_sd_deg`` is the
    standard deviation of the value beside it. Accelerations are those of the clip in the sagittal plane, gravity
    removed, (N, 2): forward and up, m/s².
    """

    time_s: FloatArray
    pitch_deg: Mapping[str, FloatArray]
    roll_deg: Mapping[str, FloatArray]
    twist_deg: Mapping[str, FloatArray]
    sagittal_acc_m_s2: Mapping[str, FloatArray]
    hip_flexion_deg: FloatArray
    hip_flexion_sd_deg: FloatArray
    lumbar_flexion_deg: FloatArray
    lumbar_flexion_sd_deg: FloatArray


@dataclass(frozen=True)
class Fault:
    """A named fault in one rep: one of ``conventions.FAULTS``, amber or red, with the probability that it is one.

    ``value_deg`` is the angle to tell. What was compared with the threshold is ``value`` in its ``unit``: the same
    angle (None, 'deg'), seconds of lead ('s'), or how many times the usual ('times').
    """

    name: str
    severity: str
    value_deg: float
    time_s: float
    probability: float
    value: float | None = None
    unit: str = "deg"


@dataclass(frozen=True)
class RepResult:
    """One rep; angles in degrees, times in s on the recording's clock. None: these clips cannot tell."""

    index: int
    start_s: float
    bottom_s: float
    end_s: float
    hip_max_deg: float | None
    hip_sd_deg: float | None
    lumbar_at_bottom_deg: float | None
    lumbar_max_deg: float | None
    lumbar_min_deg: float | None
    lumbar_sd_deg: float | None
    hip_share: float | None
    eccentric_s: float
    pause_s: float
    concentric_s: float
    top_s: float | None
    peak_hip_velocity_deg_s: float | None
    onset_hip_minus_spine_s: float | None
    verdict: str
    cannot_tell: bool
    faults: tuple[Fault, ...] = ()
    not_judged: tuple[str, ...] = ()
    """Faults that the exercise is watched for and these clips leave open in this rep."""
    hip_share_quarters: tuple[float | None, ...] = ()
    """Hip share over the four quarters of the fold on the way down."""
    onset_sd_s: float | None = None
    """SD of ``onset_hip_minus_spine_s``."""
    return_hip_minus_spine_s: float | None = None
    """When the hip leaves the bottom minus when the spine does, s; negative: hips first."""


@dataclass(frozen=True)
class SaidRep:
    """A rep as it was judged live, from what came before it alone."""

    exercise: str | None
    start_s: float
    bottom_s: float
    end_s: float
    verdict: str
    faults: tuple[Fault, ...] = ()

    def agrees(self, rep: RepResult) -> bool:
        """Whether the verdict and the names of the faults are those of the whole session."""
        return self.verdict == rep.verdict and {f.name for f in self.faults} == {f.name for f in rep.faults}


@dataclass(frozen=True)
class Moment:
    """Something that happened at an instant: ``kind`` is 'mark' (noted by the athlete or a clip's button), 'undone' (a
    rep that was taken back) or 'cue' (what was called); ``words`` say which, for a cue its name."""

    time_s: float
    kind: str
    words: str


@dataclass(frozen=True)
class SetResult:
    """A set of reps of one exercise; ``announced`` is False where the set was found, not written in the header."""

    exercise: str
    load_kg: float | None
    start_s: float
    end_s: float
    reps: tuple[RepResult, ...]
    creep_deg_per_rep: float | None
    announced: bool = True
    trend: SetTrend = field(default_factory=SetTrend)

    @property
    def good_reps(self) -> int:
        """How many reps are judged good."""
        return sum(r.verdict == "good" for r in self.reps)


@dataclass(frozen=True)
class ClipQuality:
    """Health of one clip's stream over the recording."""

    rate_hz: float
    loss_fraction: float
    longest_gap_s: float
    gyro_bias_deg_s: float | None
    gravity_m_s2: float | None
    clipped_samples: int
    slipped: bool
    site: str
    bench: bool = False
    """Whether a bench calibration of its accelerometer was applied."""


@dataclass(frozen=True)
class AthleteQuality:
    """What an athlete's file gave to a session: whose it is, from how many sessions, and whether the chain's constants
    and the neutral hinge that reps are judged by are from it."""

    name: str
    sessions: int
    constants: bool
    neutral: bool


@dataclass(frozen=True)
class BodyResult:
    """What a session showed of the body: constants (None: the clips cannot tell), the calibration movements of this
    recording alone, what its reps were judged by, and how the clips were worn, by role."""

    learnt: Learnt | None
    reference: Reference
    judged_by: Reference
    clips: Mapping[str, Worn]
    suspect: bool = False


@dataclass(frozen=True)
class Quality:
    """Health of the session: calibration full, partial or minimal; warnings are sentences for the athlete."""

    calibration: str
    clips: Mapping[str, ClipQuality]
    clock_residual_ms: float | None = None
    gaps_s: tuple[tuple[str, float, float], ...] = ()
    """(clip, start, end) of every hole longer than the interpolation limit."""
    warnings: tuple[str, ...] = ()
    athlete: AthleteQuality | None = None


@dataclass(frozen=True)
class SessionResult:
    """Everything an analysis says about one recording; ``params`` recomputes it."""

    recording: str
    clips: tuple[str, ...]
    angles: AngleSeries
    sets: tuple[SetResult, ...]
    quality: Quality
    reference_lumbar_deg: float | None = None
    """Lumbar flexion at the bottom of the athlete's own reference hinges, the zero of rounded and arched."""
    reference_lumbar_sd_deg: float | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()
    """What happened when, as the recording's header says: calibration movements and announced sets."""
    body: BodyResult | None = None
    said_live: tuple[SaidRep, ...] | None = None
    """What was said while it was recorded; None where nobody was coached."""
    moments: tuple[Moment, ...] = ()
    """Marks, reps that were taken back and, where somebody was coached, cues; they ascend in time."""

    def said_of(self, rep: RepResult) -> SaidRep | None:
        """What was said live of a rep."""
        overlapping = (s for s in self.said_live or () if s.start_s <= rep.bottom_s <= s.end_s)
        return next(overlapping, None)
