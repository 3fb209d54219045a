"""From calibration movements to every clip's alignment, with a check that the clips are where they say they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from imu_hinge.body.alignment import AxisEvidence, ClipAlignment, flip, functional_axis, standing_up
from imu_hinge.body.angles import clip_roles
from imu_hinge.body.kinematics import segment_motion, segment_pitch, up_in_sensor
from imu_hinge.conventions import BACK, GRAVITY_M_S2, PELVIS, THIGH
from imu_hinge.errors import CalibrationError
from imu_hinge.fusion.track import ClipTrack
from imu_hinge.recording.model import Segment

__all__ = ["BodyCalibration", "CalibrationParams", "calibrate"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Level = Literal["full", "partial", "minimal"]

_CALM_M_S2 = 8.0
_FAR_SHARE = 0.55


@dataclass(frozen=True)
class CalibrationParams:
    """What calibration movements must show."""

    stand_trim_s: float = 0.3
    """Cut from both ends of a stand, s (still settling, already leaving)."""
    sway_rad: float = float(np.deg2rad(6.0))
    """A clip that leaves its mean inclination by more during the stands was not standing, rad."""
    trunk_min_range_rad: float = float(np.deg2rad(15.0))
    """A pelvis or back clip that tips less in the hinge is doubtful, rad."""
    thigh_min_range_rad: float = float(np.deg2rad(6.0))
    """A thigh clip that tips less in the hinge is doubtful, rad."""
    swap_ratio: float = 1.0
    """Thigh range over trunk range in the reference hinge above which the two look swapped (RDL: 0.3-0.6)."""
    minimal_stance_sd_rad: float = float(np.deg2rad(1.5))
    """How far the first still second may be from standing tall, rad."""
    least_agreement: float = 0.3
    """Correlation of thigh and pelvis forward acceleration (+0.5 to +0.95 in hinges, squats and on chairs) that, with
    a minus sign, proves one of them to face backwards."""
    seat_first_share: float = 0.5
    """The thigh's place while the trunk leans (share of its furthest): 0.2-0.45 for who started on the seat, 0.55-0.65
    for who started standing."""
    seat_rad: float = float(np.deg2rad(55.0))
    seat_s: float = 3.0
    """A thigh that rests this far from standing for this long is on a seat."""
    no_slump_rad: float = float(np.deg2rad(45.0))
    """Nobody's pelvis tips back this far on a seat: a larger inclination is a lean forward, rad."""


@dataclass(frozen=True)
class BodyCalibration:
    """Alignments by clip, how good the calibration is, and what looked wrong."""

    alignments: Mapping[str, ClipAlignment]
    level: Level
    gravity_m_s2: Mapping[str, float]
    warnings: tuple[str, ...] = ()
    suspect: tuple[str, ...] = ()
    """Clips whose place is in doubt: angles that rest on them cannot be trusted."""


