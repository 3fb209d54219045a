"""An athlete's file: JSON that people can read, with the constants by name and their correlations."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Final, TypeGuard

import numpy as np

from imu_hinge.body.personal import Axis, Learnt, NeutralHinge, Personal, Worn
from imu_hinge.conventions import CLIPS, SITES
from imu_hinge.errors import AthleteError
from imu_hinge.recording.atomic import write_all_or_nothing

__all__ = ["ATHLETE_VERSION", "load_personal", "personal_of", "personal_text", "save_personal"]

ATHLETE_VERSION: Final = 1
_VERSION: Final = "imu_hinge_athlete"
_DIGITS: Final = 9
_LEAST_EIGENVALUE: Final = 1e-9
_WORST_EIGENVALUE: Final = -1e-6
_NOISE: Final = ("thigh_ahead", "thigh_up", "back_ahead", "back_up")
_KNOWN: Final = (
    _VERSION,
    "name",
    "height_m",
    "back_site",
    "sessions",
    "accepted_reps",
    "learnt_from",
    "clips",
    "neutral",
    "constants",
    "correlations",
    "noise_m_s2",
)


def save_personal(personal: Personal, path: Path) -> None:
    """Write an athlete's file over the older one, all or nothing. Raises OutputError."""
    write_all_or_nothing({path: personal_text(personal)}, overwrite=True, make_folders=True)


