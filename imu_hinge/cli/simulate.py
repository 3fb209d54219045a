"""``imu-hinge simulate``: a session of a simulated athlete, with or without the truth about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.errors import OutputError, ScenarioError
from imu_hinge.recording.atomic import write_all_or_nothing
from imu_hinge.recording.writer import recording_text

__all__ = ["simulate"]


def simulate(
    scenario: Annotated[str | None, typer.Argument(help="Name of the scenario; --list shows them all.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Recording to write, X.csv.", dir_okay=False)] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same scenario and seed give the same bytes.")] = 0,
    clips: Annotated[str | None, typer.Option(help="Clips to wear, such as thigh,back.")] = None,
    truth: Annotated[bool, typer.Option("--truth/--no-truth", help="Also write X.truth.csv and X.truth.json.")] = False,
    duration_min: Annotated[
        float | None, typer.Option(help="Stretch or cut the session to about so many minutes.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the scenarios and stop.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
) -> None:
    """Simulate a session of two or three clips and write it as a recording."""
    from imu_hinge.simulation import (  # half a second that the other commands need not wait
        find_scenario,
        scenarios,
        simulate_session,
        truth_files,
        truth_paths,
        with_clips,
        with_duration,
    )

    if list_:
        known = scenarios()
        width = max(map(len, known))
        for name, preset in known.items():
            typer.echo(f"{name:{width}}  {preset.about}")
        return
    if scenario is None or out is None:
        missing = "which scenario" if scenario is None else "where to write"
        raise ScenarioError(
            f"you did not say {missing}", advice="For example: imu-hinge simulate rdl_good --out rdl.csv."
        )
    plan = find_scenario(scenario)
    if clips is not None:
        plan = with_clips(plan, (name.strip() for name in clips.split(",")))
    if duration_min is not None:
        plan = with_duration(plan, 60.0 * duration_min)
    for path in (out, *truth_paths(out)) if truth else (out,):
        if path.exists() and not force:
            raise OutputError("already exists", path=str(path), advice="Choose another name, or add --force.")
    session = simulate_session(plan, seed)
    files = {out: recording_text(session.arrivals), **(truth_files(session.truth, out) if truth else {})}
    for path in write_all_or_nothing(files, overwrite=force):
        typer.echo(str(path))
