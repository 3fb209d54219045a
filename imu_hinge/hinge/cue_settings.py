"""How an athlete wants to be cued: what may sound, from where on, how soon and how often, for each exercise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from imu_hinge.conventions import EXERCISES, FAULTS
from imu_hinge.errors import FormatError

__all__ = [
    "LIVE_CUES",
    "SENSITIVITY",
    "BackThreshold",
    "CueParams",
    "CueSettings",
    "DepthTarget",
    "DepthUnit",
    "ThresholdUnit",
]

ThresholdUnit = Literal["deg", "of_max"]
"""Degrees beyond the own reference hinge, or a share of the athlete's own maximum flexion."""
DepthUnit = Literal["of_reference", "deg"]
"""A share of the fold of the own reference hinges, or degrees of fold."""

SENSITIVITY: Final[Mapping[str, float]] = MappingProxyType({"calm": 2.0, "normal": 1.3, "keen": 0.7})
"""Words for ``doubt_sds``: one false crossing in about forty, ten, or four by chance, were the value at its limit."""

_MOST_DEG: Final = 90.0
_MOST_SHARE: Final = 1.5
_MOST_FOLD_DEG: Final = 170.0


def _within(name: str, value: float, least: float, most: float) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not least <= value <= most:
        raise ValueError(f"{name} is {value!r}, not a number from {least:g} to {most:g}")


@dataclass(frozen=True)
class BackThreshold:
    """Where a back turns amber and red; raises ValueError where they cannot be."""

    amber: float
    """Lumbar flexion (or extension) beyond the own reference, deg; or as a share of the own maximum flexion: rounded
    counts that from standing, as feedback trials do (Boocock; PostureCoach), arched from the reference."""
    red: float
    """The same for red, never below amber."""
    unit: ThresholdUnit = "deg"

    def __post_init__(self) -> None:
        if self.unit not in get_args(ThresholdUnit):
            raise ValueError(f"unit is {self.unit!r}, not one of {', '.join(get_args(ThresholdUnit))}")
        least, most = (0.5, _MOST_DEG) if self.unit == "deg" else (0.02, _MOST_SHARE)
        _within("amber", self.amber, least, most)
        _within("red", self.red, self.amber, most)


@dataclass(frozen=True)
class DepthTarget:
    """How deep a rep is to go; raises ValueError for a depth that cannot be."""

    amount: float = 0.95
    """Fold of trunk against thigh (of the trunk alone without a thigh clip): as a share of the own reference hinges',
    own choice: as deep as they were, less what reps differ by; or deg."""
    unit: DepthUnit = "of_reference"

    def __post_init__(self) -> None:
        if self.unit not in get_args(DepthUnit):
            raise ValueError(f"unit is {self.unit!r}, not one of {', '.join(get_args(DepthUnit))}")
        _within("amount", self.amount, *((0.2, 2.0) if self.unit == "of_reference" else (15.0, _MOST_FOLD_DEG)))


@dataclass(frozen=True)
class CueParams:
    """When a live cue may sound; raises ValueError for values that cannot be."""

    least_fold_deg: float = 15.0
    """Fold below which nothing is judged live, deg: standing is no hinge."""
    doubt_sds: float = SENSITIVITY["normal"]
    """A back cue waits until the angle is past its threshold by this many of its SDs (one in ten by chance)."""
    least_trunk_deg: float = 25.0
    """Trunk pitch from which thigh and trunk are compared, deg: before, a degree of either is a large share."""
    still_down_deg: float = 1.0
    """The thigh is on its way down while it is this near to its deepest, deg; up, each joint has its own time."""
    refractory_s: float = 1.5
    """A fault that has sounded is silent for so long, s, unless it turns from amber to red: own choice, less than a
    rep, so that each rep has its own cue."""
    delay_s: float = 0.0
    """A value must stay beyond its threshold for so long before it sounds, s."""
    lead_s: float = 0.0
    """How far ahead lumbar flexion is predicted, s; 0: not at all. About 0.15 for fast lifts (SCIENCE 4)."""
    rounded: BackThreshold | None = None
    """Threshold of rounding; None: those that reps are judged by (``FaultParams``)."""
    arched: BackThreshold | None = None
    """Threshold of arching; None: those that reps are judged by (``FaultParams``)."""
    muted: tuple[str, ...] = ()
    """Faults (``conventions.FAULTS``) that do not sound; they are judged all the same."""
    target_depth: DepthTarget | None = None
    """Where the depth of a rep is acknowledged; None: nowhere."""

    def __post_init__(self) -> None:
        _within("least_fold_deg", self.least_fold_deg, 0.0, _MOST_DEG)
        _within("doubt_sds", self.doubt_sds, 0.0, 5.0)
        _within("least_trunk_deg", self.least_trunk_deg, 1.0, _MOST_DEG)
        _within("still_down_deg", self.still_down_deg, 0.0, _MOST_DEG)
        _within("refractory_s", self.refractory_s, 0.0, 60.0)
        _within("delay_s", self.delay_s, 0.0, 5.0)
        _within("lead_s", self.lead_s, 0.0, 0.5)
        unknown = [name for name in self.muted if name not in FAULTS]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no fault; known: {', '.join(FAULTS)}")
        for name, kind in _PARTS.items():
            part = getattr(self, name)
            if part is not None and not isinstance(part, kind):
                raise ValueError(f"{name} is {part!r}, not a {kind.__name__}")


