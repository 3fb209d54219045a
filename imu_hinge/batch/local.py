"""Processes of this computer, one task each: who dies over which task is never in doubt.

A pool of ``concurrent.futures`` breaks as a whole when one of its processes dies, and cannot say over which task; and
its processes outlive a parent that is killed. Here each process has a pipe of its own, and ends when that closes.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from imu_hinge.batch.workers import Lost
from imu_hinge.errors import WorkersError

__all__ = ["LocalWorkers", "usable_cores"]

T = TypeVar("T")
R = TypeVar("R")

_TRIES: Final = 2
_TASKS_EACH: Final = 1000
"""A process is replaced after so many tasks, so that what it hoards is bounded."""
_START_TRIES: Final = 3
_GOODBYE_S: Final = 2.0
_ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}


def usable_cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection[Any, Any]
    ready: bool = False
    busy: bool = False
    task: Any = None
    tasks: int = 0


class LocalWorkers:
    """``jobs`` processes, started when they are first needed and ended by leaving the ``with`` block."""

    def __init__(self, jobs: int | None = None) -> None:
        self._jobs = usable_cores() if jobs is None else jobs
        if self._jobs < 1:
            raise ValueError("a batch needs at least one process")
        self._workers: list[_Worker] = []
        self._deaths_at_start = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.pipe.close()
            if worker.busy:
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(_GOODBYE_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers.clear()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that there are now."""
        return tuple(w.process.pid for w in self._workers if w.process.pid is not None)

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[T, R | Lost]]:
        """Results as they come; see ``Workers.run``."""
        source = iter(tasks)
        again: deque[T] = deque()
        deaths: dict[int, int] = {}
        while True:
            while self._has_room():
                some = [again.popleft()] if again else list(islice(source, 1))
                if not some:
                    break
                self._send(function, some[0])
            busy = [worker for worker in self._workers if worker.busy]
            if not busy:
                return
            readable = wait([worker.pipe for worker in busy])
            for worker in (w for w in busy if w.pipe in readable):
                try:
                    answer = worker.pipe.recv()
                except (EOFError, OSError):
                    lost = self._buried(worker, deaths)
                    if lost is None:
                        again.append(worker.task)
                    else:
                        yield worker.task, lost
                    continue
                if not worker.ready:
                    worker.ready, self._deaths_at_start = True, 0
                    continue
                task, worker.busy, worker.task = worker.task, False, None
                deaths.pop(id(task), None)
                fine, value = answer
                if not fine:
                    raise value
                self._retire(worker)
                yield task, value

    def _has_room(self) -> bool:
        return len(self._workers) < self._jobs or not all(worker.busy for worker in self._workers)

    def _free(self) -> _Worker:
        """A worker without a task, where there is room: a new one if need be."""
        return next((worker for worker in self._workers if not worker.busy), None) or self._start()

    def _start(self) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True, name="imu-hinge batch")
        before = {name: os.environ.get(name) for name in _ONE_THREAD}
        os.environ.update(_ONE_THREAD)
        try:
            process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _send(self, function: Callable[[T], R], task: T) -> None:
        while True:
            worker = self._free()
            try:
                worker.pipe.send((function, task))
            except OSError:  # it was killed while it waited: no fault of the task's
                self._remove(worker)
                self._count_start(worker)
                continue
            worker.busy, worker.task, worker.tasks = True, task, worker.tasks + 1
            return

    def _buried(self, worker: _Worker, deaths: dict[int, int]) -> Lost | None:
        """Take a dead worker away; Lost where its task has now ended as many as it may."""
        self._remove(worker)
        if not worker.ready:
            self._count_start(worker)
            return None
        count = deaths[id(worker.task)] = deaths.get(id(worker.task), 0) + 1
        return Lost(f"it ended its process {count} times ({_how(worker.process)})") if count >= _TRIES else None

    def _count_start(self, worker: _Worker) -> None:
        if worker.ready:
            return
        self._deaths_at_start += 1
        if self._deaths_at_start >= _START_TRIES:
            raise WorkersError(
                f"processes for a batch end as soon as they start ({_how(worker.process)})",
                advice="Check the free memory, and that imu-hinge --version works; --jobs 1 needs least.",
            )

    def _retire(self, worker: _Worker) -> None:
        if worker.tasks >= _TASKS_EACH:
            self._remove(worker)

    def _remove(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.join(_GOODBYE_S)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _how(process: BaseProcess) -> str:
    code = process.exitcode
    if code is None or code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}; out of memory, perhaps"
    return f"killed by signal {-code}"


def _work(pipe: Connection[Any, Any]) -> None:
    """The life of a worker: it says that it is there, then answers tasks until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    with suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            function, task = pipe.recv()
            try:
                answer = True, function(task)
            except Exception as error:  # noqa: BLE001 - it is raised in the parent
                answer = False, error
            pipe.send(answer)
