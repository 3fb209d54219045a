"""One hour of two clips from file to results, and where the time goes."""

from __future__ import annotations

import functools
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.tables import Outcome
from imu_hinge.fusion.orientation import OrientationStream
from imu_hinge.fusion.resample import GridResampler
from imu_hinge.recording import read_recording, write_recording
from imu_hinge.report.html import render_report
from imu_hinge.session import analysis, tracks
from imu_hinge.session.output import angles_csv, summary_json, write_outputs
from imu_hinge.simulation import find_scenario, simulate_session, with_clips, with_duration

__all__ = ["measure"]

STAGES: dict[str, tuple[tuple[object, str], ...]] = {
    "check": ((analysis, "check_alive"), (analysis, "check_units"), (analysis, "stream_health")),
    "resample": ((GridResampler, "update"), (GridResampler, "skip_until")),
    "orientation": ((OrientationStream, "update"), (tracks, "two_pass")),
    "calibrate": ((analysis, "calibrate"),),
    "angles": ((analysis, "segment_motion"), (analysis, "joint_angles")),
    "reps": ((analysis, "find_reference"), (analysis, "find_sets"), (analysis, "_measure_set")),
}


def measure(minutes: float = 60.0) -> Outcome:
    """Analyse a simulated session of two clips at 100 Hz; the report is timed apart."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.csv"
        plan = with_duration(with_clips(find_scenario("long"), ("thigh", "back")), 60.0 * minutes)
        write_recording(simulate_session(plan, 1).arrivals, path)
        megabytes = path.stat().st_size / 1e6
        spent: dict[str, float] = {}
        began = time.perf_counter()
        recording = read_recording(path)
        spent["read"] = time.perf_counter() - began
        with _watched(spent):
            result = analysis.analyze(recording)
        analysed = time.perf_counter() - began
        files = {"summary.json": summary_json(result), "angles.csv": angles_csv(result.angles)}
        write_outputs(Path(folder) / "out", files)
        total = time.perf_counter() - began
        spent["output"] = total - analysed
        spent["rest"] = total - sum(spent.values())
        began = time.perf_counter()
        page = render_report(result)
        report_s = time.perf_counter() - began
    samples = sum(map(len, recording.clips.values()))
    reps = sum(len(s.reps) for s in result.sets)
    rows = [[name, f"{s:.2f}", f"{100 * s / total:.0f} %"] for name, s in spent.items()]
    rows += [["together", f"{total:.2f}", "100 %"], ["report.html", f"{report_s:.2f}", ""]]
    return Outcome(
        "hour",
        f"{minutes:g} minutes of two clips, from file to results",
        f"{samples} samples in {megabytes:.0f} MB become {len(result.angles.time_s)} angles and {reps} reps, "
        f"{minutes * 60 / total:.0f} times faster than they happened. The report ({len(page) / 1e6:.1f} MB of HTML "
        "with its figures) is timed apart.",
        ("stage", "s", "share"),
        rows,
        {"samples": samples, "reps": reps, "total_s": total, "report_s": report_s, "stage_s": spent},
    )


@contextmanager
def _watched(spent: dict[str, float]) -> Iterator[None]:
    """Count the time inside the functions of every stage; those called by another stage count there."""
    running: list[str] = []
    originals: list[tuple[object, str, Callable[..., Any]]] = []

    def watch(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            if running:
                return function(*args, **kwargs)
            running.append(stage)
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                spent[stage] = spent.get(stage, 0.0) + time.perf_counter() - began
                running.pop()

        return timed

    for stage, places in STAGES.items():
        for owner, name in places:
            originals.append((owner, name, getattr(owner, name)))
            setattr(owner, name, watch(stage, getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, function in originals:
            setattr(owner, name, function)
