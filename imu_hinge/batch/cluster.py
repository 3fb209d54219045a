"""An existing Dask cluster, behind the same few words as the processes of this computer."""

from __future__ import annotations

import logging
import queue
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from imu_hinge.batch.entry import bench_digest
from imu_hinge.batch.workers import Lost
from imu_hinge.errors import WorkersError, one_line
from imu_hinge.version import __version__

__all__ = ["ClusterWorkers", "Needs"]

T = TypeVar("T")
R = TypeVar("R")

_CONNECT_S: Final = 10.0
_LOOK_S: Final = 2.0
_NOBODY_S: Final = 120.0
"""So long without a single worker, s, and the batch gives up: a cluster may restart its workers, not for ever."""
_IN_FLIGHT: Final = 2
"""Tasks sent for each worker: one that it does, one that waits, so that it never does."""
_AGAIN: Final = "What is finished is kept; run the batch again: it goes on."


@dataclass(frozen=True)
class Needs:
    """What every worker must have: the version, a folder (``out``) and a file that it sees under the paths we know, and
    the same clip calibrations."""

    out: str
    sample: str
    bench: str | None


@dataclass(frozen=True)
class _Greeting:
    version: str
    bench: str
    sees_out: bool
    sees_sample: bool


class ClusterWorkers:
    """The workers of the scheduler at ``address`` (such as tcp://host:8786), checked when the ``with`` block begins.

    Raises WorkersError where Dask is not installed, the scheduler cannot be reached or has no workers, or a worker
    lacks what it needs.
    """

    def __init__(self, address: str, needs: Needs) -> None:
        self._address = address
        self._needs = needs
        self._client: Any = None
        self._run_name = secrets.token_hex(4)
        self._sent = 0

    def __enter__(self) -> Self:
        try:
            from distributed import Client
        except ImportError as error:
            raise WorkersError(
                "a batch on a cluster needs Dask, which is not installed",
                address=self._address,
                advice="Install it with: pip install 'imu-hinge[batch]'.",
            ) from error
        # We say in one line what Dask says in many.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self._client = Client(self._address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise WorkersError(
                f"no Dask scheduler answers there ({one_line(str(error)) or type(error).__name__})",
                address=self._address,
                advice="Start one with 'dask scheduler', and check the address and the firewall.",
            ) from error
        try:
            self._check()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            with suppress(OSError, TimeoutError, RuntimeError):
                self._client.close(timeout=_LOOK_S)
            self._client = None

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[T, R | Lost]]:
        """Results as they come; see ``Workers.run``. Its ``allowed-failures`` says how often one is tried."""
        from distributed import KilledWorker

        done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        flying: dict[str, tuple[Any, T]] = {}
        source = iter(tasks)
        # Of the tasks that a dead worker had, Dask does not know which one killed it: the suspects go again, alone.
        suspects: deque[T] = deque()
        alone: T | None = None
        room = self._room()
        looked = seen = time.monotonic()
        while True:
            while len(flying) < room:
                some = list(islice(source, 1))
                if not some and suspects and not flying:
                    some = [suspects.popleft()]
                    alone = some[0]
                if not some:
                    break
                future = self._submit(function, some[0])
                flying[future.key] = future, some[0]
                future.add_done_callback(done.put)
            if not flying:
                return
            now = time.monotonic()
            if now - looked > _LOOK_S:
                looked = now
                if workers := self._workers():
                    seen, room = now, _IN_FLIGHT * len(workers)
                elif now - seen > _NOBODY_S:
                    raise WorkersError("the cluster has had no workers for long", address=self._address, advice=_AGAIN)
            try:
                future = done.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            _, task = flying.pop(future.key)
            if future.status == "finished":
                yield task, future.result()
            elif future.status == "error":
                error = future.exception()
                if not isinstance(error, KilledWorker):
                    raise error
                if task is alone:
                    yield task, Lost("it ended its worker as often as the scheduler allows; out of memory, perhaps")
                else:
                    suspects.append(task)
            else:
                raise self._lost()

    def _submit(self, function: Callable[[T], R], task: T) -> Any:
        self._sent += 1
        try:
            return self._client.submit(function, task, key=f"imu-hinge-{self._run_name}-{self._sent}", pure=False)
        except (OSError, RuntimeError) as error:
            raise self._lost() from error

    def _lost(self) -> WorkersError:
        return WorkersError("the scheduler is lost", address=self._address, advice=_AGAIN)

    def _workers(self) -> Mapping[str, Any]:
        if self._client.status in ("closed", "closing"):
            raise self._lost()
        try:
            found: Mapping[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        except TypeError:  # before 2025.4 it gave all of them unasked
            found = self._client.scheduler_info()["workers"]
        return found

    def _room(self) -> int:
        return _IN_FLIGHT * max(1, len(self._workers()))

    def _check(self) -> None:
        """Raise WorkersError unless every worker has what it needs."""
        from distributed import TimeoutError as TooLate

        try:
            self._client.wait_for_workers(1, timeout=_CONNECT_S)
            found = self._client.run(_greet, self._needs, on_error="return")
        except (TooLate, TimeoutError) as error:
            raise WorkersError(
                "the scheduler has no workers",
                address=self._address,
                advice=f"Start some: dask worker {self._address}.",
            ) from error
        digest = bench_digest(self._needs.bench)
        for worker, greeting in found.items():
            what, advice = self._complaint(greeting, digest)
            if what:
                raise WorkersError(f"worker {worker} {what}", address=self._address, advice=advice)

    def _complaint(self, greeting: _Greeting | BaseException, digest: str) -> tuple[str, str]:
        """What a worker lacks, '' where nothing, and what to do about it."""
        if isinstance(greeting, BaseException):
            what = f"cannot run imu_hinge ({type(greeting).__name__}: {one_line(str(greeting))})"
            return what, f"Install imu-hinge[batch] {__version__} where the workers run."
        if greeting.version != __version__:
            return f"has imu_hinge {greeting.version}, this is {__version__}", "Install the same version everywhere."
        shared = "Put recordings and results on a file system that all workers see under the same path."
        if not greeting.sees_sample:
            return f"does not see {self._needs.sample}", shared
        if not greeting.sees_out:
            return f"does not see {self._needs.out}", shared
        if greeting.bench != digest:
            return "has other clip calibrations", "Name a folder that all workers see with --bench."
        return "", ""


def _greet(needs: Needs) -> _Greeting:
    return _Greeting(__version__, bench_digest(needs.bench), Path(needs.out).is_dir(), Path(needs.sample).exists())
