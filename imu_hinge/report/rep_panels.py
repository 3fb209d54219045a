"""One rep close up: hip and lumbar flexion with their bands, velocities, phases and faults."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imu_hinge.report.canvas import Box, first_that_fits, place, style_axes, text_width_in, write
from imu_hinge.report.marks import draw_peak, mark_at_bottom, mark_of
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.series import FloatArray, NumberedRep, between, finite_range, velocity_deg_s
from imu_hinge.report.timeline import draw_angle, draw_gaps, draw_tops
from imu_hinge.report.unknown import say_unknown, unknown_words
from imu_hinge.report.words import NINETY, fault_words, with_sd
from imu_hinge.session.results import SessionResult

__all__ = ["draw_rep"]

_MARGIN_S = 0.5


def draw_rep(figure: Figure, result: SessionResult, box: Box, sizes: Type, r: NumberedRep) -> tuple[Axes, Axes, Axes]:
    """Draw the three panels of one rep; returns hip, lumbar and velocity axes."""
    rep = r.rep
    lane = sizes.small / 72 * (3.4 if rep.faults else 1.7)
    panels = Box(box.left, box.top + lane, box.width, box.height - lane).rows([1.0, 1.0, 0.8], 0.2)
    hip, lumbar, velocity = (place(figure, p) for p in panels)
    around = between(result.angles, rep.start_s - _MARGIN_S, rep.end_s + _MARGIN_S)
    angles = result.angles
    time_s = angles.time_s[around]
    for axes, name in ((hip, "hip"), (lumbar, "lumbar"), (velocity, "velocity")):
        style_axes(axes, sizes)
        axes.set_xlim(rep.start_s - _MARGIN_S, rep.end_s + _MARGIN_S)
        axes.axvspan(rep.start_s, rep.end_s, facecolor=mark_of(rep).shade, linewidth=0, zorder=0.5).set_gid(
            f"rep-{r.number}-{name}"
        )
        axes.axvline(rep.bottom_s, color=INK.muted, linewidth=1.0, linestyle=(0, (1, 2)), zorder=1)
        draw_gaps(axes, result, 0.02, name)
    _phases(hip, r, box, sizes)
    _faults(hip, r, box, sizes)
    hip_deg, hip_sd_deg = angles.hip_flexion_deg[around], angles.hip_flexion_sd_deg[around]
    if finite_range(hip_deg) is None:
        say_unknown(hip, unknown_words(result, "hip"), box.width, sizes)
    else:
        draw_angle(hip, time_s, hip_deg, hip_sd_deg, INK.hip, box.width, sizes)
    hip.set_ylabel("Hip (°)", fontsize=sizes.text, color=INK.hip, fontweight="bold")
    if rep.hip_max_deg is not None:
        if (mark := mark_at_bottom(rep)) is not None:
            draw_peak(hip, rep.bottom_s, rep.hip_max_deg, mark, sizes.marker * 1.3)
        _headline(hip, f"deepest {with_sd(rep.hip_max_deg, rep.hip_sd_deg)}", INK.hip, sizes)
    lumbar.set_ylabel("Lumbar (°)", fontsize=sizes.text, color=INK.lumbar, fontweight="bold")
    _draw_lumbar(lumbar, result, box, sizes, r, time_s, around)
    draw_tops({"hip": hip, "lumbar": lumbar}, result, r, sizes.marker * 1.3)
    _draw_velocity(velocity, time_s, hip_deg, angles.lumbar_flexion_deg[around], sizes)
    for axes in (hip, lumbar):
        axes.tick_params(labelbottom=False)
    velocity.set_xlabel("Time on the recording's clock (s)", fontsize=sizes.text, color=INK.ink)
    velocity.xaxis.set_major_locator(MaxNLocator(nbins=max(3, round(box.width * 1.1)), steps=[1, 2, 5, 10]))
    figure.align_ylabels([hip, lumbar, velocity])
    return hip, lumbar, velocity


def _draw_lumbar(
    axes: Axes,
    result: SessionResult,
    box: Box,
    sizes: Type,
    r: NumberedRep,
    time_s: FloatArray,
    around: slice,
) -> None:
    value = result.angles.lumbar_flexion_deg[around]
    if finite_range(value) is None:
        say_unknown(axes, unknown_words(result, "lumbar"), box.width, sizes)
        return
    if result.reference_lumbar_deg is not None:
        spread = NINETY * (result.reference_lumbar_sd_deg or 0.0)
        middle = result.reference_lumbar_deg
        axes.axhspan(middle - spread, middle + spread, color=INK.reference, alpha=0.16, linewidth=0, zorder=1)
        axes.axhline(middle, color=INK.reference, linewidth=1.1, linestyle=(0, (5, 3)), zorder=2.5)
    draw_angle(axes, time_s, value, result.angles.lumbar_flexion_sd_deg[around], INK.lumbar, box.width, sizes)
    if r.rep.lumbar_at_bottom_deg is not None:
        if (mark := mark_at_bottom(r.rep)) is not None:
            draw_peak(axes, r.rep.bottom_s, r.rep.lumbar_at_bottom_deg, mark, sizes.marker * 1.3)
        words = f"at the bottom {with_sd(r.rep.lumbar_at_bottom_deg, r.rep.lumbar_sd_deg)}"
        _headline(axes, words, INK.lumbar, sizes)


def _phases(axes: Axes, r: NumberedRep, box: Box, sizes: Type) -> None:
    """Name the phases above the hip panel, with their durations where they fit."""
    rep = r.rep
    pause_end = rep.end_s - rep.concentric_s
    pause_start = rep.start_s + rep.eccentric_s
    seconds_in = box.width / (rep.end_s - rep.start_s + 2 * _MARGIN_S)
    phases = [
        (rep.start_s, pause_start, "down", rep.eccentric_s),
        (pause_end, rep.end_s, "up", rep.concentric_s),
    ]
    if rep.pause_s >= 0.05:
        phases.insert(1, (pause_start, pause_end, "pause", rep.pause_s))
    for start, end, name, length in phases:
        text = first_that_fits((f"{name} {length:.1f} s", name), (end - start) * seconds_in - 0.08, sizes.small)
        write(
            axes,
            (start + end) / 2,
            1.04,
            text,
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=sizes.small,
            color=INK.muted,
        )


def _headline(axes: Axes, words: str, colour: str, sizes: Type) -> None:
    """Write the panel's number in its top right corner, with room made for it."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.22 * (high - low))
    write(
        axes,
        0.992,
        0.97,
        words,
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=sizes.text,
        fontweight="bold",
        color=colour,
    )


