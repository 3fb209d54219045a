"""Earcons: short sounds that say without words what happened, made from numbers, so that there are no files to ship.

Each differs from each other one by what pitch does and by rhythm, so that a poor speaker or a poor ear loses only one
of the two. Red is the same figure said twice, louder and rough (Hellier & Edworthy 1993: urgency is repetition, level
and roughness). All of it lies where small speakers speak and gyms do not: 600 to 3000 Hz.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["EARCONS", "RATE_HZ", "Earcon", "Note", "earcon_key", "gain_of", "synthesise"]

FloatArray = NDArray[np.float64]

RATE_HZ: Final = 48_000
"""Samples per second of every sound: what sound cards run at."""

_HIGHEST_HZ: Final = 2900.0
_ROUGH_HZ: Final = 70.0
"""Beating at this rate is heard as roughest (Zwicker & Fastl)."""
_ROUGH_DEPTH: Final = 0.65
_REPEAT_GAP_S: Final = 0.09


@dataclass(frozen=True)
class Note:
    """One tone: when it begins and how long it is, s; its pitch, Hz."""

    start_s: float
    length_s: float
    pitch_hz: float


@dataclass(frozen=True)
class Earcon:
    """A figure of notes and how they sound."""

    notes: tuple[Note, ...]
    peak: float
    """Greatest amplitude, 1 is full scale."""
    partials: tuple[float, ...] = (1.0, 0.35)
    """Amplitudes of the pitch and its multiples; those above 2.9 kHz are left out."""
    attack_s: float = 0.002
    """Rise of a note: fast enough to be there at once, slow enough not to click."""
    release_s: float = 0.015
    ring_s: float = np.inf
    """Time over which a note dies away, as a bell's does; infinite: it holds."""
    rough: bool = False

    @property
    def length_s(self) -> float:
        """How long it sounds, s."""
        return max(note.start_s + note.length_s for note in self.notes)


def _urgent(amber: Earcon) -> Earcon:
    """The red one of an amber earcon."""
    step = amber.length_s + _REPEAT_GAP_S
    again = tuple(replace(note, start_s=note.start_s + step) for note in amber.notes)
    return replace(amber, notes=(*amber.notes, *again), peak=0.98, partials=(1.0, 0.8, 0.7, 0.6), rough=True)


_ROUNDING: Final = Earcon((Note(0.0, 0.07, 1400.0), Note(0.10, 0.20, 880.0)), peak=0.36)
_ARCHING: Final = Earcon((Note(0.0, 0.20, 1000.0), Note(0.25, 0.07, 1680.0)), peak=0.36)
_FAULT: Final = Earcon((Note(0.0, 0.06, 660.0), Note(0.16, 0.06, 660.0)), peak=0.36, partials=(1.0, 0.5), ring_s=0.06)
_GOOD: Final = Earcon(
    (Note(0.0, 0.40, 2100.0),), peak=0.4, partials=(1.0,), attack_s=0.003, release_s=0.05, ring_s=0.12
)
_DEPTH: Final = Earcon((Note(0.0, 0.045, 1700.0),), peak=0.2, partials=(1.0,), ring_s=0.02)

EARCONS: Final[Mapping[str, Earcon]] = MappingProxyType(
    {
        "rounding-amber": _ROUNDING,
        "rounding-red": _urgent(_ROUNDING),
        "arching-amber": _ARCHING,
        "arching-red": _urgent(_ARCHING),
        "fault-amber": _FAULT,
        "fault-red": _urgent(_FAULT),
        "good": _GOOD,
        "depth": _DEPTH,
    }
)
"""Key -> earcon: rounding falls, short then long; arching rises, long then short; another fault is a low double tap;
a good rep chimes; the target depth ticks."""

_FIGURES: Final = MappingProxyType({"rounded_back": "rounding", "arched_back": "arching"})


def earcon_key(name: str, severity: str) -> str:
    """The earcon of a cue: by its name, and amber or red where it tells of a fault."""
    if name == "target_depth":
        return "depth"
    if severity == "good":
        return "good"
    return f"{_FIGURES.get(name, 'fault')}-{'red' if severity == 'red' else 'amber'}"


def gain_of(volume_db: float) -> float:
    """The factor that a volume means: 0 dB is as made, -6 dB half of it; nothing is louder than as made."""
    return float(10.0 ** (min(0.0, volume_db) / 20.0))


def synthesise(earcon: Earcon, rate_hz: int = RATE_HZ) -> FloatArray:
    """The sound as samples (N,), within plus or minus its peak; beginning and end are silent to the sample."""
    sound = np.zeros(round(earcon.length_s * rate_hz) + 1)
    for note in earcon.notes:
        tone = _tone(note, earcon, rate_hz)
        first = round(note.start_s * rate_hz)
        sound[first : first + len(tone)] += tone[: len(sound) - first]
    return np.asarray(sound * (earcon.peak / np.abs(sound).max()))


def _tone(note: Note, earcon: Earcon, rate_hz: int) -> FloatArray:
    time_s = np.arange(round(note.length_s * rate_hz) + 1) / rate_hz
    tone = np.zeros(len(time_s))
    for number, amplitude in enumerate(earcon.partials, start=1):
        if number == 1 or number * note.pitch_hz <= _HIGHEST_HZ:
            # Schroeder phases: partials that peak together would be soft for their peak.
            phase = np.pi * number * (number - 1) / len(earcon.partials)
            tone += amplitude * np.sin(2.0 * np.pi * number * note.pitch_hz * time_s + phase)
    if earcon.rough:
        tone *= 1.0 - _ROUGH_DEPTH * (0.5 - 0.5 * np.cos(2.0 * np.pi * _ROUGH_HZ * time_s))
    left_s = time_s[-1] - time_s
    envelope = _rise(time_s / earcon.attack_s) * _rise(left_s / earcon.release_s) * np.exp(-time_s / earcon.ring_s)
    return np.asarray(tone * envelope)


def _rise(share: FloatArray) -> FloatArray:
    """A raised cosine from 0 to 1 over 0..1."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0.0, 1.0)))
