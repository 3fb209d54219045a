"""``clips``, ``doctor`` and ``download`` with clips that run the C core on a virtual air, its time running ahead."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from ble.air import Air, central
from ble.bumble_backend import use
from ble.clockwork import ClockworkLoop, warp
from ble.virtual_clip import VirtualClip
from firmware.core import Flash, Saved, core

from cli.conftest import Shown
from imu_hinge.cli import clip_air, live_setup
from imu_hinge.cli import clips as clips_command
from imu_hinge.cli import record as record_command
from imu_hinge.cli.clip_words import table
from imu_hinge.protocol.definitions import Role, State
from imu_hinge.recording import read_recording
from imu_hinge.sensors.ble_source import BleSource
from imu_hinge.sensors.roles import RoleStore

THIGH, BACK = "A0B1C2D3E4F1", "A0B1C2D3E4F2"
Run = Callable[..., Shown]
Script = Callable[[tuple[VirtualClip, ...]], Awaitable[None]]


async def nothing(clips: tuple[VirtualClip, ...]) -> None:
    """Leave the clips alone."""


@dataclass
class Place:
    """Two clips that live from one command to the next."""

    roles: tuple[Role, ...] = (Role.THIGH, Role.BACK)
    flashes: tuple[Flash, ...] = field(default_factory=lambda: (Flash(1 << 20), Flash(1 << 20)))
    saved: tuple[Saved, ...] = field(default_factory=lambda: (Saved(), Saved()))
    before: Script = nothing
    during: Script = nothing
    clips: tuple[VirtualClip, ...] = ()

    @asynccontextmanager
    async def air(self) -> AsyncIterator[None]:
        warp()
        space = Air()
        self.clips = tuple(
            VirtualClip(space, serial, role=self.roles[n], flash=self.flashes[n], saved=self.saved[n], mtu=185)
            for n, serial in enumerate((THIGH, BACK))
        )
        for clip in self.clips:
            await clip.power_on()
        await self.before(self.clips)
        self.before = nothing
        meddling = asyncio.ensure_future(self.during(self.clips))
        with use(await central(space)):
            yield
        meddling.cancel()
        for clip in self.clips:
            await clip.power_off()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    core()  # compiled before a clock runs
    monkeypatch.setenv("IMU_HINGE_HOME", str(tmp_path / "home"))
    place = Place()
    monkeypatch.setattr(clip_air, "air", place.air)
    monkeypatch.setattr(clip_air, "loop_factory", ClockworkLoop)
    source = partial(BleSource, air=place.air, loop_factory=ClockworkLoop, room=10**6)
    monkeypatch.setattr(record_command, "BleSource", source)
    return place


def test_clips_are_listed_with_what_they_say_of_themselves(imu_hinge: Run, place: Place) -> None:
    place.roles = (Role.THIGH, Role.NONE)
    shown = imu_hinge("clips")
    assert (shown.code, shown.err) == (0, "")
    head, first, second, hint = shown.out.splitlines()
    assert re.split(r"  +", head) == ["worn on", "brand", "serial", "battery", "signal", "state"]
    assert re.split(r"  +", first) == ["thigh", "imu_hinge", THIGH, "87 %", "-50 dBm strong", "pairing"]
    assert re.split(r"  +", second) == ["-", "imu_hinge", BACK, "87 %", "-50 dBm strong", "pairing"]
    assert "clips assign" in hint


def test_a_clip_that_speaks_another_protocol_is_listed_as_such(
    imu_hinge: Run, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_command, "VERSION_MAJOR", 2)
    shown = imu_hinge("clips", "scan")
    assert shown.out.count("protocol 1, not 2") == 2


def test_a_table_keeps_to_80_columns() -> None:
    said = "sampling, logging, pairing, and much else that has no room in what is left"
    lines = table(("serial", "state"), [("A" * 40, said), ("B", "idle")])
    assert max(map(len, lines)) <= 80
    assert " ".join(line[42:] for line in lines[1:-1]) == said
    assert lines[-1].split() == ["B", "idle"]


def test_a_clip_blinks_when_asked_by_place_or_serial(imu_hinge: Run, place: Place) -> None:
    shown = imu_hinge("clips", "identify", "back", "--seconds", 7)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == f"{BACK} blinks for 7 s\n"
    assert place.clips[1].identified[0] == (1, 7)
    assert imu_hinge("clips", "identify", THIGH.lower()).code == 0
    missing = imu_hinge("clips", "identify", "pelvis")
    assert missing.code == 2
    assert f"Around are: {THIGH}, {BACK}." in missing.err


def test_a_place_is_remembered_here_and_by_the_clip(imu_hinge: Run, place: Place) -> None:
    shown = imu_hinge("clips", "assign", BACK[-4:], "pelvis")
    assert (shown.code, shown.out) == (0, f"{BACK}: pelvis\n"), shown.err
    assert RoleStore().load() == {BACK: "pelvis"}
    assert place.clips[1].info.role == Role.PELVIS
    assert imu_hinge("clips", "assign", BACK, "none").code == 0
    assert RoleStore().load() == {}
    assert place.clips[1].info.role == Role.NONE
    assert place.clips[0].info.role == Role.THIGH
    wrong = imu_hinge("clips", "assign", BACK, "knee")
    assert wrong.code == 2
    assert "no place" in wrong.err


def test_the_doctor_finds_two_good_links_fine(imu_hinge: Run, place: Place) -> None:
    shown = imu_hinge("doctor")
    assert shown.code == 0, shown.out
    assert "All fine." in shown.out
    for clip in (rf"thigh \(imu_hinge {THIGH}", rf"back \(imu_hinge {BACK}"):
        assert re.search(clip + r", firmware 0.0.0\): 100 of 100 Hz, loss 0.00 %, MTU 185", shown.out)


def test_the_doctor_names_what_is_wrong(imu_hinge: Run, place: Place) -> None:
    async def ail(clips: tuple[VirtualClip, ...]) -> None:
        clips[0].faults.lose = lambda number: number % 3 == 0
        clips[0].set_battery(8)
        clips[1].faults.major = 2

    place.before = ail
    shown = imu_hinge("doctor")
    assert shown.code == 1
    assert "samples did not come at once" in shown.out
    assert "battery is low (8 %)" in shown.out
    assert re.search(rf"{BACK}: .*version 2 .*Update imu_hinge", shown.out)
    assert "Not all is fine" in shown.out


def test_the_doctor_without_clips_and_without_bluetooth(
    imu_hinge: Run, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def off(clips: tuple[VirtualClip, ...]) -> None:
        for clip in clips:
            await clip.power_off()

    place.before = off
    shown = imu_hinge("doctor")
    assert shown.code == 1
    assert "No clip is seen" in shown.out
    monkeypatch.undo()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    for command in (["doctor"], ["clips"], ["record", "never.csv"]):
        missing = imu_hinge(*command)
        assert missing.code == 2
        assert missing.err.splitlines()[-1].startswith("imu-hinge: ")
        assert "Traceback" not in missing.err
    assert not Path("never.csv").exists()


def trained(*sessions_s: float) -> Script:
    async def train(clips: tuple[VirtualClip, ...]) -> None:
        for seconds in sessions_s:
            assert clips[0].train_alone() == 0
            await asyncio.sleep(seconds)
            clips[0].end_alone()
            await asyncio.sleep(1.0)
        clips[0].hold()  # the minute for pairing is long over

    return train


def test_sessions_that_a_clip_logged_are_listed_downloaded_and_deleted(
    imu_hinge: Run, place: Place, tmp_path: Path
) -> None:
    place.before = trained(65.0)
    shown = imu_hinge("clips", "records", "thigh")
    assert (shown.code, shown.err) == (0, "")
    taken = place.clips[0].stream
    out = tmp_path / "logged"
    fetched = imu_hinge("clips", "download", "thigh", "--out", out, "--delete")
    assert fetched.code == 0, fetched.err
    (path,) = out.iterdir()
    assert fetched.out == f"{path}: {len(taken.raw)} samples\n"
    thigh = read_recording(path).clips["thigh"]
    assert thigh.serial == THIGH
    config = place.clips[0].info.config
    raw = np.hstack([thigh.acc_m_s2 / config.acc_scale, thigh.gyr_rad_s / config.gyr_scale])
    assert np.abs(raw - np.array(taken.raw)).max() < 0.01
    assert np.abs(thigh.time_s - (np.array(taken.time_s) - taken.time_s[0])).max() < 1e-4
    again = imu_hinge("clips", "records", "thigh")
    assert again.out == "No sessions are stored on this clip.\n"
    nothing_left = imu_hinge("clips", "download", "thigh", "--out", out)
    assert nothing_left.out == "Nothing to download.\n"


def test_a_download_that_breaks_off_goes_on_where_it_was(imu_hinge: Run, place: Place, tmp_path: Path) -> None:
    place.before = trained(100.0)
    assert imu_hinge("clips", "records", "thigh").code == 0
    lost = 0

    async def lose(clips: tuple[VirtualClip, ...]) -> None:
        nonlocal lost
        clips[0].conditions.interval_ms = 15.0
        part = tmp_path / "logged"
        while lost < 2:
            await asyncio.sleep(0.05)
            if part.exists() and any(path.stat().st_size > 50_000 * (lost + 1) for path in part.iterdir()):
                lost += 1
                clips[0].lose()
                return

    place.during = lose
    fetched = imu_hinge("clips", "download", "thigh", "--out", tmp_path / "logged")
    assert fetched.code == 0, fetched.err
    assert lost == 2
    assert fetched.err.count("Trying again") == 2
    (path,) = (tmp_path / "logged").iterdir()
    assert path.suffix == ".csv"
    assert np.diff(read_recording(path).clips["thigh"].time_s).max() < 0.0102


def test_a_link_lost_in_the_second_record_costs_nothing_of_the_first(
    imu_hinge: Run, place: Place, tmp_path: Path
) -> None:
    out = tmp_path / "logged"
    place.before = trained(20.0, 60.0)
    lost = False

    async def lose(clips: tuple[VirtualClip, ...]) -> None:
        nonlocal lost
        clips[0].conditions.interval_ms = 15.0
        while not lost:
            await asyncio.sleep(0.05)
            names = {path.suffix: path for path in out.iterdir()} if out.exists() else {}
            if ".csv" in names and ".part" in names and names[".part"].stat().st_size > 50_000:
                lost = True
                clips[0].lose()

    place.during = lose
    fetched = imu_hinge("clips", "download", "thigh", "--out", out)
    assert fetched.code == 0, fetched.err
    assert lost
    assert fetched.err.count("Trying again") == 1
    first, second = sorted(out.iterdir())
    assert [line.partition(": ")[0] for line in fetched.out.splitlines()] == [str(first), str(second)]
    assert fetched.out.count(" samples\n") == 2
    for path, seconds in ((first, 20), (second, 60)):
        time_s = read_recording(path).clips["thigh"].time_s
        assert time_s[-1] == pytest.approx(seconds, abs=1.0)
        assert np.diff(time_s).max() < 0.0102


def test_next_week_only_what_is_new_is_downloaded(imu_hinge: Run, place: Place, tmp_path: Path) -> None:
    out = tmp_path / "logged"
    place.before = trained(5.0)
    assert imu_hinge("clips", "download", "thigh", "--out", out).code == 0
    (old,) = out.iterdir()
    before = old.stat().st_mtime_ns, old.stat().st_ino
    place.before = trained(3.0)
    again = imu_hinge("clips", "download", "thigh", "--out", out)
    assert (again.code, again.err) == (0, "")
    _, new = sorted(out.iterdir())
    assert again.out.splitlines()[0] == f"{old}: downloaded before"
    assert again.out.splitlines()[1].startswith(f"{new}: ")
    assert (old.stat().st_mtime_ns, old.stat().st_ino) == before
    # What is on disk is what the clip has, so the clip may lose it.
    away = imu_hinge("clips", "download", "thigh", "--out", out, "--delete")
    assert (away.code, away.out) == (0, f"{old}: downloaded before\n{new}: downloaded before\n")
    assert imu_hinge("clips", "records", "thigh").out == "No sessions are stored on this clip.\n"
    assert sorted(out.iterdir()) == [old, new]


def test_what_is_wrong_with_one_record_does_not_keep_the_others(imu_hinge: Run, place: Place, tmp_path: Path) -> None:
    out = tmp_path / "logged"
    place.before = trained(5.0, 4.0)
    assert imu_hinge("clips", "download", "thigh", "--out", out).code == 0
    first, second = sorted(out.iterdir())
    text = first.read_text(encoding="utf-8")
    first.write_text(text[: len(text) // 2], encoding="utf-8")
    second.unlink()
    shown = imu_hinge("clips", "download", "thigh", "--out", out, "--delete")
    assert shown.code == 2
    assert shown.out.startswith(f"{second}: ")
    assert re.fullmatch(r"record \d+: .* is not record \d+ as the clip has it. Move it away, .*\n", shown.err)
    left = imu_hinge("clips", "records", "thigh").out.splitlines()
    assert len(left) == 2, "a record was deleted that is not on disk, or one was kept that is"
    first.unlink()
    assert imu_hinge("clips", "download", "thigh", "--out", out, "--delete").code == 0
    assert first.read_text(encoding="utf-8") == text


def test_a_clip_that_takes_no_pairing_any_more_says_what_to_press(imu_hinge: Run, place: Place) -> None:
    async def wait(clips: tuple[VirtualClip, ...]) -> None:
        await asyncio.sleep(70.0)

    place.before = wait
    shown = imu_hinge("clips", "identify", "thigh")
    assert shown.code == 2
    assert "hold its button for 3 s" in shown.err


def test_record_says_how_each_clip_did(imu_hinge: Run, place: Place, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    shown = imu_hinge("record", path, "--seconds", 0.5, "--height", 1.8, "--site", "back=L3", "--side", "left")
    assert shown.code == 0, shown.err
    assert re.search(rf"thigh \({THIGH}\): \d+ samples at 100 Hz, \d+ of them refilled, 0 lost", shown.out)
    recording = read_recording(path)
    assert recording.clips["back"].site == "L3"
    assert recording.clips["thigh"].side == "left"
    assert recording.header["athlete.height_m"] == "1.8"


async def train_on(clips: tuple[VirtualClip, ...]) -> None:
    """The thigh clip logs, and nobody has ended that."""
    assert clips[0].train_alone() == 0
    await asyncio.sleep(5.0)


def test_record_does_not_end_what_a_clip_logs_unless_told_to(imu_hinge: Run, place: Place, tmp_path: Path) -> None:
    for clips in ([], ["--clips", "thigh,back"]):
        place.before = train_on
        refused = imu_hinge("record", tmp_path / "x.csv", "--seconds", 0.5, *clips)
        assert refused.code == 2
        assert re.search(rf"clip thigh \({THIGH}\): .*\(sampling, logging.*button.*--take-over", refused.err)
        assert not (tmp_path / "x.csv").exists()
        assert State(place.clips[0].info.state) & State.LOGGING
    place.before = train_on
    others = imu_hinge("record", tmp_path / "back.csv", "--seconds", 0.5, "--clips", "back")
    assert others.code == 0, others.err
    assert State(place.clips[0].info.state) & State.LOGGING
    place.before = train_on
    taken = imu_hinge("record", tmp_path / "x.csv", "--seconds", 0.5, "--take-over")
    assert taken.code == 0, taken.err
    assert set(read_recording(tmp_path / "x.csv").clips) == {"thigh", "back"}
    assert not State(place.clips[0].info.state) & State.SAMPLING


def test_the_doctor_leaves_a_clip_that_logs_alone(imu_hinge: Run, place: Place) -> None:
    place.before = train_on
    shown = imu_hinge("doctor", "--seconds", 2)
    assert shown.code == 1
    assert f"{THIGH}: left alone, it is at work for somebody else (sampling, logging" in shown.out
    assert f"back (imu_hinge {BACK}, " in shown.out
    assert f"thigh (imu_hinge {THIGH}, " not in shown.out
    assert State(place.clips[0].info.state) & State.LOGGING


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--site", "knee=L1"], "is not like back=L1"),
        (["--side", "middle"], "neither left nor right"),
        (["--exercise", "dance"], "unknown exercise"),
        (["--clips", "elbow"], "is no clip"),
        (["--rate", "5"], "--rate"),
    ],
)
def test_record_refuses_what_it_does_not_know(imu_hinge: Run, tmp_path: Path, words: list[str], said: str) -> None:
    shown = imu_hinge("record", tmp_path / "x.csv", *words)
    assert shown.code == 2
    assert said in shown.err
    assert not (tmp_path / "x.csv").exists()


@pytest.fixture
def at_home(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The place with new clips, where ``live`` finds them too."""
    place.roles = (Role.NONE, Role.NONE)
    monkeypatch.setattr(
        live_setup, "BleSource", partial(BleSource, air=place.air, loop_factory=ClockworkLoop, room=10**6)
    )
    return place


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C of POSIX")
def test_a_first_session_needs_no_assigning_and_no_keyboard(imu_hinge: Run, at_home: Place, tmp_path: Path) -> None:
    async def tap_the_second(clips: tuple[VirtualClip, ...]) -> None:
        while not clips[0].identified:
            await asyncio.sleep(0.5)
        await asyncio.sleep(10.0)
        rest, tap_s = clips[1].source, asyncio.get_running_loop().time() + 0.5

        def tapped(now_s: float) -> tuple[Sequence[float], Sequence[float]]:
            acc, gyr = rest(now_s)
            knock = 40.0 * any(0.0 <= now_s - at_s < 0.01 for at_s in (tap_s, tap_s + 0.5))
            return [acc[0], acc[1] + knock, acc[2]], gyr

        clips[1].source = tapped
        await asyncio.sleep(60.0)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60.0)

    at_home.during = tap_the_second
    out = tmp_path / "session"
    shown = imu_hinge("live", "--no-screen", "--no-page", "--no-sound", "--out", out)
    assert (shown.code, shown.err) == (0, "")
    asked = [line for line in shown.out.splitlines() if line.startswith("> ")]
    assert asked[0].startswith("> Connecting")
    assert asked[1].startswith("> Tap the thigh clip: Tap the clip on the thigh twice with a finger.")
    assert asked[1].endswith("The one that blinks now may be it.")
    assert any(line.startswith("> Stand still") for line in asked[2:])
    assert RoleStore().load() == {BACK: "thigh", THIGH: "back"}
    recording = read_recording(out / "recording.csv")
    assert recording.clips["thigh"].serial == BACK


def test_a_first_session_with_one_clip_only_says_that_the_other_one_is_missing(imu_hinge: Run, at_home: Place) -> None:
    async def only_one(clips: tuple[VirtualClip, ...]) -> None:
        await clips[1].power_off()

    at_home.before = only_one
    shown = imu_hinge("live", "--no-screen", "--no-page", "--no-sound")
    assert shown.code == 2
    assert f"without a place only {THIGH} is seen" in shown.err
    assert len(shown.err.splitlines()) == 1
