"""The page as a browser shows it: it moves, it cues, it says when it cannot be trusted, and it is read from 3 m."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live.page.demo_views import AMBER_CUE, GOOD_CUE, RED_CUE, SCENES, SCREENS, body

import imu_hinge
from imu_hinge.live.server import PageServer
from imu_hinge.live.view import Board, Phase, Prompt, View
from imu_hinge.report.palette import DARK, INK
from imu_hinge.report.posture import pose_from

Serve = Callable[..., PageServer]
LOOKING = (Path(__file__).parent / "looking.js").read_text(encoding="utf-8")
SMALL = {**SCREENS, "small phone": (360, 640), "tablet": (768, 1024)}


class Screen:
    """A browser's page that watches a board."""

    def __init__(self, browser: Any, board: Board, server: PageServer, **context: Any) -> None:
        self.board, self.server = board, server
        self.context = browser.new_context(**{"viewport": {"width": 390, "height": 844}, **context})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))
        self.page.set_default_timeout(10_000)

    def open(self) -> Screen:
        self.page.goto(self.server.urls()[-1])
        self.page.wait_for_selector("body[data-link=live]:not([data-mode=wait])")
        return self

    def put(self, view: View, **other: Any) -> None:
        self.board.put(replace(view, serial=self.board.look().serial + 1, **other))

    def has(self, selector: str, text: str) -> None:
        self.page.wait_for_function(
            "([s, t]) => document.querySelector(s).textContent.includes(t)", arg=[selector, text]
        )

    def look(self, what: str, *args: Any) -> Any:
        return self.page.evaluate(f"(args) => {LOOKING}.{what}(...args)", list(args))

    def stop_the_clock(self) -> None:
        self.page.clock.pause_at(self.page.evaluate("Date.now() + 100") / 1000)

    def settled(self) -> None:
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.fixture
def show(browser: Any, serve: Serve) -> Iterator[Callable[..., Screen]]:
    opened: list[Screen] = []

    def one(scene: str = "set_neutral", *, params: dict[str, Any] | None = None, **context: Any) -> Screen:
        board = Board(SCENES[scene])
        opened.append(Screen(browser, board, serve(board, **{"beat_s": 0.1, **(params or {})}), **context))
        return opened[-1]

    yield one
    for screen in opened:
        screen.context.close()


pytestmark = pytest.mark.slow
Show = Callable[..., Screen]


def test_the_figure_follows_the_body(show: Show) -> None:
    screen = show().open()
    places = []
    for depth in (0.0, 0.5, 1.0):
        pose = pose_from(-22 * depth, 55 * depth, 55 * depth + 2, 77 * depth, 2)
        screen.put(SCENES["set_neutral"], body=body(depth))
        screen.page.wait_for_function(
            "(x) => Math.abs(document.getElementById('figure-head').getAttribute('cx') - x) < 1",
            arg=1000 * float(pose.head[0]),
        )
        places.append(screen.page.locator("#figure-head").bounding_box())
    assert places[0]["x"] < places[1]["x"] < places[2]["x"]
    assert places[0]["y"] < places[1]["y"] < places[2]["y"]


def test_motion_between_two_views_is_drawn(show: Show) -> None:
    screen = show()
    screen.page.clock.install()
    screen.open()
    screen.stop_the_clock()
    screen.put(SCENES["set_neutral"], body=body(0.0), exercise="squat")
    screen.has("#exercise", "Squat")
    screen.page.clock.run_for(200)
    screen.put(SCENES["set_neutral"], body=body(1.0), exercise="deadlift")
    screen.has("#exercise", "Deadlift")
    seen = set()
    for _ in range(10):
        screen.page.clock.run_for(16)
        seen.add(screen.page.get_attribute("#figure-head", "cx"))
    assert len(seen) >= 4


