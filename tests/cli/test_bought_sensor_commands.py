"""Sensors that people can buy, from the first look around to a recording, on a virtual air with its time running ahead.

They answer no pings, keep nothing they sent, and remember no place: what the commands say must be true of them too.
"""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from ble.air import Air, central
from ble.bumble_backend import use
from ble.clockwork import ClockworkLoop, warp
from vendors.knobs import LinkKnobs
from vendors.metamotion import VirtualMetaMotion
from vendors.movella_dot import VirtualDot
from vendors.polar import VirtualVeritySense
from vendors.witmotion import VirtualWitMotion

from cli.conftest import Shown
from imu_hinge.cli import clip_air
from imu_hinge.cli import record as record_command
from imu_hinge.cli.clip_words import serial_words, signal_words
from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.recording import read_recording
from imu_hinge.sensors.ble_source import BleSource
from imu_hinge.sensors.driver import FloatArray
from imu_hinge.sensors.roles import RoleStore

Run = Callable[..., Shown]
Sensor = VirtualWitMotion | VirtualMetaMotion | VirtualVeritySense | VirtualDot
Maker = Callable[[Air], Sensor]

WIT, WIT_2, META, POLAR, DOT = "C00000000101", "C00000000102", "C00000000201", "ABCD0001", "D422CD000001"


def breathing(time_s: float) -> tuple[FloatArray, FloatArray]:
    """Worn by somebody who stands: no two samples are the same, as those of a stuck sensor are."""
    return GRAVITY_M_S2 * np.array([0.02 * math.sin(1.3 * time_s), 0.0, 1.0]), np.array([0.1 * math.cos(time_s), 0, 0])


MAKERS: dict[str, Maker] = {
    WIT: lambda air: VirtualWitMotion(air, 1, motion=breathing),
    WIT_2: lambda air: VirtualWitMotion(air, 2, motion=breathing),
    META: lambda air: VirtualMetaMotion(air, 1, motion=breathing),
    POLAR: lambda air: VirtualVeritySense(air, 1, motion=breathing),
    DOT: lambda air: VirtualDot(air, 1, motion=breathing),
}
NAMES = {WIT: "WitMotion", META: "MetaMotion", POLAR: "Polar Verity Sense", DOT: "Movella DOT"}


@dataclass
class Gym:
    """Sensors that are switched on anew for each command, ``rssi`` by serial; the last command's are there after it."""

    makers: dict[str, Maker] = field(default_factory=lambda: dict(MAKERS))
    rssi: dict[str, int] = field(default_factory=dict)
    sensors: dict[str, Sensor] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    """Serials of those that somebody connected to."""

    def only(self, *serials: str, **makers: Maker) -> None:
        self.makers = {serial: MAKERS[serial] for serial in serials} | makers

    @asynccontextmanager
    async def air(self) -> AsyncIterator[None]:
        warp()
        space = Air()
        self.sensors = {serial: make(space) for serial, make in self.makers.items()}
        self.met = set()
        for serial, sensor in self.sensors.items():
            sensor.conditions.rssi = self.rssi.get(serial, -50)
            sensor.device.on("connection", lambda _, serial=serial: self.met.add(serial))
            await sensor.power_on()
        with use(await central(space)):
            yield
        for sensor in self.sensors.values():
            await sensor.off_air()


