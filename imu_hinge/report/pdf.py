"""A session as pages of A4 to print or send: the same words and figures as the page, laid out by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import matplotlib as mpl
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from imu_hinge.report.advice import judged_words
from imu_hinge.report.angle_angle import draw_angle_angle, pattern_title
from imu_hinge.report.canvas import Box, blank_axes, new_figure, shorten, wrap, write
from imu_hinge.report.describe import calibration_age_words, headline, hip_sentence, lumbar_sentence
from imu_hinge.report.figures import key_marks
from imu_hinge.report.focus import Focus, best_and_worst_words, best_rep, focus_of, worst_rep
from imu_hinge.report.marks import draw_key, draw_mark, mark_of
from imu_hinge.report.multiples import draw_multiples, shown_reps
from imu_hinge.report.palette import INK, PAPER
from imu_hinge.report.rep_by_rep import draw_rep_by_rep
from imu_hinge.report.rep_lanes import draw_order, draw_tempo, sure_order_s
from imu_hinge.report.series import NumberedRep, numbered_reps, telling_rep
from imu_hinge.report.strip import assumed_words, draw_strip
from imu_hinge.report.tables import Cell, clip_cells, rep_cells
from imu_hinge.report.timeline import draw_timeline
from imu_hinge.report.words import rep_words, sentence, set_words, tally_words, yardstick_words
from imu_hinge.session.results import SessionResult
from imu_hinge.version import __version__

__all__ = ["render_pdf"]

_WIDTH: Final = 8.27
_HEIGHT: Final = 11.69
_MARGIN: Final = 0.6
_INNER: Final = _WIDTH - 2 * _MARGIN
_ACROSS: Final = 6
_DRAWN_SETS: Final = 12
_ROW_IN: Final = PAPER.small / 72 * 1.85
_REP_WIDTHS: Final = (0.4, 0.85, 1.0, 1.0, 0.85, 0.8, 0.8, 0.0)
_FOCUS_COLOUR: Final = {"fault": INK.lumbar, "good": INK.good}


def render_pdf(result: SessionResult) -> bytes:
    """Render report.pdf: A4 pages with real text; the same result gives the same bytes."""
    pages = _Pages(f"{result.recording} · imu_hinge {__version__}")
    _first_page(pages, result)
    _rep_page(pages, result)
    for number, a_set in enumerate(result.sets, 1):
        reps = [r for r in numbered_reps(result) if r.set_number == number]
        if reps:
            title = set_words(number, a_set)[0]
            _set(pages, result, f"{title}: {tally_words(a_set.reps)}", reps, drawn=number <= _DRAWN_SETS)
    _health(pages, result)
    return pages.as_bytes()


class _Pages:
    """Pages that fill from the top; what finds no room begins the next one."""

    def __init__(self, foot: str) -> None:
        self._foot = foot
        self._figures: list[Figure] = []
        self._top = _HEIGHT

    def room(self, height: float) -> Box:
        """A box of that height (inches) and all the width."""
        if self._top + height > _HEIGHT - _MARGIN:
            self.turn()
        box = Box(_MARGIN, self._top, _INNER, height)
        self._top += height
        return box

    @property
    def page(self) -> Figure:
        """The page that the last box is on."""
        return self._figures[-1]

    @property
    def left_in(self) -> float:
        """How much of the page is left, inches."""
        return _HEIGHT - _MARGIN - self._top

    def turn(self) -> None:
        """Begin a page."""
        self._figures.append(new_figure(_WIDTH, _HEIGHT))
        self._top = _MARGIN

    def space(self, height: float) -> None:
        """Leave room, unless the page is over."""
        self._top += height

    def text(self, words: str, size: float = PAPER.text, colour: str = INK.ink, *, bold: bool = False) -> None:
        """A paragraph over all the width."""
        for line in wrap(words, _INNER * (0.94 if bold else 1.0), size):
            box = self.room(size / 72 * 1.5)
            axes = blank_axes(self.page, box)
            write(
                axes, 0.0, 0.5, line, fontsize=size, color=colour, fontweight="bold" if bold else "normal",
                va="center_baseline",
            )  # fmt: skip

    def heading(self, words: str, needs: float = 0.0) -> None:
        """A heading that stays with the next ``needs`` inches."""
        if self.left_in < needs + 0.5:
            self.turn()
        else:
            self.space(0.16)
        self.text(shorten(words, _INNER, PAPER.text * 1.15, bold=True), PAPER.text * 1.15, bold=True)
        self.space(0.05)

    def as_bytes(self) -> bytes:
        """The finished document."""
        buffer = io.BytesIO()
        info = {"CreationDate": None, "ModDate": None, "Creator": "imu_hinge", "Producer": "imu_hinge"}
        with mpl.rc_context({"pdf.fonttype": 42}), PdfPages(buffer, metadata={**info, "Title": self._foot}) as pdf:
            for number, figure in enumerate(self._figures, 1):
                axes = blank_axes(figure, Box(_MARGIN, _HEIGHT - 0.45, _INNER, 0.2))
                style = {"fontsize": PAPER.small, "color": INK.muted, "va": "center_baseline"}
                write(axes, 0.0, 0.5, shorten(self._foot, _INNER - 1.0, PAPER.small), **style)
                write(axes, 1.0, 0.5, f"{number} of {len(self._figures)}", ha="right", **style)
                pdf.savefig(figure)
        return buffer.getvalue()


def _first_page(pages: _Pages, result: SessionResult) -> None:
    pages.text(f"{result.recording} · calibration: {result.quality.calibration}", PAPER.small, INK.muted)
    pages.text(headline(result), PAPER.title, bold=True)
    pages.space(0.1)
    _draw_focus(pages, focus_of(result))
    pages.space(0.08)
    pages.text(" ".join(s for s in (hip_sentence(result), lumbar_sentence(result), best_and_worst_words(result)) if s))
    for warning in result.quality.warnings:
        pages.text(f"! {sentence(warning)}", PAPER.small, INK.muted)
    pages.heading("Over time", 3.7)
    draw_key(pages.page, pages.room(0.32), key_marks(result), PAPER)
    chosen = telling_rep(result)
    box = pages.room(3.4)
    inner = Box(box.left + 0.62, box.top, box.width - 0.66, box.height - 0.5)
    draw_timeline(pages.page, result, inner, PAPER, chosen.number if chosen else None)
    if not numbered_reps(result):
        return
    knows_order = any(sure_order_s(r.rep) is not None for r in numbered_reps(result))
    height = 2.7 if knows_order else 2.2
    pages.heading("Rep by rep", height)
    box = pages.room(height)
    inner = Box(box.left + 0.62, box.top, box.width - 0.66, box.height - 0.45)
    parts = inner.rows([1.0, 1.0, 1.6] if knows_order else [1.0, 1.6], 0.16)
    panels = [draw_tempo(pages.page, result, parts[0], PAPER)]
    if knows_order:
        panels.append(draw_order(pages.page, result, parts[1], PAPER))
    panels.append(draw_rep_by_rep(pages.page, result, parts[-1], PAPER))
    pages.page.align_ylabels(panels)


def _draw_focus(pages: _Pages, focus: Focus) -> None:
    lead = "One thing to work on" if focus.kind == "fault" else "In short"
    room = _INNER - 0.45
    lines = [
        (lead, PAPER.small, INK.muted, False),
        (focus.title, PAPER.title, INK.ink, True),
        *((line, PAPER.text, INK.ink, False) for line in wrap(focus.seen, room, PAPER.text)),
        *((line, PAPER.text * 1.1, INK.ink, True) for line in wrap(focus.advice, room * 0.88, PAPER.text * 1.1)),
    ]
    heights = [size / 72 * 1.5 for _, size, _, _ in lines]
    box = pages.room(sum(heights) + 0.2)
    axes = blank_axes(pages.page, box)
    axes.set(xlim=(0, box.width), ylim=(box.height, 0))
    axes.add_patch(Rectangle((0, 0), box.width, box.height, facecolor=INK.shade, linewidth=0))
    edge = _FOCUS_COLOUR.get(focus.kind, INK.assumed)
    axes.add_patch(Rectangle((0, 0), 0.07, box.height, facecolor=edge, linewidth=0))
    top = 0.1
    for (text, size, colour, bold), height in zip(lines, heights, strict=True):
        write(
            axes, 0.25, top + height / 2, text, fontsize=size, color=colour, fontweight="bold" if bold else "normal",
            va="center_baseline",
        )  # fmt: skip
        top += height


def _rep_page(pages: _Pages, result: SessionResult) -> None:
    chosen = telling_rep(result)
    if chosen is None:
        return
    pages.heading(pattern_title(result), 3.4)
    box = pages.room(3.4)
    inner = Box(box.left + 0.62, box.top, box.width - 0.66, box.height - 0.5)
    draw_angle_angle(pages.page, result, inner, PAPER, chosen)
    named = [("Best rep", best_rep(result)), ("Worst rep", worst_rep(result))]
    for lead, r in [(lead, r) for lead, r in named if r is not None] or [("Rep", chosen)]:
        pages.heading(f"{lead}, {r.number}: {rep_words(r.rep)}" if lead != "Rep" else f"Rep {r.number}", 2.7)
        box = pages.room(2.5)
        poses = draw_strip(pages.page, result, box, PAPER, r)
        pages.text(assumed_words(poses), PAPER.small, INK.muted)


def _set(pages: _Pages, result: SessionResult, title: str, reps: Sequence[NumberedRep], *, drawn: bool) -> None:
    pages.heading(title, 1.8)
    if drawn:
        shown = shown_reps(reps)
        for first in range(0, len(shown), _ACROSS):
            row = shown[first : first + _ACROSS]
            box = pages.room(1.75)
            inner = Box(box.left + 0.55, box.top, box.width - 0.6, box.height - 0.28)
            draw_multiples(pages.page, result, row, inner, PAPER, _ACROSS, beside=shown)
    pages.space(0.1)
    keep = ("Rep", "Deepest hip", "Lumbar at bottom", "Tempo", "First", "Hip share", "Verdict", "Faults")
    # The share by quarters finds no room on paper.
    rows = [
        [
            (label, text.partition(" (")[0] if label == "Hip share" else text)
            for label, text in rep_cells(r)
            if label in keep
        ]
        for r in reps
    ]
    _table(pages, rows, _REP_WIDTHS, reps)


def _table(
    pages: _Pages,
    rows: Sequence[Sequence[Cell]],
    widths: Sequence[float],
    reps: Sequence[NumberedRep] = (),
) -> None:
    """Rows of text under their labels, which are written again on every page; the last column takes what is left."""
    if not rows:
        return
    lasts = [wrap(row[-1][1], _INNER - sum(widths) - 0.05, PAPER.small) or [""] for row in rows]
    page = None
    for i, (row, last) in enumerate(zip(rows, lasts, strict=True)):
        height = _ROW_IN * max(1, len(last))
        if pages.left_in < height + _ROW_IN:
            pages.turn()
        if i == 0 or page is not pages.page:
            _cells(pages, [label for label, _ in row], widths, colour=INK.muted)
        box = _cells(pages, [text for _, text in row[:-1]], widths, height=height, last=last)
        if reps:
            axes = blank_axes(pages.page, box)
            axes.set(xlim=(0, box.width), ylim=(box.height, 0))
            axes.plot([0, box.width], [0, 0], color=INK.grid, linewidth=0.7)
            mark = mark_of(reps[i].rep)
            if mark.shade != INK.shade:
                axes.add_patch(Rectangle((0, 0), box.width, box.height, facecolor=mark.shade, linewidth=0, zorder=0))
            draw_mark(axes, sum(widths[:6]) - 0.08, _ROW_IN / 2, mark, PAPER.marker, clip=False)
        page = pages.page


def _cells(
    pages: _Pages,
    texts: Sequence[str],
    widths: Sequence[float],
    *,
    height: float = _ROW_IN,
    last: Sequence[str] = (),
    colour: str = INK.ink,
) -> Box:
    """One row of a table; returns where it is."""
    box = pages.room(height)
    axes = blank_axes(pages.page, box)
    axes.set(xlim=(0, box.width), ylim=(box.height, 0))
    axes.set_zorder(2)
    left = 0.06
    style = {"fontsize": PAPER.small, "color": colour, "va": "center_baseline"}
    for text, width in zip(texts, widths, strict=False):
        room = width - 0.06 if width else box.width - left
        write(axes, left, _ROW_IN / 2, shorten(text, room, PAPER.small), **style)
        left += width
    for i, line in enumerate(last):
        write(axes, 0.06 + sum(widths), (i + 0.5) * _ROW_IN, line, **style)
    return box


def _health(pages: _Pages, result: SessionResult) -> None:
    clips = [clip_cells(name, clip) for name, clip in result.quality.clips.items()]
    pages.heading("Session health", 1.6)
    words = [f"Calibration: {result.quality.calibration}.", calibration_age_words(result)]
    clock_ms = result.quality.clock_residual_ms
    words += [f"The clips' clocks agree within {clock_ms:.1f} ms."] if clock_ms is not None else []
    pages.text(" ".join(word for word in words if word))
    _table(pages, clips, (1.3, 0.6, 0.95, 0.85, 1.0, 0.9, 0.95, 0.0))
    pages.space(0.12)
    yardstick = yardstick_words(result).replace("own reference", "your own reference")
    meaning = (
        "Angles are estimates and count from your own standing posture: forward bending and rounding are positive, "
        "arching is negative. ± is one standard deviation; bands and bars hold the true value about nine times in "
        f"ten. Reps are judged against {yardstick}, for technique, awareness and consistency."
    )
    again = "The parameters that recompute these pages are in summary.json beside them."
    for paragraph in (judged_words(result), meaning, again):
        pages.text(paragraph, PAPER.small, INK.muted)
