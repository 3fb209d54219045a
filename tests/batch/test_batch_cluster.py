"""The same batch on a Dask cluster of two processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trouble

from imu_hinge.batch.cluster import ClusterWorkers, Needs
from imu_hinge.batch.run import BatchResult, Progress
from imu_hinge.batch.workers import Lost
from imu_hinge.errors import WorkersError

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default::ResourceWarning")]

Batch = Callable[..., BatchResult]


@dataclass(frozen=True)
class Cluster:
    """Where the scheduler answers, its process and those of the workers."""

    address: str
    process: subprocess.Popen[str]
    workers: tuple[int, ...]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two workers that give up a task that has killed two of them."""
    environment = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), environment.get("PYTHONPATH", "")])
    command = [sys.executable, trouble.__file__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        address, *pids = process.stdout.readline().split()
        yield Cluster(address, process, tuple(map(int, pids)))
        process.kill()


@pytest.fixture
def needs(team: Path, tmp_path: Path) -> Needs:
    (tmp_path / "out").mkdir()
    return Needs(str(tmp_path / "out"), str(team / "anna" / "monday.csv"), None)


def test_it_makes_the_same_table(batch: Batch, team: Path, tmp_path: Path, cluster: Cluster, needs: Needs) -> None:
    with ClusterWorkers(cluster.address, needs) as workers:
        result = batch(team, workers=workers)
    assert (result.done, result.reps, result.failures) == (3, 9, ())
    there = (tmp_path / "out" / "reps.parquet").read_bytes()
    again = batch(team)
    assert again.already == 3
    assert (tmp_path / "out" / "reps.parquet").read_bytes() == there


def test_a_worker_killed_in_mid_run_loses_nothing(batch: Batch, team: Path, cluster: Cluster, needs: Needs) -> None:
    good = (team / "anna" / "monday.csv").read_bytes()
    for number in range(17):
        (team / "ben" / f"{number}.csv").write_bytes(good)
    killed: list[int] = []

    def kill(progress: Progress) -> None:
        if progress.finished == 2 and not killed:
            killed.append(cluster.workers[0])
            os.kill(cluster.workers[0], signal.SIGKILL)

    with ClusterWorkers(cluster.address, needs) as workers:
        result = batch(team, workers=workers, told=kill)
    assert killed
    assert (result.done, result.failures, result.reps) == (20, (), 60)
    assert batch(team).already == 20


def test_a_task_that_kills_every_worker_is_lost_and_no_other(cluster: Cluster, needs: Needs) -> None:
    with ClusterWorkers(cluster.address, needs) as workers:
        found = dict(workers.run(trouble.die_of_thirteen, range(10, 16)))
    assert isinstance(found.pop(13), Lost)
    assert found == {number: number * number for number in range(10, 16) if number != 13}


def test_a_lost_scheduler_is_said_and_the_rest_is_done_without_it(
    batch: Batch, team: Path, cluster: Cluster, needs: Needs
) -> None:
    def kill(progress: Progress) -> None:
        if progress.finished == 1:
            cluster.process.kill()

    with pytest.raises(WorkersError, match="goes on"), ClusterWorkers(cluster.address, needs) as workers:
        batch(team, workers=workers, told=kill)
    result = batch(team)
    assert result.already >= 1
    assert result.done == 3


def test_workers_that_do_not_see_the_recordings_are_refused(cluster: Cluster, needs: Needs, tmp_path: Path) -> None:
    for lacking in (Needs(str(tmp_path / "no"), needs.sample, None), Needs(needs.out, str(tmp_path / "no"), None)):
        with pytest.raises(WorkersError, match=r"does not see .* same path"), ClusterWorkers(cluster.address, lacking):
            pass


def test_workers_of_another_version_are_refused(
    cluster: Cluster, needs: Needs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imu_hinge.batch.cluster.__version__", "9.9")
    with pytest.raises(WorkersError, match=r"this is 9\.9"), ClusterWorkers(cluster.address, needs):
        pass


def test_nobody_at_the_address_is_said(needs: Needs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imu_hinge.batch.cluster._CONNECT_S", 0.5)
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(WorkersError, match="no Dask scheduler"), ClusterWorkers(address, needs):
            pass


def test_without_dask_the_extra_is_named(needs: Needs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(WorkersError, match=r"imu-hinge\[batch\]"), ClusterWorkers("tcp://127.0.0.1:9", needs):
        pass
