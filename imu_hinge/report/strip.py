"""Stick figures through one rep: what the clips know in ink and colour, what is assumed in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from imu_hinge.report.canvas import Box, blank_axes, first_that_fits, wrap, write
from imu_hinge.report.palette import INK, Type
from imu_hinge.report.posture import Pose, pose_at
from imu_hinge.report.series import FloatArray, NumberedRep
from imu_hinge.report.unknown import unknown_words
from imu_hinge.report.words import degrees, sentence
from imu_hinge.session.results import SessionResult

__all__ = ["Moment", "assumed_words", "draw_pose", "draw_strip", "moments"]

_LYING: Final = ("bridge",)
_HANGING_ARMS: Final = ("hinge", "rdl", "deadlift", "pickup")
_ARM: Final = 0.33
_HEIGHT: Final = 1.05
"""Drawn height of a pose, in statures."""


@dataclass(frozen=True)
class Moment:
    """An instant of a rep with its names, longest first."""

    names: tuple[str, ...]
    time_s: float


def moments(r: NumberedRep) -> tuple[Moment, ...]:
    """Start, half-way down, bottom, half-way up, end of a rep (half-way in time)."""
    rep = r.rep
    return (
        Moment(("start",), rep.start_s),
        Moment(("½ way down", "down"), (rep.start_s + rep.bottom_s) / 2),
        Moment(("bottom",), rep.bottom_s),
        Moment(("½ way up", "up"), (rep.bottom_s + rep.end_s) / 2),
        Moment(("end",), rep.end_s),
    )


def draw_strip(figure: Figure, result: SessionResult, box: Box, sizes: Type, r: NumberedRep) -> tuple[Pose, ...]:
    """Draw five poses on one ground line with their angles beneath; returns the poses drawn."""
    when = moments(r)
    if r.in_set.exercise in _LYING:
        _say_why(
            blank_axes(figure, box), ["No stick figure: this is done lying, and they are drawn standing."], box, sizes
        )
        return ()
    poses = tuple(pose_at(result, moment.time_s, r.in_set.exercise) for moment in when)
    if not any(p.knows_thigh or p.knows_pelvis or p.knows_trunk for p in poses):
        why = ["No stick figure: how the body stood is not known."]
        _say_why(blank_axes(figure, box), [*why, *map(sentence, result.quality.warnings)], box, sizes)
        return ()
    hip_known = any(np.isfinite(p.hip_deg) for p in poses)
    line = sizes.small / 72 * 1.5
    words_in = 3.2 * line + 0.06
    axes = blank_axes(figure, box)
    scale = (box.height - words_in) / _HEIGHT
    pitch = box.width / len(when) / scale
    axes.set(xlim=(0, pitch * len(when)), ylim=(-words_in / scale, _HEIGHT))
    axes.plot([0.0, pitch * len(when)], [0, 0], color=INK.muted, linewidth=1.2, zorder=1, gid="ground")
    for i, (moment, pose) in enumerate(zip(when, poses, strict=True)):
        centre = (i + 0.5) * pitch
        joints = np.vstack([pose.knee, pose.hip, pose.lumbar, pose.head, [-0.05, 0], [0.12, 0]])
        shift = centre - (joints[:, 0].min() + joints[:, 0].max()) / 2
        draw_pose(axes, pose, shift, sizes, arms=r.in_set.exercise in _HANGING_ARMS)
        room = box.width / len(when) - 0.08
        rows = [
            (first_that_fits(moment.names, room, sizes.small), INK.muted),
            (
                first_that_fits((f"hip {degrees(pose.hip_deg)}", degrees(pose.hip_deg)), room, sizes.small)
                if hip_known
                else "",
                INK.hip,
            ),
            (_lumbar_words(pose, room, sizes), INK.lumbar),
        ]
        for row, (text, colour) in enumerate(rows):
            write(
                axes,
                centre,
                -(0.06 + (row + 0.62) * line) / scale,
                text,
                ha="center",
                va="center_baseline",
                fontsize=sizes.small,
                color=colour,
                fontweight="bold" if row else "normal",
            )
    lumbar_known = any(np.isfinite(p.lumbar_deg) for p in poses)
    for row, name, known, colour in ((1, "hip", hip_known, INK.hip), (2, "lumbar", lumbar_known, INK.lumbar)):
        if not known:
            write(
                axes,
                pitch * len(when) / 2,
                -(0.06 + (row + 0.62) * line) / scale,
                unknown_words(result, name),
                ha="center",
                va="center_baseline",
                fontsize=sizes.small,
                color=colour,
                fontweight="bold",
            )
    return poses


def _say_why(axes: Axes, reasons: Sequence[str], box: Box, sizes: Type) -> None:
    """Write why there is no figure, a paragraph each, instead of drawing one."""
    axes.set(xlim=(0, box.width), ylim=(box.height, 0))
    line = sizes.small / 72 * 1.5
    lines = [text for reason in reasons for text in ("", *wrap(reason, box.width, sizes.small))][1:]
    for row, text in enumerate(lines[: int(box.height / line) - 1]):
        write(axes, 0, (row + 0.8) * line, text, fontsize=sizes.small, color=INK.muted, va="center_baseline")


def _lumbar_words(pose: Pose, room_in: float, sizes: Type) -> str:
    if not np.isfinite(pose.lumbar_deg):
        return ""
    value = degrees(pose.lumbar_deg)
    return first_that_fits((f"lumbar {value}", f"lumb. {value}", value), room_in, sizes.small, bold=True)


def draw_pose(axes: Axes, pose: Pose, shift: float, sizes: Type, *, arms: bool) -> None:
    """Draw one pose moved forward by ``shift`` statures."""
    width = sizes.line * 2.7

    def line(points: FloatArray, colour: str, thick: float, *, known: bool) -> None:
        axes.plot(
            points[:, 0] + shift,
            points[:, 1],
            color=colour if known else INK.assumed,
            linewidth=thick if known else thick * 0.62,
            linestyle="-" if known else (0, (2.2, 1.4)),
            solid_capstyle="round",
            dash_capstyle="butt",
            zorder=3 if known else 2,
        )

    heel, toe = (-0.05, 0.115)
    axes.fill(np.array([heel, 0.0, toe]) + shift, [0.0, 0.045, 0.0], color=INK.assumed, linewidth=0, zorder=2)
    line(np.vstack([pose.ankle, pose.knee]), INK.assumed, width, known=False)
    line(np.vstack([pose.knee, pose.hip]), INK.ink, width, known=pose.knows_thigh)
    line(np.vstack([pose.hip, pose.sacrum]), INK.hip, width * 1.25, known=pose.knows_pelvis)
    line(pose.lumbar, INK.lumbar, width * 1.25, known=pose.knows_lumbar)
    line(np.vstack([pose.lumbar[-1], pose.shoulder]), INK.ink, width, known=pose.knows_trunk)
    if arms:
        line(np.vstack([pose.shoulder, pose.shoulder - [0, _ARM]]), INK.assumed, width * 0.7, known=False)
    head = Circle(
        (float(pose.head[0]) + shift, float(pose.head[1])),
        0.055,
        color=INK.assumed,
        linewidth=0,
        zorder=2.5,
    )
    axes.add_patch(head)
    axes.plot(
        [pose.hip[0] + shift],
        [pose.hip[1]],
        marker="o",
        markersize=width * 1.8,
        markerfacecolor=INK.hip if pose.knows_thigh and pose.knows_pelvis else INK.paper,
        markeredgecolor=INK.hip if pose.knows_thigh and pose.knows_pelvis else INK.assumed,
        linestyle="none",
        zorder=4,
    )


def assumed_words(poses: tuple[Pose, ...]) -> str:
    """Say which parts of the drawing are not measured."""
    if not poses:
        return ""
    parts = ["shank", "foot, arms and head"]
    if not any(p.knows_thigh for p in poses):
        parts.insert(1, "thigh")
    if not any(p.knows_pelvis for p in poses):
        parts.insert(-1, "pelvis")
    if not any(p.knows_lumbar for p in poses):
        parts.insert(-1, "lumbar curve")
    if not any(p.knows_trunk for p in poses):
        parts.insert(-1, "trunk")
    return "grey: assumed (" + ", ".join(parts) + ")"
