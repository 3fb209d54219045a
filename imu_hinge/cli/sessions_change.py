"""``imu-hinge sessions tag, note, rpe, load, delete``: what the athlete adds to a session, and takes away."""

from __future__ import annotations

from typing import Annotated

import typer

from imu_hinge.cli.session_options import SessionArgument, library
from imu_hinge.cli.session_tables import day_words
from imu_hinge.errors import LibraryError, one_line
from imu_hinge.library.additions import with_load, with_note, with_rpe, with_tags
from imu_hinge.library.entry import Session

__all__ = ["delete", "load", "note", "rpe", "tag"]

_NONE = ("none", "-")


def tag(
    session: SessionArgument,
    words: Annotated[list[str], typer.Argument(help="belt or +belt adds a tag, -belt drops it.", metavar="TAGS")],
    remove: Annotated[bool, typer.Option("--remove", help="Drop the tags that have no sign.")] = False,
) -> None:
    """Tag a session: +belt adds, -belt drops."""
    add = tuple(word.removeprefix("+") for word in words if word[:1] != "-" and (word[:1] == "+" or not remove))
    drop = tuple(word.removeprefix("-") for word in words if word[:1] == "-" or (remove and word[:1] != "+"))
    with library() as opened:
        changed = opened.change(session, lambda added: with_tags(added, add, drop))
    _say(changed, f"tags: {' '.join(changed.tags) or 'none'}")


def note(
    session: SessionArgument,
    text: Annotated[list[str], typer.Argument(help="The note; '' removes it.", metavar="TEXT")],
) -> None:
    """Write a note to a session, in place of the one it has."""
    with library() as opened:
        changed = opened.change(session, lambda added: with_note(added, " ".join(text)))
    _say(changed, f"note: {changed.note}" if changed.note else "no note")


def rpe(
    session: SessionArgument,
    value: Annotated[str, typer.Argument(help="0 (rest) to 10 (nothing left) in halves, or none.", metavar="RPE")],
) -> None:
    """Say how hard a session was, 0 to 10 in halves (Foster's session RPE, CR10)."""
    hard = _number(value, "RPE", "Write a number such as 7.5, or none.")
    with library() as opened:
        changed = opened.change(session, lambda added: with_rpe(added, hard))
    _say(changed, "no RPE" if changed.rpe is None else f"RPE {changed.rpe:g}")


def load(
    session: SessionArgument,
    kilograms: Annotated[str, typer.Argument(help="Load in kg; none goes back to the recording's.", metavar="KG")],
    set_number: Annotated[int | None, typer.Option("--set", min=1, help="Only this set.")] = None,
) -> None:
    """Correct the load of a session, or of one of its sets."""
    kg = _number(kilograms, "load", "Write kilograms such as 82.5, or none.")
    with library() as opened:
        sets = opened.pick(session).sets
        if set_number is not None and set_number > len(sets):
            raise LibraryError(f"there is no set {set_number}", where=session, advice=f"It has {len(sets)}.")
        changed = opened.change(session, lambda added: with_load(added, kg, set_number))
    loads = (f"set {one.number} {'–' if one.load_kg is None else f'{one.load_kg:g} kg'}" for one in changed.sets)
    _say(changed, ", ".join(loads) or "no sets")


def delete(
    session: SessionArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a session for good, with its recording: its folder in the library, and nothing else."""
    with library() as opened:
        folder = session if session in opened.broken() else opened.pick(session).folder
        path = opened.home / folder
    if not yes:
        typer.confirm(f"Delete {one_line(str(path))} with its recording, for good?", abort=True)
    with library() as opened:
        opened.delete(folder)
    typer.echo(f"Deleted {one_line(folder)}.")


def _number(text: str, what: str, advice: str) -> float | None:
    if text.lower() in _NONE:
        return None
    try:
        return float(text.removesuffix("kg").strip().replace(",", "."))
    except ValueError:
        raise LibraryError(f"{one_line(text)[:40]!r} is no {what}", advice=advice) from None


def _say(session: Session, what: str) -> None:
    typer.echo(one_line(f"{day_words(session.began_s)}  {what}"))