def calibrate(
    tracks: Mapping[str, ClipTrack],
    rate_hz: float,
    segments: Sequence[Segment],
    sites: Mapping[str, str],
    params: CalibrationParams,
) -> BodyCalibration:
    """Align every clip from the calibration segments seen so far, or from stillness and movement without them.

    The tracks share the grid (same ``first`` and length). Raises CalibrationError where no standing second or no
    movement can be found.
    """
    time_s = _grid_time(tracks, rate_hz)
    stands = [s for s in segments if s.kind == "stand"]
    hinge = _mask(time_s, [s for s in segments if s.kind == "reference_hinge"], 0.0)
    standing, minimal = _standing(tracks, time_s, stands, rate_hz, params)
    has_hinge = bool(hinge.any())
    moved = _moved_while_standing(tracks, standing, params) if not minimal else {}
    level: Level = "partial"
    if has_hinge and not minimal and not moved:
        level = "full"
    elif not stands and not has_hinge:
        level = "minimal"
    up: dict[str, FloatArray] = {}
    gravity: dict[str, float] = {}
    axis: dict[str, AxisEvidence] = {}
    for clip, track in tracks.items():
        rows = standing & ~np.isnan(track.quat[:, 0])
        if not rows.any():
            raise CalibrationError(
                f"the {clip} clip has no samples while standing still",
                clip=clip,
                advice="Stand still for three seconds with both clips connected before you start.",
            )
        up[clip] = standing_up(up_in_sensor(track.quat)[rows])
        gravity[clip] = float(np.median(np.linalg.norm(track.acc_m_s2[rows], axis=1)))
        axis[clip] = _axis(clip, track, up[clip], hinge if has_hinge else _anywhere(time_s), params)
    alignments = {
        clip: ClipAlignment(
            clip,
            up[clip],
            axis[clip].left,
            params.minimal_stance_sd_rad if minimal else 0.0,
            axis[clip].sd_rad if has_hinge else float(np.hypot(axis[clip].sd_rad, np.deg2rad(4.0))),
            "reference_hinge" if has_hinge else "movement",
            GRAVITY_M_S2 / gravity[clip],
        )
        for clip in tracks
    }
    window = hinge if has_hinge else _anywhere(time_s)
    alignments, sign_warnings = _signed(alignments, tracks, window, segments, rate_hz, has_hinge, params)
    warnings, suspect = _plausibility(alignments, tracks, axis, time_s, segments, sites, has_hinge, params)
    stance = [
        f"the {clip} clip moved by {np.rad2deg(reach):.0f} deg during the stand: stand still,"
        " it is the zero of all angles"
        for clip, reach in moved.items()
    ]
    if minimal and level != "minimal":
        stance.append("no stand was recorded: the first still second was taken for standing tall")
    warnings = [*stance, *sign_warnings, *warnings]
    return BodyCalibration(alignments, level, gravity, tuple(warnings), tuple(suspect))


def _grid_time(tracks: Mapping[str, ClipTrack], rate_hz: float) -> FloatArray:
    track = next(iter(tracks.values()))
    time_s: FloatArray = (track.first + np.arange(len(track))) / rate_hz
    return time_s


def _mask(time_s: FloatArray, segments: Sequence[Segment], trim_s: float) -> BoolArray:
    mask = np.zeros(len(time_s), bool)
    for s in segments:
        trim = min(trim_s, 0.2 * (s.end_s - s.start_s))
        mask |= (time_s >= s.start_s + trim) & (time_s <= s.end_s - trim)
    return mask


def _anywhere(time_s: FloatArray) -> BoolArray:
    return np.ones(len(time_s), bool)


def _standing(
    tracks: Mapping[str, ClipTrack],
    time_s: FloatArray,
    stands: Sequence[Segment],
    rate_hz: float,
    params: CalibrationParams,
) -> tuple[BoolArray, bool]:
    """Grid samples that count as standing, and whether they are only the first still second."""
    announced = _mask(time_s, stands, params.stand_trim_s)
    if announced.any():
        return announced, False
    still = np.logical_and.reduce([track.still for track in tracks.values()])
    ends = np.flatnonzero(still)
    if not len(ends):
        raise CalibrationError(
            "no second in which all clips are still",
            advice="Stand still for three seconds before the first rep.",
        )
    second = np.zeros(len(time_s), bool)
    second[max(0, ends[0] + 1 - round(rate_hz)) : ends[0] + 1] = True
    return second, True


def _moved_while_standing(
    tracks: Mapping[str, ClipTrack], standing: BoolArray, params: CalibrationParams
) -> dict[str, float]:
    """Clips that left their mean inclination by more than sway while standing, and by how much, rad."""
    moved = {}
    for clip, track in tracks.items():
        up = up_in_sensor(track.quat)[standing]
        up = up[np.isfinite(up[:, 0])]
        if len(up):
            away = np.arccos(np.clip(up @ standing_up(up), -1.0, 1.0))
            if (reach := float(np.percentile(away, 95))) > params.sway_rad:
                moved[clip] = reach
    return moved


