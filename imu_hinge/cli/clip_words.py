"""Clips and their health in words, for every command that shows them."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable
from typing import Final

from imu_hinge.sensors.driver import Can
from imu_hinge.sensors.health import ClipHealth, LinkState
from imu_hinge.sensors.recorder import Summary

__all__ = ["NONE_SEEN", "health_words", "serial_words", "signal_words", "summary_lines", "table", "time_words"]

NONE_SEEN: Final = (
    "No clip is seen. Switch one on, take it off its charger, bring it closer, and close its maker's app:\n"
    "a sensor that is connected to something else cannot be seen."
)
_SCREEN: Final = 80
_LEAST_DOUBT_MS: Final = 0.1
"""Nobody knows an arrival to no error at all."""
_DIGITS: Final = 12
_SIGNALS: Final = ((-60, "strong"), (-70, "good"), (-80, "fair"))


def serial_words(serial: str, all_serials: Collection[str]) -> str:
    """A serial number, or of those that are long (macOS has 36 characters) the end that tells it from all others."""
    for digits in range(_DIGITS, len(serial)):
        if sum(one.endswith(serial[-digits:]) for one in all_serials) == 1:
            return serial[-digits:]
    return serial


def signal_words(rssi_dbm: int | None) -> str:
    """How strong a signal is, as a number and for people."""
    if rssi_dbm is None:
        return "-"
    return f"{rssi_dbm} dBm {next((word for least, word in _SIGNALS if rssi_dbm >= least), 'weak')}"


def time_words(clip: ClipHealth) -> str:
    """How well the times of its samples are known, and empty while they are not: what is left between a clock and its
    pings, or the doubt that arrivals leave."""
    if clip.clock_residual_ms is None:
        return ""
    if Can.CLOCK in clip.can:
        return f"clock {clip.clock_residual_ms:.2f} ms"
    return f"times ±{max(clip.clock_residual_ms, _LEAST_DOUBT_MS):.1f} ms"


def health_words(clip: ClipHealth) -> str:
    """One clip in a status line: rate, loss, battery, clock."""
    words = [clip.clip]
    if clip.link is not LinkState.STREAMING:
        words.append(clip.link.value.upper())
    words.append(f"{clip.rate_hz:.0f} Hz")
    words.append(f"loss {100 * clip.loss_fraction:.2f} %")
    if clip.battery_percent is not None:
        words.append(f"battery {clip.battery_percent} %")
    if clip.clock_residual_ms is not None:
        words.append(time_words(clip))
    if clip.sensor_fault:
        words.append("SENSOR FAULT")
    elif clip.stuck:
        words.append("STUCK VALUES")
    if clip.overflow:
        words.append(f"queue overflow {clip.overflow}")
    return " ".join(words)


def summary_lines(summary: Summary) -> list[str]:
    """What was recorded, and how complete it is."""
    lines = [f"{summary.path}: {summary.duration_s:.1f} s, {summary.rows} samples"]
    for clip in summary.health:
        books = clip.books
        words = [f"{clip.clip} ({clip.serial}): {books.received} samples at {clip.nominal_hz:g} Hz"]
        if Can.REFILL in clip.can:
            words.append(f"{books.refilled} of them refilled")
        # Without a time or a number in the samples, only lateness tells of those that are missing.
        counted = (Can.CLOCK | Can.STAMPS) & clip.can
        words.append(f"{'' if counted else 'about '}{books.lost} lost ({100 * clip.loss_fraction:.2f} %)")
        if books.not_measured:
            words.append(f"{books.not_measured} not measured")
        if books.overrange:
            words.append(f"{books.overrange} beyond range")
        if clip.reconnects:
            words.append(f"{clip.reconnects} reconnect{'' if clip.reconnects == 1 else 's'}")
        if clip.resets:
            words.append(f"{clip.resets} reset{'' if clip.resets == 1 else 's'}")
        if clip.clock_residual_ms is not None:
            words.append(time_words(clip))
        if clip.stuck or clip.sensor_fault:
            words.append("ITS SENSOR IS STUCK: switch it off and on")
        lines.append(", ".join(words))
    return lines


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lines of a plain table, as wide as a terminal at most: what the last column has no room for goes below."""
    rows = list(rows)
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head) - 1)]
    indent = sum(widths) + 2 * len(widths)
    lines = []
    for row in (head, *rows):
        before = "".join(f"{cell:{width}}  " for cell, width in zip(row, widths, strict=False))
        last = textwrap.wrap(row[-1], max(_SCREEN - indent, 1), break_long_words=False) or [""]
        lines.append(f"{before}{last[0]}".rstrip())
        lines += [" " * indent + more for more in last[1:]]
    return lines
