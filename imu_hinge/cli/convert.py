"""``imu-hinge convert``: files of other tools become recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from imu_hinge.errors import ImportRefusedError, OutputError, one_line, visible
from imu_hinge.recording import write_recording
from imu_hinge.recording.importers import TableOptions, import_recording
from imu_hinge.recording.importers.units import FACTORS, Quantity

__all__ = ["convert"]


def convert(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT.csv", help="The recording to write.")],
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="INPUT...", help="Text tables, exports of sensor apps, .npz, or a recording."),
    ] = None,
    clip: Annotated[
        list[str] | None,
        typer.Option(
            help="thigh=FILE (Movella DOT, WitMotion, tables), thigh=ACC,GYR (MetaMotion, Polar: a file for each "
            "sensor), thigh=DEVICE (an id in the file names, or the device's name in a WitMotion file), or "
            "thigh=LABEL (as the input calls it). Once for each clip.",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="acc_x=COLUMN", help="Name a column: time, clip, acc_x ... gyr_z."),
    ] = None,
    acc_unit: Annotated[str | None, typer.Option(help="m_s2, g or mg.")] = None,
    gyr_unit: Annotated[str | None, typer.Option(help="rad_s, deg_s or mdeg_s.")] = None,
    time_unit: Annotated[str | None, typer.Option(help="s, ms, us or ns.")] = None,
    layout: Annotated[str | None, typer.Option(help="wide: columns for each clip; long: a clip column.")] = None,
    height_m: Annotated[float | None, typer.Option(help="The athlete's height, m.")] = None,
    mass_kg: Annotated[float | None, typer.Option(help="The athlete's mass, kg.")] = None,
    site: Annotated[list[str] | None, typer.Option(help="Where a clip sat: back=L3.")] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(help="'0 3 stand' or '31.8 60.8 set exercise=rdl', on the new clock (starts at 0)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over OUT.csv.")] = False,
) -> None:
    """Turn files of other tools into a recording, all or nothing; units are checked.

    Exports of WitMotion, Movella DOT, Polar and MbientLab apps are known by their columns.
    """
    if layout not in (None, "wide", "long"):
        raise ImportRefusedError(f"--layout {layout} is not known", advice="It is wide or long.")
    header = {f"clip.{name}.site": place for name, place in _pairs(site, "--site").items()}
    if height_m is not None:
        header["athlete.height_m"] = f"{height_m:g}"
    if mass_kg is not None:
        header["athlete.mass_kg"] = f"{mass_kg:g}"
    header.update((f"segment.{index}", text) for index, text in enumerate(segment or []))
    units: dict[Quantity, str | None] = {"acc": acc_unit, "gyr": gyr_unit, "time": time_unit}
    options = TableOptions(
        columns=_pairs(column, "--map"),
        units={quantity: _known(unit, quantity) for quantity, unit in units.items() if unit is not None},
        layout=layout,
    )
    clips = _pairs(clip, "--clip")
    if not inputs and not clips:
        raise ImportRefusedError("no input", advice="Name a file, or --clip thigh=FILE.")
    sources = [*(inputs or []), *(Path(part) for spec in clips.values() for part in spec.split(","))]
    if out.exists() and any(path.exists() and path.samefile(out) for path in sources):
        raise OutputError("is also an input", path=str(out), advice="Choose another name for the output.")
    if out.exists() and not force:
        raise OutputError("already exists", path=str(out), advice="Choose another name, or add --force.")
    recording = import_recording(inputs or [], clips, header=header, options=options)
    write_recording(recording, out, overwrite=force)
    for warning in recording.warnings:
        typer.echo(one_line(warning), err=True)
    rates = ", ".join(f"{item.name} at {item.rate_hz:.1f} Hz" for item in recording.clips.values())
    if not recording.segments:
        typer.echo(
            "! nothing says when you stood, hinged for reference and trained: add --segment '0 3 stand',"
            " --segment '3 16 reference_hinge', --segment '32 61 set exercise=rdl'",
            err=True,
        )
    typer.echo(f"{visible(str(out))}: {recording.end_s - recording.start_s:.1f} s of {rates}")


def _pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise ImportRefusedError(f"{option} {text!r} has no NAME=VALUE", advice=f"Write {option} NAME=VALUE.")
        if name in pairs:
            raise ImportRefusedError(f"{option} {name}= is given twice", advice="Give it once.")
        pairs[name] = value
    return pairs


def _known(unit: str, quantity: Quantity) -> str:
    if unit not in FACTORS[quantity]:
        raise ImportRefusedError(
            f"--{quantity}-unit {unit} is not known", advice=f"It is one of {', '.join(FACTORS[quantity])}."
        )
    return unit
