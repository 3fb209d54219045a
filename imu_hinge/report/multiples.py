"""Small multiples of a set: hip and lumbar flexion of every rep against its phase, over the own reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from imu_hinge.report.angle_angle import ReferenceBand, reference_band
from imu_hinge.report.canvas import Box, blank_axes, new_figure, place, style_axes, text_width_in, write
from imu_hinge.report.marks import draw_mark, mark_of
from imu_hinge.report.palette import INK, PHONE, STAGE, Type
from imu_hinge.report.series import FloatArray, NumberedRep, between, finite_range
from imu_hinge.report.words import NINETY
from imu_hinge.session.results import SessionResult

__all__ = ["MOST_PANELS", "Course", "course_of", "multiples_figure", "shown_reps", "typical_hip"]

MOST_PANELS: Final = 12
"""A set of more reps shows its faulty ones first and others spread over the set."""

_PHASES: Final = np.linspace(0.0, 100.0, 81)
_MOST_BAND_DEG: Final = 60.0


@dataclass(frozen=True)
class Course:
    """A rep's angles against its phase, % (0 start, 50 bottom, 100 end); every array is (N,), degrees, NaN unknown."""

    phase: FloatArray
    hip_deg: FloatArray
    hip_sd_deg: FloatArray
    lumbar_deg: FloatArray
    lumbar_sd_deg: FloatArray


def course_of(result: SessionResult, r: NumberedRep) -> Course:
    """A rep resampled to even phases; time runs evenly within the way down and within the way up."""
    rep, angles = r.rep, result.angles
    part = between(angles, rep.start_s, rep.end_s)
    time_s = angles.time_s[part]
    at_s = np.interp(_PHASES, [0.0, 50.0, 100.0], [rep.start_s, rep.bottom_s, rep.end_s])

    def resampled(values: FloatArray) -> FloatArray:
        return np.interp(at_s, time_s, values[part]) if len(time_s) else np.full(len(_PHASES), np.nan)

    return Course(
        _PHASES,
        resampled(angles.hip_flexion_deg),
        resampled(angles.hip_flexion_sd_deg),
        resampled(angles.lumbar_flexion_deg),
        resampled(angles.lumbar_flexion_sd_deg),
    )


def typical_hip(courses: Sequence[Course]) -> FloatArray:
    """The set's typical way of the hips, the median over reps at each phase, (N,) degrees, NaN where none knows."""
    hips = np.array([course.hip_deg for course in courses], dtype=np.float64)
    out = np.full(hips.shape[1], np.nan)
    some = np.isfinite(hips).any(axis=0)
    out[some] = np.nanmedian(hips[:, some], axis=0)
    return out


def shown_reps(reps: Sequence[NumberedRep], most: int = MOST_PANELS) -> tuple[NumberedRep, ...]:
    """At most so many reps of a set, in order: the faulty ones before others, which are spread over the set."""
    if len(reps) <= most:
        return tuple(reps)
    faulty = [i for i, r in enumerate(reps) if r.rep.faults]
    kept = set(np.array(faulty)[_spread(len(faulty), most)].tolist()) if faulty else set()
    others = [i for i in range(len(reps)) if i not in kept]
    kept |= {others[i] for i in _spread(len(others), most - len(kept))}
    return tuple(reps[i] for i in sorted(kept))


def _spread(count: int, most: int) -> list[int]:
    """So many places spread over a row of ``count``."""
    if most <= 0 or count == 0:
        return []
    return sorted(set(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist()))


