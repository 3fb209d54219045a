"""A replayed recording delivers every row once, in file order, notes before the rows they stood before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from imu_hinge.recording import Arrivals, HeaderNote
from imu_hinge.sensors.replay import ReplaySource
from imu_hinge.sensors.source import Delivery
from imu_hinge.simulation import SimulatedSession


def arrivals(times: list[float], notes: tuple[HeaderNote, ...] = ()) -> Arrivals:
    n = len(times)
    values = np.arange(3.0 * n).reshape(n, 3)
    return Arrivals("x", notes, ("thigh", "back"), np.arange(n).astype(np.int8) % 2, np.array(times), values, -values)


def delivered(source: ReplaySource) -> list[Delivery]:
    return list(source.deliveries())


@pytest.mark.parametrize("batch_s", [0.001, 0.05, 1.0, 1e9])
def test_every_row_comes_once_in_file_order(batch_s: float, session_of: Callable[..., SimulatedSession]) -> None:
    given = session_of("dropouts", 1).arrivals
    blocks = [d.block for d in delivered(ReplaySource(given, batch_s))]
    assert np.array_equal(np.concatenate([b.time_s for b in blocks]), given.time_s)
    assert np.array_equal(np.concatenate([b.clip_index for b in blocks]), given.clip_index)
    assert np.array_equal(np.vstack([b.acc_m_s2 for b in blocks]), given.acc_m_s2)
    assert np.array_equal(np.vstack([b.gyr_rad_s for b in blocks]), given.gyr_rad_s)
    assert ReplaySource(given).clips == given.clip_names


def test_batches_follow_the_clock_and_late_rows_come_with_what_arrives_then() -> None:
    blocks = [d.block for d in delivered(ReplaySource(arrivals([0.0, 0.04, 0.06, 0.09, 0.05, 0.11]), 0.05))]
    assert [b.time_s.tolist() for b in blocks] == [[0.0, 0.04], [0.06, 0.09, 0.05], [0.11]]


def test_notes_come_before_the_rows_they_stood_before() -> None:
    notes = (HeaderNote(0, "a", "1"), HeaderNote(0, "b", "2"), HeaderNote(2, "c", "3"), HeaderNote(4, "d", "4"))
    got = delivered(ReplaySource(arrivals([0.0, 0.01, 0.02, 0.03], notes), 1.0))
    assert [([note.key for note in d.notes], len(d.block)) for d in got] == [(["a", "b"], 2), (["c"], 2), (["d"], 0)]


def test_a_recording_without_rows_still_tells_its_notes() -> None:
    (only,) = delivered(ReplaySource(arrivals([], (HeaderNote(0, "a", "1"),))))
    assert (len(only.notes), len(only.block)) == (1, 0)
    assert delivered(ReplaySource(arrivals([]))) == []
