"""The ablation's own arithmetic: the bound of the model, and what is left out or counted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from imu_hinge.body.geometry import ChainBelief, GeometryParams, Measures, believed
from imu_hinge.body.separation import SeparationParams
from imu_hinge.body.window import Movement
from imu_hinge.recording.model import Segment
from imu_hinge.session.separation import Stretch

ROOT = Path(__file__).resolve().parents[1]
RATE_HZ = 100.0
PARAMS = SeparationParams()
HEIGHT = Measures(1.75)
TAPE = Measures(1.75, 0.43, 0.43, 0.15, 0.27)
NOISE_M_S2 = 0.002
BOTTOM_S = 2.0

FloatArray = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _benchmarks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


def course(time_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shank and lumbar spine of a hinge that starts standing at 0.5 s and ends standing at 3.5 s."""
    phase = np.clip((np.mod(time_s, 10.0) - 0.5) / 3.0, 0.0, 1.0)
    fold = np.sin(np.pi * phase) ** 2
    return np.deg2rad(4.0 - 5.0 * fold), np.deg2rad(25.0 * fold)


def hinge(start_s: float = 0.0, *, neutral: bool = False, pelvis: bool = False) -> Movement:
    """What two or three clips would measure of it."""
    time_s = start_s + np.arange(400) / RATE_HZ
    _, lumbar = course(time_s)
    thigh, back = -lumbar, 2.4 * lumbar
    still = np.mod(time_s, 10.0)
    nothing = np.zeros((len(time_s), 2))
    return Movement(
        time_s,
        thigh,
        back,
        nothing,
        nothing,
        (still < 0.45) | (still > 3.55),
        np.zeros(len(time_s), bool),
        back - lumbar if pelvis else None,
        neutral,
    )


def belief(measures: Measures) -> ChainBelief:
    return believed(measures, "T12", GeometryParams())


def bound(
    *movements: Movement,
    before: ChainBelief | None = None,
    noise_m_s2: float = NOISE_M_S2,
) -> tuple[float, float]:
    """At the bottom of the first movement, deg, all taken at the same constants: learnt, known."""
    from benchmarks.limit import bounds

    before = belief(HEIGHT) if before is None else before
    at = belief(TAPE).mean
    found = bounds(movements, RATE_HZ, before, 5, PARAMS, course, [BOTTOM_S], noise_m_s2, at)[0]
    assert found is not None
    return float(np.rad2deg(found.learnt_rad)), float(np.rad2deg(found.known_rad))


def test_more_information_never_makes_the_bound_larger() -> None:
    rep, other, reference = hinge(), hinge(10.0), hinge(20.0)
    taped = belief(TAPE)
    vague = replace(taped, covariance=2.0 * taped.covariance)
    rows = [
        bound(rep, other, reference, before=vague, noise_m_s2=1e3),
        bound(rep, other, reference, before=vague),
        bound(rep, other, reference, before=taped),
        bound(rep, other, replace(reference, neutral=True), before=taped),
        bound(rep, other, replace(reference, neutral=True), hinge(30.0), before=taped),
        bound(hinge(pelvis=True), *(hinge(10.0 * i, pelvis=True) for i in (1, 3)), replace(reference, neutral=True),
              before=taped),
    ]  # fmt: skip
    for less, more in pairwise(rows):
        assert more[0] <= less[0] * (1.0 + 1e-6)
        assert more[1] <= less[1] * (1.0 + 1e-6)
    assert rows[1][1] < 0.2 * rows[0][1], "accelerations are what tells hips from spine"


def test_knowing_the_constants_never_makes_the_bound_larger() -> None:
    for movements in ((hinge(),), (hinge(), hinge(10.0, neutral=True))):
        learnt, known = bound(*movements)
        assert known <= learnt


def test_less_noise_means_a_smaller_bound() -> None:
    found = [bound(hinge(), noise_m_s2=noise)[1] for noise in (0.05, 0.01, 0.002)]
    assert found == sorted(found, reverse=True)


def test_no_bound_outside_the_movements() -> None:
    from benchmarks.limit import bounds

    assert bounds([hinge()], RATE_HZ, belief(HEIGHT), 5, PARAMS, course, [9.0], NOISE_M_S2) == [None]


