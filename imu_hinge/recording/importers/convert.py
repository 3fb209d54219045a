"""From the files and clip choices of a user to one recording, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from imu_hinge.conventions import CLIPS
from imu_hinge.errors import ImportRefusedError, RecordingError, one_line
from imu_hinge.recording.check import check_units
from imu_hinge.recording.header import VERSION_KEY
from imu_hinge.recording.importers.npz import import_npz
from imu_hinge.recording.importers.pairs import import_pair, is_sensor_name, pair_of
from imu_hinge.recording.importers.streams import build_recording
from imu_hinge.recording.importers.table import TableOptions, import_table
from imu_hinge.recording.importers.xsens_dot import on_one_clock
from imu_hinge.recording.lines import event_value, numbered, segment_value
from imu_hinge.recording.model import ClipSamples, Recording
from imu_hinge.recording.reader import read_recording

__all__ = ["import_recording"]


def import_recording(
    inputs: Sequence[Path],
    clips: Mapping[str, str] | None = None,
    *,
    header: Mapping[str, str] | None = None,
    options: TableOptions | None = None,
) -> Recording:
    """Make one recording of foreign files, its clock starting at 0, its units checked.

    ``clips`` maps clip names to ``ACC.csv,GYR.csv`` (a MetaMotion or Polar pair), to a file of that clip alone
    (.npz or text), to a device id in the names of ``inputs``, or to what the one input file calls the clip.
    Without ``clips``, the one input must name its clips itself; it may be a recording already. ``header``
    adds header lines; what is warned of stands in the header too, as ``note.N``.

    Raises ImportRefusedError, SampleError, UnitError, or FormatError for a header value.
    """
    clips, header, options = clips or {}, header or {}, options or TableOptions()
    for name in clips:
        if name not in CLIPS:
            raise ImportRefusedError(f"unknown clip '{name}'", advice=f"Clips are called {', '.join(CLIPS)}.")
    if len(inputs) == 1 and not clips and _is_recording(inputs[0]):
        recording = _with_header(read_recording(inputs[0]), header)
    else:
        samples, warnings = _import(inputs, clips, options)
        name = inputs[0].name if inputs else next(iter(clips.values()))
        notes = {f"note.{index}": one_line(warning) for index, warning in enumerate(warnings)}
        recording = build_recording(Path(name).name, samples, {**notes, **header}, warnings)
    check_units(recording)
    return recording


def _import(
    inputs: Sequence[Path], clips: Mapping[str, str], options: TableOptions
) -> tuple[list[ClipSamples], list[str]]:
    samples: list[ClipSamples] = []
    warnings: list[str] = []
    labels: dict[str, str] = {}
    alone: dict[str, Path] = {}
    for name, spec in clips.items():
        parts = spec.split(",")
        if len(parts) == 2:
            _extend(samples, warnings, import_pair(name, Path(parts[0]), Path(parts[1])))
        elif Path(spec).is_file() or not inputs:
            alone[name] = Path(spec)
            _extend(samples, warnings, _import_alone(Path(spec), name, options))
        elif any(is_sensor_name(path) for path in inputs):
            _extend(samples, warnings, import_pair(name, *pair_of(spec, inputs)))
        else:
            labels[name] = spec
    if labels or not clips:
        _extend(samples, warnings, _import_labelled(inputs, labels, options))
    return on_one_clock(samples, alone), warnings


def _import_alone(path: Path, name: str, options: TableOptions) -> tuple[list[ClipSamples], list[str]]:
    if path.suffix == ".npz":
        return import_npz(path, name)
    return import_table(path, {name: None}, options)


def _import_labelled(
    inputs: Sequence[Path], labels: Mapping[str, str], options: TableOptions
) -> tuple[list[ClipSamples], list[str]]:
    if any(is_sensor_name(path) for path in inputs):
        raise ImportRefusedError(
            "nothing says which device is which clip",
            path=", ".join(path.name for path in inputs),
            advice="Say it: --clip thigh=DEVICE, with the 8 or 12 digits in the file names, once for each clip.",
        )
    if len(inputs) != 1:
        raise ImportRefusedError(
            f"{len(inputs)} input files, and nothing says which clips they hold",
            advice="Give one file, or one for each clip: --clip thigh=FILE --clip back=FILE.",
        )
    if inputs[0].suffix != ".npz":
        return import_table(inputs[0], labels, options)
    if labels:
        raise ImportRefusedError(
            "an archive's arrays name their clips themselves",
            path=str(inputs[0]),
            advice="Leave --clip away, or give one archive for each clip: --clip thigh=FILE.npz.",
        )
    return import_npz(inputs[0])


def _extend(samples: list[ClipSamples], warnings: list[str], more: tuple[list[ClipSamples], list[str]]) -> None:
    samples += more[0]
    warnings += more[1]


def _is_recording(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return VERSION_KEY.encode() in file.read(4096)
    except OSError as error:
        raise RecordingError(
            f"cannot be read ({error.strerror or error})", path=str(path), advice="Check the name."
        ) from error


def _with_header(recording: Recording, header: Mapping[str, str]) -> Recording:
    """The same samples under a header in which the new lines replace old ones of the same key."""
    segments = numbered("segment", map(segment_value, recording.segments))
    lines = {
        **recording.header,
        **segments,
        **numbered("event", map(event_value, recording.events)),
    }
    added = {key: value for key, value in header.items() if not key.startswith("segment.")}
    more = numbered("segment", [v for k, v in header.items() if k not in added], first=len(segments))
    sites = {f"clip.{clip.name}.site": clip.site for clip in recording.clips.values()}
    return build_recording(
        recording.name,
        recording.clips.values(),
        {**sites, **lines, **added, **more},
        recording.warnings,
        keep_clock=True,
    )
