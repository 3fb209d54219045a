"""Two clips on one clock: from pings over links with connection events, stalls and repeated packets."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import Generator

from imu_hinge.sensors.clip_clock import ClipClock
from imu_hinge.sensors.clock import ClockParams, Exchange, fit_clock
from imu_hinge.sensors.pinging import BURST

BOOT_US = 3_000_000_000
"""The clip was switched on fifty minutes before."""


def pings(
    rng: Generator,
    duration_s: float,
    interval_s: float,
    rate_ppm: float,
    same_event: float,
    stalls: float = 0.03,
    burst: int = 0,
) -> list[Exchange]:
    """Pings over a link as radios make it, two a second, after a ``burst`` as the product begins with.

    Requests wait for the next connection event (``interval_s``; 0: none), answers leave in the same event with the
    probability ``same_event``, else in the next; 3 % of the packets are repeated one event later; both stacks take
    their time, in 3 % of the cases (``stalls``) up to 40 ms.
    """
    phase = rng.uniform(0.0, interval_s)

    def next_event(at: float) -> float:
        event = phase + np.ceil((at - phase) / interval_s) * interval_s if interval_s else at
        return event + (interval_s if rng.random() < 0.03 else 0.0)

    def late(scale: float) -> float:
        return rng.exponential(scale) + (rng.uniform(0.0, 0.04) if rng.random() < stalls else 0.0)

    def device_us(host: float) -> int:
        return BOOT_US + round(host * (1.0 + rate_ppm * 1e-6) * 1e6)

    found, now = [], 0.0
    while now < duration_s:
        got = next_event(now + 0.0003 + late(0.0004)) + 0.0005
        gave = got + 0.0002 + rng.exponential(0.0002)
        answer = gave + 0.0003 if rng.random() < same_event else next_event(gave)
        found.append(Exchange(now, answer + 0.0008 + late(0.0008), device_us(got), device_us(gave)))
        now = answer + rng.uniform(0.005, 0.055) if len(found) < burst else now + rng.uniform(0.25, 0.75)
    return found


def placed_error_ms(rng: Generator, after_s: float, interval_s: float, same_event: float) -> float:
    """How far off a sample's time is in the recording, ``after_s`` from its begin."""
    rate_ppm = rng.uniform(-50.0, 50.0)
    exchanges = pings(rng, after_s + 5.0, interval_s, rate_ppm, same_event, burst=BURST)
    clock = ClipClock()
    clock.add(exchanges[:BURST])
    clock.begin(0.0)
    begin_s = exchanges[BURST - 1].received_s
    known = BURST
    for second in np.arange(begin_s, begin_s + after_s + 1e-9, 1.0):
        while exchanges[known].received_s < second:
            clock.add([exchanges[known]])
            known += 1
        clock.steer()
        device_s = (BOOT_US + np.array([second - 0.1, second]) * (1.0 + rate_ppm * 1e-6) * 1e6) * 1e-6
        error_s = clock.place(device_s)[-1] - second
    return float(error_s) * 1e3


def error_ms(rng: Generator, duration_s: float, interval_s: float, same_event: float) -> float:
    """How far the fit puts the clip's present from where it is."""
    rate_ppm = rng.uniform(-50.0, 50.0)
    fit = fit_clock(pings(rng, duration_s, interval_s, rate_ppm, same_event))
    now_us = BOOT_US + duration_s * (1.0 + rate_ppm * 1e-6) * 1e6
    return float(fit.host_s(now_us) - duration_s) * 1e3


