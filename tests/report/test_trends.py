"""The figure and the page of trends: nothing overlaps, nothing is said by colour alone, nothing is loaded or run."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from session_folders import a_summary, name_of, put, put_course

from imu_hinge.library.library import open_library
from imu_hinge.library.trends import ExerciseTrend, trends
from imu_hinge.report.trend_words import describe_trends
from imu_hinge.report.trends import MARKS, trend_figure
from imu_hinge.report.trends_page import render_trends


def followed(home: Path) -> tuple[ExerciseTrend, ...]:
    with open_library(home) as library:
        return trends(library.sessions(), library.reps())


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> ExerciseTrend:
    """Eight weeks at two loads, and one session calibrated otherwise."""
    home = tmp_path_factory.mktemp("course")
    put_course(home)
    made = a_summary(6.0, (60.0,))
    made["quality"]["calibration"] = "minimal"
    put(home, name_of(31), made)
    return followed(home)[0]


def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.axison]


@pytest.mark.parametrize("phone", [False, True])
def test_every_measure_has_its_panel_with_title_and_verdicts(course: ExerciseTrend, phone: bool) -> None:
    figure = trend_figure(course, phone=phone)
    shown = " | ".join(texts_of(figure))
    assert len(panels(figure)) == 7
    titles = ("Lumbar", "Good reps (%)", "Hip share", "Depth", "Way down", "Way up", "Creep")
    for words in (*titles, "fell by", "rose by", "Hollow marks", "60 kg"):
        assert words in shown
    assert "…" not in shown


@pytest.mark.parametrize("phone", [False, True])
def test_texts_neither_overlap_nor_leave_the_figure(course: ExerciseTrend, phone: bool) -> None:
    figure = trend_figure(course, phone=phone)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [text for axes in figure.axes for text in axes.texts]
    for axes in panels(figure):
        low, high = axes.get_ylim()
        texts += [*axes.get_xticklabels(), *(t for t in axes.get_yticklabels() if low <= t.get_position()[1] <= high)]
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts if text.get_text()]
    for name, box in boxes:
        assert figure.bbox.x0 - 1 <= box.x0, name
        assert box.x1 <= figure.bbox.x1 + 1, name
        assert figure.bbox.y0 - 1 <= box.y0, name
    for (one, a), (other, b) in combinations(boxes, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert min(wide, high) < 2.0, f"{one!r} over {other!r}"


def test_loads_differ_in_shape_and_unusual_sessions_are_hollow(course: ExerciseTrend) -> None:
    axes = panels(trend_figure(course))[0]
    marks = [line for line in axes.lines if line.get_marker() not in ("None", "", None)]
    assert {line.get_marker() for line in marks} == {"o", "s"}
    hollow = [line for line in marks if line.get_markerfacecolor() == "#ffffff"]
    assert len(hollow) == 1
    assert len(marks) == 17
    assert len({shape for shape, _ in MARKS}) == len({colour for _, colour in MARKS}) == len(MARKS)


def test_a_change_is_a_full_line_and_none_a_broken_one(course: ExerciseTrend) -> None:
    lumbar, depth = (panels(trend_figure(course))[i] for i in (0, 3))
    style = {
        name: {line.get_linestyle() for line in axes.lines if len(line.get_xdata()) == 40}
        for name, axes in (("lumbar", lumbar), ("depth", depth))
    }
    assert style == {"lumbar": {"-"}, "depth": {"--"}}


def test_one_session_and_nothing_told_are_drawn_too(tmp_path: Path) -> None:
    made = a_summary(reps=1)
    for rep in made["sets"][0]["reps"]:
        rep |= {"verdict": "cannot_tell", "hip_share": None}
        rep["lumbar_flexion_deg"] |= {"at_bottom": None, "max": None, "min": None, "sd": None}
    put(tmp_path, name_of(0), made)
    (found,) = followed(tmp_path)
    assert "cannot be told in these sessions" in texts_of(trend_figure(found))
    assert "too few sessions for a trend" in render_trends([found])


def test_years_of_sessions_keep_their_labels_apart(tmp_path: Path) -> None:
    for month in range(30):
        put(tmp_path, name_of(30 * month), a_summary(5.0 - 0.1 * month))
    (found,) = followed(tmp_path)
    labels = [label.get_text() for label in panels(trend_figure(found, phone=True))[0].get_xticklabels()]
    assert 2 <= len(labels) <= 6
    assert all(re.fullmatch(r"\d+ [A-Z][a-z]{2} 20\d\d", label) for label in labels)


def test_the_page_says_it_first_and_loads_and_runs_nothing(course: ExerciseTrend) -> None:
    page = render_trends([course])
    assert "<h1>RDL: lumbar flexion at the bottom fell by " in page
    assert "No change that can be told: hip share of the bend, depth" in page
    for foreign in ("<script", "http://", "https://", "@import", "url(http", "<img", "<link"):
        assert foreign not in page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert page.count("<svg") == 2
    assert page.count('aria-label="RDL over time: ') == 2
    assert 'class="phone"' in page
    assert "prefers-color-scheme: dark" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        ET.fromstring(svg)


def test_the_words_beside_the_picture_say_what_it_shows(course: ExerciseTrend) -> None:
    said = describe_trends(course)
    assert said.startswith("RDL over time: 9 sessions, ")
    for trend in course.trends:
        for series in trend.series:
            assert f"{series.load} {trend.verdict(series)}" in said


def test_what_files_say_is_escaped(tmp_path: Path) -> None:
    evil = '<img src=x onerror="alert(1)">'
    made = a_summary(exercise=evil) | {"recording": evil}
    made["quality"]["calibration"] = evil
    (put(tmp_path, name_of(0), made) / "session.json").write_text(
        '{"imu_hinge_session": 1, "note": "<script>alert(1)</script>", "tags": ["<b>"]}'
    )
    page = render_trends(followed(tmp_path))
    for raw in ("<img", "<script", "<b>alert", "<b>&lt;"):
        assert raw not in page
    assert "&lt;script&gt;" in page


def test_the_same_sessions_give_the_same_page(course: ExerciseTrend) -> None:
    assert render_trends([course]) == render_trends([course])
