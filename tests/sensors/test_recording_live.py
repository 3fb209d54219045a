"""What comes over the air is in the file at once, readable at every moment, complete in the end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from imu_hinge.errors import LinkError, OutputError
from imu_hinge.recording import check_alive, read_arrivals, read_recording
from imu_hinge.sensors.recorder import RecordParams, record

from .on_air import AirClip
from .virtual_session import virtual_source

SCRIPT = Path(__file__).with_name("virtual_session.py")


def stop_after(seconds_of_recording: float, source: object) -> object:
    def watch(health: object, newest_s: float) -> None:
        if newest_s >= seconds_of_recording:
            source.stop()  # type: ignore[attr-defined]

    return watch


def test_a_session_with_an_outage_is_a_recording_without_a_gap(tmp_path: Path) -> None:
    def prepare(clips: tuple[AirClip, ...]) -> None:
        import asyncio

        asyncio.get_running_loop().call_later(6.0, clips[0].lose)
        asyncio.get_running_loop().call_later(9.0, clips[1].clip.press_button)

    source = virtual_source(tmp_path, prepare=prepare)
    params = RecordParams(height_m=1.78, sites={"back": "L1"}, exercise="rdl", load_kg=60.0)
    summary = record(source, tmp_path / "x.csv", params, stop_after(12.0, source))  # type: ignore[arg-type]
    recording = read_recording(tmp_path / "x.csv")
    assert set(recording.clips) == {"thigh", "back"}
    assert recording.clips["back"].site == "L1"
    assert recording.clips["thigh"].serial == "A1B2C3D4E501"
    for clip in recording.clips.values():
        assert clip.time_s[0] < 0.3
        assert np.diff(clip.time_s).max() < 0.0102
        assert len(clip) > 1150
    assert abs(recording.clips["thigh"].time_s[-1] - recording.clips["back"].time_s[-1]) < 0.5
    (event,) = recording.events
    assert event.text == "note=button presses=1 clip=back"
    (segment,) = recording.segments
    assert (segment.exercise, segment.load_kg) == ("rdl", 60.0)
    assert recording.header["clip.thigh.samples_lost"] == "0"
    assert int(recording.header["clip.thigh.samples_refilled"]) > 40
    assert summary.rows == sum(map(len, recording.clips.values()))
    assert float(recording.header["clip.back.clock_residual_ms"]) < 0.5
    arrivals = read_arrivals(tmp_path / "x.csv")
    thigh_s = arrivals.time_s[arrivals.clip_index == arrivals.clip_names.index("thigh")]
    assert np.any(np.diff(thigh_s) < 0), "the refilled samples should come late"
    check_alive(recording)
    assert source.join(5.0)


def test_the_source_ends_when_every_clip_is_dead(tmp_path: Path) -> None:
    def prepare(clips: tuple[AirClip, ...]) -> None:
        import asyncio

        for clip in clips:
            asyncio.get_running_loop().call_later(6.0, clip.silence)

    source = virtual_source(tmp_path, prepare=prepare)
    summary = record(source, tmp_path / "x.csv")
    assert 1.0 < summary.duration_s < 10.0
    assert len(read_recording(tmp_path / "x.csv").clips) == 2


def test_nothing_is_written_where_a_clip_is_missing(tmp_path: Path) -> None:
    source = virtual_source(tmp_path, wanted=("thigh", "pelvis"))
    with pytest.raises(LinkError, match="no clip for the pelvis"):
        record(source, tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()
    assert source.join(5.0)


def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already exists"):
        record(virtual_source(tmp_path), tmp_path / "x.csv")


def test_a_caller_that_fails_leaves_no_thread_behind(tmp_path: Path) -> None:
    source = virtual_source(tmp_path)

    def fail(health: object, newest_s: float) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record(source, tmp_path / "x.csv", watch=fail)
    assert source.join(10.0)
    assert not any(thread.name == "imu_hinge-ble" for thread in threading.enumerate())


def test_ended_while_still_searching_it_says_so_and_writes_nothing(tmp_path: Path) -> None:
    source = virtual_source(tmp_path, fast=False, wanted=("pelvis",))
    threading.Timer(1.0, source.stop).start()
    begin = time.monotonic()
    with pytest.raises(LinkError, match="ended before the clips streamed"):
        record(source, tmp_path / "x.csv")
    assert time.monotonic() - begin < 6.0
    assert not (tmp_path / "x.csv").exists()


def started(path: Path, *arguments: str) -> subprocess.Popen[str]:
    """``record`` in a program of its own, once it has written some rows."""
    words = [sys.executable, str(SCRIPT), str(path), *arguments]
    program = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not path.exists() or path.stat().st_size < 20_000:
        assert program.poll() is None, program.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.05)
    return program


def test_killed_at_any_moment_the_file_is_readable_and_misses_at_most_a_second(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    program = started(path)
    time.sleep(1.0)
    before = {name: clip.time_s[-1] for name, clip in read_recording(path).clips.items()}
    looked = time.monotonic()
    time.sleep(1.5)
    elapsed = time.monotonic() - looked
    program.kill()
    program.communicate()
    for name, clip in read_recording(path).clips.items():
        assert clip.time_s[-1] > before[name] + elapsed - 1.0
        assert np.diff(clip.time_s).max() < 0.015


@pytest.mark.slow
def test_ctrl_c_ends_it_cleanly_with_a_summary(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    program = started(path)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=90)
    assert program.returncode == 0, err
    assert "0 lost (0.00 %)" in out
    assert read_recording(path).header["clip.back.samples_lost"] == "0"


@pytest.mark.slow
def test_seconds_end_it(tmp_path: Path) -> None:
    program = started(tmp_path / "x.csv", "2.5")
    out, err = program.communicate(timeout=90)
    assert program.returncode == 0, err
    assert "thigh (A1B2C3D4E501)" in out
    assert 2.0 < read_recording(tmp_path / "x.csv").end_s < 4.5
