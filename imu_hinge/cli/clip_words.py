"""Clips and their health in words, for every command that shows them."""

from __future__ import annotations

from collections.abc import Iterable

from imu_hinge.sensors.health import ClipHealth, LinkState
from imu_hinge.sensors.recorder import Summary

__all__ = ["health_words", "summary_lines", "table"]


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
        words.append(f"clock {clip.clock_residual_ms:.2f} ms")
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
        words.append(f"{books.refilled} of them refilled")
        words.append(f"{books.lost} lost ({100 * clip.loss_fraction:.2f} %)")
        if books.not_measured:
            words.append(f"{books.not_measured} not measured")
        if books.overrange:
            words.append(f"{books.overrange} beyond range")
        if clip.reconnects:
            words.append(f"{clip.reconnects} reconnect{'' if clip.reconnects == 1 else 's'}")
        if clip.resets:
            words.append(f"{clip.resets} reset{'' if clip.resets == 1 else 's'}")
        if clip.clock_residual_ms is not None:
            words.append(f"clock {clip.clock_residual_ms:.2f} ms")
        if clip.stuck or clip.sensor_fault:
            words.append("ITS SENSOR IS STUCK: switch it off and on")
        lines.append(", ".join(words))
    return lines


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lines of a plain table."""
    rows = list(rows)
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    ]
