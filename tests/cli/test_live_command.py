"""``imu-hinge live``: from the command line to the report, and back after everything that can end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imu_hinge.recording import read_arrivals, read_recording
from imu_hinge.session.said_live import was_live
from imu_hinge.simulation import Scenario
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import SetPlan, plan_reps

Run = Callable[..., Any]

TRAINING = Scenario(
    "training",
    "",
    (
        Between("stand", 3.5),
        Between("reference_hinge", count=3),
        Between("stand", 3.0),
        SetPlan("rdl", plan_reps("good", "rounded:28")),
    ),
)
PROGRAM = "from imu_hinge.cli.main import main; raise SystemExit(main())"
QUICK = ("--clips", "thigh,back", "--speed", "max", "--no-screen", "--no-page")


@pytest.fixture
def short_athlete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever scenario is asked for, it is half a minute."""
    monkeypatch.setattr("imu_hinge.simulation.find_scenario", lambda name: TRAINING)


@pytest.mark.usefixtures("short_athlete")
def test_a_session_is_led_coached_recorded_and_reported(imu_hinge: Run, tmp_path: Path) -> None:
    out = tmp_path / "session"
    shown = imu_hinge("live", "--simulate", "short", *QUICK, "--out", out, "--load-kg", "62.5")
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert lines[0].startswith("> ")
    assert any("calibrated" in line for line in lines)
    assert len([line for line in lines if " rep 1: " in line or " rep 2: " in line]) == 2
    assert any("1 of 2 reps good" in line for line in lines)
    assert "\x1b" not in shown.out
    for name in ("recording.csv", "summary.json", "report.html"):
        assert (out / name).stat().st_size > 0
        assert name == "recording.csv" or str(out / name) in shown.out
    recording = read_recording(out / "recording.csv")
    assert [(s.kind, s.load_kg) for s in recording.segments][-1] == ("set", 62.5)
    assert was_live(read_arrivals(out / "recording.csv"))
    summary = json.loads((out / "summary.json").read_text())
    assert len(summary["sets"][0]["reps"]) == 2
    again = imu_hinge("live", "--simulate", "short", *QUICK, "--out", out)
    assert again.code == 2
    assert len(again.err.splitlines()) == 1
    assert "--resume" in again.err


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--simulate", "nope"), "nope"),
        (("--simulate", "rdl_good", "--speed", "0"), "--speed"),
        (("--simulate", "rdl_good", "--replay", "x.csv"), "--replay"),
        (("--replay", "nowhere.csv"), "nowhere.csv"),
        (("--simulate", "rdl_good", "--exercise", "curl"), "curl"),
        (("--simulate", "rdl_good", "--clips", "ankle"), "ankle"),
        (("--simulate", "rdl_good", "--side", "middle"), "middle"),
        (("--simulate", "rdl_good", "--site", "back=heel"), "heel"),
        (("--simulate", "rdl_good", "--rest", "1"), "--rest"),
        (("--simulate", "rdl_good", "--load-kg", "-3"), "--load-kg"),
        (("--simulate", "rdl_good", "--resume", "--out", "empty"), "no session broke off"),
        (("--simulate", "rdl_good", "--resume"), "no session broke off"),
        (("--simulate", "rdl_good", "--athlete", "nobody.json"), "nobody"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_wrong_words_are_told_in_one_line(
    wrong: tuple[str, ...], told: str, imu_hinge: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = imu_hinge("live", *wrong)
    assert shown.code == 2
    assert len(shown.err.splitlines()) == 1, shown.err
    assert told in shown.err
    assert list(tmp_path.iterdir()) == []


def test_a_recording_is_played_and_nothing_is_written(
    imu_hinge: Run, short_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = imu_hinge("live", "--replay", short_file, *QUICK)
    assert (shown.code, shown.err) == (0, "")
    assert len([line for line in shown.out.splitlines() if " rep " in line and "hip" in line]) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """started(*words) begins a session in a process of its own."""
    children = []

    def start(*words: object) -> subprocess.Popen[str]:
        env = {**os.environ, "PYTHONUNBUFFERED": "1", "IMU_HINGE_HOME": str(tmp_path / "home")}
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                PROGRAM,
                "live",
                *map(str, words),
                "--no-screen",
                "--no-page",
                "--clips",
                "thigh,back",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=env,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        if child.poll() is None:
            child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def until(child: subprocess.Popen[str], words: str) -> list[str]:
    """Its lines up to one that holds these words."""
    assert child.stdout is not None
    lines: list[str] = []
    for line in child.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"{words!r} never came: {''.join(lines)}")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
@pytest.mark.parametrize("words", ["rep 3:", "Hinge three times", "calibrated"])
def test_a_killed_session_can_be_gone_on_with(
    words: str, started: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    out = tmp_path / "s"
    begin = ("--simulate", "rdl_good", "--out", out)
    child = started(*begin, "--speed", "12")
    until(child, words)
    child.kill()
    child.wait()
    before = (out / "recording.csv").read_bytes()
    broken = read_recording(out / "recording.csv")
    assert sum(s.kind == "set" for s in broken.segments) == (words != "Hinge three times")
    child = started(*begin, "--speed", "max", "--resume")
    text, _ = child.communicate()
    assert child.returncode == 0, text
    after = (out / "recording.csv").read_bytes()
    assert after.startswith(before[: before.rindex(b"\n") + 1])
    recording = read_recording(out / "recording.csv")
    assert recording.warnings == ()
    assert recording.end_s > broken.end_s + 60.0
    summary = json.loads((out / "summary.json").read_text())
    assert sum(len(one["reps"]) for one in summary["sets"]) >= 8


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C of POSIX")
@pytest.mark.parametrize("words", ["> Stand still", "> Hinge three times", "calibrated", "rep 2:"])
def test_ctrl_c_ends_a_session_at_any_step_and_saves_it(
    words: str, started: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    out = tmp_path / "s"
    child = started("--simulate", "rdl_good", "--speed", "8", "--out", out)
    until(child, words)
    child.send_signal(signal.SIGINT)
    text, _ = child.communicate(timeout=60.0)
    assert child.returncode == 0, text
    assert "Traceback" not in text
    recording = read_recording(out / "recording.csv")
    assert recording.warnings == ()
    assert recording.end_s < 60.0
    if words in ("calibrated", "rep 2:"):
        assert (out / "report.html").exists()
    else:
        assert text.strip()


@pytest.mark.slow
def test_two_interrupts_end_even_the_saving(started: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> None:
    child = started("--simulate", "rdl_good", "--speed", "1", "--out", tmp_path / "s")
    until(child, "> Stand still")
    child.send_signal(signal.SIGINT)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60.0)
    assert child.returncode is not None
    read_arrivals(tmp_path / "s" / "recording.csv")
