"""What may be set about cues, what each setting does, and that settings survive a file."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from courses import BOTTOM, REFERENCE, Drawn, after, judge
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st
from numpy.typing import NDArray

from imu_hinge.conventions import EXERCISES, FAULTS
from imu_hinge.errors import FormatError
from imu_hinge.hinge.cue_settings import SENSITIVITY, BackThreshold, CueParams, CueSettings, DepthTarget
from imu_hinge.hinge.cues import Cue, CueEngine, cues_after
from imu_hinge.hinge.fault_params import FaultParams
from imu_hinge.hinge.faults import judge_for
from imu_hinge.hinge.look_ahead import LookAhead, LookAheadParams
from imu_hinge.hinge.neutral import Reference
from imu_hinge.hinge.rep_angles import RepAngles
from imu_hinge.session.results import Fault

FloatArray = NDArray[np.float64]
TOUCHED = Reference(lumbar_deg=5.0, fold_deg=75.0, max_flexion_deg=50.0)
UNTOUCHED = replace(TOUCHED, max_flexion_deg=None)


def engine(params: CueParams, reference: Reference = TOUCHED, **exercises: CueParams) -> CueEngine:
    return CueEngine(judge_for(reference, FaultParams(), has_thigh=True), CueSettings(params, exercises))


def deep(lumbar: FloatArray | list[float], fold: FloatArray | float = 75.0, sd: float = 0.0) -> RepAngles:
    """At the bottom, sample by sample."""
    values = np.array(lumbar, float)
    return RepAngles.blank(
        np.arange(len(values)) / 100.0,
        has_thigh=True,
        lumbar_deg=values,
        lumbar_sd_deg=np.full(len(values), sd),
        fold_deg=np.broadcast_to(np.asarray(fold, float), len(values)),
    )


def crossings(params: CueParams, reference: Reference = TOUCHED, sign: int = 1) -> list[float]:
    """Lumbar flexion, deg, at which the back sounds when it slowly rounds (or arches, -1) as far as it can."""
    slowly = sign * np.arange(0.0, 80.0, 0.1)
    return [round(cue.value_deg, 1) for cue in engine(params, reference).update(deep(slowly), FAULTS)]


def test_thresholds_in_degrees_count_from_the_own_reference() -> None:
    assert crossings(CueParams(rounded=BackThreshold(12.0, 18.0))) == pytest.approx([17.1, 23.1], abs=0.11)
    assert crossings(CueParams(arched=BackThreshold(9.0, 14.0)), sign=-1) == pytest.approx([-4.1, -9.1], abs=0.11)


def test_shares_of_the_own_maximum_are_of_that_of_the_toe_touch() -> None:
    shares = CueParams(rounded=BackThreshold(0.6, 0.9, "of_max"), arched=BackThreshold(0.2, 0.3, "of_max"))
    assert crossings(shares) == pytest.approx([30.1, 45.1], abs=0.11)
    assert crossings(shares, sign=-1) == pytest.approx([-5.1, -10.1], abs=0.11)
    assert engine(shares).notes == ()


def test_without_a_toe_touch_shares_fall_back_to_the_usual_degrees_and_say_so() -> None:
    shares = CueParams(rounded=BackThreshold(0.6, 0.9, "of_max"), arched=BackThreshold(0.2, 0.3, "of_max"))
    assert crossings(shares, UNTOUCHED) == crossings(CueParams(), UNTOUCHED)
    assert crossings(shares, UNTOUCHED, sign=-1) == crossings(CueParams(), UNTOUCHED, sign=-1)
    assert engine(CueParams(), UNTOUCHED, squat=shares).notes == (
        "no toe touch was measured, so the rounded cue falls at the usual degrees and not at 60 % of it",
        "no toe touch was measured, so the arched cue falls at the usual degrees and not at 20 % of it",
    )


def test_a_share_never_comes_nearer_to_the_own_neutral_than_half_the_usual_margin() -> None:
    stiff = Reference(lumbar_deg=20.0, fold_deg=75.0, max_flexion_deg=30.0)
    lumbar = np.arange(20.0, 40.0, 0.1)
    found = engine(CueParams(rounded=BackThreshold(0.5, 0.6, "of_max")), stiff).update(deep(lumbar), ("rounded_back",))
    assert [cue.value_deg for cue in found] == pytest.approx([25.0, 25.0], abs=0.11)


def test_a_fault_that_has_sounded_waits_unless_it_gets_worse() -> None:
    restless = deep([16.0, 5.0] * 200)
    often = engine(CueParams(rounded=BackThreshold(10.0, 15.0))).update(restless, FAULTS)
    assert [cue.time_s for cue in often] == pytest.approx([0.0, 1.5, 3.0], abs=0.02)
    worse = engine(CueParams()).update(deep([16.0, 16.0, 21.0, 5.0, 16.0, 21.0]), FAULTS)
    assert [(cue.time_s, cue.severity) for cue in worse] == [(0.0, "amber"), (0.02, "red")]


def test_each_fault_waits_for_itself_only() -> None:
    both = engine(CueParams()).update(deep([16.0, -4.0]), FAULTS)
    assert [cue.name for cue in both] == ["rounded_back", "arched_back"]


def test_what_does_not_last_does_not_sound() -> None:
    params = CueParams(delay_s=0.1)
    brief = [16.0] * 9 + [14.0] + [16.0] * 9
    assert engine(params).update(deep([*brief, 14.0]), FAULTS) == []
    (cue,) = engine(params).update(deep([*brief, 16.0, 16.0]), FAULTS)
    assert cue.time_s == pytest.approx(0.20)
    assert engine(params).update(deep([*brief, np.nan, 16.0, 16.0]), FAULTS) == []


@pytest.mark.parametrize(("word", "sd"), [("keen", 6.0), ("normal", 4.0), ("calm", 2.5)])
def test_who_is_keen_is_cued_with_more_doubt(word: str, sd: float) -> None:
    params = CueParams(doubt_sds=SENSITIVITY[word])
    assert engine(params).update(deep([20.5], sd=sd), FAULTS) != []
    assert engine(params).update(deep([20.5], sd=sd + 3.0), FAULTS) == []


def test_muted_faults_are_silent_live_and_after_the_rep() -> None:
    muted = CueParams(muted=("rounded_back",))
    assert {c.name for c in engine(muted).update(deep([30.0, 30.0, -20.0]), FAULTS)} == {"arched_back"}
    faults = [Fault(name, "amber", 9.0, 3.0, 0.9) for name in FAULTS]
    assert [c.name for c in cues_after(faults, 4.0, ("rushed", "spine_first"))] == [
        "hyperextended_lockout",
        "incomplete_lockout",
    ]


def test_depth_is_acknowledged_once_in_a_rep_where_it_is_asked_for() -> None:
    fold = np.concatenate([np.linspace(0, 80, 200), np.linspace(80, 60, 50), np.linspace(60, 80, 50)])
    folds = np.concatenate([fold, np.linspace(80, 0, 150)] * 2)
    assert TOUCHED.lumbar_deg is not None
    reps = deep(TOUCHED.lumbar_deg * np.minimum(1.0, folds / 75.0), folds)
    assert engine(CueParams()).update(reps, FAULTS) == []
    found = engine(CueParams(target_depth=DepthTarget())).update(reps, FAULTS)
    assert [(c.name, c.severity) for c in found] == [("target_depth", "good")] * 2
    assert not any(c.is_fault for c in found)
    assert found[0].value_deg == pytest.approx(0.95 * 75.0, abs=0.5)
    (one, _) = engine(CueParams(target_depth=DepthTarget(60.0, "deg"))).update(reps, FAULTS)
    assert one.value_deg == pytest.approx(60.0, abs=0.5)
    assert engine(CueParams(target_depth=DepthTarget())).update(reps, FAULTS, "bridge") == []


def test_what_the_back_adds_is_no_depth_and_a_fault_is_not_praised() -> None:
    folds = np.linspace(0.0, 75.0, 500)
    assert TOUCHED.lumbar_deg is not None
    rounding = TOUCHED.lumbar_deg * folds / 75.0 + np.linspace(0.0, 25.0, 500)
    target = engine(CueParams(target_depth=DepthTarget(0.8)))
    assert "target_depth" not in [cue.name for cue in target.update(deep(rounding, folds), FAULTS)]


def test_a_depth_without_reference_hinges_is_an_average_ones_and_it_says_so() -> None:
    nobody = engine(CueParams(target_depth=DepthTarget()), Reference())
    assert nobody.notes == ("no reference hinge was measured, so the target depth is a share of an average one's",)


def test_settings_of_an_exercise_hold_as_soon_as_its_set_is_under_way() -> None:
    live = engine(CueParams(), squat=CueParams(rounded=BackThreshold(25.0, 35.0)), jump=CueParams(muted=FAULTS))
    assert live.update(deep([20.5]), FAULTS, "squat") == []
    assert live.update(deep([29.9]), FAULTS, "jump") == []
    assert [c.severity for c in live.update(deep([20.5]), FAULTS, "rdl")] == ["amber", "red"]
    assert live.update(deep([29.9]), FAULTS, "squat") == []


def test_other_settings_hold_from_here_on() -> None:
    live = engine(CueParams(muted=("rounded_back",)))
    assert live.update(deep([17.0]), FAULTS) == []
    live.adjust(CueSettings())
    assert [c.severity for c in live.update(deep([17.0]), FAULTS)] == ["amber"]


FAST_ROUNDING = replace(Drawn(), lumbar_more=18.0 * (after(BOTTOM - 0.5, 0.5) - after(BOTTOM + 0.3, 0.5)), sd=0.5)


def of_rep(drawn: Drawn, params: CueParams) -> list[Cue]:
    return CueEngine(judge(REFERENCE), CueSettings(params)).update(drawn.grid, FAULTS)


def test_a_prediction_cues_earlier_and_no_good_rep() -> None:
    now, soon = (of_rep(FAST_ROUNDING, CueParams(lead_s=lead)) for lead in (0.0, 0.15))
    assert [c.name for c in now] == [c.name for c in soon] == ["rounded_back"] * 2
    assert 0.03 < now[0].time_s - soon[0].time_s < 0.15
    assert of_rep(Drawn(sd=0.5), CueParams(lead_s=0.15)) == []


def test_noise_is_no_slope() -> None:
    rng = np.random.default_rng(5)
    unrest = 10.0 + rng.normal(0.0, 1.0, 20_000)
    without, ahead = (engine(CueParams(lead_s=lead)).update(deep(unrest, sd=1.0), FAULTS) for lead in (0.0, 0.15))
    assert len(ahead) == len(without) == 0


@pytest.mark.parametrize("speed", [-60.0, 20.0, 60.0])
def test_a_steady_course_is_continued_in_part_and_the_doubt_grows_with_the_lead(speed: float) -> None:
    time_s = np.arange(100) / 100.0
    sd = np.full(100, 0.5)
    changes = {
        lead: LookAhead(LookAheadParams()).update(time_s, speed * time_s, sd, lead) for lead in (0.05, 0.15, 0.3)
    }
    for lead, (change, _) in changes.items():
        assert 0.6 < change[-1] / (speed * lead) < 1.0
    doubts = [doubt[-1] for _, doubt in changes.values()]
    assert doubts == sorted(doubts)
    assert doubts[0] > 0.0


def test_nothing_is_predicted_across_a_hole() -> None:
    time_s = np.concatenate([np.arange(50), np.arange(80, 100)]) / 100.0
    change, doubt = LookAhead(LookAheadParams()).update(time_s, 60.0 * time_s, np.ones(70), 0.15)
    assert np.isnan(change[:10]).all()
    assert np.isnan(change[50:60]).all()
    assert np.isfinite(change[61:]).all()
    assert (np.isnan(change) == np.isnan(doubt)).all()


thresholds = st.one_of(
    st.none(),
    st.tuples(st.floats(0.5, 45.0), st.floats(0.0, 45.0)).map(lambda t: BackThreshold(t[0], t[0] + t[1])),
    st.tuples(st.floats(0.02, 0.7), st.floats(0.0, 0.7)).map(lambda t: BackThreshold(t[0], t[0] + t[1], "of_max")),
)
depths = st.one_of(
    st.none(),
    st.floats(0.2, 2.0).map(DepthTarget),
    st.floats(15.0, 170.0).map(lambda deg: DepthTarget(deg, "deg")),
)
params_of_any_kind = st.builds(
    CueParams,
    doubt_sds=st.floats(0.0, 5.0),
    refractory_s=st.floats(0.0, 60.0),
    delay_s=st.floats(0.0, 5.0),
    lead_s=st.floats(0.0, 0.5),
    rounded=thresholds,
    arched=thresholds,
    muted=st.lists(st.sampled_from(FAULTS), unique=True).map(tuple),
    target_depth=depths,
)
settings_of_any_kind = st.builds(
    CueSettings, params_of_any_kind, st.dictionaries(st.sampled_from(EXERCISES), params_of_any_kind, max_size=3)
)


@given(settings_of_any_kind)
def test_settings_survive_a_file(settings: CueSettings) -> None:
    assert CueSettings.from_json(settings.to_json()) == settings


def test_a_file_need_not_say_everything() -> None:
    text = '{"default": {"lead_s": 0.15}, "exercises": {"squat": {"delay_s": 0.1}}}'
    settings = CueSettings.from_json(text)
    assert settings.default == CueParams(lead_s=0.15)
    assert settings.of("squat") == CueParams(lead_s=0.15, delay_s=0.1)
    assert settings.of("rdl") == settings.of(None) == settings.default
    assert CueSettings.from_json("{}") == CueSettings()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"defaults": {}}',
        '{"default": 3}',
        '{"default": {"refractory": 1}}',
        '{"default": {"refractory_s": -1}}',
        '{"default": {"refractory_s": "1"}}',
        '{"default": {"delay_s": true}}',
        '{"default": {"lead_s": NaN}}',
        '{"default": {"lead_s": 1e999}}',
        '{"default": {"lead_s": null}}',
        '{"default": {"muted": "rounded_back"}}',
        '{"default": {"muted": ["slouching"]}}',
        '{"default": {"muted": [["rounded_back"]]}}',
        '{"default": {"rounded": 12}}',
        '{"default": {"rounded": {"amber": 12}}}',
        '{"default": {"rounded": {"amber": 12, "red": 10}}}',
        '{"default": {"rounded": {"amber": 12, "red": 15, "unit": "rad"}}}',
        '{"default": {"rounded": {"amber": 12, "red": 15, "unit": ["deg"]}}}',
        '{"default": {"target_depth": {"amount": 0.0}}}',
        '{"exercises": {"curl": {}}}',
        '{"exercises": []}',
        "[" * 100_000,
    ],
)
def test_nonsense_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(FormatError, match="no cue settings") as refused:
        CueSettings.from_json(text, path="cues.json")
    assert refused.value.path == "cues.json"
    assert "\n" not in refused.value.one_line()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    ["default", "exercises", "squat", "rounded", "muted", "amber", "red", "unit", "lead_s"]
                ),
                x,
            )
        ),
    )
)
def test_any_json_is_settings_or_a_format_error(raw: Any) -> None:
    try:
        settings = CueSettings.from_json(json.dumps(raw))
    except FormatError:
        return
    assert CueSettings.from_json(settings.to_json()) == settings


def restless(seed: int, n: int = 600) -> RepAngles:
    """A walk through everything that can be cued, with holes."""
    rng = np.random.default_rng(seed)
    fold = 40 + 40 * np.sin(np.arange(n) / 40) + rng.normal(size=n)
    thigh = -30 + 25 * np.sin(np.arange(n) / 45) + rng.normal(size=n)
    back = 40 + 30 * np.sin(np.arange(n) / 50) + rng.normal(size=n)
    lumbar = 6 + 20 * np.sin(np.arange(n) / rng.uniform(10, 60)) + rng.normal(size=n)
    fold[200:212] = thigh[300:330] = lumbar[400:405] = np.nan
    return RepAngles.blank(
        np.arange(n) / 100.0,
        has_thigh=True,
        lumbar_deg=lumbar,
        lumbar_sd_deg=rng.uniform(0.0, 2.0, n),
        fold_deg=fold,
        thigh_pitch_deg=thigh,
        back_pitch_deg=back,
        trunk_pitch_deg=back,
    )


@run(max_examples=40)
@given(settings_of_any_kind, st.integers(0, 50), st.lists(st.integers(0, 600), max_size=40))
def test_any_settings_cue_alike_however_the_stream_is_cut(settings: CueSettings, seed: int, cuts: list[int]) -> None:
    grid, judged = restless(seed), judge_for(TOUCHED, FaultParams(), has_thigh=True)
    exercises: list[str | None] = [None, "squat", "rdl"]

    def told(edges: list[int]) -> list[Cue]:
        live = CueEngine(judged, settings)
        return [
            cue
            for a, b in pairwise(edges)
            if a < b
            for cue in live.update(grid.part(slice(a, b)), FAULTS, exercises[a // 200])
        ]

    whole = told([0, 200, 400, 600])
    assert told(sorted([0, 200, 400, 600, *cuts])) == whole
    assert told(list(range(601))) == whole


@pytest.mark.parametrize("lead", [0.0, 0.15])
def test_by_default_all_of_it_is_cued_in_that_walk(lead: float) -> None:
    params = CueParams(refractory_s=0.0, lead_s=lead, target_depth=DepthTarget())
    names = {c.name for seed in range(3) for c in engine(params).update(restless(seed), FAULTS)}
    assert names == {"rounded_back", "arched_back", "knee_dominant", "hips_shoot_up", "target_depth"}
