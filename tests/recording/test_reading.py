"""Reading recordings: what is accepted, what is refused, and that every refusal says where and what to do."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imu_hinge.errors import FormatError, ImuHingeError, RecordingError, SampleError
from imu_hinge.recording import Arrivals, parse_segment, read_arrivals, read_recording
from imu_hinge.recording.rows import COLUMNS, parse_carefully, parse_fast

TOP = "# imu-hinge-recording: 1\n"
COLUMN_LINE = ",".join(COLUMNS) + "\n"
ROW = "0.010000,thigh,0.1,0.2,9.8,0.01,0.02,0.03\n"

Write = Callable[..., Path]
Row = Callable[..., str]


def read_text(text: str | bytes) -> Arrivals:
    return read_arrivals(io.BytesIO(text.encode() if isinstance(text, str) else text))


def refusal(kind: type[ImuHingeError], text: str | bytes) -> str:
    with pytest.raises(kind) as caught:
        read_recording(io.BytesIO(text.encode() if isinstance(text, str) else text))
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.advice, message
    return message


# What is accepted


def test_rows_keep_file_order_and_exact_values() -> None:
    arrivals = read_text(
        TOP + COLUMN_LINE + "0.02,back,1,2,3,4,5,6\n0.01,thigh,-1.5,.25,1e-3,+4,5.,6E0\n0.03,back,7,8,9,0,-0,1\n"
    )
    assert arrivals.clip_names == ("thigh", "back")
    assert arrivals.clip_index.tolist() == [1, 0, 1]
    assert arrivals.time_s.tolist() == [0.02, 0.01, 0.03]
    assert arrivals.acc_m_s2.tolist() == [[1, 2, 3], [-1.5, 0.25, 1e-3], [7, 8, 9]]
    assert arrivals.gyr_rad_s.tolist() == [[4, 5, 6], [4, 5, 6], [0, -0.0, 1]]
    assert arrivals.clip_index.dtype == np.int8
    assert arrivals.acc_m_s2.flags.c_contiguous


def test_header_lines_between_rows_know_how_many_samples_came_before(write: Write, row: Row) -> None:
    path = write([row(0.01), row(0.02), "# segment.0: 0.00 0.02 stand", "# event.0: 0.02 belt on", row(0.03)])
    arrivals = read_arrivals(path)
    assert [(n.row, n.key, n.line) for n in arrivals.notes[-2:]] == [(2, "segment.0", 6), (2, "event.0", 7)]
    assert [arrivals.line_of(index) for index in range(3)] == [4, 5, 8]
    recording = read_recording(path)
    assert recording.segments[0].kind == "stand"
    assert recording.events[0].text == "belt on"


def test_header_lines_may_stand_right_after_the_column_row_and_at_the_end(write: Write, row: Row) -> None:
    arrivals = read_arrivals(write(["# a: 1", row(0.01), "# b: 2"]))
    assert [(note.row, note.key) for note in arrivals.notes[-2:]] == [(0, "a"), (1, "b")]
    assert arrivals.line_of(0) == 5


def test_crlf_byte_order_mark_and_blank_lines_at_the_edges_are_ignored() -> None:
    plain = read_text(TOP + COLUMN_LINE + ROW)
    windows = read_text(
        b"\xef\xbb\xbf" + ("\n" + TOP + "\n" + COLUMN_LINE + ROW + "\n \n").replace("\n", "\r\n").encode()
    )
    assert windows.time_s.tolist() == plain.time_s.tolist()
    assert windows.header == plain.header
    assert windows.warnings == ()
    assert windows.line_of(0) == 5


def test_unknown_header_keys_are_kept(write: Write, row: Row) -> None:
    recording = read_recording(write([row(0.01)], top=["# imu-hinge-recording: 1", "# gym: Åre: north"]))
    assert recording.header["gym"] == "Åre: north"


def test_a_remark_after_a_measure_is_allowed(write: Write, row: Row) -> None:
    top = ["# imu-hinge-recording: 1", "# measure.ankle_to_knee_m: 0.430      optional tape measures"]
    assert read_recording(write([row(0.01)], top=top)).number("measure.ankle_to_knee_m") == 0.43


def test_a_clip_without_a_site_sits_where_the_conventions_say() -> None:
    recording = read_recording(io.BytesIO((TOP + COLUMN_LINE + ROW.replace("thigh", "back")).encode()))
    assert recording.clips["back"].site == "T12"


def test_site_side_and_serial_come_from_the_header(write: Write, row: Row) -> None:
    top = [
        "# imu-hinge-recording: 1",
        "# clip.back.site: L3",
        "# clip.thigh.side: left",
        "# clip.back.serial: A 7",
    ]
    recording = read_recording(write([row(0.01), row(0.01, "back")], top=top))
    assert (recording.clips["back"].site, recording.clips["back"].serial) == ("L3", "A 7")
    assert (recording.clips["thigh"].site, recording.clips["thigh"].side) == ("thigh", "left")


def test_a_clip_named_in_the_header_without_samples_is_a_warning(write: Write, row: Row) -> None:
    top = ["# imu-hinge-recording: 1", "# clip.pelvis.site: S1"]
    (warning,) = read_recording(write([row(0.01)], top=top)).warnings
    assert "pelvis" in warning


def test_segments_carry_kind_exercise_load_and_the_rest() -> None:
    segment = parse_segment("31.76 60.80 set exercise=rdl load_kg=62.5 note=belt on tempo=3010")
    assert (segment.start_s, segment.end_s, segment.kind) == (31.76, 60.8, "set")
    assert (segment.exercise, segment.load_kg) == ("rdl", 62.5)
    assert segment.extra == {"note": "belt on", "tempo": "3010"}


def test_a_last_line_cut_off_by_a_crash_is_left_out_with_a_warning() -> None:
    arrivals = read_text(TOP + COLUMN_LINE + ROW + ROW.replace("0.010000", "0.020000").rstrip("\n")[:-2])
    assert len(arrivals.time_s) == 1
    (warning,) = arrivals.warnings
    assert "line 4" in warning


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((TOP + COLUMN_LINE + ROW).encode())))
    assert read_recording("-").name == "-"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_a_named_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    if (child := os.fork()) == 0:
        pipe.write_text(TOP + COLUMN_LINE + ROW)
        os._exit(0)
    assert len(read_arrivals(pipe).time_s) == 1
    os.waitpid(child, 0)


# What is refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        (TOP, "no samples"),
        (TOP + COLUMN_LINE, "no samples"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "binary"),
        (b"\x1f\x8b\x08rest", "gzip"),
        ("# imu-hinge-recording: 1\n".encode("utf-16"), "UTF-16"),
        ("x,y,z\n1,2,3\n", "line 1: not a recording"),
        ("# athlete.mass_kg: 80\n" + COLUMN_LINE + ROW, "not a recording"),
        (
            "# imu_hinge\n\nClip a sensor to your thigh.\n",
            "line 1: not a recording: '# imu_hinge' stands where '# imu-hinge-recording: 1' is expected. Files of",
        ),
        ("# no colon\n" + TOP + COLUMN_LINE + ROW, "line 1: the header line '# no colon' has no 'key: value'"),
        (
            "# imu-hinge-recording: 2\n" + COLUMN_LINE + ROW,
            "line 1: recording version '2'; this program reads version 1",
        ),
        ("# imu-hinge-recording: one\n" + COLUMN_LINE + ROW, "version 'one'"),
        (TOP + ROW, "line 2: column time_s is missing"),
        (
            TOP + COLUMN_LINE.replace("acc_x_m_s2", "acc_x_g") + ROW,
            "line 2: column acc_x_m_s2 is missing: found",
        ),
        (TOP + "clip,time_s," + COLUMN_LINE.partition("clip,")[2] + ROW, "another order"),
        (TOP + COLUMN_LINE.strip() + ",mag_x\n" + ROW, "column 'mag_x' is not one of the format"),
        (TOP + "# no colon\n" + COLUMN_LINE + ROW, "line 2: the header line"),
        (
            TOP + "# athlete.height_m: 1.7\n# athlete.height_m: 1.8\n" + COLUMN_LINE + ROW,
            "line 3: header key",
        ),
        (TOP + "# athlete.height_m: 178\n" + COLUMN_LINE + ROW, "line 2: 'athlete.height_m' is '178'"),
        (TOP + "# athlete.mass_kg: heavy\n" + COLUMN_LINE + ROW, "line 2: 'athlete.mass_kg'"),
        (
            TOP + "# clip.back.site: C7\n" + COLUMN_LINE + ROW,
            "line 2: site of clip 'back' is 'C7'; allowed: T12",
        ),
        (TOP + "# clip.thigh.side: both\n" + COLUMN_LINE + ROW, "line 2: side of clip 'thigh'"),
        (TOP + "# segment.0: 0.00 3.00\n" + COLUMN_LINE + ROW, "line 2: start, end or kind is missing"),
        (TOP + "# segment.0: 3.00 zero stand\n" + COLUMN_LINE + ROW, "must be numbers"),
        (TOP + "# segment.0: 3.00 1.00 stand\n" + COLUMN_LINE + ROW, "end is not after the start"),
        (
            TOP + "# segment.0: 0.00 3.00 handstand\n" + COLUMN_LINE + ROW,
            "unknown kind 'handstand' (known: stand,",
        ),
        (TOP + "# segment.0: 0.00 3.00 set exercise=curl\n" + COLUMN_LINE + ROW, "unknown exercise 'curl'"),
        (TOP + "# segment.0: 0.00 3.00 set\n" + COLUMN_LINE + ROW, "exercise= is missing"),
        (TOP + "# segment.0: 0 3 set exercise=rdl load_kg=x\n" + COLUMN_LINE + ROW, "load_kg="),
        (TOP + "# segment.0: 0 3 stand still\n" + COLUMN_LINE + ROW, "key=value"),
        (TOP + "# segment.one: 0 3 stand\n" + COLUMN_LINE + ROW, "does not end in a number"),
        (TOP + "# event.0: now belt on\n" + COLUMN_LINE + ROW, "does not start with a time"),
        (TOP + COLUMN_LINE + ROW + "# segment.0: 0 3 handstand\n", "line 4: unknown kind"),
        (TOP + COLUMN_LINE + ROW + "0.02,thigh\0,1,2,3,4,5,6\n", "line 4: binary data"),
        (b"# imu-hinge-recording: 1\n# name: \xff\n", "line 2: the header line is not UTF-8"),
    ],
)
def test_what_is_not_a_recording_is_refused(text: str | bytes, expected: str) -> None:
    assert expected in refusal(FormatError, text)


@pytest.mark.parametrize(
    ("bad_row", "expected"),
    [
        ("0.02,thigh,1,2,abc,4,5,6", "line 4: 'abc' in column acc_z_m_s2 is not a number"),
        ("0.02,thigh,1,2,,4,5,6", "line 4: '' in column acc_z_m_s2"),
        ("0.02,thigh,1,2,3,4,5,nan", "line 4: 'nan' in column gyr_z_rad_s"),
        ("0.02,thigh,inf,2,3,4,5,6", "line 4: 'inf' in column acc_x_m_s2"),
        ("0.02,thigh,1e999,2,3,4,5,6", "line 4: '1e999' in column acc_x_m_s2 is too large a number"),
        ("0.02,thigh,1e300,2,3,4,5,6", "line 4: '1e300' in column acc_x_m_s2 is too large a number"),
        ("0.02,thigh,1_0,2,3,4,5,6", "line 4: '1_0'"),
        ("0,02,thigh,1,2,3,4,5,6", "line 4: 9 values where 8 columns"),
        ("0.02,thigh,1,2,3,4,5", "line 4: 7 values where 8 columns"),
        (
            "0.02,chest,1,2,3,4,5,6",
            "line 4: unknown clip 'chest' in column clip (known: thigh, pelvis, back)",
        ),
        ("0.02,,1,2,3,4,5,6", "line 4: unknown clip ''"),
        ("", "line 4: an empty line"),
        (COLUMN_LINE.strip(), "line 4: the column row stands here a second time"),
        ("0.005,thigh,1,2,3,4,5,6", "line 4: clip 'thigh' goes back in time, from 0.010000 s to 0.005000 s"),
        (
            "0.010000,thigh,0.1,0.2,9.8,0.01,0.02,0.03",
            "line 4: clip 'thigh' repeats its sample at 0.010000 s",
        ),
        ("1e9,thigh,1,2,3,4,5,6", "line 4: clip 'thigh' jumps ahead in time by 1000000000 s"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_line(bad_row: str, expected: str) -> None:
    assert expected in refusal(SampleError, f"{TOP}{COLUMN_LINE}{ROW}{bad_row}\n0.03,thigh,1,2,3,4,5,6\n")


def test_lines_are_counted_with_the_header_lines_between(write: Write, row: Row) -> None:
    path = write([row(0.01), "# a: 1", row(0.02), "# b: 2", row(0.02)])
    with pytest.raises(SampleError) as caught:
        read_recording(path)
    assert (caught.value.line, caught.value.path) == (8, str(path))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file"):
        read_recording(tmp_path / "none.csv")
    with pytest.raises(RecordingError, match="folder"):
        read_recording(tmp_path)
    with pytest.raises(RecordingError, match="not a file name"):
        read_recording("a\0b.csv")


@pytest.mark.parametrize("head", [b"", (TOP + COLUMN_LINE + ROW).encode() * 2000])
def test_ten_gigabytes_are_refused_unread(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "sparse.csv"
    with path.open("wb") as file:
        file.write(head)
        file.truncate(10 * (1 << 30))
    used = time.process_time()
    with pytest.raises(FormatError, match=r"binary|larger than 1 GiB.*[Ss]plit"):
        read_recording(path)
    assert time.process_time() - used < 0.3


def test_an_endless_stream_is_refused_at_the_limit() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return (TOP + COLUMN_LINE + ROW).encode().ljust(size, b"#")

    with pytest.raises(FormatError, match="larger than 1,000,000 bytes"):
        read_arrivals(Endless(), limit_bytes=1_000_000)  # type: ignore[arg-type]


# Whatever the bytes


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
@example(b"#" * 70_000)
@example(b"\n" * 70_000)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for prefix in (b"", (TOP + COLUMN_LINE).encode(), (TOP + COLUMN_LINE + ROW).encode()):
        with contextlib.suppress(ImuHingeError):
            read_recording(io.BytesIO(prefix + data))


_TOKENS = st.sampled_from(
    (
        *("0", "1.5", "-2e-3", "nan", "inf", "1_0", "x", "é", '"', "thigh", "back", "", " ", "\t", ",", ",,"),
        *("\n", "\r\n", "\r", "#", "# a: 1\n", "0.02,thigh,1,2,3,4,5,6\n", "0.03,back,1,2,3,4,5,6\r\n"),
        " 1,back ,2,3,4,5,6,7\n",
    )
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_TOKENS, max_size=12).map("".join))
def test_what_the_fast_way_reads_the_careful_way_reads_the_same(text: str) -> None:
    body = text.encode()
    fast = parse_fast(body)
    if fast is not None:
        careful = parse_carefully(body, first_line=1)
        for name in ("clip", "time_s", "acc_m_s2", "gyr_rad_s"):
            assert getattr(fast, name).tobytes() == getattr(careful, name).tobytes()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e10, 1e10), min_size=7, max_size=70))
def test_numbers_are_read_to_the_last_bit(values: list[float]) -> None:
    table = np.array(values[: len(values) // 7 * 7]).reshape(-1, 7)
    body = "".join(f"{r[0]!r},back,{','.join(map(repr, r[1:]))}\n" for r in table.tolist()).encode()
    fast = parse_fast(body)
    assert fast is not None
    assert fast.time_s.tobytes() == np.ascontiguousarray(table[:, 0]).tobytes()
    assert np.hstack([fast.acc_m_s2, fast.gyr_rad_s]).tobytes() == np.ascontiguousarray(table[:, 1:]).tobytes()
