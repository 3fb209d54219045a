"""Where sessions are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from imu_hinge.session.library import new_folder, sessions_home, unfinished


def kept(home: Path, name: str, *files: str) -> Path:
    folder = home / name
    folder.mkdir(parents=True)
    for file in files:
        (folder / file).write_text("")
    return folder


def test_sessions_are_kept_where_the_user_wants_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IMU_HINGE_HOME", str(tmp_path))
    assert sessions_home() == tmp_path / "sessions"
    monkeypatch.setenv("IMU_HINGE_HOME", "")
    assert sessions_home() == Path.home() / "imu_hinge" / "sessions"


def test_a_folder_is_named_after_its_beginning_and_never_used_twice(tmp_path: Path) -> None:
    first = new_folder(tmp_path, 1_800_000_000.4)
    assert not first.exists()
    assert len(first.name) == len("2027-01-15_08-00-00")
    first.mkdir()
    second = new_folder(tmp_path, 1_800_000_000.9)
    assert second.name == f"{first.name}_2"
    second.mkdir()
    assert new_folder(tmp_path, 1_800_000_000.9).name == f"{first.name}_3"
    assert new_folder(tmp_path, 1_800_000_001.9).name > first.name


def test_the_newest_session_is_gone_on_with_and_only_where_nothing_was_made_of_it(tmp_path: Path) -> None:
    assert unfinished(tmp_path / "nowhere") is None
    assert unfinished(tmp_path) is None
    kept(tmp_path, "2026-01-01_10-00-00", "recording.csv")
    assert unfinished(tmp_path) == tmp_path / "2026-01-01_10-00-00"
    done = kept(tmp_path, "2026-01-02_10-00-00", "recording.csv", "summary.json")
    assert unfinished(tmp_path) is None
    newest = kept(tmp_path, "2026-01-03_10-00-00", "recording.csv")
    kept(tmp_path, "2026-01-04_10-00-00")
    (tmp_path / "note.txt").write_text("")
    assert unfinished(tmp_path) == newest
    assert done.exists()
