"""What the apps of sensor makers export: WitMotion, Movella DOT, Polar, MbientLab. Every file here is made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from imu_hinge.cli.convert import convert
from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import ImportRefusedError, RecordingError, SampleError
from imu_hinge.recording import ClipSamples, Recording, read_recording
from imu_hinge.recording.importers import import_recording
from imu_hinge.recording.importers.host_clock import count_times, fit_host_line

Moving = Callable[..., Recording]
NOON = datetime(2025, 10, 9, 12, 0, 0)
APP = "time\tDeviceName\t{chip}AccX(g)\tAccY(g)\tAccZ(g)\tAsX(°/s)\tAsY(°/s)\tAsZ(°/s)\tAngleX(°)\tHX(uT)\tVersion()"
PC = (
    "Time,Device name,Chip Time(),Acceleration X(g),Acceleration Y(g),Acceleration Z(g),Angular velocity X(°/s),"
    "Angular velocity Y(°/s),Angular velocity Z(°/s),Angle X(°),Temperature(℃)"
)
CHINESE = "时间\t设备名称\t加速度X(g)\t加速度Y(g)\t加速度Z(g)\t角速度X(°/s)\t角速度Y(°/s)\t角速度Z(°/s)\t温度(°C)"


def part(clip: ClipSamples, first: int, last: int) -> ClipSamples:
    rows = slice(first, last)
    return replace(clip, time_s=clip.time_s[rows], acc_m_s2=clip.acc_m_s2[rows], gyr_rad_s=clip.gyr_rad_s[rows])


def values(clip: ClipSamples, acc: float, gyr: float) -> list[str]:
    table = np.column_stack([clip.acc_m_s2 * acc, clip.gyr_rad_s * gyr])
    return ["\t".join(f"{value:.6f}" for value in row) for row in table.tolist()]


def in_g(clip: ClipSamples) -> list[str]:
    return values(clip, 1 / GRAVITY_M_S2, 180 / np.pi)


def bunched(time_s: np.ndarray, every: int = 4, delay_s: float = 0.02) -> np.ndarray:
    """Arrival of samples sent ``every`` at once, in bunches that take ``delay_s`` to come."""
    last = np.minimum(np.arange(len(time_s)) // every * every + every - 1, len(time_s) - 1)
    return np.asarray(time_s[last] + delay_s)


def clock(seconds: float, form: str = "%Y-%m-%d %H:%M:%S.%f") -> str:
    return (NOON + timedelta(seconds=seconds)).strftime(form)[: -3 if form.endswith("%f") else None]


def app_lines(clip: ClipSamples, device: str, host_s: np.ndarray, chip: Sequence[str] | None = None) -> list[str]:
    chips = ["" if chip is None else f"{stamp}\t" for stamp in (chip or [""] * len(clip))]
    return [
        f"{clock(host)}\t{device}\t{stamp}{six}\t1.5\t12\t331.5"
        for host, stamp, six in zip(host_s.tolist(), chips, in_g(clip), strict=True)
    ]


def interleaved(*devices: list[str]) -> list[str]:
    return sorted((line for lines in devices for line in lines), key=lambda line: line.split("\t", 1)[0])


def save(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return path


def assert_values(found: ClipSamples, wanted: ClipSamples) -> None:
    assert np.allclose(found.acc_m_s2, wanted.acc_m_s2, atol=1e-4)
    assert np.allclose(found.gyr_rad_s, wanted.gyr_rad_s, atol=1e-6)


# WitMotion


def test_a_witmotion_app_file_of_two_devices_is_put_on_counted_times(tmp_path: Path, moving: Moving) -> None:
    clips = moving().clips
    lines = interleaved(
        app_lines(clips["thigh"], "WTLL(DC:E1:B0:1F:67:6E)", bunched(clips["thigh"].time_s)),
        app_lines(clips["back"], "WTC(C4:80:F9:46:D1:94)", bunched(clips["back"].time_s + 0.003)),
    )
    path = save(tmp_path / "20251009120000.txt", APP.format(chip=""), *lines)
    recording = import_recording([path], {"thigh": "WTLL", "back": "c4:80:f9:46:d1:94"})
    for name, late in (("thigh", 0.0), ("back", 0.003)):
        assert_values(recording.clips[name], clips[name])
        assert np.allclose(recording.clips[name].time_s, clips[name].time_s + late, atol=0.002)
    assert recording.warnings[0] == (
        "The times of clip 'thigh' were stamped in bunches on arrival; they are counted at the measured 100.00 Hz, "
        "which follows the stamps to 30 ms; samples lost without a pause cannot be told."
    )


def test_a_pause_in_which_witmotion_samples_were_lost_stays_a_gap(tmp_path: Path, moving: Moving) -> None:
    clip = moving().clips["back"]
    host = bunched(clip.time_s)
    kept = (clip.time_s < 8) | (clip.time_s > 10)
    late = host.copy()
    late[(host > 14) & (host < 15)] = 15.02  # nothing was lost here: it came all at once
    lines = [line for line, keep in zip(app_lines(clip, "WT(1)", late), kept, strict=True) if keep]
    recording = import_recording([], {"back": str(save(tmp_path / "w.txt", APP.format(chip=""), *lines))})
    back = recording.clips["back"]
    assert np.allclose(back.time_s, clip.time_s[kept], atol=0.01)
    assert np.sort(np.diff(back.time_s))[-2:] == pytest.approx([0.01, 2.01], abs=0.01)
    assert "with 1 pause left as a gap" in recording.warnings[0]


def test_a_witmotion_file_for_each_sensor_shares_the_hosts_clock(tmp_path: Path, moving: Moving) -> None:
    clips = moving().clips
    spec = {}
    for name, late in (("thigh", 0.0), ("back", 1.25)):
        lines = app_lines(clips[name], f"WT({name})", bunched(clips[name].time_s + late))
        spec[name] = str(save(tmp_path / f"{name}.txt", APP.format(chip=""), *lines))
    recording = import_recording([], spec)
    assert np.allclose(recording.clips["thigh"].time_s, clips["thigh"].time_s, atol=0.002)
    assert np.allclose(recording.clips["back"].time_s, clips["back"].time_s + 1.25, atol=0.002)


def test_a_converted_recording_says_that_its_times_were_counted(tmp_path: Path, moving: Moving) -> None:
    clip = moving().clips["thigh"]
    path = save(tmp_path / "w.txt", APP.format(chip=""), *app_lines(clip, "WT(1)", bunched(clip.time_s)))
    app = typer.Typer()
    app.command()(convert)
    out = tmp_path / "out.csv"
    shown = CliRunner().invoke(app, ["--clip", f"thigh={path}", "-o", str(out)], catch_exceptions=False)
    assert "stamped in bunches on arrival" in shown.output
    assert "counted at the measured 100.00 Hz" in read_recording(out).header["note.0"]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("%Y-%m-%dT%H:%M:%S.%f", lambda text: text),
        ("%m/%d/%Y %H:%M:%S.%f", lambda text: text),
        ("%H:%M:%S.%f", lambda text: f" {text}"),
        ("%Y-%m-%d %H:%M:%S.%f", lambda text: f"{text[:20]}{int(text[20:])}"),
        ("%Y-%m-%d %H:%M:%S.%f", lambda text: f"{text[:19]}:{int(text[20:])}"),
        ("%Y-%m-%d %H:%M:%S.%f", lambda text: text.rstrip("0").rstrip(".")),
    ],
    ids=["iso", "us", "time of day", "ms without zeros", "ms after a colon", "decimals without zeros"],
)
def test_a_chip_time_for_each_sample_is_taken_in_every_spelling(
    tmp_path: Path, moving: Moving, form: str, shown: Callable[[str], str]
) -> None:
    clip = moving().clips["thigh"]
    stamps = [shown(clock(time, form)) for time in clip.time_s.tolist()]
    lines = app_lines(clip, "WT(1)", bunched(clip.time_s), stamps)
    path = save(tmp_path / "w.txt", APP.format(chip="ChipTime()\t"), *lines)
    recording = import_recording([], {"thigh": str(path)})
    assert recording.warnings == ()
    assert np.allclose(recording.clips["thigh"].time_s, clip.time_s, atol=1e-4)


def test_a_chip_time_that_stands_still_or_is_null_is_not_used(tmp_path: Path, moving: Moving) -> None:
    clip = part(moving().clips["thigh"], 0, 900)
    for stamp in ("2015-01-01 00:56:09.620", "null"):
        lines = app_lines(clip, "WT(1)", bunched(clip.time_s), [stamp] * len(clip))
        path = save(tmp_path / "w.txt", APP.format(chip="ChipTime()\t"), *lines)
        recording = import_recording([], {"thigh": str(path)})
        assert np.allclose(recording.clips["thigh"].time_s, clip.time_s, atol=0.002)
        assert "counted at the measured 100.0" in recording.warnings[0]


def test_a_witmotion_pc_recording_goes_on_past_midnight(tmp_path: Path, moving: Moving) -> None:
    clip = moving().clips["thigh"]
    stamps = [clock(time + 43190, "%H:%M:%S.%f") for time in bunched(clip.time_s).tolist()]
    lines = [
        f"{stamp}, WT901BLE67(d6-a8-b9), 2015-01-01 00:56:09.620, {six.replace(chr(9), ', ')}, 3.1, 26.1"
        for stamp, six in zip(stamps, in_g(clip), strict=True)
    ]
    path = tmp_path / "data_0.csv"
    save(path, "\ufeff" + PC, *lines)
    found = import_recording([], {"thigh": str(path)}).clips["thigh"]
    assert_values(found, clip)
    assert np.allclose(found.time_s, clip.time_s, atol=0.002)


def test_witmotion_files_are_read_in_chinese_and_with_the_column_row_again(tmp_path: Path, moving: Moving) -> None:
    clip = part(moving().clips["thigh"], 0, 900)
    lines = [line.rpartition("\t")[0].rpartition("\t")[0] for line in app_lines(clip, "WTLL(1)", bunched(clip.time_s))]
    lines.insert(400, CHINESE)
    for encoding in ("utf-8", "gb18030"):
        path = save(tmp_path / "w.txt", CHINESE, *lines, encoding=encoding)
        found = import_recording([], {"thigh": str(path)}).clips["thigh"]
        assert_values(found, clip)
        assert np.allclose(found.time_s, clip.time_s, atol=0.002)


def test_witmotion_files_are_refused_with_what_to_do(tmp_path: Path, moving: Moving) -> None:
    clip = part(moving().clips["thigh"], 0, 50)
    lines = app_lines(clip, "WTLL(1)", clip.time_s) + app_lines(clip, "WTRL(2)", clip.time_s)
    path = save(tmp_path / "w.txt", APP.format(chip=""), *lines)
    with pytest.raises(ImportRefusedError, match=r"nothing says which device.*'WTLL\(1\)', 'WTRL\(2\)'.*--clip thigh="):
        import_recording([path])
    with pytest.raises(ImportRefusedError, match="it holds several devices, not one"):
        import_recording([], {"thigh": str(path)})
    with pytest.raises(ImportRefusedError, match="it holds 2 devices called 'WT', not one"):
        import_recording([path], {"thigh": "WT"})
    blind = save(tmp_path / "blind.txt", APP.format(chip="").replace("As", "Speed"), *lines)
    with pytest.raises(ImportRefusedError, match=r"no gyroscope.*Switch acceleration and angular velocity on"):
        import_recording([blind], {"thigh": "WTLL"})
    spoilt = save(tmp_path / "spoilt.txt", APP.format(chip=""), *lines[:20], lines[20].replace(":", "-"), *lines[21:])
    with pytest.raises(SampleError, match=r"line 22: .* in column 'time' is not a time.*as the app wrote it"):
        import_recording([spoilt], {"thigh": "WTLL"})
    again = save(tmp_path / "again.txt", APP.format(chip=""), *lines[:50], *lines[:50])
    with pytest.raises(SampleError, match=r"line 52: time goes back by .* split it here"):
        import_recording([], {"thigh": str(again)})


# Movella DOT


def dot_file(path: Path, clip: ClipSamples, start_us: int = 0, sync: str | None = None, comma: str = "") -> Path:
    head = ["sep=,", "DeviceTag:,thigh,,,,", "FirmwareVersion:,3.0.0", "StartTime: ,2023-05-01_10:00:00_000 CEST"]
    if sync is not None:
        head += [f"SyncStatus:,{sync}", "OutputRate:,60Hz", "Measurement Mode:,Custom Mode 5"]
    columns = "PacketCounter,SampleTimeFine,Quat_W,Quat_X,Quat_Y,Quat_Z,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z"
    ticks = [(start_us + round(time * 1e6)) % 2**32 for time in clip.time_s.tolist()]
    rows = [
        f"{packet},{tick},1,0,0,0,{six.replace(chr(9), ',')}{comma}"
        for packet, (tick, six) in enumerate(zip(ticks, values(clip, 1, 180 / np.pi), strict=True), start=1)
    ]
    return save(path, *head, "© Movella Technologies B. V. 2005-2023", "", columns, *rows)


@pytest.mark.parametrize("comma", ["", ","])
def test_a_dot_export_keeps_lost_packets_as_gaps(tmp_path: Path, moving: Moving, comma: str) -> None:
    clip = moving().clips["back"]
    kept = (clip.time_s < 5) | (clip.time_s > 5.2)
    lossy = replace(clip, time_s=clip.time_s[kept], acc_m_s2=clip.acc_m_s2[kept], gyr_rad_s=clip.gyr_rad_s[kept])
    found = import_recording([], {"back": str(dot_file(tmp_path / "d.csv", lossy, comma=comma))}).clips["back"]
    assert_values(found, lossy)
    assert np.allclose(found.time_s, lossy.time_s, atol=1e-6)


def test_synchronised_dots_share_a_clock_that_wraps_for_one_before_the_other(tmp_path: Path, moving: Moving) -> None:
    clips = moving().clips
    thigh = dot_file(tmp_path / "t.csv", clips["thigh"], start_us=2**32 - 200_000, sync="Synced")
    back = dot_file(tmp_path / "b.csv", clips["back"], start_us=100_000, sync="Synced")
    recording = import_recording([], {"thigh": str(thigh), "back": str(back)})
    assert np.allclose(recording.clips["thigh"].time_s, clips["thigh"].time_s, atol=1e-6)
    assert np.allclose(recording.clips["back"].time_s, clips["back"].time_s + 0.3, atol=1e-6)


def test_dots_that_were_not_synchronised_are_refused_together(tmp_path: Path, moving: Moving) -> None:
    clips = moving().clips
    thigh = dot_file(tmp_path / "t.csv", clips["thigh"], sync="Un-synced")
    back = dot_file(tmp_path / "b.csv", clips["back"], sync="Un-synced")
    with pytest.raises(ImportRefusedError, match=r"t.csv: .*'thigh' was not synchronised.*Synchronise the sensors"):
        import_recording([], {"thigh": str(thigh), "back": str(back)})
    assert import_recording([], {"back": str(back)}).clips["back"].rate_hz == pytest.approx(100.0)
    thigh = dot_file(tmp_path / "t.csv", clips["thigh"])
    back = dot_file(tmp_path / "b.csv", clips["back"], start_us=900_000_000)
    with pytest.raises(ImportRefusedError, match=r"'thigh' and 'back' are 900 s apart"):
        import_recording([], {"thigh": str(thigh), "back": str(back)})


def test_a_dot_recordings_empty_first_packet_is_left_out(tmp_path: Path, moving: Moving) -> None:
    clip = moving().clips["back"]
    acc, gyr = clip.acc_m_s2.copy(), clip.gyr_rad_s.copy()
    acc[0], gyr[0] = 0.0, 0.0
    path = dot_file(tmp_path / "d.csv", replace(clip, acc_m_s2=acc, gyr_rad_s=gyr))
    recording = import_recording([], {"back": str(path)})
    assert_values(recording.clips["back"], part(clip, 1, len(clip)))
    assert recording.warnings == ("1 incomplete row of clip 'back' was left out.",)


@pytest.mark.parametrize(
    ("mode", "columns", "lacks"),
    [
        (
            "Extended (Euler)",
            "Euler_X,Euler_Y,Euler_Z,FreeAcc_X,FreeAcc_Y,FreeAcc_Z,Status",
            "no accelerometer and no gyr",
        ),
        (
            "Complete (Quaternion)",
            "Quat_W,Quat_X,Quat_Y,Quat_Z,FreeAcc_X,FreeAcc_Y,FreeAcc_Z",
            "no accelerometer and no",
        ),
        ("High Fidelity", "dq_W,dq_X,dq_Y,dq_Z,dv[1],dv[2],dv[3],Mag_X,Mag_Y,Mag_Z,Status", "no accelerometer and no"),
        (
            "Custom Mode 1",
            "Euler_X,Euler_Y,Euler_Z,FreeAcc_X,FreeAcc_Y,FreeAcc_Z,Gyr_X,Gyr_Y,Gyr_Z",
            "no accelerometer,",
        ),
        ("Custom Mode 9", "Acc_X,Acc_Y,Acc_Z,Mag_X,Mag_Y,Mag_Z", "no gyroscope,"),
    ],
)
def test_a_dot_export_without_rates_is_refused_with_the_mode_to_use(
    tmp_path: Path, mode: str, columns: str, lacks: str
) -> None:
    rows = [",".join(map(str, (n, n * 16667, *[0.1] * (columns.count(",") + 1)))) for n in range(20)]
    head = ["sep=,", "DeviceTag:,a", f"Measurement Mode:,{mode}", "", f"PacketCounter,SampleTimeFine,{columns}"]
    with pytest.raises(ImportRefusedError) as caught:
        import_recording([], {"back": str(save(tmp_path / "d.csv", *head, *rows))})
    assert f"it has {lacks}" in caught.value.what
    assert f"mode: {mode}" in caught.value.what
    assert "'Rate quantities' or 'Custom mode 5'" in (caught.value.advice or "")


# Polar


def polar_files(
    folder: Path, device: str, clip: ClipSamples, clock_s: float = 7e8, gyr_late_s: float = 0.0
) -> list[Path]:
    """Both files of a sensor whose clock runs ahead of the phone's by some years and whose rows end in ';'."""
    paths = []
    for sensor, unit, data, late in (
        ("ACC", "mg", clip.acc_m_s2 / GRAVITY_M_S2 * 1000, 0.0),
        ("GYRO", "dps", np.degrees(clip.gyr_rad_s), gyr_late_s),
    ):
        lines = [f"Phone timestamp;sensor timestamp [ns];X [{unit}];Y [{unit}];Z [{unit}];"]
        for time, row in zip(clip.time_s.tolist(), data.tolist(), strict=True):
            stamp = clock(time + late + 0.5, "%Y-%m-%dT%H:%M:%S.%f")
            lines.append(f"{stamp};{round((clock_s + time) * 1e9)};{row[0]:.4f};{row[1]:.4f};{row[2]:.4f};")
        paths.append(save(folder / f"Polar_Sense_{device}_20251009_120000_{sensor}.txt", *lines))
    return paths


