"""A recording may say anything: its report, its exports and what the terminal shows stay harmless."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from imu_hinge.cli.main import main
from imu_hinge.recording import write_recording
from imu_hinge.report.html import render_report
from imu_hinge.session.results import AthleteQuality, SessionResult
from imu_hinge.simulation import Scenario, simulate_session
from imu_hinge.simulation.program import Between
from imu_hinge.simulation.sets import SetPlan, plan_reps

SCRIPT = "<script>alert('mine')</script>"
IMAGE = "\"><img src=x onerror='alert(1)'>"
ESCAPES = "\x1b[2J\x1b]0;mine\x07\x9b31m"
FORMULA = "=cmd|'/C calc'!A0"
SIGNS = ("=", "+", "-", "@", "\t", "\r")
HARMLESS_HEADERS = {
    "html": f"# athlete.name: {SCRIPT}\n# note.0: {IMAGE}\n# event.0: 5 note={SCRIPT}\n# {SCRIPT}: {IMAGE}\n"
    f"# clip.thigh.serial: {SCRIPT}\n# segment.90: 0.1 0.2 stand note={SCRIPT}\n",
    "escapes": f"# athlete.name: {ESCAPES}\n# event.0: 5 note={ESCAPES}\n# {ESCAPES}: x\n"
    f"# clip.back.serial: {ESCAPES}\n",
    "formulas": f"# athlete.name: {FORMULA}\n# event.0: 5 {FORMULA}\n# {FORMULA}: @SUM(1)\n# note.1: -1+1\n",
    "paths": "# athlete.name: ../../../evil\n# clip.thigh.serial: ../../../evil\n# clip.back.serial: /etc/passwd\n",
    "line breaks": "# athlete.name: a\x0b# segment.7: 1 2 stand\x0cb\x85c\u2028d\u202ee\n",
    "huge": f"# {'k' * 3_000_000}: {'v' * 3_000_000}\n" + "".join(f"# k{i}: v\n" for i in range(20_000)),
}
REFUSED_HEADERS = {
    "NUL": "# athlete.name: a\0b\n",
    "exercise": f"# segment.90: 1 2 set exercise={SCRIPT}{ESCAPES}\n",
    "event": f"# event.0: {ESCAPES}{SCRIPT}\n",
    "site": f"# clip.thigh.side: {ESCAPES}\n",
    "negative rate": "# clip.thigh.rate_hz: -5\n",
    "endless rate": "# clip.thigh.rate_hz: 1e308\n",
}
FILE_NAMES = {
    "html": f"{IMAGE}<script>.csv".replace("/", ""),
    "formula": "=HYPERLINK(1).csv",
    "minus": "-2+3;=1+1.csv",
    "escapes": "\x1b[2J\x07.csv",
    "line break": "a\n=1+1.csv",
    "direction": "\u202evsc.csv",
    "no text": os.fsdecode(b"bad\xff\xfe.csv"),
}
Run = Callable[..., tuple[int, str, str]]


class Seen(HTMLParser):
    """Tags and attributes a browser would find."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def is_harmless_page(text: str) -> bool:
    seen = Seen(text)
    return not ({"script", "img", "iframe", "object"} & seen.tags) and not any(
        name.startswith("on") for name in seen.attributes
    )


