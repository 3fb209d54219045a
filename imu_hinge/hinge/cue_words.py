"""Cue settings as words of a command line, such as ``rounded=12deg`` or ``squat:depth=90%``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, NoReturn

from imu_hinge.conventions import EXERCISES, FAULTS
from imu_hinge.errors import FormatError
from imu_hinge.hinge.cue_settings import SENSITIVITY, BackThreshold, CueParams, CueSettings, DepthTarget

__all__ = ["CUE_WORDS", "parse_cue_words"]

_RED_ABOVE: Final[Mapping[tuple[str, str], float]] = MappingProxyType(
    {("rounded", "deg"): 5.0, ("rounded", "of_max"): 0.10, ("arched", "deg"): 4.0, ("arched", "of_max"): 0.10}
)
"""How far red is above amber where only amber is told: as far as in ``FaultParams``."""

_BACKS: Final[Mapping[str, str]] = MappingProxyType({"rounded": "rounded_back", "arched": "arched_back"})
_AMOUNT: Final = re.compile(r"(?P<amber>\d+(?:\.\d+)?)(?:/(?P<red>\d+(?:\.\d+)?))?(?P<unit>deg|%)")

CUE_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rounded": "rounded=12deg, rounded=12/18deg (amber/red), rounded=70%, rounded=off or rounded=usual",
        "arched": "arched=8deg, arched=8/12deg (amber/red), arched=15%, arched=off or arched=usual",
        "depth": "depth=90%, depth=70deg, depth=on or depth=off",
        "sensitivity": f"sensitivity={', sensitivity='.join(SENSITIVITY)}, or a number of SDs from 0 to 5",
        "delay": "delay=SECONDS from 0 to 5",
        "refractory": "refractory=SECONDS from 0 to 60",
        "lead": "lead=SECONDS from 0 to 0.5 (0.15 for fast lifts)",
        **{name: f"{name}=off or {name}=on" for name in FAULTS},
    }
)
"""Word -> what may follow it. Each may have an exercise before it, as in ``squat:rounded=15deg``."""


def parse_cue_words(words: Sequence[str], base: CueSettings | None = None) -> CueSettings:
    """Settings from words, over ``base`` (None: the default); of two words that contradict each other the later holds.

    A word without an exercise is for every exercise, one with an exercise for that only, in whatever order they come.
    Raises FormatError with one line that names the word and what is allowed.
    """
    base = CueSettings() if base is None else base
    default, exercises = base.default, dict(base.exercises)
    split = [_split(word) for word in words]
    for word, exercise, key, value in split:
        if exercise is None:
            default = _put(word, default, key, value)
            exercises = {name: _put(word, params, key, value) for name, params in exercises.items()}
    for word, exercise, key, value in split:
        if exercise is not None:
            exercises[exercise] = _put(word, exercises.get(exercise, default), key, value)
    return CueSettings(default, exercises)


def _refuse(word: str, allowed: str) -> NoReturn:
    raise FormatError(f"{word!r} is no cue setting", advice=f"Allowed: {allowed}.")


def _split(word: str) -> tuple[str, str | None, str, str]:
    """The word, its exercise, what it sets and to what."""
    name, equals, value = word.strip().lower().partition("=")
    exercise, colon, key = name.rpartition(":")
    if colon and exercise not in EXERCISES:
        _refuse(word, f"an exercise before the colon, one of {', '.join(EXERCISES)}")
    if key not in CUE_WORDS:
        _refuse(word, f"one of {', '.join(CUE_WORDS)}")
    if not equals or not value:
        _refuse(word, CUE_WORDS[key])
    return word, exercise or None, key, value


def _put(word: str, params: CueParams, key: str, value: str) -> CueParams:
    """The settings with one thing changed."""
    put = _PUTS.get(key, _put_fault)
    try:
        return put(params, key, value)
    except ValueError:
        _refuse(word, CUE_WORDS[key])


def _put_back(params: CueParams, key: str, value: str) -> CueParams:
    if value in ("off", "on"):
        return _put_fault(params, _BACKS[key], value)
    threshold = None if value == "usual" else _threshold(key, value)
    changed = replace(params, rounded=threshold) if key == "rounded" else replace(params, arched=threshold)
    return _put_fault(changed, _BACKS[key], "on")


def _threshold(key: str, value: str) -> BackThreshold:
    found = _AMOUNT.fullmatch(value)
    if found is None:
        raise ValueError(value)
    unit, scale = _unit(found["unit"])
    amber = float(found["amber"]) * scale
    red = float(found["red"]) * scale if found["red"] else amber + _RED_ABOVE[key, unit]
    return BackThreshold(amber, red, "of_max" if unit == "of_max" else "deg")


def _unit(unit: str) -> tuple[str, float]:
    return ("of_max", 0.01) if unit == "%" else ("deg", 1.0)


def _put_depth(params: CueParams, key: str, value: str) -> CueParams:
    if value == "off":
        return replace(params, target_depth=None)
    if value == "on":
        return replace(params, target_depth=DepthTarget())
    found = _AMOUNT.fullmatch(value)
    if found is None or found["red"]:
        raise ValueError(value)
    unit, scale = _unit(found["unit"])
    amount = float(found["amber"]) * scale
    return replace(params, target_depth=DepthTarget(amount, "deg" if unit == "deg" else "of_reference"))


def _put_sensitivity(params: CueParams, key: str, value: str) -> CueParams:
    return replace(params, doubt_sds=SENSITIVITY[value] if value in SENSITIVITY else float(value))


def _put_seconds(params: CueParams, key: str, value: str) -> CueParams:
    seconds = float(value.removesuffix("s"))
    if key == "delay":
        return replace(params, delay_s=seconds)
    return replace(params, lead_s=seconds) if key == "lead" else replace(params, refractory_s=seconds)


def _put_fault(params: CueParams, key: str, value: str) -> CueParams:
    if value not in ("off", "on"):
        raise ValueError(value)
    others = tuple(name for name in params.muted if name != key)
    return replace(params, muted=(*others, key) if value == "off" else others)


_PUTS: Final[Mapping[str, Callable[[CueParams, str, str], CueParams]]] = MappingProxyType(
    {
        "rounded": _put_back,
        "arched": _put_back,
        "depth": _put_depth,
        "sensitivity": _put_sensitivity,
        "delay": _put_seconds,
        "refractory": _put_seconds,
        "lead": _put_seconds,
    }
)
