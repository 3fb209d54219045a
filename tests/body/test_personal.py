"""An athlete's file: what it keeps, what it refuses, and what the next session believes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.body.geometry import CONSTANTS, ChainBelief, GeometryParams, Measures, believed
from imu_hinge.body.personal import (
    CarryParams,
    Learnt,
    NeutralHinge,
    Personal,
    Worn,
    carried,
    changed,
    learnt_of,
)
from imu_hinge.body.personal_file import load_personal, personal_of, personal_text, save_personal
from imu_hinge.errors import AthleteError

PARAMS = CarryParams()
PATH = Path("me.json")
NOISE = (0.1, 0.05, 0.06, 0.04)
FRESH = believed(Measures(height_m=1.75), "T12", GeometryParams())
CLIPS = {name: Worn("A1", False, (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)) for name in ("thigh", "back")}


def surer(share: float = 0.3, **moved: float) -> ChainBelief:
    """A belief with SDs ``share`` of the fresh ones, whose named means moved."""
    mean = FRESH.mean.copy()
    for name, by in moved.items():
        mean[CONSTANTS.index(name)] += by
    return ChainBelief(mean, share**2 * FRESH.covariance)


def known(belief: ChainBelief, **other: Any) -> Personal:
    learnt = Learnt(CONSTANTS, belief.mean, belief.covariance, NOISE)
    return replace(Personal("Ana", 1.75, "T12", 1, 3, clips=CLIPS, learnt=learnt), **other)


@st.composite
def personals(draw: st.DrawFn) -> Personal:
    names = tuple(draw(st.lists(st.sampled_from([*CONSTANTS, "of_a_later_version_m"]), min_size=1, unique=True)))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    spread = rng.standard_normal((len(names), len(names) + 3))
    sd = 10.0 ** rng.uniform(-4, 0, len(names))
    covariance = spread @ spread.T
    size = np.sqrt(np.diag(covariance))
    angle = st.none() | st.floats(-150, 150)
    course = st.lists(st.floats(-90, 90) | st.just(math.nan), min_size=11, max_size=11).map(tuple)
    return Personal(
        name=draw(st.text(max_size=12)),
        height_m=draw(st.none() | st.floats(1.0, 2.5)),
        back_site=draw(st.sampled_from([None, "T12", "L3"])),
        sessions=draw(st.integers(0, 500)),
        accepted_reps=draw(st.integers(0, 10_000)),
        learnt_from=tuple(draw(st.lists(st.text("0123456789abcdef", min_size=16, max_size=16), max_size=3))),
        clips=draw(st.sampled_from([{}, CLIPS])),
        neutral=NeutralHinge(
            draw(angle), draw(st.none() | st.floats(0, 20)), 3, draw(angle), courses={"knee_deg": draw(course)}
        ),
        learnt=draw(
            st.sampled_from(
                [
                    None,
                    Learnt(
                        names,
                        rng.standard_normal(len(names)),
                        covariance / np.outer(size, size) * np.outer(sd, sd),
                        NOISE,
                    ),
                ]
            )
        ),
        extra=draw(st.sampled_from([{}, {"coach": "Ben", "later": {"a": [1, 2]}}])),
    )


@given(personals())
def test_a_file_gives_back_what_was_kept(personal: Personal) -> None:
    text = personal_text(personal)
    back = personal_of(text, PATH)
    assert personal_text(back) == text or personal.learnt is not None
    assert (back.name, back.sessions, back.clips, back.extra) == (
        personal.name,
        personal.sessions,
        personal.clips,
        personal.extra,
    )
    for name in ("lumbar_deg", "lumbar_sd_deg", "fold_deg"):
        one, other = getattr(back.neutral, name), getattr(personal.neutral, name)
        assert one == other or one == pytest.approx(other, rel=1e-8, abs=1e-12)
    np.testing.assert_allclose(back.neutral.courses["knee_deg"], personal.neutral.courses["knee_deg"], rtol=1e-8)
    if personal.learnt is None:
        assert back.learnt is None
        return
    assert back.learnt is not None
    assert back.learnt.names == personal.learnt.names
    np.testing.assert_allclose(back.learnt.mean, personal.learnt.mean, rtol=1e-8)
    size = np.sqrt(np.diag(personal.learnt.covariance))
    np.testing.assert_allclose(
        back.learnt.covariance / np.outer(size, size), personal.learnt.covariance / np.outer(size, size), atol=1e-6
    )


def test_a_file_can_be_read_by_people_and_is_written_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "me.json"
    save_personal(known(surer()), path)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["imu_hinge_athlete"] == 1
    assert set(data["constants"]) == set(CONSTANTS)
    assert set(data["constants"]["shank_m"]) == {"mean", "sd"}
    assert [p.name for p in path.parent.iterdir()] == ["me.json"]
    assert load_personal(path).name == "Ana"


def altered(**changes: Any) -> str:
    return json.dumps(json.loads(personal_text(known(surer()))) | changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[1]", "imu_hinge_athlete"),
        ('{"imu_hinge_bench": 1}', "imu_hinge_athlete"),
        (altered(name=3), "'name'"),
        (altered(sessions=-1), "'sessions'"),
        (altered(height_m=178), "'height_m'"),
        (altered(back_site="C7"), "'back_site'"),
        (altered(constants={"shank_m": {"mean": 0.4}}), "shank_m"),
        (altered(constants={"shank_m": {"mean": 0.4, "sd": 0.0}}), "'sd'"),
        (altered(constants={"shank_m": 0.4}), "shank_m"),
        (altered(constants={}), "empty"),
        (altered(correlations={"shank_m": {"thigh_m": 1.2}}), "'thigh_m'"),
        (altered(correlations={"shank_m": {"nose_m": 0.2}}), "nose_m"),
        (
            altered(correlations={"shank_m": {"thigh_m": 1.0, "lumbar_m": 1.0}, "thigh_m": {"lumbar_m": -1.0}}),
            "cannot be",
        ),
        (altered(noise_m_s2={}), "thigh_ahead"),
        (altered(clips={"hat": {}}), "hat"),
        (altered(clips={"thigh": {"up": [0, 0, 2], "left": [0, 1, 0]}}), "unit vector"),
        (altered(neutral={"courses": {"knee_deg": [1, 2]}}), "knee_deg"),
        (altered(neutral={"lumbar_deg": "5"}), "'lumbar_deg'"),
    ],
)
def test_what_is_no_athletes_file_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(AthleteError) as caught:
        personal_of(text, PATH)
    line = caught.value.one_line()
    assert line.startswith("me.json: not an athlete's file")
    assert said in line
    assert "athlete learn" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("version", "advice"), [(0, "Learn it again"), ("0.9", "Learn it again"), (2, "Update imu-hinge")]
)
def test_another_version_is_refused_with_advice(version: object, advice: str) -> None:
    with pytest.raises(AthleteError, match="version") as caught:
        personal_of(altered(imu_hinge_athlete=version), PATH)
    assert advice in caught.value.one_line()


def test_a_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(AthleteError, match="imu-hinge athlete learn"):
        load_personal(tmp_path / "none.json")


def test_the_body_is_kept_and_the_placing_doubted() -> None:
    belief = carried(known(surer(shank_m=0.012, thigh_gain=0.02)), FRESH, "T12", CLIPS, PARAMS)
    assert belief.value("shank_m") == pytest.approx(FRESH.value("shank_m") + 0.012, abs=0.0005)
    assert belief.sd("shank_m") < 0.35 * FRESH.sd("shank_m")
    assert 0.0125 < belief.sd("thigh_clip_m") < FRESH.sd("thigh_clip_m")
    assert belief.sd("thigh_gain") ** 2 > 0.5 * FRESH.sd("thigh_gain") ** 2
    assert 0.0 < belief.value("thigh_gain") < 0.02


@given(st.floats(0.05, 1.0), st.integers(0, 99))
def test_nobody_is_believed_less_than_anybody(share: float, seed: int) -> None:
    spread = np.random.default_rng(seed).standard_normal((len(CONSTANTS), 2 * len(CONSTANTS)))
    covariance = spread @ spread.T
    size = np.sqrt(np.diag(covariance) / np.diag(FRESH.covariance)) / share
    personal = known(ChainBelief(FRESH.mean, covariance / np.outer(size, size)))
    belief = carried(personal, FRESH, "T12", CLIPS, PARAMS)
    assert (np.diag(belief.covariance) <= np.diag(FRESH.covariance) * (1 + 1e-9)).all()
    assert np.linalg.eigvalsh(belief.covariance)[0] > 0


@pytest.mark.parametrize(
    ("worn", "kept"),
    [
        (CLIPS["back"], True),
        (replace(CLIPS["back"], serial="B7"), False),
        (replace(CLIPS["back"], bench=True), False),
        (replace(CLIPS["back"], up=(0.0, 0.0, -1.0)), False),
        (replace(CLIPS["back"], left=(0.0, math.cos(0.1), math.sin(0.1))), True),
    ],
)
def test_sensor_errors_belong_to_the_clip_and_how_it_is_fastened(worn: Worn, kept: bool) -> None:
    belief = carried(known(surer(back_acc_scale=0.003)), FRESH, "T12", CLIPS | {"back": worn}, PARAMS)
    assert (belief.sd("back_acc_scale") < 0.6 * FRESH.sd("back_acc_scale")) == kept
    assert (belief.value("back_acc_scale") > 0.002) == kept


def test_todays_tape_measure_counts_where_it_is_surer() -> None:
    taped = believed(Measures(1.75, knee_to_thigh_clip_m=0.19), "T12", GeometryParams())
    assert carried(known(surer()), taped, "T12", CLIPS, PARAMS).value("thigh_clip_m") == pytest.approx(0.19)


def test_constants_that_the_file_does_not_know_are_anybodys() -> None:
    personal = known(surer())
    assert personal.learnt is not None
    names = [n for n in CONSTANTS if n != "s1_above_m"]
    at = [CONSTANTS.index(n) for n in names]
    fewer = Learnt(tuple(names), personal.learnt.mean[at], personal.learnt.covariance[np.ix_(at, at)], NOISE)
    belief = carried(replace(personal, learnt=fewer), FRESH, "T12", CLIPS, PARAMS)
    assert belief.sd("s1_above_m") == pytest.approx(FRESH.sd("s1_above_m"))
    assert belief.sd("shank_m") < 0.5 * FRESH.sd("shank_m")


@pytest.mark.parametrize(("shift_m", "what"), [(0.035, "back_up"), (-0.035, "back_up"), (0.01, None)])
def test_a_clip_that_sits_elsewhere_is_told(shift_m: float, what: str | None) -> None:
    moves = changed(known(surer()), surer(lumbar_m=shift_m), "T12", PARAMS)
    assert [m.what for m in moves] == ([] if what is None else [what])
    assert all(m.change == pytest.approx(shift_m) for m in moves)


def test_what_a_session_tells_is_kept_with_more_doubt_than_it_claims() -> None:
    learnt = learnt_of(FRESH, surer(0.2, shank_m=0.01), NOISE, PARAMS)
    at = CONSTANTS.index("shank_m")
    assert 0.2 < learnt.sd("shank_m") / FRESH.sd("shank_m") < 1.0
    assert FRESH.mean[at] < learnt.mean[at] < FRESH.mean[at] + 0.01
