"""The session over time: hip and lumbar flexion with their bands, reps, calibration, sets and gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from imu_hinge.report.canvas import (
    Box,
    place,
    style_axes,
)
from imu_hinge.report.lanes import (
    CROWDED_IN,
    Scale,
    draw_gap_lane,
    draw_moment_lane,
    draw_rep_lane,
    draw_set_lane,
    spacing_in_inches,
)
from imu_hinge.report.marks import AT_THE_TOP, draw_peak, mark_at_bottom, mark_of, mark_of_fault, top_faults
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.series import FloatArray, NumberedRep, angles_at, envelope, finite_range, numbered_reps
from imu_hinge.report.unknown import knows_hip, knows_lumbar, say_unknown, unknown_words
from imu_hinge.report.words import NINETY, clock, degrees, yardstick_words
from imu_hinge.session.results import SessionResult

__all__ = [
    "angle_limits",
    "draw_angle",
    "draw_gaps",
    "draw_timeline",
    "draw_tops",
    "is_crowded",
    "reference_words",
]

_POINTS_PER_INCH: Final = 90
_MOST_BAND_DEG: Final = 60.0


def draw_timeline(
    figure: Figure, result: SessionResult, box: Box, sizes: Type, chosen: int | None = None
) -> tuple[Axes, Axes]:
    """Draw lanes (sets, reps, gaps) over a hip and a lumbar panel; axis labels go outside ``box``.

    ``chosen`` is the global number of a rep to set in bold. Returns the two panels.
    """
    time_s = result.angles.time_s
    start, end = (float(time_s[0]), float(time_s[-1])) if len(time_s) > 1 else (0.0, 1.0)
    scale = Scale(start, end, box.width)
    reps = numbered_reps(result)
    lane = sizes.small / 72 * 1.7
    heights = [lane, lane * 1.75, lane if result.quality.gaps_s else 0.0, lane if result.moments else 0.0]
    top = box.top
    lanes = []
    for height in heights:
        lanes.append(Box(box.left, top, box.width, height))
        top += height
    panels = Box(box.left, top + 0.05, box.width, box.top + box.height - top - 0.05)
    known = {"hip": knows_hip(result), "lumbar": knows_lumbar(result)}
    hip_box, lumbar_box = panels.rows([1.0 if known[name] else 0.42 for name in ("hip", "lumbar")], 0.22)
    hip, lumbar = place(figure, hip_box), place(figure, lumbar_box)
    for axes in (hip, lumbar):
        style_axes(axes, sizes)
        axes.set_xlim(start, end)
        name = "hip" if axes is hip else "lumbar"
        _shade_reps(axes, reps, name)
        draw_gaps(axes, result, scale.seconds(0.02), name)
        colour = INK.hip if axes is hip else INK.lumbar
        label = f"{name.capitalize()} flexion (°)" if known[name] else f"{name.capitalize()} (°)"
        axes.set_ylabel(label, fontsize=sizes.text, color=colour, fontweight="bold")
        if not known[name]:
            say_unknown(axes, unknown_words(result, name), box.width, sizes)
    hip.tick_params(axis="x", labelbottom=False, length=0)
    angles = result.angles
    if known["hip"]:
        draw_angle(hip, time_s, angles.hip_flexion_deg, angles.hip_flexion_sd_deg, INK.hip, box.width, sizes)
    if known["lumbar"]:
        _draw_reference(lumbar, result)
        draw_angle(
            lumbar,
            time_s,
            angles.lumbar_flexion_deg,
            angles.lumbar_flexion_sd_deg,
            INK.lumbar,
            box.width,
            sizes,
        )
    spacing = spacing_in_inches(reps, scale)
    if spacing >= CROWDED_IN:
        size = min(sizes.marker, max(2.6, spacing * 72 * 0.8))
        _draw_bottoms(hip, lumbar if known["lumbar"] else None, reps, size)
        for r in reps:
            draw_tops({"hip": hip, "lumbar": lumbar}, result, r, size)
    figure.align_ylabels([hip, lumbar])
    _time_axis(lumbar, start, end, box.width, sizes)
    draw_set_lane(figure, lanes[0], result, scale, sizes)
    draw_rep_lane(figure, lanes[1], result, reps, scale, sizes, spacing, chosen)
    if result.quality.gaps_s:
        draw_gap_lane(figure, lanes[2], result, scale, sizes)
    if result.moments:
        draw_moment_lane(figure, lanes[3], result, scale, sizes)
    return hip, lumbar


def draw_angle(
    axes: Axes,
    time_s: FloatArray,
    value_deg: FloatArray,
    sd_deg: FloatArray,
    colour: str,
    width_in: float,
    sizes: Type,
    linestyle: str = "-",
) -> None:
    """Draw an angle (N,) with its 90 % band; long series as the envelope of every pixel column."""
    bins = round(width_in * _POINTS_PER_INCH)
    limits = angle_limits(value_deg, sd_deg)
    spread = NINETY * np.nan_to_num(sd_deg, nan=0.0)
    t, low, high = envelope(time_s, value_deg - spread, value_deg + spread, bins)
    axes.fill_between(t, low, high, color=colour, alpha=0.22, linewidth=0, zorder=2)
    t, low, high = envelope(time_s, value_deg, value_deg, bins)
    if len(t) < len(time_s):
        t, value_deg = np.repeat(t, 2), np.column_stack([low, high]).ravel()
    axes.plot(t, value_deg, color=colour, linewidth=sizes.line, linestyle=linestyle, zorder=3)
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 3, 5, 10], integer=True))


def angle_limits(value_deg: FloatArray, sd_deg: FloatArray) -> tuple[float, float]:
    """Axis limits that show every value and its band, which is cut only where it means 'anything'."""
    limits = finite_range(value_deg)
    if limits is None:
        return (-10.0, 90.0)
    spread = np.clip(NINETY * np.nan_to_num(sd_deg, nan=0.0), 0.0, _MOST_BAND_DEG)
    band = finite_range(value_deg - spread, value_deg + spread) or limits
    low, high = min(band[0], 0.0), max(band[1], 10.0)
    pad = 0.06 * (high - low)
    return low - pad, high + pad


def draw_gaps(axes: Axes, result: SessionResult, least_s: float, name: str) -> None:
    """Hatch every gap across the panel, at least ``least_s`` wide; ``name`` keeps ids apart."""
    for number, (_, start, end) in enumerate(result.quality.gaps_s, 1):
        widen = max(0.0, least_s - (end - start)) / 2
        span = axes.axvspan(start - widen, end + widen, facecolor=INK.grid, alpha=0.9, linewidth=0, zorder=1.5)
        span.set(hatch="////", edgecolor=INK.assumed, gid=f"gap-{number}-{name}")


def _shade_reps(axes: Axes, reps: Sequence[NumberedRep], name: str) -> None:
    for r in reps:
        colour = mark_of(r.rep).shade
        span = axes.axvspan(r.rep.start_s, r.rep.end_s, facecolor=colour, edgecolor="none", linewidth=0, zorder=0.5)
        span.set_gid(f"rep-{r.number}-{name}")


def _draw_reference(axes: Axes, result: SessionResult) -> None:
    reference = result.reference_lumbar_deg
    if reference is None:
        return
    spread = NINETY * (result.reference_lumbar_sd_deg or 0.0)
    axes.axhspan(reference - spread, reference + spread, color=INK.reference, alpha=0.16, linewidth=0, zorder=1)
    axes.axhline(reference, color=INK.reference, linewidth=1.1, linestyle=(0, (5, 3)), zorder=2.5)


def is_crowded(result: SessionResult, width_in: float) -> bool:
    """Whether verdict marks would touch on a time axis of that width, so that reps need their own panel."""
    time_s = result.angles.time_s
    if len(time_s) < 2:
        return False
    return spacing_in_inches(numbered_reps(result), Scale(float(time_s[0]), float(time_s[-1]), width_in)) < CROWDED_IN


def _draw_bottoms(hip: Axes, lumbar: Axes | None, reps: Sequence[NumberedRep], size: float) -> None:
    """Mark every rep's deepest hip angle and its lumbar angle at the bottom, the latter with its 90 % bar."""
    for r in reps:
        mark = mark_at_bottom(r.rep)
        if mark is not None and r.rep.hip_max_deg is not None:
            draw_peak(hip, r.rep.bottom_s, r.rep.hip_max_deg, mark, size)
        if lumbar is None or r.rep.lumbar_at_bottom_deg is None:
            continue
        if r.rep.lumbar_sd_deg is not None:
            spread = NINETY * r.rep.lumbar_sd_deg
            ends = [r.rep.lumbar_at_bottom_deg - spread, r.rep.lumbar_at_bottom_deg + spread]
            lumbar.plot([r.rep.bottom_s] * 2, ends, color=INK.ink, linewidth=1.0, zorder=5, solid_capstyle="butt")
        if mark is not None:
            draw_peak(lumbar, r.rep.bottom_s, r.rep.lumbar_at_bottom_deg, mark, size)


