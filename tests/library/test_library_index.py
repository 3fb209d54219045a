"""The index follows the folders, can be lost, and is never a reason to lose anything."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
from session_folders import a_summary, name_of, put, put_course

from imu_hinge.errors import LibraryError, OutputError
from imu_hinge.library.additions import with_load, with_note, with_rpe, with_tags
from imu_hinge.library.compare import compare
from imu_hinge.library.library import open_library
from imu_hinge.library.trends import trends


def answers(home: Path, *, anew: bool = False) -> Any:
    """What every question gets to hear."""
    with open_library(home, anew=anew) as library:
        sessions, reps = library.sessions(), library.reps()
        listed = [astuple(one) for one in sessions]
        return listed, dict(library.broken()), reps, trends(sessions, reps), compare(*sessions[:2], reps)


def test_without_its_index_the_library_gives_the_same_answers(tmp_path: Path) -> None:
    put_course(tmp_path)
    put(tmp_path, "broken", "{")
    with open_library(tmp_path) as library:
        library.change("1", lambda added: with_tags(added, ("belt",), ()))
        library.change("2", lambda added: with_note(added, "slept badly"))
        library.change("3", lambda added: with_rpe(added, 7.5))
        library.change("3", lambda added: with_load(added, 82.5, 2))
    before = answers(tmp_path)
    assert len(before[0]) == 8
    (tmp_path / "index.sqlite").unlink()
    assert answers(tmp_path) == before
    assert answers(tmp_path, anew=True) == before


def test_what_changed_on_the_disk_is_taken_up_and_what_is_gone_forgotten(tmp_path: Path) -> None:
    folder = put(tmp_path, name_of(0), a_summary(good=6))
    put(tmp_path, name_of(1))
    with open_library(tmp_path) as library:
        assert [sum(one.good for one in session.sets) for session in library.sessions()] == [6, 6]
        assert library.refresh() == 0
        put(tmp_path, name_of(0), a_summary(good=3))
        (tmp_path / name_of(1) / "summary.json").unlink()
        assert library.refresh() == 2
        assert [(one.folder, one.sets[0].good) for one in library.sessions()] == [(folder.name, 3)]


def test_a_library_that_is_not_there_is_empty_and_stays_unmade(tmp_path: Path) -> None:
    with open_library(tmp_path / "none") as library:
        assert (library.sessions(), library.broken()) == ([], {})
    assert not (tmp_path / "none").exists()


def wrong(key: str, value: object) -> dict[str, Any]:
    made = a_summary()
    made["sets"][0]["reps"][0][key] = value
    return made


BROKEN = {
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "another contract": json.dumps(a_summary() | {"contract": 2}).encode(),
    "no sets": json.dumps({"contract": 1}).encode(),
    "sets of text": json.dumps(a_summary() | {"sets": "none"}).encode(),
    "set of nothing": json.dumps(a_summary() | {"sets": [None]}).encode(),
    "text for a number": json.dumps(wrong("start_s", "<script>")).encode(),
    "not a number": json.dumps(wrong("start_s", float("nan"))).encode(),
    "infinite": json.dumps(wrong("hip_share", 1e999)).encode(),
    "too large": json.dumps(wrong("index", 10**40)).encode(),
    "a list for a word": json.dumps(wrong("verdict", ["good"])).encode(),
    "clips of numbers": json.dumps(a_summary() | {"clips": [1, 2]}).encode(),
    "quality of nothing": json.dumps(a_summary() | {"quality": None}).encode(),
}


def test_a_broken_folder_is_listed_with_its_reason_and_stops_nothing(tmp_path: Path) -> None:
    put(tmp_path, name_of(0))
    for name, content in BROKEN.items():
        put(tmp_path, name, content)
    (put(tmp_path, "broken additions") / "session.json").write_text('{"imu_hinge_session": 1, "rpe": "hard"}')
    (put(tmp_path, "newer additions") / "session.json").write_text('{"imu_hinge_session": 2}')
    (tmp_path / "recorded").mkdir()
    (tmp_path / "recorded" / "recording.csv").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / name_of(0))
    (tmp_path / "nothing of ours").mkdir()
    with open_library(tmp_path) as library:
        assert [one.folder for one in library.sessions()] == [name_of(0)]
        broken = library.broken()
        assert set(broken) == {*BROKEN, "broken additions", "newer additions", "recorded", "link"}
        assert broken["another contract"] == "summary.json is of contract 2, this program reads 1"
        assert broken["recorded"] == "recorded, and not analysed yet"
        assert "links are not followed" in broken["link"]
        assert "rpe" in broken["broken additions"]
        with pytest.raises(LibraryError, match="is no JSON"):
            library.pick("deep")


def test_text_that_no_database_takes_is_kept_escaped(tmp_path: Path) -> None:
    put(tmp_path, name_of(0), json.dumps(a_summary() | {"recording": "\ud800.csv"}))
    with open_library(tmp_path) as library:
        assert library.sessions()[0].recording == "\\ud800.csv"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_listed_as_such(tmp_path: Path) -> None:
    put(tmp_path, name_of(0))
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[2J")).mkdir()
    with open_library(tmp_path) as library:
        assert len(library.sessions()) == 1
        assert [reason for reason in library.broken().values() if "no text" in reason]


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:12288] = random.Random(1).randbytes(8192)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda path: path.write_bytes(b"not a database, and longer than a header of one" * 50), "set aside as"),
        (damaged, "set aside as"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "set aside as"),
        (lambda path: sqlite3.connect(path).execute("PRAGMA user_version = 99").connection.close(), "another version"),
        (lambda path: sqlite3.connect(path).execute("DROP TABLE tags").connection.close(), "another version"),
    ],
    ids=["no database", "damaged", "cut", "another version", "lacks a table"],
)
def test_an_index_that_is_unsound_is_made_anew_and_said_so(tmp_path: Path, how: Any, said: str) -> None:
    put_course(tmp_path, 3)
    before = answers(tmp_path)
    how(tmp_path / "index.sqlite")
    with open_library(tmp_path) as library:
        assert said in library.remarks[0]
    assert answers(tmp_path) == before
    with open_library(tmp_path) as library:
        assert library.remarks == ()
    assert len(list(tmp_path.glob("index.damaged-*.sqlite"))) == ("set aside" in said)


WRITER = """
import sys
from pathlib import Path
from imu_hinge.library.additions import with_tags
from imu_hinge.library.library import open_library
home, who, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
for i in range(count):
    with open_library(home) as library:
        library.change(str(1 + i % 2), lambda added: with_tags(added, (f"{who}{i}",), ()))
