"""Placing things in inches on a figure, measuring text before it is drawn, and choosing labels that fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextPath

from imu_hinge.report.palette import INK, Type

__all__ = [
    "Box",
    "blank_axes",
    "first_that_fits",
    "new_figure",
    "place",
    "style_axes",
    "text_width_in",
    "thin",
    "wrap",
]


FONT: Final = "DejaVu Sans"
"""Comes with matplotlib, so that figures look the same everywhere."""


@dataclass(frozen=True)
class Box:
    """A rectangle in inches: left and top from the figure's top left corner, width and height."""

    left: float
    top: float
    width: float
    height: float

    def rows(self, heights: Sequence[float], gap: float) -> tuple[Box, ...]:
        """Cut into rows of those relative heights with a gap (inches) between them."""
        free = self.height - gap * (len(heights) - 1)
        unit = free / sum(heights)
        out, top = [], self.top
        for height in heights:
            out.append(Box(self.left, top, self.width, height * unit))
            top += height * unit + gap
        return tuple(out)


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure of that size in inches, outside pyplot, on the palette's paper."""
    return Figure(figsize=(width_in, height_in), dpi=100, facecolor=INK.paper)


def place(figure: Figure, box: Box) -> Axes:
    """Add axes at a box."""
    width, height = figure.get_size_inches()
    return figure.add_axes(
        (box.left / width, 1 - (box.top + box.height) / height, box.width / width, box.height / height)
    )


def blank_axes(figure: Figure, box: Box) -> Axes:
    """Add axes at a box without frame, ticks or background, for lanes and drawings."""
    axes = place(figure, box)
    axes.set_axis_off()
    return axes


def style_axes(axes: Axes, sizes: Type) -> None:
    """Quiet frame, horizontal grid, readable ticks."""
    axes.set_facecolor("none")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(INK.muted)
        axes.spines[side].set_linewidth(0.8)
    axes.tick_params(colors=INK.muted, labelcolor=INK.ink, labelsize=sizes.small, width=0.8, length=3.5)
    axes.grid(visible=True, axis="y", color=INK.grid, linewidth=0.8)
    axes.set_axisbelow(True)


@lru_cache(maxsize=4096)
def text_width_in(text: str, points: float, *, bold: bool = False) -> float:
    """Width of one line of text in inches, in the font the figures use."""
    if not text.strip():
        return 0.0
    font = FontProperties(family=FONT, weight="bold" if bold else "normal")
    path = TextPath((0.0, 0.0), drawable(text).replace("$", "S"), size=points, prop=font, usetex=False)
    return float(path.get_extents().width) / 72.0


@lru_cache(maxsize=4096)
def drawable(text: str) -> str:
    """Return text with every character that the font lacks, or that is no character, replaced by '?'."""
    known = get_font(findfont(FontProperties(family=FONT)))
    return "".join(c if c.isprintable() and known.get_char_index(ord(c)) else "?" for c in text)


def write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Write text at data coordinates; what a file calls its things is never read as mathematics."""
    axes.text(x, y, drawable(text), parse_math=False, fontfamily=FONT, **style)


def shorten(text: str, width_in: float, points: float, *, bold: bool = False) -> str:
    """Cut a text at its end, with an ellipsis, until it fits."""
    if text_width_in(text, points, bold=bold) <= width_in:
        return text
    low, high = 0, len(text) - 1
    while low < high:
        middle = (low + high + 1) // 2
        fits = text_width_in(text[:middle] + "…", points, bold=bold) <= width_in
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip(" ,·") + "…"


def wrap(text: str, width_in: float, points: float) -> list[str]:
    """Break a text between words into lines no wider than that."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width_in(longer, points) <= width_in:
            lines[-1] = longer
        else:
            lines.append(shorten(word, width_in, points))
    return lines


def first_that_fits(texts: Sequence[str], width_in: float, points: float, *, bold: bool = False) -> str:
    """Return the first text no wider than that, '' where none is."""
    for text in texts:
        if text_width_in(text, points, bold=bold) <= width_in:
            return text
    return ""


def thin(centres_in: Sequence[float], widths_in: Sequence[float], gap_in: float) -> tuple[int, ...]:
    """Indices of numbered labels (ascending centres) to keep so that no two come closer than the gap.

    The series is thinned to every second, fifth, tenth ... label, so that it still reads as a count.
    """
    for step in (1, 2, 5, 10, 20, 50, 100, 200, 500):
        keep = tuple(range(step - 1, len(centres_in), step))
        if all(centres_in[b] - centres_in[a] >= (widths_in[a] + widths_in[b]) / 2 + gap_in for a, b in pairwise(keep)):
            return keep
    return ()
