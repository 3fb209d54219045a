"""Numbers with their uncertainty, and what they mean, in plain words."""

from __future__ import annotations

import math

from imu_hinge.library.estimates import NINETY
from imu_hinge.library.measures import Measure

__all__ = ["amount", "amount_with", "kilograms", "number", "time_words"]


def number(value: float, digits: int, *, sign: bool = False) -> str:
    """A number with a true minus sign, and no minus before nought."""
    text = f"{value:.{digits}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    elif sign and value > 0:
        text = f"+{text}"
    return text.replace("-", "−")


def amount(measure: Measure, value: float | None, *, sign: bool = False) -> str:
    """A value with its unit: '7.1°'; '–' where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{number(value, measure.digits, sign=sign)}{measure.unit}"


def amount_with(measure: Measure, value: float, se: float | None, *, change: bool = False) -> str:
    """A value and the half-width of its 90 % interval: '3.1 ± 2.0°'. A ``change`` of per cents is in points."""
    unit = " points" if change and measure.unit == " %" else measure.unit
    if se is None:
        return f"{number(value, measure.digits)}{unit}"
    return f"{number(value, measure.digits)} ± {number(NINETY * se, measure.digits)}{unit}"


def kilograms(load_kg: float | None) -> str:
    """A load: '62.5 kg', or 'no load written'."""
    return "load not known" if load_kg is None else f"{load_kg:g} kg"


def time_words(days: float) -> str:
    """A length of time: '5 days', '6 weeks', '4 months'."""
    if days < 13.5:
        count, unit = round(days), "day"
    elif days < 100.0:
        count, unit = round(days / 7.0), "week"
    else:
        count, unit = round(days / 30.4), "month"
    return f"{count} {unit}{'' if count == 1 else 's'}"