def test_the_figures_geometry_is_that_of_reports(show: Show) -> None:
    screen = show().open()
    for thigh, pelvis, trunk in [
        (0, 0, 0),
        (-25, 50, 55),
        (-90, 20, 45),
        (-22, 40, 67),
        (None, 50, 55),
        (-20, 40, None),
    ]:
        nan = [np.nan if one is None else float(one) for one in (thigh, pelvis, trunk)]
        wanted = pose_from(*nan, 0.0, 0.0)
        got = screen.page.evaluate(
            "async (p) => (await import('/posture.js')).pose(p)",
            {"shank": None, "thigh": thigh, "pelvis": pelvis, "trunk": trunk},
        )
        for joint in ("ankle", "knee", "hip", "sacrum", "lumbar", "shoulder", "head"):
            np.testing.assert_allclose(got[joint], getattr(wanted, joint), atol=1e-9)
        assert got["knows"] == {
            "shank": False,
            "thigh": wanted.knows_thigh,
            "pelvis": wanted.knows_pelvis,
            "trunk": wanted.knows_trunk,
        }


@pytest.mark.parametrize(
    ("state", "mark", "arrow"),
    [
        ("neutral", "good", False),
        ("rounding", "amber", True),
        ("rounded", "red", True),
        ("arching", "amber", True),
        ("arched", "red", True),
        ("unknown", "cannot_tell", False),
    ],
)
def test_the_lower_back_has_colour_shape_and_word(show: Show, state: str, mark: str, *, arrow: bool) -> None:
    screen = show().open()
    screen.put(SCENES["set_neutral"], body=body(0.8, 20.0, state))
    screen.has("#state-word", state)
    screen.page.wait_for_selector(f"#figure-lumbar[data-state={state}]", state="attached")
    screen.settled()
    assert screen.page.get_attribute("#state .mark", "data-mark") == mark
    assert bool(screen.page.get_attribute("#figure-mark", "d")) is arrow


def test_what_the_clips_cannot_tell_is_dashed_and_said(show: Show) -> None:
    screen = show("set_unknown").open()
    screen.settled()
    dashed = screen.page.evaluate("[...document.querySelectorAll('.part.guess')].map(e => e.id).sort()")
    assert dashed == ["figure-head", "figure-neck", "figure-shank", "figure-trunk"]
    assert screen.page.inner_text("#lumbar output") == "cannot tell"
    assert screen.page.inner_text("#hip output") == "39° ± 4°"


@pytest.mark.parametrize("cue", [RED_CUE, AMBER_CUE, GOOD_CUE], ids=lambda cue: cue.severity)
def test_a_cue_is_shown_for_two_seconds(show: Show, cue: Any) -> None:
    screen = show()
    screen.page.clock.install()
    screen.open()
    screen.stop_the_clock()
    screen.put(SCENES["set_rounded"], cue=cue)
    screen.page.wait_for_selector(f"#cue[data-severity={cue.severity}]:not([hidden])")
    assert " ".join(screen.page.inner_text("#cue-words").split()) == cue.words
    assert screen.page.text_content("#say-now") == cue.words
    assert screen.page.get_attribute("#cue .mark", "data-mark") == cue.severity
    screen.page.clock.run_for(1990)
    assert screen.page.is_visible("#cue")
    screen.page.clock.run_for(20)
    assert not screen.page.is_visible("#cue")
    screen.put(SCENES["set_rounded"], cue=cue, exercise="squat")
    screen.has("#exercise", "Squat")
    assert not screen.page.is_visible("#cue"), "the same cue is not told twice"


def test_an_old_cue_is_not_told_to_a_screen_that_comes_late(show: Show) -> None:
    screen = show("set_neutral")
    screen.put(SCENES["set_rounded_cue"], time_s=RED_CUE.time_s + 30)
    screen.open()
    assert not screen.page.is_visible("#cue")


