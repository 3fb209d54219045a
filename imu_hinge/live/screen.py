"""A live session in a terminal: what to do, the count big enough for across the room, hips and lower back, clips."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from imu_hinge.live.view import ClipView, CueView, Measured, Phase, View
from imu_hinge.report.words import NINETY, clock, exercise_words

__all__ = ["draw_view"]

# Okabe-Ito: told apart by the colour-blind, and every state carries a word and a mark as well.
_HIP, _GOOD, _AMBER, _RED, _DIM = "#56B4E9", "#009E73", "#E69F00", "#D55E00", "bright_black"
_STATES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "unknown": ("?", "cannot tell", _DIM),
        "neutral": ("●", "neutral", _GOOD),
        "rounding": ("△", "rounding", _AMBER),
        "rounded": ("▲", "ROUNDED", _RED),
        "arching": ("▽", "arching", _AMBER),
        "arched": ("▼", "ARCHED", _RED),
    }
)
_VERDICTS: Final = MappingProxyType(
    {
        "good": ("●", _GOOD),
        "amber": ("△", _AMBER),
        "red": ("▲", _RED),
        "faulty": ("▲", _RED),
        "cannot_tell": ("?", _DIM),
    }
)
_CLIPS: Final = MappingProxyType({"ok": ("●", _GOOD), "warn": ("△", _AMBER), "bad": ("▲", _RED)})
_FULL_DEG: Final = 110.0
_FONT: Final = MappingProxyType(
    {
        "0": ("###", "# #", "# #", "# #", "###"),
        "1": (" # ", "## ", " # ", " # ", "###"),
        "2": ("###", "  #", "###", "#  ", "###"),
        "3": ("###", "  #", "###", "  #", "###"),
        "4": ("# #", "# #", "###", "  #", "  #"),
        "5": ("###", "#  ", "###", "  #", "###"),
        "6": ("###", "#  ", "###", "# #", "###"),
        "7": ("###", "  #", "  #", "  #", "  #"),
        "8": ("###", "# #", "###", "# #", "###"),
        "9": ("###", "# #", "###", "  #", "###"),
    }
)


def draw_view(
    view: View, cue: CueView | None, typed: str | None = None, *, link: str = "", rows: int = 40
) -> RenderableType:
    """The whole screen; ``cue`` is one to show now, ``typed`` a load that is being typed, ``link`` that of a page which
    nobody watches yet, ``rows`` how high the screen is."""
    parts: list[RenderableType] = [_band(view, cue), Text("")]
    if view.phase in (Phase.CONNECTING, Phase.WHERE, Phase.CALIBRATING, Phase.REMINDER, Phase.SAVING):
        parts += [_asked(view), Text("")]
        if view.phase is Phase.CALIBRATING:
            parts += [_angles(view), Text("")]
    else:
        parts += [_count(view), Text(""), _angles(view), Text("")]
        if view.phase in (Phase.REST, Phase.PAUSED, Phase.ENDED) and view.last_set is not None:
            parts += [_summary(view), Text("")]
    parts += [
        Text.assemble((f"! {n.text}  ", _AMBER if n.level != "bad" else _RED), n.advice) for n in view.notices[:4]
    ]
    parts += [
        Text(line, style=_DIM, no_wrap=True, overflow="ellipsis") for line in view.log[-min(5, max(1, rows - 28)) :]
    ]
    parts += [Text(""), _footer(view, typed, link)]
    load = "" if view.load_kg is None else f" {view.load_kg:g} kg"
    title = f"{exercise_words(view.exercise)}{load} · {view.phase} · {clock(view.time_s)}"
    return Panel(Group(*parts), title=title, border_style=_DIM)


def _band(view: View, cue: CueView | None) -> RenderableType:
    """One line across the screen: the cue that falls, or the state of the lower back."""
    if cue is not None:
        mark, colour = _VERDICTS.get(cue.severity, ("▲", _RED))
        return _Band(f"{mark}  {cue.words.upper()}  {mark}", f"bold #000000 on {colour}", lines=3)
    mark, word, colour = _STATES.get(view.body.lumbar_state, _STATES["unknown"])
    if view.phase not in (Phase.SET, Phase.REST):
        return _Band("", "", lines=3)
    return _Band(f"{mark} lower back {word}", f"bold {colour}", lines=3)


class _Band:
    """Text in the middle of lines that are coloured from edge to edge."""

    def __init__(self, text: str, style: str, lines: int = 1) -> None:
        self._text, self._style, self._lines = text, style, lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in range(self._lines):
            text = self._text if line == self._lines // 2 else ""
            yield Text(text.center(options.max_width), style=self._style, no_wrap=True)


def _asked(view: View) -> RenderableType:
    prompt = view.prompt
    if prompt is None:
        return Text("")
    step = f"  ({prompt.step} of {prompt.steps})" if prompt.steps else ""
    lines: list[RenderableType] = [Text(f"{prompt.title}{step}", style="bold"), Text(prompt.text)]
    if prompt.steps:
        lines.append(_Progress(prompt.progress))
    if prompt.got:
        lines.append(Text(f"● {prompt.got}", style=_GOOD))
    if prompt.problem:
        lines.append(Text(f"▲ again, because {prompt.problem}", style=f"bold {_RED}"))
    lines += [Text(f"· {reminder}") for reminder in view.reminders]
    return Group(*lines)


class _Progress:
    def __init__(self, share: float) -> None:
        self._share = share

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        full = round(width * min(1.0, max(0.0, self._share)))
        yield Text.assemble(("━" * full, _GOOD), ("━" * (width - full), _DIM))


def _count(view: View) -> RenderableType:
    table = Table.grid(padding=(0, 3))
    table.add_column()
    table.add_column(vertical="middle")
    right: list[RenderableType] = [
        Text.assemble((f"set {view.set_number}", "bold"), f"   {view.good} of {view.reps} good"),
        Text(" ").join(_dot(verdict) for verdict in view.verdicts[-24:]),
    ]
    rep = view.last_rep
    if rep is not None:
        mark, colour = _VERDICTS[rep.severity or rep.verdict]
        right.append(Text(f"{mark} {rep.words}", style=f"bold {colour}"))
        right.append(Text(rep.advice or rep.tempo))
    table.add_row(_big(view.reps), Group(*right))
    return table


def _dot(verdict: str) -> Text:
    mark, colour = _VERDICTS.get(verdict, ("?", _DIM))
    return Text(mark, style=colour)


def _big(number: int) -> Text:
    """A number five lines high."""
    digits = [_FONT[digit] for digit in str(max(0, number))]
    rows = ("  ".join(digit[row] for digit in digits) for row in range(5))
    return Text("\n".join(row.replace("#", "██").replace(" ", "  ") for row in rows), style="bold")


def _angles(view: View) -> RenderableType:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(width=6)
    table.add_column(width=12, justify="right")
    table.add_column(ratio=1)
    body = view.body
    _, _, colour = _STATES.get(body.lumbar_state, _STATES["unknown"])
    targets = () if body.target_hip_deg is None else (body.target_hip_deg,)
    limits = tuple(v for v in (body.limits.arch_amber, body.limits.round_amber) if v is not None)
    table.add_row(*_angle("hip", body.hip_deg, _HIP, targets))
    table.add_row(*_angle("lumbar", body.lumbar_deg, colour, limits))
    return table


def _angle(name: str, value: Measured, colour: str, marks: tuple[float, ...]) -> tuple[Text, Text, RenderableType]:
    if value.value is None:
        return Text(name, style=_DIM), Text("–", style=_DIM), Text("")
    sd = "" if value.sd is None else f" ± {NINETY * value.sd:.0f}"
    return (
        Text(name, style=f"bold {colour}"),
        Text(f"{value.value:+.0f}°{sd}", style="bold"),
        _Bar(value, colour, marks),
    )


class _Bar:
    """An angle as a bar from zero, a sixth of the width left of it, shaded where it may end as well (90 %); limits and
    targets as strokes."""

    def __init__(self, value: Measured, colour: str, marks_deg: tuple[float, ...]) -> None:
        self._value, self._colour, self._marks = value, colour, marks_deg

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        zero = width // 6
        scale = (width - zero - 1) / _FULL_DEG
        value_deg, half_deg = self._value.value or 0.0, NINETY * (self._value.sd or 0.0)
        strokes = {self._at(mark, zero, scale, width) for mark in self._marks}
        low, high = sorted((zero, self._at(value_deg, zero, scale, width)))
        unsure = [self._at(value_deg + side * half_deg, zero, scale, width) for side in (-1, 1)]

        def cell(column: int) -> tuple[str, str]:
            if column in strokes:
                return "┃", "bold"
            if unsure[0] <= column <= unsure[1]:
                return "▒", self._colour
            if low <= column <= high:
                return "█", self._colour
            return "│" if column == zero else " ", _DIM

        runs = groupby(map(cell, range(width)), key=lambda one: one[1])
        yield Text.assemble(*(("".join(c for c, _ in run), style) for style, run in runs), no_wrap=True)

    @staticmethod
    def _at(value: float, zero: int, scale: float, width: int) -> int:
        return min(width - 1, max(0, zero + round(value * scale)))


def _summary(view: View) -> RenderableType:
    one = view.last_set
    if one is None:
        return Text("")
    lines: list[RenderableType] = [Text(f"Last set: {one.headline}", style="bold")]
    lines += [Text(f"· {line}") for line in one.lines]
    if one.advice:
        lines.append(Text(f"Work on: {one.advice}", style=f"bold {_AMBER}"))
    return Group(*lines)


def _footer(view: View, typed: str | None, link: str) -> RenderableType:
    lines: list[RenderableType] = []
    if view.clips:
        lines.append(Text("   ").join(_clip(clip) for clip in view.clips))
    told = [f"sound: {view.sound}"] if view.sound else []
    told += [f"page: {link}"] if link else []
    if told:
        lines.append(Text("   ".join(told), style=_DIM))
    if typed is not None:
        lines.append(Text(f"load in kg: {typed}▏  (enter: take it, empty: none, esc: leave it)", style="bold"))
    elif view.prompt is not None and view.prompt.keys:
        lines.append(Text("   ".join(view.prompt.keys), style=_DIM))
    return Group(*lines)


def _clip(clip: ClipView) -> Text:
    mark, colour = _CLIPS[clip.state]
    battery = "" if clip.battery_percent is None else f" {clip.battery_percent} %"
    rate = clip.rate_hz
    words = clip.words if clip.state != "ok" or rate is None or not math.isfinite(rate) else f"{rate:.0f} Hz"
    return Text.assemble((f"{mark} ", colour), f"{clip.clip} {words}{battery}")