@pytest.fixture
def gym(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Gym:
    monkeypatch.setenv("IMU_HINGE_HOME", str(tmp_path / "home"))
    gym = Gym()
    monkeypatch.setattr(clip_air, "air", gym.air)
    monkeypatch.setattr(clip_air, "loop_factory", ClockworkLoop)
    source = partial(BleSource, air=gym.air, loop_factory=ClockworkLoop, room=10**6)
    monkeypatch.setattr(record_command, "BleSource", source)
    return gym


def wear(**places: str) -> None:
    for place, serial in places.items():
        RoleStore().assign(serial, place)


class TestScan:
    @pytest.mark.parametrize("words", [["clips"], ["clips", "scan"]])
    def test_every_brand_is_listed_by_place_and_then_by_signal(
        self, imu_hinge: Run, gym: Gym, words: Sequence[str]
    ) -> None:
        wear(thigh=DOT, back=WIT)
        gym.rssi = {WIT: -62, WIT_2: -75, META: -84, POLAR: -55, DOT: -90}
        shown = imu_hinge(*words)
        assert (shown.code, shown.err) == (0, "")
        head, *rows, hint = shown.out.splitlines()
        assert re.split(r"  +", head) == ["worn on", "brand", "serial", "battery", "signal", "state"]
        assert [re.split(r"  +", row) for row in rows] == [
            ["thigh", "Movella DOT", DOT, "-", "-90 dBm weak", "-"],
            ["back", "WitMotion", WIT, "-", "-62 dBm good", "-"],
            ["-", "Polar Verity Sense", POLAR, "-", "-55 dBm strong", "-"],
            ["-", "WitMotion", WIT_2, "-", "-75 dBm fair", "-"],
            ["-", "MetaMotion", META, "-", "-84 dBm weak", "-"],
        ]
        assert "clips assign" in hint
        assert max(map(len, shown.out.splitlines())) <= 80
        assert gym.met == set(), "looking around connects to nobody"

    def test_nobody_around_is_said_with_what_to_do(self, imu_hinge: Run, gym: Gym) -> None:
        gym.only()
        shown = imu_hinge("clips", "scan", "--seconds", 1)
        assert (shown.code, shown.err) == (0, "")
        assert shown.out.startswith("No clip is seen. Switch one on")
        assert "maker's app" in shown.out

    def test_long_serials_are_shown_by_their_end_as_far_as_that_tells_them_apart(self) -> None:
        long = ["6F1E2D3C-0000-4A5B-8C7D-1234567890AB", "7F1E2D3C-0000-4A5B-8C7E-1234567890AB", WIT]
        assert [serial_words(serial, long) for serial in long] == ["D-1234567890AB", "E-1234567890AB", WIT]
        assert serial_words(long[0], [long[0]]) == "1234567890AB"

    def test_a_signal_is_a_number_and_a_word(self) -> None:
        assert [signal_words(dbm) for dbm in (None, -60, -61, -71, -81)] == [
            "-",
            "-60 dBm strong",
            "-61 dBm good",
            "-71 dBm fair",
            "-81 dBm weak",
        ]


class TestPlaces:
    @pytest.mark.parametrize("serial", [WIT, META, POLAR, DOT])
    def test_a_place_is_kept_on_this_computer_for_a_sensor_that_cannot(
        self, imu_hinge: Run, gym: Gym, serial: str
    ) -> None:
        shown = imu_hinge("clips", "assign", serial[-5:], "thigh")
        assert (shown.code, shown.err) == (0, "")
        assert shown.out == f"{serial}: thigh\nOnly this computer remembers that: {NAMES[serial]} sensors cannot.\n"
        assert RoleStore().load() == {serial: "thigh"}
        assert gym.met == set(), "there is nothing to tell it"
        assert imu_hinge("clips", "assign", "thigh", "none").out == f"{serial}: no place\n"
        assert RoleStore().load() == {}

    @pytest.mark.parametrize(("serial", "seconds"), [(META, 7), (DOT, 10)])
    def test_one_that_can_blink_does_and_says_for_how_long(
        self, imu_hinge: Run, gym: Gym, serial: str, seconds: int
    ) -> None:
        wear(thigh=serial)
        shown = imu_hinge("clips", "identify", "thigh", "--seconds", 7)
        assert (shown.code, shown.out) == (0, f"{serial} blinks for {seconds} s\n"), shown.err
        sensor = gym.sensors[serial]
        assert sensor.led if isinstance(sensor, VirtualMetaMotion) else sensor.identified == 1  # type: ignore[union-attr]

    @pytest.mark.parametrize("serial", [WIT, POLAR])
    def test_one_that_cannot_blink_is_told_apart_otherwise(self, imu_hinge: Run, gym: Gym, serial: str) -> None:
        shown = imu_hinge("clips", "identify", serial)
        assert (shown.code, shown.out) == (2, "")
        (line,) = shown.err.splitlines()
        assert f"clip {serial}: {NAMES[serial]} sensors cannot blink. Switch the others off" in line
        assert "imu-hinge clips scan" in line
        assert gym.met == set()

    def test_what_its_maker_alone_can_download_is_said_so(self, imu_hinge: Run, gym: Gym) -> None:
        wear(thigh=DOT)
        shown = imu_hinge("clips", "records", "thigh")
        assert shown.code == 2
        assert "imu-hinge convert" in shown.err


class TestDoctor:
    @pytest.mark.parametrize(
        ("serial", "rate"),
        [(WIT, "100 of 100 Hz"), (META, "100 of 100 Hz"), (POLAR, "104 of 104 Hz"), (DOT, "60 of 60 Hz")],
    )
    def test_a_good_link_is_fine_in_words_that_fit(self, imu_hinge: Run, gym: Gym, serial: str, rate: str) -> None:
        gym.only(serial)
        wear(back=serial)
        shown = imu_hinge("doctor")
        assert shown.code == 0, shown.out
        (line,) = (line for line in shown.out.splitlines() if serial in line)
        assert re.match(rf"back \({NAMES[serial]} {serial}, firmware .+\): {rate}, .*loss 0\.00 %", line), line
        assert re.search(r", times ±\d\.\d ms", line)
        for nonsense in ("clock", "round trip", "refill"):
            assert nonsense not in line
        assert ("it streams no faster (100 Hz were asked for)" in line) == (serial == DOT)
        assert "All fine." in shown.out

    def test_losses_that_nothing_brings_back_are_called_lost(self, imu_hinge: Run, gym: Gym) -> None:
        gym.only(lossy=lambda air: VirtualDot(air, 1, motion=breathing, knobs=LinkKnobs(loss=0.1)))
        wear(thigh=DOT)
        shown = imu_hinge("doctor")
        assert shown.code == 1
        assert re.search(r"- \d+ samples were lost, and it cannot send them again: bring it closer", shown.out)
        assert "at once" not in shown.out

    def test_a_strangers_sensor_is_left_alone_and_does_no_harm(self, imu_hinge: Run, gym: Gym) -> None:
        gym.only(WIT, POLAR)
        wear(thigh=WIT)
        shown = imu_hinge("doctor", "--seconds", 2)
        assert f"{POLAR}: left alone, a Polar Verity Sense without a place here" in shown.out
        assert shown.code == 0, shown.out
        assert gym.met == {WIT}

    def test_strangers_alone_are_no_session(self, imu_hinge: Run, gym: Gym) -> None:
        gym.only(POLAR)
        shown = imu_hinge("doctor")
        assert shown.code == 1
        assert f"imu-hinge clips assign {POLAR} thigh" in shown.out
        assert "All fine" not in shown.out
        assert gym.met == set()


class TestRecord:
    @pytest.mark.parametrize(("thigh", "back"), [(WIT, WIT_2), (DOT, POLAR)])
    def test_sensors_are_recorded_by_the_places_they_were_assigned(
        self, imu_hinge: Run, gym: Gym, tmp_path: Path, thigh: str, back: str
    ) -> None:
        assert imu_hinge("clips", "assign", thigh, "thigh").code == 0
        assert imu_hinge("clips", "assign", back, "back").code == 0
        path = tmp_path / "monday.csv"
        shown = imu_hinge("record", path, "--seconds", 1, "--rate", 60)
        assert shown.code == 0, shown.err
        clips = read_recording(path).clips
        assert {name: clip.serial for name, clip in clips.items()} == {"thigh": thigh, "back": back}
        for clip in clips.values():
            assert np.linalg.norm(clip.acc_m_s2, axis=1) == pytest.approx(9.81, abs=0.1)
        assert "refilled" not in shown.out
        assert "clock" not in shown.out
        counted = {thigh: "" if thigh == DOT else "about ", back: "" if back == POLAR else "about "}
        for serial, about in counted.items():
            assert re.search(rf"\({serial}\): \d+ samples at \d+ Hz, {about}\d+ lost .*, times ±\d\.\d ms", shown.out)