def test_a_lost_connection_is_said_and_greyed_and_mends_itself(show: Show, serve: Serve) -> None:
    screen = show().open()
    screen.server.stop()
    screen.page.wait_for_selector("body[data-link=lost]")
    assert "Connection lost" in screen.page.inner_text("#link-banner")
    look = screen.page.evaluate(
        "(({filter, opacity}) => [filter, +opacity])(getComputedStyle(document.querySelector('main')))"
    )
    assert look[0] == "grayscale(1)"
    assert look[1] < 0.5
    screen.put(SCENES["set_rounded"], reps=11)
    serve(screen.board, port=screen.server.port)
    screen.page.wait_for_selector("body[data-link=live]")
    screen.has("#reps", "11")
    assert not screen.page.is_visible("#link-banner")


def test_after_the_session_the_page_keeps_where_the_report_is(show: Show) -> None:
    screen = show("ended").open()
    screen.server.stop()
    screen.has("#link-banner", "The session is over")
    assert screen.page.evaluate("getComputedStyle(document.querySelector('main')).opacity") == "1"
    assert "report.html" in screen.page.inner_text("#prompt-text")


def test_a_silent_connection_is_a_lost_one(show: Show) -> None:
    screen = show(params={"beat_s": 3600})
    screen.page.clock.install()
    screen.open()
    screen.stop_the_clock()
    screen.page.evaluate(
        "window.told = []; new MutationObserver(() => window.told.push(document.body.dataset.link))"
        ".observe(document.body, { attributes: true, attributeFilter: ['data-link'] })"
    )
    screen.page.clock.run_for(3000)
    assert screen.page.evaluate("window.told")[0] == "lost"


def test_values_that_stand_still_in_a_set_are_not_trusted(show: Show) -> None:
    screen = show().open()
    screen.page.wait_for_selector("body.stale")
    assert "No new values" in screen.page.inner_text("#link-banner")
    screen.put(SCENES["set_neutral"])
    screen.page.wait_for_selector("body:not(.stale)")


def test_a_full_page_says_so(show: Show) -> None:
    first = show(params={"most_clients": 1}).open()
    second = first.context.new_page()
    second.goto(first.server.urls()[-1])
    second.wait_for_selector("body[data-link=full]")
    assert "1 screens are watching already" in second.inner_text("#link-banner")


def test_the_token_leaves_the_address_bar_and_a_reload_still_works(show: Show) -> None:
    screen = show(params={"lan": True}).open()
    screen.page.wait_for_function("!location.search")
    screen.page.reload()
    screen.page.wait_for_selector("body[data-link=live]")
    assert screen.page.evaluate("document.cookie") == ""
    assert screen.complaints == []


def test_where_no_browser_grants_a_waking_screen_the_page_says_so(show: Show) -> None:
    links = [one for one in show(params={"lan": True}).server.urls() if "127.0.0.1" not in one]
    if not links:
        pytest.skip("this computer is on no network")
    screen = show(params={"lan": True})
    screen.page.goto(screen.server.urls()[0])
    screen.page.wait_for_selector("body[data-link=live]")
    screen.has("#awake", "may let the screen sleep")
    screen.page.click("#sound")
    screen.has("#sound", "Sound is on")
    assert screen.complaints == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", list(SMALL))
