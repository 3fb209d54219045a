"""Tasks that end their process, for workers that must survive it; a Dask cluster as a program of its own."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def square(number: int) -> int:
    """Harmless."""
    return number * number


def die_of_thirteen(number: int) -> int:
    """Ends its process over one task, as often as it is tried."""
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def die_once(marker: str) -> str:
    """Ends its process the first time."""
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def refuse(number: int) -> int:
    """Raises."""
    raise LookupError(f"no {number}")


def process_and_threads(number: int) -> tuple[int, dict[str, str]]:
    """Who it is, and what it was told about threads."""
    return os.getpid(), {name: value for name, value in os.environ.items() if name.endswith("_THREADS")}


def say_who_and_wait(folder: str) -> None:
    """Leaves its process id there, and takes long."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(0.5)


def cluster() -> None:
    """Two workers; prints the scheduler's address and process ids, and lives until its standard input ends."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as found:
        pids = [worker.pid for worker in found.workers.values()]
        print(found.scheduler_address, *pids, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    cluster()
