"""Plain words for exercises, verdicts, faults and numbers, shared by figures, page and text alternative.

Technique, awareness and consistency are what these clips can speak about; nothing here speaks about health.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from imu_hinge.hinge.coaching import seen_words
from imu_hinge.session.results import Fault, RepResult, SessionResult, SetResult

__all__ = [
    "CLIP_WORDS",
    "NINETY",
    "VERDICT_WORDS",
    "clock",
    "degrees",
    "duration",
    "exercise_words",
    "fault_words",
    "plural",
    "rep_words",
    "segment_words",
    "sentence",
    "set_words",
    "severity_of",
    "sum_words",
    "tally_words",
    "with_sd",
    "yardstick_words",
]

NINETY: Final = 1.645
"""Half-width of a 90 % band in standard deviations."""

VERDICT_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {"good": "good", "faulty": "fault", "cannot_tell": "cannot tell"}
)
CLIP_WORDS: Final[Mapping[str, str]] = MappingProxyType({"thigh": "thigh", "pelvis": "pelvis", "back": "lower back"})

_EXERCISES: Final = MappingProxyType(
    {
        "hinge": "Hip hinge",
        "rdl": "RDL",
        "deadlift": "Deadlift",
        "squat": "Squat",
        "jump": "Jump",
        "pickup": "Pick-up",
        "bridge": "Hip bridge",
        "sprint_start": "Sprint start",
        "sit_to_stand": "Sit to stand",
    }
)
_SEGMENTS: Final = MappingProxyType(
    {
        "stand": ("stand",),
        "reference_hinge": ("reference hinges", "reference", "ref"),
        "pelvic_tilt": ("pelvic tilts", "tilts"),
        "max_flexion": ("toe-touch", "touch"),
        "six_position": ("clip calibration", "clips"),
    }
)


def degrees(value: float | None, *, sign: bool = False) -> str:
    """Write an angle as '31°', with a true minus sign; '–' where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    rounded = round(value)
    text = f"{rounded:+d}" if sign and rounded else f"{rounded:d}"
    return text.replace("-", "−") + "°"


def with_sd(value: float | None, sd: float | None) -> str:
    """Write a value and its standard deviation as '31° ± 3°'; '–' where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if sd is None or not math.isfinite(sd):
        return degrees(value)
    spread = f"{sd:.1f}" if sd < 0.95 else f"{sd:.0f}"
    return f"{degrees(value)} ± {spread}°"


def duration(seconds: float) -> str:
    """Write a length of time as '0.8 s', '42 s' or '12 min 05 s'."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def clock(seconds: float) -> str:
    """Write a time on the recording's clock as 'm:ss'."""
    sign = "−" if seconds < -0.5 else ""
    minutes, rest = divmod(round(abs(seconds)), 60)
    return f"{sign}{minutes}:{rest:02d}"


def plural(count: int, noun: str) -> str:
    """Write '1 rep', '3 reps', 'no reps'."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def sentence(warning: str) -> str:
    """Write a warning as the sentence it is: capital first letter, '12°' for '12 deg', a full stop."""
    text = re.sub(r"(?<=\d) deg(?![\w/])", "°", warning)
    text = re.sub(r"(?<=\d) deg/s", " °/s", text)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}" if text else ""


def exercise_words(name: str) -> str:
    """Write an exercise for a heading; an unknown one keeps its name."""
    return _EXERCISES.get(name, name.replace("_", " ") or "Set")


def set_words(number: int, a_set: SetResult) -> tuple[str, ...]:
    """Names of a set from longest to shortest: 'Set 1 · RDL 60 kg', 'Set 1 · RDL', 'Set 1', '1'."""
    exercise = exercise_words(a_set.exercise)
    load = f" {a_set.load_kg:g} kg" if a_set.load_kg is not None else ""
    longest = f"Set {number} · {exercise}{load}"
    return tuple(dict.fromkeys((longest, f"Set {number} · {exercise}", f"Set {number}", f"{number}")))


def segment_words(kind: str) -> tuple[str, ...]:
    """Names of a calibration movement from longest to shortest."""
    return _SEGMENTS.get(kind, (kind.replace("_", " "),))


def fault_words(fault: Fault) -> str:
    """Write a fault as 'rounded back up to 31°', 'spine first by 150 ms', 'rushed, 1.8 times as fast down as usual'."""
    return seen_words(fault.name, _amount(fault))


def _amount(fault: Fault) -> str:
    value = fault.value_deg if fault.value is None else fault.value
    if not math.isfinite(value):
        return ""
    if fault.unit == "s":
        return f"{1000 * value:.0f} ms"
    return f"{value:.1f} times" if fault.unit == "times" else degrees(value)


def severity_of(rep: RepResult) -> str:
    """Return the gravest severity among a rep's faults: 'red', 'amber', or '' without any."""
    return "red" if any(f.severity == "red" for f in rep.faults) else "amber" if rep.faults else ""


def rep_words(rep: RepResult) -> str:
    """Write a rep's faults, worst first: 'rounded back up to 31°, rushed'; without any its verdict."""
    if rep.faults:
        worst = sorted(rep.faults, key=lambda f: (f.severity != "red", -f.probability))
        return ", ".join(fault_words(f) for f in worst)
    return VERDICT_WORDS.get(rep.verdict, rep.verdict.replace("_", " "))


def tally_words(reps: Sequence[RepResult]) -> str:
    """Count reps by verdict: '12 good, 6 with a fault, 1 cannot tell'; '' without reps."""
    counts = Counter(rep.verdict for rep in reps)
    parts = (
        (counts["good"], "good"),
        (counts["faulty"], "with a fault"),
        (counts["cannot_tell"], "cannot tell"),
    )
    return ", ".join(f"{n} {word}" for n, word in parts if n)


def sum_words(result: SessionResult) -> str:
    """Say what a session comes to in one line: '8 reps in 1 set: 5 good, 3 with a fault'."""
    reps = [rep for one in result.sets for rep in one.reps]
    tally = tally_words(reps)
    count = f"{plural(len(reps), 'rep')} in {plural(len(result.sets), 'set')}".replace("no ", "0 ")
    return f"{count}{': ' + tally if tally else ''}"


def yardstick_words(result: SessionResult) -> str:
    """Name what reps are judged against: own reference hinges, those of earlier sessions, or an average one."""
    if result.reference_lumbar_deg is None:
        return "an average neutral hinge"
    athlete = result.quality.athlete
    return "own reference hinges" if athlete is None or not athlete.neutral else "the athlete file's neutral hinge"
