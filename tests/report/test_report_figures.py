"""Figures hold what they must, where it belongs, in every kind of session, without texts touching."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from imu_hinge.errors import ImuHingeError, OutputError
from imu_hinge.report.figures import (
    angle_angle_figure,
    rep_by_rep_figure,
    save_figure,
    session_figure,
    strip_figure,
    timeline_figure,
)
from imu_hinge.report.series import numbered_reps, telling_rep
from imu_hinge.session.results import Fault, SessionResult

MakeSession = Callable[..., SessionResult]


def texts_of(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.findobj(Text) if isinstance(t, Text) and t.get_text()]


def by_gid(figure: Figure, prefix: str) -> dict[str, list[Rectangle]]:
    found: dict[str, list[Rectangle]] = {}
    for patch in figure.findobj(Rectangle):
        gid = patch.get_gid()
        if isinstance(patch, Rectangle) and gid is not None and gid.startswith(prefix):
            found.setdefault(gid.rpartition("-")[0], []).append(patch)
    return found


def touching(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of drawn texts whose boxes overlap, and texts that stick out of the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = []
    for axes in figure.axes:
        drawn = [t for t in axes.texts if t.get_text()]
        if axes.axison:
            drawn += [t for t in (axes.xaxis.label, axes.yaxis.label) if t.get_text()]
            for axis in (axes.xaxis, axes.yaxis):
                low, high = sorted(axis.get_view_interval())
                for tick in axis.get_major_ticks():
                    shown = tick.label1.get_visible() and low <= tick.get_loc() <= high
                    if shown and tick.label1.get_text():
                        drawn.append(tick.label1)
        boxes += [(t.get_text(), t.get_window_extent(renderer)) for t in drawn]
    bad = []
    for (one, a), (other, b) in combinations(boxes, 2):
        wide = min(a.x1, b.x1) - max(a.x0, b.x0)
        high = min(a.y1, b.y1) - max(a.y0, b.y0)
        if wide > 1 and high > 2:
            bad.append((one, other))
    frame = figure.bbox
    bad += [(t, "edge") for t, b in boxes if b.x0 < -1 or b.y0 < -1 or b.x1 > frame.x1 + 1 or b.y1 > frame.y1 + 1]
    return bad


def test_axes_carry_names_and_units(session: SessionResult) -> None:
    labels = {label for a in session_figure(session).axes for label in (a.get_xlabel(), a.get_ylabel())}
    assert {"Hip flexion (°)", "Lumbar flexion (°)", "Time (s)"} <= labels


def test_one_patch_per_rep_on_both_panels(session: SessionResult) -> None:
    patches = by_gid(session_figure(session), "rep-")
    assert sorted(patches) == [f"rep-{n}" for n in range(1, 6)]
    for r in numbered_reps(session):
        for patch in patches[f"rep-{r.number}"]:
            assert patch.get_x() == pytest.approx(r.rep.start_s)
            assert patch.get_x() + patch.get_width() == pytest.approx(r.rep.end_s)
    assert {len(p) for p in patches.values()} == {2}


def test_gap_is_hatched_where_it_is_and_named(session: SessionResult) -> None:
    figure = session_figure(session)
    (patches,) = by_gid(figure, "gap-").values()
    assert len(patches) == 2
    for patch in patches:
        assert patch.get_x() == pytest.approx(17.2)
        assert patch.get_width() == pytest.approx(0.7)
        assert patch.get_hatch()
    assert "thigh 0.7 s" in texts_of(figure)


def test_a_short_gap_shows_in_a_long_session(make_session: MakeSession) -> None:
    result = make_session((20,) * 6, rest_s=500.0, rate_hz=20.0, gaps=(("back", 1000.0, 1000.2),))
    (patches,) = by_gid(timeline_figure(result), "gap-").values()
    inches = patches[0].get_width() / float(np.ptp(result.angles.time_s)) * 9.8
    assert 0.015 < inches < 0.05


def test_calibration_and_sets_are_named(session: SessionResult) -> None:
    words = " ".join(texts_of(session_figure(session)))
    assert "Set 1" in words
    assert "ref" in words
    assert "90 % band" in words


def test_calibration_too_short_for_its_names_is_one_bar(make_session: MakeSession) -> None:
    words = texts_of(timeline_figure(make_session((20,) * 6, rest_s=1.0)))
    assert "cal" in words
    assert not any(text.startswith("ref") for text in words)


def lockout(session: SessionResult, name: str, *, rounded: bool = False) -> tuple[SessionResult, float]:
    """The session with a fault at the top of its first rep, and when that was."""
    first = session.sets[0]
    rep, other = first.reps[:2]
    top = Fault(name, "red", 12.0, rep.end_s + 0.1, 0.99)
    wrong = replace(rep, verdict="faulty", faults=(top, *other.faults) if rounded else (top,))
    sets = (replace(first, reps=(wrong, *first.reps[1:])), *session.sets[1:])
    return replace(session, sets=sets), top.time_s


def marks_at(figure: Figure, label: str, time_s: float) -> int:
    panel = next(a for a in figure.axes if a.get_ylabel() == label)
    lines = [np.asarray(line.get_xdata(), dtype=float) for line in panel.lines if line.get_marker() in ("v", "o")]
    return sum(len(x) == 1 and x[0] == pytest.approx(time_s) for x in lines)


@pytest.mark.parametrize(
    ("name", "shows", "other"),
    [
        ("hyperextended_lockout", "Lumbar flexion (°)", "Hip flexion (°)"),
        ("incomplete_lockout", "Hip flexion (°)", "Lumbar flexion (°)"),
    ],
)
def test_a_fault_of_the_top_is_marked_at_the_top(session: SessionResult, name: str, shows: str, other: str) -> None:
    result, at_s = lockout(session, name)
    figure, bottom_s = session_figure(result), result.sets[0].reps[0].bottom_s
    assert marks_at(figure, shows, at_s) == 1
    assert marks_at(figure, other, at_s) == 0
    assert marks_at(figure, shows, bottom_s) == 0
    both = session_figure(lockout(session, name, rounded=True)[0])
    assert marks_at(both, shows, at_s) == marks_at(both, shows, bottom_s) == 1


def test_a_bridge_is_not_drawn_standing(session: SessionResult) -> None:
    lying = replace(session, sets=(replace(session.sets[0], exercise="bridge"),))
    chosen = telling_rep(lying)
    assert chosen is not None
    words = " ".join(texts_of(strip_figure(lying, chosen)))
    assert "done lying" in words
    assert "hip" not in words


def test_gap_leaves_the_curve_open(session: SessionResult) -> None:
    hip = next(a for a in session_figure(session).axes if a.get_ylabel() == "Hip flexion (°)")
    curve = max(hip.lines, key=lambda line: len(np.asarray(line.get_xdata())))
    x, y = np.asarray(curve.get_xdata(), dtype=float), np.asarray(curve.get_ydata(), dtype=float)
    assert np.isnan(y[(x > 17.25) & (x < 17.85)]).all()


def test_lumbar_that_is_not_measured_is_said_and_not_drawn(blind: SessionResult) -> None:
    figure = session_figure(blind)
    assert texts_of(figure).count("lumbar: not measured with these clips") >= 2
    assert not any("lumbar 0" in t for t in texts_of(figure))


@pytest.mark.parametrize("clips", [("thigh", "back"), ("thigh", "pelvis"), ("pelvis", "back"), ("thigh",), ()])
@pytest.mark.parametrize("lumbar", [True, False])
def test_every_subset_of_clips_draws(make_session: MakeSession, clips: tuple[str, ...], lumbar: bool) -> None:
    result = make_session((2,), clips=clips, lumbar=lumbar)
    chosen = telling_rep(result)
    assert chosen is not None
    words = " ".join(texts_of(strip_figure(result, chosen)))
    drawn = bool(clips) and (lumbar or clips != ("pelvis", "back"))
    assert ("grey: assumed" if drawn else "No stick figure") in words
    angle_angle_figure(result)


def hipless(result: SessionResult, *warnings: str, lumbar: bool = True) -> SessionResult:
    """The session with its hip (and lumbar) angles left out."""
    nothing = np.full_like(result.angles.time_s, np.nan)
    angles = replace(result.angles, hip_flexion_deg=nothing)
    sets = tuple(replace(s, reps=tuple(replace(r, hip_max_deg=None) for r in s.reps)) for s in result.sets)
    if not lumbar:
        angles = replace(angles, lumbar_flexion_deg=nothing)
    quality = replace(result.quality, warnings=warnings)
    return replace(result, angles=angles, sets=sets, quality=quality)


def test_without_a_thigh_clip_every_rep_has_its_lumbar_course(make_session: MakeSession) -> None:
    result = hipless(make_session((3,), clips=("pelvis", "back")))
    figure = session_figure(result)
    words = texts_of(figure)
    assert words.count("hip: not measured with these clips") == 2
    assert "Lumbar through every rep" in words
    assert not any("solid down" in t or "hip –" in t for t in words)
    courses = next(a for a in figure.axes if a.get_xlabel() == "Part of the rep (%)")
    assert sum(len(np.asarray(line.get_xdata())) > 10 for line in courses.lines) == 3
    assert touching(figure) == []
    assert touching(session_figure(result, rep=2)) == []


def test_angles_that_were_left_out_draw_no_posture(make_session: MakeSession) -> None:
    result = hipless(make_session((3,), lumbar=False), "the clips differ by 12 deg: are they swapped?", lumbar=False)
    for figure in (session_figure(result), session_figure(result, rep=1)):
        words = " ".join(texts_of(figure))
        assert words.count("hip: left out, see the warnings") == 2
        assert "No stick figure" in words
        assert "The clips differ by 12°: are they swapped?" in words
        assert touching(figure) == []


def test_sessions_without_reps_or_samples_say_so(empty: SessionResult, silent: SessionResult) -> None:
    for result in (empty, silent):
        figure = session_figure(result)
        assert "no reps found" in texts_of(figure)
        assert touching(figure) == []


def test_one_rep_zooms_on_that_rep(session: SessionResult) -> None:
    figure = session_figure(session, rep=4)
    rep = numbered_reps(session)[3].rep
    panels = [a for a in figure.axes if a.get_ylabel() in {"Hip (°)", "Lumbar (°)", "Speed (°/s)"}]
    assert len(panels) == 3
    for axes in panels:
        low, high = axes.get_xlim()
        assert low < rep.start_s < rep.end_s < high
        assert high - low < rep.end_s - rep.start_s + 2
    assert by_gid(figure, "rep-").keys() == {"rep-4"}
    assert touching(figure) == []


@pytest.mark.parametrize("rep", [0, -1, 6])
def test_a_rep_that_is_not_there_is_the_users_error(session: SessionResult, rep: int) -> None:
    with pytest.raises(ImuHingeError, match="Choose a rep from 1 to 5"):
        session_figure(session, rep=rep)


def test_twenty_reps_without_texts_touching(make_session: MakeSession) -> None:
    result = make_session((10, 10), gaps=(("thigh", 20.0, 20.5), ("back", 21.0, 21.4), ("back", 60.0, 62.0)))
    chosen = telling_rep(result)
    assert chosen is not None
    for phone in (False, True):
        assert touching(timeline_figure(result, phone=phone)) == []
        assert touching(rep_by_rep_figure(result, phone=phone)) == []
        assert touching(angle_angle_figure(result, phone=phone)) == []
        assert touching(strip_figure(result, chosen, phone=phone)) == []
    assert touching(session_figure(result)) == []
    assert touching(session_figure(result, rep=3)) == []


def test_two_hundred_reps_over_an_hour(make_session: MakeSession) -> None:
    result = make_session((20,) * 10, rest_s=290.0, gaps=(("back", 1000.0, 1060.0), ("thigh", 1065.0, 1066.0)))
    figure = session_figure(result)
    assert touching(figure) == []
    assert touching(timeline_figure(result, phone=True)) == []
    assert len(by_gid(figure, "rep-")) == 200
    assert "18/20" in texts_of(figure)
    hip = next(a for a in figure.axes if a.get_ylabel() == "Hip flexion (°)")
    assert max(len(np.asarray(line.get_xdata())) for line in hip.lines) < 2500


def test_long_name_does_not_leave_the_figure(make_session: MakeSession) -> None:
    assert touching(session_figure(make_session((2,), name="a$very_long$name_{\\frac_" * 20 + "腰\n\x07.csv"))) == []


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_saving_is_deterministic(session: SessionResult, tmp_path: Path, ending: str) -> None:
    paths = [tmp_path / f"{i}.{ending}" for i in range(2)]
    for path in paths:
        save_figure(session_figure(session), path)
    one, other = (p.read_bytes() for p in paths)
    assert len(one) > 10_000
    assert one == other
    assert b"CreationDate" not in one
    assert b"dc:date" not in one


def test_saving_refuses_what_it_cannot_write(session: SessionResult, tmp_path: Path) -> None:
    figure = session_figure(session, rep=1)
    with pytest.raises(OutputError, match=r"End the name in \.png"):
        save_figure(figure, tmp_path / "figure.gif")
    with pytest.raises(OutputError, match="cannot write"):
        save_figure(figure, tmp_path / "nowhere" / "figure.png")


def test_figures_leave_no_global_state(session: SessionResult) -> None:
    before = {k: v for k, v in mpl.rcParams.copy().items() if k != "backend"}
    session_figure(session)
    assert before == {k: v for k, v in mpl.rcParams.copy().items() if k != "backend"}
    code = "import sys, imu_hinge.report; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