@pytest.mark.parametrize("same_event", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("intervals_ms", [(15, 15), (30, 30), (50, 50), (15, 50), (30, 48.75)])
@pytest.mark.parametrize(("after_s", "limit_ms"), [(20.0, 2.0), (60.0, 1.0)])
def test_two_clips_agree_whatever_their_connection_intervals(
    intervals_ms: tuple[float, float], same_event: float, after_s: float, limit_ms: float
) -> None:
    skews = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        one, other = (error_ms(rng, after_s, interval * 1e-3, same_event) for interval in intervals_ms)
        skews.append(abs(one - other))
    assert max(skews) < limit_ms


@pytest.mark.parametrize("same_event", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("intervals_ms", [(15, 15), (50, 50), (15, 50)])
@pytest.mark.parametrize(("after_s", "limit_ms"), [(20.0, 2.0), pytest.param(60.0, 1.0, marks=pytest.mark.slow)])
def test_samples_of_two_clips_are_placed_that_close(
    intervals_ms: tuple[float, float], same_event: float, after_s: float, limit_ms: float
) -> None:
    skews = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        one, other = (placed_error_ms(rng, after_s, interval * 1e-3, same_event) for interval in intervals_ms)
        skews.append(abs(one - other))
    assert max(skews) < limit_ms


@pytest.mark.parametrize("interval_ms", [7.5, 11.25, 15.0, 30.0, 48.75, 100.0])
def test_the_connection_interval_is_read_from_the_stamps(interval_ms: float) -> None:
    fit = fit_clock(pings(np.random.default_rng(5), 60.0, interval_ms * 1e-3, 20.0, 0.5))
    assert fit.method == "events"
    assert fit.interval_ms == pytest.approx(interval_ms)


def test_a_link_without_events_is_fitted_by_midpoints() -> None:
    fit = fit_clock(pings(np.random.default_rng(1), 60.0, 0.0, 30.0, 1.0))
    assert fit.method == "midpoint"
    assert fit.host_s(BOOT_US + 60.0 * (1.0 + 30e-6) * 1e6) == pytest.approx(60.0, abs=1e-3)


def test_a_burst_of_pings_does_not_pass_for_a_long_interval() -> None:
    rng = np.random.default_rng(4)
    times = np.cumsum(np.concatenate([rng.uniform(0.01, 0.04, 14), rng.uniform(0.25, 0.75, 8)]))
    burst = [Exchange(t, t + 0.002, round((t + 0.001) * 1e6), round((t + 0.001) * 1e6)) for t in times.tolist()]
    for count in range(12, len(burst) + 1):
        fit = fit_clock(burst[:count])
        assert fit.interval_ms is None or fit.interval_ms < 30.0
        assert fit.host_s(burst[count - 1].device_received_us) == pytest.approx(times[count - 1] + 0.001, abs=1.5e-3)


def test_a_single_exchange_gives_an_offset_and_no_rate() -> None:
    fit = fit_clock([Exchange(10.0, 10.02, 5_000_000, 5_004_000)])
    assert fit.host_s(5_002_000) == pytest.approx(10.01)
    assert fit.rate_ppm == 0.0


def test_no_exchange_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fit_clock([])


@pytest.mark.parametrize("rate_ppm", [-184_515.0, 1_588.0])
def test_an_absurd_rate_is_limited(rate_ppm: float) -> None:
    fit = fit_clock(pings(np.random.default_rng(2), 20.0, 0.0, rate_ppm, 1.0))
    assert abs(fit.rate_ppm) < 200.0 + 1e-6


def test_the_doubt_stated_covers_the_error() -> None:
    within = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        errors_ms, doubts_ms = [], []
        for rate_ppm in rng.uniform(-50.0, 50.0, 2):
            fit = fit_clock(pings(rng, 30.0, 0.03, rate_ppm, 0.5))
            now_us = BOOT_US + 30.0 * (1.0 + rate_ppm * 1e-6) * 1e6
            errors_ms.append(float(fit.host_s(now_us) - 30.0) * 1e3)
            doubts_ms.append(fit.sd_ms)
        # Delays common to both clips cancel, so the doubt is about their difference.
        within.append(abs(errors_ms[0] - errors_ms[1]) < 2.0 * np.hypot(*doubts_ms))
    assert np.mean(within) > 0.9


def later(exchanges: list[Exchange], seconds: float, rate_ppm: float) -> list[Exchange]:
    """The same exchanges, so much later on both clocks."""
    us = round(seconds * (1.0 + rate_ppm * 1e-6) * 1e6)
    return [
        Exchange(e.sent_s + seconds, e.received_s + seconds, e.device_received_us + us, e.device_sent_us + us)
        for e in exchanges
    ]


COMMON_DELAY_MS = 0.6
"""What both stacks take here when they are quick; it is the same for all clips of a host and cancels between them."""


@pytest.mark.parametrize("rate_ppm", [-200.0, -150.0, 80.0, 200.0])
@pytest.mark.parametrize("interval_ms", [7.5, 15.0, 30.0])
def test_clocks_that_drift_by_more_than_an_interval_stay_right(interval_ms: float, rate_ppm: float) -> None:
    for seed in range(10):
        fit = fit_clock(pings(np.random.default_rng(seed), 125.0, interval_ms * 1e-3, rate_ppm, 0.5))
        error_s = float(fit.host_s(BOOT_US + 125.0 * (1.0 + rate_ppm * 1e-6) * 1e6)) - 125.0
        assert abs(error_s * 1e3 - COMMON_DELAY_MS) < 1.0


@pytest.mark.parametrize(("before_ms", "after_ms"), [(48.75, 30.0), (30.0, 48.75), (15.0, 50.0)])
@pytest.mark.parametrize("since_s", [5.0, 10.0, 20.0, 40.0, 60.0])
def test_a_change_of_the_connection_interval_does_no_harm(before_ms: float, after_ms: float, since_s: float) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        first = pings(rng, 60.0, before_ms * 1e-3, 30.0, 0.5)
        fit = fit_clock([*first, *later(pings(rng, since_s, after_ms * 1e-3, 30.0, 0.5), 60.0, 30.0)])
        now_s = 60.0 + since_s
        error_s = float(fit.host_s(BOOT_US + now_s * (1.0 + 30e-6) * 1e6)) - now_s
        assert abs(error_s * 1e3 - COMMON_DELAY_MS) < 1.5


def test_old_exchanges_do_not_hold_a_warming_crystal_back() -> None:
    rng = np.random.default_rng(3)
    before = pings(rng, 100.0, 0.015, -100.0, 0.5)
    after = later(pings(rng, 100.0, 0.015, 100.0, 0.5), 130.0, -100.0)
    fit = fit_clock([*before, *after], ClockParams(window_s=90.0))
    assert fit.rate_ppm == pytest.approx(-100.0, abs=15.0)
    assert fit.exchanges < len(after)
