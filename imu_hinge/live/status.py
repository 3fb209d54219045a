"""How the clips do while the session runs, each trouble with one sentence of advice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imu_hinge.live.view import ClipView, Notice
from imu_hinge.sensors.driver import Can
from imu_hinge.sensors.health import ClipHealth, LinkState

__all__ = ["StatusParams", "clip_view", "notices"]


@dataclass(frozen=True)
class StatusParams:
    """From where on the athlete is told."""

    slow_share: float = 0.9
    """Achieved rate over the one granted."""
    loss: float = 0.02
    """Share of samples missing."""
    residual_ms: float = 3.0
    """Doubt about a clip's clock: at 500 deg/s 3 ms are 1.5 deg."""
    arrival_residual_ms: float = 20.0
    """The same for sensors without a clock, whose times are told from arrivals."""
    battery_percent: int = 15
    stale_calibration_s: float = 3600.0
    """Skin and strap creep: after so long standing is told anew."""


def clip_view(clip: ClipHealth, params: StatusParams) -> ClipView:
    """One clip, and what to do about it if anything."""
    state, words, advice = _trouble(clip, params)
    return ClipView(
        clip.clip,
        state,
        str(clip.link),
        words,
        advice,
        clip.battery_percent,
        clip.rate_hz,
        clip.loss_fraction,
        clip.clock_residual_ms,
    )


def _trouble(clip: ClipHealth, params: StatusParams) -> tuple[str, str, str]:
    """The gravest thing first: state, words, advice."""
    residual_ms = params.residual_ms if Can.CLOCK in clip.can else params.arrival_residual_ms
    if clip.link is LinkState.DEAD:
        return "bad", "out of reach", "Bring it closer, charge it, or switch it off and on; it is still looked for."
    if clip.link in (LinkState.LOST, LinkState.RECONNECTING, LinkState.SEARCHING, LinkState.CONNECTING):
        return "bad", "connection lost", "Come closer to the computer; it connects again by itself."
    if clip.sensor_fault or clip.stuck:
        return "bad", "repeats itself", "Its sensor is stuck: switch the clip off and on."
    if clip.link is not LinkState.STREAMING:
        return "warn", str(clip.link), ""
    if clip.rate_hz and clip.nominal_hz and clip.rate_hz < params.slow_share * clip.nominal_hz:
        words = f"{clip.rate_hz:.0f} of {clip.nominal_hz:.0f} samples a second"
        return "warn", words, "Keep your body out of the way between clip and computer, or come closer."
    if clip.loss_fraction > params.loss:
        words = f"{100 * clip.loss_fraction:.0f} % of its samples lost"
        return "warn", words, "Keep your body out of the way between clip and computer, or come closer."
    if clip.clock_residual_ms is not None and clip.clock_residual_ms > residual_ms:
        words = f"times known to {clip.clock_residual_ms:.0f} ms only"
        return "warn", words, "The radio is busy: move away from other transmitters, or come closer."
    if clip.battery_percent is not None and clip.battery_percent <= params.battery_percent:
        return "warn", f"battery {clip.battery_percent} %", "Charge it after this session."
    return "ok", f"{clip.rate_hz:.0f} Hz", ""


def notices(
    clips: Sequence[ClipView], warnings: Iterable[str], calibration_age_s: float | None, params: StatusParams
) -> tuple[Notice, ...]:
    """Everything that deserves a line: clips in trouble, what the analysis warns of, a calibration grown old."""
    found = [
        Notice("bad" if one.state == "bad" else "warn", f"the {one.clip} clip: {one.words}", one.advice)
        for one in clips
        if one.state != "ok" and one.advice
    ]
    found += [Notice("warn", warning) for warning in warnings]
    if calibration_age_s is not None and calibration_age_s > params.stale_calibration_s:
        minutes = calibration_age_s / 60
        found.append(
            Notice("info", f"calibrated {minutes:.0f} minutes ago", "Press r and calibrate again at the next break.")
        )
    return tuple(found)