def test_polar_files_are_joined_on_the_sensor_clock_and_put_on_the_phones(tmp_path: Path, moving: Moving) -> None:
    clips = moving().clips
    files = [
        *polar_files(tmp_path, "A40F6F28", clips["thigh"], clock_s=7e8),
        *polar_files(tmp_path, "0C301E3F", replace(clips["back"], time_s=clips["back"].time_s + 0.25), clock_s=2e8),
    ]
    recording = import_recording(files, {"thigh": "A40F6F28", "back": "0c301e3f"})
    for name, late in (("thigh", 0.0), ("back", 0.25)):
        assert_values(recording.clips[name], clips[name])
        assert np.allclose(recording.clips[name].time_s, clips[name].time_s + late, atol=0.002)
    assert "which its stamps tell to 1 ms: two clips may be that far apart" in recording.warnings[0]
    by_name = import_recording([], {"thigh": f"{files[1]},{files[0]}"})
    assert_values(by_name.clips["thigh"], clips["thigh"])


def test_the_warning_tells_how_far_a_polar_sensors_two_files_differ(tmp_path: Path, moving: Moving) -> None:
    files = polar_files(tmp_path, "A40F6F28", moving().clips["thigh"], gyr_late_s=0.4)
    recording = import_recording(files, {"thigh": "A40F6F28"})
    assert "which its stamps tell to 400 ms" in recording.warnings[0]
    assert recording.clips["thigh"].rate_hz == pytest.approx(100.0)


