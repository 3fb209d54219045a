"""Earcons can be told apart by pitch and by rhythm, are there at once, do not click, and pass small speakers."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from imu_hinge.conventions import FAULTS
from imu_hinge.live.earcons import EARCONS, RATE_HZ, Earcon, earcon_key, gain_of, synthesise

FloatArray = NDArray[np.float64]
KEYS = tuple(EARCONS)
FRAME = RATE_HZ // 100
AMBER_AND_RED = [(f"{figure}-amber", f"{figure}-red") for figure in ("rounding", "arching", "fault")]


@lru_cache
def sound(key: str) -> FloatArray:
    return synthesise(EARCONS[key])


def loudness(key: str) -> FloatArray:
    """RMS over frames of 10 ms."""
    padded = np.append(sound(key), np.zeros(-len(sound(key)) % FRAME))
    return np.asarray(np.sqrt(np.mean(padded.reshape(-1, FRAME) ** 2, axis=1)))


def onsets_s(key: str) -> list[float]:
    """Where it gets loud after it was quiet."""
    loud = loudness(key) > 0.1 * loudness(key).max()
    return [i / 100 for i in range(len(loud)) if loud[i] and (i == 0 or not loud[i - 1])]


def lengths_s(key: str) -> list[float]:
    """How long it stays loud after each onset."""
    loud = loudness(key) > 0.1 * loudness(key).max()
    starts = [round(100 * t) for t in onsets_s(key)]
    return [next((i for i in range(s, len(loud)) if not loud[i]), len(loud)) / 100 - s / 100 for s in starts]


def spectrum(samples: FloatArray) -> tuple[FloatArray, FloatArray]:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 16)) ** 2
    return np.fft.rfftfreq(1 << 16, 1 / RATE_HZ), power / power.sum()


def pitches_hz(key: str) -> list[float]:
    """The lowest strong partial of each tone."""
    found = []
    for start, length in zip(onsets_s(key), lengths_s(key), strict=True):
        hz, power = spectrum(sound(key)[int(start * RATE_HZ) : int((start + length) * RATE_HZ)])
        found.append(float(hz[np.flatnonzero(power > 0.3 * power.max())[0]]))
    return found


def centroid_hz(key: str) -> float:
    hz, power = spectrum(sound(key))
    return float(np.sum(hz * power))


def test_rounding_falls_and_arching_rises() -> None:
    high, low = pitches_hz("rounding-amber")
    assert low < 0.75 * high
    low, high = pitches_hz("arching-amber")
    assert high > 1.4 * low


def test_another_fault_is_a_low_double_tap() -> None:
    first, second = pitches_hz("fault-amber")
    assert first == pytest.approx(second, rel=0.03)
    assert max(lengths_s("fault-amber")) <= 0.08
    assert centroid_hz("fault-amber") == min(map(centroid_hz, KEYS))


def test_a_good_rep_is_one_bright_short_chime() -> None:
    assert len(onsets_s("good")) == 1
    assert centroid_hz("good") == max(map(centroid_hz, KEYS))
    assert EARCONS["good"].length_s <= 0.5


def test_the_target_depth_is_a_soft_tick() -> None:
    assert len(sound("depth")) <= 0.06 * RATE_HZ
    assert np.abs(sound("depth")).max() == min(np.abs(sound(key)).max() for key in KEYS)


@pytest.mark.parametrize(("amber", "red"), AMBER_AND_RED)
def test_red_is_louder_repeated_and_rougher(amber: str, red: str) -> None:
    assert np.abs(sound(red)).max() > 1.7 * np.abs(sound(amber)).max()
    assert loudness(red).max() > 1.3 * loudness(amber).max()
    assert np.sum(sound(red) ** 2) > 3.0 * np.sum(sound(amber) ** 2)
    assert len(onsets_s(red)) == 2 * len(onsets_s(amber))
    assert roughness(red) > 3.0 * roughness(amber)


def roughness(key: str) -> float:
    """Share of the envelope of its first tone that beats at 50 to 100 Hz."""
    start, length = onsets_s(key)[0], min(lengths_s(key)[0], 0.06)
    tone = np.abs(sound(key)[int((start + 0.01) * RATE_HZ) : int((start + length) * RATE_HZ)])
    envelope = np.convolve(tone, np.ones(144) / 144, "valid")
    hz = np.fft.rfftfreq(1 << 16, 1 / RATE_HZ)
    beats = np.abs(np.fft.rfft(np.diff(np.log(envelope)) * np.hanning(len(envelope) - 1), 1 << 16))
    return float(beats[(hz > 50) & (hz < 100)].max())


@pytest.mark.parametrize("key", KEYS)
def test_small_speakers_can_play_it_over_the_noise_of_a_gym(key: str) -> None:
    hz, power = spectrum(sound(key))
    assert power[(hz >= 600) & (hz <= 3000)].sum() > 0.95


@pytest.mark.parametrize("key", KEYS)
def test_it_sounds_within_five_milliseconds_of_its_first_sample(key: str) -> None:
    begun = np.flatnonzero(np.abs(sound(key)) > 0.1 * np.abs(sound(key)).max())[0]
    assert begun / RATE_HZ < 0.005
    half = np.flatnonzero(np.abs(sound(key)) > 0.5 * np.abs(sound(key)[: RATE_HZ // 20]).max())[0]
    assert half / RATE_HZ < 0.005


@pytest.mark.parametrize("key", KEYS)
def test_it_does_not_click(key: str) -> None:
    """Within its band no sample is far from the one before, and it begins and ends in silence."""
    peak = EARCONS[key].peak
    assert sound(key)[0] == pytest.approx(0.0, abs=1e-12)
    assert sound(key)[-1] == pytest.approx(0.0, abs=1e-12)
    assert np.abs(np.diff(sound(key))).max() < peak * 2 * np.pi * 3000 / RATE_HZ
    hz, power = spectrum(sound(key))
    assert power[hz > 6000].sum() < 1e-4


@pytest.mark.parametrize("key", KEYS)
def test_nothing_is_louder_than_full_scale(key: str) -> None:
    assert np.abs(sound(key)).max() == pytest.approx(EARCONS[key].peak)
    assert EARCONS[key].peak <= 1.0


@pytest.mark.parametrize(("one", "other"), list(combinations(KEYS, 2)))
def test_no_two_are_alike_in_rhythm_and_pitch(one: str, other: str) -> None:
    """Figures differ in both; amber and red of one figure in rhythm, as their pitches say the same."""
    assert rhythm_distance_s(one, other) >= 0.05
    if one.split("-")[0] != other.split("-")[0]:
        assert pitch_distance_semitones(one, other) >= 3.0


def rhythm_distance_s(one: str, other: str) -> float:
    """The greatest difference of an onset or a length; another number of tones is far away."""
    a, b = [*onsets_s(one), *lengths_s(one)], [*onsets_s(other), *lengths_s(other)]
    return 1.0 if len(a) != len(b) else max(abs(x - y) for x, y in zip(a, b, strict=True))


def pitch_distance_semitones(one: str, other: str) -> float:
    """The greatest difference of the pitches, tone by tone."""
    return max(abs(12 * np.log2(x / y)) for x, y in zip(pitches_hz(one), pitches_hz(other), strict=False))


def test_every_fault_has_an_earcon_and_the_back_its_own() -> None:
    for severity in ("amber", "red"):
        keys = {name: earcon_key(name, severity) for name in FAULTS}
        assert set(keys.values()) <= set(EARCONS)
        assert keys.pop("rounded_back") == f"rounding-{severity}"
        assert keys.pop("arched_back") == f"arching-{severity}"
        assert set(keys.values()) == {f"fault-{severity}"}
    assert earcon_key("good_rep", "good") == "good"
    assert earcon_key("target_depth", "good") == "depth"


def test_volume_is_in_decibels_and_never_above_full() -> None:
    assert gain_of(0.0) == 1.0
    assert gain_of(-20.0) == pytest.approx(0.1)
    assert gain_of(12.0) == 1.0


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
def test_it_can_be_made_at_any_rate(rate_hz: int) -> None:
    earcon: Earcon = EARCONS["arching-red"]
    assert len(synthesise(earcon, rate_hz)) / rate_hz == pytest.approx(earcon.length_s, abs=0.001)