_PARTS: Final[Mapping[str, type[BackThreshold] | type[DepthTarget]]] = MappingProxyType(
    {"rounded": BackThreshold, "arched": BackThreshold, "target_depth": DepthTarget}
)
"""Fields of ``CueParams`` that are objects of their own."""


@dataclass(frozen=True)
class CueSettings:
    """How to cue: by default, and in the exercises that have settings of their own.

    Raises ValueError for an exercise that is none of ``conventions.EXERCISES``.
    """

    default: CueParams = field(default_factory=CueParams)
    exercises: Mapping[str, CueParams] = field(default_factory=dict)
    """Exercise -> its settings, in full."""

    def __post_init__(self) -> None:
        for exercise in self.exercises:
            if exercise not in EXERCISES:
                raise ValueError(f"{exercise!r} is no exercise; known: {', '.join(EXERCISES)}")

    def of(self, exercise: str | None) -> CueParams:
        """The settings for an exercise, None where none was announced."""
        return self.exercises.get(exercise, self.default) if exercise is not None else self.default

    def to_json(self) -> str:
        """The settings as JSON text, of an exercise only what differs from the default; ``from_json`` gives an equal
        one back."""
        default = _plain(self.default)
        exercises = {
            name: {key: value for key, value in _plain(params).items() if value != default[key]}
            for name, params in self.exercises.items()
        }
        return json.dumps({"default": default, "exercises": exercises}, indent=1, allow_nan=False)

    def to_line(self) -> str:
        """The same in one line of a recording's header."""
        return json.dumps(json.loads(self.to_json()), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str, *, path: str | None = None) -> CueSettings:
        """Settings from JSON text; what it does not say is as by default, in an exercise as in the text's default.

        Raises FormatError, naming ``path`` where one is given, for text that is no settings.
        """
        try:
            raw = _object("the text", json.loads(text))
            _only("the settings", raw, ("default", "exercises"))
            default = _params("default", raw.get("default", {}), CueParams())
            exercises = {
                name: _params(name, one, default)
                for name, one in _object("exercises", raw.get("exercises", {})).items()
            }
            return cls(default, exercises)
        except (ValueError, RecursionError) as error:
            raise FormatError(
                f"these are no cue settings ({error})",
                path=path,
                advice="CueSettings().to_json() writes some to start from.",
            ) from error


def _plain(params: CueParams) -> dict[str, Any]:
    return asdict(params) | {"muted": list(params.muted)}


def _object(name: str, raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise ValueError(f"{name} is no object")
    return raw


def _only(name: str, raw: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = [key for key in raw if key not in known]
    if unknown:
        raise ValueError(f"{name} has no {unknown[0]!r}; known: {', '.join(known)}")


def _params(name: str, raw: object, base: CueParams) -> CueParams:
    told = _object(name, raw)
    _only(name, told, tuple(f.name for f in fields(CueParams)))
    values: dict[str, Any] = {f.name: getattr(base, f.name) for f in fields(CueParams)} | told
    if "muted" in told:
        values["muted"] = _names(told["muted"])
    for key in (key for key in _PARTS if told.get(key) is not None):
        values[key] = _part(key, told[key])
    return CueParams(**values)


def _names(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise ValueError("muted is no list of names")
    return tuple(raw)


def _part(name: str, raw: object) -> BackThreshold | DepthTarget:
    told, kind = _object(name, raw), _PARTS[name]
    known = tuple(f.name for f in fields(kind))
    _only(name, told, known)
    missing = [key for key in ("amber", "red") if kind is BackThreshold and key not in told]
    if missing:
        raise ValueError(f"{name} lacks {missing[0]!r}")
    if not isinstance(told.get("unit", ""), str):
        raise ValueError(f"unit of {name} is no word")
    return kind(**told)


LIVE_CUES: Final = CueSettings(CueParams(target_depth=DepthTarget()))
"""What a live session begins with: everything that may sound, depth as well."""
