"""Thinning keeps peaks and gaps; reps are numbered across sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from imu_hinge.report.canvas import thin
from imu_hinge.report.series import envelope, numbered_reps, telling_rep, velocity_deg_s
from imu_hinge.report.timeline import angle_limits
from imu_hinge.session.results import SessionResult


def test_envelope_keeps_the_peak_and_the_gap() -> None:
    time_s = np.arange(0, 1000, 0.01)
    values = np.sin(time_s)
    values[50_000] = 99.0
    values[60_000:70_000] = np.nan
    t, low, high = envelope(time_s, values, values, 500)
    assert len(t) <= 500
    assert np.nanmax(high) == 99.0
    assert np.isnan(low[(t > 602) & (t < 698)]).all()
    assert np.isfinite(low[(t < 598) | (t > 702)]).all()
    assert np.all(np.diff(t) > 0)


def test_envelope_leaves_short_series_alone() -> None:
    values = np.arange(10.0)
    for out in envelope(values, values, values, 10):
        assert out is values


def test_velocity_of_a_ramp_is_its_slope() -> None:
    time_s = np.arange(0, 2, 0.01)
    speed = velocity_deg_s(time_s, 30 * time_s)
    assert np.isnan(speed[0])
    np.testing.assert_allclose(speed[20:-20], 30.0)


def test_numbers_run_on_across_sets(session: SessionResult) -> None:
    assert [(r.number, r.set_number, r.rep.index) for r in numbered_reps(session)] == [
        (1, 1, 1),
        (2, 1, 2),
        (3, 1, 3),
        (4, 2, 1),
        (5, 2, 2),
    ]


def test_the_telling_rep_is_the_gravest(session: SessionResult, blind: SessionResult, empty: SessionResult) -> None:
    chosen = telling_rep(session)
    assert chosen is not None
    assert chosen.number == 3
    assert telling_rep(blind) is not None
    assert telling_rep(empty) is None


def test_of_equally_grave_reps_the_farthest_from_the_reference_tells(session: SessionResult) -> None:
    a_set = session.sets[0]
    grave = a_set.reps[2].faults[0]
    values = ((34.0, 0.99), (-20.0, 0.9), (38.0, 0.95))
    reps = tuple(
        replace(rep, faults=(replace(grave, value_deg=value, probability=sure),))
        for rep, (value, sure) in zip(a_set.reps, values, strict=True)
    )
    chosen = telling_rep(replace(session, sets=(replace(a_set, reps=reps),)))
    assert chosen is not None
    assert chosen.number == 3


def test_limits_hold_the_whole_band() -> None:
    low, high = angle_limits(np.array([0.0, 90.0, 10.0]), np.array([1.0, 17.0, 1.0]))
    assert low < 0
    assert high > 90 + 1.645 * 17


def test_thin_keeps_every_kth() -> None:
    assert thin([0, 1, 2, 3], [0.5] * 4, 0.1) == (0, 1, 2, 3)
    assert thin([0.0, 0.3, 0.6, 0.9, 1.2], [0.4] * 5, 0.1) == (1, 3)
    assert thin([], [], 0.1) == ()
