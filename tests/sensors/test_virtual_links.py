"""The knobs of virtual sensors: connection events as radios have them."""

from __future__ import annotations

import numpy as np
import pytest
from vendors.knobs import PACKET_S, Link, LinkKnobs


@pytest.mark.parametrize("interval_s", [0.0075, 0.03, 0.05])
def test_notifications_leave_at_events_soon_and_in_order(interval_s: float) -> None:
    link = Link(LinkKnobs(interval_s=interval_s, seed=3))
    ready_s = 0.0401 * np.arange(1, 400)
    left_s = np.array([link.leaves_s(at_s) for at_s in ready_s])
    assert np.all(np.diff(left_s) > 0.0)
    assert np.all(left_s >= ready_s)
    assert np.all(left_s - ready_s < interval_s + PACKET_S)
    phase_s = (left_s - left_s[0] + PACKET_S / 2) % interval_s
    assert np.ptp(phase_s) < PACKET_S + 1e-6


def test_an_event_carries_so_many_packets_and_the_rest_waits_for_the_next() -> None:
    link = Link(LinkKnobs(interval_s=0.03, packets=3))
    left_s = np.array([link.leaves_s(1.0) for _ in range(7)])
    steps_s = np.diff(left_s)
    assert steps_s[[0, 1, 3, 4]] == pytest.approx(PACKET_S)
    assert steps_s[[2, 5]] == pytest.approx(0.03 - 2 * PACKET_S)


def test_without_events_a_notification_leaves_at_once_or_after_its_jitter() -> None:
    assert Link(LinkKnobs()).leaves_s(1.25) == 1.25
    waits_s = [Link(LinkKnobs(jitter_s=0.02, seed=seed)).leaves_s(1.0) - 1.0 for seed in range(50)]
    assert 0.0 <= min(waits_s) < 0.004 < 0.016 < max(waits_s) <= 0.02


def test_links_of_unlike_seeds_have_unlike_phases() -> None:
    phases_s = {round(Link(LinkKnobs(interval_s=0.03, seed=seed)).leaves_s(1.0), 6) for seed in range(8)}
    assert len(phases_s) == 8