def test_polar_files_are_refused_with_what_to_do(tmp_path: Path, moving: Moving) -> None:
    acc, gyr = polar_files(tmp_path, "A40F6F28", moving(seconds=3.0).clips["thigh"])
    with pytest.raises(ImportRefusedError, match=r"Name both: --clip thigh=ACC.csv,GYR.csv"):
        import_recording([], {"thigh": str(acc)})
    with pytest.raises(ImportRefusedError, match="both files are of accelerometers"):
        import_recording([], {"thigh": f"{acc},{acc}"})
    with pytest.raises(ImportRefusedError, match=r"nothing says which device.*8 or 12 digits"):
        import_recording([acc, gyr])
    gauss = save(tmp_path / "MAGN.txt", *gyr.read_text().replace("[dps]", "[G]").splitlines())
    with pytest.raises(ImportRefusedError, match=r"no accelerometer's or gyroscope's file.*_ACC.txt and _GYRO.txt"):
        import_recording([], {"thigh": f"{acc},{gauss}"})
    table = save(tmp_path / "table.csv", "time_s,a,b,c", "0,1,2,3", "1,1,2,3")
    with pytest.raises(ImportRefusedError, match="neither a MetaMotion nor a Polar file"):
        import_recording([], {"thigh": f"{acc},{table}"})


