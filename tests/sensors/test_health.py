"""Figures and verdicts about a link, stuck sensors, and what each system's Bluetooth may say."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError

from imu_hinge.sensors.checkup import verdicts
from imu_hinge.sensors.driver import Advertised, Books, Can, Samples
from imu_hinge.sensors.drivers import DRIVERS
from imu_hinge.sensors.health import ClipHealth, LinkState, RateMeter
from imu_hinge.sensors.platform_advice import advice_for, no_service, unavailable
from imu_hinge.sensors.stuck import StuckDetector

FINE = ClipHealth(
    "thigh",
    "A1",
    LinkState.STREAMING,
    can=Can.CLOCK | Can.REFILL,
    rate_hz=199.5,
    nominal_hz=200.0,
    books=Books(received=1000),
    clock_residual_ms=0.3,
    battery_percent=80,
    rssi_dbm=-55,
    payload_bytes=244,
    interval_ms=30.0,
)


def test_a_fine_clip_gets_no_verdict() -> None:
    assert verdicts(FINE) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate_hz": 150.0}, "only 150 of 200 samples"),
        ({"books": Books(received=990, lost=10, refilled=5)}, r"15 samples .* \(10 not at all\)"),
        ({"payload_bytes": 20}, "MTU 23"),
        ({"interval_ms": 100.0}, "interval of 100 ms"),
        ({"clock_residual_ms": 9.0}, "scatters by 9.0 ms"),
        ({"rssi_dbm": -88}, "signal is weak"),
        ({"battery_percent": 5}, "battery is low"),
        ({"stuck": True}, "sensor is stuck"),
        ({"sensor_fault": True}, "sensor is stuck"),
    ],
)
@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_each_trouble_has_a_verdict_with_advice(change: dict[str, object], words: str, platform: str) -> None:
    (verdict,) = verdicts(replace(FINE, **change), platform)  # type: ignore[arg-type]
    assert re.search(words, verdict)
    assert ": " in verdict


@pytest.mark.parametrize("can", [Can.NOTHING, Can.STAMPS])
def test_a_sensor_without_pings_and_memory_is_not_judged_by_them(can: Can) -> None:
    plain = replace(FINE, can=can, interval_ms=None)
    (lost,) = verdicts(replace(plain, books=Books(received=990, lost=10)))
    assert lost == "10 samples were lost, and it cannot send them again: bring it closer"
    (loose,) = verdicts(replace(plain, clock_residual_ms=9.0))
    assert re.search(r"only known to 9\.0 ms: bring it closer", loose)
    assert "clock" not in loose


def test_loss_counts_what_is_missing_now() -> None:
    assert replace(FINE, books=Books(received=90, lost=10, waiting=10)).loss_fraction == 0.1
    assert replace(FINE, books=Books()).loss_fraction == 0.0


def test_the_rate_is_of_the_last_seconds_and_falls_in_silence() -> None:
    meter = RateMeter()
    assert meter.rate_hz(0.0) == 0.0
    for step in range(400):
        meter.add(0.05 * step, 10)
    assert meter.rate_hz(20.0) == pytest.approx(200.0, rel=0.01)
    assert 120 < meter.rate_hz(22.0) < 180
    assert meter.rate_hz(26.0) == 0.0


def samples(first: int, values: np.ndarray) -> Samples:
    device_s = 0.01 * (first + np.arange(len(values)))
    return Samples(device_s, values[:, :3], values[:, 3:], 0.0)


@pytest.mark.parametrize("packing", [1, 7, 100])
def test_a_second_of_exact_repetition_is_stuck_in_any_packing(packing: int) -> None:
    values = np.random.default_rng(1).normal(size=(300, 6))
    values[100:250] = values[100]
    detector, stuck = StuckDetector(), []
    for first in range(0, 300, packing):
        stuck += [detector.update(samples(first, values[first : first + packing]))] * len(
            values[first : first + packing]
        )
    assert not any(stuck[: 200 - packing])
    assert all(stuck[200 + packing : 250 - packing])
    assert not stuck[-1]


def test_one_axis_that_changes_is_alive() -> None:
    values = np.ones((500, 6))
    values[:, 4] = np.arange(500) % 2
    assert not StuckDetector().update(samples(0, values))


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32", "freebsd"])
@pytest.mark.parametrize("reason", list(BleakBluetoothNotAvailableReason))
def test_no_bluetooth_is_explained_on_every_system(reason: BleakBluetoothNotAvailableReason, platform: str) -> None:
    error = unavailable(BleakBluetoothNotAvailableError("no", reason), platform)
    assert error.advice
    assert "\n" not in error.one_line()


def test_a_bluetooth_service_that_does_not_answer_is_explained() -> None:
    assert no_service(FileNotFoundError(2, "No such file"), "linux").advice == advice_for("missing", "linux")
    denied = BleakDBusError("org.freedesktop.DBus.Error.AccessDenied", ["Rejected"])
    assert no_service(denied, "linux").advice == advice_for("denied", "linux")
    assert no_service(BleakDBusError("org.bluez.Error.NotReady", []), "linux").advice == advice_for("off", "linux")
    assert advice_for("off") == advice_for("off", sys.platform)


def test_advertisements_of_others_are_left_alone() -> None:
    driver = DRIVERS[0]
    assert driver.recognise(Advertised("IH-12345", -40)) is None
    uuid = driver.services[0]
    assert driver.recognise(Advertised(service_data={uuid: b"\x01\x02"})) is None
    identity = driver.recognise(
        Advertised(service_data={uuid: bytes([2, 9, 0x09, 255]) + bytes.fromhex("A1B2C3D4E5F6")})
    )
    assert identity is not None
    assert (identity.serial, identity.role, identity.version) == ("A1B2C3D4E5F6", None, 2)
    assert (identity.battery_percent, identity.state, identity.taken) == (None, "sampling, lingering", True)
