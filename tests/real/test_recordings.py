"""Recordings beside the checkout: all are read, plausible, and found out when in other units."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import ImportRefusedError, UnitError
from imu_hinge.recording import (
    Recording,
    check_alive,
    check_units,
    read_arrivals,
    read_recording,
    write_recording,
)
from imu_hinge.recording.importers import import_recording

DATA = Path(os.environ.get("IMU_HINGE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
FILES = sorted(
    path
    for folder in ("sim", "real", "worn")
    for path in (DATA / folder).glob("*.csv")
    if not path.name.endswith(".truth.csv")
)
pytestmark = pytest.mark.skipif(not FILES, reason="no ../shared/data (or IMU_HINGE_DATA)")


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def recording(request: pytest.FixtureRequest) -> Recording:
    return read_recording(request.param)


def one_clip(recording: Recording, name: str, acc_factor: float = 1.0, gyr_factor: float = 1.0) -> Recording:
    clip = recording.clips[name]
    clip = replace(clip, acc_m_s2=clip.acc_m_s2 * acc_factor, gyr_rad_s=clip.gyr_rad_s * gyr_factor)
    return replace(recording, clips={name: clip})


def test_good_recordings_are_plausible(recording: Recording) -> None:
    assert recording.warnings == ()
    check_units(recording)
    check_alive(recording)


@pytest.mark.parametrize("clip", ["thigh", "pelvis", "back"])
def test_every_clip_alone_gives_away_its_units(recording: Recording, clip: str) -> None:
    for acc_factor, gyr_factor, unit in (
        (1 / GRAVITY_M_S2, 1.0, "g"),
        (1000 / GRAVITY_M_S2, 1.0, "mg"),
        (1.0, 57.2958, "deg/s"),
    ):
        with pytest.raises(UnitError) as caught:
            check_units(one_clip(recording, clip, acc_factor, gyr_factor))
        assert caught.value.unit == unit


def test_a_simulated_session_is_written_byte_for_byte(tmp_path: Path) -> None:
    path = DATA / "sim" / "dev1_rdl.csv"
    write_recording(read_arrivals(path), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()


def test_a_metamotion_pair_becomes_a_recording() -> None:
    files = sorted((DATA / "formats").glob("*MetaWear*.csv"))
    recording = import_recording(files, {"back": "C42732BE255C"})
    back = recording.clips["back"]
    assert back.rate_hz == pytest.approx(12.5)
    assert np.median(np.linalg.norm(back.acc_m_s2, axis=1)) == pytest.approx(GRAVITY_M_S2, rel=0.1)


def test_an_export_without_gyroscope_is_refused_with_what_to_export() -> None:
    with pytest.raises(ImportRefusedError, match=r"no gyroscope.*Export raw acceleration and angular velocity"):
        import_recording([], {"pelvis": str(DATA / "formats" / "xsens_dot_realtime_pelvis.csv")})


@pytest.mark.parametrize("path", sorted((DATA / "broad").glob("*.npz")), ids=lambda path: path.stem)
def test_optically_tracked_npz_files_are_imported(path: Path) -> None:
    assert import_recording([], {"back": str(path)}).clips["back"].rate_hz == pytest.approx(285.7, abs=0.1)
