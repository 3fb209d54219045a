"""Which clip is worn where: serial numbers and clip names, remembered on this computer and in the clips themselves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from imu_hinge.conventions import BACK, CLIPS, THIGH
from imu_hinge.errors import FormatError, LinkError
from imu_hinge.recording.atomic import write_all_or_nothing
from imu_hinge.sensors.adapter import Found

__all__ = ["RoleStore", "choose", "guess", "role_of", "roles_path"]

_PAIR = (THIGH, BACK)
"""What is worn where nobody says."""


def roles_path() -> Path:
    """The user's file of roles; IMU_HINGE_HOME overrides the place."""
    home = os.environ.get("IMU_HINGE_HOME")
    if home:
        return Path(home) / "roles.json"
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "imu_hinge" / "roles.json"


class RoleStore:
    """Serial numbers to clip names, as JSON at ``path``; written all or nothing."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = roles_path() if path is None else path

    def load(self) -> dict[str, str]:
        """What is stored; nothing where there is no file. Raises FormatError for a file that is none."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            raise self._broken(f"cannot be read ({error})") from error
        try:
            stored = json.loads(text)
        except json.JSONDecodeError as error:
            raise self._broken("is no JSON") from error
        if not isinstance(stored, dict) or not all(isinstance(s, str) and r in CLIPS for s, r in stored.items()):
            raise self._broken(f"does not give serial numbers one of {', '.join(CLIPS)}")
        return stored

    def assign(self, serial: str, role: str | None) -> None:
        """This clip is worn there from now on, and no other one is; None: nowhere."""
        roles = {s: r for s, r in self.load().items() if s != serial and r != role}
        if role is not None:
            roles[serial] = role
        text = json.dumps(dict(sorted(roles.items())), indent=2) + "\n"
        write_all_or_nothing({self._path: text}, overwrite=True, make_folders=True)

    def _broken(self, what: str) -> FormatError:
        return FormatError(
            what, path=str(self._path), advice="Delete it and assign the clips again (imu-hinge clips assign)."
        )


def role_of(found: Found, stored: Mapping[str, str]) -> str | None:
    """Where a clip is worn: what this computer knows; where it does not know the clip, what the clip remembers."""
    if found.identity.serial in stored:
        return stored[found.identity.serial]
    role = found.identity.role
    # A clip's own memory is older than somebody else's being assigned that place here.
    return None if role in stored.values() else role


def guess(
    found: Iterable[Found], stored: Mapping[str, str], wanted: tuple[str, ...] | None, *, take_over: bool = False
) -> dict[str, str]:
    """Places for clips that have none, by serial: those ``wanted`` that no clip has been given, or what is missing of a
    pair. Which of several is which is anybody's guess: the athlete has to be asked.

    Raises LinkError where there are more such clips than places, or fewer. Without any, nothing is guessed.
    """
    around = list(found)
    given = {*stored.values(), *(role for one in around if (role := role_of(one, stored)) is not None)}
    places = [role for role in (_PAIR if wanted is None else wanted) if role not in given]
    if wanted is None:
        places = places[: max(0, len(_PAIR) - len(given))]
    strangers = [one for one in around if role_of(one, stored) is None]
    if not places or not strangers:
        return {}
    # Those at work for somebody else are only taken, and then refused as such, where there are no others.
    idle = [one for one in strangers if take_over or not one.identity.taken]
    clips = sorted(idle if len(idle) >= len(places) else strangers, key=_nearest_first)
    names, open_for = ", ".join(one.identity.serial for one in clips), " and ".join(places)
    if len(clips) > len(places):
        raise LinkError(
            f"{len(clips)} clips have no place yet, and {len(places)} {'is' if len(places) == 1 else 'are'} wanted for "
            f"{open_for}",
            advice=f"Seen, the nearest first: {names}. Switch off those that are not yours to use, or say where one is "
            f"worn: imu-hinge clips assign SERIAL {places[0]}.",
        )
    if len(clips) < len(places):
        raise LinkError(
            f"clips for {open_for} are wanted, and without a place only {names} is seen",
            advice="Switch the other one on, and keep it close.",
        )
    return {one.identity.serial: place for one, place in zip(clips, places, strict=True)}


def _nearest_first(one: Found) -> tuple[float, str]:
    return float("inf") if one.rssi_dbm is None else -one.rssi_dbm, one.identity.serial


def choose(found: Iterable[Found], stored: Mapping[str, str], wanted: tuple[str, ...] | None) -> dict[str, str]:
    """Clip names to serials, from the ground up: those ``wanted``, or all that have a role.

    Raises LinkError naming what is missing or doubly given, with the command that mends it.
    """
    by_role: dict[str, list[str]] = {}
    without = []
    for one in found:
        role = role_of(one, stored)
        if role is None:
            without.append(one.identity.serial)
        else:
            by_role.setdefault(role, []).append(one.identity.serial)
    chosen = tuple(by_role) if wanted is None else wanted
    for role in chosen:
        if len(by_role.get(role, ())) > 1:
            raise LinkError(
                f"{' and '.join(sorted(by_role[role]))} both say that they are worn there",
                clip=role,
                advice=f"Say which it is: imu-hinge clips assign SERIAL {role}.",
            )
    missing = [role for role in chosen if role not in by_role]
    if missing or not chosen:
        seen = f"Seen without a place: {', '.join(sorted(without))}. " if without else ""
        if missing:
            what = f"no clip for the {' and the '.join(missing)} is seen"
        else:
            what = "no clip is seen" if not without else "no clip has been assigned a place"
        raise LinkError(
            what,
            clip=missing[0] if missing else None,
            advice=f"{seen}Switch the clips on, see imu-hinge clips, and assign them with imu-hinge clips assign.",
        )
    return {role: by_role[role][0] for role in CLIPS if role in chosen}
