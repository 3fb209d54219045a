"""A recording played as if it happened now."""

from __future__ import annotations

import numpy as np
import pytest

from imu_hinge.recording import Arrivals, HeaderNote
from imu_hinge.sensors.health import LinkState
from imu_hinge.sensors.paced import PacedSource

RATES_HZ = {"thigh": 100.0, "back": 100.0}


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.now_s = 50.0
        self.waits: list[float] = []
        self._stop_after = stop_after

    def now(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now_s += seconds
        return self._stop_after is not None and len(self.waits) >= self._stop_after


def arrivals(seconds: float = 2.0) -> Arrivals:
    time_s = np.repeat(np.arange(0.0, seconds, 0.01), 2) + 7.0
    index = np.tile(np.array([0, 1], np.int8), len(time_s) // 2)
    notes = (
        HeaderNote(0, "imu-hinge-recording", "1"),
        HeaderNote(0, "clip.back.serial", "A7"),
        HeaderNote(100, "event.0", "7.50 note=mark"),
    )
    rows = np.tile([0.0, 0.0, 9.8], (len(time_s), 1))
    return Arrivals("x", notes, ("thigh", "back"), index, time_s, rows, rows * 0.0)


@pytest.mark.parametrize(("speed", "lasts_s"), [(1.0, 1.99), (4.0, 0.4975), (0.5, 3.98)])
def test_rows_come_when_their_time_has_come(speed: float, lasts_s: float) -> None:
    clock = Clock()
    source = PacedSource(arrivals(), RATES_HZ, speed=speed, now=clock.now, wait=clock.wait)
    for delivery in source.deliveries():
        due_s = 50.0 + (float(delivery.block.time_s.max()) - 7.0) / speed
        assert clock.now_s >= due_s - 0.05 / speed - 1e-9
    assert clock.now_s - 50.0 == pytest.approx(lasts_s, abs=0.06 / speed)


def test_who_is_late_does_not_wait() -> None:
    clock = Clock()
    source = PacedSource(arrivals(), RATES_HZ, now=clock.now, wait=clock.wait)
    deliveries = source.deliveries()
    next(deliveries)
    clock.now_s += 100.0
    before = len(clock.waits)
    rest = list(deliveries)
    assert len(clock.waits) == before
    assert sum(len(d.block) for d in rest) > 300


@pytest.mark.parametrize("batch_s", [0.01, 0.05, 0.3, 9.0])
def test_everything_comes_in_file_order_at_any_pace(batch_s: float) -> None:
    given = arrivals()
    source = PacedSource(given, RATES_HZ, speed=None, batch_s=batch_s, wait=lambda seconds: pytest.fail("waited"))
    source.open()
    deliveries = list(source.deliveries())
    assert np.array_equal(np.concatenate([d.block.time_s for d in deliveries]), given.time_s)
    assert np.array_equal(np.concatenate([d.block.clip_index for d in deliveries]), given.clip_index)
    assert [n.key for d in deliveries for n in d.notes] == [n.key for n in given.notes]


def test_what_a_recording_says_can_be_kept_from_who_plays_along() -> None:
    deliveries = list(PacedSource(arrivals(), RATES_HZ, speed=None, notes=False).deliveries())
    assert not any(d.notes for d in deliveries)
    assert sum(len(d.block) for d in deliveries) == 400
    assert all(len(d.block) for d in deliveries)


def test_it_ends_when_it_is_stopped_waiting_or_not() -> None:
    source = PacedSource(arrivals(), RATES_HZ, speed=None)
    deliveries = source.deliveries()
    next(deliveries)
    source.stop()
    assert list(deliveries) == []
    clock = Clock(stop_after=3)
    source = PacedSource(arrivals(), RATES_HZ, now=clock.now, wait=clock.wait)
    assert 1 <= len(list(source.deliveries())) <= 4
    assert len(clock.waits) == 3
    source = PacedSource(arrivals(), RATES_HZ, speed=0.001)
    source.stop()
    assert len(list(source.deliveries())) <= 1  # the real wait ends at once as well


def test_its_health_counts_what_came() -> None:
    source = PacedSource(arrivals(), RATES_HZ, speed=None)
    assert [clip.books.received for clip in source.health()] == [0, 0]
    list(source.deliveries())
    thigh, back = source.health()
    assert (thigh.clip, thigh.serial, thigh.link, thigh.books.received) == ("thigh", "", LinkState.STREAMING, 200)
    assert (back.serial, back.nominal_hz, back.loss_fraction) == ("A7", 100.0, 0.0)
    assert source.serials == {"back": "A7"}
    assert [c.clip for c in PacedSource(arrivals(), {"back": 50.0}).health()] == ["back"]