def _axis(
    clip: str,
    track: ClipTrack,
    up: FloatArray,
    window: BoolArray,
    params: CalibrationParams,
) -> AxisEvidence:
    rates = track.gyr_rad_s - _settled_bias(track)
    path = up_in_sensor(track.quat)
    evidence = functional_axis(rates[window], up, path[window])
    least = params.thigh_min_range_rad if clip == THIGH else params.trunk_min_range_rad
    if _silent(track, window):
        other = functional_axis(rates, up, path)
        return AxisEvidence(other.left, float(np.hypot(other.sd_rad, np.deg2rad(4.0))), other.range_rad)
    if evidence.range_rad < least:
        # The movement asked for did not move this clip; whatever else moved it is better than noise.
        other = functional_axis(rates, up, path)
        if other.range_rad > evidence.range_rad:
            evidence = AxisEvidence(other.left, float(np.hypot(other.sd_rad, np.deg2rad(5.0))), evidence.range_rad)
    return evidence


def _silent(track: ClipTrack, window: BoolArray) -> bool:
    """Whether most of the movement was lost on the way."""
    return float(np.isfinite(track.quat[window, 0]).mean()) < 0.5


def _settled_bias(track: ClipTrack) -> FloatArray:
    """The latest gyroscope bias estimate (3,): the one that has seen most."""
    bias: FloatArray = track.bias_rad_s[-1]
    return bias


def _pitch(track: ClipTrack, alignment: ClipAlignment) -> FloatArray:
    return segment_pitch(track.quat, alignment)


def _signed(
    alignments: Mapping[str, ClipAlignment],
    tracks: Mapping[str, ClipTrack],
    window: BoolArray,
    segments: Sequence[Segment],
    rate_hz: float,
    has_hinge: bool,
    params: CalibrationParams,
) -> tuple[dict[str, ClipAlignment], list[str]]:
    """Point every axis to the athlete's left: trunk clips tip forward in a hinge, the thigh tips back."""
    signed = {}
    for clip, alignment in alignments.items():
        pitch = _pitch(tracks[clip], alignment)
        if not _silent(tracks[clip], window):
            pitch = pitch[window]
        lean = float(np.nansum(np.where(np.abs(pitch) > np.deg2rad(3.0), pitch, 0.0)))
        wants_forward = clip != THIGH
        signed[clip] = alignment if (lean >= 0) == wants_forward else flip(alignment)
    partner = PELVIS if PELVIS in signed else BACK if BACK in signed else None
    if has_hinge or THIGH not in signed or partner is None:
        return signed, []
    # On a chair the signs of the lean deceive: a slumped pelvis tips back, and who starts on the seat rises with a
    # thigh that tips forward. But getting up carries thigh and pelvis the same way, so their forward accelerations
    # must agree. (In a deep squat they need not: the knees go forward while the hips go back.)
    sits = any(s.kind == "set" and s.exercise == "sit_to_stand" for s in segments)
    seat = _seat(tracks[THIGH], signed[THIGH], rate_hz, params)
    if not (sits or seat):
        return signed, []
    agreement = _agreement(tracks, signed, partner, rate_hz)
    if sits and agreement < 0 and _thigh_at_lean(tracks, signed, partner) < params.seat_first_share:
        signed[THIGH] = flip(signed[THIGH])
        return signed, ["the athlete was sitting during the stand: all angles count from that seat"]
    if agreement > -params.least_agreement:
        return signed, []
    if partner == PELVIS and float(np.nanmax(np.abs(_pitch(tracks[PELVIS], signed[PELVIS])))) < params.no_slump_rad:
        signed[PELVIS] = flip(signed[PELVIS])
    return signed, []


def _thigh_at_lean(tracks: Mapping[str, ClipTrack], signed: Mapping[str, ClipAlignment], partner: str) -> float:
    """Where the thigh is while the trunk leans forward, as a share of its furthest inclination: one leans on leaving
    the seat and on meeting it, so that is near zero for who calibrated on the seat."""
    lean = np.maximum(0.0, _pitch(tracks[partner], signed[partner]))
    thigh = np.abs(_pitch(tracks[THIGH], signed[THIGH]))
    known = np.isfinite(lean) & np.isfinite(thigh)
    weight = float(lean[known].sum())
    furthest = float(np.percentile(thigh[known], 99)) if known.any() else 0.0
    return float(lean[known] @ thigh[known]) / weight / furthest if weight > 0 and furthest > 0 else 1.0


def _seat(track: ClipTrack, alignment: ClipAlignment, rate_hz: float, params: CalibrationParams) -> bool:
    """Whether the thigh rested near horizontal for long."""
    rest = track.still & (np.abs(_pitch(track, alignment)) > params.seat_rad)
    return int(np.count_nonzero(rest)) >= params.seat_s * rate_hz


