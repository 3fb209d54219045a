"""Whole figures: a session, one rep, and the single panels a page arranges itself; and how they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from imu_hinge.errors import OutputError
from imu_hinge.report.angle_angle import draw_angle_angle, pattern_title
from imu_hinge.report.canvas import Box, blank_axes, new_figure, shorten, write
from imu_hinge.report.describe import headline
from imu_hinge.report.marks import BAND, Mark, draw_key, marks_of
from imu_hinge.report.palette import INK, PHONE, STAGE, Type
from imu_hinge.report.rep_by_rep import draw_rep_by_rep
from imu_hinge.report.rep_lanes import draw_order, draw_tempo, sure_order_s
from imu_hinge.report.rep_panels import draw_rep
from imu_hinge.report.series import NumberedRep, numbered_reps, pick_rep, telling_rep
from imu_hinge.report.strip import assumed_words, draw_strip
from imu_hinge.report.timeline import draw_timeline, is_crowded, reference_words
from imu_hinge.report.words import exercise_words, rep_words
from imu_hinge.session.results import SessionResult

__all__ = [
    "FORMATS",
    "angle_angle_figure",
    "key_marks",
    "rep_by_rep_figure",
    "save_figure",
    "session_figure",
    "strip_figure",
    "timeline_figure",
]

FORMATS: Final = (".png", ".svg", ".pdf")
"""File endings ``save_figure`` writes."""

_PANEL_IN: Final = 10.7

_METADATA: Final[Mapping[str, Mapping[str, str | None]]] = {
    ".svg": {"Date": None, "Creator": "imu_hinge"},
    ".pdf": {"CreationDate": None, "Creator": "imu_hinge", "Producer": "imu_hinge"},
    ".png": {"Software": "imu_hinge"},
}


def session_figure(result: SessionResult, rep: int | None = None) -> Figure:
    """Figure of a session, or of one rep (numbered from 1 across sets), 12 inches wide.

    Raises ImuHingeError where there is no such rep.
    """
    return _whole_session(result) if rep is None else _one_rep(result, pick_rep(result, rep))


def timeline_figure(result: SessionResult, *, phone: bool = False) -> Figure:
    """Return the session over time alone, for a desktop (11 in) or a phone (4.4 in)."""
    sizes = PHONE if phone else STAGE
    left, right = (0.72, 0.1) if phone else (1.0, 0.2)
    figure = new_figure(4.4 if phone else 11.0, 4.9 if phone else 5.9)
    width, height = figure.get_size_inches()
    key_in = 0.45 if phone else 0.3
    chosen = telling_rep(result)
    draw_key(figure, Box(0.12, 0.05, width - 0.2, key_in), key_marks(result), sizes)
    box = Box(left, key_in + 0.1, width - left - right, height - key_in - (0.62 if phone else 0.78))
    draw_timeline(figure, result, box, sizes, chosen.number if chosen else None)
    return figure


def angle_angle_figure(result: SessionResult, *, phone: bool = False) -> Figure:
    """Return lumbar over hip flexion alone."""
    sizes = PHONE if phone else STAGE
    figure = new_figure(4.4 if phone else 5.2, 3.6 if phone else 5.6)
    left, bottom = (0.72, 0.55) if phone else (0.95, 0.75)
    width, height = figure.get_size_inches()
    draw_angle_angle(
        figure,
        result,
        Box(left, 0.12, width - left - 0.15, height - bottom - 0.12),
        sizes,
        telling_rep(result),
    )
    return figure


def rep_by_rep_figure(result: SessionResult, *, phone: bool = False) -> Figure:
    """Return each rep over its number: lumbar flexion at the bottom, tempo and, where it is known, who moved first."""
    sizes = PHONE if phone else STAGE
    knows_order = any(sure_order_s(r.rep) is not None for r in numbered_reps(result))
    heights = [1.15, 1.15, 2.2] if knows_order else [1.15, 2.2]
    if phone:
        heights = [0.78 * height for height in heights]
    left, bottom, right, gap = (0.72, 0.55, 0.1, 0.2) if phone else (1.0, 0.75, 0.2, 0.26)
    width = 4.4 if phone else 11.0
    inner = sum(heights) + gap * (len(heights) - 1)
    figure = new_figure(width, inner + bottom + 0.1)
    boxes = Box(left, 0.1, width - left - right, inner).rows(heights, gap)
    # The numbered axis belongs at the foot, so what matters most stands directly above it.
    panels = [draw_tempo(figure, result, boxes[0], sizes)]
    if knows_order:
        panels.append(draw_order(figure, result, boxes[1], sizes))
    panels.append(draw_rep_by_rep(figure, result, boxes[-1], sizes))
    figure.align_ylabels(panels)
    return figure


def strip_figure(result: SessionResult, r: NumberedRep, *, phone: bool = False) -> Figure:
    """Return the stick figures of one rep alone."""
    sizes = PHONE if phone else STAGE
    figure = new_figure(4.4 if phone else 7.2, 2.3 if phone else 4.1)
    width, height = figure.get_size_inches()
    foot = sizes.small / 72 * 1.7
    poses = draw_strip(figure, result, Box(0.05, 0.05, width - 0.1, height - foot - 0.1), sizes, r)
    _footnote(figure, Box(0.05, height - foot - 0.02, width - 0.1, foot), assumed_words(poses), sizes)
    return figure


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, SVG or PDF by its ending; the same figure gives the same bytes.

    Raises OutputError for another ending or where the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        advice = "End the name in .png, .svg or .pdf."
        raise OutputError(f"cannot draw a '{ending or 'nameless'}' file", path=str(path), advice=advice)
    with mpl.rc_context({"svg.hashsalt": "imu_hinge", "svg.fonttype": "path", "pdf.fonttype": 42}):
        try:
            figure.savefig(path, dpi=200, metadata=dict(_METADATA[ending]))
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(f"cannot write the figure ({reason})", path=str(path)) from error


def _whole_session(result: SessionResult) -> Figure:
    sizes = STAGE
    crowded = is_crowded(result, _PANEL_IN)
    extra = 2.7 if crowded else 0.0
    figure = new_figure(12.0, 10.6 + extra)
    chosen = telling_rep(result)
    _title(figure, headline(result).rstrip("."), _session_subtitle(result), sizes)
    draw_key(figure, Box(0.25, 0.92, 11.5, 0.3), key_marks(result), sizes)
    draw_timeline(figure, result, Box(1.05, 1.28, _PANEL_IN, 4.75), sizes, chosen.number if chosen else None)
    if crowded:
        draw_rep_by_rep(figure, result, Box(1.05, 6.9, _PANEL_IN, 1.95), sizes)
    head = f"Rep {chosen.number}: {rep_words(chosen.rep)}" if chosen else "No rep to draw"
    _lower_row(figure, result, chosen, Box(0, 6.8 + extra, 12.0, 3.8), sizes, head)
    return figure


def _one_rep(result: SessionResult, r: NumberedRep) -> Figure:
    sizes = STAGE
    figure = new_figure(12.0, 10.6)
    in_set = r.in_set.reps.index(r.rep) + 1
    where = f"{exercise_words(r.in_set.exercise)}, set {r.set_number}, rep {in_set} of {len(r.in_set.reps)}"
    _title(figure, f"Rep {r.number}: {rep_words(r.rep)}", f"{where} · {_session_subtitle(result)}", sizes)
    draw_key(figure, Box(0.25, 0.92, 11.5, 0.3), key_marks(result, r), sizes)
    draw_rep(figure, result, Box(1.05, 1.28, _PANEL_IN, 4.75), sizes, r)
    _lower_row(figure, result, r, Box(0, 6.8, 12.0, 3.8), sizes, "From start to end")
    return figure


def _lower_row(
    figure: Figure, result: SessionResult, chosen: NumberedRep | None, box: Box, sizes: Type, head: str
) -> None:
    """Angle-angle panel at the left, stick figures of the chosen rep at the right."""
    heading = sizes.text / 72 * 1.5
    _heading(figure, Box(0.25, box.top, 4.6, heading), pattern_title(result), sizes)
    inner = box.top + heading + 0.1
    panel = Box(1.05, inner, 3.75, box.top + box.height - inner - 0.72)
    draw_angle_angle(figure, result, panel, sizes, chosen)
    left, width = 5.35, 6.4
    _heading(figure, Box(left, box.top, width, heading), head, sizes)
    if chosen is None:
        return
    foot = sizes.small / 72 * 1.7
    poses = draw_strip(
        figure, result, Box(left, inner, width, box.top + box.height - inner - foot - 0.1), sizes, chosen
    )
    _footnote(figure, Box(left, box.top + box.height - foot - 0.08, width, foot), assumed_words(poses), sizes)


def _session_subtitle(result: SessionResult) -> str:
    clips = ", ".join(
        f"{clip} ({site})" if (site := _site(result, clip)) not in ("", clip) else clip for clip in result.clips
    )
    parts = [f"clips: {clips}", f"calibration: {result.quality.calibration}"]
    return " · ".join([result.recording, *parts])


def _site(result: SessionResult, clip: str) -> str:
    return result.quality.clips[clip].site if clip in result.quality.clips else ""


def key_marks(result: SessionResult, only: NumberedRep | None = None) -> list[Mark]:
    """Marks that occur, the band, and the dashed reference line."""
    reps = (only,) if only else numbered_reps(result)
    marks = [*marks_of(r.rep for r in reps), BAND]
    words = reference_words(result)
    if words:
        marks.append(Mark(words, "dashes", INK.reference, INK.reference))
    return marks


def _title(figure: Figure, title: str, subtitle: str, sizes: Type) -> None:
    axes = blank_axes(figure, Box(0.25, 0.12, 11.5, 0.75))
    fit = shorten(title, 11.5, sizes.title, bold=True)
    write(axes, 0, 0.72, fit, fontsize=sizes.title, fontweight="bold", color=INK.ink, va="center_baseline")
    write(
        axes,
        0,
        0.2,
        shorten(subtitle, 11.5, sizes.text),
        fontsize=sizes.text,
        color=INK.muted,
        va="center_baseline",
    )


def _heading(figure: Figure, box: Box, text: str, sizes: Type) -> None:
    axes = blank_axes(figure, box)
    fit = shorten(text, box.width, sizes.text, bold=True)
    write(axes, 0, 0.5, fit, fontsize=sizes.text, fontweight="bold", color=INK.ink, va="center_baseline")


def _footnote(figure: Figure, box: Box, text: str, sizes: Type) -> None:
    axes = blank_axes(figure, box)
    fit = shorten(text, box.width, sizes.small)
    write(axes, 0.5, 0.5, fit, fontsize=sizes.small, color=INK.muted, va="center_baseline", ha="center")
