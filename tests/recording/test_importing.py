"""Files of other tools: what is understood, and what is refused with the option that helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from imu_hinge.cli.convert import convert
from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import (
    FormatError,
    ImportRefusedError,
    ImuHingeError,
    OutputError,
    RecordingError,
    SampleError,
    UnitError,
)
from imu_hinge.recording import ClipSamples, Recording, read_recording, write_recording
from imu_hinge.recording.importers import TableOptions, import_recording
from imu_hinge.recording.importers.columns import describe
from imu_hinge.recording.importers.streams import Stream, merge_streams

Moving = Callable[..., Recording]
SIX = "{0}acc_x{1},{0}acc_y{1},{0}acc_z{1},{0}gyr_x{2},{0}gyr_y{2},{0}gyr_z{2}"


def save(path: Path, head: str, rows: np.ndarray, separator: str = ",", comma: bool = False) -> Path:
    def text(value: float) -> str:
        return f"{value:.7f}".replace(".", ",") if comma else f"{value:.7f}"

    lines = [head, *(separator.join(map(text, row)) for row in rows.tolist())]
    path.write_text("\n".join(lines) + "\n")
    return path


def table_of(clip: ClipSamples, acc: float = 1.0, gyr: float = 1.0, time: float = 1.0) -> np.ndarray:
    return np.column_stack([clip.time_s * time, clip.acc_m_s2 * acc, clip.gyr_rad_s * gyr])


def later(clip: ClipSamples, seconds: float) -> ClipSamples:
    return replace(clip, time_s=clip.time_s + seconds)


def assert_same(found: ClipSamples, wanted: ClipSamples) -> None:
    assert np.allclose(found.time_s, wanted.time_s - wanted.time_s[0], atol=1e-6)
    assert np.allclose(found.acc_m_s2, wanted.acc_m_s2, atol=1e-4)
    assert np.allclose(found.gyr_rad_s, wanted.gyr_rad_s, atol=1e-4)


# Column names


@pytest.mark.parametrize(
    ("name", "quantity", "axis", "unit", "label"),
    [
        ("acc_x_m_s2", "acc", "x", "m_s2", ""),
        ("thigh_acc_x_m_s2", "acc", "x", "m_s2", "thigh"),
        ("Acc_X", "acc", "x", None, ""),
        ("Gyr_Z (deg/s)", "gyr", "z", "deg_s", ""),
        ("AccelerometerY [g]", "acc", "y", "g", ""),
        ("Angular Velocity X (°/s)", "gyr", "x", "deg_s", ""),
        ("gyro.y.dps", "gyr", "y", "deg_s", ""),
        ("ax (m/s^2)", "acc", "x", "m_s2", ""),
        ("gz_rad_s", "gyr", "z", "rad_s", ""),
        ("backAccZ", "acc", "z", None, "back"),
        ("Acceleration X (mg)", "acc", "x", "mg", ""),
        ("T12_acc_x", "acc", "x", None, "t_12"),
        ("timestamp_ms", "time", None, "ms", "timestamp"),
        ("Time (s)", "time", None, "s", "time"),
        ("SampleTimeFine", "time", None, None, "sample_time_fine"),
        ("FreeAcc_X", None, None, None, "free_acc_x"),
        ("Mag_X", None, None, None, "mag_x"),
        ("Status", None, None, None, "status"),
        ("", None, None, None, ""),
    ],
)
def test_column_names_tell_what_they_hold(
    name: str, quantity: str | None, axis: str | None, unit: str | None, label: str
) -> None:
    column = describe(0, name)
    assert (column.quantity, column.axis, column.unit, column.label) == (quantity, axis, unit, label)


# Tables


def test_a_wide_file_of_two_clips_with_units_in_the_names(tmp_path: Path, moving: Moving) -> None:
    swing = moving()
    thigh, back = swing.clips["thigh"], swing.clips["back"]
    head = f"time_ms,{SIX.format('thigh_', '_g', '_deg_s')},{SIX.format('back_', '_g', '_deg_s')}"
    rows = np.hstack(
        [
            table_of(thigh, 1 / GRAVITY_M_S2, 180 / np.pi, 1000),
            table_of(back, 1 / GRAVITY_M_S2, 180 / np.pi)[:, 1:],
        ]
    )
    recording = import_recording([save(tmp_path / "wide.csv", head, rows)])
    assert_same(recording.clips["thigh"], thigh)
    assert_same(recording.clips["back"], back)


def test_clips_may_have_other_names_in_a_wide_file(tmp_path: Path, moving: Moving) -> None:
    thigh = moving().clips["thigh"]
    path = save(tmp_path / "wide.csv", f"time_s,{SIX.format('left_leg_', '_m_s2', '_rad_s')}", table_of(thigh))
    assert_same(import_recording([path], {"thigh": "left_leg"}).clips["thigh"], thigh)
    with pytest.raises(ImportRefusedError, match=r"no column names say which clip this is \(sets found: 'left_leg'\)"):
        import_recording([path])
    with pytest.raises(ImportRefusedError, match=r"no columns for clip 'back' \(sets found: 'left_leg'\)"):
        import_recording([path], {"back": "right_leg"})


def test_a_long_file_with_a_clip_column(tmp_path: Path, moving: Moving) -> None:
    swing = moving()
    lines = ["Time (s);Sensor;ax [g];ay [g];az [g];gx [dps];gy [dps];gz [dps]"]
    for name, label in (("thigh", "A1"), ("back", "B2")):
        rows = table_of(swing.clips[name], 1 / GRAVITY_M_S2, 180 / np.pi).tolist()
        lines += [";".join([f"{row[0]:.3f}", label, *(f"{v:.7f}" for v in row[1:])]) for row in rows]
    path = tmp_path / "long.csv"
    path.write_text("\n".join(lines).replace(".", ","))
    recording = import_recording([path], {"thigh": "A1", "back": "B2"})
    assert_same(recording.clips["thigh"], swing.clips["thigh"])
    assert_same(recording.clips["back"], swing.clips["back"])
    with pytest.raises(ImportRefusedError, match="holds no clip name but 'A1', 'B2'"):
        import_recording([path])
    with pytest.raises(ImportRefusedError, match="never says 'C3'"):
        import_recording([path], {"thigh": "C3"})


def test_one_file_for_each_clip_shares_the_clock(tmp_path: Path, moving: Moving) -> None:
    clips = moving().clips
    head = f"time_s,{SIX.format('', '_m_s2', '_rad_s')}"
    thigh = save(tmp_path / "a.csv", head, table_of(later(clips["thigh"], 1000.0)))
    back = save(tmp_path / "b.csv", head, table_of(later(clips["back"], 1000.5)))
    recording = import_recording([], {"thigh": str(thigh), "back": str(back)})
    assert recording.clips["thigh"].time_s[0] == 0.0
    assert recording.clips["back"].time_s[0] == pytest.approx(0.5)


def test_columns_and_units_can_be_said(tmp_path: Path, moving: Moving) -> None:
    thigh = moving().clips["thigh"]
    path = save(tmp_path / "odd.csv", "when,p,q,r,s,t,u", table_of(thigh, 1 / GRAVITY_M_S2, 1.0, 1e6))
    names = dict(
        zip(
            ("time", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"),
            ("when", *"pqrstu"),
            strict=True,
        )
    )
    options = TableOptions(columns=names, units={"time": "us", "acc": "g", "gyr": "rad_s"})
    assert_same(import_recording([], {"thigh": str(path)}, options=options).clips["thigh"], thigh)


def test_an_xsens_dot_export_of_rate_quantities_knows_its_units(tmp_path: Path, moving: Moving) -> None:
    back = moving().clips["back"]
    rows = np.column_stack([np.arange(len(back)), table_of(back, 1, 180 / np.pi, 1e6)])
    rows[:, 1] = (rows[:, 1] + 2**32 - 5e6) % 2**32  # its clock wraps every 71.6 minutes
    head = "sep=,\nDeviceTag:,Anna\n\nPacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z"
    path = save(tmp_path / "dot.csv", head, rows)
    assert_same(import_recording([], {"back": str(path)}).clips["back"], back)
    path.write_text(path.read_text().replace("DeviceTag:,Anna", "// MT Manager"))
    with pytest.raises(ImportRefusedError, match="'SampleTimeFine' does not say its unit"):
        import_recording([], {"back": str(path)})


def test_incomplete_rows_are_left_out_and_counted(tmp_path: Path, moving: Moving) -> None:
    path = save(
        tmp_path / "t.csv",
        f"time_s,{SIX.format('back_', '_m_s2', '_rad_s')}",
        table_of(moving().clips["back"]),
    )
    lines = path.read_text().splitlines()
    lines[5] = lines[5].rpartition(",")[0] + ","
    lines[9] = lines[9].rpartition(",")[0] + ",NaN"
    path.write_text("\n".join(lines))
    recording = import_recording([path])
    assert len(recording.clips["back"]) == 1998
    assert recording.warnings == ("2 incomplete rows of clip 'back' were left out.",)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("time,{six}", "column 'time' does not say its unit (columns found: time, back_acc_x_m_s2"),
        ("count,{six}", "no column of time"),
        ("time,t,{six}", "several columns may be the time"),
        ("time_s,{acc}", "no gyroscope"),
        ("time_s,a,b,c,d", "no gyroscope"),
        ("1,2,3,4,5,6,7", "no column row found"),
    ],
)
def test_a_table_that_cannot_be_told_is_refused(tmp_path: Path, head: str, expected: str) -> None:
    six = SIX.format("back_", "_m_s2", "_rad_s")
    head = head.format(six=six, acc=six.rpartition(",back_gyr_x")[0])
    path = save(tmp_path / "t.csv", head, np.ones((3, head.count(",") + 1)))
    with pytest.raises(ImportRefusedError) as caught:
        import_recording([path])
    assert expected in str(caught.value)
    assert caught.value.advice


def test_values_that_cannot_be_are_refused_with_their_line(tmp_path: Path, moving: Moving) -> None:
    head = f"time_s,{SIX.format('back_', '_m_s2', '_rad_s')}"
    path = save(tmp_path / "t.csv", f"a preamble\n\n{head}", table_of(moving().clips["back"]))
    good = path.read_text().splitlines()
    path.write_text("\n".join([*good[:7], good[7].replace(",", ",x", 1), *good[8:]]))
    with pytest.raises(SampleError, match=r"line 8: 'x.*in column 'back_acc_x_m_s2' is not a number"):
        import_recording([path])
    path.write_text("\n".join([*good[:7], good[6], *good[7:]]))
    with pytest.raises(SampleError, match=r"line 8: time of clip 'back' goes"):
        import_recording([path])
    path.write_text("\n".join([*good[:7], good[7] + ",1", *good[8:]]))
    with pytest.raises(ImportRefusedError, match="cannot be read as a table of 7 columns"):
        import_recording([path])


def test_a_wrong_unit_option_is_found_after_conversion(tmp_path: Path, moving: Moving) -> None:
    path = save(tmp_path / "t.csv", f"time_s,{SIX.format('back_', '', '')}", table_of(moving().clips["back"]))
    right, wrong = {"acc": "m_s2", "gyr": "rad_s"}, {"acc": "g", "gyr": "rad_s"}
    import_recording([path], options=TableOptions(units=right))  # type: ignore[arg-type]
    with pytest.raises(UnitError):
        import_recording([path], options=TableOptions(units=wrong))  # type: ignore[arg-type]


# MetaMotion


def meta_files(folder: Path, device: str, clip: ClipSamples, gyr_every: int = 1, acc_every: int = 4) -> list[Path]:
    paths = []
    for sensor, unit, values, every in (
        ("Accelerometer", "g", clip.acc_m_s2 / GRAVITY_M_S2, acc_every),
        ("Gyroscope", "deg/s", np.degrees(clip.gyr_rad_s), gyr_every),
    ):
        lines = [f"epoch (ms),time (01:00),elapsed (s),x-axis ({unit}),y-axis ({unit}),z-axis ({unit})"]
        for time, (x, y, z) in zip(clip.time_s[::every].tolist(), values[::every].tolist(), strict=True):
            lines.append(f"{1547580927652 + round(time * 1000)},2019-01-15T20:35:27,{time:.3f},{x:.5f},{y:.5f},{z:.5f}")
        path = folder / f"day_MetaWear_2019_{device}_{sensor}_{100 / every:.3f}Hz_1.4.4.csv"
        path.write_text("\n".join(lines) + "\n")
        paths.append(path)
    return paths


def test_metamotion_clips_are_paired_by_device_and_share_the_epoch(tmp_path: Path, moving: Moving) -> None:
    clips = moving().clips
    files = [
        *meta_files(tmp_path, "C42732BE255C", clips["thigh"]),
        *meta_files(tmp_path, "D01234567890", clips["back"]),
    ]
    recording = import_recording(files, {"thigh": "C4:27:32:be:25:5c", "back": "D01234567890"})
    thigh = recording.clips["thigh"]
    assert recording.start_s == 0.0
    assert thigh.rate_hz == pytest.approx(25.0)
    wanted = np.stack([np.interp(thigh.time_s + 0.04, clips["thigh"].time_s, a) for a in clips["thigh"].acc_m_s2.T], 1)
    assert np.allclose(thigh.acc_m_s2, wanted, atol=1e-3)
    with pytest.raises(ImportRefusedError, match="nothing says which device"):
        import_recording(files)
    with pytest.raises(ImportRefusedError, match="devices found: C42732BE255C, D01234567890"):
        import_recording(files, {"thigh": "AAAAAAAAAAAA"})
    with pytest.raises(ImportRefusedError, match="both files are of gyroscopes"):
        import_recording([], {"thigh": f"{files[1]},{files[3]}"})


def test_merging_keeps_the_angle_turned_and_invents_nothing() -> None:
    slow, fast = np.arange(0, 10, 0.08), np.arange(0, 10, 0.01)
    fast = fast[(fast < 4) | (fast > 5)]
    rate = np.stack([np.sin(3 * fast), np.cos(40 * fast), np.ones_like(fast)], axis=1)
    time, acc, gyr = merge_streams(Stream(slow, np.zeros((len(slow), 3))), Stream(fast, rate), path="x")
    assert not ((time > 3.95) & (time < 5.05)).any()
    assert len(acc) == len(time)
    assert np.allclose(gyr[:, 2], 1.0)
    assert np.allclose(gyr[:, 0], np.sin(3 * time) * np.sinc(0.12 / np.pi), atol=2e-3)
    assert np.allclose(gyr[:, 1], np.cos(40 * time) * np.sinc(1.6 / np.pi), atol=3e-2)


def test_sensors_of_different_days_are_refused() -> None:
    one, other = Stream(np.arange(10.0), np.zeros((10, 3))), Stream(np.arange(10.0) + 100, np.zeros((10, 3)))
    with pytest.raises(ImportRefusedError, match="do not overlap"):
        merge_streams(one, other, path="x")


# npz


def test_npz_arrays_with_documented_names(tmp_path: Path, moving: Moving) -> None:
    clips = moving().clips
    arrays = {f"{n}_{a}": getattr(c, a) for n, c in clips.items() for a in ("time_s", "acc_m_s2", "gyr_rad_s")}
    np.savez(tmp_path / "two.npz", **arrays)
    assert_same(import_recording([tmp_path / "two.npz"]).clips["back"], clips["back"])
    thigh = clips["thigh"]
    np.savez(
        tmp_path / "one.npz",
        acc_g=thigh.acc_m_s2 / GRAVITY_M_S2,
        gyr_deg_s=np.degrees(thigh.gyr_rad_s),
        rate_hz=100.0,
    )
    assert_same(import_recording([], {"thigh": str(tmp_path / "one.npz")}).clips["thigh"], thigh)
    with pytest.raises(ImportRefusedError, match="no array names say which clip"):
        import_recording([tmp_path / "one.npz"])


def test_npz_files_that_lack_something_are_refused(tmp_path: Path) -> None:
    for name, arrays, expected in (
        ("gyr", {"acc": np.ones((5, 3)), "rate": 100.0}, r"no array gyr_rad_s .*\(found: acc, rate\)"),
        ("time", {"acc": np.ones((5, 3)), "gyr": np.ones((5, 3))}, "no array time_s or rate_hz"),
        ("shape", {"acc": np.ones((5, 4)), "gyr": np.ones((5, 3)), "rate": 1.0}, r"not numbers \(N, 3\)"),
        (
            "length",
            {"acc": np.ones((5, 3)), "gyr": np.ones((4, 3)), "rate": 1.0},
            "5 accelerations and 4 rates",
        ),
        ("object", {"acc": np.array([{}]), "gyr": np.ones((4, 3))}, "cannot be read as a numpy archive"),
    ):
        np.savez(tmp_path / f"{name}.npz", **arrays)
        with pytest.raises(ImportRefusedError, match=expected):
            import_recording([], {"back": str(tmp_path / f"{name}.npz")})
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(ImportRefusedError, match="cannot be read as a numpy archive"):
        import_recording([tmp_path / "text.npz"])


# The command


@pytest.fixture
def run() -> Callable[..., str]:
    """Run ``convert`` with arguments; its errors are raised, its output returned."""
    app = typer.Typer()
    app.command()(convert)

    def invoke(*arguments: object) -> str:
        return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False).output

    return invoke


def test_convert_writes_a_recording_with_header(tmp_path: Path, moving: Moving, run: Callable[..., str]) -> None:
    head = f"t,{SIX.format('back_', '', '')}"
    path = save(tmp_path / "t.csv", head, table_of(moving().clips["back"], 1 / GRAVITY_M_S2, 180 / np.pi))
    out = tmp_path / "out.csv"
    units = ("--acc-unit", "g", "--gyr-unit", "deg_s", "--time-unit", "s")
    extra = (
        "--height-m",
        1.78,
        "--mass-kg",
        80,
        "--site",
        "back=L3",
        "--segment",
        "0 3 stand",
        "--segment",
        "3 9 set exercise=rdl",
    )
    assert "back at 100.0 Hz" in run(path, "-o", out, *units, *extra)
    recording = read_recording(out)
    assert recording.number("athlete.height_m") == 1.78
    assert recording.clips["back"].site == "L3"
    assert [segment.kind for segment in recording.segments] == ["stand", "set"]


def test_convert_is_all_or_nothing_and_never_overwrites(
    tmp_path: Path, moving: Moving, run: Callable[..., str]
) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    write_recording(moving(), source)
    with pytest.raises(FormatError, match="site of clip 'back'"):
        run(source, "-o", out, "--site", "back=neck")
    assert not out.exists()
    run(source, "-o", out, "--site", "back=L2")
    with pytest.raises(OutputError, match="--force"):
        run(source, "-o", out)
    assert read_recording(out).clips["back"].site == "L2"
    run(source, "-o", out, "--force", "--segment", "1 2 stand")
    assert read_recording(out).segments[0].start_s == 1.0
    with pytest.raises(OutputError, match="also an input"):
        run(source, "-o", source, "--force")


@pytest.mark.parametrize(
    ("arguments", "kind", "expected"),
    [
        ((), ImportRefusedError, "no input"),
        (("none.csv",), RecordingError, "none.csv: cannot be read"),
        (("--clip", "thigh=none.csv"), RecordingError, "none.csv: no such file"),
        (("--clip", "thigh"), ImportRefusedError, "has no NAME=VALUE"),
        (("--clip", "chest=x.csv"), ImportRefusedError, "unknown clip 'chest'"),
        (("--clip", "back=a", "--clip", "back=b"), ImportRefusedError, "given twice"),
        (("a.csv", "--acc-unit", "lbs"), ImportRefusedError, "--acc-unit lbs is not known"),
        (("a.csv", "--layout", "tall"), ImportRefusedError, "--layout tall"),
    ],
)
def test_convert_says_what_is_wrong_with_its_arguments(
    tmp_path: Path,
    run: Callable[..., str],
    arguments: tuple[str, ...],
    kind: type[ImuHingeError],
    expected: str,
) -> None:
    with pytest.raises(kind) as caught:
        run(*arguments, "-o", tmp_path / "out.csv")
    assert expected in str(caught.value)
    assert not (tmp_path / "out.csv").exists()
