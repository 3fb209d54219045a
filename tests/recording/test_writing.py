"""Writing recordings: complete at every moment, exact, and never over something else."""

from __future__ import annotations

import os
import signal
import string
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imu_hinge.conventions import CLIPS, EXERCISES
from imu_hinge.errors import FormatError, OutputError, SampleError
from imu_hinge.recording import (
    Arrivals,
    Event,
    HeaderNote,
    Recording,
    RecordingWriter,
    Segment,
    read_arrivals,
    read_recording,
    write_recording,
)
from imu_hinge.recording import writer as writer_module

STILL = ([0.1, 0.2, 9.8], [0.01, 0.02, 0.03])


def test_a_live_recording_reads_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    with RecordingWriter(path, {"athlete.height_m": "1.78", "clip.thigh.site": "thigh"}) as writer:
        writer.append("thigh", [0.0, 0.01], [STILL[0]] * 2, [STILL[1]] * 2)
        writer.segment(Segment(0.0, 3.25, "stand"))
        writer.append("back", 0.005, *STILL)
        writer.segment(Segment(3.25, 9.0, "set", "rdl", 62.5, {"note": "belt on"}))
        writer.event(Event(4.0, "note=belt off"))
    arrivals = read_arrivals(path)
    assert arrivals.time_s.tolist() == [0.0, 0.01, 0.005]
    assert [(note.row, note.key) for note in arrivals.notes[3:]] == [
        (2, "segment.0"),
        (3, "segment.1"),
        (3, "event.0"),
    ]
    recording = read_recording(path)
    assert recording.segments == (
        Segment(0.0, 3.25, "stand"),
        Segment(3.25, 9.0, "set", "rdl", 62.5, {"note": "belt on"}),
    )
    assert recording.events == (Event(4.0, "note=belt off"),)