# MbientLab


def meta_file(path: Path, clip: ClipSamples, unit: str, stamps_s: np.ndarray) -> Path:
    data = clip.acc_m_s2 / GRAVITY_M_S2 if unit == "g" else np.degrees(clip.gyr_rad_s)
    lines = [f"epoc (ms),timestamp (+0200),elapsed (s),x-axis ({unit}),y-axis ({unit}),z-axis ({unit})"]
    for time, row in zip(stamps_s.tolist(), data.tolist(), strict=True):
        stamp = 1547580927652 + round(time * 1000)
        lines.append(f"{stamp},2019-01-15T20.35.27.652,{time:.3f},{row[0]:.6f},{row[1]:.6f},{row[2]:.6f}")
    return save(path, *lines)


def test_older_metabase_columns_are_read(tmp_path: Path, moving: Moving) -> None:
    clip = moving().clips["thigh"]
    acc = meta_file(tmp_path / "MetaWear_C42732BE255C_Accelerometer.csv", clip, "g", clip.time_s)
    gyr = meta_file(tmp_path / "MetaWear_C42732BE255C_Gyroscope.csv", clip, "deg/s", clip.time_s)
    recording = import_recording([acc, gyr], {"thigh": "C42732BE255C"})
    assert_values(recording.clips["thigh"], clip)
    assert recording.warnings == ()