def load_personal(path: Path) -> Personal:
    """Read an athlete's file. Raises AthleteError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise AthleteError(
            "no such file", path=str(path), advice="Make it with imu-hinge athlete learn RECORDING --file FILE."
        ) from error
    except OSError as error:
        raise AthleteError(
            f"cannot be read ({error.strerror or error})", path=str(path), advice="Check the name and its permissions."
        ) from error
    except UnicodeDecodeError as error:
        raise _no_athlete("it is not text", path) from error
    return personal_of(text, path)


def personal_text(personal: Personal) -> str:
    """An athlete's file as text."""
    neutral = personal.neutral
    data: dict[str, object] = {
        _VERSION: ATHLETE_VERSION,
        "name": personal.name,
        "height_m": personal.height_m,
        "back_site": personal.back_site,
        "sessions": personal.sessions,
        "accepted_reps": personal.accepted_reps,
        "learnt_from": list(personal.learnt_from),
        "clips": {
            role: {
                "serial": worn.serial,
                "bench": worn.bench,
                "up": [_short(v) for v in worn.up],
                "left": [_short(v) for v in worn.left],
            }
            for role, worn in personal.clips.items()
        },
        "neutral": {
            **{name: _short(getattr(neutral, name)) for name in _ANGLES},
            "movements": neutral.movements,
            "hinges": neutral.hinges,
            "courses": {name: [_short(v) for v in values] for name, values in neutral.courses.items()},
        },
    }
    learnt = personal.learnt
    if learnt is not None:
        sd = np.sqrt(np.diag(learnt.covariance))
        correlation = learnt.covariance / np.outer(sd, sd)
        data["constants"] = {
            name: {"mean": _short(float(m)), "sd": _short(float(s))}
            for name, m, s in zip(learnt.names, learnt.mean, sd, strict=True)
        }
        rows: dict[str, dict[str, float | None]] = {}
        for (i, one), (j, other) in combinations(enumerate(learnt.names), 2):
            if r := round(float(correlation[i, j]), _DIGITS):
                rows.setdefault(one, {})[other] = r
        data["correlations"] = rows
        data["noise_m_s2"] = {name: _short(v) for name, v in zip(_NOISE, learnt.noise_m_s2, strict=True)}
    return json.dumps({**data, **personal.extra}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


_ANGLES: Final = ("lumbar_deg", "lumbar_sd_deg", "fold_deg", "thigh_deg", "trunk_deg", "max_flexion_deg")


def _short(value: float | None) -> float | None:
    """A number of nine digits; None for one that is not known."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.{_DIGITS}g}")


def personal_of(text: str, path: Path) -> Personal:
    """The athlete of a file's text; ``path`` is for messages. Raises AthleteError."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_athlete("it is not JSON", path) from error
    if not isinstance(data, dict) or _VERSION not in data:
        raise _no_athlete(f"it has no {_VERSION!r}", path)
    version = data[_VERSION]
    if version != ATHLETE_VERSION or isinstance(version, bool):
        newer = isinstance(version, int) and version > ATHLETE_VERSION
        raise AthleteError(
            f"is an athlete's file of version {version!r}, and this imu-hinge reads version {ATHLETE_VERSION}",
            path=str(path),
            advice="Update imu-hinge."
            if newer
            else "Learn it again: imu-hinge athlete learn RECORDING --file ANOTHER.json.",
        )
    try:
        return _personal(data)
    except _WrongError as error:
        raise _no_athlete(str(error), path) from error


class _WrongError(Exception):
    """What in the file cannot be."""


def _no_athlete(what: str, path: Path) -> AthleteError:
    return AthleteError(
        f"not an athlete's file: {what}",
        path=str(path),
        advice="Use a copy of it, or learn it again with imu-hinge athlete learn RECORDING --file ANOTHER.json.",
    )


def _personal(data: dict[str, Any]) -> Personal:
    height_m, site = _number(data, "height_m", 0.5, 3.0, empty=True), data.get("back_site")
    if site is not None and site not in SITES["back"]:
        raise _WrongError(f"'back_site' is {site!r}")
    name = data.get("name")
    if not isinstance(name, str):
        raise _WrongError("'name' is no text")
    digests = data.get("learnt_from", [])
    if not isinstance(digests, list) or not all(isinstance(d, str) for d in digests):
        raise _WrongError("'learnt_from' is no list of texts")
    return Personal(
        name=name,
        height_m=height_m,
        back_site=site,
        sessions=_count(data, "sessions"),
        accepted_reps=_count(data, "accepted_reps"),
        learnt_from=tuple(digests),
        clips={role: _worn(worn, role) for role, worn in _table(data, "clips").items()},
        neutral=_neutral(_table(data, "neutral")),
        learnt=_learnt(data) if data.get("constants") is not None else None,
        extra={key: value for key, value in data.items() if key not in _KNOWN},
    )


def _worn(raw: object, role: str) -> Worn:
    if role not in CLIPS or not isinstance(raw, dict):
        raise _WrongError(f"'clips' has {role!r}")
    serial, bench = raw.get("serial"), raw.get("bench", False)
    if not (serial is None or isinstance(serial, str)) or not isinstance(bench, bool):
        raise _WrongError(f"the clip {role!r} has no proper serial or bench")
    return Worn(serial, bench, _axis(raw, "up", role), _axis(raw, "left", role))


def _axis(raw: Mapping[str, Any], key: str, role: str) -> Axis:
    values = raw.get(key)
    if not isinstance(values, list) or len(values) != 3 or not all(_finite(v) for v in values):
        raise _WrongError(f"{key!r} of the clip {role!r} is no axis")
    x, y, z = (float(v) for v in values)
    if abs(math.sqrt(x * x + y * y + z * z) - 1.0) > 0.01:
        raise _WrongError(f"{key!r} of the clip {role!r} is no unit vector")
    return x, y, z


def _neutral(raw: Mapping[str, Any]) -> NeutralHinge:
    courses: dict[str, tuple[float, ...]] = {}
    for name, values in _table(raw, "courses").items():
        if not isinstance(values, list) or len(values) != 11 or not all(v is None or _finite(v) for v in values):
            raise _WrongError(f"the course {name!r} is no list of eleven numbers")
        courses[name] = tuple(math.nan if v is None else float(v) for v in values)
    angles = {name: _number(raw, name, 0.0 if "_sd_" in name else -200.0, 200.0, empty=True) for name in _ANGLES}
    return NeutralHinge(**angles, movements=_count(raw, "movements"), hinges=_count(raw, "hinges"), courses=courses)


def _learnt(data: Mapping[str, Any]) -> Learnt:
    table = _table(data, "constants")
    names = tuple(table)
    mean, sd = np.empty(len(names)), np.empty(len(names))
    for i, name in enumerate(names):
        if not isinstance(table[name], dict):
            raise _WrongError(f"the constant {name!r} has no mean and sd")
        try:
            mean[i] = _number(table[name], "mean", -1e3, 1e3)
            sd[i] = _number(table[name], "sd", 1e-9, 1e3)
        except _WrongError as error:
            raise _WrongError(f"the constant {name!r}: {error}") from error
    correlation = np.eye(len(names))
    for one, row in _table(data, "correlations").items():
        if not isinstance(row, dict):
            raise _WrongError(f"'correlations' of {one!r} is no table")
        for other in row:
            if one not in table or other not in table or one == other:
                raise _WrongError(f"'correlations' has {one!r} with {other!r}")
            i, j = names.index(one), names.index(other)
            correlation[i, j] = correlation[j, i] = _number(row, other, -1.0, 1.0)
    noise = _table(data, "noise_m_s2")
    a, b, c, d = (float(_number(noise, name, 1e-6, 1e3) or 0.0) for name in _NOISE)
    return Learnt(names, mean, sd[:, None] * _possible(correlation) * sd, (a, b, c, d))


def _possible(correlation: np.ndarray) -> np.ndarray:
    """The correlations, nudged by no more than rounding where they would make a variance negative."""
    if not len(correlation):
        raise _WrongError("'constants' is empty")
    values, vectors = np.linalg.eigh(correlation)
    if values[0] < _WORST_EIGENVALUE:
        raise _WrongError("these correlations cannot be")
    if values[0] >= _LEAST_EIGENVALUE:
        return correlation
    nudged: np.ndarray = (vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T
    return nudged


def _table(raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = raw.get(key, {})
    if not isinstance(value, dict):
        raise _WrongError(f"{key!r} is no table")
    return value


def _finite(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _number(raw: Mapping[str, Any], key: str, low: float, high: float, *, empty: bool = False) -> float | None:
    value = raw.get(key)
    if value is None and empty:
        return None
    if not _finite(value) or not low <= float(value) <= high:
        raise _WrongError(f"{key!r} is {str(value)[:40]!r}, not a number between {low:g} and {high:g}")
    return float(value)


def _count(raw: Mapping[str, Any], key: str) -> int:
    value = raw.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
        raise _WrongError(f"{key!r} is {str(value)[:40]!r}, not a count")
    return value