def test_numbers_look_like_the_contract_s_example(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    with RecordingWriter(path, {}) as writer:
        writer.append("back", 0.021188, [-8.66222, -4.2521, -1.78607], [0.067046, -0.013835, -0.008514])
        writer.segment(Segment(31.76, 60.8, "set", "rdl", 60.0))
    lines = path.read_text().splitlines()
    assert lines[0] == "# imu-hinge-recording: 1"
    assert lines[2:] == [
        "0.021188,back,-8.66222,-4.25210,-1.78607,0.067046,-0.013835,-0.008514",
        "# segment.0: 31.76 60.80 set exercise=rdl load_kg=60",
    ]


def test_every_call_is_on_file_before_it_returns(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    writer = RecordingWriter(path, {})
    for count in range(1, 5):
        writer.append("thigh", count * 0.01, *STILL)
        assert len(read_arrivals(path).time_s) == count
    writer.close()
    writer.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
def test_a_killed_recording_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    program = (
        "import sys\n"
        "from imu_hinge.recording import RecordingWriter\n"
        "writer = RecordingWriter(sys.argv[1], {})\n"
        "for index in range(100):\n"
        "    writer.append('thigh', index * 0.01, [0, 0, 9.8], [0, 0, 0])\n"
        "print('written', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        child.kill()
    assert child.returncode == -signal.SIGKILL
    recording = read_recording(path)
    assert len(recording.clips["thigh"]) == 100
    assert recording.warnings == ()


def test_the_disk_is_waited_for_once_a_second_and_not_once_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now_s = tmp_path / "live.csv", 100.0
    on_disk: list[tuple[float, int]] = []
    sizes = {}
    monkeypatch.setattr(writer_module, "_to_disk", lambda file: on_disk.append((now_s, os.fstat(file).st_size)))
    with RecordingWriter(path, {}, now=lambda: now_s) as writer:
        sizes[now_s] = path.stat().st_size
        for step in range(1, 85):
            now_s = 100.0 + step / 16
            writer.append("thigh", step, *STILL)
            sizes[now_s] = path.stat().st_size
    assert on_disk == [(second, sizes[second]) for second in (100.0, 101.0, 102.0, 103.0, 104.0, 105.0)]


def test_a_disk_that_fails_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0

    def fail(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with RecordingWriter(tmp_path / "live.csv", {}, now=lambda: now_s) as writer:
        monkeypatch.setattr(writer_module, "_to_disk", fail)
        writer.append("thigh", 0.0, *STILL)
        now_s = 1.5
        with pytest.raises(OutputError, match="Input/output error"):
            writer.append("thigh", 0.01, *STILL)


def test_append_returns_what_the_reader_will_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    time, acc, gyr = np.arange(200) * 0.010007, rng.normal(0, 9, (200, 3)), rng.normal(0, 3, (200, 3))
    with RecordingWriter(tmp_path / "live.csv", {}) as writer:
        blocks = [writer.append("back", time[i : i + 7], acc[i : i + 7], gyr[i : i + 7]) for i in range(0, 200, 7)]
    arrivals = read_arrivals(tmp_path / "live.csv")
    assert np.concatenate([block.time_s for block in blocks]).tobytes() == arrivals.time_s.tobytes()
    assert np.concatenate([block.acc_m_s2 for block in blocks]).tobytes() == arrivals.acc_m_s2.tobytes()
    assert np.concatenate([block.gyr_rad_s for block in blocks]).tobytes() == arrivals.gyr_rad_s.tobytes()


def test_nothing_is_written_over(tmp_path: Path, moving: Callable[..., Recording]) -> None:
    path = tmp_path / "session.csv"
    path.write_text("precious")
    with pytest.raises(OutputError, match="already exists"):
        RecordingWriter(path, {})
    with pytest.raises(OutputError, match="already exists"):
        write_recording(moving(1.0), path)
    assert path.read_text() == "precious"
    write_recording(moving(1.0), path, overwrite=True)
    assert len(read_recording(path).clips) == 2


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, moving: Callable[..., Recording]) -> None:
    recording = moving(1.0)
    broken = replace(recording.clips["back"], acc_m_s2=np.full_like(recording.clips["back"].acc_m_s2, np.nan))
    with pytest.raises(SampleError, match="not a finite number"):
        write_recording(replace(recording, clips={"back": broken}), tmp_path / "out.csv")
    with pytest.raises(OutputError, match="cannot be written"):
        write_recording(recording, tmp_path / "no such folder" / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_an_output_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with TemporaryDirectory() as folder, RecordingWriter(Path(folder) / "live.csv", {}) as writer:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, writer._file.fileno())
        os.close(full)
        with pytest.raises(OutputError, match="No space left"):
            writer.append("thigh", 0.0, *STILL)


def test_unknown_clips_and_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "live.csv", {}) as writer:
        with pytest.raises(SampleError, match="unknown clip 'chest'"):
            writer.append("chest", 0.0, *STILL)
        with pytest.raises(SampleError, match="acceleration is not a finite number"):
            writer.append("thigh", 0.0, [np.nan, 0, 0], STILL[1])


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\0", "a\x85b", "a\u2028# clip.back.site: L5", "\ud800"])
def test_header_values_cannot_add_lines(tmp_path: Path, value: str) -> None:
    with pytest.raises(FormatError, match="line breaks or control characters"):
        RecordingWriter(tmp_path / "live.csv", {"athlete.name": value})
    assert not (tmp_path / "live.csv").exists()


def test_what_the_reader_would_refuse_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="site of clip 'back' is 'neck'"):
        RecordingWriter(tmp_path / "live.csv", {"clip.back.site": "neck"})
    with RecordingWriter(tmp_path / "live.csv", {"gym": "north"}) as writer:
        writer.append("thigh", 0.0, *STILL)
        with pytest.raises(FormatError, match="end is not after the start"):
            writer.segment(Segment(3.0, 1.0, "stand"))
        with pytest.raises(FormatError, match="'gym' says 'south' here and 'north'"):
            writer.note("gym", "south")
        writer.note("gym", "north")
    assert read_recording(tmp_path / "live.csv").header["gym"] == "north"


@pytest.mark.parametrize("key", ["", " a", "a ", "a: b", "a\nb"])
def test_header_keys_must_survive_reading(tmp_path: Path, key: str) -> None:
    with pytest.raises(FormatError, match="cannot be a header key"):
        RecordingWriter(tmp_path / "live.csv", {key: "x"})


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.text(string.ascii_letters + "._-é 1", min_size=1, max_size=12).map(lambda key: f"x{key}y"),
        st.text(max_size=40),
        max_size=5,
    )
)
def test_any_header_is_read_back_or_refused(header: dict[str, str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "live.csv"
        try:
            writer = RecordingWriter(path, header)
        except FormatError:
            assert not path.exists()
            return
        writer.append("thigh", 0.0, *STILL)
        writer.close()
        read = dict(read_recording(path).header)
        del read["imu-hinge-recording"]
        assert read == {key: value.strip(" \t") for key, value in header.items()}


_HEADERS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.text(string.ascii_letters, min_size=1, max_size=8),
        st.text("ab: #,\t1é", max_size=9),
    ),
    max_size=6,
    unique_by=lambda note: note[1],
)