def _agreement(
    tracks: Mapping[str, ClipTrack], signed: Mapping[str, ClipAlignment], partner: str, rate_hz: float
) -> float:
    """Correlation of the forward accelerations of the thigh and a trunk clip around the thigh's largest movements
    (not steps), impacts and flight left out."""
    thigh = np.nan_to_num(np.abs(_pitch(tracks[THIGH], signed[THIGH])))
    far = thigh > _FAR_SHARE * thigh.max()
    forward, calm = {}, binary_dilation(far, iterations=round(rate_hz))
    for clip in (THIGH, partner):
        motion = segment_motion(tracks[clip].quat, tracks[clip].acc_m_s2, signed[clip])
        forward[clip] = motion.sagittal_acc_m_s2[:, 0]
        calm &= np.hypot(motion.sagittal_acc_m_s2[:, 0], motion.sagittal_acc_m_s2[:, 1]) < _CALM_M_S2
    return _correlation(forward[THIGH][calm], forward[partner][calm], rate_hz)


def _correlation(a: FloatArray, b: FloatArray, rate_hz: float) -> float:
    """Correlation of two signals after a moving average of 0.3 s, without mean removal."""
    ok = ~(np.isnan(a) | np.isnan(b))
    width = max(1, round(0.3 * rate_hz))
    box = np.full(width, 1.0 / width)
    x, y = np.convolve(a[ok], box, "same"), np.convolve(b[ok], box, "same")
    power = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / power if power > 0 else 0.0


def _plausibility(
    alignments: Mapping[str, ClipAlignment],
    tracks: Mapping[str, ClipTrack],
    axis: Mapping[str, AxisEvidence],
    time_s: FloatArray,
    segments: Sequence[Segment],
    sites: Mapping[str, str],
    has_hinge: bool,
    params: CalibrationParams,
) -> tuple[list[str], list[str]]:
    warnings: list[str] = []
    suspect: list[str] = []
    hinge = _mask(time_s, [s for s in segments if s.kind == "reference_hinge"], 0.0)
    if has_hinge:
        silent = [c for c in axis if _silent(tracks[c], hinge)]
        warnings += [
            f"the {c} clip was silent during the reference hinge: its axis rests on other movements" for c in silent
        ]
        moved = {c: e.range_rad for c, e in axis.items() if c not in silent}
        for clip, reach in moved.items():
            if reach < (params.thigh_min_range_rad if clip == THIGH else params.trunk_min_range_rad):
                warnings.append(
                    f"the {clip} clip barely moved during the reference hinge ({np.rad2deg(reach):.0f} deg): is it on?"
                )
                suspect.append(clip)
        less = [c for c in moved if c != THIGH and THIGH in moved and moved[THIGH] > params.swap_ratio * moved[c]]
        less = [c for c in less if c not in suspect]
        if less:
            warnings.append(
                f"the thigh clip tipped more than the {' and '.join(less)} clip during the reference hinge"
                f" ({np.rad2deg(moved[THIGH]):.0f} against {np.rad2deg(min(moved[c] for c in less)):.0f} deg):"
                " are they swapped?"
            )
            suspect += [THIGH, *less]
    roles = clip_roles(sites)
    if PELVIS in roles and BACK in roles:
        bend = _mask(time_s, [s for s in segments if s.kind == "max_flexion"], 0.0)
        heard = bend & np.logical_and.reduce([np.isfinite(tracks[roles[r]].quat[:, 0]) for r in (PELVIS, BACK)])
        if heard.any():
            pelvis, back = (
                float(np.nanpercentile(_pitch(tracks[c], alignments[c])[heard], 98))
                for c in (roles[PELVIS], roles[BACK])
            )
            if pelvis > back + np.deg2rad(10.0):
                warnings.append(
                    "in the toe touch the pelvis clip tipped further than the back clip"
                    f" ({np.rad2deg(pelvis):.0f} against {np.rad2deg(back):.0f} deg): are they swapped?"
                )
                suspect += [PELVIS, BACK]
    return warnings, list(dict.fromkeys(suspect))