def can_be_shown(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The first line of a short session of two clips, and the rest."""
    blocks = (Between("stand", 2.0), Between("reference_hinge", count=1), SetPlan("rdl", plan_reps("good")))
    path = tmp_path_factory.mktemp("plain") / "plain.csv"
    write_recording(simulate_session(Scenario("short", "", blocks), 1).arrivals, path)
    first, _, rest = path.read_text().partition("\n")
    return first + "\n", rest


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["imu-hinge", *map(str, words)])
        capfd.readouterr()
        code = main()
        shown = capfd.readouterr()
        return code, shown.out, shown.err

    return call


def everything_below(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def check(run: Run, recording: Path, folder: Path) -> None:
    """Analyse and export a recording, and look at everything that came out."""
    before = set(everything_below(folder))
    for words in (["analyze"], ["export", "--to", "all"]):
        code, out, err = run(*words, recording, "--out", folder / "out")
        assert (code, err) == (0, "")
        assert can_be_shown(out)
    made = set(everything_below(folder)) - before
    assert {Path(path).parent.as_posix() for path in made} == {"out"}
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert is_harmless_page(page)
    assert not any(c in page for c in "\x00\x07\x1b\x9b\u202e")
    for name in ("reps.csv", "angles.csv"):
        text = (folder / "out" / name).read_text(encoding="utf-8")
        for row in list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]:
            assert not any(cell.startswith(SIGNS) and not is_number(cell) for cell in row)
            assert not any("=" in cell.partition(";")[2][:1] for cell in row)
    for name in ("summary.json", "session.json"):
        json.loads((folder / "out" / name).read_text(encoding="utf-8"))
    for path in (folder / "out").iterdir():
        if path.suffix in (".mot", ".sto"):
            assert can_be_shown(path.read_text(encoding="utf-8").replace("\t", " "))


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("header", HARMLESS_HEADERS.values(), ids=HARMLESS_HEADERS)
def test_a_header_can_say_anything(run: Run, lines: tuple[str, str], tmp_path: Path, header: str) -> None:
    (tmp_path / "session.csv").write_text(header.join(lines), encoding="utf-8")
    check(run, tmp_path / "session.csv", tmp_path)


@pytest.mark.parametrize("name", FILE_NAMES.values(), ids=FILE_NAMES)
def test_a_file_can_be_called_anything(run: Run, lines: tuple[str, str], tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("".join(lines), encoding="utf-8")
    check(run, tmp_path / name, tmp_path)
    said = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["recording"]
    assert can_be_shown(said)
    if name.isprintable():
        assert said == name


@pytest.mark.parametrize("header", REFUSED_HEADERS.values(), ids=REFUSED_HEADERS)
@pytest.mark.parametrize("words", [["analyze"], ["export", "--to", "all"]], ids=["analyze", "export"])
def test_what_is_refused_is_refused_in_one_line_that_can_be_shown(
    run: Run, lines: tuple[str, str], tmp_path: Path, header: str, words: list[str]
) -> None:
    (tmp_path / "session.csv").write_text(header.join(lines), encoding="utf-8")
    code, out, err = run(*words, tmp_path / "session.csv", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert can_be_shown(err)
    assert len(err) < 1000
    assert set(everything_below(tmp_path)) == {"session.csv"}


def test_a_session_folder_can_be_called_anything(run: Run, lines: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "=1+1\x1b[2J"
    folder.mkdir()
    (folder / "recording.csv").write_text("".join(lines), encoding="utf-8")
    code, out, err = run("export", folder, "--to", "csv,json", "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    assert can_be_shown(out)
    read = list(csv.DictReader(io.StringIO((tmp_path / "out" / "reps.csv").read_text(encoding="utf-8"))))
    assert {row["recording"] for row in read} == {"'=1+1\\x1b[2J"}


def test_an_athlete_can_be_called_anything(run: Run, lines: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "session.csv").write_text(f"# athlete.name: {ESCAPES}{SCRIPT}\n".join(lines), encoding="utf-8")
    me = tmp_path / "me.json"
    code, out, err = run("athlete", "learn", tmp_path / "session.csv", "--file", me)
    assert (code, err) == (0, "")
    assert can_be_shown(out)
    # A file from somebody else's computer need not have been written by us.
    told = json.loads(me.read_text(encoding="utf-8"))
    me.write_text(json.dumps(told | {"name": f"{ESCAPES}{SCRIPT}\ud800"}), encoding="utf-8")
    for words in (
        ["athlete", "show", me],
        ["analyze", tmp_path / "session.csv", "--out", tmp_path / "out", "--athlete", me],
    ):
        code, out, err = run(*words)
        assert (code, err) == (0, "")
        assert can_be_shown(out)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "script&gt;" in page
    assert is_harmless_page(page)
    assert "\x1b" not in page


def test_whatever_a_result_says_the_page_runs_nothing(session: SessionResult) -> None:
    evil = replace(
        session,
        recording=IMAGE,
        quality=replace(
            session.quality, warnings=(SCRIPT, IMAGE), athlete=AthleteQuality(f"{SCRIPT}{IMAGE}", 3, True, True)
        ),
        params={SCRIPT: IMAGE},
    )
    assert is_harmless_page(render_report(evil))