@settings(max_examples=50, deadline=None)
@given(_HEADERS, st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_arrivals_come_back_in_the_same_order(notes: list[tuple[int, str, str]], count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    written = Arrivals(
        name="out.csv",
        notes=tuple(HeaderNote(min(r, count), k, v.strip(" \t")) for r, k, v in sorted(notes, key=lambda n: n[0])),
        clip_names=CLIPS,
        clip_index=np.concatenate([[0, 1, 2], rng.integers(0, 3, count)]).astype(np.int8),
        time_s=np.round(rng.uniform(-10, 1e5, count + 3), 6),
        acc_m_s2=np.round(rng.normal(0, 30, (count + 3, 3)), 5),
        gyr_rad_s=np.round(rng.normal(0, 5, (count + 3, 3)), 6),
    )
    with TemporaryDirectory() as folder:
        write_recording(written, Path(folder) / "out.csv")
        read = read_arrivals(Path(folder) / "out.csv")
        again = Path(folder) / "again.csv"
        write_recording(read, again)
        assert again.read_bytes() == (Path(folder) / "out.csv").read_bytes()
    assert [(n.row, n.key, n.value) for n in read.notes[1:]] == [(n.row, n.key, n.value) for n in written.notes]
    assert read.clip_names == CLIPS
    for name in ("clip_index", "time_s", "acc_m_s2", "gyr_rad_s"):
        assert np.array_equal(getattr(read, name), getattr(written, name))


_SEGMENTS = st.builds(
    lambda start, length, load, exercise: Segment(start / 1e6, (start + length) / 1e6, "set", exercise, load),
    st.integers(0, 10**10),
    st.integers(1, 10**9),
    st.none() | st.integers(0, 500).map(float),
    st.sampled_from(EXERCISES),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segments=st.lists(_SEGMENTS, max_size=4))
def test_a_recording_comes_back(moving: Callable[..., Recording], segments: list[Segment]) -> None:
    segments.sort(key=lambda segment: (segment.start_s, segment.end_s))
    made = replace(moving(0.5), header={"gym": "north"}, segments=tuple(segments), events=(Event(1.5, "x"),))
    with TemporaryDirectory() as folder:
        write_recording(made, Path(folder) / "swing.csv")
        read = read_recording(Path(folder) / "swing.csv")
    assert read.segments == made.segments
    assert read.events == made.events
    assert read.header["gym"] == "north"
    assert read.clips["back"].site == "T12"
    for name, clip in made.clips.items():
        assert np.allclose(read.clips[name].acc_m_s2, clip.acc_m_s2, atol=0.5e-5, rtol=0)
        assert np.allclose(read.clips[name].gyr_rad_s, clip.gyr_rad_s, atol=0.5e-6, rtol=0)


def test_a_recording_with_repeated_times_is_refused(tmp_path: Path, moving: Callable[..., Recording]) -> None:
    clip = moving(1.0).clips["thigh"]
    stalled = replace(clip, time_s=np.zeros_like(clip.time_s))
    with pytest.raises(SampleError, match="do not ascend"):
        write_recording(Recording("x", {}, {"thigh": stalled}), tmp_path / "out.csv")