def test_metabase_samples_streamed_three_to_a_packet_are_spread(tmp_path: Path, moving: Moving) -> None:
    clip = moving().clips["thigh"]
    acc = meta_file(tmp_path / "a.csv", clip, "g", bunched(clip.time_s, every=3))
    gyr = meta_file(tmp_path / "g.csv", clip, "deg/s", bunched(clip.time_s, every=3))
    recording = import_recording([], {"thigh": f"{acc},{gyr}"})
    assert_values(recording.clips["thigh"], clip)
    assert np.allclose(recording.clips["thigh"].time_s, clip.time_s, atol=0.002)
    assert "a.csv (clip 'thigh')" in recording.warnings[0]
    text = acc.read_text().splitlines()
    torn = save(tmp_path / "t.csv", *text[:5], text[3], *text[5:])
    with pytest.raises(SampleError, match=r"t.csv, line 6: .*not later"):
        import_recording([], {"thigh": f"{torn},{gyr}"})


# Clocks


@given(
    rate_hz=st.floats(10, 200),
    every=st.integers(1, 8),
    delay_s=st.floats(0, 0.2),
    seconds=st.floats(20, 120),
)
def test_counting_finds_the_rate_and_keeps_within_a_bunch_of_the_truth(
    rate_hz: float, every: int, delay_s: float, seconds: float
) -> None:
    time = np.arange(0, seconds, 1 / rate_hz)
    counted = count_times(np.round(bunched(time, every, delay_s), 3), path="x")
    assert counted.rate_hz == pytest.approx(rate_hz, rel=2e-3)
    assert counted.gaps == 0
    assert (np.diff(counted.time_s) > 0).all()
    assert np.abs(counted.time_s - time - delay_s).max() < 0.005 + every / rate_hz / 4


