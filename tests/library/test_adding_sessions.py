"""Sessions from elsewhere are copied into the library, never over another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from session_folders import a_summary, put

from imu_hinge.errors import LibraryError
from imu_hinge.library.adding import add_files, add_results
from imu_hinge.library.began import parse_day
from imu_hinge.library.library import open_library


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_results_are_copied_with_what_belongs_to_them_and_nothing_else(tmp_path: Path, home: Path) -> None:
    results = put(tmp_path, "out")
    (results / "angles.csv").write_text("time_s\n")
    (results / "secret.txt").write_text("")
    began_s = parse_day("2026-10-05 18:30", "")
    with open_library(home) as library:
        name = add_results(library, results, began_s)
        (session,) = library.sessions()
    assert name == "2026-10-05_18-30-00"
    assert sorted(path.name for path in (home / name).iterdir()) == ["angles.csv", "session.json", "summary.json"]
    assert (session.began_s, session.began_from) == (began_s, "what you said")
    assert (results / "secret.txt").exists()
    assert not list(home.glob(".adding-*"))


def test_without_a_word_the_time_of_the_file_counts_and_is_kept(tmp_path: Path, home: Path) -> None:
    results = put(tmp_path, "out")
    os.utime(results / "summary.json", (1.7e9, 1.7e9))
    with open_library(home) as library:
        name = add_results(library, results, None)
        before = library.sessions()
    os.utime(home / name / "summary.json")
    with open_library(home, anew=True) as library:
        assert library.sessions() == before
        assert (before[0].began_s, before[0].began_from) == (1.7e9, "the time of the file")


def test_a_recording_says_itself_when_it_began(tmp_path: Path, home: Path) -> None:
    recording = tmp_path / "recording.csv"
    recording.write_text("# imu-hinge-recording: 1\n# live.utc_s: 1790000000.0\n")
    texts = {"summary.json": (put(tmp_path, "out") / "summary.json").read_text()}
    with open_library(home) as library:
        name = add_files(library, recording, texts, None)
        assert library.sessions()[0].began_from == "the recording's header"
    assert sorted(path.name for path in (home / name).iterdir()) == ["recording.csv", "summary.json"]
    assert recording.exists()


def test_the_same_session_is_not_taken_twice_and_another_of_the_same_second_gets_its_own_folder(
    tmp_path: Path, home: Path
) -> None:
    first, second = put(tmp_path, "a"), put(tmp_path, "b", a_summary(5.0))
    with open_library(home) as library:
        name = add_results(library, first, 1.79e9)
        with pytest.raises(LibraryError, match="already"):
            add_results(library, first, 1.79e9)
        assert add_results(library, second, 1.79e9) == f"{name}_2"
        assert len(library.sessions()) == 2


def test_what_is_no_session_is_refused(tmp_path: Path, home: Path) -> None:
    with open_library(home) as library:
        (tmp_path / "empty").mkdir()
        for folder in (tmp_path / "empty", put(tmp_path, "bad", "{"), tmp_path / "nowhere"):
            with pytest.raises(LibraryError):
                add_results(library, folder, None)
    assert [path.name for path in home.iterdir() if path.is_dir()] == []
