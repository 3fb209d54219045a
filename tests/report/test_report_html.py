"""The page is one file, loads nothing, escapes everything, and says in words what the figures show."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from imu_hinge.hinge.coaching import UNSEEN
from imu_hinge.report.describe import creep_words, describe
from imu_hinge.report.html import render_report
from imu_hinge.report.palette import DARK, INK
from imu_hinge.report.svg import theme_css
from imu_hinge.session.results import AthleteQuality, SessionResult, SetResult

MakeSession = Callable[..., SessionResult]

EVIL = "<script>alert('x')</script>&\"'"
CLAIMS = re.compile(r"injur|diagnos|\bsafe|unsafe|danger|pain\b|medical|\brisk", re.IGNORECASE)
VOID = {"meta", "br", "img", "link", "hr", "input"}


class Page(HTMLParser):
    """Collects tags, attributes and text, and fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def page(session: SessionResult) -> str:
    return render_report(session)


def test_page_loads_and_runs_nothing(page: str) -> None:
    parsed = Page(page)
    tags = {tag for tag, _ in parsed.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for _, attributes in parsed.tags:
        for key, value in attributes.items():
            assert not key.startswith("on")
            if key in {"src", "href", "xlink:href", "srcset", "data", "action"}:
                assert value is not None
                assert value.startswith("#")
    assert not re.search(r"url\((?!#)|@import", page)


def test_references_inside_the_page_resolve_and_ids_are_unique(page: str) -> None:
    ids = [attributes["id"] for _, attributes in Page(page).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', page))
    assert used <= set(ids)


def test_everything_from_the_file_is_escaped(session: SessionResult) -> None:
    quality = replace(
        session.quality,
        calibration=EVIL,
        warnings=(EVIL,),
        clips={EVIL: replace(session.quality.clips["thigh"], site=EVIL)},
        gaps_s=((EVIL, 17.2, 17.9),),
    )
    sets = tuple(
        replace(
            s,
            exercise=EVIL,
            reps=tuple(
                replace(r, verdict=EVIL, faults=tuple(replace(f, name=EVIL, severity=EVIL) for f in r.faults))
                for r in s.reps
            ),
        )
        for s in session.sets
    )
    result = replace(session, recording=EVIL, clips=(EVIL, "back"), quality=quality, sets=sets, params={EVIL: EVIL})
    text = render_report(result)
    assert "<script" not in text.lower()
    assert "script" not in {tag for tag, _ in Page(text).tags}
    assert "alert('x')" not in "".join(re.findall(r"<[^>]*>", text))


def test_both_themes_set_every_colour_the_figures_use(page: str) -> None:
    css = theme_css()
    for role, colour in INK.roles().items():
        assert f"--{role.replace('_', '-')}: {colour};" in css
        assert f"--{role.replace('_', '-')}: {DARK.roles()[role]};" in css
    assert css in page
    assert len(set(INK.roles().values())) == len(INK.roles())
    svgs = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    fixed = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", svgs))
    assert not fixed & set(INK.roles().values())


def test_figures_have_text_alternatives(page: str, session: SessionResult) -> None:
    labels = [attributes.get("aria-label") for tag, attributes in Page(page).tags if tag == "svg"]
    assert len(labels) == 2 * (4 + 1 + len(session.sets))  # wide and phone: time, reps, pattern, best, worst, sets
    assert all(labels)
    assert describe(session) in labels


def test_page_says_what_the_session_says(page: str) -> None:
    words = " ".join(" ".join(Page(page).words).split())
    for expected in (
        "5 reps in 2 sets: 2 good, 3 with a fault.",
        "31° ± 3°",
        "70° ± 2°",
        "rounded back up to 31° (red, 93 % sure)",
        "1.2–0.3–1.2 s",
        "Session health",
        "104 Hz",
        "Parameters and version",
        "vqf",
    ):
        assert expected in words


def test_same_result_same_page(page: str, session: SessionResult) -> None:
    assert render_report(session) == page


def test_sessions_with_little_to_say(
    empty: SessionResult, silent: SessionResult, blind: SessionResult, make_session: MakeSession
) -> None:
    assert describe(empty).startswith("No reps found.")
    assert "No reps were found" in render_report(silent)
    assert "not measured with these clips" in render_report(blind)
    assert "bend" not in describe(blind)
    one = make_session((1,), clips=("pelvis", "back"))
    assert "1 rep in 1 set: 1 good." in render_report(one)


def test_claims_stay_with_technique(page: str, session: SessionResult, blind: SessionResult) -> None:
    for text in (" ".join(Page(page).words), describe(session), describe(blind)):
        assert not CLAIMS.search(text)


def test_description_names_faults_gaps_and_limits(session: SessionResult, blind: SessionResult) -> None:
    text = describe(session)
    assert "rep 3 rounded back up to 31°" in text
    assert "Signal lost once: thigh clip for 0.7 s at 17 s." in text
    assert "your own reference hinges: 5° ± 2°" in text
    assert "Lumbar flexion: not measured with these clips." in describe(blind)


def bottoms(session: SessionResult, *values: float) -> SetResult:
    """A set of judged reps with these lumbar angles at the bottom."""
    rep = session.sets[0].reps[0]
    return replace(session.sets[0], reps=tuple(replace(rep, lumbar_at_bottom_deg=v) for v in values))


def test_creep_is_said_only_where_the_reps_bear_it_out(session: SessionResult) -> None:
    assert creep_words(bottoms(session, 5, 7, 8, 11, 12)) == "the lower back rounds 1.8° more with each rep"
    assert "less" in creep_words(bottoms(session, 12, 11, 8, 7, 5))
    for few_small_or_scattered in ((5, 10, 15, 20), (5, 6, 7, 8, 8), (34, 5, 30, 8, 33, 9), (5, 5, 5, 5, 5)):
        assert creep_words(bottoms(session, *few_small_or_scattered)) == ""


def test_severity_has_its_own_sign_and_shade_in_the_table(page: str) -> None:
    rows = re.findall(r'<tr class="faulty (\w+)">.*?<span class="sign faulty"[^>]*>(.)</span>', page, flags=re.DOTALL)
    assert rows == [("amber", "▽"), ("red", "▼"), ("amber", "▽")]


def test_page_says_what_is_judged_and_why_not(page: str, blind: SessionResult) -> None:
    assert "A rep is good when nothing its exercise is watched for is wrong" in page
    assert "add a back clip" in render_report(blind)
    assert "add a clip on the sacrum" in describe(replace(blind, clips=("thigh", "back")))


def test_warnings_become_sentences(session: SessionResult) -> None:
    quality = replace(session.quality, warnings=("the clip moved by 12 deg at 0.5 deg/s", "is it on?"))
    text = describe(replace(session, quality=quality))
    assert text.endswith("The clip moved by 12° at 0.5 °/s. Is it on?")


def test_the_page_says_whose_file_was_used_and_what_for(session: SessionResult) -> None:
    assert "With the file of" not in render_report(session)
    athlete = AthleteQuality("Ada <&>", 3, constants=True, neutral=True)
    text = render_report(replace(session, quality=replace(session.quality, athlete=athlete)))
    assert "With the file of Ada &lt;&amp;&gt;, learnt from 3 sessions" in text
    assert "its neutral hinge is what reps were judged against" in text
    assert "own reference hinges" not in text.split("<svg")[0]
    unused = replace(athlete, constants=False, neutral=False)
    text = render_report(replace(session, quality=replace(session.quality, athlete=unused)))
    assert "nothing of it" in text
    assert "your own reference hinges" in text


def test_every_set_says_what_the_clips_cannot_see(session: SessionResult) -> None:
    text = render_report(session)
    for point in UNSEEN["rdl"]:
        assert text.count(point) == len(session.sets)


def test_advice_fits_the_exercise(session: SessionResult) -> None:
    squats = replace(session, sets=tuple(replace(s, exercise="squat") for s in session.sets))
    assert "hips further back" in render_report(session)
    assert "hips further back" not in render_report(squats)
    assert "Keep the chest up" in render_report(squats)