"""


def writer(home: Path, who: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(home), who, str(count)], stdout=subprocess.PIPE, text=True
    )


def sound(home: Path) -> bool:
    with closing(sqlite3.connect(home / "index.sqlite")) as database:
        return bool(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def test_two_programs_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    put_course(tmp_path, 3)
    programs = [writer(tmp_path, who, 20) for who in "ab"]
    for program in programs:
        program.communicate(timeout=60)
        assert program.returncode == 0
    with open_library(tmp_path) as library:
        tags = [set(one.tags) for one in library.sessions()[:2]]
        assert library.remarks == ()
    for place, found in enumerate(tags):
        assert found == {f"{who}{i}" for who in "ab" for i in range(place, 20, 2)}
    assert sound(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of other systems")
def test_a_program_killed_while_it_writes_leaves_the_library_sound(tmp_path: Path) -> None:
    put_course(tmp_path, 3)
    chance = random.Random(3)
    for attempt in range(3):
        program = writer(tmp_path, f"k{attempt}x", 10_000)
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.02, 0.2))
        program.send_signal(signal.SIGKILL)
        program.communicate(timeout=10)
        with open_library(tmp_path) as library:
            assert library.broken() == {}
            assert len(library.sessions()) == 3
            for place in ("1", "2"):
                library.change(place, lambda added: with_tags(added, (), added.tags))
        assert sound(tmp_path)
        assert answers(tmp_path) == answers(tmp_path, anew=True)


def test_another_program_is_waited_for_and_then_named_as_the_reason(tmp_path: Path) -> None:
    put(tmp_path, name_of(0))
    with (
        open_library(tmp_path),
        pytest.raises(LibraryError, match="another program is using"),
        open_library(tmp_path, patience_s=0.1),
    ):
        pass
    with open_library(tmp_path) as library:
        assert len(library.sessions()) == 1


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    put(tmp_path, name_of(0))
    (tmp_path / "index.sqlite").mkdir()
    with pytest.raises(OutputError, match="index"), open_library(tmp_path):
        pass


def test_deleting_touches_only_the_folder_itself(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    kept = put(outside, "precious")
    gone = put(home, name_of(0))
    put(home, name_of(1))
    (gone / "to outside").symlink_to(outside)
    (home / "link").symlink_to(kept)
    with open_library(home) as library:
        for word in ("../outside", "..", ".", "", "link", str(kept), f"../home/{name_of(1)}", ".lock"):
            with pytest.raises(LibraryError):
                library.delete(word)
        library.delete(gone.name)
        assert [one.folder for one in library.sessions()] == [name_of(1)]
    assert (kept / "summary.json").is_file()
    assert not gone.exists()
    assert sorted(path.name for path in home.iterdir()) == [".lock", name_of(1), "index.sqlite", "link"]


def test_a_session_is_picked_by_number_name_or_the_beginning_of_it(tmp_path: Path) -> None:
    put_course(tmp_path, 3)
    with open_library(tmp_path) as library:
        newest = library.sessions()[0].folder
        assert newest == name_of(14)
        assert {library.pick(word).folder for word in ("1", newest, newest[:10])} == {newest}
        for word, said in (("20", "begins the names of 3"), ("4", "no session"), ("", "no session"), ("x\x1b", "x")):
            with pytest.raises(LibraryError, match=said):
                library.pick(word)
