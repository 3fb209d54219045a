"""What a batch makes of recordings, what it does again, and what it makes of files that are none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from imu_hinge.batch import one
from imu_hinge.batch.entry import Settings
from imu_hinge.batch.run import BatchResult
from imu_hinge.errors import OutputError
from imu_hinge.recording import read_arrivals
from imu_hinge.report.saving import result_files, result_of
from imu_hinge.session.params import SessionParams
from imu_hinge.session.rep_table import REP_COLUMNS

Batch = Callable[..., BatchResult]


def places(out: Path) -> dict[str, Path]:
    """Folders of results, by label."""
    return {json.loads(file.read_text())["path"]: file.parent for file in out.rglob("entry.json")}


def reasons(result: BatchResult) -> dict[str, str]:
    return dict(result.failures)


def test_every_recording_gets_the_summary_that_analyze_gives_it(batch: Batch, team: Path, tmp_path: Path) -> None:
    result = batch(team)
    assert (result.total, result.done, result.analyzed, result.failures) == (3, 3, 3, ())
    found = places(tmp_path / "out")
    assert set(found) == {"team/anna/monday.csv", "team/ben/monday.csv", "team/ben/tuesday.csv"}
    for label, folder in found.items():
        alone = result_of(read_arrivals(tmp_path / label), None, SessionParams(), None, None)
        assert (folder / "summary.json").read_text() == result_files(alone, report=False)["summary.json"]
        assert {file.name for file in folder.iterdir()} == {"summary.json", "entry.json"}


def test_all_reps_are_rows_of_one_table(batch: Batch, team: Path, tmp_path: Path) -> None:
    result = batch(team)
    table = pl.read_parquet(tmp_path / "out" / "reps.parquet")
    assert tuple(table.columns) == ("recording", "path", *REP_COLUMNS)
    assert len(table) == result.reps == 9
    assert table["path"].unique(maintain_order=True).to_list() == sorted(places(tmp_path / "out"))
    assert table["load_kg"].dtype == pl.Float64
    known = pl.read_parquet(tmp_path / "out" / "recordings.parquet")
    assert known["status"].to_list() == ["done"] * 3
    assert known["reps"].sum() == 9


def test_the_table_is_made_in_parts(batch: Batch, team: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch(team)
    whole = pl.read_parquet(tmp_path / "out" / "reps.parquet")
    monkeypatch.setattr("imu_hinge.batch.table._A_PART", 1)
    batch(team)
    assert pl.read_parquet(tmp_path / "out" / "reps.parquet").equals(whole)
    assert not list((tmp_path / "out").glob(".*.parts"))


def test_angles_and_reports_come_when_asked_for(batch: Batch, team: Path, tmp_path: Path) -> None:
    batch(team / "anna", settings=Settings(angles=True, report=True))
    (folder,) = places(tmp_path / "out").values()
    assert {file.name for file in folder.iterdir()} == {"summary.json", "entry.json", "angles.csv", "report.html"}
    batch(team / "anna")
    assert {file.name for file in folder.iterdir()} == {"summary.json", "entry.json"}


def test_a_rerun_does_nothing(batch: Batch, team: Path, tmp_path: Path) -> None:
    batch(team)
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "out" / "recordings").rglob("*.json")}
    table = (tmp_path / "out" / "reps.parquet").read_bytes()
    result = batch(team)
    assert (result.analyzed, result.already, result.reps) == (0, 3, 9)
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert (tmp_path / "out" / "reps.parquet").read_bytes() == table


def touched(team: Path, out: Path) -> None:
    os.utime(team / "anna" / "monday.csv", ns=(1, 1))


def index_deleted(team: Path, out: Path) -> None:
    (out / "manifest.jsonl").unlink()


def index_torn(team: Path, out: Path) -> None:
    whole = (out / "manifest.jsonl").read_bytes()
    (out / "manifest.jsonl").write_bytes(b"\xff nonsense\n[1]\n{}\n" + whole[: len(whole) - 40])


@pytest.mark.parametrize("happened", [touched, index_deleted, index_torn])
def test_what_changes_no_result_makes_no_work(
    happened: Callable[[Path, Path], None], batch: Batch, team: Path, tmp_path: Path
) -> None:
    batch(team)
    happened(team, tmp_path / "out")
    for _ in range(2):
        result = batch(team)
        assert (result.analyzed, result.already, result.reps) == (0, 3, 9)


def other_content(team: Path, out: Path) -> None:
    file = team / "anna" / "monday.csv"
    file.write_text(file.read_text() + "# event.0: 3.0 note=belt on\n")


def result_deleted(team: Path, out: Path) -> None:
    (places(out)["team/anna/monday.csv"] / "summary.json").unlink()


def folder_deleted(team: Path, out: Path) -> None:
    folder = places(out)["team/anna/monday.csv"]
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def added(team: Path, out: Path) -> None:
    (team / "anna" / "friday.csv").write_bytes((team / "anna" / "monday.csv").read_bytes())


@pytest.mark.parametrize("happened", [other_content, result_deleted, folder_deleted, added])
def test_a_rerun_does_what_is_missing_or_has_changed_and_only_that(
    happened: Callable[[Path, Path], None], batch: Batch, team: Path, tmp_path: Path
) -> None:
    batch(team)
    happened(team, tmp_path / "out")
    result = batch(team)
    assert result.analyzed == 1
    assert result.done == result.total
    assert batch(team).analyzed == 0


def test_other_parameters_and_another_version_mean_another_analysis(
    batch: Batch, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch(team)
    assert batch(team, settings=Settings(clips=("thigh", "pelvis"))).analyzed == 3
    assert batch(team).analyzed == 3
    monkeypatch.setattr(one, "__version__", "9.9")
    assert batch(team, settings=Settings(version="9.9")).analyzed == 3


def test_another_calibration_of_a_clip_means_another_analysis(batch: Batch, team: Path, tmp_path: Path) -> None:
    bench = tmp_path / "bench"
    bench.mkdir()
    assert batch(team, settings=Settings(bench=str(bench))).analyzed == 3
    (bench / "someone_elses.json").write_text("{}")
    assert batch(team, settings=Settings(bench=str(bench))).analyzed == 3


def no_gyroscope(good: str) -> bytes:
    kept = [line if line.startswith("#") else ",".join(line.split(",")[:5]) for line in good.splitlines()]
    return ("\n".join(kept) + "\n").encode()


BAD: list[Any] = [
    pytest.param(lambda good: b"", "empty", id="empty"),
    pytest.param(lambda good: bytes(range(256)) * 50, "binary", id="binary"),
    pytest.param(lambda good: b"\x1b]0;hello\x07\x1b[2J,\n1,2\n", "not a recording", id="escapes"),
    pytest.param(lambda good: good[: good.index("acc_x")].encode(), "no column row", id="truncated"),
    pytest.param(no_gyroscope, "gyr_x_rad_s is missing", id="no gyroscope"),
    pytest.param(lambda good: good.replace("9.", "x\x1b[31m.", 1).encode(), "line", id="letters in a number"),
]


@pytest.mark.parametrize(("spoil", "said"), BAD)
def test_a_bad_file_stops_no_other_and_is_listed_with_its_reason_in_one_line(
    spoil: Callable[[str], bytes], said: str, batch: Batch, team: Path, tmp_path: Path
) -> None:
    (team / "ben" / "bad.csv").write_bytes(spoil((team / "anna" / "monday.csv").read_text()))
    for _ in range(2):
        result = batch(team)
        assert (result.total, result.done) == (4, 3)
        (reason,) = reasons(result).values()
        assert said in reason
        assert reason.isprintable()
        assert str(tmp_path) not in reason
        table = pl.read_csv(tmp_path / "out" / "failed.csv")
        assert table.rows() == [("team/ben/bad.csv", reason)]
    assert result.already == 4


def test_a_recording_that_turns_bad_keeps_no_result(batch: Batch, team: Path, tmp_path: Path) -> None:
    batch(team, settings=Settings(angles=True))
    (team / "anna" / "monday.csv").write_bytes(b"")
    assert batch(team, settings=Settings(angles=True)).reps == 6
    assert [file.name for file in places(tmp_path / "out")["team/anna/monday.csv"].iterdir()] == ["entry.json"]


def test_other_tables_beside_recordings_are_left_out_unless_they_are_named(batch: Batch, team: Path) -> None:
    (team / "angles.csv").write_text("time_s,thigh_pitch_deg\n0.0,1.0\n")
    result = batch(team)
    assert (result.skipped, result.done, result.failures) == (1, 3, ())
    result = batch(team / "angles.csv")
    assert "not a recording" in reasons(result)["team/angles.csv"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_listed(batch: Batch, team: Path) -> None:
    (team / "anna").chmod(0)
    (team / "ben" / "monday.csv").chmod(0)
    result = batch(team)
    (team / "anna").chmod(0o755)
    assert len(result.failures) == 2
    assert result.done == 1


def test_a_link_to_nothing_is_listed_and_tried_again(batch: Batch, team: Path) -> None:
    (team / "late.csv").symlink_to(team / "not_copied_yet.csv")
    assert "cannot be read" in reasons(batch(team))["team/late.csv"]
    (team / "not_copied_yet.csv").write_bytes((team / "anna" / "monday.csv").read_bytes())
    result = batch(team)
    assert (result.failures, result.analyzed) == ((), 2)


def test_hostile_names_write_nothing_outside_and_say_nothing_to_a_terminal(
    batch: Batch, team: Path, tmp_path: Path
) -> None:
    good = (team / "anna" / "monday.csv").read_bytes()
    names = [b"=cmd|x!A1.csv", b"..csv.csv", b"a\x1b[31m\nb.csv", b"<script>.csv", b"\xff\xfe.csv", b"$(rm -rf).csv"]
    for name in names:
        (team / os.fsdecode(name)).write_bytes(good)
    (team / os.fsdecode(b"bad\xff\x1b\n.csv")).write_bytes(b"")
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "out")}
    result = batch(team)
    assert (result.done, len(result.failures)) == (3 + len(names) - 1, 1)  # ..csv.csv is hidden, as .x is
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "out")} == before
    ours = [str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*")]
    assert all(name.isascii() and name.isprintable() for name in ours)
    table = pl.read_parquet(tmp_path / "out" / "reps.parquet")
    assert all(path.isprintable() for path in table["path"])
    assert all(path.isprintable() for path, _ in result.failures)


def test_a_link_among_results_leads_nothing_outside(batch: Batch, team: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "out" / "recordings").mkdir(parents=True)
    (tmp_path / "out" / "recordings" / "team").symlink_to(outside)
    result = batch(team)
    assert len(result.failures) == 3
    assert "link" in result.failures[0][1]
    assert list(outside.iterdir()) == []


def test_a_fault_of_ours_in_one_recording_stops_no_other_and_is_tried_again(
    batch: Batch, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(arrivals: Any, *rest: Any) -> Any:
        if "anna" in arrivals.path:
            raise ZeroDivisionError("float\ndivision")
        return result_of(arrivals, *rest)

    monkeypatch.setattr(one, "result_of", failing)
    result = batch(team)
    assert result.done == 2
    assert "ZeroDivisionError: float division" in reasons(result)["team/anna/monday.csv"]
    monkeypatch.undo()
    assert batch(team).analyzed == 1


def test_a_full_disk_ends_the_batch_and_the_next_goes_on(
    batch: Batch, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    write = one.write_outputs

    def full(folder: Path, *rest: Any) -> Any:
        if written:
            raise OutputError("cannot be written", path=str(folder)) from OSError(28, "No space left on device")
        written.append(folder)
        return write(folder, *rest)

    monkeypatch.setattr(one, "write_outputs", full)
    with pytest.raises(OutputError, match="no more results"):
        batch(team)
    monkeypatch.undo()
    result = batch(team)
    assert (result.already, result.analyzed) == (1, 2)


def test_two_batches_do_not_write_to_one_place(batch: Batch, team: Path) -> None:
    def second(progress: object) -> None:
        with pytest.raises(OutputError, match="another batch"):
            batch(team)

    assert batch(team, told=second).done == 3


def test_a_file_that_grows_while_it_is_read_is_tried_again(
    batch: Batch, team: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def growing(arrivals: Any, *rest: Any) -> Any:
        with Path(arrivals.path).open("a") as file:
            file.write("# event.0: 3.0 note=on\n")
        return result_of(arrivals, *rest)

    monkeypatch.setattr(one, "result_of", growing)
    assert "changed while it was read" in reasons(batch(team / "anna"))["anna/monday.csv"]
    monkeypatch.undo()
    assert batch(team / "anna").done == 1
