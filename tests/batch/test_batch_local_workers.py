"""Processes that die, and what a batch loses by it: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import polars as pl
import pytest
import trouble

from imu_hinge.batch.local import LocalWorkers
from imu_hinge.batch.run import BatchResult, Progress
from imu_hinge.batch.workers import Lost

pytestmark = pytest.mark.slow

Batch = Callable[..., BatchResult]
CLI = [sys.executable, "-c", "import sys; from imu_hinge.cli.main import main; sys.exit(main())"]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(true: Callable[[], bool], longest_s: float = 60.0) -> None:
    end = time.monotonic() + longest_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_every_task_has_its_result_and_tasks_are_drawn_as_they_are_needed() -> None:
    drawn = count()
    most = 0

    def tasks() -> Iterator[int]:
        for number in range(40):
            next(drawn)
            yield number

    found = {}
    with LocalWorkers(2) as workers:
        for task, result in workers.run(trouble.square, tasks()):
            found[task] = result
            most = max(most, int(repr(drawn)[6:-1]) - len(found))
        assert found == {number: number * number for number in range(40)}
        assert most <= 2
        again = dict(workers.run(trouble.square, [7]))
    assert again == {7: 49}


def test_each_process_keeps_to_one_thread() -> None:
    with LocalWorkers(1) as workers:
        ((_, found),) = workers.run(trouble.process_and_threads, [0])
    assert not isinstance(found, Lost)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
    assert [found[1][name] for name in names] == ["1"] * 4
    assert os.environ.get("POLARS_MAX_THREADS") is None


def test_a_task_that_kills_its_process_twice_is_lost_and_no_other() -> None:
    with LocalWorkers(2) as workers:
        found = dict(workers.run(trouble.die_of_thirteen, range(10, 20)))
    lost = found.pop(13)
    assert lost == Lost("it ended its process 2 times (killed by SIGKILL; out of memory, perhaps)")
    assert found == {number: number * number for number in range(10, 20) if number != 13}


def test_a_task_that_kills_its_process_once_is_done(tmp_path: Path) -> None:
    with LocalWorkers(1) as workers:
        assert dict(workers.run(trouble.die_once, [str(tmp_path / "marker")])) == {str(tmp_path / "marker"): "done"}


def test_what_a_task_raises_is_raised() -> None:
    with LocalWorkers(1) as workers, pytest.raises(LookupError, match="no 3"):
        list(workers.run(trouble.refuse, [3]))


def test_a_process_killed_while_it_waits_is_replaced() -> None:
    with LocalWorkers(1) as workers:
        list(workers.run(trouble.square, [1]))
        os.kill(workers.pids[0], signal.SIGKILL)
        assert dict(workers.run(trouble.square, [2, 3])) == {2: 4, 3: 9}


def test_a_worker_killed_in_mid_run_loses_nothing(batch: Batch, team: Path, tmp_path: Path) -> None:
    killed: list[int] = []
    with LocalWorkers(2) as workers:

        def kill(progress: Progress) -> None:
            if not killed and progress.finished:
                killed.extend(workers.pids)
                for pid in killed:
                    os.kill(pid, signal.SIGKILL)

        result = batch(team, workers=workers, told=kill)
    assert len(killed) == 2
    assert (result.done, result.failures, result.reps) == (3, (), 9)
    assert batch(team).already == 3


def started(team: Path, out: Path) -> subprocess.Popen[str]:
    words = ["batch", str(team), "--out", str(out), "--jobs", "1"]
    return subprocess.Popen([*CLI, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(out: Path) -> list[Path]:
    return list(out.rglob("entry.json"))


@pytest.fixture
def many(team: Path) -> Path:
    """Thirty recordings: long enough to be interrupted."""
    good = (team / "anna" / "monday.csv").read_bytes()
    for number in range(27):
        (team / "anna" / f"{number:02d}.csv").write_bytes(good)
    return team


def test_a_run_that_is_killed_loses_nothing_and_its_processes_end(many: Path, batch: Batch, tmp_path: Path) -> None:
    run = started(many, tmp_path / "out")
    wait_until(lambda: len(finished(tmp_path / "out")) >= 3)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    run.kill()
    run.communicate()
    assert children
    wait_until(lambda: not any(is_alive(int(pid)) for pid in children))
    kept = {file: file.stat().st_mtime_ns for file in finished(tmp_path / "out")}
    assert 3 <= len(kept) < 30
    result = batch(many)
    assert (result.already, result.analyzed, result.done) == (len(kept), 30 - len(kept), 30)
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    left = [path.name for path in (tmp_path / "out" / "recordings").rglob(".*")]
    assert left == []
    assert len(pl.read_parquet(tmp_path / "out" / "reps.parquet")) == result.reps == 90


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(many: Path, tmp_path: Path) -> None:
    run = started(many, tmp_path / "out")
    wait_until(lambda: len(finished(tmp_path / "out")) >= 2)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert said == "imu-hinge: interrupted. What is finished is kept; the same command goes on.\n"
    count_kept = len(finished(tmp_path / "out"))
    again = started(many, tmp_path / "out")
    shown, said = again.communicate(timeout=120)
    assert (again.returncode, said) == (0, "")
    assert shown.splitlines()[0].startswith("30 recordings with 90 reps")
    assert f"{30 - count_kept} analysed now" in shown
