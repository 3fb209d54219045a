"""Which files a batch is about, what they are called, and where their results go."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imu_hinge.batch.finding import find_recordings
from imu_hinge.batch.naming import harmless_cell, recording_id
from imu_hinge.errors import RecordingError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("x/team/anna/1.csv", "x/team/ben/1.csv", "x/team/ben/notes.txt", "y/team/1.csv", "x/team/.hid/1.csv"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path


def labels(*inputs: Path | str, out: Path = Path("nowhere")) -> list[str]:
    return [item.label for item in find_recordings(map(str, inputs), out).items]


def test_a_folder_means_every_csv_below_it_in_one_order(home: Path) -> None:
    assert labels(home / "x" / "team") == ["team/anna/1.csv", "team/ben/1.csv"]
    assert not any(item.named for item in find_recordings([str(home)], Path("nowhere")).items)


def test_a_glob_and_a_file_mean_what_they_say(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    assert labels("x/team/*/1.csv") == ["team/anna/1.csv", "team/ben/1.csv"]
    assert labels("x/**/ben") == ["x/team/ben/1.csv"]
    assert labels("y/team/1.csv") == ["team/1.csv"]
    assert all(item.named for item in find_recordings(["y/team/1.csv", "x/*/*/1.csv"], Path("nowhere")).items)


def test_the_way_a_folder_is_named_does_not_matter(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home / "x")
    once = labels(home / "x" / "team")
    assert labels("team") == labels("./team/") == labels("../x/team") == once


def test_folders_of_one_name_are_told_apart(home: Path) -> None:
    found = labels(home / "x" / "team", home / "y" / "team")
    assert found == ["x/team/anna/1.csv", "x/team/ben/1.csv", "y/team/1.csv"]
    assert len(set(map(recording_id, found))) == 3


def test_a_file_named_twice_is_found_once(home: Path) -> None:
    team = home / "x" / "team"
    assert len(labels(team, team / "ben", team / "ben" / "1.csv")) == 2


def test_results_are_not_taken_for_recordings(home: Path) -> None:
    for where in (home / "x", home / "x" / "**" / "*.csv"):
        assert labels(where, out=home / "x" / "team" / "ben") == ["x/team/anna/1.csv"]


def test_pipes_and_loops_of_links_keep_nobody_waiting(home: Path) -> None:
    team = home / "x" / "team"
    (team / "loop").symlink_to(team)
    os.mkfifo(team / "pipe.csv")
    (team / "gone.csv").symlink_to(team / "nowhere.csv")
    assert labels(team) == ["team/anna/1.csv", "team/ben/1.csv", "team/gone.csv"]


@pytest.mark.parametrize("name", ["nowhere", "nothing/*.csv"])
def test_nothing_there_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"no such file|no recordings"):
        find_recordings([str(tmp_path / name)], tmp_path / "out")


HOSTILE = [
    "../../etc/passwd.csv",
    "/etc/cron.d/x.csv",
    "a/../../b.csv",
    "team/..csv",
    "team/.csv",
    "team/con\x1b[31m\n.csv",
    "team/" + "x" * 250 + ".csv",
    "/".join(["deep"] * 50) + "/x.csv",
    "team/\udcff\udcfe.csv",
    "team/ü.csv",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_a_hostile_name_stays_inside(label: str) -> None:
    path = PurePosixPath(recording_id(label))
    assert not path.is_absolute()
    assert not any(part.startswith(".") for part in path.parts)
    assert path.as_posix().isascii()
    assert path.as_posix().isprintable()
    assert len(path.parts) <= 5
    assert max(map(len, path.parts)) <= 80


@given(st.lists(st.text(max_size=12), min_size=2, max_size=8, unique=True))
def test_different_recordings_never_share_a_place(names: list[str]) -> None:
    ids = [recording_id(f"team/{name}.csv").lower() for name in names]
    assert len(set(ids)) == len(ids)


def test_no_cell_is_a_formula() -> None:
    assert [harmless_cell(text)[0] for text in ("=1+1", "+1", "-1", "@x", "\t=1")] == ["'"] * 5
    assert harmless_cell("team/a.csv") == "team/a.csv"
