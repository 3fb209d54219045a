"""Makes the picture of docs/HISTORY.md with the product itself, from simulated sessions: part of ``make pictures``."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path

from PIL import Image

from imu_hinge.library.adding import add_files
from imu_hinge.library.library import open_library
from imu_hinge.library.trends import trends
from imu_hinge.recording import read_arrivals, write_recording
from imu_hinge.report.figures import save_figure
from imu_hinge.report.saving import result_files, result_of
from imu_hinge.report.trends import trend_figure
from imu_hinge.session.library import sessions_home
from imu_hinge.session.params import SessionParams
from imu_hinge.simulation import Scenario, simulate_session
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import RepPlan, SetPlan

IMAGES = Path(__file__).resolve().parent / "images"
DAYS = ("09-07", "09-14", "09-18", "09-28", "10-05", "10-12", "10-16", "10-26", "11-02")
TWO_CLIPS = 4
"""The session for which the pelvis clip was left at home."""


def scenario(visit: int) -> Scenario:
    """One session of an athlete who rounds less from week to week, and more with 80 kg than with 60 kg."""
    rounding = 12.0 - 1.3 * visit
    blocks = (
        Between("stand", 3.0),
        Between("reference_hinge", count=3),
        Between("stand", 1.0),
        Between("max_flexion"),
        Between("stand", 1.5),
        _set(60.0, rounding, 0.2),
        Between("stand", 3.0),
        *((_set(80.0, rounding + 6.0, 0.5),) if visit >= 2 else ()),
    )
    return Scenario("history", "Nine sessions in eight weeks.", blocks, visit=visit)


def _set(load_kg: float, rounding_deg: float, creep_deg: float) -> SetPlan:
    label = "rounded" if rounding_deg >= 3.0 else "good"
    return SetPlan("rdl", tuple(RepPlan(label, rounding_deg) for _ in range(6)), load_kg, creep_deg=creep_deg)


def make_library(home: Path) -> None:
    """Simulate, analyse and add the sessions."""
    home.mkdir(parents=True)
    for visit, day in enumerate(DAYS):
        path = home.parent / "recording.csv"
        write_recording(simulate_session(scenario(visit), 5).arrivals, path)
        clips = ("thigh", "back") if visit == TWO_CLIPS else None
        files = result_files(result_of(read_arrivals(path), clips, SessionParams(), None, None), report=False)
        began_s = datetime.fromisoformat(f"2026-{day} 18:30").timestamp()
        with open_library(home) as library:
            add_files(library, path, files, began_s)
        path.unlink()


def trends_picture(home: Path, path: Path) -> None:
    """What ``imu-hinge trends --exercise rdl --out trends.png`` draws, in 256 colours so that the page loads fast."""
    with open_library(home) as library:
        found = trends(library.sessions(), library.reps(), "rdl")
    save_figure(trend_figure(found[0]), path)
    picture = Image.open(path).convert("RGB")
    picture = picture.resize((picture.width * 2 // 3, picture.height * 2 // 3), Image.Resampling.LANCZOS)
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IMU_HINGE_HOME"] = folder
        make_library(sessions_home())
        trends_picture(sessions_home(), IMAGES / "trends.png")