def multiples_figure(result: SessionResult, reps: Sequence[NumberedRep], *, phone: bool = False) -> Figure:
    """Draw a panel of hip over lumbar flexion for each rep of one set, for a desktop (11 in) or a phone (4.4 in)."""
    sizes = PHONE if phone else STAGE
    across = 3 if phone else 6
    shown = shown_reps(reps)
    rows = -(-len(shown) // across)
    left, right, bottom = (0.62, 0.08, 0.32) if phone else (0.95, 0.15, 0.4)
    width = 4.4 if phone else 11.0
    panel_in = 1.75 if phone else 2.15
    figure = new_figure(width, rows * panel_in + bottom)
    draw_multiples(figure, result, shown, Box(left, 0.02, width - left - right, rows * panel_in), sizes, across)
    return figure


def draw_multiples(
    figure: Figure,
    result: SessionResult,
    reps: Sequence[NumberedRep],
    box: Box,
    sizes: Type,
    across: int,
    beside: Sequence[NumberedRep] = (),
) -> None:
    """Draw the panels into a box, ``across`` in a row; all share their scales, which are written at the left, also with
    those of the reps ``beside`` (drawn elsewhere)."""
    courses = [course_of(result, r) for r in reps]
    all_ = [course_of(result, r) for r in beside] or courses
    band = reference_band(result)
    hips = _limits([(c.hip_deg, c.hip_sd_deg) for c in all_], least=60.0)
    lumbars = _limits([(c.lumbar_deg, c.lumbar_sd_deg) for c in all_], least=20.0)
    typical = typical_hip(all_) if all_ else _PHASES
    rows = -(-len(reps) // across)
    head = sizes.small / 72 * 1.7
    gap = 0.1
    cell_w = (box.width - gap * (across - 1)) / across
    cell_h = box.height / max(rows, 1)
    for i, (r, course) in enumerate(zip(reps, courses, strict=True)):
        row, column = divmod(i, across)
        cell = Box(box.left + column * (cell_w + gap), box.top + row * cell_h, cell_w, cell_h)
        _head(figure, Box(cell.left, cell.top, cell.width, head), r, sizes)
        inner = Box(cell.left, cell.top + head, cell.width, cell_h - head - 0.12)
        above, below = (place(figure, part) for part in inner.rows([1.0, 1.0], 0.06))
        below_this = i + across >= len(reps)
        _panel(above, course.hip_deg, course.hip_sd_deg, INK.hip, hips, sizes, first=column == 0, label="Hip (°)")
        above.plot(_PHASES, typical, color=INK.reference, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2.5)
        _draw_reference(below, course, band)
        _panel(
            below, course.lumbar_deg, course.lumbar_sd_deg, INK.lumbar, lumbars, sizes, first=column == 0,
            label="Lumbar (°)",
        )  # fmt: skip
        for axes, part in ((above, "hip"), (below, "lumbar")):
            axes.axvline(50.0, color=INK.muted, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
            axes.patch.set_gid(f"small-{r.number}-{part}")
        above.tick_params(axis="x", labelbottom=False, length=0)
        below.tick_params(axis="x", labelbottom=below_this)
        below.set_xticks([0.0, 50.0, 100.0] if below_this else [])
        if below_this:
            wide = cell_w > text_width_in("start bottom end", sizes.small) * 1.25
            below.set_xticklabels(["start", "bottom", "end"] if wide else ["", "bottom", ""], fontsize=sizes.small)
            start, _, end = below.get_xticklabels()
            start.set_horizontalalignment("left")
            end.set_horizontalalignment("right")


def _head(figure: Figure, box: Box, r: NumberedRep, sizes: Type) -> None:
    axes = blank_axes(figure, box)
    axes.set(xlim=(0, box.width), ylim=(1, 0))
    draw_mark(axes, 0.1, 0.5, mark_of(r.rep), sizes.marker, clip=False)
    write(
        axes, 0.24, 0.52, f"rep {r.number}", fontsize=sizes.small, fontweight="bold", color=INK.ink,
        va="center_baseline",
    )  # fmt: skip


def _panel(
    axes: Axes,
    value_deg: FloatArray,
    sd_deg: FloatArray,
    colour: str,
    limits: tuple[float, float],
    sizes: Type,
    *,
    first: bool,
    label: str,
) -> None:
    style_axes(axes, sizes)
    axes.set_xlim(0.0, 100.0)
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 3, 5, 10], integer=True))
    spread = NINETY * np.nan_to_num(sd_deg, nan=0.0)
    axes.fill_between(_PHASES, value_deg - spread, value_deg + spread, color=colour, alpha=0.22, linewidth=0, zorder=2)
    axes.plot(_PHASES, value_deg, color=colour, linewidth=sizes.line, zorder=3)
    if finite_range(value_deg) is None:
        write(
            axes, 50.0, 0.5, "not known", transform=axes.get_xaxis_transform(), ha="center", va="center",
            fontsize=sizes.small, color=INK.muted,
        )  # fmt: skip
    if first:
        axes.set_ylabel(label, fontsize=sizes.small, color=colour, fontweight="bold")
    else:
        axes.tick_params(axis="y", labelleft=False, length=0)


def _draw_reference(axes: Axes, course: Course, band: ReferenceBand | None) -> None:
    """What the own reference hinges did at the hip angles of this rep, as a band over its phase."""
    if band is None:
        return
    known = np.where((course.hip_deg >= band.hip_deg[0]) & (course.hip_deg <= band.hip_deg[-1]), course.hip_deg, np.nan)
    low = np.interp(known, band.hip_deg, band.low_deg)
    high = np.interp(known, band.hip_deg, band.high_deg)
    axes.fill_between(course.phase, low, high, color=INK.reference, alpha=0.3, linewidth=0, zorder=1)


def _limits(pairs: Sequence[tuple[FloatArray, FloatArray]], least: float) -> tuple[float, float]:
    """Limits that hold every value and its band, bands that mean 'anything' cut."""
    lows = [value - np.clip(NINETY * np.nan_to_num(sd, nan=0.0), 0.0, _MOST_BAND_DEG) for value, sd in pairs]
    highs = [value + np.clip(NINETY * np.nan_to_num(sd, nan=0.0), 0.0, _MOST_BAND_DEG) for value, sd in pairs]
    low, high = finite_range(*lows, *highs) or (0.0, least)
    low, high = min(low, 0.0), max(high, least)
    return low - 0.05 * (high - low), high + 0.08 * (high - low)
