"""Verdict marks, told apart by shape before colour, and the key that explains them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from imu_hinge.report.canvas import Box, blank_axes, text_width_in, write
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.words import severity_of
from imu_hinge.session.results import Fault, RepResult

__all__ = [
    "AT_THE_TOP",
    "BAND",
    "Mark",
    "draw_key",
    "draw_mark",
    "draw_peak",
    "mark_at_bottom",
    "mark_of",
    "mark_of_fault",
    "marks_of",
    "top_faults",
]


@dataclass(frozen=True)
class Mark:
    """A marker: name for the key, matplotlib marker, face and edge colour, shading behind the rep."""

    words: str
    marker: str
    face: str
    edge: str
    shade: str = INK.shade


_GOOD: Final = Mark("good", "o", INK.good, INK.good)
_AMBER: Final = Mark("fault, amber", "v", INK.paper, INK.fault, INK.shade_amber)
_RED: Final = Mark("fault, red", "v", INK.fault, INK.fault, INK.shade_red)
_UNKNOWN: Final = Mark("cannot tell", "$?$", INK.muted, INK.muted)
_ORDER: Final = (_GOOD, _AMBER, _RED, _UNKNOWN)
BAND: Final = Mark("shaded: 90 % band", "band", INK.muted, INK.muted)
"""The uncertainty band's place in the key."""


def mark_of(rep: RepResult) -> Mark:
    """Return the mark of a rep's verdict: circle, open (amber) or filled (red) triangle, question mark."""
    if rep.verdict == "good":
        return _GOOD
    if rep.verdict == "faulty":
        return _RED if severity_of(rep) == "red" else _AMBER
    return _UNKNOWN


AT_THE_TOP: Final[Mapping[str, str]] = MappingProxyType(
    {"hyperextended_lockout": "lumbar", "incomplete_lockout": "hip"}
)
"""Faults that are not at the bottom, and the joint that shows them."""


def mark_of_fault(fault: Fault) -> Mark:
    """Return the mark of one fault."""
    return _RED if fault.severity == "red" else _AMBER


def top_faults(rep: RepResult) -> tuple[Fault, ...]:
    """Return the faults of the top that ends a rep, gravest first."""
    return tuple(sorted((f for f in rep.faults if f.name in AT_THE_TOP), key=lambda f: f.severity != "red"))


def mark_at_bottom(rep: RepResult) -> Mark | None:
    """Return the mark of a rep but for its top: None where all that is wrong is there."""
    others = tuple(f for f in rep.faults if f.name not in AT_THE_TOP)
    return None if rep.faults and not others else mark_of(replace(rep, faults=others))


def marks_of(reps: Iterable[RepResult]) -> list[Mark]:
    """Return the marks that occur, good first."""
    found = {mark_of(rep) for rep in reps}
    return [mark for mark in _ORDER if mark in found]


def draw_mark(axes: Axes, x: float, y: float, mark: Mark, size: float, *, clip: bool = True) -> None:
    """Draw a mark at data coordinates; ``size`` in points."""
    axes.plot(
        [x],
        [y],
        marker=mark.marker,
        markersize=size * (1.15 if mark.marker == "$?$" else 1.0),
        markerfacecolor=mark.face,
        markeredgecolor=mark.edge,
        markeredgewidth=0.4 if mark.marker == "$?$" else 1.2,
        linestyle="none",
        zorder=6,
        clip_on=clip,
    )


def draw_peak(axes: Axes, x: float, y: float, mark: Mark, size: float) -> None:
    """Draw a mark on a curve; 'cannot tell' becomes a small ring, which leaves the curve readable."""
    ring = Mark(mark.words, "o", INK.paper, INK.muted)
    draw_mark(axes, x, y, ring if mark is _UNKNOWN else mark, size * (0.75 if mark is _UNKNOWN else 1.0))


def draw_key(figure: Figure, box: Box, marks: Sequence[Mark], sizes: Type) -> None:
    """Draw the key as one or more lines of mark and word, left to right, inside a box."""
    axes = blank_axes(figure, box)
    axes.set(xlim=(0, box.width), ylim=(box.height, 0))
    row = sizes.small / 72 * 1.55
    x, y = 0.0, row / 2
    for mark in marks:
        lead = sizes.small / 72 * 1.2
        width = lead + text_width_in(mark.words, sizes.small) + sizes.small / 72 * 1.6
        if x > 0 and x + width > box.width + 0.1:
            x, y = 0.0, y + row
        if mark.marker == "band":
            half = sizes.small / 72 * 0.4
            axes.add_patch(Rectangle((x, y - half), half * 2, half * 2, color=mark.face, alpha=0.3, linewidth=0))
        elif mark.marker == "dashes":
            axes.plot([x - 0.04, x + lead * 0.72], [y, y], color=mark.face, linewidth=1.4, linestyle=(0, (2.4, 1.6)))
        else:
            if mark.shade != INK.shade:
                side = sizes.small / 72 * 1.3
                corner = (x + lead * 0.38 - side / 2, y - side / 2)
                axes.add_patch(Rectangle(corner, side, side, facecolor=mark.shade, linewidth=0))
            draw_mark(axes, x + lead * 0.38, y, mark, sizes.marker * 1.05, clip=False)
        write(axes, x + lead, y, mark.words, fontsize=sizes.small, color=INK.ink, va="center_baseline")
        x += width