def test_every_scene_can_be_read_on_every_screen(show: Show, size: str, scheme: str) -> None:
    width, height = SMALL[size]
    screen = show(viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce").open()
    wrong = {}
    for name, view in SCENES.items():
        screen.put(view, exercise=f"{name} x")
        screen.has("#exercise", name.replace("_", " ")[1:])
        screen.settled()
        screen.page.wait_for_selector(
            "#cue" + ("" if view.cue else "[hidden]"), state="visible" if view.cue else "hidden"
        )
        found = [*screen.look("faint"), *screen.look("cut"), *([] if view.cue else screen.look("hit"))]
        if found or screen.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong[name] = found
    assert wrong == {}
    assert screen.complaints == []
    assert {re.split(r"(?<=\d)/", url)[0].split("//")[1] for url in screen.asked} == {f"127.0.0.1:{screen.server.port}"}


@pytest.mark.parametrize("size", list(SCREENS))
def test_count_cue_and_verdict_are_read_from_three_metres(show: Show, size: str) -> None:
    """A 390 px wide phone is about 65 mm wide, 1280 px of a laptop 290 mm. Letters of ten minutes of arc, twice what
    normal sight needs, are 8.7 mm high at 3 m; the verdict, which waits, has five at least."""
    width, height = SCREENS[size]
    px_per_mm = 1280 / 290 if size == "laptop" else 390 / 65
    screen = show("set_rounded", viewport={"width": width, "height": height}).open()
    assert screen.look("height", "#reps", "0") >= 0.2 * min(width, height)
    for view in (SCENES["set_rounded"], SCENES["set_neutral"]):
        screen.put(view)
        screen.has("#verdict .fit", view.last_rep.words.split()[0])
        assert screen.look("height", "#verdict .fit", "H") >= 4.4 * px_per_mm
    for scene in ("set_rounded_cue", "set_arching_cue"):
        screen.put(SCENES[scene])
        screen.has("#cue-words", SCENES[scene].cue.words.split()[0])
        assert screen.look("height", "#cue-words", "H") >= 8.7 * px_per_mm


def test_a_set_that_ends_is_summed_up(show: Show) -> None:
    screen = show().open()
    screen.put(SCENES["rest"])
    screen.page.wait_for_selector("body[data-mode=rest]")
    assert " ".join(screen.page.inner_text("#rest-headline").split()) == "6 of 8 reps good"
    marks = screen.page.evaluate("[...document.querySelectorAll('#rest-dots .mark')].map(e => e.dataset.mark)")
    assert marks == list(SCENES["rest"].last_set.verdicts)
    assert "6 of 8 reps good" in screen.page.text_content("#say")


def test_a_break_between_sets_still_says_that_it_is_one(show: Show) -> None:
    screen = show().open()
    screen.put(SCENES["rest"], phase=Phase.PAUSED, prompt=Prompt("Paused", "Nothing is counted."))
    screen.has("#rest-what", "Paused · Set 2 · RDL · 60 kg")


def test_words_are_shown_as_words(show: Show) -> None:
    screen = show().open()
    nasty = "<img src=x onerror=alert(1)>"
    screen.put(SCENES["calibrating"], exercise=nasty, prompt=replace(SCENES["calibrating"].prompt, problem=nasty))
    screen.has("#prompt-problem", nasty)
    assert screen.page.locator("img").count() == 0


def test_sound_is_switched_on_by_a_tap_and_cues_make_no_trouble(show: Show) -> None:
    screen = show().open()
    screen.page.click("#sound")
    screen.has("#sound", "Sound is on")
    for serial, cue in enumerate((RED_CUE, AMBER_CUE, GOOD_CUE, replace(AMBER_CUE, name="butt_wink")), 50):
        screen.put(SCENES["set_rounded"], cue=replace(cue, serial=serial, words=f"{cue.words} {serial}"))
        screen.has("#cue-words", str(serial))
    screen.put(SCENES["rest"])
    screen.page.wait_for_selector("body[data-mode=rest]")
    screen.page.click("#sound")
    screen.has("#sound", "Tap for sound")
    assert screen.complaints == []


def test_colours_are_those_of_reports() -> None:
    css = (Path(imu_hinge.__file__).parent / "live" / "page" / "style.css").read_text(encoding="utf-8")
    blocks = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", one)) for one in css.split(":root {")[1:3]]
    for said, palette in zip(blocks, (DARK, INK), strict=True):
        roles = {name.replace("_", "-"): colour for name, colour in palette.roles().items()}
        shared = sorted(set(said) & set(roles))
        assert len(shared) >= 8
        assert {name: said[name] for name in shared} == {name: roles[name] for name in shared}
