"""Which files an export has, and what a reader must be told about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imu_hinge.conventions import THIGH
from imu_hinge.errors import ClipError
from imu_hinge.export.opensim_angles import joint_coordinates, mot_text
from imu_hinge.export.opensim_orientations import STANDING, body_orientations, sto_text
from imu_hinge.export.session_json import session_json
from imu_hinge.export.stretches import LEAST_STRETCH_S, complete_stretches, numbered
from imu_hinge.export.tables import angles_table, parquet, reps_csv, reps_table, samples_table
from imu_hinge.recording.model import Recording
from imu_hinge.session.output import angles_csv, summary
from imu_hinge.session.rep_table import rep_rows
from imu_hinge.session.results import SessionResult

__all__ = ["FORMATS", "Exported", "earlier_pieces", "export_files"]

FloatArray = NDArray[np.float64]

FORMATS: Final = ("parquet", "csv", "mot", "sto", "json")
"""What can be written; ``opensim`` on the command line is mot and sto."""

_PIECE: Final = re.compile(r"(angles(_\d+)?\.mot)|(orientations(_\d+)?\.sto)|(placement\.sto)")


@dataclass(frozen=True)
class Exported:
    """File names and contents, and sentences about what is not in them."""

    files: Mapping[str, str | bytes]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Job:
    name: str
    result: SessionResult
    recording: Recording
    side: str | None


def export_files(
    name: str, result: SessionResult, recording: Recording, formats: Collection[str], side: str | None = None
) -> Exported:
    """A result in the given FORMATS. ``name`` is what its rows call the recording, ``side`` ('left', 'right') the thigh
    that was worn on where the recording does not say.

    Raises ClipError where OpenSim must know the side and nobody says it, or where there is nothing to write.
    """
    thigh = recording.clips.get(THIGH) if THIGH in result.clips else None
    job = _Job(name, result, recording, None if thigh is None else side or thigh.side)
    if thigh is not None and job.side is None and {"mot", "sto"} & set(formats):
        raise ClipError(
            "the recording does not say on which thigh the clip was worn, and OpenSim's names do",
            clip=THIGH,
            where=recording.name,
            advice="Add --side left or --side right.",
        )
    files: dict[str, str | bytes] = {}
    notes: list[str] = []
    for one in FORMATS:
        if one in formats:
            made = _MAKERS[one](job)
            files |= made.files
            notes += made.notes
    if not files:
        raise ClipError(
            f"nothing to write ({'; '.join(notes)})",
            where=recording.name,
            advice="Wear two clips, calibrate, and look at what 'imu-hinge analyze' warns of.",
        )
    return Exported(files, tuple(dict.fromkeys(notes)))


def earlier_pieces(present: Collection[str], formats: Collection[str], files: Collection[str]) -> list[str]:
    """Of the names ``present`` in a folder those of an earlier export that must not stay beside the new ``files``: it
    may have had more pieces."""
    stale = (one for one in present if one not in files and _PIECE.fullmatch(one))
    return sorted(one for one in stale if one.rpartition(".")[2] in formats)


def _parquet(job: _Job) -> Exported:
    rows = rep_rows(summary(job.result))
    return Exported(
        {
            "reps.parquet": parquet(reps_table(job.name, rows)),
            "angles.parquet": parquet(angles_table(job.name, job.result.angles)),
            "samples.parquet": parquet(samples_table(job.name, job.recording)),
        },
        (),
    )


def _csv(job: _Job) -> Exported:
    rows = rep_rows(summary(job.result))
    return Exported({"reps.csv": reps_csv(job.name, rows), "angles.csv": angles_csv(job.result.angles)}, ())


def _json(job: _Job) -> Exported:
    return Exported({"session.json": session_json(job.name, job.result)}, ())


def _mot(job: _Job) -> Exported:
    angles = job.result.angles
    found = joint_coordinates(angles, _sites(job.result), job.side)
    if not found:
        return Exported({}, ("no .mot: these clips can tell no joint angle",))
    rate_hz = _rate_hz(angles.time_s)
    pieces = complete_stretches(np.column_stack(list(found.values())), rate_hz)
    names = numbered("angles", ".mot", len(pieces))
    files = {
        file: mot_text(angles.time_s[rows], {name: values[rows] for name, values in found.items()})
        for file, rows in zip(names, pieces, strict=True)
    }
    return Exported(files, _cuts(".mot", ", ".join(found), angles.time_s, pieces))


def _sto(job: _Job) -> Exported:
    angles = job.result.angles
    found, left_out = body_orientations(angles, _sites(job.result), job.side)
    notes = [
        f"no orientation of the {clip} clip in .sto: at {_sites(job.result)[clip]} it is on no body of OpenSim's models"
        for clip in left_out
    ]
    if not found:
        return Exported({}, (*notes, "no .sto: no clip is on a body of OpenSim's models"))
    rate_hz = _rate_hz(angles.time_s)
    pieces = complete_stretches(np.column_stack(list(found.values())), rate_hz)
    names = numbered("orientations", ".sto", len(pieces))
    files = {
        file: sto_text(angles.time_s[rows], {name: quat[rows] for name, quat in found.items()}, rate_hz)
        for file, rows in zip(names, pieces, strict=True)
    }
    if pieces:
        files["placement.sto"] = sto_text([0.0], dict.fromkeys(found, np.array([STANDING])), rate_hz)
    return Exported(files, (*notes, *_cuts(".sto", "the orientation of every clip", angles.time_s, pieces)))


_MAKERS: Final[Mapping[str, Callable[[_Job], Exported]]] = {
    "parquet": _parquet,
    "csv": _csv,
    "mot": _mot,
    "sto": _sto,
    "json": _json,
}


def _sites(result: SessionResult) -> dict[str, str]:
    return {name: clip.site for name, clip in result.quality.clips.items()}


def _rate_hz(time_s: FloatArray) -> float:
    return float(1.0 / np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0


def _cuts(suffix: str, what: str, time_s: FloatArray, pieces: list[slice]) -> tuple[str, ...]:
    """What a reader of the pieces must know, where they are not the whole."""
    if not pieces:
        return (f"no {suffix}: {what} is nowhere known for {LEAST_STRETCH_S:g} s on end",)
    rate_hz = _rate_hz(time_s)
    missing_s = (len(time_s) - sum(rows.stop - rows.start for rows in pieces)) / rate_hz
    if len(pieces) == 1 and missing_s < LEAST_STRETCH_S:
        return ()
    files = "1 file" if len(pieces) == 1 else f"{len(pieces)} files"
    return (f"{suffix} in {files}: {what} known at once, {missing_s:.1f} s of {len(time_s) / rate_hz:.1f} s left out",)
