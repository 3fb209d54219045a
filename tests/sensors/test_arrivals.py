"""Sample times of sensors that only stream: right to milliseconds, whatever the radio does to their notifications."""

from __future__ import annotations

import numpy as np
import pytest

from imu_hinge.sensors.arrival_clock import ArrivalClock
from imu_hinge.sensors.arrivals import ArrivalParams
from imu_hinge.sensors.driver import Samples
from imu_hinge.sensors.limits import LinkLimits
from imu_hinge.sensors.timekeeping import ArrivalTime

from .arrival_world import Air, Placed, skew_ms, stream

JITTERS_S = (0.001, 0.03, 0.15)
ERRORS = (0.001, pytest.param(-0.007, marks=pytest.mark.slow), pytest.param(0.02, marks=pytest.mark.slow))


def pair(seed: int, one: Air, other: Air, params: ArrivalParams | None = None) -> tuple[Placed, Placed]:
    return (
        stream(np.random.default_rng(1000 * seed), one, params=params),
        stream(np.random.default_rng(1000 * seed + 1), other, params=params),
    )


@pytest.mark.parametrize("rate_error", ERRORS)
@pytest.mark.parametrize("jitter_s", JITTERS_S)
def test_samples_are_placed_to_eight_milliseconds_and_two_sensors_to_ten(jitter_s: float, rate_error: float) -> None:
    errors, skews = [], []
    for seed in range(3):
        both = pair(seed, Air(rate_error=rate_error, jitter_s=jitter_s), Air(rate_error=0.5 * rate_error))
        errors += [one.rms_ms for one in both]
        skews.append(skew_ms(*both))
        assert [one.lost for one in both] == [0, 0]
    assert np.sqrt(np.mean(np.square(errors))) < 8.0
    assert max(skews) < 10.0


@pytest.mark.parametrize(("jitter_s", "limit_ms", "off"), [(0.001, 12.0, 0.1), (0.03, 20.0, 0.4)])
def test_lost_notifications_are_seen_by_their_lateness(jitter_s: float, limit_ms: float, off: float) -> None:
    air = Air(jitter_s=jitter_s, loss=0.01)
    placed = [stream(np.random.default_rng(seed), air) for seed in range(4)]
    assert np.mean([one.rms_ms for one in placed]) < limit_ms
    found, lost = sum(one.lost for one in placed), sum(one.truly_lost for one in placed)
    assert lost > 40
    # Where waiting hides them, steady losses in the first seconds pass for a slower rate: time is right all the same.
    assert found == pytest.approx(lost, rel=off)


@pytest.mark.parametrize("seed", [5009, 5006])
def test_losses_close_to_each_other_are_not_taken_back(seed: int) -> None:
    """Weighed by one arrival of eight, those of one group spoke for neither."""
    placed = stream(np.random.default_rng(seed), Air(rate_error=-0.007, jitter_s=0.001, loss=0.01), 60.0)
    assert placed.truly_lost > 40
    assert placed.lost == pytest.approx(placed.truly_lost, abs=4)


def notification(number: int, received_s: float, nominal_s: float = 0.01, batch: int = 4) -> Samples:
    device_s = (number + np.arange(batch)) * nominal_s
    return Samples(device_s, np.zeros((batch, 3)), np.zeros((batch, 3)), received_s)


def test_a_silent_stall_of_a_quarter_of_a_second_is_a_hole_of_that_length() -> None:
    clock, now_s, times = ArrivalClock(ArrivalParams()), 0.0, []
    clock.begin(0.0)
    for n in range(500):
        now_s += 0.04 if n != 250 else 0.28  # six notifications were measured and never sent
        clock.arrived(notification(4 * n, now_s))
        if n % 25 == 0:
            clock.steer()
        if clock.ready:
            times += clock.place(notification(4 * n, now_s).device_s).tolist()
    assert clock.lost == 24
    steps = np.diff(times)
    # A few notifications pass before chance is out of the question; then time leaps once.
    assert np.count_nonzero(steps > 0.1) == 1
    assert times[-1] == pytest.approx(now_s, abs=2e-3)


def test_a_heap_after_a_pause_is_no_loss() -> None:
    clock, now_s = ArrivalClock(ArrivalParams()), 0.0
    clock.begin(0.0)
    for n in range(800):
        taken_s = 0.04 * (n + 1)
        held = 0.2 * np.ceil(taken_s / 0.2) if 300 <= n < 320 else taken_s  # five at a time, for a while
        now_s = max(now_s + 0.0005, float(held))
        clock.arrived(notification(4 * n, now_s))
        if n % 25 == 0:
            clock.steer()
    assert clock.lost == 0


def test_a_clock_that_leaps_is_taken_up_where_it_is() -> None:
    clock, placed = ArrivalClock(ArrivalParams.stamped()), []
    clock.begin(0.0)
    for n in range(500):
        leap_s = 100.0 if n >= 250 else 0.0
        samples = notification(4 * n, 0.04 * (n + 1))
        moved = Samples(samples.device_s + leap_s, samples.acc_m_s2, samples.gyr_rad_s, samples.received_s)
        clock.arrived(moved)
        clock.steer()
        if clock.ready:
            placed.append(float(clock.place(moved.device_s)[-1]) - samples.received_s)
    assert max(np.abs(placed)) < 0.02


def test_a_clock_that_stays_late_is_taken_up_where_it_is() -> None:
    clock, off_s = ArrivalClock(ArrivalParams.stamped()), []
    clock.begin(0.0)
    for n in range(700):
        late_s = 39.0 if n >= 350 else 0.0  # no queue holds notifications for so long
        clock.arrived(notification(4 * n, 0.04 * (n + 1) + late_s))
        if n % 25 == 0:
            clock.steer()
        if clock.ready:
            off_s.append(float(clock.place(notification(4 * n, 0.0).device_s)[-1]) - 0.04 * (n + 1) - late_s)
    assert abs(off_s[-1]) < 0.02
    assert sum(abs(off) > 0.5 for off in off_s) < 5.0 / 0.04


async def test_what_was_not_sent_while_the_link_was_lost_is_counted() -> None:
    time = ArrivalTime("thigh", lambda: 0.0, LinkLimits(), ArrivalParams())
    time.begin(0.0)
    for n in range(250):
        list(time.arrived([notification(4 * n, 0.04 * (n + 1))]))
        if n % 25 == 0:
            time._clock.steer()
    await time.renew(None)  # type: ignore[arg-type]
    for n in range(50):
        list(time.arrived([notification(4 * n, 10.0 + 3.0 + 0.04 * (n + 1))]))
    assert time.figures.lost == pytest.approx(300, abs=4)


def test_a_next_stream_of_the_same_sensor_knows_its_rate_at_once() -> None:
    first = ArrivalClock(ArrivalParams())
    first.begin(0.0)
    for n in range(500):
        first.arrived(notification(4 * n, 0.0392 * (n + 1)))
        first.steer()
    second = first.successor()
    second.begin(0.0)
    second.arrived(notification(0, 100.0))
    assert second.ready
    assert np.diff(second.place(notification(0, 100.0).device_s)) == pytest.approx(0.0098, rel=2e-3)


def test_time_without_arrivals_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="begin"):
        ArrivalClock(ArrivalParams()).place(np.zeros(1))
