"""``imu-hinge sessions`` and ``imu-hinge trends`` as the athlete meets them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from session_folders import a_summary, name_of, put, put_course

Run = Callable[..., Any]
NASTY = "<script>alert(1)</script>\x1b[2J\x1b]0;owned\x07[bold red]x[/] :bomb: ../../etc \u202e\r\n=1+1"


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("IMU_HINGE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "sessions").mkdir()
    return tmp_path / "sessions"


def done(shown: Any) -> str:
    assert (shown.code, shown.err) == (0, "")
    return str(shown.out)


def refused(shown: Any) -> str:
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.count("\n") == 1
    return str(shown.err)


def test_the_list_is_newest_first_and_fits_eighty_columns(imu_hinge: Run, home: Path) -> None:
    put_course(home, 3)
    done(imu_hinge("sessions", "tag", 1, "belt", "gym"))
    done(imu_hinge("sessions", "rpe", 1, "7.5"))
    done(imu_hinge("sessions", "note", 2, "slept", "badly"))
    out = done(imu_hinge("sessions"))
    lines = [line for line in out.splitlines() if "rdl" in line]
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert [line.split()[1] for line in lines] == [name_of(day)[:10] for day in (14, 7, 0)]
    assert "belt gym" in lines[0]
    assert "7.5" in lines[0]
    assert "4/12" in lines[0]
    assert "slept badly" in lines[1]
    assert max(map(len, out.splitlines())) <= 80
    assert done(imu_hinge("sessions", "list")) == out


def test_the_list_can_be_filtered_and_numbers_stay_those_of_the_whole(imu_hinge: Run, home: Path) -> None:
    put_course(home, 3)
    put(home, name_of(30), a_summary(exercise="squat", loads=(100.0,)))
    done(imu_hinge("sessions", "tag", 3, "belt"))

    def numbers(*words: str) -> list[int]:
        return [one["number"] for one in json.loads(done(imu_hinge("sessions", *words, "--json")))["sessions"]]

    assert numbers() == [1, 2, 3, 4]
    assert numbers("--exercise", "squat") == [1]
    assert numbers("--tag", "belt") == [3]
    assert numbers("--since", name_of(7)[:10]) == [1, 2, 3]
    assert numbers("--until", name_of(7)[:10]) == [3, 4]
    assert "None of 4 sessions" in done(imu_hinge("sessions", "--exercise", "jump"))
    assert "--since" in refused(imu_hinge("sessions", "--since", "soon"))


def test_before_the_first_session_it_says_how_to_get_one(imu_hinge: Run, home: Path) -> None:
    assert "imu-hinge live" in done(imu_hinge("sessions"))
    shutil.rmtree(home)
    assert "No sessions" in done(imu_hinge("sessions"))
    assert not home.exists()


def test_tags_are_added_and_dropped_with_signs_or_a_word(imu_hinge: Run, home: Path) -> None:
    put(home, name_of(0))
    assert done(imu_hinge("sessions", "tag", 1, "+belt", "gym")).endswith("tags: belt gym\n")
    assert done(imu_hinge("sessions", "tag", 1, "-belt", "+tired")).endswith("tags: gym tired\n")
    assert done(imu_hinge("sessions", "tag", 1, "gym", "tired", "--remove")).endswith("tags: none\n")
    assert "has no tag belt" in refused(imu_hinge("sessions", "tag", 1, "-belt"))


def test_loads_are_corrected_by_set_and_shown_as_such(imu_hinge: Run, home: Path) -> None:
    put(home, name_of(0), a_summary(loads=(60.0, 60.0)))
    assert "set 1 60 kg, set 2 82.5 kg" in done(imu_hinge("sessions", "load", 1, "82.5kg", "--set", 2))
    out = done(imu_hinge("sessions", "show", 1))
    assert "82.5 kg*" in out
    assert "* load corrected by you" in out
    assert "set 1 60 kg, set 2 60 kg" in done(imu_hinge("sessions", "load", 1, "none"))
    assert "no set 3" in refused(imu_hinge("sessions", "load", 1, 70, "--set", 3))
    for what, value in (("load", "heavy"), ("load", "nan"), ("rpe", "11"), ("rpe", "hard"), ("note", "x" * 9999)):
        refused(imu_hinge("sessions", what, 1, value))
    done(imu_hinge("sessions", "rpe", 1, "8"))
    assert "no RPE" in done(imu_hinge("sessions", "rpe", 1, "none"))


def test_a_session_is_shown_with_what_is_known_of_it(imu_hinge: Run, home: Path) -> None:
    put_course(home, 2)
    out = done(imu_hinge("sessions", "show", name_of(7)))
    for words in (
        f"{name_of(7)} (number 1)",
        "by the folder's name",
        "pelvis at S1",
        "reference hinge 5.0°",
        "1/6",
    ):
        assert words in out
    values = json.loads(done(imu_hinge("sessions", "show", 1, "--json")))
    assert values["folder"] == name_of(7)
    assert len(values["rep_rows"]) == 12
    assert "no session 'x'" in refused(imu_hinge("sessions", "show", "x"))


def test_two_sessions_are_compared_in_plain_words(imu_hinge: Run, home: Path) -> None:
    put_course(home, 8)
    out = done(imu_hinge("sessions", "compare", 8, 1))
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert rows["rdl,"].startswith("rdl, 60 kg and 70 kg: 12 reps, then 12")
    assert rows["Lumbar"].rstrip().endswith("less")
    assert rows["Good"].rstrip().endswith("more")
    assert "no difference" in rows["Depth"]
    assert max(map(len, out.splitlines())) <= 86
    values = json.loads(done(imu_hinge("sessions", "compare", 8, 1, "--json")))
    assert values[0]["measures"]["lumbar"]["word"] == "less"
    assert "the same session" in refused(imu_hinge("sessions", "compare", 1, 1))
    put(home, name_of(99), a_summary(exercise="squat"))
    assert "no exercise in common" in refused(imu_hinge("sessions", "compare", 1, 2))


def test_deleting_asks_first(imu_hinge: Run, home: Path) -> None:
    put_course(home, 2)
    put(home, "broken", "{")
    assert imu_hinge("sessions", "delete", 1, stdin=b"n\n").code != 0
    assert (home / name_of(7)).exists()
    assert done(imu_hinge("sessions", "delete", "broken", "--yes")) == "Deleted broken.\n"
    assert imu_hinge("sessions", "delete", 1, stdin=b"y\n").code == 0
    assert not (home / name_of(7)).exists()
    for word in ("../sessions", "..", str(home)):
        refused(imu_hinge("sessions", "delete", word, "--yes"))
    assert (home / name_of(0)).exists()


def test_results_and_recordings_from_elsewhere_are_added(
    imu_hinge: Run, home: Path, tmp_path: Path, short_file: Path
) -> None:
    assert "Added as 2026-10-05_18-30-00 (it began then by what you said)" in done(
        imu_hinge("sessions", "add", put(tmp_path, "out"), "--began", "2026-10-05 18:30")
    )
    assert "already" in refused(imu_hinge("sessions", "add", tmp_path / "out", "--began", "2026-10-05 18:30"))
    home.joinpath("index.sqlite").unlink()
    done(imu_hinge("sessions", "add", short_file))
    values = json.loads(done(imu_hinge("sessions", "--json")))["sessions"]
    added = next(one for one in values if one["recording"] == "short.csv")
    assert added["reps"] == 3
    files = {path.name for path in (home / added["folder"]).iterdir()}
    assert files >= {"recording.csv", "report.html", "summary.json"}
    refused(imu_hinge("sessions", "add", tmp_path / "nowhere"))


def test_a_damaged_index_is_made_anew_and_said_so_once(imu_hinge: Run, home: Path) -> None:
    put_course(home, 2)
    before = done(imu_hinge("sessions"))
    (home / "index.sqlite").write_bytes(b"garbage" * 999)
    shown = imu_hinge("sessions")
    assert (shown.code, shown.out) == (0, before)
    assert "damaged" in shown.err
    assert done(imu_hinge("sessions")) == before
    assert done(imu_hinge("sessions", "reindex")) == "2 sessions in the index.\n"


def test_trends_are_told_in_words_as_a_page_and_as_a_picture(imu_hinge: Run, home: Path, tmp_path: Path) -> None:
    put_course(home, 5)
    out = done(imu_hinge("trends"))
    assert "fell by" in out
    assert max(map(len, out.splitlines())) <= 80
    (values,) = json.loads(done(imu_hinge("trends", "--exercise", "rdl", "--load", "60", "--json")))
    assert values["measures"]["lumbar"]["from_reference"]
    assert [one["load"] for one in values["measures"]["lumbar"]["loads"]] == ["60 kg"]
    assert values["measures"]["lumbar"]["loads"][0]["told"]
    done(imu_hinge("trends", "--out", tmp_path / "trends.html"))
    assert "<svg" in (tmp_path / "trends.html").read_text()
    put(home, name_of(90), a_summary(exercise="squat"))
    assert "rdl, squat" in refused(imu_hinge("trends", "--out", tmp_path / "trends.png"))
    done(imu_hinge("trends", "--exercise", "rdl", "--out", tmp_path / "trends.png"))
    assert (tmp_path / "trends.png").read_bytes().startswith(b"\x89PNG")
    assert "no sessions like that" in refused(imu_hinge("trends", "--exercise", "jump"))
    refused(imu_hinge("trends", "--exercise", "rdl", "--out", tmp_path / "trends.doc"))


def test_malicious_sessions_are_harmless(imu_hinge: Run, home: Path, tmp_path: Path) -> None:
    made = a_summary(exercise=NASTY) | {"recording": NASTY, "imu_hinge": NASTY}
    made["quality"]["calibration"] = NASTY
    made["quality"]["clips"] = {NASTY: {"site": NASTY}}
    added = {"imu_hinge_session": 1, "tags": [NASTY], "note": NASTY * 1000}
    for day in (0, 7, 14):
        (put(home, name_of(day), made) / "session.json").write_text(json.dumps(added))
    put(home, "\x1b[2J[red]", "{")
    page = tmp_path / "trends.html"
    for words in (
        ("sessions",),
        ("sessions", "--json"),
        ("sessions", "show", 1),
        ("sessions", "compare", 1, 2),
        ("sessions", "note", 1, NASTY),
        ("trends",),
        ("trends", "--json"),
        ("trends", "--out", page),
        ("trends", "--out", tmp_path / "trends.svg"),
        ("sessions", "delete", 3, "--yes"),
    ):
        shown = imu_hinge(*words)
        assert shown.code == 0, shown.err
        for steering in ("\x1b", "\x07", "\r", "\u202e"):
            assert steering not in shown.out + shown.err, words
    assert "[bold red]x[/]" in imu_hinge("sessions", "show", 1).out
    assert ":bomb:" in imu_hinge("sessions", "show", 1).out
    for text in (page.read_text(), (tmp_path / "trends.svg").read_text()):
        assert "<script" not in text
        assert "\x1b" not in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sessions", "trends.html", "trends.svg"]
