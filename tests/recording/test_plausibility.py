"""Units told by physics, and clips told dead, stuck or alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from imu_hinge.conventions import GRAVITY_M_S2
from imu_hinge.errors import ClipError, UnitError
from imu_hinge.recording import ClipSamples, Recording, check_alive, check_units
from imu_hinge.recording.check import gyro_scale

Moving = Callable[..., Recording]


def changed(recording: Recording, clip: str, **fields: np.ndarray) -> Recording:
    samples = ClipSamples(**{**vars(recording.clips[clip]), **fields})
    return replace(recording, clips={**recording.clips, clip: samples})


@pytest.mark.parametrize("seed", range(5))
def test_si_units_pass_in_any_mounting(moving: Moving, seed: int) -> None:
    recording = moving(seed=seed)
    check_units(recording)
    check_alive(recording)
    for clip in recording.clips.values():
        scale, correlation = gyro_scale(clip)
        assert scale == pytest.approx(1.0, abs=0.1)
        assert correlation > 0.9


@pytest.mark.parametrize(
    ("factor", "unit"), [(1 / GRAVITY_M_S2, "g"), (1000 / GRAVITY_M_S2, "mg"), (1671.8, "unknown")]
)
def test_accelerometer_units_are_named(moving: Moving, factor: float, unit: str) -> None:
    with pytest.raises(UnitError) as caught:
        check_units(moving(acc_factor=factor))
    assert caught.value.unit == unit
    assert "clip 'thigh'" in str(caught.value)


@pytest.mark.parametrize("seed", range(5))
def test_a_gyroscope_in_degrees_is_found_in_any_mounting(moving: Moving, seed: int) -> None:
    with pytest.raises(UnitError, match="deg/s, not rad/s") as caught:
        check_units(moving(gyr_factor=180 / np.pi, seed=seed))
    assert caught.value.unit == "deg/s"


def test_a_gyroscope_in_raw_counts_is_of_an_unknown_unit(moving: Moving) -> None:
    with pytest.raises(UnitError) as caught:
        check_units(moving(gyr_factor=16.4 * 180 / np.pi))
    assert caught.value.unit == "unknown"


def test_rates_no_sensor_measures_are_degrees(moving: Moving) -> None:
    recording = moving(swing_rad=0.0)
    spinning = np.tile([0.0, 0.0, 300.0], (len(recording.clips["back"]), 1))
    with pytest.raises(UnitError, match="faster than 2000 deg/s"):
        check_units(changed(recording, "back", gyr_rad_s=spinning))


def test_one_clip_in_another_unit_is_named(moving: Moving) -> None:
    recording = moving()
    in_g = recording.clips["back"].acc_m_s2 / GRAVITY_M_S2
    with pytest.raises(UnitError, match="clip 'back'"):
        check_units(changed(recording, "back", acc_m_s2=in_g))


def test_acceleration_without_gravity_is_refused(moving: Moving) -> None:
    recording = moving(swing_rad=0.0)
    still = np.full((len(recording.clips["back"]), 3), 0.01)
    with pytest.raises(UnitError, match="without gravity"):
        check_units(changed(recording, "back", acc_m_s2=still))


@pytest.mark.parametrize("acc_factor", [0.86, 1.14])
def test_an_uncalibrated_accelerometer_passes(moving: Moving, acc_factor: float) -> None:
    check_units(moving(acc_factor=acc_factor))


@pytest.mark.parametrize("bias", [0.0, 0.35])
def test_a_still_recording_with_a_biased_gyroscope_passes(moving: Moving, bias: float) -> None:
    recording = moving(swing_rad=0.0)
    check_units(changed(recording, "back", gyr_rad_s=recording.clips["back"].gyr_rad_s + bias))


def test_one_sample_is_too_short_to_tell() -> None:
    clip = ClipSamples("back", "T12", np.zeros(1), np.array([[0, 0, 9.8]]), np.zeros((1, 3)))
    check_units(Recording("one.csv", {}, {"back": clip}))
    check_alive(Recording("one.csv", {}, {"back": clip}))


def test_a_stuck_clip_is_named_with_its_times(moving: Moving) -> None:
    recording = moving()
    acc, gyr = recording.clips["back"].acc_m_s2.copy(), recording.clips["back"].gyr_rad_s.copy()
    acc[500:650], gyr[500:650] = acc[500], gyr[500]
    with pytest.raises(ClipError, match=r"clip 'back' is stuck.*from 5\.00 s to 6\.49 s") as caught:
        check_alive(changed(recording, "back", acc_m_s2=acc, gyr_rad_s=gyr))
    assert caught.value.clip == "back"


def test_repeating_values_for_less_than_a_second_pass(moving: Moving) -> None:
    recording = moving()
    acc, gyr = recording.clips["back"].acc_m_s2.copy(), recording.clips["back"].gyr_rad_s.copy()
    acc[500:590], gyr[500:590] = acc[500], gyr[500]
    check_alive(changed(recording, "back", acc_m_s2=acc, gyr_rad_s=gyr))


def test_zeros_are_found_in_either_sensor(moving: Moving) -> None:
    recording = moving()
    acc, gyr = recording.clips["thigh"].acc_m_s2.copy(), recording.clips["thigh"].gyr_rad_s.copy()
    acc[100:300] = 0
    with pytest.raises(ClipError, match=r"zeros from its accelerometer from 1\.00 s to 2\.99 s"):
        check_alive(changed(recording, "thigh", acc_m_s2=acc))
    gyr[:] = 0
    with pytest.raises(ClipError, match="turns while its gyroscope sends nothing but zeros"):
        check_alive(changed(recording, "thigh", gyr_rad_s=gyr))


def test_a_gyroscope_with_a_dead_band_passes_while_still(moving: Moving) -> None:
    recording = moving(swing_rad=0.0)
    check_alive(changed(recording, "back", gyr_rad_s=np.zeros((2000, 3))))


def test_clips_that_never_overlap_are_refused(moving: Moving) -> None:
    recording = moving()
    later = recording.clips["back"].time_s + 100
    with pytest.raises(ClipError, match="never overlaps in time"):
        check_alive(changed(recording, "back", time_s=later))
    check_alive(changed(recording, "back", time_s=later), ["thigh"])


def test_asking_for_clips_that_are_not_there_is_refused(moving: Moving) -> None:
    with pytest.raises(ClipError, match=r"none of the clips asked for \(pelvis\).*It holds: thigh, back") as caught:
        check_alive(moving(), ["pelvis"])
    assert caught.value.clip == "pelvis"
    check_alive(moving(), ["pelvis", "back"])
