"""``imu-hinge calibrate-clip``: accelerometer bias and scale of one clip from six still positions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from imu_hinge.cli.options import RecordingArgument, load
from imu_hinge.errors import CalibrationError
from imu_hinge.fusion.bench import fit_six_positions, save_benches
from imu_hinge.recording import ClipSamples, Recording
from imu_hinge.session.clip_store import clip_store, store_name

__all__ = ["calibrate_clip"]


def calibrate_clip(
    recording: RecordingArgument,
    clip: Annotated[
        str | None, typer.Option("--clip", help="Which clip of the recording; all of them by default.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Directory for the calibrations; by default where analyze looks for them."),
    ] = None,
) -> None:
    """Bench calibration: lay the clip on each of its six faces for three seconds, record, and run this once."""
    loaded = load(recording)
    if clip is not None and clip not in loaded.clips:
        raise CalibrationError(
            f"the recording has no {clip} clip", clip=clip, advice=f"It has: {', '.join(loaded.clips)}."
        )
    directory = clip_store() if out is None else out
    fits = {}
    for name in loaded.clips if clip is None else (clip,):
        samples = loaded.clips[name]
        time_s, acc, gyr = _bench_part(loaded, samples)
        path = directory / store_name(samples.serial or name)
        fits[path] = name, fit_six_positions(samples.serial or name, time_s, acc, gyr)
    save_benches({path: fitted for path, (_, fitted) in fits.items()})
    for path, (name, fitted) in fits.items():
        bias = ", ".join(f"{b:+.3f}" for b in fitted.bias_m_s2)
        scale = ", ".join(f"{100 * (s - 1):+.2f}" for s in fitted.scale)
        # Six positions fit six numbers exactly; only more of them leave a residual that means something.
        checked = f", residual {1000 * fitted.residual_m_s2:.1f} mm/s2" if fitted.positions > 6 else ""
        typer.echo(f"{name}: bias {bias} m/s2, scale {scale} %{checked} from {fitted.positions} positions")
        typer.echo(str(path))


def _bench_part(recording: Recording, samples: ClipSamples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The six_position segments where they are marked, otherwise the whole recording."""
    spans = recording.segments_of("six_position")
    rows = np.ones(len(samples), bool)
    if spans:
        rows = np.logical_or.reduce([(samples.time_s >= s.start_s) & (samples.time_s <= s.end_s) for s in spans])
    return samples.time_s[rows], samples.acc_m_s2[rows], samples.gyr_rad_s[rows]
