"""What fills a hole: samples fetched late from a clip's memory, told from a clock that runs backwards."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imu_hinge.errors import SampleError
from imu_hinge.recording import Recording, assemble, read_arrivals
from imu_hinge.recording.rows import COLUMNS

TOP = "# imu-hinge-recording: 1\n" + ",".join(COLUMNS) + "\n"


def read_times(times: Sequence[float], clip: str = "thigh") -> Recording:
    rows = "".join(f"{time:.6f},{clip},{index},0,9.8,0,0,0\n" for index, time in enumerate(times))
    return assemble(read_arrivals(io.BytesIO((TOP + rows).encode())))


def test_a_refilled_gap_is_put_in_place() -> None:
    recording = read_times([0.00, 0.01, 0.05, 0.06, 0.02, 0.03, 0.04, 0.07])
    thigh = recording.clips["thigh"]
    assert thigh.time_s.tolist() == [0.00, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07]
    assert thigh.acc_m_s2[:, 0].tolist() == [0, 1, 4, 5, 6, 2, 3, 7]
    assert thigh.acc_m_s2.flags.c_contiguous


def test_two_gaps_may_be_refilled_in_any_order_and_alternately() -> None:
    times = [0.00, 0.03, 0.04, 0.07, 0.05, 0.01, 0.06, 0.02, 0.08, 0.09, 0.10, 0.11]
    assert read_times(times).clips["thigh"].time_s.tolist() == sorted(times)


@pytest.mark.parametrize(
    ("times", "bad_row", "reason"),
    [
        ([0.00, 0.01, 0.02, 0.03, 0.014, 0.04], 4, "no gap at that time"),
        ([0.01, 0.02, 0.03, 0.00], 3, "no gap at that time"),
        ([0.00, 0.01, 0.05, 0.03, 0.02], 4, "does not ascend within the gap"),
        ([0.00, 0.01, 0.02, 0.06, 0.024, 0.07, 0.08], 4, "too close to another sample"),
        ([0.00, 0.01, 0.02, 0.06, 0.056, 0.07, 0.08], 4, "too close to another sample"),
        ([0.00, 0.01, 0.02, 0.06, 0.03, 0.034, 0.07, 0.08], 5, "too close to another sample"),
        ([0.00, 0.01, 0.05, 0.02, 0.02], 4, "repeats its sample"),
        ([0.00, 0.01, 0.05, 0.06, 0.05], 4, "repeats its sample"),
        ([0.00, 0.01, 0.05, 0.01], 3, "repeats its sample"),
        ([0.00, 0.01, 0.05, 0.06, 0.024, 0.025, 0.055], 5, "too close"),
        ([0.00, 0.01, 7200.0], 2, "jumps ahead in time by 7200 s"),
    ],
)
def test_other_late_rows_are_refused_and_named(times: list[float], bad_row: int, reason: str) -> None:
    with pytest.raises(SampleError, match=reason) as caught:
        read_times(times)
    assert caught.value.line == 3 + bad_row


def test_a_clock_that_starts_again_is_refused() -> None:
    once = np.arange(0, 2, 0.01)
    with pytest.raises(SampleError, match="goes back in time") as caught:
        read_times([*once, *(once + 0.003)])
    assert caught.value.line == 3 + len(once)


def test_clips_do_not_fill_each_others_holes() -> None:
    rows = "0.00,thigh,0,0,9,0,0,0\n0.01,back,0,0,9,0,0,0\n0.05,thigh,0,0,9,0,0,0\n0.00,back,0,0,9,0,0,0\n"
    with pytest.raises(SampleError, match="clip 'back' goes back in time"):
        assemble(read_arrivals(io.BytesIO((TOP + rows).encode())))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_refill_gives_the_recording_without_drop_outs(data: st.DataObject) -> None:
    count = data.draw(st.integers(20, 60))
    jitter = data.draw(st.lists(st.integers(-150, 150), min_size=count, max_size=count))
    times = [round(0.01 * index + 1e-5 * step, 6) for index, step in enumerate(jitter)]
    start = data.draw(st.integers(1, count - 10))
    stop = data.draw(st.integers(start + 1, min(start + 8, count - 2)))
    after = data.draw(st.integers(stop + 1, count - 1))
    arrived = times[:start] + times[stop : after + 1] + times[start:stop] + times[after + 1 :]
    assert read_times(arrived).clips["thigh"].time_s.tolist() == times