def draw_tops(panels: Mapping[str, Axes], result: SessionResult, r: NumberedRep, size: float) -> None:
    """Mark what is wrong at the top where it happened, on the panel ('hip', 'lumbar') of the joint that shows it."""
    for fault in top_faults(r.rep):
        joint = AT_THE_TOP[fault.name]
        value = angles_at(result.angles, fault.time_s)[joint]
        if np.isfinite(value):
            draw_peak(panels[joint], fault.time_s, value, mark_of_fault(fault), size)


def _time_axis(axes: Axes, start: float, end: float, width_in: float, sizes: Type) -> None:
    if end - start > 150:
        label = "Time (min:s)"
        steps = [s for s in (15, 30, 60, 120, 300, 600, 1200, 3600) if (end - start) / s * 0.75 <= width_in]
        axes.xaxis.set_major_locator(MultipleLocator(steps[0] if steps else 3600))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value)))
    else:
        label = "Time (s)"
        axes.xaxis.set_major_locator(MaxNLocator(nbins=max(3, round(width_in * 1.2)), steps=[1, 2, 5, 10]))
    axes.set_xlabel(label, fontsize=sizes.text, color=INK.ink)


def reference_words(result: SessionResult) -> str:
    """Name the dashed line: 'dashed: own reference hinges 5°', or '' where there is none."""
    if result.reference_lumbar_deg is None:
        return ""
    return f"dashed: {yardstick_words(result)} {degrees(result.reference_lumbar_deg)}"
