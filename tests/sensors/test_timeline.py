"""Common time only ever goes forward, smoothly, and to where the fit says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.sensors.timeline import Timeline

fits = st.lists(st.tuples(st.floats(-0.05, 0.05), st.floats(-2e-4, 2e-4), st.integers(0, 400)), max_size=30)


@given(fits)
def test_times_ascend_smoothly_and_are_never_taken_back(steps: list[tuple[float, float, int]]) -> None:
    timeline = Timeline(100.0, 1.0)
    period = 0.005
    given_s, device_s, at = [], [], 1000.0
    for offset, rate, samples in steps:
        block = at + period * np.arange(samples)
        at += period * samples
        given_s.append(timeline.place(block))
        device_s.append(block)
        timeline.steer(100.0 + offset - at * rate, 1.0 + rate)
    times, device = np.concatenate([*given_s, [0.0]])[:-1], np.concatenate([*device_s, [0.0]])[:-1]
    increments = np.diff(times)
    assert np.all(np.abs(increments / period - 1.0) < 1.3e-3)
    # What comes late gets the time it would have had.
    assert np.allclose(timeline.at(device), times, atol=1e-9)


def test_a_fit_is_met_within_seconds_and_followed_through_an_outage() -> None:
    timeline = Timeline(0.0, 1.0)
    timeline.place(np.arange(0.0, 10.0, 0.005))
    timeline.steer(0.004, 1.0 + 50e-6)
    later = np.array([10.0, 12.0, 14.5, 60.0])
    error = timeline.at(later) - (0.004 + later * (1 + 50e-6))
    assert error[0] == pytest.approx(-0.0045, abs=1e-4)
    assert np.all(np.abs(error[2:]) < 1e-9)


def test_before_the_first_sample_a_better_fit_is_taken_as_it_is() -> None:
    timeline = Timeline(5.0, 1.0)
    timeline.steer(6.0, 1.0)
    assert timeline.place(np.array([1.0]))[0] == 7.0


def test_its_memory_is_bounded() -> None:
    timeline = Timeline(0.0, 1.0)
    for second in range(5000):
        timeline.place(np.array([float(second)]))
        timeline.steer(1e-4 * (second % 7), 1.0)
    assert len(timeline._device_s) <= Timeline.KNOTS
    assert timeline.at(np.array([4999.0]))[0] == pytest.approx(4999.0, abs=0.01)
