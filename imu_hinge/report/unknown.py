"""What figures and page say where an angle is not known: these clips cannot, or what they say was left out."""

from __future__ import annotations

from matplotlib.axes import Axes

from imu_hinge.conventions import BACK, PELVIS, THIGH
from imu_hinge.report.canvas import first_that_fits, wrap, write
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.series import finite_range
from imu_hinge.session.results import SessionResult

__all__ = ["knows_hip", "knows_lumbar", "say_unknown", "unknown_words"]


def knows_hip(result: SessionResult) -> bool:
    """Whether hip flexion is known at any time."""
    return finite_range(result.angles.hip_flexion_deg) is not None


def knows_lumbar(result: SessionResult) -> bool:
    """Whether lumbar flexion is known at any time."""
    return finite_range(result.angles.lumbar_flexion_deg) is not None


def unknown_words(result: SessionResult, name: str) -> str:
    """Say why 'hip' or 'lumbar' flexion is not known: not measured with these clips, or left out."""
    worn = set(result.clips)
    enough = ({THIGH, PELVIS}, {THIGH, BACK}) if name == "hip" else ({PELVIS, BACK},)
    could = any(clips <= worn for clips in enough)
    if could and result.quality.warnings:
        return f"{name}: left out, see the warnings"
    return f"{name}: {'not known' if could else 'not measured with these clips'}"


def say_unknown(axes: Axes, text: str, width_in: float, sizes: Type) -> None:
    """Write a text into the middle of a panel that has nothing to show, and take its scale away."""
    short = text.partition(" with these")[0].partition(", see")[0]
    lines = [text] if first_that_fits((text,), width_in, sizes.text) else wrap(short, width_in, sizes.text)
    axes.set(ylim=(0, 1), yticks=[])
    style = {"transform": axes.transAxes, "ha": "center", "va": "center", "fontsize": sizes.text, "color": INK.muted}
    for row, line in enumerate(lines):
        write(axes, 0.5, 0.5 - 0.2 * (row - (len(lines) - 1) / 2), line, **style)
