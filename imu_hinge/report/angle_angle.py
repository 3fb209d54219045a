"""Lumbar over hip flexion: one line per rep, the chosen one bold, over a band of the own reference hinges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from imu_hinge.report.canvas import Box, place, style_axes, text_width_in, write
from imu_hinge.report.marks import draw_mark, mark_at_bottom, mark_of_fault, top_faults
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.series import FloatArray, NumberedRep, angles_at, between, finite_range, numbered_reps
from imu_hinge.report.unknown import unknown_words
from imu_hinge.report.words import NINETY
from imu_hinge.session.results import RepResult, SessionResult

__all__ = ["ReferenceBand", "draw_angle_angle", "pattern_title", "reference_band"]

_BIN_DEG = 4.0
_POINTS_PER_REP = 80


@dataclass(frozen=True)
class ReferenceBand:
    """Lumbar flexion expected at a hip angle, a 90 % band; every array is (M,), degrees."""

    hip_deg: FloatArray
    low_deg: FloatArray
    high_deg: FloatArray


def reference_band(result: SessionResult) -> ReferenceBand | None:
    """Band of the athlete's own reference hinges, None where none were done or lumbar flexion is not known.

    Per 4° of hip flexion: mean ± 1.645 SD, the SD joining the samples' spread and the reference's own SD.
    """
    angles = result.angles
    hips, lumbars = [], []
    for segment in result.segments:
        if segment.kind == "reference_hinge":
            part = between(angles, segment.start_s, segment.end_s)
            both = np.isfinite(angles.hip_flexion_deg[part]) & np.isfinite(angles.lumbar_flexion_deg[part])
            hips.append(angles.hip_flexion_deg[part][both])
            lumbars.append(angles.lumbar_flexion_deg[part][both])
    hip = np.concatenate(hips) if hips else np.empty(0)
    lumbar = np.concatenate(lumbars) if lumbars else np.empty(0)
    own_sd = result.reference_lumbar_sd_deg or 0.0
    rows = []
    bins = np.round(hip / _BIN_DEG).astype(int)
    for b in np.unique(bins):
        values = lumbar[bins == b]
        if len(values) >= 3:
            spread = NINETY * float(np.hypot(values.std(), own_sd))
            rows.append((b * _BIN_DEG, values.mean() - spread, values.mean() + spread))
    if len(rows) < 3:
        return None
    table = np.array(rows, dtype=np.float64)
    return ReferenceBand(*(np.ascontiguousarray(column) for column in table.T))


def draw_angle_angle(figure: Figure, result: SessionResult, box: Box, sizes: Type, chosen: NumberedRep | None) -> Axes:
    """Draw lumbar flexion over hip flexion; ``box`` leaves room for axis labels outside."""
    axes = place(figure, box)
    style_axes(axes, sizes)
    axes.set_xlabel("Hip flexion (°)", fontsize=sizes.text, color=INK.hip, fontweight="bold")
    axes.set_ylabel("Lumbar flexion (°)", fontsize=sizes.text, color=INK.lumbar, fontweight="bold")
    reps = numbered_reps(result)
    others = [_path(result, r) for r in reps if chosen is None or r.number != chosen.number]
    ours = _path(result, chosen) if chosen is not None else (np.empty(0), np.empty(0))
    known = finite_range(ours[1], *(lumbar for _, lumbar in others))
    if known is None or finite_range(ours[0], *(hip for hip, _ in others)) is None:
        _draw_course(axes, result, reps, sizes, chosen, is_lumbar=known is not None)
        return axes
    band = _draw_band(axes, result)
    for hip, lumbar in others:
        axes.plot(hip, lumbar, color=INK.lumbar, linewidth=0.9, alpha=0.45 if len(reps) < 40 else 0.25, zorder=2)
    size = sizes.marker * (1.0 if len(reps) < 40 else 0.6)
    for r in reps:
        if r is not chosen:
            _mark(axes, result, r.rep, size)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    x = finite_range(ours[0], *(hip for hip, _ in others)) or (0.0, 90.0)
    low, high = min(known[0], -2.0), max(known[1], 10.0)
    axes.set_xlim(min(x[0], 0.0) - 3, x[1] * 1.06 + 3)
    axes.set_ylim(low - (0.24 if band else 0.08) * (high - low), high + 0.24 * (high - low))
    if band is not None:
        _label_band(axes, band, sizes)
    if chosen is not None:
        _draw_chosen(axes, result, chosen, ours, box, sizes)
    return axes


def _path(result: SessionResult, r: NumberedRep) -> tuple[FloatArray, FloatArray]:
    part = between(result.angles, r.rep.start_s, r.rep.end_s)
    step = max(1, (part.stop - part.start) // _POINTS_PER_REP)
    return result.angles.hip_flexion_deg[part][::step], result.angles.lumbar_flexion_deg[part][::step]


def pattern_title(result: SessionResult) -> str:
    """Name the panel: lumbar over hip, or whichever of the two is known in a rep."""
    paths = [_path(result, r) for r in numbered_reps(result)]
    knows_hip, knows_lumbar = (finite_range(*(path[i] for path in paths)) is not None for i in (0, 1))
    if not knows_lumbar:
        return "Hip through every rep" if knows_hip else "Hip and lumbar through every rep"
    return "Lumbar over hip, every rep" if knows_hip else "Lumbar through every rep"


def _draw_course(
    axes: Axes,
    result: SessionResult,
    reps: Sequence[NumberedRep],
    sizes: Type,
    chosen: NumberedRep | None,
    *,
    is_lumbar: bool,
) -> None:
    """Draw the one angle that is known through each rep, from start (0 %) to end."""
    name, colour = ("Lumbar", INK.lumbar) if is_lumbar else ("Hip", INK.hip)
    courses = [(r, _path(result, r)[1 if is_lumbar else 0]) for r in reps]
    seen = finite_range(*(angle for _, angle in courses))
    if seen is None:
        axes.set_axis_off()
        lines = [unknown_words(result, "hip"), unknown_words(result, "lumbar")] if reps else ["no reps found"]
        for row, text in enumerate(lines):
            write(
                axes,
                0.5,
                0.55 - 0.12 * row,
                text,
                transform=axes.transAxes,
                ha="center",
                va="center",
                fontsize=sizes.small,
                color=INK.muted,
            )
        return
    axes.set_xlabel("Part of the rep (%)", fontsize=sizes.text, color=INK.ink, fontweight="bold")
    axes.set_ylabel(f"{name} flexion (°)", fontsize=sizes.text, color=colour, fontweight="bold")
    axes.set_xlim(0, 100)
    if is_lumbar and result.reference_lumbar_deg is not None:
        spread = NINETY * (result.reference_lumbar_sd_deg or 0.0)
        middle = result.reference_lumbar_deg
        axes.axhspan(middle - spread, middle + spread, color=INK.reference, alpha=0.22, linewidth=0, zorder=1)
        axes.axhline(middle, color=INK.reference, linewidth=1.1, linestyle=(0, (5, 3)), zorder=2.5)
    for r, angle in courses:
        ours = chosen is not None and r.number == chosen.number
        axes.plot(
            np.linspace(0, 100, len(angle)),
            angle,
            color=colour,
            linewidth=sizes.line * 1.6 if ours else 0.9,
            alpha=1.0 if ours else 0.45 if len(reps) < 40 else 0.25,
            zorder=4 if ours else 2,
        )
    low, high = min(seen[0], 0.0), max(seen[1], 10.0)
    axes.set_ylim(low - 0.08 * (high - low), high + 0.24 * (high - low))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_locator(MultipleLocator(25))
    if chosen is not None:
        _caption(axes, 0.02, 0.985, f"rep {chosen.number}", sizes, colour)


def _caption(axes: Axes, x: float, y: float, words: str, sizes: Type, colour: str) -> None:
    """Write in a corner given as axes fractions."""
    write(
        axes,
        x,
        y,
        words,
        transform=axes.transAxes,
        ha="left" if x < 0.5 else "right",
        va="top" if y > 0.5 else "bottom",
        fontsize=sizes.small,
        fontweight="bold" if colour != INK.muted else "normal",
        color=colour,
    )


def _mark(axes: Axes, result: SessionResult, rep: RepResult, size: float) -> None:
    """Mark a rep where its line turns, and what is wrong at its top where that was."""
    mark = mark_at_bottom(rep)
    if mark is not None and rep.hip_max_deg is not None and rep.lumbar_at_bottom_deg is not None:
        draw_mark(axes, rep.hip_max_deg, rep.lumbar_at_bottom_deg, mark, size)
    for fault in top_faults(rep):
        at = angles_at(result.angles, fault.time_s)
        draw_mark(axes, at["hip"], at["lumbar"], mark_of_fault(fault), size)


def _draw_band(axes: Axes, result: SessionResult) -> tuple[float, float] | None:
    """Draw the reference hinges' course, or a level band where only its bottom is known.

    Returns a point (hip, lumbar flexion) on its lower edge, None where neither is known.
    """
    band = reference_band(result)
    if band is not None:
        axes.fill_between(
            band.hip_deg, band.low_deg, band.high_deg, color=INK.reference, alpha=0.4, linewidth=0, zorder=1
        )
        at = 3 * len(band.hip_deg) // 4
        return float(band.hip_deg[at]), float(band.low_deg[at])
    if result.reference_lumbar_deg is not None:
        spread = NINETY * (result.reference_lumbar_sd_deg or 0.0)
        middle = result.reference_lumbar_deg
        axes.axhspan(middle - spread, middle + spread, color=INK.reference, alpha=0.4, linewidth=0, zorder=1)
        return 50.0, middle - spread
    return None


def _label_band(axes: Axes, point: tuple[float, float], sizes: Type) -> None:
    """Name the band at the foot of the panel, with a line that leads to it."""
    _caption(axes, 0.985, 0.02, "band: own reference hinges", sizes, INK.muted)
    low, high = axes.get_ylim()
    foot = low + 0.1 * (high - low)
    if point[1] > foot:
        axes.plot([point[0]] * 2, [foot, point[1]], color=INK.muted, linewidth=0.9, zorder=1.5, gid="band-leader")


def _draw_chosen(
    axes: Axes,
    result: SessionResult,
    chosen: NumberedRep,
    path: tuple[FloatArray, FloatArray],
    box: Box,
    sizes: Type,
) -> None:
    """Draw the chosen rep, down solid and up dashed, and name it in the free strip along the top."""
    hip, lumbar = path
    rep = chosen.rep
    share = (rep.bottom_s - rep.start_s) / max(rep.end_s - rep.start_s, 1e-9)
    turn = round(share * (len(hip) - 1))
    axes.plot(hip[: turn + 1], lumbar[: turn + 1], color=INK.lumbar, linewidth=sizes.line * 1.6, zorder=4)
    axes.plot(
        hip[turn:],
        lumbar[turn:],
        color=INK.lumbar,
        linewidth=sizes.line * 1.3,
        linestyle=(0, (2.5, 1.5)),
        zorder=4,
    )
    _mark(axes, result, rep, sizes.marker * 1.5)
    words = f"rep {chosen.number}: solid down, dashed up"
    if text_width_in(words, sizes.small, bold=True) > box.width - 0.1:
        words = f"rep {chosen.number}"
    _caption(axes, 0.02, 0.985, words, sizes, INK.lumbar)