def _faults(axes: Axes, r: NumberedRep, box: Box, sizes: Type) -> None:
    """Name each fault above the moment it is worst, as long as names do not touch."""
    start, end = r.rep.start_s - _MARGIN_S, r.rep.end_s + _MARGIN_S
    per_s = box.width / (end - start)
    line_in = sizes.small / 72 * 1.7
    height = axes.get_window_extent().height / axes.figure.dpi
    taken: list[tuple[float, float]] = []
    for fault in sorted(r.rep.faults, key=lambda f: (f.severity != "red", -f.probability)):
        words = f"{fault_words(fault)} ({fault.severity})"
        half = text_width_in(words, sizes.small, bold=True) / 2
        centre = min(max((fault.time_s - start) * per_s, half), box.width - half)
        if any(centre + half + 0.1 > left and centre - half - 0.1 < right for left, right in taken):
            continue
        taken.append((centre - half, centre + half))
        write(
            axes,
            start + centre / per_s,
            1.04 + line_in / height,
            words,
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=sizes.small,
            fontweight="bold",
            color=INK.ink,
        )


def _draw_velocity(axes: Axes, time_s: FloatArray, hip: FloatArray, lumbar: FloatArray, sizes: Type) -> None:
    """Hip velocity solid, lumbar velocity dashed; positive is flexing."""
    axes.axhline(0, color=INK.muted, linewidth=0.8, zorder=1)
    axes.set_ylabel("Speed (°/s)", fontsize=sizes.text, color=INK.ink, fontweight="bold")
    if finite_range(hip, lumbar) is None:
        axes.set(yticks=[])
        return
    axes.plot(time_s, velocity_deg_s(time_s, hip), color=INK.hip, linewidth=sizes.line, zorder=3)
    axes.plot(
        time_s,
        velocity_deg_s(time_s, lumbar),
        color=INK.lumbar,
        linewidth=sizes.line,
        linestyle=(0, (3, 1.5)),
        zorder=3,
    )
    named = (("hip: solid", INK.hip, hip), ("lumbar: dashed", INK.lumbar, lumbar))
    words = [(text, colour) for text, colour, value in named if finite_range(value) is not None]
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.3 * (high - low))
    for row, (text, colour) in enumerate(words):
        x = 0.992 if row == 0 else 0.992 - 1.0 / 10.7 - 0.01
        write(
            axes,
            x,
            0.96,
            text,
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize=sizes.small,
            fontweight="bold",
            color=colour,
        )
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10], integer=True))
