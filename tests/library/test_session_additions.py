"""What the athlete adds lasts in session.json, which people can read and programs cannot be harmed by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from session_folders import a_summary, name_of, put

from imu_hinge.errors import LibraryError
from imu_hinge.library.additions import (
    Additions,
    parse_additions,
    read_additions,
    with_load,
    with_note,
    with_rpe,
    with_tags,
    write_additions,
)
from imu_hinge.library.began import FILE_TIME, FOLDER_NAME, HEADER, began_of, parse_day
from imu_hinge.library.library import open_library


def test_everything_added_comes_back_from_the_file(tmp_path: Path) -> None:
    added = with_note(with_tags(Additions(), ("Belt", "gym"), ()), "slept badly\nand late")
    added = with_load(with_load(with_rpe(added, 7.5), 80.0, None), 82.5, 2)
    write_additions(tmp_path, added)
    assert read_additions(tmp_path) == added
    assert (added.tags, added.note) == (("belt", "gym"), "slept badly and late")
    assert [added.load_of(number, 60.0) for number in (1, 2, 3)] == [80.0, 82.5, 80.0]
    values = json.loads((tmp_path / "session.json").read_text())
    assert values["imu_hinge_session"] == 1
    assert values["load_kg"] == {"every_set": 80.0, "sets": {"2": 82.5}}


def test_keys_of_later_programs_are_kept(tmp_path: Path) -> None:
    (tmp_path / "session.json").write_text('{"imu_hinge_session": 1, "mood": "fine"}')
    write_additions(tmp_path, with_rpe(read_additions(tmp_path), 5.0))
    assert json.loads((tmp_path / "session.json").read_text())["mood"] == "fine"


def test_a_corrected_load_is_that_of_the_reps_too_and_can_be_taken_back(tmp_path: Path) -> None:
    put(tmp_path, name_of(0), a_summary(loads=(60.0, 60.0)))
    with open_library(tmp_path) as library:
        library.change("1", lambda added: with_load(added, 70.0, 2))
        assert [one.load_kg for one in library.sessions()[0].sets] == [60.0, 70.0]
        assert {rep.load_kg for rep in library.reps()[name_of(0)] if rep.set_number == 2} == {70.0}
        library.change("1", lambda added: with_load(added, 80.0, None))
        assert library.sessions()[0].loads_kg == (80.0,)
        library.change("1", lambda added: with_load(added, None, None))
        assert library.sessions()[0].loads_kg == (60.0,)


@pytest.mark.parametrize("rpe", [-0.5, 10.5, 7.3, float("nan"), float("inf")])
def test_rpe_goes_from_nought_to_ten_in_halves(rpe: float) -> None:
    assert with_rpe(Additions(), 0.0).rpe == 0.0
    assert with_rpe(Additions(), 10.0).rpe == 10.0
    with pytest.raises(LibraryError, match="halves"):
        with_rpe(Additions(), rpe)


@pytest.mark.parametrize("tag", ["", "two words", "-x", "+x", "a" * 41, "\x1b[2Jx", "a\u202eb"])
def test_a_tag_is_one_plain_word(tag: str) -> None:
    with pytest.raises(LibraryError):
        with_tags(Additions(), (tag,), ())


def test_a_tag_that_is_not_there_cannot_be_dropped_and_there_is_an_end_to_tags() -> None:
    with pytest.raises(LibraryError, match="no tag belt"):
        with_tags(Additions(), (), ("belt",))
    with pytest.raises(LibraryError, match="more than 50"):
        with_tags(Additions(), tuple(f"t{i}" for i in range(51)), ())


def test_absurd_notes_are_refused_when_written_and_cut_when_read() -> None:
    with pytest.raises(LibraryError, match="2001 characters"):
        with_note(Additions(), "x" * 2001)
    text = json.dumps({"imu_hinge_session": 1, "note": "\x1b[31m" + "x" * 900_000, "tags": ["a\nb", "\ud800"]})
    read = parse_additions(text.encode())
    assert len(read.note) == 2000
    assert read.note.isprintable()
    assert read.tags == ("\\ud800", "a b")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"imu_hinge_session": 1, "load_kg": {"sets": {"x": 1}}}', "[" * 9999]
)
def test_what_is_no_session_json_is_said(text: str) -> None:
    with pytest.raises(LibraryError, match=r"session\.json"):
        parse_additions(text.encode())


def test_when_a_session_began_is_known_from_the_best_there_is(tmp_path: Path) -> None:
    folder = put(tmp_path, "2026-10-05_18-30-00_2")
    assert began_of(folder).known_from == FOLDER_NAME
    assert began_of(folder).utc_s == parse_day("2026-10-05 18:30", "")
    (folder / "recording.csv").write_text("# imu-hinge-recording: 1\n# live.utc_s: 1790000000.250\n")
    assert (began_of(folder).utc_s, began_of(folder).known_from) == (1790000000.25, HEADER)
    for bad in ("1e400", "-5", "nan", "99999999999999", "1.2.3"):
        (folder / "recording.csv").write_text(f"# live.utc_s: {bad}\n")
        assert began_of(folder).known_from == FOLDER_NAME, bad
    other = put(tmp_path, "2026-13-45_18-30-00")
    assert began_of(other).known_from == FILE_TIME
    for text in ("yesterday", "", "1900-01-01", "9999-01-01"):
        with pytest.raises(LibraryError, match="is no day"):
            parse_day(text, "--since")
