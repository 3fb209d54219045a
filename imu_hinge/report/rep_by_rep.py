"""Every rep as one point: lumbar flexion at the bottom (or the deepest hip angle) over the rep's number."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imu_hinge.report.canvas import Box, first_that_fits, place, style_axes, write
from imu_hinge.report.marks import draw_peak, mark_of
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.series import numbered_reps
from imu_hinge.report.unknown import say_unknown, unknown_words
from imu_hinge.report.words import NINETY, set_words
from imu_hinge.session.results import SessionResult

__all__ = ["draw_rep_by_rep"]


def draw_rep_by_rep(figure: Figure, result: SessionResult, box: Box, sizes: Type) -> Axes:
    """Draw one mark and 90 % bar per rep, sets shaded and named; ``box`` leaves room for axis labels outside.

    Lumbar flexion at the bottom where any rep has it, otherwise the deepest hip flexion.
    """
    axes = place(figure, box)
    style_axes(axes, sizes)
    reps = numbered_reps(result)
    is_lumbar = any(r.rep.lumbar_at_bottom_deg is not None for r in reps)
    names = ("Lumbar at bottom (°)", "Lumbar (°)") if is_lumbar else ("Deepest hip (°)", "Hip (°)")
    name = first_that_fits(names, box.height, sizes.text, bold=True) or names[-1]
    colour = INK.lumbar if is_lumbar else INK.hip
    axes.set_ylabel(name, fontsize=sizes.text, color=colour, fontweight="bold")
    axes.set_xlabel("Rep", fontsize=sizes.text, color=INK.ink)
    axes.set_xlim(0.4, max(len(reps), 1) + 0.6)
    if is_lumbar and result.reference_lumbar_deg is not None:
        spread = NINETY * (result.reference_lumbar_sd_deg or 0.0)
        middle = result.reference_lumbar_deg
        axes.axhspan(middle - spread, middle + spread, color=INK.reference, alpha=0.16, linewidth=0, zorder=1)
        axes.axhline(middle, color=INK.reference, linewidth=1.1, linestyle=(0, (5, 3)), zorder=2)
    size = min(sizes.marker, box.width / max(len(reps), 1) * 60)
    shown = []
    for r in reps:
        value = r.rep.lumbar_at_bottom_deg if is_lumbar else r.rep.hip_max_deg
        sd = r.rep.lumbar_sd_deg if is_lumbar else r.rep.hip_sd_deg
        if value is None:
            continue
        spread = NINETY * (sd or 0.0)
        shown += [value - spread, value + spread]
        axes.plot(
            [r.number] * 2,
            [value - spread, value + spread],
            color=colour,
            alpha=0.45,
            linewidth=min(3.0, size * 0.6),
            solid_capstyle="butt",
            zorder=3,
        )
        draw_peak(axes, r.number, value, mark_of(r.rep), size)
    low, high = (min([*shown, 0.0]), max([*shown, 10.0])) if shown else (0.0, 10.0)
    axes.set_ylim(low - 0.06 * (high - low), high + 0.2 * (high - low))
    axes.xaxis.set_major_locator(
        MaxNLocator(nbins=max(2, round(box.width * 1.5)), steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    )
    if not shown and reps:
        say_unknown(axes, unknown_words(result, "hip"), box.width, sizes)
        return axes
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10], integer=True))
    _name_sets(axes, result, box, sizes)
    return axes


def _name_sets(axes: Axes, result: SessionResult, box: Box, sizes: Type) -> None:
    """Shade every second set and name each along the top as long as names fit."""
    counts = [len(s.reps) for s in result.sets]
    ends = np.cumsum([0, *counts])
    per_rep_in = box.width / (max(int(ends[-1]), 1) + 0.2)
    for i, a_set in enumerate(result.sets):
        if not counts[i]:
            continue
        left, right = float(ends[i]) + 0.5, float(ends[i + 1]) + 0.5
        if i % 2 == 0:
            axes.axvspan(left, right, facecolor=INK.shade, linewidth=0, zorder=0.5)
        write(
            axes,
            (left + right) / 2,
            0.975,
            first_that_fits(set_words(i + 1, a_set), counts[i] * per_rep_in - 0.08, sizes.small, bold=True),
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="top",
            fontsize=sizes.small,
            fontweight="bold",
            color=INK.ink,
        )
