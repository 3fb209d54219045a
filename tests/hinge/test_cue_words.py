"""Cue settings as words of a command line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.conventions import FAULTS
from imu_hinge.errors import FormatError
from imu_hinge.hinge.cue_settings import BackThreshold, CueParams, CueSettings, DepthTarget
from imu_hinge.hinge.cue_words import CUE_WORDS, parse_cue_words


@pytest.mark.parametrize(
    ("word", "params"),
    [
        ("rounded=12deg", CueParams(rounded=BackThreshold(12.0, 17.0))),
        ("rounded=12/20deg", CueParams(rounded=BackThreshold(12.0, 20.0))),
        ("Rounded=70%", CueParams(rounded=BackThreshold(0.7, 0.8, "of_max"))),
        ("rounded=60/75%", CueParams(rounded=BackThreshold(0.6, 0.75, "of_max"))),
        ("arched=8deg", CueParams(arched=BackThreshold(8.0, 12.0))),
        ("arched=off", CueParams(muted=("arched_back",))),
        ("rounded=usual", CueParams()),
        ("twist=off", CueParams(muted=("twist",))),
        ("depth=90%", CueParams(target_depth=DepthTarget(0.9))),
        ("depth=on", CueParams(target_depth=DepthTarget())),
        ("depth=70.5deg", CueParams(target_depth=DepthTarget(70.5, "deg"))),
        ("sensitivity=keen", CueParams(doubt_sds=0.7)),
        ("sensitivity=1.5", CueParams(doubt_sds=1.5)),
        ("delay=0.1", CueParams(delay_s=0.1)),
        ("delay=0.1s", CueParams(delay_s=0.1)),
        ("refractory=3", CueParams(refractory_s=3.0)),
        ("lead=0.15", CueParams(lead_s=0.15)),
    ],
)
def test_a_word_sets_one_thing(word: str, params: CueParams) -> None:
    parsed = parse_cue_words([word]).default
    assert parsed.rounded == (pytest.approx(params.rounded) if params.rounded is None else parsed.rounded)
    for name in ("rounded", "arched"):
        one, other = getattr(parsed, name), getattr(params, name)
        assert (one is None) == (other is None)
        if other is not None:
            assert (one.amber, one.red) == pytest.approx((other.amber, other.red))
            assert one.unit == other.unit
    assert parsed.muted == params.muted
    assert parsed.target_depth == params.target_depth
    assert (parsed.doubt_sds, parsed.delay_s, parsed.refractory_s, parsed.lead_s) == (
        params.doubt_sds,
        params.delay_s,
        params.refractory_s,
        params.lead_s,
    )


def test_a_word_with_an_exercise_is_for_that_only_whatever_the_order() -> None:
    expected = CueSettings(CueParams(lead_s=0.15), {"squat": CueParams(lead_s=0.15, rounded=BackThreshold(15.0, 20.0))})
    assert parse_cue_words(["lead=0.15", "squat:rounded=15deg"]) == expected
    assert parse_cue_words(["squat:rounded=15deg", "lead=0.15"]) == expected


def test_words_are_put_over_settings_and_the_later_word_holds() -> None:
    base = CueSettings(CueParams(delay_s=0.2), {"rdl": CueParams(delay_s=0.4, muted=("rushed",))})
    parsed = parse_cue_words(["lead=0.1", "lead=0.2", "rushed=on", "rdl:lead=0.3"], base)
    assert parsed == CueSettings(CueParams(delay_s=0.2, lead_s=0.2), {"rdl": CueParams(delay_s=0.4, lead_s=0.3)})
    assert parse_cue_words(["arched=off", "arched=10deg"]).default.muted == ()
    assert parse_cue_words([]) == CueSettings()


def test_every_fault_can_be_silenced() -> None:
    assert set(parse_cue_words([f"{name}=off" for name in FAULTS]).default.muted) == set(FAULTS)


@pytest.mark.parametrize(
    ("word", "allowed"),
    [
        ("rounded", "rounded=12deg"),
        ("rounded=", "rounded=12deg"),
        ("rounded=12", "rounded=12deg"),
        ("rounded=12/8deg", "rounded=12deg"),
        ("rounded=400deg", "rounded=12deg"),
        ("rounded=-5deg", "rounded=12deg"),
        ("depth=deep", "depth=90%"),
        ("depth=60/70deg", "depth=90%"),
        ("sensitivity=eager", "calm, sensitivity=normal"),
        ("sensitivity=nan", "calm, sensitivity=normal"),
        ("delay=soon", "from 0 to 5"),
        ("lead=2", "from 0 to 0.5"),
        ("twist=maybe", "twist=off or twist=on"),
        ("volume=3", "one of rounded, arched"),
        ("curl:rounded=12deg", "one of hinge, rdl"),
        (":rounded=12deg", "one of hinge, rdl"),
        ("=", "one of rounded, arched"),
        ("", "one of rounded, arched"),
    ],
)
def test_what_is_no_setting_is_refused_with_the_word_and_what_is_allowed(word: str, allowed: str) -> None:
    with pytest.raises(FormatError) as refused:
        parse_cue_words(["lead=0.1", word])
    line = refused.value.one_line()
    assert line.startswith(f"{word!r} is no cue setting. Allowed: ")
    assert allowed in line
    assert "\n" not in line


@given(st.one_of(st.text(), st.tuples(st.sampled_from(list(CUE_WORDS)), st.text()).map("=".join)))
def test_any_word_is_a_setting_or_a_format_error(word: str) -> None:
    told = ""
    try:
        parse_cue_words([word])
    except FormatError as refused:
        told = refused.one_line()
    assert "\n" not in told
