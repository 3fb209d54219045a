"""Small recordings to read, write and break."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from imu_hinge.recording import ClipSamples, Recording

COLUMN_LINE = "time_s,clip,acc_x_m_s2,acc_y_m_s2,acc_z_m_s2,gyr_x_rad_s,gyr_y_rad_s,gyr_z_rad_s"
TOP = ("# imu-hinge-recording: 1", "# clip.thigh.site: thigh")


def _row(time: float, clip: str = "thigh") -> str:
    return f"{time:.6f},{clip},0.10000,-0.20000,9.81000,0.001000,-0.002000,0.003000"


@pytest.fixture
def row() -> Callable[..., str]:
    """A sample line: row(time, clip)."""
    return _row


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a recording: write(rows, top=header lines) -> path; every line ends in a newline."""

    def write_file(rows: Sequence[str], top: Sequence[str] = TOP, columns: str = COLUMN_LINE) -> Path:
        path = tmp_path / "session.csv"
        path.write_bytes("".join(f"{line}\n" for line in (*top, columns, *rows)).encode())
        return path

    return write_file


@pytest.fixture
def moving() -> Callable[..., Recording]:
    """Two clips, mounted anyhow, that tip back and forth: moving(seconds, acc_factor, gyr_factor)."""

    def make(
        seconds: float = 20.0,
        acc_factor: float = 1.0,
        gyr_factor: float = 1.0,
        swing_rad: float = 0.6,
        seed: int = 7,
    ) -> Recording:
        rng = np.random.default_rng(seed)
        clips = {}
        for name, site in (("thigh", "thigh"), ("back", "T12")):
            time = np.arange(0, seconds, 0.01)
            mounting = np.linalg.qr(rng.normal(size=(3, 3)))[0]
            mounting *= np.sign(np.linalg.det(mounting))
            angle = swing_rad * np.sin(2 * np.pi * time / 4)
            rate = np.gradient(angle, time)
            zero = np.zeros_like(time)
            acc = 9.80665 * np.stack([-np.sin(angle), zero, np.cos(angle)], axis=1)
            gyr = np.stack([zero, rate, zero], axis=1)
            noise = rng.normal(size=(2, len(time), 3))
            clips[name] = ClipSamples(
                name,
                site,
                time,
                (acc @ mounting.T + 0.03 * noise[0]) * acc_factor,
                (gyr @ mounting.T + 0.005 * noise[1] + 0.02) * gyr_factor,
            )
        return Recording("swing.csv", {}, clips)

    return make
