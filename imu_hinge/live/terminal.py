"""The session in a terminal: where the hips and the lower back are now, reps, cues, and how far the recording is."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from imu_hinge.hinge.coaching import coaching_of
from imu_hinge.hinge.cues import Cue
from imu_hinge.session.pipeline import LiveRep, PipelineBlock
from imu_hinge.session.results import RepResult

__all__ = ["TerminalState", "cue_line", "draw", "rep_line"]

# Okabe-Ito: told apart by the colour-blind, and every state carries a word and a mark as well.
_HIP, _LUMBAR, _GOOD, _AMBER, _RED = "#56B4E9", "#E69F00", "#009E73", "#E69F00", "#D55E00"
_MARKS = {"good": ("●", _GOOD), "faulty": ("▲", _RED), "cannot_tell": ("?", "bright_black")}
_BAR_DEG = 120.0


@dataclass
class TerminalState:
    """What the screen shows; ``take`` feeds it, ``draw`` renders it."""

    title: str
    start_s: float
    end_s: float
    time_s: float = math.nan
    hip_deg: float = math.nan
    hip_sd_deg: float = math.nan
    lumbar_deg: float = math.nan
    lumbar_sd_deg: float = math.nan
    calibrated: bool = False
    reps: int = 0
    good: int = 0
    cues: int = 0
    last: RepResult | None = None
    reader_warnings: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    lines: deque[Text] = field(default_factory=lambda: deque(maxlen=8))

    def take(self, block: PipelineBlock) -> list[Text]:
        """Take what the pipeline said; give the lines to say."""
        if not len(block.time_s):
            return [line for rep in block.reps for line in self.take_rep(rep)]
        self.time_s = float(block.time_s[-1])
        self.calibrated = block.calibrated
        self.hip_deg, self.hip_sd_deg = (
            _latest(block.joints.hip_flexion_deg),
            _latest(block.joints.hip_flexion_sd_deg),
        )
        self.lumbar_deg = _latest(block.joints.lumbar_flexion_deg)
        self.lumbar_sd_deg = _latest(block.joints.lumbar_flexion_sd_deg)
        cues = self._take_cues(block.cues)
        return [*cues, *(line for rep in block.reps for line in self.take_rep(rep))]

    def _take_cues(self, cues: tuple[Cue, ...]) -> list[Text]:
        self.cues += sum(cue.is_fault for cue in cues)
        lines = [cue_line(cue) for cue in cues]
        self.lines.extend(lines)
        return lines

    def take_back(self, reps: int) -> None:
        """So many reps were none."""
        self.reps -= reps
        if reps:
            self.lines.append(Text("a rep was taken back", style="bright_black"))

    def take_rep(self, rep: LiveRep) -> list[Text]:
        """Take a rep that ended; give its line, and the cues it earned."""
        self.reps += 1
        self.good += rep.result.verdict == "good"
        self.last = rep.result
        line = rep_line(rep, self.reps)
        self.lines.append(line)
        return [line, *self._take_cues(rep.cues)]


def _latest(values: np.ndarray) -> float:
    return float(values[-1]) if len(values) else math.nan


def cue_line(cue: Cue) -> Text:
    """A cue as one line: when, what, how far."""
    words = coaching_of(cue.name)
    if not cue.is_fault:
        return Text(f"{clock(cue.time_s)}  ● {words.cue} ({words.name} {cue.value_deg:.0f}°)", style=_GOOD)
    colour = _RED if cue.severity == "red" else _AMBER
    mark = "▲" if cue.severity == "red" else "△"
    return Text(
        f"{clock(cue.time_s)}  {mark} {words.cue} ({words.name} {cue.value_deg:+.0f}°)",
        style=colour,
    )


def rep_line(rep: LiveRep, number: int) -> Text:
    """A finished rep as one line: its number through the session, depth, lower back, tempo, verdict."""
    r = rep.result
    mark, colour = _MARKS[r.verdict]
    hip = "hip –" if r.hip_max_deg is None else f"hip {r.hip_max_deg:.0f}°"
    lumbar = "lumbar –" if r.lumbar_at_bottom_deg is None else f"lumbar {r.lumbar_at_bottom_deg:+.0f}°"
    words = r.verdict.replace("_", " ")
    if r.faults:
        words = ", ".join(f"{coaching_of(f.name).name} ({f.severity})" for f in r.faults)
    return Text.assemble(
        (f"{clock(r.end_s)}  {mark} rep {number}", f"bold {colour}"),
        f"  {hip}  {lumbar}  {r.eccentric_s:.1f}-{r.pause_s:.1f}-{r.concentric_s:.1f} s  ",
        (words, colour),
    )


def clock(time_s: float) -> str:
    """Minutes and seconds."""
    minutes, seconds = divmod(max(0.0, time_s), 60.0)
    return f"{int(minutes):2d}:{seconds:04.1f}"


def draw(state: TerminalState) -> RenderableType:
    """The whole screen."""
    angles = Table.grid(padding=(0, 2), expand=True)
    angles.add_column(width=7)
    angles.add_column(width=14, justify="right")
    angles.add_column(ratio=1)
    angles.add_row(*_angle_row("hip", state.hip_deg, state.hip_sd_deg, _HIP))
    angles.add_row(*_angle_row("lumbar", state.lumbar_deg, state.lumbar_sd_deg, _LUMBAR))
    count = Text.assemble(
        (f"{state.reps}", "bold"),
        " reps   ",
        (f"● {state.good} good", _GOOD),
        "   ",
        (f"▲ {state.cues} cues", _RED),
    )
    if not state.calibrated:
        count.append("   calibrating: stand still, then hinge", style="italic")
    done = 0.0 if math.isnan(state.time_s) else state.time_s - state.start_s
    progress = Table.grid(padding=(0, 1), expand=True)
    progress.add_column(ratio=1)
    progress.add_column(justify="right")
    progress.add_row(
        ProgressBar(total=max(1e-9, state.end_s - state.start_s), completed=done),
        f"{clock(done)} of {clock(state.end_s - state.start_s)}",
    )
    notes = [Text(f"! {warning}", style=_AMBER) for warning in state.warnings]
    log = Group(*state.lines, *[Text("") for _ in range(8 - len(state.lines))])
    return Panel(
        Group(angles, Text(""), count, *notes, Text(""), log, Text(""), progress),
        title=state.title,
        border_style="bright_black",
    )


def _angle_row(name: str, value: float, sd: float, colour: str) -> tuple[Text, Text, RenderableType]:
    if math.isnan(value):
        return Text(name, style=colour), Text("not measured", style="bright_black"), Text("")
    shown = Text(f"{value:+4.0f}° ± {1.645 * sd:.0f}", style=f"bold {colour}")
    return Text(name, style=f"bold {colour}"), shown, _Bar(value, colour)


@dataclass
class _Bar:
    """An angle as a bar from zero, a sixth of the width left of it for negative angles."""

    value_deg: float
    colour: str

    def __rich_console__(self, console: Console, options: object) -> list[Text]:
        """Draw at the width there is."""
        width = max(12, int(getattr(options, "max_width", 40)))
        zero = width // 6
        reach = round(min(1.0, abs(self.value_deg) / _BAR_DEG) * (width - zero - 1))
        if self.value_deg >= 0:
            text = " " * zero + "│" + "█" * reach
        else:
            reach = min(reach, zero)
            text = " " * (zero - reach) + "█" * reach + "│"
        return [Text(text[:width], style=self.colour, no_wrap=True)]
