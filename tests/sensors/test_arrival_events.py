"""Notifications that leave at connection events only: the interval is read, beats are no losses, times are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from imu_hinge.sensors.arrival_grid import EventGrid, bunches, read_grid
from imu_hinge.sensors.driver import FloatArray
from imu_hinge.sensors.event_line import Rate, fit_events

from .arrival_world import BASE_S, Air, Placed, Radio, skew_ms, stream

UNKNOWN = Rate(1.0, 0.01, 0.03)
INTERVALS_S = (0.0075, 0.01125, 0.015, 0.0225, 0.03, 0.0375, 0.045, 0.05)


def heard(seed: int, air: Air, seconds: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Of notifications that came: arrivals, device times and true times of the newest samples, lost before each."""
    rng = np.random.default_rng(seed)
    radio, period_s = Radio(rng, air), 1.0 / (air.rate_hz * (1.0 + air.rate_error))
    rows, lost = [], 0
    for number in range(int(seconds / period_s / air.batch)):
        if rng.random() < air.loss:
            lost += 1
            continue
        taken_s = ((number + 1) * air.batch - 1) * period_s
        device_s = ((number + 1 - lost) * air.batch - 1) / air.rate_hz
        rows.append((radio.arrival_s(taken_s), device_s, taken_s, lost))
    columns = np.array(rows).T
    return columns[0], columns[1], columns[2], columns[3]


def pair(seed: int, air: Air, seconds: float = 40.0) -> tuple[Placed, Placed]:
    other = replace(air, rate_error=-0.7 * air.rate_error)
    return (
        stream(np.random.default_rng([seed, 0]), air, seconds),
        stream(np.random.default_rng([seed, 1]), other, seconds),
    )


@pytest.mark.parametrize("interval_s", INTERVALS_S)
@pytest.mark.parametrize(("rate_hz", "batch"), [(100.0, 1), (200.0, 4), (52.0, 3)])
def test_the_interval_is_read_from_arrivals(interval_s: float, rate_hz: float, batch: int) -> None:
    received_s, *_ = heard(3, Air.events(interval_s, rate_hz, batch, rate_error=0.0071), 30.0)
    grid = read_grid(received_s[bunches(received_s).first])
    assert grid is not None
    assert grid.interval_s == pytest.approx(interval_s)
    assert grid.jitter_s < 1e-3


@pytest.mark.parametrize("jitter_s", [0.001, 0.03, 0.15])
@pytest.mark.parametrize("rate_error", [0.001, -0.007, 0.02])
def test_where_there_are_no_events_none_are_read(jitter_s: float, rate_error: float) -> None:
    received_s, *_ = heard(4, Air(rate_error=rate_error, jitter_s=jitter_s), 60.0)
    for end in range(75, len(received_s), 25):
        assert read_grid(received_s[bunches(received_s[:end]).first]) is None


@pytest.mark.parametrize(
    ("interval_s", "rate_hz", "batch", "rate_error"),
    [(0.03, 100.0, 4, 0.0065), (0.0225, 100.0, 4, -0.0091), (0.0375, 200.0, 2, 0.003), (0.015, 200.0, 4, 0.0136)],
)
def test_rate_level_and_losses_follow_from_the_bounds(
    interval_s: float, rate_hz: float, batch: int, rate_error: float
) -> None:
    received_s, device_s, taken_s, lost = heard(5, Air.events(interval_s, rate_hz, batch, rate_error, 0.01), 20.0)
    together = bunches(received_s, 0.5 * interval_s)
    unit_s = batch / rate_hz
    fit = fit_events(
        received_s[together.first],
        device_s[together.last],
        unit_s,
        min(interval_s, unit_s),
        EventGrid(interval_s, 0.3e-3),
        UNKNOWN,
    )
    last = together.last
    assert fit.slope == pytest.approx(1.0 / (1.0 + rate_error), abs=1e-4)
    assert received_s[together.first[-1]] + fit.level_s == pytest.approx(taken_s[-1] + BASE_S, abs=1.5e-3)
    assert fit.lost[-1] == lost[last[-1]] - lost[last[0]] > 0


def test_a_line_needs_two_events() -> None:
    with pytest.raises(ValueError, match="two events"):
        fit_events(np.zeros(1), np.zeros(1), 0.01, 0.01, EventGrid(0.03, 1e-3), UNKNOWN)


@pytest.mark.parametrize(
    ("interval_s", "rate_hz", "batch", "rate_error"),
    [
        (0.03, 100.0, 4, -0.0065),
        (0.03, 100.0, 1, 0.01),
        (0.045, 100.0, 4, 0.002),
        (0.015, 200.0, 4, 0.0036),
        (0.0075, 50.0, 2, 0.001),
    ],
)
def test_a_beat_with_events_is_no_loss(interval_s: float, rate_hz: float, batch: int, rate_error: float) -> None:
    both = pair(1, Air.events(interval_s, rate_hz, batch, rate_error))
    assert max(one.rms_ms for one in both) < 8.0
    assert skew_ms(*both) < 10.0
    assert sum(one.lost for one in both) <= 2 * batch


def test_losses_at_events_are_counted() -> None:
    placed = [stream(np.random.default_rng(seed), Air.events(0.03, loss=0.01)) for seed in range(2)]
    found, lost = sum(one.lost for one in placed), sum(one.truly_lost for one in placed)
    assert lost > 40
    assert found == pytest.approx(lost, rel=0.15)
    assert max(one.rms_ms for one in placed) < 12.0


@pytest.mark.slow
@pytest.mark.parametrize(("loss", "limit_ms", "off"), [(0.0, 4.0, 2.0), (0.003, 12.0, 6.0), (0.01, 14.0, 8.0)])
def test_events_of_any_interval_rate_and_batch(loss: float, limit_ms: float, off: float) -> None:
    """Rates and intervals whose beat shows: where it takes minutes nothing tells the level (docs/SENSORS.md)."""
    rng = np.random.default_rng(11)
    rms, wrong = [], []
    for seed in range(20):
        rate_error = float(rng.choice([1.0, -1.0]) * 10.0 ** rng.uniform(-2.5, -1.7))
        air = Air.events(
            float(rng.choice(INTERVALS_S)), float(rng.choice([50.0, 100.0, 200.0])), int(rng.choice([1, 2, 3, 4, 10]))
        )
        placed = stream(np.random.default_rng([seed, 2]), replace(air, rate_error=rate_error, loss=loss), 40.0)
        rms.append(placed.rms_ms)
        wrong.append(abs(placed.lost - placed.truly_lost) / air.batch)
    assert float(np.median(rms)) < limit_ms
    assert float(np.mean(wrong)) < off
