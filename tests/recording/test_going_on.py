"""A live recording: waits for the disk aside, and can be gone on with."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_hinge.errors import FormatError, OutputError
from imu_hinge.recording import Event, RecordingWriter, Segment, read_arrivals, read_recording
from imu_hinge.recording import writer as writer_module

STILL = ([0.1, 0.2, 9.8], [0.01, 0.02, 0.03])


class Disk:
    """A disk that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = threading.Event()
        self.answered = threading.Semaphore(0)
        self.refuses = False
        self.first = True

    def __call__(self, descriptor: int) -> None:
        self.asked.append(threading.current_thread().name)
        assert self.may_answer.wait(10.0)
        try:
            if self.refuses:
                raise OSError(errno.EIO, "Input/output error")
        finally:
            self.answered.release()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(writer_module, "_to_disk", disk)
    return disk


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_no_call_waits_for_a_slow_disk(tmp_path: Path, disk: Disk) -> None:
    clock = Clock()
    writer = RecordingWriter(tmp_path / "live.csv", {}, now=clock, aside=True)
    for step in range(50):
        clock.now_s += 0.5
        writer.append("thigh", step, *STILL)
    assert len(read_arrivals(tmp_path / "live.csv").time_s) == 50
    assert len(disk.asked) == 1  # not again before it has answered
    assert disk.asked[0].startswith("imu_hinge-disk")
    disk.may_answer.set()
    writer.close()


def test_closing_waits_for_the_disk(tmp_path: Path, disk: Disk) -> None:
    writer = RecordingWriter(tmp_path / "live.csv", {}, aside=True)
    closing = threading.Thread(target=writer.close)
    closing.start()
    closing.join(0.02)
    assert closing.is_alive()
    disk.may_answer.set()
    closing.join(10.0)
    assert not closing.is_alive()


def test_what_the_disk_refuses_is_raised_by_the_next_call(tmp_path: Path, disk: Disk) -> None:
    disk.refuses = True
    clock = Clock()
    writer = RecordingWriter(tmp_path / "live.csv", {}, now=clock, aside=True)
    disk.may_answer.set()
    assert disk.answered.acquire(timeout=10.0)
    assert writer._flushing is not None
    assert isinstance(writer._flushing.exception(10.0), OSError)
    with pytest.raises(OutputError, match="Input/output error"):
        writer.append("thigh", 0.0, *STILL)
    writer.close()


def test_what_the_disk_refuses_in_the_end_is_raised_by_closing(tmp_path: Path, disk: Disk) -> None:
    """A system tells of a failed write once; waiting again would say that all is well."""
    disk.refuses = True
    writer = RecordingWriter(tmp_path / "live.csv", {}, aside=True)
    disk.may_answer.set()
    with pytest.raises(OutputError, match="Input/output error"):
        writer.close()
    writer.close()


def test_a_quick_disk_is_waited_for_once_a_second(tmp_path: Path, disk: Disk) -> None:
    disk.may_answer.set()
    clock = Clock()
    with RecordingWriter(tmp_path / "live.csv", {}, now=clock, aside=True) as writer:
        assert disk.answered.acquire(timeout=10.0)
        for step in range(40):
            clock.now_s += 0.25
            before = len(disk.asked)
            if writer._flushing is not None:
                writer._flushing.result(10.0)
            writer.append("thigh", step, *STILL)
            if writer._flushing is not None:
                writer._flushing.exception(10.0)
            assert len(disk.asked) - before <= 1
    assert len(disk.asked) == 11


def begun(path: Path) -> dict[str, str]:
    with RecordingWriter(path, {"athlete.height_m": "1.78"}) as writer:
        writer.append("thigh", [0.0, 0.01], [STILL[0]] * 2, [STILL[1]] * 2)
        writer.segment(Segment(0.0, 3.0, "stand"))
        writer.event(Event(1.0, "note=one"))
        writer.event(Event(2.0, "note=two"))
    return read_arrivals(path).header


@pytest.mark.parametrize("aside", [False, True])
def test_a_recording_goes_on_where_it_broke_off(tmp_path: Path, aside: bool) -> None:
    path = tmp_path / "live.csv"
    header = begun(path)
    with RecordingWriter.resume(path, header, aside=aside) as writer:
        writer.append("thigh", 0.02, *STILL)
        writer.segment(Segment(3.0, 9.0, "set", "rdl"))
        writer.event(Event(4.0, "note=three"))
    recording = read_recording(path)
    assert recording.clips["thigh"].time_s.tolist() == [0.0, 0.01, 0.02]
    assert [s.kind for s in recording.segments] == ["stand", "set"]
    assert [e.text for e in recording.events] == ["note=one", "note=two", "note=three"]
    assert {"segment.1", "event.2"} <= set(read_arrivals(path).header)


def test_going_on_refuses_what_contradicts_the_header_and_the_file_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "live.csv"
    header = begun(path)
    before = path.read_bytes()
    with RecordingWriter.resume(path, header) as writer:
        writer.note("athlete.height_m", "1.78")
        with pytest.raises(FormatError, match="height_m"):
            writer.note("athlete.height_m", "1.81")
        with pytest.raises(FormatError):
            writer.note("segment.0", "0.00 4.00 stand")
    assert path.read_bytes() == before + b"# athlete.height_m: 1.78\n"


def test_a_recording_that_is_not_there_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        RecordingWriter.resume(tmp_path / "live.csv", {})
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=40)
@given(cut=st.integers(0, 10_000))
def test_wherever_a_computer_stopped_whole_lines_are_kept_and_half_a_line_is_cut(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "live.csv"
    header = begun(path)
    whole = path.read_bytes()
    top = whole.index(b"0.000000,thigh")
    path.write_bytes(whole[: max(top, len(whole) - cut % (len(whole) - top + 1))])
    kept = path.read_bytes()
    kept = kept[: kept.rindex(b"\n") + 1]
    with RecordingWriter.resume(path, header) as writer:
        writer.append("thigh", 5.0, *STILL)
    assert path.read_bytes().startswith(kept)
    assert read_arrivals(path).time_s.tolist()[-1] == 5.0
    assert path.read_bytes()[len(kept) :].count(b"\n") == 1
