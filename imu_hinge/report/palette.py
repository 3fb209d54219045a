"""Colours and type: a colour-blind-safe palette by role, and text sizes for a stage and for a phone.

Hues are Okabe and Ito's (jfly.uni-koeln.de/color). Every role has a light value, for drawing, and a dark one,
which a page may swap in (``svg.inline_svg``); so the light values are all distinct.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

__all__ = ["DARK", "INK", "PAPER", "PHONE", "STAGE", "Palette", "Type"]


@dataclass(frozen=True)
class Palette:
    """One colour per role, ``#rrggbb``."""

    ink: str
    muted: str
    assumed: str
    grid: str
    paper: str
    hip: str
    lumbar: str
    good: str
    fault: str
    shade: str
    shade_amber: str
    shade_red: str
    reference: str

    def roles(self) -> dict[str, str]:
        """Role name to colour."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


INK: Final = Palette(
    ink="#1b1f24",
    muted="#57606a",
    assumed="#9aa3ad",
    grid="#dde2e7",
    paper="#ffffff",
    hip="#0072b2",
    lumbar="#d55e00",
    good="#009e73",
    fault="#1b1f25",
    shade="#eef2f6",
    shade_amber="#fbeec5",
    shade_red="#fbdfd2",
    reference="#6e7781",
)
"""The palette figures are drawn with: dark ink on white."""

DARK: Final = Palette(
    ink="#e8eaed",
    muted="#a9b3bd",
    assumed="#7d8894",
    grid="#333b45",
    paper="#14181d",
    hip="#56b4e9",
    lumbar="#ff9a56",
    good="#2fc79a",
    fault="#f5f6f7",
    shade="#1f262e",
    shade_amber="#40351a",
    shade_red="#4c2719",
    reference="#98a2ad",
)
"""The same roles on a dark page."""


@dataclass(frozen=True)
class Type:
    """Text sizes in points and line widths in points."""

    title: float
    text: float
    small: float
    line: float
    marker: float


STAGE: Final = Type(title=17.0, text=12.5, small=11.0, line=1.9, marker=6.5)
"""For a figure 12 inches wide: a slide, a README, a desktop page."""

PHONE: Final = Type(title=12.0, text=9.5, small=8.5, line=1.4, marker=4.8)
"""For a figure 4.4 inches wide, shown at about 360 px."""

PAPER: Final = Type(title=16.0, text=9.5, small=7.5, line=1.2, marker=4.2)
"""For a page of A4."""