def test_the_clock_of_a_sensor_that_runs_fast_is_fitted_to_the_hosts() -> None:
    rng = np.random.default_rng(3)
    true = np.arange(0, 600, 0.02)
    line = fit_host_line(1e6 + true * 1.0001, 5.0 + true + rng.gamma(1.0, 0.02, len(true)))
    assert line.rate == pytest.approx(1 / 1.0001, abs=3e-6)
    assert np.abs(line(1e6 + true * 1.0001) - true - 5.0).max() < 0.003


# Damage


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """One small export of each kind, as bytes."""
    folder = tmp_path_factory.mktemp("exports")
    rng = np.random.default_rng(1)
    time = np.arange(40) / 50
    clip = ClipSamples("back", "T12", time, rng.normal(9, 1, (40, 3)), rng.normal(0, 0.2, (40, 3)))
    app = save(folder / "w.txt", APP.format(chip=""), *app_lines(clip, "WT(1)", bunched(time)))
    kinds = {
        "witmotion": [app],
        "dot": [dot_file(folder / "d.csv", clip, sync="Synced")],
        "polar": polar_files(folder, "A40F6F28", clip),
        "metabase": [meta_file(folder / f"{u[0]}.csv", clip, u, time) for u in ("g", "deg/s")],
    }
    return {kind: [path.read_bytes() for path in paths] for kind, paths in kinds.items()}


