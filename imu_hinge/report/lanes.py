"""Lanes above the time panels: calibration and sets, reps and verdicts, gaps; labels thinned to fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from imu_hinge.hinge.coaching import coaching_of
from imu_hinge.report.canvas import Box, blank_axes, first_that_fits, text_width_in, thin, write
from imu_hinge.report.marks import draw_mark, mark_of
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.series import NumberedRep
from imu_hinge.report.words import CLIP_WORDS, duration, segment_words, set_words
from imu_hinge.session.results import SessionResult

__all__ = [
    "CROWDED_IN",
    "Scale",
    "draw_gap_lane",
    "draw_moment_lane",
    "draw_rep_lane",
    "draw_set_lane",
    "spacing_in_inches",
]

CROWDED_IN: Final = 0.085
"""Verdict marks closer than this (inches) give way to a tally per set."""


@dataclass(frozen=True)
class Scale:
    """Seconds to inches along the time axis."""

    start_s: float
    end_s: float
    width_in: float

    def inches(self, time_s: float) -> float:
        """Distance of a time from the left edge."""
        return (time_s - self.start_s) / (self.end_s - self.start_s) * self.width_in

    def seconds(self, inches: float) -> float:
        """Length of time that a width shows."""
        return inches / self.width_in * (self.end_s - self.start_s)


def spacing_in_inches(reps: Sequence[NumberedRep], scale: Scale) -> float:
    """Smallest distance (inches) between neighbouring bottoms."""
    bottoms = [scale.inches(r.rep.bottom_s) for r in reps]
    return min((b - a for a, b in pairwise(bottoms)), default=scale.width_in)


def _lane(figure: Figure, box: Box, scale: Scale, name: str, sizes: Type) -> Axes:
    axes = blank_axes(figure, box)
    axes.set(xlim=(scale.start_s, scale.end_s), ylim=(1, 0))
    write(
        axes,
        -0.08 / box.width,
        0.5,
        name,
        transform=axes.transAxes,
        ha="right",
        va="center_baseline",
        fontsize=sizes.small,
        color=INK.muted,
    )
    return axes


_Bar = tuple[float, float, tuple[str, ...], bool]
"""Start and end (s), names from longest to shortest, and whether it is a set."""
_LABEL_MARGIN_IN: Final = 0.12


def _gathered(bars: Sequence[_Bar], scale: Scale, sizes: Type) -> list[_Bar]:
    """Calibration movements in a row as one bar where any of them is too short for its name; stands have no need."""
    out: list[_Bar] = []
    for is_set, group in groupby(bars, key=lambda bar: bar[3]):
        run = list(group)
        rooms = [scale.inches(end) - scale.inches(start) - _LABEL_MARGIN_IN for start, end, _, _ in run]
        named = [
            (room, names) for room, (_, _, names, _) in zip(rooms, run, strict=True) if names != segment_words("stand")
        ]
        if not is_set and any(not first_that_fits(names, room, sizes.small) for room, names in named):
            run = [(run[0][0], run[-1][1], ("calibration", "calib.", "cal"), False)]
        out += run
    return out


def draw_set_lane(figure: Figure, box: Box, result: SessionResult, scale: Scale, sizes: Type) -> None:
    """Bars for calibration (grey) and sets (blue); sets share the longest kind of name that fits all."""
    bars: list[_Bar] = [(s.start_s, s.end_s, segment_words(s.kind), False) for s in result.segments if s.kind != "set"]
    bars += [(s.start_s, s.end_s, set_words(n, s), True) for n, s in enumerate(result.sets, 1)]
    bars.sort(key=lambda bar: bar[0])
    bars = _gathered(bars, scale, sizes)
    rooms = []
    for i, (start, end, _, is_set) in enumerate(bars):
        before = bars[i - 1][1] if i else scale.start_s
        after = bars[i + 1][0] if i + 1 < len(bars) else scale.end_s
        middle = (start + end) / 2
        aside = min(middle - (before + start) / 2, (after + end) / 2 - middle) if is_set else (end - start) / 2
        rooms.append(2 * aside / (scale.end_s - scale.start_s) * scale.width_in - _LABEL_MARGIN_IN)
    cut = 0
    for room, (_, _, names, is_set) in zip(rooms, bars, strict=True):
        if is_set:
            cut = max(cut, names.index(first_that_fits(names, room, sizes.small, bold=True) or names[-1]))
    bare = bool(result.sets) and all(len(names) <= cut + 1 for _, _, names, is_set in bars if is_set)
    axes = _lane(figure, box, scale, "set" if bare else "", sizes)
    for room, (start, end, names, is_set) in zip(rooms, bars, strict=True):
        axes.add_patch(
            Rectangle(
                (start, 0.08),
                end - start,
                0.84,
                facecolor=(INK.hip if is_set else INK.reference, 0.2),
                edgecolor=INK.paper,
                linewidth=1.0,
            )
        )
        text = first_that_fits(names[min(cut, len(names) - 1) :] if is_set else names, room, sizes.small, bold=is_set)
        write(
            axes,
            (start + end) / 2,
            0.52,
            text,
            ha="center",
            va="center_baseline",
            fontsize=sizes.small,
            color=INK.ink,
            fontweight="bold" if is_set else "normal",
        )


def draw_rep_lane(
    figure: Figure,
    box: Box,
    result: SessionResult,
    reps: Sequence[NumberedRep],
    scale: Scale,
    sizes: Type,
    spacing_in: float,
    chosen: int | None,
) -> None:
    """Rep numbers, thinned, over verdict marks; a tally per set where marks would touch."""
    crowded = spacing_in < CROWDED_IN
    axes = _lane(figure, box, scale, "good" if crowded else "rep" if reps else "", sizes)
    if not reps:
        write(
            axes,
            0.5,
            0.5,
            "no reps found",
            transform=axes.transAxes,
            ha="center",
            va="center_baseline",
            fontsize=sizes.small,
            color=INK.muted,
        )
        return
    if crowded:
        _draw_tallies(axes, result, scale, sizes)
        return
    centres = [scale.inches(r.rep.bottom_s) for r in reps]
    widths = [text_width_in(str(r.number), sizes.small, bold=True) for r in reps]
    for i in thin(centres, widths, 0.06):
        bold = reps[i].number == chosen
        write(
            axes,
            reps[i].rep.bottom_s,
            0.3,
            str(reps[i].number),
            ha="center",
            va="center_baseline",
            fontsize=sizes.small,
            color=INK.ink,
            fontweight="bold" if bold else "normal",
        )
    for r in reps:
        draw_mark(axes, r.rep.bottom_s, 0.78, mark_of(r.rep), min(sizes.marker, spacing_in * 60), clip=False)


def _draw_tallies(axes: Axes, result: SessionResult, scale: Scale, sizes: Type) -> None:
    taken = -0.06
    for a_set in result.sets:
        if not a_set.reps:
            continue
        middle = (a_set.start_s + a_set.end_s) / 2
        judged = sum(rep.verdict != "cannot_tell" for rep in a_set.reps)
        text = f"{a_set.good_reps}/{judged}" if judged else "?"
        half = text_width_in(text, sizes.small) / 2
        if scale.inches(middle) - half < taken + 0.06:
            continue
        taken = scale.inches(middle) + half
        write(
            axes,
            middle,
            0.5,
            text,
            ha="center",
            va="center_baseline",
            fontsize=sizes.small,
            color=INK.ink,
            gid="tally",
        )


def draw_gap_lane(figure: Figure, box: Box, result: SessionResult, scale: Scale, sizes: Type) -> None:
    """Name every gap that finds room, longest first; say how many in all where some do not."""
    axes = _lane(figure, box, scale, "gap", sizes)
    kept: list[tuple[float, float]] = []
    for clip, start, end in sorted(result.quality.gaps_s, key=lambda g: g[1] - g[2]):
        length = duration(end - start)
        for text in (f"{CLIP_WORDS.get(clip, clip)} {length}", length):
            half = text_width_in(text, sizes.small) / 2
            centre = min(max(scale.inches((start + end) / 2), half), scale.width_in - half)
            if all(centre + half + 0.1 < left or centre - half - 0.1 > right for left, right in kept):
                kept.append((centre - half, centre + half))
                write(
                    axes,
                    scale.start_s + scale.seconds(centre),
                    0.5,
                    text,
                    ha="center",
                    va="center_baseline",
                    fontsize=sizes.small,
                    color=INK.ink,
                )
                break


_SIGN_OF: Final = {"cue": ("D", "cue"), "mark": ("|", ""), "undone": ("x", "taken back")}
"""Kind of a moment -> marker, and what it is called where its own words find no room."""


def draw_moment_lane(figure: Figure, box: Box, result: SessionResult, scale: Scale, sizes: Type) -> None:
    """A sign for every cue (diamond), mark (stroke) and rep that was taken back (cross), named where there is room."""
    axes = _lane(figure, box, scale, "cues, marks" if scale.width_in > 6 else "marks", sizes)
    taken = -0.1
    for i, moment in enumerate(result.moments):
        if not scale.start_s <= moment.time_s <= scale.end_s:
            continue
        marker, short = _SIGN_OF.get(moment.kind, ("|", ""))
        x = scale.inches(moment.time_s)
        axes.plot(
            [moment.time_s], [0.5], marker=marker, markersize=sizes.marker * 0.9, markerfacecolor=INK.ink,
            markeredgecolor=INK.ink, markeredgewidth=1.4, linestyle="none", clip_on=False, gid=f"moment-{i + 1}",
        )  # fmt: skip
        later = [scale.inches(m.time_s) for m in result.moments[i + 1 :]]
        room = min([*later[:1], scale.width_in]) - x - 0.2
        words = coaching_of(moment.words).cue if moment.kind == "cue" else moment.words
        text = first_that_fits((words, short), room, sizes.small) if x > taken else ""
        if text:
            write(
                axes, moment.time_s + scale.seconds(0.1), 0.52, text, va="center_baseline", fontsize=sizes.small,
                color=INK.ink,
            )  # fmt: skip
            taken = x + 0.1 + text_width_in(text, sizes.small)
