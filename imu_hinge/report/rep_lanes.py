"""Tempo of every rep, and who moved first on the way down: lanes that share the axis of rep numbers."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imu_hinge.report.canvas import Box, place, style_axes, text_width_in, write
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.series import numbered_reps
from imu_hinge.report.words import NINETY
from imu_hinge.session.results import RepResult, SessionResult

__all__ = ["draw_order", "draw_tempo", "sure_order_s"]

_SURE_ORDER_S: Final = 0.1
_PHASES: Final = (("down", INK.hip, 0.9), ("pause", INK.assumed, 0.8), ("up", INK.hip, 0.4))


def sure_order_s(rep: RepResult) -> float | None:
    """By how much the spine led, s, where that is known to a tenth of a second."""
    unsure = rep.onset_sd_s is None or rep.onset_sd_s > _SURE_ORDER_S
    return None if unsure or "spine_first" in rep.not_judged else rep.onset_hip_minus_spine_s


def draw_tempo(figure: Figure, result: SessionResult, box: Box, sizes: Type) -> Axes:
    """Draw a bar for each rep: seconds down, pause and up, from below to above."""
    axes = _lane(figure, result, box, sizes, "Tempo (s)")
    reps = numbered_reps(result)
    top = 0.0
    for r in reps:
        foot = 0.0
        for (_, colour, alpha), length in zip(
            _PHASES, (r.rep.eccentric_s, r.rep.pause_s, r.rep.concentric_s), strict=True
        ):
            axes.bar(r.number, length, width=0.56, bottom=foot, color=colour, alpha=alpha, linewidth=0, zorder=2)
            foot += length
        top = max(top, foot)
    axes.set_ylim(0.0, 1.32 * (top or 1.0))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10], integer=True))
    right = box.width - 0.05
    for name, colour, alpha in reversed(_PHASES):
        width = text_width_in(name, sizes.small)
        _word(axes, box, right, name, sizes)
        axes.plot(
            [(right - width - 0.12) / box.width], [0.9], marker="s", markersize=sizes.small * 0.7, color=colour,
            alpha=alpha, linestyle="none", transform=axes.transAxes, zorder=4,
        )  # fmt: skip
        right -= width + 0.42
    return axes


def draw_order(figure: Figure, result: SessionResult, box: Box, sizes: Type) -> Axes:
    """Draw how far the spine led (above zero) or the hips (below) on the way down, ms, with its 90 % bar."""
    axes = _lane(figure, result, box, sizes, "First (ms)")
    axes.axhline(0.0, color=INK.muted, linewidth=0.9, zorder=1.5)
    shown = [-150.0, 150.0]
    for r in numbered_reps(result):
        lead_s = sure_order_s(r.rep)
        if lead_s is None:
            continue
        lead, spread = 1000.0 * lead_s, 1000.0 * NINETY * (r.rep.onset_sd_s or 0.0)
        late = any(fault.name == "spine_first" for fault in r.rep.faults)
        colour = INK.lumbar if lead > 0 else INK.hip
        axes.plot([r.number] * 2, [lead - spread, lead + spread], color=colour, alpha=0.45, linewidth=2.6, zorder=2)
        axes.plot(
            [r.number], [lead], marker="v" if late else "o", markersize=sizes.marker, color=colour, linestyle="none",
            zorder=3,
        )  # fmt: skip
        shown += [lead - spread, lead + spread]
    low, high = min(shown), max(shown)
    axes.set_ylim(low - 0.1 * (high - low), high + 0.1 * (high - low))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10], integer=True))
    _word(axes, box, box.width - 0.05, "above: spine first", sizes, y=0.9)
    _word(axes, box, box.width - 0.05, "below: hips first", sizes, y=0.1)
    return axes


def _lane(figure: Figure, result: SessionResult, box: Box, sizes: Type, label: str) -> Axes:
    axes = place(figure, box)
    style_axes(axes, sizes)
    axes.set_xlim(0.4, max(len(numbered_reps(result)), 1) + 0.6)
    axes.set_ylabel(label, fontsize=sizes.small, color=INK.ink, fontweight="bold")
    axes.tick_params(axis="x", labelbottom=False, length=0)
    return axes


def _word(axes: Axes, box: Box, right_in: float, text: str, sizes: Type, y: float = 0.9) -> None:
    write(
        axes, right_in / box.width, y, text, transform=axes.transAxes, ha="right", va="center_baseline",
        fontsize=sizes.small, color=INK.muted,
    )  # fmt: skip