def test_low_passed_noise_is_what_a_gaussian_leaves() -> None:
    from benchmarks.limit import low_passed_sd
    from imu_hinge.simulation.sensor import SensorGrade

    grade, rate_hz, low_pass_s = SensorGrade(), 1000.0, 0.04
    white = grade.acc_noise_m_s2_rthz * np.sqrt(0.5 * rate_hz) * np.random.default_rng(1).standard_normal(400_000)
    left = float(gaussian_filter1d(white, low_pass_s * rate_hz).std())
    assert left == pytest.approx(low_passed_sd(grade, low_pass_s), rel=0.06)
    rounded = low_passed_sd(replace(grade, acc_noise_m_s2_rthz=0.0), low_pass_s)
    assert 0.0 < rounded < left


def test_given_leaves_out_movements_and_marks() -> None:
    from benchmarks.separating import Given, _chosen

    segments = [
        Segment(3.0, 16.0, "reference_hinge"),
        Segment(17.0, 23.0, "pelvic_tilt"),
        Segment(24.0, 29.0, "max_flexion"),
    ]
    hinge, tilts, touch, rep = found = [
        Stretch(3.0, 7.0, neutral=True),
        Stretch(16.5, 23.5, tilting=True),
        Stretch(24.0, 29.0),
        Stretch(40.0, 44.0),
    ]
    assert _chosen(found, Given(), segments) == found
    assert [s.neutral for s in _chosen(found, Given(neutral=False), segments)] == [False] * 4
    assert _chosen(found, Given(toe_touch=False), segments) == [hinge, tilts, rep]
    assert _chosen(found, Given(tilts=False), segments) == [hinge, touch, rep]


def test_each_rep_is_counted_once() -> None:
    from benchmarks.separating import _paired

    true = [SimpleNamespace(start=a, end=a + 3.0) for a in (0.0, 4.0, 8.0)]
    found = [SimpleNamespace(start_s=a, end_s=a + 3.0) for a in (0.2, 8.1)]
    assert _paired(true, found) == [found[0], None, found[1]]  # type: ignore[arg-type]


def test_rows_count_what_was_followed_and_what_is_told() -> None:
    from benchmarks.ablation import Person, row
    from benchmarks.separating import Scores

    nan = np.nan
    error, sd = np.array([1.0, -3.0, 20.0, nan]), np.array([1.0, 1.0, 30.0, nan])
    limit = np.full(4, 0.5)
    values = row([Person(Scores(error, sd, np.array([4.0, 4.0, 4.0, 99.0])), limit, limit)])
    assert (values["reps"], values["followed"], values["told"]) == (4, 3, 2)
    assert values["cover90"] == pytest.approx(2 / 3)
    assert values["hip_rmse_deg"] == pytest.approx(2.0)
    assert values["limit_deg"] == pytest.approx(0.5)
    nothing = row([Person(Scores(*(np.full(2, nan),) * 3), np.full(2, nan), np.full(2, nan))])
    assert nothing["rmse_deg"] is None
    assert nothing["told"] == 0


@pytest.mark.slow
def test_nobody_beats_the_bound_with_ideal_sensors() -> None:
    from benchmarks.ablation import PRODUCT, Condition, person

    found = person(Condition(grade="ideal", skin=0.0), PRODUCT, 101)
    there = np.isfinite(found.scores.error)
    assert there.sum() >= 15
    assert (found.learnt_deg[there] <= found.scores.sd[there]).all()
    assert (found.known_deg <= found.learnt_deg).all()
    assert np.sqrt(np.mean(found.learnt_deg**2)) <= np.sqrt(np.mean(found.scores.error[there] ** 2))


@pytest.mark.slow
def test_without_accelerations_only_the_belief_is_left() -> None:
    from benchmarks.ablation import INFORMATION, Condition, person

    found = person(Condition(), INFORMATION["angles only"], 101)
    there = np.isfinite(found.scores.error)
    assert there.all()
    assert (found.scores.sd > 15.0).all()
    assert np.sqrt(np.mean(found.scores.error**2)) > 8.0