def imported_or_refused(spec: str) -> Recording | RecordingError:
    try:
        return import_recording([], {"back": spec})
    except RecordingError as error:
        return error


@pytest.mark.parametrize("kind", ["witmotion", "dot", "polar", "metabase"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_export_is_a_recording_or_an_error_with_advice(
    tmp_path: Path, exports: dict[str, list[bytes]], kind: str, data: st.DataObject
) -> None:
    paths = []
    for number, whole in enumerate(exports[kind]):
        damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)), label="cut at")])
        for place, byte in data.draw(
            st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=4), label="bytes"
        ):
            if place < len(damaged):
                damaged[place] = byte
        if data.draw(st.booleans(), label="an odd piece"):
            at = data.draw(st.integers(0, len(damaged)), label="at")
            odd = st.sampled_from(
                [b",", b";", b"\t", b"\n", b"\r", b'"', b"\n\n", b"nan", b"1e400", b"99:99:99", b"\0"]
            )
            damaged[at:at] = data.draw(odd, label="piece")
        path = tmp_path / f"{number}.txt"
        path.write_bytes(damaged)
        paths.append(str(path))
    found = imported_or_refused(",".join(paths))
    if isinstance(found, RecordingError):
        assert found.advice
    else:
        assert (np.diff(found.clips["back"].time_s) > 0).all()
        assert np.isfinite(found.clips["back"].acc_m_s2).all()
